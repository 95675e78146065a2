//! Timestamps against other people's software: `openssl ts` as authority and as judge, and the OpenTimestamps library of its
//! authors as writer and as reader. A tool that is not there is skipped aloud (see `amparo_tests::external`).

use std::{fs, ops::ControlFlow, path::Path, process::Command, slice};

use amparo_crypto::{
    age::{Decryptor, Identity, KeyKind},
    hash::{self, Digest, sha256},
    random,
    sign::SigningKey,
};
use amparo_report::{
    anchor::{
        self, AnchorError, AnchorKind, Refusal, Statement,
        ots::{self, Attestation},
        rfc3161,
    },
    custody::{Disclosure, Entry, Event, FIRST_PREV, Head, MemoryTree, consistency_proof, disclose, leaf_hash, root},
    hex,
    manifest::ReportId,
    open::verify_stream,
    readme,
    seal::{ExtraFile, SealError, SealRequest, Sender},
    verdict::{Code, Severity, Verdict},
};
use amparo_tests::{
    authority::Authority,
    command::Place,
    external::{self, ots as ots_tool, run},
};
use serde_json::Value;

const COMMAND: &str = env!("CARGO_BIN_EXE_amparo-under-test");

/// Without the tool there is nothing to compare with, and that was said aloud.
macro_rules! tool {
    ($tool:expr) => {
        match $tool {
            Some(tool) => tool,
            None => return,
        }
    };
}

fn refused(reason: Refusal) -> Result<rfc3161::Token, AnchorError> {
    Err(AnchorError::Refused(reason))
}

#[test]
fn a_request_is_the_one_that_openssl_would_write() {
    let authority = tool!(Authority::new());
    let commitment: Digest = random::array().unwrap();
    let out = authority.run(&format!("ts -query -digest {} -sha256 -cert", hex::encode(&commitment))).unwrap();
    // The nonce of openssl may begin with a zero byte (then it is shorter) or with a high bit (then a zero byte precedes it).
    let written = &out[56..out.len() - 3];
    assert_eq!((written[0], usize::from(written[1])), (2, written.len() - 2));
    let mut nonce = [0u8; 8];
    let digits = written[2..].iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<u8>>();
    nonce[8 - digits.len()..].copy_from_slice(&digits);
    assert_eq!(rfc3161::request(&commitment, &nonce).unwrap(), out);
    for nonce in [[0; 8], [0x7f; 8], [0x80; 8], [0xff; 8], [0, 0x80, 1, 2, 3, 4, 5, 6]] {
        fs::write(authority.path("q"), rfc3161::request(&commitment, &nonce).unwrap()).unwrap();
        let text = String::from_utf8(authority.run("ts -query -in q -text").unwrap()).unwrap();
        assert!(text.contains("Version: 1") && text.contains("Hash Algorithm: sha256"), "{text}");
        assert!(text.contains("Certificate required: yes") && text.contains("Policy OID: unspecified"), "{text}");
        let stripped = hex::encode(&nonce).trim_start_matches('0').to_uppercase();
        let shown = text.lines().find_map(|line| line.strip_prefix("Nonce: ")).unwrap();
        let value = u64::from_str_radix(&stripped, 16).unwrap_or(0);
        let read = shown
            .strip_prefix("0x")
            .map_or_else(|| shown.parse().unwrap(), |hex| u64::from_str_radix(hex, 16).unwrap());
        assert_eq!(read, value, "{text}");
    }
}

