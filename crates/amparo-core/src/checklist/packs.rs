//! Packs in the vault: whose may be installed, installing, updating, removing, opening.
//!
//! Whether a pack may come in is `amparo-pack`'s rule; here is what it is measured against. A refusal changes nothing, and what was
//! installed once is remembered for ever, so that removing a pack is no way back to an older one.

use amparo_pack::{
    Admission, Manifest, Pack, PackError, PackFile, Publisher,
    compare::{Changes, compare},
};

use super::store;
use crate::{Amparo, CoreError, Stamp};

/// The vault's checklist packs. Got from [`Amparo::packs`]. Every call may block for the disk.
#[derive(Debug)]
pub struct Packs<'a> {
    pub(crate) amparo: &'a Amparo,
}

/// A publisher whose fingerprint the user accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedPublisher {
    /// Whose key it is. People compare [`Publisher::fingerprint`].
    pub publisher: Publisher,
    /// When it was accepted.
    pub accepted: Stamp,
    /// The ids of the packs in this vault that it signed, removed ones too.
    pub packs: Vec<String>,
}

/// A pack that is installed, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// What it says it is; `None` for one that was removed or cannot be read.
    pub manifest: Option<Manifest>,
    /// Whether it is there and cannot be read: damaged, or installed by a newer version of the app. Installing it again helps.
    pub unreadable: bool,
    /// Whether its publisher wanted it reviewed by now. It is shown all the same, and whoever shows it says so. `false` on a
    /// device whose clock is known to be wrong.
    pub review_overdue: bool,
}

/// What installing a pack would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferKind {
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
    /// Not what may take the place of what is installed: [`Offer::refusal`] says why.
    Refused,
}

/// A pack that is offered, before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What the pack says it is. Its publisher's name proves nothing.
    pub manifest: Manifest,
    /// Who signed it: what the user compares by another way is [`Publisher::fingerprint`].
    pub publisher: Publisher,
    /// What installing it would be.
    pub kind: OfferKind,
    /// Why it would be refused now. [`PackError::UnknownPublisher`] goes away once the publisher is accepted.
    pub refusal: Option<PackError>,
    /// What an update changes. `None` when there is nothing to compare it with, or it would be refused: nothing of a pack is read
    /// that is not believed.
    pub changes: Option<Changes>,
}

