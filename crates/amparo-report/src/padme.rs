//! Padmé: the padded size of a report's payload, so that its length says little about its content.
//!
//! Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", algorithm 1. The
//! overhead is at most 12 % and falls with the size; O(log log size) bits of the length remain visible.

/// Smallest payload in bytes: text reports are all of one size.
pub const FLOOR: u64 = 64 * 1024;
/// A tar is made of blocks of this many bytes.
const BLOCK: u64 = 512;

/// The padded size for `len` bytes: Padmé, at least [`FLOOR`], a multiple of 512. `None` when it does not fit in a `u64`.
#[must_use]
pub fn padded(len: u64) -> Option<u64> {
    padme(len.max(FLOOR))?.checked_next_multiple_of(BLOCK)
}

/// Padmé itself: rounds up so that only the top ⌊log₂⌊log₂ len⌋⌋ + 1 bits after the first may be set.
fn padme(len: u64) -> Option<u64> {
    if len < 2 {
        return Some(len);
    }
    let exponent = len.ilog2();
    let mantissa_bits = exponent.ilog2() + 1;
    let zero_bits = exponent.saturating_sub(mantissa_bits);
    len.checked_next_multiple_of(1 << zero_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // Worked by hand from the paper's algorithm: E = 9, S = 4, so 5 bits are cleared.
        assert_eq!(padme(1000), Some(1024));
        assert_eq!(padme(513), Some(544));
        assert_eq!([0u64, 1, 2, 3, 8, 9].map(|n| padme(n).unwrap()), [0, 1, 2, 3, 8, 10]);
        assert_eq!([0, 1, FLOOR].map(|n| padded(n).unwrap()), [FLOOR; 3]);
        assert_eq!(padded(FLOOR + 1), Some(FLOOR + 2048));
        assert_eq!(padded(u64::MAX), None);
    }

    #[test]
    fn sizes_grow_fit_blocks_and_waste_little() {
        let mut before = 0;
        let mut sizes = std::collections::BTreeSet::new();
        for step in 0..40_000u64 {
            let len = FLOOR + step * step * 2 + step;
            let size = padded(len).unwrap();
            assert!(size >= len && size >= before && size.is_multiple_of(512));
            assert!((size - len) * 100 <= len * 7, "{len} → {size}");
            assert_eq!(padded(size), Some(size));
            before = size;
            sizes.insert(size);
        }
        assert!(sizes.len() < 600, "{}", sizes.len());
    }
}
