//! What was done to somebody: the acts of an incident.

use super::{Occurred, PartialDate, limits};
use crate::{CoreError, EvidenceId, PerpetratorId, PersonId, code::codes, record::record, text};

codes! {
    /// What was done to somebody.
    ActCode {
        /// Violence against the body.
        PHYSICAL_ATTACK = "physical_attack",
        /// Harassment.
        HARASSMENT = "harassment",
        /// Public defamation.
        SMEAR_CAMPAIGN = "smear_campaign",
        /// Arrest or detention without lawful ground.
        ARBITRARY_DETENTION = "arbitrary_detention",
        /// Torture or other ill-treatment.
        TORTURE_ILL_TREATMENT = "torture_ill_treatment",
        /// Killing.
        KILLING = "killing",
        /// Detention or abduction that is denied.
        ENFORCED_DISAPPEARANCE = "enforced_disappearance",
        /// Threat.
        THREAT = "threat",
        /// Surveillance.
        SURVEILLANCE = "surveillance",
        /// Raid or search of a place.
        RAID_SEARCH = "raid_search",
        /// Things taken.
        CONFISCATION = "confiscation",
        /// Courts or investigations used as a weapon.
        JUDICIAL_HARASSMENT = "judicial_harassment",
        /// Travel ban.
        TRAVEL_BAN = "travel_ban",
        /// Loss of work.
        DISMISSAL = "dismissal",
        /// Sexual violence.
        SEXUAL_VIOLENCE = "sexual_violence",
        /// Attack on the family.
        ATTACK_ON_FAMILY = "attack_on_family",
        /// Damage to property.
        PROPERTY_DAMAGE = "property_damage",
        /// Attack online.
        ONLINE_ATTACK = "online_attack",
        /// Something else, told in the narrative.
        OTHER = "other",
    }
}

record! {
    /// What is known of a detention.
    Detention {
        /// Where somebody is held.
        place: String,
        /// Since when.
        since: Option<PartialDate>,
        /// Until when, if it is over.
        until: Option<PartialDate>,
        /// Of what they are accused.
        charges: String,
        /// Whether they may see a lawyer. Absent when nobody knows.
        lawyer_access: Option<bool>,
        /// How they are held.
        conditions: String,
    }
}

record! {
    /// One act of an incident.
    Act {
        required {
            /// What it was.
            code: ActCode,
        }
        /// To whom.
        victims: Vec<PersonId>,
        /// By whom.
        perpetrators: Vec<PerpetratorId>,
        /// When, if not with the whole incident.
        occurred: Option<Occurred>,
        /// How it was done.
        method: String,
        /// Injuries of body and mind.
        injuries: String,
        /// If somebody was detained.
        detention: Option<Detention>,
        /// What the code does not say.
        description: String,
        /// The evidence of this act, of that which is attached to the incident.
        evidence: Vec<EvidenceId>,
    }
}

impl From<ActCode> for Act {
    fn from(code: ActCode) -> Self {
        Self::new(code)
    }
}

impl Act {
    pub(super) fn validate(&self) -> Result<(), CoreError> {
        text::check_count("acts.victims", self.victims.len(), limits::PERSONS)?;
        text::check_count("acts.perpetrators", self.perpetrators.len(), limits::PERPETRATORS)?;
        text::check_count("acts.evidence", self.evidence.len(), limits::REFERENCES)?;
        self.occurred.as_ref().map_or(Ok(()), Occurred::validate)?;
        let Some(Detention { since: Some(since), until: Some(until), .. }) = &self.detention else { return Ok(()) };
        if until.is_certainly_before(since) { Err(super::DateError::EndBeforeBeginning.into()) } else { Ok(()) }
    }
}
