//! Profiles of the day as written.

use crate::plant::profile::Between;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A quantity that repeats: `(knots: [("6h", 0.24), ("22h", 0.12)])`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    /// Time within the period and value, in order. Before the first knot the last one of the period before holds.
    pub knots: Vec<(Span, f64)>,
    /// Between knots: Steps (default) or Linear.
    #[serde(default)]
    pub form: Between,
    /// Repeats after this long; default one day.
    #[serde(default = "day")]
    pub period: Span,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

fn day() -> Span {
    Span::from_h(24.0)
}
