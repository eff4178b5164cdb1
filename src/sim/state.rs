//! The state of a plant as a value: a fork is a clone.
//!
//! Owns everything that a run changes, including the pending timers. Has no behaviour beyond reading itself.
//! *Invariant:* between events flows are constant; levels and temperatures are anchored at the instant their law last
//! changed, so reading or splitting a run never changes a bit of its future.

use super::coupled::BlockState;
use super::crews::BASE;
use super::effects::Effects;
use super::hazards::Course;
use super::lives::{UNDRAWN, ages};
use super::model::Model;
use super::outcome::Totals;
use super::parts::Parts;
use super::queue::Queue;
use super::script::Intervention;
use super::{Cause, Mode};
use crate::plant::{AssetId, InitialMode};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where an asset is in its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Phase {
    Down,
    Starting,
    Up,
}

/// Positions in [`Account::sum`] and [`Account::rate`].
pub(super) mod item {
    pub(in crate::sim) const PRODUCED: usize = 0;
    pub(in crate::sim) const DRAWN: usize = 1;
    pub(in crate::sim) const ENERGY: usize = 2;
    pub(in crate::sim) const ENERGY_COST: usize = 3;
    pub(in crate::sim) const CO2: usize = 4;
    pub(in crate::sim) const DOWN_H: usize = 5;
    pub(in crate::sim) const OVER_H: usize = 6;
    pub(in crate::sim) const LOST_H: usize = 7;
    pub(in crate::sim) const LEAKED: usize = 8;
    pub(in crate::sim) const LEAK_COST: usize = 9;
    pub(in crate::sim) const COUNT: usize = 10;
}

/// Integrals since the start, anchored at `at`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) at: Time,
    pub(super) sum: [f64; item::COUNT],
    /// Per hour.
    pub(super) rate: [f64; item::COUNT],
}

impl Account {
    /// The integral of one item at `now`.
    pub(super) fn value(&self, which: usize, now: Time) -> f64 {
        self.sum[which] + self.rate[which] * (now - self.at).h()
    }
}

/// One asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct AssetState {
    pub(super) mode: Mode,
    /// What was last recorded: within an instant `mode` and `service` may differ from it.
    pub(super) told_mode: Mode,
    pub(super) told_service: f64,
    pub(super) mode_since: Time,
    pub(super) times_us: [i64; Mode::COUNT],
    pub(super) commanded: InitialMode,
    pub(super) phase: Phase,
    pub(super) phase_since: Time,
    pub(super) tripped: bool,
    pub(super) lost: u16,
    /// Opened plans.
    pub(super) maintained: u16,
    pub(super) inhibits: u16,
    pub(super) stopped_claims: u16,
    pub(super) supply_cut: u16,
    pub(super) held: bool,
    /// Started by its group, so that its group may send it back to standby.
    pub(super) substitutes: bool,
    pub(super) rate_limit: f64,
    pub(super) effects: Effects,
    /// What it leaks now [storage amount/h].
    pub(super) leaking_per_h: f64,
    pub(super) factor: f64,
    pub(super) ability: f64,
    pub(super) rate_per_h: f64,
    pub(super) service: f64,
    pub(super) level: f64,
    pub(super) level_at: Time,
    pub(super) level_per_h: f64,
    pub(super) level_target: f64,
    /// When it last crossed a threshold, and whether upward: all rules of that instant see the crossing, even if one of them
    /// has already stopped the level.
    pub(super) level_crossed: (Time, bool),
    /// Coupled: coefficients by powers of hours since `level_at`; `level_per_h` is then the constant part of the net inflow.
    pub(super) level_curve: Vec<f64>,
    /// Coupled: counts as empty or full until it has left the limit by a band.
    pub(super) dry: bool,
    pub(super) brim: bool,
    pub(super) celsius: f64,
    pub(super) celsius_at: Time,
    pub(super) cooling_kw: f64,
    pub(super) heat_kw: f64,
    pub(super) boost: bool,
    pub(super) celsius_target: f64,
    pub(super) celsius_crossed: (Time, bool),
    /// Coupled: coefficients by powers of hours since `celsius_at`.
    pub(super) celsius_curve: Vec<f64>,
    pub(super) over: bool,
    pub(super) starts: u32,
    pub(super) has_run: bool,
    pub(super) account: Account,
    pub(super) loss_slot: u32,
    pub(super) cause: Cause,
    /// Why its line limits it (starved or blocked), or nominal.
    pub(super) limited_by: Cause,
    /// Why it was last commanded, tripped, cut or inhibited from outside.
    pub(super) imposed_by: Cause,
    /// Whether its line limits it at its inputs.
    pub(super) starved: bool,
    /// Its machine of discrete parts, `u32::MAX` without.
    pub(super) machine: u32,
    /// An able machine: its time by mode is counted on the floor.
    pub(super) counting: bool,
}

