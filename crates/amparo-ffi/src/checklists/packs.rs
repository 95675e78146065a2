//! Checklist packs: one that an app brings with it, read without a vault, and those that are installed in one.

use std::sync::Arc;

use amparo_core::{Amparo, CoreError, checklist};

use super::{
    ChecklistError,
    codes::TextDirection,
    view::{ChecklistHeading, ChecklistView, ShownText, TriageView},
};
use crate::{
    convert::{IntoHost, answer, silent},
    error::{Failure, call},
    ids::Stamp,
};

/// Who signed a pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Publisher {
    /// The public key, 64 hexadecimal digits.
    pub key: String,
    /// What people compare, over the telephone or on paper.
    pub fingerprint: String,
}

impl IntoHost<Publisher> for checklist::Publisher {
    fn into_host(self) -> Publisher {
        Publisher { key: self.to_hex(), fingerprint: self.fingerprint() }
    }
}

fn publisher(key: &str) -> Result<checklist::Publisher, Failure> {
    checklist::Publisher::from_hex(key).ok_or_else(|| Failure::argument("a publisher's key is 64 hexadecimal digits"))
}

/// A language of a pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PackLanguage {
    /// Its tag, such as `ar` or `pt-BR`.
    pub tag: String,
    /// The direction of its script.
    pub direction: TextDirection,
}

/// What a pack says it is.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct PackInfo {
    /// The same in all its versions.
    pub id: String,
    /// From 1.
    pub version: u64,
    /// The oldest version of this library that can read it.
    pub min_core: String,
    /// What its publisher calls itself. Proves nothing: never show it without the fingerprint.
    pub publisher_name: String,
    /// The licence of its texts.
    pub licence: String,
    /// The first day on which it is valid, `YYYY-MM-DD`.
    pub valid_from: String,
    /// The day by which its publisher wants it reviewed, `YYYY-MM-DD`. Show older advice as such; it stays readable.
    pub review_by: String,
    /// The language that has all its texts.
    pub default_language: String,
    /// All its languages.
    pub languages: Vec<PackLanguage>,
}
silent!(PackInfo);

impl IntoHost<PackInfo> for checklist::Manifest {
    fn into_host(self) -> PackInfo {
        // What the file is made of is the reader's matter.
        let Self {
            id,
            version,
            min_core,
            publisher,
            licence,
            valid_from,
            review_by,
            default_locale,
            locales,
            parts: _,
        } = self;
        let language =
            |entry: checklist::LocaleEntry| PackLanguage { tag: entry.tag, direction: entry.direction.into_host() };
        PackInfo {
            id,
            version,
            min_core: min_core.to_string(),
            publisher_name: publisher,
            licence,
            valid_from: valid_from.to_string(),
            review_by: review_by.to_string(),
            default_language: default_locale,
            languages: locales.into_iter().map(language).collect(),
        }
    }
}

/// A checklist pack that an app brings with it, verified and open in one language. It needs no vault: somebody who is being arrested
/// may not have unlocked.
#[derive(uniffi::Object)]
pub struct ChecklistPack {
    pack: checklist::Pack,
    language: String,
}

#[uniffi::export]
impl ChecklistPack {
    /// Opens the pack that an app brings with it, in the language nearest to `language` (BCP 47, such as `ar` or `pt-BR`). It must be
    /// signed by `publisher`, whose key (64 hexadecimal digits) stands in the app's code and not beside the pack. Dates are not
    /// judged: advice of last year, shown as such, is better than none. What is checked is what is shown: the checklists, this language and the default one. What other people send belongs into a
    /// vault: `Packs`.
    #[uniffi::constructor]
    pub fn bundled(bytes: &[u8], publisher: String, language: String) -> Result<Arc<Self>, ChecklistError> {
        call("checklist_pack.bundled", || {
            let publisher = self::publisher(&publisher)?;
            let pack = checklist::bundled(bytes, publisher, &language).map_err(CoreError::from)?;
            Ok(Arc::new(Self { pack, language }))
        })
    }

    /// What the pack says it is.
    pub fn info(&self) -> PackInfo {
        self.pack.manifest().clone().into_host()
    }

