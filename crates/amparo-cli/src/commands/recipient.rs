//! `amparo recipient`: offer, import, list, show, note, remove, export.
//!
//! A first card is believed by a person who compared its fingerprint. Nothing here may take the fingerprint from the card by itself:
//! it comes from the command line or from somebody who answers in a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use amparo_core::{
    Amparo, CoreError,
    recipient::{CardId, CardOffer, CardOfferKind, Fingerprint, MAX_NOTE_BYTES, Readiness, Recipient},
};
use serde_json::{Value, json};

use super::{
    Context, bytes,
    card::{self, find},
    new_file::write_new,
    pack::day,
    report::known_kind,
};
use crate::{
    args,
    failure::{Exit, Failure},
    output::{isolated, unmarked},
};

/// Runs `amparo recipient …`.
pub fn run(context: &Context, command: args::Recipient) -> Result<bool, Failure> {
    use args::Recipient as R;
    match command {
        R::Offer(card) => offer(context, &card),
        R::Import { card, fingerprint } => import(context, &card, fingerprint.as_deref()),
        R::List { dir, kind } => {
            let kind = kind.as_deref().map(known_kind).transpose()?;
            let found = context.with_vault(&dir, |amparo| Ok(amparo.recipients().list(kind.as_ref())?))?;
            context.output.result(&json!({ "recipients": found.iter().map(value).collect::<Vec<_>>() }), || {
                if found.is_empty() { vec!["No recipients.".into()] } else { found.iter().map(line).collect() }
            });
            Ok(true)
        }
        R::Show { who } => {
            let found = with(context, &who, |amparo, id| Ok(amparo.recipients().get(id)?))?;
            context.output.result(&value(&found), || lines(&found));
            Ok(true)
        }
        R::Note { who } => {
            let note = note()?;
            let found = with(context, &who, |amparo, id| Ok(amparo.recipients().set_note(id, &note)?))?;
            context.output.result(&value(&found), || vec![format!("Kept the note on {}.", named(&found))]);
            Ok(true)
        }
        R::Remove { who } => {
            let id = with(context, &who, |amparo, id| {
                amparo.recipients().remove(id)?;
                Ok(id)
            })?;
            context.output.result(&json!({ "removed": id.to_string() }), || vec![format!("Removed {id}.")]);
            Ok(true)
        }
        R::Export { who, output } => {
            let card = with(context, &who, |amparo, id| Ok(amparo.recipients().card(id)?))?;
            write_new(&output, card.bytes())?;
            let value = json!({
                "card": card.id().to_string(), "file": output.to_string_lossy(), "fingerprint": card.fingerprint().to_string(),
            });
            context.output.result(&value, || {
                vec![
                    format!("Wrote the card to {}.", output.display()),
                    "Whoever gets it compares its fingerprint with the recipient, not with you.".into(),
                ]
            });
            Ok(true)
        }
    }
}

fn with<T>(
    context: &Context,
    who: &args::Who,
    work: impl FnOnce(&Amparo, CardId) -> Result<T, Failure>,
) -> Result<T, Failure> {
    context.with_vault(&who.dir, |amparo| work(amparo, resolve(amparo, &who.id)?))
}

/// The recipient whose id begins so, if it is one.
pub(super) fn resolve(amparo: &Amparo, id: &str) -> Result<CardId, Failure> {
    let id = unmarked(id.trim()).to_ascii_lowercase();
    if let Some(whole) = CardId::from_hex(&id) {
        return Ok(whole);
    }
    if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Failure::input("this is no recipient's id, nor its beginning: amparo recipient list has them"));
    }
    let mut found = amparo.recipients().list(None)?;
    found.retain(|recipient| recipient.id.to_string().starts_with(&id));
    match found.as_slice() {
        [] => Err(CoreError::RecipientNotFound.into()),
        [recipient] => Ok(recipient.id),
        _ => Err(Failure::input("the ids of several recipients begin so: give more of it")),
    }
}

