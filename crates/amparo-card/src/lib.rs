//! Recipient cards: the signed file that introduces somebody reports can be sealed to (`docs/formats/card.md`).
//!
//! A card is public. What matters is that it is the right one: whoever can put another in its place reads the reports. So nothing of a
//! card is believed before its signature was checked, nothing replaces a trusted card that its signer did not sign, and the first one
//! is compared by people, in words. This crate has no vault, no clock and no network, and holds no secret.
//!
//! 1. [`Card::parse`] reads and checks the file. Whether its signer is who they say they are, it cannot know.
//! 2. A first import shows [`Fingerprint::words`] to be compared over another way, and asks [`Card::check_dates`].
//! 3. A later one goes through [`Card::supersedes`], with what was kept of the trusted one ([`Trusted`]).
//! 4. [`Card::keys_on`] says what may be sealed to on a day.
//!
//! A card travels as a file, or as a few QR codes, whose texts [`parts`] makes and an [`Assembler`] puts together; with the feature `qr`
//! they are drawn and read from pictures too. The recipient's side writes a [`CardContent`] and signs it: [`CardContent::sign`].

mod card;
mod content;
mod error;
mod file;
pub mod limits;
mod parts;
#[cfg(feature = "qr")]
pub mod qr;
mod signer;
mod update;

pub use card::Card;
pub use content::{Accepts, CardContent, CardId, CardKey, Endpoint, PublicKey, endpoint, key_kind, kind};
pub use error::CardError;
pub use parts::{Assembled, Assembler, MAX_PARTS, PART_CHARS, PartError, parts};
pub use signer::{FINGERPRINT_WORDS, Fingerprint, Signer};
pub use update::{Change, Trusted};
