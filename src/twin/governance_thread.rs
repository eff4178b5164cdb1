//! The thread that governs: owns the governor and the command sink, ticks 50 times a real second.
//!
//! Acknowledgements, expiry, Hold and dispatch happen here, where no frame, no chain step and no simulation can
//! delay them. Gates are simulated and passwords are checked on job threads; their answers come back as data.
//! Invariant: the governor's own commits decide; this file only carries.

use super::{
    AuditView, EventView, Severity,
    compose::ComposeError,
    govern::{GovernanceShown, Parts},
    governance_views as views,
    jobs::{Gauge, Job},
    runtime::Clocks,
};
use crate::{
    estimate::Belief,
    fidelity::FidelityReport,
    governance::{
        GateVerdict, GovernError, Governor, GovernorOptions, Hold, IdentityBook, Meaning, Measurement, Policy, PortSink, Proposal, Signer, Snapshot, TickInput,
        audit::{AuditKey, AuditLog, CHECKPOINTS},
        gate::{GateInput, GateOutcome, evaluate},
        identity::AuthError,
    },
    history::Store,
    link::AckReceived,
    plant::{AssetId, Plant},
    sim::Model,
    time::Time,
};
use crossbeam_channel::{Receiver, Sender};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use uuid::Uuid;

/// Messages waiting; more are refused and said so.
pub(super) const INBOX: usize = 256;
/// Events waiting for the chain; more are dropped here but stand in the store.
pub(super) const EVENTS: usize = 1024;
const TICK: Duration = Duration::from_millis(20);
/// Views are rebuilt every this many ticks, and after every message.
const SHOW_EVERY: u32 = 10;
/// Checkpoint after this many audit records.
const CHECKPOINT_EVERY: u64 = 16;
const AUDIT_SHOWN: usize = 200;

/// The live state as this thread sees it.
pub(super) struct Feed {
    /// For the envelope.
    pub snapshot: Snapshot,
    /// For the gate's start states.
    pub belief: Belief,
    /// Newest good measurement per asset and quantity.
    pub measured: Vec<Measurement>,
    /// For the gate.
    pub fidelity: FidelityReport,
}

impl Feed {
    /// Before the first step.
    pub fn empty(plant: &Plant) -> Self {
        let belief = Belief { at: Time::ZERO, assets: Vec::new() };
        Feed { snapshot: super::govern::snapshot(&belief, plant), belief, measured: Vec::new(), fidelity: FidelityReport::default() }
    }
}

/// What may be asked of this thread.
pub(super) enum Message {
    /// A draft.
    Submit(Box<Proposal>),
    /// A person wants to sign.
    Approve { proposal: Uuid, identity: String, password: super::Secret, reason: String },
    /// A person says no.
    Refuse { proposal: Uuid, identity: String, password: super::Secret, reason: String },
    /// A person releases the hold.
    Release { identity: String, password: super::Secret, reason: String },
    /// The orderly end.
    Close,
}

/// The ends of this thread's channels.
pub(super) struct Ports {
    pub inbox: Receiver<Message>,
    pub feed: Arc<Mutex<Arc<Feed>>>,
    pub shown: Arc<Mutex<Arc<GovernanceShown>>>,
    pub events: Sender<EventView>,
}

/// What a signature is for, while the password is being checked.
enum Purpose {
    Approve { proposal: Uuid, reason: String },
    Refuse { proposal: Uuid, reason: String },
    Release { reason: String },
}

struct Thread {
    governor: Governor,
    sink: PortSink,
    people: Arc<IdentityBook>,
    plant: Arc<Plant>,
    model: Arc<Model>,
    store: Store,
    clocks: Clocks,
    acks: Receiver<AckReceived>,
    ports: Ports,
    gates: Vec<(Uuid, bool, Job<GateOutcome>)>,
    outcomes: BTreeMap<Uuid, GateOutcome>,
    unlocking: Vec<(Purpose, Job<Result<Signer, AuthError>>)>,
    seen: BTreeMap<(AssetId, crate::governance::EffectQuantity), Time>,
    seed: u64,
    threads: usize,
}

