//! Channel forms against incidents: the four of the starter pack, with everything, with nothing, with people who refused, with people
//! whom a channel must not get, and with more evidence than a channel takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod asked;
#[path = "../common/mod.rs"]
mod common;
mod forbidden;
mod held_back;
mod limits;
mod scene;
