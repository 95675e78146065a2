//! The desk: the recipient's side of a sealed report, without the vault and without a network.
//!
//! Make intake keys ([`keygen()`]) and the card that hands them out ([`card_new`], [`card_rotate`]), open sealed reports into a folder ([`open()`]), and check them ([`verify()`]), as files or as
//! folders that were opened with other tools. Nothing here trusts what it reads: a report comes from strangers, and a desk's
//! computer is a target. Functions block on the disk.

mod card;
mod error;
mod keys;
mod open;

pub use amparo_card::{Accepts, Card, CardError, Endpoint};
pub use amparo_crypto::age::{Identity, KeyKind, Recipient};
pub use amparo_report::manifest::SenderMode;
pub use amparo_report::verdict::{Addressee, Code, Finding, SenderVerdict, Severity, Verdict};
pub use card::{CardFiles, KeyTerms, NewCard, card_new, card_read, card_rotate};
pub use error::DeskError;
pub use keys::{key_file_is_exposed, keygen, load_identities};
pub use open::{Opened, open, verify};
