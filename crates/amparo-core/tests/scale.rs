//! Lists, lookups and searches read what they return, not the vault: by query plan always, by the clock on demand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod common;

use std::time::Instant;

use amparo_core::{CORE_VERSION, incident::IncidentContent};
use common::*;

/// `cargo test -p amparo-core --release --test scale -- --ignored --nocapture`
#[test]
#[ignore = "a measurement: takes minutes"]
fn ten_thousand_incidents() {
    let (home, amparo) = Home::new();
    let words = ["arrest", "raid", "threat", "ministry", "convoy", "اعتقال", "угроза", "détention", "phone", "lawyer"];
    let started = Instant::now();
    for i in 0..10_000usize {
        let pick = |n: usize| words[(i * 7 + n * 3) % words.len()];
        let mut content = IncidentContent::from(format!(
            "On day {i} the {} followed the {} and took the {} of witness number{i} near the {}.",
            pick(0),
            pick(1),
            pick(2),
            pick(3)
        ));
        content.title = format!("Incident {i}");
        let id = amparo.incidents().create(content).unwrap().id;
        if i % 10 == 0 {
            (0..5).for_each(|n: u8| drop(import(&amparo, id, &[n + 1; 100])));
        }
    }
    println!("{CORE_VERSION}: 10,000 incidents and 5,000 pieces of evidence in {:?}", started.elapsed());
    let time = |name: &str, act: &dyn Fn() -> usize| {
        act();
        let started = Instant::now();
        let count = (0..20).map(|_| act()).last().unwrap();
        println!("{name}: {:?} ({count} results)", started.elapsed() / 20);
    };
    let any = amparo.incidents().list(500, None).unwrap().incidents[250].id;
    time("newest 50", &|| amparo.incidents().list(50, None).unwrap().incidents.len());
    time("open one", &|| amparo.incidents().get(any).unwrap().evidence.len());
    time("search a common word", &|| amparo.search().incidents("ministry", 50, None).unwrap().hits.len());
    time("search a rare word", &|| amparo.search().incidents("number7777", 50, None).unwrap().hits.len());
    time("search one letter", &|| amparo.search().incidents("n", 50, None).unwrap().hits.len());
    time("search two words", &|| amparo.search().incidents("arrest lawyer", 50, None).unwrap().hits.len());
    time("verify the log", &|| usize::try_from(amparo.custody().verify().unwrap().entries).unwrap());
    let started = Instant::now();
    amparo.lock().unwrap();
    println!("lock: {:?}", started.elapsed());
    let started = Instant::now();
    home.unlock();
    println!("unlock, with its key derivation: {:?}", started.elapsed());
}
