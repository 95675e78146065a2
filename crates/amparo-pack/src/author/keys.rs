//! A publisher's key file: one line behind comments, like the key files of a desk.
//!
//! ```text
//! # Signs checklist packs. Whoever has this file can publish in your name.
//! # fingerprint: 1a2b 3c4d …
//! amparo-publisher-key/1 <64 hex: public key> <64 hex: secret seed>
//! ```

use amparo_crypto::{SecretKey, sign::SigningKey};
use amparo_report::hex;
use zeroize::Zeroizing;

use super::AuthorError;
use crate::Publisher;

/// What the line with the key begins with.
const WORD: &str = "amparo-publisher-key/1";
/// Largest key file that is read.
pub const MAX_KEY_FILE_BYTES: usize = 64 * 1024;

/// A fresh key and the text of its file.
///
/// # Errors
/// [`AuthorError::Randomness`].
pub fn generate() -> Result<(Publisher, Zeroizing<String>), AuthorError> {
    let (key, seed) = SigningKey::generate().map_err(|_| AuthorError::Randomness)?;
    Ok((key.verifying_key().into(), to_text(&key, &seed)))
}

fn to_text(key: &SigningKey, seed: &SecretKey) -> Zeroizing<String> {
    let publisher = Publisher::from(key.verifying_key());
    // The seed leaves its handle because this is the file that keeps it.
    let secret = Zeroizing::new(hex::encode(seed.expose()));
    // One allocation of its final size: growing would leave copies of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str("# Signs checklist packs. Whoever has this file can publish in your name.\n# fingerprint: ");
    text.push_str(&publisher.fingerprint());
    text.push('\n');
    for part in [WORD, " ", &publisher.to_hex(), " ", &secret, "\n"] {
        text.push_str(part);
    }
    text
}

/// Reads a key file.
///
/// # Errors
/// [`AuthorError::NotAKey`]: also when the secret is not that of the public key beside it, so that a digit that changed is noticed.
pub fn parse(text: &str) -> Result<SigningKey, AuthorError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(AuthorError::NotAKey) };
    let mut words = line.split_ascii_whitespace();
    let (Some(WORD), Some(public), Some(secret), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(AuthorError::NotAKey);
    };
    let mut seed: [u8; 32] = hex::decode(secret).ok_or(AuthorError::NotAKey)?;
    let key = SigningKey::from_seed(&SecretKey::take(&mut seed));
    if hex::encode(&key.verifying_key().to_bytes()) == public { Ok(key) } else { Err(AuthorError::NotAKey) }
}

/// The publisher that a text names: a key's 64 hexadecimal digits, or a key file.
#[must_use]
pub fn publisher(text: &str) -> Option<Publisher> {
    Publisher::from_hex(text.trim()).or_else(|| parse(text).ok().map(|key| key.verifying_key().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_reads_back_and_a_changed_digit_is_noticed() {
        let (publisher, text) = generate().unwrap();
        assert_eq!(Publisher::from(parse(&text).unwrap().verifying_key()), publisher);
        assert!(text.contains(&publisher.fingerprint()));
        assert_eq!(super::publisher(&text), Some(publisher));
        assert_eq!(super::publisher(&format!("{}\n", publisher.to_hex())), Some(publisher));
        let line = text.lines().last().unwrap();
        let secret = line.len() - 1;
        let other = if line.ends_with('0') { "1" } else { "0" };
        for bad in
            ["", "AGE-SECRET-KEY-1", &format!("{}{other}", &line[..secret]), &format!("{line}\n{line}"), &line[1..]]
        {
            assert!(matches!(parse(bad), Err(AuthorError::NotAKey)), "{bad}");
        }
    }
}
