//! Our age files and sealed reports against other people's age, both ways: the `age` command and the npm package
//! age-encryption.
//!
//! What a report promises is that its recipient needs nothing of ours. So the tests at the end follow the very instructions
//! that lie in every report, word for word. A tool that is not there is skipped aloud (see `amparo_tests::external`).

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read, Write},
    ops::ControlFlow,
    path::Path,
    process::Command,
    slice,
};

use amparo_crypto::{
    SecretKey,
    age::{
        AgeError, CHUNK_LEN, Decryptor, Encryptor, Identity, KeyKind, Recipient, StanzaPadding, parse_identities,
        parse_recipients,
    },
    hash, labels, random,
    sign::SigningKey,
};
use amparo_desk::{Addressee, Code, DeskError};
use amparo_report::{
    custody::{Disclosure, Entry, Event, FIRST_PREV, Head, MemoryTree, disclose, leaf_hash, root},
    hex,
    html::render,
    manifest::{Manifest, ReportId},
    markdown, readme,
    seal::{EvidenceItem, ExtraFile, SealRequest, Sender},
    view::{Fact, ReportView},
};
use amparo_tests::external::{self, Refused, Tool, Typage};

const KINDS: [KeyKind; 2] = [KeyKind::Classic, KeyKind::PostQuantum];

fn identity(kind: KeyKind) -> Identity {
    Identity::generate(kind).unwrap()
}

fn recipients_of(keys: &[Identity]) -> Vec<Recipient> {
    keys.iter().map(Identity::recipient).collect()
}

/// Bytes that neither repeat with the chunks nor compress.
fn content(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random::fill(&mut bytes).unwrap();
    bytes
}

fn seal(recipients: &[Recipient], padding: StanzaPadding, content: &[u8]) -> Vec<u8> {
    let mut encryptor = Encryptor::new(Vec::new(), recipients, padding).unwrap();
    encryptor.write_all(content).unwrap();
    encryptor.finish().unwrap()
}

fn open(sealed: &[u8], identities: &[Identity]) -> Result<Vec<u8>, AgeError> {
    let mut out = Vec::new();
    let mut decryptor = Decryptor::new(Cursor::new(sealed), identities)?;
    decryptor.read_to_end(&mut out).map_err(|error| AgeError::from_io(&error).expect("an error of ours"))?;
    Ok(out)
}

/// Every tool that is there with every kind of key it knows.
fn tools_and_kinds() -> Vec<(Tool, KeyKind)> {
    let tools = external::all();
    KINDS
        .into_iter()
        .flat_map(|kind| tools.clone().into_iter().filter(move |t| t.knows(kind)).map(move |t| (t, kind)))
        .collect()
}

/// A refusal for want of a key, and not because the command was called wrongly.
fn is_no_match(result: &Result<Vec<u8>, Refused>) -> bool {
    result.as_ref().is_err_and(|refused| refused.says.contains("no identity matched"))
}

#[test]
fn files_of_every_size_open_on_the_other_side() {
    let sizes = [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 2 * CHUNK_LEN, 3 * CHUNK_LEN + 17];
    for (tool, kind) in tools_and_kinds() {
        let key = identity(kind);
        for size in sizes {
            let plain = content(size);
            let ours = seal(&[key.recipient()], StanzaPadding::None, &plain);
            assert!(tool.decrypt(&key.to_text(), &ours).unwrap() == plain, "ours to theirs: {tool:?} {kind:?} {size}");
            let theirs = tool.encrypt(&[key.recipient()], &plain).unwrap();
            assert!(open(&theirs, slice::from_ref(&key)).unwrap() == plain, "theirs to ours: {tool:?} {kind:?} {size}");
            // One recipient, one content: the two formats agree to the byte in length.
            assert_eq!(ours.len(), theirs.len(), "{tool:?} {kind:?} {size}");
        }
    }
}

