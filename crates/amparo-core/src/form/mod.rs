//! Channel forms: what a channel needs, and what of it is there.
//!
//! A check looks at what would be told to a group, after consent, marks and choice: what is known and hidden is said to be hidden,
//! not to be missing. Nobody is stopped by what is missing; what a channel must not get, or what somebody did not agree to, is
//! held back whatever was chosen.

mod check;
mod fit;
pub(crate) mod judge;

use std::sync::Arc;

use amparo_pack::Pack;
pub use amparo_pack::form::{Form, FormError, Level};

pub use check::{FormCheck, Later, LaterReason, SizeCheck, Unfit};
pub use judge::{ConsentFinding, ConsentGap, FieldStatus, FormPlace, HiddenBecause};

use crate::{Amparo, CoreError, checklist::Text, incident::RecipientKind};

/// A channel form of a verified pack, with its texts. Cheap to clone.
#[derive(Clone)]
pub struct ChannelForm {
    pack: Arc<Pack>,
    form: Arc<Form>,
}

impl ChannelForm {
    /// The form with this id.
    ///
    /// # Errors
    /// [`CoreError::Form`]: it is not there, is malformed, or needs a newer version.
    pub fn of(pack: &Arc<Pack>, id: &str) -> Result<Self, CoreError> {
        let form = Arc::new(pack.channel_form(id)?);
        Ok(Self { pack: Arc::clone(pack), form })
    }

    /// What it means.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The pack that it is in.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Its title in the language nearest to `language`.
    #[must_use]
    pub fn title(&self, language: &str) -> Option<Text> {
        self.text("title", language)
    }

    /// What it is for, in a sentence.
    #[must_use]
    pub fn summary(&self, language: &str) -> Option<Text> {
        self.text("summary", language)
    }

    /// One of its texts: `<field>` is what to do, `<field>.why` why it matters; `consent` and `limits` stand for its rules.
    #[must_use]
    pub fn text(&self, key: &str, language: &str) -> Option<Text> {
        self.pack.form_text(&self.form.id, key, language).map(Text::from)
    }

    /// Findings with the texts that go with them.
    pub(crate) fn explain(&self, found: &[judge::Found], language: &str) -> Vec<FieldFinding> {
        let finding = |found: &judge::Found| FieldFinding {
            text: self.text(&found.field, language),
            why: self.text(&format!("{}.why", found.field), language),
            field: found.field.clone(),
            level: found.level,
            status: found.status,
            places: found.places.clone(),
        };
        found.iter().map(finding).collect()
    }
}

impl PartialEq for ChannelForm {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form && self.pack.digest() == other.pack.digest()
    }
}

impl core::fmt::Debug for ChannelForm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ChannelForm").field("id", &self.form.id).finish_non_exhaustive()
    }
}

/// Something that a channel cares about and that is not as it would have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFinding {
    /// The form's name for it.
    pub field: String,
    /// How much the channel cares.
    pub level: Level,
    /// What is the matter.
    pub status: FieldStatus,
    /// Where: what could be filled, what is hidden, what is left out.
    pub places: Vec<FormPlace>,
    /// What to do, if the form has a text for it.
    pub text: Option<Text>,
    /// Why it matters.
    pub why: Option<Text>,
}

/// A form that could be chosen.
#[derive(Debug, Clone)]
pub struct FormEntry {
    /// The pack that it is in.
    pub pack: String,
    /// Its id.
    pub id: String,
    /// The form, or why it cannot be used: one that needs a newer version is named and not hidden.
    pub form: Result<ChannelForm, FormError>,
}

/// The forms of packs, those for `kind` only if one is given, in the order of the packs and of the forms in them. Needs no vault.
#[must_use]
pub fn list(packs: &[Arc<Pack>], kind: Option<&RecipientKind>) -> Vec<FormEntry> {
    let mut entries = Vec::new();
    for pack in packs {
        for id in pack.forms() {
            let form = pack.channel_form(id);
            // Nobody knows for whom one is that cannot be read.
            if let (Ok(form), Some(kind)) = (&form, kind)
                && !form.is_for(kind.as_str())
            {
                continue;
            }
            let form = form.map(|form| ChannelForm { pack: Arc::clone(pack), form: Arc::new(form) });
            entries.push(FormEntry { pack: pack.manifest().id.clone(), id: id.to_owned(), form });
        }
    }
    entries
}

/// Channel forms against the vault's incidents. Got from [`Amparo::forms`].
#[derive(Debug)]
pub struct Forms<'a> {
    pub(crate) amparo: &'a Amparo,
}

impl Forms<'_> {
    /// The forms of the installed packs: see [`list()`]. A pack that is damaged or needs a newer app is not in it; the list of packs
    /// says so.
    ///
    /// # Errors
    /// The vault's.
    pub fn list(&self, kind: Option<&RecipientKind>) -> Result<Vec<FormEntry>, CoreError> {
        let packs = self.amparo.packs();
        let mut installed = Vec::new();
        for pack in packs.list()? {
            match packs.open(&pack.id) {
                Ok(pack) => installed.push(Arc::new(pack)),
                Err(CoreError::PackNotFound | CoreError::PackDamaged | CoreError::Pack(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(list(&installed, kind))
    }

    /// The form `id` of the installed pack `pack`.
    ///
    /// # Errors
    /// [`CoreError::Form`], [`CoreError::PackNotFound`], [`CoreError::PackDamaged`], [`CoreError::Pack`], and the vault's.
    pub fn open(&self, pack: &str, id: &str) -> Result<ChannelForm, CoreError> {
        ChannelForm::of(&Arc::new(self.amparo.packs().open(pack)?), id)
    }
}
