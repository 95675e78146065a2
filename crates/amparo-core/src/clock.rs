//! Time as the device tells it. The core has no clock of its own: whoever embeds it gives one, and says how far to trust it.
//!
//! A clock is called before the vault's lock is taken, never inside: it may be foreign code that blocks.

use core::fmt;
use std::{
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::{CoreError, code::codes};

codes! {
    /// How far a time is trusted. Device time is a claim, never proof.
    ClockTrust {
        /// The device's clock, unchecked.
        DEVICE = "device",
        /// The host compared the device's clock with another source.
        CHECKED = "checked",
        /// The host saw the clock jump or be set by hand.
        SUSPECT = "suspect",
    }
}

/// A moment in whole seconds, UTC; in JSON RFC 3339 with `Z`. Finer time would only help to recognise a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Last second of the year 9999.
    const MAX: i64 = 253_402_300_799;

    /// From Unix seconds. A clock before 1970 or after 9999 is pulled to that border.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, Self::MAX))
    }

    /// Unix seconds.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = OffsetDateTime::from_unix_timestamp(self.0).map_err(|_| fmt::Error)?;
        f.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = CoreError;

    /// Reads RFC 3339 in UTC (`Z`), from 1970 to 9999, whole seconds.
    fn from_str(text: &str) -> Result<Self, CoreError> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| CoreError::MalformedTime)?;
        let read = Self::from_unix(time.unix_timestamp());
        // One spelling only, so that what is read is written back the same.
        let same = time.offset() == UtcOffset::UTC && read.to_string() == text;
        if same { Ok(read) } else { Err(CoreError::MalformedTime) }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::interchange::schemas::pattern(
            r"^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$",
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A time and how far it is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stamp {
    /// When.
    pub time: Timestamp,
    /// How far the clock was trusted then.
    pub clock: ClockTrust,
}

impl Stamp {
    /// A stamp from its two columns.
    pub(crate) fn stored(seconds: i64, clock: &str) -> Result<Self, CoreError> {
        let clock = clock.parse().map_err(|_| CoreError::DamagedRecord)?;
        Ok(Self { time: Timestamp::from_unix(seconds), clock })
    }

    /// The day in UTC, however far the clock was trusted.
    pub(crate) fn date(&self) -> Option<Date> {
        OffsetDateTime::from_unix_timestamp(self.time.unix()).ok().map(OffsetDateTime::date)
    }

    /// The day in UTC; `None` for a clock that is known to be wrong: nothing may be refused for what it says.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        if self.clock == ClockTrust::SUSPECT { None } else { self.date() }
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now. Never called while the vault's lock is held.
    fn now(&self) -> Stamp;
}

/// The operating system's clock, taken as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Stamp { time: Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)), clock: ClockTrust::DEVICE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_spelling() {
        let text = "2026-11-23T10:20:30Z";
        let time: Timestamp = text.parse().unwrap();
        assert_eq!(time.unix(), 1_795_429_230);
        assert_eq!(time.to_string(), text);
        assert_eq!(Timestamp::from_unix(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_unix(-5).to_string(), "1970-01-01T00:00:00Z");
        for bad in ["2026-11-23T10:20:30+00:00", "2026-11-23T10:20:30.5Z", "2026-11-23", "2026-02-30T10:20:30Z", ""] {
            assert!(matches!(bad.parse::<Timestamp>(), Err(CoreError::MalformedTime)), "{bad}");
        }
        assert!(SystemClock.now().time > time.min(Timestamp::from_unix(1_600_000_000)));
    }
}
