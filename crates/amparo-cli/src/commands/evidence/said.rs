//! What is said of evidence on the command line, as the core takes it.

use amparo_core::{
    CoreError, PersonId,
    evidence::{CapturedAt, DeviceLocation, DeviceMetadata, DeviceNetwork, Speaker, Testimony},
    incident::{Consent, PartialDate},
};

use crate::{
    args::evidence::{DeviceOptions, TestimonyOptions},
    failure::Failure,
};

fn date(text: &str) -> Result<PartialDate, Failure> {
    Ok(text.parse::<PartialDate>().map_err(CoreError::from)?)
}

/// When it was captured.
pub fn captured_at(text: Option<&str>) -> Result<Option<CapturedAt>, Failure> {
    text.map(|text| date(text).map(CapturedAt::at)).transpose()
}

/// What the device knew; `None` when nothing was said.
pub fn device(options: DeviceOptions) -> Result<Option<DeviceMetadata>, Failure> {
    let location = options.device_location.as_deref().map(location).transpose()?;
    let network = DeviceNetwork {
        kind: options.device_network.as_deref().map(str::parse).transpose()?,
        operator: options.device_operator,
        cell: options.device_cell,
        ..DeviceNetwork::default()
    };
    let device = DeviceMetadata {
        location: location.map(|place| DeviceLocation { altitude_m: options.device_altitude, ..place }),
        model: options.device_model,
        os: options.device_os,
        network: Some(network).filter(|network| *network != DeviceNetwork::default()),
        ..DeviceMetadata::default()
    };
    Ok(Some(device).filter(|device| !device.is_empty()))
}

fn location(text: &str) -> Result<DeviceLocation, Failure> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    match numbers.as_deref() {
        Ok([latitude, longitude]) => Ok(DeviceLocation::new(*latitude, *longitude)),
        Ok([latitude, longitude, accuracy]) => {
            Ok(DeviceLocation { accuracy_m: Some(*accuracy), ..DeviceLocation::new(*latitude, *longitude) })
        }
        _ => Err(Failure::input("a location is LATITUDE,LONGITUDE or LATITUDE,LONGITUDE,METRES")),
    }
}

/// Who speaks and to whom it may be told; `None` when nothing was said.
pub fn testimony(options: TestimonyOptions) -> Result<Option<Testimony>, Failure> {
    let consent = match options.consent {
        None => None,
        Some(status) => Some(Consent {
            scope: options.consent_to.iter().map(|kind| kind.parse()).collect::<Result<_, CoreError>>()?,
            given_by: options.consent_by,
            when: options.consent_when.as_deref().map(date).transpose()?,
            revocable: options.consent_revocable,
            ..Consent::new(status.parse()?)
        }),
    };
    let testimony = Testimony {
        speaker: options.speaker.map(speaker),
        interviewer: options.interviewer.map(speaker),
        consent,
        ..Testimony::default()
    };
    Ok(Some(testimony).filter(|testimony| *testimony != Testimony::default()))
}

/// 32 hexadecimal digits are a person of the incident, anything else is a name.
fn speaker(text: String) -> Speaker {
    match text.parse::<PersonId>() {
        Ok(person) => Speaker { person: Some(person), ..Speaker::default() },
        Err(_) => Speaker { name: text, ..Speaker::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_speakers_are_read_as_they_are_meant() {
        let read = location("-30.5, 31.25,8").unwrap();
        assert_eq!((read.latitude, read.longitude, read.accuracy_m), (-30.5, 31.25, Some(8.0)));
        for bad in ["", "1", "1,2,3,4", "north,east", "1;2"] {
            assert!(location(bad).is_err(), "{bad}");
        }
        assert!(speaker("00112233445566778899aabbccddeeff".into()).person.is_some());
        assert_eq!(speaker("شاهد".into()).name, "شاهد");
    }
}
