//! A small pack for tests, and files made by hand.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "each test file uses some of it")]

use std::collections::BTreeMap;

use amparo_crypto::{SecretKey, hash, labels, sign::SigningKey};
use amparo_pack::Publisher;
use amparo_report::hex;
use serde_json::{Value, json};

/// The key that signs in tests. Its seed is public: it signs nothing that anybody should believe.
pub fn key() -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [7; 32]))
}

pub fn other_key() -> SigningKey {
    SigningKey::from_seed(&SecretKey::take(&mut [8; 32]))
}

pub fn publisher() -> Publisher {
    key().verifying_key().into()
}

/// Manifest and parts of a small pack.
#[derive(Clone)]
pub struct Raw {
    pub manifest: Value,
    pub parts: Vec<(String, Vec<u8>)>,
}

impl Raw {
    /// Two checklists in English and Arabic; one Arabic item is not translated.
    pub fn small() -> Self {
        let checklists = json!({
            "schema": "amparo.checklists/1",
            "topics": [{"id": "road"}],
            "checklists": [
                {"id": "travel", "topic": "road", "situation": "travel", "personas": ["defender"], "sections": [
                    {"id": "plan", "phase": "prepare", "items": [
                        {"id": "travel.tell", "priority": "high", "leaves_trace": true,
                         "links": [{"recipient": "trusted_person"}, {"checklist": "check"}, {"incident": "threat"}]},
                        {"id": "travel.copy", "priority": "normal"}]}]},
                {"id": "check", "topic": "road", "situation": "device-care", "personas": ["defender", "family"],
                 "recurs_days": 7, "scored": true, "sections": [
                    {"id": "weekly", "phase": "prepare", "items": [
                        {"id": "check.updates", "priority": "high", "needs_network": true, "score": 3,
                         "source": "https://example.org/updates", "last_reviewed": "2026-11-24"}]}]}],
            "triage": {"start": "q.what", "questions": [
                {"id": "q.what", "answers": [{"id": "a.go", "question": "q.where"}, {"id": "a.help", "recipient": "hotline"}]},
                {"id": "q.where", "answers": [{"id": "a.far", "checklist": "travel", "recipient": "lawyer"}]}]},
            "tombstones": [{"kind": "item", "id": "travel.old", "removed_in": 2, "replaced_by": "travel.tell"}]
        });
        let english = json!({
            "schema": "amparo.texts/1", "locale": "en",
            "pack": {"title": "Small", "summary": "A pack for tests."},
            "topics": {"road": "On the road"},
            "checklists": {"travel": {"title": "Travel", "summary": "Before you go."}, "check": {"title": "Check"}},
            "sections": {"travel.plan": "Plan", "check.weekly": "Each week"},
            "items": {"travel.tell": {"text": "Tell somebody.", "why": "They notice."},
                      "travel.copy": {"text": "Leave a copy."}, "check.updates": {"text": "Install updates."}},
            "questions": {"q.what": "What happens?", "q.where": "Where to?"},
            "answers": {"a.go": "I go", "a.help": "Help me", "a.far": "Far"},
            "forms": {"general.title": "Report"}
        });
        let arabic = json!({
            "schema": "amparo.texts/1", "locale": "ar",
            "pack": {"title": "صغيرة"},
            "checklists": {"travel": {"title": "السفر"}},
            "items": {"travel.tell": {"text": "أخبروا شخصاً تثقون به."}}
        });
        let form = json!({"schema": "amparo.form/1", "id": "general"});
        let part = |name: &str, value: &Value| (name.to_owned(), serde_json::to_vec(value).unwrap());
        Self {
            manifest: json!({
                "schema": "amparo.pack/1", "id": "test.small", "version": 3, "min_core": "0.1.0",
                "publisher": "Tests", "licence": "CC0-1.0", "valid_from": "2026-11-24", "review_by": "2027-11-24",
                "default_locale": "en",
                "locales": [{"tag": "en", "direction": "ltr"}, {"tag": "ar", "direction": "rtl"}],
                "parts": []
            }),
            parts: vec![
                part("checklists", &checklists),
                part("text/en", &english),
                part("text/ar", &arabic),
                part("form/general", &form),
            ],
        }
    }

    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.manifest[field] = value;
        self
    }

    /// Replaces text in a part.
    pub fn edit(mut self, part: &str, from: &str, to: &str) -> Self {
        let bytes = &mut self.parts.iter_mut().find(|(name, _)| name == part).unwrap().1;
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{part} has no {from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
        self
    }

    /// The file, signed: sizes and hashes are those of the parts as they are now.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let mut manifest = self.manifest.clone();
        manifest["parts"] = self
            .parts
            .iter()
            .map(
                |(name, bytes)| json!({"name": name, "size": bytes.len(), "sha256": hex::encode(&hash::sha256(bytes))}),
            )
            .collect();
        sign_bytes(
            &serde_json::to_vec(&manifest).unwrap(),
            &self.parts.iter().map(|(_, b)| b.as_slice()).collect::<Vec<_>>(),
            key,
        )
    }

    pub fn signed(&self) -> Vec<u8> {
        self.sign(&key())
    }
}

