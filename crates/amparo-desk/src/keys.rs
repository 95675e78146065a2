//! Intake keys in age identity files, as `age-keygen` writes and `age -i` reads them.
//!
//! A secret key is written once, to a new file that only its owner may read, and never shown.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    path::Path,
};

use amparo_crypto::age::{Identity, KeyKind, Recipient, parse_identities};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use crate::DeskError;

/// Largest key file that is read: some thousand keys.
pub(crate) const MAX_KEY_FILE_BYTES: u64 = 1024 * 1024;

/// Makes a key pair, writes the secret key to `path`, which must not exist, and returns the public key to give to senders.
/// Post-quantum keys are the default everywhere; a classic one is for senders who have nothing else.
///
/// # Errors
/// [`DeskError::Exists`], [`DeskError::Missing`] (the folder), [`DeskError::Permission`], [`DeskError::DiskFull`],
/// [`DeskError::Randomness`], [`DeskError::Io`]. No file is left behind then.
pub fn keygen(path: &Path, kind: KeyKind) -> Result<Recipient, DeskError> {
    let identity = Identity::generate(kind)?;
    let recipient = identity.recipient();
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let created = now.format(&Rfc3339).unwrap_or_default();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let secret = identity.to_text();
    write_key(file, &created, &recipient, &secret).inspect_err(|_| {
        // Ours, and useless: the next attempt must not find it in its way.
        let _ = fs::remove_file(path);
    })?;
    Ok(recipient)
}

fn write_key(mut file: File, created: &str, recipient: &Recipient, secret: &str) -> Result<(), DeskError> {
    let comments = format!("# created: {created}\n# public key: {recipient}\n");
    file.write_all(comments.as_bytes())?;
    file.write_all(secret.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(())
}

/// Reads all secret keys of an age identity file.
///
/// # Errors
/// [`DeskError::Missing`], [`DeskError::Permission`], [`DeskError::EmptyKeyFile`], [`DeskError::NotAKeyFile`],
/// [`DeskError::KeyFile`] with the line, [`DeskError::Io`].
pub fn load_identities(path: &Path) -> Result<Vec<Identity>, DeskError> {
    Ok(parse_identities(&read_secret(path, 0)?)?)
}

/// The text of a key file, in an allocation that has room for `more` bytes.
pub(crate) fn read_secret(path: &Path, more: usize) -> Result<Zeroizing<String>, DeskError> {
    let file = File::open(path)?;
    // One allocation of its final size: growing would leave copies of secrets behind.
    let length = file.metadata()?.len();
    if length > MAX_KEY_FILE_BYTES {
        return Err(DeskError::NotAKeyFile);
    }
    let room = usize::try_from(length).unwrap_or_default().saturating_add(more).saturating_add(1);
    let mut text = Zeroizing::new(String::with_capacity(room));
    match file.take(MAX_KEY_FILE_BYTES).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(DeskError::NotAKeyFile),
        Err(error) => Err(error.into()),
    }
}

/// Whether others on this computer may read the key file. Always `false` where permissions are not those of Unix.
///
/// # Errors
/// [`DeskError::Missing`], [`DeskError::Permission`], [`DeskError::Io`].
pub fn key_file_is_exposed(path: &Path) -> Result<bool, DeskError> {
    let meta = fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        Ok(meta.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = meta;
        Ok(false)
    }
}
