//! What is said of evidence.

use crate::{convert::mirror, ids::{EvidenceId, PartialDate}};

mirror! {
    /// Where the device says it was.
    DeviceLocation = amparo_core::evidence::DeviceLocation {
        required {
            /// Degrees north, −90 to 90 (WGS 84).
            latitude: f64,
            /// Degrees east, −180 to 180.
            longitude: f64,
        }
        /// How far the position may be off, in metres.
        accuracy_m: Option<f64>,
        /// Metres above the WGS 84 ellipsoid, −12,000 to 100,000.
        altitude_m: Option<f64>,
        /// When the device found it out: a fix may be older than the capture.
        at: Option<PartialDate>,
    }
}

mirror! {
    /// How the device was connected.
    DeviceNetwork = amparo_core::evidence::DeviceNetwork {
        /// By what.
        kind: Option<NetworkKind>,
        /// The operator's name or number.
        operator: String,
        /// The cell, as the device writes it.
        cell: String,
    }
}

mirror! {
    /// What the device knows of the moment of capture. The default says nothing.
    DeviceMetadata = amparo_core::evidence::DeviceMetadata {
        /// Where it was.
        location: Option<DeviceLocation>,
        /// The model of the device.
        model: String,
        /// Its operating system.
        os: String,
        /// How it was connected.
        network: Option<DeviceNetwork>,
    }
}

mirror! {
    /// How a derivative was made from its original.
    Derivation = amparo_core::evidence::Derivation {
        required {
            /// Why.
            purpose: Purpose,
            /// The program that made it: letters, digits, blanks and `.-_+`, at most 64 bytes. It stands in the custody log.
            tool: String,
        }
        /// The program's version, written like its name.
        tool_version: String,
        /// What was taken out, as far as the program says: `exif`, `location`, `trailing_data`, …
        removed: Vec<String>,
    }
}

mirror! {
    /// Who speaks or asks: one of the incident's persons, or a name in words.
    Speaker = amparo_core::evidence::Speaker {
        /// The person, in the incident that the testimony belongs to.
        person: Option<PersonId>,
        /// In words.
        name: String,
    }
}

mirror! {
    /// What is said of a testimony. Nothing is required; without consent it is told to nobody.
    Testimony = amparo_core::evidence::Testimony {
        /// Who speaks.
        speaker: Option<Speaker>,
        /// Who asked.
        interviewer: Option<Speaker>,
        /// What the speaker allows. Absent is "nobody asked", which is not a yes.
        consent: Option<Consent>,
    }
}
