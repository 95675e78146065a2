//! The manifest: every file of a report with its hash, who signed it, and (unreadably) for whom it was made.
//!
//! What is signed is the SHA-256 of the exact bytes of `manifest.json`; they are never re-serialised. The manifest names the
//! addressees as age stanzas that only they can open (`docs/decisions/0003-report-bundle.md`).

use core::fmt;
use std::{collections::BTreeSet, str::FromStr};

use amparo_crypto::{
    CryptoError, hash,
    labels::{self, Label},
    random,
    sign::{SigningKey, VerifyingKey},
};
use serde::{Deserialize, Serialize};
use time::{Date, macros::format_description};

use crate::{
    hex::{self, Hex},
    names::{self, MANIFEST, SIGNATURE},
};

/// `schema` of `manifest.json`.
pub const MANIFEST_SCHEMA: &str = "amparo.manifest/1";
/// `schema` of `manifest.sig`.
pub const SIGNATURE_SCHEMA: &str = "amparo.signature/1";
/// Largest `manifest.json` in bytes.
pub const MAX_MANIFEST_BYTES: u64 = 1024 * 1024;
/// Largest `manifest.sig` in bytes.
pub const MAX_SIGNATURE_BYTES: u64 = 4096;
/// Most files in a report.
pub const MAX_FILES: usize = 1024;
/// Most addressee tags: one for each stanza of the file.
pub const MAX_TAGS: usize = 16;
/// Longest addressee tag in bytes.
const MAX_TAG_BYTES: usize = 4096;
/// Longest core version in bytes.
const MAX_CORE_BYTES: usize = 128;

/// A report's id: 128 random bits, no time inside, the same in every file of one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReportId([u8; 16]);

impl ReportId {
    /// A fresh id.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`].
    pub fn generate() -> Result<Self, CryptoError> {
        random::array().map(Self)
    }

    /// The id made of `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes: the context of addressee tags.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for ReportId {
    type Err = ManifestError;

    /// Reads 32 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, ManifestError> {
        hex::decode(text).map(Self).ok_or(ManifestError::Malformed)
    }
}

/// How the sender shows who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderMode {
    /// Unsigned: anybody could have written it.
    Anonymous,
    /// Signed with a key made for this case: two reports of one case belong together, two cases do not.
    Case,
    /// Signed with a key by which the sender is known.
    Identified,
}

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path in the report.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its content.
    pub sha256: Hex<32>,
}

/// What `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The report's id.
    pub report_id: ReportId,
    /// The day it was sealed, `YYYY-MM-DD`, no finer.
    pub created: String,
    /// The core version that made it.
    pub core: String,
    /// How the sender shows who they are.
    pub mode: SenderMode,
    /// The sender's key; `None` exactly when anonymous.
    pub public_key: Option<[u8; 32]>,
    /// Every file except the manifest and its signature.
    pub files: Vec<FileEntry>,
    /// Addressee tags, real ones and decoys, in random order.
    pub addressed_to: Vec<String>,
}

/// A manifest or its signature cannot be what it claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Larger than a manifest may be, or naming too many files or addressees.
    #[error("the manifest is too large")]
    TooLarge,
    /// Not JSON in the shape of a manifest.
    #[error("the manifest cannot be read")]
    Malformed,
    /// Another `schema`: made by a newer version.
    #[error("the manifest has a format that this version does not know")]
    UnknownSchema,
    /// A path that a report may not use, one twice, or the manifest itself.
    #[error("the manifest names a file that a report may not have, or one twice")]
    Path,
    /// A signed mode without a key, or an anonymous one with a key.
    #[error("the manifest contradicts itself about its sender")]
    Sender,
    /// The signature file cannot be read, or uses another algorithm.
    #[error("the signature file cannot be read")]
    MalformedSignature,
    /// The signature's key is not the sender's in the manifest.
    #[error("the signature is by another key than the manifest names")]
    OtherKey,
    /// The signature does not verify: the manifest was changed.
    #[error("the signature does not hold")]
    Signature,
}

#[derive(Serialize, Deserialize)]
struct WireSender {
    mode: SenderMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<Hex<32>>,
}

#[derive(Deserialize)]
struct Wire {
    schema: String,
    report_id: Hex<16>,
    created: String,
    core: String,
    sender: WireSender,
    files: Vec<FileEntry>,
    addressed_to: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireSignature {
    schema: String,
    algorithm: String,
    public_key: Hex<32>,
    signature: Hex<64>,
}

impl WireSignature {
    fn to_json(&self) -> Result<Vec<u8>, ManifestError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|_| ManifestError::MalformedSignature)?;
        json.push(b'\n');
        Ok(json)
    }
}