#[test]
fn every_recipient_opens_and_dummies_disturb_nobody() {
    for (tool, kind) in tools_and_kinds() {
        let keys: Vec<Identity> = (0..9).map(|_| identity(kind)).collect();
        let plain = content(1000);
        for count in [1, 3, 5, 9] {
            let chosen = &keys[..count];
            // 4, 4, 8 and 16 stanzas in random order, of which `count` are real.
            let ours = seal(&recipients_of(chosen), StanzaPadding::Anonymous, &plain);
            let theirs = tool.encrypt(&recipients_of(chosen), &plain).unwrap();
            for key in [&chosen[0], &chosen[count / 2], &chosen[count - 1]] {
                assert!(tool.decrypt(&key.to_text(), &ours).unwrap() == plain, "{tool:?} {kind:?} {count}");
            }
            for key in chosen {
                assert!(open(&theirs, slice::from_ref(key)).unwrap() == plain, "{tool:?} {kind:?} {count}");
            }
        }
        // One of several keys in a key file.
        let several: String = keys.iter().map(|key| format!("{}\n", *key.to_text())).collect();
        let ours = seal(&recipients_of(&keys[6..7]), StanzaPadding::Anonymous, &plain);
        assert!(tool.decrypt(&several, &ours).unwrap() == plain, "{tool:?} {kind:?}");
        assert!(open(&ours, &parse_identities(&several).unwrap()).unwrap() == plain);
    }
}

#[test]
fn keys_have_one_text_everywhere() {
    for (tool, kind) in tools_and_kinds() {
        // Theirs: the whole file as they write it, with its comments.
        let file = tool.generate(kind).unwrap();
        let theirs = parse_identities(&file).unwrap().pop().unwrap();
        assert_eq!(theirs.kind(), kind);
        assert!(file.lines().any(|line| line == *theirs.to_text()), "{tool:?} {kind:?}");
        let public = file.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        assert_eq!(theirs.recipient().to_string(), public, "{tool:?} {kind:?}");
        assert_eq!(parse_recipients(public).unwrap(), [theirs.recipient()]);
        // Ours: they derive the same public key from the same secret.
        let mut seeds = vec![[0x5a; 32], [0x01; 32], std::array::from_fn(|i| i as u8)];
        seeds.extend((0..3).map(|_| random::array().unwrap()));
        for seed in seeds {
            let ours = Identity::from_secret(kind, SecretKey::take(&mut seed.clone())).unwrap();
            assert_eq!(tool.public(&ours.to_text()).unwrap(), ours.recipient().to_string(), "{tool:?} {kind:?}");
            if let Some(typage) = Typage::of(&tool) {
                assert_eq!(typage.key_text(kind, &seed), *ours.to_text(), "{kind:?}");
            }
        }
    }
}

#[test]
fn a_wrong_key_opens_nothing_anywhere() {
    for (tool, kind) in tools_and_kinds() {
        let (right, wrong) = (identity(kind), identity(kind));
        let plain = content(100);
        for padding in [StanzaPadding::None, StanzaPadding::Anonymous] {
            let ours = seal(&[right.recipient()], padding, &plain);
            let said = tool.decrypt(&wrong.to_text(), &ours);
            assert!(is_no_match(&said), "{tool:?} {kind:?}: {said:?}");
        }
        let theirs = tool.encrypt(&[right.recipient()], &plain).unwrap();
        assert_eq!(open(&theirs, slice::from_ref(&wrong)), Err(AgeError::NoMatchingKey), "{tool:?} {kind:?}");
        // A key of the other kind is a wrong key too, not a malformed one.
        for other in KINDS.into_iter().filter(|other| *other != kind) {
            assert_eq!(open(&theirs, &[identity(other)]), Err(AgeError::NoMatchingKey), "{tool:?} {kind:?}");
        }
    }
}

