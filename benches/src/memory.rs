//! Peak memory of this process, as Linux counts it.

use std::fs;

use crate::Fallible;

/// Bytes of the largest resident set since the process began or [`reset_peak`] was called: `VmHWM` of `/proc/self/status`.
///
/// # Errors
/// On a system without it.
pub fn peak() -> Fallible<u64> {
    field("VmHWM:")
}

/// Bytes resident now: `VmRSS`.
///
/// # Errors
/// On a system without it.
pub fn resident() -> Fallible<u64> {
    field("VmRSS:")
}

/// Makes the peak what is resident now: `5` to `/proc/self/clear_refs`.
///
/// # Errors
/// Where the system does not allow it.
pub fn reset_peak() -> Fallible<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

fn field(name: &str) -> Fallible<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such field in /proc/self/status")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}
