//! Predictions to be scored, and what-ifs off-thread.
//!
//! Owns the fidelity scores and the forecast job. A what-if that starts live takes its start states from the belief.
//! A failure in the scenario that has already happened strikes at time zero, and the start states are healed of it,
//! so that the paired baseline is the plant without that outage even when the outage is under way.

use super::{
    AvoidedLoss, EventView, FidelityView, ForecastView, Severity, TwinCommand, TwinSystems,
    compose::{PlantRes, TwinSettings},
    estimate::{BeliefRes, EventsRes},
    ingest::IntakeRes,
    jobs::{Gauge, Job},
    runtime::Clocks,
};
use crate::{
    estimate::Belief,
    fidelity::{Evidence, FidelityOptions, FidelityReport, Scores},
    forecast::{self, Forecast, Progress, Request},
    plant::{Action, AssetId, InitialMode, Plant},
    scenario::{Scenario, StartFrom},
    sim::{Intervention, Mode, Model, Script},
    time::{Span, Time},
};
use bevy::prelude::*;
use std::{ops::ControlFlow, sync::Arc};

/// Start states drawn from the belief per forecast, at most.
const START_STATES: usize = 64;

/// Scores of the twin's own predictions.
#[derive(Resource)]
pub struct FidelityRes {
    scores: Scores,
    /// The newest verdicts.
    pub report: FidelityReport,
}

impl FidelityRes {
    /// As people see it.
    pub fn view(&self) -> FidelityView {
        let plant = &self.report.plant;
        FidelityView {
            evidence: plant.evidence.name().into(),
            scored: self.report.counts.scored,
            relative_crps: plant.relative_crps,
            brier: plant.brier,
            coverage_90: plant.coverage_90,
        }
    }
}

/// What a forecast job answers.
struct Answer {
    title: String,
    origins: Vec<AssetId>,
    under_way: Vec<AssetId>,
    starts_at: Time,
    plans: Vec<Vec<(Span, Action)>>,
    outcome: Result<Forecast, String>,
    took_s: f64,
}

/// The forecast job and its newest answer.
#[derive(Resource, Default)]
pub struct ForecastRes {
    job: Option<Job<Answer>>,
    epoch: u64,
    shown: ForecastView,
}

impl ForecastRes {
    /// As people see it.
    pub fn view(&self) -> ForecastView {
        ForecastView { running: self.job.as_ref().map(|j| j.gauge.read()), ..self.shown.clone() }
    }
    /// The actions of an alternative of the newest answer with its name; `None` for doing nothing and beyond the end.
    pub fn plan(&self, index: usize) -> Option<(String, Vec<(Span, Action)>)> {
        let plan = self.shown.plans.get(index).filter(|p| !p.is_empty())?;
        let name = self.shown.answer.as_ref()?.alternatives.get(index)?.name.clone();
        Some((name, plan.clone()))
    }
}

impl ForecastRes {
    /// What an alternative of the newest answer gains over doing nothing.
    pub fn gain(&self, index: usize) -> Option<AvoidedLoss> {
        let answer = self.shown.answer.as_ref()?;
        let profit = answer.alternatives.get(index)?.versus_nothing.as_ref()?.iter().find(|d| d.kpi == "profit")?;
        let m = &profit.mean;
        Some(AvoidedLoss { mean: m.mean, low: m.low, high: m.high, probability_better: profit.probability_better, currency: answer.currency.clone() })
    }
}

pub(super) fn plugin(app: &mut App) {
    let plant = app.world().resource::<PlantRes>();
    let scores = Scores::new(&plant.plant, FidelityOptions::default());
    let report = scores.report();
    app.insert_resource(FidelityRes { scores, report });
    app.init_resource::<ForecastRes>();
    app.add_systems(FixedUpdate, (score, take_commands, poll).chain().in_set(TwinSystems::Predict));
}

