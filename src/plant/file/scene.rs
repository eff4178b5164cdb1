//! The scene as a whole: envelope, media, areas, links, groups, crews, cells, money, views.

use super::asset::{AssetFile, KindFile};
use super::profile::ProfileFile;
use super::upkeep::{ShiftFile, SpareFile};
use crate::plant::model::Autonomy;
use crate::plant::upkeep::ShiftEnd;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A plant: its assets and links, media, areas, crews, agent cells, telemetry contracts, prices.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct SceneFile {
    /// Version of this format; 1.
    pub version: u32,
    /// Stable identifier, used in topics and file names: letters, digits, `_`, `-`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// One paragraph.
    #[serde(default)]
    pub about: String,
    /// Set for scenes of live monitoring only: why `whatif` is refused.
    #[serde(default)]
    pub forecast_refused: Option<String>,
    /// Ambient temperature [°C]; default 20.
    #[serde(default = "ambient")]
    pub ambient_c: f64,
    /// Ambient temperature over the day [°C], Steps or Linear; replaces `ambient_c`.
    #[serde(default)]
    pub ambient_profile: Option<ProfileFile>,
    /// Time of day when plant time is zero: the start of a simulation, midnight of UTC live; default 0.
    #[serde(default)]
    pub day_offset: Span,
    /// Prices.
    #[serde(default)]
    pub money: MoneyFile,
    /// What flows.
    pub media: Vec<MediumFile>,
    /// Named regions of the floor.
    #[serde(default)]
    pub areas: Vec<AreaFile>,
    /// Libraries of kinds beside the scene (`my.kinds.ron`), read in this order after the built-in ones.
    #[serde(default)]
    pub kind_files: Vec<String>,
    /// Kinds of this scene; a later kind of the same id replaces an earlier one.
    #[serde(default)]
    pub kinds: Vec<KindFile>,
    /// Equipment.
    pub assets: Vec<AssetFile>,
    /// Connections.
    #[serde(default)]
    pub links: Vec<LinkFile>,
    /// k-of-n groups.
    #[serde(default)]
    pub groups: Vec<GroupFile>,
    /// Maintenance crews.
    #[serde(default)]
    pub crews: Vec<CrewFile>,
    /// Spare parts.
    #[serde(default)]
    pub spares: Vec<SpareFile>,
    /// When a simulation begins, since a Monday's midnight UTC (`"6h"`): for shifts and windows; default 0.
    #[serde(default)]
    pub begins: Span,
    /// Agent cells.
    #[serde(default)]
    pub cells: Vec<CellFile>,
    /// Saved cameras.
    #[serde(default)]
    pub views: Vec<ViewFile>,
}

/// A library of kinds: `(version: 1, kinds: [..])`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct KindsFile {
    /// Version of this format; 1.
    pub version: u32,
    /// The kinds.
    pub kinds: Vec<KindFile>,
}

/// Prices of the plant.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct MoneyFile {
    /// ISO 4217 code; default EUR.
    #[serde(default = "euro")]
    pub currency: String,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// How a medium is distributed.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlowFile {
    /// A service: capacity, priority, then proportional share.
    Priority,
    /// A material pushed by processes and kept in storages.
    Material,
    /// Reserved: direct-current power flow. Refused until it exists.
    Dc,
    /// Reserved: pressure-driven pipe flow. Refused until it exists.
    PressureDriven,
}

/// Something that flows.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct MediumFile {
    /// Stable identifier (`power`).
    pub id: String,
    /// What people call it; default: the id.
    #[serde(default)]
    pub name: String,
    /// UCUM code: of a capacity or rate for services (`kW`, `m3/h`), of an amount for materials (`{bottle}`, `m3`).
    pub unit: String,
    /// Distribution; default Priority.
    #[serde(default = "priority_flow")]
    pub flow: FlowFile,
    /// sRGB colour of its pipes and cables, each 0..1.
    #[serde(default = "grey")]
    pub colour: [f32; 3],
    /// Cost per unit × hour where it enters the plant; default 0.
    #[serde(default)]
    pub price_per_unit_h: f64,
    /// kg CO₂ per unit × hour where it enters the plant; default 0.
    #[serde(default)]
    pub co2_kg_per_unit_h: f64,
    /// Tariff by time of day [currency per unit × h], Steps; replaces `price_per_unit_h`.
    #[serde(default)]
    pub price_profile: Option<ProfileFile>,
    /// Emission factor by time of day [kg CO₂ per unit × h], Steps; replaces `co2_kg_per_unit_h`.
    #[serde(default)]
    pub co2_profile: Option<ProfileFile>,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// A named region of the floor.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct AreaFile {
    /// Stable identifier.
    pub id: String,
    /// What people call it; default: the id.
    #[serde(default)]
    pub name: String,
    /// Floor rectangle (x0, z0, x1, z1) [m].
    pub rect: [f64; 4],
}

