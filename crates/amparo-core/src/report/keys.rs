//! The keys that sign reports. Each is a random seed in the vault: a case's key says nothing of another case's, nor of the vault.

use amparo_crypto::{SecretKey, sign::SigningKey};
use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

use crate::CoreError;

fn key(seed: [u8; 32]) -> SigningKey {
    let mut seed = Zeroizing::new(seed);
    SigningKey::from_seed(&SecretKey::take(&mut seed))
}

/// The key of one case, made when it is first needed.
pub(crate) fn case(conn: &Connection, incident: i64) -> Result<SigningKey, CoreError> {
    let stored: Option<[u8; 32]> = conn
        .prepare_cached("SELECT case_seed FROM incident WHERE seq = ?1")?
        .query_row([incident], |row| row.get(0))?;
    if let Some(seed) = stored {
        return Ok(key(seed));
    }
    let seed = SecretKey::generate()?;
    // Exposed to be stored: the vault encrypts it.
    conn.prepare_cached("UPDATE incident SET case_seed = ?2 WHERE seq = ?1")?.execute((incident, seed.expose()))?;
    Ok(SigningKey::from_seed(&seed))
}

/// The key by which the owner of the vault is known to those they chose to be known to.
pub(super) fn identity(conn: &Connection) -> Result<SigningKey, CoreError> {
    let stored: Option<[u8; 32]> = conn
        .prepare_cached("SELECT seed FROM signing_key WHERE purpose = 'identity'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(seed) = stored {
        return Ok(key(seed));
    }
    let seed = SecretKey::generate()?;
    conn.prepare_cached("INSERT INTO signing_key (purpose, seed) VALUES ('identity', ?1)")?.execute([seed.expose()])?;
    Ok(SigningKey::from_seed(&seed))
}
