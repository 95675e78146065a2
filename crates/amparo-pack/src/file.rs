//! The pack file: a header with key and signature, the manifest, and the parts it lists.
//!
//! The order of checks is the format's point: length and signature first, on bytes that nobody interpreted; then the manifest;
//! then the hash of a part before that part is read.

use core::ops::Range;

use amparo_crypto::{hash, labels, sign::VerifyingKey};

use crate::{
    Manifest, Pack, PackError, Publisher, limits,
    manifest::{CHECKLISTS, FORM, TEXT},
    structure::Structure,
    texts::Texts,
    version::CoreVersion,
};

/// What every version begins with; the number of the format and a line break follow.
const FAMILY: &[u8] = b"amparo.pack/";
/// What this version begins with.
pub(crate) const MAGIC: &[u8; 14] = b"amparo.pack/1\n";
/// Magic, public key, signature, length of the manifest.
pub(crate) const HEADER_BYTES: usize = 14 + 32 + 64 + 4;

/// A pack file whose signature holds and whose manifest was read. Its parts were not looked at yet.
#[derive(Debug, Clone)]
pub struct PackFile<'a> {
    bytes: &'a [u8],
    publisher: Option<Publisher>,
    manifest: Manifest,
    digest: hash::Digest,
    /// Where each part lies; all lie within `bytes`.
    parts: Vec<Range<usize>>,
}

impl<'a> PackFile<'a> {
    /// Reads the header and the manifest, and checks the signature under the key that the file names. Whether that key is one to
    /// trust, [`PackFile::admit`] says.
    ///
    /// # Errors
    /// [`PackError::NotAPack`], [`PackError::UnknownFormat`], [`PackError::WrongLength`], [`PackError::TooLarge`],
    /// [`PackError::Unsigned`], [`PackError::BadSignature`], [`PackError::TooNew`], [`PackError::Malformed`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, PackError> {
        let file = Self::read_unsigned(bytes)?;
        if file.publisher.is_some() { Ok(file) } else { Err(PackError::Unsigned) }
    }

    /// The same, where a pack that was built and not signed yet may be looked at by its author.
    pub(crate) fn read_unsigned(bytes: &'a [u8]) -> Result<Self, PackError> {
        if bytes.len() > limits::FILE_BYTES {
            return Err(PackError::TooLarge { what: "the file" });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong_magic(bytes))?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or(PackError::WrongLength)?;
        let (signature, rest) = rest.split_first_chunk::<64>().ok_or(PackError::WrongLength)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(PackError::WrongLength)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > limits::MANIFEST_BYTES {
            return Err(PackError::TooLarge { what: "the manifest" });
        }
        let (manifest, _) = rest.split_at_checked(length).ok_or(PackError::WrongLength)?;
        let digest = hash::sha256(manifest);
        let publisher = if *key == [0; 32] && *signature == [0; 64] {
            None
        } else {
            let key = VerifyingKey::from_bytes(key).map_err(|_| PackError::BadSignature)?;
            key.verify(labels::PACK_SIGNATURE, &digest, signature).map_err(|_| PackError::BadSignature)?;
            Some(key.into())
        };
        let manifest = Manifest::parse(manifest, CoreVersion::current())?;
        let parts = places(&manifest, HEADER_BYTES.saturating_add(length), bytes.len())?;
        Ok(Self { bytes, publisher, manifest, digest, parts })
    }

    /// What the pack says it is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Who signed it; `None` for one that its author did not sign yet, which only [`crate::author`] gives out.
    #[must_use]
    pub fn publisher(&self) -> Option<Publisher> {
        self.publisher
    }

    /// SHA-256 of the manifest: names this version of this pack, whatever it says of itself.
    #[must_use]
    pub fn digest(&self) -> hash::Digest {
        self.digest
    }

    /// Checks and reads the whole pack: what installing one needs.
    ///
    /// # Errors
    /// [`PackError::Tampered`], [`PackError::Malformed`], [`PackError::TooLarge`].
    pub fn open(&self) -> Result<Pack, PackError> {
        // All hashes first: nothing of a pack that was changed anywhere is interpreted.
        for part in 0..self.parts.len() {
            self.part(part, false)?;
        }
        self.read_parts(|_| true, true)
    }

    /// Checks and reads what showing the pack in the language nearest to `wanted` needs: the checklists, that language, and the
    /// default one for what it lacks. The other parts are neither checked nor read, and so not used.
    ///
    /// # Errors
    /// [`PackError::Tampered`], [`PackError::Malformed`], [`PackError::TooLarge`].
    pub fn open_for(&self, wanted: &str) -> Result<Pack, PackError> {
        let chosen = &self.manifest.locale_for(wanted).tag;
        self.read_parts(|locale| locale == chosen || *locale == self.manifest.default_locale, false)
    }

    /// Reads the parts of the languages that are `wanted`; `hashed` says that the hashes of all parts were compared.
    fn read_parts(&self, wanted: impl Fn(&String) -> bool, hashed: bool) -> Result<Pack, PackError> {
        let structure = Structure::parse(self.named(CHECKLISTS, hashed)?)?;
        let mut texts = Vec::new();
        for locale in self.manifest.locales.iter().filter(|locale| wanted(&locale.tag)) {
            let part = self.named(&format!("{TEXT}{}", locale.tag), hashed)?;
            texts.push((locale.clone(), Texts::parse(part, &locale.tag)?));
        }
        let mut forms = Vec::new();
        for (index, part) in self.manifest.parts.iter().enumerate() {
            if let Some(id) = part.name.strip_prefix(FORM) {
                forms.push((id.to_owned(), self.part(index, hashed)?.to_vec()));
            }
        }
        Pack::new(self.manifest.clone(), self.publisher, self.digest, structure, texts, forms)
    }

    /// The bytes of a part, if they are those that were signed.
    fn part(&self, index: usize, hashed: bool) -> Result<&'a [u8], PackError> {
        let changed = PackError::Tampered { part: index };
        let entry = self.manifest.parts.get(index).ok_or(changed.clone())?;
        let bytes = self.parts.get(index).and_then(|place| self.bytes.get(place.clone())).ok_or(changed.clone())?;
        if hashed || hash::sha256(bytes) == entry.sha256.0 { Ok(bytes) } else { Err(changed) }
    }

    fn named(&self, name: &str, hashed: bool) -> Result<&'a [u8], PackError> {
        let index = self.manifest.parts.iter().position(|part| part.name == name);
        self.part(index.ok_or(PackError::malformed("a part is missing"))?, hashed)
    }
}

fn wrong_magic(bytes: &[u8]) -> PackError {
    let rest = bytes.strip_prefix(FAMILY).unwrap_or_default();
    let version = rest.iter().position(|b| *b == b'\n').and_then(|end| rest.get(..end)).unwrap_or_default();
    let numbered = (1..=4).contains(&version.len()) && version.iter().all(u8::is_ascii_digit);
    if numbered { PackError::UnknownFormat } else { PackError::NotAPack }
}

/// Where the parts lie: one after another from `from`, and the last one ends where the file ends.
fn places(manifest: &Manifest, from: usize, end: usize) -> Result<Vec<Range<usize>>, PackError> {
    let mut at = from;
    let mut places = Vec::with_capacity(manifest.parts.len());
    for part in &manifest.parts {
        let size = usize::try_from(part.size).map_err(|_| PackError::WrongLength)?;
        let next = at.checked_add(size).ok_or(PackError::WrongLength)?;
        places.push(at..next);
        at = next;
    }
    if at == end { Ok(places) } else { Err(PackError::WrongLength) }
}
