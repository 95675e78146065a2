//! Which characters a text of a pack or a card may have.
//!
//! A text is shown on pages and terminals beside other texts, in both directions. What steers terminals, reorders what stands
//! around it, or cannot be seen is refused by a reader, so that no renderer has to think of it.

use core::fmt;

/// What a text may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// A control character; a line break is one.
    Control(char),
    /// A directional override or embedding (UAX #9), which reaches beyond the text.
    Override(char),
    /// A directional isolate that is not closed, or closed and not opened.
    OpenIsolate,
    /// A character that is not there to be seen, other than the joiners that some scripts need.
    Invisible(char),
    /// U+FFFD, or a code point that is no character: something was read in a wrong encoding.
    NoCharacter(char),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(c) => write!(f, "a control character (U+{:04X})", *c as u32),
            Self::Override(c) => write!(f, "a directional override or embedding (U+{:04X})", *c as u32),
            Self::OpenIsolate => f.write_str("a directional isolate that is not closed"),
            Self::Invisible(c) => write!(f, "an invisible character (U+{:04X})", *c as u32),
            Self::NoCharacter(c) => write!(f, "a replacement for a character that was lost (U+{:04X})", *c as u32),
        }
    }
}

/// The first flaw of `text`.
#[must_use]
pub fn flaw(text: &str) -> Option<Flaw> {
    let mut open = 0u32;
    for c in text.chars() {
        match c {
            // Nearly every character: printable ASCII, and letters up to where the first of what follows stands.
            ' '..='~' | '\u{ae}'..='\u{17ff}' => {}
            '\u{2028}' | '\u{2029}' => return Some(Flaw::Control(c)),
            c if c.is_control() => return Some(Flaw::Control(c)),
            '\u{202a}'..='\u{202e}' => return Some(Flaw::Override(c)),
            '\u{2066}'..='\u{2068}' => open = open.saturating_add(1),
            '\u{2069}' if open == 0 => return Some(Flaw::OpenIsolate),
            '\u{2069}' => open = open.saturating_sub(1),
            // Marks of direction (200E, 200F, 061C) and the joiners (200C, 200D) are part of how scripts are written.
            '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}' => {
                return Some(Flaw::Invisible(c));
            }
            '\u{180e}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}' => return Some(Flaw::Invisible(c)),
            '\u{fffd}' | '\u{fdd0}'..='\u{fdef}' => return Some(Flaw::NoCharacter(c)),
            // Private use has no meaning that a publisher and a reader share; the last two of every plane are no characters.
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => return Some(Flaw::NoCharacter(c)),
            c if (c as u32) & 0xfffe == 0xfffe => return Some(Flaw::NoCharacter(c)),
            _ => {}
        }
    }
    (open > 0).then_some(Flaw::OpenIsolate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_beyond_a_text_is_found() {
        for good in [
            "Ask \u{2066}ProtectDefenders.eu\u{2069}.",
            "اسألوا \u{200e}ProtectDefenders.eu\u{200e}؟",
            "می\u{200c}خواهم",
            "Señal · сигнал 🚨 72 h",
        ] {
            assert_eq!(flaw(good), None, "{good}");
        }
        for (bad, flaw_of_it) in [
            ("a\nb", Flaw::Control('\n')),
            ("a\u{1b}[2J", Flaw::Control('\u{1b}')),
            ("a\u{2028}b", Flaw::Control('\u{2028}')),
            ("a\u{202e}b", Flaw::Override('\u{202e}')),
            ("a\u{2067}b", Flaw::OpenIsolate),
            ("a\u{2069}b\u{2067}", Flaw::OpenIsolate),
            ("a\u{200b}b", Flaw::Invisible('\u{200b}')),
            ("a\u{e0041}b", Flaw::Invisible('\u{e0041}')),
            ("a\u{fffd}b", Flaw::NoCharacter('\u{fffd}')),
            ("a\u{1ffff}b", Flaw::NoCharacter('\u{1ffff}')),
        ] {
            assert_eq!(flaw(bad), Some(flaw_of_it), "{bad:?}");
        }
    }
}
