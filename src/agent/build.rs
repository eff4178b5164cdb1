//! One cell's Markov decision process, built from the plant: closed-form phases × simulated levels and temperatures.
//!
//! Every state is set up in the full plant model (members in their phases, levels and temperatures at their nodes,
//! the rest as in the scene) and simulated over one decision step, once per action that needs it; where levels and
//! temperatures end is shared among the neighbouring nodes, the step's profit is the reward. Draws are those of a
//! run in which nothing fails by itself, because failures are already in the phases. Invariant: equal plant gives
//! equal model, for any number of threads.

use super::{
    features::{Axis, Features, Measure, MemberGroup, Parts, Phase, TooManyStates, measured},
    mdp::{Choice, Mdp, MdpBuilder, MdpError},
    solve::{Solution, SolveError, SolveOptions, solve},
    transitions::{StepChances, step},
    worth::{Credit, credits, reward},
};
use crate::{
    plant::{Action, ActionKind, AssetId, CellId, InitialMode, Plant},
    rng::Draws,
    sim::{Intervention, Mode, Model, Observed, RunOptions, Script, SimError, State, simulate},
    time::{Span, Time},
};
use rayon::prelude::*;
use serde::Serialize;

/// Successors less likely than this are given to the likeliest one.
const PRUNE: f64 = 1e-7;
/// States simulated between two questions whether to go on.
const BLOCK: usize = 256;
/// How far below its trip an asset that has not tripped is set [fraction of the way from set-point to trip].
const JUST_BELOW: f64 = 0.01;
/// Draws tried to find a run without a failure of its own.
const QUIET_TRIES: u64 = 64;

/// An action of the cell: on one of a group of identical members.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct CellAction {
    /// Position in [`Features::groups`].
    pub group: usize,
    /// What.
    pub kind: ActionKind,
    /// One-off cost [currency].
    pub cost: f64,
}

/// Why a cell has no agent.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// Too many states.
    #[error(transparent)]
    TooManyStates(#[from] TooManyStates),
    /// A representative state could not be simulated.
    #[error("cell {cell:?}, state \"{state}\": {source}")]
    Sim {
        /// Which cell.
        cell: String,
        /// In words.
        state: String,
        /// Why.
        source: SimError,
    },
    /// The model is not an MDP (a defect of the scene's numbers).
    #[error("cell {cell:?}: {source}")]
    Mdp {
        /// Which cell.
        cell: String,
        /// Which row.
        source: MdpError,
    },
    /// No certified solution.
    #[error("cell {cell:?}: {source}")]
    Solve {
        /// Which cell.
        cell: String,
        /// How far it got.
        source: SolveError,
    },
    /// The plant fails within one step whatever is drawn.
    #[error("cell {0:?}: no run of one step without a failure was found; use a shorter step")]
    NeverQuiet(String),
    /// The caller broke off.
    #[error("cancelled")]
    Cancelled,
}

/// A cell's solved model.
#[derive(Clone, Debug)]
pub struct CellPolicy {
    /// Which cell.
    pub cell: CellId,
    /// Its state space.
    pub features: Features,
    /// Its actions; label 0 of the MDP is doing nothing, label i + 1 is `actions[i]`.
    pub actions: Vec<CellAction>,
    /// The model.
    pub mdp: Mdp,
    /// Values with their certificate.
    pub solution: Solution,
    /// Hash of the plant it was built from.
    pub plant_hash: [u8; 32],
}

/// What one simulated step gives: money, and where each axis ends.
type Outcome = (f64, Vec<f64>);

struct Builder<'a> {
    model: &'a Model,
    cell: CellId,
    features: Features,
    actions: Vec<CellAction>,
    chances: Vec<StepChances>,
    credits: Vec<Credit>,
    draws: Draws,
    step: Span,
}

/// Builds and solves the model of a cell. `goes_on` is asked between blocks of states; false breaks off.
///
/// # Errors
/// [`CellError`], naming the cell.
pub fn build_cell(model: &Model, cell: CellId, options: &SolveOptions, goes_on: &(dyn Fn() -> bool + Sync)) -> Result<CellPolicy, CellError> {
    let plant = model.plant();
    let spec = &plant.cells[cell.index()];
    let features = Features::of(plant, spec)?;
    let chances = features.groups.iter().map(|g| StepChances::of(plant, g, spec.step)).collect();
    let actions = actions(plant, &features);
    let draws = quiet_draws(model, &features, spec.step).ok_or_else(|| CellError::NeverQuiet(spec.id.clone()))?;
    let builder = Builder { model, cell, features, actions, chances, credits: credits(plant), draws, step: spec.step };
    let mdp = builder.mdp(goes_on)?;
    let solution = solve(&mdp, options).map_err(|source| CellError::Solve { cell: spec.id.clone(), source })?;
    let Builder { features, actions, .. } = builder;
    Ok(CellPolicy { cell, features, actions, mdp, solution, plant_hash: plant.hash })
}

