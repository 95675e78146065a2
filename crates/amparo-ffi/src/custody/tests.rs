//! The log as a host sees it: checked, told, proven to somebody without the vault, and timestamped.

use super::*;
use crate::{evidence::ImportRequest, scene::Scene};

fn import(scene: &Scene, bytes: &[u8]) -> EvidenceId {
    let nothing: ImportRequest = amparo_core::evidence::ImportRequest::default().into_host();
    scene.vault.evidence().import_bytes(bytes, nothing).unwrap().id
}

#[test]
fn what_happened_is_told_as_entries_and_in_sentences() {
    let scene = Scene::new();
    let custody = scene.vault.custody();
    let (first, second) = (import(&scene, b"one"), import(&scene, b"two"));
    scene.vault.evidence().record_viewed(first.clone()).unwrap();
    let history = custody.history(first.clone()).unwrap();
    let entries: Vec<_> = history.iter().map(|stored| stored.entry.as_ref().unwrap()).collect();
    assert_eq!([&entries[0].event, &entries[1].event], [&CustodyEvent::Imported, &CustodyEvent::Viewed]);
    assert_eq!((entries[0].seq, entries[1].seq), (0, 2));
    assert_eq!(entries[0].evidence.as_ref(), Some(&first.0));
    assert_eq!(entries[0].sha256, scene.vault.evidence().get(first.clone()).unwrap().sha256);
    assert_eq!((entries[0].prev.as_str(), entries[0].salt.len()), ("0".repeat(64).as_str(), 32));
    assert!(entries[0].details.as_ref().unwrap().contains(r#""size":3"#));
    let line = str::from_utf8(&history[0].line).unwrap();
    assert!(line.starts_with('{') && line.contains(&first.0), "the exact line");
    let all = custody.entries(0, 500).unwrap();
    assert_eq!((all.len(), &all[1].entry.as_ref().unwrap().evidence), (3, &Some(second.0)));
    assert_eq!(custody.entries(2, 1).unwrap(), history[1..]);
    assert!(custody.entries(3, 1).unwrap().is_empty() && custody.entries(u64::MAX, 1).unwrap().is_empty());

    let told = |language: &str| custody.history_text(first.clone(), language.into()).unwrap();
    let english = told("en");
    assert_eq!((english.len(), english[1].seq), (2, 2));
    assert_eq!(english[0].time.as_ref(), Some(&entries[0].time));
    assert_eq!(told("tlh"), english, "English for what there is no text in");
    assert_ne!(told("ar-EG")[0].text, english[0].text);
    assert_eq!(custody.log_text(2, 500, "en".into()).unwrap(), english[1..]);
    let nobody = custody.history(EvidenceId("00112233445566778899aabbccddeeff".into()));
    assert!(matches!(nobody, Err(CustodyError::NotFound { code: 300, .. })));
}

#[test]
fn a_check_says_what_is_signed_and_what_is_not_yet() {
    let mut scene = Scene::new();
    assert_eq!(scene.vault.custody().sign_head().unwrap(), None, "an empty log has no head");
    assert!(scene.vault.custody().verify().unwrap().intact);
    import(&scene, b"one");
    let custody = scene.vault.custody();
    let unsigned = custody.verify().unwrap();
    assert_eq!((unsigned.entries, unsigned.signed), (1, 0));
    assert!(!unsigned.intact && unsigned.intact_so_far);
    let fault = unsigned.fault.unwrap();
    assert_eq!((fault.kind, fault.seq, fault.reason), (FaultKind::Unsigned, 0, FaultReason::NoHead));
    assert!(fault.text.contains("unsigned"));
    let head = custody.sign_head().unwrap().unwrap();
    assert_eq!(custody.head().unwrap().as_ref(), Some(&head));
    import(&scene, b"two");
    let behind = custody.verify().unwrap();
    assert_eq!((behind.entries, behind.signed, behind.fault.unwrap().reason), (2, 1, FaultReason::AfterHead));
    scene.vault.lock().unwrap();
    assert!(matches!(custody.verify(), Err(CustodyError::Locked { code: 103, .. })));
    scene.unlock();
    let report = scene.vault.custody().verify().unwrap();
    assert_eq!((report.entries, report.signed, report.fault), (2, 2, None));
    assert!(report.intact && report.intact_so_far);
}

#[test]
fn whoever_holds_heads_checks_proofs_without_the_vault() {
    let scene = Scene::new();
    let custody = scene.vault.custody();
    let first = import(&scene, b"one");
    let old = custody.sign_head().unwrap().unwrap();
    (0..4).for_each(|n: u32| drop(import(&scene, &n.to_be_bytes())));
    let new = custody.sign_head().unwrap().unwrap();
    let key = custody.verifying_key().unwrap();
    assert_eq!((key.public_key.len(), key.fingerprint.len()), (64, 64));
    let key = key.public_key;
    let head = read_custody_head(new.clone(), key.clone()).unwrap();
    assert_eq!(head.size, 5);

    let proof = custody.inclusion_proof(0, 5).unwrap();
    let entry = verify_inclusion_proof(proof.clone(), new.clone(), key.clone()).unwrap();
    assert_eq!((entry.evidence, entry.event), (Some(first.0), CustodyEvent::Imported));
    let other_head = verify_inclusion_proof(proof.clone(), old.clone(), key.clone());
    assert!(matches!(other_head, Err(CustodyError::OutOfRange { code: 407, .. })));
    let altered = verify_inclusion_proof(proof.replacen("imported", "captured", 1), new.clone(), key.clone());
    assert!(matches!(altered, Err(CustodyError::ProofFailed { code: 409, .. })), "{altered:?}");
    let cut = verify_inclusion_proof(proof[1..].into(), new.clone(), key.clone());
    assert!(matches!(cut, Err(CustodyError::Malformed { .. })));

    let proof = custody.consistency_proof(1, 5).unwrap();
    verify_consistency_proof(proof.clone(), old.clone(), new.clone(), key.clone()).unwrap();
    assert!(verify_consistency_proof(proof.clone(), new.clone(), old.clone(), key.clone()).is_err());
    for (old, new) in [(1, 6), (5, 1), (0, u64::MAX)] {
        let never = custody.consistency_proof(old, new);
        assert!(matches!(never, Err(CustodyError::OutOfRange { code: 407, .. })), "{old} {new} {never:?}");
    }
    assert!(matches!(custody.inclusion_proof(5, 5), Err(CustodyError::OutOfRange { .. })));

    let stranger = Scene::new().vault.custody().verifying_key().unwrap().public_key;
    let foreign = read_custody_head(new.clone(), stranger.clone());
    assert!(matches!(foreign, Err(CustodyError::HeadNotSigned { code: 406, .. })));
    let foreign = verify_consistency_proof(proof, old, new.clone(), stranger);
    assert!(matches!(foreign, Err(CustodyError::HeadNotSigned { .. })));
    for no_key in ["", "00", &"+0".repeat(32), &"é".repeat(32), &"0".repeat(64)] {
        match read_custody_head(new.clone(), no_key.into()) {
            Err(CustodyError::Invalid { code: 223, field, .. }) => assert_eq!(field, "public_key"),
            other => panic!("{no_key}: {other:?}"),
        }
    }
}

/// A calendar's promise: append a byte, hash, and the attestation that says where to ask.
fn promise(calendar: &str) -> Vec<u8> {
    let uri = format!("https://{calendar}.example");
    let length = u8::try_from(uri.len()).unwrap();
    let tag = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];
    [&[0xf0, 1, 7, 0x08, 0x00][..], &tag, &[length + 1, length], uri.as_bytes()].concat()
}

/// What it answers later: a hash, and the Bitcoin block.
fn block(height: u8) -> Vec<u8> {
    [&[0x08, 0x00, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 1][..], &[height]].concat()
}

fn ends(anchor: &Anchor) -> (&[ProofEnd], Option<u64>) {
    match &anchor.claim {
        Some(AnchorClaim::Proof { ends, bitcoin_height }) => (ends, *bitcoin_height),
        _ => panic!("there is a proof"),
    }
}

#[test]
fn an_anchor_is_asked_for_stored_completed_checked_and_given_out() {
    let scene = Scene::new();
    let custody = scene.vault.custody();
    let nothing = custody.prepare_anchor(AnchorKind::OpenTimestamps);
    assert!(matches!(nothing, Err(CustodyError::NothingToAnchor { code: 411, .. })));
    import(&scene, b"one");
    let request = custody.prepare_anchor(AnchorKind::OpenTimestamps).unwrap();
    assert_eq!((request.bytes.len(), request.media_type.as_str()), (32, "application/octet-stream"));
    let id = || request.id.clone();
    let waiting = custody.anchor(id()).unwrap();
    assert_eq!((waiting.size, &waiting.commitment), (1, &request.commitment));
    assert!(waiting.stored.is_none() && waiting.claim.is_none());
    assert!(matches!(custody.export_anchor(id()), Err(CustodyError::AnchorNotStored { code: 413, .. })));
    let garbage = custody.store_anchor(id(), b"<html>");
    assert!(matches!(garbage, Err(CustodyError::NotATimestamp { .. })), "{garbage:?}");
    assert_eq!(custody.anchor(id()).unwrap(), waiting, "nothing was stored");

    let promised = custody.store_anchor(id(), &promise("alice")).unwrap();
    assert!(promised.stored.is_some());
    let (pending, height) = ends(&promised);
    assert_eq!((pending.len(), height), (1, None));
    assert_eq!(pending[0].attestation, Attestation::Pending { uri: "https://alice.example".into() });
    let digest = pending[0].digest.clone().unwrap();
    let other = custody.complete_anchor(id(), &[7; 32], &block(9));
    assert!(matches!(other, Err(CustodyError::OtherAnchor { code: 425, .. })), "{other:?}");
    let done = custody.complete_anchor(id(), &digest, &block(9)).unwrap();
    assert_eq!(ends(&done).1, Some(9));
    assert!(ends(&done).0.iter().any(|end| end.attestation == Attestation::Bitcoin { height: 9 }));
    assert_eq!(custody.anchors().unwrap(), std::slice::from_ref(&done));
    let checked = custody.verify_anchors().unwrap();
    assert_eq!((&checked[0].anchor, &checked[0].fault), (&done, &None));
    let export = custody.export_anchor(id()).unwrap();
    assert_eq!((&export.commitment, export.kind), (&request.commitment, AnchorKind::OpenTimestamps));
    assert!(str::from_utf8(&export.statement).unwrap().contains(&request.commitment));
    assert!(export.token.starts_with(b"\0OpenTimestamps"));
    let events = custody.entries(0, 500).unwrap();
    assert!(events.iter().any(|stored| stored.entry.as_ref().unwrap().event == CustodyEvent::Anchored));
}

#[test]
fn an_authority_is_asked_in_its_own_format() {
    let scene = Scene::new();
    let custody = scene.vault.custody();
    import(&scene, b"one");
    let request = custody.prepare_anchor(AnchorKind::Rfc3161).unwrap();
    assert_eq!(request.media_type, "application/timestamp-query");
    let commitment: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&request.commitment[at..at + 2], 16).unwrap()).collect();
    assert!(request.bytes.windows(32).any(|part| part == commitment));
    // PKIStatusInfo: rejection, failInfo timeNotAvailable (bit 14).
    let refusal = [0x30, 0x0a, 0x30, 0x08, 0x02, 0x01, 0x02, 0x03, 0x03, 0x01, 0x00, 0x02];
    let refused = custody.store_anchor(request.id.clone(), &refusal);
    assert!(matches!(refused, Err(CustodyError::AnchorRefused { code: 418, .. })), "{refused:?}");
    let unknown = custody.prepare_anchor(AnchorKind::Unlisted { code: "sundial".into() });
    assert!(matches!(unknown, Err(CustodyError::NotATimestamp { code: 414, .. })), "{unknown:?}");
    let nobody = custody.anchor(AnchorId("00112233445566778899aabbccddeeff".into()));
    assert!(matches!(nobody, Err(CustodyError::AnchorNotFound { code: 412, .. })));
}

