//! Tests of the governor with a sink that counts and a clock moved by hand (RELIABILITY T18–T32, T37).

mod faults;
mod people;
mod races;
mod story;

use super::*;
use crate::{
    clock::ManualClock,
    governance::{
        approval::Meaning,
        audit::AuditKey,
        dispatch::CommandSink,
        gate::{Facts, Validation, envelope, judge},
        identity::{KdfCost, Role},
        lifecycle::{Outcome, Stage},
        proposal::{Author, Comparison, EffectExpectation, EffectQuantity, Proposal, ProposedCommand, Rationale},
        snapshot::{Seen, Snapshot},
    },
    link::{AckFrame, AckStatus, CommandFrame, SendError},
    plant::{Action, ActionKind, CellId},
    sim::{Mode, Model, State},
    time::Span,
};
use std::collections::VecDeque;

pub(super) const PASSWORD: &str = "a long enough password";

/// Counts what would have been published.
#[derive(Default)]
pub(super) struct CountingSink {
    pub sent: Vec<CommandFrame>,
    pub outcomes: VecDeque<(Uuid, Result<(), SendError>)>,
    pub offline: bool,
    pub held: bool,
    pub refuse_next: Option<SendError>,
}

impl CommandSink for CountingSink {
    fn is_ready(&self) -> bool {
        !self.offline
    }
    fn begin(&mut self, frame: &CommandFrame, expires: Monotonic) -> Result<(), SendError> {
        assert!(expires > Monotonic(0));
        frame.check().expect("well-formed");
        if self.held {
            return Err(SendError::Held);
        }
        if let Some(e) = self.refuse_next.take() {
            return Err(e);
        }
        self.sent.push(frame.clone());
        self.outcomes.push_back((frame.id, Ok(())));
        Ok(())
    }
    fn poll(&mut self) -> Option<(Uuid, Result<(), SendError>)> {
        self.outcomes.pop_front()
    }
    fn drain(&mut self) {
        self.held = true;
    }
    fn release(&mut self) {
        self.held = false;
    }
}

pub(super) struct Rig {
    pub clock: Arc<ManualClock>,
    pub plant: Arc<Plant>,
    pub store: Store,
    pub people: Arc<IdentityBook>,
    pub governor: Governor,
    pub sink: CountingSink,
    pub snapshot: Snapshot,
    pub acks: Vec<AckReceived>,
    pub measured: Vec<Measurement>,
    pub events: Vec<Event>,
}

pub(super) fn people() -> Arc<IdentityBook> {
    let book = IdentityBook::new(KdfCost { memory_kib: 8, passes: 1 });
    let rng = ManualClock::new();
    for (name, person, role) in [
        ("olga", "Olga", Role::Operator),
        ("anna", "Anna", Role::Approver),
        ("sven", "Sven", Role::Supervisor),
        ("olga-s", "Olga", Role::Supervisor),
        ("paul", "Paul", Role::Planner),
        ("vera", "Vera", Role::Viewer),
        ("adam", "Adam", Role::Admin),
    ] {
        book.add(name, person, role, PASSWORD, &*rng).unwrap();
    }
    Arc::new(book)
}

pub(super) fn bottling() -> Arc<Plant> {
    static PLANT: std::sync::OnceLock<Arc<Plant>> = std::sync::OnceLock::new();
    PLANT.get_or_init(|| Arc::new(Plant::builtin("bottling").unwrap().unwrap())).clone()
}

fn nominal(plant: &Plant) -> Snapshot {
    static MODES: std::sync::OnceLock<Vec<(Mode, Option<f64>, Option<f64>)>> = std::sync::OnceLock::new();
    let modes = MODES.get_or_init(|| {
        let model = Model::compile(plant).unwrap();
        let state = State::nominal(&model);
        plant.asset_ids().map(|a| (state.mode(a), state.level(&model, a), state.temperature_c(&model, a))).collect()
    });
    let seen = |&(mode, level, temperature_c): &(Mode, Option<f64>, Option<f64>)| Seen {
        mode,
        mode_probability: 0.99,
        level,
        temperature_c,
        observed: true,
        data_age: Span::from_s(1.0),
        stale: false,
        confidence: 0.9,
        drift: 1.0,
    };
    Snapshot { at: Time::from_s(1000.0), plant: Digest(plant.hash), model_epoch: 1, assets: modes.iter().map(seen).collect() }
}

