//! A desk's card: made once, and made anew with fresh keys before the old ones end.
//!
//! Two secrets stand behind a card: the signing key, in a file of its own, and the secrets of its encryption keys, in the desk's key file.
//! What may not happen: a card is published whose reports nobody can open, a secret is lost that a published card names, or a key file
//! is left half-written. So secrets are written and synced before the card that names them; a key file is never written
//! over but replaced whole; and a signing key is locked while a card is made with it. A crash at any moment leaves at worst
//! secrets that no card names.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use amparo_card::{Accepts, Card, CardContent, CardError, CardId, CardKey, Endpoint, PublicKey, limits};
use amparo_crypto::{
    SecretKey,
    age::{Identity, KeyKind, Recipient, parse_identities},
    sign::SigningKey,
};
use amparo_report::{hex, manifest::show_fingerprint};
use time::Date;
use zeroize::Zeroizing;

use crate::{
    DeskError,
    keys::{MAX_KEY_FILE_BYTES, load_identities, read_secret},
};

/// What the line with a signing key begins with.
const WORD: &str = "amparo-card-key/1";
/// Room for what is added to a key file: a comment and a key of at most some hundred bytes, for each of at most eight keys.
const ADDED_BYTES: usize = 8 * 4096;

/// The files of a desk's card.
#[derive(Debug, Clone, Copy)]
pub struct CardFiles<'a> {
    /// The card: public.
    pub card: &'a Path,
    /// The signing key: secret.
    pub signing_key: &'a Path,
    /// The secrets of the encryption keys, an age identity file: secret. Only ever added to.
    pub identities: &'a Path,
}

/// What a first card says.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCard {
    /// What the recipient is called.
    pub name: String,
    /// A code of [`amparo_card::kind`].
    pub kind: String,
    /// Languages, the preferred one first.
    pub languages: Vec<String>,
    /// How to reach the recipient.
    pub endpoints: Vec<Endpoint>,
    /// What the recipient takes.
    pub accepts: Accepts,
    /// Where the recipient says what they do with reports.
    pub policy_url: Option<String>,
    /// The kinds of keys to make; [`KeyKind::PostQuantum`] alone is what to choose unless senders have older software.
    pub key_kinds: Vec<KeyKind>,
}

/// Prints the type's name only.
impl std::fmt::Debug for NewCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewCard(..)")
    }
}

/// The days of a card that is made today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTerms {
    /// Today.
    pub today: Date,
    /// The last day of a current key, where one is made.
    pub current_until: Date,
    /// The last day of the next key; at a rotation before its time, as long after the current one's as it is here.
    pub next_until: Date,
    /// The last day of the card. One that is not before the next key's is moved with it.
    pub expires: Date,
}

/// Makes a recipient's first card: a signing key in a new file, a current and a next key of each kind, whose secrets are added to the key
/// file (which is made when it is not there), and the card in a new file. Blocks on the disk.
///
/// # Errors
/// [`DeskError::Exists`] (the card, or the signing key), [`DeskError::Card`] (what it would say breaks a rule), those of
/// [`crate::load_identities`] where there is a key file, [`DeskError::Missing`] (a folder), [`DeskError::Permission`],
/// [`DeskError::DiskFull`], [`DeskError::Randomness`], [`DeskError::Io`]. There is no card and no signing key then.
pub fn card_new(files: &CardFiles<'_>, new: &NewCard, terms: &KeyTerms) -> Result<Card, DeskError> {
    if files.card.try_exists()? {
        return Err(DeskError::Exists);
    }
    let (key, seed) = SigningKey::generate()?;
    let mut content = CardContent {
        id: CardId::generate()?,
        version: 1,
        name: new.name.clone(),
        kind: new.kind.clone(),
        languages: new.languages.clone(),
        keys: Vec::new(),
        endpoints: new.endpoints.clone(),
        accepts: new.accepts.clone(),
        policy_url: new.policy_url.clone(),
        issued: terms.today,
        expires: terms.expires,
    };
    let mut secrets = Vec::new();
    for kind in &new.key_kinds {
        content.keys.push(make(*kind, terms.current_until, &mut secrets)?);
        content.keys.push(make(*kind, terms.next_until, &mut secrets)?);
    }
    // Before anything is written: what breaks a rule leaves no files behind.
    let card = content.sign(&key)?;
    write_new(files.signing_key, key_text(&key, &seed).as_bytes(), true)?;
    let written =
        add_identities(files.identities, &secrets, &card).and_then(|()| write_new(files.card, card.bytes(), false));
    written.inspect_err(|_| {
        // Ours, and of no use: the next attempt must not find it in its way.
        let _ = fs::remove_file(files.signing_key);
    })?;
    Ok(card)
}

