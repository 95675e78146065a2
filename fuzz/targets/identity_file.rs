//! Key files, as desks and people edit them by hand: secret keys and recipients, one a line.
#![no_main]

use amparo_crypto::age::{Identity, parse_identities, parse_recipients};
use amparo_fuzz::{identities, seed};
use libfuzzer_sys::fuzz_target;

fn setup() {
    let keys = identities();
    let secret: String = keys.iter().map(|key| format!("# a comment\n{}\n", key.to_text().as_str())).collect();
    let public: String = keys.iter().map(|key| format!("{}\r\n\n", key.recipient())).collect();
    seed("identity_file", [("secret", secret.into_bytes()), ("public", public.into_bytes())]);
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    for key in parse_identities(text).unwrap_or_default() {
        let again = Identity::parse(&key.to_text()).expect("a key reads its own text form");
        assert!(again.recipient() == key.recipient());
    }
    for recipient in parse_recipients(text).unwrap_or_default() {
        assert!(recipient.to_string().parse().is_ok_and(|again: amparo_crypto::age::Recipient| again == recipient));
    }
});
