//! From sources to a file, and from a file to a signed one. The same sources and key give the same bytes.

use amparo_crypto::{hash, labels, sign::SigningKey};
use amparo_report::{hex::Hex, locale::Direction};
use serde::Serialize;

use super::{
    AuthorError, Finding, Severity, Sources,
    finding::Findings,
    lint::Against,
    source::{Field, Kind, Read},
    toml_files::TombstoneEntry,
};
use crate::{
    Manifest, Pack, PackError, PackFile,
    file::{HEADER_BYTES, MAGIC},
    limits,
    manifest::{CHECKLISTS, FORM, LocaleEntry, PartEntry, TEXT},
    names::date,
    structure::{Structure, Tombstone, TombstoneKind, Topic},
    texts::{Texts, TextsOfItem, TextsOfList},
};

/// Languages that are written from right to left. `right_to_left` in pack.toml names others.
const RIGHT_TO_LEFT: &[&str] =
    &["ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"];

/// Builds a pack without a signature, and says what should be looked at.
///
/// # Errors
/// [`AuthorError::Findings`] when the linter finds an error; [`AuthorError::Pack`].
pub fn build(sources: &Sources, against: &Against<'_>) -> Result<(Vec<u8>, Vec<Finding>), AuthorError> {
    let found = super::lint(sources, against);
    if found.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(AuthorError::Findings(found));
    }
    let bytes = assemble(&sources.parse(&mut Findings::default()))?;
    inspect(&bytes)?;
    Ok((bytes, found))
}

/// Reads a pack that was built, signed or not.
///
/// # Errors
/// [`AuthorError::Pack`].
pub fn inspect(bytes: &[u8]) -> Result<Pack, AuthorError> {
    Ok(PackFile::read_unsigned(bytes)?.open()?)
}

/// Signs a pack that was built.
///
/// # Errors
/// [`AuthorError::AlreadySigned`], [`AuthorError::Pack`] for what is no pack.
pub fn sign(unsigned: &[u8], key: &SigningKey) -> Result<Vec<u8>, AuthorError> {
    let file = PackFile::read_unsigned(unsigned)?;
    if file.publisher().is_some() {
        return Err(AuthorError::AlreadySigned);
    }
    // A publisher signs only what every reader can read.
    file.open()?;
    let signature = key.sign(labels::PACK_SIGNATURE, &file.digest());
    let after = unsigned.get(HEADER_BYTES.saturating_sub(4)..).unwrap_or_default();
    let signed = [MAGIC.as_slice(), &key.verifying_key().to_bytes(), &signature, after].concat();
    Pack::parse(&signed)?;
    Ok(signed)
}

/// The bytes of a pack of these sources, with zeros for key and signature.
pub(super) fn assemble(read: &Read) -> Result<Vec<u8>, AuthorError> {
    let mut parts: Vec<(String, Vec<u8>)> = vec![(CHECKLISTS.to_owned(), json(&structure(read))?)];
    for tag in &read.pack.locales {
        parts.push((format!("{TEXT}{tag}"), json(&texts(read, tag))?));
    }
    for (id, form) in &read.forms {
        parts.push((format!("{FORM}{id}"), json(form)?));
    }
    let bad = |what| AuthorError::Pack(PackError::Malformed { what });
    let direction = |tag: &String| {
        let language = tag.split('-').next().unwrap_or_default();
        let rtl = RIGHT_TO_LEFT.contains(&language) || read.pack.right_to_left.contains(tag);
        if rtl { Direction::Rtl } else { Direction::Ltr }
    };
    let entry = |(name, bytes): &(String, Vec<u8>)| PartEntry {
        name: name.clone(),
        size: bytes.len() as u64,
        sha256: Hex(hash::sha256(bytes)),
    };
    let manifest = Manifest {
        id: read.pack.id.clone(),
        version: read.pack.version,
        min_core: read.pack.min_core.parse().map_err(|()| bad("min_core"))?,
        publisher: read.pack.publisher.clone(),
        licence: read.pack.licence.clone(),
        valid_from: date(&read.pack.valid_from).ok_or(bad("valid_from"))?,
        review_by: date(&read.pack.review_by).ok_or(bad("review_by"))?,
        default_locale: read.pack.default_locale.clone(),
        locales: read
            .pack
            .locales
            .iter()
            .map(|tag| LocaleEntry { tag: tag.clone(), direction: direction(tag) })
            .collect(),
        parts: parts.iter().map(entry).collect(),
    };
    let manifest = manifest.to_json()?;
    if manifest.len() > limits::MANIFEST_BYTES {
        return Err(PackError::TooLarge { what: "the manifest" }.into());
    }
    let length = u32::try_from(manifest.len()).map_err(|_| PackError::TooLarge { what: "the manifest" })?;
    let mut bytes = [MAGIC.as_slice(), &[0; 32], &[0; 64], &length.to_be_bytes(), &manifest].concat();
    for (_, part) in &parts {
        bytes.extend_from_slice(part);
    }
    Ok(bytes)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, AuthorError> {
    let mut bytes = serde_json::to_vec(value).map_err(|_| PackError::Malformed { what: "a part" })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn structure(read: &Read) -> Structure {
    let topics = read.pack.topics.iter().map(|topic| Topic { id: topic.id.clone() }).collect();
    let checklists = read.checklists.iter().map(|(_, list)| list.clone()).collect();
    let tombstone = |entry: &TombstoneEntry| {
        let (kind, id) = match (&entry.item, &entry.checklist) {
            (Some(id), _) => (TombstoneKind::Item, id),
            (None, Some(id)) => (TombstoneKind::Checklist, id),
            (None, None) => return None,
        };
        let replaced_by = entry.replaced_by.clone();
        Some(Tombstone { kind, id: id.clone(), removed_in: entry.removed_in, replaced_by })
    };
    let tombstones = read.pack.tombstones.iter().filter_map(tombstone).collect();
    Structure::new(topics, checklists, read.triage.clone(), tombstones)
}

fn texts(read: &Read, tag: &str) -> Texts {
    let mut texts = Texts::of(tag);
    for (key, source) in read.texts.get(tag).into_iter().flatten() {
        let (id, text) = (key.id.clone(), source.text.clone());
        let list = |of: &mut TextsOfList, text| match key.field {
            Field::Title => of.title = Some(text),
            _ => of.summary = Some(text),
        };
        let item = |of: &mut TextsOfItem, text| match key.field {
            Field::Why => of.why = Some(text),
            _ => of.text = Some(text),
        };
        match key.kind {
            Kind::Pack => list(&mut texts.pack, text),
            Kind::Checklist => list(texts.checklists.entry(id).or_default(), text),
            Kind::Item => item(texts.items.entry(id).or_default(), text),
            Kind::Topic => drop(texts.topics.insert(id, text)),
            Kind::Section => drop(texts.sections.insert(id, text)),
            Kind::Question => drop(texts.questions.insert(id, text)),
            Kind::Answer => drop(texts.answers.insert(id, text)),
            Kind::Form => {
                // `<form>.<field>` is what to do; what else is said of it has its own key.
                let key = if key.field == Field::Text { id } else { format!("{id}.{}", key.field) };
                texts.forms.insert(key, text);
            }
        }
    }
    texts
}
