//! `amparo custody prove` and `check-proof`.

use std::path::Path;

use amparo_core::{
    CoreError,
    custody::{ConsistencyProof, Head, InclusionProof},
};
use amparo_crypto::sign::VerifyingKey;
use amparo_report::{
    custody::{CONSISTENCY_SCHEMA, CustodyError, INCLUSION_SCHEMA, MAX_HEAD_BYTES},
    hex::decode,
};
use serde_json::{Value, json};

use super::{Context, read_small};
use crate::commands::new_file::write_new;
use crate::{args::Prove, failure::Failure};

/// More than any proof has.
const MAX_FILE: usize = 1024 * 1024;

pub(super) fn prove(context: &Context, request: &Prove) -> Result<bool, Failure> {
    let older = request.since_head.as_deref().map(read_head).transpose()?;
    let (json, size) = context.with_vault(&request.dir, |amparo| {
        let custody = amparo.custody();
        let key = custody.verifying_key()?;
        let note = custody.sign_head()?.ok_or_else(|| Failure::input("the custody log is empty"))?;
        let size = Head::verify(&note, &key).map_err(CoreError::from)?.size;
        let json = match (&older, request.entry) {
            (Some(note), _) => {
                let older = Head::verify(note, &key).map_err(|error| foreign(&error))?;
                custody.consistency_proof(older.size, size)?.to_json()
            }
            (None, entry) => custody.inclusion_proof(entry.unwrap_or_default(), size)?.to_json(),
        };
        Ok((json.map_err(CoreError::from)?, size))
    })?;
    write_new(&request.output, &json)?;
    let value = json!({ "file": request.output.to_string_lossy(), "entries": size });
    context.output.result(&value, || {
        vec![
            format!("Wrote {}. It is for the head of {size} entries.", request.output.display()),
            "Whoever has that head (custody head) checks it with: amparo custody check-proof".into(),
        ]
    });
    Ok(true)
}

fn foreign(error: &CustodyError) -> Failure {
    Failure::input(match error {
        CustodyError::HeadSignature => "the head was not signed by this vault",
        _ => "the file is not a signed custody head",
    })
}

fn read_head(path: &Path) -> Result<String, Failure> {
    let bytes = read_small(path, "the head", MAX_HEAD_BYTES)?;
    String::from_utf8(bytes).map_err(|_| Failure::input("the file is not a signed custody head"))
}

pub(super) fn check(
    context: &Context,
    proof: &Path,
    head: &Path,
    old_head: Option<&Path>,
    key: Option<&str>,
) -> Result<bool, Failure> {
    let key = key.map(|text| {
        let bytes = decode(text).ok_or(())?;
        VerifyingKey::from_bytes(&bytes).map_err(|_| ())
    });
    let key = key.transpose().map_err(|()| Failure::input("the key is not one: 64 hexadecimal digits are expected"))?;
    let bytes = read_small(proof, "the proof", MAX_FILE)?;
    let schema = serde_json::from_slice::<Value>(&bytes).ok();
    let schema = schema.as_ref().and_then(|value| value.get("schema")).and_then(Value::as_str).unwrap_or_default();
    let note = read_head(head)?;
    let judged = match schema {
        INCLUSION_SCHEMA => inclusion(&bytes, &note, key.as_ref()),
        CONSISTENCY_SCHEMA => {
            let old = old_head.ok_or_else(|| Failure::input("this proof needs the older head too: --old-head"))?;
            consistency(&bytes, &read_head(old)?, &note, key.as_ref())
        }
        _ => return Err(Failure::input("the file is not a custody proof of a kind that is known")),
    };
    let ok = judged.is_ok();
    let signatures = if key.is_some() { "checked" } else { "not_checked" };
    let (text, entry) = judged.unwrap_or_else(|error| (format!("The proof does NOT hold: {error}."), Value::Null));
    let value = json!({ "ok": ok, "signatures": signatures, "text": text, "entry": entry });
    context.output.result(&value, || {
        let mut lines = vec![text.clone()];
        if ok && key.is_none() {
            lines.push("Who signed the heads was not checked: give the key with --key.".into());
        }
        lines
    });
    Ok(ok)
}

fn judged_head(note: &str, key: Option<&VerifyingKey>) -> Result<Head, CustodyError> {
    match key {
        Some(key) => Head::verify(note, key),
        None => Head::parse_unverified(note),
    }
}

fn inclusion(bytes: &[u8], note: &str, key: Option<&VerifyingKey>) -> Result<(String, Value), CustodyError> {
    let proof = InclusionProof::parse(bytes)?;
    let entry = proof.verify(&judged_head(note, key)?)?;
    let text = format!(
        "The proof holds: entry {} ({}, {}) stands unaltered in the log of {} entries.",
        entry.seq, entry.event, entry.time, proof.size
    );
    Ok((text, serde_json::from_str(&proof.entry).unwrap_or_default()))
}

fn consistency(
    bytes: &[u8],
    old: &str,
    new: &str,
    key: Option<&VerifyingKey>,
) -> Result<(String, Value), CustodyError> {
    let proof = ConsistencyProof::parse(bytes)?;
    proof.verify(&judged_head(old, key)?, &judged_head(new, key)?)?;
    let text = format!(
        "The proof holds: the log of {} entries begins with the log of {} entries, unaltered.",
        proof.new, proof.old
    );
    Ok((text, Value::Null))
}
