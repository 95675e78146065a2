//! The paths that may stand in a report: ours, never the user's, and harmless on every file system.
//!
//! A path is one or two components of `[a-z0-9][a-z0-9._-]*`, or exactly `README.txt`. Nothing that a system treats specially
//! may pass: no separators of another system, no `..`, no trailing dot, no device names of Windows, no case to fold.

/// How to open and verify.
pub const README: &str = "README.txt";
/// The list of all files.
pub const MANIFEST: &str = "manifest.json";
/// The signature over the list.
pub const SIGNATURE: &str = "manifest.sig";
/// The report for people.
pub const REPORT_HTML: &str = "report.html";
/// The report as plain text.
pub const REPORT_MD: &str = "report.md";
/// The report for programs.
pub const REPORT_JSON: &str = "report.json";
/// Folder of the evidence.
pub const EVIDENCE: &str = "evidence/";
/// The disclosed custody entries.
pub const CUSTODY_ENTRIES: &str = "custody/entries.jsonl";
/// Their inclusion proofs.
pub const CUSTODY_PROOFS: &str = "custody/proofs.json";
/// The signed head.
pub const CUSTODY_HEAD: &str = "custody/head.txt";
/// Folder of the field commitments.
pub const DISCLOSURE: &str = "disclosure/";
/// What was signed when the record was saved.
pub const STATEMENT: &str = "disclosure/statement.json";
/// The signature over it.
pub const STATEMENT_SIGNATURE: &str = "disclosure/statement.sig";
/// The fields that are shown, with their salts.
pub const OPENINGS: &str = "disclosure/openings.json";
/// Folder of the timestamp tokens.
pub const ANCHORS: &str = "anchors/";
/// Where an answer can be sealed to.
pub const REPLY: &str = "reply.json";

/// Longest path in bytes: what a ustar header holds in one field.
pub const MAX_PATH_BYTES: usize = 100;

/// Why a path was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathFault {
    /// Starts with `/`, a backslash or a drive letter.
    #[error("an absolute path")]
    Absolute,
    /// Has a component `.` or `..`.
    #[error("a path that climbs out of its folder")]
    Parent,
    /// More than two components.
    #[error("a path nested too deeply")]
    TooDeep,
    /// Longer than [`MAX_PATH_BYTES`] bytes.
    #[error("a path that is too long")]
    TooLong,
    /// A character or a name that a report may not use.
    #[error("a file name that a report may not use")]
    Name,
}

/// Checks a path as it stands in an archive or a manifest.
///
/// # Errors
/// [`PathFault`].
pub fn check(path: &[u8]) -> Result<&str, PathFault> {
    if path == README.as_bytes() {
        return Ok(README);
    }
    if matches!(path.first(), Some(b'/' | b'\\')) || path.get(1) == Some(&b':') {
        return Err(PathFault::Absolute);
    }
    let components = || path.split(|b| matches!(b, b'/' | b'\\'));
    if components().any(|component| matches!(component, b"." | b"..")) {
        return Err(PathFault::Parent);
    }
    if path.len() > MAX_PATH_BYTES {
        return Err(PathFault::TooLong);
    }
    if components().count() > 2 {
        return Err(PathFault::TooDeep);
    }
    let path = core::str::from_utf8(path).map_err(|_| PathFault::Name)?;
    if path.split('/').all(is_component) { Ok(path) } else { Err(PathFault::Name) }
}

fn is_component(name: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let stem = name.split('.').next().unwrap_or_default();
    let numbered = |stem: &str| matches!(stem.get(..3), Some("com" | "lpt")) && stem.len() == 4;
    name.bytes().next().is_some_and(alphanumeric)
        && name.bytes().all(|b| alphanumeric(b) || matches!(b, b'.' | b'_' | b'-'))
        && !name.ends_with('.')
        && !matches!(stem, "con" | "prn" | "aux" | "nul")
        && !numbered(stem)
}

/// The number in the path of an anchor's file, `anchors/NN.json`, `.tsr` or `.ots` (two or three digits); `None` for any other
/// path.
pub(crate) fn anchor_number(path: &str) -> Option<&str> {
    let (number, extension) = path.strip_prefix(ANCHORS)?.split_once('.')?;
    let fits = (2..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    (fits && matches!(extension, "json" | "tsr" | "ots")).then_some(number)
}

/// A word of an evidence file's name: `[a-z][a-z0-9-]*`, at most `max` bytes.
pub(crate) fn is_word(word: &str, max: usize) -> bool {
    word.len() <= max
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A file name extension: `[a-z0-9]+`, at most 8 bytes.
pub(crate) fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// A name from outside (a folder on disk, a hostile archive) made safe to show: no control characters, no direction marks,
/// not endless.
pub(crate) fn printable(name: &[u8]) -> String {
    const MAX_SHOWN: usize = 120;
    let text = String::from_utf8_lossy(name);
    let mut shown: String = text
        .chars()
        .map(
            |c| if c.is_ascii_graphic() || c == ' ' || (!c.is_ascii() && c.is_alphanumeric()) { c } else { '\u{fffd}' },
        )
        .take(MAX_SHOWN)
        .collect();
    if text.chars().count() > MAX_SHOWN {
        shown.push('\u{2026}');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_ours_or_refused() {
        for good in ["README.txt", "manifest.json", "evidence/01-photo.jpg", "a", "0", "anchors/a_b-c.tsr", "x/y"] {
            assert_eq!(check(good.as_bytes()), Ok(good));
        }
        let cases: &[(&[u8], PathFault)] = &[
            (b"/etc/passwd", PathFault::Absolute),
            (b"\\x", PathFault::Absolute),
            (b"c:x", PathFault::Absolute),
            (b"../x", PathFault::Parent),
            (b"evidence/..", PathFault::Parent),
            (b"a\\..\\b", PathFault::Parent),
            (b"./x", PathFault::Parent),
            (b"a/b/c", PathFault::TooDeep),
            (b"", PathFault::Name),
            (b"a/", PathFault::Name),
            (b"a//b", PathFault::TooDeep),
            (b"readme.TXT", PathFault::Name),
            (b"evidence/README.txt", PathFault::Name),
            (b"Evidence/x", PathFault::Name),
            (b".hidden", PathFault::Name),
            (b"-rf", PathFault::Name),
            (b"a\\b", PathFault::Name),
            (b"a b", PathFault::Name),
            (b"a\0b", PathFault::Name),
            (b"a\nb", PathFault::Name),
            (b"caf\xc3\xa9", PathFault::Name),
            (b"\xff", PathFault::Name),
            (b"nul", PathFault::Name),
            (b"evidence/con.txt", PathFault::Name),
            (b"com1.jpg", PathFault::Name),
            (b"a.", PathFault::Name),
        ];
        for (path, fault) in cases {
            assert_eq!(check(path), Err(*fault), "{}", printable(path));
        }
        assert_eq!(check("a".repeat(101).as_bytes()), Err(PathFault::TooLong));
        assert_eq!(check("a".repeat(100).as_bytes()).map(str::len), Ok(100));
    }

    #[test]
    fn names_from_outside_cannot_steer_a_terminal() {
        assert_eq!(printable(b"\x1b[31mx\r\n"), "\u{fffd}[31mx\u{fffd}\u{fffd}");
        assert_eq!(printable("a\u{202e}b".as_bytes()), "a\u{fffd}b");
        assert_eq!(printable(&[b'a'; 500]).chars().count(), 121);
    }
}
