//! What is asked: model, start states, what goes wrong, what could be done, how many futures.
//!
//! Owns the request and its limits. Invariant: all times in scripts and plans count from the start of the
//! forecast; the start's own plant time is added when a run begins.

use super::partial::Partial;
use super::result::Story;
use crate::plant::{Action, ActionKind};
use crate::scenario::{Compiled, PlannedAction, Scenario, StartFrom};
use crate::sim::{Model, Script, SimError, State};
use crate::time::{Span, Time};
use std::{ops::ControlFlow, sync::Arc};

/// Most futures of one forecast: bounds memory (per future and alternative about 0.2 kB beyond the fans').
pub const MAX_RUNS: u32 = 100_000;
/// Most responses of one forecast.
pub use crate::scenario::MAX_RESPONSES;

/// Everything a forecast depends on.
#[derive(Clone)]
pub struct Request {
    /// The compiled plant.
    pub model: Arc<Model>,
    /// Where the futures begin.
    pub starts: Starts,
    /// Run this long from the start state, under the conditions, before the forecast's clock starts.
    pub warmup: Span,
    /// What holds in every future, the baseline included.
    pub conditions: Script,
    /// What goes wrong in every future but the baseline.
    pub script: Script,
    /// Plans to compare with doing nothing.
    pub responses: Vec<ResponsePlan>,
    /// How far to look.
    pub horizon: Span,
    /// Futures per alternative, 1..=[`MAX_RUNS`].
    pub runs: u32,
    /// Seed shared by all alternatives.
    pub seed: u64,
    /// Worker threads; the result does not depend on it. 0 counts as 1.
    pub threads: usize,
    /// Stop at the first block boundary at which the answer is this precise; `None`: run all futures.
    pub precision: Option<Precision>,
    /// The scenario in words, for reports.
    pub story: Option<Story>,
}

/// When an answer is precise enough to stop early. All that is asked for must hold.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Precision {
    /// Half-width of the anytime interval of every asset's impact probability, under every alternative.
    pub probability: Option<f64>,
    /// Half-width of the anytime interval of the paired profit difference of every response, as a share of the
    /// difference itself.
    pub money: Option<f64>,
}

/// Start states.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "one per request")]
pub enum Starts {
    /// The same for every future.
    One(State),
    /// Future r starts in `states[r % len]` (drawn from a belief); must not be empty.
    Many(Vec<State>),
}

/// A plan of actions with resolved ids.
#[derive(Clone, PartialEq, Debug)]
pub struct ResponsePlan {
    /// Id in results.
    pub id: String,
    /// For people.
    pub name: String,
    /// What is done when, from the start of the forecast.
    pub actions: Vec<(Time, Action)>,
    /// One-off cost beyond that of the actions.
    pub extra_cost: f64,
}

/// Where progress goes. Called from worker threads.
pub trait Progress: Sync {
    /// `done` of `total` futures are simulated (each with all its alternatives); `Break` cancels.
    fn advance(&self, done: u32, total: u32) -> ControlFlow<()>;
    /// What the futures so far say, after every block, in run order; `Break` cancels.
    fn partial(&self, _: &Partial) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Nobody watches.
pub struct Silent;
impl Progress for Silent {
    fn advance(&self, _: u32, _: u32) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Why there is no forecast.
#[derive(Debug, thiserror::Error)]
pub enum ForecastError {
    /// The scene says so.
    #[error("this plant cannot be forecast: {0}")]
    Refused(String),
    /// Nothing or too much to do.
    #[error("{runs} futures; ask for 1 to {MAX_RUNS}")]
    Runs {
        /// Asked for.
        runs: u32,
    },
    /// Nothing to look at.
    #[error("the horizon is zero; ask for more")]
    NoHorizon,
    /// Too many plans.
    #[error("{0} responses; compare at most {MAX_RESPONSES} at once")]
    Responses(usize),
    /// `Starts::Many` without states.
    #[error("no start state was given; draw at least one from the belief")]
    NoStart,
    /// A scenario that starts live was run without the running plant.
    #[error("this scenario starts from the running plant; run it from the studio or a server, or change its start to Nominal")]
    NeedsLive,
    /// There is no such alternative.
    #[error("there is no alternative {0}; 0 is doing nothing, then the responses in order")]
    Alternative(usize),
    /// The simulation of one future failed.
    #[error("future {run}, {alternative}: {source}")]
    Sim {
        /// Which future.
        run: u64,
        /// `baseline`, `nothing` or the response's id.
        alternative: String,
        /// Why.
        source: SimError,
    },
    /// Too many futures failed for the rest to speak for all.
    #[error("{failed} of {runs} futures failed, more than 1 %: no forecast; the first was {first}")]
    TooManyFailed {
        /// Failed.
        failed: u32,
        /// Tried.
        runs: u32,
        /// Number and message of the first.
        first: String,
    },
    /// A precision that nothing reaches.
    #[error("the precision {0} is not between 0 and 1")]
    Precision(f64),
    /// Parts that do not belong together, or do not make a whole.
    #[error("{0}")]
    Parts(String),
    /// A question that cannot be asked.
    #[error("{0}")]
    Question(String),
    /// The caller broke off.
    #[error("cancelled")]
    Cancelled,
    /// No worker threads.
    #[error("worker threads could not be started: {0}; ask for fewer")]
    Threads(String),
}

impl Request {
    /// The request that a compiled scenario makes. `live` are start states drawn from a belief, for
    /// scenarios that start from the running plant.
    ///
    /// # Errors
    /// [`ForecastError::NeedsLive`] when the scenario starts live and `live` is `None`.
    pub fn of(scenario: &Scenario, compiled: Compiled, model: Arc<Model>, live: Option<Vec<State>>) -> Result<Self, ForecastError> {
        let nominal = || Starts::One(State::nominal(&model));
        let (starts, warmup) = match (scenario.start.from, live) {
            (StartFrom::LiveNow, None) => return Err(ForecastError::NeedsLive),
            (StartFrom::LiveNow, Some(states)) => (Starts::Many(states), Span::ZERO),
            (StartFrom::Nominal, _) => (nominal(), Span::ZERO),
            (StartFrom::Warmup(span), _) => (nominal(), span),
        };
        let responses = compiled
            .responses
            .into_iter()
            .zip(&scenario.responses)
            .map(|(actions, r)| ResponsePlan { id: r.id.clone(), name: r.name.clone(), actions, extra_cost: r.extra_cost })
            .collect();
        Ok(Self {
            model,
            starts,
            warmup,
            conditions: compiled.conditions,
            script: compiled.script,
            responses,
            horizon: scenario.horizon,
            runs: scenario.runs,
            seed: scenario.seed,
            threads: 1,
            precision: None,
            story: Some(story(scenario)),
        })
    }

