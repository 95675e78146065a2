//! `amparo custody anchor`: timestamps of others on the log. Sending is somebody else's: this only writes and reads files.

use std::path::{Path, PathBuf};

use amparo_core::{
    AnchorId,
    custody::{Anchor as Record, AnchorKind, Claim},
};
use amparo_report::anchor::{MAX_TOKEN_BYTES, check_command};
use serde_json::{Value, json};

use super::{Context, hex, read_small};
use crate::commands::new_file::write_new;
use crate::{
    args::{self, Anchor},
    failure::Failure,
};

pub(super) fn run(context: &Context, command: Anchor) -> Result<bool, Failure> {
    match command {
        Anchor::Request { dir, kind, output } => request(context, &dir, kind, &output),
        Anchor::Store { dir, id, file } => store(context, &dir, &id, None, &file),
        Anchor::Complete { dir, id, promise, file } => store(context, &dir, &id, Some(&promise), &file),
        Anchor::List { dir } => list(context, &dir),
        Anchor::Verify { dir } => verify(context, &dir),
        Anchor::Export { dir, id, output } => export(context, &dir, &id, &output),
    }
}

fn request(context: &Context, dir: &Path, kind: args::AnchorKind, output: &Path) -> Result<bool, Failure> {
    let kind = match kind {
        args::AnchorKind::Rfc3161 => AnchorKind::Rfc3161,
        args::AnchorKind::OpenTimestamps => AnchorKind::OpenTimestamps,
    };
    let request = context.with_vault(dir, |amparo| Ok(amparo.custody().prepare_anchor(kind)?))?;
    write_new(output, &request.bytes)?;
    let value = json!({ "id": request.id.to_string(), "kind": kind.as_str(), "media_type": request.media_type,
        "commitment": hex(&request.commitment), "file": output.to_string_lossy() });
    context.output.result(&value, || {
        let send = match kind {
            AnchorKind::Rfc3161 => "Send it to a timestamp authority",
            _ => "Send it to one or more calendars (POST <calendar>/digest)",
        };
        vec![
            format!("Anchor {}", request.id),
            format!("Wrote {}. It tells nothing of the vault.", output.display()),
            format!("{send} as {}, best over Tor; then: amparo custody anchor store", request.media_type),
        ]
    });
    Ok(true)
}

fn store(context: &Context, dir: &Path, id: &str, promise: Option<&str>, file: &Path) -> Result<bool, Failure> {
    let id: AnchorId = id.parse()?;
    let promise = promise.map(|text| unhex(text).ok_or_else(|| Failure::input("the promise is not hexadecimal")));
    let promise = promise.transpose()?;
    let bytes = read_small(file, "the answer", MAX_TOKEN_BYTES)?;
    let anchor = context.with_vault(dir, |amparo| {
        let custody = amparo.custody();
        Ok(match &promise {
            Some(message) => custody.complete_anchor(id, message, &bytes)?,
            None => custody.store_anchor(id, &bytes)?,
        })
    })?;
    context.output.result(&describe(&anchor), || [vec!["Stored.".to_owned()], lines(&anchor)].concat());
    Ok(true)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| amparo_report::hex::decode::<1>(core::str::from_utf8(pair).ok()?).map(|[b]| b)).collect()
}

fn list(context: &Context, dir: &Path) -> Result<bool, Failure> {
    let anchors = context.with_vault(dir, |amparo| Ok(amparo.custody().anchors()?))?;
    context.output.result(&json!({ "anchors": anchors.iter().map(describe).collect::<Vec<_>>() }), || {
        if anchors.is_empty() { vec!["No timestamps.".into()] } else { anchors.iter().flat_map(lines).collect() }
    });
    Ok(true)
}

