//! Telemetry tags as written: mostly one word, the rest by default.

use crate::plant::telemetry::Encoding;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a tag measures.
#[derive(Serialize, Deserialize, JsonSchema, Clone, PartialEq, Debug)]
pub enum QuantityFile {
    /// Operating mode as an integer code.
    Mode,
    /// Ability to serve, 0..1.
    Service,
    /// Process rate [process units/h].
    Rate,
    /// Storage level.
    Level,
    /// Temperature of the thermal facet [°C].
    Temperature,
    /// A service drawn.
    Drawn(String),
    /// A service given.
    Given(String),
    /// A measured variable that the model does not predict; the text is its name.
    Free(String),
}

/// A telemetry tag with its contract.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct TagFile {
    /// What it measures.
    pub measures: QuantityFile,
    /// Stable identifier; default `<asset>.<quantity>`.
    #[serde(default)]
    pub id: Option<String>,
    /// What people call it; default from asset and quantity.
    #[serde(default)]
    pub name: Option<String>,
    /// MQTT topic; default `plantcast/<plant>/tele/<asset>/<quantity>`.
    #[serde(default)]
    pub topic: Option<String>,
    /// Payload form; default Json.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// UCUM code in which it is published when the payload names none; default: the model's unit. Needed for `Free`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Lowest plausible value [model unit]; default from the asset. Needed for `Free`.
    #[serde(default)]
    pub min: Option<f64>,
    /// Highest plausible value [model unit]; default from the asset. Needed for `Free`.
    #[serde(default)]
    pub max: Option<f64>,
    /// Fastest plausible change [model unit/s]; default: unchecked.
    #[serde(default)]
    pub max_rate_per_s: Option<f64>,
    /// Publishing period; default 2 s.
    #[serde(default)]
    pub period: Option<Span>,
    /// A value older than this is stale; default 15 s, at least three periods.
    #[serde(default)]
    pub max_age: Option<Span>,
    /// Measurement noise, one standard deviation [model unit]; default 0.5 % of the range, 0 for modes.
    #[serde(default)]
    pub noise: Option<f64>,
    /// Id of a redundant tag of the same quantity.
    #[serde(default)]
    pub partner: Option<String>,
    /// Where the contract comes from.
    #[serde(default)]
    pub source: String,
}