/// A file of these bytes, signed whatever they are.
pub fn sign_bytes(manifest: &[u8], parts: &[&[u8]], key: &SigningKey) -> Vec<u8> {
    let signature = key.sign(labels::PACK_SIGNATURE, &hash::sha256(manifest));
    let length = u32::try_from(manifest.len()).unwrap().to_be_bytes();
    let head = [b"amparo.pack/1\n".as_slice(), &key.verifying_key().to_bytes(), &signature, &length, manifest].concat();
    [head, parts.concat()].concat()
}

/// The sources of a small pack that lints clean.
pub fn sources() -> BTreeMap<String, String> {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    BTreeMap::from([
        file("pack.toml", PACK),
        file("triage.toml", TRIAGE),
        file("checklists/travel.toml", TRAVEL),
        file("checklists/check.toml", CHECK),
        file("forms/general.toml", GENERAL),
        file(
            "text/en/_pack.toml",
            "[pack]\ntitle = \"Small\"\nsummary = \"A pack for tests.\"\n[topic.road]\ntitle = \"On the road\"\n\n",
        ),
        file(
            "text/en/_forms.toml",
            "[form.general]\ntitle = \"Report\"\nsummary = \"What happened.\"\n[form.\"general.story\"]\ntext = \"Tell it.\"\nwhy = \"They must know.\"\n[form.\"general.names\"]\ntext = \"No names of others.\"\nwhy = \"They did not agree.\"\n[form.\"general.limits\"]\ntext = \"Send little.\"\nwhy = \"Their mail is full.\"\n",
        ),
        file(
            "text/ar/_pack.toml",
            "[pack]\ntitle = \"صغيرة\"\nsummary = \"حزمة للاختبار.\"\n[topic.road]\ntitle = \"على الطريق\"\n\n",
        ),
        file(
            "text/ar/_forms.toml",
            "[form.general]\ntitle = \"بلاغ\"\nsummary = \"ما حدث.\"\n[form.\"general.story\"]\ntext = \"احكوا ما حدث.\"\nwhy = \"عليهم أن يعرفوا.\"\n[form.\"general.names\"]\ntext = \"لا أسماء لغيركم.\"\nwhy = \"لم يوافقوا.\"\n[form.\"general.limits\"]\ntext = \"أرسلوا القليل.\"\nwhy = \"بريدهم ممتلئ.\"\n",
        ),
        file(
            "text/en/_triage.toml",
            "[question.\"q.what\"]\ntext = \"What happens?\"\n[answer.\"a.go\"]\ntext = \"I go\"\n[answer.\"a.check\"]\ntext = \"A check\"\n[question.\"q.where\"]\ntext = \"Where to?\"\n[answer.\"a.far\"]\ntext = \"Far\"\n",
        ),
        file(
            "text/ar/_triage.toml",
            "[question.\"q.what\"]\ntext = \"ماذا يحدث؟\"\n[answer.\"a.go\"]\ntext = \"سأسافر\"\n[answer.\"a.check\"]\ntext = \"فحص\"\n[question.\"q.where\"]\ntext = \"إلى أين؟\"\n[answer.\"a.far\"]\ntext = \"بعيداً\"\n",
        ),
        file("text/en/travel.toml", TRAVEL_EN),
        file("text/ar/travel.toml", TRAVEL_AR),
        file("text/en/check.toml", CHECK_EN),
        file("text/ar/check.toml", CHECK_AR),
    ])
}

