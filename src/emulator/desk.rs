//! The plant's side of commands: checks, acknowledges, executes once, late and imperfectly.
//!
//! ```text
//!   received ─► retained? malformed? ─────────────────────────► counted, silent
//!            ├► seen before (same id and nonce) ──────────────► its last acknowledgement again, not executed again
//!            ├► expired, replayed nonce, old epoch, foreign ──► Rejected with the reason
//!            └► Accepted ─ actuator delay ─► executed (or, in lie mode, only said so) ─► Executed
//! ```
//!
//! Owns the memory of what was seen (bounded) and the fencing epoch of each asset. *Invariant:* a command is executed at most
//! once, and only if it arrived fresh, unexpired, unfenced and for an action that its asset declares.

use crate::link::{AckFrame, AckStatus, CommandFrame, CommandReceived};
use crate::plant::{Action, ActionKind, AssetId, Plant, SafetyClass};
use crate::rng::{Draws, Purpose, stable_id};
use crate::time::{Span, Time};
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// Commands remembered for duplicate detection.
const MEMORY: usize = 4096;
/// Issued further in the future than this is not believed [ms].
const FUTURE_MS: i64 = 60_000;

/// Why a command was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The frame names another asset than its topic.
    #[error("the topic and the frame name different assets")]
    Mismatch,
    /// Not in this plant.
    #[error("no such asset")]
    UnknownAsset,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Issued in the future.
    #[error("issued in the future: check the clocks")]
    Future,
    /// The nonce belongs to another command.
    #[error("replayed")]
    Replayed,
    /// An older fencing epoch than the asset has seen.
    #[error("fenced: a newer controller has this asset")]
    Fenced,
    /// Safety systems take no commands.
    #[error("the asset belongs to a safety system")]
    Safety,
    /// Not among the asset's actions, or below the lowest rate.
    #[error("the asset does not accept this action")]
    NotAccepted,
}

/// What the desk has seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct DeskCounts {
    /// Arrived.
    pub received: u64,
    /// Executed (in lie mode: claimed).
    pub executed: u64,
    /// Accepted and waiting for the actuator.
    pub pending: u64,
    /// Not frames.
    pub malformed: u64,
    /// Kept by the broker from earlier: never executed.
    pub retained: u64,
    /// Delivered again; acknowledged again, not executed again.
    pub duplicates: u64,
    /// Expired on arrival.
    pub expired: u64,
    /// Replayed nonce.
    pub replayed: u64,
    /// Old epoch.
    pub fenced: u64,
    /// Refused for another reason.
    pub refused: u64,
}

struct Waiting {
    due: Time,
    action: Action,
    ack: AckFrame,
}

/// The command desk of the stand-in plant.
pub(super) struct Desk {
    draws: Draws,
    epochs: BTreeMap<AssetId, u64>,
    seen: BTreeMap<Uuid, AckFrame>,
    nonces: BTreeMap<String, Uuid>,
    order: VecDeque<Uuid>,
    waiting: Vec<Waiting>,
    rates: BTreeMap<AssetId, f64>,
    pub counts: DeskCounts,
}

impl Desk {
    pub fn new(seed: u64) -> Self {
        Self {
            draws: Draws::new(seed, 1),
            epochs: BTreeMap::new(),
            seen: BTreeMap::new(),
            nonces: BTreeMap::new(),
            order: VecDeque::new(),
            waiting: Vec::new(),
            rates: BTreeMap::new(),
            counts: DeskCounts::default(),
        }
    }

    /// Takes one command; the acknowledgement to send, if any. `wall_ms` is Unix time, `now` the plant clock.
    pub fn take(&mut self, plant: &Plant, command: CommandReceived, wall_ms: i64, now: Time) -> Option<AckFrame> {
        self.counts.received += 1;
        if command.retained {
            self.counts.retained += 1;
            return None;
        }
        let Ok(frame) = command.frame else {
            self.counts.malformed += 1;
            return None;
        };
        if let Some(ack) = self.seen.get(&frame.id).filter(|a| a.nonce == frame.nonce) {
            self.counts.duplicates += 1;
            return Some(ack.clone());
        }
        let verdict = self.verdict(plant, &command.asset, &frame, wall_ms);
        let ack = self.ack(&frame, verdict.err(), now);
        self.remember(&frame, &ack);
        if let Ok(action) = verdict {
            self.counts.pending += 1;
            let delay_s = 0.5 + 2.5 * self.draws.uniform(stable_id(&frame.asset), Purpose::Disturbance, self.counts.received);
            self.waiting.push(Waiting { due: now + Span::from_s(delay_s), action, ack: ack.clone() });
        }
        Some(ack)
    }

