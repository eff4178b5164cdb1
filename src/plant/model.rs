//! The validated plant. Indices are positions in the plant's vectors and valid by construction.

use super::coupling::Coupling;
use super::facets::{ControlRule, Give, Need, Process, Start, Storage, Thermal};
use super::profile::Profiles;
use super::reliability::FailureMode;
use super::telemetry::Tag;
use super::upkeep::{Maintenance, ShiftEnd, Spare, Week};
use crate::time::Span;
use serde::{Deserialize, Serialize};

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);
        impl $name {
            /// Position in the plant's vector.
            pub fn index(self) -> usize { self.0 as usize }
        }
    };
}
index!(
    /// Position of an asset in [`Plant::assets`].
    AssetId
);
index!(
    /// Position of a medium in [`Plant::media`].
    MediumId
);
index!(
    /// Position of an area in [`Plant::areas`].
    AreaId
);
index!(
    /// Position of a redundancy group in [`Plant::groups`].
    GroupId
);
index!(
    /// Position of a crew in [`Plant::crews`].
    CrewId
);
index!(
    /// Position of a spare part in [`Plant::spares`].
    SpareId
);
index!(
    /// Position of an agent cell in [`Plant::cells`].
    CellId
);

/// A plant whose ids resolve and whose numbers are finite.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Plant {
    /// Stable identifier (`bottling`).
    pub id: String,
    /// What people call it.
    pub name: String,
    /// One paragraph.
    pub about: String,
    /// SHA-256 of the scene's canonical text: what evidence and audit refer to.
    pub hash: [u8; 32],
    /// False when the scene is for live monitoring only (its physics are not facets): `whatif` is refused with this reason.
    pub forecast_refused: Option<String>,
    /// Ambient temperature [°C]; the mean of its profile where it has one.
    pub ambient_c: f64,
    /// What follows the time of day.
    pub profiles: Profiles,
    /// What flows.
    pub media: Vec<Medium>,
    /// Named regions of the floor.
    pub areas: Vec<Area>,
    /// Equipment, in file order.
    pub assets: Vec<Asset>,
    /// Connections that carry a medium.
    pub links: Vec<Link>,
    /// k-of-n groups.
    pub groups: Vec<Group>,
    /// Maintenance crews.
    pub crews: Vec<Crew>,
    /// Spare parts.
    pub spares: Vec<Spare>,
    /// When a simulation begins, since a Monday's midnight UTC.
    pub begins: Span,
    /// Agent cells.
    pub cells: Vec<Cell>,
    /// Telemetry tags with their contracts.
    pub tags: Vec<Tag>,
    /// Prices.
    pub money: Money,
    /// Saved cameras.
    pub views: Vec<SavedView>,
}

/// How a medium is distributed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Flow {
    /// A service allocated on demand: capacity, priority, then proportional share (power, cooling, air, signal).
    Priority,
    /// A material pushed by processes at their rates and kept in storages (water, syrup, bottles, packs).
    Material,
}

/// Something that flows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Medium {
    /// Stable identifier (`power`).
    pub id: String,
    /// What people call it.
    pub name: String,
    /// UCUM code of a capacity or a rate for services (`kW`, `m3/h`), of an amount for materials (`{bottle}`, `m3`).
    pub unit: String,
    /// Distribution.
    pub flow: Flow,
    /// sRGB colour of its pipes and cables, 0..1.
    pub colour: [f32; 3],
    /// For energy media: cost per (unit × hour) and kg CO₂ per (unit × hour), both 0 when it is not bought.
    pub price_per_unit_h: f64,
    /// kg CO₂ per (unit × hour).
    pub co2_kg_per_unit_h: f64,
}

/// A named region of the floor.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Area {
    /// Stable identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Floor rectangle `[x0, z0, x1, z1]` [m].
    pub rect_m: [f64; 4],
}

/// Where an asset stands. Right-handed, +Y up, metres; yaw turns about +Y, 0 faces +Z.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Pose {
    /// Centre of the footprint on its floor [m].
    pub position_m: [f64; 3],
    /// Rotation about +Y [deg].
    pub yaw_deg: f64,
}

