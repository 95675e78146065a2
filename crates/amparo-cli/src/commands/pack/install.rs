//! Packs in a vault: install, installed, remove, forget.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::Path,
};

use amparo_core::{
    Amparo,
    checklist::{Offer, OfferKind, PackError, Publisher},
};
use serde_json::{Value, json};

use super::{Context, bytes_of, change_lines};
use crate::failure::Failure;

/// The digits of a fingerprint, however somebody grouped them.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn is(publisher: Publisher, fingerprint: &str) -> bool {
    let given = digits(fingerprint);
    !given.is_empty() && digits(&publisher.fingerprint()) == given
}

pub(super) fn install(
    context: &Context,
    dir: &Path,
    file: &Path,
    accept: Option<&str>,
    dry_run: bool,
) -> Result<bool, Failure> {
    let bytes = bytes_of(file)?;
    // What does not hold by itself needs no vault, and no passphrase.
    amparo_core::checklist::PackFile::read(&bytes)?;
    let (offer, done) = context.with_vault(dir, |amparo| {
        let mut offer = amparo.packs().offer(&bytes)?;
        let unknown = matches!(offer.refusal, Some(PackError::UnknownPublisher { .. }));
        if dry_run {
            return Ok((offer, false));
        }
        if unknown {
            believe(context, &offer, accept)?;
            // Nothing else may be in the way: a publisher is accepted for a pack that is installed.
            amparo.packs().accept_publisher(offer.publisher)?;
            offer = amparo.packs().offer(&bytes)?;
            if let Some(refusal) = &offer.refusal {
                amparo.packs().forget_publisher(offer.publisher)?;
                return Err(refusal.clone().into());
            }
        }
        install_and_undo(amparo, &bytes, offer.publisher, unknown)?;
        Ok((offer, true))
    })?;
    let lines = offer_lines(&offer, done);
    let value = offer_value(&offer, done);
    context.output.result(&value, || lines);
    Ok(done || offer.refusal.is_none())
}

fn install_and_undo(amparo: &Amparo, bytes: &[u8], publisher: Publisher, is_new: bool) -> Result<(), Failure> {
    let installed = amparo.packs().install(bytes);
    if installed.is_err() && is_new {
        amparo.packs().forget_publisher(publisher)?;
    }
    Ok(installed.map(drop)?)
}

/// Whether the user accepts the publisher: by the fingerprint on the command line, or asked in a terminal.
fn believe(context: &Context, offer: &Offer, accept: Option<&str>) -> Result<(), Failure> {
    let fingerprint = offer.publisher.fingerprint();
    if let Some(given) = accept {
        return if is(offer.publisher, given) {
            Ok(())
        } else {
            Err(Failure::input(format!(
                "this pack is by a publisher with another fingerprint: {fingerprint}; nothing was installed"
            )))
        };
    }
    if context.output.is_json() || !io::stdin().is_terminal() {
        return Err(Failure::input(format!(
            "this pack is by a publisher that was not accepted yet; fingerprint {fingerprint}. Compare it with the one that the \
             publisher gives by another way; if it is the same, add --accept with the one you were given. Nothing was installed"
        )));
    }
    for line in [
        format!("{} version {}", offer.manifest.id, offer.manifest.version),
        format!("calls its publisher {:?}, which proves nothing", offer.manifest.publisher),
        format!("fingerprint  {fingerprint}"),
        "Compare the fingerprint with the one that the publisher gives by another way: on paper, by telephone, on their site."
            .into(),
    ] {
        context.output.note(&line);
    }
    let failed = |_| Failure::input("the answer cannot be read");
    let mut out = io::stdout().lock();
    write!(out, "Is it the same? Type yes to accept this publisher: ").and_then(|()| out.flush()).map_err(failed)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    if line.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(Failure::new(crate::failure::Exit::Cancelled, "the publisher was not accepted; nothing was installed"))
    }
}

fn kind(offer: &Offer) -> (&'static str, Option<u64>) {
    match offer.kind {
        OfferKind::New => ("new", None),
        OfferKind::Update { from } => ("update", Some(from)),
        OfferKind::Same => ("same", None),
        OfferKind::Again { removed } => ("again", Some(removed)),
        OfferKind::Refused => ("refused", None),
    }
}

fn offer_value(offer: &Offer, installed: bool) -> Value {
    let (kind, from) = kind(offer);
    let changes = offer.changes.as_ref().map(change_lines);
    let refusal = offer.refusal.as_ref().map(|error| json!({ "name": error.name(), "text": error.to_string() }));
    json!({
        "installed": installed, "id": offer.manifest.id, "version": offer.manifest.version, "kind": kind, "from": from,
        "publisher": offer.publisher.to_hex(), "fingerprint": offer.publisher.fingerprint(),
        "publisher_name": offer.manifest.publisher, "review_by": offer.manifest.review_by.to_string(),
        "refusal": refusal, "changes": changes,
    })
}

