//! CSV that Uwazi, the documentation database of HURIDOCS, imports: one row an incident, and one file for each thesaurus.
//!
//! What is written is plaintext for a named kind of recipient: only what a report to that kind would tell goes in, by the same
//! filter. Columns, property types and Uwazi's own rules are described in `docs/interchange.md`.

use std::{
    io::{self, Write},
    path::Path,
};

use amparo_report::{hex, locale::Locale};
use rusqlite::Connection;
use time::Date;

use super::{ExportSummary, Interchange, export::to_new_file, huridocs, lists::CodeList};
use crate::{
    CoreError, IncidentId,
    evidence::{self, Progress},
    incident::{Incident, IncidentContent, IncidentQuery, Occurred, Person, PersonRole, RecipientKind, store},
    report::{self, FieldChoice},
    text::inert,
};

/// The columns, which are the names of the template's properties in Uwazi.
pub const COLUMNS: [&str; 28] = [
    "title",
    "narrative",
    "occurred",
    "occurred_as_known",
    "status",
    "urgency",
    "acts",
    "huridocs_acts",
    "act_details",
    "country",
    "place",
    GEOLOCATION,
    "victims",
    "other_persons",
    "perpetrators",
    "huridocs_perpetrators",
    "perpetrator_details",
    "online_harms",
    "online_harm_details",
    "sources",
    "support_needs",
    "requested_actions",
    "actions_taken",
    "human_rights_link",
    "evidence",
    "language",
    "amparo_id",
    "amparo_revision",
];

/// The column of positions. Uwazi names a property of this type after its label and its type.
const GEOLOCATION: &str = "geolocation_geolocation";
/// What separates several values in one cell.
const BETWEEN: &str = "|";

/// For whom the file is, and in which words.
#[derive(Debug, Clone)]
pub struct UwaziOptions {
    /// What kind of recipient runs the database. Persons' consent is bound to it.
    pub kind: RecipientKind,
    /// What they are told.
    pub choice: FieldChoice,
    /// The language of the codes' words: that of the thesauri in the database.
    pub locale: Locale,
}

impl UwaziOptions {
    /// What consent and marks allow, in English.
    #[must_use]
    pub fn new(kind: RecipientKind) -> Self {
        Self { kind, choice: FieldChoice::default(), locale: Locale::English }
    }
}

/// A thesaurus as Uwazi imports it: a column for each language, named in that language's English name, and a row for each code
/// of the list that this version knows. `None` for a list that does not exist.
///
/// # Errors
/// None in practice.
pub fn thesaurus_csv(list: &str) -> Result<Option<Vec<u8>>, CoreError> {
    let Some(list) = CodeList::named(list) else { return Ok(None) };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = list.codes().into_iter().map(|code| Locale::ALL.map(|locale| locale.code(list.name, code)).to_vec());
    for row in [Locale::ALL.map(|locale| locale.english_name().to_owned()).to_vec()].into_iter().chain(rows) {
        writer.write_record(row).map_err(|_| CoreError::MalformedRecord)?;
    }
    writer.into_inner().map(Some).map_err(|_| CoreError::MalformedRecord)
}

