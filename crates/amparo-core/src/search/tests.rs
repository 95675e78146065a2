//! Search against an in-memory database with the real schema.

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::{
    ClockTrust, Stamp, Timestamp,
    incident::{Incident, IncidentContent, Place},
};

fn database() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    for step in crate::COMPONENT.steps {
        conn.execute_batch(step).unwrap();
    }
    conn
}

fn add(conn: &Connection, content: impl Into<IncidentContent>) -> Incident {
    let now = Stamp { time: Timestamp::from_unix(1_795_429_230), clock: ClockTrust::DEVICE };
    store::create(conn, content.into(), &now).unwrap()
}

fn ask(conn: &Connection, query: &str) -> Vec<String> {
    let Some(terms) = Terms::new(query) else { return Vec::new() };
    find(conn, &terms, &IncidentQuery::default(), 50, None)
        .unwrap()
        .hits
        .into_iter()
        .map(|hit| hit.incident.heading)
        .collect()
}

#[test]
fn words_are_found_in_every_script_with_and_without_accents() {
    let conn = database();
    for text in [
        "La détention à São Paulo",
        "مُحَمَّد اعتُقِلَ في القاهرة",
        "Полиция задержала её ночью",
        "北京警察拘留了他",
        "Zatrzymano go w Łodzi",
        "हिन्दी में धमकी",
        "Xuất cảnh bị cấm",
        "Người bảo vệ nhân quyền Đặng Thị Ngọc",
        "Diyarbakır'da GÖZALTI ve İşkence",
        "Großdemonstration in der Straße",
        "بازداشت خبرنگار در کرمانشاه",
        "صحافی کو دھمکی دی گئی",
        "המשטרה עצרה את העיתונאי בְּבֵיתוֹ",
        "Правозахисницю Їжакевич затримали",
        "Құқық қорғаушы қамауда",
        "ከፖሊስ ዛቻ",
        "பத்திரிகையாளர் கைது",
    ] {
        add(&conn, text);
    }
    for (query, expected) in [
        ("detention", "La détention à São Paulo"),
        ("DÉTEN", "La détention à São Paulo"),
        ("sao paulo", "La détention à São Paulo"),
        ("محمد", "مُحَمَّد اعتُقِلَ في القاهرة"),
        ("القاهره", "مُحَمَّد اعتُقِلَ في القاهرة"),
        ("اعتقل", "مُحَمَّد اعتُقِلَ في القاهرة"),
        ("полиц", "Полиция задержала её ночью"),
        ("ЕЕ", "Полиция задержала её ночью"),
        ("警察", "北京警察拘留了他"),
        ("lodzi", "Zatrzymano go w Łodzi"),
        ("धमकी", "हिन्दी में धमकी"),
        ("xuat", "Xuất cảnh bị cấm"),
        ("dang thi", "Người bảo vệ nhân quyền Đặng Thị Ngọc"),
        ("nguoi bao ve", "Người bảo vệ nhân quyền Đặng Thị Ngọc"),
        ("diyarbakir", "Diyarbakır'da GÖZALTI ve İşkence"),
        ("DİYARBAKIR iskence", "Diyarbakır'da GÖZALTI ve İşkence"),
        ("gözaltı", "Diyarbakır'da GÖZALTI ve İşkence"),
        ("gozalti", "Diyarbakır'da GÖZALTI ve İşkence"),
        ("grossdemo strasse", "Großdemonstration in der Straße"),
        ("STRAẞE", "Großdemonstration in der Straße"),
        ("خبرنگار كرمانشاه", "بازداشت خبرنگار در کرمانشاه"),
        ("صحافي دهمكي", "صحافی کو دھمکی دی گئی"),
        ("העיתונאי בביתו", "המשטרה עצרה את העיתונאי בְּבֵיתוֹ"),
        ("їжакевич", "Правозахисницю Їжакевич затримали"),
        ("қорғаушы", "Құқық қорғаушы қамауда"),
        ("ዛቻ", "ከፖሊስ ዛቻ"),
        ("கைது", "பத்திரிகையாளர் கைது"),
    ] {
        assert_eq!(ask(&conn, query), [expected], "{query}");
    }
    assert!(ask(&conn, "察警").is_empty(), "characters of a phrase keep their order");
    assert!(ask(&conn, "detention محمد").is_empty(), "all words must occur");
}

#[test]
fn every_field_is_searched_and_an_edit_is_seen_at_once() {
    let conn = database();
    let mut content = IncidentContent::from("narrativeword");
    content.title = "titleword".into();
    content.place = Some(Place { text: "placeword".into(), ..Default::default() });
    content.tags = vec!["tagword".into(), "another one".into()];
    let incident = add(&conn, content.clone());
    let seq = store::seq_of(&conn, incident.id).unwrap();
    index_notes(&conn, seq, &["noteword".into(), "second".into()]).unwrap();
    for word in ["titleword", "narrative", "placew", "tagword", "another", "noteword", "second", "titleword noteword"] {
        assert_eq!(ask(&conn, word).len(), 1, "{word}");
    }
    content.narrative = "changed".into();
    let now = Stamp { time: Timestamp::from_unix(1_795_429_231), clock: ClockTrust::DEVICE };
    store::save(&conn, incident.id, incident.revision, content, &now).unwrap();
    assert!(ask(&conn, "narrativeword").is_empty());
    assert_eq!(ask(&conn, "changed").len(), 1);
}

