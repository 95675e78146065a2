//! Facts in words: a label of the locale and what was entered, dates as far as they are known.

use amparo_report::{
    figures,
    locale::Locale,
    view::{Fact, Value},
};

use crate::incident::{DatePrecision, Occurred, PartialDate, Place, PlacePrecision};

/// Collects facts; what nobody said is left out.
pub(super) struct Facts {
    locale: Locale,
    facts: Vec<Fact>,
}

impl Facts {
    pub fn new(locale: Locale) -> Self {
        Self { locale, facts: Vec::new() }
    }

    pub fn done(self) -> Vec<Fact> {
        self.facts
    }

    /// Values of `label`, a key of the locale.
    pub fn values(&mut self, label: &'static str, values: Vec<Value>) {
        let values: Vec<Value> = values.into_iter().filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            self.facts.push(Fact { label: self.locale.text(label).to_owned(), values });
        }
    }

    /// Words.
    pub fn fact(&mut self, label: &'static str, words: &str) {
        self.values(label, vec![Value::words(words)]);
    }

    /// What a code of `list` means.
    pub fn coded(&mut self, label: &'static str, list: &str, code: Option<&str>) {
        self.values(label, code.map(|code| Value::words(self.locale.code(list, code))).into_iter().collect());
    }

    /// Yes or no.
    pub fn flag(&mut self, label: &'static str, value: Option<bool>) {
        let locale = self.locale;
        let words = |yes| if yes { locale.text("value.yes") } else { locale.text("value.no") };
        self.values(label, value.map(|yes| Value::words(words(yes))).into_iter().collect());
    }

    /// A date.
    pub fn date(&mut self, label: &'static str, date: Option<&PartialDate>) {
        self.values(label, date.map(|date| date_value(self.locale, &date.to_string())).into_iter().collect());
    }

    /// When it happened, and how exactly that is known when the dates do not say it themselves.
    pub fn occurred(&mut self, occurred: Option<&Occurred>) {
        let Some(occurred) = occurred else { return };
        let locale = self.locale;
        let from = occurred.from.to_string();
        let to = occurred.to.map(|to| to.to_string());
        let mut value = date_value(locale, &from);
        if let Some(to) = to {
            let (from_words, to_words) = (figures::date(locale, &from), figures::date(locale, &to));
            // An interval as ISO 8601-1 writes it.
            value = Value { words: figures::range(locale, &from_words, &to_words), exact: format!("{from}/{to}") };
        }
        if occurred.precision == DatePrecision::CIRCA {
            value.words = figures::circa(locale, &value.words);
        }
        self.values("field.when", vec![value]);
        let said = [occurred.from.precision(), DatePrecision::CIRCA].contains(&occurred.precision);
        self.coded("field.precision", "precision", (!said).then_some(occurred.precision.as_str()));
    }

    /// Where it happened, and how precisely that is told.
    pub fn place(&mut self, place: Option<&Place>) {
        let Some(place) = place else { return };
        let locale = self.locale;
        let words = [place.text.as_str(), place.country.as_deref().unwrap_or_default()];
        let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
        let coordinates = place.coordinates.map(|at| format!("{}, {}", at.latitude, at.longitude)).unwrap_or_default();
        let accuracy = place.coordinates.and(place.accuracy_m);
        let accuracy = accuracy.map(|m| locale.fill("place.accuracy", &[("metres", &figures::number(locale, m))]));
        let precision = place.precision.as_ref().filter(|precision| **precision != PlacePrecision::EXACT);
        let precision = precision.map(|precision| match *precision == PlacePrecision::WITHHELD {
            true => locale.text("place.withheld").to_owned(),
            false => locale.code("place_precision", precision.as_str()),
        });
        let mut values = vec![Value { words: words.join(" \u{b7} "), exact: coordinates }];
        values.extend([accuracy, precision].into_iter().flatten().map(Value::words));
        self.values("field.where", values);
    }
}

/// A date in words; exactly as it is written beside it, unless that says the same.
pub(super) fn date_value(locale: Locale, iso: &str) -> Value {
    let words = figures::date(locale, iso);
    let exact = if words == iso { String::new() } else { iso.to_owned() };
    Value { words, exact }
}
