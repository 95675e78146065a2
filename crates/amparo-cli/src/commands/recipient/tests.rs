use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use amparo_core::{
    CreateOptions, KdfParams, SystemClock,
    recipient::{Accepts, Card, CardContent, CardKey, PublicKey},
    report::{FieldChoice, KeyKind, Recipient as Key, ReportRequest},
};
use amparo_crypto::{SecretKey, kdf::Passphrase, sign::SigningKey};
use clap::Parser as _;
use time::Duration;

use super::*;
use crate::{
    args::{Cli, Command},
    commands::report::{self, recipients},
    output::Output,
};

struct Home {
    dir: tempfile::TempDir,
    context: Context,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let passphrase = dir.path().join("passphrase");
        fs::write(&passphrase, "correct horse battery staple\n").unwrap();
        let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
        let secret = Passphrase::new(b"correct horse battery staple").unwrap();
        Amparo::create(&dir.path().join("vault"), &secret, &options, Arc::new(SystemClock)).unwrap().lock().unwrap();
        Self { dir, context: Context { output: Output::new(true), passphrase_file: Some(passphrase) } }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command line; `{name}` stands for a path here.
    fn run(&self, line: &[&str]) -> Result<bool, Failure> {
        let at = |word: &&str| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            Some(name) => self.at(name).to_str().unwrap().to_owned(),
            None => (*word).to_owned(),
        };
        let cli = Cli::try_parse_from(std::iter::once("amparo".to_owned()).chain(line.iter().map(at))).unwrap();
        match cli.command {
            Command::Recipient(command) => run(&self.context, command),
            Command::Report(command) => report::run(&self.context, command),
            _ => panic!("{line:?}"),
        }
    }

    fn refused(&self, line: &[&str]) -> String {
        self.run(line).unwrap_err().to_string()
    }

    fn vault<T>(&self, work: impl FnOnce(&Amparo) -> T) -> T {
        self.context.with_vault(&self.at("vault"), |amparo| Ok(work(amparo))).unwrap()
    }

    fn known(&self) -> Vec<(CardId, Vec<u8>, String)> {
        self.vault(|amparo| {
            let all = amparo.recipients().list(None).unwrap();
            let card = |id| amparo.recipients().card(id).unwrap().bytes().to_vec();
            all.into_iter().map(|found| (found.id, card(found.id), found.note)).collect()
        })
    }

    fn write(&self, name: &str, card: &Card) {
        fs::write(self.at(name), card.bytes()).unwrap();
    }

    fn trust(&self, card: &Card) {
        self.vault(|amparo| amparo.recipients().import(card.bytes(), Some(card.fingerprint())).unwrap());
    }
}

fn content(id: u8, version: u64) -> CardContent {
    let today = day(None).unwrap();
    let key = Key::from_bytes(KeyKind::Classic, &[id & 0x7f; 32]).unwrap();
    CardContent {
        id: CardId::from_bytes([id; 16]),
        version,
        name: format!("Desk {id}"),
        kind: "lawyer".into(),
        languages: Vec::new(),
        keys: vec![CardKey { public: PublicKey::Known(key), not_after: today + Duration::days(300) }],
        endpoints: Vec::new(),
        accepts: Accepts::default(),
        policy_url: None,
        issued: today - Duration::days(10),
        expires: today + Duration::days(300),
    }
}

fn sign(content: &CardContent, seed: u8) -> Card {
    content.sign(&SigningKey::from_seed(&SecretKey::take(&mut [seed; 32]))).unwrap()
}

/// One that expired yesterday.
fn expired(content: CardContent) -> CardContent {
    let yesterday = day(None).unwrap() - Duration::days(1);
    let keys = content.keys.iter().map(|key| CardKey { not_after: yesterday, ..key.clone() }).collect();
    CardContent { keys, expires: yesterday, ..content }
}

