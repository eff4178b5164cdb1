//! Couplings as written: drains in `storage`, mixing and heat exchange in `thermal`.

use crate::plant::coupling::DrainLaw;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An outflow by gravity.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct DrainFile {
    /// The storage below, of the same medium; default: it leaves the plant.
    #[serde(default)]
    pub to: Option<String>,
    /// How fast: `Linear(per_h: ..)` or `Torricelli(full_per_h: ..)`.
    pub law: DrainLaw,
    /// A valve or pipe whose ability scales the flow; default: always open.
    #[serde(default)]
    pub via: Option<String>,
}

/// How well heat passes.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub enum ExchangeLaw {
    /// UA: heat transfer coefficient × area.
    Ua {
        /// Coefficient [kW/K].
        kw_per_k: f64,
    },
    /// Heat exchanger by effectiveness (Kays & London): heat = effectiveness · smaller capacity rate · ΔT.
    Effectiveness {
        /// Effectiveness, 0..1.
        fraction: f64,
        /// The smaller of the two capacity rates, mass flow × specific heat [kW/K].
        least_kw_per_k: f64,
    },
}

/// Heat exchanged with another thermal asset. Declare a pair once.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ExchangeFile {
    /// The other asset.
    pub with: String,
    /// How well: `Ua(kw_per_k: ..)` or `Effectiveness(fraction: .., least_kw_per_k: ..)`.
    pub by: ExchangeLaw,
    /// A pump or exchanger whose ability scales it; default: always.
    #[serde(default)]
    pub via: Option<String>,
}
