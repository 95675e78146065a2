//! Workloads shared by the benchmarks of this folder: the same work done by Amparo and by plain SQLite or plain files.
//!
//! What may not happen here: a baseline with weaker promises than ours. Plain SQLite runs with the vault's own settings, a plain
//! file is hashed, synced, and its name made durable, or the ratio says nothing. Figures and how to read them:
//! `docs/benchmarks.md`.

pub mod files;
pub mod measure;
pub mod memory;
pub mod numbers;
pub mod records;
pub mod reports;
pub mod vaults;

/// Whatever went wrong: a benchmark stops at the first error and says it.
pub type Fallible<T> = Result<T, Box<dyn core::error::Error + Send + Sync>>;

/// Where the benchmarks write: `AMPARO_BENCH_DIR`, or the system's folder for temporary files. The medium decides what a sync
/// costs, so figures of two media are not comparable.
#[must_use]
pub fn bench_dir() -> std::path::PathBuf {
    std::env::var_os("AMPARO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into)
}

/// A folder under [`bench_dir`] that is removed when it is dropped.
///
/// # Errors
/// When it cannot be made.
pub fn scratch() -> Fallible<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("amparo-bench-").tempdir_in(bench_dir())?)
}
