//! `amparo desk card`: new, rotate, show. Needs no vault.

use std::{
    io::{IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use amparo_card::{Assembled, Assembler, Card, CardKey, PART_CHARS, parts, qr};
use amparo_desk::{Accepts, CardFiles, Endpoint, KeyKind, KeyTerms, NewCard, card_new, card_rotate};
use serde_json::{Value, json};
use time::{Date, Duration};

use super::{Context, bytes, new_file::write_new, pack::day, picture};
use crate::{args, failure::Failure};

/// Pixels of a module in a picture: a sheet prints sharply and a screen shows all of a code.
const SCALE: usize = 8;
/// The texts of a card's codes are a fraction of this; a picture may come this way too.
const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Runs `amparo desk card …`.
pub fn run(context: &Context, command: args::DeskCard) -> Result<bool, Failure> {
    use args::DeskCard as C;
    match command {
        C::New(new) => make(context, *new),
        C::Rotate { card, keys } => rotate(context, &card, &keys),
        C::Show { files, qr, png, output, on } => {
            let day = day(on.as_deref())?;
            let card = find(&files)?;
            if let Some(path) = &output {
                write_new(path, card.bytes())?;
            }
            if let Some(path) = &png {
                let codes = codes(&card)?;
                write_new(path, &qr::sheet(&codes, SCALE).map_err(|e| Failure::input(e.to_string()))?.png())?;
            }
            context.output.result(&value(&card, day), || lines(&card, day));
            if qr && !context.output.is_json() {
                draw(context, &card)?;
            }
            Ok(true)
        }
    }
}

fn make(context: &Context, new: args::NewCard) -> Result<bool, Failure> {
    let endpoint = |text: &String| {
        let (kind, value) = text.split_once('=').ok_or_else(|| {
            Failure::input(
                "an endpoint is written as kind=value, such as email=desk@example.org or phone=+353 1 210 0489",
            )
        })?;
        let endpoint = Endpoint { kind: kind.trim().to_owned(), value: value.trim().to_owned() };
        if endpoint.is_sound() { Ok(endpoint) } else { Err(Failure::input(shape(&endpoint.kind)).about(text, 0)) }
    };
    let endpoints = new.endpoints.iter().map(endpoint).collect::<Result<_, _>>()?;
    let card = NewCard {
        name: new.name,
        kind: new.kind,
        languages: new.languages,
        endpoints,
        accepts: Accepts {
            max_report_bytes: new.max_report,
            max_evidence_bytes: new.max_evidence,
            media_types: new.media_types,
            form: new.form,
        },
        policy_url: new.policy_url,
        key_kinds: if new.classic { vec![KeyKind::PostQuantum, KeyKind::Classic] } else { vec![KeyKind::PostQuantum] },
    };
    let (files, terms) = (files(&new.output, &new.keys), terms(new.keys.days)?);
    let card = card_new(&files, &card, &terms)?;
    eprintln!(
        "amparo: the signing key and the key file are not encrypted: keep them apart, and a copy of each where nobody looks"
    );
    Ok(done(context, &card, terms.today))
}

fn rotate(context: &Context, card: &Path, keys: &args::CardKeys) -> Result<bool, Failure> {
    for path in [&keys.signing_key, &keys.identity] {
        if amparo_desk::key_file_is_exposed(path).unwrap_or(false) {
            eprintln!("amparo: other users of this computer can read a key file; protect it (chmod 600)");
        }
    }
    let terms = terms(keys.days)?;
    let card = card_rotate(&files(card, keys), &terms)?;
    Ok(done(context, &card, terms.today))
}

/// What the value of an endpoint looks like.
fn shape(kind: &str) -> &'static str {
    match kind {
        "https" => "an https endpoint is an address such as https://example.org/report, in plain letters",
        "onion" => "an onion endpoint is an address such as http://….onion, version 3",
        "email" => "an email endpoint is an address such as desk@example.org",
        "phone" => "a phone endpoint begins with + and the country's code, such as +353 1 210 0489",
        _ => "the endpoint's kind is a lower-case word, and its value a line of plain text",
    }
}

fn files<'a>(card: &'a Path, keys: &'a args::CardKeys) -> CardFiles<'a> {
    CardFiles { card, signing_key: &keys.signing_key, identities: &keys.identity }
}

fn terms(days: u16) -> Result<KeyTerms, Failure> {
    let today = day(None)?;
    let later = |times: i64| {
        today
            .checked_add(Duration::days(i64::from(days) * times))
            .ok_or_else(|| Failure::input("so many days cannot be counted"))
    };
    Ok(KeyTerms { today, current_until: later(1)?, next_until: later(2)?, expires: later(2)? })
}

fn done(context: &Context, card: &Card, today: Date) -> bool {
    context.output.result(&value(card, today), || {
        let mut lines = lines(card, today);
        lines.push(String::new());
        lines.push("Hand the card out, and read the words to whoever asks whether it is yours.".into());
        lines
    });
    true
}

/// The card in a file, or that of the QR codes in one or more pictures; `-` is standard input, with a card or the codes' texts.
pub(super) fn find(files: &[PathBuf]) -> Result<Card, Failure> {
    let mut assembler = Assembler::new();
    let (mut seen, mut missing) = (0usize, None);
    for path in files {
        let name = path.to_string_lossy();
        let is_standard = path.as_os_str() == "-";
        let content = if is_standard { standard_input() } else { picture::read(path) };
        let content = content.map_err(|failure| failure.about(&name, 0))?;
        let texts = if picture::is_picture(&content) {
            picture::qr_texts(&content).map_err(|failure| failure.about(&name, 0))?
        } else if is_standard && !content.starts_with(b"amparo.card/") {
            texts_of(&content)?
        } else if files.len() > 1 {
            return Err(Failure::input("give one card, or only pictures").about(&name, 0));
        } else {
            return Ok(Card::parse(&content)?);
        };
        for text in texts {
            seen += 1;
            match assembler.add(&text) {
                Ok(Assembled::Complete(card)) => return Ok(card),
                Ok(Assembled::Missing { parts, of }) => missing = Some((parts, of)),
                Err(amparo_card::PartError::NotAPart) => {}
                Err(error) => return Err(Failure::from(error).about(&name, 0)),
            }
        }
    }
    Err(Failure::input(match missing {
        Some((parts, of)) => {
            let list: Vec<String> = parts.iter().map(ToString::to_string).collect();
            format!(
                "of the card's {of} QR codes these are missing: {}; photograph them closer, and give all pictures at once",
                list.join(", ")
            )
        }
        None if seen > 0 => "the QR codes are not those of a recipient card".into(),
        None => "no QR code was found in the picture; photograph it closer and straight".into(),
    }))
}

/// The texts of a card's QR codes, as scanners write them: a line each. A space at the end of one is part of it.
fn texts_of(content: &[u8]) -> Result<Vec<String>, Failure> {
    let text = std::str::from_utf8(content).map_err(|_| Failure::input("standard input is not text"))?;
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    let failed = |e: std::io::Error| Failure::input(format!("standard input cannot be read: {}", e.kind()));
    std::io::stdin().lock().take(MAX_INPUT_BYTES).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}

fn codes(card: &Card) -> Result<Vec<qr::Code>, Failure> {
    qr::codes(&parts(card, PART_CHARS)).map_err(|error| Failure::input(error.to_string()))
}

fn draw(context: &Context, card: &Card) -> Result<(), Failure> {
    let codes = codes(card)?;
    let colour = std::io::stdout().is_terminal();
    for (number, code) in (1..).zip(&codes) {
        let text = format!("\n{number} of {}\n{}\n", codes.len(), code.terminal(colour).join("\n"));
        // Not as lines of a result: those lose their colours.
        context.output.bytes(text.as_bytes());
    }
    Ok(())
}

/// What a key is on `today`.
fn state(card: &Card, key: &CardKey, today: Date) -> &'static str {
    if key.public.recipient().is_none() {
        return "unknown kind";
    }
    let used = card.keys_on(today).is_ok_and(|keys| keys.contains(&key));
    match (used, today > key.not_after) {
        (true, _) => "current",
        (_, true) => "expired",
        _ => "next",
    }
}

