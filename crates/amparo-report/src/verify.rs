//! The judgement on a report: every file against the manifest, the manifest against its signature, the evidence against the
//! custody excerpt, and the addressee tags against the reader's own keys.
//!
//! One judgement serves a sealed file, an extraction and a folder. It works on hashes and on the few small files that it
//! holds; nothing here reads evidence into memory.

mod anchors;
mod fields;

use std::collections::BTreeMap;

use amparo_crypto::{age::Identity, hash::Digest};

use crate::{
    archive::Lengths,
    custody::{DisclosureReport, FaultKind, verify_disclosure},
    hex,
    manifest::{self, Manifest, SenderMode},
    names, padme,
    verdict::{Addressee, Code, SenderVerdict, Severity, Verdict},
};

/// What was seen of one file.
pub(crate) struct Seen {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
}

/// Everything that was seen of a report.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) files: BTreeMap<String, Seen>,
    /// The content of the files that are judged themselves.
    pub(crate) held: BTreeMap<String, Vec<u8>>,
    /// `None` for a folder, which has no padding.
    pub(crate) lengths: Option<Lengths>,
}

impl Collected {
    fn held(&self, path: &str) -> Option<&[u8]> {
        self.held.get(path).map(Vec::as_slice)
    }
}

/// Judges. `verdict` may hold findings of the collection itself already.
pub(crate) fn judge(seen: &Collected, identities: &[Identity], mut verdict: Verdict) -> Verdict {
    let Some(manifest_bytes) = seen.held(names::MANIFEST) else {
        let text = "The list of files (manifest.json) is missing: nothing in this report can be checked.";
        verdict.add(Severity::Bad, Code::ManifestMissing, Some(names::MANIFEST), text);
        return verdict.close();
    };
    let manifest = match Manifest::parse(manifest_bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            let text = format!("Nothing in this report can be checked: {error}.");
            verdict.add(Severity::Bad, Code::ManifestUnreadable, Some(names::MANIFEST), text);
            return verdict.close();
        }
    };
    verdict.report_id = Some(manifest.report_id.to_string());
    verdict.created = Some(manifest.created.clone());
    let text = format!("The list of files is readable and names {} files.", manifest.files.len());
    verdict.add(Severity::Good, Code::ManifestRead, Some(names::MANIFEST), text);
    judge_signature(seen, &manifest, manifest_bytes, &mut verdict);
    judge_addressee(&manifest, identities, &mut verdict);
    let custody = judge_custody(seen, &mut verdict);
    anchors::judge(seen, custody.as_ref(), &mut verdict);
    judge_files(seen, &manifest, custody.as_ref(), &mut verdict);
    fields::judge(seen, &manifest, custody.as_ref(), &mut verdict);
    judge_padding(seen, &mut verdict);
    verdict.close()
}

fn judge_signature(seen: &Collected, manifest: &Manifest, bytes: &[u8], verdict: &mut Verdict) {
    let file = Some(names::SIGNATURE);
    let mut sender = SenderVerdict { mode: manifest.mode, signed: false, public_key: None, fingerprint: None };
    match (&manifest.public_key, seen.held(names::SIGNATURE)) {
        (None, None) => {
            let text = "This report is anonymous: it is unsigned, so anybody could have written it.";
            verdict.add(Severity::Note, Code::Anonymous, None, text);
        }
        (None, Some(_)) => {
            let text = "The list says that the report is anonymous, yet a signature lies beside it.";
            verdict.add(Severity::Bad, Code::SignatureUnexpected, file, text);
        }
        (Some(_), None) => {
            let text = "The signature is missing: the list names a sender, but it may have been changed by anybody.";
            verdict.add(Severity::Bad, Code::SignatureMissing, file, text);
        }
        (Some(expected), Some(signature)) => match manifest::verify_signature(bytes, signature, expected) {
            Ok(key) => {
                let fingerprint = manifest::show_fingerprint(&key);
                let (code, whose) = match manifest.mode {
                    SenderMode::Identified => (Code::SignedByKnownKey, "the sender's own key"),
                    _ => (Code::SignedByCaseKey, "a key made for this case"),
                };
                let text = format!("The list is signed by {whose}, fingerprint {fingerprint}.");
                verdict.add(Severity::Good, code, file, text);
                sender.signed = true;
                sender.public_key = Some(hex::encode(&key.to_bytes()));
                sender.fingerprint = Some(fingerprint);
            }
            Err(error) => {
                let text = format!("The list of files is not the sender's: {error}.");
                verdict.add(Severity::Bad, Code::SignatureBad, file, text);
            }
        },
    }
    verdict.sender = Some(sender);
}

