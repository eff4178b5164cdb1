//! The agents in the loop: solved off-thread once per plant, asked off-thread when their cell needs attention.
//!
//! Owns the solved policies and the question under way; entities mirror one cell each ([`AgentOf`]). Agents only
//! propose: an advice becomes a draft and goes to governance, which simulates, judges, and waits for a person.

use super::{
    AgentView, AvoidedLoss, EventView, Severity, TwinSystems,
    compose::{PlantRes, TwinSettings},
    estimate::{BeliefRes, EventsRes},
    govern::{self, GovernanceRes, Line},
    governance_thread::Message,
    jobs::{Gauge, Job},
    predict::GaugeProgress,
    project::AgentViews,
    runtime::Clocks,
};
use crate::{
    agent::{self, Advice, CellPolicy, ProposeOptions, SolveOptions},
    estimate::Belief,
    governance::{Author, Rationale, proposal::ConsideredAlternative},
    plant::{AssetId, Autonomy, CellId, Plant},
    sim::{Mode, Model},
    time::{Span, Time},
};
use bevy::prelude::*;
use std::sync::Arc;

/// A cell that still needs attention is asked again after this much plant time.
const ASK_AGAIN: Span = Span(15 * 60_000_000);
/// A mode counts as seen from this probability on.
const SURE: f64 = 0.8;
/// Certified bound asked of a cell's values [money].
const EPSILON: f64 = 0.01;
/// Views of the agents are renewed every this many steps.
const SHOW_EVERY: u32 = 10;

/// Marks the entity that mirrors the agent of a cell.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentOf(pub CellId);

/// Where an agent is.
enum Mind {
    Solving(Job<Result<CellPolicy, String>>),
    Refused(String),
    Ready(Arc<CellPolicy>),
}

struct Agent {
    cell: CellId,
    mind: Mind,
    status: String,
    /// Abnormal members when last asked, and when.
    asked: Option<(Vec<(AssetId, Mode)>, Time)>,
}

type Answers = Vec<(CellId, Result<Option<Advice>, String>)>;

/// All agents and the question under way.
#[derive(Resource, Default)]
pub struct AgentStates {
    agents: Vec<Agent>,
    question: Option<Job<Answers>>,
    steps: u32,
}

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<AgentStates>();
    app.init_resource::<AgentViews>();
    app.add_systems(Startup, wake);
    app.add_systems(FixedUpdate, (poll_minds, poll_question, ask, show).chain().in_set(TwinSystems::Decide));
}

/// Starts solving every cell's model, unless the plant is for monitoring only.
fn wake(mut commands: Commands, mut states: ResMut<AgentStates>, plant: Res<PlantRes>) {
    for (i, _) in plant.plant.cells.iter().enumerate() {
        let cell = CellId(i as u32);
        commands.spawn((Name::new(plant.plant.cells[i].name.clone()), AgentOf(cell)));
        let options = SolveOptions { epsilon: EPSILON, ..SolveOptions::default() };
        let mind = match plant.model.clone() {
            None => Mind::Refused(plant.plant.forecast_refused.clone().unwrap_or_default()),
            Some(model) => Job::start("agent", 0, move |gauge: &Gauge| {
                agent::build_cell(&model, cell, &options, &|| gauge.report(0, 1)).map_err(|e| e.to_string())
            })
            .map_or_else(|| Mind::Refused("the system gave no thread".into()), Mind::Solving),
        };
        states.agents.push(Agent { cell, mind, status: "solving".into(), asked: None });
    }
}

fn poll_minds(mut states: ResMut<AgentStates>, mut events: ResMut<EventsRes>, plant: Res<PlantRes>, clocks: Res<Clocks>) {
    for a in &mut states.agents {
        let Mind::Solving(job) = &a.mind else { continue };
        let Some(answer) = job.poll() else { continue };
        let cell = &plant.plant.cells[a.cell.index()].name;
        let (mind, severity, text) = match answer {
            Ok(Ok(policy)) => {
                let text = format!("agent of {cell}: {} states solved, values within {:.2} of optimal", policy.mdp.states(), policy.solution.bound);
                (Mind::Ready(Arc::new(policy)), Severity::Info, text)
            }
            Ok(Err(e)) => (Mind::Refused(e.clone()), Severity::Warning, format!("agent of {cell}: {e}")),
            Err(_) => {
                (Mind::Refused("its thread ended unexpectedly".into()), Severity::Warning, format!("agent of {cell}: its thread ended unexpectedly"))
            }
        };
        a.status = match &mind {
            Mind::Refused(why) => format!("refused: {why}"),
            Mind::Ready(_) | Mind::Solving(_) => "watching".into(),
        };
        a.mind = mind;
        events.push(&plant.plant, EventView { at: clocks.now(), severity, asset: None, text, trace: None });
    }
}

