//! One turn of the governance thread: hold, answers, measurements, deadlines, then at most one command out.

use super::{GovernError, Governor, Regate};
use crate::{
    clock::Monotonic,
    governance::{
        dispatch::CommandSink,
        lifecycle::{Case, Done, Failure, Outcome, Stage, Step, StepState},
        proposal::EffectQuantity,
        snapshot::Snapshot,
    },
    history::{Event, OutboxState, Severity},
    link::AckReceived,
    plant::AssetId,
    time::Time,
};
use serde_json::json;
use uuid::Uuid;

/// Consecutive samples that must meet an expectation: one noisy sample verifies nothing.
pub(super) const HITS_NEEDED: u8 = 2;
/// Cases looked at per phase: all open ones, by construction.
const ASK_AGAIN_S: f64 = 10.0;

/// A good-quality measured value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measurement {
    /// Whose.
    pub asset: AssetId,
    /// What.
    pub quantity: EffectQuantity,
    /// Value [unit of the quantity].
    pub value: f64,
    /// Event time on the plant clock.
    pub at: Time,
}

/// What a turn needs to know.
pub struct TickInput<'a> {
    /// Plant time.
    pub plant_now: Time,
    /// The live state.
    pub snapshot: &'a Snapshot,
    /// Acknowledgements since the last turn, in order. All of them.
    pub acks: Vec<AckReceived>,
    /// Measured values since the last turn, in order; only of good quality.
    pub measured: &'a [Measurement],
}

/// What a turn asks of its owner.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TickOutput {
    /// Run the gate again for these, off this thread, and hand the verdict to [`Governor::regated`].
    pub regate: Vec<Uuid>,
    /// For the event list.
    pub events: Vec<Event>,
    /// Commands handed to the link in this turn.
    pub sent: Vec<Uuid>,
}

impl Governor {
    /// One turn. Errors do not stop it: what could not be recorded is tried again next turn, and nothing is sent meanwhile.
    pub fn tick(&mut self, now: Monotonic, input: TickInput<'_>, sink: &mut dyn CommandSink) -> TickOutput {
        self.plant_now = input.plant_now;
        let mut out = TickOutput::default();
        let mut problems: Vec<GovernError> = Vec::new();
        self.take_hold(now, sink, &mut problems);
        self.take_incidents(&mut problems);
        self.take_outcomes(now, sink, &mut problems);
        self.backlog.extend(input.acks);
        self.take_acks(now, &mut problems);
        self.take_measurements(input.measured, &mut problems);
        self.take_deadlines(now, &mut problems);
        if problems.is_empty() {
            self.ask_regates(now, &mut out.regate);
            match self.send_next(now, input.snapshot, sink) {
                Ok(Some(id)) => out.sent.push(id),
                Ok(None) => {}
                Err(e) => problems.push(e),
            }
        }
        for e in problems {
            self.event(Severity::Alarm, None, format!("governance: {e}"), "");
        }
        out.events = std::mem::take(&mut self.events);
        out
    }

    fn open_ids(&self) -> Vec<Uuid> {
        self.order.iter().copied().filter(|id| self.cases.get(id).is_some_and(|c| !c.stage.is_closed())).collect()
    }

    /// The hold acts in memory at once; its record may have to wait for the disk.
    fn take_hold(&mut self, now: Monotonic, sink: &mut dyn CommandSink, problems: &mut Vec<GovernError>) {
        let Some(by) = self.hold.by() else { return };
        if self.notice.is_none() {
            sink.drain();
            self.notice = Some(super::HoldNotice { by: by.clone(), since: now, at_wall: self.wall.now(), audited: false });
            self.event(Severity::Alarm, None, format!("HOLD by {by}: nothing is sent until it is released"), "");
        }
        if self.notice.as_ref().is_some_and(|n| n.audited) {
            return;
        }
        if let Err(e) = self.record("hold.engaged", "", &json!({"by": by})) {
            problems.push(e);
            return;
        }
        for id in self.open_ids() {
            let Some(t) = self.cases.get(&id).cloned().and_then(|c| c.held(self.by("hold"))) else { continue };
            if let Err(e) = self.commit(t, |_| Ok(())) {
                problems.push(e);
                return;
            }
        }
        if let Some(n) = &mut self.notice {
            n.audited = true;
        }
    }

    fn take_incidents(&mut self, problems: &mut Vec<GovernError>) {
        for i in self.people.take_incidents() {
            let body = json!({"identity": i.name, "locked": i.locked});
            if let Err(e) = self.record("identity.sign_in_failed", "", &body) {
                problems.push(e);
            }
        }
    }

