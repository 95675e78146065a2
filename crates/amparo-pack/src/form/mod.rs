//! Channel forms: what a channel needs a report to contain, wants, and must not get (`docs/formats/form.md`).
//!
//! A form is data and is read whole or not at all. A key, level or place that this version does not know may be a condition on
//! what may be told: half a form would tell what the other half forbids, so it is refused as needing a newer version. Nothing
//! here judges a report; it only says what a form means.

mod places;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use places::{EVIDENCE, PLACES, PURPOSES, Place, SECTIONS};

/// `schema` of a channel form.
pub const FORM_SCHEMA: &str = "amparo.form/1";

/// Ids that no field of a form may have: texts of the form itself stand under these keys.
pub const RESERVED: &[&str] = &["title", "summary", "consent", "limits"];

/// What a form may have at most.
pub mod form_limits {
    /// A form, bytes of JSON.
    pub const BYTES: usize = 64 * 1024;
    /// Fields.
    pub const FIELDS: usize = 128;
    /// Ways in which a field can be there.
    pub const WAYS: usize = 8;
    /// Fields that one way names.
    pub const ANY: usize = 32;
    /// Codes that one condition names.
    pub const CODES: usize = 64;
    /// Kinds of recipients; purposes of consent.
    pub const KINDS: usize = 16;
    /// Media types.
    pub const MEDIA_TYPES: usize = 64;
}

/// Why a form is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The pack has no form of this id.
    #[error("there is no such channel form")]
    NotFound,
    /// It says something that this version does not know. Half of it is not used.
    #[error("this channel form needs a newer version: {what}; update the app")]
    Newer {
        /// What is not known.
        what: &'static str,
    },
    /// A mistake of its publisher.
    #[error("this channel form is malformed: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
}

/// How much a channel cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It cannot work without.
    Required,
    /// It helps.
    Wanted,
    /// It must not get it.
    Forbidden,
}

impl Level {
    /// A stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Wanted => "wanted",
            Self::Forbidden => "forbidden",
        }
    }
}

/// A condition on an element of a list: each field named has one of the codes. An element without such a field does not meet it.
pub type Condition = BTreeMap<String, Vec<String>>;

/// Whether `element` meets every part of `condition`.
#[must_use]
pub fn meets(element: &Value, condition: &Condition) -> bool {
    condition.iter().all(|(field, codes)| {
        element.get(field).and_then(Value::as_str).is_some_and(|code| codes.iter().any(|known| known == code))
    })
}

/// One way in which a field can be there: elements of a list, or the record itself, and what of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Way {
    /// The list, as `/persons`; empty for the record itself.
    pub at: String,
    /// Only elements that meet this.
    pub filter: Condition,
    /// Not elements that meet this. Who must not be told of is better said so: it holds for roles that nobody entered, too.
    pub except: Condition,
    /// Any of these is enough; of what is forbidden, all are meant. None means the element itself.
    pub any: Vec<String>,
    /// Every element must have it. Otherwise one of them.
    pub each: bool,
}

impl Way {
    /// Whether it means `element`, one of its list.
    #[must_use]
    pub fn selects(&self, element: &Value) -> bool {
        meets(element, &self.filter) && (self.except.is_empty() || !meets(element, &self.except))
    }

    /// Whether it means `field` of an element that it selects.
    #[must_use]
    pub fn holds(&self, field: &str) -> bool {
        self.any.is_empty() || self.any.iter().any(|ours| is_within(field, ours))
    }

    /// Whether everything that `other` means is meant by this one.
    fn covers(&self, other: &Self) -> bool {
        let filter = self.filter.iter().all(|(field, codes)| {
            let theirs = other.filter.get(field);
            theirs.is_some_and(|theirs| theirs.iter().all(|code| codes.contains(code)))
        });
        let except = self.except.is_empty() || self.except == other.except;
        let fields = self.any.is_empty() || !other.any.is_empty() && other.any.iter().all(|field| self.holds(field));
        self.at == other.at && filter && except && fields
    }
}

fn is_within(field: &str, part: &str) -> bool {
    field.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where a fact about a channel comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// An address.
    pub source: Option<String>,
    /// When somebody last checked it, `YYYY-MM-DD`.
    pub last_reviewed: Option<String>,
}

/// Something that a channel needs, wants or must not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// Its id, unique in the form. Its texts stand under it.
    pub id: String,
    /// How much the channel cares.
    pub level: Level,
    /// One of these ways is enough; of what is forbidden, all are meant.
    pub what: Vec<Way>,
    /// Where that comes from.
    pub fact: Fact,
}

