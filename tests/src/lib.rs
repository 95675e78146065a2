//! Helpers shared by the tests of this folder.

pub mod authority;
pub mod command;
pub mod document;
pub mod external;
pub mod forensic;
pub mod storage;

/// The passphrase of every test vault that a second process opens.
pub const PASSPHRASE: &str = "correct horse battery staple";
