//! Every domain-separation label of the project, in one place.
//!
//! A label names the purpose of a derived key, a signature or a hash, so that bytes made for one purpose are worthless for
//! another. MUSTs: a label is never reused, never changed after a release (add `/v2`), and no label is a prefix of another
//! (tested below), so `label ‖ 0x00 ‖ context` is unambiguous.

/// A domain-separation label: printable ASCII, no NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(&'static str);

impl Label {
    /// The label's bytes, without a terminator.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        self.0.as_bytes()
    }

    /// The label as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Label = Label($text);)*
        /// All labels, for the prefix test and for the documentation.
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    /// Passphrase and device key → key-encryption key.
    KEK = "amparo/v1/kek";
    /// Key-encryption key → key and commitment of one slot.
    SLOT = "amparo/v1/slot-key";
    /// Associated data of a slot's envelope.
    SLOT_AAD = "amparo/v1/slot-envelope";
    /// Vault master key → database root key.
    DATABASE = "amparo/v1/database";
    /// Database key → pages of the main database file.
    DB_PAGES = "amparo/v1/db-pages";
    /// Database key → records of the rollback journal and the write-ahead log.
    DB_LOG = "amparo/v1/db-log";
    /// Associated data of one database page.
    DB_PAGE_AAD = "amparo/v1/page-envelope";
    /// Associated data of one log record.
    DB_RECORD_AAD = "amparo/v1/record-envelope";
    /// Associated data of a log's generation header.
    DB_GENERATION_AAD = "amparo/v1/generation-envelope";
    /// Vault master key → key that wraps the per-file media keys.
    MEDIA_WRAP = "amparo/v1/media-wrap";
    /// Associated data of a wrapped media key.
    MEDIA_WRAP_AAD = "amparo/v1/media-key-envelope";
    /// Per-file media key → AEAD key, nonce base and commitment of one media file.
    MEDIA = "amparo/v1/media-file";
    /// Vault master key → seed of the custody log's signing key.
    CUSTODY_SEED = "amparo/v1/custody-seed";
    /// Vault master key → key that wraps the secret of the capture key pair.
    CAPTURE_SEED_WRAP = "amparo/v1/capture-seed-wrap";
    /// Signature over a report's manifest.
    REPORT_SIGNATURE = "amparo/v1/report-manifest";
    /// Signature over a custody log head.
    CUSTODY_HEAD = "amparo/v1/custody-head";
    /// The plaintext of an addressee tag: proof to one recipient that a report was made for them.
    ADDRESSEE = "amparo/v1/addressee";
    /// Salted commitment to one field of a record.
    FIELD = "amparo/v1/field";
    /// What a timestamp authority gets to see of a custody log's head: a salted commitment.
    ANCHOR = "amparo/v1/anchor";
    /// Secret seed of a save → salt of one field.
    FIELD_SALT = "amparo/v1/salt-of-field";
    /// Secret seed of a save → what stands for a list element in a field's path.
    FIELD_ELEMENT = "amparo/v1/element-token";
    /// Secret seed of a save → one leaf that is no field.
    FIELD_DECOY = "amparo/v1/decoy-leaf";
    /// Signature over the statement on a saved record.
    RECORD_STATEMENT = "amparo/v1/record-statement";
    /// Signature over a checklist pack's manifest.
    PACK_SIGNATURE = "amparo/v1/checklist-pack";
    /// Signature over a recipient card.
    CARD_SIGNATURE = "amparo/v1/recipient-card";
    /// Fingerprint of a public key, as people compare it.
    FINGERPRINT = "amparo/v1/fingerprint";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_is_a_prefix_of_another() {
        for (i, a) in ALL.iter().enumerate() {
            assert!(a.as_bytes().iter().all(|b| (0x21..0x7f).contains(b)), "{a:?}");
            for (j, b) in ALL.iter().enumerate() {
                assert!(i == j || !a.as_bytes().starts_with(b.as_bytes()), "{b:?} is a prefix of {a:?}");
            }
        }
    }
}