impl Packs<'_> {
    /// Accepts a publisher: its packs may be installed from now on. Only after the user compared its fingerprint with one that came
    /// by another way. Accepting it again changes nothing.
    ///
    /// # Errors
    /// The vault's.
    pub fn accept_publisher(&self, publisher: Publisher) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| store::accept(tx, publisher, &now))
    }

    /// The publishers that were accepted.
    ///
    /// # Errors
    /// The vault's.
    pub fn publishers(&self) -> Result<Vec<AcceptedPublisher>, CoreError> {
        self.amparo.vault.read(store::publishers)
    }

    /// Takes back that a publisher is accepted: nothing of it is installed or updated any more. What is installed stays. Returns
    /// whether it was accepted.
    ///
    /// # Errors
    /// The vault's.
    pub fn forget_publisher(&self, publisher: Publisher) -> Result<bool, CoreError> {
        self.amparo.vault.write(|tx| store::forget(tx, publisher))
    }

    /// Says what installing the pack file `bytes` would do. Changes nothing.
    ///
    /// # Errors
    /// [`CoreError::Pack`] for what is no pack that holds ([`PackError::BadSignature`], [`PackError::Unsigned`],
    /// [`PackError::Tampered`], [`PackError::TooNew`], [`PackError::Malformed`], …); and the vault's. What only may not be installed
    /// here or today is an offer with a [`Offer::refusal`].
    pub fn offer(&self, bytes: &[u8]) -> Result<Offer, CoreError> {
        let now = self.amparo.clock.now();
        let file = PackFile::read(bytes)?;
        let publisher = file.publisher().ok_or(PackError::Unsigned)?;
        self.amparo.vault.read(|conn| {
            let known = store::find(conn, &file.manifest().id)?;
            let manifest = file.manifest().clone();
            if let Err(refusal) = admit(conn, &file, known.as_ref(), &now)? {
                let kind = OfferKind::Refused;
                return Ok(Offer { manifest, publisher, kind, refusal: Some(refusal), changes: None });
            }
            let new = file.open()?;
            let kind = match &known {
                None => OfferKind::New,
                Some(known) if known.removed.is_some() => OfferKind::Again { removed: known.version },
                Some(known) if known.version == manifest.version => OfferKind::Same,
                Some(known) => OfferKind::Update { from: known.version },
            };
            // An installed pack that cannot be read any more must not keep its own update out.
            let old = known.as_ref().and_then(|known| store::open(conn, known).ok());
            let changes = old.map(|old| compare(&old, &new));
            Ok(Offer { manifest, publisher, kind, refusal: None, changes })
        })
    }

    /// Installs the pack file `bytes`, or updates the pack of its id. All of it is verified first; a refusal changes nothing. The
    /// same pack once more repairs it. Ticks of its items stay. On the medium when this returns.
    ///
    /// # Errors
    /// [`CoreError::Pack`] with the reason, each with a number of its own; and the vault's.
    pub fn install(&self, bytes: &[u8]) -> Result<InstalledPack, CoreError> {
        let now = self.amparo.clock.now();
        let file = PackFile::read(bytes)?;
        self.amparo.vault.write(|tx| {
            let known = store::find(tx, &file.manifest().id)?;
            admit(tx, &file, known.as_ref(), &now)??;
            let pack = file.open()?;
            store::put(tx, known.as_ref(), &pack, bytes, &now)?;
            let put = store::find(tx, &pack.manifest().id)?.ok_or(CoreError::DamagedRecord)?;
            describe(tx, &put, &now)
        })
    }

    /// All packs that are or were installed, in the order of their first installation.
    ///
    /// # Errors
    /// The vault's. One pack that cannot be read is listed as such.
    pub fn list(&self) -> Result<Vec<InstalledPack>, CoreError> {
        let now = self.amparo.clock.now();
        self.amparo
            .vault
            .read(|conn| store::all(conn)?.iter().map(|pack| describe(conn, pack, &now)).collect::<Result<Vec<_>, _>>())
    }

    /// The installed pack `id`, verified again, with all its languages.
    ///
    /// # Errors
    /// [`CoreError::PackNotFound`], [`CoreError::PackDamaged`], [`CoreError::Pack`] for one that a newer app installed, and the vault's.
    pub fn open(&self, id: &str) -> Result<Pack, CoreError> {
        self.amparo.vault.read(|conn| store::open(conn, &store::present(conn, id)?))
    }

    /// The installed pack `id`, as far as the language nearest to `language` (BCP 47) needs it; what is read was verified again.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_for(&self, id: &str, language: &str) -> Result<Pack, CoreError> {
        self.amparo.vault.read(|conn| store::open_for(conn, &store::present(conn, id)?, language))
    }

    /// Removes the pack `id`. Its runs and results stay, with what they said; its version and publisher stay remembered, so that
    /// nothing older comes in its place.
    ///
    /// # Errors
    /// [`CoreError::PackNotFound`], and the vault's.
    pub fn remove(&self, id: &str) -> Result<(), CoreError> {
        let now = self.amparo.clock.now();
        self.amparo.vault.write(|tx| store::remove(tx, &store::present(tx, id)?, &now))
    }
}

/// Measures a pack against what this vault knows.
fn admit(
    conn: &rusqlite::Connection,
    file: &PackFile<'_>,
    known: Option<&store::Row>,
    now: &Stamp,
) -> Result<Result<(), PackError>, CoreError> {
    let accepted = store::accepted(conn)?;
    let installed = known.map(store::Row::installed);
    Ok(file.admit(&Admission { accepted: &accepted, installed: installed.as_ref(), today: now.day() }))
}

fn describe(conn: &rusqlite::Connection, pack: &store::Row, now: &Stamp) -> Result<InstalledPack, CoreError> {
    let read = if pack.removed.is_none() { Some(store::manifest(conn, pack)) } else { None };
    let (manifest, unreadable) = match read {
        None => (None, false),
        Some(Ok(manifest)) => (Some(manifest), false),
        Some(Err(CoreError::PackDamaged | CoreError::Pack(_))) => (None, true),
        Some(Err(other)) => return Err(other),
    };
    let review_overdue =
        manifest.as_ref().is_some_and(|manifest| now.day().is_some_and(|today| today > manifest.review_by));
    Ok(InstalledPack {
        id: pack.id.clone(),
        version: pack.version,
        publisher: pack.publisher,
        accepted: store::accepted(conn)?.contains(&pack.publisher),
        installed: pack.installed.clone(),
        removed: pack.removed.clone(),
        manifest,
        unreadable,
        review_overdue,
    })
}
