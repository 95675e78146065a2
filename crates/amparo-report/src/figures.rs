//! Dates and sizes in the words of a language.
//!
//! A date is told as far as it is known and never completed; its month is a word, so that nobody takes a day for a month. In a
//! language that is written from right to left, what is written from left to right is isolated (Unicode UAX #9), because a date
//! such as 2024-05-17 would else be shown backwards.

use crate::locale::{Direction, Locale};

/// A date or a moment in words: "17 May 2024, 14:05 (UTC+02:00)" for `2024-05-17T14:05+02:00`, "May 2024" for `2024-05`. Reads
/// `YYYY[-MM[-DD[Thh:mm[:ss[.fff]][Z|±hh:mm]]]]`; what is nothing of this kind is given back as it is.
#[must_use]
pub fn date(locale: Locale, iso: &str) -> String {
    parse(iso).and_then(|parts| parts.words(locale)).unwrap_or_else(|| iso.to_owned())
}

/// "about May 2024".
#[must_use]
pub fn circa(locale: Locale, date: &str) -> String {
    locale.fill("date.circa", &[("date", date)])
}

/// "17 May 2024 to 19 May 2024".
#[must_use]
pub fn range(locale: Locale, from: &str, to: &str) -> String {
    locale.fill("date.range", &[("from", from), ("to", to)])
}

/// A size as people read it, and exactly: "3.1 MB (3145728 bytes)". Units are powers of a thousand.
#[must_use]
pub fn size(locale: Locale, bytes: u64) -> String {
    let exact = match bytes {
        1 => locale.text("size.one").to_owned(),
        _ => locale.fill("size.bytes", &[("n", &bytes.to_string())]),
    };
    match rounded(locale, bytes) {
        Some(words) => locale.fill("size.both", &[("words", &words), ("exact", &exact)]),
        None => exact,
    }
}

/// A number with the language's decimal mark, as exact as it is.
#[must_use]
pub fn number(locale: Locale, value: f64) -> String {
    value.to_string().replace('.', locale.text("number.decimal"))
}

fn rounded(locale: Locale, bytes: u64) -> Option<String> {
    if bytes < 1000 {
        return None;
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // Before rounding, so that nothing reads as 1000.0.
    while value >= 999.95 && unit < 3 {
        value /= 1000.0;
        unit += 1;
    }
    let number = format!("{value:.1}").replace('.', locale.text("number.decimal"));
    let n = [("n", number.as_str())];
    Some(match unit {
        0 => locale.fill("size.kb", &n),
        1 => locale.fill("size.mb", &n),
        2 => locale.fill("size.gb", &n),
        _ => locale.fill("size.tb", &n),
    })
}

/// `text` as a piece that is written from left to right, inside whatever surrounds it.
#[must_use]
pub fn isolate(locale: Locale, text: &str) -> String {
    match locale.direction() {
        Direction::Ltr => text.to_owned(),
        Direction::Rtl => format!("\u{2066}{text}\u{2069}"),
    }
}

struct Parts<'a> {
    year: &'a str,
    month: Option<u8>,
    day: Option<u8>,
    /// Time of day and zone.
    time: Option<(&'a str, &'a str)>,
}

fn parse(iso: &str) -> Option<Parts<'_>> {
    let (date, time) = match iso.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (iso, None),
    };
    let number = |text: &str, len: usize| {
        (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u16>().ok()).flatten()
    };
    let mut parts = date.split('-');
    let year = parts.next().filter(|year| number(year, 4).is_some())?;
    let two = |text: Option<&str>| match text {
        Some(text) => number(text, 2).and_then(|n| u8::try_from(n).ok()).map(Some),
        None => Some(None),
    };
    let (month, day) = (two(parts.next())?, two(parts.next())?);
    if parts.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    let time = match time {
        Some(text) => Some(clock(text)?),
        None => None,
    };
    Some(Parts { year, month, day, time })
}