    fn verdict(&mut self, plant: &Plant, topic_asset: &str, frame: &CommandFrame, wall_ms: i64) -> Result<Action, Refusal> {
        self.check(plant, topic_asset, frame, wall_ms).inspect_err(|refusal| {
            *(match refusal {
                Refusal::Expired => &mut self.counts.expired,
                Refusal::Replayed => &mut self.counts.replayed,
                Refusal::Fenced => &mut self.counts.fenced,
                Refusal::Mismatch | Refusal::UnknownAsset | Refusal::Future | Refusal::Safety | Refusal::NotAccepted => &mut self.counts.refused,
            }) += 1;
        })
    }

    fn check(&mut self, plant: &Plant, topic_asset: &str, frame: &CommandFrame, wall_ms: i64) -> Result<Action, Refusal> {
        if topic_asset != frame.asset {
            return Err(Refusal::Mismatch);
        }
        let asset = plant.asset_by_id(&frame.asset).ok_or(Refusal::UnknownAsset)?;
        if wall_ms >= frame.expires_ms {
            return Err(Refusal::Expired);
        }
        if frame.issued_ms > wall_ms.saturating_add(FUTURE_MS) {
            return Err(Refusal::Future);
        }
        if self.seen.contains_key(&frame.id) || self.nonces.contains_key(&frame.nonce) {
            return Err(Refusal::Replayed);
        }
        if plant.asset(asset).safety == SafetyClass::Safety {
            return Err(Refusal::Safety);
        }
        let kind = frame.action.action_kind().map_err(|_| Refusal::NotAccepted)?;
        if !plant.asset(asset).actions.iter().any(|spec| accepts(spec.kind, kind)) {
            return Err(Refusal::NotAccepted);
        }
        let epoch = self.epochs.entry(asset).or_insert(frame.epoch);
        if frame.epoch < *epoch {
            return Err(Refusal::Fenced);
        }
        *epoch = frame.epoch;
        Ok(Action { asset, kind })
    }

    fn ack(&self, frame: &CommandFrame, refusal: Option<Refusal>, now: Time) -> AckFrame {
        AckFrame {
            id: frame.id,
            nonce: frame.nonce.clone(),
            asset: frame.asset.clone(),
            status: if refusal.is_some() { AckStatus::Rejected } else { AckStatus::Accepted },
            reason: refusal.map(|r| r.to_string()),
            epoch: frame.epoch,
            t: now.0.div_euclid(1000),
        }
    }

    fn remember(&mut self, frame: &CommandFrame, ack: &AckFrame) {
        self.seen.entry(frame.id).or_insert_with(|| ack.clone());
        self.nonces.entry(frame.nonce.clone()).or_insert(frame.id);
        self.order.push_back(frame.id);
        if self.order.len() > MEMORY
            && let Some(oldest) = self.order.pop_front()
            && let Some(ack) = self.seen.remove(&oldest)
        {
            self.nonces.remove(&ack.nonce);
        }
    }

    /// When the next accepted command reaches its actuator.
    pub fn next_due(&self) -> Option<Time> {
        self.waiting.iter().map(|w| w.due).min()
    }

    /// Commands due by `now`, in order: what really happens (`None`: nothing, the actuator sticks) and what is acknowledged.
    pub fn due(&mut self, now: Time) -> Vec<(Time, Option<Action>, AckFrame)> {
        let mut due: Vec<Waiting> = Vec::new();
        let mut i = 0;
        while i < self.waiting.len() {
            if self.waiting[i].due <= now { due.push(self.waiting.remove(i)) } else { i += 1 }
        }
        due.sort_by_key(|w| w.due);
        due.into_iter()
            .map(|w| {
                self.counts.pending -= 1;
                self.counts.executed += 1;
                let ack = AckFrame { status: AckStatus::Executed, t: w.due.0.div_euclid(1000), ..w.ack };
                self.seen.insert(ack.id, ack.clone());
                (w.due, self.actuated(w.action), ack)
            })
            .collect()
    }