/// Makes the next version of a card and puts it in the place of the old one: of each kind the next key becomes the current one, and a fresh
/// next one is made, whose secret is added to the key file. Where no next key is left that is valid today, a current one is made too. Old
/// secrets stay: reports that are on their way still open. What the card says otherwise stays as it is, but for fields that this
/// version does not know. Blocks on the disk.
///
/// # Errors
/// [`DeskError::Card`] (it cannot be read, or the terms break a rule), [`DeskError::NotASigningKey`], [`DeskError::OtherSigningKey`],
/// [`DeskError::MissingSecret`], [`DeskError::Busy`], those of [`crate::load_identities`], [`DeskError::DiskFull`],
/// [`DeskError::Randomness`], [`DeskError::Io`]. The card is the old one then; secrets may have been added that no card names.
pub fn card_rotate(files: &CardFiles<'_>, terms: &KeyTerms) -> Result<Card, DeskError> {
    let (key, _lock) = lock_key(files.signing_key)?;
    let old = card_read(files.card)?;
    if old.signer().to_bytes() != key.verifying_key().to_bytes() {
        return Err(DeskError::OtherSigningKey);
    }
    let mut content = old.content().clone();
    content.version = content.version.saturating_add(1);
    (content.issued, content.expires) = (terms.today, terms.expires);
    let mut secrets = Vec::new();
    let before = std::mem::take(&mut content.keys);
    let mut done: Vec<&str> = Vec::new();
    for first in &before {
        let kind = first.public.kind();
        if done.contains(&kind) {
            continue;
        }
        done.push(kind);
        let same = before.iter().filter(|key| key.public.kind() == kind);
        let Some(known) = first.public.recipient() else {
            // Of a kind that this version cannot make: carried along.
            content.keys.extend(same.cloned());
            continue;
        };
        let kept = same.skip(1).filter(|key| key.not_after >= terms.today);
        let place = content.keys.len();
        content.keys.extend(kept.cloned());
        if content.keys.len() == place {
            content.keys.push(make(known.kind(), terms.current_until, &mut secrets)?);
        }
        // A rotation before its time must not make two keys that end together: nobody could change over from one to the other.
        let current = content.keys.last().map_or(terms.current_until, |key| key.not_after);
        let follows = current.checked_add(terms.next_until - terms.current_until).unwrap_or(Date::MAX);
        content.keys.push(make(known.kind(), follows.max(terms.next_until), &mut secrets)?);
    }
    // A card that is meant to last as long as its last key still does.
    if terms.expires >= terms.next_until {
        content.expires = content.keys.iter().map(|key| key.not_after).fold(content.expires, Date::max);
    }
    check_secrets(&content, files.identities, &secrets)?;
    let card = content.sign(&key)?;
    add_identities(files.identities, &secrets, &card)?;
    replace(files.card, card.bytes(), false)?;
    Ok(card)
}

/// Reads a card from its file. Blocks on the disk.
///
/// # Errors
/// [`DeskError::Missing`], [`DeskError::Permission`], [`DeskError::Card`], [`DeskError::Io`].
pub fn card_read(path: &Path) -> Result<Card, DeskError> {
    let mut bytes = Vec::new();
    // One byte more than a card may have, so that one that is too large is noticed.
    let most = limits::FILE_BYTES as u64 + 1;
    let read = File::open(path)?.take(most).read_to_end(&mut bytes);
    match read {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Err(CardError::NotACard.into()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Card::parse(&bytes)?),
    }
}

fn make(kind: KeyKind, not_after: Date, secrets: &mut Vec<Identity>) -> Result<CardKey, DeskError> {
    let identity = Identity::generate(kind)?;
    let public = PublicKey::Known(identity.recipient());
    secrets.push(identity);
    Ok(CardKey { public, not_after })
}

/// Every key of the card has its secret here, or nobody could open what is sealed to it.
fn check_secrets(content: &CardContent, path: &Path, fresh: &[Identity]) -> Result<(), DeskError> {
    let here = load_identities(path)?;
    let known = content.keys.iter().filter_map(|key| key.public.recipient());
    let has = |list: &[Identity], public: &Recipient| list.iter().any(|identity| identity.recipient() == *public);
    if known.into_iter().all(|public| has(fresh, public) || has(&here, public)) {
        Ok(())
    } else {
        Err(DeskError::MissingSecret)
    }
}

