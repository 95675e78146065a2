//! Versions of the core, as packs name the oldest that can read them.

use core::{fmt, str::FromStr};

/// `major.minor.patch`. Nothing is a pre-release here: 0.2.0-beta can read what 0.2.0 can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoreVersion {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
    /// The third.
    pub patch: u32,
}

impl CoreVersion {
    /// The version of this code.
    #[must_use]
    pub fn current() -> Self {
        // A version that cannot be read would be a mistake of the build; 0.0.0 refuses packs and does not take any.
        env!("CARGO_PKG_VERSION").parse().unwrap_or(Self { major: 0, minor: 0, patch: 0 })
    }
}

impl FromStr for CoreVersion {
    type Err = ();

    /// Three decimal numbers without leading zeros. One version has one spelling.
    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |part: Option<&str>| -> Result<u32, ()> {
            let part = part.ok_or(())?;
            let plain = part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            if plain { part.parse().map_err(|_| ()) } else { Err(()) }
        };
        let mut parts = text.split('.');
        let version = Self { major: number(parts.next())?, minor: number(parts.next())?, patch: number(parts.next())? };
        if parts.next().is_some() { Err(()) } else { Ok(version) }
    }
}

impl fmt::Display for CoreVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_numbers_and_have_one_spelling() {
        let version = |text: &str| text.parse::<CoreVersion>().unwrap();
        assert!(version("0.10.0") > version("0.9.9") && version("1.0.0") > version("0.10.0"));
        assert_eq!(version("1.20.3").to_string(), "1.20.3");
        for bad in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.+2.3", "1.2.x", " 1.2.3", "1.2.99999999999"] {
            assert!(bad.parse::<CoreVersion>().is_err(), "{bad}");
        }
        assert_eq!(CoreVersion::current().to_string(), env!("CARGO_PKG_VERSION"));
    }
}
