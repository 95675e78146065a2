//! The code lists of checklist packs, as in `docs/formats/pack.md`. They grow: what this version does not know is kept and shown.

use amparo_pack::codes;

use crate::convert::{IntoHost, same_words};

/// Declares an enum beside a list of words of the pack format.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $list:path { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)+
            /// A code that this version does not know.
            Unlisted {
                /// `[a-z0-9][a-z0-9_.-]*`, at most 64 bytes.
                code: String,
            },
        }

        impl IntoHost<$name> for String {
            fn into_host(self) -> $name {
                match self.as_str() {
                    $($word => $name::$variant,)+
                    _ => $name::Unlisted { code: self },
                }
            }
        }

        const _: () = assert!(
            $list.len() == [$($word),+].len(),
            concat!("a code of the pack format's ", stringify!($name), " is missing here")
        );
    };
}

words! {
    /// What is happening.
    Situation = codes::SITUATIONS {
        /// An arrest.
        Arrest = "arrest",
        /// A raid or search.
        Raid = "raid",
        /// A checkpoint.
        Checkpoint = "checkpoint",
        /// A border.
        Border = "border",
        /// A protest.
        Protest = "protest",
        /// An attack online.
        OnlineAttack = "online-attack",
        /// A device that was lost, stolen or seized.
        DeviceLost = "device-lost",
        /// A threat.
        Threat = "threat",
        /// Travel.
        Travel = "travel",
        /// Sexual violence.
        SexualViolence = "sexual-violence",
        /// A kidnapping.
        Kidnapping = "kidnapping",
        /// An evacuation.
        Evacuation = "evacuation",
        /// How people are, afterwards.
        Wellbeing = "wellbeing",
        /// Documenting what happened.
        Documenting = "documenting",
        /// The care of a device.
        DeviceCare = "device-care",
        /// Knowing one's risks.
        Risk = "risk",
    }
}

words! {
    /// When a section is for.
    Phase = codes::PHASES {
        /// Long before.
        Prepare = "prepare",
        /// Shortly before.
        Before = "before",
        /// While it happens.
        During = "during",
        /// Afterwards.
        After = "after",
    }
}

words! {
    /// For whom a checklist is.
    Persona = codes::PERSONAS {
        /// A defender.
        Defender = "defender",
        /// The family.
        Family = "family",
        /// An organisation.
        Organisation = "organisation",
    }
}

words! {
    /// How much an item matters. Show one that is not known as `Normal`.
    Priority = codes::PRIORITIES {
        /// First.
        High = "high",
        /// As most.
        Normal = "normal",
        /// When there is time.
        Low = "low",
    }
}

same_words! {
    /// The direction that a text is read in.
    TextDirection = amparo_core::checklist::Direction {
        /// From left to right.
        Ltr,
        /// From right to left.
        Rtl,
    }
}

same_words! {
    /// What became of an item.
    ItemState = amparo_core::checklist::ItemState {
        /// Not ticked.
        Open,
        /// Ticked.
        Done,
        /// The user said that it does not concern them.
        NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed<T>(words: &[&str], is_unlisted: impl Fn(&T) -> bool)
    where
        String: IntoHost<T>,
    {
        for word in words {
            let code: T = word.to_string().into_host();
            assert!(!is_unlisted(&code), "{word}");
        }
    }

    #[test]
    fn no_word_of_the_format_is_unlisted() {
        listed(codes::SITUATIONS, |code| matches!(code, Situation::Unlisted { .. }));
        listed(codes::PHASES, |code| matches!(code, Phase::Unlisted { .. }));
        listed(codes::PERSONAS, |code| matches!(code, Persona::Unlisted { .. }));
        listed(codes::PRIORITIES, |code| matches!(code, Priority::Unlisted { .. }));
        let newer: Phase = "newer".to_owned().into_host();
        assert_eq!(newer, Phase::Unlisted { code: "newer".into() });
    }
}
