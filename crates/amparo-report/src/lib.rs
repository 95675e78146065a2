//! Sealed reports: what is disclosed to one or more recipients, and how they check it.
//!
//! A sealed report is an age v1 file whose payload is a tar (`docs/formats/report.md`). This crate builds, opens and verifies
//! them, and holds the custody log's formats (`docs/formats/custody.md`). It is shared by the phone and the desk: it never
//! links the vault, opens no network connection and reads no clock.
//!
//! * Writing: [`seal`], with the [`manifest`], [`readme`], and the [`view`] as [`html`] and [`markdown`], padded by [`padme`].
//! * Words: [`locale`] and [`figures`].
//! * Reading: [`open`] gives a [`verdict`]; [`archive`] and [`names`] say what a reader refuses.
//! * [`characters`] and [`spelling`]: what texts, ids and codes of signed files (packs, cards) may look like.
//! * [`custody`]: the log's entries, tree, heads, excerpts and proofs; [`anchor`]: timestamps of others on its heads.
//! * [`disclosure`]: salted commitments to single fields, so that a report that leaves some out still verifies.

pub mod anchor;
pub mod archive;
pub mod characters;
pub mod custody;
pub mod disclosure;
mod disk;
pub mod figures;
pub mod hex;
pub mod html;
pub mod locale;
pub mod manifest;
pub mod markdown;
pub mod names;
pub mod open;
pub mod padme;
pub mod readme;
pub mod seal;
pub mod spelling;
mod tame;
pub mod verdict;
mod verify;
pub mod view;
