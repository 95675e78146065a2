//! Whether a name stands in a text, however it is written there: other case, other accents, with a prefix or an ending.

use super::fold::{fold, words};

/// A text to look into.
pub(crate) struct Folded(String);

impl Folded {
    pub(crate) fn new(text: &str) -> Self {
        Self(spaced(text))
    }
}

/// A name to look for: as a whole, and by each of its longer words.
pub(crate) struct Name {
    whole: String,
    words: Vec<String>,
}

/// Shortest word of a name that is looked for alone, in characters.
const SHORTEST: usize = 3;

impl Name {
    pub(crate) fn new(name: &str) -> Self {
        let whole = spaced(name);
        let words = whole.split_whitespace().filter(|w| w.chars().count() >= SHORTEST).map(str::to_owned).collect();
        Self { whole, words }
    }

    pub(crate) fn is_in(&self, text: &Folded) -> bool {
        let whole = self.whole.trim();
        if whole.is_empty() {
            return false;
        }
        // A name of one or two letters is in every text, unless it stands as a word. A longer word may have been given a prefix or
        // an ending; a short one only an ending.
        if text.0.contains(&self.whole) || (whole.chars().count() > SHORTEST && text.0.contains(whole)) {
            return true;
        }
        self.words.iter().any(|word| {
            let long = word.chars().count() > SHORTEST;
            if long { text.0.contains(word.as_str()) } else { text.0.contains(&format!(" {word}")) }
        })
    }
}

/// Folded words with one space between, before and after.
fn spaced(text: &str) -> String {
    let folded = fold(text);
    let mut out = String::with_capacity(folded.len().saturating_add(2));
    out.push(' ');
    for word in words(&folded) {
        out.push_str(word);
        out.push(' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let found = |name: &str, text: &str| Name::new(name).is_in(&Folded::new(text));
        for (name, text) in [
            ("José Pérez", "they took JOSE PEREZ away"),
            ("José Pérez", "Señor Pérez said"),
            ("محمد", "وذهبوا لمحمّد ليلاً"),
            ("Иван", "арестовали Ивана"),
            ("李明", "他们带走了李明。"),
            ("Bo", "then Bo came"),
            ("Ana", "Ana's house"),
            ("+49 170 123", "call +49-170-123"),
        ] {
            assert!(found(name, text), "{name} in {text}");
        }
        for (name, text) in [("Bo", "about nobody"), ("Ana", "banana"), ("", "x"), ("!!", "x !! y"), ("李明", "明天李")]
        {
            assert!(!found(name, text), "{name} not in {text}");
        }
    }
}
