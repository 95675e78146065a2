//! kill -9 in a loop, with a log of what was acknowledged: after every kill all of it is there, whole, what was deleted is gone
//! for good, and the custody log verifies. 15 kills by default; `AMPARO_KILLS=500 cargo test -p amparo-tests --test killed` for more.

#![allow(missing_docs)]

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use amparo_core::{Amparo, CoreError, Passphrase, SystemClock, UnlockOptions};
use amparo_crypto::hash::sha256;
use amparo_tests::{PASSPHRASE, command::Place, document};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let kills: u64 = std::env::var("AMPARO_KILLS").map_or(15, |n| n.parse().unwrap());
    let place = Place::new(env!("CARGO_BIN_EXE_amparo-under-test"));
    place.create_vault();
    let mut rng = StdRng::seed_from_u64(3);
    let mut acknowledged: Vec<Vec<String>> = Vec::new();
    let mut unfinished = 0;
    for kill in 0..kills {
        let mut worker = Command::new(env!("CARGO_BIN_EXE_worker"))
            .args([place.vault().as_os_str(), format!("{}", kill * 10_000).as_ref()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_micros(rng.random_range(0..250_000)));
        worker.kill().unwrap();
        worker.wait().unwrap();
        // A line cut by the kill was not received, so nothing was promised by it.
        let lines = reader.join().unwrap();
        acknowledged.extend(
            lines.iter().map(|l| l.split(' ').map(str::to_owned).collect::<Vec<_>>()).filter(|words| is_whole(words)),
        );
        unfinished += verify(&place, &acknowledged);
    }
    assert!(acknowledged.len() as u64 > kills, "the worker did next to nothing: {} lines", acknowledged.len());
    println!("{kills} kills, {} acknowledgements, {unfinished} media cut off and kept", acknowledged.len());
}

fn is_whole(words: &[String]) -> bool {
    match words.first().map(String::as_str) {
        Some("incident") => words.len() == 3,
        Some("evidence" | "deleting" | "deleted") => words.len() == 4,
        _ => false,
    }
}

fn verify(place: &Place, acknowledged: &[Vec<String>]) -> usize {
    let passphrase = Passphrase::new(PASSPHRASE.as_bytes()).unwrap();
    let amparo = Amparo::unlock(&place.vault(), &passphrase, &UnlockOptions::default(), Arc::new(SystemClock)).unwrap();
    let said = |what: &str| -> BTreeSet<&str> {
        acknowledged.iter().filter(|words| words[0] == what).map(|words| words[1].as_str()).collect()
    };
    let (deleting, deleted) = (said("deleting"), said("deleted"));
    for words in acknowledged {
        let n: u64 = words.last().unwrap().parse().unwrap();
        if words[0] == "incident" {
            let incident = amparo.incidents().get(words[1].parse().unwrap()).unwrap();
            assert_eq!(incident.content.title, document::title(n));
            assert_eq!(incident.content.narrative, document::narrative(n));
        } else if words[0] == "evidence" {
            let mut content = Vec::new();
            match amparo.evidence().open_reader(words[1].parse().unwrap()) {
                Ok(mut reader) => {
                    assert!(!deleted.contains(words[1].as_str()), "evidence {n} came back");
                    reader.read_to_end(&mut content).unwrap()
                }
                Err(CoreError::EvidenceDeleted) if deleting.contains(words[1].as_str()) => continue,
                Err(other) => panic!("evidence {n}: {other}"),
            };
            assert!(content == document::medium(n), "evidence {n} changed");
            let hash: String = sha256(&content).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(hash, words[2]);
        }
    }
    let report = amparo.custody().verify().unwrap();
    assert!(report.is_intact_so_far(), "{:?}", report.fault);
    assert!(amparo.vault().check(|_| ()).unwrap().is_ok());
    let recovered = amparo.recovered().len();
    amparo.lock().unwrap();
    recovered
}
