//! Finds the public test vectors. They are not part of the project: `AMPARO_VECTORS` names their directory, or they lie in
//! `shared/vectors` beside the repository. Missing vectors fail the tests; nothing may be skipped silently.

use std::path::PathBuf;

/// The directory `name` of the public vectors.
pub fn vectors(name: &str) -> PathBuf {
    let root = std::env::var_os("AMPARO_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    let dir = root.join(name);
    assert!(
        dir.is_dir(),
        "the public vectors `{name}` are not at {}: set AMPARO_VECTORS to the directory that holds `age-testkit` and `wycheproof`",
        dir.display()
    );
    dir
}