/// What of a cell is not as it should be, as far as it is seen with confidence.
fn concerns(plant: &Plant, cell: CellId, belief: &Belief) -> Vec<(AssetId, Mode)> {
    let spec = &plant.cells[cell.index()];
    let watched = spec.members.iter().chain(&spec.levels).chain(&spec.temperatures);
    let mut out: Vec<(AssetId, Mode)> = watched
        .map(|a| (*a, belief.asset(*a)))
        .filter(|(_, b)| b.mode_probability >= SURE && needs_attention(b.mode))
        .map(|(a, b)| (a, b.mode))
        .collect();
    out.sort();
    out.dedup();
    out
}

fn needs_attention(mode: Mode) -> bool {
    match mode {
        Mode::Failed | Mode::InRepair | Mode::Tripped | Mode::Short | Mode::Inhibited => true,
        Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked | Mode::Standby | Mode::Starting | Mode::Off | Mode::Maintenance => false,
    }
}

/// What an agent is asked with.
#[derive(bevy::ecs::system::SystemParam)]
struct Context<'w> {
    belief: Res<'w, BeliefRes>,
    plant: Res<'w, PlantRes>,
    settings: Res<'w, TwinSettings>,
    governance: Res<'w, GovernanceRes>,
    clocks: Res<'w, Clocks>,
}

fn ask(mut states: ResMut<AgentStates>, ctx: Context) {
    if states.question.is_some() {
        return;
    }
    let now = ctx.clocks.now();
    let mut due = Vec::new();
    for a in &mut states.agents {
        let Mind::Ready(policy) = &a.mind else { continue };
        let concerns = concerns(&ctx.plant.plant, a.cell, &ctx.belief.0);
        if concerns.is_empty() {
            a.asked = None;
            a.status = "watching".into();
            continue;
        }
        let news = a.asked.as_ref().is_none_or(|(seen, at)| *seen != concerns || now - *at >= ASK_AGAIN);
        if news && !has_open_proposal(&ctx, a.cell) {
            a.asked = Some((concerns, now));
            a.status = "rolling out".into();
            due.push(policy.clone());
        }
    }
    if due.is_empty() {
        return;
    }
    let Some(model) = ctx.plant.model.clone() else { return };
    let belief = ctx.belief.0.clone();
    let options = ProposeOptions { seed: ctx.settings.seed, threads: ctx.settings.threads, ..ProposeOptions::default() };
    states.question = Job::start("agents", 0, move |gauge| answers(&due, &model, &belief, &options, gauge));
}

fn answers(due: &[Arc<CellPolicy>], model: &Arc<Model>, belief: &Belief, options: &ProposeOptions, gauge: &Gauge) -> Answers {
    due.iter().map(|p| (p.cell, agent::propose(p, model, belief, options, &GaugeProgress(gauge)).map_err(|e| e.to_string()))).collect()
}

fn has_open_proposal(ctx: &Context, cell: CellId) -> bool {
    let members = &ctx.plant.plant.cells[cell.index()].members;
    ctx.governance.shown.proposals.iter().any(|p| p.is_open && p.assets.iter().any(|a| members.contains(a)))
}

