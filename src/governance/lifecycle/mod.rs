//! The life of a proposal, as an enum that carries what is valid in each stage.
//!
//! ```text
//! Draft ─► Simulated ─► Approved ─► Dispatched ─► Acknowledged ─► Verified
//!   │          │            │            │               │
//!   └──────────┴────────────┤            ├── rejected, expired, no answer, no effect, hold
//!      refused, withdrawn,  │            ▼
//!      denied, expired,     └─► …   RollingBack ─► RolledBack | RollbackFailed
//!      stale: Closed
//! ```
//!
//! Every transition consumes the case and returns the new one together with its audit record; there is no other way to
//! get either. What the program cannot know after a restart lives in the outbox as `Unknown` until it is reconciled.

mod back;
mod forward;

use super::{
    approval::{Approval, Warrant},
    gate::GateVerdict,
    policy::Ruling,
    proposal::{Proposal, ProposedCommand},
};
use crate::{clock::Monotonic, history::NewAudit, time::Time};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A proposal on its way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    /// What is proposed.
    pub proposal: Proposal,
    /// Where it stands.
    pub stage: Stage,
    /// Life so far: wall-clock stamp and words.
    pub history: Vec<(Time, String)>,
}

/// Where a proposal stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Stage {
    /// Put forward, waits for the gate.
    Draft,
    /// The gate passed it; waits for signatures.
    Simulated(Authority),
    /// Signed; waits for the second gate verdict and its turn.
    Approved(Authority),
    /// Commands are going out.
    Dispatched(Execution),
    /// Every command was executed, says the plant; waits for the measured effects.
    Acknowledged(Execution),
    /// Undoing what was executed, in reverse order.
    RollingBack(Rollback),
    /// Over.
    Closed(Closed),
}

/// What a proposal may be carried out on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Authority {
    /// The gate's verdict that was signed.
    pub verdict: GateVerdict,
    /// What the policy asks for.
    pub ruling: Ruling,
    /// Exactly what is signed.
    pub warrant: Warrant,
    /// Signatures so far.
    pub signatures: Vec<Approval>,
}

/// Commands on their way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Execution {
    /// On what authority.
    pub authority: Authority,
    /// One per command.
    pub steps: Vec<Step>,
}

/// Undoing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rollback {
    /// On what authority: compensation was signed with the commands.
    pub authority: Authority,
    /// One per command.
    pub steps: Vec<Step>,
    /// Why.
    pub why: Failure,
    /// Does nothing until a person signs for it (after a hold).
    pub waits_for_person: bool,
}

/// The end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Closed {
    /// How.
    pub outcome: Outcome,
    /// Why, in words.
    pub why: String,
    /// On what authority, if it came that far.
    pub authority: Option<Box<Authority>>,
    /// What became of the commands.
    pub steps: Vec<Step>,
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// Every effect was measured.
    Verified,
    /// The plant refused before anything was executed.
    Rejected,
    /// Its time ran out before anything was sent.
    Expired,
    /// What was executed was undone.
    RolledBack,
    /// Undoing failed: a person must act.
    RollbackFailed,
    /// The gate said no.
    GateRefused,
    /// The policy said no.
    Denied,
    /// A person said no.
    Refused,
    /// Taken back by its author, or by a hold.
    Withdrawn,
    /// The plant, model or policy changed since it was signed.
    Stale,
}

/// Why a rollback.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Failure {
    /// A later command was refused.
    Rejected,
    /// A later command could not leave in time.
    Expired,
    /// No answer.
    TimedOut,
    /// Acknowledged, but no effect measured.
    NoEffect,
    /// A hold came between the commands.
    Held,
}

/// One command and what became of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The command.
    pub command: ProposedCommand,
    /// What became of it.
    pub state: StepState,
}

/// What became of a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum StepState {
    /// Not yet its turn, or never came.
    Waiting,
    /// On disk and handed to the link.
    InFlight(Wire),
    /// Executed, says the plant; the effect is measured or not yet.
    Executed(Done),
    /// Refused: not executed.
    Rejected(String),
    /// Could not leave in time: not executed.
    Expired,
    /// No answer: may have been executed.
    TimedOut(Uuid),
    /// Its compensation is on the way.
    Undoing(Wire),
    /// Its compensation was executed, says the plant; the end of the effect is measured or not yet.
    UndoExecuted(Done),
    /// Undone; whether the end of the effect was measured.
    Undone {
        /// Measured within the time the effect had.
        measured: bool,
    },
    /// There is no compensation.
    NothingToUndo,
    /// Its compensation failed.
    UndoFailed(String),
}

