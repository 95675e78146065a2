use std::fs;

use super::*;
use crate::{
    args::{CardKeys, DeskCard as Command},
    output::Output,
};

fn context() -> Context {
    Context { output: Output::new(true), passphrase_file: None }
}

#[test]
fn from_a_new_card_through_rotation_and_a_picture_back_to_a_card() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let context = context();
    let run = |command| run(&context, command);
    let keys = || CardKeys { signing_key: at("sign"), identity: at("keys"), days: 365 };
    let new = |endpoint: &str| {
        Command::New(Box::new(args::NewCard {
            output: at("card"),
            keys: keys(),
            name: "Línea".into(),
            kind: "hotline".into(),
            languages: vec!["es".into()],
            endpoints: vec![endpoint.into()],
            max_report: Some(1 << 20),
            max_evidence: None,
            media_types: vec!["image/*".into()],
            form: None,
            policy_url: None,
            classic: false,
        }))
    };
    for bad in ["desk@example.org", "email=desk", "https=http://example.org", "phone=112"] {
        assert!(run(new(bad)).is_err(), "{bad}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing is written for what is refused");
    assert!(run(new("email=desk@example.org")).unwrap());
    assert!(run(new("email=desk@example.org")).is_err(), "nothing is overwritten");
    assert!(run(Command::Rotate { card: at("card"), keys: keys() }).unwrap());
    let show = |files: &[&str], png: Option<&str>, output: Option<&str>| {
        let (files, qr) = (files.iter().map(|name| at(name)).collect(), png.is_some());
        run(Command::Show { files, qr, png: png.map(at), output: output.map(at), on: None })
    };
    assert!(show(&["card"], Some("codes.png"), None).unwrap());
    assert!(show(&["codes.png"], None, Some("read")).unwrap());
    let card = fs::read(at("card")).unwrap();
    assert_eq!(fs::read(at("read")).unwrap(), card);
    assert!(show(&["codes.png"], Some("codes.png"), None).is_err(), "nothing is overwritten");
    assert!(show(&["card", "codes.png"], None, None).is_err());
    assert!(show(&["sign"], None, None).is_err() && show(&["none"], None, None).is_err());
    // Pictures of one code each: what is missing is said, and all of them together are a card.
    let card = Card::parse(&card).unwrap();
    let texts = parts(&card, PART_CHARS);
    let names: Vec<String> = (0..texts.len()).map(|n| format!("{n}.png")).collect();
    for (name, text) in names.iter().zip(&texts) {
        fs::write(at(name), qr::sheet(&qr::codes(&[text]).unwrap(), 4).unwrap().png()).unwrap();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let failure = show(&names[1..], None, None).unwrap_err().to_string();
    assert!(failure.contains("missing: 1;"), "{failure}");
    assert!(show(&names, None, None).unwrap());
    // Pictures that are damaged anywhere are read or refused.
    let png = fs::read(at("0.png")).unwrap();
    for at in (0..png.len()).step_by(7) {
        let mut changed = png.clone();
        changed[at] ^= 0x55;
        let _ = picture::qr_texts(&changed);
        let _ = picture::qr_texts(&png[..at]);
    }
}

#[test]
fn the_kinds_of_cards_are_those_of_the_core() {
    use amparo_core::incident::RecipientKind;
    let core: Vec<&str> = RecipientKind::KNOWN.iter().map(RecipientKind::as_str).collect();
    assert_eq!(core, amparo_card::kind::KNOWN);
}

#[test]
fn a_scanner_s_lines_are_the_codes_texts_with_their_spaces() {
    assert_eq!(
        texts_of(b"AMPARO-CARD/1/1/2/00/A \r\n\nAMPARO-CARD/1/2/2/00/B\n").unwrap(),
        ["AMPARO-CARD/1/1/2/00/A ", "AMPARO-CARD/1/2/2/00/B"]
    );
    assert!(texts_of(b"\xff").is_err());
}