    /// Stiction: a set-point step inside the dead band moves nothing, a larger one falls short by half of it.
    fn actuated(&mut self, action: Action) -> Option<Action> {
        let ActionKind::SetRate(target) = action.kind else { return Some(action) };
        let band = 0.01 + 0.02 * self.draws.uniform(stable_id("stiction"), Purpose::Hidden, u64::from(action.asset.0));
        let at = self.rates.get(&action.asset).copied().unwrap_or(1.0);
        let step = target - at;
        if step.abs() <= band && target < 1.0 && target > 0.0 {
            return None;
        }
        // End stops are reached exactly: the actuator is driven against them.
        let reached = if target >= 1.0 || target <= 0.0 { target } else { (target - (0.5 * band).copysign(step)).clamp(0.0, 1.0) };
        self.rates.insert(action.asset, reached);
        Some(Action { asset: action.asset, kind: ActionKind::SetRate(reached) })
    }
}

fn accepts(declared: ActionKind, asked: ActionKind) -> bool {
    match (declared, asked) {
        (ActionKind::SetRate(lowest), ActionKind::SetRate(rate)) => rate >= lowest,
        (ActionKind::Start, ActionKind::Start)
        | (ActionKind::Stop, ActionKind::Stop)
        | (ActionKind::ResetTrip, ActionKind::ResetTrip)
        | (ActionKind::DispatchCrew, ActionKind::DispatchCrew) => true,
        (
            ActionKind::Start | ActionKind::Stop | ActionKind::SetRate(_) | ActionKind::ResetTrip | ActionKind::DispatchCrew,
            ActionKind::Start | ActionKind::Stop | ActionKind::SetRate(_) | ActionKind::ResetTrip | ActionKind::DispatchCrew,
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Monotonic;
    use crate::link::{FrameError, SCHEMA};

    const NOW_MS: i64 = 1_700_000_000_000;

    fn plant() -> Plant {
        Plant::builtin("bottling").unwrap().unwrap()
    }
    fn target(plant: &Plant, kind: fn(&ActionKind) -> bool) -> String {
        plant.assets.iter().find(|a| a.actions.iter().any(|s| kind(&s.kind))).unwrap().id.clone()
    }
    fn frame(n: u128, asset: &str, kind: ActionKind) -> CommandFrame {
        CommandFrame {
            schema: SCHEMA,
            id: Uuid::from_u128(n),
            nonce: format!("nonce-{n:016}"),
            asset: asset.into(),
            action: kind.into(),
            issued_ms: NOW_MS,
            expires_ms: NOW_MS + 5_000,
            epoch: 5,
            trace: String::new(),
        }
    }
    fn arrived(frame: &CommandFrame) -> CommandReceived {
        CommandReceived { asset: frame.asset.clone(), frame: Ok(frame.clone()), retained: false, received: Monotonic(0) }
    }
    fn late() -> Time {
        Time::from_s(1e6)
    }

    #[test]
    fn a_fresh_command_is_accepted_then_executed_once() {
        let plant = plant();
        let mut desk = Desk::new(1);
        let f = frame(1, &target(&plant, |k| matches!(k, ActionKind::Start)), ActionKind::Start);
        let ack = desk.take(&plant, arrived(&f), NOW_MS, Time::ZERO).unwrap();
        assert_eq!((ack.status, ack.id), (AckStatus::Accepted, f.id));
        assert!(desk.due(Time::from_s(0.4)).is_empty(), "the actuator takes its time");
        let done = desk.due(Time::from_s(3.1));
        assert_eq!(done.len(), 1);
        assert_eq!((done[0].1.unwrap().kind, done[0].2.status), (ActionKind::Start, AckStatus::Executed));
        // QoS 1 delivers again: the last acknowledgement again, no second execution.
        for _ in 0..3 {
            assert_eq!(desk.take(&plant, arrived(&f), NOW_MS, Time::ZERO).unwrap().status, AckStatus::Executed);
        }
        assert!(desk.due(late()).is_empty());
        assert_eq!((desk.counts.executed, desk.counts.duplicates, desk.counts.pending), (1, 3, 0));
    }

    #[test]
    fn retained_replayed_expired_and_fenced_commands_are_never_executed() {
        let plant = plant();
        let asset = target(&plant, |k| matches!(k, ActionKind::Start));
        let mut desk = Desk::new(1);
        let mut take = |command: CommandReceived, wall: i64| desk.take(&plant, command, wall, Time::ZERO).and_then(|a| a.reason);
        let good = frame(1, &asset, ActionKind::Start);
        // T08
        assert_eq!(take(CommandReceived { retained: true, ..arrived(&good) }, NOW_MS), None);
        // T09: at the instant of expiry and after
        assert_eq!(take(arrived(&frame(2, &asset, ActionKind::Start)), NOW_MS + 5_000), Some(Refusal::Expired.to_string()));
        assert_eq!(take(arrived(&frame(3, &asset, ActionKind::Start)), NOW_MS - 60_001), Some(Refusal::Future.to_string()));
        // accepted, so that nonce and epoch are known
        assert_eq!(take(arrived(&good), NOW_MS), None);
        let mut replay = frame(4, &asset, ActionKind::Start);
        replay.nonce = good.nonce.clone();
        assert_eq!(take(arrived(&replay), NOW_MS), Some(Refusal::Replayed.to_string()));
        let mut same_id = frame(5, &asset, ActionKind::Stop);
        same_id.id = good.id;
        assert_eq!(take(arrived(&same_id), NOW_MS), Some(Refusal::Replayed.to_string()));
        let mut old = frame(6, &asset, ActionKind::Start);
        old.epoch = 4;
        assert_eq!(take(arrived(&old), NOW_MS), Some(Refusal::Fenced.to_string()));
        let elsewhere = CommandReceived { asset: "CH-9".into(), ..arrived(&frame(7, &asset, ActionKind::Start)) };
        assert_eq!(take(elsewhere, NOW_MS), Some(Refusal::Mismatch.to_string()));
        let garbage = CommandReceived { frame: Err(FrameError::Schema(9)), ..arrived(&good) };
        assert_eq!(take(garbage, NOW_MS), None);
        assert_eq!(take(arrived(&frame(8, "no such", ActionKind::Start)), NOW_MS), Some(Refusal::UnknownAsset.to_string()));
        let c = desk.counts;
        assert_eq!((c.received, c.retained, c.expired, c.replayed, c.fenced, c.malformed, c.refused), (10, 1, 1, 2, 1, 1, 3));
        assert_eq!(desk.due(late()).len(), 1, "only the one good command");
    }

    #[test]
    fn safety_systems_and_undeclared_actions_are_refused() {
        let mut plant = plant();
        let asset = target(&plant, |k| matches!(k, ActionKind::Start));
        let index = plant.asset_by_id(&asset).unwrap().index();
        plant.assets[index].actions.retain(|s| matches!(s.kind, ActionKind::Start));
        let mut desk = Desk::new(1);
        let undeclared = desk.take(&plant, arrived(&frame(1, &asset, ActionKind::SetRate(0.5))), NOW_MS, Time::ZERO).unwrap();
        assert_eq!(undeclared.reason, Some(Refusal::NotAccepted.to_string()));
        plant.assets[index].safety = SafetyClass::Safety;
        let safety = desk.take(&plant, arrived(&frame(2, &asset, ActionKind::Start)), NOW_MS, Time::ZERO).unwrap();
        assert_eq!(safety.reason, Some(Refusal::Safety.to_string()));
        assert!(accepts(ActionKind::SetRate(0.3), ActionKind::SetRate(0.3)) && !accepts(ActionKind::SetRate(0.3), ActionKind::SetRate(0.29)));
    }

    #[test]
    fn stiction_swallows_small_steps_and_shortens_large_ones() {
        let mut desk = Desk::new(1);
        let mut to = |rate: f64| desk.actuated(Action { asset: AssetId(3), kind: ActionKind::SetRate(rate) }).map(|a| a.kind);
        assert_eq!(to(0.995), None);
        let Some(ActionKind::SetRate(half)) = to(0.5) else { panic!("a large step moves") };
        assert!(half > 0.5 && half < 0.52, "{half}");
        assert_eq!(to(half + 0.005), None);
        assert_eq!(to(1.0), Some(ActionKind::SetRate(1.0)));
        assert_eq!(to(0.0), Some(ActionKind::SetRate(0.0)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let plant = plant();
        let mut desk = Desk::new(1);
        for n in 0..5000 {
            desk.take(&plant, arrived(&frame(n, "no such", ActionKind::Start)), NOW_MS, Time::ZERO);
        }
        assert!(desk.seen.len() <= MEMORY && desk.nonces.len() <= MEMORY && desk.order.len() <= MEMORY);
    }
}