impl Manifest {
    /// The bytes of `manifest.json`: one file a line, so that `sed` and `sha256sum -c` can check a report without any of our
    /// tools (`docs/formats/report.md`). What it returns, [`Manifest::parse`] reads.
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn to_json(&self) -> Result<Vec<u8>, ManifestError> {
        let sender = WireSender { mode: self.mode, public_key: self.public_key.map(Hex) };
        let files = self.files.iter().map(json).collect::<Result<Vec<_>, _>>()?;
        let tags = self.addressed_to.iter().map(json).collect::<Result<Vec<_>, _>>()?;
        let text = format!(
            "{{\n\"schema\":{},\n\"report_id\":{},\n\"created\":{},\n\"core\":{},\n\"sender\":{},\n\"files\":[\n{}\n],\n\
             \"addressed_to\":[\n{}\n]\n}}\n",
            json(MANIFEST_SCHEMA)?,
            json(&Hex(self.report_id.0))?,
            json(&self.created)?,
            json(&self.core)?,
            json(&sender)?,
            files.join(",\n"),
            tags.join(",\n"),
        );
        if Self::parse(text.as_bytes())? == *self { Ok(text.into_bytes()) } else { Err(ManifestError::Malformed) }
    }

    /// Reads `manifest.json`. Fields of a newer version are ignored.
    ///
    /// # Errors
    /// [`ManifestError`], never a signature variant.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| ManifestError::Malformed)?;
        if wire.schema != MANIFEST_SCHEMA {
            return Err(ManifestError::UnknownSchema);
        }
        if wire.files.len() > MAX_FILES || wire.addressed_to.len() > MAX_TAGS {
            return Err(ManifestError::TooLarge);
        }
        let tags_fit = wire.addressed_to.iter().all(|tag| tag.len() <= MAX_TAG_BYTES && is_line(tag));
        let core_fits = wire.core.len() <= MAX_CORE_BYTES && is_line(&wire.core);
        if !tags_fit || !core_fits || !is_date(&wire.created) {
            return Err(ManifestError::Malformed);
        }
        let mut seen = BTreeSet::new();
        for file in &wire.files {
            let path = names::check(file.path.as_bytes()).map_err(|_| ManifestError::Path)?;
            if matches!(path, MANIFEST | SIGNATURE) || !seen.insert(path.to_ascii_lowercase()) {
                return Err(ManifestError::Path);
            }
        }
        if (wire.sender.mode == SenderMode::Anonymous) != wire.sender.public_key.is_none() {
            return Err(ManifestError::Sender);
        }
        Ok(Self {
            report_id: ReportId(wire.report_id.0),
            created: wire.created,
            core: wire.core,
            mode: wire.sender.mode,
            public_key: wire.sender.public_key.map(|key| key.0),
            files: wire.files,
            addressed_to: wire.addressed_to,
        })
    }
}

/// The bytes of `manifest.sig` for `manifest`, the exact bytes of `manifest.json`.
///
/// # Errors
/// [`ManifestError::MalformedSignature`]; not in practice.
pub fn sign(manifest: &[u8], key: &SigningKey) -> Result<Vec<u8>, ManifestError> {
    sign_file(labels::REPORT_SIGNATURE, manifest, key)
}

/// A signature file over `bytes` for the purpose `label`.
pub(crate) fn sign_file(label: Label, bytes: &[u8], key: &SigningKey) -> Result<Vec<u8>, ManifestError> {
    let signature = key.sign(label, &hash::sha256(bytes));
    WireSignature {
        schema: SIGNATURE_SCHEMA.to_owned(),
        algorithm: "ed25519".to_owned(),
        public_key: Hex(key.verifying_key().to_bytes()),
        signature: Hex(signature),
    }
    .to_json()
}

/// Checks `signature`, the bytes of `manifest.sig`, over `manifest`, the exact bytes of `manifest.json`, under the key that
/// the manifest names, and returns that key.
///
/// # Errors
/// [`ManifestError::MalformedSignature`], [`ManifestError::OtherKey`], [`ManifestError::Signature`].
pub fn verify_signature(manifest: &[u8], signature: &[u8], expected: &[u8; 32]) -> Result<VerifyingKey, ManifestError> {
    verify_file(labels::REPORT_SIGNATURE, manifest, signature, Some(expected))
}

/// Checks a signature file over `bytes` for the purpose `label`, under `expected`, or under the key that it names itself.
pub(crate) fn verify_file(
    label: Label,
    bytes: &[u8],
    signature: &[u8],
    expected: Option<&[u8; 32]>,
) -> Result<VerifyingKey, ManifestError> {
    if signature.len() as u64 > MAX_SIGNATURE_BYTES {
        return Err(ManifestError::MalformedSignature);
    }
    let wire: WireSignature = serde_json::from_slice(signature).map_err(|_| ManifestError::MalformedSignature)?;
    // One signature has one spelling, so nobody can change the file and keep it valid.
    if wire.schema != SIGNATURE_SCHEMA || wire.algorithm != "ed25519" || wire.to_json()? != signature {
        return Err(ManifestError::MalformedSignature);
    }
    if expected.is_some_and(|expected| wire.public_key.0 != *expected) {
        return Err(ManifestError::OtherKey);
    }
    let key = VerifyingKey::from_bytes(&wire.public_key.0).map_err(|_| ManifestError::Signature)?;
    key.verify(label, &hash::sha256(bytes), &wire.signature.0).map_err(|_| ManifestError::Signature)?;
    Ok(key)
}