#[test]
fn a_first_card_is_taken_by_the_fingerprint_that_was_compared_and_no_other() {
    let home = Home::new();
    let card = sign(&content(0x11, 1), 7);
    home.write("card", &card);
    let import = ["recipient", "import", "{vault}", "{card}"];
    // Nobody can be asked here: what to do is said, with what to compare.
    let told = home.refused(&import);
    assert!(told.contains(&card.fingerprint().to_string()) && told.contains("--fingerprint"), "{told}");
    let theirs = sign(&content(0x11, 1), 8).fingerprint();
    for wrong in [theirs.to_string(), theirs.words().join(" "), "yes".into(), String::new()] {
        let told = home.refused(&[&import[..], &["--fingerprint", &wrong]].concat());
        assert!(told.contains("fingerprint") && (wrong.is_empty() || !told.contains(&wrong)), "{told}");
    }
    assert!(home.known().is_empty());
    assert!(home.run(&["recipient", "offer", "{vault}", "{card}"]).unwrap());
    let words = card.fingerprint().words().join(" ");
    assert!(home.run(&[&import[..], &["--fingerprint", &words]].concat()).unwrap());
    assert!(home.run(&import).unwrap(), "the same once more");

    let newer = sign(&content(0x11, 2), 7);
    home.write("card", &newer);
    assert!(home.run(&import).unwrap());
    assert_eq!(home.known(), [(card.id(), newer.bytes().to_vec(), String::new())]);
}

#[test]
fn whatever_somebody_else_hands_over_changes_nothing() {
    let home = Home::new();
    let trusted = sign(&content(0x11, 5), 7);
    home.trust(&trusted);
    let before = home.known();
    let mut flipped = sign(&content(0x11, 6), 7).bytes().to_vec();
    flipped[300] ^= 4;
    let noise: Vec<u8> =
        (0..16 * 1024u32).map(|i| (i.wrapping_mul(2_654_435_761).rotate_left(i % 32) >> 11) as u8).collect();
    let posing = sign(&content(0x11, 6), 8);
    for (offered, told) in [
        (posing.bytes().to_vec(), "another key"),
        (sign(&content(0x11, 4), 7).bytes().to_vec(), "older"),
        (sign(&CardContent { name: "Other".into(), ..content(0x11, 5) }, 7).bytes().to_vec(), "differs"),
        (sign(&expired(content(0x11, 6)), 7).bytes().to_vec(), "expired"),
        (sign(&expired(content(0x12, 1)), 8).bytes().to_vec(), "expired"),
        (flipped, "signature"),
        ([b"amparo.card/1\n".as_slice(), &noise].concat(), "too large"),
        ([b"amparo.card/1\n".as_slice(), &noise[..9000]].concat(), "too large"),
        (noise, "not a recipient card"),
        (Vec::new(), "not a recipient card"),
    ] {
        fs::write(home.at("card"), &offered).unwrap();
        let mut lines = vec![vec!["recipient", "import", "{vault}", "{card}"]];
        // They hand their own fingerprint over too.
        let theirs = Card::parse(&offered).map(|card| card.fingerprint().to_string()).unwrap_or_default();
        if !theirs.is_empty() {
            lines.push(vec!["recipient", "import", "{vault}", "{card}", "--fingerprint", &theirs]);
            assert!(!home.run(&["recipient", "offer", "{vault}", "{card}"]).unwrap(), "{told}");
        }
        for line in lines {
            let refused = home.refused(&line);
            assert!(refused.contains(told), "{told}: {refused}");
        }
        assert_eq!(home.known(), before, "{told}");
    }
    // A first card by the name of somebody who is here: both are shown.
    let posing = sign(&CardContent { name: "desk 17".into(), ..content(0x12, 1) }, 8);
    let lines = home.vault(|amparo| {
        let offer = amparo.recipients().offer(posing.bytes()).unwrap();
        namesakes(amparo, &offer).unwrap().iter().map(namesake_line).collect::<Vec<_>>()
    });
    assert!(lines.len() == 1 && lines[0].contains(&trusted.fingerprint().to_string()), "{lines:?}");
}