#[test]
fn what_a_token_says_is_told_in_full() {
    let token = amparo_report::anchor::rfc3161::Token {
        time: "2026-11-23T10:20:30.25Z".into(),
        accuracy_micros: Some(1_500_000),
        policy: "1.2.3.4".into(),
        serial: "0aff".into(),
        with_modifications: true,
        content_digest_checked: false,
        nonce: Some(vec![1, 2]),
    };
    let claim: AnchorClaim = amparo_core::custody::Claim::Token(token).into_host();
    let told = AnchorClaim::Token {
        time: "2026-11-23T10:20:30.25Z".into(),
        accuracy_micros: Some(1_500_000),
        policy: "1.2.3.4".into(),
        serial: "0aff".into(),
        with_modifications: true,
        content_digest_checked: false,
        nonce: Some(vec![1, 2]),
    };
    assert!(claim == told);
}

#[test]
fn every_event_of_the_core_has_its_own_case() {
    let source = include_str!("../../../amparo-report/src/custody/entry.rs");
    let names = source.split_once("pub fn as_str").unwrap().1.split_once("Self::Other(name) => name").unwrap().0;
    let names: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
    assert!(names.len() >= 14 && names.contains(&"anchored"), "{names:?}");
    for name in names {
        let event: CustodyEvent = name.parse::<amparo_core::custody::Event>().unwrap().into_host();
        assert!(!matches!(event, CustodyEvent::Unlisted { .. }), "{name}");
    }
    let newer: CustodyEvent = "teleported".parse::<amparo_core::custody::Event>().unwrap().into_host();
    assert_eq!(newer, CustodyEvent::Unlisted { code: "teleported".into() });
}