/// A command on the wire.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Wire {
    /// Command id.
    pub id: Uuid,
    /// Its nonce.
    pub nonce: String,
    /// Handed over at.
    pub sent: Monotonic,
    /// The plant must answer before.
    pub answer_by: Monotonic,
    /// The plant said that it will execute it.
    pub accepted: bool,
}

/// An executed command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Done {
    /// Command id.
    pub id: Uuid,
    /// Plant time of the acknowledgement.
    pub at: Time,
    /// Consecutive samples that met the expectation.
    pub hits: u8,
    /// When the effect was measured.
    pub seen: Option<Time>,
}

/// A new case with its audit record. The governor commits both or neither.
#[must_use = "a transition counts only once its record is committed"]
#[derive(Clone, PartialEq, Debug)]
pub struct Transition {
    pub(super) case: Case,
    pub(super) record: NewAudit,
}

impl Transition {
    /// The new case.
    pub fn case(&self) -> &Case {
        &self.case
    }
    /// The record that goes with it.
    pub fn record(&self) -> &NewAudit {
        &self.record
    }
}

/// A transition that the stage does not allow.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot {wanted} a proposal that is {stage}")]
pub struct Forbidden {
    /// What was asked.
    pub wanted: &'static str,
    /// Name of the stage.
    pub stage: &'static str,
}

/// Who did it and when, for the record.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Identity, `gate`, `policy`, `plant`, `governor`.
    pub actor: &'a str,
    /// Wall-clock stamp.
    pub wall: Time,
}

impl Stage {
    /// Name for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Simulated(_) => "simulated",
            Self::Approved(_) => "approved",
            Self::Dispatched(_) => "dispatched",
            Self::Acknowledged(_) => "acknowledged",
            Self::RollingBack(r) => match r.why {
                Failure::TimedOut => "timed out",
                Failure::Rejected | Failure::Expired | Failure::NoEffect | Failure::Held => "rolling back",
            },
            Self::Closed(c) => c.outcome.name(),
        }
    }
    /// Its authority, if it has come that far.
    pub fn authority(&self) -> Option<&Authority> {
        match self {
            Self::Draft => None,
            Self::Simulated(a) | Self::Approved(a) => Some(a),
            Self::Dispatched(e) | Self::Acknowledged(e) => Some(&e.authority),
            Self::RollingBack(r) => Some(&r.authority),
            Self::Closed(c) => c.authority.as_deref(),
        }
    }
    /// What became of the commands.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Draft | Self::Simulated(_) | Self::Approved(_) => &[],
            Self::Dispatched(e) | Self::Acknowledged(e) => &e.steps,
            Self::RollingBack(r) => &r.steps,
            Self::Closed(c) => &c.steps,
        }
    }
    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl Outcome {
    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::GateRefused => "refused by the gate",
            Self::Denied => "denied by policy",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Stale => "stale",
        }
    }
}

impl StepState {
    /// Whether the plant executed it, or may have.
    pub fn may_have_acted(&self) -> bool {
        matches!(self, Self::InFlight(_) | Self::Executed(_) | Self::TimedOut(_))
    }
    /// The command on the wire.
    pub fn wire(&self) -> Option<&Wire> {
        match self {
            Self::InFlight(w) | Self::Undoing(w) => Some(w),
            Self::Waiting
            | Self::Executed(_)
            | Self::Rejected(_)
            | Self::Expired
            | Self::TimedOut(_)
            | Self::UndoExecuted(_)
            | Self::Undone { .. }
            | Self::NothingToUndo
            | Self::UndoFailed(_) => None,
        }
    }
}

impl Case {
    /// The one private door: a new stage, words for the history, and the record.
    fn to(mut self, stage: Stage, kind: &str, by: By<'_>, text: String, details: serde_json::Value) -> Transition {
        let body = serde_json::json!({
            "proposal": self.proposal.id, "actor": by.actor, "text": text, "stage": stage.name(), "details": details,
        });
        let record = NewAudit { at_wall: by.wall, kind: kind.into(), trace: self.proposal.trace.clone(), body: body.to_string() };
        self.stage = stage;
        self.history.push((by.wall, text));
        Transition { case: self, record }
    }

    fn forbidden(&self, wanted: &'static str) -> Forbidden {
        Forbidden { wanted, stage: self.stage.name() }
    }

    /// The command with this id on the wire: its step, and whether it undoes.
    pub fn on_wire(&self, command: Uuid) -> Option<(usize, bool)> {
        self.stage.steps().iter().enumerate().find_map(|(i, s)| match &s.state {
            StepState::InFlight(w) if w.id == command => Some((i, false)),
            StepState::Undoing(w) if w.id == command => Some((i, true)),
            _ => None,
        })
    }
}
