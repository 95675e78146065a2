//! Where it happened, and how precisely that may be told.

use serde::{Deserialize, Serialize};

use super::limits;
use crate::{
    CoreError,
    code::codes,
    record::{record, textless},
    text,
};

codes! {
    /// How precisely a place may be told.
    PlacePrecision {
        /// The place itself.
        EXACT = "exact",
        /// The town.
        TOWN = "town",
        /// The region.
        REGION = "region",
        /// Known and not told.
        WITHHELD = "withheld",
    }
}

/// WGS 84.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coordinates {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

textless!(Coordinates);

impl core::fmt::Debug for Coordinates {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Coordinates(..)")
    }
}

impl Coordinates {
    pub(crate) fn validate(self) -> Result<(), CoreError> {
        if (-90.0..=90.0).contains(&self.latitude) && (-180.0..=180.0).contains(&self.longitude) {
            return Ok(());
        }
        Err(CoreError::InvalidField {
            field: "coordinates",
            rule: "must be degrees: latitude -90 to 90, longitude -180 to 180",
        })
    }
}

/// Checks how far coordinates may be off, in metres: at most half the circumference of the Earth.
pub(super) fn check_accuracy(metres: Option<f64>) -> Result<(), CoreError> {
    if metres.is_some_and(|m| !(0.0..=20_037_509.0).contains(&m)) {
        return Err(CoreError::InvalidField { field: "accuracy_m", rule: "must be metres, from 0 to 20,037,509" });
    }
    Ok(())
}

record! {
    /// Where it happened.
    Place {
        /// In words.
        text: String,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// On the map.
        coordinates: Option<Coordinates>,
        /// How far the coordinates may be off, in metres.
        accuracy_m: Option<f64>,
        /// How precisely it may be told.
        precision: Option<PlacePrecision>,
    }
}

impl Place {
    pub(super) fn validate(&self) -> Result<(), CoreError> {
        text::check_len("place", &self.text, limits::PLACE_BYTES)?;
        if self.country.as_ref().is_some_and(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(CoreError::InvalidField { field: "country", rule: "must be two capital letters (ISO 3166-1)" });
        }
        self.coordinates.map_or(Ok(()), Coordinates::validate)?;
        check_accuracy(self.accuracy_m)
    }
}