/// Every kind of action that a group's members accept; the lowest rate also brings its undoing.
fn actions(plant: &Plant, features: &Features) -> Vec<CellAction> {
    let mut out = Vec::new();
    for (group, g) in features.groups.iter().enumerate() {
        for spec in &plant.asset(g.members[0]).actions {
            match spec.kind {
                ActionKind::ResetTrip => {}
                ActionKind::SetRate(lowest) => {
                    out.push(CellAction { group, kind: ActionKind::SetRate(lowest), cost: spec.cost });
                    out.push(CellAction { group, kind: ActionKind::SetRate(1.0), cost: spec.cost });
                }
                ActionKind::Start | ActionKind::Stop | ActionKind::DispatchCrew => out.push(CellAction { group, kind: spec.kind, cost: spec.cost }),
            }
        }
    }
    out
}

/// Whether an action makes sense in a composition.
pub(super) fn possible(group: &MemberGroup, composition: usize, kind: ActionKind) -> bool {
    let phase = match kind {
        ActionKind::Start => Phase::Standby,
        ActionKind::Stop => Phase::Up,
        ActionKind::SetRate(f) if f < 1.0 => Phase::Up,
        ActionKind::SetRate(_) => Phase::Limited,
        ActionKind::DispatchCrew => Phase::Down,
        ActionKind::ResetTrip => return false,
    };
    group.count(composition, phase) > 0
}

/// Draws under which one step from the nominal state, with every startable member started, has no failure.
fn quiet_draws(model: &Model, features: &Features, step: Span) -> Option<Draws> {
    let start = State::nominal(model);
    let members = features.groups.iter().flat_map(|g| g.members.iter().copied());
    let starts =
        members.filter(|m| start.mode(*m) == Mode::Standby).map(|asset| (start.time(), Intervention::Act(Action { asset, kind: ActionKind::Start })));
    let script = Script(starts.collect());
    let options = RunOptions { horizon: step, sample_every: None, trace: false };
    (0..QUIET_TRIES).map(|n| Draws::new(0x61_6765_6e74, n)).find(|draws| {
        let end = simulate(model, &start, &script, *draws, &options);
        end.is_ok_and(|o| model.plant().asset_ids().all(|a| !matches!(o.end.mode(a), Mode::Failed | Mode::InRepair)))
    })
}

