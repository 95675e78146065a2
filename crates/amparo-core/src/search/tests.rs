//! Search against an in-memory database with the real schema.

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::{
    ClockTrust, Stamp, Timestamp,
    incident::{Incident, Place},
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
            // Letters that SQLite's Unicode tables do not know yet are not indexed; everything it knows is found.
            let plain = |c: char| !c.is_alphanumeric() || u32::from(c) < 0x530;
            for word in text.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric) && w.chars().all(plain)) {
                prop_assert_eq!(ask(&conn, word).len(), 1, "{:?} in {:?} of {}", word, text, incident.id);
            }
            let _ = ask(&conn, &text);
        }
    }
}
