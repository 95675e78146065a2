//! A report's manifest and its signature file, as a desk reads them from a stranger.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::{SecretKey, hash::sha256, sign::SigningKey};
use amparo_fuzz::{join, parts, seed};
use amparo_report::{
    hex::Hex,
    manifest::{FileEntry, Manifest, ReportId, SenderMode, sign, verify_signature},
};
use libfuzzer_sys::fuzz_target;

static SIGNED: OnceLock<Vec<u8>> = OnceLock::new();

fn setup() {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [6; 32]));
    let file = |path: &str| FileEntry { path: path.to_owned(), size: 3, sha256: Hex(sha256(b"abc")) };
    let manifest = Manifest {
        report_id: ReportId::from_bytes([1; 16]),
        created: "2026-03-14".to_owned(),
        core: "0.1.0".to_owned(),
        mode: SenderMode::Case,
        public_key: Some(key.verifying_key().to_bytes()),
        files: vec![file("README.txt"), file("evidence/01-photo.jpg")],
        addressed_to: vec!["X25519 AAAA AAAA".to_owned()],
    };
    let bytes = manifest.to_json().expect("a good manifest can be written");
    let signature = sign(&bytes, &key).expect("a manifest can be signed");
    seed("manifest", [("signed", join(&[&bytes, &signature]))]);
    let _ = SIGNED.set(bytes);
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let [bytes, signature] = parts(data);
    let Ok(manifest) = Manifest::parse(bytes) else { return };
    if let Ok(written) = manifest.to_json() {
        assert_eq!(Manifest::parse(&written).as_ref(), Ok(&manifest), "a manifest does not survive being written");
    }
    let Some(expected) = manifest.public_key else { return };
    let ours = SigningKey::from_seed(&SecretKey::take(&mut [6; 32])).verifying_key();
    if verify_signature(bytes, signature, &expected).is_ok() && expected == ours.to_bytes() {
        assert_eq!(SIGNED.get().map(Vec::as_slice), Some(bytes), "a manifest verified that was never signed");
    }
});