    /// Its title.
    pub fn title(&self) -> Option<ShownText> {
        self.pack.title(&self.language).map(|shown| checklist::Text::from(shown).into_host())
    }

    /// What a list shows of all its checklists: in the order of its topics, and of the checklists in each.
    pub fn checklists(&self) -> Vec<ChecklistHeading> {
        checklist::ChecklistHeading::all_of(&self.pack, &self.language).into_host()
    }

    /// One checklist.
    pub fn checklist(&self, id: String) -> Result<ChecklistView, ChecklistError> {
        call("checklist_pack.checklist", || {
            let view = checklist::ChecklistView::of(&self.pack, &id, &self.language);
            Ok(view.ok_or(CoreError::ChecklistNotFound)?.into_host())
        })
    }

    /// The triage: from "what is happening?" to a checklist or to somebody who can help. Absent if the pack has none.
    pub fn triage(&self) -> Option<TriageView> {
        checklist::TriageView::of(&self.pack, &self.language).into_host()
    }
}

answer! {
    /// A publisher whose fingerprint the user accepted.
    AcceptedPublisher = checklist::AcceptedPublisher {
        /// Whose key it is.
        publisher: Publisher,
        /// When it was accepted.
        accepted: Stamp,
        /// The ids of the packs in this vault that it signed, removed ones too.
        packs: Vec<String>,
    }
}

/// A pack that is installed, or was.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct InstalledPack {
    /// Its id.
    pub id: String,
    /// The version that is, or was last, installed.
    pub version: u64,
    /// Who signed it.
    pub publisher: Publisher,
    /// Whether that publisher is still accepted: updates need it.
    pub accepted: bool,
    /// When this version was installed.
    pub installed: Stamp,
    /// When it was removed. Its runs stay.
    pub removed: Option<Stamp>,
    /// What it says it is; absent for one that was removed or cannot be read.
    pub info: Option<PackInfo>,
    /// Whether it is there and cannot be read: damaged, or installed by a newer version of the app. Installing it again helps.
    pub unreadable: bool,
    /// Whether its publisher wanted it reviewed by now. It is shown all the same: say so.
    pub review_overdue: bool,
}
silent!(InstalledPack);

impl IntoHost<InstalledPack> for checklist::InstalledPack {
    fn into_host(self) -> InstalledPack {
        let Self { id, version, publisher, accepted, installed, removed, manifest, unreadable, review_overdue } = self;
        InstalledPack {
            id,
            version,
            publisher: publisher.into_host(),
            accepted,
            installed: installed.into_host(),
            removed: removed.into_host(),
            info: manifest.into_host(),
            unreadable,
            review_overdue,
        }
    }
}

/// A pack that is offered, before anything is changed.
#[derive(Clone, PartialEq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct PackOffer {
    /// What the pack says it is.
    pub info: PackInfo,
    /// Who signed it: what the user compares by another way is its fingerprint.
    pub publisher: Publisher,
    /// What installing it would be.
    pub kind: PackOfferKind,
    /// The number of the error with which it would be refused now. 268, an unknown publisher, goes away once that is accepted.
    pub refusal: Option<u32>,
    /// What an update changes; absent when there is nothing to compare it with.
    pub changes: Option<PackChanges>,
}
silent!(PackOffer);

/// What installing a pack would be.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum PackOfferKind {
    /// A pack that was never installed here.
    New,
    /// A newer version of one that is installed.
    Update {
        /// The version that is installed.
        from: u64,
    },
    /// The very one that is installed.
    Same,
    /// One that was installed and removed, in that version or a newer one.
    Again {
        /// The version that was removed.
        removed: u64,
    },
    /// Not what may take the place of what is installed: `refusal` says why.
    Refused,
}

impl IntoHost<PackOffer> for checklist::Offer {
    fn into_host(self) -> PackOffer {
        let Self { manifest, publisher, kind, refusal, changes } = self;
        PackOffer {
            info: manifest.into_host(),
            publisher: publisher.into_host(),
            kind: match kind {
                checklist::OfferKind::New => PackOfferKind::New,
                checklist::OfferKind::Update { from } => PackOfferKind::Update { from },
                checklist::OfferKind::Same => PackOfferKind::Same,
                checklist::OfferKind::Again { removed } => PackOfferKind::Again { removed },
                checklist::OfferKind::Refused => PackOfferKind::Refused,
            },
            refusal: refusal.map(|refusal| CoreError::from(refusal).code()),
            changes: changes.into_host(),
        }
    }
}