/// Parametric silhouettes. Dimensions come from [`Body::size_m`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[allow(missing_docs, reason = "each variant is the name of the thing it looks like")]
pub enum Shape {
    Pump,
    Motor,
    Compressor,
    Chiller,
    CoolingTower,
    Boiler,
    Transformer,
    Genset,
    Ups,
    Cabinet,
    Plc,
    NetworkSwitch,
    Busbar,
    GridFeed,
    TankVertical,
    TankHorizontal,
    Silo,
    AgitatedTank,
    Receiver,
    HeatExchanger,
    Pasteuriser,
    Membrane,
    Valve,
    Reactor,
    Column,
    Separator,
    Condenser,
    Depalletiser,
    Rinser,
    Filler,
    Capper,
    Labeller,
    Inspector,
    Packer,
    Palletiser,
    Conveyor,
    Rack,
    Dock,
    Intake,
    Vehicle,
    Box,
}

/// What an asset looks like.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Body {
    /// Silhouette.
    pub shape: Shape,
    /// Extent along local x (length), y (height), z (depth) [m]. A conveyor runs along local +x.
    pub size_m: [f64; 3],
    /// glTF file that replaces the silhouette, inside the scene's folder.
    pub gltf: Option<String>,
}

/// How an asset begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum InitialMode {
    /// Commanded on.
    Running,
    /// Ready, started by its group or by command.
    Standby,
    /// Commanded off.
    Off,
}

/// Whether commands may touch it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum SafetyClass {
    /// Basic process control: may be commanded within policy.
    Process,
    /// Safety system: read-only by construction.
    Safety,
}

/// One piece of equipment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Asset {
    /// Stable identifier (`CH-1`).
    pub id: String,
    /// `rng::stable_id(id)`.
    pub key: u64,
    /// What people call it.
    pub name: String,
    /// Kind name, for pooling and icons.
    pub kind: String,
    /// Silhouette.
    pub body: Body,
    /// Where it stands.
    pub pose: Pose,
    /// Its area.
    pub area: Option<AreaId>,
    /// How it begins.
    pub initial: InitialMode,
    /// Whether commands may touch it.
    pub safety: SafetyClass,
    /// Starting behaviour.
    pub start: Start,
    /// Failure modes; empty means it never fails by itself.
    pub reliability: Vec<FailureMode>,
    /// Planned maintenance.
    pub maintenance: Vec<Maintenance>,
    /// What it needs.
    pub needs: Vec<Need>,
    /// What it gives.
    pub gives: Vec<Give>,
    /// What it holds.
    pub storage: Option<Storage>,
    /// How it heats up.
    pub thermal: Option<Thermal>,
    /// What couples its level and temperature with others.
    pub coupling: Coupling,
    /// What it makes, by rate or part by part.
    pub process: Option<Process>,
    /// Its controls, interlocks and trips.
    pub control: Vec<ControlRule>,
    /// Its redundancy group.
    pub group: Option<GroupId>,
    /// Its agent cell.
    pub cell: Option<CellId>,
    /// Fidelity weight and money: lost margin per hour while it is fully down beyond what the KPIs count (usually 0).
    pub downtime_cost_per_h: f64,
    /// What may be commanded.
    pub actions: Vec<ActionSpec>,
    /// Shortfall of service below which it does not count as impacted (fraction of nominal, default 0.05).
    pub impact_epsilon: f64,
    /// How long the shortfall must last (default 5 min).
    pub impact_tau: Span,
}

/// A connection that carries one medium.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Link {
    /// Giver or upstream asset.
    pub from: AssetId,
    /// Needer or downstream asset.
    pub to: AssetId,
    /// What it carries.
    pub medium: MediumId,
    /// Way-points between the two [m]; empty: routed automatically.
    pub via_m: Vec<[f64; 3]>,
}

/// A k-of-n redundancy group.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Group {
    /// Stable identifier.
    pub id: String,
    /// How many must run.
    pub k: u32,
    /// Members in starting order.
    pub members: Vec<AssetId>,
    /// Whether a standby starts by itself when fewer than k run.
    pub auto_start: bool,
}

/// Maintenance people.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Crew {
    /// Stable identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Jobs it can do at once.
    pub size: u32,
    /// Skills (`mechanical`, `electrical`).
    pub skills: Vec<String>,
    /// Time to get going for a job, whatever the distance.
    pub travel: Span,
    /// Speed on the way from the last job to the next, along the axes of the floor [m/s]; `None`: only `travel` counts.
    pub speed_m_per_s: Option<f64>,
    /// Where its people are before their first job [m]; `None`: beside it.
    pub base_m: Option<[f64; 3]>,
    /// When it is there.
    pub shifts: Week,
    /// What becomes of the work in hand when its shift ends.
    pub at_shift_end: ShiftEnd,
    /// Cost while working.
    pub cost_per_h: f64,
}