impl Builder<'_> {
    fn name(&self) -> String {
        self.model.plant().cells[self.cell.index()].id.clone()
    }

    fn mdp(&self, goes_on: &(dyn Fn() -> bool + Sync)) -> Result<Mdp, CellError> {
        let ids: Vec<usize> = (0..self.features.states()).collect();
        let mut idle: Vec<Outcome> = Vec::with_capacity(ids.len());
        let mut builder = MdpBuilder::new(ids.len() as u32);
        for block in ids.chunks(BLOCK) {
            if !goes_on() {
                return Err(CellError::Cancelled);
            }
            let each: Vec<Result<Outcome, CellError>> = block.par_iter().map(|s| self.simulate(&self.features.decode(*s), None, *s)).collect();
            idle.extend(each.into_iter().collect::<Result<Vec<_>, _>>()?);
        }
        for block in ids.chunks(BLOCK) {
            if !goes_on() {
                return Err(CellError::Cancelled);
            }
            let rows: Vec<Result<Vec<Row>, CellError>> = block.par_iter().map(|s| self.rows(*s, &idle)).collect();
            for row in rows.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
                let discount = self.model.plant().cells[self.cell.index()].discount;
                let choice = Choice { state: row.state, action: row.action, reward: row.reward, discount, successors: &row.successors };
                builder.choice(choice).map_err(|source| CellError::Mdp { cell: self.name(), source })?;
            }
        }
        builder.build().map_err(|source| CellError::Mdp { cell: self.name(), source })
    }

    /// The choices of one state: doing nothing and every action that makes sense.
    fn rows(&self, index: usize, idle: &[Outcome]) -> Result<Vec<Row>, CellError> {
        let parts = self.features.decode(index);
        let working = self.features.groups.iter().zip(&self.chances).zip(&parts.compositions);
        let crew: f64 = working.map(|((g, c), at)| f64::from(g.count(*at, Phase::Down).min(c.crews)) * c.crew_cost).sum();
        let mut rows = vec![self.row(index, 0, &parts, None, &idle[index], crew)];
        for (i, action) in self.actions.iter().enumerate() {
            if !possible(&self.features.groups[action.group], parts.compositions[action.group], action.kind) {
                continue;
            }
            let (outcome, cost) = match action.kind {
                // A start takes time, and its cost is booked by the simulation.
                ActionKind::Start => (self.simulate(&parts, Some(action), index)?, 0.0),
                // A stop or another rate is as if it had been so at the step's beginning; a crew on its way changes nothing yet.
                ActionKind::Stop | ActionKind::SetRate(_) | ActionKind::DispatchCrew | ActionKind::ResetTrip => {
                    (idle[self.features.index(&self.after(&parts, action))].clone(), action.cost)
                }
            };
            rows.push(self.row(index, i as u32 + 1, &parts, Some(action), &outcome, crew + cost));
        }
        Ok(rows)
    }

    /// The state right after an action that acts at once.
    fn after(&self, parts: &Parts, action: &CellAction) -> Parts {
        let certain = StepChances { fail: 0.0, repair: 0.0, start_fails: 0.0, crews: 0, auto_target: None, crew_cost: 0.0 };
        let next = step(&self.features.groups[action.group], &certain, parts.compositions[action.group], Some(action.kind));
        let mut after = parts.clone();
        if let Some(at) = next.first() {
            after.compositions[action.group] = at.0;
        }
        after
    }

    fn row(&self, state: usize, label: u32, parts: &Parts, action: Option<&CellAction>, outcome: &Outcome, cost: f64) -> Row {
        let mut combos: Vec<(Vec<usize>, f64)> = vec![(Vec::new(), 1.0)];
        for (i, (group, chances)) in self.features.groups.iter().zip(&self.chances).enumerate() {
            let own = action.filter(|a| a.group == i).map(|a| a.kind);
            let next = step(group, chances, parts.compositions[i], own);
            let joined = combos.iter().flat_map(|(c, p)| next.iter().map(move |(n, q)| ([&c[..], &[*n]].concat(), p * q)));
            combos = joined.filter(|c: &(Vec<usize>, f64)| c.1 >= PRUNE).collect();
        }
        let around: Vec<[(usize, f64); 2]> = self.features.axes.iter().zip(&outcome.1).map(|(a, v)| a.around(*v)).collect();
        let mut successors: Vec<(u32, f64)> = Vec::new();
        for (compositions, p) in combos {
            let at = Parts { compositions, nodes: Vec::new() };
            successors.extend(self.features.spread(&at, &around).into_iter().map(|(s, w)| (s as u32, p * w)));
        }
        let missing = 1.0 - successors.iter().map(|s| s.1).sum::<f64>();
        if let Some(likeliest) = successors.iter_mut().max_by(|a, b| a.1.total_cmp(&b.1)) {
            likeliest.1 += missing;
        }
        Row { state: state as u32, action: label, reward: outcome.0 - cost, successors }
    }

    /// One step from a representative state.
    fn simulate(&self, parts: &Parts, action: Option<&CellAction>, index: usize) -> Result<Outcome, CellError> {
        let failed = |source| CellError::Sim { cell: self.name(), state: self.features.words(self.model.plant(), index), source };
        let (observed, target) = self.representative(parts, action);
        let start = State::from_observed(self.model, Time::ZERO, &observed).map_err(failed)?;
        let acts = target.zip(action).map(|(asset, a)| (Time::ZERO, Intervention::Act(Action { asset, kind: a.kind })));
        let options = RunOptions { horizon: self.step, sample_every: None, trace: false };
        let outcome = simulate(self.model, &start, &Script(acts.into_iter().collect()), self.draws, &options).map_err(failed)?;
        let ends = self.features.axes.iter().map(|a| match self.restart(parts, a) {
            Some(still_held) => still_held,
            None => measured(self.model, &outcome.end, a),
        });
        let ends = ends.collect();
        Ok((reward(&self.credits, &outcome.totals), ends))
    }

    /// Members in their phases, axes at their nodes, and the member that an action would be done on.
    /// A member that is down is set off: it gives nothing, and its repair is the phases' business.
    fn representative(&self, parts: &Parts, action: Option<&CellAction>) -> (Vec<Observed>, Option<AssetId>) {
        let plant = self.model.plant();
        let mut observed = vec![Observed::default(); plant.assets.len()];
        let mut target = None;
        for (i, (group, &composition)) in self.features.groups.iter().zip(&parts.compositions).enumerate() {
            let mut members = group.members.iter();
            for (&phase, &n) in group.phases.iter().zip(&group.compositions[composition]) {
                for &m in members.by_ref().take(usize::from(n)) {
                    let o = &mut observed[m.index()];
                    o.commanded = Some(match phase {
                        Phase::Up | Phase::Limited => InitialMode::Running,
                        Phase::Down => InitialMode::Off,
                        Phase::Standby => InitialMode::Standby,
                    });
                    o.rate_limit = (phase == Phase::Limited).then(|| lowest_rate(plant, m));
                    if action.is_some_and(|a| a.group == i && suits(a.kind, phase)) {
                        target.get_or_insert(m);
                    }
                }
            }
        }
        for (axis, &node) in self.features.axes.iter().zip(&parts.nodes) {
            place(plant, &mut observed[axis.asset.index()], axis, node);
        }
        (observed, target)
    }

    /// For an asset that has cooled down and restarts: the chance that it is still held after the step.
    fn restart(&self, parts: &Parts, axis: &Axis) -> Option<f64> {
        let asset = self.model.plant().asset(axis.asset);
        let celsius = |a: &Axis, n: usize| (a.measure == Measure::Temperature && a.asset == axis.asset).then(|| a.node(n));
        let temperature = self.features.axes.iter().zip(&parts.nodes).find_map(|(a, n)| celsius(a, *n))?;
        let own = self.features.axes.iter().position(|a| a == axis).map(|i| parts.nodes[i]);
        let restarts = axis.measure == Measure::Held && own == Some(1) && temperature <= asset.thermal?.reset_c;
        restarts.then(|| 1.0 - (self.step.s() / asset.start.delay.s().max(1.0)).min(1.0))
    }
}

