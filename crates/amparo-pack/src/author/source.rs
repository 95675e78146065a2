//! The sources of a pack, in memory.

use core::fmt;
use std::{collections::BTreeMap, fs, path::Path};

use serde::de::DeserializeOwned;

use super::{
    AuthorError,
    finding::Findings,
    toml_files::{ChecklistFile, PackFile, TextFile, TriageFile, Words},
};
use crate::{
    form::FORM_SCHEMA,
    structure::{Checklist, Triage},
};

/// Largest source file.
const MAX_SOURCE_BYTES: u64 = 1024 * 1024;
/// Most source files.
const MAX_SOURCES: usize = 20_000;

/// What a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "they are the format's own words")]
pub enum Kind {
    Pack,
    Topic,
    Checklist,
    Section,
    Item,
    Question,
    Answer,
    Form,
}

/// Which text of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "they are the format's own words")]
pub enum Field {
    Title,
    Summary,
    Text,
    Why,
}

/// Which text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextKey {
    /// What it belongs to.
    pub kind: Kind,
    /// That thing's id; empty for the pack.
    pub id: String,
    /// Which text of it.
    pub field: Field,
}

impl TextKey {
    pub(super) fn new(kind: Kind, id: impl Into<String>, field: Field) -> Self {
        Self { kind, id: id.into(), field }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pack => "pack",
            Self::Topic => "topic",
            Self::Checklist => "checklist",
            Self::Section => "section",
            Self::Item => "item",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Form => "form",
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Summary => "summary",
            Self::Text => "text",
            Self::Why => "why",
        })
    }
}

impl fmt::Display for TextKey {
    /// As `[lint] same_text` names it: `item.arrest.silence.why`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, id, field } = self;
        if id.is_empty() { write!(f, "{kind}.{field}") } else { write!(f, "{kind}.{id}.{field}") }
    }
}

/// A text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct SourceText {
    pub text: String,
    pub file: String,
}

/// The texts of one language.
pub(super) type LocaleTexts = BTreeMap<TextKey, SourceText>;

/// The sources of a pack: every `.toml` file of a folder, by its path in there.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: BTreeMap<String, String>,
}

/// The sources, read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub pack: PackFile,
    /// With the files they stand in, in the order of topics and then of ids.
    pub checklists: Vec<(String, Checklist)>,
    pub triage: Option<Triage>,
    pub texts: BTreeMap<String, LocaleTexts>,
    pub forms: BTreeMap<String, serde_json::Value>,
}