    /// The broker's answers: only a certain non-delivery means anything.
    fn take_outcomes(&mut self, now: Monotonic, sink: &mut dyn CommandSink, problems: &mut Vec<GovernError>) {
        while let Some((command, outcome)) = sink.poll() {
            let result = match outcome {
                Ok(()) => self.settle_quietly(command, OutboxState::Sent),
                Err(e) if e.certainly_not_delivered() => self.not_delivered(command, &e.to_string(), now),
                Err(e) => {
                    self.event(Severity::Warning, None, format!("command {command}: {e}"), "");
                    Ok(())
                }
            };
            if let Err(e) = result {
                problems.push(e);
            }
        }
    }

    /// Marks a pending row as sent; an answer may have overtaken this.
    fn settle_quietly(&mut self, command: Uuid, state: OutboxState) -> Result<(), GovernError> {
        let (key, wall) = (command.to_string(), self.wall.now());
        self.store.control(|c| match c.command(&key)? {
            Some(row) if row.state == OutboxState::Pending => c.settle(&key, state, wall).map(|_| ()),
            Some(_) | None => Ok(()),
        })?;
        Ok(())
    }

    pub(super) fn not_delivered(&mut self, command: Uuid, why: &str, now: Monotonic) -> Result<(), GovernError> {
        self.counters.send_refused += 1;
        let Some((case, step, undo)) = self.find_wire(command) else { return Ok(()) };
        self.breakers.failed(target_of(&case, step, undo), now);
        let t = self.negative(case, step, undo, Failure::Rejected, why)?;
        self.commit_settled(t, command, OutboxState::Rejected)
    }

    /// The case and step with this command on the wire.
    pub(super) fn find_wire(&self, command: Uuid) -> Option<(Case, usize, bool)> {
        self.cases.values().find_map(|c| c.on_wire(command).map(|(step, undo)| (c.clone(), step, undo)))
    }

    /// The transition of a command that was certainly not executed.
    pub(super) fn negative(
        &mut self,
        case: Case,
        step: usize,
        undo: bool,
        failure: Failure,
        why: &str,
    ) -> Result<crate::governance::lifecycle::Transition, GovernError> {
        if undo {
            self.hold.engage("governor: a compensation failed");
            return Ok(case.undo_failed(step, why, self.by("plant"))?);
        }
        match &case.stage {
            Stage::RollingBack(_) => Ok(case.straggler(step, None, self.by("plant"))?),
            _ => Ok(case.failed(step, failure, why, self.by("plant"))?),
        }
    }

    pub(super) fn commit_settled(
        &mut self,
        t: crate::governance::lifecycle::Transition,
        command: Uuid,
        state: OutboxState,
    ) -> Result<(), GovernError> {
        let (key, wall) = (command.to_string(), self.wall.now());
        self.commit(t, |c| c.settle(&key, state, wall).map(|_| ()))
    }

    fn take_measurements(&mut self, measured: &[Measurement], problems: &mut Vec<GovernError>) {
        for m in measured {
            for id in self.open_ids() {
                if let Err(e) = self.measure(id, m) {
                    problems.push(e);
                }
            }
        }
    }

    fn measure(&mut self, id: Uuid, m: &Measurement) -> Result<(), GovernError> {
        let count = self.cases.get(&id).map_or(0, |c| c.stage.steps().len());
        for step in 0..count {
            let Some(case) = self.cases.get_mut(&id) else { return Ok(()) };
            let Some(enough) = count_hit(case, step, m) else { continue };
            let case = case.clone();
            let target = case.stage.steps().get(step).map(|s| s.command.action.asset);
            let t = match enough {
                Enough::Effect => case.effect_measured(step, m.at, m.value, self.by("telemetry"))?,
                Enough::Gone => case.undone(step, true, self.by("telemetry"))?,
            };
            self.commit(t, |_| Ok(()))?;
            if let (Enough::Effect, Some(asset)) = (enough, target) {
                self.breakers.succeeded(asset);
            }
        }
        Ok(())
    }

    fn take_deadlines(&mut self, now: Monotonic, problems: &mut Vec<GovernError>) {
        for id in self.open_ids() {
            if let Err(e) = self.deadline(id, now) {
                problems.push(e);
            }
        }
    }

