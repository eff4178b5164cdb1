//! The file form: every field but `version`, `id` and `name` may be inherited, hence optional.
//!
//! Owns reading, writing and the version; the resolved value is [`Scenario`](super::Scenario). Invariant:
//! writing is canonical, so a file written by this program reloads and rewrites byte for byte.

use super::inherit;
use super::model::{Disruption, Response, Scenario, StartSpec};
use crate::document::{self, DocumentError, Issue, Limits, Source};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The only version so far.
pub(super) const VERSION: u32 = 1;

/// A scenario file as written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename = "Scenario")]
pub(super) struct RawScenario {
    pub version: u32,
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<String>")]
    pub extends: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<String>")]
    pub story: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<String>")]
    pub scene: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<StartSpec>")]
    pub start: Option<StartSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<Span>")]
    pub horizon: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<u32>")]
    pub runs: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<u64>")]
    pub seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "bare")]
    #[schemars(with = "Option<f64>")]
    pub ambient_offset_c: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_disruptions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disruptions: Vec<Disruption>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_responses: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
}

/// Options written without `Some(…)`: a field is there or it is not.
mod bare {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, s: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(v) => v.serialize(s),
            None => s.serialize_none(),
        }
    }
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
        T::deserialize(d).map(Some)
    }
}