#[test]
fn an_answer_is_a_fingerprint_or_a_yes() {
    let [shown, other] = [7, 8].map(|seed| sign(&content(1, 1), seed).fingerprint());
    for yes in ["yes\n", " YES ", &shown.to_string(), &shown.words().join(", ")] {
        assert_eq!(answered(yes, shown).unwrap(), shown, "{yes}");
    }
    // What was typed decides, not what was shown: the core refuses the card then.
    assert_eq!(answered(&other.words().join(" "), shown).unwrap(), other);
    for no in ["", "\n", "no", "y", "yes yes", "3430"] {
        assert!(answered(no, shown).is_err(), "{no}");
    }
}

#[test]
fn an_id_may_be_given_by_a_beginning_that_is_only_one_s() {
    let home = Home::new();
    for id in [0x11, 0x12, 0xab] {
        home.trust(&sign(&content(id, 1), 7));
    }
    home.vault(|amparo| {
        let found = |id: &str| resolve(amparo, id).map(|id| id.to_bytes()[0]).map_err(|failure| failure.to_string());
        assert_eq!(found("a"), Ok(0xab));
        assert_eq!(found("\u{2068}AB\u{2069} "), Ok(0xab), "as it is copied from a page");
        assert_eq!(found("12"), Ok(0x12));
        assert_eq!(found(&"11".repeat(16)), Ok(0x11));
        assert!(found("1").unwrap_err().contains("several"));
        assert!(found("cd").unwrap_err().contains("no"));
        for malformed in ["", "desk", "-", &"1".repeat(33), "é"] {
            assert!(found(malformed).unwrap_err().contains("beginning"), "{malformed}");
        }
    });
    assert!(home.run(&["recipient", "export", "{vault}", "ab", "-o", "{out}"]).unwrap());
    assert_eq!(fs::read(home.at("out")).unwrap(), sign(&content(0xab, 1), 7).bytes());
    let again = home.refused(&["recipient", "export", "{vault}", "11", "-o", "{out}"]);
    assert_eq!(fs::read(home.at("out")).unwrap(), sign(&content(0xab, 1), 7).bytes(), "{again}");
    assert!(home.run(&["recipient", "remove", "{vault}", "ab"]).unwrap());
    assert!(home.run(&["recipient", "list", "{vault}", "--kind", "lawyer"]).unwrap());
    assert!(home.refused(&["recipient", "list", "{vault}", "--kind", "laywer"]).contains("no such kind"));
    assert!(home.run(&["recipient", "show", "{vault}", "12"]).unwrap());
    assert!(home.run(&["recipient", "show", "{vault}", "ab"]).is_err());
    assert_eq!(home.known().len(), 2);
}

#[test]
fn nothing_of_a_card_drives_the_terminal() {
    // The worst name that passes as a card's: of another direction, with closed isolates.
    let name = "\u{2067}إشارة\u{2069} EXPIRED";
    let home = Home::new();
    home.trust(&sign(&CardContent { name: name.into(), ..content(0x11, 1) }, 7));
    let found = home.vault(|amparo| amparo.recipients().list(None).unwrap().remove(0));
    for line in lines(&found).into_iter().chain([line(&found), namesake_line(&found)]) {
        let shown = crate::output::printable(&line);
        assert_eq!(shown, line, "nothing has to be taken out");
        assert!(!line.contains(name) || line.contains(&isolated(name)), "{line}");
    }
    for name in ["\u{1b}[2J", "\u{202e}", "a\u{2067}b", "a\u{200b}b", "a\nb", "\u{7}"] {
        let content = CardContent { name: format!("Desk{name}"), ..content(0x12, 1) };
        assert!(content.sign(&SigningKey::from_seed(&SecretKey::take(&mut [7; 32]))).is_err(), "{name:?}");
    }
}

fn import_evidence(amparo: &Amparo, incident: amparo_core::IncidentId, source: &Path) {
    fs::write(source, "a letter under the door\n".repeat(4000)).unwrap();
    let request = amparo_core::evidence::ImportRequest { incident: Some(incident), ..Default::default() };
    amparo.evidence().import_file(source, request, &mut amparo_core::evidence::no_progress).unwrap();
}

