//! Which recipients share one file.

use amparo_crypto::age::{KeyKind, Recipient};

use super::{MAX_RECIPIENTS, SealError};

/// One file of a report: its recipients, all of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealJob {
    /// The kind of their keys, and so the strength of the file.
    pub kind: KeyKind,
    /// 1 to [`MAX_RECIPIENTS`], each once.
    pub recipients: Vec<Recipient>,
}

/// Splits `recipients` into one file a kind, post-quantum first, and drops repetitions. The two kinds are never mixed: the
/// classic stanza would lower the whole file to its own strength. A classic file holds the same report, so the user is told.
///
/// # Errors
/// [`SealError::NoRecipients`], [`SealError::TooManyRecipients`].
pub fn plan(recipients: &[Recipient]) -> Result<Vec<SealJob>, SealError> {
    let mut jobs: Vec<SealJob> = Vec::new();
    for kind in [KeyKind::PostQuantum, KeyKind::Classic] {
        let mut group: Vec<Recipient> = Vec::new();
        for recipient in recipients.iter().filter(|r| r.kind() == kind) {
            if !group.contains(recipient) {
                group.push(recipient.clone());
            }
        }
        if group.len() > MAX_RECIPIENTS {
            return Err(SealError::TooManyRecipients { kind });
        }
        if !group.is_empty() {
            jobs.push(SealJob { kind, recipients: group });
        }
    }
    if jobs.is_empty() { Err(SealError::NoRecipients) } else { Ok(jobs) }
}

#[cfg(test)]
mod tests {
    use amparo_crypto::age::Identity;

    use super::*;

    fn key(kind: KeyKind) -> Recipient {
        Identity::generate(kind).unwrap().recipient()
    }

    #[test]
    fn kinds_are_never_mixed() {
        let (c, p, q) = (key(KeyKind::Classic), key(KeyKind::PostQuantum), key(KeyKind::PostQuantum));
        let jobs = plan(&[c.clone(), p.clone(), q.clone(), p.clone()]).unwrap();
        assert_eq!(jobs.len(), 2);
        assert_eq!((jobs[0].kind, &jobs[0].recipients), (KeyKind::PostQuantum, &vec![p, q]));
        assert_eq!((jobs[1].kind, &jobs[1].recipients), (KeyKind::Classic, &vec![c.clone()]));
        assert_eq!(plan(&[c]).unwrap().len(), 1);
    }

    #[test]
    fn nobody_and_too_many_are_refused() {
        assert_eq!(plan(&[]), Err(SealError::NoRecipients));
        let many: Vec<Recipient> = (0..=MAX_RECIPIENTS).map(|_| key(KeyKind::Classic)).collect();
        assert_eq!(plan(&many), Err(SealError::TooManyRecipients { kind: KeyKind::Classic }));
        assert_eq!(plan(&many[1..]).unwrap()[0].recipients.len(), MAX_RECIPIENTS);
    }
}
