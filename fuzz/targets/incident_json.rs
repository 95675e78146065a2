//! An exported incident: what is read is written back the same, whatever a newer version added.
#![no_main]

use amparo_core::incident::Incident;
use amparo_fuzz::seed;
use libfuzzer_sys::fuzz_target;

const SMALL: &str = r#"{"schema":"amparo.incident/1","id":"00112233445566778899aabbccddeeff","revision":1,"created":{"time":"2026-03-14T18:42:07Z","clock":"device"},"modified":{"time":"2026-03-14T18:42:07Z","clock":"device"},"narrative":"They took my phone."}"#;
const FULL: &str = r#"{"schema":"amparo.incident/1","id":"00112233445566778899aabbccddeeff","revision":2,"created":{"time":"2026-03-14T18:42:07Z","clock":"device"},"modified":{"time":"2026-03-15T08:00:00Z","clock":"checked"},"title":"Raid","narrative":"At night.","language":"es","acts":[{"code":"raid_search"},{"code":"code_of_tomorrow","method":"x"}],"occurred":{"from":"2026-03","to":"2026-04-01T10:00+02:00","precision":"month"},"place":{"text":"the office","country":"CO","coordinates":{"latitude":4.6,"longitude":-74.1},"accuracy_m":50.0,"precision":"town"},"status":"ongoing","urgency":"serious","tags":["night"],"field_of_tomorrow":[1,2.5,null],"evidence":["ffeeddccbbaa99887766554433221100"]}"#;

fuzz_target!(
    init: seed("incident_json", [("small", SMALL.as_bytes().to_vec()), ("full", FULL.as_bytes().to_vec())]),
    |data: &[u8]| {
        let Ok(incident) = Incident::from_json(data) else { return };
        let Ok(written) = incident.to_json() else { return };
        let again = Incident::from_json(&written);
        assert!(again.is_ok_and(|again| again == incident), "an incident does not survive being written");
    }
);