struct Row {
    state: u32,
    action: u32,
    reward: f64,
    successors: Vec<(u32, f64)>,
}

/// Sets an axis to a node. Temperatures come before `Held` in the order of axes.
fn place(plant: &Plant, observed: &mut Observed, axis: &Axis, node: usize) {
    let thermal = plant.asset(axis.asset).thermal;
    match axis.measure {
        Measure::Level => observed.level = Some(axis.node(node)),
        Measure::Temperature => observed.temperature_c = Some(axis.node(node)),
        Measure::Held => {
            let Some((t, law)) = observed.temperature_c.zip(thermal) else { return };
            if node == 0 {
                // Not tripped at the trip temperature means: just below it.
                observed.temperature_c = Some(t.min(law.trip_c - JUST_BELOW * (law.trip_c - law.setpoint_c).abs()));
            } else if t > law.reset_c {
                observed.tripped = true;
            } else {
                observed.commanded = Some(InitialMode::Off);
            }
        }
    }
}

/// Whether an action is done on a member in this phase.
pub(super) fn suits(kind: ActionKind, phase: Phase) -> bool {
    match kind {
        ActionKind::Start => phase == Phase::Standby,
        ActionKind::Stop => phase == Phase::Up,
        ActionKind::SetRate(f) => phase == if f < 1.0 { Phase::Up } else { Phase::Limited },
        ActionKind::DispatchCrew => phase == Phase::Down,
        ActionKind::ResetTrip => false,
    }
}

fn lowest_rate(plant: &Plant, id: AssetId) -> f64 {
    let lowest = plant.asset(id).actions.iter().find_map(|a| match a.kind {
        ActionKind::SetRate(f) => Some(f),
        ActionKind::Start | ActionKind::Stop | ActionKind::ResetTrip | ActionKind::DispatchCrew => None,
    });
    lowest.unwrap_or(1.0)
}

impl CellPolicy {
    /// Expected Q-value of every action that makes sense at a place in the state space (label 0: doing nothing),
    /// best first, ties by label.
    pub fn q_at(&self, place: &[(usize, f64)]) -> Vec<(u32, f64)> {
        let mut out: Vec<(u32, f64)> = Vec::new();
        for label in 0..=self.actions.len() as u32 {
            let each = place.iter().map(|(s, w)| self.mdp.choices_of(*s).find(|c| self.mdp.action(*c) == label).map(|c| w * self.solution.q[c]));
            if let Some(q) = each.sum::<Option<f64>>() {
                out.push((label, q));
            }
        }
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        out
    }

    /// The action of a label; `None` for doing nothing.
    pub fn action(&self, label: u32) -> Option<&CellAction> {
        (label as usize).checked_sub(1).and_then(|i| self.actions.get(i))
    }
}
