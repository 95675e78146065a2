//! The linter finds each mistake in the right file and under the right name; what it lets through can be built and signed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use amparo_pack::{
    Pack,
    author::{Against, AuthorError, Finding, Sources, build, inspect, lint, scaffold, sign},
    form::FormError,
};
use common::{key, sources};
use time::{Date, macros::date};

const TODAY: Date = date!(2026 - 12 - 01);

fn lint_of(files: std::collections::BTreeMap<String, String>, today: Date) -> Vec<Finding> {
    lint(&Sources::from_files(files), &Against { today: Some(today), previous: None })
}

/// The findings after text was replaced in a file, or after it was appended to when `from` is empty.
fn after(path: &str, from: &str, to: &str) -> Vec<Finding> {
    let mut files = sources();
    let text = files.entry(path.to_owned()).or_default();
    assert!(text.contains(from), "{path}: {from}");
    *text = if from.is_empty() { format!("{text}{to}") } else { text.replacen(from, to, 1) };
    lint_of(files, TODAY)
}

fn show(found: &[Finding]) -> String {
    found.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn good_sources_have_no_findings_and_give_a_pack() {
    let sources = Sources::from_files(sources());
    let against = Against { today: Some(TODAY), previous: None };
    assert_eq!(show(&lint(&sources, &against)), "");
    let (unsigned, found) = build(&sources, &against).unwrap();
    assert!(found.is_empty());
    assert_eq!(inspect(&unsigned).unwrap().publisher(), None);
    let signed = sign(&unsigned, &key()).unwrap();
    let pack = Pack::parse(&signed).unwrap();
    assert_eq!(pack.structure(), inspect(&unsigned).unwrap().structure());
    assert_eq!(pack.digest(), inspect(&unsigned).unwrap().digest());
    assert!(!pack.item_why("travel.copy", "ar").unwrap().is_fallback);
    assert_eq!(pack.form_text("general", "title", "ar").unwrap().text, "بلاغ");
    assert_eq!(pack.form_text("general", "names", "en").unwrap().text, "No names of others.");
    assert_eq!(pack.form_text("general", "names.why", "ar").unwrap().text, "لم يوافقوا.");
    let form = pack.channel_form("general").unwrap();
    assert!(
        form.text_keys().iter().all(|key| pack.form_text("general", key, "ar").is_some_and(|text| !text.is_fallback))
    );
    assert!(matches!(pack.channel_form("none"), Err(FormError::NotFound)));
    assert!(matches!(sign(&signed, &key()), Err(AuthorError::AlreadySigned)));
    assert!(matches!(sign(b"amparo", &key()), Err(AuthorError::Pack(_))));
    let empty = build(&Sources::default(), &against);
    assert!(matches!(empty, Err(AuthorError::Findings(found)) if found.iter().any(|f| f.rule == "no-pack")));
}

#[test]
fn what_new_writes_is_clean() {
    let files = scaffold("org.first", "en", TODAY);
    assert_eq!(show(&lint(&files, &Against { today: Some(TODAY), previous: None })), "");
    build(&files, &Against::default()).unwrap();
}

#[test]
fn each_mistake_is_named_with_file_and_id() {
    let travel = "checklists/travel.toml";
    let (en, ar) = ("text/en/travel.toml", "text/ar/travel.toml");
    let form = "forms/general.toml";
    for (path, from, to, rule, about) in [
        // Shape.
        ("pack.toml", "version = 2", "version = ", "toml", "line 2"),
        ("pack.toml", "version = 2", "version = 2\nverison = 3", "toml", ""),
        ("pack.toml", "\"0.1.0\"", "\"99.0.0\"", "min-core", "min_core"),
        ("pack.toml", "[\"en\", \"ar\"]", "[\"en\", \"ar\", \"fr\"]", "locale", "fr"),
        ("pack.toml", "[\"en\", \"ar\"]", "[\"en\"]", "locale", "ar"),
        ("pack.toml", "default_locale = \"en\"", "default_locale = \"ru\"", "locale", "default_locale"),
        ("pack.toml", "id = \"road\"", "id = \"road\"\n[[topics]]\nid = \"sea\"", "empty", "sea"),
        (travel, "id = \"travel\"", "id = \"journey\"", "file-name", "journey"),
        (travel, "topic = \"road\"", "topic = \"rail\"", "unknown-topic", "travel"),
        (travel, "situation = \"travel\"", "situation = \"picnic\"", "unknown-code", "travel"),
        (travel, "personas = [\"defender\"]", "personas = [\"spy\"]", "unknown-code", "travel"),
        (travel, "phase = \"prepare\"", "phase = \"later\"", "unknown-code", "travel.plan"),
        (travel, "priority = \"high\"", "priority = \"urgent\"", "unknown-code", "travel.tell"),
        (travel, "leaves_trace", "leave_trace", "toml", ""),
        (travel, "checklist = \"check\"", "checklist = \"chek\"", "unknown-link", "travel.tell"),
        (travel, "checklist = \"check\"", "checklist = \"travel\"", "unknown-link", "travel.tell"),
        (travel, "incident = \"threat\"", "incident = \"thread\"", "unknown-code", "travel.tell"),
        (travel, "trusted_person", "friend", "unknown-code", "travel.tell"),
        (travel, "travel.copy", "travel.tell", "duplicate-id", "travel.tell"),
        (travel, "travel.copy", "copy", "item-id", "copy"),
        (travel, "travel.copy", "travel.old", "id-reused", "travel.old"),
        (travel, "priority = \"normal\"", "priority = \"normal\"\nscore = 2", "score", "travel.copy"),
        ("checklists/check.toml", "score = 3", "", "score", "check.updates"),
        ("checklists/check.toml", "score = 3", "score = 9", "score", "check.updates"),
        ("checklists/check.toml", "recurs_days = 7", "recurs_days = 0", "recurs", "check"),
        ("pack.toml", "removed_in = 2", "removed_in = 5", "tombstone", "travel.old"),
        ("pack.toml", "removed_in = 2", "removed_in = 2\nreplaced_by = \"travel.gone\"", "tombstone", "travel.old"),
        ("forms/general.toml", "\"general\"", "\"other\"", "file-name", "general"),
        ("notes.toml", "", "a = 1", "unknown-file", ""),
        // Channel forms.
        (form, "kinds = [\"cso\"]", "kinds = [\"friend\"]", "unknown-code", "general"),
        (form, "kinds = [\"cso\"]", "kinds = []", "form", "general"),
        (form, "level = \"required\"", "level = \"demanded\"", "unknown-code", "story"),
        (form, "\"narrative\"", "\"narrativ\"", "unknown-place", "story"),
        (form, "\"/acts\"", "\"/deeds\"", "unknown-place", "story"),
        (form, "[\"victim\"]", "[\"victin\"]", "unknown-code", "names"),
        (form, "role =", "rank =", "unknown-place", "names"),
        (form, "except =", "unless =", "unknown-key", "names"),
        (form, "[layout]", "[style]", "unknown-key", "general"),
        (form, "[\"persons\"]", "[\"people\"]", "unknown-code", "layout"),
        (form, "items = 3", "items = 0", "form", "general"),
        (form, "items = 3", "words = 3", "unknown-key", "limits"),
        (form, "id = \"names\"", "id = \"summary\"", "id", "summary"),
        (form, "id = \"names\"", "id = \"story\"", "duplicate-id", "story"),
        (
            form,
            "[{ any = [\"narrative\"] }, ",
            "[{ at = \"/persons\", except = { role = [\"victim\"] }, any = [\"name\"] }] #",
            "contradiction",
            "story",
        ),
        (form, "source = \"https://example.org/limits\"", "", "no-source", "limits"),
        (form, "2026-11-24", "2025-01-01", "review-old", "general.limits"),
        (form, "id = \"names\"", "id = \"others\"", "missing-text", "ar: form.general.others.text"),
        (form, "id = \"names\"", "id = \"others\"", "unknown-text", "ar: form.general.names.text"),
        ("text/ar/_forms.toml", "why = \"لم يوافقوا.\"\n", "", "missing-text", "ar: form.general.names.why"),
        ("text/ar/_forms.toml", "summary = \"ما حدث.\"\n", "", "missing-text", "ar: form.general.summary"),
        // Triage.
        ("triage.toml", "question = \"q.where\"", "question = \"q.what\"", "loop", "q.what"),
        ("triage.toml", "question = \"q.where\"", "question = \"q.none\"", "unknown-link", "a.go"),
        ("triage.toml", "question = \"q.where\"", "checklist = \"check\"", "unreachable", "q.where"),
        ("triage.toml", "checklist = \"travel\", ", "", "unreachable", "travel"),
        ("triage.toml", ", checklist = \"check\"", "", "no-end", "a.check"),
        (
            "triage.toml",
            "[{ id = \"a.far\", checklist = \"travel\", recipient = \"lawyer\" }]",
            "[]",
            "no-end",
            "q.where",
        ),
        ("triage.toml", "start = \"q.what\"", "start = \"q.first\"", "unknown-link", "start"),
        ("triage.toml", "recipient = \"lawyer\"", "recipient = \"king\"", "unknown-code", "a.far"),
        // Texts.
        (ar, "why = \"الأوراق تضيع.\"\n", "", "missing-text", "ar: item.travel.copy.why"),
        (en, "travel.copy", "travel.kopy", "unknown-text", "en: item.travel.kopy.text"),
        (
            "text/en/check.toml",
            "",
            "[item.\"travel.tell\"]\ntext = \"Again.\"\n",
            "duplicate-text",
            "en: item.travel.tell.text",
        ),
        (en, "Leave a copy.", &"a".repeat(141), "too-long", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "", "empty", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave a **copy**.", "markup", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave a <b>copy.", "markup", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave &quot;it&quot;.", "markup", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "TODO", "markup", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "- Leave a copy.", "markup", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave\\na copy.", "characters", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave \\u202Ea copy.", "characters", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave a\\u200B copy.", "characters", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave a cafe\\u0301.", "characters", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave  a copy.", "spaces", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Leave a copy. ", "spaces", "en: item.travel.copy.text"),
        (en, "Leave a copy.", "Tell somebody.", "repeated", "en: item.travel.tell.text"),
        (ar, "اتركوا نسخة.", "Leave a copy.", "same-text", "ar: item.travel.copy.text"),
        (ar, "اتركوا نسخة.", "Laissez une copie.", "wrong-script", "ar: item.travel.copy.text"),
        (en, "Leave a copy.", "Leаve a copy.", "wrong-script", "en: item.travel.copy.text"),
        (ar, "اتركوا نسخة.", "اتركوا ٣ نسخ.", "other-number", "ar: item.travel.copy.text"),
        (ar, "اتركوا نسخة.", "اتركوا نسخة a@example.org.", "other-address", "ar: item.travel.copy.text"),
        ("pack.toml", "[[topics]]", "[lint]\nsame_text = [\"item.x.y\"]\n[[topics]]", "same-text", "item.x.y"),
        // Dates and facts.
        ("pack.toml", "2027-11-24", "2026-11-30", "review-passed", "review_by"),
        ("pack.toml", "2027-11-24", "2025-11-30", "date", "review_by"),
        ("pack.toml", "2027-11-24", "soon", "date", "review_by"),
        (travel, "last_reviewed = \"2026-11-24\"", "", "no-review", "travel.copy"),
        (travel, "source = \"https://example.org/copies\"", "", "no-source", "travel.copy"),
        (travel, "https://example.org/copies", "a friend", "source", "travel.copy"),
        (travel, "last_reviewed = \"2026-11-24\"", "last_reviewed = \"2026-12-24\"", "date", "travel.copy"),
        (travel, "last_reviewed = \"2026-11-24\"", "last_reviewed = \"2025-11-24\"", "review-old", "travel.copy"),
        (en, "They notice first.", "Call +32 2 123 45 67.", "no-source", "travel.tell"),
        (en, "They notice first.", "Write to help@example.org.", "no-source", "travel.tell"),
    ] {
        let found = after(path, from, to);
        let hit = found.iter().find(|finding| finding.rule == rule && finding.about.starts_with(about));
        let hit =
            hit.unwrap_or_else(|| panic!("{path}: {from:?} → {to:?} should be {rule} [{about}]:\n{}", show(&found)));
        assert!(!hit.text.is_empty() && !hit.file.is_empty(), "{hit}");
    }
}

#[test]
fn a_missing_translation_says_what_to_write_where() {
    let found = after("text/ar/travel.toml", "text = \"اتركوا نسخة.\"\n", "");
    assert_eq!(
        show(&found),
        "error text/ar/travel.toml [ar: item.travel.copy.text]: is not translated; add text = \"…\" under [item.\"travel.copy\"] (missing-text)\n"
    );
}

#[test]
fn an_update_must_name_what_it_removes() {
    let against = Against { today: Some(TODAY), previous: None };
    let first = inspect(&build(&Sources::from_files(sources()), &against).unwrap().0).unwrap();
    let against = Against { previous: Some(&first), ..against };
    let mut files = sources();
    let found = lint(&Sources::from_files(files.clone()), &against);
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), ["version"], "{}", show(&found));
    let pack = files.get_mut("pack.toml").unwrap();
    *pack = pack.replace("version = 2", "version = 3");
    assert_eq!(show(&lint(&Sources::from_files(files.clone()), &against)), "");
    // One item goes.
    let list = files.get_mut("checklists/travel.toml").unwrap();
    *list = list.split("[[sections.items]]\nid = \"travel.copy\"").next().unwrap().to_owned();
    for locale in ["en", "ar"] {
        let texts = files.get_mut(&format!("text/{locale}/travel.toml")).unwrap();
        *texts = texts.split("[item.\"travel.copy\"]").next().unwrap().to_owned();
    }
    let found = lint(&Sources::from_files(files.clone()), &against);
    assert_eq!(found.iter().map(|f| (f.rule, f.about.as_str())).collect::<Vec<_>>(), [("no-tombstone", "travel.copy")]);
    files.get_mut("pack.toml").unwrap().push_str("[[tombstones]]\nitem = \"travel.copy\"\nremoved_in = 3\n");
    assert_eq!(show(&lint(&Sources::from_files(files.clone()), &against)), "");
    // The older tombstone is lost, and its id comes back.
    let pack = files.get_mut("pack.toml").unwrap();
    *pack = pack.replacen("[[tombstones]]\nitem = \"travel.old\"\nremoved_in = 2\n", "", 1);
    let found = lint(&Sources::from_files(files.clone()), &against);
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), ["lost-tombstone"], "{}", show(&found));
    for path in ["checklists/travel.toml", "text/en/travel.toml", "text/ar/travel.toml"] {
        let text = files.get_mut(path).unwrap();
        *text = text.replace("travel.tell", "travel.old");
    }
    let found = lint(&Sources::from_files(files), &against);
    assert!(found.iter().any(|f| f.rule == "id-reused" && f.about == "travel.old"), "{}", show(&found));
}

#[test]
fn sources_are_read_from_a_folder_and_nothing_else_is() {
    let home = tempfile::tempdir().unwrap();
    for (path, text) in sources() {
        let file = home.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    std::fs::write(home.path().join("README.md"), "notes").unwrap();
    std::fs::create_dir(home.path().join(".git")).unwrap();
    std::fs::write(home.path().join(".git/config.toml"), "x").unwrap();
    let read = Sources::read(home.path()).unwrap();
    assert_eq!(read.files().count(), sources().len());
    assert_eq!(show(&lint(&read, &Against::default())), "");
    assert!(matches!(Sources::read(&home.path().join("none")), Err(AuthorError::Unreadable { .. })));
}
