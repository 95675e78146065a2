//! Any sequence of acts leaves a log that verifies and evidence that is what it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::ops::ControlFlow;

use amparo_core::{
    Amparo, EvidenceId, IncidentId,
    custody::FaultReason,
    evidence::no_progress,
    report::{ReportRequest, SenderMode},
};
use amparo_crypto::age::KeyKind;
use common::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Create,
    Edit(prop::sample::Index),
    Import(prop::sample::Index, Vec<u8>),
    Cancel(prop::sample::Index),
    Note(prop::sample::Index, String),
    View(prop::sample::Index),
    Export(prop::sample::Index),
    Attach(prop::sample::Index, prop::sample::Index),
    Seal(prop::sample::Index, u8),
    SignHead,
    LockAndUnlock,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        2 => Just(Step::Create),
        2 => index().prop_map(Step::Edit),
        6 => (index(), prop::collection::vec(any::<u8>(), 1..9000)).prop_map(|(i, bytes)| Step::Import(i, bytes)),
        1 => index().prop_map(Step::Cancel),
        2 => (index(), "\\PC{0,20}").prop_map(|(i, note)| Step::Note(i, note)),
        2 => index().prop_map(Step::View),
        2 => index().prop_map(Step::Export),
        1 => (index(), index()).prop_map(|(a, b)| Step::Attach(a, b)),
        2 => (index(), 0..3u8).prop_map(|(i, mode)| Step::Seal(i, mode)),
        1 => Just(Step::SignHead),
        1 => Just(Step::LockAndUnlock),
    ]
}

struct World {
    home: Home,
    amparo: Amparo,
    incidents: Vec<IncidentId>,
    evidence: Vec<(EvidenceId, Vec<u8>)>,
    files: usize,
}

impl World {
    fn apply(&mut self, step: Step) {
        let amparo = self.amparo.clone();
        let incident = |i: prop::sample::Index| self.incidents[i.index(self.incidents.len())];
        let evidence =
            |i: prop::sample::Index| (!self.evidence.is_empty()).then(|| self.evidence[i.index(self.evidence.len())].0);
        match step {
            Step::Create => self.incidents.push(amparo.incidents().create("another").unwrap().id),
            Step::Edit(i) => {
                let now = amparo.incidents().get(incident(i)).unwrap();
                let mut content = now.content.clone();
                content.narrative.push('.');
                amparo.incidents().save(now.id, now.revision, content).unwrap();
            }
            Step::Import(i, bytes) => {
                let id = import(&amparo, incident(i), &bytes).id;
                self.evidence.push((id, bytes));
            }
            Step::Cancel(i) => {
                let request = for_incident(incident(i));
                amparo.evidence().import(&b"x"[..], None, request, &mut |_| ControlFlow::Break(())).unwrap_err();
            }
            Step::Note(i, note) => drop(evidence(i).map(|id| amparo.evidence().set_note(id, Some(note)).unwrap())),
            Step::View(i) => drop(evidence(i).map(|id| amparo.evidence().record_viewed(id).unwrap())),
            Step::Export(i) => {
                if let Some(id) = evidence(i) {
                    self.files += 1;
                    let path = self.home.path(&format!("export-{}", self.files));
                    amparo.evidence().export_file(id, &path, &mut no_progress).unwrap();
                }
            }
            Step::Attach(i, j) => drop(evidence(i).map(|id| amparo.evidence().attach(id, incident(j)).unwrap())),
            Step::Seal(i, mode) => {
                self.files += 1;
                let path = self.home.path(&format!("report-{}", self.files));
                let sender = [SenderMode::Anonymous, SenderMode::Case, SenderMode::Identified][usize::from(mode)];
                let request =
                    ReportRequest { sender, ..ReportRequest::new(incident(i), vec![key(KeyKind::Classic).1]) };
                amparo.reports().seal_file(&request, &path, &mut no_progress).unwrap();
            }
            Step::SignHead => drop(amparo.custody().sign_head().unwrap()),
            Step::LockAndUnlock => {
                amparo.lock().unwrap();
                self.amparo = self.home.unlock();
                assert!(self.amparo.custody().verify().unwrap().is_intact());
            }
        }
    }

    fn check(&self) {
        let report = self.amparo.custody().verify().unwrap();
        let fine =
            report.fault.is_none_or(|fault| matches!(fault.reason, FaultReason::AfterHead | FaultReason::NoHead));
        assert!(fine, "{:?}", report.fault);
        for (id, bytes) in &self.evidence {
            assert_eq!(&read_all(&self.amparo, *id), bytes);
        }
    }
}

proptest! {
    // Every case makes a vault, and a vault costs a key derivation.
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_leaves_a_log_that_verifies(steps in prop::collection::vec(step(), 1..25)) {
        let (home, amparo) = Home::new();
        let first = amparo.incidents().create("first").unwrap().id;
        let mut world = World { home, amparo, incidents: vec![first], evidence: Vec::new(), files: 0 };
        for step in steps {
            world.apply(step);
        }
        world.check();
        world.amparo.lock().unwrap();
        world.amparo = world.home.unlock();
        world.check();
        prop_assert!(world.amparo.custody().verify().unwrap().is_intact());
    }
}
