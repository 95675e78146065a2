//! Codes: short words from lists that grow.
//!
//! A code is a word, not a Rust enum, because a record written by a newer version or for another list must survive a round trip
//! here: an unknown code is kept and shown, never dropped. What is refused is what cannot be a code at all.

/// Longest code in bytes.
pub const MAX_CODE_BYTES: usize = 64;

/// `[a-z0-9][a-z0-9_.-]*`, at most [`MAX_CODE_BYTES`].
pub(crate) fn is_code(text: &str) -> bool {
    let first = text.bytes().next();
    text.len() <= MAX_CODE_BYTES
        && first.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'))
}

/// Declares a code type: a word with constants for those known today.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $constant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(std::borrow::Cow<'static, str>);

        impl $name {
            $($(#[$word_doc])* pub const $constant: Self = Self(std::borrow::Cow::Borrowed($word));)*

            /// The codes that this version knows, in the order in which a form should offer them.
            pub const KNOWN: &'static [Self] = &[$(Self::$constant),*];

            /// The code as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether this version knows what it means. An unknown code is shown as it is.
            #[must_use]
            pub fn is_known(&self) -> bool {
                Self::KNOWN.contains(self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::CoreError;

            /// Any code, known or not; `CoreError::MalformedCode` for what is not a code at all.
            fn from_str(text: &str) -> Result<Self, $crate::CoreError> {
                if !$crate::code::is_code(text) {
                    return Err($crate::CoreError::MalformedCode);
                }
                Ok(match Self::KNOWN.iter().find(|known| known.as_str() == text) {
                    Some(known) => known.clone(),
                    None => Self(std::borrow::Cow::Owned(text.to_owned())),
                })
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::interchange::schemas::code(&[$($word),*])
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        $crate::record::textless!($name);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(<D::Error as serde::de::Error>::custom)
            }
        }
    };
}
pub(crate) use codes;

#[cfg(test)]
mod tests {
    use crate::{CoreError, incident::ActCode};

    #[test]
    fn unknown_codes_are_kept_and_non_codes_refused() {
        assert_eq!("killing".parse::<ActCode>().unwrap(), ActCode::KILLING);
        let newer: ActCode = serde_json::from_str("\"drone_strike\"").unwrap();
        assert!(!newer.is_known());
        assert_eq!(serde_json::to_string(&newer).unwrap(), "\"drone_strike\"");
        for bad in ["", "Killing", "a b", "_a", "été", &"a".repeat(65)] {
            assert!(matches!(bad.parse::<ActCode>(), Err(CoreError::MalformedCode)), "{bad}");
        }
        let mut words: Vec<_> = ActCode::KNOWN.iter().collect();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), ActCode::KNOWN.len(), "no code twice");
    }
}
