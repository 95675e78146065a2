//! The files read by hand, from `docs/formats/database.md` alone: a change of the format that its document does not show fails
//! here.

use amparo_crypto::{aead::RandomNonceKey, labels};

use super::*;

fn open(key: &RandomNonceKey, aad: &[&[u8]], nonce: &[u8], body: &[u8], tag: &[u8]) -> Vec<u8> {
    let mut plain = body.to_vec();
    key.open_in_place(&aad.concat(), nonce.try_into().unwrap(), &mut plain, tag.try_into().unwrap()).unwrap();
    plain
}

#[test]
fn pages_and_wal_are_as_documented() {
    let place = Place::new();
    let mut database = place.create(PAGE_SIZE);
    fill(&mut database, 3);
    database.checkpoint().unwrap();
    write(&mut database, |tx| tx.execute("UPDATE t SET word = 'changed' WHERE id = 2", [])).unwrap();

    let pages = std::fs::read(place.path()).unwrap();
    assert_eq!(pages.len() % 4096, 0);
    let key = RandomNonceKey::from_key(&place.key.derive(labels::DB_PAGES, &4096u16.to_be_bytes()));
    let mut nonces = std::collections::BTreeSet::new();
    for (index, page) in pages.chunks(4096).enumerate() {
        let number = (index as u64 + 1).to_be_bytes();
        let aad: [&[u8]; 3] = [b"amparo/v1/page-envelope", &[0], &number];
        let plain = open(&key, &aad, &page[4072..], &page[..4056], &page[4056..4072]);
        assert!(nonces.insert(page[4072..].to_vec()));
        if index == 0 {
            assert!(plain.starts_with(b"SQLite format 3\0"));
            assert_eq!((&plain[16..18], plain[20]), (&4096u16.to_be_bytes()[..], 40));
        }
    }

    let wal = std::fs::read(place.wal()).unwrap();
    let key = RandomNonceKey::from_key(&place.key.derive(labels::DB_LOG, &4096u16.to_be_bytes()));
    let aad: [&[u8]; 2] = [b"amparo/v1/generation-envelope", &[0, b'W']];
    let generation = open(&key, &aad, &wal[..24], &wal[24..40], &wal[40..56]);
    let (mut at, mut previous, mut file) = (56, wal[40..56].to_vec(), Vec::new());
    for number in 0u64.. {
        if at == wal.len() {
            break;
        }
        let label: &[u8] = b"amparo/v1/record-envelope";
        let aad = [label, &[0, 0], &generation, &number.to_be_bytes(), &previous];
        let place = open(&key, &aad, &wal[at..at + 24], &wal[at + 24..at + 36], &wal[at + 36..at + 52]);
        let offset = u64::from_be_bytes(place[..8].try_into().unwrap()) as usize;
        let length = u32::from_be_bytes(place[8..].try_into().unwrap()) as usize;
        let aad = [label, &[0, 1], &generation, &number.to_be_bytes(), &wal[at + 36..at + 52]];
        let end = at + 76 + length;
        let body = open(&key, &aad, &wal[at + 52..at + 76], &wal[at + 76..end], &wal[end..end + 16]);
        assert!(nonces.insert(wal[at..at + 24].to_vec()) && nonces.insert(wal[at + 52..at + 76].to_vec()));
        assert_eq!(length, if number == 0 { 32 } else { 24 + 4096 });
        file.resize(file.len().max(offset + length), 0);
        file[offset..offset + length].copy_from_slice(&body);
        (at, previous) = (end + 16, wal[end..end + 16].to_vec());
    }
    // What is inside is SQLite's WAL.
    assert_eq!(file[..3], [0x37, 0x7f, 0x06]);
    assert_eq!(file[8..12], 4096u32.to_be_bytes());
    assert!((file.len() - 32).is_multiple_of(24 + 4096) && file.len() > 32);
    assert!(file.windows(7).any(|window| window == b"changed"));
}