/// An item that says something else now.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RewordedItem {
    /// Its id.
    pub item: String,
    /// In these languages.
    pub languages: Vec<String>,
}

impl IntoHost<RewordedItem> for (String, Vec<String>) {
    fn into_host(self) -> RewordedItem {
        RewordedItem { item: self.0, languages: self.1 }
    }
}

answer! {
    /// What changes from one pack to another.
    PackChanges = checklist::Changes {
        /// Checklists that are new.
        new_checklists: Vec<String>,
        /// Checklists that are gone.
        gone_checklists: Vec<String>,
        /// Items that are new.
        new_items: Vec<String>,
        /// Items that are gone.
        gone_items: Vec<String>,
        /// Items that say something else in some language that both have.
        reworded: Vec<RewordedItem>,
        /// Items that are marked otherwise.
        remarked: Vec<String>,
        /// Items that are in another checklist or section.
        moved: Vec<String>,
        /// Of what is gone, what the newer one does not name as removed.
        unnamed: Vec<String>,
        /// Ids that the older one names as removed and the newer one gives to something.
        revived: Vec<String>,
        /// Tombstones of the older one that the newer one lost.
        forgotten: Vec<String>,
        /// Whether the triage is another.
        triage: bool,
        /// Languages that are new.
        new_locales: Vec<String>,
        /// Languages that are gone.
        gone_locales: Vec<String>,
    }
}

/// The vault's checklist packs, and whose may be installed. Every call may block for the disk.
#[derive(uniffi::Object)]
pub struct Packs {
    pub(crate) amparo: Amparo,
}

#[uniffi::export]
impl Packs {
    /// Accepts a publisher by its key (64 hexadecimal digits): its packs may be installed from now on. Only after the user compared the
    /// fingerprint with one that came by another way; an app accepts by itself no key but that of the pack that it brings with it.
    pub fn accept_publisher(&self, key: String) -> Result<(), ChecklistError> {
        call("packs.accept_publisher", || Ok(self.amparo.packs().accept_publisher(publisher(&key)?)?))
    }

    /// The publishers that were accepted.
    pub fn publishers(&self) -> Result<Vec<AcceptedPublisher>, ChecklistError> {
        call("packs.publishers", || Ok(self.amparo.packs().publishers()?.into_host()))
    }

    /// Takes a publisher's acceptance back. What is installed stays; updates are refused until it is accepted again. Returns whether it
    /// was accepted.
    pub fn forget_publisher(&self, key: String) -> Result<bool, ChecklistError> {
        call("packs.forget_publisher", || Ok(self.amparo.packs().forget_publisher(publisher(&key)?)?))
    }

    /// Looks at a pack file: who signed it, and what installing it would do. Changes nothing. A pack that would be refused is no error.
    pub fn offer(&self, bytes: &[u8]) -> Result<PackOffer, ChecklistError> {
        call("packs.offer", || Ok(self.amparo.packs().offer(bytes)?.into_host()))
    }

    /// Installs a pack file, or updates the pack of its id. All of it is verified first; a refusal changes nothing. The same pack once
    /// more repairs it. Ticks of its items stay. On the medium when this returns.
    pub fn install(&self, bytes: &[u8]) -> Result<InstalledPack, ChecklistError> {
        call("packs.install", || Ok(self.amparo.packs().install(bytes)?.into_host()))
    }

    /// All packs that are or were installed, in the order of their first installation.
    pub fn list(&self) -> Result<Vec<InstalledPack>, ChecklistError> {
        call("packs.list", || Ok(self.amparo.packs().list()?.into_host()))
    }

    /// Removes a pack. Its runs and results stay; nothing older comes in its place.
    pub fn remove(&self, id: String) -> Result<(), ChecklistError> {
        call("packs.remove", || Ok(self.amparo.packs().remove(&id)?))
    }
}
