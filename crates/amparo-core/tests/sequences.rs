//! Any sequence of acts leaves a log that verifies and evidence that is what it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::ops::ControlFlow;

use amparo_core::{
    Amparo, CoreError, EvidenceId, IncidentId,
    custody::FaultReason,
    evidence::{
        CaptureRequest, DeleteOptions, Derivatives, DeriveRequest, EvidenceKind, EvidenceState, Purpose, no_progress,
    },
    report::{ReportRequest, SenderMode},
};
use amparo_crypto::age::KeyKind;
use common::*;
use proptest::prelude::*;

/// A photo that metadata can be removed from.
const SAMPLE: &[u8] = include_bytes!("../../amparo-cli/samples/photo.jpg");

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
    Detach(prop::sample::Index, prop::sample::Index),
    Capture(prop::sample::Index, Vec<u8>, bool),
    AbortCapture(prop::sample::Index),
    DropCapture(prop::sample::Index, Vec<u8>),
    Derive(prop::sample::Index, Vec<u8>),
    Strip(prop::sample::Index),
    Thumbnail(prop::sample::Index, usize),
    Delete(prop::sample::Index, Derivatives),
    Crash(prop::sample::Index, Vec<u8>),
    Seal(prop::sample::Index, u8),
    SignHead,
    LockAndUnlock,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    let bytes = || prop::collection::vec(any::<u8>(), 1..9000);
    prop_oneof![
        2 => Just(Step::Create),
        2 => index().prop_map(Step::Edit),
        5 => (index(), bytes()).prop_map(|(i, bytes)| Step::Import(i, bytes)),
        1 => index().prop_map(|i| Step::Import(i, SAMPLE.to_vec())),
        1 => index().prop_map(Step::Cancel),
        2 => (index(), "\\PC{0,20}").prop_map(|(i, note)| Step::Note(i, note)),
        2 => index().prop_map(Step::View),
        2 => index().prop_map(Step::Export),
        1 => (index(), index()).prop_map(|(a, b)| Step::Attach(a, b)),
        1 => (index(), index()).prop_map(|(a, b)| Step::Detach(a, b)),
        3 => (index(), bytes(), any::<bool>()).prop_map(|(i, bytes, more)| Step::Capture(i, bytes, more)),
        1 => index().prop_map(Step::AbortCapture),
        2 => (index(), bytes()).prop_map(|(i, bytes)| Step::DropCapture(i, bytes)),
        3 => (index(), bytes()).prop_map(|(i, bytes)| Step::Derive(i, bytes)),
        2 => index().prop_map(Step::Strip),
        2 => (index(), 20..3000usize).prop_map(|(i, size)| Step::Thumbnail(i, size)),
        3 => (index(), 0..3usize).prop_map(|(i, n)| {
            Step::Delete(i, [Derivatives::Refuse, Derivatives::Keep, Derivatives::Delete][n])
        }),
        2 => (index(), bytes()).prop_map(|(i, bytes)| Step::Crash(i, bytes)),
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
    deleted: Vec<EvidenceId>,
    files: usize,
}

