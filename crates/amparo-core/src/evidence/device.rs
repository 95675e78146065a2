//! What the device knows of the moment: every field is opt-in, nothing is filled in by the core, and nothing of it is ever in the
//! custody log. A report tells it only when the sender chose it by hand.

use crate::{
    CoreError,
    code::codes,
    incident::{Coordinates, PartialDate},
    record::record,
    text,
};

/// Model, system, operator, cell: bytes of UTF-8, each.
const NAME_BYTES: usize = 256;
/// Half the circumference of the Earth: no fix is worse.
const MAX_ACCURACY_M: f64 = 20_037_509.0;

codes! {
    /// How the device was connected.
    NetworkKind {
        /// Not at all.
        NONE = "none",
        /// Wireless network.
        WIFI = "wifi",
        /// Mobile network.
        CELLULAR = "cellular",
        /// Cable.
        ETHERNET = "ethernet",
        /// Something else.
        OTHER = "other",
    }
}

record! {
    /// Where the device says it was.
    DeviceLocation {
        required {
            /// Degrees north, −90 to 90 (WGS 84).
            latitude: f64,
            /// Degrees east, −180 to 180.
            longitude: f64,
        }
        /// How far the position may be off, in metres.
        accuracy_m: Option<f64>,
        /// Metres above the WGS 84 ellipsoid, −12,000 to 100,000.
        altitude_m: Option<f64>,
        /// When the device found it out: a fix may be older than the capture.
        at: Option<PartialDate>,
    }
}

record! {
    /// How the device was connected.
    DeviceNetwork {
        /// By what.
        kind: Option<NetworkKind>,
        /// The operator's name or number.
        operator: String,
        /// The cell, as the device writes it.
        cell: String,
    }
}

record! {
    /// What the device knows of the moment of capture. The default says nothing.
    DeviceMetadata {
        /// Where it was.
        location: Option<DeviceLocation>,
        /// The model of the device.
        model: String,
        /// Its operating system.
        os: String,
        /// How it was connected.
        network: Option<DeviceNetwork>,
    }
}

impl DeviceMetadata {
    /// Whether it says anything at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn validate(&self) -> Result<(), CoreError> {
        text::check_len("device.model", &self.model, NAME_BYTES)?;
        text::check_len("device.os", &self.os, NAME_BYTES)?;
        if let Some(network) = &self.network {
            text::check_len("device.network.operator", &network.operator, NAME_BYTES)?;
            text::check_len("device.network.cell", &network.cell, NAME_BYTES)?;
        }
        let Some(location) = &self.location else { return Ok(()) };
        Coordinates { latitude: location.latitude, longitude: location.longitude }.validate()?;
        if location.accuracy_m.is_some_and(|m| !(0.0..=MAX_ACCURACY_M).contains(&m)) {
            return Err(CoreError::InvalidField { field: "accuracy_m", rule: "must be metres, from 0 to 20,037,509" });
        }
        if location.altitude_m.is_some_and(|m| !(-12_000.0..=100_000.0).contains(&m)) {
            return Err(CoreError::InvalidField {
                field: "altitude_m",
                rule: "must be metres, from -12,000 to 100,000",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_optional_bounded_and_kept() {
        let empty: DeviceMetadata = serde_json::from_str("{}").unwrap();
        assert!(empty.is_empty() && serde_json::to_string(&empty).unwrap() == "{}");
        let full = r#"{"location":{"latitude":30.0,"longitude":31.2,"accuracy_m":4.5,"altitude_m":-3.0,"at":"2026-11-23","s":1},
            "model":"M","os":"O","network":{"kind":"satellite","operator":"Op","cell":"c","x":2},"z":[3]}"#;
        let device: DeviceMetadata = serde_json::from_str(full).unwrap();
        device.validate().unwrap();
        assert_eq!(serde_json::to_value(&device).unwrap(), serde_json::from_str::<serde_json::Value>(full).unwrap());
        assert!(!format!("{device:?}").contains("31.2"));
        let refused = |change: &dyn Fn(&mut DeviceMetadata)| {
            let mut device = device.clone();
            change(&mut device);
            device.validate().is_err()
        };
        let location = |d: &mut DeviceMetadata| d.location.take().unwrap();
        for (latitude, longitude) in [(91.0, 0.0), (0.0, -180.5), (f64::NAN, 0.0)] {
            assert!(refused(&|d| d.location = Some(DeviceLocation::new(latitude, longitude))));
        }
        for bad in [f64::NAN, -1.0, f64::INFINITY] {
            assert!(refused(&|d| d.location = Some(DeviceLocation { accuracy_m: Some(bad), ..location(d) })));
        }
        assert!(refused(&|d| d.location = Some(DeviceLocation { altitude_m: Some(1e9), ..location(d) })));
        assert!(refused(&|d| d.model = "x".repeat(NAME_BYTES + 1)));
        assert!(refused(&|d| d.network.as_mut().unwrap().cell = "x".repeat(NAME_BYTES + 1)));
    }
}
