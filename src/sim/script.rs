//! Scripted interventions: what an outage, a response or a live command does to a run, and when.
//!
//! Plain data; `actions` carries it out. Times are instants of the run's own clock (`State::time`).

use crate::plant::{Action, AreaId, AssetId, CrewId, MediumId};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// How long an intervention lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Until {
    /// Until a crew has repaired it, by the failure mode's own law.
    Repaired,
    /// Exactly this long, without a crew.
    For(Span),
}

/// Something done to the plant from outside.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Intervention {
    /// The asset fails.
    Fail {
        /// Whose.
        asset: AssetId,
        /// Position in `Asset::reliability`; `None`: lost (repaired by the law of the first mode, or never when it has none).
        mode: Option<usize>,
        /// How long.
        until: Until,
    },
    /// The asset works at a fraction of its ability.
    Degrade {
        /// Whose.
        asset: AssetId,
        /// Fraction, 0..=1.
        to: f64,
        /// How long; `Repaired` means: to the end of the run, or until it is repaired from a failure.
        until: Until,
    },
    /// All assets of an area get none of a medium.
    LoseArea {
        /// Where.
        area: AreaId,
        /// What.
        medium: MediumId,
        /// How long; `Repaired` means: to the end of the run.
        until: Until,
    },
    /// A source gives nothing (late supply); it needs no restart.
    SupplyOff {
        /// Whose.
        asset: AssetId,
        /// How long.
        duration: Span,
    },
    /// A crew takes no new job; work in hand is finished.
    CrewAbsent {
        /// Which.
        crew: CrewId,
        /// How long.
        duration: Span,
    },
    /// The ambient temperature differs.
    Ambient {
        /// By this much [K].
        delta_c: f64,
        /// How long.
        duration: Span,
    },
    /// Repairs that begin now take longer.
    SlowRepair {
        /// Factor on repair times, > 0.
        factor: f64,
        /// How long.
        duration: Span,
    },
    /// An action on an asset.
    Act(Action),
}

/// Interventions with their times. Entries of one time happen in this order.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Script(pub Vec<(Time, Intervention)>);

impl Script {
    /// Nothing happens.
    pub fn empty() -> Self {
        Script(Vec::new())
    }
}