#[test]
fn every_text_of_the_record_is_searched_and_no_code_is() {
    let conn = database();
    let json = r#"{"title":"w01","narrative":"w02","language":"en","human_rights_link":"w03",
        "acts":[{"code":"threat","method":"w04","injuries":"w05","description":"w06",
            "detention":{"place":"w07","charges":"w08","conditions":"w09"}}],
        "place":{"text":"w10","country":"EG"},
        "persons":[{"role":"victim","name":"w11","pseudonym":"w12","affiliation":"w13","description":"w14",
            "safe_contact":{"address":"w15","hours":"w16","never_use":["w17"]},
            "consent":{"status":"granted","given_by":"w18","note":"w19"},"confidential":["affiliation"]}],
        "perpetrators":[{"kind":"police","name":"w20","description":"w21","identifiers":[{"kind":"vehicle","value":"w22"}]}],
        "online_harms":[{"kind":"doxxing","platform":"w23","handle":"w24","target":"w25","urls":["https://example.org/w26"],
            "content_ids":["w27"],"reported":{"reference":"w28","result":"w29"},"description":"w30"}],
        "sources":[{"kind":"media","description":"w31"}],
        "support_needs":[{"kind":"legal_support","description":"w32"}],
        "requested_actions":[{"kind":"detention_visit","description":"w33"}],
        "actions_taken":[{"kind":"complaint_filed","by":"w34","result":"w35","description":"w36"}],
        "tags":["w37"],"confidential":["place"],"newer_field":"w99"}"#;
    add(&conn, serde_json::from_str::<IncidentContent>(json).unwrap());
    for number in 1..=37 {
        let terms = Terms::new(&format!("w{number:02}")).unwrap();
        let found = find(&conn, &terms, &IncidentQuery::default(), 5, None).unwrap().hits;
        assert_eq!(found.len(), 1, "w{number:02}");
        let excerpt = found[0].excerpt.as_ref().unwrap();
        assert_eq!(excerpt.text[excerpt.highlight.clone()], format!("w{number:02}"));
    }
    for code in ["threat", "victim", "police", "doxxing", "granted", "confidential", "affiliation", "EG", "w99", "0000"]
    {
        assert!(ask(&conn, code).is_empty(), "{code}");
    }
}

