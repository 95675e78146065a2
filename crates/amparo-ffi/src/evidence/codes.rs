//! The code lists of evidence. Texts and order as in the core; see `docs/formats/domain.md`.

use crate::convert::codes;

codes! {
    /// How the device was connected.
    NetworkKind = amparo_core::evidence::NetworkKind {
        /// Not at all.
        Disconnected = NONE,
        /// Wireless network.
        Wifi = WIFI,
        /// Mobile network.
        Cellular = CELLULAR,
        /// Cable.
        Ethernet = ETHERNET,
        /// Something else.
        Other = OTHER,
    }
}

codes! {
    /// What it is.
    EvidenceKind = amparo_core::evidence::EvidenceKind {
        /// Photo.
        Photo = PHOTO,
        /// Video.
        Video = VIDEO,
        /// Sound recording.
        Audio = AUDIO,
        /// Document, and anything that is none of the others.
        Document = DOCUMENT,
        /// What somebody says, recorded for this purpose.
        Testimony = TESTIMONY,
        /// Picture of a screen.
        Screenshot = SCREENSHOT,
    }
}

codes! {
    /// How it came into the vault.
    Origin = amparo_core::evidence::Origin {
        /// Recorded by the app.
        InApp = IN_APP,
        /// Recorded while the vault was locked.
        LockedCapture = LOCKED_CAPTURE,
        /// Brought in from a file or another app.
        Import = IMPORT,
    }
}

codes! {
    /// How complete its bytes are.
    EvidenceState = amparo_core::evidence::EvidenceState {
        /// Being written now, or cut off and not yet looked at.
        Writing = WRITING,
        /// All of it.
        Complete = COMPLETE,
        /// A crash cut it: what is there is authentic, from the beginning.
        Unterminated = UNTERMINATED,
        /// The vault was locked, or the app stopped, while it was written: every byte that was given is there.
        Interrupted = INTERRUPTED,
        /// Less is there than was known to be. What still opens stays readable.
        Damaged = DAMAGED,
        /// Deleted: the key of its bytes is gone. Size, hash and custody entries stay.
        Deleted = DELETED,
    }
}

codes! {
    /// Why a derivative was made.
    Purpose = amparo_core::evidence::Purpose {
        /// A small picture for lists. Belongs to its original: it is deleted with it and attached to no incident.
        Thumbnail = THUMBNAIL,
        /// Something in it was made unrecognisable.
        Redacted = REDACTED,
        /// Smaller, for bad networks.
        Resized = RESIZED,
        /// The same content without its metadata.
        Stripped = STRIPPED,
        /// Its words, written down.
        Transcribed = TRANSCRIBED,
        /// Its words in another language.
        Translated = TRANSLATED,
        /// Something else.
        Other = OTHER,
    }
}
