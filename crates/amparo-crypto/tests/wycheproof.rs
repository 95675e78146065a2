//! The Wycheproof vectors against the primitives, called the way this crate calls them.
//!
//! Where the crate has a public wrapper the vectors go through it; otherwise through the same crates and the same calls. Every
//! vector is run or is excluded by a rule that is stated here and counted, so nothing drops out silently.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::fs;

use amparo_crypto::{CryptoError, SecretKey, aead::RandomNonceKey, sign::VerifyingKey};
use serde_json::Value;
use sha2::Sha256;

/// A vector with the fields of its group at hand.
struct Test<'a> {
    group: &'a Value,
    test: &'a Value,
}

impl Test<'_> {
    fn bytes(&self, field: &str) -> Vec<u8> {
        unhex(self.test[field].as_str().unwrap_or_else(|| panic!("tcId {}: no {field}", self.id())))
    }

    fn id(&self) -> u64 {
        self.test["tcId"].as_u64().unwrap()
    }

    fn result(&self) -> &str {
        self.test["result"].as_str().unwrap()
    }

    fn flag(&self, flag: &str) -> bool {
        self.test["flags"].as_array().unwrap().iter().any(|f| f == flag)
    }
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Runs `check` on every vector of `file`; makes sure that there are as many as the file says and as were expected.
fn for_each(file: &str, expected: u64, mut check: impl FnMut(&Test<'_>)) {
    let path = common::vectors("wycheproof").join(file);
    let root: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut run = 0;
    for group in root["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            check(&Test { group, test });
            run += 1;
        }
    }
    assert_eq!(root["numberOfTests"].as_u64(), Some(run));
    assert_eq!(run, expected, "another edition of {file}");
}

#[test]
fn xchacha20_poly1305_through_random_nonce_key() {
    let (mut opened, mut refused, mut wrong_length) = (0, 0, 0);
    for_each("xchacha20_poly1305_test.json", 315, |t| {
        let Ok(nonce) = <[u8; 24]>::try_from(t.bytes("iv")) else {
            // Rule: a nonce of another length does not exist for us; the type refuses it.
            assert!(t.flag("InvalidNonceSize") && t.result() == "invalid");
            wrong_length += 1;
            return;
        };
        let key = RandomNonceKey::from_key(&SecretKey::take(&mut t.bytes("key").try_into().unwrap()));
        let (aad, mut buf) = (t.bytes("aad"), t.bytes("ct"));
        let tag: [u8; 16] = t.bytes("tag").try_into().unwrap();
        let result = key.open_in_place(&aad, &nonce, &mut buf, &tag);
        if t.result() == "valid" {
            assert_eq!(result, Ok(()), "tcId {}", t.id());
            assert_eq!(buf, t.bytes("msg"), "tcId {}", t.id());
            let sealed = [nonce.as_slice(), &t.bytes("ct"), &tag].concat();
            assert_eq!(*key.open(&aad, &sealed).unwrap(), buf, "tcId {}", t.id());
            opened += 1;
        } else {
            assert_eq!(result, Err(CryptoError::Tampered), "tcId {}", t.id());
            assert_eq!(buf, t.bytes("ct"), "tcId {}: nothing may be released", t.id());
            refused += 1;
        }
    });
    assert_eq!((opened, refused, wrong_length), (246, 60, 9));
}

#[test]
fn chacha20_poly1305_in_place() {
    use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::AeadInOut};
    let (mut agreed, mut refused, mut wrong_length) = (0, 0, 0);
    for_each("chacha20_poly1305_test.json", 325, |t| {
        let Ok(nonce) = <[u8; 12]>::try_from(t.bytes("iv")) else {
            // Rule: as above.
            assert!(t.flag("InvalidNonceSize") && t.result() == "invalid");
            wrong_length += 1;
            return;
        };
        let key: [u8; 32] = t.bytes("key").try_into().unwrap();
        let cipher = ChaCha20Poly1305::new(&key.into());
        let (aad, tag) = (t.bytes("aad"), <[u8; 16]>::try_from(t.bytes("tag")).unwrap());
        let mut buf = t.bytes("ct");
        let opened = cipher.decrypt_inout_detached(&nonce.into(), &aad, buf.as_mut_slice().into(), &tag.into()).is_ok();
        assert_eq!(opened, t.result() == "valid", "tcId {}", t.id());
        if opened {
            assert_eq!(buf, t.bytes("msg"), "tcId {}", t.id());
            let sealed = cipher.encrypt_inout_detached(&nonce.into(), &aad, buf.as_mut_slice().into()).unwrap();
            assert_eq!((buf, sealed.as_slice()), (t.bytes("ct"), tag.as_slice()), "tcId {}", t.id());
            agreed += 1;
        } else {
            // What the age and media readers rely on when they try a second nonce on the same buffer.
            assert_eq!(buf, t.bytes("ct"), "tcId {}: the buffer must be untouched", t.id());
            refused += 1;
        }
    });
    assert_eq!((agreed, refused, wrong_length), (256, 60, 9));
}

