//! Printing results: one JSON document with `--json`, otherwise text for people. Text that came from a vault, a report or a
//! file name is stripped of control characters first, so that nothing in it can drive the terminal.

use std::io::{self, Write as _};

use serde_json::Value;

/// Where results go.
#[derive(Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Prints JSON when `json`, text otherwise.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether results are printed as JSON.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Prints the one result of a command: `value` with `--json`, the lines of `text` otherwise.
    pub fn result(self, value: &Value, text: impl FnOnce() -> Vec<String>) {
        let mut out = io::stdout().lock();
        // A closed pipe (`| head`) is the reader's choice, not a failure of the command.
        let _ = if self.json {
            writeln!(out, "{value:#}")
        } else {
            text().iter().try_for_each(|line| writeln!(out, "{}", printable(line)))
        };
    }

    /// Prints the one result of a command as the bytes of a format that is neither JSON nor for people, whatever `--json` says.
    pub fn bytes(self, bytes: &[u8]) {
        let _ = io::stdout().lock().write_all(bytes);
    }

    /// A line for people while a command works; silent with `--json`.
    pub fn note(self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stdout().lock(), "{}", printable(text));
        }
    }
}

/// What begins a piece that keeps its own direction, whatever is around it (first strong isolate).
pub const ISOLATE: char = '\u{2068}';
/// What ends it.
pub const END_ISOLATE: char = '\u{2069}';

/// `text` without control characters (escape sequences, carriage returns, backspaces) and without characters that reorder what
/// is around them; line breaks and tabs stay, and so do isolates when every one is closed on its line.
pub fn printable(text: &str) -> String {
    if text.contains('\n') {
        return text.split('\n').map(printable).collect::<Vec<_>>().join("\n");
    }
    let isolates = are_closed(text);
    let overrides = |c: char| match c {
        '\u{202a}'..='\u{202e}' => true,
        '\u{2066}'..='\u{2069}' => !isolates,
        _ => false,
    };
    text.chars()
        .map(|c| if (c.is_control() && c != '\n' && c != '\t') || overrides(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Whether every isolate of a line is closed in it, and nothing else is: an open one would go on into what follows.
fn are_closed(line: &str) -> bool {
    let mut open = 0usize;
    for c in line.chars() {
        match c {
            '\u{2066}'..='\u{2068}' => open = open.saturating_add(1),
            END_ISOLATE if open == 0 => return false,
            END_ISOLATE => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open == 0
}

/// `text` as a piece of a line of another direction: printable, and closed in itself.
pub fn isolated(text: &str) -> String {
    format!("{ISOLATE}{}{END_ISOLATE}", printable(&text.replace('\n', " ")))
}

/// An id as it was copied from a page: without the marks of direction around it, which nobody sees.
pub fn unmarked(id: &str) -> String {
    id.chars().filter(|c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_vault_drives_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\u{202e}c\nd\te"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\nd\te");
        assert_eq!(printable("\u{2068}a\u{2069}\n\u{2067}b"), "\u{2068}a\u{2069}\n\u{fffd}b");
        assert_eq!(printable("\u{2069}a\u{2068}"), "\u{fffd}a\u{fffd}");
        assert_eq!(unmarked("\u{200f}\u{2068}arrest.lawyer\u{2069}"), "arrest.lawyer");
        assert_eq!(isolated("a\u{2069}\nb"), "\u{2068}a\u{fffd} b\u{2069}");
        assert_eq!(printable("Señal · إشارة · сигнал 🚨"), "Señal · إشارة · сигнал 🚨");
    }
}
