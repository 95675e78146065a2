//! A small report to seal, and ways to take it apart. Nothing here is a test.
#![allow(dead_code, reason = "every test file uses a part")]

use std::{io::Read, ops::ControlFlow};

use amparo_crypto::{
    age::{Decryptor, Identity, KeyKind, Recipient},
    hash::sha256,
    sign::SigningKey,
};
use amparo_report::{
    custody::{Disclosure, Entry, Event, FIRST_PREV, Head, MemoryTree, disclose, leaf_hash, root},
    manifest::ReportId,
    readme,
    seal::{EvidenceItem, ExtraFile, SealRequest, Sender},
};

pub const TIME: &str = "2026-11-23T10:00:00Z";

/// Evidence of awkward sizes: empty, one block, one byte more than a chunk, some chunks.
pub fn contents() -> Vec<Vec<u8>> {
    let bytes = |len: usize, seed: u8| (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect();
    vec![bytes(0, 1), bytes(512, 2), bytes(65_537, 3), bytes(200_000, 4)]
}

/// A log of twelve entries that has the contents' origins among others.
pub fn custody(contents: &[Vec<u8>]) -> Disclosure {
    let (key, _) = SigningKey::generate().unwrap();
    let (mut tree, mut lines, mut prev) = (MemoryTree::new(), Vec::new(), FIRST_PREV);
    for seq in 0..12usize {
        let mut entry = Entry::new(seq as u64, prev, TIME, Event::Captured, "user", "amparo-core 0.1.0").unwrap();
        entry.sha256 = seq.checked_sub(3).and_then(|i| contents.get(i)).map(|content| sha256(content));
        entry.evidence = Some(format!("{seq:032x}"));
        let line = entry.to_line().unwrap();
        prev = leaf_hash(&line);
        tree.push(prev).unwrap();
        lines.push(line);
    }
    let head = Head { size: 12, root: root(&tree, 12).unwrap(), chain: prev, time: TIME.into() };
    let note = head.sign(&key).unwrap();
    disclose(&tree, &lines[3..3 + contents.len()], &note, &key.verifying_key()).unwrap()
}

pub fn items(contents: &[Vec<u8>]) -> Vec<EvidenceItem<'_>> {
    let names = [("document", "txt"), ("photo", "jpg"), ("audio", "m4a"), ("video-derivative", "mp4")];
    let item = |(content, (kind, extension)): (&Vec<u8>, (&str, &str))| {
        let bytes = content.clone();
        EvidenceItem {
            kind: kind.into(),
            extension: extension.into(),
            size: content.len() as u64,
            sha256: sha256(content),
            open: Box::new(move || Ok(Box::new(std::io::Cursor::new(bytes.clone())))),
        }
    };
    contents.iter().zip(names).map(item).collect()
}

pub fn request<'a>(contents: &'a [Vec<u8>], sender: Sender<'a>) -> SealRequest<'a> {
    let anonymous = matches!(sender, Sender::Anonymous);
    SealRequest {
        report_id: ReportId::generate().unwrap(),
        created: "2026-11-23".into(),
        core: "amparo 0.1.0".into(),
        readme: readme::text("en"),
        report_html: "<!DOCTYPE html><title>x</title>".into(),
        report_md: "# x\n".into(),
        report_json: b"{\"schema\":\"amparo.report/1\"}".to_vec(),
        evidence: items(contents),
        custody: (!anonymous).then(|| custody(contents)),
        extra: extra(anonymous),
        reply: Some(Identity::generate(KeyKind::PostQuantum).unwrap().recipient()),
        sender,
    }
}

/// A file for each of the two folders that take any; an anonymous report has no timestamps.
fn extra(anonymous: bool) -> Vec<ExtraFile> {
    let file = |path: &str, content: &[u8]| ExtraFile { path: path.into(), content: content.to_vec() };
    let anchors = (!anonymous).then(|| file("anchors/head.tsr", b"token"));
    anchors.into_iter().chain([file("disclosure/fields.json", b"{}")]).collect()
}

pub fn identities(kind: KeyKind, count: usize) -> Vec<Identity> {
    (0..count).map(|_| Identity::generate(kind).unwrap()).collect()
}

pub fn recipients(identities: &[Identity]) -> Vec<Recipient> {
    identities.iter().map(Identity::recipient).collect()
}

pub fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub fn seal(request: &SealRequest<'_>, recipients: &[Recipient]) -> Vec<u8> {
    let mut sealed = Vec::new();
    request.prepare(recipients).unwrap().write(&mut sealed, &mut on).unwrap();
    sealed
}

/// The padded tar of a sealed report.
pub fn payload(sealed: &[u8], identity: Identity) -> Vec<u8> {
    let mut payload = Vec::new();
    Decryptor::new(sealed, &[identity]).unwrap().read_to_end(&mut payload).unwrap();
    payload
}

/// The padded tar of the usual report, signed with a case key, and whom it is for.
pub fn usual_payload() -> (Vec<u8>, Identity) {
    let (key, _) = SigningKey::generate().unwrap();
    let contents = contents();
    let me = identities(KeyKind::Classic, 1).remove(0);
    let sealed = seal(&request(&contents, Sender::Case(&key)), &[me.recipient()]);
    let again = Identity::parse(&me.to_text()).unwrap();
    (payload(&sealed, again), me)
}