fn offer_lines(offer: &Offer, installed: bool) -> Vec<String> {
    let (id, version) = (&offer.manifest.id, offer.manifest.version);
    let mut lines = vec![match (offer.kind, installed) {
        (_, true) => format!("Installed {id} version {version}."),
        (OfferKind::Refused, _) => format!("{id} version {version} would be refused."),
        (OfferKind::New, _) => format!("{id} version {version} would be installed."),
        (OfferKind::Again { removed }, _) => {
            format!("{id} version {version} would be installed again; version {removed} was removed.")
        }
        (OfferKind::Same, _) => format!("{id} version {version} is installed."),
        (OfferKind::Update { from }, _) => format!("{id} would be updated from version {from} to {version}."),
    }];
    lines.push(format!("fingerprint of its publisher  {}", offer.publisher.fingerprint()));
    lines.extend(offer.refusal.as_ref().map(|error| format!("{error}.")));
    lines.extend(offer.changes.as_ref().map(change_lines).unwrap_or_default());
    lines
}

pub(super) fn installed(context: &Context, dir: &Path, language: &str) -> Result<bool, Failure> {
    let (packs, publishers) = context.with_vault(dir, |amparo| {
        let mut packs = Vec::new();
        for pack in amparo.packs().list()? {
            let title = match &pack.manifest {
                Some(_) => {
                    amparo.packs().open_for(&pack.id, language)?.title(language).map(|title| title.text.to_owned())
                }
                None => None,
            };
            packs.push((pack, title));
        }
        Ok((packs, amparo.packs().publishers()?))
    })?;
    let rows = packs.iter().map(|(pack, title)| {
        json!({
            "id": pack.id, "version": pack.version, "title": title, "publisher": pack.publisher.to_hex(),
            "fingerprint": pack.publisher.fingerprint(), "accepted": pack.accepted, "installed": pack.installed.time,
            "removed": pack.removed.as_ref().map(|stamp| stamp.time), "unreadable": pack.unreadable,
            "review_by": pack.manifest.as_ref().map(|manifest| manifest.review_by.to_string()),
            "review_overdue": pack.review_overdue,
        })
    });
    let known = publishers.iter().map(|known| {
        json!({
            "publisher": known.publisher.to_hex(), "fingerprint": known.publisher.fingerprint(),
            "accepted": known.accepted.time, "packs": known.packs,
        })
    });
    let value = json!({ "packs": rows.collect::<Vec<_>>(), "publishers": known.collect::<Vec<_>>() });
    context.output.result(&value, || {
        let mut lines = Vec::new();
        for (pack, title) in &packs {
            lines.push(format!("{} version {}", pack.id, pack.version));
            lines.extend(title.as_ref().map(|title| format!("  {title}")));
            lines.push(format!("  by {}", pack.publisher.fingerprint()));
            lines.extend(pack.removed.as_ref().map(|stamp| format!("  removed {}", stamp.time)));
            lines.extend(pack.unreadable.then(|| "  cannot be read: install it again".to_owned()));
            let by = pack.manifest.as_ref().filter(|_| pack.review_overdue);
            lines.extend(
                by.map(|manifest| format!("  was to be reviewed by {}: look for a newer version", manifest.review_by)),
            );
        }
        if packs.is_empty() {
            lines.push("No pack was ever installed.".into());
        }
        lines.extend(publishers.iter().map(|known| format!("accepted publisher  {}", known.publisher.fingerprint())));
        lines
    });
    Ok(true)
}

pub(super) fn remove(context: &Context, dir: &Path, id: &str) -> Result<bool, Failure> {
    context.with_vault(dir, |amparo| Ok(amparo.packs().remove(id)?))?;
    context.output.result(&json!({ "removed": id }), || vec!["The pack was removed. What was ticked stays.".into()]);
    Ok(true)
}

pub(super) fn forget(context: &Context, dir: &Path, fingerprint: &str) -> Result<bool, Failure> {
    let publisher = context.with_vault(dir, |amparo| {
        let known = amparo.packs().publishers()?;
        let found = known.into_iter().find(|known| is(known.publisher, fingerprint));
        let publisher = found.ok_or_else(|| Failure::input("no accepted publisher has this fingerprint"))?.publisher;
        amparo.packs().forget_publisher(publisher)?;
        Ok(publisher)
    })?;
    let value = json!({ "forgotten": publisher.to_hex(), "fingerprint": publisher.fingerprint() });
    context.output.result(&value, || vec!["The publisher's packs are not accepted any more.".into()]);
    Ok(true)
}
