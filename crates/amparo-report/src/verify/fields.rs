//! The judgement on a report's fields: as they were signed when the record was saved, or not.

use serde_json::Value;

use super::Collected;
use crate::{
    archive::MAX_CHECKED_BYTES,
    custody::{DisclosureReport, Event},
    disclosure::{self, FieldsError, FieldsReport, Statement},
    hex,
    manifest::{Manifest, SenderMode, show_fingerprint},
    names,
    verdict::{Code, Severity, Verdict},
};

/// How many fields a sentence names.
const NAMED: usize = 5;

pub(super) fn judge(seen: &Collected, manifest: &Manifest, custody: Option<&DisclosureReport>, verdict: &mut Verdict) {
    let names = [names::STATEMENT, names::STATEMENT_SIGNATURE, names::OPENINGS];
    let [statement, signature, openings] = names.map(|name| seen.held(name));
    let (Some(statement), Some(signature), Some(openings)) = (statement, signature, openings) else {
        if statement.or(signature).or(openings).is_none() {
            let text = "The report carries no statement from when the record was saved: its fields are as the sender sealed them.";
            verdict.add(Severity::Note, Code::DisclosureAbsent, None, text);
            return;
        }
        let missing = names.into_iter().find(|name| seen.held(name).is_none());
        let text = "What proves the fields is incomplete: one of its three files is missing.";
        verdict.add(Severity::Bad, Code::DisclosureIncomplete, missing, text);
        return;
    };
    if manifest.mode == SenderMode::Anonymous {
        let text = "The list says that the report is anonymous, yet it carries a signed statement.";
        verdict.add(Severity::Bad, Code::SignatureUnexpected, Some(names::STATEMENT_SIGNATURE), text);
        return;
    }
    let report: Option<Value> = seen.held(names::REPORT_JSON).and_then(|json| serde_json::from_slice(json).ok());
    let Some(incident) = report.as_ref().and_then(|report| report.get("incident")) else {
        let text = format!(
            "The fields could not be compared with what was signed: report.json is missing, cannot be read, or is larger than {} MiB.",
            MAX_CHECKED_BYTES >> 20
        );
        verdict.add(Severity::Bad, Code::FieldsUnchecked, Some(names::REPORT_JSON), text);
        return;
    };
    // In a report by a known key, the case's key is vouched for by the list, which names the statement's hash.
    let expected = manifest.public_key.as_ref().filter(|_| manifest.mode == SenderMode::Case);
    let checked = disclosure::verify(statement, signature, openings, incident, expected);
    told(&checked, verdict);
    if let (Some((signed, _)), Some(custody)) = (&checked.statement, custody) {
        judge_entry(statement, signed, custody, verdict);
    }
}

fn told(checked: &FieldsReport, verdict: &mut Verdict) {
    let Some((statement, key)) = &checked.statement else {
        let text = match checked.fault {
            Some(FieldsError::Signature) | None => {
                "The statement on the saved record is not signed by the sender's key."
            }
            Some(_) => "The statement on the saved record cannot be read.",
        };
        verdict.add(Severity::Bad, Code::StatementUnsigned, Some(names::STATEMENT_SIGNATURE), text);
        return;
    };
    if let Some(fault) = checked.fault {
        let text = format!("Which fields are as they were signed cannot be told: {fault}.");
        verdict.add(Severity::Bad, Code::FieldsAltered, Some(names::OPENINGS), text);
        return;
    }
    let report = Some(names::REPORT_JSON);
    if !checked.altered.is_empty() {
        let text = format!("Not as it was signed when the record was saved: {}.", list(&checked.altered));
        verdict.add(Severity::Bad, Code::FieldsAltered, report, text);
    }
    if !checked.not_covered.is_empty() {
        let text = format!("Shown, and not proven to be in the saved record: {}.", list(&checked.not_covered));
        verdict.add(Severity::Bad, Code::FieldsNotCovered, report, text);
    }
    if !checked.unsigned.is_empty() {
        let text = format!(
            "The sender says that these are not as they were saved, so nothing is proven for them: {}.",
            list(&checked.unsigned)
        );
        verdict.add(Severity::Note, Code::FieldsNotCovered, report, text);
    }
    if checked.is_intact() {
        let text = format!(
            "{} fields are exactly as revision {} of the record was signed on {}, by the case key {}; the sender may have left out others.",
            checked.covered,
            statement.revision,
            statement.time,
            show_fingerprint(key)
        );
        verdict.add(Severity::Good, Code::FieldsProven, Some(names::STATEMENT), text);
    }
}

/// Whether the log has the entry that the save made, and so whether a timestamp on the log covers the fields too.
fn judge_entry(bytes: &[u8], statement: &Statement, custody: &DisclosureReport, verdict: &mut Verdict) {
    let hash = hex::encode(&amparo_crypto::hash::sha256(bytes));
    let entry = custody.entries.iter().find(|entry| {
        entry.event == Event::Recorded && entry.details.get("statement").and_then(Value::as_str) == Some(&hash)
    });
    match entry {
        Some(entry) => {
            let text = format!(
                "The custody log recorded on {} (entry {}) that revision {} was saved with these fields.",
                entry.time, entry.seq, statement.revision
            );
            verdict.add(Severity::Good, Code::RecordInCustody, Some(names::STATEMENT), text);
        }
        None => {
            let text = "The custody log that the report carries does not show when the record was saved.";
            verdict.add(Severity::Note, Code::RecordNotInCustody, Some(names::STATEMENT), text);
        }
    }
}

/// The first few fields, made safe to show, and how many more there are.
fn list(pointers: &[String]) -> String {
    let shown: Vec<String> = pointers.iter().take(NAMED).map(|pointer| names::printable(pointer.as_bytes())).collect();
    let more = pointers.len().saturating_sub(NAMED);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
