//! QR codes as pictures: drawn from the texts of [`crate::parts`], and read from grey values.
//!
//! Drawing cannot go wrong for those texts. Reading gets pictures from anybody: it is bounded in work, never panics, and gives texts that
//! an [`crate::Assembler`] judges.

mod binary;
mod draw;
mod read;

pub use draw::{Code, DrawError, MAX_SCALE, Picture, codes, sheet};
pub use read::{MAX_PIXELS, read_qr};
