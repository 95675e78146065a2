//! Looks for plaintext on the disk the way somebody would who has the disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Bytes that must be in no file, with a name for each.
pub struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    /// The traces that our storage formats would leave if they were written in the clear.
    pub fn of_formats() -> Self {
        let mut traces = Self(Vec::new());
        traces.add("SQLite's header", b"SQLite format 3");
        traces.add("a rollback journal's header", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7");
        traces.add("a table's definition", b"CREATE TABLE");
        traces.add("a JPEG's beginning", b"\xff\xd8\xff\xe0\x00\x10JFIF");
        traces.add("Exif metadata", b"Exif\0\0");
        traces.add("an MP4's beginning", b"ftypisom");
        traces.add("a custody entry", b"amparo.custody");
        traces.add("an incident record", b"amparo.incident");
        traces.add("a secret key", b"AGE-SECRET-KEY-");
        traces
    }

    /// Adds a trace of at least six bytes (fewer would turn up in random bytes by chance), as it is and in UTF-16.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        assert!(bytes.len() >= 6, "{name} is too short to mean anything");
        self.0.push((name.to_owned(), bytes.to_vec()));
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.0.push((format!("{name} (UTF-16)"), text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        }
    }

    /// Adds pieces of a medium: its beginning, its end, and one from every 4 KiB.
    pub fn add_medium(&mut self, name: &str, content: &[u8]) {
        for (i, piece) in content.chunks(4096).enumerate() {
            let window = &piece[piece.len().saturating_sub(16)..];
            let telling = window.iter().collect::<std::collections::BTreeSet<_>>().len() > 4;
            if window.len() == 16 && telling {
                self.0.push((format!("{name}, piece {i}"), window.to_vec()));
            }
        }
        self.0.push((format!("{name}, its beginning"), content[..16.min(content.len())].to_vec()));
    }

    /// Every trace found in a file's content or name below `roots`, and the number of files looked at.
    pub fn find_in(&self, roots: &[&Path]) -> (Vec<String>, usize) {
        let mut files = Vec::new();
        roots.iter().for_each(|root| collect(root, &mut files));
        let mut found = Vec::new();
        for file in &files {
            let content = if file.is_file() { fs::read(file).unwrap_or_default() } else { Vec::new() };
            let name = file.file_name().unwrap_or_default().as_encoded_bytes();
            // SQLite's log begins with one of two numbers of four bytes: at the beginning of a file they are no chance.
            if content.starts_with(b"\x37\x7f\x06\x82") || content.starts_with(b"\x37\x7f\x06\x83") {
                found.push(format!("a write-ahead log's header in {}", file.display()));
            }
            for (what, trace) in &self.0 {
                if contains(&content, trace) || contains(name, trace) {
                    found.push(format!("{what} in {}", file.display()));
                }
            }
        }
        (found, files.len())
    }
}

fn collect(path: &Path, out: &mut Vec<PathBuf>) {
    out.push(path.to_path_buf());
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), out);
        }
    }
}

/// Whether `needle` is in `haystack`, by looking for its first byte first.
pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return false };
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|b| b == first) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}
