//! More evidence than a channel takes: what to send first.

use std::collections::BTreeMap;

use amparo_core::{Amparo, CoreError, EvidenceId, IncidentId, form::LaterReason, report::LeftOutReason};

use crate::{common::*, scene::*};

/// Ten photos of 1 KiB to 512 KiB; the act names the third largest.
fn many_photos(amparo: &Amparo) -> (IncidentId, Vec<EvidenceId>) {
    let incident = incident(amparo, full());
    let photos: Vec<EvidenceId> = (0..10u32)
        .map(|n| {
            let mut bytes = photo(1024 << n);
            bytes.extend(n.to_be_bytes());
            import(amparo, incident, &bytes).id
        })
        .collect();
    let saved = amparo.incidents().get(incident).unwrap();
    let mut content = saved.content;
    content.acts[0].evidence = vec![photos[7]];
    amparo.incidents().save(incident, saved.revision, content).unwrap();
    (incident, photos)
}

#[test]
fn what_is_suggested_fits_and_nothing_is_left_needlessly() {
    let (home, amparo) = Home::new();
    let (incident, photos) = many_photos(&amparo);
    let all = request(incident, &form(GENERAL));
    let whole = amparo.reports().preview(&all).unwrap()[0].sealed[0].size;
    let nothing = {
        let mut request = all.clone();
        request.groups[0].choice.evidence = Some(Vec::new());
        amparo.reports().preview(&request).unwrap()[0].sealed[0].size
    };
    for limit in [whole, whole - 1, whole / 2, 300_000, 180_000, nothing + 1, nothing - 1] {
        let form = limited(GENERAL, &format!("report_bytes = {limit}"));
        let mut request = all.clone();
        request.groups[0].form = Some(form.clone());
        let said = check(&amparo, &request, &form);
        assert_eq!(said, check(&amparo, &request, &form), "the same each time");
        assert_eq!((said.size.sealed, said.size.sealed_limit), (whole, Some(limit)));
        assert_eq!(said.size.fits(), whole <= limit);
        if said.size.fits() {
            assert!(said.size.keep.is_empty() && said.size.later.is_empty());
            amparo.reports().preview(&request).unwrap();
            continue;
        }
        assert!(said.limits_text.is_some());
        let too_large = amparo.reports().preview(&request);
        assert!(matches!(too_large, Err(CoreError::FormTooLarge { size, limit: l }) if size == whole && l == limit));
        assert!(matches!(seal(&amparo, &home, &request), Err(CoreError::FormTooLarge { .. })));
        assert!(!home.path("report.age").exists() && amparo.reports().list(incident).unwrap().is_empty());
        // Each is kept or left, once.
        let mut named: Vec<EvidenceId> = said.size.keep.clone();
        named.extend(said.size.later.iter().map(|later| later.evidence));
        named.sort();
        let mut expected = photos.clone();
        expected.sort();
        assert_eq!(named, expected);
        // What remains fits. If not even the report alone does, nothing is kept.
        request.groups[0].choice.evidence = Some(said.size.keep.clone());
        match amparo.reports().preview(&request) {
            Ok(previews) => assert!(previews[0].sealed[0].size <= limit),
            Err(CoreError::FormTooLarge { .. }) => assert!(limit < nothing && said.size.keep.is_empty()),
            Err(other) => panic!("{other}"),
        }
        // What is left would not have fitted along.
        for later in &said.size.later {
            let mut more = said.size.keep.clone();
            more.push(later.evidence);
            request.groups[0].choice.evidence = Some(more);
            let result = amparo.reports().preview(&request);
            assert!(matches!(result, Err(CoreError::FormTooLarge { .. })), "{limit}: {later:?} would have fitted");
        }
        // What the act names goes first wherever it fits.
        let named = amparo.evidence().get(photos[7]).unwrap().size;
        if limit > nothing + 2 * named {
            assert_eq!(said.size.keep.first(), Some(&photos[7]), "{limit}");
            assert!(said.size.later.iter().all(|later| !later.named));
        } else if let Some(later) = said.size.later.iter().find(|later| later.evidence == photos[7]) {
            assert!(later.named);
        }
        for later in &said.size.later {
            let alone = later.size > limit || said.size.keep.is_empty();
            assert_eq!(later.why, if alone { LaterReason::DoesNotFit } else { LaterReason::NoRoom }, "{limit}");
        }
    }
}

#[test]
fn a_channel_that_takes_few_gets_what_matters_and_then_what_is_small_and_recent() {
    let (_home, amparo) = Home::new();
    let (incident, photos) = many_photos(&amparo);
    let form = limited(GENERAL, "items = 3");
    let mut request = request(incident, &form);
    let said = check(&amparo, &request, &form);
    assert_eq!(said.size.keep, [photos[7], photos[0], photos[1]]);
    assert!(said.size.later.iter().all(|later| later.why == LaterReason::TooMany));
    let error = amparo.reports().preview(&request).unwrap_err();
    assert!(matches!(error, CoreError::FormTooMany { count: 10, limit: 3 }));
    request.groups[0].choice.evidence = Some(said.size.keep);
    assert!(check(&amparo, &request, &form).can_be_sealed());
    amparo.reports().preview(&request).unwrap();
}

#[test]
fn single_files_that_a_channel_does_not_take_are_left_out_and_named() {
    let (_home, amparo) = Home::new();
    let (incident, photos) = many_photos(&amparo);
    let voice = testimony(&amparo, incident);
    let form = limited(GENERAL, "item_bytes = 200000\nmedia_types = [\"image/*\"]");
    let mut request = request(incident, &form);
    let said = check(&amparo, &request, &form);
    assert!(said.can_be_sealed() && said.limits_text.is_some());
    let unfit: BTreeMap<EvidenceId, LeftOutReason> =
        said.size.unfit.iter().map(|one| (one.evidence, one.why)).collect();
    let large = LeftOutReason::TooLargeForChannel;
    assert_eq!(unfit, BTreeMap::from([(photos[8], large), (photos[9], large), (voice, LeftOutReason::NotForChannel)]));
    let preview = amparo.reports().preview(&request).unwrap().remove(0);
    assert_eq!(preview.left_out.len(), 3);
    request.groups[0].choice.evidence = Some(vec![photos[0], photos[9]]);
    assert!(matches!(amparo.reports().preview(&request), Err(CoreError::FormEvidence { index: 1 })));
    // The check says it and does not fail.
    assert_eq!(check(&amparo, &request, &form).size.unfit.len(), 1);
}