/// Opens the governor and starts its thread; returns the hold switch.
pub(super) fn start(parts: Parts, sink: PortSink, ports: Ports) -> Result<(Hold, std::thread::JoinHandle<()>), ComposeError> {
    let governance = |e: &dyn std::fmt::Display| ComposeError::Governance(e.to_string());
    let policy = Policy::builtin().map_err(|e| governance(&e))?;
    let key = match &parts.folder {
        Some(folder) => AuditKey::open(folder, parts.entropy.as_ref()).map_err(|e| governance(&e))?,
        None => AuditKey::generate(parts.entropy.as_ref()),
    };
    let path = parts.folder.as_ref().map(|f| f.join(CHECKPOINTS));
    let audit = AuditLog::open(key, path, CHECKPOINT_EVERY).map_err(|e| governance(&e))?;
    let people = Arc::new(parts.identities);
    let governor = Governor::open(GovernorOptions {
        plant: parts.plant.clone(),
        policy,
        people: people.clone(),
        store: parts.store.clone(),
        audit,
        wall: parts.clocks.wall.clone(),
        entropy: parts.entropy.clone(),
    })
    .map_err(|e| governance(&e))?;
    let hold = governor.hold_switch();
    let thread = Thread {
        governor,
        sink,
        people,
        plant: parts.plant,
        model: parts.model,
        store: parts.store,
        clocks: parts.clocks,
        acks: parts.acks,
        ports,
        gates: Vec::new(),
        outcomes: BTreeMap::new(),
        unlocking: Vec::new(),
        seen: BTreeMap::new(),
        seed: parts.seed,
        threads: parts.threads,
    };
    let join = std::thread::Builder::new().name("plantcast-governance".into()).spawn(move || thread.run()).map_err(ComposeError::Thread)?;
    Ok((hold, join))
}

impl Thread {
    fn run(mut self) {
        let mut ticks = 0u32;
        loop {
            let mut changed = match self.ports.inbox.recv_timeout(TICK) {
                Ok(Message::Close) | Err(crossbeam_channel::RecvTimeoutError::Disconnected) => break,
                Ok(message) => {
                    self.take(message);
                    true
                }
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => false,
            };
            changed |= self.take_answers();
            changed |= self.tick();
            ticks = ticks.wrapping_add(1);
            if changed || ticks.is_multiple_of(SHOW_EVERY) {
                self.show();
            }
        }
        if let Err(e) = self.governor.close() {
            tracing::error!(error = %e, "governance could not close the audit trail");
        }
    }

    fn feed(&self) -> Arc<Feed> {
        self.ports.feed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, severity: Severity, text: String) {
        let _ = self.ports.events.try_send(EventView { at: self.clocks.now(), severity, asset: None, text, trace: None });
    }

    fn complain(&self, what: &str, result: Result<(), GovernError>) {
        if let Err(e) = result {
            self.say(Severity::Warning, format!("{what}: {e}"));
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Submit(proposal) => match self.governor.submit(*proposal) {
                Ok(id) => self.gate(id, false),
                Err(e) => self.say(Severity::Warning, format!("proposal not taken: {e}")),
            },
            Message::Approve { proposal, identity, password, reason } => self.unlock(identity, password, Purpose::Approve { proposal, reason }),
            Message::Refuse { proposal, identity, password, reason } => self.unlock(identity, password, Purpose::Refuse { proposal, reason }),
            Message::Release { identity, password, reason } => self.unlock(identity, password, Purpose::Release { reason }),
            Message::Close => {}
        }
    }

    /// Checks a password on a thread of its own: argon2 is slow on purpose.
    fn unlock(&mut self, identity: String, password: super::Secret, purpose: Purpose) {
        let (people, now) = (self.people.clone(), self.clocks.monotonic());
        match Job::start("unlock", 0, move |_: &Gauge| people.unlock(&identity, &password.0, now)) {
            Some(job) => self.unlocking.push((purpose, job)),
            None => self.say(Severity::Warning, "the system gave no thread to check the password; try again".into()),
        }
    }

    /// Simulates the gate for a case on a thread of its own.
    fn gate(&mut self, id: Uuid, again: bool) {
        let Some(case) = self.governor.case(id) else { return };
        let feed = self.feed();
        let input = GateInput {
            model: self.model.clone(),
            proposal: case.proposal.clone(),
            snapshot: feed.snapshot.clone(),
            belief: feed.belief.clone(),
            fidelity: feed.fidelity.clone(),
            thresholds: self.governor.policy().thresholds.clone(),
            policy: self.governor.policy_hash(),
            seed: self.seed,
            threads: self.threads,
        };
        match Job::start("gate", 0, move |_: &Gauge| evaluate(&input)) {
            Some(job) => self.gates.push((id, again, job)),
            None => self.say(Severity::Warning, "the system gave no thread for the gate; the proposal waits".into()),
        }
    }