pub(super) fn options(plant: &Arc<Plant>, store: &Store, people: &Arc<IdentityBook>, clock: &Arc<ManualClock>) -> GovernorOptions {
    GovernorOptions {
        plant: plant.clone(),
        policy: Policy::builtin().unwrap(),
        people: people.clone(),
        store: store.clone(),
        audit: AuditLog::open(AuditKey::generate(&**clock), None, 16).unwrap(),
        wall: clock.clone(),
        entropy: clock.clone(),
    }
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| {})
    }
    pub fn with(change: impl FnOnce(&mut Policy)) -> Self {
        static PEOPLE: std::sync::OnceLock<Arc<IdentityBook>> = std::sync::OnceLock::new();
        Self::among(PEOPLE.get_or_init(people).clone(), change)
    }
    /// With a book of its own, for tests that revoke or lock someone.
    pub fn alone() -> Self {
        Self::among(people(), |_| {})
    }
    fn among(people: Arc<IdentityBook>, change: impl FnOnce(&mut Policy)) -> Self {
        let (clock, plant, store) = (ManualClock::new(), bottling(), Store::in_memory().unwrap());
        clock.advance_s(1000.0);
        let mut o = options(&plant, &store, &people, &clock);
        change(&mut o.policy);
        let governor = Governor::open(o).unwrap();
        let snapshot = nominal(&plant);
        Self { clock, plant, store, people, governor, sink: CountingSink::default(), snapshot, acks: vec![], measured: vec![], events: vec![] }
    }
    pub fn now(&self) -> Monotonic {
        crate::clock::MonotonicClock::now(&*self.clock)
    }
    pub fn asset(&self, id: &str) -> AssetId {
        self.plant.asset_by_id(id).unwrap()
    }
    /// Real and plant time advance together.
    pub fn advance(&mut self, s: f64) {
        self.clock.advance_s(s);
        self.snapshot.at = self.snapshot.at + Span::from_s(s);
    }
    pub fn tick(&mut self) -> TickOutput {
        let (now, acks) = (self.now(), std::mem::take(&mut self.acks));
        let measured = std::mem::take(&mut self.measured);
        let input = TickInput { plant_now: self.snapshot.at, snapshot: &self.snapshot, acks, measured: &measured };
        let out = self.governor.tick(now, input, &mut self.sink);
        self.events.extend(out.events.iter().cloned());
        out
    }
    pub fn command(&self, asset: &str, kind: ActionKind, undo: Option<ActionKind>, within_s: f64) -> ProposedCommand {
        let asset = self.asset(asset);
        ProposedCommand {
            action: Action { asset, kind },
            compensation: undo.map(|kind| Action { asset, kind }),
            effect: EffectExpectation {
                asset,
                quantity: EffectQuantity::Service,
                comparison: Comparison::AtLeast,
                value: 0.9,
                within: Span::from_s(within_s),
            },
        }
    }
    pub fn start_ch3(&self) -> ProposedCommand {
        self.command("CH-3", ActionKind::Start, Some(ActionKind::Stop), 600.0)
    }
    pub fn proposal(&self, commands: Vec<ProposedCommand>) -> Proposal {
        Proposal {
            id: self.governor.new_id(),
            trace: "trace-1".into(),
            author: Author::Agent { cell: CellId(0) },
            title: "start the standby chiller".into(),
            commands,
            rationale: Rationale::default(),
            created: self.snapshot.at,
        }
    }
    pub fn facts(harm: f64) -> Facts {
        Facts {
            runs_asked: 200,
            runs_done: 200,
            failed: None,
            harm: Some(harm),
            gain: Some(100.0),
            worse_off: Some(0.0),
            worse_off_at: None,
            extra_trips: Some(0.0),
            extra_exceedance_h: Some(0.0),
            validation: Validation::Good,
            forecast: Digest::of("f", &harm.to_bits()),
        }
    }
    pub fn verdict(&self, id: Uuid, facts: &Facts) -> GateVerdict {
        let p = &self.governor.case(id).unwrap().proposal;
        let limits = &self.governor.policy().thresholds;
        let e = envelope(&self.plant, p, &self.snapshot, limits, self.governor.policy_hash());
        judge(&self.plant, p, &self.snapshot, facts, limits, e)
    }
    pub fn simulate(&mut self, p: Proposal, harm: f64) -> Uuid {
        let id = self.governor.submit(p).unwrap();
        let verdict = self.verdict(id, &Self::facts(harm));
        self.governor.simulated(id, verdict, self.now()).unwrap();
        id
    }
    pub fn approve(&mut self, id: Uuid, name: &str) -> Result<(), GovernError> {
        let now = self.now();
        self.governor.approve_with(id, name, PASSWORD, "looks right to me", now)
    }
    /// A turn that answers every request for a second verdict, then one more.
    pub fn settle(&mut self) -> Vec<Uuid> {
        let mut sent = Vec::new();
        for _ in 0..3 {
            let out = self.tick();
            sent.extend(out.sent);
            for id in out.regate {
                let verdict = self.verdict(id, &Self::facts(0.01));
                let now = self.now();
                let answer = self.governor.regated(id, verdict, now);
                assert!(matches!(answer, Ok(()) | Err(GovernError::NoProposal(_))), "{answer:?}");
            }
        }
        sent
    }
    pub fn dispatched(&mut self, commands: Vec<ProposedCommand>) -> Uuid {
        let p = self.proposal(commands);
        let id = self.simulate(p, 0.01);
        self.approve(id, "olga").unwrap();
        assert_eq!(self.settle().len(), 1, "{:?}", self.governor.case(id).unwrap().history);
        id
    }
    pub fn ack(&mut self, frame: &CommandFrame, status: AckStatus) {
        let f = AckFrame { id: frame.id, nonce: frame.nonce.clone(), asset: frame.asset.clone(), status, reason: None, epoch: frame.epoch, t: 0 };
        self.acks.push(AckReceived { asset: frame.asset.clone(), frame: Ok(f), retained: false, received: self.now() });
    }
    pub fn ack_last(&mut self, status: AckStatus) {
        let frame = self.sink.sent.last().unwrap().clone();
        self.ack(&frame, status);
        self.tick();
    }
    pub fn measure(&mut self, asset: &str, value: f64, times: usize) {
        let asset = self.asset(asset);
        for _ in 0..times {
            self.advance(1.0);
            self.measured.push(Measurement { asset, quantity: EffectQuantity::Service, value, at: self.snapshot.at });
        }
        self.tick();
    }
    pub fn stage(&self, id: Uuid) -> &'static str {
        self.governor.case(id).unwrap().stage.name()
    }
    pub fn outcome(&self, id: Uuid) -> Option<Outcome> {
        match &self.governor.case(id).unwrap().stage {
            Stage::Closed(c) => Some(c.outcome),
            _ => None,
        }
    }
    pub fn kinds(&self) -> Vec<String> {
        self.store.audit_tail(10_000).unwrap().into_iter().map(|r| r.kind).collect()
    }
    pub fn verify(&self) {
        let rows = self.store.audit_from(1, 100_000).unwrap();
        let mut rows = Some(rows);
        crate::governance::audit::verify_rows(
            |_| Ok(rows.take().unwrap_or_default()),
            self.governor.audit().written(),
            &self.governor.audit().public(),
        )
        .unwrap();
    }
}
