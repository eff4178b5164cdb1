//! The compiled plant: flat tables with positions instead of names, made once and shared by every run.
//!
//! Owns the topology (islands of services, lines of materials, watchers of rules, timer slots). Does not evolve.
//! *Invariant:* every index in these tables is valid for the model's plant.

use super::coupled::Block;
use super::parts::Layout;
use super::state::State;
use crate::plant::{Ageing, AssetId, Condition, FailureMode, GroupId, MediumId, OnShort, Plant, Renewal, Week};
use crate::time::Time;

/// Why a plant cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The scene says so.
    #[error("this plant is for live monitoring only: {0}")]
    Refused(String),
    /// An index or number that validation should have refused.
    #[error("{at}: {brief}; correct the scene file")]
    Invalid {
        /// Where, e.g. `assets["P-1"].process`.
        at: String,
        /// What is wrong.
        brief: String,
    },
    /// The nominal start does not settle.
    #[error("the plant has no running start: {0}")]
    Start(#[from] super::SimError),
}

/// A plant compiled for simulation. Immutable; share it by `Arc`.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) plant: Plant,
    pub(super) claims: Vec<Claim>,
    pub(super) gives: Vec<Giver>,
    pub(super) islands: Vec<Island>,
    pub(super) procs: Vec<Proc>,
    pub(super) ports: Vec<Port>,
    pub(super) mlinks: Vec<MaterialLink>,
    pub(super) lines: Vec<Line>,
    pub(super) modes: Vec<ModeInfo>,
    pub(super) rules: Vec<RuleInfo>,
    pub(super) assets: Vec<AssetInfo>,
    /// Coupled states.
    pub(super) blocks: Vec<Block>,
    /// Error that a segment of coupled states may add, relative to their scale.
    pub(super) quantum: f64,
    pub(super) group_targets: Vec<u32>,
    pub(super) timers: Vec<Timer>,
    /// Timer slots of crews' calendars and of deliveries.
    pub(super) crew_slots: Vec<u32>,
    pub(super) spare_slots: Vec<u32>,
    pub(super) conduits: usize,
    /// Machines and buffers of discrete parts.
    pub(super) floor: Layout,
    /// Timers of the next knots, where there are profiles.
    pub(super) ambient_slot: Option<u32>,
    pub(super) tariff_slot: Option<u32>,
    pub(super) nominal: Option<Box<State>>,
}

/// What a claim on a service is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ClaimKind {
    /// `Asset::needs[..]`.
    Need { idle_fraction: f64, on_short: OnShort },
    /// Input of a conversion: position in [`Model::gives`], amount per unit given.
    Conversion { give: u32, per_unit: f64 },
}

/// A demand on a service island.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) asset: AssetId,
    pub(super) medium: MediumId,
    pub(super) amount: f64,
    pub(super) priority: u8,
    pub(super) ride_us: i64,
    pub(super) kind: ClaimKind,
    /// `None`: no giver is linked, so it is never served.
    pub(super) island: u32,
    pub(super) slot: u32,
}

/// A capacity offered to a service island.
#[derive(Debug, Clone)]
pub(super) struct Giver {
    pub(super) asset: AssetId,
    pub(super) medium: MediumId,
    pub(super) capacity: f64,
    pub(super) merit: u8,
    pub(super) island: u32,
    pub(super) inputs: Vec<u32>,
    /// Whether what it gives is bought; not so for conversions, whose energy was bought upstream.
    pub(super) bought: bool,
    pub(super) conduit: bool,
    /// The asset holds a reserve of what it gives (UPS): a lost input does not stop it.
    pub(super) reserved: bool,
}

/// Givers, claims and reserves of one medium that are connected.
#[derive(Debug, Clone, Default)]
pub(super) struct Island {
    pub(super) medium: u32,
    /// Ordered by merit, then file order.
    pub(super) givers: Vec<u32>,
    /// Ordered by priority, then file order.
    pub(super) claims: Vec<u32>,
    /// Assets with a service storage.
    pub(super) stores: Vec<AssetId>,
}

/// A process by rate (or a transparent passage of material).
#[derive(Debug, Clone)]
pub(super) struct Proc {
    pub(super) asset: AssetId,
    pub(super) rate_per_h: f64,
    pub(super) inputs: Vec<u32>,
    pub(super) outputs: Vec<u32>,
    pub(super) line: u32,
    pub(super) conduit: bool,
}

/// One input or output of a process.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub(super) proc: u32,
    pub(super) medium: MediumId,
    pub(super) per_unit: f64,
    pub(super) priority: u8,
    pub(super) links: Vec<u32>,
}

/// An end of a material link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Node {
    Port(u32),
    Store(AssetId),
}

/// A material connection.
#[derive(Debug, Clone)]
pub(super) struct MaterialLink {
    pub(super) from: Node,
    pub(super) to: Node,
    /// Of the consumer: lower is served first.
    pub(super) priority: u8,
}

/// Processes and storages connected by material links: solved together.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) procs: Vec<u32>,
    pub(super) stores: Vec<AssetId>,
    pub(super) links: Vec<u32>,
}

/// What makes a job a planned one.
#[derive(Debug, Clone)]
pub(super) struct PlanInfo {
    pub(super) every_us: i64,
    pub(super) window: Week,
    /// Positions of failure modes within the asset.
    pub(super) restores: Vec<(usize, Renewal)>,
    pub(super) restarts_on_repair: bool,
}