/// The ways a file can be damaged that any reader must notice.
fn damaged(sealed: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mac = sealed.windows(5).position(|window| window == b"\n--- ").unwrap() + 5;
    let payload = mac + 44;
    let flip = |at: usize| {
        let mut bytes = sealed.to_vec();
        // Stays in base64's alphabet inside the header, so that what fails is the MAC.
        bytes[at] = if at < payload { if bytes[at] == b'A' { b'B' } else { b'A' } } else { bytes[at] ^ 1 };
        bytes
    };
    let chunk = CHUNK_LEN + 16;
    vec![
        ("MAC", flip(mac)),
        ("nonce", flip(payload)),
        ("first chunk", flip(payload + 16)),
        ("last byte", flip(sealed.len() - 1)),
        ("one byte short", sealed[..sealed.len() - 1].to_vec()),
        ("cut between chunks", sealed[..payload + 16 + chunk].to_vec()),
        ("cut before the payload", sealed[..payload].to_vec()),
        ("cut in the header", sealed[..mac].to_vec()),
        ("one byte more", [sealed, b"\0"].concat()),
    ]
}

#[test]
fn damage_is_refused_by_both() {
    for (tool, kind) in tools_and_kinds() {
        let key = identity(kind);
        let plain = content(2 * CHUNK_LEN + 5);
        let ours = seal(&[key.recipient()], StanzaPadding::Anonymous, &plain);
        for (what, bytes) in damaged(&ours) {
            assert!(tool.decrypt(&key.to_text(), &bytes).is_err(), "{tool:?} {kind:?}: {what}");
            assert!(open(&bytes, slice::from_ref(&key)).is_err(), "{kind:?}: {what}");
        }
        let theirs = tool.encrypt(&[key.recipient()], &plain).unwrap();
        for (what, bytes) in damaged(&theirs) {
            assert!(open(&bytes, slice::from_ref(&key)).is_err(), "{tool:?} {kind:?}: {what}");
        }
    }
}

#[test]
fn what_we_do_not_read_is_refused_by_name() {
    let key = identity(KeyKind::Classic);
    for tool in external::all() {
        if let Some(typage) = Typage::of(&tool) {
            let sealed = typage.encrypt_with_passphrase("correct horse", b"x");
            assert_eq!(open(&sealed, slice::from_ref(&key)), Err(AgeError::PassphraseProtected));
            // They let classic and post-quantum keys share a file; we never write one, but their recipients can read it.
            let other = identity(KeyKind::PostQuantum);
            let mixed = tool.encrypt(&[key.recipient(), other.recipient()], b"mixed").unwrap();
            assert_eq!(open(&mixed, slice::from_ref(&key)).unwrap(), b"mixed");
            assert_eq!(open(&mixed, slice::from_ref(&other)).unwrap(), b"mixed");
        }
        if let Tool::Cli { age, .. } = &tool {
            let mut command = Command::new(age);
            command.args(["-e", "-a", "-r", &key.recipient().to_string()]);
            let armored = external::run(&mut command, b"x").unwrap();
            assert_eq!(open(&armored, slice::from_ref(&key)), Err(AgeError::Armored));
        }
    }
}

#[test]
fn an_addressee_tag_is_a_stanza_that_others_can_open() {
    let Some(tool) = external::typage() else { return };
    let typage = Typage::of(&tool).unwrap();
    for kind in KINDS {
        let (mine, other) = (identity(kind), identity(kind));
        let tag = mine.recipient().make_addressee_tag(b"report id").unwrap();
        let proof = hash::labelled(labels::ADDRESSEE, &[b"report id"]);
        assert_eq!(typage.unwrap_stanza(&mine.to_text(), &tag), Some(hex::encode(&proof[..16])), "{kind:?}");
        assert_eq!(typage.unwrap_stanza(&other.to_text(), &tag), None, "{kind:?}");
        let decoy = Recipient::make_decoy_tag(kind).unwrap();
        assert_eq!(typage.unwrap_stanza(&mine.to_text(), &decoy), None, "{kind:?}");
    }
}

/// A sealed report, and what must come out of it again.
struct Report {
    sealed: Vec<u8>,
    /// Everything but the manifest and its signature.
    files: BTreeMap<String, Vec<u8>>,
    is_signed: bool,
}