impl Crew {
    /// One person, always there, who is at once where the work is and costs nothing.
    pub fn new(id: &str, skills: Vec<String>) -> Self {
        Crew {
            id: id.into(),
            name: id.into(),
            size: 1,
            skills,
            travel: Span::ZERO,
            speed_m_per_s: None,
            base_m: None,
            shifts: Week::default(),
            at_shift_end: ShiftEnd::Finish,
            cost_per_h: 0.0,
        }
    }
}

/// What an agent of this cell may do by itself (DESIGN 11).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Autonomy {
    /// L1: predicts.
    Predict,
    /// L2: advises; nothing of it can be sent.
    Advise,
    /// L3: acts after a signature.
    Supervised,
    /// L4: acts within bounds; off by default.
    ClosedLoop,
}

/// A group of assets with one agent.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cell {
    /// Stable identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Assets whose modes are features of the cell's MDP.
    pub members: Vec<AssetId>,
    /// Storages whose discretised levels are features.
    pub levels: Vec<AssetId>,
    /// Assets with a thermal facet whose discretised temperatures are features.
    pub temperatures: Vec<AssetId>,
    /// Bins of a level or temperature feature.
    pub bins: u32,
    /// Decision step of the MDP.
    pub step: Span,
    /// Discount per step.
    pub discount: f64,
    /// Autonomy level.
    pub autonomy: Autonomy,
}

/// What can be done to an asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum ActionKind {
    /// Command on (from standby, off, or after a trip has been reset).
    Start,
    /// Command off.
    Stop,
    /// Set the rate or output limit to a fraction of nominal, 0..=1.
    SetRate(f64),
    /// Reset a latched trip.
    ResetTrip,
    /// Send a crew with priority.
    DispatchCrew,
}

/// An action on an asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Action {
    /// Target.
    pub asset: AssetId,
    /// What.
    pub kind: ActionKind,
}

/// How much is at stake when an action goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum ActionClass {
    /// Reversible, no loss of production.
    Low,
    /// Some loss of production.
    Medium,
    /// Stops production or stresses equipment.
    High,
}

/// A kind of action that an asset accepts; `SetRate` declares the lowest fraction.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ActionSpec {
    /// What; for `SetRate` the number is the lowest allowed fraction.
    pub kind: ActionKind,
    /// Risk class.
    pub class: ActionClass,
    /// One-off cost.
    pub cost: f64,
    /// Time within which its effect must be measured.
    pub effect_within: Span,
}

/// Prices of the plant.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Money {
    /// ISO 4217 code.
    pub currency: String,
    /// Where the figures come from.
    pub source: String,
}

/// A saved camera.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SavedView {
    /// Name in menus and for `--view`.
    pub name: String,
    /// Camera position [m].
    pub eye_m: [f64; 3],
    /// Looked-at point [m].
    pub target_m: [f64; 3],
}

impl Plant {
    /// Asset by its id.
    pub fn asset_by_id(&self, id: &str) -> Option<AssetId> {
        self.assets.iter().position(|a| a.id == id).map(|i| AssetId(i as u32))
    }
    /// The asset at an index.
    pub fn asset(&self, id: AssetId) -> &Asset {
        &self.assets[id.index()]
    }
    /// The medium at an index.
    pub fn medium(&self, id: MediumId) -> &Medium {
        &self.media[id.index()]
    }
    /// All asset indices in file order.
    pub fn asset_ids(&self) -> impl Iterator<Item = AssetId> + use<> {
        (0..self.assets.len() as u32).map(AssetId)
    }
    /// Medium by its id.
    pub fn medium_by_id(&self, id: &str) -> Option<MediumId> {
        self.media.iter().position(|m| m.id == id).map(|i| MediumId(i as u32))
    }
    /// Area by its id.
    pub fn area_by_id(&self, id: &str) -> Option<AreaId> {
        self.areas.iter().position(|m| m.id == id).map(|i| AreaId(i as u32))
    }
    /// Crew by its id.
    pub fn crew_by_id(&self, id: &str) -> Option<CrewId> {
        self.crews.iter().position(|m| m.id == id).map(|i| CrewId(i as u32))
    }
}