/// `hh:mm[:ss[.fff]]` and what follows it: nothing, `Z` or an offset.
fn clock(text: &str) -> Option<(&str, &str)> {
    let (clock, zone) = text.split_at(text.find(['Z', '+', '-']).unwrap_or(text.len()));
    let shape = |text: &str, digit: &[u8]| {
        text.len() == digit.len()
            && text.bytes().zip(digit).all(|(b, d)| if *d == b'0' { b.is_ascii_digit() } else { b == *d })
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    let zoned = matches!(zone, "" | "Z") || zone.get(1..).is_some_and(|offset| shape(offset, b"00:00"));
    ((shape(whole, b"00:00") || shape(whole, b"00:00:00")) && fraction && zoned).then_some((clock, zone))
}

impl Parts<'_> {
    fn words(&self, locale: Locale) -> Option<String> {
        let (year, month) = (("year", self.year), self.month);
        let date = match (month, self.day) {
            (Some(month), Some(day)) => {
                let (number, month) = (day.to_string(), month_of(locale, month)?);
                let values = [("day", number.as_str()), ("month", month), year];
                if day == 1 { locale.fill("date.first_day", &values) } else { locale.fill("date.day", &values) }
            }
            (Some(month), None) => locale.fill("date.month", &[("month", month_name(locale, month)?), year]),
            (None, _) => locale.fill("date.year", &[year]),
        };
        let Some((clock, zone)) = self.time else { return Some(date) };
        let time = match zone {
            "" => clock.to_owned(),
            "Z" => isolate(locale, &format!("{clock} UTC")),
            offset => isolate(locale, &format!("{clock} (UTC{offset})")),
        };
        Some(locale.fill("date.with_time", &[("date", &date), ("time", &time)]))
    }
}

/// The month as it stands alone.
fn month_name(locale: Locale, month: u8) -> Option<&'static str> {
    Some(locale.text(match month {
        1 => "month.1",
        2 => "month.2",
        3 => "month.3",
        4 => "month.4",
        5 => "month.5",
        6 => "month.6",
        7 => "month.7",
        8 => "month.8",
        9 => "month.9",
        10 => "month.10",
        11 => "month.11",
        12 => "month.12",
        _ => return None,
    }))
}

/// The month as it stands after a day.
fn month_of(locale: Locale, month: u8) -> Option<&'static str> {
    Some(locale.text(match month {
        1 => "month_of.1",
        2 => "month_of.2",
        3 => "month_of.3",
        4 => "month_of.4",
        5 => "month_of.5",
        6 => "month_of.6",
        7 => "month_of.7",
        8 => "month_of.8",
        9 => "month_of.9",
        10 => "month_of.10",
        11 => "month_of.11",
        12 => "month_of.12",
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_told_as_far_as_they_are_known() {
        for (iso, words) in [
            ("2024", "2024"),
            ("2024-05", "May 2024"),
            ("2024-05-17", "17 May 2024"),
            ("2024-05-17T14:05", "17 May 2024, 14:05"),
            ("2024-05-17T14:05:09+02:00", "17 May 2024, 14:05:09 (UTC+02:00)"),
            ("2024-12-01T00:00:00.25Z", "1 December 2024, 00:00:00.25 UTC"),
        ] {
            assert_eq!(date(Locale::English, iso), words);
        }
        assert_eq!(date(Locale::Spanish, "2024-05-17"), "17 de mayo de 2024");
        assert_eq!(date(Locale::French, "2024-05-01"), "1er mai 2024");
        assert_eq!(date(Locale::French, "2024-05-02"), "2 mai 2024");
        assert_eq!(date(Locale::Russian, "2024-05"), "май 2024 г.");
        assert_eq!(date(Locale::Russian, "2024-05-17"), "17 мая 2024 г.");
        assert_eq!(date(Locale::Arabic, "2024-05-17"), "17 أيار/مايو 2024");
        assert_eq!(date(Locale::Arabic, "2024-05-17T14:05Z"), "17 أيار/مايو 2024، الساعة \u{2066}14:05 UTC\u{2069}");
        assert_eq!(circa(Locale::English, "May 2024"), "about May 2024");
    }

    #[test]
    fn what_is_no_date_is_given_back() {
        for text in
            ["", "yesterday", "2024-13", "2024-5", "2024-05T10:00", "2024-05-17T10", "24-05-17", "2024-05-17T10:00+2"]
        {
            assert_eq!(date(Locale::French, text), text);
        }
    }

    #[test]
    fn sizes_are_rounded_and_exact() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 KB (1000 bytes)"),
            (999_949, "999.9 KB (999949 bytes)"),
            (999_951, "1.0 MB (999951 bytes)"),
            (4_294_967_296, "4.3 GB (4294967296 bytes)"),
            (u64::MAX, "18446744.1 TB (18446744073709551615 bytes)"),
        ] {
            assert_eq!(size(Locale::English, bytes), text);
        }
        assert_eq!(size(Locale::French, 3_145_728), "3,1 Mo (3145728 octets)");
        assert_eq!(size(Locale::Russian, 3_145_728), "3,1 МБ (3145728 Б)");
        assert_eq!(size(Locale::Arabic, 3_145_728), "3.1 ميغابايت (3145728 بايت)");
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_itself(text in "[-+0-9:.TZ]{0,30}|\\PC{0,12}", which in 0usize..5) {
            let words = date(Locale::ALL[which], &text);
            prop_assert!(words == text || text.len() >= 4 && words.contains(&text[..4]));
        }
    }
}
