//! Coupled levels and temperatures: drains by gravity, mixing, heat exchange, shared cooling loops.
//!
//! **Method.** States that depend on each other form a *block* (a connected component; small). Between events a block is an
//! autonomous smooth system x′ = f(x). It is advanced by *segments*: a Taylor polynomial of order 16, computed by recurrence
//! on f, valid as long as it keeps its promise; the end of a segment is an event in the queue like any other. Only the block
//! whose inputs changed is expanded again: nothing steps the plant. Blocks of one state without coupling keep their closed
//! forms (`storages`, `thermal`).
//!
//! *Why not QSS2/LIQSS2* (Kofman): they move one state at a time and pay Θ(1/√quantum) events per state; at the 1e-9 that we
//! want that is 10⁴ times the events of a high-order segment, and stiff pairs chatter. *Why not the matrix exponential* for
//! linear blocks: its series is the same polynomial; one method serves linear drains, √level drains and mixing alike.
//!
//! **Error bound.** A segment ends before its defect ‖p′ − f(p)‖, integrated over the segment, exceeds *quantum* × scale
//! (scale: capacity of a level, 100 K for a temperature; quantum 1e-9 unless `Model::compile_with` says otherwise). All
//! couplings are dissipative: drains form a compartmental matrix (1-norm logarithmic norm ≤ 0), exchange and mixing pull
//! temperatures together (∞-norm ≤ 0). So errors never grow: after n segments the level error is at most n·quantum·scale, the
//! temperature error at most that plus what the level error feeds in (bounded by the mixing rates). `tests/engine/coupled.rs`
//! asserts it and shows that the error falls with the quantum.
//!
//! **Crossings** of thresholds are the first root of a polynomial: isolated by sign changes of its Bernstein form (which
//! misses none), then bisected below a microsecond. At the crossing the state is set to the threshold.
//!
//! **Rules where a law is not smooth.** √level is replaced by its chord below 1e-4 of capacity (1 % of full flow: laminar).
//! A mixed content keeps at least 1e-3 of its capacity as heat capacity (wet walls). An empty storage counts as empty until it
//! has refilled to 2 %, a full one as full until it has fallen to 98 %; a drain into a full storage is shut (float valve).
//! A temperature held at its set-point by cooling is a sliding state; the cooling asked for follows the load by steps of 1 %
//! of the need.

mod crossings;
mod roots;
mod settings;
mod solve;
mod taylor;
mod topology;

use crate::plant::{AssetId, DrainLaw};
use crate::time::Time;
use serde::{Deserialize, Serialize};

pub(in crate::sim) use settings::Workspace;
pub(in crate::sim) use solve::{level_at, mark_limits, slope_now};
pub(in crate::sim) use topology::blocks;

/// Error that one segment may add, relative to the scale of the state.
pub(in crate::sim) const QUANTUM: f64 = 1e-9;
/// Scale of temperatures [K].
const SCALE_K: f64 = 100.0;
/// Below this fraction of capacity a Torricelli drain is laminar.
const LAMINAR: f64 = 1e-4;
/// Least fraction of capacity that counts as heat capacity.
const FILM: f64 = 1e-3;
/// An empty storage is usable again at this fraction of its capacity, a full one below 1 minus it.
const BAND: f64 = 0.02;
/// Fraction of the cooling need by which the load may move before it is asked for anew.
const LOAD_STEP: f64 = 0.01;

/// Coupled states that are advanced together.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Block {
    pub(in crate::sim) levels: Vec<Level>,
    pub(in crate::sim) temperatures: Vec<Temperature>,
    pub(in crate::sim) drains: Vec<DrainInfo>,
    pub(in crate::sim) exchanges: Vec<ExchangeInfo>,
    pub(in crate::sim) slot: u32,
}

/// A level in a block.
#[derive(Debug, Clone, Copy)]
pub(in crate::sim) struct Level {
    pub(in crate::sim) asset: AssetId,
    pub(in crate::sim) capacity: f64,
}

/// A temperature in a block.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Temperature {
    pub(in crate::sim) asset: AssetId,
    /// Position of the own level and heat capacity per unit, when the content mixes.
    pub(in crate::sim) mixed: Option<(u32, f64)>,
    /// Temperature of inflow of unknown temperature; `None`: ambient.
    pub(in crate::sim) inflow_c: Option<f64>,
    /// Material links that flow in, with the position of the temperature that they bring.
    pub(in crate::sim) links: Vec<(u32, Option<u32>)>,
    /// Drains that flow in, likewise.
    pub(in crate::sim) drains: Vec<(u32, Option<u32>)>,
}

/// A drain in a block: positions of levels.
#[derive(Debug, Clone, Copy)]
pub(in crate::sim) struct DrainInfo {
    pub(in crate::sim) from: u32,
    pub(in crate::sim) to: Option<u32>,
    pub(in crate::sim) law: DrainLaw,
    pub(in crate::sim) via: Option<AssetId>,
}

/// An exchange in a block: positions of temperatures.
#[derive(Debug, Clone, Copy)]
pub(in crate::sim) struct ExchangeInfo {
    pub(in crate::sim) a: u32,
    pub(in crate::sim) b: u32,
    pub(in crate::sim) kw_per_k: f64,
    pub(in crate::sim) via: Option<AssetId>,
}

/// What a run knows of a block.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(in crate::sim) struct BlockState {
    /// Where the present segment began and ends.
    pub(in crate::sim) at: Time,
    pub(in crate::sim) until: Time,
    /// The settings it was expanded for; empty: must be expanded.
    pub(in crate::sim) inputs: Vec<f64>,
    /// Segments so far: the error bound counts them.
    pub(in crate::sim) segments: u64,
}

/// Value of a curve (coefficients by powers of hours) after `s_h`.
pub(in crate::sim) fn value(curve: &[f64], s_h: f64) -> f64 {
    curve.iter().rev().fold(0.0, |sum, c| sum * s_h + c)
}

/// Its rate of change [per h].
pub(in crate::sim) fn slope(curve: &[f64], s_h: f64) -> f64 {
    curve.iter().enumerate().skip(1).rev().fold(0.0, |sum, (k, c)| sum * s_h + k as f64 * c)
}