/// Progress of a repair.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Work {
    None,
    Queued,
    Travelling,
    Working,
    /// A scripted outage: ends by the script.
    Scripted,
}

/// One failure mode of one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct ModeState {
    pub(super) active: bool,
    /// The effect is total whatever the mode says.
    pub(super) total: bool,
    /// Which way it stuck, where that is drawn.
    pub(super) stuck_open: bool,
    pub(super) work: Work,
    pub(super) age_us: i64,
    /// Anchor of the age while ageing (of a machine of parts: reading of its working clock); beginning of the work while being repaired.
    pub(super) age_at: Time,
    pub(super) ageing: bool,
    /// `i64::MAX`: never, or (driven) not before its timer looks again.
    pub(super) fails_at_age_us: i64,
    /// Of a driven mode: the budget left at the anchor of the age, and what has consumed it since.
    pub(super) budget: f64,
    pub(super) load_factor: f64,
    pub(super) course: Course,
    pub(super) lives: u32,
    pub(super) repairs: u32,
    pub(super) queued: u64,
    pub(super) urgent: bool,
    /// Whether its waiting has been recorded.
    pub(super) noted: bool,
    pub(super) crew: u32,
    /// Repair time already spent when the run took over.
    pub(super) elapsed_us: i64,
    /// Work left when its crew paused [µs]; −1: not paused.
    pub(super) left_us: i64,
    /// The spare part of this repair has been used.
    pub(super) fitted: bool,
    /// Of a plan: the asset is out of service for it.
    pub(super) opened: bool,
    /// Script entry that made it fail.
    pub(super) script: Option<usize>,
}

/// How a claim fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Fare {
    /// Served, or its shortage has no effect.
    Served,
    /// Short, bridged.
    Riding,
    /// Short, acting.
    Short,
    /// Short: the asset was stopped.
    Stopped,
}

/// One claim on a service.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct ClaimState {
    pub(super) want: f64,
    pub(super) got: f64,
    pub(super) cut: u16,
    pub(super) fare: Fare,
    pub(super) stopped_at: Time,
    pub(super) retries: u8,
}

/// One capacity.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct GiveState {
    pub(super) desired: f64,
    pub(super) given: f64,
    pub(super) available: f64,
}

/// One control rule.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct RuleState {
    pub(super) met: bool,
    pub(super) fired: bool,
}

/// One crew.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct CrewState {
    pub(super) busy: u32,
    pub(super) absent: u16,
    pub(super) off_duty: bool,
    /// Where its free people are: an asset, or `crews::BASE`.
    pub(super) places: Vec<u32>,
    pub(super) hours: f64,
    pub(super) at: Time,
}

/// One kind of spare part.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct SpareState {
    pub(super) stock: u32,
    /// When the orders under way come, in order.
    pub(super) coming: Vec<Time>,
    pub(super) orders: u64,
    pub(super) used: u64,
}

/// Something of the script that waits for its time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) at: Time,
    pub(super) sequence: u64,
    pub(super) number: usize,
    pub(super) ends: bool,
    pub(super) what: Intervention,
}

/// A factor or offset of the script in force.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct InForce {
    pub(super) number: usize,
    pub(super) what: Intervention,
}