impl Interchange<'_> {
    /// Writes the incidents for which `query` holds, oldest first, as CSV (RFC 4180, UTF-8) with the columns [`COLUMNS`].
    /// Drafts are left out, and so is everything that a report to this kind of recipient would not tell. `progress` gets the
    /// bytes written so far. **What is written is plaintext.**
    ///
    /// # Errors
    /// [`CoreError::Date`] for a range that ends before it begins, [`CoreError::NoSuchField`] for a choice that names none,
    /// [`CoreError::TargetFull`], [`CoreError::TargetFailed`], [`CoreError::Cancelled`], and the vault's. What `out` got before
    /// is cut off then.
    pub fn export_uwazi(
        &self,
        query: &IncidentQuery,
        options: &UwaziOptions,
        out: impl Write,
        progress: Progress<'_>,
    ) -> Result<ExportSummary, CoreError> {
        let mut writer = csv::Writer::from_writer(Counted { out, bytes: 0 });
        writer.write_record(COLUMNS).map_err(write_error)?;
        let mut summary = ExportSummary::default();
        for seq in self.rows(query)? {
            match self.amparo.vault.read(|conn| row(conn, seq, options))? {
                Row::Draft => continue,
                Row::Damaged(id) => summary.damaged.push(id),
                Row::Told { cells, evidence } => {
                    // A position is digits of ours: with an apostrophe it would be none to Uwazi.
                    let guarded = |(cell, column): (&String, &str)| {
                        if column == GEOLOCATION { cell.clone() } else { inert(cell) }
                    };
                    writer.write_record(cells.iter().zip(COLUMNS).map(guarded)).map_err(write_error)?;
                    summary.incidents = summary.incidents.saturating_add(1);
                    summary.evidence = summary.evidence.saturating_add(evidence);
                }
            }
            if progress(writer.get_ref().bytes).is_break() {
                return Err(CoreError::Cancelled);
            }
        }
        writer.flush().map_err(|error| CoreError::target(&error))?;
        summary.bytes = writer.get_ref().bytes;
        Ok(summary)
    }

    /// The same to a new file at `path`, readable by its owner only. It appears under its name when it is whole; an existing
    /// file is never touched.
    ///
    /// # Errors
    /// As [`export_uwazi`](Self::export_uwazi), and [`CoreError::TargetExists`], [`CoreError::TargetFolderMissing`]. No file is
    /// left behind then.
    pub fn export_uwazi_file(
        &self,
        query: &IncidentQuery,
        options: &UwaziOptions,
        path: &Path,
        progress: Progress<'_>,
    ) -> Result<ExportSummary, CoreError> {
        to_new_file(path, |file| self.export_uwazi(query, options, file, progress))
    }
}

fn write_error(error: csv::Error) -> CoreError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => CoreError::target(&error),
        _ => CoreError::MalformedRecord,
    }
}

/// Counts what passes.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.bytes = self.bytes.saturating_add(n as u64);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

enum Row {
    Draft,
    Damaged(IncidentId),
    Told { cells: Vec<String>, evidence: u64 },
}

fn row(conn: &Connection, seq: i64, options: &UwaziOptions) -> Result<Row, CoreError> {
    let (id, stored): (IncidentId, String) = conn
        .prepare_cached("SELECT id, record FROM incident WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let incident = match store::from_stored(&stored) {
        Ok(incident) => incident,
        Err(CoreError::DamagedRecord | CoreError::NewerSchema) => return Ok(Row::Damaged(id)),
        Err(other) => return Err(other),
    };
    if incident.content.draft {
        return Ok(Row::Draft);
    }
    let mut evidence = Vec::new();
    for piece in evidence::store::list(conn, id)? {
        if let (Ok(sha256), true) = (piece.disclosable_hash(), report::may_be_told(conn, &piece, &options.kind)?) {
            let kind = options.locale.code("evidence_kind", piece.description.kind.as_str());
            evidence.push(format!("{kind}, SHA-256 {}", hex::encode(&sha256)));
        }
    }
    let content = report::content_for(&stored, &incident, &options.kind, &options.choice)?;
    let cells = Cells { locale: options.locale }.all(&incident, &content, &evidence);
    Ok(Row::Told { cells, evidence: evidence.len() as u64 })
}

/// Makes cells in one language.
#[derive(Clone, Copy)]
struct Cells {
    locale: Locale,
}

