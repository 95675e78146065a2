//! A card from the desk that makes it to the report that is sealed with it, command by command: on a sheet of QR codes, compared in words,
//! made anew, posed as by somebody else.

#![allow(missing_docs)]

use std::fs;

use amparo_tests::command::Place;
use serde_json::Value;

struct Desk<'a> {
    place: &'a Place,
    name: &'a str,
}

impl Desk<'_> {
    fn path(&self, file: &str) -> String {
        self.place.path(&format!("{}-{file}", self.name)).to_str().unwrap().to_owned()
    }

    /// Makes the card; the answer of the command.
    fn new_card(&self) -> Value {
        let (card, key, identity) = (self.path("card"), self.path("signing.key"), self.path("keys.txt"));
        self.place.json(&[
            "desk",
            "card",
            "new",
            "--output",
            &card,
            "--signing-key",
            &key,
            "--identity",
            &identity,
            "--name",
            "Línea",
            "--kind",
            "hotline",
            "--language",
            "es",
            "--endpoint",
            "email=desk@example.org",
            "--classic",
        ])
    }

    fn rotate(&self) {
        let (card, key, identity) = (self.path("card"), self.path("signing.key"), self.path("keys.txt"));
        let answer = self.place.run(&["desk", "card", "rotate", &card, "--signing-key", &key, "--identity", &identity]);
        assert_eq!(answer.code, 0, "{}", answer.err);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The words of a card's fingerprint as they would be read aloud.
fn words(card: &Value) -> String {
    let words = text(&card["words"]);
    assert_eq!(words.split(' ').count(), 13);
    words
}

#[test]
fn a_card_on_paper_becomes_a_report_that_its_desk_opens() {
    let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
    place.create_vault();
    let vault = place.vault().to_str().unwrap().to_owned();
    let desk = Desk { place: &place, name: "desk" };
    let words = words(&desk.new_card());
    let sheet = desk.path("sheet.png");
    assert_eq!(place.run(&["desk", "card", "show", &desk.path("card"), "--png", &sheet]).code, 0);

    // Nobody compared anything yet, and there is nobody to ask.
    let import = |more: &[&str]| place.run(&[&["recipient", "import", &vault], more].concat());
    let refused = import(&[&sheet]);
    assert_ne!(refused.code, 0);
    assert!(refused.err.contains("--fingerprint"), "{}", refused.err);
    let mistyped = words.replacen(words.split(' ').next().unwrap(), "aardvark", 1);
    assert_ne!(import(&[&sheet, "--fingerprint", &mistyped]).code, 0);
    assert_eq!(place.json(&["recipient", "list", &vault])["recipients"].as_array().unwrap().len(), 0);
    let imported = import(&[&sheet, "--fingerprint", &words]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let listed = place.json(&["recipient", "list", &vault]);
    let id = text(&listed["recipients"][0]["card"]);

    // Made anew: taken without being compared. Somebody else's under another id, and a step back, are not.
    let first = fs::read(desk.path("card")).unwrap();
    desk.rotate();
    assert_eq!(import(&[&desk.path("card")]).code, 0);
    let older = desk.path("older");
    fs::write(&older, first).unwrap();
    let rollback = import(&[&older]);
    assert_ne!(rollback.code, 0);
    assert!(rollback.err.contains("older"), "{}", rollback.err);
    let other = Desk { place: &place, name: "other" };
    other.new_card();
    let posing = place.run(&["recipient", "offer", &vault, &other.path("card")]);
    assert!(posing.out.contains("is here already with another key"), "{}", posing.out);

    let incident = text(&place.json(&["incident", "new", &vault, "--text", "They took the computers."])["id"]);
    let sealed = place.path("report.age").to_str().unwrap().to_owned();
    let beginning = &id[..6];
    let answer =
        place.run(&["report", "seal", &vault, "--incident", &incident, "--recipient", beginning, "-o", &sealed]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let out = place.path("opened").to_str().unwrap().to_owned();
    let opened = place.run(&["desk", "open", &sealed, "-i", &desk.path("keys.txt"), "-o", &out]);
    assert_eq!(opened.code, 0, "{}", opened.err);
    assert!(fs::read_to_string(place.path("opened/report.md")).unwrap().contains("They took the computers."));
    let not_theirs = place.path("not-theirs").to_str().unwrap().to_owned();
    assert_ne!(place.run(&["desk", "open", &sealed, "-i", &other.path("keys.txt"), "-o", &not_theirs]).code, 0);

    assert_eq!(place.run(&["recipient", "remove", &vault, &id]).code, 0);
    let gone = place.run(&["report", "seal", &vault, "--incident", &incident, "--recipient", &id, "-o", &not_theirs]);
    assert_ne!(gone.code, 0);
}