/// Service lost by one asset for one reason.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Loss {
    /// Who lost service.
    pub asset: AssetId,
    /// The first upstream asset named by the recorded cause; itself when the cause was its own.
    pub culprit: AssetId,
    /// What it was doing instead of serving.
    pub mode: Mode,
    /// Lost service × time [h of full service].
    pub hours: f64,
}

/// Counted at events.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) trips: u64,
    pub(super) action_cost: f64,
    pub(super) hold_units: f64,
    pub(super) hold_cost: f64,
}

/// The state of a plant. Compare, clone, serialise; advance it with an [`super::Engine`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct State {
    pub(super) time: Time,
    pub(super) began: Time,
    /// Fingerprint of the draws whose lives it carries.
    pub(super) stream: Option<u64>,
    pub(super) assets: Vec<AssetState>,
    pub(super) modes: Vec<ModeState>,
    pub(super) claims: Vec<ClaimState>,
    pub(super) gives: Vec<GiveState>,
    pub(super) rules: Vec<RuleState>,
    pub(super) crews: Vec<CrewState>,
    pub(super) spares: Vec<SpareState>,
    pub(super) proc_rates: Vec<f64>,
    pub(super) link_flows: Vec<f64>,
    pub(super) blocks: Vec<BlockState>,
    pub(super) queue: Queue,
    pub(super) agenda: Vec<Entry>,
    pub(super) in_force: Vec<InForce>,
    /// Ambient temperature at `ambient_at`, and its slope.
    pub(super) ambient_c: f64,
    pub(super) ambient_at: Time,
    pub(super) ambient_per_h: f64,
    /// Price and emission factor of every medium now.
    pub(super) tariffs: Vec<(f64, f64)>,
    pub(super) repair_factor: f64,
    pub(super) losses: Vec<Loss>,
    pub(super) counts: Counts,
    pub(super) recorded: u64,
    pub(super) totals: Totals,
    /// Machines and buffers of discrete parts.
    pub(super) parts: Parts,
}

impl State {
    /// The plant as its scene describes it: initial modes, levels and temperatures, settled, at time zero.
    pub fn nominal(model: &Model) -> State {
        match &model.nominal {
            Some(state) => State::clone(state),
            None => State::blank(model, Time::ZERO),
        }
    }

    /// Initial modes with nothing allocated yet.
    pub(super) fn blank(model: &Model, at: Time) -> State {
        let plant = &model.plant;
        let machines: Vec<u32> = plant.asset_ids().map(|id| model.floor.machine(id).unwrap_or(u32::MAX)).collect();
        State {
            time: at,
            began: at,
            stream: None,
            assets: plant.assets.iter().zip(&machines).map(|(a, m)| AssetState { machine: *m, ..AssetState::initial(a, at) }).collect(),
            modes: model.modes.iter().map(|m| ModeState::fresh(ages(&m.facts, Mode::Off), if model.on_floor(m) { Time::ZERO } else { at })).collect(),
            claims: vec![ClaimState { want: 0.0, got: 0.0, cut: 0, fare: Fare::Served, stopped_at: at, retries: 0 }; model.claims.len()],
            gives: vec![GiveState { desired: 0.0, given: 0.0, available: 0.0 }; model.gives.len()],
            rules: vec![RuleState { met: false, fired: false }; model.rules.len()],
            crews: plant
                .crews
                .iter()
                .map(|c| CrewState { busy: 0, absent: 0, off_duty: false, places: vec![BASE; c.size as usize], hours: 0.0, at })
                .collect(),
            spares: plant.spares.iter().map(|s| SpareState { stock: s.stock, coming: Vec::new(), orders: 0, used: 0 }).collect(),
            proc_rates: vec![0.0; model.procs.len()],
            link_flows: vec![0.0; model.mlinks.len()],
            blocks: vec![BlockState::default(); model.blocks.len()],
            queue: Queue::new(model.timers.len()),
            agenda: Vec::new(),
            in_force: Vec::new(),
            ambient_c: plant.ambient_c,
            ambient_at: at,
            ambient_per_h: 0.0,
            tariffs: super::profiles::tariffs(plant, at),
            repair_factor: 1.0,
            losses: Vec::new(),
            counts: Counts::default(),
            recorded: 0,
            totals: Totals { produced: vec![0.0; plant.assets.len()], ..Totals::default() },
            parts: Parts::blank(&model.floor, plant, at),
        }
    }