#[test]
fn x25519_and_the_refusal_of_low_order_points() {
    use x25519_dalek::{PublicKey, StaticSecret};
    let (mut agreed, mut low_order) = (0, 0);
    for_each("x25519_test.json", 518, |t| {
        let secret = StaticSecret::from(<[u8; 32]>::try_from(t.bytes("private")).unwrap());
        let public = PublicKey::from(<[u8; 32]>::try_from(t.bytes("public")).unwrap());
        let shared = secret.diffie_hellman(&public);
        // "acceptable" vectors (the twist, non-canonical encodings, low order) are computed as RFC 7748 says, like the valid
        // ones. Those that give zero are the ones that age refuses, and `was_contributory` is how it knows.
        assert_ne!(t.result(), "invalid");
        assert_eq!(shared.as_bytes().as_slice(), t.bytes("shared"), "tcId {}", t.id());
        assert_eq!(shared.was_contributory(), !t.flag("ZeroSharedSecret"), "tcId {}", t.id());
        if shared.was_contributory() { agreed += 1 } else { low_order += 1 }
    });
    assert_eq!((agreed, low_order), (487, 31));
}

#[test]
fn ed25519_through_verifying_key() {
    let (mut verified, mut refused, mut wrong_length) = (0, 0, 0);
    for_each("ed25519_test.json", 151, |t| {
        let key: [u8; 32] = unhex(t.group["publicKey"]["pk"].as_str().unwrap()).try_into().unwrap();
        // `verify_strict` may refuse keys and signatures that RFC 8032 lets a verifier accept (small order). No vector of this
        // file needs that licence: what is valid must verify here.
        let key = VerifyingKey::from_bytes(&key).unwrap();
        let Ok(signature) = <[u8; 64]>::try_from(t.bytes("sig")) else {
            // Rule: a signature of another length does not exist for us; the type refuses it.
            assert_eq!(t.result(), "invalid");
            wrong_length += 1;
            return;
        };
        let result = key.verify_bare(&t.bytes("msg"), &signature);
        if t.result() == "valid" {
            assert_eq!(result, Ok(()), "tcId {}", t.id());
            verified += 1;
        } else {
            assert_eq!(result, Err(CryptoError::Signature), "tcId {}", t.id());
            refused += 1;
        }
    });
    assert_eq!(verified, 88);
    assert_eq!(refused + wrong_length, 63);
}

#[test]
fn hkdf_sha256_in_one_step_and_from_a_pseudorandom_key() {
    use hkdf::{Hkdf, HkdfExtract};
    let (mut agreed, mut too_long) = (0, 0);
    for_each("hkdf_sha256_test.json", 86, |t| {
        let (ikm, salt, info) = (t.bytes("ikm"), t.bytes("salt"), t.bytes("info"));
        let mut out = vec![0u8; usize::try_from(t.test["size"].as_u64().unwrap()).unwrap()];
        // As the age module calls it.
        let result = Hkdf::<Sha256>::new(Some(&salt), &ikm).expand(&info, &mut out);
        if t.result() == "invalid" {
            assert!(t.flag("SizeTooLarge") && result.is_err(), "tcId {}", t.id());
            too_long += 1;
            return;
        }
        assert_eq!((result.is_ok(), &out), (true, &t.bytes("okm")), "tcId {}", t.id());
        // As `hash` calls it: extract in parts, then expand from the pseudorandom key with an info in parts.
        let mut extract = HkdfExtract::<Sha256>::new(Some(&salt));
        let (a, b) = ikm.split_at(ikm.len() / 2);
        extract.input_ikm(a);
        extract.input_ikm(b);
        let (prk, _) = extract.finalize();
        let (a, b) = info.split_at(info.len() / 3);
        out.fill(0);
        Hkdf::<Sha256>::from_prk(&prk).unwrap().expand_multi_info(&[a, b], &mut out).unwrap();
        assert_eq!(out, t.bytes("okm"), "tcId {}", t.id());
        agreed += 1;
    });
    assert_eq!((agreed, too_long), (83, 3));
}

#[test]
fn ml_kem_768_from_its_seed() {
    use ml_kem::{
        MlKem768, Seed,
        kem::{Decapsulate as _, KeyExport as _},
        ml_kem_768::Ciphertext,
    };
    let (mut agreed, mut wrong_length) = (0, 0);
    for_each("mlkem_768_test.json", 193, |t| {
        let seed = Seed::try_from(t.bytes("seed").as_slice());
        let ciphertext = Ciphertext::try_from(t.bytes("c").as_slice());
        let (Ok(seed), Ok(ciphertext)) = (seed, ciphertext) else {
            // Rule: a seed or a ciphertext of another length does not exist for us; the type refuses it.
            assert_eq!(t.result(), "invalid", "tcId {}", t.id());
            wrong_length += 1;
            return;
        };
        assert_eq!(t.result(), "valid", "tcId {}", t.id());
        // As x-wing calls it. Wrong ciphertexts give the implicit-rejection key, which the vectors state too.
        let (secret, public) = <MlKem768 as ml_kem::FromSeed>::from_seed(&seed);
        assert_eq!(public.to_bytes().as_slice(), t.bytes("ek"), "tcId {}", t.id());
        assert_eq!(secret.decapsulate(&ciphertext).as_slice(), t.bytes("K"), "tcId {}", t.id());
        agreed += 1;
    });
    assert_eq!((agreed, wrong_length), (153, 40));
}
