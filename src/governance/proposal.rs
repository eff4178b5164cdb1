//! A proposal: commands with their compensation and expected effect, and the reasons, as plain data.
//!
//! Owns what may be said at all: [`Proposal::check`] refuses targets of the safety system, undeclared actions,
//! non-finite numbers. Decides nothing about whether it should be done (gate, policy, people do).

use crate::{
    plant::{Action, ActionClass, ActionKind, ActionSpec, AssetId, CellId, Plant, SafetyClass},
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Most commands of one proposal.
pub const MAX_COMMANDS: usize = 16;
/// Longest text of a proposal [characters].
const MAX_TEXT: usize = 2000;

/// Who put a proposal forward.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Author {
    /// The agent of a cell.
    Agent {
        /// Whose agent.
        cell: CellId,
    },
    /// A person, by identity name.
    Person {
        /// Identity.
        identity: String,
    },
}

/// What is measured to see an effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum EffectQuantity {
    /// Mode code ([`Comparison::Equals`]).
    Mode,
    /// Ability to serve, 0..=1.
    Service,
    /// Process rate [process units/h].
    Rate,
    /// Storage level [storage amount].
    Level,
    /// Temperature [°C].
    Temperature,
}

/// How the measured value compares with the expected one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Comparison {
    /// Measured ≥ expected.
    AtLeast,
    /// Measured ≤ expected.
    AtMost,
    /// Equal within 1e-6.
    Equals,
}

/// The measured effect that closes a command.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct EffectExpectation {
    /// Whose.
    pub asset: AssetId,
    /// What.
    pub quantity: EffectQuantity,
    /// How it compares.
    pub comparison: Comparison,
    /// Expected value [unit of the quantity].
    pub value: f64,
    /// Plant time from the plant's acknowledgement of execution.
    pub within: Span,
}

impl EffectExpectation {
    /// Whether a measured value meets it; a non-finite one does not.
    pub fn is_met(&self, measured: f64) -> bool {
        measured.is_finite()
            && match self.comparison {
                Comparison::AtLeast => measured >= self.value,
                Comparison::AtMost => measured <= self.value,
                Comparison::Equals => (measured - self.value).abs() <= 1e-6,
            }
    }
}

/// One command of a proposal.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProposedCommand {
    /// What.
    pub action: Action,
    /// What undoes it, inside what is signed.
    pub compensation: Option<Action>,
    /// What must be measured afterwards.
    pub effect: EffectExpectation,
}

/// An alternative that was considered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConsideredAlternative {
    /// What.
    pub name: String,
    /// Its Q-value in the cell's MDP, if it has one.
    pub q_value: Option<f64>,
    /// Simulated result in words.
    pub result: String,
}

/// Why, as said by the author.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Rationale {
    /// One sentence each.
    pub reasons: Vec<String>,
    /// What else was considered, best first.
    pub alternatives: Vec<ConsideredAlternative>,
    /// Expected effect with uncertainty, one line each.
    pub expected: Vec<String>,
    /// What would change the author's mind.
    pub would_change: Vec<String>,
}

/// A response put forward by an agent or a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// UUID v7.
    pub id: Uuid,
    /// Joins everything about this decision.
    pub trace: String,
    /// Who.
    pub author: Author,
    /// One line.
    pub title: String,
    /// In order; each waits until the one before was executed.
    pub commands: Vec<ProposedCommand>,
    /// Why.
    pub rationale: Rationale,
    /// Plant time.
    pub created: Time,
}

/// Why a proposal cannot even be a draft.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProposalFault {
    /// Nothing to do, or too much.
    #[error("{0} commands; a proposal has 1 to {MAX_COMMANDS}")]
    Commands(usize),
    /// The index is not of this plant.
    #[error("command {step}: there is no asset {asset}; the proposal was made for another plant")]
    NoAsset {
        /// Position.
        step: usize,
        /// Index.
        asset: u32,
    },
    /// Safety systems are read-only by construction.
    #[error("command {step}: {asset} belongs to the safety system, which is read-only by construction")]
    Safety {
        /// Position.
        step: usize,
        /// Stable id.
        asset: String,
    },
    /// The scene declares no such action.
    #[error("command {step}: {asset} does not declare {action}; declare it in the scene's `actions`, with its range")]
    Undeclared {
        /// Position.
        step: usize,
        /// Stable id.
        asset: String,
        /// What.
        action: String,
    },
    /// Not a number.
    #[error("command {step}: {what} is not a finite number in range")]
    Number {
        /// Position.
        step: usize,
        /// Which number.
        what: &'static str,
    },
    /// Over-long or empty text.
    #[error("{0} is empty or longer than {MAX_TEXT} characters")]
    Text(&'static str),
}