fn poll_question(mut states: ResMut<AgentStates>, ctx: Context, line: Res<Line>, mut events: ResMut<EventsRes>) {
    let Some(answer) = states.question.as_ref().and_then(Job::poll) else { return };
    states.question = None;
    let mut advices = Vec::new();
    for (cell, outcome) in answer.unwrap_or_default() {
        let status = match outcome {
            Ok(Some(advice)) => {
                advices.push(advice);
                "advised".to_string()
            }
            Ok(None) => "nothing beats doing nothing".to_string(),
            Err(e) => format!("no answer: {e}"),
        };
        if let Some(a) = states.agents.iter_mut().find(|a| a.cell == cell) {
            a.status = status;
        }
    }
    let plant = &ctx.plant.plant;
    let arbitration = agent::coordinate(plant, &advices);
    for (loser, winner, resource) in &arbitration.withdrawn {
        let text = format!("{} withdrawn: {} asks for the same {resource:?} and gains more", advices[*loser].title, advices[*winner].title);
        events.push(plant, EventView { at: ctx.clocks.now(), severity: Severity::Info, asset: None, text, trace: None });
    }
    // a tie is put before a person: both proposals are made, and say so
    let tied = arbitration.escalated.iter().map(|e| (e.0, Some(e.1)));
    for (i, rival) in arbitration.granted.iter().map(|g| (*g, None)).chain(tied) {
        let advice = &advices[i];
        if plant.cells[advice.cell.index()].autonomy == Autonomy::Predict {
            continue;
        }
        let mut rationale = rationale(advice, plant);
        if let Some(rival) = rival {
            rationale.reasons.push(format!("too close to call against {:?}: a person decides", advices[rival].title));
        }
        let author = Author::Agent { cell: advice.cell };
        let actions = advice.actions.iter().map(|a| a.1);
        let draft = govern::draft(plant, &ctx.clocks, ctx.settings.entropy.as_ref(), author, advice.title.clone(), actions, rationale);
        let g = &advice.gain;
        let currency = plant.money.currency.clone();
        let gain = AvoidedLoss { mean: g.mean, low: g.low, high: g.high, probability_better: g.probability_better, currency };
        if !line.send(Message::Submit(Box::new(draft), Some(gain))) {
            let text = "governance is busy; the agent's advice was not taken".to_string();
            events.push(plant, EventView { at: ctx.clocks.now(), severity: Severity::Warning, asset: None, text, trace: None });
        }
    }
}

fn rationale(advice: &Advice, plant: &Plant) -> Rationale {
    let money = &plant.money.currency;
    let tried = advice.alternatives.iter().map(|c| ConsideredAlternative {
        name: c.title.clone(),
        q_value: Some(c.q_advantage),
        result: format!(
            "gain {:+.0} {money} ({:+.0} to {:+.0}), better in {:.0} % of futures",
            c.gain.mean,
            c.gain.low,
            c.gain.high,
            c.gain.probability_better * 100.0
        ),
    });
    let untried = advice.q_values.iter().filter(|(name, _)| !advice.alternatives.iter().any(|c| c.title == *name)).take(4);
    let untried = untried.map(|(name, q)| ConsideredAlternative { name: name.clone(), q_value: Some(*q), result: String::new() });
    let mut reasons = advice.reasons.clone();
    reasons.push(format!("cell state: {}", advice.state));
    Rationale { reasons, alternatives: tried.chain(untried).collect(), expected: advice.expected.clone(), would_change: advice.would_change.clone() }
}

fn show(mut states: ResMut<AgentStates>, mut views: ResMut<AgentViews>, belief: Res<BeliefRes>, plant: Res<PlantRes>) {
    states.steps = states.steps.wrapping_add(1);
    if !states.steps.is_multiple_of(SHOW_EVERY) {
        return;
    }
    views.0 = states
        .agents
        .iter()
        .map(|a| match &a.mind {
            Mind::Ready(p) => AgentView {
                cell: a.cell,
                status: a.status.clone(),
                states: p.mdp.states(),
                bound: p.solution.bound,
                state: state_words(p, &plant.plant, &belief.0),
                q_values: agent::q_table(p, &plant.plant, &belief.0),
            },
            Mind::Solving(_) | Mind::Refused(_) => {
                AgentView { cell: a.cell, status: a.status.clone(), states: 0, bound: f64::INFINITY, state: String::new(), q_values: Vec::new() }
            }
        })
        .collect();
}

/// The abstract state nearest to the belief, in words.
fn state_words(p: &CellPolicy, plant: &Plant, belief: &Belief) -> String {
    let nearest = p.features.place_belief(belief).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    nearest.map_or_else(String::new, |(index, _)| p.features.words(plant, index))
}