fn note() -> Result<String, Failure> {
    // One byte more, so that what is too long is refused and not cut; and a line break at the end that is not part of it.
    let limit = u64::try_from(MAX_NOTE_BYTES).unwrap_or(u64::MAX).saturating_add(3);
    let mut note = String::new();
    io::stdin().lock().take(limit).read_to_string(&mut note).map_err(|_| Failure::input("the note is not text"))?;
    let line = note.strip_suffix('\n').unwrap_or(&note);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn offer(context: &Context, args: &args::CardFiles) -> Result<bool, Failure> {
    let card = find(&args.files)?;
    let (offer, namesakes) = context.with_vault(&args.dir, |amparo| {
        let offer = amparo.recipients().offer(card.bytes())?;
        let namesakes = namesakes(amparo, &offer)?;
        Ok((offer, namesakes))
    })?;
    let today = day(None)?;
    let mut value = card::value(&offer.card, today);
    if let Some(object) = value.as_object_mut() {
        let (kind, from) = kind(&offer);
        object.insert("offer".into(), kind.into());
        object.insert("from_version".into(), from.into());
        let refusal = offer.refusal.map(|error| json!({ "name": error.name(), "text": error.to_string() }));
        object.insert("refusal".into(), refusal.into());
        object.insert("namesakes".into(), offer.namesakes.iter().map(ToString::to_string).collect());
    }
    context.output.result(&value, || {
        let mut lines = card::lines(&offer.card, today);
        lines.push(String::new());
        lines.extend(namesakes.iter().map(namesake_line));
        lines.push(match (&offer.kind, offer.refusal) {
            (_, Some(refusal)) => format!("It would be REFUSED: {refusal}."),
            (CardOfferKind::Update { from }, _) => format!("A newer version of one that is here, instead of {from}."),
            (CardOfferKind::Same, _) => "The one that is here.".into(),
            _ => "A recipient who is not here yet: compare the fingerprint with them by another way.".into(),
        });
        lines
    });
    Ok(offer.refusal.is_none())
}

fn kind(offer: &CardOffer) -> (&'static str, Option<u64>) {
    match offer.kind {
        CardOfferKind::New => ("new", None),
        CardOfferKind::Update { from } => ("update", Some(from)),
        CardOfferKind::Same => ("same", None),
        CardOfferKind::Refused => ("refused", None),
    }
}

/// Those who are trusted under the name that the card claims.
fn namesakes(amparo: &Amparo, offer: &CardOffer) -> Result<Vec<Recipient>, Failure> {
    offer.namesakes.iter().map(|id| Ok(amparo.recipients().get(*id)?)).collect()
}

fn namesake_line(known: &Recipient) -> String {
    format!(
        "CAREFUL: {} is here already with another key, fingerprint {}. Somebody may be posing as them, or they lost their key: ask \
         them by another way.",
        named(known),
        known.signer.fingerprint()
    )
}

fn import(context: &Context, args: &args::CardFiles, fingerprint: Option<&str>) -> Result<bool, Failure> {
    // What does not hold by itself needs no vault, and no passphrase.
    let compared = fingerprint.map(typed).transpose()?;
    let card = find(&args.files)?;
    let (offer, found) = context.with_vault(&args.dir, |amparo| {
        let offer = amparo.recipients().offer(card.bytes())?;
        let compared = match compared {
            None if offer.kind == CardOfferKind::New => Some(ask(context, &offer, &namesakes(amparo, &offer)?)?),
            given => given,
        };
        let found = amparo.recipients().import(card.bytes(), compared)?;
        Ok((offer, found))
    })?;
    let (kind, from) = kind(&offer);
    let mut value = value(&found);
    if let Some(object) = value.as_object_mut() {
        object.insert("offer".into(), kind.into());
        object.insert("from_version".into(), from.into());
    }
    context.output.result(&value, || {
        let mut lines = lines(&found);
        lines.push(match from {
            _ if kind == "same" => "It was here already.".into(),
            Some(from) => format!("Updated from version {from}."),
            None => "Imported.".into(),
        });
        lines
    });
    Ok(true)
}

fn typed(text: &str) -> Result<Fingerprint, Failure> {
    Fingerprint::from_typed(text).ok_or_else(|| {
        Failure::input(
            "this is no fingerprint: 32 hexadecimal digits or thirteen words are expected, as the recipient gave them",
        )
    })
}

/// The fingerprint that somebody compared, asked in a terminal.
fn ask(context: &Context, offer: &CardOffer, namesakes: &[Recipient]) -> Result<Fingerprint, Failure> {
    let fingerprint = offer.card.fingerprint();
    if context.output.is_json() || !io::stdin().is_terminal() {
        return Err(Failure::input(format!(
            "this is the first card of a recipient, and its fingerprint was not compared: {fingerprint}. Compare it with the one that \
             the recipient gives by another way; if it is the same, add --fingerprint with the one you were given. Nothing was imported"
        )));
    }
    for line in card::lines(&offer.card, day(None)?) {
        context.output.note(&line);
    }
    for known in namesakes {
        context.output.note(&namesake_line(known));
    }
    context.output.note(
        "\nWhat the card says of itself proves nothing. Ask the recipient for the fingerprint by another way than the card came: \
         call a number that you know, meet, or look on a printed page.",
    );
    let failed = |_| Failure::input("the answer cannot be read");
    let mut out = io::stdout().lock();
    write!(out, "Type the fingerprint that they gave (words or digits), or yes if you compared all of it: ")
        .and_then(|()| out.flush())
        .map_err(failed)?;
    let mut line = String::new();
    io::stdin().lock().take(4096).read_line(&mut line).map_err(failed)?;
    answered(&line, fingerprint)
}

/// What an answer comes to: the fingerprint that was typed, whatever it is, or the card's where somebody says that they compared it.
fn answered(line: &str, shown: Fingerprint) -> Result<Fingerprint, Failure> {
    if line.trim().eq_ignore_ascii_case("yes") {
        return Ok(shown);
    }
    Fingerprint::from_typed(line)
        .ok_or_else(|| Failure::new(Exit::Cancelled, "the fingerprint was not compared; nothing was imported"))
}

/// The name, as a piece of a line; the id where the card cannot be read.
pub(super) fn named(recipient: &Recipient) -> String {
    if recipient.name.is_empty() { recipient.id.to_string() } else { isolated(&recipient.name) }
}

/// A code and a day, and the words for them.
fn readiness(of: Readiness) -> (&'static str, Option<String>, String) {
    match of {
        Readiness::Ready => ("ready", None, "ready".into()),
        Readiness::ReadyUntil(day) => {
            ("ready_until", Some(day.to_string()), format!("ready until {day}: ask for a new card"))
        }
        Readiness::CardExpired(day) => {
            ("card_expired", Some(day.to_string()), format!("EXPIRED on {day}: ask for a new card"))
        }
        Readiness::KeysExpired => ("keys_expired", None, "EXPIRED keys: ask for a new card".into()),
        Readiness::NoKnownKey => ("no_known_key", None, "no key of a kind that is known: update this program".into()),
        Readiness::Damaged => ("damaged", None, "DAMAGED: import the card again".into()),
    }
}

fn kind_of(recipient: &Recipient) -> &str {
    recipient.kind.as_ref().map_or("-", |kind| kind.as_str())
}

fn line(recipient: &Recipient) -> String {
    let (.., words) = readiness(recipient.readiness);
    format!("{}  {}  ({})  {words}", recipient.id, named(recipient), kind_of(recipient))
}

fn value(recipient: &Recipient) -> Value {
    let keys = recipient
        .keys
        .iter()
        .map(|key| json!({ "kind": key.kind, "not_after": key.not_after.to_string(), "recipient": key.public }));
    let (code, day, _) = readiness(recipient.readiness);
    let fingerprint = recipient.signer.fingerprint();
    json!({
        "card": recipient.id.to_string(), "version": recipient.version, "name": recipient.name,
        "kind": recipient.kind.as_ref().map(|kind| kind.as_str()), "languages": recipient.languages,
        "keys": keys.collect::<Vec<_>>(), "endpoints": recipient.endpoints, "accepts": recipient.accepts,
        "policy_url": recipient.policy_url, "issued": recipient.issued.map(|day| day.to_string()),
        "expires": recipient.expires.map(|day| day.to_string()), "signer": recipient.signer.to_hex(),
        "fingerprint": fingerprint.to_string(), "words": fingerprint.words().join(" "),
        "added": recipient.added, "updated": recipient.updated, "note": recipient.note,
        "readiness": code, "readiness_day": day, "ready": recipient.readiness.is_ready(),
    })
}

fn lines(recipient: &Recipient) -> Vec<String> {
    let fingerprint = recipient.signer.fingerprint();
    let words = fingerprint.words();
    let (first, second) = words.split_at(7);
    let (.., ready) = readiness(recipient.readiness);
    let mut lines = vec![
        format!("{} ({}): {ready}", named(recipient), kind_of(recipient)),
        format!("fingerprint  {fingerprint}"),
        format!("in words     {}", first.join(" ")),
        format!("             {}", second.join(" ")),
        format!("card         {}, version {}", recipient.id, recipient.version),
    ];
    if let (Some(issued), Some(expires)) = (recipient.issued, recipient.expires) {
        lines.push(format!("valid        {issued} to {expires}"));
    }
    lines.extend(recipient.keys.iter().map(|key| format!("key          {} until {}", key.kind, key.not_after)));
    if !recipient.languages.is_empty() {
        lines.push(format!("languages    {}", recipient.languages.join(", ")));
    }
    lines.extend(recipient.endpoints.iter().map(|e| format!("{:<12} {}", e.kind, isolated(&e.value))));
    let accepts = &recipient.accepts;
    lines.extend(accepts.max_report_bytes.map(|n| format!("takes        reports of up to {}", bytes(n))));
    lines.extend(accepts.max_evidence_bytes.map(|n| format!("takes        files of up to {}", bytes(n))));
    if !accepts.media_types.is_empty() {
        lines.push(format!("takes        {}", accepts.media_types.join(", ")));
    }
    lines.extend(accepts.form.as_ref().map(|form| format!("form         {form}")));
    lines.extend(recipient.policy_url.as_ref().map(|url| format!("policy       {url}")));
    lines.push(format!("imported     {}, this version {}", recipient.added.time, recipient.updated.time));
    if !recipient.note.is_empty() {
        lines.push(format!("note         {}", recipient.note));
    }
    lines
}

#[cfg(test)]
mod tests;
