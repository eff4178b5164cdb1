//! Sending: every condition again, one transaction, then the sink. At most one command per turn.

use super::{GovernError, Governor, Regate};
use crate::{
    clock::Monotonic,
    governance::{
        approval::Meaning,
        dispatch::CommandSink,
        lifecycle::{Authority, Case, Outcome, Stage, StepState, Transition, Wire},
        policy::{Entry, What},
        proposal::declared,
        snapshot::{Breach, Snapshot},
    },
    history::{HistoryError, OutboxRow, OutboxState, Severity},
    link::{CommandFrame, SCHEMA, uuid_v7},
    plant::{Action, Asset},
};
use uuid::Uuid;

/// What is to be sent next.
struct Next {
    case: Case,
    step: usize,
    undo: bool,
    action: Action,
}

/// Inside the transaction.
enum Blocked {
    /// The asset has an open command: wait.
    Busy,
    /// The hold came in between: wait.
    Held,
    /// Someone else commanded the asset.
    Epoch(Breach),
    /// The disk.
    Disk(HistoryError),
}

impl From<HistoryError> for Blocked {
    fn from(e: HistoryError) -> Self {
        Self::Disk(e)
    }
}

impl Governor {
    /// Sends the next command that may leave. Undoing goes first.
    pub(super) fn send_next(&mut self, now: Monotonic, snapshot: &Snapshot, sink: &mut dyn CommandSink) -> Result<Option<Uuid>, GovernError> {
        if self.hold.is_engaged() || !sink.is_ready() {
            return Ok(None);
        }
        let ids: Vec<Uuid> = self.order.iter().copied().collect();
        for undo in [true, false] {
            for id in &ids {
                let Some(next) = self.cases.get(id).and_then(|c| next_of(c, undo)) else { continue };
                if let Some(sent) = self.try_send(next, now, snapshot, sink)? {
                    return Ok(Some(sent));
                }
            }
        }
        Ok(None)
    }

    fn try_send(&mut self, next: Next, now: Monotonic, snapshot: &Snapshot, sink: &mut dyn CommandSink) -> Result<Option<Uuid>, GovernError> {
        let Some(authority) = next.case.stage.authority().cloned() else { return Ok(None) };
        let Some(asset) = self.plant.assets.get(next.action.asset.index()).cloned() else { return Ok(None) };
        if !next.undo && !self.may_go(&next, &authority, now, snapshot)? {
            return Ok(None);
        }
        let deadline = if next.undo { now.plus_s(self.policy.timing.command_ttl_s) } else { authority.warrant.expires };
        let (frame, wire, expires) = self.frame(&next, &asset, now, deadline);
        let own = own_commands(&next.case, &next.action);
        let by = self.by("governor");
        let prepared =
            if next.undo { next.case.clone().undo_dispatched(next.step, wire, by)? } else { next.case.clone().dispatched(next.step, wire, by)? };
        let frame = match self.commit_command(prepared, frame, &next, &authority, own) {
            Ok(frame) => frame,
            Err(Blocked::Busy | Blocked::Held) => return Ok(None),
            Err(Blocked::Disk(e)) => return Err(e.into()),
            Err(Blocked::Epoch(breach)) => {
                self.stop_stale(next, &breach)?;
                return Ok(None);
            }
        };
        self.hand_over(&frame, expires, &next, &asset, now, sink)
    }

