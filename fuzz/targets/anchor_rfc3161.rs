//! Timestamp responses and tokens: bounded, of our commitment and nonce or refused, and read alike in either form.
#![no_main]

use amparo_fuzz::{damage, damage_seeds_after, seed};
use amparo_report::anchor::{AnchorError, rfc3161};
use libfuzzer_sys::fuzz_target;

const COMMITMENT: [u8; 32] = [7; 32];
const NONCE: [u8; 8] = [9; 8];

/// One element: tag, length, content.
fn tlv(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = match content.len() {
        short @ 0..128 => vec![short as u8],
        long @ 128..256 => vec![0x81, long as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [&[tag][..], &length, &content].concat()
}

/// A token in the form of RFC 3161, without a certificate and with a signature of nobody.
fn token() -> Vec<u8> {
    const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
    const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    let algorithm = tlv(0x30, &[&tlv(0x06, &[SHA256])]);
    let info = tlv(
        0x30,
        &[
            &tlv(0x02, &[&[1]]),
            &tlv(0x06, &[&[0x2a, 3, 4]]),
            &tlv(0x30, &[&algorithm, &tlv(0x04, &[&COMMITMENT])]),
            &tlv(0x02, &[&[42]]),
            &tlv(0x18, &[b"20261123102030.5Z"]),
            &tlv(0x30, &[&tlv(0x02, &[&[1]]), &tlv(0x80, &[&[5]])]),
            &tlv(0x02, &[&NONCE]),
        ],
    );
    let digest = amparo_crypto::hash::sha256(&info);
    let attribute = |last: u8, value: &[u8]| {
        let name = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, last];
        tlv(0x30, &[&tlv(0x06, &[&name]), &tlv(0x31, &[value])])
    };
    let attributes = [attribute(3, &tlv(0x06, &[TST_INFO])), attribute(4, &tlv(0x04, &[&digest]))].concat();
    let signer = tlv(
        0x30,
        &[
            &tlv(0x02, &[&[1]]),
            &tlv(0x30, &[&[]]),
            &algorithm,
            &tlv(0xa0, &[&attributes]),
            &algorithm,
            &tlv(0x04, &[&[1; 64]]),
        ],
    );
    let content = tlv(0x30, &[&tlv(0x06, &[TST_INFO]), &tlv(0xa0, &[&tlv(0x04, &[&info])])]);
    let signed = tlv(
        0x30,
        &[&tlv(0x02, &[&[3]]), &tlv(0x31, &[&algorithm]), &content, &tlv(0xa0, &[&[]]), &tlv(0x31, &[&signer])],
    );
    tlv(0x30, &[&tlv(0x06, &[SIGNED_DATA]), &tlv(0xa0, &[&signed])])
}

fn setup() {
    let token = token();
    rfc3161::check(&token, &COMMITMENT, Some(&NONCE)).expect("a good token");
    let response = rfc3161::as_response(&token).expect("a good token");
    let raw = [("token".to_owned(), token), ("response".to_owned(), response)];
    let raw = raw.map(|(name, bytes)| (name, [vec![0], bytes].concat()));
    seed("anchor_rfc3161", damage_seeds_after(1).into_iter().chain(damage_seeds_after(2)).chain(raw));
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let bytes = match choice % 3 {
        0 => rest.to_vec(),
        1 => damage(&token(), rest),
        _ => damage(&rfc3161::as_response(&token()).expect("a good token"), rest),
    };
    let read = rfc3161::check(&bytes, &COMMITMENT, Some(&NONCE));
    if let Ok(token) = &read {
        assert!(bytes.windows(32).any(|window| window == COMMITMENT), "a token of something else");
        assert!(token.nonce.as_deref() == Some(&NONCE), "a token of another request");
        assert!(rfc3161::check(&bytes, &[8; 32], None) == Err(AnchorError::OtherCommitment));
        let response = rfc3161::as_response(&bytes).expect("what is read can be wrapped");
        assert!(rfc3161::check(&response, &COMMITMENT, Some(&NONCE)) == read, "another outcome as a response");
    }
});
