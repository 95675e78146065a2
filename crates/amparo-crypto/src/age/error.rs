//! Why an age file, a key or a tag was refused.
//!
//! The classes a caller must tell apart are variants of [`AgeError`]; the details are for logs and for people who repair
//! files. No variant carries bytes from a key, a file or a path.

use std::io;

use crate::CryptoError;

/// An age file could not be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgeError {
    /// The bytes do not begin like an age file.
    #[error("not an age file")]
    NotAge,
    /// An age file in its ASCII armor. Only the binary form is read.
    #[error("an armored age file; only the binary form is supported")]
    Armored,
    /// An age file of a version other than v1.
    #[error("an age file of an unsupported version")]
    UnsupportedVersion,
    /// The header breaks the format. Nothing was decrypted.
    #[error("malformed age header: {0}")]
    MalformedHeader(HeaderFault),
    /// The file is encrypted with a passphrase (scrypt) and not to keys.
    #[error("the file is protected with a passphrase, which is not supported; it must be encrypted to a key")]
    PassphraseProtected,
    /// None of the identities opens any stanza of the file.
    #[error("the file was not made for any of these keys")]
    NoMatchingKey,
    /// A stanza gave up its file key, but the header does not authenticate under it: it was changed.
    #[error("the header was changed after the file was made")]
    HeaderMac,
    /// The payload is damaged. What was released before is authentic, but the file as a whole is not.
    #[error("damaged payload: {0}")]
    Payload(PayloadFault),
    /// A key in its text form was refused.
    #[error("{0}")]
    MalformedKey(KeyFault),
    /// A line of a key file was refused.
    #[error("line {line} of the key file: {fault}")]
    KeyFile {
        /// The line, counted from 1.
        line: u32,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// A key file without any key.
    #[error("the key file holds no key")]
    NoKeys,
    /// An addressee tag that is not one stanza of a known type.
    #[error("malformed addressee tag")]
    MalformedTag,
    /// A file must be encrypted to somebody.
    #[error("no recipient given")]
    NoRecipients,
    /// More recipients than [`crate::age::MAX_RECIPIENTS`]: write several files.
    #[error("too many recipients for one file")]
    TooManyRecipients,
    /// Post-quantum and classic recipients in one file would lower the file to the weaker: write two files.
    #[error("post-quantum and classic recipients must not share one file")]
    MixedRecipients,
    /// The operating system's random source failed. Nothing was encrypted.
    #[error("the operating system's random source failed")]
    Randomness,
    /// An earlier write failed, so the output is incomplete and must be thrown away.
    #[error("an earlier write failed: the encrypted file is incomplete")]
    Incomplete,
    /// The payload exceeds what the format can count.
    #[error("the payload is too long")]
    TooLong,
    /// Reading or writing failed underneath.
    #[error("input or output failed: {0}")]
    Io(io::ErrorKind),
}

impl AgeError {
    /// The error inside what a [`Decryptor`](crate::age::Decryptor) or an [`Encryptor`](crate::age::Encryptor) returned through
    /// `Read` or `Write`. `None` when `error` came from the reader or writer below, unchanged.
    #[must_use]
    pub fn from_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }
}

/// An error for callers of `Read` and `Write`: recover it with [`AgeError::from_io`].
impl From<AgeError> for io::Error {
    fn from(error: AgeError) -> Self {
        let kind = match error {
            AgeError::Io(kind) => kind,
            AgeError::Payload(PayloadFault::Truncated) => io::ErrorKind::UnexpectedEof,
            AgeError::Randomness | AgeError::Incomplete => io::ErrorKind::Other,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// Keeps the kind only. An [`AgeError`] that travelled inside `error` comes out again.
impl From<io::Error> for AgeError {
    fn from(error: io::Error) -> Self {
        Self::from_io(&error).unwrap_or(Self::Io(error.kind()))
    }
}

impl From<CryptoError> for AgeError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::TooLong => Self::TooLong,
            // The only other error of the random source, which is all that this module asks of the primitives.
            _ => Self::Randomness,
        }
    }
}

impl From<HeaderFault> for AgeError {
    fn from(fault: HeaderFault) -> Self {
        Self::MalformedHeader(fault)
    }
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// The file ends inside the header.
    #[error("the file ends inside the header")]
    Truncated,
    /// The header exceeds [`crate::age::MAX_HEADER_LEN`] bytes or [`crate::age::MAX_STANZAS`] stanzas.
    #[error("the header is too large")]
    TooLarge,
    /// The version line is not `age-encryption.org/` and a version.
    #[error("broken version line")]
    Version,
    /// A line is neither the start of a stanza nor the MAC.
    #[error("a line is neither a stanza nor the header's end")]
    Line,
    /// A stanza has an empty argument, or one with characters other than visible ASCII.
    #[error("broken stanza argument")]
    Argument,
    /// A stanza's body is not canonical unpadded base64 in lines of 64 columns that end with a shorter one.
    #[error("broken stanza body")]
    Body,
    /// No stanza at all.
    #[error("no stanza")]
    NoStanza,
    /// The last line is not `---`, a space and 32 bytes in canonical unpadded base64.
    #[error("broken MAC line")]
    Mac,
    /// A native stanza with the wrong number of arguments.
    #[error("a stanza has the wrong number of arguments")]
    ArgumentCount,
    /// The ephemeral share of a native stanza is not canonical base64 of the right length.
    #[error("the share of a stanza is malformed")]
    Share,
    /// The body of a native stanza is not one wrapped 16-byte file key.
    #[error("a wrapped file key has the wrong length")]
    WrappedKeyLength,
    /// The share is of low order: it would make the shared secret predictable.
    #[error("the share of a stanza is of low order")]
    LowOrderShare,
    /// A passphrase stanza must be the only stanza.
    #[error("a passphrase stanza must be alone")]
    ScryptNotAlone,
    /// The file ends before the payload nonce that belongs to the header.
    #[error("the file ends before the payload's nonce")]
    MissingNonce,
}

/// What is wrong with a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadFault {
    /// The file ends before its final chunk: it was cut short.
    #[error("the file was cut short")]
    Truncated,
    /// The last piece does not authenticate: the file was cut inside a chunk, or changed near its end.
    #[error("the end of the file was cut off or changed")]
    CutOrTampered,
    /// A chunk that others follow does not authenticate: it was changed, moved or taken from elsewhere.
    #[error("the file was changed")]
    Tampered,
    /// Bytes follow the final chunk.
    #[error("something was appended to the file")]
    TrailingData,
    /// The final chunk is empty although the payload is not, which no conforming writer produces.
    #[error("the final chunk is empty")]
    EmptyFinalChunk,
}

/// What is wrong with a key in its text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// Not the Bech32 text of a known kind of key in its prescribed case: mistyped, cut off, or something else.
    #[error("not a valid age key (mistyped or cut off?)")]
    Encoding,
    /// Valid Bech32, but the key inside is not usable: not a point, not canonical, of low order, or of the wrong length.
    #[error("the text is well formed, but the key in it is not usable")]
    Unusable,
    /// A secret key stands where a public key belongs. It must not be passed on.
    #[error("this is a secret key, and a public key (age1…) is needed here; keep it to yourself")]
    SecretGiven,
    /// A public key stands where a secret key belongs.
    #[error("this is a public key, and a secret key (AGE-SECRET-KEY-…) is needed here")]
    PublicGiven,
}

impl From<KeyFault> for AgeError {
    fn from(fault: KeyFault) -> Self {
        Self::MalformedKey(fault)
    }
}
