//! What is needed, what somebody is asked to do, and what was done already.

use super::{PartialDate, limits};
use crate::{CoreError, PersonId, code::codes, record::record, text};

codes! {
    /// Support that is needed: the categories of the ProtectDefenders.eu mechanism.
    SupportKind {
        /// Protection of home, office or body.
        PHYSICAL_SECURITY = "physical_security",
        /// Protection of devices, accounts and data.
        DIGITAL_SECURITY = "digital_security",
        /// Telephones, connections.
        COMMUNICATIONS = "communications",
        /// Training in security.
        SECURITY_TRAINING = "security_training",
        /// Safe ways to travel.
        SECURE_TRANSPORT = "secure_transport",
        /// Lawyers, court fees, bail.
        LEGAL_SUPPORT = "legal_support",
        /// Treatment of body and mind.
        MEDICAL_SUPPORT = "medical_support",
        /// Help to live, for the family too.
        HUMANITARIAN_AND_FAMILY = "humanitarian_and_family",
        /// To leave at once.
        URGENT_RELOCATION = "urgent_relocation",
        /// Watching trials and cases, speaking up.
        MONITORING_AND_ADVOCACY = "monitoring_and_advocacy",
        /// Something else.
        OTHER = "other",
    }
}

codes! {
    /// What a recipient is asked to do.
    RequestedActionKind {
        /// To observe a trial.
        TRIAL_OBSERVATION = "trial_observation",
        /// To visit somebody in detention.
        DETENTION_VISIT = "detention_visit",
        /// To speak in public.
        PUBLIC_STATEMENT = "public_statement",
        /// To speak in private with those who can act.
        PRIVATE_DIPLOMACY = "private_diplomacy",
        /// To bring it before those who decide at a platform.
        PLATFORM_ESCALATION = "platform_escalation",
        /// To keep evidence from being lost.
        EVIDENCE_PRESERVATION = "evidence_preservation",
        /// To bring back content or an account.
        CONTENT_RESTORATION = "content_restoration",
        /// Something else.
        OTHER = "other",
    }
}

codes! {
    /// What was done already.
    ActionTakenKind {
        /// A complaint was filed.
        COMPLAINT_FILED = "complaint_filed",
        /// A lawyer was asked.
        LAWYER_CONTACTED = "lawyer_contacted",
        /// A platform was told.
        REPORTED_TO_PLATFORM = "reported_to_platform",
        /// Somebody was treated.
        MEDICAL_CARE = "medical_care",
        /// Somebody spoke in public.
        PUBLIC_STATEMENT = "public_statement",
        /// Somebody left.
        RELOCATED = "relocated",
        /// Something else.
        OTHER = "other",
    }
}

record! {
    /// An amount of money.
    Amount {
        required {
            /// Decimal number, such as `1500` or `99.50`.
            value: String,
            /// ISO 4217, such as `EUR`.
            currency: String,
        }
    }
}

impl Amount {
    fn validate(&self) -> Result<(), CoreError> {
        let number = |text: &str| (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let decimal = match self.value.split_once('.') {
            Some((whole, cents)) => number(whole) && number(cents),
            None => number(&self.value),
        };
        if !decimal {
            return Err(CoreError::InvalidField { field: "amount", rule: "must be a decimal number such as 99.50" });
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(CoreError::InvalidField {
                field: "currency",
                rule: "must be three capital letters (ISO 4217)",
            });
        }
        Ok(())
    }
}

record! {
    /// Support that is needed.
    SupportNeed {
        required {
            /// What kind.
            kind: SupportKind,
        }
        /// By whom it is needed.
        persons: Vec<PersonId>,
        /// How much.
        amount: Option<Amount>,
        /// By when.
        by_when: Option<PartialDate>,
        /// What the code does not say.
        description: String,
    }
}

impl SupportNeed {
    pub(super) fn validate(&self) -> Result<(), CoreError> {
        text::check_count("support_needs.persons", self.persons.len(), limits::PERSONS)?;
        self.amount.as_ref().map_or(Ok(()), Amount::validate)
    }
}

record! {
    /// Something a recipient is asked to do.
    RequestedAction {
        required {
            /// What.
            kind: RequestedActionKind,
        }
        /// By when.
        by_when: Option<PartialDate>,
        /// What the code does not say.
        description: String,
    }
}

record! {
    /// Something that was done already. Nothing is required.
    ActionTaken {
        /// What.
        kind: Option<ActionTakenKind>,
        /// When.
        when: Option<PartialDate>,
        /// By whom.
        by: String,
        /// What came of it.
        result: String,
        /// What the code does not say.
        description: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimal_numbers_in_a_currency() {
        let amount = |value: &str, currency: &str| Amount::new(value.into(), currency.into()).validate().is_ok();
        assert!(amount("0", "EUR") && amount("1500", "USD") && amount("99.50", "XOF"));
        for (value, currency) in [
            ("", "EUR"),
            ("1,5", "EUR"),
            (".5", "EUR"),
            ("1.", "EUR"),
            ("-1", "EUR"),
            ("1e3", "EUR"),
            ("1", "eur"),
            ("1", "EURO"),
            ("1", ""),
        ] {
            assert!(!amount(value, currency), "{value} {currency}");
        }
    }
}
