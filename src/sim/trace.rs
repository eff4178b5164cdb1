//! What happened and why: the recorded cause of every change.
//!
//! The recorded cause names the input or event that was short (for k-of-n: all missing members);
//! the counterfactual is what a paired ensemble shows (`forecast`), never guessed here.

use super::Mode;
use crate::plant::{Action, AssetId, GroupId, MediumId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Why something changed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Cause {
    /// Nothing is wrong: the start of the run, or back to normal.
    #[default]
    Nominal,
    /// Entry of the script.
    Script(usize),
    /// Its own failure mode (position in `Asset::reliability`).
    Failure {
        /// Position in `Asset::reliability`.
        mode: usize,
    },
    /// Planned maintenance (position in `Asset::maintenance`).
    Maintenance {
        /// Position in `Asset::maintenance`.
        plan: usize,
    },
    /// A start was tried and failed.
    StartFailed,
    /// A service was short.
    Shortage {
        /// Which.
        medium: MediumId,
        /// The givers (or reserves) that fell short.
        from: Vec<AssetId>,
    },
    /// Too few members of a k-of-n group gave service.
    Group {
        /// Which group.
        group: GroupId,
        /// All missing members.
        missing: Vec<AssetId>,
    },
    /// No material came.
    Starved {
        /// The sources that gave too little.
        from: Vec<AssetId>,
    },
    /// Material could not leave.
    Blocked {
        /// The destinations that took too little.
        by: Vec<AssetId>,
    },
    /// A control rule (position in `Asset::control`) on the asset, watching another (or itself).
    Control {
        /// Position in `Asset::control` of the asset that changed.
        rule: usize,
        /// The watched asset.
        asset: AssetId,
    },
    /// The temperature reached the trip.
    Trip,
    /// A repair ended.
    RepairDone,
    /// A start was completed.
    Start,
    /// Commanded by an action.
    Command,
    /// A level or a temperature reached a threshold.
    Crossing,
}

impl Cause {
    /// The other assets named as upstream causes; empty when the cause lies in the asset itself or in the script.
    pub fn assets(&self) -> &[AssetId] {
        match self {
            Cause::Shortage { from, .. } | Cause::Starved { from } => from,
            Cause::Group { missing, .. } => missing,
            Cause::Blocked { by } => by,
            Cause::Control { asset, .. } => std::slice::from_ref(asset),
            Cause::Nominal
            | Cause::Script(_)
            | Cause::Failure { .. }
            | Cause::Maintenance { .. }
            | Cause::StartFailed
            | Cause::Trip
            | Cause::RepairDone
            | Cause::Start
            | Cause::Command
            | Cause::Crossing => &[],
        }
    }
}

/// What crossed a threshold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Signal {
    /// Level of the storage [storage amount].
    Level,
    /// Temperature [°C].
    Temperature,
}

/// What changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Change {
    /// The operating mode.
    Mode {
        /// Before.
        from: Mode,
        /// After.
        to: Mode,
    },
    /// The service, 0..1.
    Service {
        /// Before.
        from: f64,
        /// After.
        to: f64,
    },
    /// A level or temperature reached a threshold.
    Crossed {
        /// Which quantity.
        signal: Signal,
        /// The threshold [storage amount or °C].
        value: f64,
        /// Upward.
        rising: bool,
    },
    /// A failure mode struck (also when the asset keeps running derated).
    Failed {
        /// Position in `Asset::reliability`.
        mode: usize,
    },
    /// A repair waits for a crew or for a spare part.
    RepairQueued {
        /// Position in `Asset::reliability`.
        mode: usize,
    },
    /// Work on a repair began.
    RepairStarted {
        /// Position in `Asset::reliability`.
        mode: usize,
    },
    /// A repair was completed.
    Repaired {
        /// Position in `Asset::reliability`.
        mode: usize,
    },
    /// Planned maintenance is due; the asset runs on until a crew opens it.
    MaintenanceDue {
        /// Position in `Asset::maintenance`.
        plan: usize,
    },
    /// Planned maintenance began.
    MaintenanceStarted {
        /// Position in `Asset::maintenance`.
        plan: usize,
    },
    /// Planned maintenance was completed.
    MaintenanceDone {
        /// Position in `Asset::maintenance`.
        plan: usize,
    },
    /// An action was carried out, or refused because the asset accepts no commands.
    Acted {
        /// What.
        action: Action,
        /// Whether it had its effect.
        accepted: bool,
    },
    /// Content of a stopped process was lost [process units].
    HoldLost {
        /// How much.
        units: f64,
    },
}

/// One recorded change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TraceEvent {
    /// When.
    pub at: Time,
    /// Order of recording within the run.
    pub seq: u64,
    /// Whose.
    pub asset: AssetId,
    /// What.
    pub what: Change,
    /// Why.
    pub cause: Cause,
}
