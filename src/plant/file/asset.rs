//! Assets and kinds as written: where it stands, what it looks like, its facets.
//!
//! A kind is a named bundle of the same facets. A facet that the asset states replaces the kind's facet of that
//! name as a whole; tags are added to the kind's tags.

use super::coupling::{DrainFile, ExchangeFile};
use super::reliability::FailureFile;
use super::tag::TagFile;
use super::upkeep::MaintenanceFile;
use crate::plant::facets::{Effect, OnShort};
use crate::plant::form::Form;
use crate::plant::model::{ActionClass, ActionKind, InitialMode, SafetyClass, Shape};
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One piece of equipment.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct AssetFile {
    /// Stable identifier (`CH-1`): letters, digits, `_`, `-`.
    pub id: String,
    /// What people call it; default: the id.
    #[serde(default)]
    pub name: String,
    /// Kind of the library whose facets are the defaults; default: none.
    #[serde(default)]
    pub kind: Option<String>,
    /// Centre of the footprint on its floor (x, y, z) [m]; +Y up.
    pub at: [f64; 3],
    /// Rotation about +Y [deg]; 0 faces +Z.
    #[serde(default)]
    pub yaw: f64,
    /// Its area.
    #[serde(default)]
    pub area: Option<String>,
    /// How it begins; default Running.
    #[serde(default)]
    pub initial: Option<InitialMode>,
    /// Whether commands may touch it; default Process.
    #[serde(default)]
    pub safety: Option<SafetyClass>,
    /// Margin lost per hour while it is fully down, beyond what production counts [currency/h]; default 0.
    #[serde(default)]
    pub downtime_cost_per_h: f64,
    /// Shortfall of service below which it does not count as impacted, a fraction; default 0.05.
    #[serde(default)]
    pub impact_epsilon: Option<f64>,
    /// How long the shortfall must last; default 5 min.
    #[serde(default)]
    pub impact_tau: Option<Span>,
    /// Where its figures come from.
    #[serde(default)]
    pub source: String,
    /// Silhouette and size.
    #[serde(default)]
    pub body: Option<BodyFile>,
    /// Starting behaviour.
    #[serde(default)]
    pub start: Option<StartFile>,
    /// Failure modes.
    #[serde(default)]
    pub reliability: Option<Vec<FailureFile>>,
    /// Planned maintenance.
    #[serde(default)]
    pub maintenance: Option<Vec<MaintenanceFile>>,
    /// What it needs.
    #[serde(default)]
    pub needs: Option<Vec<NeedFile>>,
    /// What it gives.
    #[serde(default)]
    pub gives: Option<Vec<GiveFile>>,
    /// What it holds.
    #[serde(default)]
    pub storage: Option<StorageFile>,
    /// How it heats up.
    #[serde(default)]
    pub thermal: Option<ThermalFile>,
    /// What it makes, by rate or part by part.
    #[serde(default)]
    pub process: Option<ProcessFile>,
    /// Controls, interlocks and trips.
    #[serde(default)]
    pub control: Option<Vec<ControlFile>>,
    /// What may be commanded.
    #[serde(default)]
    pub actions: Option<Vec<ActionFile>>,
    /// What it publishes, beside the kind's tags.
    #[serde(default)]
    pub tags: Vec<TagFile>,
}

/// A named bundle of facet defaults and a body.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct KindFile {
    /// Name (`chiller`).
    pub id: String,
    /// One sentence.
    #[serde(default)]
    pub about: String,
    /// Where its figures come from.
    #[serde(default)]
    pub source: String,
    /// Its facets.
    #[serde(default)]
    pub facets: FacetsFile,
}

/// Facet defaults of a kind; every field as in an asset.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub struct FacetsFile {
    /// Silhouette and size.
    pub body: Option<BodyFile>,
    /// How it begins.
    pub initial: Option<InitialMode>,
    /// Whether commands may touch it.
    pub safety: Option<SafetyClass>,
    /// Starting behaviour.
    pub start: Option<StartFile>,
    /// Failure modes.
    pub reliability: Option<Vec<FailureFile>>,
    /// Planned maintenance.
    pub maintenance: Option<Vec<MaintenanceFile>>,
    /// What it needs.
    pub needs: Option<Vec<NeedFile>>,
    /// What it gives.
    pub gives: Option<Vec<GiveFile>>,
    /// What it holds.
    pub storage: Option<StorageFile>,
    /// How it heats up.
    pub thermal: Option<ThermalFile>,
    /// What it makes, by rate or part by part.
    pub process: Option<ProcessFile>,
    /// Controls, interlocks and trips.
    pub control: Option<Vec<ControlFile>>,
    /// What may be commanded.
    pub actions: Option<Vec<ActionFile>>,
    /// What it publishes.
    pub tags: Vec<TagFile>,
}

