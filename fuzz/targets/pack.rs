//! Checklist packs from strangers: a signed one that was damaged, and content of any kind that its publisher did sign.
#![no_main]

use std::sync::OnceLock;

use amparo_crypto::{SecretKey, hash::sha256, labels, sign::SigningKey};
use amparo_fuzz::{damage, damage_seeds_after, seed};
use amparo_pack::{
    Pack, PackFile,
    compare::compare,
    form::{Form, SECTIONS},
};
use libfuzzer_sys::fuzz_target;

/// The golden file of format 1; the key that signed it is public.
const SMALL: &[u8] = include_bytes!("../../crates/amparo-pack/tests/vectors/small.pack");
const HEADER: usize = 114;
/// A channel form that has everything.
const FORM: &[u8] = include_bytes!("../../crates/amparo-pack/tests/vectors/form.json");

static PACK: OnceLock<Pack> = OnceLock::new();

fn setup() {
    seed(
        "pack",
        damage_seeds_after(0)
            .into_iter()
            .chain(damage_seeds_after(1))
            .chain(damage_seeds_after(2))
            .chain(damage_seeds_after(3)),
    );
    let _ = PACK.set(Pack::parse(SMALL).expect("the golden pack reads"));
}

/// A form from a stranger is read whole or refused, and keeps what it promises.
fn form(bytes: &[u8]) {
    let Ok(form) = Form::parse(bytes, "full") else { return };
    assert!(form.contradictions().is_empty() && !form.fields.is_empty());
    assert!(form.fields.iter().all(|field| !field.what.is_empty()));
    assert_eq!(form.layout.sections().count() + form.layout.omit.len(), SECTIONS.len());
    assert!(form.text_keys().len() >= 2 + 2 * form.fields.len());
}

/// `manifest` and `parts` with hashes, lengths and a signature that fit them: what only the publisher can make.
fn signed(manifest: &[u8], parts: &[u8]) -> Vec<u8> {
    let key = SigningKey::from_seed(&SecretKey::take(&mut [7; 32]));
    let signature = key.sign(labels::PACK_SIGNATURE, &sha256(manifest));
    let length = u32::try_from(manifest.len()).expect("a short manifest").to_be_bytes();
    let public = key.verifying_key().to_bytes();
    [&SMALL[..14], &public, &signature, &length, manifest, parts].concat()
}

/// The golden pack with one part damaged and its entry in the manifest put right.
fn repaired(part: usize, script: &[u8]) -> Vec<u8> {
    let original = PackFile::read(SMALL).expect("the golden pack reads");
    let entries = &original.manifest().parts;
    let part = part % entries.len();
    let length =
        usize::try_from(u32::from_be_bytes(SMALL[110..114].try_into().expect("four bytes"))).expect("a length");
    let mut manifest = String::from_utf8(SMALL[HEADER..HEADER + length].to_vec()).expect("JSON");
    let (mut at, mut parts) = (HEADER + length, Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        let size = usize::try_from(entry.size).expect("a size");
        let bytes = &SMALL[at..at + size];
        at += size;
        if index != part {
            parts.extend_from_slice(bytes);
            continue;
        }
        let changed = damage(bytes, script);
        let hash = |bytes: &[u8]| amparo_report::hex::encode(&sha256(bytes));
        manifest = manifest.replace(&hash(bytes), &hash(&changed));
        let (name, after) = (format!("\"name\":\"{}\"", entry.name), format!("\"size\":{}", changed.len()));
        let place = manifest.find(&name).expect("its entry");
        let (front, back) = manifest.split_at(place);
        let object = back.split('}').next().expect("an entry");
        let mended = object.replace(&format!("\"size\":{size}"), &after);
        manifest = format!("{front}{}", back.replacen(object, &mended, 1));
        parts.extend_from_slice(&changed);
    }
    signed(manifest.as_bytes(), &parts)
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    if choice % 4 == 3 {
        form(&damage(FORM, rest));
        return form(rest);
    }
    let bytes = match choice % 4 {
        0 => damage(SMALL, rest),
        1 => {
            let Some((part, script)) = rest.split_first() else { return };
            repaired(usize::from(*part), script)
        }
        _ => signed(rest, &[]),
    };
    let result = Pack::parse(&bytes);
    if choice % 4 == 0 {
        assert_eq!(result.is_ok(), bytes == SMALL, "a pack that was changed was taken");
    }
    let Ok(pack) = result else { return };
    for id in pack.forms() {
        let _ = pack.channel_form(id);
    }
    for wanted in ["ar", "en", "xx"] {
        let one = Pack::parse_for(&bytes, wanted).expect("what reads whole reads in one language");
        for (list, section, item) in pack.structure().items() {
            assert!(pack.section_title(list, section, wanted).is_some(), "a section cannot be shown");
            assert!(pack.item_text(&item.id, wanted).is_some(), "an item cannot be shown");
            assert_eq!(one.item_text(&item.id, wanted), pack.item_text(&item.id, wanted));
        }
    }
    // From the first question everybody comes to an end.
    if let Some(triage) = &pack.structure().triage {
        let mut open = vec![(triage.start.as_str(), 0)];
        while let Some((id, depth)) = open.pop() {
            assert!(depth <= triage.questions.len(), "a circle");
            let question = triage.question(id).expect("a question that is linked");
            // All ways would be exponentially many in a hostile pack: one way down is enough to notice a circle on it.
            open.extend(question.answers.iter().find_map(|answer| answer.question.as_deref()).map(|next| (next, depth + 1)));
        }
    }
    if let Some(golden) = PACK.get() {
        let _ = compare(golden, &pack);
        assert!(compare(&pack, &pack).is_empty());
    }
});
