//! The anchors of a report: each against the custody excerpt's head. What a desk cannot know without trusting an authority or a
//! chain is not judged: the finding is a note that gives the claim, and the command that checks it.

use std::collections::BTreeSet;

use super::{Collected, sentence};
use crate::{
    anchor::{self, AnchorError, AnchorKind, Claim, MAX_ANCHORS, Verified},
    custody::DisclosureReport,
    names,
    verdict::{Code, Severity, Verdict},
};

pub(super) fn judge(seen: &Collected, custody: Option<&DisclosureReport>, verdict: &mut Verdict) {
    let numbers: BTreeSet<&str> = seen.held.keys().filter_map(|path| names::anchor_number(path)).collect();
    if numbers.len() > MAX_ANCHORS {
        let text = "The report carries more timestamps than a report may have; they were not looked at.";
        verdict.add(Severity::Bad, Code::AnchorBroken, None, text);
        return;
    }
    for number in numbers {
        judge_one(seen, number, custody, verdict);
    }
}

fn judge_one(seen: &Collected, number: &str, custody: Option<&DisclosureReport>, verdict: &mut Verdict) {
    let path = |extension: &str| format!("{}{number}.{extension}", names::ANCHORS);
    let statement = path("json");
    let mut broken = |item: &str, text: String| verdict.add(Severity::Bad, Code::AnchorBroken, Some(item), text);
    // The head without a fault: a head that nobody signed anchors nothing.
    let head = custody.filter(|report| report.is_intact()).and_then(|report| report.head.as_ref());
    let (Some(custody), Some(head)) = (custody, head) else {
        let text = "there is no custody log that holds, which it could belong to";
        broken(&statement, format!("{statement} is a timestamp, but {text}."));
        return;
    };
    let tokens: Vec<(String, &[u8])> = [AnchorKind::Rfc3161, AnchorKind::OpenTimestamps]
        .into_iter()
        .filter_map(|kind| seen.held(&path(kind.extension())).map(|token| (path(kind.extension()), token)))
        .collect();
    let (Some(bytes), [(token_path, token)]) = (seen.held(&statement), tokens.as_slice()) else {
        broken(&statement, format!("The timestamp {statement} is incomplete: it needs a statement and one token."));
        return;
    };
    let verified = anchor::verify(bytes, token, head).and_then(|verified| {
        let named = token_path.ends_with(verified.statement.kind.extension());
        if named { Ok(verified) } else { Err(AnchorError::UnknownKind) }
    });
    match verified {
        Ok(verified) => {
            let text = claim(&verified, custody, token_path);
            verdict.add(Severity::Note, Code::AnchorHolds, Some(token_path), text);
        }
        Err(error) => broken(token_path, sentence(&format!("the timestamp {token_path} does not hold: {error}"))),
    }
}

fn claim(verified: &Verified, custody: &DisclosureReport, token_path: &str) -> String {
    let (size, commitment) = (verified.head.size, verified.statement.commitment());
    let among = custody.entries.iter().filter(|entry| entry.seq < size).count();
    let what = format!(
        "the first {size} entries of the custody log, among them {among} of the {} shown here, stood unaltered",
        custody.entries.len()
    );
    let command = anchor::check_command(verified.statement.kind, &commitment, token_path);
    let rest = format!("The timestamp is of this log; that it is genuine is not checked here: {command}");
    match &verified.claim {
        Claim::Token(token) => {
            format!("{token_path}: a timestamp authority is said to have seen on {} that {what}. {rest}", token.time)
        }
        Claim::Proof(proof) => match proof.bitcoin_height() {
            Some(height) => {
                format!("{token_path}: {what} before block {height} of the Bitcoin chain was made. {rest}")
            }
            None => format!(
                "{token_path}: calendars promised to put into the Bitcoin chain that {what}; so far this proves nothing. {rest}"
            ),
        },
    }
}
