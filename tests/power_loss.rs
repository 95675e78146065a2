//! Power loss and kills at random moments of a recorded run, over database and media.
//!
//! After every cut the vault must open, be sound, hold everything that was acknowledged and nothing by half, and every media
//! slot that was synced. 2,000 cuts by default; `AMPARO_CUTS=100000 cargo test -p amparo-tests --test power_loss` for more.

use std::{collections::BTreeMap, fs, io::Read as _};

use amparo_crypto::{
    hash::sha256,
    kdf::{KdfParams, Passphrase},
};
use amparo_tests::storage::{Stop, Storage};
use amparo_vault::{
    Component, CreateOptions, MediaId, MediaProfile, MediaState, MediaWriter, UnlockOptions, Vault, VaultError,
    record::{Op, Tape},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const RECORDS: &[Component] = &[Component {
    name: "power-loss",
    steps: &["CREATE TABLE record (n INTEGER, i INTEGER, body BLOB, PRIMARY KEY (n, i)) STRICT;
              CREATE TABLE total (n INTEGER NOT NULL) STRICT;
              INSERT INTO total VALUES (0);
              CREATE VIRTUAL TABLE words USING fts5(body);
              INSERT INTO words (words, rank) VALUES ('secure-delete', 1);"],
}];

const SESSIONS: u32 = 3;
const TRANSACTIONS: u32 = 45;

/// What the run knows about one medium.
struct Medium {
    content: Vec<u8>,
    profile: MediaProfile,
}

/// Something that was acknowledged; `Op::Mark(i)` on the tape stands where event `i` had happened.
#[derive(Clone, Copy)]
enum Event {
    Transaction(i64),
    Slots(MediaId, u64),
    Finished(MediaId),
}

struct Run {
    media: BTreeMap<MediaId, Medium>,
    events: Vec<Event>,
    tape: Tape,
    rng: StdRng,
}

impl Run {
    fn event(&mut self, event: Event) {
        self.tape.mark(self.events.len() as u64);
        self.events.push(event);
    }

    fn transaction(&mut self, vault: &Vault, n: i64) {
        let rng = &mut self.rng;
        let bodies: Vec<Vec<u8>> = (0..rows_of(n)).map(|i| body(n, i, rng.random_range(20..6000))).collect();
        vault
            .write(|tx| {
                for (i, body) in (0..).zip(&bodies) {
                    tx.execute("INSERT INTO record VALUES (?1, ?2, ?3)", (n, i, body))?;
                }
                tx.execute("DELETE FROM record WHERE n = ?1", [n - 25])?;
                tx.execute("INSERT INTO words VALUES (?1)", [format!("word{n} {}", "testimonio ".repeat(30))])?;
                tx.execute("UPDATE total SET n = ?1", [n])?;
                Ok::<_, VaultError>(())
            })
            .unwrap();
        self.event(Event::Transaction(n));
    }

    fn medium(&mut self, vault: &Vault) -> (MediaWriter, usize) {
        let large = self.rng.random_bool(0.2);
        let (profile, most) = if large { (MediaProfile::Large, 250_000) } else { (MediaProfile::Small, 40_000) };
        let mut content = vec![0; self.rng.random_range(0..most)];
        self.rng.fill(&mut content[..]);
        let writer = vault.create_media(profile, |_, _| Ok::<_, VaultError>(())).unwrap();
        self.media.insert(writer.id(), Medium { content, profile });
        (writer, 0)
    }

    /// Writes some more of a medium, and sometimes syncs it. True when all is written.
    fn advance(&mut self, (writer, at): &mut (MediaWriter, usize)) -> bool {
        let medium = &self.media[&writer.id()];
        let end = (*at + self.rng.random_range(1..30_000)).min(medium.content.len());
        writer.write(&medium.content[*at..end]).unwrap();
        *at = end;
        let (done, slots) = (end == medium.content.len(), end / medium.profile.data_len());
        if self.rng.random_bool(0.4) {
            writer.sync().unwrap();
            self.event(Event::Slots(writer.id(), slots as u64));
        }
        done
    }
}

fn rows_of(n: i64) -> i64 {
    1 + n % 7
}

/// Content that says which record it belongs to, so that no other record's bytes can pass for it.
fn body(n: i64, i: i64, len: usize) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64((n * 1000 + i).unsigned_abs());
    let mut body = format!("record {n}/{i}:").into_bytes();
    let start = body.len();
    body.resize(start + len, 0);
    rng.fill(&mut body[start..]);
    body
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_corrupt() {
    let cuts: usize = std::env::var("AMPARO_CUTS").map_or(2000, |n| n.parse().unwrap());
    let seed: u64 = std::env::var("AMPARO_SEED").map_or(7, |n| n.parse().unwrap());
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().canonicalize().unwrap().join("vault");
    let passphrase = Passphrase::new(b"power loss").unwrap();
    let create = CreateOptions { kdf: Some(KdfParams::FLOOR), components: RECORDS, ..CreateOptions::default() };
    let vault = Vault::create(&dir, &passphrase, &create).unwrap();
    let ticket = vault.ticket().unwrap();
    vault.lock().unwrap();
    drop(vault);
    let mut storage = Storage::load(&dir);

    let tape = Tape::new(&dir).unwrap();
    let mut run =
        Run { media: BTreeMap::new(), events: Vec::new(), tape: tape.clone(), rng: StdRng::seed_from_u64(seed) };
    let options = UnlockOptions { components: RECORDS, tape: Some(tape.clone()), ..UnlockOptions::default() };
    let mut n = 0;
    for _ in 0..SESSIONS {
        let vault = Vault::unlock_with_ticket(&dir, &ticket, &options).unwrap();
        // Small caches make SQLite spill and checkpoint often: more different states on disk.
        vault
            .read(|c| Ok::<_, VaultError>(c.execute_batch("PRAGMA cache_size=12; PRAGMA wal_autocheckpoint=60")?))
            .unwrap();
        let mut writers: Vec<(MediaWriter, usize)> = Vec::new();
        for _ in 0..TRANSACTIONS {
            n += 1;
            run.transaction(&vault, n);
            if run.rng.random_bool(0.3) {
                let writer = run.medium(&vault);
                writers.push(writer);
            }
            let mut open = Vec::new();
            for mut writer in writers {
                if !run.advance(&mut writer) {
                    open.push(writer);
                } else if run.rng.random_bool(0.2) {
                    drop(writer.0); // ended without finish: what was given is kept
                } else {
                    let info = writer.0.finish(|_, _| Ok::<_, VaultError>(())).unwrap();
                    run.event(Event::Finished(info.id));
                }
            }
            writers = open;
        }
        vault.lock().unwrap();
        drop(writers);
    }
    let ops = tape.ops();
    let (media, events) = (run.media, run.events);
    assert!(media.len() > 20 && events.len() > 180, "too small a run: {} media, {} events", media.len(), events.len());

    let mut rng = StdRng::seed_from_u64(seed + 1);
    let mut points: Vec<usize> = (0..cuts).map(|_| rng.random_range(1..=ops.len())).collect();
    points.sort_unstable();
    let mut played = 0;
    let mut acknowledged = 0;
    for (number, point) in points.into_iter().enumerate() {
        for op in &ops[played..point] {
            storage.play(op);
            if let Op::Mark(event) = op {
                acknowledged = *event as usize + 1;
            }
        }
        played = point;
        let stop = if number % 3 == 0 { Stop::Kill } else { Stop::PowerLoss };
        let image = tempfile::tempdir().unwrap();
        storage.leave(stop, image.path(), &mut rng);
        fs::create_dir_all(image.path().join("inbox")).unwrap();
        for space in fs::read_dir(dir.join("spaces")).unwrap() {
            let name = space.unwrap().file_name();
            fs::create_dir_all(image.path().join("spaces").join(name).join("media")).unwrap();
        }
        let options = UnlockOptions { components: RECORDS, ..UnlockOptions::default() };
        let vault = Vault::unlock_with_ticket(image.path(), &ticket, &options)
            .unwrap_or_else(|e| panic!("cut {point} of {} ({stop:?}, seed {seed}): {e}", ops.len()));
        check(
            &vault,
            &media,
            &events[..acknowledged],
            &format!("cut {point} of {} ({stop:?}, seed {seed})", ops.len()),
        );
    }
}

fn check(vault: &Vault, media: &BTreeMap<MediaId, Medium>, acknowledged: &[Event], at: &str) {
    for id in vault.unfinished_media().unwrap() {
        let info = vault.recover_media(id, |_, _| Ok::<_, VaultError>(())).unwrap();
        assert_ne!(info.state, MediaState::Damaged, "{at}: a crash was taken for damage");
    }
    let report = vault.check(|_| ()).unwrap();
    assert!(report.is_ok(), "{at}: {report:?}");

    let last = acknowledged.iter().rev().find_map(|e| if let Event::Transaction(n) = e { Some(*n) } else { None });
    let total: i64 =
        vault.read(|c| Ok::<_, VaultError>(c.query_row("SELECT n FROM total", [], |r| r.get(0))?)).unwrap();
    assert!(total >= last.unwrap_or(0), "{at}: acknowledged {last:?}, found {total}");
    for n in (total - 15).max(1)..=total {
        let rows: Vec<(i64, Vec<u8>)> = vault
            .read(|c| {
                let mut statement = c.prepare("SELECT i, body FROM record WHERE n = ?1 ORDER BY i")?;
                let rows = statement.query_map([n], |r| Ok((r.get(0)?, r.get(1)?)))?;
                Ok::<_, VaultError>(rows.collect::<Result<_, _>>()?)
            })
            .unwrap();
        assert_eq!(rows.len() as i64, rows_of(n), "{at}: transaction {n} is there by half");
        for (i, stored) in rows {
            let prefix = format!("record {n}/{i}:").len();
            assert_eq!(stored, body(n, i, stored.len() - prefix), "{at}: record {n}/{i} changed");
        }
        let word = format!("word{n}");
        let hits: i64 = vault
            .read(|c| {
                Ok::<_, VaultError>(
                    c.query_row("SELECT count(*) FROM words WHERE words MATCH ?1", [&word], |r| r.get(0))?,
                )
            })
            .unwrap();
        assert_eq!(hits, 1, "{at}: the index lost transaction {n}");
    }

    for event in acknowledged {
        match event {
            Event::Transaction(_) => {}
            Event::Finished(id) => {
                let info = vault.media_info(*id).unwrap();
                assert_eq!(info.state, MediaState::Complete, "{at}: {id} was finished");
                assert_eq!(info.sha256, Some(sha256(&media[id].content)), "{at}: {id}");
                assert_eq!(info.size, media[id].content.len() as u64, "{at}: {id}");
            }
            Event::Slots(id, slots) => {
                let info = vault.media_info(*id).unwrap();
                let kept = info.size / info.profile.data_len() as u64;
                assert!(kept >= *slots, "{at}: {id} had {slots} slots synced and kept {kept}");
            }
        }
    }
    for (id, medium) in media {
        match vault.open_media(*id) {
            Ok(mut reader) => {
                let mut content = Vec::new();
                reader.read_to_end(&mut content).unwrap();
                assert!(medium.content.starts_with(&content), "{at}: {id} is not what was written");
            }
            // Its row was not yet committed, or a crash came before its first sync: nothing was promised.
            Err(VaultError::MediaNotFound) => {}
            Err(VaultError::MediaMissing | VaultError::MediaHeaderDamaged)
                if vault.media_info(*id).unwrap().size == 0 => {}
            Err(other) => panic!("{at}: {id}: {other}"),
        }
    }
    vault.write(|tx| Ok::<_, VaultError>(tx.execute("INSERT INTO words VALUES ('afterwards')", [])?)).unwrap();
    vault.lock().unwrap();
}
