//! Tags: what the plant publishes, under which contract.

use super::model::{AssetId, MediumId};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Position of a tag in [`super::Plant::tags`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TagId(pub u32);

impl TagId {
    /// Position in the plant's vector.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a tag measures. All but `Free` can be predicted by the twin.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub enum Quantity {
    /// Operating mode as an integer code (`sim::Mode::code`).
    Mode,
    /// Ability to serve, 0..1.
    Service,
    /// Process rate [process units/h].
    Rate,
    /// Storage level [storage amount].
    Level,
    /// Temperature of the thermal facet [°C].
    Temperature,
    /// Power or other service drawn by this asset [medium unit].
    Drawn(MediumId),
    /// Service given by this asset [medium unit].
    Given(MediumId),
    /// A measured variable that the model does not predict (shown, trended, checked).
    Free(String),
}

/// Payload form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Encoding {
    /// `{"v": 12.3, "t": <ms since epoch>, "u": "Cel", "q": 192, "s": <sequence>}`; `u`, `q`, `s` optional.
    Json,
    /// A bare decimal number; the event time is the time of receipt.
    Raw,
}

/// A telemetry tag with its contract.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Tag {
    /// Stable identifier (`CH-1.T_supply`).
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whose.
    pub asset: AssetId,
    /// What it measures.
    pub quantity: Quantity,
    /// MQTT topic, without wildcards.
    pub topic: String,
    /// Payload form.
    pub encoding: Encoding,
    /// UCUM code of the model's unit for this quantity (SI or the medium's unit).
    pub unit: String,
    /// UCUM code in which the publisher sends when the payload names none.
    pub published_unit: String,
    /// Lowest plausible value [unit].
    pub min: f64,
    /// Highest plausible value [unit].
    pub max: f64,
    /// Fastest plausible change [unit/s]; infinite when unchecked.
    pub max_rate_per_s: Option<f64>,
    /// Expected publishing period.
    pub period: Span,
    /// A value older than this is stale.
    pub max_age: Span,
    /// Measurement noise, one standard deviation [unit].
    pub noise_sd: f64,
    /// A redundant sensor of the same quantity.
    pub partner: Option<TagId>,
    /// Where the contract comes from.
    pub source: String,
}
