//! What a run yields: totals, the service of every asset over time, the trace, the end state.
//!
//! Owns the names and units of the totals. Does not decide what counts as an impact (`forecast`).

use super::engine::{Engine, SimError};
use super::model::Model;
use super::script::Script;
use super::state::State;
use super::trace::{Cause, TraceEvent};
use crate::plant::AssetId;
use crate::rng::Draws;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// What a run added up since it began. Money in the plant's currency.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Good units of the processes that earn money (of all sinks when none does) [process units].
    pub good_units: f64,
    /// Scrapped units of all processes, content lost in held processes included [process units].
    pub scrap_units: f64,
    /// Margin earned [currency].
    pub earned: f64,
    /// Cost of scrapped units [currency].
    pub scrap_cost: f64,
    /// Content lost in processes that were stopped too long [process units].
    pub lost_hold_units: f64,
    /// Energy bought (givers of priced media without conversion) [currency].
    pub energy_cost: f64,
    /// Emissions of that energy [kg CO₂].
    pub co2_kg: f64,
    /// Energy bought [priced medium unit × h; kWh for kW media].
    pub energy_kwh: f64,
    /// Crews while travelling and working [currency].
    pub crew_cost: f64,
    /// Spare parts used up [currency].
    #[serde(default)]
    pub spare_cost: f64,
    /// Content lost by leaks [currency].
    #[serde(default)]
    pub leak_cost: f64,
    /// One-off costs of actions carried out [currency].
    pub action_cost: f64,
    /// Declared cost of assets fully down while commanded on [currency].
    pub downtime_cost: f64,
    /// Trips, by temperature or by rule [count].
    pub trips: f64,
    /// Time above a trip temperature, summed over assets [h].
    pub limit_exceedance_h: f64,
    /// Process units made by each asset, scrap included [process units], indexed by asset.
    pub produced: Vec<f64>,
}

impl Totals {
    /// Earned minus all costs [currency].
    pub fn profit(&self) -> f64 {
        self.earned - self.scrap_cost - self.energy_cost - self.crew_cost - self.spare_cost - self.leak_cost - self.action_cost - self.downtime_cost
    }
}

/// A change of an asset's service.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ServiceStep {
    /// When.
    pub at: Time,
    /// Whose.
    pub asset: AssetId,
    /// From now on, 0..1.
    pub service: f32,
    /// Why.
    pub cause: Cause,
}

/// What a run shall record.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RunOptions {
    /// How long to run from the start state's time.
    pub horizon: Span,
    /// Grid on which totals are sampled: at every multiple after the start up to the horizon.
    pub sample_every: Option<Span>,
    /// Whether to keep the trace.
    pub trace: bool,
}

/// The outcome of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunOutcome {
    /// Changes of service in time order; the first entries are every asset's service at the start.
    pub service: Vec<ServiceStep>,
    /// Totals at the grid (those since the start state's own run began).
    pub samples: Vec<Totals>,
    /// Totals at the end.
    pub totals: Totals,
    /// What happened, when asked for.
    pub trace: Vec<TraceEvent>,
    /// The state at the horizon.
    pub end: State,
}

/// Runs a copy of `start` under `script` for the horizon.
///
/// # Errors
/// [`SimError`] when simultaneous changes do not settle, or the grid is not positive.
pub fn simulate(model: &Model, start: &State, script: &Script, draws: Draws, options: &RunOptions) -> Result<RunOutcome, SimError> {
    let began = start.time();
    let end = began.after(options.horizon);
    let mut engine = Engine::new(model, start.clone(), draws);
    engine.keep_trace(options.trace);
    engine.keep_service(true);
    engine.schedule(script);
    let mut samples = Vec::new();
    if let Some(step) = options.sample_every {
        if step.0 <= 0 {
            return Err(SimError::Input { at: "sample_every".into(), brief: "must be positive".into() });
        }
        let mut next = began.after(step);
        while next <= end {
            engine.run_until(next)?;
            samples.push(engine.state().totals().clone());
            next = next.after(step);
        }
    }
    engine.run_until(end)?;
    let service = engine.take_service();
    let trace = engine.take_trace();
    let end = engine.into_state();
    Ok(RunOutcome { service, samples, totals: end.totals().clone(), trace, end })
}