/// What it looks like; what is left out comes from the kind.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub struct BodyFile {
    /// Silhouette; default Box.
    pub shape: Option<Shape>,
    /// Extent along local x (length), y (height), z (depth) [m]; default 1 × 1 × 1.
    pub size: Option<[f64; 3]>,
    /// glTF file that replaces the silhouette, inside the scene's folder.
    pub gltf: Option<String>,
}

/// Starting behaviour.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub struct StartFile {
    /// From the start command, or returning inputs, to full service; default 0.
    pub delay: Span,
    /// Probability that a start fails; default 0.
    pub failure_probability: f64,
    /// Where the figures come from.
    pub source: String,
}

/// An amount of a service medium that it needs to work.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct NeedFile {
    /// What.
    pub medium: String,
    /// Demand at full load [medium unit].
    pub amount: f64,
    /// Fraction still demanded while it idles; default 1.
    #[serde(default = "whole")]
    pub idle_fraction: f64,
    /// Served first when lower; default 5.
    #[serde(default = "middle")]
    pub priority: u8,
    /// How long a shortage is bridged; default 0.
    #[serde(default)]
    pub ride_through: Span,
    /// What a shortage does; default Stop(below: 0.95).
    #[serde(default = "stop")]
    pub on_short: OnShort,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// A capacity of a service medium that it offers.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct GiveFile {
    /// What.
    pub medium: String,
    /// Capacity at full ability [medium unit].
    pub capacity: f64,
    /// Lower is dispatched first; default 5.
    #[serde(default = "middle")]
    pub merit: u8,
    /// Service media turned into this one, per unit given.
    #[serde(default)]
    pub from: Vec<InputFile>,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// A medium consumed per unit.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// What.
    pub medium: String,
    /// Amount per unit; default 1.
    #[serde(default = "whole")]
    pub per_unit: f64,
    /// Served first when lower; default 5.
    #[serde(default = "middle")]
    pub priority: u8,
}

/// A medium produced per process unit.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct OutputFile {
    /// What.
    pub medium: String,
    /// Amount per unit; default 1.
    #[serde(default = "whole")]
    pub per_unit: f64,
}