    /// Answers of gate and password jobs; true when something changed.
    fn take_answers(&mut self) -> bool {
        let mut changed = false;
        for (id, again, job) in std::mem::take(&mut self.gates) {
            match job.poll() {
                None => self.gates.push((id, again, job)),
                Some(answer) => {
                    changed = true;
                    self.gate_answered(id, again, answer.ok());
                }
            }
        }
        for (purpose, job) in std::mem::take(&mut self.unlocking) {
            match job.poll() {
                None => self.unlocking.push((purpose, job)),
                Some(Ok(Ok(signer))) => {
                    changed = true;
                    self.signed(purpose, &signer);
                }
                Some(Ok(Err(e))) => {
                    changed = true;
                    self.say(Severity::Warning, format!("not signed: {e}"));
                }
                Some(Err(_)) => self.say(Severity::Warning, "not signed: the password check ended unexpectedly".into()),
            }
        }
        changed
    }

    fn gate_answered(&mut self, id: Uuid, again: bool, answer: Option<GateOutcome>) {
        let Some(outcome) = answer else {
            let result = self.governor.withdraw(id, "gate", "the gate's simulation ended unexpectedly; nothing is known, so nothing is done");
            return self.complain("gate", result);
        };
        let now = self.clocks.monotonic();
        let verdict: GateVerdict = outcome.verdict.clone();
        if again {
            let result = self.governor.regated(id, verdict, now);
            self.complain("second gate", result);
        } else {
            self.outcomes.insert(id, outcome);
            let result = self.governor.simulated(id, verdict, now);
            self.complain("gate", result);
        }
    }

    fn signed(&mut self, purpose: Purpose, signer: &Signer) {
        let (wall, now) = (self.clocks.wall.now(), self.clocks.monotonic());
        let result = match purpose {
            Purpose::Approve { proposal, reason } => match self.governor.warrant(proposal).map(crate::governance::Warrant::digest) {
                None => Err(GovernError::NoProposal(proposal)),
                Some(subject) => self.governor.approve(proposal, signer.sign(Meaning::Approval, subject, &reason, wall), now),
            },
            Purpose::Refuse { proposal, reason } => match self.governor.warrant(proposal).map(crate::governance::Warrant::digest) {
                None => Err(GovernError::NoProposal(proposal)),
                Some(subject) => self.governor.refuse(proposal, &signer.sign(Meaning::Refusal, subject, &reason, wall)),
            },
            Purpose::Release { reason } => match self.governor.hold_subject() {
                None => Err(GovernError::NotHeld),
                Some(subject) => self.governor.release(&signer.sign(Meaning::HoldRelease, subject, &reason, wall), &mut self.sink),
            },
        };
        self.complain(&format!("{} cannot sign", signer.identity().name), result);
    }

    /// One turn of the governor; true when something happened.
    fn tick(&mut self) -> bool {
        let feed = self.feed();
        let mut acks = Vec::new();
        while self.governor.takes_acks()
            && let Ok(ack) = self.acks.try_recv()
        {
            acks.push(ack);
        }
        let measured: Vec<Measurement> = feed.measured.iter().copied().filter(|m| self.is_new(m)).collect();
        for m in &measured {
            self.seen.insert((m.asset, m.quantity), m.at);
        }
        let had_acks = !acks.is_empty();
        let input = TickInput { plant_now: self.clocks.now(), snapshot: &feed.snapshot, acks, measured: &measured };
        let out = self.governor.tick(self.clocks.monotonic(), input, &mut self.sink);
        let changed = had_acks || !out.events.is_empty() || !out.sent.is_empty() || !out.regate.is_empty();
        for id in out.regate {
            self.gate(id, true);
        }
        for event in out.events {
            let _ = self.ports.events.try_send(views::event(&self.plant, event));
        }
        changed
    }

    fn is_new(&self, m: &Measurement) -> bool {
        self.seen.get(&(m.asset, m.quantity)).is_none_or(|last| *last < m.at)
    }

    fn show(&mut self) {
        let open: Vec<Uuid> = self.governor.cases().map(|c| c.proposal.id).collect();
        self.outcomes.retain(|id, _| open.contains(id));
        let audit: Vec<AuditView> = self.store.audit_tail(AUDIT_SHOWN).map(|rows| rows.iter().map(views::audit).collect()).unwrap_or_default();
        let shown = GovernanceShown {
            proposals: self.governor.cases().map(|c| views::proposal(&self.plant, c, self.outcomes.get(&c.proposal.id))).collect(),
            audit,
            hold: self.governor.hold_notice().map(|n| n.by.clone()),
            identities: self.people.list().into_iter().filter(|i| !i.revoked).map(|i| (i.name, format!("{:?}", i.role).to_lowercase())).collect(),
        };
        *self.ports.shown.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
    }
}