    /// Everything that must hold for a command on the way forward, re-checked now.
    fn may_go(&mut self, next: &Next, authority: &Authority, now: Monotonic, snapshot: &Snapshot) -> Result<bool, GovernError> {
        let first = matches!(next.case.stage, Stage::Approved(_));
        if now >= authority.warrant.expires || authority.warrant.session != self.session {
            if !first {
                let t = next.case.clone().failed(
                    next.step,
                    crate::governance::lifecycle::Failure::Expired,
                    "the approval expired",
                    self.by("governor"),
                )?;
                self.commit(t, |_| Ok(()))?;
            }
            return Ok(false);
        }
        if let Some(why) = self.void_signatures(authority) {
            return self.end_or_fail(next, Outcome::Stale, &why).map(|()| false);
        }
        let verdict = match self.regates.get(&next.case.proposal.id) {
            Some(Regate::Passed { verdict, at }) if now.since_s(*at) < self.policy.timing.verdict_valid_s || !first => verdict.clone(),
            Some(Regate::Passed { .. } | Regate::Asked(_)) | None => return Ok(false),
        };
        let inside = if first {
            authority.warrant.envelope.check(snapshot, self.policy_hash, &self.plant)
        } else {
            self.later_check(next, authority, snapshot)
        };
        if let Err(breach) = inside {
            return self.end_or_fail(next, Outcome::Stale, &breach.to_string()).map(|()| false);
        }
        let what = What::of(next.action.kind);
        if self.ledger.oscillates(next.action.asset, what, now) {
            self.hold.engage("governor: oscillating commands");
            self.end_or_fail(next, Outcome::Denied, "OSCILLATION: the asset was commanded back and forth twice; a person must decide")?;
            return Ok(false);
        }
        if self.breakers.is_open(next.action.asset, now) {
            self.end_or_fail(next, Outcome::Denied, "BREAKER: three commands to this asset failed in a row; find out why, then try again later")?;
            return Ok(false);
        }
        if first && let Err(denial) = self.ruling(&next.case.proposal, &verdict, now) {
            let t = next.case.clone().denied(&denial, self.by("policy"))?;
            self.commit(t, |_| Ok(()))?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Between the commands of one proposal the targets move as intended: plant, model, policy and fresh data must still be.
    fn later_check(&self, next: &Next, authority: &Authority, snapshot: &Snapshot) -> Result<(), Breach> {
        let mut e = authority.warrant.envelope.clone();
        e.bounds.retain(|b| b.asset == next.action.asset);
        for b in &mut e.bounds {
            if let Some(s) = snapshot.assets.get(b.asset.index()) {
                (b.mode, b.level, b.temperature_c) = (crate::governance::snapshot::ModeClass::of(s.mode), None, None);
            }
        }
        e.check(snapshot, self.policy_hash, &self.plant)
    }

    /// A signature that no longer counts (revoked, role changed) voids the approval.
    fn void_signatures(&self, authority: &Authority) -> Option<String> {
        let digest = authority.warrant.digest();
        authority.signatures.iter().find_map(|s| s.verify(Meaning::Approval, digest, &self.people).err()).map(|e| e.to_string())
    }

    fn end_or_fail(&mut self, next: &Next, outcome: Outcome, why: &str) -> Result<(), GovernError> {
        let case = next.case.clone();
        let by = self.by("governor");
        let t = match case.stage {
            Stage::Approved(_) => case.end(outcome, why.into(), "proposal.void", by)?,
            _ => case.failed(next.step, crate::governance::lifecycle::Failure::Expired, why, by)?,
        };
        self.commit(t, |_| Ok(()))
    }

    fn stop_stale(&mut self, next: Next, breach: &Breach) -> Result<(), GovernError> {
        if next.undo {
            self.hold.engage("governor: an asset to be restored was commanded by someone else");
            let t = next.case.undo_failed(next.step, &breach.to_string(), self.by("governor"))?;
            return self.commit(t, |_| Ok(()));
        }
        self.end_or_fail(&next, Outcome::Stale, &breach.to_string())
    }

    fn frame(&self, next: &Next, asset: &Asset, now: Monotonic, deadline: Monotonic) -> (CommandFrame, Wire, Monotonic) {
        let wall = self.wall.now();
        let timing = &self.policy.timing;
        let expires = now.plus_s(timing.command_ttl_s).min(deadline);
        let mut nonce = [0u8; 16];
        self.entropy.fill(&mut nonce);
        let nonce = crate::governance::hex(&nonce);
        let id = uuid_v7(wall, &*self.entropy);
        let issued_ms = wall.0 / 1000;
        let frame = CommandFrame {
            schema: SCHEMA,
            id,
            nonce: nonce.clone(),
            asset: asset.id.clone(),
            action: next.action.kind.into(),
            issued_ms,
            expires_ms: issued_ms + (expires.since_s(now) * 1000.0) as i64,
            epoch: 0,
            trace: next.case.proposal.trace.clone(),
        };
        (frame, Wire { id, nonce, sent: now, answer_by: now.plus_s(timing.ack_within_s), accepted: false }, expires)
    }

    /// The transaction: hold, reservation, epoch, outbox row and audit record, or nothing.
    fn commit_command(
        &mut self,
        t: Transition,
        mut frame: CommandFrame,
        next: &Next,
        authority: &Authority,
        own: u64,
    ) -> Result<CommandFrame, Blocked> {
        let signed = authority.warrant.envelope.bounds.iter().find(|b| b.asset == next.action.asset).and_then(|b| b.epoch);
        let (hold, wall) = (self.hold.clone(), self.wall.now());
        let mut blocked = None;
        let committed = self.commit(t, |c| {
            let mut reserve = || -> Result<(), Blocked> {
                if hold.is_engaged() {
                    return Err(Blocked::Held);
                }
                if c.open_command(&frame.asset)?.is_some() {
                    return Err(Blocked::Busy);
                }
                let found = c.epoch(&frame.asset)?;
                let signed = signed.unwrap_or(u64::MAX).saturating_add(own);
                if found != signed {
                    return Err(Blocked::Epoch(Breach::Epoch { asset: frame.asset.clone(), found, signed }));
                }
                frame.epoch = c.next_epoch(&frame.asset)?;
                Ok(c.enqueue(&row(&frame, next, wall))?)
            };
            reserve().map_err(|b| {
                blocked = Some(b);
                HistoryError::Refused { file: "control.sqlite".into(), detail: "not reserved".into() }
            })
        });
        match (committed, blocked) {
            (Ok(()), _) => Ok(frame),
            (Err(_), Some(b)) => Err(b),
            (Err(GovernError::Unrecorded(e)), None) => Err(Blocked::Disk(e)),
            (Err(other), None) => Err(Blocked::Disk(HistoryError::Other { file: "control.sqlite".into(), detail: other.to_string() })),
        }
    }

    /// After the commit: the hold once more, then the link. What does not leave is settled at once.
    fn hand_over(
        &mut self,
        frame: &CommandFrame,
        expires: Monotonic,
        next: &Next,
        asset: &Asset,
        now: Monotonic,
        sink: &mut dyn CommandSink,
    ) -> Result<Option<Uuid>, GovernError> {
        if self.hold.is_engaged() {
            let Some((case, step, undo)) = self.find_wire(frame.id) else { return Ok(None) };
            let t = self.negative(case, step, undo, crate::governance::lifecycle::Failure::Held, "stopped by the hold before it was sent")?;
            self.commit_settled(t, frame.id, OutboxState::Held)?;
            return Ok(None);
        }
        if let Err(e) = sink.begin(frame, expires) {
            self.not_delivered(frame.id, &e.to_string(), now)?;
            return Ok(None);
        }
        self.counters.sent += 1;
        self.counters.compensations += u64::from(next.undo);
        let cost = declared(&self.plant, next.action).map_or(0.0, |s| s.cost);
        self.ledger.note(Entry { at: now, asset: next.action.asset, what: What::of(next.action.kind), cost });
        let text = format!("sent: {}", crate::governance::proposal::words(&self.plant, next.action));
        self.event(Severity::Notice, Some(next.action.asset), format!("{text} ({})", asset.name), &frame.trace);
        Ok(Some(frame.id))
    }
}

fn next_of(case: &Case, undo: bool) -> Option<Next> {
    if undo {
        let step = case.next_undo()?;
        let action = case.proposal.commands.get(step)?.compensation?;
        return Some(Next { case: case.clone(), step, undo, action });
    }
    let step = match &case.stage {
        Stage::Approved(_) => 0,
        Stage::Dispatched(e) => {
            if e.steps.iter().any(|s| matches!(s.state, StepState::InFlight(_))) {
                return None;
            }
            e.steps.iter().position(|s| s.state == StepState::Waiting)?
        }
        _ => return None,
    };
    let action = case.proposal.commands.get(step)?.action;
    Some(Next { case: case.clone(), step, undo, action })
}

/// Commands that this case itself has sent to the asset: its own epochs do not void its approval.
fn own_commands(case: &Case, action: &Action) -> u64 {
    let steps = case.stage.steps();
    let forward =
        steps.iter().filter(|s| s.command.action.asset == action.asset && s.state != StepState::Waiting && !matches!(s.state, StepState::Expired));
    let back = steps.iter().filter(|s| {
        s.command.compensation.is_some_and(|u| u.asset == action.asset)
            && matches!(s.state, StepState::Undoing(_) | StepState::UndoExecuted(_) | StepState::Undone { .. } | StepState::UndoFailed(_))
    });
    (forward.count() + back.count()) as u64
}

fn row(frame: &CommandFrame, next: &Next, wall: crate::time::Time) -> OutboxRow {
    OutboxRow {
        id: frame.id.to_string(),
        proposal: next.case.proposal.id.to_string(),
        trace: frame.trace.clone(),
        step: next.step as u32,
        compensates: next.undo,
        asset: frame.asset.clone(),
        epoch: frame.epoch,
        state: OutboxState::Pending,
        frame: String::from_utf8(frame.encode()).unwrap_or_default(),
        created_wall: wall,
        updated_wall: wall,
    }
}
