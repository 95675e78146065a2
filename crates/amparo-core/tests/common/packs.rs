//! Small checklist packs, made by hand and signed with keys of tests.
#![allow(dead_code, reason = "each test file uses some of it")]

use amparo_core::checklist::Publisher;
use amparo_crypto::{SecretKey, hash, labels, sign::SigningKey};
use amparo_report::hex;
use serde_json::{Map, Value, json};

/// A key whose seed is public: it signs nothing that anybody should believe.
pub fn signer(seed: u8) -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [seed; 32]))
}

pub fn publisher(seed: u8) -> Publisher {
    signer(seed).verifying_key().into()
}

/// An item: its id, the number of its wording in English and in Arabic, and its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSpec {
    pub id: String,
    pub english: u8,
    pub arabic: Option<u8>,
    pub points: u8,
}

pub fn item(id: &str) -> ItemSpec {
    ItemSpec { id: id.into(), english: 0, arabic: Some(0), points: 2 }
}

/// What a pack is made of: checklists with one section for each list of items.
#[derive(Debug, Clone)]
pub struct PackSpec {
    pub id: String,
    pub version: u64,
    pub lists: Vec<(String, Vec<Vec<ItemSpec>>)>,
    pub tombstones: Vec<Value>,
    pub manifest: Map<String, Value>,
}

impl PackSpec {
    pub fn new(version: u64, lists: &[(&str, &[&[&str]])]) -> Self {
        let lists = lists.iter().map(|(id, sections)| {
            ((*id).to_owned(), sections.iter().map(|items| items.iter().map(|id| item(id)).collect()).collect())
        });
        let lists = lists.collect();
        Self { id: "test.pack".into(), version, lists, tombstones: Vec::new(), manifest: Map::new() }
    }

    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.manifest.insert(field.into(), value);
        self
    }

    pub fn item_mut(&mut self, id: &str) -> &mut ItemSpec {
        let mut items = self.lists.iter_mut().flat_map(|(_, sections)| sections).flatten();
        items.find(|item| item.id == id).unwrap()
    }

    /// The file, signed by the key of this seed.
    pub fn sign(&self, seed: u8) -> Vec<u8> {
        let (mut sections_en, mut items_en, mut items_ar) = (Map::new(), Map::new(), Map::new());
        let (mut lists, mut titles_en, mut titles_ar) = (Vec::new(), Map::new(), Map::new());
        for (id, sections) in &self.lists {
            let mut section_values = Vec::new();
            for (number, items) in sections.iter().enumerate() {
                sections_en.insert(format!("{id}.s{number}"), json!(format!("Section {number}")));
                for item in items {
                    items_en.insert(
                        item.id.clone(),
                        json!({"text": format!("Do {} {}", item.id, item.english), "why": "So."}),
                    );
                    if let Some(arabic) = item.arabic {
                        items_ar.insert(item.id.clone(), json!({"text": format!("افعل {} {arabic}", item.id)}));
                    }
                }
                let values: Vec<Value> = items
                    .iter()
                    .map(|item| {
                        json!({
                            "id": item.id, "priority": "normal", "time_critical": true, "score": item.points,
                            "links": [{"incident": "threat"}, {"recipient": "lawyer"}],
                        })
                    })
                    .collect();
                section_values.push(json!({"id": format!("s{number}"), "phase": "before", "items": values}));
            }
            titles_en.insert(id.clone(), json!({"title": format!("List {id}"), "summary": "A list."}));
            titles_ar.insert(id.clone(), json!({"title": format!("قائمة {id}")}));
            lists.push(json!({
                "id": id, "topic": "t", "situation": "risk", "personas": ["defender"], "recurs_days": 7, "scored": true,
                "sections": section_values,
            }));
        }
        let mut structure = json!({"schema": "amparo.checklists/1", "topics": [{"id": "t"}], "checklists": lists, "tombstones": self.tombstones});
        if let Some((first, _)) = self.lists.first() {
            structure["triage"] = json!({"start": "q", "questions": [
                {"id": "q", "answers": [{"id": "a", "checklist": first, "recipient": "lawyer"}]}]});
        }
        let english = json!({
            "schema": "amparo.texts/1", "locale": "en", "pack": {"title": "Tests"}, "topics": {"t": "Topic"},
            "checklists": titles_en, "sections": sections_en, "items": items_en,
            "questions": {"q": "What?"}, "answers": {"a": "This."},
        });
        let arabic = json!({"schema": "amparo.texts/1", "locale": "ar", "checklists": titles_ar, "items": items_ar});
        let parts: Vec<(&str, Vec<u8>)> = [("checklists", structure), ("text/en", english), ("text/ar", arabic)]
            .into_iter()
            .map(|(name, value)| (name, serde_json::to_vec(&value).unwrap()))
            .collect();
        let entries: Vec<Value> = parts
            .iter()
            .map(
                |(name, bytes)| json!({"name": name, "size": bytes.len(), "sha256": hex::encode(&hash::sha256(bytes))}),
            )
            .collect();
        let mut manifest = json!({
            "schema": "amparo.pack/1", "id": self.id, "version": self.version, "min_core": "0.1.0", "publisher": "Tests",
            "licence": "CC0-1.0", "valid_from": "2026-11-01", "review_by": "2027-11-01", "default_locale": "en",
            "locales": [{"tag": "en", "direction": "ltr"}, {"tag": "ar", "direction": "rtl"}], "parts": entries,
        });
        for (field, value) in &self.manifest {
            manifest[field] = value.clone();
        }
        let manifest = serde_json::to_vec(&manifest).unwrap();
        let key = signer(seed);
        let signature = key.sign(labels::PACK_SIGNATURE, &hash::sha256(&manifest));
        let length = u32::try_from(manifest.len()).unwrap().to_be_bytes();
        let mut file =
            [b"amparo.pack/1\n".as_slice(), &key.verifying_key().to_bytes(), &signature, &length, &manifest].concat();
        parts.iter().for_each(|(_, bytes)| file.extend(bytes));
        file
    }

    pub fn signed(&self) -> Vec<u8> {
        self.sign(7)
    }
}
