//! Text that somebody entered, made harmless to what surrounds it.
//!
//! Escaping keeps text from being markup; this keeps it from changing how the text around it is shown. Control characters steer
//! terminals, and directional controls of Unicode (UAX #9) that are not closed reach beyond their text, or show it backwards.
//! What was entered stands unchanged in `report.json`.

/// `text` without control characters and overrides, each directional control closed in its own line. Line breaks of every kind
/// become `\n`.
pub(crate) fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                close(&mut tamed, &mut open, 0);
                tamed.push('\n');
            }
            '\t' => tamed.push(' '),
            // Overrides show letters in another order than they are in.
            '\u{202d}' | '\u{202e}' => {}
            // Embeddings and isolates, as deep as a bidirectional algorithm follows them.
            '\u{202a}' | '\u{202b}' | '\u{2066}'..='\u{2068}' if open.len() < 64 => {
                open.push(c);
                tamed.push(c);
            }
            '\u{202a}' | '\u{202b}' | '\u{2066}'..='\u{2068}' => {}
            '\u{202c}' => {
                if open.last().is_some_and(|last| !is_isolate(*last)) {
                    open.pop();
                    tamed.push(c);
                }
            }
            '\u{2069}' => {
                if let Some(at) = open.iter().rposition(|opened| is_isolate(*opened)) {
                    close(&mut tamed, &mut open, at);
                }
            }
            // Deprecated controls, and anchors of annotations that nothing shows.
            '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => {}
            c if c.is_control() => tamed.push('\u{fffd}'),
            c => tamed.push(c),
        }
    }
    close(&mut tamed, &mut open, 0);
    tamed
}

fn is_isolate(opened: char) -> bool {
    matches!(opened, '\u{2066}'..='\u{2068}')
}

/// Closes what was opened, the last first, until `left` are open.
fn close(tamed: &mut String, open: &mut Vec<char>, left: usize) {
    while open.len() > left {
        if let Some(opened) = open.pop() {
            tamed.push(if is_isolate(opened) { '\u{2069}' } else { '\u{202c}' });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in [
            "",
            "Se llevaron\nlos ordenadores.",
            "اعتقال \u{200f}(أمام) المحكمة",
            "می\u{200c}خواهم",
            "🕯️👩‍👧",
            "a\u{2066}b\u{2069}c",
        ] {
            assert_eq!(tame(text), text);
        }
    }

    #[test]
    fn nothing_reaches_beyond_its_text() {
        for (text, tamed) in [
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("\x1b[31m\0\u{7f}\u{9b}", "\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{2067}b", "a\u{2067}b\u{2069}"),
            ("a\u{2069}\u{202c}b", "ab"),
            ("\u{2066}a\u{202b}b\u{2069}c", "\u{2066}a\u{202b}b\u{202c}\u{2069}c"),
            ("\u{2067}a\nb\u{2069}", "\u{2067}a\u{2069}\nb"),
            ("\u{206e}\u{fff9}x", "x"),
        ] {
            assert_eq!(tame(text), tamed, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_tame_stays_so(text in "(\\PC|[\u{202a}-\u{202e}\u{2066}-\u{2069}\n\r\t\x00a])*") {
            let once = tame(&text);
            prop_assert_eq!(tame(&once), once.clone());
            for line in once.split('\n') {
                let opened = line.chars().filter(|c| is_isolate(*c)).count();
                prop_assert_eq!(opened, line.matches('\u{2069}').count());
            }
        }
    }
}
