//! What the reduction of futures needs to know beside the futures: names, units, grid, lineage.
//!
//! Owns the frame that every part of one ensemble shares; parts with different frames never merge. Invariant: a
//! frame follows from the request alone, so that the reduction needs neither plant nor model and a forecast
//! merged from parts is the forecast of one process, byte for byte.

use super::kpi::{COUNT, KPIS, kpi, throughput_unit, unit};
use super::request::{Request, Starts};
use super::result::{Story, hex};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most grid points.
const MAX_POINTS: i64 = 97;
/// Bound on the memory of the fans, values of 4 bytes.
const MAX_FAN_VALUES: usize = 24_000_000;
/// Steps of the grid that people can read [min].
const NICE_MIN: [i64; 14] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440];

/// One KPI as results name it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct KpiFacts {
    pub id: String,
    pub name: String,
    pub unit: String,
    pub higher_is_better: bool,
}

/// What all futures of one ensemble have in common.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Frame {
    pub plant: String,
    pub plant_name: String,
    #[serde(with = "hex")]
    pub plant_hash: [u8; 32],
    /// SHA-256 over start states, conditions, disruptions, responses, horizon and warm-up.
    #[serde(with = "hex")]
    pub request_hash: [u8; 32],
    /// Version of the program.
    pub build: String,
    pub assets: Vec<String>,
    pub asset_names: Vec<String>,
    pub currency: String,
    pub seed: u64,
    pub horizon: Span,
    pub start: Time,
    pub first_disruption: Span,
    /// Step of the grid.
    pub every: Span,
    /// Points of the grid, 0 and the horizon included.
    pub points: usize,
    /// Futures whose grid is kept.
    pub fan_runs: u32,
    pub kpis: Vec<KpiFacts>,
    pub throughput_unit: String,
    /// `(id, name)`: doing nothing, then the responses.
    pub alternatives: Vec<(String, String)>,
    pub story: Option<Story>,
}

impl Frame {
    /// The frame of a request.
    pub fn of(request: &Request) -> Self {
        let plant = request.model.plant();
        let every = grid_step(request.horizon);
        let points = 1 + (request.horizon.0 / every.0) as usize;
        let values_per_run = points * KPIS.len() * (1 + request.alternatives());
        let facts = |i: usize| {
            let k = kpi(i);
            KpiFacts { id: k.id.into(), name: k.name.into(), unit: unit(k, plant), higher_is_better: k.higher_is_better }
        };
        let nothing = std::iter::once(("nothing".into(), "Do nothing".into()));
        Frame {
            plant: plant.id.clone(),
            plant_name: plant.name.clone(),
            plant_hash: plant.hash,
            request_hash: fingerprint(request),
            build: env!("CARGO_PKG_VERSION").into(),
            assets: plant.assets.iter().map(|a| a.id.clone()).collect(),
            asset_names: plant.assets.iter().map(|a| a.name.clone()).collect(),
            currency: plant.money.currency.clone(),
            seed: request.seed,
            horizon: request.horizon,
            start: request.start(0).time() + request.warmup,
            first_disruption: request.first_disruption(),
            every,
            points,
            fan_runs: (MAX_FAN_VALUES / values_per_run.max(1)).max(100) as u32,
            kpis: (0..COUNT).map(facts).collect(),
            throughput_unit: throughput_unit(plant),
            alternatives: nothing.chain(request.responses.iter().map(|r| (r.id.clone(), r.name.clone()))).collect(),
            story: request.story.clone(),
        }
    }

    /// Times of the grid, from the start.
    pub fn grid(&self) -> Vec<Time> {
        (0..self.points as i64).map(|k| Time(k * self.every.0)).collect()
    }

    /// Index of the first grid point at or after `t`; [`Frame::points`] beyond the last.
    pub fn point_at_or_after(&self, t: Time) -> usize {
        let since = (t - Time(0)).max(Span::ZERO).0.unsigned_abs();
        (since.div_ceil(self.every.0.max(1).unsigned_abs()) as usize).min(self.points)
    }

    /// The first thing in which two frames differ, in words; `None` when they are the same.
    pub fn difference(&self, other: &Frame) -> Option<String> {
        let hash = |h: &[u8; 32]| h.iter().take(6).map(|b| format!("{b:02x}")).collect::<String>();
        if self.build != other.build {
            return Some(format!("made by plantcast {} and {}", self.build, other.build));
        }
        if self.plant_hash != other.plant_hash {
            return Some(format!("different plants: {} {} and {} {}", self.plant, hash(&self.plant_hash), other.plant, hash(&other.plant_hash)));
        }
        if self.seed != other.seed {
            return Some(format!("different seeds: {} and {}", self.seed, other.seed));
        }
        if self.request_hash != other.request_hash {
            return Some(format!("different scenarios: {} and {}", hash(&self.request_hash), hash(&other.request_hash)));
        }
        (self != other).then(|| "different names or units".into())
    }
}

/// What decides the futures beside plant and seed.
fn fingerprint(request: &Request) -> [u8; 32] {
    let mut hasher = Sha256::new();
    match &request.starts {
        Starts::One(state) => hasher.update(state.hash()),
        // Drawn from a belief: one stands for all, since parts of such an ensemble are never written.
        Starts::Many(states) => states.iter().take(1).for_each(|s| hasher.update(s.hash())),
    }
    let responses: Vec<_> = request.responses.iter().map(|r| (&r.id, &r.actions, r.extra_cost)).collect();
    // Plain data always serialises.
    let text = serde_json::to_vec(&(&request.conditions, &request.script, responses, request.horizon, request.warmup)).unwrap_or_default();
    hasher.update(text);
    hasher.finalize().into()
}

/// A readable step that gives at most [`MAX_POINTS`] points and divides the horizon where one does.
fn grid_step(horizon: Span) -> Span {
    let minute = 60_000_000;
    let fits = |us: &i64| horizon.0 / us < MAX_POINTS;
    let nice: Vec<i64> = NICE_MIN.iter().map(|m| m * minute).filter(|us| horizon.0 >= 8 * us).collect();
    let whole = nice.iter().copied().find(|us| fits(us) && horizon.0 % us == 0);
    Span(whole.unwrap_or_else(|| (horizon.0 / (MAX_POINTS - 1)).max(1) + i64::from(horizon.0 % (MAX_POINTS - 1) != 0)))
}
