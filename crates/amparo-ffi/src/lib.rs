//! The core for Kotlin and Swift.
//!
//! Objects hand out the core's topics, records carry its data, errors carry a number and a text that may be logged. There is no
//! logic here: what a caller would miss in one language is missing in the core. The nice interface is the hand-written layer in
//! `bindings/`; this one is what the generator can express.
//!
//! Rules that hold for every export:
//! - it returns `Result`, and a panic below becomes the case `Internal` with no text of the panic;
//! - it may block (disk, key derivation), and never calls the host while a lock of the vault is held;
//! - bytes go in as `&[u8]` (a direct buffer, not copied) and come out in pieces of at most 256 KiB;
//! - no `u8` or `u16` (mis-extended on 32-bit ARM), no object inside a record, no field named `message`.

uniffi::setup_scaffolding!("amparo");

// Whatever is freed on this heap is wiped first. Passphrases and texts pass through buffers that belong to nobody's type.
#[global_allocator]
static HEAP: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

mod catalogue;
mod checklists;
mod convert;
mod custody;
mod desk;
mod error;
mod evidence;
mod forms;
mod host;
mod ids;
mod incidents;
mod interchange;
mod job;
mod recipients;
mod reports;
#[cfg(test)]
mod scene;
mod search;
mod vault;

pub use vault::{Kdf, Vault};