/// A key's fingerprint as people compare it: the first 128 bits in groups of four digits.
#[must_use]
pub fn show_fingerprint(key: &VerifyingKey) -> String {
    let whole = key.fingerprint();
    let (first, _) = whole.split_at(16);
    hex::groups(first)
}

/// Whether `text` is a day, `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok()
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, ManifestError> {
    serde_json::to_string(value).map_err(|_| ManifestError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(mode: SenderMode, key: Option<[u8; 32]>) -> Manifest {
        Manifest {
            report_id: ReportId::from_bytes([0xab; 16]),
            created: "2026-11-23".into(),
            core: "amparo 0.1.0".into(),
            mode,
            public_key: key,
            files: vec![
                FileEntry { path: "README.txt".into(), size: 3, sha256: Hex([1; 32]) },
                FileEntry { path: "evidence/01-photo.jpg".into(), size: u64::MAX, sha256: Hex([2; 32]) },
            ],
            addressed_to: vec!["X25519 aaa bbb".into(), "X25519 ccc ddd".into()],
        }
    }

    #[test]
    fn a_manifest_reads_back_and_has_one_file_a_line() {
        let manifest = manifest(SenderMode::Anonymous, None);
        let json = manifest.to_json().unwrap();
        assert_eq!(Manifest::parse(&json).unwrap(), manifest);
        let text = String::from_utf8(json).unwrap();
        assert!(
            text.contains(&format!("\n{{\"path\":\"README.txt\",\"size\":3,\"sha256\":\"{}\"}},\n", "01".repeat(32)))
        );
    }

    #[test]
    fn contradictions_are_refused() {
        let good = String::from_utf8(manifest(SenderMode::Case, Some([3; 32])).to_json().unwrap()).unwrap();
        let parse = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            Manifest::parse(good.replace(from, to).as_bytes())
        };
        assert_eq!(parse("manifest/1", "manifest/2"), Err(ManifestError::UnknownSchema));
        assert_eq!(parse("\"case\"", "\"anonymous\""), Err(ManifestError::Sender));
        assert_eq!(parse("\"case\"", "\"king\""), Err(ManifestError::Malformed));
        assert_eq!(parse("README.txt", "../x"), Err(ManifestError::Path));
        assert_eq!(parse("README.txt", "manifest.json"), Err(ManifestError::Path));
        assert_eq!(parse("README.txt", "evidence/01-photo.jpg"), Err(ManifestError::Path));
        assert_eq!(parse("2026-11-23", "2026-11-33"), Err(ManifestError::Malformed));
        assert_eq!(parse("2026-11-23", "2026-11-23T10:00:00Z"), Err(ManifestError::Malformed));
        assert_eq!(parse("\"schema\"", "\"future\":[1],\"schema\"").unwrap().created, "2026-11-23");
        assert_eq!(Manifest::parse(&vec![b' '; 2 << 20]), Err(ManifestError::TooLarge));
        let mut many = manifest(SenderMode::Anonymous, None);
        many.addressed_to = vec!["x".into(); MAX_TAGS + 1];
        assert_eq!(many.to_json(), Err(ManifestError::TooLarge));
        assert_eq!(manifest(SenderMode::Identified, None).to_json(), Err(ManifestError::Sender));
    }

    #[test]
    fn a_signature_holds_for_these_bytes_and_this_key_only() {
        let (key, _) = SigningKey::generate().unwrap();
        let public = key.verifying_key().to_bytes();
        let json = manifest(SenderMode::Case, Some(public)).to_json().unwrap();
        let signature = sign(&json, &key).unwrap();
        assert_eq!(verify_signature(&json, &signature, &public).unwrap(), key.verifying_key());
        let mut spaced = json.clone();
        spaced.push(b' ');
        assert_eq!(verify_signature(&spaced, &signature, &public), Err(ManifestError::Signature));
        let (other, _) = SigningKey::generate().unwrap();
        let theirs = sign(&json, &other).unwrap();
        assert_eq!(verify_signature(&json, &theirs, &public), Err(ManifestError::OtherKey));
        let wrong = String::from_utf8(signature).unwrap().replace("ed25519", "ed448");
        assert_eq!(verify_signature(&json, wrong.as_bytes(), &public), Err(ManifestError::MalformedSignature));
        assert_eq!(show_fingerprint(&key.verifying_key()).len(), 39);
    }
}