#[test]
fn a_hit_names_the_notes_that_match() {
    let conn = database();
    let incident = add(&conn, "narrative");
    let noted =
        |note: &str| crate::incident::add_evidence(&conn, incident.id, "complete", &format!(r#"{{"note":"{note}"}}"#));
    let (first, _, third) = (noted("der Übergabeort"), noted("nothing"), noted("ubergabe"));
    let seq = store::seq_of(&conn, incident.id).unwrap();
    index_notes(&conn, seq, &evidence::store::notes_of_incident(&conn, seq).unwrap()).unwrap();
    let found = find(&conn, &Terms::new("übergabe").unwrap(), &IncidentQuery::default(), 5, None).unwrap().hits;
    let notes: Vec<_> = found[0].notes.iter().map(|hit| hit.evidence).collect();
    assert_eq!((notes, &found[0].excerpt), (vec![first, third], &None));
    let excerpt = &found[0].notes[0].excerpt;
    assert_eq!(&excerpt.text[excerpt.highlight.clone()], "Übergabeort");
}

#[test]
fn a_search_among_some_finds_those_that_meet_the_conditions() {
    let conn = database();
    let mut expected = Vec::new();
    for i in 0..100 {
        let mut content = IncidentContent::from(format!("number {i} {}", if i % 3 == 0 { "threat" } else { "raid" }));
        content.draft = i % 2 == 0;
        content.tags = if i == 51 || i == 3 { vec!["rare".into()] } else { Vec::new() };
        if i % 3 == 0 && i % 2 == 0 {
            expected.push(format!("number {i} threat"));
        }
        add(&conn, content);
    }
    expected.reverse();
    let terms = Terms::new("threat").unwrap();
    let pages = |query: &IncidentQuery| {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = find(&conn, &terms, query, 4, after.as_ref()).unwrap();
            seen.extend(page.hits.into_iter().map(|hit| hit.incident.heading));
            after = page.next;
            if after.is_none() {
                return seen;
            }
        }
    };
    assert_eq!(pages(&IncidentQuery { draft: Some(true), ..IncidentQuery::default() }), expected);
    let rare = IncidentQuery { tag: Some("rare".into()), ..IncidentQuery::default() };
    assert_eq!(pages(&rare), ["number 51 threat", "number 3 threat"]);
    let none = IncidentQuery { tag: Some("nowhere".into()), ..IncidentQuery::default() };
    assert!(pages(&none).is_empty());
    assert_eq!(pages(&IncidentQuery::default()).len(), 34);
}

#[test]
fn pages_follow_each_other_newest_first_without_gaps() {
    let conn = database();
    for i in 0..25 {
        add(&conn, format!("threat number {i}"));
        add(&conn, "unrelated");
    }
    let terms = Terms::new("threat").unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = find(&conn, &terms, &IncidentQuery::default(), 10, after.as_ref()).unwrap();
        assert!(page.hits.len() <= 10);
        seen.extend(page.hits.into_iter().map(|hit| hit.incident.heading));
        after = page.next;
        if after.is_none() {
            break;
        }
        add(&conn, "threat that came meanwhile");
    }
    let expected: Vec<String> = (0..25).rev().map(|i| format!("threat number {i}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn an_excerpt_shows_the_words_as_they_were_written() {
    let terms = Terms::new("arret").unwrap();
    let text = format!("{} l'arrêté préfectoral {}", "avant ".repeat(30), "après ".repeat(40));
    let excerpt = excerpt_of(&text, &terms).unwrap();
    assert_eq!(&excerpt.text[excerpt.highlight.clone()], "arrêté");
    assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
    assert!(excerpt.text.chars().count() < 160);
    assert_eq!(excerpt_of("nothing here", &terms), None);
    let arabic = excerpt_of("اعتُقِلَ مُحَمَّد أمس", &Terms::new("محمد").unwrap()).unwrap();
    assert_eq!(&arabic.text[arabic.highlight], "مُحَمَّد");
    let han = excerpt_of(&"北京".repeat(1000), &Terms::new("京").unwrap()).unwrap();
    assert!(han.text.chars().count() <= 202);
}

#[test]
fn hostile_queries_find_nothing_and_are_no_error() {
    let conn = database();
    add(&conn, "OR NOT AND NEAR title narrative");
    for query in [
        "\"",
        "\"\"\"",
        "*",
        "a*b",
        "title:x",
        "{title narrative}: x",
        "^x",
        "NEAR(a b, 2)",
        "(",
        ")",
        "-x",
        "+",
        "\0",
        "x\0y",
        "' OR 1=1 --",
        "\u{202e}",
        "\u{feff}",
        "\u{301}\u{301}",
        "🕯",
        "AND",
        "a AND",
        "OR OR",
        "\\",
        "%",
        ";DROP TABLE incident",
    ] {
        let _ = ask(&conn, query);
    }
    assert_eq!(ask(&conn, "AND").len(), 1, "operators are words");
    assert_eq!(ask(&conn, "or not near").len(), 1);
    assert!(
        ask(&conn, "narrative:title").is_empty(),
        "a colon is no column filter: the two words would have to follow"
    );
    assert_eq!(ask(&conn, "title-narrative").len(), 1, "joined words are a phrase");
    let _ = ask(&conn, &"x ".repeat(100_000));
    let _ = ask(&conn, &"長".repeat(100_000));
}

proptest! {
    #[test]
    fn no_query_is_an_error_and_every_word_is_found_by_itself(text in "\\PC{0,60}", query in ".{0,60}") {
        let conn = database();
        let _ = ask(&conn, &query);
        if let Ok(incident) = store::create(
            &conn,
            IncidentContent::from(text.as_str()),
            &Stamp { time: Timestamp::from_unix(1), clock: ClockTrust::DEVICE },
        ) {
            for word in text.split_whitespace().filter(|word| Terms::new(word).is_some()) {
                prop_assert_eq!(ask(&conn, word).len(), 1, "{:?} in {:?} of {}", word, text, incident.id);
            }
            let _ = ask(&conn, &text);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Against a look at every word of every incident.
    #[test]
    fn a_search_finds_what_has_every_word_and_nothing_else(
        texts in prop::collection::vec("([a-cA-CéÉßαςя北ا1\u{378}\u{1e94b}]{1,3} ){0,4}", 1..20),
        queries in prop::collection::vec("[a-céßαςя北ا1\u{378}\u{1e94b}]{1,2}( [a-cé]{1,2})?", 8),
    ) {
        let conn = database();
        for (place, text) in texts.iter().enumerate() {
            add(&conn, IncidentContent { title: format!("t{place}"), narrative: text.clone(), ..Default::default() });
        }
        for query in queries {
            let Some(terms) = Terms::new(&query) else { continue };
            let has = |text: &str| {
                let folded = fold::fold(text);
                let words: Vec<&str> = fold::words(&folded).collect();
                terms.0.iter().all(|parts| {
                    let (last, first) = parts.split_last().unwrap();
                    words.windows(parts.len()).any(|some| {
                        let (end, begin) = some.split_last().unwrap();
                        begin == first && end.starts_with(last.as_str())
                    })
                })
            };
            let expected: Vec<String> =
                (0..texts.len()).rev().filter(|place| has(&texts[*place])).map(|place| format!("t{place}")).collect();
            prop_assert_eq!(ask(&conn, &query), expected, "{}", query);
        }
    }
}