const PACK: &str = r#"id = "test.small"
version = 2
publisher = "Tests"
licence = "CC0-1.0"
locales = ["en", "ar"]
default_locale = "en"
valid_from = "2026-11-24"
review_by = "2027-11-24"
min_core = "0.1.0"
[[topics]]
id = "road"
[[tombstones]]
item = "travel.old"
removed_in = 2
"#;

const TRIAGE: &str = r#"start = "q.what"
[[questions]]
id = "q.what"
answers = [{ id = "a.go", question = "q.where" }, { id = "a.check", checklist = "check" }]
[[questions]]
id = "q.where"
answers = [{ id = "a.far", checklist = "travel", recipient = "lawyer" }]
"#;

const TRAVEL: &str = r#"id = "travel"
topic = "road"
situation = "travel"
personas = ["defender"]
[[sections]]
id = "plan"
phase = "prepare"
[[sections.items]]
id = "travel.tell"
priority = "high"
leaves_trace = true
links = [{ recipient = "trusted_person" }, { checklist = "check" }, { incident = "threat" }]
[[sections.items]]
id = "travel.copy"
priority = "normal"
source = "https://example.org/copies"
last_reviewed = "2026-11-24"
"#;

const CHECK: &str = r#"id = "check"
topic = "road"
situation = "device-care"
personas = ["defender", "family"]
recurs_days = 7
scored = true
[[sections]]
id = "weekly"
phase = "prepare"
[[sections.items]]
id = "check.updates"
priority = "high"
needs_network = true
score = 3
"#;

const TRAVEL_EN: &str = r#"[checklist.travel]
title = "Travel"
summary = "Before you go."
[section."travel.plan"]
title = "Plan"
[item."travel.tell"]
text = "Tell somebody."
why = "They notice first."
[item."travel.copy"]
text = "Leave a copy."
why = "Papers get lost."
"#;

const TRAVEL_AR: &str = r#"[checklist.travel]
title = "السفر"
summary = "قبل أن تذهبوا."
[section."travel.plan"]
title = "التخطيط"
[item."travel.tell"]
text = "أخبروا شخصاً تثقون به."
why = "هو أول من ينتبه."
[item."travel.copy"]
text = "اتركوا نسخة."
why = "الأوراق تضيع."
"#;

const CHECK_EN: &str = r#"[checklist.check]
title = "Check"
summary = "Each week."
[section."check.weekly"]
title = "Each week"
[item."check.updates"]
text = "Install updates."
why = "They close holes."
"#;

const CHECK_AR: &str = r#"[checklist.check]
title = "الفحص"
summary = "كل أسبوع."
[section."check.weekly"]
title = "كل أسبوع"
[item."check.updates"]
text = "ثبّتوا التحديثات."
why = "إنها تسد الثغرات."
"#;

const GENERAL: &str = r#"id = "general"
kinds = ["cso"]
[[fields]]
id = "story"
level = "required"
what = [{ any = ["narrative"] }, { at = "/acts", any = ["description"] }]
[[fields]]
id = "names"
level = "forbidden"
what = [{ at = "/persons", except = { role = ["victim"] }, any = ["name"] }]
[limits]
items = 3
source = "https://example.org/limits"
last_reviewed = "2026-11-24"
[layout]
order = ["persons"]
"#;
