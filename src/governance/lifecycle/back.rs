//! Transitions on the way back: compensation in reverse order, inside what was signed, once.

use super::{By, Case, Closed, Done, Execution, Failure, Forbidden, Outcome, Rollback, Stage, StepState, Transition, Wire, forward::steps_mut};
use crate::time::Time;
use serde_json::json;

impl Case {
    pub(super) fn roll_back(
        self,
        e: Execution,
        why: Failure,
        waits_for_person: bool,
        kind: &str,
        by: By<'_>,
        text: String,
        details: serde_json::Value,
    ) -> Transition {
        let mut rollback = Rollback { authority: e.authority, steps: e.steps, why, waits_for_person };
        for s in &mut rollback.steps {
            let nothing = s.command.compensation.is_none() && matches!(s.state, StepState::Executed(_) | StepState::TimedOut(_));
            if nothing {
                s.state = StepState::NothingToUndo;
            }
        }
        self.to(Stage::RollingBack(rollback), kind, by, text, details).finished(by)
    }

    /// Executed, but the effect was not measured in time.
    ///
    /// # Errors
    /// [`Forbidden`] unless commands were executed.
    pub fn effect_missing(mut self, step: usize, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        match std::mem::replace(&mut self.stage, Stage::Draft) {
            Stage::Dispatched(e) | Stage::Acknowledged(e) => {
                let text = format!("command {}: acknowledged, but its effect was not measured in time", step + 1);
                Ok(self.roll_back(e, Failure::NoEffect, false, "command.effect_missing", by, text, json!({"step": step})))
            }
            Stage::Draft | Stage::Simulated(_) | Stage::Approved(_) | Stage::RollingBack(_) | Stage::Closed(_) => {
                Err(Forbidden { wanted: "miss the effect of", stage: name })
            }
        }
    }

    /// A hold stops it: what was not sent is not sent, what was executed stays until a person decides. `None` when the
    /// hold changes nothing about it.
    pub fn held(mut self, by: By<'_>) -> Option<Transition> {
        match std::mem::replace(&mut self.stage, Stage::Draft) {
            Stage::Approved(a) => {
                self.stage = Stage::Approved(a);
                Some(self.close(Outcome::Withdrawn, "held before it was sent; simulate and approve again".into(), "proposal.held", by, json!({})))
            }
            Stage::Dispatched(e) => {
                let text = "held between its commands; compensation waits for a person".to_string();
                Some(self.roll_back(e, Failure::Held, true, "proposal.held", by, text, json!({})))
            }
            Stage::RollingBack(r) if !r.waits_for_person => {
                let stage = Stage::RollingBack(Rollback { waits_for_person: true, ..r });
                Some(self.to(stage, "proposal.held", by, "held while rolling back; the rest waits for a person".into(), json!({})))
            }
            Stage::Draft | Stage::Simulated(_) | Stage::Acknowledged(_) | Stage::RollingBack(_) | Stage::Closed(_) => None,
        }
    }

    /// A person signed for the compensation that waits.
    ///
    /// # Errors
    /// [`Forbidden`] unless it waits for a person.
    pub fn compensation_signed(mut self, signature: &crate::governance::approval::Approval, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        match std::mem::replace(&mut self.stage, Stage::Draft) {
            Stage::RollingBack(r) if r.waits_for_person => {
                let stage = Stage::RollingBack(Rollback { waits_for_person: false, ..r });
                Ok(self.to(stage, "compensation.signed", by, format!("compensation signed by {}", by.actor), json!({"signature": signature})))
            }
            _ => Err(Forbidden { wanted: "sign the compensation of", stage: name }),
        }
    }

    /// The step to undo next: the last one that acted or may have.
    pub fn next_undo(&self) -> Option<usize> {
        match &self.stage {
            Stage::RollingBack(r) if !r.waits_for_person => {
                let busy = r.steps.iter().any(|s| matches!(s.state, StepState::Undoing(_) | StepState::UndoExecuted(_) | StepState::InFlight(_)));
                if busy { None } else { r.steps.iter().rposition(|s| matches!(s.state, StepState::Executed(_) | StepState::TimedOut(_))) }
            }
            _ => None,
        }
    }

    /// A compensation is on disk and about to be sent.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is the next to undo.
    pub fn undo_dispatched(mut self, step: usize, wire: Wire, by: By<'_>) -> Result<Transition, Forbidden> {
        if self.next_undo() != Some(step) {
            return Err(self.forbidden("undo out of turn"));
        }
        let details = json!({"step": step, "command": wire.id, "compensates": true});
        if let Some(s) = steps_mut(&mut self.stage).and_then(|s| s.get_mut(step)) {
            s.state = StepState::Undoing(wire);
        }
        let stage = self.stage.clone();
        Ok(self.to(stage, "command.committed", by, format!("compensation of command {} committed", step + 1), details))
    }

