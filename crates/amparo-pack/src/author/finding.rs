//! What the linter says.

use core::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is built from these sources.
    Error,
    /// Somebody should look at it.
    Warning,
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The rule's name, which stays the same.
    pub rule: &'static str,
    /// The file, from the sources' folder.
    pub file: String,
    /// What it is about: an id, or a language and an id. Empty when it is the file.
    pub about: String,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity} {}", self.file)?;
        if !self.about.is_empty() {
            write!(f, " [{}]", self.about)?;
        }
        write!(f, ": {} ({})", self.text, self.rule)
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    /// An error of `rule` in `file` about `about`.
    pub(super) fn error(&mut self, rule: &'static str, file: &str, about: &str, text: impl Into<String>) {
        self.add(Severity::Error, rule, file, about, text.into());
    }

    /// A warning.
    pub(super) fn warning(&mut self, rule: &'static str, file: &str, about: &str, text: impl Into<String>) {
        self.add(Severity::Warning, rule, file, about, text.into());
    }

    fn add(&mut self, severity: Severity, rule: &'static str, file: &str, about: &str, text: String) {
        self.0.push(Finding { severity, rule, file: file.to_owned(), about: about.to_owned(), text });
    }
}
