//! Partial dates and timestamps: one spelling for one value, and no value that cannot be.
#![no_main]

use amparo_core::{Timestamp, incident::PartialDate};
use amparo_fuzz::seed;
use libfuzzer_sys::fuzz_target;

fn setup() {
    let texts = [
        "2026",
        "2026-03",
        "2026-03-14",
        "2026-03-14T18:42+02:00",
        "2026-03-14T18:42:07Z",
        "2024-02-29T23:59:59-11:30",
    ];
    seed("date_text", texts.into_iter().enumerate().map(|(i, text)| (i, text.as_bytes().to_vec())));
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(date) = text.parse::<PartialDate>() {
        assert_eq!(date.to_string(), text);
        let (first, last) = date.days();
        assert!(first <= last, "a date that ends before it begins");
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string(), text);
        assert_eq!(Timestamp::from_unix(time.unix()), time);
    }
});