/// The text of a signing key's file.
fn key_text(key: &SigningKey, seed: &SecretKey) -> Zeroizing<String> {
    // The seed leaves its handle because this is the file that keeps it.
    let secret = Zeroizing::new(hex::encode(seed.expose()));
    // One allocation of its final size: growing would leave copies of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(512));
    let public = key.verifying_key();
    for part in [
        "# Signs the recipient's cards. Whoever has this file can redirect what is sealed to you. Keep it apart from the key file.\n",
        "# fingerprint: ",
        &show_fingerprint(&public),
        "\n",
        WORD,
        " ",
        &hex::encode(&public.to_bytes()),
        " ",
        &secret,
        "\n",
    ] {
        text.push_str(part);
    }
    text
}

/// The signing key in a file, and the file, locked until it is dropped: two processes would make two cards of one version.
fn lock_key(path: &Path) -> Result<(SigningKey, File), DeskError> {
    let file = File::open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(DeskError::Busy),
        // A file system without locks: the desk is alone on it.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let text = read_secret(path, 0).map_err(|error| match error {
        DeskError::NotAKeyFile => DeskError::NotASigningKey,
        other => other,
    })?;
    Ok((parse_key(&text).ok_or(DeskError::NotASigningKey)?, file))
}

/// `None` also when the secret is not that of the public key beside it, so that a digit that changed is noticed.
fn parse_key(text: &str) -> Option<SigningKey> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let mut words = line.split_ascii_whitespace();
    let (Some(WORD), Some(public), Some(secret), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    let mut seed: [u8; 32] = hex::decode(secret)?;
    let key = SigningKey::from_seed(&SecretKey::take(&mut seed));
    (hex::encode(&key.verifying_key().to_bytes()) == public).then_some(key)
}

/// Adds secrets to a key file, or makes one. The file is replaced whole, and on the disk when this returns.
fn add_identities(path: &Path, secrets: &[Identity], card: &Card) -> Result<(), DeskError> {
    let mut text = match read_secret(path, ADDED_BYTES) {
        Ok(text) => {
            // Not one that other programs could not read: the secrets would be lost in it.
            if !text.trim().is_empty() {
                parse_identities(&text)?;
            }
            text
        }
        Err(DeskError::Missing) => Zeroizing::new(String::with_capacity(ADDED_BYTES)),
        Err(error) => return Err(error),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let (id, version, issued) = (card.id(), card.version(), card.content().issued);
    for identity in secrets {
        let not_after = card.content().keys.iter().find(|key| key.public.recipient() == Some(&identity.recipient()));
        let until = not_after.map(|key| key.not_after.to_string()).unwrap_or_default();
        text.push_str(&format!("# created: {issued} for version {version} of card {id}, used until {until}\n"));
        text.push_str(&format!("# public key: {}\n", identity.recipient()));
        text.push_str(&identity.to_text());
        text.push('\n');
    }
    if text.len() as u64 > MAX_KEY_FILE_BYTES {
        return Err(DeskError::NotAKeyFile);
    }
    replace(path, text.as_bytes(), true)
}

/// A new file that only its owner may read.
fn create(path: &Path, secret: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    options.open(path)
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// A new file, whole or not at all. Nothing is written over.
fn write_new(path: &Path, bytes: &[u8], secret: bool) -> Result<(), DeskError> {
    let file = create(path, secret)?;
    fill(file, bytes).map_err(DeskError::from).and_then(|()| sync_folder(path)).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// Puts a file in the place of another, or makes it: there is the old one or the new one, at every moment.
fn replace(path: &Path, bytes: &[u8], secret: bool) -> Result<(), DeskError> {
    // Where a link leads, so that the link stays.
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        other => other?,
    };
    let mut name = target.file_name().map(OsString::from).ok_or(DeskError::OutputName)?;
    name.push(".amparo-new");
    let beside = target.with_file_name(name);
    // Of an attempt that was cut off. Its secrets are in no card.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    fill(create(&beside, secret)?, bytes).and_then(|()| fs::rename(&beside, &target)).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })?;
    sync_folder(&target)
}

/// A name is on the disk once its folder is.
fn sync_folder(path: &Path) -> Result<(), DeskError> {
    #[cfg(unix)]
    {
        let folder =
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(PathBuf::from("."), PathBuf::from);
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