    /// While rolling back, a command that was still on the wire is answered: `executed` says how.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is on the wire of a rollback.
    pub fn straggler(mut self, step: usize, executed: Option<Time>, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let Stage::RollingBack(mut r) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "answer", stage: name });
        };
        let Some((s, id)) = r.steps.get_mut(step).and_then(|s| match s.state.wire().map(|w| w.id) {
            Some(id) if matches!(s.state, StepState::InFlight(_)) => Some((s, id)),
            Some(_) | None => None,
        }) else {
            return Err(Forbidden { wanted: "answer", stage: name });
        };
        s.state = match executed {
            Some(_) if s.command.compensation.is_none() => StepState::NothingToUndo,
            Some(at) => StepState::Executed(Done { id, at, hits: 0, seen: None }),
            None => StepState::Rejected("not executed".into()),
        };
        let text = format!("command {} was {} after all", step + 1, if executed.is_some() { "executed" } else { "not executed" });
        let details = json!({"step": step, "command": id});
        Ok(self.to(Stage::RollingBack(r), "command.answered", by, text, details).finished(by))
    }

    /// While rolling back, a command on the wire stays unanswered: it may have acted.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is on the wire of a rollback.
    pub fn straggler_timed_out(mut self, step: usize, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let Stage::RollingBack(mut r) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "time out", stage: name });
        };
        let Some(s) = r.steps.get_mut(step) else { return Err(Forbidden { wanted: "time out", stage: name }) };
        let StepState::InFlight(w) = &s.state else { return Err(Forbidden { wanted: "time out", stage: name }) };
        let id = w.id;
        s.state = if s.command.compensation.is_none() { StepState::NothingToUndo } else { StepState::TimedOut(id) };
        let details = json!({"step": step, "command": id});
        Ok(self.to(Stage::RollingBack(r), "command.timed_out", by, format!("command {}: no answer", step + 1), details).finished(by))
    }

    /// The plant executed the compensation.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is on the wire.
    pub fn undo_executed(mut self, step: usize, at: Time, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let id = match steps_mut(&mut self.stage).and_then(|s| s.get_mut(step)).map(|s| &mut s.state) {
            Some(state @ StepState::Undoing(_)) => {
                let id = state.wire().map(|w| w.id).unwrap_or_default();
                *state = StepState::UndoExecuted(Done { id, at, hits: 0, seen: None });
                id
            }
            Some(_) | None => return Err(Forbidden { wanted: "undo", stage: name }),
        };
        let stage = self.stage.clone();
        let details = json!({"step": step, "command": id, "compensates": true});
        Ok(self.to(stage, "command.executed", by, format!("compensation of command {} executed, says the plant", step + 1), details))
    }

    /// The effect is gone (`measured`), or its end could not be measured in time.
    ///
    /// # Errors
    /// [`Forbidden`] unless the compensation was executed.
    pub fn undone(mut self, step: usize, measured: bool, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        match steps_mut(&mut self.stage).and_then(|s| s.get_mut(step)).map(|s| &mut s.state) {
            Some(state @ StepState::UndoExecuted(_)) => *state = StepState::Undone { measured },
            Some(_) | None => return Err(Forbidden { wanted: "undo", stage: name }),
        }
        let stage = self.stage.clone();
        let text = format!("command {} undone{}", step + 1, if measured { "" } else { ", not confirmed by measurement" });
        Ok(self.to(stage, "command.undone", by, text, json!({"step": step, "measured": measured})).finished(by))
    }

    /// The compensation was refused or not answered: over, a person must act.
    ///
    /// # Errors
    /// [`Forbidden`] unless it is on the wire or next.
    pub fn undo_failed(mut self, step: usize, reason: &str, by: By<'_>) -> Result<Transition, Forbidden> {
        let name = self.stage.name();
        let Stage::RollingBack(mut r) = std::mem::replace(&mut self.stage, Stage::Draft) else {
            return Err(Forbidden { wanted: "fail to undo", stage: name });
        };
        let Some(s) = r.steps.get_mut(step) else { return Err(Forbidden { wanted: "fail to undo", stage: name }) };
        s.state = StepState::UndoFailed(reason.into());
        let why = format!("compensation of command {} failed: {reason}; act by hand", step + 1);
        let closed = Closed { outcome: Outcome::RollbackFailed, why: why.clone(), authority: Some(Box::new(r.authority)), steps: r.steps };
        Ok(self.to(Stage::Closed(closed), "proposal.rollback_failed", by, why, json!({"step": step})))
    }
}

impl Transition {
    /// Closes a rollback that has nothing left to undo; the record says so.
    fn finished(self, by: By<'_>) -> Transition {
        let Stage::RollingBack(r) = &self.case.stage else { return self };
        let open = r.steps.iter().any(|s| {
            matches!(
                s.state,
                StepState::Executed(_) | StepState::TimedOut(_) | StepState::InFlight(_) | StepState::Undoing(_) | StepState::UndoExecuted(_)
            )
        });
        if open {
            return self;
        }
        let undone = r.steps.iter().filter(|s| matches!(s.state, StepState::Undone { .. })).count();
        let unconfirmed = r.steps.iter().filter(|s| s.state == StepState::Undone { measured: false }).count();
        let kept = r.steps.iter().filter(|s| s.state == StepState::NothingToUndo).count();
        let mut why = format!("{:?}: {undone} undone", r.why);
        if unconfirmed > 0 {
            why += &format!(", {unconfirmed} not confirmed by measurement");
        }
        if kept > 0 {
            why += &format!(", {kept} without compensation stay");
        }
        let cause = serde_json::from_str::<serde_json::Value>(&self.record.body).unwrap_or_default();
        let kind = self.record.kind;
        self.case.close(Outcome::RolledBack, why, "proposal.rolled_back", by, json!({"last": kind, "cause": cause}))
    }
}
