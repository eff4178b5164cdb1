//! The thread that governs: owns the governor and the command sink, ticks 50 times a real second.
//!
//! Acknowledgements, expiry, Hold and dispatch happen here, where no frame, no chain step and no simulation can
//! delay them. Gates are simulated and passwords are checked on job threads; their answers come back as data.
//! Invariant: the governor's own commits decide; this file only carries.

use super::{
    AuditView, AvoidedLoss, EventView, Severity,
    compose::ComposeError,
    govern::{GovernanceShown, MODEL_EPOCH, Parts},
    governance_views as views,
    jobs::{Gauge, Job},
    predict::GaugeProgress,
    runtime::Clocks,
};
use crate::{
    estimate::Belief,
    fidelity::FidelityReport,
    forecast,
    governance::{
        GateVerdict, GovernError, Governor, GovernorOptions, Hold, IdentityBook, Meaning, Measurement, Policy, PortSink, Proposal, Signer, Snapshot,
        TickInput,
        audit::AuditLog,
        gate::{GateInput, Validation, evaluate},
        identity::AuthError,
    },
    history::Store,
    link::AckReceived,
    plant::{AssetId, Plant},
    sim::{Model, Script},
    time::{Span, Time},
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
/// How far the gate looks.
const GATE_HORIZON: Span = Span(4 * 3_600_000_000);
/// Start states of the gate, drawn from the belief.
const GATE_STARTS: usize = 32;
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
        Feed { snapshot: Snapshot::of(&belief, plant.hash, MODEL_EPOCH), belief, measured: Vec::new(), fidelity: FidelityReport::default() }
    }
}

/// What may be asked of this thread.
pub(super) enum Message {
    /// A draft, with its simulated gain over doing nothing where its author knows it.
    Submit(Box<Proposal>, Option<AvoidedLoss>),
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
    model: Option<Arc<Model>>,
    store: Store,
    clocks: Clocks,
    acks: Receiver<AckReceived>,
    ports: Ports,
    gates: Vec<(Uuid, bool, Job<GateVerdict>)>,
    gains: BTreeMap<Uuid, AvoidedLoss>,
    verdicts: BTreeMap<Uuid, GateVerdict>,
    unlocking: Vec<(Purpose, Job<Result<Signer, AuthError>>)>,
    seen: BTreeMap<(AssetId, crate::governance::EffectQuantity), Time>,
    seed: u64,
    threads: usize,
}

/// Opens the governor and starts its thread; returns the hold switch.
pub(super) fn start(parts: Parts, sink: PortSink, ports: Ports) -> Result<(Hold, std::thread::JoinHandle<()>), ComposeError> {
    let governance = |e: &dyn std::fmt::Display| ComposeError::Governance(e.to_string());
    let policy = Policy::builtin().map_err(|e| governance(&e))?;
    let audit = AuditLog::open_in(parts.folder.as_deref(), parts.entropy.as_ref()).map_err(|e| governance(&e))?;
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
        gains: BTreeMap::new(),
        verdicts: BTreeMap::new(),
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
            Message::Submit(proposal, gain) => match self.governor.submit(*proposal) {
                Ok(id) => {
                    self.gains.extend(gain.map(|g| (id, g)));
                    self.gate(id, false);
                }
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
        let Some(model) = self.model.clone() else {
            let result = self.governor.withdraw(id, "gate", "this plant is only monitored: nothing can be simulated, so nothing is commanded");
            return self.complain("gate", result);
        };
        let question = Question {
            model,
            proposal: case.proposal.clone(),
            feed: self.feed(),
            policy: self.governor.policy().clone(),
            seed: self.seed,
            threads: self.threads,
        };
        match Job::start("gate", 0, move |gauge: &Gauge| question.answer(gauge)) {
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

    fn gate_answered(&mut self, id: Uuid, again: bool, answer: Option<GateVerdict>) {
        let Some(verdict) = answer else {
            let result = self.governor.withdraw(id, "gate", "the gate's simulation ended unexpectedly; nothing is known, so nothing is done");
            return self.complain("gate", result);
        };
        let now = self.clocks.monotonic();
        if again {
            let result = self.governor.regated(id, verdict, now);
            self.complain("second gate", result);
        } else {
            self.verdicts.insert(id, verdict.clone());
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
        self.gains.retain(|id, _| open.contains(id));
        self.verdicts.retain(|id, _| open.contains(id));
        let audit: Vec<AuditView> = self.store.audit_tail(AUDIT_SHOWN).map(|rows| rows.iter().map(views::audit).collect()).unwrap_or_default();
        let shown = GovernanceShown {
            proposals: self
                .governor
                .cases()
                .map(|c| views::proposal(&self.plant, c, self.verdicts.get(&c.proposal.id), self.gains.get(&c.proposal.id)))
                .collect(),
            audit,
            hold: self.governor.hold_notice().map(|n| n.by.clone()),
            identities: self.people.list().into_iter().filter(|i| !i.revoked).map(|i| (i.name, format!("{:?}", i.role).to_lowercase())).collect(),
        };
        *self.ports.shown.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
    }
}

/// Everything a gate verdict depends on, as a snapshot for its thread.
struct Question {
    model: Arc<Model>,
    proposal: Proposal,
    feed: Arc<Feed>,
    policy: Policy,
    seed: u64,
    threads: usize,
}

impl Question {
    fn answer(&self, gauge: &Gauge) -> GateVerdict {
        // no start state follows from an impossible belief: the gate then has nothing to simulate and refuses
        let starts = forecast::starts_from_belief(&self.model, &self.feed.belief, GATE_STARTS, self.seed).unwrap_or_default();
        let input = GateInput {
            model: &self.model,
            proposal: &self.proposal,
            snapshot: &self.feed.snapshot,
            starts,
            script: Script::empty(),
            policy: &self.policy,
            validation: Validation::from(self.feed.fidelity.worst_of(self.proposal.targets())),
            horizon: GATE_HORIZON,
            runs: self.policy.thresholds.min_runs,
            threads: self.threads,
        };
        evaluate(input, &GaugeProgress(gauge))
    }
}
