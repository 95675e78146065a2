//! Testimony: who speaks, who asked, and what the speaker allows to be told to whom.

use super::limits;
use crate::{
    CoreError, PersonId,
    incident::{Consent, RecipientKind},
    record::record,
    text,
};

record! {
    /// Who speaks or asks: one of the incident's persons, or a name in words.
    Speaker {
        /// The person, in the incident that the testimony belongs to.
        person: Option<PersonId>,
        /// In words.
        name: String,
    }
}

record! {
    /// What is said of a testimony. Nothing is required; without consent it is told to nobody.
    Testimony {
        /// Who speaks.
        speaker: Option<Speaker>,
        /// Who asked.
        interviewer: Option<Speaker>,
        /// What the speaker allows. Absent is "nobody asked", which is not a yes.
        consent: Option<Consent>,
    }
}

impl Testimony {
    /// Whether the speaker allows to tell a recipient of this kind.
    #[must_use]
    pub fn covers(&self, kind: &RecipientKind) -> bool {
        self.consent.as_ref().is_some_and(|consent| consent.covers(kind))
    }

    pub(super) fn validate(&self) -> Result<(), CoreError> {
        for (field, speaker) in [("speaker", &self.speaker), ("interviewer", &self.interviewer)] {
            let name = speaker.as_ref().map_or("", |speaker| speaker.name.as_str());
            text::check_len(field, name, limits::SPEAKER_BYTES)?;
        }
        let Some(consent) = &self.consent else { return Ok(()) };
        text::check_len("consent.given_by", &consent.given_by, limits::SPEAKER_BYTES)?;
        text::check_len("consent.note", &consent.note, limits::NOTE_BYTES)?;
        consent.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::ConsentStatus;

    #[test]
    fn a_testimony_is_told_to_those_the_speaker_named_and_nobody_else() {
        let mut testimony = Testimony::default();
        assert!(!testimony.covers(&RecipientKind::LAWYER), "nobody asked");
        testimony.consent =
            Some(Consent { scope: vec![RecipientKind::LAWYER], ..Consent::new(ConsentStatus::GRANTED) });
        assert!(testimony.covers(&RecipientKind::LAWYER) && !testimony.covers(&RecipientKind::MEDIA));
        testimony.validate().unwrap();
        testimony.speaker = Some(Speaker { name: "x".repeat(limits::SPEAKER_BYTES + 1), ..Speaker::default() });
        assert!(matches!(testimony.validate(), Err(CoreError::TooLong { field: "speaker", .. })));
        let json = r#"{"speaker":{"person":"00112233445566778899aabbccddeeff","v":1},"interviewer":{"name":"I"},
            "consent":{"status":"granted","scope":["lawyer"],"when":"2026"},"w":2}"#;
        let read: Testimony = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::from_str::<serde_json::Value>(json).unwrap());
    }
}
