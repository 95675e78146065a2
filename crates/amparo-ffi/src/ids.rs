//! Ids and dates. On the other side each is a name for a string: `IncidentId` in Kotlin and Swift is what `incidents.get` takes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amparo_core::{CoreError, Timestamp};

use crate::convert::{IntoCore, IntoHost, codes, silent};

/// Declares a name for a string that the core spells and reads.
macro_rules! spelled {
    ($($(#[$doc:meta])* $name:ident = $core:ty $(, $refused:expr)?;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub String);
        uniffi::custom_newtype!($name, String);

        impl IntoHost<$name> for $core {
            fn into_host(self) -> $name {
                $name(self.to_string())
            }
        }

        impl IntoCore<$core> for $name {
            // Some of them fail with the core's error already, others with their own.
            #[allow(clippy::needless_question_mark)]
            fn into_core(self) -> Result<$core, CoreError> {
                let parsed = self.0.parse::<$core>();
                $(let parsed = parsed.map_err(|_| $refused);)?
                Ok(parsed?)
            }
        }
    )*};
}

spelled! {
    /// An incident: 32 lower-case hexadecimal digits, random.
    IncidentId = amparo_core::IncidentId;
    /// A piece of evidence.
    EvidenceId = amparo_core::EvidenceId;
    /// A person of an incident.
    PersonId = amparo_core::PersonId;
    /// A perpetrator of an incident.
    PerpetratorId = amparo_core::PerpetratorId;
    /// A timestamp request and its answer.
    AnchorId = amparo_core::AnchorId;
    /// A run of a checklist.
    RunId = amparo_core::RunId;
    /// A sealed report.
    ReportId = amparo_core::ReportId, CoreError::MalformedId;
    /// A date as far as it is known: `2026`, `2026-11`, `2026-11-24`, `2026-11-24T14:05`, with seconds and `Z` or an offset where known.
    PartialDate = amparo_core::incident::PartialDate;
    /// Where the next page of a list begins. Opaque.
    Cursor = amparo_core::incident::Cursor;
    /// Where the next page of a timeline begins. Opaque.
    TimelineCursor = amparo_core::incident::TimelineCursor;
}

codes! {
    /// How far a time is trusted. Device time is a claim, never proof.
    ClockTrust = amparo_core::ClockTrust {
        /// The device's clock, unchecked.
        Device = DEVICE,
        /// The host compared the device's clock with another source.
        Checked = CHECKED,
        /// The host saw the clock jump or be set by hand.
        Suspect = SUSPECT,
    }
}

/// A time and how far it is trusted.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct Stamp {
    /// When, to the second.
    pub time: SystemTime,
    /// How far the clock was trusted then.
    pub clock: ClockTrust,
}
silent!(Stamp);

impl IntoHost<SystemTime> for Timestamp {
    fn into_host(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.unix().unsigned_abs())
    }
}

impl IntoCore<Timestamp> for SystemTime {
    fn into_core(self) -> Result<Timestamp, CoreError> {
        let seconds = self.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Ok(Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }
}

impl IntoHost<Stamp> for amparo_core::Stamp {
    fn into_host(self) -> Stamp {
        Stamp { time: self.time.into_host(), clock: self.clock.into_host() }
    }
}

impl IntoCore<amparo_core::Stamp> for Stamp {
    fn into_core(self) -> Result<amparo_core::Stamp, CoreError> {
        Ok(amparo_core::Stamp { time: self.time.into_core()?, clock: self.clock.into_core()? })
    }
}
