//! After closing, nothing that was in the database is left in the process's memory.

use std::os::unix::fs::FileExt as _;

use amparo_crypto::random;
use zeroize::Zeroizing;

use super::*;

/// How often `marker`, kept masked so as not to find itself, is in writable memory.
fn occurrences(masked: &[u8], mask: u8) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut buf = Zeroizing::new(vec![0u8; 1 << 20]);
    let own = buf.as_ptr() as u64..buf.as_ptr() as u64 + buf.len() as u64;
    let mut found = 0;
    for line in maps.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
        let (start, end) = line.split_whitespace().next().unwrap().split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let mut at = start;
        while at < end {
            // The buffer that is read into would show what was read before.
            if own.contains(&at) {
                at = own.end;
                continue;
            }
            let stop = if at < own.start { end.min(own.start) } else { end };
            let wanted = (stop - at).min(buf.len() as u64) as usize;
            let Ok(read) = memory.read_at(&mut buf[..wanted], at) else { break };
            found += buf[..read]
                .windows(masked.len())
                .filter(|window| window.iter().zip(masked).all(|(byte, masked)| byte ^ mask == *masked))
                .count();
            // Chunks overlap, so that nothing hides on a border.
            at += if read as u64 + at >= stop { read.max(1) } else { read - masked.len() } as u64;
        }
    }
    found
}

const CHILD: &str = "AMPARO_TEST_MEMORY_CHILD";

/// In a process of its own: other tests would use SQLite before the setting could be made.
#[test]
#[ignore = "started by another test"]
fn memory_child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mask = 0x5a;
    let random = Zeroizing::new(random::array::<16>().unwrap());
    let mut marker = Zeroizing::new(String::with_capacity(64));
    for byte in random.iter() {
        for nibble in [byte >> 4, byte & 15] {
            marker.push(char::from(b'a' + nibble));
        }
    }
    let masked: Vec<u8> = marker.bytes().map(|byte| byte ^ mask).collect();

    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 30);
    let mut text = Zeroizing::new(String::with_capacity(20_000));
    while text.len() < 15_000 {
        text.push_str(&marker);
        text.push(' ');
    }
    write(&mut database, |tx| {
        for _ in 0..20 {
            tx.execute("INSERT INTO t(word, body) VALUES(?1, ?2)", (marker.as_str(), text.as_str()))?;
        }
        tx.execute("INSERT INTO f(body) VALUES(?1)", [text.as_str()])
    })
    .unwrap();
    drop((marker, text));
    let crashed = place.crashed_copy();
    database.close().unwrap();
    assert_eq!(occurrences(&masked, mask), 0, "after writing and closing");

    let mut database = crashed.open(PAGE_SIZE).unwrap();
    let longest = "SELECT max(length(body || word)) FROM (SELECT body, word FROM t ORDER BY body, id)";
    assert!(read(&mut database, |c| c.query_row(longest, [], |row| row.get::<_, i64>(0))).unwrap() > 10_000);
    assert!(occurrences(&masked, mask) > 100, "the search finds what is there");
    database.close().unwrap();
    assert_eq!(occurrences(&masked, mask), 0, "after recovery, reading and closing");
    println!("nothing is left");
}

#[test]
fn closing_leaves_nothing_in_memory() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "database::tests::memory::memory_child", "--ignored", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(child.status.success() && String::from_utf8_lossy(&child.stdout).contains("nothing is left"), "{child:?}");
}
