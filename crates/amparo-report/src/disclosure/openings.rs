//! The fields that a report shows, as they were saved, with the salts that prove them.

use serde::{Deserialize, Serialize};

use super::{FieldsError, MAX_LEAVES, MIN_LEAVES};
use crate::{archive::MAX_HELD_BYTES, custody::Hash, hex::Hex};

/// `schema` of `disclosure/openings.json`.
pub const OPENINGS_SCHEMA: &str = "amparo.openings/1";
/// Largest `disclosure/openings.json` in bytes.
pub const MAX_OPENINGS_BYTES: u64 = MAX_HELD_BYTES;

/// One opened field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Where the report shows it: an RFC 6901 pointer into `incident` of `report.json`.
    pub shown_as: String,
    /// What was committed to in its place in the record.
    pub path: String,
    /// Its salt.
    #[serde(with = "salt")]
    pub salt: [u8; 32],
    /// Its exact bytes as they were saved: JSON.
    pub value: String,
}

impl core::fmt::Debug for Opening {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Opening(..)")
    }
}

mod salt {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::hex::Hex;

    pub(super) fn serialize<S: Serializer>(salt: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        Hex(*salt).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        Hex::deserialize(deserializer).map(|hex| hex.0)
    }
}

/// The content of `disclosure/openings.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Openings {
    /// What is shown as it was saved.
    pub fields: Vec<Opening>,
    /// What is shown and is not as it was saved, as pointers into `incident` of `report.json`: for these nothing is claimed.
    pub unsigned: Vec<String>,
    /// The commitments to all fields and the decoys, in ascending order.
    pub leaves: Vec<Hash>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: String,
    fields: Vec<Opening>,
    unsigned: Vec<String>,
    leaves: Vec<Hex<32>>,
}

impl Openings {
    /// The bytes of the file: one field a line. What it returns, [`Openings::parse`] reads.
    ///
    /// # Errors
    /// As [`Openings::parse`].
    pub fn to_json(&self) -> Result<Vec<u8>, FieldsError> {
        let json = self.write()?;
        if Self::parse(&json)? == *self { Ok(json) } else { Err(FieldsError::Malformed) }
    }

    fn write(&self) -> Result<Vec<u8>, FieldsError> {
        fn lines<T: Serialize>(items: impl Iterator<Item = T>) -> Result<String, FieldsError> {
            let items: Result<Vec<String>, _> = items.map(|item| serde_json::to_string(&item)).collect();
            let items = items.map_err(|_| FieldsError::Malformed)?;
            Ok(if items.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", items.join(",\n")) })
        }
        let json = format!(
            "{{\n\"schema\":\"{OPENINGS_SCHEMA}\",\n\"fields\":{},\n\"unsigned\":{},\n\"leaves\":{}\n}}\n",
            lines(self.fields.iter())?,
            lines(self.unsigned.iter())?,
            lines(self.leaves.iter().map(|leaf| Hex(*leaf)))?,
        );
        Ok(json.into_bytes())
    }

    /// Reads the file. There is one spelling of it, so that no bit of it can change unnoticed.
    ///
    /// # Errors
    /// [`FieldsError::TooLarge`], [`FieldsError::Malformed`], [`FieldsError::UnknownSchema`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FieldsError> {
        #[derive(Deserialize)]
        struct Tag {
            schema: String,
        }
        if bytes.len() as u64 > MAX_OPENINGS_BYTES {
            return Err(FieldsError::TooLarge);
        }
        let tag: Tag = serde_json::from_slice(bytes).map_err(|_| FieldsError::Malformed)?;
        if tag.schema != OPENINGS_SCHEMA {
            return Err(FieldsError::UnknownSchema);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| FieldsError::Malformed)?;
        let leaves: Vec<Hash> = wire.leaves.into_iter().map(|hex| hex.0).collect();
        let sized = leaves.len().is_power_of_two() && (MIN_LEAVES..=MAX_LEAVES).contains(&leaves.len());
        if !sized || wire.fields.len() > leaves.len() || wire.schema != OPENINGS_SCHEMA {
            return Err(FieldsError::Malformed);
        }
        let openings = Self { fields: wire.fields, unsigned: wire.unsigned, leaves };
        if openings.write()? == bytes { Ok(openings) } else { Err(FieldsError::Malformed) }
    }
}
