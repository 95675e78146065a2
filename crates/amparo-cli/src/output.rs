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

/// `text` without control characters (escape sequences, carriage returns, backspaces) and without characters that reorder what
/// is around them; line breaks and tabs stay.
pub fn printable(text: &str) -> String {
    let overrides = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if (c.is_control() && c != '\n' && c != '\t') || overrides(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_vault_drives_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\u{202e}c\nd\te"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\nd\te");
        assert_eq!(printable("Señal · إشارة · сигнал 🚨"), "Señal · إشارة · сигнал 🚨");
    }
}
