//! The governor: all open cases, the policy, the people, the hold, driven by `tick`.
//!
//! Reads no clock: the owner passes monotonic and plant time; wall-clock stamps and nonces come through traits.

mod acks;
mod people;
mod recover;
mod send;
mod tick;

pub use recover::HoldNotice;
pub use tick::{Measurement, TickInput, TickOutput};

use super::{
    approval::SignatureFault,
    audit::{AuditLog, CheckpointError},
    breaker::Breakers,
    canonical::Digest,
    gate::GateVerdict,
    hold::Hold,
    identity::IdentityBook,
    lifecycle::{By, Case, Forbidden, Transition},
    policy::{Denial, Ledger, Policy},
    proposal::ProposalFault,
    snapshot::Breach,
};
use crate::{
    clock::{Entropy, Monotonic, WallClock},
    history::{Control, Event, HistoryError, NewAudit, OutboxRow, Severity, Store},
    link::{AckReceived, uuid_v7},
    plant::{AssetId, Plant},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use uuid::Uuid;

/// Cases kept in memory, closed ones included; the audit keeps all.
const CASES_KEPT: usize = 200;
/// Cases open at once; more are refused.
const OPEN_MOST: usize = 50;
/// Acknowledgements that wait for a disk that does not take their record.
const BACKLOG_MOST: usize = 1000;

/// What a governor is made of.
pub struct GovernorOptions {
    /// The plant.
    pub plant: Arc<Plant>,
    /// The policy in force.
    pub policy: Policy,
    /// Who may sign.
    pub people: Arc<IdentityBook>,
    /// Audit and outbox.
    pub store: Store,
    /// Checkpoints of the audit.
    pub audit: AuditLog,
    /// Stamps for records.
    pub wall: Arc<dyn WallClock>,
    /// Ids and nonces.
    pub entropy: Arc<dyn Entropy>,
}

/// What happened to acknowledgements and sends, counted since start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Commands handed to the link.
    pub sent: u64,
    /// Of which compensations.
    pub compensations: u64,
    /// Sends that the link refused.
    pub send_refused: u64,
    /// Acknowledgements of ids nobody knows.
    pub acks_unknown: u64,
    /// Wrong nonce or asset.
    pub acks_foreign: u64,
    /// Said again.
    pub acks_duplicate: u64,
    /// Contradicting an earlier one.
    pub acks_contradictory: u64,
    /// After the time-out or the end.
    pub acks_late: u64,
    /// Not a frame, or kept by the broker from earlier.
    pub acks_unusable: u64,
}

