//! Made-up documentation, recognisable wherever it turns up: every text and every medium carries a marker.

use amparo_crypto::hash::sha256;

/// What every marker begins with.
pub const MARKER: &str = "MARKER-3f9c";

/// A marker for one field of document `n`.
pub fn marker(field: &str, n: u64) -> String {
    format!("{MARKER}-{field}-{n}")
}

/// The title of document `n`.
pub fn title(n: u64) -> String {
    format!("{} Überfall · اعتداء · нападение", marker("title", n))
}

/// What document `n` tells.
pub fn narrative(n: u64) -> String {
    format!("{} They came at night. ", marker("narrative", n)).repeat(20)
}

/// The bytes of document `n`'s medium: a JPEG's beginning, markers, and bytes that do not compress, up to some 300 kB.
pub fn medium(n: u64) -> Vec<u8> {
    let mut out = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01".to_vec();
    let wanted = 1000 + (n * 7919 % 300_000) as usize;
    let mut block = sha256(&n.to_be_bytes());
    while out.len() < wanted {
        out.extend_from_slice(marker("medium", n).as_bytes());
        for _ in 0..32 {
            block = sha256(&block);
            out.extend_from_slice(&block);
        }
    }
    out
}
