//! What couples levels and temperatures with each other: drains by gravity, mixing of what flows in, heat exchange.
//!
//! Parts of the `storage` and `thermal` facets in the file; kept together here because one solver (`sim::coupled`) owns
//! them. Invariant: whatever is named here has the facet that it needs.

use super::model::AssetId;
use serde::{Deserialize, Serialize};

/// Everything of one asset that couples its level or temperature. The default couples nothing.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Coupling {
    /// Outflows of its storage by gravity.
    pub drains: Vec<Drain>,
    /// Heat capacity proportional to the level.
    pub mixing: Option<Mixing>,
    /// Heat exchanged with other thermal assets; each pair is declared once.
    pub exchanges: Vec<Exchange>,
}

impl Coupling {
    /// Whether nothing is coupled.
    pub fn is_empty(&self) -> bool {
        self.drains.is_empty() && self.mixing.is_none() && self.exchanges.is_empty()
    }
}

/// How fast a storage drains.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum DrainLaw {
    /// In proportion to the level (laminar, long pipe): flow = `per_h` · level.
    Linear {
        /// Fraction of the level per hour [1/h].
        per_h: f64,
    },
    /// With the square root of the level (Torricelli): flow = `full_per_h` · √(level / capacity).
    Torricelli {
        /// Flow at full level [storage amount per h].
        full_per_h: f64,
    },
}

/// An outflow by gravity.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Drain {
    /// The storage below; `None`: it leaves the plant.
    pub to: Option<AssetId>,
    /// How fast.
    pub law: DrainLaw,
    /// A valve or pipe whose ability scales the flow; `None`: always open.
    pub via: Option<AssetId>,
}

/// A well mixed content: heat capacity proportional to the level, inflow brings its own temperature.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Mixing {
    /// Heat capacity of one unit of content [kJ/K per storage amount].
    pub kj_per_k_per_unit: f64,
    /// Temperature of inflow from an asset without a thermal facet [°C]; `None`: ambient.
    pub inflow_c: Option<f64>,
}

/// Heat exchanged with another thermal asset: kW/K · (T_other − T_own).
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Exchange {
    /// The other asset.
    pub with: AssetId,
    /// Exchange coefficient [kW/K].
    pub kw_per_k: f64,
    /// A pump or exchanger whose ability scales it; `None`: always.
    pub via: Option<AssetId>,
}
