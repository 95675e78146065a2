//! Folding text for search: what is indexed and what is asked for go through the same function.
//!
//! SQLite's tokenizer folds case and Latin accents. It would cut a vocalised Arabic word at every vowel sign and treat a Chinese
//! sentence as one word, so that is evened out here, before it. Marks are dropped only where they are optional in writing
//! (Latin, Greek, Cyrillic, Arabic, Hebrew); in Indic scripts they are vowels and stay.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// `text` as it is indexed.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks_optional = true;
    for c in text.nfkd() {
        if is_combining_mark(c) {
            if !(marks_optional || is_optional_mark(c)) {
                out.push(c);
            }
            continue;
        }
        marks_optional = is_alphabet_with_optional_marks(c);
        let c = fold_letter(c);
        match c {
            // Tatweel only stretches a word; joiners and direction marks only change how it looks.
            '\u{640}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{ad}' => {}
            c if stands_alone(c) => {
                out.push(' ');
                out.push(c);
                out.push(' ');
            }
            'ß' | 'ẞ' => out.push_str("ss"),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Adds `text` to `out` as it is stored in the index: its folded words, each with `mark` before it, with one space between. What
/// separates words is decided here alone: SQLite's tables, of another version of Unicode, are asked for spaces only.
pub(super) fn index(text: &str, mark: &str, out: &mut String) {
    for word in words(&fold(text)) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(mark);
        out.push_str(word);
    }
}

/// The words of a folded text: runs of letters, digits and marks.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c))).filter(|word| !word.is_empty())
}

fn is_optional_mark(c: char) -> bool {
    // Combining diacritics, Hebrew points, Arabic vowel signs.
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6ed}' | '\u{8d3}'..='\u{8ff}')
}

fn is_alphabet_with_optional_marks(c: char) -> bool {
    matches!(c, '\0'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{590}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}'
        | '\u{1e00}'..='\u{1fff}')
}

/// Letters that are written one for the other.
fn fold_letter(c: char) -> char {
    match c {
        // Alef with hamza, madda or wasla; NFKD has taken most apart already.
        '\u{671}'..='\u{673}' | '\u{675}' => '\u{627}',
        // Alef maqsura and Farsi yeh as yeh; Farsi keheh as kaf; teh marbuta as heh.
        '\u{649}' | '\u{6cc}' => '\u{64a}',
        '\u{6a9}' | '\u{6aa}' => '\u{643}',
        // The hehs of Persian, Urdu and Kurdish, which keyboards mix; Urdu's teh marbuta.
        '\u{629}' | '\u{6be}' | '\u{6c1}' | '\u{6c3}' | '\u{6d5}' => '\u{647}',
        // Eastern Arabic digits.
        '\u{660}'..='\u{669}' => digit(c, '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => digit(c, '\u{6f0}'),
        // Letters that NFKD does not take apart and people type without their stroke.
        'ł' | 'Ł' => 'l',
        'ø' | 'Ø' => 'o',
        'đ' | 'Đ' => 'd',
        'ı' => 'i',
        // Greek writes its s otherwise at the end of a word.
        'ς' => 'σ',
        _ => c,
    }
}

fn digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c).saturating_sub(u32::from(zero)), 10).unwrap_or(c)
}

/// Scripts written without spaces: every character is indexed as a word, and a query for several is a phrase.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}'       // Thai, Lao
        | '\u{1000}'..='\u{109f}'   // Burmese
        | '\u{1780}'..='\u{17ff}'   // Khmer
        | '\u{3040}'..='\u{30ff}'   // Kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}') // Han
        && !is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_people_mix_are_one() {
        for (written, asked) in [
            ("Détention ARBITRAIRE", "detention arbitraire"),
            ("مُحَمَّد", "محمد"),
            ("مـحـمـد", "محمد"),
            ("أحمد إبراهيم آمنة", "احمد ابراهيم امنه"),
            ("على", "علي"),
            ("کابل", "كابل"),
            ("٢٠٢٦", "2026"),
            ("Ёлка Ещё", "елка еще"),
            ("Łódź Ørsted", "lodz orsted"),
            ("ﬁle Ｆｕｌｌ", "file full"),
            ("Ελλάδα", "ελλαδα"),
            ("שָׁלוֹם", "שלום"),
            ("Straße İstanbul Diyarbakır", "STRASSE ISTANBUL DIYARBAKIR"),
            ("GROẞE", "grosse"),
            ("ΟΔΟΣ", "οδός"),
            ("Việt Nam Đặng Thị Ngọc Trường", "viet nam dang thi ngoc truong"),
            ("می\u{200c}خواهم", "میخواهم"),
            ("خانۀ", "خانه"),
            ("پاکستان ہمارا بھائی", "پاكستان همارا بهائی"),
            ("גָּדוֹל", "גדול"),
            ("Ćwiek Çağrı Știri", "cwiek cagri stiri"),
            ("Їжак Ґанок", "іжак ґанок"),
        ] {
            assert_eq!(fold(written), fold(asked), "{written}");
        }
    }

    #[test]
    fn marks_that_are_letters_stay() {
        assert_ne!(fold("की"), fold("का"));
        assert_eq!(words(&fold("हिन्दी में")).count(), 2);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_characters() {
        assert_eq!(words(&fold("北京市")).collect::<Vec<_>>(), ["北", "京", "市"]);
        assert_eq!(words(&fold("a北b")).collect::<Vec<_>>(), ["a", "北", "b"]);
    }
}
