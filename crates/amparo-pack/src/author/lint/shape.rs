//! Ids, codes, links, points: everything but texts.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    finding::Findings,
    source::Read,
    toml_files::{PackFile, TombstoneEntry},
};
use crate::{
    CoreVersion, codes, limits,
    names::{is_id, is_locale},
    structure::{Checklist, Item, Link},
};

const PACK: &str = "pack.toml";

pub(super) fn check(read: &Read, findings: &mut Findings) {
    head(&read.pack, findings);
    locales(read, findings);
    let mut lists: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, list) in &read.checklists {
        id(&list.id, file, findings);
        if let Some(other) = lists.insert(&list.id, file) {
            findings.error(
                "duplicate-id",
                file,
                &list.id,
                format!("{other} has this id too; ids are unique in a pack"),
            );
        }
    }
    topics(read, findings);
    let mut items: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, list) in &read.checklists {
        checklist(list, file, findings);
        for item in list.sections.iter().flat_map(|section| &section.items) {
            if let Some(other) = items.insert(&item.id, file) {
                findings.error(
                    "duplicate-id",
                    file,
                    &item.id,
                    format!("{other} has this id too; ids are unique in a pack"),
                );
            }
            check_item(item, list, file, &lists, findings);
        }
    }
    if items.len() > limits::ITEMS || lists.len() > limits::CHECKLISTS {
        findings.error("too-much", PACK, "", "a reader does not take that many checklists or items; make two packs");
    }
    tombstones(&read.pack, &lists, &items, findings);
}

fn head(pack: &PackFile, findings: &mut Findings) {
    id(&pack.id, PACK, findings);
    if pack.version == 0 {
        findings.error("version", PACK, "version", "versions begin at 1");
    }
    for (name, value) in [("publisher", &pack.publisher), ("licence", &pack.licence)] {
        if value.trim().is_empty() || crate::characters::flaw(value).is_some() {
            findings.error("empty", PACK, name, "must be there, in plain characters");
        }
    }
    match pack.min_core.parse::<CoreVersion>() {
        Ok(version) if version > CoreVersion::current() => {
            let text = format!("{version} is newer than this program; nobody could check the pack");
            findings.error("min-core", PACK, "min_core", text);
        }
        Ok(_) => {}
        Err(()) => findings.error("min-core", PACK, "min_core", "write three numbers, such as 0.1.0"),
    }
}

fn locales(read: &Read, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for tag in &read.pack.locales {
        if !is_locale(tag) {
            findings.error("locale", PACK, tag, "is no language tag; write it as in es, pt-BR or zh-Hant");
        }
        if !seen.insert(tag.as_str()) {
            findings.error("locale", PACK, tag, "stands twice in locales; remove one");
        }
        if !read.texts.contains_key(tag) {
            findings.error(
                "locale",
                PACK,
                tag,
                format!("there are no texts; write text/{tag}/*.toml or take it out of locales"),
            );
        }
    }
    for (tag, texts) in read.texts.iter().filter(|(tag, _)| !seen.contains(tag.as_str())) {
        let file = texts.values().next().map_or("text", |text| text.file.as_str());
        findings.error("locale", file, tag, "is not in locales of pack.toml; add it there, or remove the folder");
    }
    if !seen.contains(read.pack.default_locale.as_str()) {
        findings.error("locale", PACK, "default_locale", "must be one of locales");
    }
}

fn topics(read: &Read, findings: &mut Findings) {
    let mut topics = BTreeSet::new();
    for topic in &read.pack.topics {
        id(&topic.id, PACK, findings);
        if !topics.insert(topic.id.as_str()) {
            findings.error("duplicate-id", PACK, &topic.id, "this topic stands twice; remove one");
        }
        if !read.checklists.iter().any(|(_, list)| list.topic == topic.id) {
            findings.error("empty", PACK, &topic.id, "this topic has no checklist; remove it, or write one");
        }
    }
    for (file, list) in &read.checklists {
        if !topics.contains(list.topic.as_str()) {
            let text = format!("topic {:?} is not in pack.toml; use one that is, or add it", list.topic);
            findings.error("unknown-topic", file, &list.id, text);
        }
    }
}

