//! The operating system's random source. Keys, nonces, salts and ids come from here and from nowhere else.

use crate::CryptoError;

/// Fills `out` with random bytes. May block once, early in the boot of a device, until the source is seeded.
///
/// # Errors
/// [`CryptoError::Randomness`] when the operating system refuses; `out` must then not be used.
pub fn fill(out: &mut [u8]) -> Result<(), CryptoError> {
    getrandom::fill(out).map_err(|_| CryptoError::Randomness)
}

/// `N` random bytes, for nonces, salts and ids that are not secret.
///
/// # Errors
/// [`CryptoError::Randomness`].
pub fn array<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut out = [0u8; N];
    fill(&mut out)?;
    Ok(out)
}

/// Puts `items` in a uniformly random order (Fisher–Yates with the operating system's source).
///
/// # Errors
/// [`CryptoError::Randomness`]; the order is then unspecified and the items must not be published.
pub fn shuffle<T>(items: &mut [T]) -> Result<(), CryptoError> {
    use rand::seq::SliceRandom as _;
    // Seeded once, because `SysRng` inside `shuffle` could only panic if the source failed half-way.
    let mut seed = zeroize::Zeroizing::new([0u8; 32]);
    fill(seed.as_mut_slice())?;
    let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::from_seed(*seed);
    items.shuffle(&mut rng);
    Ok(())
}