/// The declaration that permits an action, if there is one.
pub fn declared(plant: &Plant, action: Action) -> Option<ActionSpec> {
    let asset = plant.assets.get(action.asset.index())?;
    asset.actions.iter().copied().find(|spec| match (spec.kind, action.kind) {
        (ActionKind::SetRate(lowest), ActionKind::SetRate(to)) => to >= lowest && to <= 1.0,
        (ActionKind::Start, ActionKind::Start)
        | (ActionKind::Stop, ActionKind::Stop)
        | (ActionKind::ResetTrip, ActionKind::ResetTrip)
        | (ActionKind::DispatchCrew, ActionKind::DispatchCrew) => true,
        (ActionKind::SetRate(_) | ActionKind::Start | ActionKind::Stop | ActionKind::ResetTrip | ActionKind::DispatchCrew, _) => false,
    })
}

/// Words for an action (`start CH-2`).
pub fn words(plant: &Plant, action: Action) -> String {
    let asset = plant.assets.get(action.asset.index()).map_or("?", |a| a.id.as_str());
    match action.kind {
        ActionKind::Start => format!("start {asset}"),
        ActionKind::Stop => format!("stop {asset}"),
        ActionKind::SetRate(f) => format!("set {asset} to {:.0} % of nominal", f * 100.0),
        ActionKind::ResetTrip => format!("reset the trip of {asset}"),
        ActionKind::DispatchCrew => format!("send a crew to {asset}"),
    }
}

/// The asset of exactly this id. No case folding, no paths, no wildcards: anything else is no target (T28).
///
/// # Errors
/// [`ProposalFault::NoAsset`] or [`ProposalFault::Safety`].
pub fn target(plant: &Plant, id: &str) -> Result<AssetId, ProposalFault> {
    let found = plant.asset_by_id(id).ok_or(ProposalFault::NoAsset { step: 0, asset: u32::MAX })?;
    match plant.asset(found).safety {
        SafetyClass::Process => Ok(found),
        SafetyClass::Safety => Err(ProposalFault::Safety { step: 0, asset: id.to_string() }),
    }
}

impl Proposal {
    /// Refuses what may not be said at all. Called before anything is simulated.
    ///
    /// # Errors
    /// The first [`ProposalFault`].
    pub fn check(&self, plant: &Plant) -> Result<(), ProposalFault> {
        if self.commands.is_empty() || self.commands.len() > MAX_COMMANDS {
            return Err(ProposalFault::Commands(self.commands.len()));
        }
        for (name, text) in [("the title", &self.title), ("the trace id", &self.trace)] {
            if text.is_empty() || text.chars().count() > MAX_TEXT {
                return Err(ProposalFault::Text(name));
            }
        }
        if self.trace.len() > 64 {
            return Err(ProposalFault::Text("the trace id (at most 64)"));
        }
        for (step, c) in self.commands.iter().enumerate() {
            check_action(plant, step, c.action)?;
            if let Some(undo) = c.compensation {
                check_action(plant, step, undo)?;
            }
            check_effect(plant, step, &c.effect)?;
        }
        Ok(())
    }

    /// Every action it may send, compensations included.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        self.commands.iter().flat_map(|c| std::iter::once(c.action).chain(c.compensation))
    }

    /// Targets, compensations included, in index order without repetition.
    pub fn targets(&self) -> Vec<AssetId> {
        let mut out: Vec<AssetId> = self.actions().map(|a| a.asset).collect();
        out.sort();
        out.dedup();
        out
    }

    /// The highest class among the declared actions.
    pub fn consequence(&self, plant: &Plant) -> ActionClass {
        self.commands.iter().filter_map(|c| declared(plant, c.action)).map(|s| s.class).max().unwrap_or(ActionClass::High)
    }

    /// One-off cost of its actions [money].
    pub fn cost(&self, plant: &Plant) -> f64 {
        self.commands.iter().filter_map(|c| declared(plant, c.action)).map(|s| s.cost).sum()
    }
}

fn check_action(plant: &Plant, step: usize, action: Action) -> Result<(), ProposalFault> {
    let Some(asset) = plant.assets.get(action.asset.index()) else {
        return Err(ProposalFault::NoAsset { step, asset: action.asset.0 });
    };
    match asset.safety {
        SafetyClass::Process => {}
        SafetyClass::Safety => return Err(ProposalFault::Safety { step, asset: asset.id.clone() }),
    }
    if let ActionKind::SetRate(f) = action.kind
        && !(0.0..=1.0).contains(&f)
    {
        return Err(ProposalFault::Number { step, what: "the rate" });
    }
    declared(plant, action).map(|_| ()).ok_or_else(|| ProposalFault::Undeclared {
        step,
        asset: asset.id.clone(),
        action: format!("{:?}", action.kind),
    })
}

fn check_effect(plant: &Plant, step: usize, e: &EffectExpectation) -> Result<(), ProposalFault> {
    if e.asset.index() >= plant.assets.len() {
        return Err(ProposalFault::NoAsset { step, asset: e.asset.0 });
    }
    if !e.value.is_finite() {
        return Err(ProposalFault::Number { step, what: "the expected value" });
    }
    if e.within <= Span::ZERO {
        return Err(ProposalFault::Number { step, what: "the time for the effect" });
    }
    Ok(())
}