fn film() -> CaptureRequest {
    CaptureRequest::new(EvidenceKind::VIDEO, "video/mp2t")
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
            Step::Detach(i, j) => drop(evidence(i).map(|id| amparo.evidence().detach(id, incident(j)).unwrap())),
            Step::Capture(i, bytes, more) => {
                let continues = evidence(i).filter(|_| more);
                let request = CaptureRequest { incident: Some(incident(i)), continues, ..film() };
                match amparo.evidence().start_capture(request) {
                    Ok(mut capture) => {
                        capture.write(&bytes).unwrap();
                        let done = capture.finish().unwrap();
                        assert_eq!(done.segment.is_some(), continues.is_some());
                        self.evidence.push((done.id, bytes));
                    }
                    // Only what the app recorded goes on.
                    Err(CoreError::InvalidField { field: "continues", .. }) => assert!(continues.is_some()),
                    Err(other) => panic!("{other}"),
                }
            }
            Step::AbortCapture(i) => {
                let request = CaptureRequest { incident: Some(incident(i)), ..film() };
                let mut capture = amparo.evidence().start_capture(request).unwrap();
                capture.write(&[7; 5000]).unwrap();
                let id = capture.id();
                capture.abort().unwrap();
                assert!(matches!(amparo.evidence().get(id), Err(CoreError::EvidenceNotFound)));
            }
            Step::DropCapture(i, bytes) => {
                let request = CaptureRequest { incident: Some(incident(i)), ..film() };
                let mut capture = amparo.evidence().start_capture(request).unwrap();
                capture.write(&bytes).unwrap();
                self.evidence.push((capture.id(), bytes));
            }
            Step::Derive(i, bytes) => {
                if let Some(parent) = evidence(i) {
                    let request = DeriveRequest::new(Purpose::REDACTED, "t");
                    let made = amparo.evidence().derive(parent, request, &bytes[..], &mut no_progress).unwrap();
                    self.evidence.push((made.id, bytes));
                }
            }
            Step::Strip(i) => {
                if let Some(parent) = evidence(i) {
                    let is_photo = amparo.evidence().get(parent).unwrap().description.media_type == "image/jpeg";
                    match amparo.evidence().strip_metadata(parent, &mut no_progress) {
                        Ok(made) => self.evidence.push((made.id, read_all(&amparo, made.id))),
                        Err(CoreError::StripUnsupported { .. } | CoreError::StripMalformed { .. }) => {
                            assert!(!is_photo || read_all(&amparo, parent) != SAMPLE);
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
            Step::Thumbnail(i, size) => {
                if let Some(parent) = evidence(i) {
                    amparo.evidence().set_thumbnail(parent, &photo(size), "image/jpeg").unwrap();
                    assert_eq!(amparo.evidence().thumbnail(parent).unwrap(), Some(photo(size)));
                }
            }
            Step::Delete(i, derivatives) => {
                if let Some(id) = evidence(i) {
                    match amparo.evidence().delete(id, DeleteOptions { derivatives }) {
                        Ok(deleted) => {
                            self.evidence.retain(|(id, _)| !deleted.evidence.contains(id));
                            self.deleted.extend(deleted.evidence);
                        }
                        Err(CoreError::EvidenceHasDerivatives { .. }) => assert_eq!(derivatives, Derivatives::Refuse),
                        Err(other) => panic!("{other}"),
                    }
                }
            }
            Step::Crash(i, bytes) => {
                // The folder as it is on the disk in the middle of a capture is what is gone on with.
                let request = CaptureRequest { incident: Some(incident(i)), ..film() };
                let mut capture = amparo.evidence().start_capture(request).unwrap();
                capture.write(&bytes).unwrap();
                capture.sync().unwrap();
                let id = capture.id();
                self.files += 1;
                let image = self.home.path(&format!("image-{}", self.files));
                copy_dir(&self.home.vault(), &image);
                drop(capture);
                amparo.lock().unwrap();
                std::fs::remove_dir_all(self.home.vault()).unwrap();
                std::fs::rename(image, self.home.vault()).unwrap();
                self.amparo = self.home.unlock();
                assert_eq!(self.amparo.recovered(), [id]);
                let kept = self.amparo.evidence().get(id).unwrap();
                assert_eq!(kept.state, EvidenceState::UNTERMINATED);
                let kept = usize::try_from(kept.size).unwrap();
                if kept > 0 {
                    self.evidence.push((id, bytes[..kept].to_vec()));
                }
            }
            Step::Seal(i, mode) => {
                self.files += 1;
                let path = self.home.path(&format!("report-{}", self.files));
                let sender = [SenderMode::Anonymous, SenderMode::Case, SenderMode::Identified][usize::from(mode)];
                let request = ReportRequest {
                    sender,
                    ..ReportRequest::new(
                        incident(i),
                        amparo_core::incident::RecipientKind::LAWYER,
                        vec![key(KeyKind::Classic).1],
                    )
                };
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
        for id in &self.deleted {
            assert!(matches!(self.amparo.evidence().open_reader(*id), Err(CoreError::EvidenceDeleted)));
            assert!(self.amparo.evidence().get(*id).unwrap().sha256.is_some(), "its hash stays");
        }
        let check = self.amparo.vault().check(|_| ()).unwrap();
        assert!(check.is_ok() && check.orphans == 0, "{check:?}");
    }
}

proptest! {
    // Every case makes a vault, and a vault costs a key derivation.
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_leaves_a_log_that_verifies(steps in prop::collection::vec(step(), 1..40)) {
        let (home, amparo) = Home::new();
        let first = amparo.incidents().create("first").unwrap().id;
        let mut world = World { home, amparo, incidents: vec![first], evidence: Vec::new(), deleted: Vec::new(), files: 0 };
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
