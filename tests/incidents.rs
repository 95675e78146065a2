//! Incidents as their users handle them, command by command: what was written is kept, found and told apart, and bad input
//! changes nothing.

#![allow(missing_docs)]

use std::{
    fs,
    io::Write as _,
    process::{Child, Stdio},
};

use amparo_tests::{
    command::{Answer, Place},
    document::medium,
};
use serde_json::{Value, json};

struct Scene {
    place: Place,
    vault: String,
}

impl Scene {
    fn new() -> Self {
        let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
        place.create_vault();
        let vault = place.vault().to_str().unwrap().to_owned();
        Self { place, vault }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.place.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn json(&self, topic: &str, args: &[&str]) -> Value {
        self.place.json(&[&["incident", topic, &self.vault], args].concat())
    }

    fn run(&self, topic: &str, args: &[&str]) -> Answer {
        self.place.run(&[&["incident", topic, &self.vault], args].concat())
    }

    fn create(&self, args: &[&str]) -> String {
        self.json("new", args)["id"].as_str().unwrap().to_owned()
    }

    fn saved_from_json(&self, record: &Value) -> String {
        let file = self.file("record.json", record.to_string());
        self.create(&["--json-file", &file])
    }

    fn shown(&self, id: &str) -> Value {
        self.json("show", &[id])["incident"].take()
    }

    /// Everything that an incident's commands could change.
    fn state(&self) -> Value {
        let list = self.json("list", &[]);
        let ids: Vec<String> =
            list["incidents"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect();
        json!([list, ids.iter().map(|id| self.shown(id)).collect::<Vec<_>>()])
    }
}

fn spawn_with_input(scene: &Scene, args: &[&str]) -> Child {
    let mut command = scene.place.prepare(&[&["incident"], args].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn refused(answer: &Answer, what: &str, word: &str) {
    assert_eq!(answer.code, 3, "{what}: {}{}", answer.out, answer.err);
    assert!(answer.err.starts_with("amparo: ") && !answer.err.contains("panicked"), "{what}: {}", answer.err);
    assert!(answer.err.contains(word), "{what}: {}", answer.err);
    assert!(answer.err.len() < 600, "{what}: {}", answer.err);
}

/// A record with every part, in three scripts, with fields and codes of a newer version at every depth.
fn full() -> Value {
    json!({
        "title": "اعتقال تعسفي 🕯️", "narrative": "جاءوا ليلاً.\nПолиция пришла ночью 🚨\n他们拿走了电脑。", "language": "ar-EG",
        "acts": [
            {"code": "arbitrary_detention", "victims": ["000000000000000000000000000000a1"],
             "perpetrators": ["000000000000000000000000000000b1"], "method": "Handcuffed",
             "detention": {"place": "قسم الشرطة", "since": "2026-10-02", "lawyer_access": false, "cell": 4}, "x": [null]},
            {"code": "drone_strike"}],
        "occurred": {"from": "2026-10-02", "to": "2026-10-05", "precision": "day", "calendar": "hijri"},
        "place": {"text": "القاهرة", "country": "EG", "coordinates": {"latitude": 30.0444196, "longitude": 31.2357116},
                  "accuracy_m": 12.5, "precision": "town", "floor": 3},
        "status": "ongoing", "urgency": "imminent", "human_rights_link": "She defends prisoners.",
        "persons": [
            {"id": "000000000000000000000000000000a1", "role": "victim", "name": "ليلى", "pseudonym": "Nour",
             "gender": "woman", "age_band": "30-44", "occupation": "journalist",
             "safe_contact": {"method": "phone", "address": "+20 100", "never_use": ["email"]},
             "consent": {"status": "granted", "scope": ["lawyer", "un_procedure"], "given_by": "herself", "y": 1},
             "confidential": ["name", "safe_contact"]},
            {"id": "000000000000000000000000000000a2", "role": "witness", "nature": "group", "number": 40}],
        "perpetrators": [{"id": "000000000000000000000000000000b1", "kind": "police", "name": "Captain K.",
            "identifiers": [{"kind": "vehicle", "value": "7-UNIT"}]}],
        "online_harms": [{"kind": "doxxing", "platform": "Chirp", "urls": ["https://example.org/1"],
            "reported": {"when": "2026-10", "reference": "T-77"}}],
        "sources": [{"kind": "eyewitness", "person": "000000000000000000000000000000a1", "reliability": "probable"}],
        "support_needs": [{"kind": "legal_support", "amount": {"value": "99.50", "currency": "EUR"}}],
        "requested_actions": [{"kind": "detention_visit", "by_when": "2026-12"}],
        "actions_taken": [{"kind": "medical_care", "by": "Dr. B."}],
        "related": [{"id": "00000000000000000000000000000077", "relation": "follows"}],
        "tags": ["عاجل", "🕊"], "confidential": ["place"],
        "newer": {"deep": [{"number": 0.30000000000000004, "none": null}]}, "big": 18446744073709551615u64
    })
}

fn without_vault_fields(mut incident: Value) -> Value {
    for field in ["schema", "id", "revision", "created", "modified", "evidence"] {
        incident.as_object_mut().unwrap().remove(field);
    }
    incident
}

#[test]
fn a_full_record_goes_in_is_shown_edited_and_compared_and_nothing_of_it_is_lost() {
    let scene = Scene::new();
    let id = scene.saved_from_json(&full());
    let shown = scene.shown(&id);
    assert_eq!((&shown["id"], &shown["revision"]), (&json!(id), &json!(1)));
    assert_eq!(without_vault_fields(shown), full());

    let text = scene.run("show", &[&id]).out;
    for said in [
        "اعتقال تعسفي 🕯️",
        "他们拿走了电脑。",
        "[confidential] القاهرة; EG; 30.0444196, 31.2357116 ±12.5 m; may be told: town",
        "2026-10-02 to 2026-10-05",
        "- [confidential] ليلى (victim, woman, 30-44, journalist)",
        "[confidential] phone; +20 100; never use: email",
        "granted for lawyer, un_procedure; by herself",
        "- witness (group of 40)",
        "Consent        not_asked",
        "- Captain K. (police)",
        "vehicle: 7-UNIT",
        "- drone_strike",
        "By             Captain K.",
        "Lawyer access  no",
        "Link           https://example.org/1",
        "2026-10; T-77",
        "Reliability    probable",
        "99.50 EUR",
        "detention_visit",
        "Dr. B.",
        "00000000000000000000000000000077  follows",
        "newer, big",
    ] {
        assert!(text.contains(said), "{said} in\n{text}");
    }

    let patch = json!({
        "title": "جديد", "human_rights_link": null, "place": {"country": "SD", "floor": null}, "newer": {"more": true},
        "online_harms": [], "status": "ended"
    });
    let patch = scene.file("patch.json", patch.to_string());
    let saved = scene.json("edit", &[&id, "--json-file", &patch, "--revision", "1", "--tag", "🕊", "--tag", "new"]);
    assert_eq!(saved, json!({ "id": id, "revision": 2, "changed": true }));
    let mut expected = full();
    expected["title"] = "جديد".into();
    expected["place"]["country"] = "SD".into();
    expected["status"] = "ended".into();
    expected["newer"]["more"] = true.into();
    expected["tags"] = json!(["عاجل", "🕊", "new"]);
    expected["place"].as_object_mut().unwrap().remove("floor");
    for gone in ["human_rights_link", "online_harms"] {
        expected.as_object_mut().unwrap().remove(gone);
    }
    assert_eq!(without_vault_fields(scene.shown(&id)), expected);
    let first = scene.json("show", &[&id, "--revision", "1"]);
    assert_eq!(without_vault_fields(first["incident"].clone()), full(), "the first revision is as it was");

    let revisions = scene.json("revisions", &[&id]);
    let numbers: Vec<_> = revisions["revisions"].as_array().unwrap().iter().map(|r| r["number"].as_u64()).collect();
    assert_eq!(numbers, [Some(1), Some(2)]);
    let changes = scene.json("compare", &[&id, "1", "2"]);
    let changes = changes["changes"].as_array().unwrap();
    let find = |path: &str| changes.iter().find(|c| c["path"] == path).unwrap_or_else(|| panic!("{path}: {changes:?}"));
    assert_eq!((&find("/title")["before"], &find("/title")["after"]), (&full()["title"], &json!("جديد")));
    assert_eq!(find("/place/country")["after"], "SD");
    assert_eq!(find("/place/floor"), &json!({ "path": "/place/floor", "before": 3 }));
    let text = scene.run("compare", &[&id, "1", "2"]).out.replace('\u{200e}', "");
    assert!(text.lines().any(|line| line == "/place/country: \"EG\" → \"SD\""), "{text}");
    assert!(text.lines().any(|line| line == "/place/floor: 3 → (nothing)"), "{text}");
    assert_eq!(text.lines().count(), changes.len());
    assert_eq!(scene.json("compare", &[&id, "2", "2"])["changes"], json!([]));
    refused(&scene.run("compare", &[&id, "1", "9"]), "no such revision", "revision");
}

#[test]
fn options_say_the_same_as_json_and_override_it() {
    let scene = Scene::new();
    let base = scene.file(
        "base.json",
        r#"{"schema":"amparo.incident/1","title":"from JSON","narrative":"kept","tags":["a"],"kept":1,
            "acts":[{"code":"threat","method":"by phone"},{"code":"killing"}],"occurred":{"from":"2020","precision":"year"}}"#,
    );
    let options = [
        "--json-file",
        &base,
        "--title",
        "from options",
        "--act",
        "threat",
        "--act",
        "raid_search",
        "--occurred",
        "2026-10-02",
        "--until",
        "2026-11",
        "--place",
        "Door",
        "--country",
        "EG",
        "--precision",
        "region",
        "--status",
        "ongoing",
        "--urgency",
        "serious",
        "--human-rights-link",
        "link",
        "--language",
        "es",
        "--tag",
        "b",
    ];
    let id = scene.create(&options);
    let expected = json!({
        "title": "from options", "narrative": "kept", "language": "es", "kept": 1,
        "acts": [{"code": "threat", "method": "by phone"}, {"code": "raid_search"}],
        "occurred": {"from": "2026-10-02", "to": "2026-11", "precision": "month"},
        "place": {"text": "Door", "country": "EG", "precision": "region"},
        "status": "ongoing", "urgency": "serious", "human_rights_link": "link", "tags": ["b"]
    });
    assert_eq!(without_vault_fields(scene.shown(&id)), expected);
    scene.json("edit", &[&id, "--occurred", "2026-09-30", "--circa", "--act", "killing", "--act", "threat"]);
    let edited = scene.shown(&id);
    assert_eq!(edited["occurred"], json!({"from": "2026-09-30", "to": "2026-11", "precision": "circa"}));
    let acts = json!([{"code": "threat", "method": "by phone"}, {"code": "raid_search"}, {"code": "killing"}]);
    assert_eq!(edited["acts"], acts, "edit adds and drops nothing");
    assert_eq!((&edited["title"], &edited["kept"]), (&json!("from options"), &json!(1)));

    // From standard input.
    let mut child = spawn_with_input(&scene, &["new", &scene.vault, "--json-file", "-", "--json"]);
    child.stdin.take().unwrap().write_all("{\"narrative\":\"من الأنبوب\"}".as_bytes()).unwrap();
    let piped: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(scene.shown(piped["id"].as_str().unwrap())["narrative"], "من الأنبوب");
    refused(&scene.run("new", &["--title", "t", "--until", "2026"]), "an end without a beginning", "--occurred");
    refused(&scene.run("new", &["--json-file", "-", "--text-file", "-"]), "two from standard input", "both");
}

#[test]
fn a_draft_is_one_until_it_is_final_and_a_stale_edit_is_refused() {
    let scene = Scene::new();
    let id = scene.create(&["--text", "Not finished", "--draft"]);
    assert_eq!(scene.shown(&id)["draft"], true);
    assert!(scene.run("show", &[&id]).out.contains("Draft"));
    scene.json("edit", &[&id, "--title", "Still one"]);
    assert_eq!(scene.shown(&id)["draft"], true, "an edit of something else leaves it a draft");
    scene.json("edit", &[&id, "--final"]);
    assert_eq!(scene.shown(&id).get("draft"), None);
    let before = scene.state();
    let stale = scene.run("edit", &[&id, "--title", "stale", "--revision", "2"]);
    refused(&stale, "a stale edit", "saved meanwhile");
    assert!(stale.err.contains("revision 3"), "{}", stale.err);
    refused(&scene.run("edit", &[&id, "--title", "x", "--revision", "9"]), "a revision to come", "no revision 9");
    assert_eq!(scene.state(), before);
    let same = scene.json("edit", &[&id, "--title", "Still one", "--revision", "3"]);
    assert_eq!(same, json!({ "id": id, "revision": 3, "changed": false }), "the same again is no revision");
    scene.json("edit", &[&id, "--draft"]);
    assert_eq!(scene.shown(&id)["draft"], true);
    assert_eq!(scene.run("edit", &[&id, "--draft", "--final"]).code, 2);
}

#[test]
fn every_condition_finds_what_it_should_and_nothing_else() {
    let scene = Scene::new();
    let a = scene.create(&["--text", "alpha كلمة", "--status", "ongoing", "--tag", "طارئ", "--occurred", "2026-03-05"]);
    let b = scene.create(&["--text", "beta كلمة", "--urgency", "imminent", "--act", "threat", "--occurred", "2025"]);
    let c = scene.create(&["--text", "gamma", "--status", "ended", "--act", "drone_strike", "--draft"]);
    let related = scene.json("relate", &[&a, &b, "--relation", "part_of"]);
    assert_eq!((&related["changed"], &related["other_in_vault"]), (&json!(true), &json!(true)));
    assert_eq!(scene.shown(&a)["related"], json!([{"id": b, "relation": "part_of"}]));
    assert_eq!(scene.json("relate", &[&a, &b])["changed"], false, "it is said already");
    assert_eq!(scene.json("relate", &[&a, &"7".repeat(32)])["other_in_vault"], false);
    refused(&scene.run("relate", &[&a, &a]), "itself", "itself");
    let photo = scene.place.path("photo.jpg");
    fs::write(&photo, medium(1)).unwrap();
    scene.place.add(&b, &photo);

    let found = |topic: &str, args: &[&str]| -> Vec<String> {
        let page = scene.json(topic, args);
        let rows = page[if topic == "list" { "incidents" } else { "hits" }].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let (a, b, c) = (a.as_str(), b.as_str(), c.as_str());
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &[c, b, a]),
        (&["--status", "ongoing"], &[a]),
        (&["--status", "unknown"], &[]),
        (&["--urgency", "imminent"], &[b]),
        (&["--act", "threat"], &[b]),
        (&["--act", "drone_strike"], &[c]),
        (&["--tag", "طارئ"], &[a]),
        (&["--tag", "طار"], &[]),
        (&["--from", "2026"], &[a]),
        (&["--to", "2025-06"], &[b]),
        (&["--from", "2025-12-31", "--to", "2026-03-05"], &[b, a]),
        (&["--from", "2026-03-06"], &[]),
        (&["--created-from", "2020"], &[c, b, a]),
        (&["--created-to", "2020"], &[]),
        (&["--draft"], &[c]),
        (&["--no-draft"], &[b, a]),
        (&["--with-evidence"], &[b]),
        (&["--without-evidence"], &[c, a]),
        (&["--unsent"], &[c, b, a]),
        (&["--sent"], &[]),
        (&["--related", b], &[a]),
        (&["--related", a], &[b]),
        (&["--no-draft", "--status", "ended"], &[]),
        (&["--no-draft", "--without-evidence"], &[a]),
    ];
    for (conditions, expected) in cases {
        assert_eq!(found("list", conditions), *expected, "{conditions:?}");
    }
    assert_eq!(found("search", &["كلمة"]), [b, a]);
    assert_eq!(found("search", &["كلمة", "--status", "ongoing"]), [a]);
    assert_eq!(found("search", &["كلمة", "beta"]), [b]);
    assert!(found("search", &["كلمة", "--draft"]).is_empty());

    // Pages neither skip nor repeat.
    let first = scene.json("list", &["--limit", "2"]);
    let second = scene.json("list", &["--limit", "2", "--cursor", first["next"].as_str().unwrap()]);
    assert_eq!((&second["incidents"][0]["id"], &second["next"]), (&json!(a), &Value::Null));

    let key = scene.place.path("key");
    let recipient = scene.place.run(&["desk", "keygen", "-o", key.to_str().unwrap(), "--classic"]).out;
    let report = scene.place.path("report.age");
    let seal = [
        "report",
        "seal",
        &scene.vault,
        "--incident",
        b,
        "--kind",
        "lawyer",
        "--to",
        recipient.trim(),
        "-o",
        report.to_str().unwrap(),
    ];
    let sealed = scene.place.run(&seal);
    assert_eq!(sealed.code, 0, "{}", sealed.err);
    assert_eq!(found("list", &["--sent"]), [b]);
    assert_eq!(found("list", &["--unsent"]), [c, a]);

    for (condition, value, word) in [
        ("--status", "endd", "ongoing, ended, unknown"),
        ("--urgency", "urgent", "imminent, serious, information"),
        ("--act", "thread", "threat"),
        ("--status", "not a code", "code"),
        ("--from", "2026-02-30", "no such day"),
        ("--created-to", "yesterday", "not a date"),
        ("--related", "b", "id"),
        ("--cursor", "x", "cursor"),
    ] {
        refused(&scene.run("list", &[condition, value]), condition, word);
    }
    refused(&scene.run("list", &["--from", "2026", "--to", "2025"]), "a range", "before");
}

#[test]
fn the_timeline_is_in_the_order_of_what_happened() {
    let scene = Scene::new();
    let undated = scene.create(&["--text", "undated"]);
    let late = scene.create(&["--text", "late", "--occurred", "2026-10-02"]);
    let day = scene.create(&["--text", "day", "--occurred", "2024-01-01"]);
    let year = scene.create(&["--text", "قديم", "--occurred", "2024"]);
    let ids = |page: &Value| -> Vec<String> {
        let entries = page["entries"].as_array().unwrap();
        entries.iter().map(|e| e["incident"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&scene.json("timeline", &[])), [&*year, &day, &late, &undated]);
    assert_eq!(ids(&scene.json("timeline", &["--from", "2024-06"])), [&*year, &late]);
    assert_eq!(ids(&scene.json("timeline", &["--to", "2024"])), [&*year, &day]);
    let first = scene.json("timeline", &["--limit", "3"]);
    let rest = scene.json("timeline", &["--limit", "3", "--cursor", first["next"].as_str().unwrap()]);
    assert_eq!((ids(&rest), &rest["next"]), (vec![undated], &Value::Null));
    let text = scene.run("timeline", &["--limit", "3"]).out;
    assert!(text.starts_with("2024 ") && text.contains("قديم") && text.contains("More: --cursor "), "{text}");
    refused(&scene.run("timeline", &["--cursor", "1.x.1"]), "a cursor that is none", "cursor");
}

#[test]
fn counts_suppress_small_numbers_and_overwrite_nothing() {
    let scene = Scene::new();
    // What happened, and was saved, by the end of the last month that is over: nothing that is saved today.
    assert_eq!(scene.json("counts", &[])["incidents"], 0);
    for (options, word) in [
        (["--threshold", "2"], "threshold"),
        (["--until", "2024"], "month"),
        (["--until", "2999-01"], "over"),
        (["--until", "2024-13"], "month"),
    ] {
        refused(&scene.run("counts", &options), "a request that cannot be", word);
    }
    assert_eq!(scene.run("counts", &["--by", "name"]).code, 2);

    let vault = amparo_tests::PASSPHRASE;
    let passphrase = amparo_core::Passphrase::new(vault.as_bytes()).unwrap();
    let clock = std::sync::Arc::new(Past);
    let open =
        amparo_core::Amparo::unlock(&scene.place.vault(), &passphrase, &amparo_core::UnlockOptions::default(), clock)
            .unwrap();
    for n in 0..9 {
        let code = if n < 7 { "threat" } else { "killing" };
        let content = json!({ "title": "SECRET", "acts": [{"code": code}], "occurred": {"from": "2020-01-02", "precision": "day"} });
        open.incidents()
            .create(serde_json::from_value::<amparo_core::incident::IncidentContent>(content).unwrap())
            .unwrap();
    }
    open.lock().unwrap();
    let counts = scene.json("counts", &["--until", "2020-01", "--by", "act", "--by", "month"]);
    assert_eq!((&counts["schema"], &counts["incidents"]), (&json!("amparo.counts/1"), &json!(9)));
    let tables = counts["tables"].as_array().unwrap();
    assert_eq!(tables.iter().map(|t| t["by"].as_str().unwrap()).collect::<Vec<_>>(), ["month", "act"]);
    let cell = |code: &str| {
        tables[1]["rows"].as_array().unwrap().iter().find(|r| r["code"] == code).unwrap()["incidents"].clone()
    };
    // 7 and 9 would tell the 2.
    assert_eq!((cell("threat"), cell("killing")), (json!(">=5"), json!("<5")));
    let text = scene.run("counts", &["--until", "2020-01", "--by", "act"]).out;
    assert!(text.contains("until 2020-01: 9") && text.contains("By act") && text.contains("<5"), "{text}");
    let csv = scene.run("counts", &["--until", "2020-01", "--by", "act", "--csv"]).out;
    assert!(csv.starts_with("by,month,code,incidents\r\nall,,,9\r\n") && csv.contains("act,,killing,<5\r\n"), "{csv}");
    assert!(csv.lines().skip(2).all(|line| line.starts_with("act,")), "{csv}");

    let target = scene.place.path("counts.csv");
    let options = ["--until", "2020-01", "--csv", "-o", target.to_str().unwrap()];
    assert_eq!(scene.json("counts", &options)["file"], target.to_str().unwrap());
    let written = fs::read_to_string(&target).unwrap();
    assert!(written.contains("act,,threat,>=5\r\n") && !written.contains("SECRET"), "{written}");
    let again = scene.run("counts", &options);
    assert_eq!(again.code, 8, "{}", again.err);
    assert_eq!(fs::read_to_string(&target).unwrap(), written);
    let nowhere = scene.place.path("no/such/folder");
    assert_eq!(scene.run("counts", &["-o", nowhere.to_str().unwrap()]).code, 7);
    let both = scene.run("counts", &["--csv", "--json"]);
    assert!(both.code == 3 && both.out.is_empty() && both.err.contains("--csv"), "{}{}", both.out, both.err);
}

/// A clock in the past, for what is counted of months that are over.
#[derive(Debug)]
struct Past;

impl amparo_core::Clock for Past {
    fn now(&self) -> amparo_core::Stamp {
        let time = amparo_core::Timestamp::from_unix(1_578_000_000);
        amparo_core::Stamp { time, clock: amparo_core::ClockTrust::DEVICE }
    }
}

#[test]
fn bad_input_is_named_not_quoted_and_changes_nothing() {
    let scene = Scene::new();
    let id = scene.saved_from_json(&full());
    let before = scene.state();
    let persons = json!({ "persons": vec![json!({ "name": "SECRET" }); 10_000] }).to_string();
    let text = |json: &str| json.as_bytes().to_vec();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("10,000 persons", persons.into_bytes(), "too many persons: at most 1000"),
        (
            "a narrative of 2 MB",
            json!({ "narrative": "ж".repeat(1 << 20) }).to_string().into_bytes(),
            "narrative is too long",
        ),
        ("6 MB", vec![b' '; 6 << 20], "too long"),
        ("an impossible date", text(r#"{"occurred":{"from":"2026-02-30","precision":"day"}}"#), "no such day"),
        (
            "an impossible date deep down",
            text(r#"{"persons":[{},{"consent":{"status":"granted","when":"2026-13"}}]}"#),
            "persons[1]",
        ),
        (
            "an end before the beginning",
            text(r#"{"occurred":{"from":"2026","to":"2025","precision":"year"}}"#),
            "before",
        ),
        ("not UTF-8", b"{\"title\":\"\xff\xfe\"}".to_vec(), "UTF-8"),
        ("a lone surrogate", text(r#"{"title":"\ud800"}"#), "not JSON"),
        ("not JSON", text("{\"title\":\n SECRET}"), "line 2"),
        ("cut", text(r#"{"title":"SECRET"#), "not JSON"),
        ("two documents", text("{} {}"), "not JSON"),
        ("too deep", format!("{{\"x\":{}", "[".repeat(100_000)).into_bytes(), "not JSON"),
        ("empty", Vec::new(), "not JSON"),
        ("a list", text("[]"), "object"),
        ("another type", text(r#"{"title":["SECRET"]}"#), "title"),
        ("no code", text(r#"{"status":"SECRET code"}"#), "status"),
        ("a newer schema", text(r#"{"schema":"amparo.incident/2","title":"x"}"#), "newer version"),
        ("another schema", text(r#"{"schema":"amparo.evidence/1","title":"x"}"#), "amparo.incident/1"),
        ("a field of the vault", text(r#"{"title":"x","revision":7}"#), "\"revision\""),
        (
            "a person who is not there",
            text(r#"{"acts":[{"code":"threat","victims":["000000000000000000000000000000ff"]}]}"#),
            "person",
        ),
        ("a place off the map", text(r#"{"place":{"coordinates":{"latitude":91,"longitude":0}}}"#), "coordinates"),
        ("a country in small letters", text(r#"{"place":{"country":"eg"}}"#), "country"),
    ];
    for (what, bytes, word) in cases {
        let file = scene.file("bad.json", bytes);
        for args in [vec!["new"], vec!["edit", id.as_str()]] {
            let answer = scene.run(args[0], &[&args[1..], &["--json-file", &file]].concat());
            refused(&answer, what, word);
            assert!(!answer.err.contains("SECRET"), "{what}: {}", answer.err);
        }
    }
    let nothing = scene.file("nothing.json", r#"{"draft":true,"language":"en"}"#);
    refused(&scene.run("new", &["--json-file", &nothing]), "nothing said", "nothing to save");
    refused(&scene.run("new", &[]), "nothing at all", "nothing to save");
    refused(&scene.run("new", &["--json-file", "/no/such/file"]), "no file", "not found");
    refused(&scene.run("new", &["--title", "x", "--act", "Not A Code"]), "no code", "code");
    refused(&scene.run("new", &["--title", "x", "--occurred", "2026-02-30"]), "no date", "no such day");
    refused(&scene.run("edit", &[&"0".repeat(32), "--title", "x"]), "an unknown incident", "no such incident");
    refused(&scene.run("edit", &[&id]), "nothing to change", "what to change");
    let latin1 = scene.file("latin1.txt", b"caf\xe9");
    refused(&scene.run("new", &["--text-file", &latin1]), "a text that is not UTF-8", "UTF-8");
    assert_eq!(scene.state(), before, "a refused input changed something");
}