    fn deadline(&mut self, id: Uuid, now: Monotonic) -> Result<(), GovernError> {
        let Some(case) = self.cases.get(&id).cloned() else { return Ok(()) };
        match &case.stage {
            Stage::Simulated(a) | Stage::Approved(a) if now >= a.warrant.expires => {
                let why = "its time ran out before it was sent".to_string();
                let t = case.end(Outcome::Expired, why, "proposal.expired", self.by("governor"))?;
                return self.commit(t, |_| Ok(()));
            }
            _ => {}
        }
        let late = case.stage.steps().iter().enumerate().find_map(|(i, s)| s.state.wire().filter(|w| now >= w.answer_by).map(|w| (i, w.id)));
        if let Some((step, command)) = late {
            return self.timed_out(case, step, command, now);
        }
        let overdue = case.stage.steps().iter().position(|s| is_overdue(s, self.plant_now));
        match overdue.map(|i| (i, matches!(case.stage.steps()[i].state, StepState::UndoExecuted(_)))) {
            Some((step, true)) => {
                let t = case.undone(step, false, self.by("governor"))?;
                self.commit(t, |_| Ok(()))
            }
            Some((step, false)) if !matches!(case.stage, Stage::RollingBack(_)) => {
                self.breakers.failed(case.stage.steps()[step].command.action.asset, now);
                let held = self.hold.is_engaged();
                let t = case.effect_missing(step, self.by("governor"))?;
                self.commit(t, |_| Ok(()))?;
                if held { self.hold_case(id) } else { Ok(()) }
            }
            Some(_) | None => Ok(()),
        }
    }

    fn timed_out(&mut self, case: Case, step: usize, command: Uuid, now: Monotonic) -> Result<(), GovernError> {
        let (id, undo) = (case.proposal.id, case.on_wire(command).is_some_and(|w| w.1));
        self.breakers.failed(target_of(&case, step, undo), now);
        let t = if undo {
            self.hold.engage("governor: a compensation was not acknowledged");
            case.undo_failed(step, "no acknowledgement in time", self.by("governor"))?
        } else if matches!(case.stage, Stage::RollingBack(_)) {
            case.straggler_timed_out(step, self.by("governor"))?
        } else {
            case.failed(step, Failure::TimedOut, "no acknowledgement in time", self.by("governor"))?
        };
        self.commit_settled(t, command, OutboxState::TimedOut)?;
        if self.hold.is_engaged() { self.hold_case(id) } else { Ok(()) }
    }

    /// What starts rolling back while the hold is on waits for a person.
    pub(super) fn hold_case(&mut self, id: Uuid) -> Result<(), GovernError> {
        match self.cases.get(&id).cloned().and_then(|c| c.held(self.by("hold"))) {
            Some(t) => self.commit(t, |_| Ok(())),
            None => Ok(()),
        }
    }

    fn ask_regates(&mut self, now: Monotonic, out: &mut Vec<Uuid>) {
        if self.hold.is_engaged() {
            return;
        }
        for id in self.open_ids() {
            if !matches!(self.cases.get(&id).map(|c| &c.stage), Some(Stage::Approved(_))) {
                continue;
            }
            let ask = match self.regates.get(&id) {
                None => true,
                Some(Regate::Asked(at)) => now.since_s(*at) >= ASK_AGAIN_S,
                Some(Regate::Passed { at, .. }) => now.since_s(*at) >= self.policy.timing.verdict_valid_s,
            };
            if ask {
                self.regates.insert(id, Regate::Asked(now));
                out.push(id);
            }
        }
    }
}

/// The asset that a command of a case goes to.
pub(super) fn target_of(case: &Case, step: usize, undo: bool) -> AssetId {
    let command = case.proposal.commands.get(step);
    command.and_then(|c| if undo { c.compensation } else { Some(c.action) }).map_or(AssetId(u32::MAX), |a| a.asset)
}

#[derive(Clone, Copy)]
enum Enough {
    Effect,
    Gone,
}

fn count_hit(case: &mut Case, step: usize, m: &Measurement) -> Option<Enough> {
    let steps = match &mut case.stage {
        Stage::Dispatched(e) | Stage::Acknowledged(e) => &mut e.steps,
        Stage::RollingBack(r) => &mut r.steps,
        Stage::Draft | Stage::Simulated(_) | Stage::Approved(_) | Stage::Closed(_) => return None,
    };
    let Step { command, state } = steps.get_mut(step)?;
    let e = command.effect;
    if e.asset != m.asset || e.quantity != m.quantity || !m.value.is_finite() {
        return None;
    }
    let hit = |d: &mut Done, good: bool| {
        let inside = m.at > d.at && m.at <= d.at + e.within;
        if d.seen.is_some() || !inside {
            return false;
        }
        d.hits = if good { d.hits.saturating_add(1) } else { 0 };
        d.hits >= HITS_NEEDED
    };
    match state {
        StepState::Executed(d) => hit(d, e.is_met(m.value)).then_some(Enough::Effect),
        StepState::UndoExecuted(d) => hit(d, !e.is_met(m.value)).then_some(Enough::Gone),
        _ => None,
    }
}

fn is_overdue(s: &Step, plant_now: Time) -> bool {
    match &s.state {
        StepState::Executed(d) | StepState::UndoExecuted(d) => d.seen.is_none() && plant_now > d.at + s.command.effect.within,
        _ => false,
    }
}