fn judge_addressee(manifest: &Manifest, identities: &[Identity], verdict: &mut Verdict) {
    if identities.is_empty() {
        let text = "For whom this report was made was not checked: no key was given.";
        verdict.add(Severity::Note, Code::AddresseeNotChecked, None, text);
        return;
    }
    let context = manifest.report_id.to_bytes();
    // A tag that cannot be read is for nobody.
    let opens = |identity: &Identity, tag: &String| identity.opens_addressee_tag(tag, &context).unwrap_or(false);
    let yours = identities.iter().any(|identity| manifest.addressed_to.iter().any(|tag| opens(identity, tag)));
    if yours {
        verdict.addressee = Addressee::You;
        verdict.add(Severity::Good, Code::AddressedToYou, None, "This report was made for you.");
    } else {
        verdict.addressee = Addressee::SomebodyElse;
        let text =
            "This report was not made for any of your keys: somebody else who received it may have passed it on.";
        verdict.add(Severity::Bad, Code::NotAddressedToYou, None, text);
    }
}

/// The proven entries, or `None` when there is no excerpt to compare evidence with.
fn judge_custody(seen: &Collected, verdict: &mut Verdict) -> Option<DisclosureReport> {
    let names = [names::CUSTODY_ENTRIES, names::CUSTODY_PROOFS, names::CUSTODY_HEAD];
    let [entries, proofs, head] = names.map(|name| seen.held(name));
    let (Some(entries), Some(proofs), Some(head)) = (entries, proofs, head) else {
        if entries.or(proofs).or(head).is_none() {
            let text = "The report carries no custody log: what happened to the evidence before is not shown.";
            verdict.add(Severity::Note, Code::CustodyAbsent, None, text);
            return None;
        }
        let missing = names.into_iter().find(|name| seen.held(name).is_none());
        let text = "The custody log is incomplete: one of its three files is missing.";
        verdict.add(Severity::Bad, Code::CustodyIncomplete, missing, text);
        return None;
    };
    let report = verify_disclosure(entries, proofs, head);
    for fault in &report.faults {
        let code = match fault.kind {
            FaultKind::Altered => Code::CustodyAltered,
            FaultKind::Missing => Code::CustodyMissing,
            FaultKind::Reordered => Code::CustodyReordered,
            FaultKind::Unsigned => Code::CustodyUnsigned,
        };
        verdict.add(Severity::Bad, code, Some(names::CUSTODY_ENTRIES), sentence(&fault.to_string()));
    }
    if let (true, Some(head), Some(key)) = (report.is_intact(), &report.head, &report.public_key) {
        let text = format!(
            "All {} custody entries are proven to stand unaltered in a log of {} entries, signed {} by the log key {}.",
            report.entries.len(),
            head.size,
            head.time,
            manifest::show_fingerprint(key)
        );
        verdict.add(Severity::Good, Code::CustodyProven, Some(names::CUSTODY_HEAD), text);
    }
    Some(report)
}

fn judge_files(seen: &Collected, manifest: &Manifest, custody: Option<&DisclosureReport>, verdict: &mut Verdict) {
    for file in &manifest.files {
        let path = Some(file.path.as_str());
        match seen.files.get(&file.path) {
            None => {
                let text = format!("{} is missing.", file.path);
                verdict.add(Severity::Bad, Code::FileMissing, path, text);
                continue;
            }
            Some(found) if found.sha256 != file.sha256.0 || found.size != file.size => {
                let text = format!("{} was altered: it is not the file that was sealed.", file.path);
                verdict.add(Severity::Bad, Code::FileAltered, path, text);
            }
            Some(_) => {
                let text = format!("{} is unchanged since it was sealed.", file.path);
                verdict.add(Severity::Good, Code::FileUnchanged, path, text);
            }
        }
        if let (true, Some(custody)) = (file.path.starts_with(names::EVIDENCE), custody) {
            judge_origin(file, custody, verdict);
        }
    }
    for path in seen.files.keys() {
        let listed = manifest.files.iter().any(|file| file.path == *path);
        if !listed && path != names::MANIFEST && path != names::SIGNATURE {
            let text = format!("{path} is not part of this report: the sender's list does not name it.");
            verdict.add(Severity::Bad, Code::FileUnexpected, Some(path), text);
        }
    }
}

fn judge_origin(file: &manifest::FileEntry, custody: &DisclosureReport, verdict: &mut Verdict) {
    let origin = custody.entries.iter().find(|e| e.event.is_origin() && e.sha256 == Some(file.sha256.0));
    match origin {
        Some(entry) => {
            let text = format!(
                "{}: the custody log recorded exactly this content as {} on {} (entry {}).",
                file.path, entry.event, entry.time, entry.seq
            );
            verdict.add(Severity::Good, Code::EvidenceInCustody, Some(&file.path), text);
        }
        None => {
            let text = format!("{}: the custody log does not tell where this content came from.", file.path);
            verdict.add(Severity::Bad, Code::EvidenceNotInCustody, Some(&file.path), text);
        }
    }
}

fn judge_padding(seen: &Collected, verdict: &mut Verdict) {
    let Some(lengths) = seen.lengths else { return };
    if padme::padded(lengths.content) == Some(lengths.total) {
        verdict.add(Severity::Good, Code::PaddingRight, None, "The padding is as the format prescribes.");
    } else {
        let text =
            "The padding is not as the format prescribes: the report was sealed, or sealed again, by other software.";
        verdict.add(Severity::Bad, Code::PaddingWrong, None, text);
    }
}

/// The first letter in upper case and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}
