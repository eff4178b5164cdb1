//! The plant's answers. Only the answer to a command on the wire, with its nonce, from its asset, changes anything.

use super::{GovernError, Governor};
use crate::{
    clock::Monotonic,
    governance::lifecycle::{Failure, Stage},
    history::{NewAudit, OutboxRow, OutboxState, Severity},
    link::{AckFrame, AckReceived, AckStatus, CommandFrame},
};
use serde_json::json;

impl Governor {
    /// Handles the backlog in order; what the disk does not take stays first in line.
    pub(super) fn take_acks(&mut self, now: Monotonic, problems: &mut Vec<GovernError>) {
        while let Some(ack) = self.backlog.pop_front() {
            if let Err(e) = self.take_ack(&ack, now) {
                problems.push(e);
                self.backlog.push_front(ack);
                return;
            }
        }
    }

    fn take_ack(&mut self, ack: &AckReceived, now: Monotonic) -> Result<(), GovernError> {
        let frame = match &ack.frame {
            Ok(f) if !ack.retained && f.asset == ack.asset => f,
            Ok(_) | Err(_) => {
                self.counters.acks_unusable += 1;
                return Ok(());
            }
        };
        let key = frame.id.to_string();
        let Some(row) = self.store.control(|c| c.command(&key))? else {
            self.counters.acks_unknown += 1;
            return Ok(());
        };
        let sent = CommandFrame::decode(row.frame.as_bytes());
        if row.asset != frame.asset || !sent.is_ok_and(|s| s.nonce == frame.nonce) {
            self.counters.acks_foreign += 1;
            return Ok(());
        }
        match self.find_wire(frame.id) {
            Some(_) => self.answer_on_wire(frame, now),
            None => self.answer_off_wire(frame, &row),
        }
    }

    fn answer_on_wire(&mut self, frame: &AckFrame, now: Monotonic) -> Result<(), GovernError> {
        let Some((case, step, undo)) = self.find_wire(frame.id) else { return Ok(()) };
        let accepted_before = case.stage.steps().get(step).and_then(|s| s.state.wire()).is_some_and(|w| w.accepted);
        let rolling = matches!(case.stage, Stage::RollingBack(_));
        let (t, state) = match frame.status {
            AckStatus::Accepted if accepted_before => {
                self.counters.acks_duplicate += 1;
                return Ok(());
            }
            AckStatus::Accepted => {
                let answer_by = now.plus_s(self.policy.timing.ack_within_s);
                (case.accepted(step, answer_by, self.by("plant"))?, OutboxState::Accepted)
            }
            AckStatus::Executed if undo => (case.undo_executed(step, self.plant_now, self.by("plant"))?, OutboxState::Executed),
            AckStatus::Executed if rolling => (case.straggler(step, Some(self.plant_now), self.by("plant"))?, OutboxState::Executed),
            AckStatus::Executed => (case.executed(step, self.plant_now, self.by("plant"))?, OutboxState::Executed),
            AckStatus::Rejected => {
                self.breakers.failed(super::tick::target_of(&case, step, undo), now);
                let why = format!("refused by the plant: {}", frame.reason.as_deref().unwrap_or("no reason given"));
                (self.negative(case, step, undo, Failure::Rejected, &why)?, OutboxState::Rejected)
            }
        };
        let id = t.case().proposal.id;
        self.commit_settled(t, frame.id, state)?;
        // What begins to roll back while the hold is on waits for a person.
        if self.hold.is_engaged() && self.notice.as_ref().is_some_and(|n| n.audited) { self.hold_case(id) } else { Ok(()) }
    }

    /// Answers to commands that are settled already: counted; a late yes is reconciled, never silently verified.
    fn answer_off_wire(&mut self, frame: &AckFrame, row: &OutboxRow) -> Result<(), GovernError> {
        match (row.state, frame.status) {
            (OutboxState::Unknown, AckStatus::Executed | AckStatus::Rejected) => {
                self.reconciled(frame, row, "answered by the plant after the restart")
            }
            (OutboxState::TimedOut | OutboxState::Expired | OutboxState::Held, AckStatus::Executed) => {
                self.counters.acks_late += 1;
                let asset = self.plant.asset_by_id(&row.asset);
                let text = format!("{} executed a command after its time-out; check its state against the rollback", row.asset);
                self.event(Severity::Alarm, asset, text, &row.trace);
                self.reconciled(frame, row, "late acknowledgement")
            }
            (OutboxState::Executed, AckStatus::Executed | AckStatus::Accepted) | (OutboxState::Rejected, AckStatus::Rejected) => {
                self.counters.acks_duplicate += 1;
                Ok(())
            }
            (OutboxState::Executed, AckStatus::Rejected) => self.contradiction(row, "rejected after executed"),
            (OutboxState::Rejected, AckStatus::Executed) => self.contradiction(row, "executed after rejected"),
            (
                OutboxState::Pending
                | OutboxState::Sent
                | OutboxState::Accepted
                | OutboxState::Rejected
                | OutboxState::Expired
                | OutboxState::TimedOut
                | OutboxState::Unknown
                | OutboxState::Reconciled
                | OutboxState::Held,
                _,
            ) => {
                self.counters.acks_late += 1;
                Ok(())
            }
        }
    }

    fn contradiction(&mut self, row: &OutboxRow, what: &str) -> Result<(), GovernError> {
        self.counters.acks_contradictory += 1;
        let asset = self.plant.asset_by_id(&row.asset);
        self.event(Severity::Alarm, asset, format!("{} contradicts itself: {what}; check its state", row.asset), &row.trace);
        self.record("command.contradicted", &row.trace, &json!({"command": row.id, "what": what})).map(|_| ())
    }

    fn reconciled(&mut self, frame: &AckFrame, row: &OutboxRow, why: &str) -> Result<(), GovernError> {
        let (key, now) = (row.id.clone(), self.wall.now());
        let body = json!({"command": key, "was": row.state.name(), "ack": frame, "why": why});
        let record = NewAudit { at_wall: now, kind: "command.reconciled".into(), trace: row.trace.clone(), body: body.to_string() };
        self.append(&record, |c| c.settle(&key, OutboxState::Reconciled, now).map(|_| ()))?;
        self.unknown.retain(|r| r.id != key);
        Ok(())
    }
}
