//! Any bytes as a photo or a film: the copy without metadata has nothing left to remove, and a film keeps its length.
#![no_main]

use std::io::Cursor;

use amparo_core::evidence::{Stripped, strip_stream};
use amparo_fuzz::seed;
use libfuzzer_sys::fuzz_target;

/// One grey pixel with a text, a time, and something behind its end.
const PNG: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\x0ftEXtAuthor\0somebody\x8a\xb3\xe4\xdf\0\0\0\x07tIME\x07\xe6\x01\x01\0\0\0\x89\x15\x1c\xea\0\0\0\x0aIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82after";

fn setup() {
    seed(
        "strip_media",
        [
            ("jpeg", include_bytes!("../../crates/amparo-cli/samples/photo.jpg").to_vec()),
            ("mp4", include_bytes!("../../crates/amparo-cli/samples/video.mp4").to_vec()),
            ("png", PNG.to_vec()),
        ],
    );
}

fn strip(bytes: &[u8]) -> Option<(Vec<u8>, Stripped)> {
    let mut out = Vec::new();
    let stripped = strip_stream(&mut Cursor::new(bytes), &mut out).ok()?;
    Some((out, stripped))
}

fuzz_target!(init: setup(), |data: &[u8]| {
    let Some((copy, stripped)) = strip(data) else { return };
    // An orientation may be written a second time: at most one short segment.
    assert!(copy.len() <= data.len() + 64, "a copy grew");
    if stripped.media_type.starts_with("video/") && !stripped.removed.contains("trailing_data") {
        assert_eq!(copy.len(), data.len(), "something moved in a film");
    }
    let (again, second) = strip(&copy).expect("a copy keeps to its format");
    assert!(again == copy, "a copy of a copy differs");
    assert!(second.removed.is_empty(), "something was left: {:?}", second.removed);
});