/// Why the governor did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GovernError {
    /// The proposal may not be made.
    #[error(transparent)]
    Proposal(#[from] ProposalFault),
    /// Not in this stage.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The signature does not count.
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    /// Sign-in failed.
    #[error(transparent)]
    Auth(#[from] super::identity::AuthError),
    /// The world changed.
    #[error(transparent)]
    Stale(#[from] Breach),
    /// Could not be recorded, so it did not happen.
    #[error("not recorded, so not done: {0}")]
    Unrecorded(#[from] HistoryError),
    /// Checkpoints.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No such proposal.
    #[error("there is no open proposal {0}")]
    NoProposal(Uuid),
    /// Too many.
    #[error("{OPEN_MOST} proposals are open; decide some first")]
    TooMany,
    /// The verdict is for another proposal or other commands.
    #[error("the gate verdict belongs to another proposal; simulate this one")]
    OtherVerdict,
    /// The same person twice, or the author.
    #[error("{0}; another person must sign")]
    SamePerson(String),
    /// A reason is needed.
    #[error("the risk asks for a typed reason of at least 8 characters")]
    ReasonNeeded,
    /// A supervisor is needed.
    #[error("one signature must be a supervisor's")]
    SupervisorNeeded,
    /// Too late.
    #[error("the time to sign is over; simulate again")]
    TooLate,
    /// The hold is on.
    #[error("the hold is on: release it first")]
    Held,
    /// The hold is not on.
    #[error("there is no hold to release")]
    NotHeld,
    /// The audit trail does not verify against its checkpoints.
    #[error("the audit trail does not verify, so nothing can be commanded: {0}; keep the files as they are and have them examined")]
    Integrity(#[from] super::audit::VerifyError),
}

/// The governor.
pub struct Governor {
    plant: Arc<Plant>,
    plant_hash: Digest,
    policy: Policy,
    policy_hash: Digest,
    people: Arc<IdentityBook>,
    store: Store,
    audit: AuditLog,
    wall: Arc<dyn WallClock>,
    entropy: Arc<dyn Entropy>,
    session: Uuid,
    hold: Hold,
    notice: Option<HoldNotice>,
    cases: BTreeMap<Uuid, Case>,
    order: VecDeque<Uuid>,
    regates: BTreeMap<Uuid, Regate>,
    unknown: Vec<OutboxRow>,
    ledger: Ledger,
    breakers: Breakers,
    backlog: VecDeque<AckReceived>,
    events: Vec<Event>,
    counters: Counters,
    plant_now: Time,
}

/// The second look of the gate, before dispatch.
#[derive(Clone, Debug)]
enum Regate {
    Asked(Monotonic),
    Passed { verdict: Box<GateVerdict>, at: Monotonic },
}

impl Governor {
    /// The switch that stops everything; clone it into any thread.
    pub fn hold_switch(&self) -> Hold {
        self.hold.clone()
    }
    /// Cases in order of submission, closed ones included (the newest 200).
    pub fn cases(&self) -> impl Iterator<Item = &Case> + '_ {
        self.order.iter().filter_map(|id| self.cases.get(id))
    }
    /// One case.
    pub fn case(&self, id: Uuid) -> Option<&Case> {
        self.cases.get(&id)
    }
    /// Commands whose fate nobody knows since a restart; each reserves its asset until reconciled.
    pub fn unknown_commands(&self) -> &[OutboxRow] {
        &self.unknown
    }
    /// Counters since start.
    pub fn counters(&self) -> Counters {
        self.counters
    }
    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
    /// Hash of the policy in force.
    pub fn policy_hash(&self) -> Digest {
        self.policy_hash
    }
    /// The people.
    pub fn people(&self) -> &Arc<IdentityBook> {
        &self.people
    }
    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }
    /// The checkpoints.
    pub fn audit(&self) -> &AuditLog {
        &self.audit
    }
    /// Identifies this run: approvals of another run are void.
    pub fn session(&self) -> Uuid {
        self.session
    }
    /// A fresh id for a proposal.
    pub fn new_id(&self) -> Uuid {
        uuid_v7(self.wall.now(), &*self.entropy)
    }
    /// Whether acknowledgements are taken; when not, leave them in the link's queue (back-pressure).
    pub fn takes_acks(&self) -> bool {
        self.backlog.len() < BACKLOG_MOST
    }

    /// Writes a note of another part of the program to the audit (model promoted, source recovered, injected outage).
    ///
    /// # Errors
    /// [`GovernError::Unrecorded`].
    pub fn record(&mut self, kind: &str, trace: &str, body: &serde_json::Value) -> Result<u64, GovernError> {
        let record = NewAudit { at_wall: self.wall.now(), kind: kind.into(), trace: trace.into(), body: body.to_string() };
        self.append(&record, |_| Ok(()))
    }

    /// Seals the trail with a closing checkpoint: call once at the orderly end.
    ///
    /// # Errors
    /// [`GovernError`]: the end could not be recorded or signed.
    pub fn close(&mut self) -> Result<(), GovernError> {
        self.record("governor.closed", "", &serde_json::json!({"session": self.session}))?;
        Ok(self.audit.seal_now(&self.store, true)?)
    }

    fn by<'a>(&self, actor: &'a str) -> By<'a> {
        By { actor, wall: self.wall.now() }
    }

    fn open_case(&self, id: Uuid) -> Result<Case, GovernError> {
        self.cases.get(&id).filter(|c| !c.stage.is_closed()).cloned().ok_or(GovernError::NoProposal(id))
    }

    /// Appends to the audit together with `also`, then checkpoints. Returns the sequence number.
    fn append(&mut self, record: &NewAudit, also: impl FnOnce(&Control<'_>) -> Result<(), HistoryError>) -> Result<u64, GovernError> {
        let row = self.store.control(|c| {
            also(c)?;
            c.append(record)
        })?;
        if let Err(e) = self.audit.note(&row) {
            self.event(Severity::Alarm, None, format!("checkpoint not written: {e}"), "");
        }
        Ok(row.seq)
    }

    /// The only way a case changes: its record is on disk first, together with `also`.
    fn commit(&mut self, t: Transition, also: impl FnOnce(&Control<'_>) -> Result<(), HistoryError>) -> Result<(), GovernError> {
        self.append(&t.record, also)?;
        let case = t.case;
        let id = case.proposal.id;
        let severity = if t.record.kind.contains("failed") || t.record.kind.contains("missing") { Severity::Warning } else { Severity::Info };
        let asset = case.proposal.commands.first().map(|c| c.action.asset);
        let text = format!("{}: {}", case.proposal.title, case.history.last().map_or("", |h| h.1.as_str()));
        let trace = case.proposal.trace.clone();
        if !self.cases.contains_key(&id) {
            self.order.push_back(id);
        }
        if case.stage.is_closed() {
            self.regates.remove(&id);
        }
        self.cases.insert(id, case);
        self.event(severity, asset, text, &trace);
        self.forget_oldest();
        Ok(())
    }

    fn forget_oldest(&mut self) {
        while self.order.len() > CASES_KEPT {
            let Some(at) = self.order.iter().position(|id| self.cases.get(id).is_none_or(|c| c.stage.is_closed())) else { return };
            if let Some(id) = self.order.remove(at) {
                self.cases.remove(&id);
            }
        }
    }

    fn event(&mut self, severity: Severity, asset: Option<AssetId>, text: String, trace: &str) {
        let asset = asset.and_then(|a| self.plant.assets.get(a.index())).map(|a| a.id.clone());
        let trace = (!trace.is_empty()).then(|| trace.to_string());
        if self.events.len() < 1000 {
            self.events.push(Event { seq: 0, at: self.plant_now, severity, asset, text, trace });
        }
    }
}

#[cfg(test)]
mod tests;