impl Sources {
    /// Sources that are in memory already: paths with `/`, and what stands in the files.
    #[must_use]
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { files: files.into_iter().collect() }
    }

    /// Reads the folder of a pack.
    ///
    /// # Errors
    /// [`AuthorError::Unreadable`].
    pub fn read(folder: &Path) -> Result<Self, AuthorError> {
        let mut sources = Self::default();
        sources.walk(folder, "", 0)?;
        Ok(sources)
    }

    /// The files, by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    fn walk(&mut self, folder: &Path, prefix: &str, depth: u8) -> Result<(), AuthorError> {
        let unreadable =
            |path: &Path, reason: String| AuthorError::Unreadable { path: path.display().to_string(), reason };
        let entries = fs::read_dir(folder).map_err(|e| unreadable(folder, e.kind().to_string()))?;
        for entry in entries {
            let path = entry.map_err(|e| unreadable(folder, e.kind().to_string()))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let named = format!("{prefix}{name}");
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if depth < 3 {
                    self.walk(&path, &format!("{named}/"), depth.saturating_add(1))?;
                }
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                let length = fs::metadata(&path).map_err(|e| unreadable(&path, e.kind().to_string()))?.len();
                if length > MAX_SOURCE_BYTES || self.files.len() >= MAX_SOURCES {
                    return Err(unreadable(&path, "there is more than a pack may have".into()));
                }
                let text = fs::read_to_string(&path).map_err(|e| unreadable(&path, e.kind().to_string()))?;
                self.files.insert(named, text);
            }
        }
        Ok(())
    }

    /// Reads every file; what cannot be read is a finding, and the rest is read all the same.
    pub(super) fn parse(&self, findings: &mut Findings) -> Read {
        let mut read = Read::default();
        let mut has_pack = false;
        for (path, text) in &self.files {
            let parts: Vec<&str> = path.split('/').collect();
            match parts.as_slice() {
                ["pack.toml"] => {
                    has_pack = true;
                    read.pack = toml(path, text, findings).unwrap_or_default();
                }
                ["triage.toml"] => read.triage = toml::<TriageFile>(path, text, findings).map(Triage::from),
                ["checklists", name] => {
                    let Some(file) = toml::<ChecklistFile>(path, text, findings) else { continue };
                    if *name != format!("{}.toml", file.id) {
                        let text = format!("the file is named otherwise than its id; name it {}.toml", file.id);
                        findings.error("file-name", path, &file.id, text);
                    }
                    read.checklists.push((path.clone(), file.into()));
                }
                ["text", locale, _] => {
                    let Some(file) = toml::<TextFile>(path, text, findings) else { continue };
                    let texts = read.texts.entry((*locale).to_owned()).or_default();
                    file.spread(path, locale, texts, findings);
                }
                ["forms", name] => {
                    let Some(mut form) = toml::<serde_json::Value>(path, text, findings) else { continue };
                    // Sources have no versions; what is built from them has.
                    if let Some(form) = form.as_object_mut() {
                        form.entry("schema").or_insert_with(|| FORM_SCHEMA.into());
                    }
                    let id = name.trim_end_matches(".toml");
                    if form.get("id").and_then(serde_json::Value::as_str) == Some(id) {
                        read.forms.insert(id.to_owned(), form);
                    } else {
                        findings.error(
                            "file-name",
                            path,
                            id,
                            "the form's id is not the file's name; make them the same",
                        );
                    }
                }
                _ => findings.error(
                    "unknown-file",
                    path,
                    "",
                    "no pack has such a file; remove it, or put it where it belongs",
                ),
            }
        }
        if !has_pack {
            findings.error("no-pack", "pack.toml", "", "there is no pack.toml here; `amparo pack new` shows one");
        }
        let topic = |id: &str| read.pack.topics.iter().position(|topic| topic.id == id);
        read.checklists.sort_by(|(_, a), (_, b)| (topic(&a.topic), &a.id).cmp(&(topic(&b.topic), &b.id)));
        read
    }
}

fn toml<T: DeserializeOwned>(path: &str, text: &str, findings: &mut Findings) -> Option<T> {
    match ::toml::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            findings.error("toml", path, &format!("line {line}"), format!("cannot be read: {}", error.message()));
            None
        }
    }
}

impl TextFile {
    fn spread(self, path: &str, locale: &str, texts: &mut LocaleTexts, findings: &mut Findings) {
        let single =
            |kind: Kind, map: BTreeMap<String, Words>| map.into_iter().map(move |(id, words)| (kind, id, words));
        let all = self.pack.map(|words| (Kind::Pack, String::new(), words)).into_iter();
        let all = all.chain(single(Kind::Topic, self.topic)).chain(single(Kind::Checklist, self.checklist));
        let all = all.chain(single(Kind::Section, self.section)).chain(single(Kind::Item, self.item));
        let all = all.chain(single(Kind::Question, self.question)).chain(single(Kind::Answer, self.answer));
        for (kind, id, words) in all.chain(single(Kind::Form, self.form)) {
            let fields = [
                (Field::Title, words.title),
                (Field::Summary, words.summary),
                (Field::Text, words.text),
                (Field::Why, words.why),
            ];
            for (field, text) in fields {
                let Some(text) = text else { continue };
                let key = TextKey::new(kind, id.clone(), field);
                let about = format!("{locale}: {key}");
                let source = SourceText { text, file: path.to_owned() };
                if let Some(other) = texts.insert(key, source) {
                    let text = format!("this text stands in {} too; keep one of the two", other.file);
                    findings.error("duplicate-text", path, &about, text);
                }
            }
        }
    }
}
