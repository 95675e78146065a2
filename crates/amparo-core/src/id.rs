//! Identifiers: 128 random bits, so that an id says nothing about when, where or in which order something was made.

use core::fmt;
use std::str::FromStr;

use amparo_crypto::random;
use amparo_report::hex;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::CoreError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A fresh id.
            ///
            /// # Errors
            /// [`CoreError::Crypto`] when the operating system's random source fails.
            pub fn generate() -> Result<Self, CoreError> {
                Ok(Self(random::array()?))
            }

            /// The id whose bytes are `bytes`.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0
            }
        }

        /// 32 lower-case hexadecimal digits.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = CoreError;

            /// Reads exactly 32 lower-case hexadecimal digits.
            fn from_str(text: &str) -> Result<Self, CoreError> {
                hex::decode(text).map(Self).ok_or(CoreError::MalformedId)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::interchange::schemas::pattern("^[0-9a-f]{32}$")
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_blob()?.try_into().map(Self).map_err(|_| FromSqlError::InvalidType)
            }
        }
    )*};
}

ids! {
    /// Names one incident.
    IncidentId;
    /// Names one piece of evidence, in the custody log and in reports. Not the id of its media file: see the schema.
    EvidenceId;
    /// Names one person within their incident.
    PersonId;
    /// Names one perpetrator within their incident.
    PerpetratorId;
    /// Names one anchor of the custody log. Never part of a report.
    AnchorId;
    /// Names one run of a checklist. Never part of a report.
    RunId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_read_back_and_other_spellings_do_not() {
        let id = IncidentId::generate().unwrap();
        assert_eq!(id.to_string().parse::<IncidentId>().unwrap(), id);
        assert_eq!(serde_json::from_str::<IncidentId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        assert_ne!(id, IncidentId::generate().unwrap());
        for bad in ["", "00", &id.to_string().to_uppercase().replace('0', "A"), "zz112233445566778899aabbccddeeff"] {
            assert!(matches!(bad.parse::<IncidentId>(), Err(CoreError::MalformedId)), "{bad}");
        }
    }
}