/// Five entries, of which those of the two pieces of evidence are disclosed.
fn excerpt(evidence: &[Vec<u8>]) -> Disclosure {
    let (key, _) = SigningKey::generate().unwrap();
    let (mut tree, mut lines, mut prev) = (MemoryTree::new(), Vec::new(), FIRST_PREV);
    let hashes = [evidence.first(), None, evidence.get(1), None, evidence.get(2)];
    for (seq, content) in (0..).zip(hashes) {
        let event = if content.is_some() { Event::Imported } else { Event::Viewed };
        let mut entry = Entry::new(seq, prev, "2026-11-23T10:00:00Z", event, "user", "amparo-core 0.1.0").unwrap();
        entry.sha256 = content.map(|bytes| hash::sha256(bytes));
        let line = entry.to_line().unwrap();
        prev = leaf_hash(&line);
        tree.push(prev).unwrap();
        lines.push(line);
    }
    let head = Head { size: 5, root: root(&tree, 5).unwrap(), chain: prev, time: "2026-11-23T11:00:00Z".into() };
    let note = head.sign(&key).unwrap();
    let chosen = [&lines[0], &lines[2], &lines[4]];
    disclose(&tree, &chosen, &note, &key.verifying_key()).unwrap()
}

fn report_for(recipients: &[Recipient], is_signed: bool) -> Report {
    let id = ReportId::generate().unwrap();
    // More than a chunk, exactly a block, and nothing: where a tar's borders are.
    let evidence = [content(3 * CHUNK_LEN + 77), content(512), Vec::new()];
    let names = [("photo", "jpg"), ("audio-derivative", "opus"), ("document", "pdf")];
    let items = evidence.iter().zip(names).map(|(bytes, (kind, extension))| EvidenceItem {
        kind: kind.into(),
        extension: extension.into(),
        size: bytes.len() as u64,
        sha256: hash::sha256(bytes),
        open: Box::new(|| Ok(Box::new(bytes.as_slice()))),
    });
    let view = ReportView {
        language: "ar".into(),
        report_id: id.to_string(),
        title: "اعتقال أمام المحكمة".into(),
        narrative: "Se llevaron los ordenadores. <b>Дверь выломали.</b>".into(),
        facts: vec![Fact::new("Urgency", "imminent")],
        ..ReportView::default()
    };
    let (key, _) = SigningKey::generate().unwrap();
    let commitments = "{\"schema\":\"amparo.fields/1\"}\n";
    let request = SealRequest {
        report_id: id,
        created: "2026-11-23".into(),
        core: "amparo-core 0.1.0".into(),
        readme: readme::text("en"),
        report_html: render(&view).unwrap(),
        report_md: markdown::render(&view),
        report_json: "{\"schema\":\"amparo.report/1\",\"title\":\"اعتقال أمام المحكمة\"}\n".into(),
        evidence: items.collect(),
        custody: is_signed.then(|| excerpt(&evidence)),
        extra: vec![ExtraFile { path: "disclosure/fields.json".into(), content: commitments.into() }],
        reply: Some(identity(KeyKind::PostQuantum).recipient()),
        sender: if is_signed { Sender::Case(&key) } else { Sender::Anonymous },
    };
    let mut sealed = Vec::new();
    let prepared = request.prepare(recipients).unwrap();
    let written = prepared.write(&mut sealed, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((written.size, written.sha256), (sealed.len() as u64, hash::sha256(&sealed)));
    let text = |path: &str, content: &[u8]| (path.to_owned(), content.to_vec());
    let mut files = BTreeMap::from([
        text("README.txt", request.readme.as_bytes()),
        text("report.html", request.report_html.as_bytes()),
        text("report.md", request.report_md.as_bytes()),
        text("report.json", &request.report_json),
        text("evidence/01-photo.jpg", &evidence[0]),
        text("evidence/02-audio-derivative.opus", &evidence[1]),
        text("evidence/03-document.pdf", &evidence[2]),
        text("disclosure/fields.json", commitments.as_bytes()),
    ]);
    if let Some(custody) = &request.custody {
        files.extend([
            text("custody/entries.jsonl", &custody.entries),
            text("custody/proofs.json", &custody.proofs),
            text("custody/head.txt", &custody.head),
        ]);
    }
    Report { sealed, files, is_signed }
}

/// All files under `folder`, by their paths relative to it.
fn read_all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

/// The commands that the text of every report gives its reader: the indented block that contains `word`.
fn instructions(word: &str) -> String {
    let text = readme::text("en");
    let block = text.split("\n\n").find(|block| block.starts_with("  ") && block.contains(word));
    block.unwrap().lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Runs commands of the instructions in `folder`, with the tool as `age`, and gives what they said. They must say nothing on
/// standard error.
fn follow(tool: &Tool, commands: &str, folder: &Path) -> Result<String, Refused> {
    let programs = tempfile::tempdir().unwrap();
    tool.install_as_age(programs.path());
    let mut path = programs.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", &format!("exec 2>&1\n{commands}")]);
    command.current_dir(folder).env("PATH", path).env("LC_ALL", "C");
    match external::run(&mut command, b"") {
        Ok(said) => Ok(String::from_utf8(said).unwrap()),
        Err(refused) => Err(refused),
    }
}

/// Opens a report by its own instructions and checks every byte of it, by hand and with the desk.
fn follow_the_instructions(tool: &Tool, kind: KeyKind, report: &Report, mine: &Identity) {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("report.age"), &report.sealed).unwrap();
    fs::write(work.path().join("key.txt"), format!("# my key\n{}\n", *mine.to_text())).unwrap();
    let said = follow(tool, &instructions("age -d -i"), work.path()).unwrap();
    assert_eq!(said, "", "{tool:?} {kind:?}: opens without a warning");

    let opened = work.path().join("opened");
    let mut files = read_all(&opened);
    let manifest = Manifest::parse(&files.remove("manifest.json").unwrap()).unwrap();
    assert_eq!(files.remove("manifest.sig").is_some(), report.is_signed);
    let reply = files.remove("reply.json").unwrap();
    assert!(String::from_utf8(reply).unwrap().contains("\"recipient\": \"age1pq1"));
    assert!(files == report.files, "{tool:?} {kind:?}: every file, bit for bit, and no other");

    let checked = follow(tool, &instructions("sha256sum -c"), &opened).unwrap();
    assert!(checked.lines().all(|line| line.ends_with(": OK")), "{checked}");
    assert_eq!(checked.lines().count(), manifest.files.len());
    assert_eq!(checked.lines().count(), report.files.len() + 1, "the files and reply.json");

    let verdict = amparo_desk::verify(&opened, slice::from_ref(mine), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(verdict.ok && verdict.addressee == Addressee::You, "{tool:?} {kind:?}: {:?}", verdict.items);
    assert_eq!(verdict.sender.unwrap().signed, report.is_signed);
    let codes: Vec<Code> = verdict.items.iter().map(|finding| finding.code).collect();
    let expected = if report.is_signed { Code::CustodyProven } else { Code::CustodyAbsent };
    assert!(codes.contains(&expected));
    assert_eq!(
        codes.iter().filter(|code| **code == Code::EvidenceInCustody).count(),
        if report.is_signed { 3 } else { 0 }
    );

    // The same check finds a single changed byte, with their tools and with ours.
    let photo = opened.join("evidence/01-photo.jpg");
    let mut bytes = fs::read(&photo).unwrap();
    bytes[70_000] ^= 1;
    fs::write(photo, bytes).unwrap();
    assert!(follow(tool, &instructions("sha256sum -c"), &opened).is_err());
    let verdict = amparo_desk::verify(&opened, slice::from_ref(mine), &mut |_| ControlFlow::Continue(())).unwrap();
    let faults: Vec<_> = verdict.faults().map(|fault| (fault.code, fault.item.as_deref())).collect();
    assert!(!verdict.ok);
    assert_eq!(faults[0], (Code::FileAltered, Some("evidence/01-photo.jpg")));
}

#[test]
fn a_sealed_report_opens_by_its_own_instructions() {
    for (tool, kind) in tools_and_kinds() {
        for is_signed in [true, false] {
            let keys: Vec<Identity> = (0..3).map(|_| identity(kind)).collect();
            let report = report_for(&recipients_of(&keys), is_signed);
            follow_the_instructions(&tool, kind, &report, &keys[1]);
        }
    }
}

#[test]
fn a_sealed_report_stays_closed_to_others() {
    for (tool, kind) in tools_and_kinds() {
        let report = report_for(&[identity(kind).recipient()], true);
        let stranger = identity(kind);
        assert!(is_no_match(&tool.decrypt(&stranger.to_text(), &report.sealed)), "{tool:?} {kind:?}");
        let work = tempfile::tempdir().unwrap();
        fs::write(work.path().join("report.age"), &report.sealed).unwrap();
        fs::write(work.path().join("key.txt"), stranger.to_text().as_bytes()).unwrap();
        assert!(follow(&tool, &instructions("age -d -i"), work.path()).is_err(), "{tool:?} {kind:?}");
        assert!(read_all(&work.path().join("opened")).is_empty());
    }
}

#[test]
fn the_desk_opens_what_others_sealed() {
    let go = &mut |_| ControlFlow::Continue(());
    for (tool, kind) in tools_and_kinds() {
        let (desk, third) = (identity(kind), identity(kind));
        let report = report_for(&[desk.recipient()], true);
        let bundle = tool.decrypt(&desk.to_text(), &report.sealed).unwrap();
        let work = tempfile::tempdir().unwrap();
        let (file, outdir) = (work.path().join("resealed.age"), work.path().join("out"));

        // Sealed again for the same desk: nothing is lost.
        let resealed = tool.encrypt(&[desk.recipient()], &bundle).unwrap();
        fs::write(&file, &resealed).unwrap();
        let opened = amparo_desk::open(&file, slice::from_ref(&desk), &outdir, go).unwrap();
        assert!(opened.verdict.ok, "{tool:?} {kind:?}: {:?}", opened.verdict.items);
        assert_eq!((opened.size, opened.sha256), (resealed.len() as u64, hash::sha256(&resealed)));
        let files = read_all(&outdir);
        assert!(report.files.iter().all(|(path, content)| files.get(path) == Some(content)), "{tool:?} {kind:?}");

        // Passed on to somebody else: it opens, and says so.
        fs::write(&file, tool.encrypt(&[third.recipient()], &bundle).unwrap()).unwrap();
        let verdict = amparo_desk::verify(&file, slice::from_ref(&third), go).unwrap();
        assert_eq!(verdict.addressee, Addressee::SomebodyElse);
        assert_eq!(verdict.faults().map(|fault| fault.code).collect::<Vec<_>>(), [Code::NotAddressedToYou]);
        let refused = amparo_desk::verify(&file, slice::from_ref(&desk), go);
        assert_eq!(refused.unwrap_err(), DeskError::ForSomebodyElse);

        // Packed again by another tar: headers of another form, which the desk does not take from strangers.
        let packed = external::run(Command::new("tar").arg("c").arg(".").current_dir(&outdir), b"").unwrap();
        fs::write(&file, tool.encrypt(&[desk.recipient()], &packed).unwrap()).unwrap();
        let again = work.path().join("again");
        let refused = amparo_desk::open(&file, slice::from_ref(&desk), &again, go).unwrap_err();
        assert!(matches!(refused, DeskError::Hostile { entry: 1, .. }), "{refused:?}");
        assert!(!again.exists());
        // And something that is no report at all.
        fs::write(&file, tool.encrypt(&[desk.recipient()], b"hello").unwrap()).unwrap();
        assert_eq!(amparo_desk::open(&file, slice::from_ref(&desk), &again, go).unwrap_err(), DeskError::NotAReport);
    }
}