fn checklist(list: &Checklist, file: &str, findings: &mut Findings) {
    code("situation", &list.situation, codes::SITUATIONS, file, &list.id, findings);
    for persona in &list.personas {
        code("persona", persona, codes::PERSONAS, file, &list.id, findings);
    }
    if list.personas.is_empty() {
        findings.error(
            "empty",
            file,
            &list.id,
            format!("for whom is it? personas has some of {}", codes::PERSONAS.join(", ")),
        );
    }
    if list.recurs_days.is_some_and(|days| !(1..=730).contains(&days)) {
        findings.error("recurs", file, &list.id, "recurs_days is from 1 to 730");
    }
    if list.sections.is_empty() {
        findings.error("empty", file, &list.id, "this checklist has no section");
    }
    let mut sections = BTreeSet::new();
    for section in &list.sections {
        let key = list.section_key(section);
        id(&section.id, file, findings);
        code("phase", &section.phase, codes::PHASES, file, &key, findings);
        if !sections.insert(section.id.as_str()) {
            findings.error(
                "duplicate-id",
                file,
                &key,
                "this section stands twice in the checklist; give one another id",
            );
        }
        if section.items.is_empty() {
            findings.error("empty", file, &key, "this section has no item; remove it, or write one");
        }
    }
}

fn check_item(item: &Item, list: &Checklist, file: &str, lists: &BTreeMap<&str, &str>, findings: &mut Findings) {
    id(&item.id, file, findings);
    if item.id.strip_prefix(&list.id).and_then(|rest| rest.strip_prefix('.')).is_none() {
        let text = format!("an item's id begins with its checklist's: {}.…", list.id);
        findings.error("item-id", file, &item.id, text);
    }
    code("priority", &item.priority, codes::PRIORITIES, file, &item.id, findings);
    match item.score {
        Some(_) if !list.scored => {
            findings.error(
                "score",
                file,
                &item.id,
                "has points in a checklist without; remove score, or set scored = true",
            );
        }
        None if list.scored => findings.error("score", file, &item.id, "has no points; add score = 1 to 5"),
        Some(score) if !(1..=5).contains(&score) => findings.error("score", file, &item.id, "points are from 1 to 5"),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for link in &item.links {
        match link {
            Link::Checklist(to) if *to == list.id => {
                findings.error("unknown-link", file, &item.id, "links to the checklist that it is in; remove the link");
            }
            Link::Checklist(to) if !lists.contains_key(to.as_str()) => {
                findings.error(
                    "unknown-link",
                    file,
                    &item.id,
                    format!("there is no checklist {to:?}; correct or remove the link"),
                );
            }
            Link::Checklist(_) => {}
            Link::Incident(act) => code("act", act, codes::ACTS, file, &item.id, findings),
            Link::Recipient(kind) => code("recipient", kind, codes::RECIPIENT_KINDS, file, &item.id, findings),
        }
        if !seen.insert(link) {
            findings.error("duplicate-link", file, &item.id, "has one link twice; remove one");
        }
    }
    if item.links.len() > limits::LINKS {
        findings.error("too-much", file, &item.id, format!("has more than {} links", limits::LINKS));
    }
}

fn tombstones(pack: &PackFile, lists: &BTreeMap<&str, &str>, items: &BTreeMap<&str, &str>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for tombstone in &pack.tombstones {
        let (living, kind, name) = match tombstone {
            TombstoneEntry { item: Some(id), checklist: None, .. } => (items, "item", id),
            TombstoneEntry { item: None, checklist: Some(id), .. } => (lists, "checklist", id),
            _ => {
                findings.error("tombstone", PACK, "tombstones", "each entry names one item or one checklist");
                continue;
            }
        };
        id(name, PACK, findings);
        if let Some(file) = living.get(name.as_str()) {
            findings.error("id-reused", file, name, "was removed in an earlier version; give the new one another id");
        }
        if !seen.insert((kind, name)) {
            findings.error("tombstone", PACK, name, "stands twice in tombstones; remove one");
        }
        if tombstone.removed_in < 2 || tombstone.removed_in > pack.version {
            let text = format!("removed_in is from 2 to the pack's version, {}", pack.version);
            findings.error("tombstone", PACK, name, text);
        }
        if tombstone.replaced_by.as_ref().is_some_and(|heir| !living.contains_key(heir.as_str())) {
            findings.error("tombstone", PACK, name, format!("replaced_by names no {kind} of the pack"));
        }
    }
}

pub(super) fn id(text: &str, file: &str, findings: &mut Findings) {
    if !is_id(text) {
        findings.error("id", file, text, "an id has lower-case letters, digits, and single - or . between them");
    }
}

pub(super) fn code(what: &str, text: &str, known: &[&str], file: &str, about: &str, findings: &mut Findings) {
    if !known.contains(&text) {
        findings.error(
            "unknown-code",
            file,
            about,
            format!("{what} {text:?} is not known; use one of {}", known.join(", ")),
        );
    }
}
