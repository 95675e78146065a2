//! What an update changes, so that a run of an older version can say which of its items are gone or say something else now.

use std::collections::BTreeMap;

use crate::{
    Pack,
    structure::{Item, TombstoneKind},
};

/// What changed from one pack to another. Ids stand in the order of the pack that has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Checklists that are new.
    pub new_checklists: Vec<String>,
    /// Checklists that are gone.
    pub gone_checklists: Vec<String>,
    /// Items that are new.
    pub new_items: Vec<String>,
    /// Items that are gone.
    pub gone_items: Vec<String>,
    /// Items that say something else in some language that both have: id and languages.
    pub reworded: Vec<(String, Vec<String>)>,
    /// Items that are marked otherwise (priority, flags, points, source, links).
    pub remarked: Vec<String>,
    /// Items that are in another checklist or section.
    pub moved: Vec<String>,
    /// Of what is gone, what the newer one does not name as removed.
    pub unnamed: Vec<String>,
    /// Ids that the older one names as removed and the newer one gives to something.
    pub revived: Vec<String>,
    /// Tombstones of the older one that the newer one lost.
    pub forgotten: Vec<String>,
    /// Whether the triage is another.
    pub triage: bool,
    /// Languages that are new.
    pub new_locales: Vec<String>,
    /// Languages that are gone.
    pub gone_locales: Vec<String>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the newer one is an update that keeps the format's promises about ids.
    #[must_use]
    pub fn keeps_ids(&self) -> bool {
        self.unnamed.is_empty() && self.revived.is_empty() && self.forgotten.is_empty()
    }
}

type Placed<'a> = BTreeMap<&'a str, (&'a str, &'a str, &'a Item)>;

fn placed(pack: &Pack) -> Placed<'_> {
    let items = pack.structure().items();
    items.map(|(list, section, item)| (item.id.as_str(), (list.id.as_str(), section.id.as_str(), item))).collect()
}

/// What changes when `new` takes the place of `old`.
#[must_use]
pub fn compare(old: &Pack, new: &Pack) -> Changes {
    let (before, after) = (placed(old), placed(new));
    let mut changes = Changes::default();
    let lists = |of: &Pack, other: &Pack| {
        let gone = of.structure().checklists.iter().filter(|list| other.structure().checklist(&list.id).is_none());
        gone.map(|list| list.id.clone()).collect::<Vec<_>>()
    };
    changes.gone_checklists = lists(old, new);
    changes.new_checklists = lists(new, old);
    let ids = |of: &Pack, other: &Placed<'_>| {
        let missing = of.structure().items().filter(|(_, _, item)| !other.contains_key(item.id.as_str()));
        missing.map(|(_, _, item)| item.id.clone()).collect::<Vec<_>>()
    };
    changes.gone_items = ids(old, &after);
    changes.new_items = ids(new, &before);
    for (list, section, item) in new.structure().items() {
        let Some((old_list, old_section, old_item)) = before.get(item.id.as_str()) else { continue };
        if (*old_list, *old_section) != (list.id.as_str(), section.id.as_str()) {
            changes.moved.push(item.id.clone());
        }
        if *old_item != item {
            changes.remarked.push(item.id.clone());
        }
        let reworded = reworded(old, new, &item.id);
        if !reworded.is_empty() {
            changes.reworded.push((item.id.clone(), reworded));
        }
    }
    let tombs = |pack: &Pack| {
        let tombstones = pack.structure().tombstones.iter();
        tombstones.map(|tomb| (tomb.kind, tomb.id.clone())).collect::<std::collections::BTreeSet<_>>()
    };
    let (old_tombs, new_tombs) = (tombs(old), tombs(new));
    let gone = changes.gone_checklists.iter().map(|id| (TombstoneKind::Checklist, id.clone()));
    let gone = gone.chain(changes.gone_items.iter().map(|id| (TombstoneKind::Item, id.clone())));
    changes.unnamed = gone.filter(|name| !new_tombs.contains(name)).map(|(_, id)| id).collect();
    for (kind, id) in &old_tombs {
        let lives = match kind {
            TombstoneKind::Checklist => new.structure().checklist(id).is_some(),
            TombstoneKind::Item => after.contains_key(id.as_str()),
        };
        if lives {
            changes.revived.push(id.clone());
        } else if !new_tombs.contains(&(*kind, id.clone())) {
            changes.forgotten.push(id.clone());
        }
    }
    changes.triage = old.structure().triage != new.structure().triage;
    let locales = |of: &Pack, other: &Pack| {
        let missing = of.manifest().locales.iter().filter(|l| !other.manifest().locales.iter().any(|m| m.tag == l.tag));
        missing.map(|locale| locale.tag.clone()).collect::<Vec<_>>()
    };
    changes.gone_locales = locales(old, new);
    changes.new_locales = locales(new, old);
    changes
}

/// The languages of both in which an item has another text.
fn reworded(old: &Pack, new: &Pack, id: &str) -> Vec<String> {
    let mut languages = Vec::new();
    for (locale, texts) in new.texts() {
        let Some((_, before)) = old.texts().find(|(other, _)| other.tag == locale.tag) else { continue };
        if before.items.get(id) != texts.items.get(id) {
            languages.push(locale.tag.clone());
        }
    }
    languages
}
