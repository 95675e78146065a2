//! A verified pack, and its texts in a reader's language.

use amparo_crypto::hash::Digest;
use amparo_report::locale::Direction;

use crate::{
    Manifest, PackError, PackFile, Publisher,
    form::{Form, FormError},
    manifest::LocaleEntry,
    structure::{Checklist, Section, Structure},
    texts::Texts,
};

/// A pack whose signature and hashes hold. Whose signature that is, is another question: [`PackFile::admit`].
#[derive(Debug, Clone)]
pub struct Pack {
    manifest: Manifest,
    publisher: Option<Publisher>,
    digest: Digest,
    structure: Structure,
    /// The languages that were read; the default one is among them.
    texts: Vec<(LocaleEntry, Texts)>,
    forms: Vec<(String, Vec<u8>)>,
}

/// A text as it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'a> {
    /// The text.
    pub text: &'a str,
    /// The language that it is in.
    pub locale: &'a str,
    /// The direction of that language's script.
    pub direction: Direction,
    /// Whether it is in the default language because the pack's language for this reader lacks it. Whoever shows it says so. That
    /// a pack lacks the reader's language altogether is to be seen in [`Manifest::locale_for`].
    pub is_fallback: bool,
}

impl Pack {
    /// Verifies and reads a whole pack file.
    ///
    /// # Errors
    /// As [`PackFile::read`] and [`PackFile::open`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PackError> {
        PackFile::read(bytes)?.open()
    }

    /// Verifies a pack file and reads what the language nearest to `wanted` needs: see [`PackFile::open_for`].
    ///
    /// # Errors
    /// As [`PackFile::read`] and [`PackFile::open_for`].
    pub fn parse_for(bytes: &[u8], wanted: &str) -> Result<Self, PackError> {
        PackFile::read(bytes)?.open_for(wanted)
    }

    pub(crate) fn new(
        manifest: Manifest,
        publisher: Option<Publisher>,
        digest: Digest,
        structure: Structure,
        texts: Vec<(LocaleEntry, Texts)>,
        forms: Vec<(String, Vec<u8>)>,
    ) -> Result<Self, PackError> {
        // What every fallback ends in must be there.
        let default = texts.iter().find(|(locale, _)| locale.tag == manifest.default_locale);
        if default.is_none_or(|(_, texts)| !texts.is_complete(&structure)) {
            return Err(PackError::malformed("the default language lacks a text"));
        }
        Ok(Self { manifest, publisher, digest, structure, texts, forms })
    }

    /// What the pack is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Who signed it; `None` for one that its author did not sign yet.
    #[must_use]
    pub fn publisher(&self) -> Option<Publisher> {
        self.publisher
    }

    /// SHA-256 of the manifest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Topics, checklists, triage and tombstones.
    #[must_use]
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// The texts that were read, by language.
    pub fn texts(&self) -> impl Iterator<Item = (&LocaleEntry, &Texts)> {
        self.texts.iter().map(|(locale, texts)| (locale, texts))
    }

    /// What a channel form means.
    ///
    /// # Errors
    /// [`FormError::NotFound`], [`FormError::Newer`], [`FormError::Malformed`]. The rest of the pack can be used all the same.
    pub fn channel_form(&self, id: &str) -> Result<Form, FormError> {
        Form::parse(self.form(id).ok_or(FormError::NotFound)?, id)
    }

    /// The verified bytes of a channel form.
    #[must_use]
    pub fn form(&self, id: &str) -> Option<&[u8]> {
        self.forms.iter().find(|(known, _)| known == id).map(|(_, bytes)| bytes.as_slice())
    }

    /// The ids of the channel forms.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.forms.iter().map(|(id, _)| id.as_str())
    }

    /// The pack's title.
    #[must_use]
    pub fn title(&self, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.pack.title.as_ref())
    }

    /// What the pack is, in a sentence.
    #[must_use]
    pub fn summary(&self, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.pack.summary.as_ref())
    }

    /// A topic's title.
    #[must_use]
    pub fn topic_title(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.topics.get(id))
    }

    /// A checklist's title.
    #[must_use]
    pub fn checklist_title(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.checklists.get(id)?.title.as_ref())
    }

    /// What a checklist is for.
    #[must_use]
    pub fn checklist_summary(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.checklists.get(id)?.summary.as_ref())
    }

    /// A section's title.
    #[must_use]
    pub fn section_title(&self, list: &Checklist, section: &Section, wanted: &str) -> Option<Shown<'_>> {
        let key = list.section_key(section);
        self.find(wanted, |texts| texts.sections.get(&key))
    }

    /// What an item says to do.
    #[must_use]
    pub fn item_text(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.items.get(id)?.text.as_ref())
    }

    /// Why.
    #[must_use]
    pub fn item_why(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.items.get(id)?.why.as_ref())
    }

    /// A question of the triage.
    #[must_use]
    pub fn question_text(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.questions.get(id))
    }

    /// An answer of the triage.
    #[must_use]
    pub fn answer_text(&self, id: &str, wanted: &str) -> Option<Shown<'_>> {
        self.find(wanted, |texts| texts.answers.get(id))
    }

    /// A text of a channel form.
    #[must_use]
    pub fn form_text(&self, form: &str, key: &str, wanted: &str) -> Option<Shown<'_>> {
        let key = format!("{form}.{key}");
        self.find(wanted, |texts| texts.forms.get(&key))
    }

    /// A text in the language nearest to `wanted`, otherwise in the default one.
    fn find<'a>(&'a self, wanted: &str, text: impl Fn(&'a Texts) -> Option<&'a String>) -> Option<Shown<'a>> {
        let chosen = self.manifest.locale_for(wanted).tag.as_str();
        [chosen, self.manifest.default_locale.as_str()].into_iter().find_map(|tag| {
            let (locale, texts) = self.texts.iter().find(|(locale, _)| locale.tag == tag)?;
            let (text, is_fallback) = (text(texts)?, tag != chosen);
            Some(Shown { text, locale: &locale.tag, direction: locale.direction, is_fallback })
        })
    }
}