/// Connections of one medium from one asset to one or more others.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct LinkFile {
    /// What it carries.
    pub medium: String,
    /// Giver or upstream asset.
    pub from: String,
    /// Needers or downstream assets.
    pub to: Vec<String>,
    /// Way-points [m], only for a single target; default: routed automatically.
    #[serde(default)]
    pub via: Vec<[f64; 3]>,
}

/// A k-of-n redundancy group.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct GroupFile {
    /// Stable identifier.
    pub id: String,
    /// How many must run.
    pub k: u32,
    /// Members in starting order.
    pub members: Vec<String>,
    /// Whether a standby starts by itself when fewer than k run; default true.
    #[serde(default = "yes")]
    pub auto_start: bool,
}

/// Maintenance people.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct CrewFile {
    /// Stable identifier.
    pub id: String,
    /// What people call it; default: the id.
    #[serde(default)]
    pub name: String,
    /// Jobs it can do at once; default 1.
    #[serde(default = "one")]
    pub size: u32,
    /// Skills (`mechanical`, `electrical`).
    pub skills: Vec<String>,
    /// Time to get going for a job, whatever the distance; default 0.
    #[serde(default)]
    pub travel: Span,
    /// Speed on the way from its last job to the next, along the axes of the floor [m/s]; default: only `travel` counts.
    #[serde(default)]
    pub speed_m_per_s: Option<f64>,
    /// Where its people are before their first job (x, y, z) [m]; default: beside it.
    #[serde(default)]
    pub base: Option<[f64; 3]>,
    /// When it is there; default: always.
    #[serde(default)]
    pub shifts: Vec<ShiftFile>,
    /// What becomes of the work in hand when its shift ends; default Finish.
    #[serde(default)]
    pub at_shift_end: ShiftEnd,
    /// Cost while working [currency/h]; default 0.
    #[serde(default)]
    pub cost_per_h: f64,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// A group of assets with one agent.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct CellFile {
    /// Stable identifier.
    pub id: String,
    /// What people call it; default: the id.
    #[serde(default)]
    pub name: String,
    /// Assets whose modes are features of the cell's MDP.
    pub members: Vec<String>,
    /// Storages whose discretised levels are features.
    #[serde(default)]
    pub levels: Vec<String>,
    /// Assets with a thermal facet whose discretised temperatures are features.
    #[serde(default)]
    pub temperatures: Vec<String>,
    /// Bins of a level or temperature; default 5.
    #[serde(default = "five")]
    pub bins: u32,
    /// Decision step; default 5 min.
    #[serde(default = "five_minutes")]
    pub step: Span,
    /// Discount per step, between 0 and 1; default 0.99.
    #[serde(default = "discount")]
    pub discount: f64,
    /// Autonomy level; default Advise.
    #[serde(default = "advise")]
    pub autonomy: Autonomy,
}

/// A saved camera.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ViewFile {
    /// Name in menus and for `--view`.
    pub name: String,
    /// Camera position [m].
    pub eye: [f64; 3],
    /// Looked-at point [m].
    pub target: [f64; 3],
}

impl Default for MoneyFile {
    fn default() -> Self {
        MoneyFile { currency: euro(), source: String::new() }
    }
}

fn ambient() -> f64 {
    20.0
}
fn euro() -> String {
    "EUR".into()
}
fn priority_flow() -> FlowFile {
    FlowFile::Priority
}
fn grey() -> [f32; 3] {
    [0.6, 0.6, 0.6]
}
fn yes() -> bool {
    true
}
fn one() -> u32 {
    1
}
fn five() -> u32 {
    5
}
fn five_minutes() -> Span {
    Span::from_min(5.0)
}
fn discount() -> f64 {
    0.99
}
fn advise() -> Autonomy {
    Autonomy::Advise
}