/// What a channel asks of the persons of whom it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRule {
    /// Of whom: persons that meet this.
    pub of: Condition,
    /// For these kinds of recipients only; none means all.
    pub kinds: Vec<String>,
    /// Purposes on which each must have answered, yes or no.
    pub purposes: Vec<String>,
    /// Whether persons may be told of without their names.
    pub anonymous: bool,
    /// Where that comes from.
    pub fact: Fact,
}

/// How much a channel takes. What is not known is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormLimits {
    /// A sealed file, in bytes.
    pub report_bytes: Option<u64>,
    /// Pieces of evidence.
    pub items: Option<u32>,
    /// One piece of evidence, in bytes.
    pub item_bytes: Option<u64>,
    /// Media types of evidence: `image/jpeg`, `image/*`. None means all.
    pub media_types: Vec<String>,
    /// Where that comes from.
    pub fact: Fact,
}

impl FormLimits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let numbers = self.report_bytes.is_none() && self.items.is_none() && self.item_bytes.is_none();
        numbers && self.media_types.is_empty()
    }

    /// Whether evidence of this media type is taken. Parameters (`; charset=…`) do not matter, nor does case.
    #[must_use]
    pub fn takes(&self, media_type: &str) -> bool {
        let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        self.media_types.is_empty()
            || self.media_types.iter().any(|known| match known.strip_suffix("/*") {
                Some(family) => plain.split_once('/').is_some_and(|(main, _)| main == family),
                None => *known == plain,
            })
    }
}

/// How the page shows the report. It decides nothing on what is told: the report's JSON has all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// These sections first, in this order; then the others.
    pub order: Vec<String>,
    /// Sections that the page leaves out.
    pub omit: Vec<String>,
}

impl Layout {
    /// All sections that are shown, in order.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        let rest = SECTIONS.iter().copied().filter(|name| !self.order.iter().any(|first| first == name));
        let all = self.order.iter().map(String::as_str).chain(rest);
        all.filter(|name| !self.omit.iter().any(|omitted| omitted == name))
    }
}

/// A channel form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its id: words of letters and digits joined by `-`.
    pub id: String,
    /// The kinds of recipients that it is for.
    pub kinds: Vec<String>,
    /// The fields, in the order in which the channel cares within a level.
    pub fields: Vec<FormField>,
    /// What it asks of the persons of whom it is told.
    pub consent: Option<ConsentRule>,
    /// How much it takes.
    pub limits: FormLimits,
    /// How the page shows it.
    pub layout: Layout,
}

impl Form {
    /// Reads a form from the verified bytes of its part; `id` is the one in the part's name.
    ///
    /// # Errors
    /// [`FormError::Newer`], [`FormError::Malformed`].
    pub fn parse(bytes: &[u8], id: &str) -> Result<Self, FormError> {
        read::form(bytes, id)
    }

    /// Whether it is for recipients of this kind.
    #[must_use]
    pub fn is_for(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known == kind)
    }

    /// The fields of a level, in the form's order.
    pub fn of_level(&self, level: Level) -> impl Iterator<Item = &FormField> {
        self.fields.iter().filter(move |field| field.level == level)
    }

    /// The ways of everything that is forbidden.
    pub fn forbidden(&self) -> impl Iterator<Item = &Way> {
        self.of_level(Level::Forbidden).flat_map(|field| &field.what)
    }

    /// The consent rule, if it holds for this kind of recipient.
    #[must_use]
    pub fn consent_for(&self, kind: &str) -> Option<&ConsentRule> {
        self.consent.as_ref().filter(|rule| rule.kinds.is_empty() || rule.kinds.iter().any(|known| known == kind))
    }

    /// Fields that are demanded in no way that is not forbidden too: nobody could fill such a form.
    #[must_use]
    pub fn contradictions(&self) -> Vec<&str> {
        let forbidden: Vec<&Way> = self.forbidden().collect();
        let demanded = self.fields.iter().filter(|field| field.level != Level::Forbidden);
        let impossible = |field: &&FormField| field.what.iter().all(|way| forbidden.iter().any(|no| no.covers(way)));
        demanded.filter(impossible).map(|field| field.id.as_str()).collect()
    }

    /// The keys of its texts that somebody has to see: of the form, and `<field>` and `<field>.why` of each field.
    #[must_use]
    pub fn text_keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::from(["title".to_owned(), "summary".to_owned()]);
        let rule = self.consent.is_some().then_some("consent");
        let limits = (!self.limits.is_empty()).then_some("limits");
        for id in self.fields.iter().map(|field| field.id.as_str()).chain(rule).chain(limits) {
            keys.insert(id.to_owned());
            keys.insert(format!("{id}.why"));
        }
        keys
    }
}