#[test]
fn real_tokens_are_read_and_foreign_or_altered_ones_refused_by_name() {
    let authority = tool!(Authority::new());
    let (commitment, nonce): (Digest, [u8; 8]) = (random::array().unwrap(), random::array().unwrap());
    let request = rfc3161::request(&commitment, &nonce).unwrap();
    for how in ["sha256", "sha384", "sha512"] {
        for more in ["", "-token_out"] {
            let token = authority.answer(&request, how, more);
            let read = rfc3161::check(&token, &commitment, Some(&nonce)).unwrap();
            assert!(read.content_digest_checked && !read.with_modifications, "{how} {more}");
            assert_eq!(read.policy, "1.2.3.4.1");
            assert_eq!(
                read.accuracy_micros,
                [("sha256", 1_500_100), ("sha512", 20_000)].into_iter().find(|(name, _)| *name == how).map(|(_, n)| n)
            );
            assert!(read.time.starts_with("20") && read.time.ends_with('Z'), "{}", read.time);
            assert!(
                read.serial.ends_with(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'])
            );
            // The same time and serial that openssl reads.
            fs::write(authority.path("t"), &token).unwrap();
            let kind = if more.is_empty() { "" } else { "-token_in" };
            let text = String::from_utf8(authority.run(&format!("ts -reply -in t {kind} -text")).unwrap()).unwrap();
            assert!(
                text.to_lowercase().contains(&format!("serial number: 0x{}", read.serial)),
                "{text} {}",
                read.serial
            );
            let clock = &read.time["2026-11-23T".len().."2026-11-23T10:20:30".len()];
            assert!(text.contains(clock), "{text} {}", read.time);
            // As a response it verifies, whichever it was.
            let response = authority.path("r");
            fs::write(&response, rfc3161::as_response(&token).unwrap()).unwrap();
            assert!(authority.verifies(&response, &hex::encode(&commitment)), "{how} {more}");
            assert!(!authority.verifies(&response, &hex::encode(&[0; 32])));

            assert_eq!(rfc3161::check(&token, &[0; 32], Some(&nonce)), Err(AnchorError::OtherCommitment));
            assert_eq!(rfc3161::check(&token, &commitment, Some(&[1; 8])), Err(AnchorError::OtherNonce));
            assert_eq!(rfc3161::check(&token[..token.len() - 1], &commitment, None), Err(AnchorError::Malformed));
            assert_eq!(rfc3161::check(&[&token[..], b"\0"].concat(), &commitment, None), Err(AnchorError::Malformed));
        }
    }
    let picky = authority.answer(&request, "picky", "");
    assert_eq!(rfc3161::check(&picky, &commitment, Some(&nonce)), refused(Refusal::Algorithm));
    // The authority does not know this version of the request.
    let mut newer = request.clone();
    newer[4] = 9;
    let answer = authority.answer(&newer, "sha256", "");
    assert_eq!(rfc3161::check(&answer, &commitment, None), refused(Refusal::Request));
    // A token without a nonce, and one of another algorithm, for the same bytes.
    authority.run(&format!("ts -query -digest {} -sha256 -no_nonce -cert -out q", hex::encode(&commitment))).unwrap();
    let bare = authority.answer(&fs::read(authority.path("q")).unwrap(), "sha256", "");
    assert!(rfc3161::check(&bare, &commitment, None).unwrap().nonce.is_none());
    assert_eq!(rfc3161::check(&bare, &commitment, Some(&nonce)), Err(AnchorError::OtherNonce));
    let long = hex::encode(&hash::sha512(&commitment));
    authority.run(&format!("ts -query -digest {long} -sha512 -cert -out q")).unwrap();
    let other = authority.answer(&fs::read(authority.path("q")).unwrap(), "sha256", "");
    assert_eq!(rfc3161::check(&other, &commitment, None), Err(AnchorError::OtherAlgorithm));
    // Signed data that is no timestamp.
    fs::write(authority.path("m"), b"mail").unwrap();
    authority.run("cms -sign -in m -binary -nodetach -signer tsa.pem -inkey tsa.key -outform DER -out s").unwrap();
    let signed = fs::read(authority.path("s")).unwrap();
    assert_eq!(rfc3161::check(&signed, &commitment, None), Err(AnchorError::NotATimestamp));
}

/// Where the time statement lies in a token: behind its content type, in an octet string in an explicit tag.
fn statement_of(token: &[u8]) -> std::ops::Range<usize> {
    const TST_INFO: [u8; 13] = [0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
    let at = token.windows(13).position(|window| window == TST_INFO).unwrap() + 13;
    let length = |at: usize| match token[at] {
        0x81 => (2, usize::from(token[at + 1])),
        0x82 => (3, usize::from(token[at + 1]) << 8 | usize::from(token[at + 2])),
        short => (1, usize::from(short)),
    };
    assert_eq!(token[at], 0xa0);
    let inner = at + 1 + length(at + 1).0;
    assert_eq!(token[inner], 0x04);
    let (bytes, size) = length(inner + 1);
    inner + 1 + bytes..inner + 1 + bytes + size
}

#[test]
fn every_flipped_bit_of_a_tokens_time_statement_is_found_and_the_rest_is_openssls_to_find() {
    let authority = tool!(Authority::new());
    let (commitment, nonce): (Digest, [u8; 8]) = (random::array().unwrap(), random::array().unwrap());
    let token = authority.answer(&rfc3161::request(&commitment, &nonce).unwrap(), "sha256", "");
    let honest = rfc3161::check(&token, &commitment, Some(&nonce)).unwrap();
    let inside = statement_of(&token);
    let mut overlooked = Vec::new();
    for bit in 0..token.len() * 8 {
        let mut flipped = token.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match rfc3161::check(&flipped, &commitment, Some(&nonce)) {
            Err(_) => {}
            Ok(read) => {
                assert!(!inside.contains(&(bit / 8)), "bit {bit} of the time statement was overlooked");
                // Whatever else was changed, what is claimed is the same: but for the status and the digest's name, which
                // are not signed or not known.
                let same = rfc3161::Token {
                    with_modifications: honest.with_modifications,
                    content_digest_checked: honest.content_digest_checked,
                    ..read
                };
                assert_eq!(same, honest, "bit {bit}");
                overlooked.push(bit);
            }
        }
    }
    // What we overlook lies in certificates, names and the signature. openssl finds it there: of every place one in a hundred,
    // among the signature's bits each eighth.
    assert!(overlooked.len() > 1000, "{}", overlooked.len());
    let signature = (token.len() - 64) * 8;
    let (mut tried, mut found) = (0, 0);
    for bit in overlooked.iter().filter(|bit| **bit >= signature).step_by(8) {
        let mut flipped = token.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let file = authority.path("flipped");
        fs::write(&file, flipped).unwrap();
        tried += 1;
        found += usize::from(!authority.verifies(&file, &hex::encode(&commitment)));
    }
    assert!(tried >= 40 && tried == found, "{found} of {tried}");
}

/// A log of nine entries whose first five were anchored.
struct Log {
    statement: Statement,
    excerpt: Disclosure,
    head: Head,
    key: SigningKey,
}

fn log(kind: AnchorKind) -> Log {
    let (key, _) = SigningKey::generate().unwrap();
    let (mut tree, mut lines, mut prev, mut anchored) = (MemoryTree::new(), Vec::new(), FIRST_PREV, None);
    let time = "2026-11-23T10:00:00Z";
    for seq in 0..9 {
        if seq == 5 {
            anchored = Some(Head { size: 5, root: root(&tree, 5).unwrap(), chain: prev, time: time.into() });
        }
        let entry = Entry::new(seq, prev, time, Event::Imported, "user", "core 1").unwrap();
        let line = entry.to_line().unwrap();
        prev = leaf_hash(&line);
        tree.push(prev).unwrap();
        lines.push(line);
    }
    let head = Head { size: 9, root: root(&tree, 9).unwrap(), chain: prev, time: time.into() };
    let shown: Vec<&Vec<u8>> = vec![&lines[2], &lines[4], &lines[7]];
    let excerpt = disclose(&tree, &shown, &head.sign(&key).unwrap(), &key.verifying_key()).unwrap();
    // The vault's key signed the anchored head; the case's key, another, the excerpt's.
    let (vault, _) = SigningKey::generate().unwrap();
    let note = anchored.unwrap().sign(&vault).unwrap();
    let statement = Statement {
        kind,
        salt: anchor::fresh_salt().unwrap(),
        head: anchor::head_text(&note).unwrap().to_owned(),
        consistency: consistency_proof(&tree, 5, 9).unwrap(),
    };
    Log { statement, excerpt, head, key }
}

fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn request<'a>(log: &'a Log, sender: Sender<'a>, extra: Vec<ExtraFile>) -> SealRequest<'a> {
    let anonymous = matches!(sender, Sender::Anonymous);
    SealRequest {
        report_id: ReportId::generate().unwrap(),
        created: "2026-11-23".into(),
        core: "amparo 0.1.0".into(),
        readme: readme::text("en"),
        report_html: "<!DOCTYPE html><title>x</title>".into(),
        report_md: "# x\n".into(),
        report_json: b"{}".to_vec(),
        evidence: vec![],
        custody: (!anonymous).then(|| log.excerpt.clone()),
        extra,
        reply: None,
        sender,
    }
}

fn verdict(log: &Log, extra: Vec<ExtraFile>) -> Verdict {
    let me = Identity::generate(KeyKind::Classic).unwrap();
    let request = request(log, Sender::Case(&log.key), extra);
    let mut sealed = Vec::new();
    request.prepare(&[me.recipient()]).unwrap().write(&mut sealed, &mut on).unwrap();
    let stream = Decryptor::new(sealed.as_slice(), slice::from_ref(&me)).unwrap();
    verify_stream(stream, &[me], &mut on).unwrap()
}

fn anchors(verdict: &Verdict) -> Vec<(Code, Severity, &str)> {
    let found = verdict.items.iter().filter(|item| matches!(item.code, Code::AnchorHolds | Code::AnchorBroken));
    found.map(|item| (item.code, item.severity, item.text.as_str())).collect()
}

fn promise() -> Vec<u8> {
    let uri = b"https://calendar.example";
    [&[0x00, 0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e, 25, 24][..], uri].concat()
}

#[test]
fn a_desk_reads_the_anchors_of_a_report_and_finds_what_does_not_hold() {
    let log = log(AnchorKind::OpenTimestamps);
    let proof = ots::detached(&log.statement.commitment(), &[3; 16], &promise()).unwrap();
    let files = log.statement.files(1, &proof, &log.head).unwrap().to_vec();
    let good = verdict(&log, files.clone());
    assert!(good.ok, "{:#?}", good.items);
    let [(code, severity, text)] = anchors(&good)[..] else { panic!("{:#?}", good.items) };
    assert_eq!((code, severity), (Code::AnchorHolds, Severity::Note));
    assert!(
        text.contains("the first 5 entries") && text.contains("2 of the 3") && text.contains("proves nothing"),
        "{text}"
    );
    assert!(text.contains("ots verify -d "), "{text}");

    let broken = |files: Vec<ExtraFile>| {
        let verdict = verdict(&log, files);
        let found = anchors(&verdict);
        assert!(!verdict.ok && found.len() == 1 && found[0].0 == Code::AnchorBroken, "{:#?}", verdict.items);
        found[0].2.to_owned()
    };
    assert!(broken(files[..1].to_vec()).contains("incomplete"));
    assert!(broken(files[1..].to_vec()).contains("incomplete"));
    let mut both = files.clone();
    both.push(ExtraFile { path: "anchors/01.tsr".into(), content: proof.clone() });
    assert!(broken(both).contains("incomplete"));
    let with = |index: usize, content: Vec<u8>| {
        let mut changed = files.clone();
        changed[index].content = content;
        changed
    };
    let other = statement_of_another_log();
    assert!(broken(with(0, other)).contains("does not belong to this log"));
    let foreign = ots::detached(&[9; 32], &[3; 16], &promise()).unwrap();
    assert!(broken(with(1, foreign)).contains("something else"));
    assert!(broken(with(1, b"token".to_vec())).contains("not a timestamp"));
    let json = String::from_utf8(files[0].content.clone()).unwrap();
    assert!(broken(with(0, json.replace("opentimestamps", "rfc3161").into_bytes())).contains("not a timestamp"));
    assert!(broken(with(0, json.replace(": 5", ": 5 ").replace("  ", " ").into_bytes())).contains("not in the format"));

    // Nobody's report: no anchors.
    let anonymous = request(&log, Sender::Anonymous, files);
    let me = Identity::generate(KeyKind::Classic).unwrap();
    assert_eq!(anonymous.prepare(&[me.recipient()]).err(), Some(SealError::AnonymousCustody));
    // And no anchor stands in a report without an excerpt.
    let log_of = |files| {
        let mut request = request(&log, Sender::Case(&log.key), files);
        request.custody = None;
        let mut sealed = Vec::new();
        request.prepare(&[me.recipient()]).unwrap().write(&mut sealed, &mut on).unwrap();
        let stream = Decryptor::new(sealed.as_slice(), slice::from_ref(&me)).unwrap();
        verify_stream(stream, slice::from_ref(&me), &mut on).unwrap()
    };
    let lonely = log_of(log.statement.files(1, &proof, &log.head).unwrap().to_vec());
    assert!(!lonely.ok && anchors(&lonely)[0].2.contains("no custody log"));
}

/// A statement that is right in itself, about another log.
fn statement_of_another_log() -> Vec<u8> {
    log(AnchorKind::OpenTimestamps).statement.to_json().unwrap()
}

#[test]
fn the_token_in_a_report_verifies_with_the_command_that_the_verdict_gives() {
    let authority = tool!(Authority::new());
    let log = log(AnchorKind::Rfc3161);
    let commitment = log.statement.commitment();
    let nonce = rfc3161::fresh_nonce().unwrap();
    // A bare token: the report makes a response of it.
    let token = authority.answer(&rfc3161::request(&commitment, &nonce).unwrap(), "sha256", "-token_out");
    let files = log.statement.files(7, &token, &log.head).unwrap();
    let verdict = verdict(&log, files.to_vec());
    assert!(verdict.ok, "{:#?}", verdict.items);
    let text = anchors(&verdict)[0].2.to_owned();
    let time = rfc3161::check(&token, &commitment, Some(&nonce)).unwrap().time;
    assert!(text.contains(&time) && text.contains("anchors/07.tsr"), "{text}");
    let command = text.split_once("openssl ").unwrap().1;
    fs::create_dir(authority.path("anchors")).unwrap();
    fs::write(authority.path("anchors/07.tsr"), &files[1].content).unwrap();
    let out = authority.run(&command.replace("AUTHORITY.pem", "tsa.pem")).unwrap();
    assert!(String::from_utf8_lossy(&out).contains("Verification: OK"));
}

#[test]
fn from_a_vault_to_an_authority_and_back_by_command() {
    let authority = tool!(Authority::new());
    let place = Place::new(COMMAND);
    place.create_vault();
    let vault = place.vault();
    let vault = vault.to_str().unwrap();
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let empty = place.run(&["custody", "anchor", "request", vault, "--kind", "rfc3161", "-o", &path("q")]);
    assert_eq!((empty.code, empty.err.contains("empty")), (3, true), "{}", empty.err);
    let incident = place.new_incident("title", "text");
    let photo = place.path("p.jpg");
    fs::write(&photo, amparo_tests::document::medium(1)).unwrap();
    let evidence = place.add(&incident, &photo);

    let request = place.json(&["custody", "anchor", "request", vault, "--kind", "rfc3161", "-o", &path("q.tsq")]);
    let second = place.json(&["custody", "anchor", "request", vault, "--kind", "rfc3161", "-o", &path("q2.tsq")]);
    let (id, other) = (request["id"].as_str().unwrap(), second["id"].as_str().unwrap());
    assert_eq!(request["media_type"], "application/timestamp-query");
    let there = place.run(&["custody", "anchor", "request", vault, "--kind", "rfc3161", "-o", &path("q.tsq")]);
    assert_eq!(there.code, 8, "{}", there.err);
    let answer = authority.answer(&fs::read(place.path("q.tsq")).unwrap(), "sha256", "");
    fs::write(place.path("a.tsr"), &answer).unwrap();
    let foreign = place.run(&["custody", "anchor", "store", vault, other, &path("a.tsr")]);
    assert_eq!((foreign.code, foreign.err.contains("something else")), (3, true), "{}", foreign.err);
    let stored = place.json(&["custody", "anchor", "store", vault, id, &path("a.tsr")]);
    let nonce_of_other = {
        // The right commitment, and the nonce of nobody.
        let commitment = hex::decode(request["commitment"].as_str().unwrap()).unwrap();
        authority.answer(&rfc3161::request(&commitment, &[5; 8]).unwrap(), "sha256", "")
    };
    fs::write(place.path("n.tsr"), nonce_of_other).unwrap();
    let foreign = place.run(&["custody", "anchor", "store", vault, id, &path("n.tsr")]);
    assert_eq!((foreign.code, foreign.err.contains("nonce")), (3, true), "{}", foreign.err);
    fs::write(place.path("no.tsr"), authority.answer(&fs::read(place.path("q2.tsq")).unwrap(), "picky", "")).unwrap();
    let picky = place.run(&["custody", "anchor", "store", vault, other, &path("no.tsr")]);
    assert_eq!((picky.code, picky.err.contains("hash algorithm")), (3, true), "{}", picky.err);

    assert_eq!(stored["claim"]["authority_signature"], "not_checked");
    let listed = place.json(&["custody", "anchor", "list", vault]);
    assert_eq!(listed["anchors"][0], stored);
    assert_eq!(listed["anchors"][1]["stored"], Value::Null);
    assert_eq!(place.run(&["custody", "anchor", "verify", vault]).code, 0);
    let exported = place.json(&["custody", "anchor", "export", vault, id, "-o", &path("e.tsr")]);
    let command = exported["command"].as_str().unwrap().strip_prefix("openssl ").unwrap();
    let out = authority.run(&command.replace("AUTHORITY.pem", "tsa.pem")).unwrap();
    assert!(String::from_utf8_lossy(&out).contains("Verification: OK"));
    // Anybody can compute from the statement what was timestamped.
    let statement = Statement::parse(&fs::read(place.path("e.tsr.json")).unwrap()).unwrap();
    assert_eq!(hex::encode(&statement.commitment()), request["commitment"].as_str().unwrap());

    // The log tells of it, in words, and so does the evidence's own history.
    let log = place.run(&["custody", "log", vault]);
    assert!(log.out.contains("The log got a timestamp from outside: from a timestamp authority"), "{}", log.out);
    let spanish = place.run(&["custody", "history", vault, &evidence, "--language", "es"]);
    assert!(spanish.code == 0 && spanish.out.contains("KB") && spanish.out.lines().count() == 1, "{}", spanish.out);

    // Proofs for somebody without the vault.
    let head = place.json(&["custody", "head", vault, "-o", &path("old.txt")]);
    let key = head["public_key"].as_str().unwrap();
    place.add(&incident, &photo);
    place.json(&["custody", "head", vault, "-o", &path("new.txt")]);
    place.json(&["custody", "prove", vault, "--entry", "0", "-o", &path("entry.json")]);
    place.json(&["custody", "prove", vault, "--since-head", &path("old.txt"), "-o", &path("grown.json")]);
    let check = |arguments: &[&str]| place.run(&[&["custody", "check-proof"], arguments].concat());
    let good = check(&[&path("entry.json"), "--head", &path("new.txt"), "--key", key]);
    assert!(good.code == 0 && good.out.contains("entry 0"), "{}{}", good.out, good.err);
    let good = check(&[&path("grown.json"), "--head", &path("new.txt"), "--old-head", &path("old.txt"), "--key", key]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    let unsigned = check(&[&path("entry.json"), "--head", &path("new.txt")]);
    assert!(unsigned.code == 0 && unsigned.out.contains("not checked"), "{}", unsigned.out);
    let other_key = hex::encode(&SigningKey::generate().unwrap().0.verifying_key().to_bytes());
    for wrong in [
        check(&[&path("entry.json"), "--head", &path("old.txt"), "--key", key]),
        check(&[&path("entry.json"), "--head", &path("new.txt"), "--key", &other_key]),
        check(&[&path("grown.json"), "--head", &path("old.txt"), "--old-head", &path("new.txt"), "--key", key]),
    ] {
        assert_eq!((wrong.code, wrong.out.contains("NOT hold")), (1, true), "{}{}", wrong.out, wrong.err);
    }
    let text = fs::read_to_string(place.path("entry.json")).unwrap();
    fs::write(place.path("entry.json"), text.replace("user", "usér")).unwrap();
    assert_eq!(check(&[&path("entry.json"), "--head", &path("new.txt")]).code, 1);
    assert_eq!(place.run(&["custody", "prove", vault, "--entry", "999", "-o", &path("none.json")]).code, 3);
    assert!(!Path::new(&path("none.json")).exists());
    assert_eq!(place.run(&["custody", "verify", vault]).code, 0);
}

#[test]
fn our_proofs_are_read_by_the_authors_library_and_theirs_by_us() {
    let python = tool!(external::opentimestamps());
    let command = |arguments: &[&str], input: &[u8]| {
        let mut command: Command = ots_tool(&python, arguments);
        run(&mut command, input)
    };
    let theirs_of = |proof: &[u8]| -> Value { serde_json::from_slice(&command(&["read"], proof).unwrap()).unwrap() };
    let ends_of = |proof: &[u8], digest: &Digest| {
        let mut ends: Vec<(String, String)> = ots::check(proof, digest)
            .unwrap()
            .ends
            .into_iter()
            .map(|end| {
                let what = match end.attestation {
                    Attestation::Pending { uri } => uri,
                    Attestation::Bitcoin { height } => height.to_string(),
                    other => panic!("{other:?}"),
                };
                (hex::encode(&end.message.unwrap()), what)
            })
            .collect();
        ends.sort();
        ends
    };
    let same = |proof: &[u8], digest: &Digest| {
        let read = theirs_of(proof);
        assert_eq!(
            (read["digest"].as_str().unwrap(), read["operation"].as_str().unwrap()),
            (hex::encode(digest).as_str(), "sha256")
        );
        let mut ends: Vec<(String, String)> = read["ends"]
            .as_array()
            .unwrap()
            .iter()
            .map(|end| {
                let what = end["uri"].as_str().map_or_else(|| end["height"].to_string(), str::to_owned);
                (end["message"].as_str().unwrap().to_owned(), what)
            })
            .collect();
        ends.sort();
        assert_eq!(ends, ends_of(proof, digest));
        ends.len()
    };
    let digest = sha256(b"a commitment");
    // Theirs, whole.
    let proof = command(&["write", &hex::encode(&digest)], b"").unwrap();
    assert_eq!(same(&proof, &digest), 4);
    assert_eq!(ots::check(&proof, &digest).unwrap().bitcoin_height(), Some(300));
    // Their calendar's answer, made a proof by us; a second one; and a promise that came to blocks.
    let nonce = [8; 16];
    let sent = ots::submitted(&digest, &nonce);
    let answer = command(&["answer", &hex::encode(&sent)], b"").unwrap();
    let ours = ots::detached(&digest, &nonce, &answer).unwrap();
    assert_eq!(same(&ours, &digest), 4);
    let ours = ots::graft(&ours, &digest, &sent, &promise()).unwrap();
    assert_eq!(same(&ours, &digest), 5);
    let read = ots::check(&ours, &digest).unwrap();
    let message = read.pending().find(|(uri, _)| uri.contains("alice")).unwrap().1.to_vec();
    let upgrade = command(&["answer", &hex::encode(&message)], b"").unwrap();
    let ours = ots::graft(&ours, &digest, &message, &upgrade).unwrap();
    assert_eq!(same(&ours, &digest), 9);
    // Both refuse the same damage, bit by bit, or both read the same from it.
    let mut agreed = 0;
    for bit in (0..proof.len() * 8).step_by(23) {
        let mut flipped = proof.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let theirs = command(&["read"], &flipped).ok().map(|out| serde_json::from_slice::<Value>(&out).unwrap());
        let same_digest = theirs.as_ref().is_some_and(|read| read["digest"].as_str() == Some(&hex::encode(&digest)));
        match ots::check(&flipped, &digest) {
            // Two equal ends, or steps, are one to them.
            Ok(read) => assert!(
                theirs.is_none_or(|theirs| theirs["ends"].as_array().unwrap().len() <= read.ends.len()),
                "bit {bit}"
            ),
            Err(_) => assert!(!same_digest, "bit {bit}: they read it and we do not"),
        }
        agreed += 1;
    }
    assert!(agreed > 50);
}
