//! A state from what is known about the live plant: the start of a forecast.
//!
//! Owns the translation only; what is believed is `estimate`'s. Residual lives and repairs, conditioned on age and
//! elapsed time, are drawn when an engine takes the state over.

use super::engine::{SimError, settle_start};
use super::model::Model;
use super::state::{Phase, State, Work};
use crate::plant::{AssetId, Degradation, InitialMode};
use crate::time::{Span, Time};

/// A failure that has been observed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FailedState {
    /// Position in `Asset::reliability`.
    pub mode_index: usize,
    /// How long it has been down; when in repair: how long the repair has lasted.
    pub since: Span,
    /// Whether a crew is at work.
    pub in_repair: bool,
}

/// What is known about one asset. Everything `None`/false: as in the scene.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Observed {
    /// Its command.
    pub commanded: Option<InitialMode>,
    /// Its failure.
    pub failed: Option<FailedState>,
    /// Planned maintenance under way for this long (the first plan; off when it has none).
    pub maintained: Option<Span>,
    /// Latched trip.
    pub tripped: bool,
    /// Level [storage amount].
    pub level: Option<f64>,
    /// Temperature [°C].
    pub temperature_c: Option<f64>,
    /// Rate limit, fraction of nominal.
    pub rate_limit: Option<f64>,
    /// Running age of all its failure modes.
    pub age: Option<Span>,
}

impl State {
    /// A settled state at `at` from one [`Observed`] per asset.
    ///
    /// # Errors
    /// [`SimError::Input`] when the count or a number is wrong, others when it does not settle.
    pub fn from_observed(model: &Model, at: Time, observed: &[Observed]) -> Result<State, SimError> {
        let wrong = |at: String, brief: &str| SimError::Input { at, brief: brief.to_owned() };
        if observed.len() != model.plant.assets.len() {
            return Err(wrong("observed".into(), "needs one entry per asset"));
        }
        let mut state = State::blank(model, at);
        for (index, seen) in observed.iter().enumerate() {
            let name = || format!("observed[{:?}]", model.plant.assets[index].id);
            for number in [seen.level, seen.temperature_c, seen.rate_limit].into_iter().flatten() {
                if !number.is_finite() {
                    return Err(wrong(name(), "numbers must be finite"));
                }
            }
            take(model, &mut state, AssetId(index as u32), seen);
            if let Some(failed) = seen.failed
                && !fail(model, &mut state, AssetId(index as u32), failed)
            {
                return Err(wrong(name(), "has no such failure mode"));
            }
        }
        settle_start(model, state)
    }
}

/// Distance that an observed temperature keeps from a trip it has not passed [K].
const HAIR_K: f64 = 0.01;

fn take(model: &Model, state: &mut State, id: AssetId, seen: &Observed) {
    let facts = model.plant.asset(id);
    let asset = &mut state.assets[id.index()];
    asset.commanded = seen.commanded.unwrap_or(asset.commanded);
    asset.phase = if asset.commanded == InitialMode::Running { Phase::Up } else { Phase::Down };
    asset.tripped = seen.tripped;
    if let (Some(level), Some(storage)) = (seen.level, facts.storage) {
        asset.level = level.clamp(0.0, storage.capacity);
        if let Some(buffer) = model.floor.buffer(id) {
            state.parts.fill(&model.floor, buffer, level);
        }
    }
    if let (Some(celsius), Some(thermal)) = (seen.temperature_c, facts.thermal) {
        // A temperature beyond a limit that the mode has not passed is noise: the crossing must lie ahead, or it would never come.
        asset.celsius = if seen.tripped { celsius } else { celsius.min(thermal.trip_c - HAIR_K) };
        asset.tripped = seen.tripped && !(thermal.auto_reset && celsius <= thermal.reset_c);
    }
    if let Some(limit) = seen.rate_limit {
        asset.rate_limit = limit.clamp(0.0, 1.0);
    }
    if let Some(since) = seen.maintained {
        maintain(model, state, id, since);
    }
    if let Some(age) = seen.age {
        for at in model.assets[id.index()].modes.clone() {
            state.modes[at as usize].age_us = age.0.max(0);
        }
    }
}

fn maintain(model: &Model, state: &mut State, id: AssetId, since: Span) {
    let asset = &mut state.assets[id.index()];
    asset.phase = Phase::Down;
    let Some(at) = model.assets[id.index()].plans.clone().next() else {
        asset.commanded = InitialMode::Off;
        return;
    };
    asset.maintained += 1;
    let mode = &mut state.modes[at as usize];
    (mode.active, mode.ageing, mode.opened, mode.fitted) = (true, false, true, true);
    mode.work = Work::Working;
    mode.elapsed_us = since.0.max(0);
    take_crew(model, state, at);
}

/// The first crew with the skill is at this work, beyond its size when need be.
fn take_crew(model: &Model, state: &mut State, at: u32) {
    if let Some(&crew) = model.modes[at as usize].crews.first() {
        state.modes[at as usize].crew = crew;
        state.crews[crew as usize].busy += 1;
        state.crews[crew as usize].places.pop();
    }
}

fn fail(model: &Model, state: &mut State, id: AssetId, failed: FailedState) -> bool {
    let Some(at) = model.assets[id.index()].modes.clone().nth(failed.mode_index) else { return false };
    let sequence = state.queue.next_sequence();
    let mode = &mut state.modes[at as usize];
    mode.active = true;
    mode.age_at = state.time;
    mode.ageing = false;
    mode.queued = sequence;
    mode.work = if failed.in_repair { Work::Working } else { Work::Queued };
    mode.elapsed_us = if failed.in_repair { failed.since.0.max(0) } else { 0 };
    mode.fitted = failed.in_repair;
    if failed.in_repair {
        take_crew(model, state, at);
    }
    let effect = model.plant.asset(id).reliability[failed.mode_index].effect;
    state.modes[at as usize].total = effect == Degradation::Lost;
    if effect == Degradation::Lost {
        state.assets[id.index()].lost += 1;
        state.assets[id.index()].phase = Phase::Down;
    }
    state.assets[id.index()].effects = super::effects::present(model, state, id);
    true
}
