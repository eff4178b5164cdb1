//! Transitions on the way forward: draft to verified.

use super::{Authority, By, Case, Closed, Done, Execution, Failure, Forbidden, Outcome, Stage, Step, StepState, Transition, Wire};
use crate::{
    clock::Monotonic,
    governance::{approval::Approval, gate::GateVerdict, policy::Denial, proposal::Proposal},
    time::Time,
};
use serde_json::json;

impl Case {
    /// A new draft.
    pub fn draft(proposal: Proposal, by: By<'_>) -> Transition {
        let text = format!("proposed: {}", proposal.title);
        let details = json!(proposal);
        Case { proposal, stage: Stage::Draft, history: Vec::new() }.to(Stage::Draft, "proposal.drafted", by, text, details)
    }

    /// The gate passed it and the policy says what it takes.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is a draft.
    pub fn simulated(self, authority: Authority, by: By<'_>) -> Result<Transition, Forbidden> {
        let Stage::Draft = self.stage else { return Err(self.forbidden("simulate")) };
        let text = format!("simulated: gate passed, {} ({})", authority.ruling.because, authority.ruling.rule);
        let details =
            json!({"verdict": authority.verdict, "ruling": authority.ruling, "warrant": authority.warrant, "digest": authority.warrant.digest()});
        Ok(self.to(Stage::Simulated(authority), "proposal.simulated", by, text, details))
    }

    /// The gate said no.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is a draft.
    pub fn gate_refused(self, verdict: &GateVerdict, by: By<'_>) -> Result<Transition, Forbidden> {
        let Stage::Draft = self.stage else { return Err(self.forbidden("simulate")) };
        let why = verdict.refusal().unwrap_or_else(|| "the gate gave no reason".into());
        Ok(self.close(Outcome::GateRefused, why, "proposal.gate_refused", by, json!({"verdict": verdict})))
    }

    /// The policy said no.
    ///
    /// # Errors
    /// [`Forbidden`] when it was dispatched or is over.
    pub fn denied(self, denial: &Denial, by: By<'_>) -> Result<Transition, Forbidden> {
        self.end(Outcome::Denied, denial.to_string(), "proposal.denied", by)
    }