/// A quantity held.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct StorageFile {
    /// What.
    pub medium: String,
    /// Capacity [material unit, or service unit × hour].
    pub capacity: f64,
    /// Level at the start [same]; default: half full for a material, full for a service.
    #[serde(default)]
    pub initial: Option<f64>,
    /// Fastest discharge of a service reserve [service unit]; default: capacity per hour.
    #[serde(default)]
    pub max_discharge: Option<f64>,
    /// Fastest recharge of a service reserve [service unit]; default: a tenth of the discharge.
    #[serde(default)]
    pub max_charge: Option<f64>,
    /// Outflows of a material by gravity, beside what processes draw; default: none.
    #[serde(default)]
    pub outflow: Vec<DrainFile>,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// Heat balance: C·dT/dt = heat·load − G·(T − ambient) − cooling, plus mixing and exchange where declared.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ThermalFile {
    /// Heat capacity C [kJ/K]; needed unless `kj_per_k_per_unit` is given.
    #[serde(default)]
    pub capacity_kj_per_k: Option<f64>,
    /// Heat capacity of one unit of the storage's content [kJ/K per storage unit]: C follows the level and inflow mixes.
    #[serde(default)]
    pub kj_per_k_per_unit: Option<f64>,
    /// Temperature of inflow from assets without a thermal facet [°C]; default: ambient. Needs `kj_per_k_per_unit`.
    #[serde(default)]
    pub inflow_c: Option<f64>,
    /// Heat exchanged with other thermal assets; default: none.
    #[serde(default)]
    pub exchange_with: Vec<ExchangeFile>,
    /// Heat exchange with ambient G [kW/K]; default 0.
    #[serde(default)]
    pub exchange_kw_per_k: f64,
    /// Heat source at full load [kW].
    pub heat_kw: f64,
    /// Temperature at the start [°C]; default: the set-point.
    #[serde(default)]
    pub initial_c: Option<f64>,
    /// Temperature held while cooling suffices [°C].
    pub setpoint_c: f64,
    /// Trips at or above [°C].
    pub trip_c: f64,
    /// The trip may be reset at or below [°C].
    pub reset_c: f64,
    /// Whether the trip resets itself at `reset_c`; default false.
    #[serde(default)]
    pub auto_reset: bool,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// A production step.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ProcessFile {
    /// UCUM code of the process unit (`{bottle}`, `m3`); default: the first output's, else the first input's medium unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// By rate, or part by part, e.g. `Parts(cycle: Exponential(mean: "1min"))`; default: ByRate.
    #[serde(default)]
    pub form: Form,
    /// Process units per hour at full ability. The parts form leaves it out: its rate follows from the cycle.
    #[serde(default)]
    pub rate_per_h: f64,
    /// Duration of one cycle of the rate form; default: one unit's time. The rate form needs cycles far shorter than failures and repairs.
    #[serde(default)]
    pub cycle: Option<Span>,
    /// Materials consumed per unit.
    #[serde(default)]
    pub inputs: Vec<InputFile>,
    /// Materials produced per good unit.
    #[serde(default)]
    pub outputs: Vec<OutputFile>,
    /// Fraction of units scrapped; default 0.
    #[serde(default)]
    pub scrap: f64,
    /// Money earned per good unit; default 0.
    #[serde(default)]
    pub earns_per_unit: f64,
    /// Money lost per scrapped unit; default 0.
    #[serde(default)]
    pub scrap_cost_per_unit: f64,
    /// Longest stop before its content is lost; default: never.
    #[serde(default)]
    pub hold_limit: Option<Span>,
    /// Units scrapped when `hold_limit` is exceeded; default 0.
    #[serde(default)]
    pub hold_loss_units: f64,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// When a control rule fires.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub enum ConditionFile {
    /// Level of a storage below this fraction of capacity.
    LevelBelow {
        /// Whose storage.
        asset: String,
        /// Fraction of capacity.
        fraction: f64,
    },
    /// Level at or above this fraction.
    LevelAbove {
        /// Whose storage.
        asset: String,
        /// Fraction of capacity.
        fraction: f64,
    },
    /// Temperature at or above [°C].
    TemperatureAbove {
        /// Whose thermal facet.
        asset: String,
        /// Threshold [°C].
        celsius: f64,
    },
    /// Temperature below [°C].
    TemperatureBelow {
        /// Whose thermal facet.
        asset: String,
        /// Threshold [°C].
        celsius: f64,
    },
    /// The asset gives no service.
    NotRunning {
        /// Whose.
        asset: String,
    },
    /// The asset gives service.
    Running {
        /// Whose.
        asset: String,
    },
}

/// A threshold rule on the asset that carries it.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ControlFile {
    /// Name shown as the cause.
    pub id: String,
    /// When.
    pub when: ConditionFile,
    /// The condition must hold this long; default 0.
    #[serde(default)]
    pub delay: Span,
    /// How far the quantity must come back until the condition ends, as a fraction of capacity or in K; default 0.02 or 1 K.
    #[serde(default)]
    pub hysteresis: Option<f64>,
    /// What it does.
    pub then: Effect,
    /// Controller that must give service for the rule to act; default: hard-wired.
    #[serde(default)]
    pub via: Option<String>,
}

/// Something that may be commanded.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ActionFile {
    /// What; for `SetRate` the number is the lowest allowed fraction.
    pub kind: ActionKind,
    /// Risk class; default Low.
    #[serde(default = "low")]
    pub class: ActionClass,
    /// One-off cost [currency]; default 0.
    #[serde(default)]
    pub cost: f64,
    /// Time within which its effect must be measured; default 10 min.
    #[serde(default = "ten_minutes")]
    pub effect_within: Span,
}

fn middle() -> u8 {
    5
}
fn whole() -> f64 {
    1.0
}
fn stop() -> OnShort {
    OnShort::Stop { below: 0.95 }
}
fn low() -> ActionClass {
    ActionClass::Low
}
fn ten_minutes() -> Span {
    Span::from_min(10.0)
}