fn verify(context: &Context, dir: &Path) -> Result<bool, Failure> {
    let checks = context.with_vault(dir, |amparo| Ok(amparo.custody().verify_anchors()?))?;
    let ok = checks.iter().all(|check| check.fault.is_none());
    let described = checks.iter().map(|check| {
        let mut value = describe(&check.anchor);
        if let Some(object) = value.as_object_mut() {
            object.insert("fault".to_owned(), check.fault.map(|fault| fault.to_string()).into());
        }
        value
    });
    context.output.result(&json!({ "ok": ok, "anchors": described.collect::<Vec<_>>() }), || {
        let mut text: Vec<String> = checks
            .iter()
            .flat_map(|check| {
                let fault = check.fault.map(|fault| format!("  does NOT hold: {fault}"));
                lines(&check.anchor).into_iter().chain(fault)
            })
            .collect();
        text.push(if ok { "All timestamps are of this log.".into() } else { "Not all timestamps hold.".into() });
        text.push(
            "Whether the authorities really made them is not checked here: export one, and use the command shown."
                .into(),
        );
        text
    });
    Ok(ok)
}

fn export(context: &Context, dir: &Path, id: &str, output: &Path) -> Result<bool, Failure> {
    let id: AnchorId = id.parse()?;
    let export = context.with_vault(dir, |amparo| Ok(amparo.custody().export_anchor(id)?))?;
    let beside = PathBuf::from(format!("{}.json", output.display()));
    write_new(output, &export.token)?;
    if let Err(error) = write_new(&beside, &export.statement) {
        // Ours alone, made a moment ago: half of an export helps nobody.
        let _ = std::fs::remove_file(output);
        return Err(error);
    }
    let command = check_command(export.kind, &export.commitment, &output.to_string_lossy());
    let value = json!({ "file": output.to_string_lossy(), "statement": beside.to_string_lossy(),
        "commitment": hex(&export.commitment), "command": command });
    context.output.result(&value, || {
        vec![
            format!("Wrote {} and {}.", output.display(), beside.display()),
            "To check that the authority made it (with its certificate, where one is named):".into(),
            format!("  {command}"),
        ]
    });
    Ok(true)
}

/// An anchor as JSON.
fn describe(anchor: &Record) -> Value {
    let claim = anchor.claim.as_ref().map(|claim| match claim {
        Claim::Token(token) => json!({ "time": token.time, "accuracy_micros": token.accuracy_micros,
            "policy": token.policy, "serial": token.serial, "authority_signature": "not_checked" }),
        Claim::Proof(proof) => {
            let pending = proof.pending().map(|(uri, message)| json!({ "calendar": uri, "promise": hex(message) }));
            json!({ "bitcoin_block": proof.bitcoin_height(), "pending": pending.collect::<Vec<_>>(), "block": "not_checked" })
        }
        _ => Value::Null,
    });
    json!({
        "id": anchor.id.to_string(),
        "kind": anchor.kind.as_str(),
        "entries": anchor.size,
        "commitment": hex(&anchor.commitment),
        "requested": anchor.requested,
        "stored": anchor.stored,
        "claim": claim,
    })
}

/// An anchor in a few lines.
fn lines(anchor: &Record) -> Vec<String> {
    let mut lines = vec![format!("{}  {}  covers {} entries", anchor.id, anchor.kind, anchor.size)];
    match &anchor.claim {
        None if anchor.stored.is_none() => lines.push(format!("  asked for {}; no answer yet", anchor.requested.time)),
        None => lines.push("  there is an answer, but it no longer holds".into()),
        Some(Claim::Token(token)) => {
            lines.push(format!("  an authority's token of {} (policy {})", token.time, token.policy))
        }
        Some(Claim::Proof(proof)) => {
            lines.extend(proof.bitcoin_height().map(|height| format!("  ends in block {height} of the Bitcoin chain")));
            lines.extend(proof.pending().map(|(uri, message)| {
                format!("  promised by {uri}; ask again with GET {uri}/timestamp/{}", hex(message))
            }));
        }
        Some(_) => {}
    }
    lines
}