pub(super) fn value(card: &Card, today: Date) -> Value {
    let content = card.content();
    let keys = content.keys.iter().map(|key| {
        json!({
            "kind": key.public.kind(), "not_after": key.not_after.to_string(), "state": state(card, key, today),
            "recipient": key.public.recipient().map(ToString::to_string),
        })
    });
    json!({
        "card": card.id().to_string(), "version": card.version(), "name": content.name, "kind": content.kind,
        "languages": content.languages, "keys": keys.collect::<Vec<_>>(), "endpoints": content.endpoints,
        "accepts": content.accepts, "policy_url": content.policy_url,
        "issued": content.issued.to_string(), "expires": content.expires.to_string(),
        "expired": card.check_dates(today).is_err(),
        "signer": card.signer().to_hex(), "fingerprint": card.fingerprint().to_string(),
        "words": card.fingerprint().words().join(" "), "size": card.bytes().len(), "qr_codes": parts(card, PART_CHARS).len(),
    })
}

/// A card for people. What it says of itself stands behind what nobody can make up.
pub(super) fn lines(card: &Card, today: Date) -> Vec<String> {
    let content = card.content();
    let words = card.fingerprint().words();
    let (first, second) = words.split_at(7);
    let mut lines = vec![
        format!("fingerprint  {}", card.fingerprint()),
        format!("in words     {}", first.join(" ")),
        format!("             {}", second.join(" ")),
        format!("card         {}, version {}", card.id(), card.version()),
        format!("calls itself {} ({})", content.name, content.kind),
    ];
    let expired = if card.check_dates(today).is_err() { ": EXPIRED" } else { "" };
    lines.push(format!("valid        {} to {}{expired}", content.issued, content.expires));
    for key in &content.keys {
        let (kind, until, state) = (key.public.kind(), key.not_after, state(card, key, today));
        lines.push(format!("key          {kind} until {until}: {state}"));
    }
    if !content.languages.is_empty() {
        lines.push(format!("languages    {}", content.languages.join(", ")));
    }
    lines.extend(content.endpoints.iter().map(|e| format!("{:<12} {}", e.kind, e.value)));
    let accepts = &content.accepts;
    lines.extend(accepts.max_report_bytes.map(|n| format!("takes        reports of up to {}", bytes(n))));
    lines.extend(accepts.max_evidence_bytes.map(|n| format!("takes        files of up to {}", bytes(n))));
    if !accepts.media_types.is_empty() {
        lines.push(format!("takes        {}", accepts.media_types.join(", ")));
    }
    lines.extend(accepts.form.as_ref().map(|form| format!("form         {form}")));
    lines.extend(content.policy_url.as_ref().map(|url| format!("policy       {url}")));
    lines.push(format!("size         {} bytes, {} QR codes", card.bytes().len(), parts(card, PART_CHARS).len()));
    lines
}

#[cfg(test)]
mod tests;