fn score(mut fidelity: ResMut<FidelityRes>, belief: Res<BeliefRes>, intake: Res<IntakeRes>, mut events: ResMut<EventsRes>, plant: Res<PlantRes>) {
    let before = fidelity.report.plant.evidence;
    for sample in &intake.accepted {
        fidelity.scores.observe(sample);
    }
    let Some(model) = &plant.model else { return };
    match fidelity.scores.tick(model, &belief.0) {
        Ok(false) => return,
        Ok(true) => {}
        Err(e) => tracing::debug!(error = %e, "no prediction from this belief"),
    }
    fidelity.report = fidelity.scores.report();
    let after = fidelity.report.plant.evidence;
    if before != after {
        let severity = if after == Evidence::Poor { Severity::Warning } else { Severity::Info };
        let text = format!("fidelity of the twin's own predictions: {}", after.name());
        events.push(&plant.plant, EventView { at: belief.0.at, severity, asset: None, text, trace: None });
    }
}

fn take_commands(
    mut commands: MessageReader<TwinCommand>,
    mut res: ResMut<ForecastRes>,
    belief: Res<BeliefRes>,
    plant: Res<PlantRes>,
    settings: Res<TwinSettings>,
    clocks: Res<Clocks>,
) {
    for command in commands.read() {
        match command {
            TwinCommand::RunForecast(scenario) => {
                if let Some(old) = res.job.take() {
                    old.gauge.cancel();
                }
                res.epoch += 1;
                res.shown.error = None;
                let Some(model) = plant.model.clone() else {
                    res.shown.error = Some(format!("this plant cannot be forecast: {}", plant.plant.forecast_refused.clone().unwrap_or_default()));
                    continue;
                };
                let question =
                    Question { scenario: (**scenario).clone(), model, belief: belief.0.clone(), threads: settings.threads, clocks: clocks.clone() };
                res.job = Job::start("forecast", res.epoch, move |gauge| question.answer(gauge));
                if res.job.is_none() {
                    res.shown.error = Some("the system gave no thread for the forecast; close other programs and try again".into());
                }
            }
            TwinCommand::CancelForecast => {
                if let Some(job) = res.job.take() {
                    job.gauge.cancel();
                }
            }
            _ => {}
        }
    }
}

fn poll(mut res: ResMut<ForecastRes>, mut events: ResMut<EventsRes>, plant: Res<PlantRes>, clocks: Res<Clocks>) {
    let Some(answer) = res.job.as_ref().and_then(Job::poll) else { return };
    let current = res.job.take().is_some_and(|j| j.epoch == res.epoch);
    if !current {
        return;
    }
    let text = match answer {
        Err(_) => {
            res.shown.error = Some("the forecast's thread ended unexpectedly; the log says why".into());
            "forecast failed".to_string()
        }
        Ok(Answer { outcome: Err(e), title, .. }) => {
            let text = format!("forecast {title:?}: {e}");
            res.shown.error = Some(e);
            text
        }
        Ok(Answer { outcome: Ok(f), title, origins, under_way, starts_at, plans, took_s }) => {
            let text = format!("forecast {title:?}: {} futures over {} in {took_s:.1} s", f.runs, f.horizon);
            res.shown = ForecastView { running: None, error: None, title, origins, under_way, starts_at, answer: Some(Arc::new(f)), plans, took_s };
            text
        }
    };
    events.push(&plant.plant, EventView { at: clocks.now(), severity: Severity::Info, asset: None, text, trace: None });
}

/// A snapshot of everything that a forecast depends on.
struct Question {
    scenario: Scenario,
    model: Arc<Model>,
    belief: Belief,
    threads: usize,
    clocks: Clocks,
}

/// Reports to the gauge of a job; a cancelled job breaks off.
pub(super) struct GaugeProgress<'a>(pub &'a Gauge);

