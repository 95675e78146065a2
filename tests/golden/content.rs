//! What was entered into the golden vault, written down once more: what is read from it today must equal this. Whoever changes
//! it here changes what the tests expect, not the frozen files.

use amparo_core::{
    evidence::{CapturedAt, EvidenceKind},
    incident::{
        Act, ActCode, Coordinates, DatePrecision, Detention, IncidentContent, IncidentStatus, Occurred, Person,
        PersonRole, Place, PlacePrecision, Urgency,
    },
};
use amparo_crypto::hash::sha256;
use serde_json::{Map, Value, json};

/// Composed, with a ligature and Arabic digits: unlocking depends on the normalisation that the format prescribes (NFKC).
pub const PASSPHRASE: &str = "Пароль ﬁn caf\u{e9} 🔑 ١٢٣ قهوة";
/// The same as another keyboard may enter it.
pub const PASSPHRASE_ELSEWHERE: &str = "Пароль fin cafe\u{301} 🔑 ١٢٣ قهوة";
pub fn full_incident() -> IncidentContent {
    let from = "2026-11-22T09:30:15+02:00".parse().unwrap();
    let mut occurred = Occurred { to: Some("2026-11-23".parse().unwrap()), ..Occurred::at(from) };
    occurred.precision = DatePrecision::CIRCA;
    occurred.unknown = fields(json!({ "calendar": "hijri" }));
    let mut detention: Act = ActCode::ARBITRARY_DETENTION.into();
    // These fields were unknown to the version that wrote the frozen files, and are read as what they are today.
    detention.detention =
        Some(Detention {
            place: "قسم قصر النيل".into(), lawyer_access: Some(false), ..Detention::default()
        });
    IncidentContent {
        title: "اعتقال أمام المحكمة 🕯️".into(),
        narrative: "اعتقلوه أمام الوزارة \u{200f}(الساعة 9:30)\u{200e}.\nПолиция пришла ночью.\n\tЦитата: «молчи» <b>&amp;</b>\r\n\
                    Se lo llevaron sin orden judicial — mañana habrá audiencia."
            .into(),
        language: Some("ar-EG".into()),
        // A code that no version knows yet is kept.
        acts: vec![detention, ActCode::THREAT.into(), "drone_strike".parse::<ActCode>().unwrap().into()],
        occurred: Some(occurred),
        place: Some(Place {
            text: "القاهرة، شارع طلعت حرب".into(),
            country: Some("EG".into()),
            coordinates: Some(Coordinates { latitude: 30.0444196, longitude: 31.2357116 }),
            accuracy_m: Some(12.5),
            precision: Some(PlacePrecision::TOWN),
            unknown: fields(json!({ "floor": 3 })),
        }),
        status: Some(IncidentStatus::ONGOING),
        urgency: Some(Urgency::IMMINENT),
        tags: vec!["قضية ٤٢".into(), "🕊".into()],
        persons: vec![Person { name: "ن. م.".into(), ..Person::with_role(PersonRole::VICTIM) }],
        unknown: fields(json!({
            "number": 0.30000000000000004,
            "big": u64::MAX,
        })),
        ..IncidentContent::default()
    }
}

pub const ONE_SENTENCE: &str = "Ночью пришли шестеро и забрали компьютеры.";
pub const TWO_SENTENCES: &str = "Ночью пришли шестеро и забрали компьютеры. Телефоны тоже; двері вибили.";

pub fn many_scripts() -> IncidentContent {
    IncidentContent {
        title: "证据 · ማስረጃ · सबूत".into(),
        // Chinese, Amharic, Hindi, Persian with a zero-width non-joiner, Burmese, Tigrinya, decomposed Vietnamese, Hebrew, a flag
        // and a family.
        narrative: "他们没收了记者的电脑。\nፖሊስ ቤቱን ፈተሸ።\nपत्रकार को धमकी दी गई।\nخبرنگار را می‌برند.\nရဲများ ရောက်လာသည်။\n\
                    ኣብ ማእሰርቲ ኣሎ።\nNha\u{300} ba\u{301}o bi\u{323} ba\u{306}\u{301}t.\nהעיתונאית נעצרה.\n🇪🇺 👨\u{200d}👩\u{200d}👧"
            .into(),
        language: Some("zh-Hans".into()),
        acts: vec![ActCode::RAID_SEARCH.into(), ActCode::CONFISCATION.into()],
        occurred: Some(Occurred::at("2026-10".parse().unwrap())),
        status: Some(IncidentStatus::ENDED),
        urgency: Some(Urgency::INFORMATION),
        ..IncidentContent::default()
    }
}

/// Words that must find each incident, as the frozen search index has them.
pub const SEARCHES: [(&str, usize); 9] = [
    ("المحكمة", 0),
    ("ПОЛИЦИЯ ночью", 0),
    ("manana audiencia", 0),
    ("طلعت", 0),
    ("компьют телефоны", 1),
    ("двері ВИБИЛИ", 1),
    ("ማስረጃ", 2),
    ("पत्रकार", 2),
    ("bao bat", 2),
];

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("an object") };
    fields
}

/// `len` bytes with the beginning of a real format, which do not compress.
fn medium(head: &[u8], len: usize) -> Vec<u8> {
    let mut out = head.to_vec();
    let mut block = sha256(head);
    while out.len() < len {
        block = sha256(&block);
        out.extend_from_slice(&block);
    }
    out.truncate(len);
    out
}

/// A photo and a text of the same incident, and a recording of several slots that belongs to none.
pub fn evidence_bytes() -> [Vec<u8>; 3] {
    [
        medium(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0", 6007),
        "Свидетельство: «видел всё сам».\n證詞。شهادة.\n".repeat(9).into_bytes(),
        medium(b"OggS\0\x02\0\0\0\0\0\0\0\0", 20_011),
    ]
}

pub const NOTES: [Option<&str>; 3] = [Some("صورة من الشرفة 📷"), Some("записано утром"), Some("Ṱhe nǫte ﷽")];
pub const NAMES: [Option<&str>; 3] = [Some("IMG 1 صورة.jpg"), Some("показания.txt"), None];
pub const KINDS: [EvidenceKind; 3] = [EvidenceKind::PHOTO, EvidenceKind::TESTIMONY, EvidenceKind::AUDIO];
pub const MEDIA_TYPES: [&str; 3] = ["image/jpeg", "text/plain", "audio/ogg"];

pub fn captured() -> CapturedAt {
    CapturedAt {
        time: "2026-11-22T09:31+02:00".parse().unwrap(),
        monotonic_ms: Some(86_400_001),
        timezone: Some("Africa/Cairo".into()),
        unknown: fields(json!({ "leap": true })),
    }
}

/// The sealed reports and the keys that open them: one signed by a case's key and sealed to post-quantum keys, one anonymous and
/// sealed to a classic key.
pub const REPORTS: [(&str, &str); 2] =
    [("reports/case-pq.age", "keys/desk-pq.txt"), ("reports/anonymous-classic.age", "keys/lawyer-classic.txt")];
