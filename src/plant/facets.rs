//! The facets an asset is made of, with their units. Every probability is 0..=1, every fraction 0..=1.

use super::form::Form;
use super::model::{AssetId, MediumId};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Starting behaviour.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Start {
    /// From the start command (or returning inputs) to full service.
    pub delay: Span,
    /// Probability that a start fails; the asset then waits for a repair of its first failure mode.
    pub failure_probability: f64,
}

/// An amount of a service medium that the asset needs to work.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Need {
    /// What.
    pub medium: MediumId,
    /// Demand at full load [medium unit].
    pub amount: f64,
    /// Fraction of `amount` still demanded while it idles (starved, blocked); 0 while off.
    pub idle_fraction: f64,
    /// Served first when lower.
    pub priority: u8,
    /// How long a shortage is bridged (UPS, receiver) before `on_short` acts.
    pub ride_through: Span,
    /// What a shortage does.
    pub on_short: OnShort,
}

/// What a shortage of a need does.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum OnShort {
    /// Stops below this fraction of the demand (e.g. 0.95); restarts through a start event when it returns.
    Stop {
        /// Fraction of demand below which it stops.
        below: f64,
    },
    /// Works in proportion to what it gets.
    Derate,
    /// Heats up: the asset's `thermal` facet receives only what is allocated.
    HeatUp,
    /// Keeps its last rate but accepts no commands and no automatic starts (signal media).
    HoldLast,
}

/// A capacity of a service medium that the asset offers when it works.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Give {
    /// What.
    pub medium: MediumId,
    /// Capacity at full ability [medium unit].
    pub capacity: f64,
    /// Lower is dispatched first; equal merits share in proportion to capacity.
    pub merit: u8,
    /// Service media turned into this one: per unit given. Demanded in addition to the asset's `needs`.
    pub from: Vec<Input>,
}

/// A medium consumed per unit.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Input {
    /// What.
    pub medium: MediumId,
    /// Amount per unit of output (or per process unit).
    pub per_unit: f64,
    /// Served first when lower.
    pub priority: u8,
}

/// A medium produced per process unit.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Output {
    /// What.
    pub medium: MediumId,
    /// Amount per process unit.
    pub per_unit: f64,
}

/// A quantity held: a material buffer, or a reserve of a service (air receiver, battery).
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Storage {
    /// What is held.
    pub medium: MediumId,
    /// Capacity [amount: material unit, or service unit × hour].
    pub capacity: f64,
    /// Initial level [same].
    pub initial: f64,
    /// Fastest discharge of a service reserve [service unit]; ignored for materials.
    pub max_discharge: f64,
    /// Fastest recharge of a service reserve [service unit]; ignored for materials.
    pub max_charge: f64,
}

/// First-order heat balance: C·dT/dt = heat·load − G·(T − ambient) − cooling.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Thermal {
    /// Heat capacity C [kJ/K].
    pub capacity_kj_per_k: f64,
    /// Heat exchange with ambient G [kW/K].
    pub exchange_kw_per_k: f64,
    /// Heat source at full load [kW].
    pub heat_kw: f64,
    /// Initial temperature [°C].
    pub initial_c: f64,
    /// Temperature held by the control while cooling suffices [°C]: cooling is throttled so that T does not fall below.
    pub setpoint_c: f64,
    /// Trips at or above [°C].
    pub trip_c: f64,
    /// The trip may be reset, or resets itself if `auto_reset`, at or below [°C].
    pub reset_c: f64,
    /// Whether the trip resets itself at `reset_c`.
    pub auto_reset: bool,
}

/// A production step, by rate or by discrete parts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Process {
    /// By rate, or part by part.
    #[serde(skip_serializing_if = "Form::is_by_rate")]
    pub form: Form,
    /// Process units per hour at full ability; of the parts form servers ÷ mean cycle, never starved or blocked.
    pub rate_per_h: f64,
    /// Materials consumed per unit.
    pub inputs: Vec<Input>,
    /// Materials produced per good unit.
    pub outputs: Vec<Output>,
    /// Fraction of units scrapped: outputs are multiplied by 1 − scrap.
    pub scrap: f64,
    /// Money earned per good unit (the margin, booked where product leaves the plant).
    pub earns_per_unit: f64,
    /// Money lost per scrapped unit.
    pub scrap_cost_per_unit: f64,
    /// Longest time this step may be stopped before its content is lost [None: never]; booked as scrap of `hold_loss` units.
    pub hold_limit: Option<Span>,
    /// Units scrapped when `hold_limit` is exceeded.
    pub hold_loss_units: f64,
}

/// When a control rule fires.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub enum Condition {
    /// Level of a storage below this fraction of capacity.
    LevelBelow {
        /// Whose storage.
        asset: AssetId,
        /// Fraction of capacity.
        fraction: f64,
    },
    /// Level at or above this fraction.
    LevelAbove {
        /// Whose storage.
        asset: AssetId,
        /// Fraction of capacity.
        fraction: f64,
    },
    /// Temperature at or above [°C].
    TemperatureAbove {
        /// Whose thermal facet.
        asset: AssetId,
        /// Threshold [°C].
        celsius: f64,
    },
    /// Temperature below [°C].
    TemperatureBelow {
        /// Whose thermal facet.
        asset: AssetId,
        /// Threshold [°C].
        celsius: f64,
    },
    /// The asset gives no service.
    NotRunning {
        /// Whose.
        asset: AssetId,
    },
    /// The asset gives service.
    Running {
        /// Whose.
        asset: AssetId,
    },
}

/// What a control rule does to its own asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Effect {
    /// Latched stop until reset.
    Trip,
    /// Held stopped while the condition lasts (interlock): back by itself when it ends.
    Inhibit,
    /// Command on.
    Start,
    /// Command off.
    Stop,
    /// Limit to a fraction of nominal.
    SetRate(f64),
}

/// A threshold rule on the asset that carries it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ControlRule {
    /// Name shown as the cause.
    pub id: String,
    /// When.
    pub when: Condition,
    /// The condition must hold this long.
    pub delay: Span,
    /// How far the quantity must come back until the condition ends [fraction of capacity for levels, K for temperatures];
    /// `None`: 2 % or 1 K.
    pub hysteresis: Option<f64>,
    /// What it does.
    pub then: Effect,
    /// Controller that must give service for the rule to act; `None`: hard-wired.
    pub via: Option<AssetId>,
}
