//! What is signed at every save: the root over a record's salted fields.

use amparo_crypto::{
    labels,
    sign::{SigningKey, VerifyingKey},
};
use serde::{Deserialize, Serialize};

use super::{FieldsError, MAX_LEAVES, MIN_LEAVES};
use crate::{
    custody::{Hash, is_utc_time},
    hex::Hex,
    manifest,
};

/// `schema` of a statement.
pub const STATEMENT_SCHEMA: &str = "amparo.statement/1";
/// `record` of a statement on an incident.
pub const RECORD_INCIDENT: &str = "incident";
/// Largest `disclosure/statement.json` in bytes.
pub const MAX_STATEMENT_BYTES: usize = 4096;

/// A statement: these fields, of this revision of this record, were saved at this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What kind of record: [`RECORD_INCIDENT`].
    pub record: String,
    /// The record's id.
    pub id: [u8; 16],
    /// Which revision of it.
    pub revision: u32,
    /// Root of the tree over its fields.
    pub root: Hash,
    /// Leaves of the tree, decoys included: a power of two.
    pub leaves: usize,
    /// When it was signed, as the device's clock said: RFC 3339 in UTC.
    pub time: String,
    /// The version of the core that wrote it.
    pub core: String,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    schema: String,
    record: String,
    id: Hex<16>,
    revision: u32,
    root: Hex<32>,
    leaves: usize,
    time: String,
    core: String,
}

impl Statement {
    /// The bytes to sign and to keep. What it returns, [`Statement::parse`] reads.
    ///
    /// # Errors
    /// As [`Statement::parse`].
    pub fn to_json(&self) -> Result<Vec<u8>, FieldsError> {
        let wire = Wire {
            schema: STATEMENT_SCHEMA.to_owned(),
            record: self.record.clone(),
            id: Hex(self.id),
            revision: self.revision,
            root: Hex(self.root),
            leaves: self.leaves,
            time: self.time.clone(),
            core: self.core.clone(),
        };
        let mut json = serde_json::to_vec(&wire).map_err(|_| FieldsError::Malformed)?;
        json.push(b'\n');
        if Self::parse(&json)? == *self { Ok(json) } else { Err(FieldsError::Malformed) }
    }

    /// Reads a statement. Fields of a newer version are ignored; they are signed like the rest.
    ///
    /// # Errors
    /// [`FieldsError::TooLarge`], [`FieldsError::Malformed`], [`FieldsError::UnknownSchema`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FieldsError> {
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(FieldsError::TooLarge);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| FieldsError::Malformed)?;
        if wire.schema != STATEMENT_SCHEMA {
            return Err(FieldsError::UnknownSchema);
        }
        let sized = wire.leaves.is_power_of_two() && (MIN_LEAVES..=MAX_LEAVES).contains(&wire.leaves);
        let named = [&wire.record, &wire.core].into_iter().all(|name| is_name(name));
        if !sized || !named || !is_utc_time(&wire.time) {
            return Err(FieldsError::Malformed);
        }
        Ok(Self {
            record: wire.record,
            id: wire.id.0,
            revision: wire.revision,
            root: wire.root.0,
            leaves: wire.leaves,
            time: wire.time,
            core: wire.core,
        })
    }

    /// The bytes of `disclosure/statement.sig` for `statement`, the exact bytes of `disclosure/statement.json`.
    ///
    /// # Errors
    /// [`FieldsError::Malformed`]; not in practice.
    pub fn sign(statement: &[u8], key: &SigningKey) -> Result<Vec<u8>, FieldsError> {
        manifest::sign_file(labels::RECORD_STATEMENT, statement, key).map_err(|_| FieldsError::Malformed)
    }

    /// Checks `signature`, the bytes of `disclosure/statement.sig`, over the exact bytes of `statement`, under `expected`, or
    /// under the key that the signature itself names if there is none to expect. Returns what was signed, and the key.
    ///
    /// # Errors
    /// [`FieldsError::Signature`], and those of [`Statement::parse`].
    pub fn verify(
        statement: &[u8],
        signature: &[u8],
        expected: Option<&[u8; 32]>,
    ) -> Result<(Self, VerifyingKey), FieldsError> {
        let key = manifest::verify_file(labels::RECORD_STATEMENT, statement, signature, expected)
            .map_err(|_| FieldsError::Signature)?;
        Ok((Self::parse(statement)?, key))
    }
}

fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            record: RECORD_INCIDENT.into(),
            id: [7; 16],
            revision: 3,
            root: [9; 32],
            leaves: 64,
            time: "2026-11-24T10:20:30Z".into(),
            core: "amparo-core 0.1.0".into(),
        }
    }

    #[test]
    fn a_statement_reads_back_and_newer_fields_are_ignored() {
        let json = statement().to_json().unwrap();
        assert_eq!(Statement::parse(&json).unwrap(), statement());
        let text = String::from_utf8(json).unwrap();
        let parse = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            Statement::parse(text.replace(from, to).as_bytes())
        };
        assert_eq!(parse("\"record\"", "\"newer\":[1],\"record\"").unwrap(), statement());
        assert_eq!(parse("statement/1", "statement/2"), Err(FieldsError::UnknownSchema));
        for (from, to) in [
            ("\"leaves\":64", "\"leaves\":63"),
            ("\"leaves\":64", "\"leaves\":16"),
            ("\"leaves\":64", "\"leaves\":1048576"),
            ("30Z", "30+00:00"),
            ("\"incident\"", "\"\""),
            ("0707", "070G"),
        ] {
            assert_eq!(parse(from, to), Err(FieldsError::Malformed), "{to}");
        }
        assert_eq!(Statement::parse(&[b' '; MAX_STATEMENT_BYTES + 1]), Err(FieldsError::TooLarge));
    }

    #[test]
    fn a_signature_holds_for_these_bytes_this_key_and_this_purpose() {
        let (key, _) = SigningKey::generate().unwrap();
        let public = key.verifying_key().to_bytes();
        let json = statement().to_json().unwrap();
        let signature = Statement::sign(&json, &key).unwrap();
        assert_eq!(Statement::verify(&json, &signature, Some(&public)).unwrap(), (statement(), key.verifying_key()));
        assert_eq!(Statement::verify(&json, &signature, None).unwrap().1, key.verifying_key());
        let other = manifest::sign(&json, &key).unwrap();
        assert_eq!(Statement::verify(&json, &other, Some(&public)), Err(FieldsError::Signature), "another purpose");
        let (stranger, _) = SigningKey::generate().unwrap();
        let theirs = Statement::sign(&json, &stranger).unwrap();
        assert_eq!(Statement::verify(&json, &theirs, Some(&public)), Err(FieldsError::Signature));
        for (bytes, is_statement) in [(&json, true), (&signature, false)] {
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let (s, g) = if is_statement { (&changed, &signature) } else { (&json, &changed) };
                assert!(Statement::verify(s, g, None).is_err(), "bit {bit}");
            }
        }
    }
}