impl Progress for GaugeProgress<'_> {
    fn advance(&self, done: u32, total: u32) -> ControlFlow<()> {
        if self.0.report(u64::from(done), u64::from(total)) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

impl Question {
    fn answer(self, gauge: &Gauge) -> Answer {
        let began = self.clocks.monotonic();
        let title = self.scenario.name.clone();
        let starts_at = self.belief.at;
        let (outcome, origins, under_way, plans) = match self.request() {
            Err(e) => (Err(e), Vec::new(), Vec::new(), Vec::new()),
            Ok((request, origins, under_way)) => {
                let plans = plans(&request);
                (forecast::run(&request, &GaugeProgress(gauge)).map_err(|e| e.to_string()), origins, under_way, plans)
            }
        };
        Answer { title, origins, under_way, starts_at, plans, outcome, took_s: self.clocks.monotonic().since_s(began) }
    }

    /// With it, the assets at which it strikes, and those of them that are already down.
    fn request(&self) -> Result<(Request, Vec<AssetId>, Vec<AssetId>), String> {
        let plant = self.model.plant();
        let mut compiled = self.scenario.compile(plant).map_err(|e| e.to_string())?;
        let origins: Vec<AssetId> = compiled.script.0.iter().filter_map(|(_, i)| origin(i)).collect();
        let under_way = match self.scenario.start.from {
            StartFrom::LiveNow => happened(&mut compiled.script, &self.belief),
            StartFrom::Nominal | StartFrom::Warmup(_) => Vec::new(),
        };
        let live = match self.scenario.start.from {
            StartFrom::LiveNow => {
                let healthy = healed(&self.belief, plant, &under_way);
                let n = START_STATES.min(self.scenario.runs as usize).max(1);
                Some(forecast::starts_from_belief(&self.model, &healthy, n, self.scenario.seed).map_err(|e| e.to_string())?)
            }
            StartFrom::Nominal | StartFrom::Warmup(_) => None,
        };
        let mut request = Request::of(&self.scenario, compiled, self.model.clone(), live).map_err(|e| e.to_string())?;
        request.threads = self.threads;
        Ok((request, origins, under_way))
    }
}

/// Failures of the script that have already happened: they strike at once, and the start states are healed of them.
fn happened(script: &mut Script, belief: &Belief) -> Vec<AssetId> {
    let mut out = Vec::new();
    for (at, intervention) in &mut script.0 {
        let Intervention::Fail { asset, .. } = intervention else { continue };
        if is_down(belief.asset(*asset).mode) {
            *at = Time::ZERO;
            out.push(*asset);
        }
    }
    out
}

/// Whether an asset in this mode has the outage behind it that a scenario still plans.
pub fn is_down(mode: Mode) -> bool {
    matches!(mode, Mode::Failed | Mode::InRepair)
}

/// The asset at which an intervention strikes.
fn origin(i: &Intervention) -> Option<AssetId> {
    match i {
        Intervention::Fail { asset, .. } | Intervention::Degrade { asset, .. } | Intervention::SupplyOff { asset, .. } => Some(*asset),
        Intervention::LoseArea { .. }
        | Intervention::CrewAbsent { .. }
        | Intervention::Ambient { .. }
        | Intervention::SlowRepair { .. }
        | Intervention::Act(_) => None,
    }
}

/// Per alternative of a request, its actions after the start; empty for doing nothing.
fn plans(request: &Request) -> Vec<Vec<(Span, Action)>> {
    std::iter::once(Vec::new()).chain(request.responses.iter().map(|r| r.actions.iter().map(|(at, a)| (*at - Time::ZERO, *a)).collect())).collect()
}

/// The belief with these assets as they would be without their failure.
pub(super) fn healed(belief: &Belief, plant: &Plant, assets: &[AssetId]) -> Belief {
    let mut healed = belief.clone();
    for id in assets {
        let b = &mut healed.assets[id.index()];
        if !is_down(b.mode) {
            continue;
        }
        let mode = match plant.asset(*id).initial {
            InitialMode::Running => Mode::Running,
            InitialMode::Standby => Mode::Standby,
            InitialMode::Off => Mode::Off,
        };
        b.mode = mode;
        b.mode_probability = 1.0;
        b.modes.iter_mut().for_each(|p| *p = 0.0);
        if let Some(p) = b.modes.get_mut(usize::from(mode.code())) {
            *p = 1.0;
        }
    }
    healed
}