impl Cells {
    fn all(self, incident: &Incident, content: &IncidentContent, evidence: &[String]) -> Vec<String> {
        let place = content.place.as_ref();
        let heading = content.heading();
        // Uwazi refuses a row without a title.
        let title = if heading.is_empty() { incident.id.to_string() } else { heading };
        let is_victim = |person: &&Person| person.role == Some(PersonRole::VICTIM);
        let persons = |victims: bool| {
            several(content.persons.iter().filter(|p| is_victim(p) == victims).map(|person| self.person(person)))
        };
        vec![
            title,
            content.narrative.clone(),
            content.occurred.as_ref().map(range).unwrap_or_default(),
            content.occurred.as_ref().map(|occurred| self.as_known(occurred)).unwrap_or_default(),
            content.status.as_ref().map(|code| self.word("status", code.as_str())).unwrap_or_default(),
            content.urgency.as_ref().map(|code| self.word("urgency", code.as_str())).unwrap_or_default(),
            several(content.acts.iter().map(|act| self.word("act", act.code.as_str()))),
            several(content.acts.iter().filter_map(|act| counterpart("act", act.code.as_str()))),
            lines(content.acts.iter().map(|act| {
                let detention = act.detention.as_ref();
                let held = detention.map(|held| [&held.place, &held.charges, &held.conditions]);
                let texts =
                    [&act.method, &act.injuries, &act.description].into_iter().chain(held.into_iter().flatten());
                self.told("act", act.code.as_str(), texts)
            })),
            place.and_then(|place| place.country.clone()).unwrap_or_default(),
            place.map(|place| place.text.clone()).unwrap_or_default(),
            place
                .and_then(|place| place.coordinates)
                .map(|at| format!("{}{BETWEEN}{}", at.latitude, at.longitude))
                .unwrap_or_default(),
            persons(true),
            persons(false),
            several(
                content.perpetrators.iter().filter_map(|p| Some(self.word("perpetrator", p.kind.as_ref()?.as_str()))),
            ),
            several(content.perpetrators.iter().filter_map(|p| counterpart("perpetrator", p.kind.as_ref()?.as_str()))),
            lines(content.perpetrators.iter().map(|perpetrator| {
                let marks = perpetrator.identifiers.iter().map(|identifier| &identifier.value);
                let texts = [&perpetrator.name].into_iter().chain(marks).chain([&perpetrator.description]);
                joined(texts.cloned())
            })),
            several(content.online_harms.iter().map(|harm| self.word("online_harm", harm.kind.as_str()))),
            lines(content.online_harms.iter().map(|harm| {
                let texts = [&harm.platform, &harm.handle, &harm.target, &harm.description];
                self.told("online_harm", harm.kind.as_str(), texts.into_iter().chain(&harm.urls))
            })),
            lines(content.sources.iter().map(|source| {
                let words = [
                    source.kind.as_ref().map(|code| self.word("source", code.as_str())),
                    source.reliability.as_ref().map(|code| self.word("reliability", code.as_str())),
                    Some(source.description.clone()),
                ];
                joined(words.into_iter().flatten())
            })),
            several(content.support_needs.iter().map(|need| self.word("support", need.kind.as_str()))),
            several(content.requested_actions.iter().map(|action| self.word("request", action.kind.as_str()))),
            lines(content.actions_taken.iter().map(|action| {
                let words = [
                    action.kind.as_ref().map(|code| self.word("action_taken", code.as_str())),
                    action.when.map(|when| when.to_string()),
                    Some(action.by.clone()),
                    Some(action.result.clone()),
                    Some(action.description.clone()),
                ];
                joined(words.into_iter().flatten())
            })),
            content.human_rights_link.clone(),
            lines(evidence.iter().cloned()),
            content.language.clone().unwrap_or_default(),
            incident.id.to_string(),
            incident.revision.to_string(),
        ]
    }

    fn word(self, list: &str, code: &str) -> String {
        self.locale.code(list, code)
    }

    fn told<'t>(self, list: &str, code: &str, texts: impl Iterator<Item = &'t String>) -> String {
        joined([self.word(list, code)].into_iter().chain(texts.cloned()))
    }

    fn person(self, person: &Person) -> String {
        let name = [&person.name, &person.pseudonym].into_iter().find(|name| !name.is_empty()).cloned();
        let role = person.role.as_ref().map(|role| self.word("person_role", role.as_str()));
        joined(name.or(role))
    }

    fn as_known(self, occurred: &Occurred) -> String {
        let end = occurred.to.map(|to| to.to_string());
        let dates = [Some(occurred.from.to_string()), end].into_iter().flatten().collect::<Vec<_>>().join(" \u{2013} ");
        format!("{dates} ({})", self.word("precision", occurred.precision.as_str()))
    }
}

/// Several values of one property. A value that holds the separator would become two.
fn several(values: impl Iterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for value in values.map(|value| value.replace(BETWEEN, "/").replace("::", ":")).filter(|value| !value.is_empty()) {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen.join(BETWEEN)
}

/// Several values of one text, each on a line.
fn lines(values: impl Iterator<Item = String>) -> String {
    values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join("\n")
}

fn joined(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("; ")
}

fn counterpart(list: &str, code: &str) -> Option<String> {
    huridocs::code(list, code).map(|theirs| format!("{} {}", theirs.code, theirs.term))
}

/// The first and the last day that it can have been, as Uwazi reads a range of dates.
fn range(occurred: &Occurred) -> String {
    let day = |julian: i64| i32::try_from(julian).ok().and_then(|julian| Date::from_julian_day(julian).ok());
    let (first, last) = occurred.days();
    match (day(first), day(last)) {
        (Some(first), Some(last)) => format!("{first}:{last}"),
        _ => String::new(),
    }
}