    /// Plant time of this state.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Operating mode.
    pub fn mode(&self, a: AssetId) -> Mode {
        self.mode_of_parts(a).unwrap_or(self.assets[a.index()].mode)
    }

    /// Service 0..1: of a process by rate its rate against nominal; of a machine of discrete parts its ability, 0 when it has
    /// waited for parts or room longer than its patience; of a giver its usable capacity against nominal; of a mere storage
    /// 1 unless it is empty (then inflow against what is wanted); of anything else its ability.
    pub fn service(&self, a: AssetId) -> f64 {
        self.assets[a.index()].service
    }

    /// Process rate [process units/h]; 0 for other assets.
    pub fn rate_per_h(&self, a: AssetId) -> f64 {
        self.assets[a.index()].rate_per_h
    }

    /// Why the asset is as it is: the recorded cause of its last change.
    pub fn cause(&self, a: AssetId) -> &Cause {
        &self.assets[a.index()].cause
    }

    /// SHA-256 of the whole state.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        // writing to memory and plain numbers and strings cannot fail; an empty text would still be a deterministic hash
        hasher.update(serde_json::to_vec(self).unwrap_or_default());
        hasher.finalize().into()
    }
}

impl AssetState {
    fn initial(asset: &crate::plant::Asset, at: Time) -> Self {
        let up = asset.initial == InitialMode::Running;
        let celsius = asset.thermal.map_or(0.0, |t| t.initial_c);
        AssetState {
            mode: Mode::Off,
            told_mode: Mode::Off,
            told_service: 0.0,
            mode_since: at,
            times_us: [0; Mode::COUNT],
            commanded: asset.initial,
            phase: if up { Phase::Up } else { Phase::Down },
            phase_since: at,
            tripped: false,
            lost: 0,
            maintained: 0,
            inhibits: 0,
            stopped_claims: 0,
            supply_cut: 0,
            held: false,
            substitutes: false,
            rate_limit: 1.0,
            effects: Effects::NONE,
            leaking_per_h: 0.0,
            factor: 1.0,
            ability: 0.0,
            rate_per_h: 0.0,
            service: 0.0,
            level: asset.storage.map_or(0.0, |s| s.initial),
            level_at: at,
            level_per_h: 0.0,
            level_target: 0.0,
            level_crossed: (Time(i64::MIN), false),
            level_curve: Vec::new(),
            dry: false,
            brim: false,
            celsius,
            celsius_at: at,
            cooling_kw: 0.0,
            heat_kw: 0.0,
            boost: false,
            celsius_target: 0.0,
            celsius_crossed: (Time(i64::MIN), false),
            celsius_curve: Vec::new(),
            over: false,
            starts: 0,
            has_run: false,
            account: Account { at, sum: [0.0; item::COUNT], rate: [0.0; item::COUNT] },
            loss_slot: u32::MAX,
            cause: Cause::Nominal,
            limited_by: Cause::Nominal,
            imposed_by: Cause::Nominal,
            starved: false,
            machine: u32::MAX,
            counting: false,
        }
    }
}

impl ModeState {
    fn fresh(ageing: bool, at: Time) -> Self {
        ModeState {
            active: false,
            total: false,
            stuck_open: false,
            work: Work::None,
            age_us: 0,
            age_at: at,
            ageing,
            fails_at_age_us: i64::MAX,
            budget: UNDRAWN,
            load_factor: 1.0,
            course: Course::constant(0.0),
            lives: 0,
            repairs: 0,
            queued: 0,
            urgent: false,
            noted: false,
            crew: u32::MAX,
            elapsed_us: 0,
            left_us: -1,
            fitted: false,
            opened: false,
            script: None,
        }
    }
}
