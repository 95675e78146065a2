//! One piece of evidence in words.

use amparo_report::{
    figures, hex,
    locale::Locale,
    view::{EvidenceRow, Value, data_uri},
};

use super::{
    PageInput, PageItem,
    facts::{Facts, date_value},
    record::{Names, consent},
};
use crate::evidence::{Derivation, DeviceMetadata, EvidenceState, Speaker, Testimony};

pub(super) fn row(locale: Locale, input: &PageInput<'_>, item: &PageItem<'_>) -> EvidenceRow {
    let (evidence, said) = (item.evidence, &item.evidence.description);
    let mut facts = Facts::new(locale);
    if input.shown.notes {
        facts.fact("field.note", said.note.as_deref().unwrap_or_default());
    }
    if input.shown.file_names {
        facts.fact("field.file_name", said.file_name.as_deref().unwrap_or_default());
    }
    if let Some(original) = evidence.derived_from {
        match input.path_of(original) {
            Some(path) => facts.values("field.copy_of", vec![Value::exact(path)]),
            None => facts.fact("field.copy", locale.text("value.copy_of_other")),
        }
    }
    if let Some(derivation) = &said.derivation {
        derived(&mut facts, derivation);
    }
    if let Some(segment) = &evidence.segment {
        facts.fact("field.part", &locale.fill("value.part", &[("number", &segment.number.to_string())]));
    }
    if let Some(testimony) = item.testimony {
        spoken(&mut facts, locale, input, testimony);
    }
    // Time since boot is not told: it would recognise a device.
    let zone = said.captured_at.as_ref().and_then(|at| at.timezone.as_deref());
    facts.values("field.timezone", zone.map(Value::exact).into_iter().collect());
    // A copy was made, as it says of itself; it did not come from anywhere.
    let origin = Some(said.how.as_str()).filter(|_| evidence.derived_from.is_none());
    facts.coded("field.origin", "origin", origin);
    if evidence.state != EvidenceState::COMPLETE {
        facts.coded("field.completeness", "evidence_state", Some(evidence.state.as_str()));
    }
    facts.values("field.media_type", vec![Value::exact(said.media_type.as_str())]);
    facts.values("field.language", said.language.iter().map(Value::exact).collect());
    if let Some(device) = item.device {
        known_by_device(&mut facts, locale, device);
    }
    EvidenceRow {
        path: item.path.to_owned(),
        kind: locale.code("evidence_kind", said.kind.as_str()),
        time: said.captured_at.as_ref().map(|at| date_value(locale, &at.time.to_string())).unwrap_or_default(),
        size: figures::size(locale, evidence.size),
        facts: facts.done(),
        sha256: hex::encode(&item.sha256),
        image: (input.thumbnails)(evidence.id).and_then(|picture| data_uri(&picture)),
    }
}

/// The same as the custody log says of it.
fn derived(facts: &mut Facts, derivation: &Derivation) {
    facts.coded("field.purpose", "purpose", Some(derivation.purpose.as_str()));
    let tool = format!("{} {}", derivation.tool, derivation.tool_version);
    facts.values("field.tool", vec![Value::exact(tool.trim())]);
    facts.values("field.removed", derivation.removed.iter().map(Value::exact).collect());
}

fn spoken(facts: &mut Facts, locale: Locale, input: &PageInput<'_>, testimony: &Testimony) {
    let names = Names::of(locale, input.content);
    let name = |speaker: Option<&Speaker>| {
        let speaker = speaker?;
        let name = Some(speaker.name.clone()).filter(|name| !name.trim().is_empty());
        name.or_else(|| Some(names.person(speaker.person?).to_owned()))
    };
    facts.fact("field.speaker", &name(testimony.speaker.as_ref()).unwrap_or_default());
    facts.fact("field.interviewer", &name(testimony.interviewer.as_ref()).unwrap_or_default());
    consent(locale, facts, testimony.consent.as_ref());
}

fn known_by_device(facts: &mut Facts, locale: Locale, device: &DeviceMetadata) {
    if let Some(location) = &device.location {
        let accuracy = location.accuracy_m.map(|m| figures::number(locale, m));
        let accuracy = accuracy.map(|m| locale.fill("place.accuracy", &[("metres", &m)]));
        let place = Value::exact(format!("{}, {}", location.latitude, location.longitude));
        let at = location.at.map(|at| date_value(locale, &at.to_string()));
        facts.values(
            "field.device_place",
            [Some(place), accuracy.map(Value::words), at].into_iter().flatten().collect(),
        );
        let altitude = location.altitude_m.map(|m| figures::number(locale, m));
        let altitude = altitude.map(|m| locale.fill("value.metres", &[("metres", &m)]));
        facts.fact("field.altitude", &altitude.unwrap_or_default());
    }
    facts.fact("field.device_model", &device.model);
    facts.fact("field.device_os", &device.os);
    if let Some(network) = &device.network {
        facts.coded("field.network", "network", network.kind.as_ref().map(|code| code.as_str()));
        facts.fact("field.operator", &network.operator);
        facts.values("field.cell", vec![Value::exact(network.cell.as_str())]);
    }
}