    /// # Errors
    /// What makes the request impossible, before any work.
    pub(super) fn check(&self) -> Result<(), ForecastError> {
        if let Some(reason) = &self.model.plant().forecast_refused {
            return Err(ForecastError::Refused(reason.clone()));
        }
        if self.runs == 0 || self.runs > MAX_RUNS {
            return Err(ForecastError::Runs { runs: self.runs });
        }
        if self.horizon <= Span::ZERO {
            return Err(ForecastError::NoHorizon);
        }
        if self.responses.len() > MAX_RESPONSES {
            return Err(ForecastError::Responses(self.responses.len()));
        }
        let asked = self.precision.into_iter().flat_map(|p| [p.probability, p.money]).flatten();
        if let Some(wrong) = asked.into_iter().find(|p| !(*p > 0.0 && *p < 1.0)) {
            return Err(ForecastError::Precision(wrong));
        }
        match &self.starts {
            Starts::Many(states) if states.is_empty() => Err(ForecastError::NoStart),
            Starts::Many(_) | Starts::One(_) => Ok(()),
        }
    }

    /// The state in which a future starts, before any warm-up.
    pub(super) fn start(&self, run: u64) -> &State {
        match &self.starts {
            Starts::One(state) => state,
            Starts::Many(states) => &states[(run % states.len() as u64) as usize],
        }
    }

    /// Number of alternatives: doing nothing and the responses.
    pub fn alternatives(&self) -> usize {
        1 + self.responses.len()
    }

    /// From the start to the first disruption; zero without one.
    pub fn first_disruption(&self) -> Span {
        self.script.0.iter().map(|(at, _)| *at - Time(0)).min().unwrap_or(Span::ZERO)
    }
}

/// The scenario in words.
fn story(scenario: &Scenario) -> Story {
    let mut disruptions: Vec<String> = scenario.disruptions.iter().map(|d| format!("at {}: {}", d.at, d.what.brief())).collect();
    if scenario.ambient_offset_c != 0.0 {
        disruptions.push(format!("throughout, in the baseline too: outside {:+.1} K", scenario.ambient_offset_c));
    }
    let start = match scenario.start.from {
        StartFrom::Nominal => "every future starts from the nominal state of the scene: nothing broken, initial levels".to_owned(),
        StartFrom::LiveNow => "every future starts from the running plant as it is believed to be".to_owned(),
        StartFrom::Warmup(span) => format!("every future starts after {span} of undisturbed running from the nominal state"),
    };
    let action = |a: &PlannedAction| match a.kind {
        ActionKind::Start => format!("at {}: start {}", a.at, a.asset),
        ActionKind::Stop => format!("at {}: stop {}", a.at, a.asset),
        ActionKind::SetRate(x) => format!("at {}: run {} at {:.0} %", a.at, a.asset, x * 100.0),
        ActionKind::ResetTrip => format!("at {}: reset the trip of {}", a.at, a.asset),
        ActionKind::DispatchCrew => format!("at {}: send a crew to {} with priority", a.at, a.asset),
    };
    Story {
        scenario: scenario.id.clone(),
        name: scenario.name.clone(),
        text: scenario.story.clone(),
        disruptions,
        responses: scenario.responses.iter().map(|r| r.actions.iter().map(action).collect()).collect(),
        assumptions: vec![start],
    }
}