#[test]
fn recipients_make_one_group_a_kind_and_what_they_do_not_take_is_said() {
    let home = Home::new();
    let media = |id| CardContent { kind: "media".into(), ..content(id, 1) };
    let narrow = Accepts {
        max_report_bytes: Some(1000),
        max_evidence_bytes: Some(2000),
        media_types: vec!["image/*".into()],
        form: Some("general-cso".into()),
    };
    for card in [content(0x11, 1), media(0x12), CardContent { accepts: narrow, ..content(0x13, 1) }] {
        home.trust(&sign(&card, 7));
    }
    let incident = home.vault(|amparo| {
        let incident = amparo.incidents().create("They took my phone.").unwrap().id;
        import_evidence(amparo, incident, &home.at("letter.txt"));
        let mut request = ReportRequest::to_groups(incident, Vec::new());
        let ids = ["12", "13", "11"].map(str::to_owned);
        let members = recipients::add(amparo, &ids, &FieldChoice::default(), &mut request).unwrap();
        let groups: Vec<_> = request.groups.iter().map(|g| (g.kind.as_str(), g.recipients.len())).collect();
        assert_eq!(groups, [("media", 1), ("lawyer", 2)]);
        let previews = amparo.reports().preview(&request).unwrap();
        let notes = recipients::notes(&members, &request, &previews);
        let codes: Vec<_> = notes.iter().map(|note| (note.group, note.value()["code"].clone())).collect();
        let lawyer = |code: &str| (1, json!(code));
        let expected = ["report_too_large", "evidence_too_large", "media_type_not_taken", "form_asked_for"].map(lawyer);
        assert_eq!(codes, expected);
        assert!(notes.iter().all(|note| note.value()["recipient"] == json!("13".repeat(16))));
        let twice = recipients::add(amparo, &["11".into(), "11".into()], &FieldChoice::default(), &mut request);
        assert!(twice.is_err());
        incident.to_string()
    });
    let seal = |who: &[&str], output: &str| {
        home.run(&[&["report", "seal", "{vault}", "--incident", &incident, "-o", output, "--recipient"], who].concat())
    };
    assert!(seal(&["12", "13", "11"], "{report.age}").unwrap());
    assert!(home.at("report.age").exists() && home.at("report-lawyer.age").exists());
    assert!(
        home.run(&["report", "preview", "{vault}", "--incident", &incident, "--recipient", "12", "--recipient", "13"])
            .unwrap()
    );
    assert!(seal(&["11", "ff"], "{other.age}").is_err());
    assert!(!home.at("other.age").exists());
}

#[test]
fn who_expired_is_named() {
    let home = Home::new();
    // Imported while it was valid: the clock is what moves.
    let card = sign(&expired(CardContent { name: "Desk of Nour".into(), ..content(0x11, 1) }), 7);
    let options = CreateOptions { kdf: Some(KdfParams::FLOOR), ..CreateOptions::default() };
    let secret = Passphrase::new(b"correct horse battery staple").unwrap();
    let earlier = Amparo::create(&home.at("other"), &secret, &options, Arc::new(Past)).unwrap();
    earlier.recipients().import(card.bytes(), Some(card.fingerprint())).unwrap();
    earlier.lock().unwrap();
    drop(earlier);
    let listed = home.run(&["recipient", "show", "{other}", "11"]);
    assert!(listed.unwrap());
    let incident = "0".repeat(32);
    let told = home.refused(&["report", "preview", "{other}", "--incident", &incident, "--recipient", "11"]);
    assert!(told.contains("Desk of Nour") && told.contains("expired"), "{told}");
}

/// Three days ago.
struct Past;

impl amparo_core::Clock for Past {
    fn now(&self) -> amparo_core::Stamp {
        let now = amparo_core::Clock::now(&SystemClock);
        amparo_core::Stamp { time: amparo_core::Timestamp::from_unix(now.time.unix() - 3 * 86_400), clock: now.clock }
    }
}
