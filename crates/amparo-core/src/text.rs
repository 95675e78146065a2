//! Bounds on what is entered and on records that are read, and the reading and writing of records.
//!
//! Nothing here may put any part of a text or a record into an error.

use serde::{Serialize, de::DeserializeOwned};

use crate::CoreError;

/// Longest BCP 47 tag that RFC 5646 §4.4.1 asks everybody to take.
const LANGUAGE_BYTES: usize = 35;

pub(crate) fn check_len(field: &'static str, text: &str, limit: usize) -> Result<(), CoreError> {
    if text.len() > limit { Err(CoreError::TooLong { field, limit }) } else { Ok(()) }
}

pub(crate) fn check_count(field: &'static str, count: usize, limit: usize) -> Result<(), CoreError> {
    if count > limit { Err(CoreError::TooMany { field, limit }) } else { Ok(()) }
}

/// The shape of a BCP 47 tag: subtags of 1 to 8 letters or digits, the first of 2 or more letters.
pub(crate) fn check_language(tag: Option<&str>) -> Result<(), CoreError> {
    let Some(tag) = tag else { return Ok(()) };
    let mut subtags = tag.split('-');
    let first =
        subtags.next().is_some_and(|s| (2..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphabetic()));
    let rest = subtags.all(|s| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()));
    if first && rest && tag.len() <= LANGUAGE_BYTES {
        Ok(())
    } else {
        Err(CoreError::InvalidField { field: "language", rule: "must be a BCP 47 tag such as en, ar or pt-BR" })
    }
}

/// Reads a record whose `schema` is `schema`. Another version of the same record is [`CoreError::NewerSchema`].
pub(crate) fn read_record<T: DeserializeOwned>(json: &[u8], schema: &str, limit: usize) -> Result<T, CoreError> {
    if json.len() > limit {
        return Err(CoreError::TooLong { field: "record", limit });
    }
    check_schema(json, schema)?;
    // serde_json's message would quote the record.
    serde_json::from_slice(json).map_err(|_| CoreError::MalformedRecord)
}

/// Whether the `schema` of a record is `schema`: the same record's other versions and other records are two errors.
pub(crate) fn check_schema(json: &[u8], schema: &str) -> Result<(), CoreError> {
    #[derive(serde::Deserialize)]
    struct Tag {
        schema: String,
    }
    let tag: Tag = serde_json::from_slice(json).map_err(|_| CoreError::MalformedRecord)?;
    if tag.schema != schema {
        let family = schema.rsplit_once('/').map_or(schema, |(family, _)| family);
        let same = tag.schema.rsplit_once('/').is_some_and(|(other, _)| other == family);
        return Err(if same { CoreError::NewerSchema } else { CoreError::MalformedRecord });
    }
    Ok(())
}

pub(crate) fn write_record<T: Serialize>(record: &T, limit: usize) -> Result<Vec<u8>, CoreError> {
    let json = serde_json::to_vec(record).map_err(|_| CoreError::MalformedRecord)?;
    if json.len() > limit { Err(CoreError::TooLong { field: "record", limit }) } else { Ok(json) }
}

/// `cell` as a spreadsheet takes it for text: an apostrophe before what could begin a formula.
pub(crate) fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_have_their_shape() {
        for good in ["en", "ar", "pt-BR", "zh-Hant-TW", "sr-Latn", "de-CH-1996", "es-419"] {
            check_language(Some(good)).unwrap();
        }
        check_language(None).unwrap();
        for bad in ["", "e", "english-", "-en", "en_US", "en-", "123", "en-toolongsubtag", "عربي"] {
            assert!(matches!(check_language(Some(bad)), Err(CoreError::InvalidField { .. })), "{bad}");
        }
    }
}