    /// Signed; `complete` when the ruling is satisfied.
    ///
    /// # Errors
    /// [`Forbidden`] unless it waits for signatures.
    pub fn signed(mut self, approval: Approval, complete: bool, by: By<'_>) -> Result<Transition, Forbidden> {
        let Stage::Simulated(mut authority) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "sign", stage: "not waiting" });
        };
        let text = format!("signed by {} ({:?})", approval.identity, approval.role);
        let details = json!({"signature": approval, "complete": complete});
        authority.signatures.push(approval);
        let stage = if complete { Stage::Approved(authority) } else { Stage::Simulated(authority) };
        Ok(self.to(stage, "proposal.signed", by, text, details))
    }

    /// Needs no signature: closed loop within its bounds.
    ///
    /// # Errors
    /// [`Forbidden`] unless it was simulated.
    pub fn auto_approved(mut self, by: By<'_>) -> Result<Transition, Forbidden> {
        let Stage::Simulated(authority) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "approve", stage: "not waiting" });
        };
        let text = format!("approved by policy {}: closed loop", authority.ruling.rule);
        Ok(self.to(Stage::Approved(authority), "proposal.auto_approved", by, text, json!({})))
    }

    /// A person said no, its author took it back, its time ran out, or the world changed.
    ///
    /// # Errors
    /// [`Forbidden`] once a command was dispatched, or when it is over.
    pub fn end(self, outcome: Outcome, why: String, kind: &str, by: By<'_>) -> Result<Transition, Forbidden> {
        match self.stage {
            Stage::Draft | Stage::Simulated(_) | Stage::Approved(_) => Ok(self.close(outcome, why, kind, by, json!({}))),
            Stage::Dispatched(_) | Stage::Acknowledged(_) | Stage::RollingBack(_) | Stage::Closed(_) => Err(self.forbidden("end")),
        }
    }

    pub(super) fn close(self, outcome: Outcome, why: String, kind: &str, by: By<'_>, details: serde_json::Value) -> Transition {
        let (authority, steps) = (self.stage.authority().cloned().map(Box::new), self.stage.steps().to_vec());
        let text = format!("{}: {why}", outcome.name());
        self.to(Stage::Closed(Closed { outcome, why, authority, steps }), kind, by, text, details)
    }

    /// The next command is on disk and about to be sent.
    ///
    /// # Errors
    /// [`Forbidden`] unless approved or between commands, and the step is the next one.
    pub fn dispatched(mut self, step: usize, wire: Wire, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let mut execution = match std::mem::replace(&mut self.stage, Stage::Draft) {
            Stage::Approved(authority) => {
                let steps = self.proposal.commands.iter().map(|c| Step { command: *c, state: StepState::Waiting }).collect();
                Execution { authority, steps }
            }
            Stage::Dispatched(e) => e,
            Stage::Draft | Stage::Simulated(_) | Stage::Acknowledged(_) | Stage::RollingBack(_) | Stage::Closed(_) => {
                return Err(Forbidden { wanted: "dispatch", stage: name });
            }
        };
        let next = execution.steps.iter().position(|s| !matches!(s.state, StepState::Executed(_)));
        match execution.steps.get_mut(step) {
            Some(s) if next == Some(step) && s.state == StepState::Waiting => s.state = StepState::InFlight(wire.clone()),
            Some(_) | None => return Err(Forbidden { wanted: "dispatch out of turn", stage: name }),
        }
        let text = format!("command {} of {} committed", step + 1, execution.steps.len());
        Ok(self.to(Stage::Dispatched(execution), "command.committed", by, text, json!({"step": step, "command": wire.id})))
    }

    /// The plant will execute it; it gets more time to say that it did.
    ///
    /// # Errors
    /// [`Forbidden`] unless that command is on the wire.
    pub fn accepted(mut self, step: usize, answer_by: Monotonic, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let details = match steps_mut(&mut self.stage).and_then(|s| s.get_mut(step)).map(|s| &mut s.state) {
            Some(StepState::InFlight(w) | StepState::Undoing(w)) => {
                (w.accepted, w.answer_by) = (true, answer_by);
                json!({"step": step, "command": w.id})
            }
            Some(_) | None => return Err(Forbidden { wanted: "accept", stage: name }),
        };
        let stage = self.stage.clone();
        Ok(self.to(stage, "command.accepted", by, format!("command {} accepted by the plant", step + 1), details))
    }

    /// The plant executed it.
    ///
    /// # Errors
    /// [`Forbidden`] unless that command is on the wire.
    pub fn executed(mut self, step: usize, at: Time, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let Stage::Dispatched(mut e) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "acknowledge", stage: name });
        };
        let Some(Step { state: state @ StepState::InFlight(_), .. }) = e.steps.get_mut(step) else {
            return Err(Forbidden { wanted: "acknowledge", stage: name });
        };
        let Some(id) = state.wire().map(|w| w.id) else { return Err(Forbidden { wanted: "acknowledge", stage: name }) };
        *state = StepState::Executed(Done { id, at, hits: 0, seen: None });
        let all = e.steps.iter().all(|s| matches!(s.state, StepState::Executed(_)));
        let stage = if all { Stage::Acknowledged(e) } else { Stage::Dispatched(e) };
        Ok(self.to(stage, "command.executed", by, format!("command {} executed, says the plant", step + 1), json!({"step": step, "command": id})))
    }

    /// The command did not work: refused, not sent in time, or unanswered. Undoes what was executed, if anything.
    ///
    /// # Errors
    /// [`Forbidden`] unless that command is on the wire or is the next.
    pub fn failed(mut self, step: usize, failure: Failure, reason: &str, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let Stage::Dispatched(mut e) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "fail", stage: name });
        };
        let Some(s) = e.steps.get_mut(step) else { return Err(Forbidden { wanted: "fail", stage: name }) };
        let id = s.state.wire().map(|w| w.id);
        s.state = match (failure, id) {
            (Failure::TimedOut, Some(id)) => StepState::TimedOut(id),
            (Failure::Expired, _) => StepState::Expired,
            (Failure::Rejected | Failure::TimedOut | Failure::NoEffect | Failure::Held, _) => StepState::Rejected(reason.into()),
        };
        let acted = e.steps.iter().any(|s| s.state.may_have_acted());
        let (text, details) = (format!("command {}: {reason}", step + 1), json!({"step": step, "command": id, "failure": failure}));
        if acted {
            return Ok(self.roll_back(e, failure, false, "command.failed", by, text, details));
        }
        let outcome = if failure == Failure::Expired { Outcome::Expired } else { Outcome::Rejected };
        let closed = Closed { outcome, why: text.clone(), authority: Some(Box::new(e.authority)), steps: e.steps };
        Ok(self.to(Stage::Closed(closed), "command.failed", by, text, details))
    }

    /// The effect of a step was measured; verified when it was the last one.
    ///
    /// # Errors
    /// [`Forbidden`] unless the step was executed.
    pub fn effect_measured(mut self, step: usize, at: Time, value: f64, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        match steps_mut(&mut self.stage).and_then(|s| s.get_mut(step)).map(|s| &mut s.state) {
            Some(StepState::Executed(d)) => d.seen = Some(at),
            Some(_) | None => return Err(Forbidden { wanted: "verify", stage: name }),
        }
        let details = json!({"step": step, "measured": value, "at": at});
        match std::mem::replace(&mut self.stage, Stage::Draft) {
            Stage::Acknowledged(e) if e.steps.iter().all(|s| matches!(&s.state, StepState::Executed(d) if d.seen.is_some())) => {
                let why = "every expected effect was measured".to_string();
                let closed = Closed { outcome: Outcome::Verified, why: why.clone(), authority: Some(Box::new(e.authority)), steps: e.steps };
                Ok(self.to(Stage::Closed(closed), "proposal.verified", by, why, details))
            }
            stage => Ok(self.to(stage, "command.effect_measured", by, format!("effect of command {} measured: {value:.3}", step + 1), details)),
        }
    }
}

pub(super) fn steps_mut(stage: &mut Stage) -> Option<&mut Vec<Step>> {
    match stage {
        Stage::Dispatched(e) | Stage::Acknowledged(e) => Some(&mut e.steps),
        Stage::RollingBack(r) => Some(&mut r.steps),
        Stage::Draft | Stage::Simulated(_) | Stage::Approved(_) | Stage::Closed(_) => None,
    }
}