/// A failure mode, or a planned maintenance (whose life is its interval).
#[derive(Debug, Clone)]
pub(super) struct ModeInfo {
    pub(super) asset: AssetId,
    /// Position in `Asset::reliability`, or of a plan in `Asset::maintenance`.
    pub(super) index: usize,
    /// Stable id of its draws.
    pub(super) key: u64,
    /// Of a plan: its duration, skill, part, priority and ageing; it has no hazard.
    pub(super) facts: FailureMode,
    pub(super) plan: Option<PlanInfo>,
    /// Whether state multiplies its hazard, so that its budget is consumed along the way.
    pub(super) driven: bool,
    /// Crews with the skill; empty with `needs_crew`: nobody can repair it.
    pub(super) crews: Vec<u32>,
    pub(super) needs_crew: bool,
    pub(super) fail_slot: u32,
    pub(super) repair_slot: u32,
}

/// A control rule.
#[derive(Debug, Clone)]
pub(super) struct RuleInfo {
    pub(super) asset: AssetId,
    pub(super) index: usize,
    pub(super) when: Condition,
    /// Fraction of capacity, or K; `None`: the default.
    pub(super) hysteresis: Option<f64>,
    pub(super) slot: u32,
}

/// Positions of everything that belongs to an asset.
#[derive(Debug, Clone, Default)]
pub(super) struct AssetInfo {
    pub(super) claims: Vec<u32>,
    pub(super) gives: Vec<u32>,
    pub(super) proc: Option<u32>,
    /// Lines on which it is a passage.
    pub(super) passages: Vec<u32>,
    pub(super) modes: std::ops::Range<u32>,
    pub(super) plans: std::ops::Range<u32>,
    /// Whether a failure mode is driven by its state.
    pub(super) driven: bool,
    /// Failure modes of others that its temperature drives.
    pub(super) warms: Vec<u32>,
    pub(super) rules: std::ops::Range<u32>,
    /// Rules that watch this asset's level, temperature or running.
    pub(super) watched_by: Vec<u32>,
    /// Rules that act through this asset.
    pub(super) controls: Vec<u32>,
    /// Line of its material storage.
    pub(super) store_line: Option<u32>,
    pub(super) store_in: Vec<u32>,
    pub(super) store_out: Vec<u32>,
    /// Island of its service storage.
    pub(super) store_island: Option<u32>,
    pub(super) heat_claims: Vec<u32>,
    /// Block of its coupled states, and which of them are coupled.
    pub(super) block: Option<u32>,
    pub(super) coupled_level: bool,
    pub(super) coupled_celsius: bool,
    /// Blocks whose drains or exchanges it opens and closes.
    pub(super) steers: Vec<u32>,
    pub(super) heat_amount: f64,
    pub(super) group: Option<GroupId>,
    pub(super) start_slot: u32,
    pub(super) level_slot: u32,
    pub(super) thermal_slot: u32,
    pub(super) hold_slot: u32,
}

/// What a timer slot is for. The order of the variants is the priority of simultaneous events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Timer {
    Failure(u32),
    Repair(u32),
    Start(AssetId),
    Level(AssetId),
    Thermal(AssetId),
    Claim(u32),
    Rule(u32),
    Hold(AssetId),
    Segment(u32),
    Ambient,
    Tariff,
    Shift(u32),
    Delivery(u32),
}

impl Timer {
    /// Priority among events of one instant; the script comes before all (0).
    pub(super) fn priority(self) -> u8 {
        match self {
            Timer::Failure(_) => 1,
            Timer::Repair(_) => 2,
            Timer::Start(_) => 3,
            Timer::Level(_) => 4,
            Timer::Thermal(_) => 5,
            Timer::Claim(_) => 6,
            Timer::Rule(_) => 7,
            Timer::Hold(_) => 8,
            Timer::Segment(_) => 9,
            Timer::Ambient => 10,
            Timer::Tariff => 11,
            Timer::Shift(_) => 12,
            Timer::Delivery(_) => 13,
        }
    }
}

impl Model {
    /// Compiles a plant and settles its nominal start.
    ///
    /// # Errors
    /// [`ModelError`] when the scene refuses forecasts, an index or number is invalid, or the nominal start does not settle.
    pub fn compile(plant: &Plant) -> Result<Model, ModelError> {
        Self::compile_with(plant, super::coupled::QUANTUM)
    }

    /// As [`Model::compile`], with the error that one segment of coupled states may add, relative to their scale.
    ///
    /// # Errors
    /// As [`Model::compile`]; a quantum outside 1e-14..=1e-2 is refused.
    pub fn compile_with(plant: &Plant, quantum: f64) -> Result<Model, ModelError> {
        if !(1e-14..=1e-2).contains(&quantum) {
            return Err(ModelError::Invalid { at: "quantum".into(), brief: "must lie within 1e-14..1e-2".into() });
        }
        if let Some(reason) = &plant.forecast_refused {
            return Err(ModelError::Refused(reason.clone()));
        }
        let mut model = super::compile::tables(plant)?;
        model.quantum = quantum;
        let state = State::blank(&model, Time::ZERO);
        let settled = super::engine::settle_start(&model, state)?;
        model.nominal = Some(Box::new(settled));
        Ok(model)
    }

    /// Whether a mode's age is read from the working clock of a machine of parts.
    pub(super) fn on_floor(&self, mode: &ModeInfo) -> bool {
        mode.facts.ages == Ageing::Operating && self.floor.machine(mode.asset).is_some()
    }

    /// The plant it was compiled from.
    pub fn plant(&self) -> &Plant {
        &self.plant
    }
}
