//! What people and agents ask: submit, sign, refuse, withdraw, release the hold, compensate, reconcile.

use super::{GovernError, Governor, OPEN_MOST, Regate};
use crate::{
    clock::Monotonic,
    governance::{
        approval::{Approval, Meaning, Warrant},
        canonical::Digest,
        dispatch::CommandSink,
        gate::GateVerdict,
        identity::Role,
        lifecycle::{Authority, Case, Outcome, Stage},
        policy::{Denial, Question, Requirement, Ruling, Verb, Who},
        proposal::{Author, Proposal},
        snapshot::Envelope,
    },
    history::{HistoryError, NewAudit, OutboxState, Severity},
    plant::{Action, ActionKind},
};
use serde_json::json;
use uuid::Uuid;

/// Shortest typed reason where one is required [characters].
const REASON_MIN: usize = 8;

impl Governor {
    /// Takes a draft. Refuses targets of the safety system before anything is simulated.
    ///
    /// # Errors
    /// [`GovernError::Proposal`], [`GovernError::TooMany`], [`GovernError::Unrecorded`].
    pub fn submit(&mut self, proposal: Proposal) -> Result<Uuid, GovernError> {
        let id = proposal.id;
        if self.cases.contains_key(&id) {
            return Err(GovernError::NoProposal(id));
        }
        if self.cases.values().filter(|c| !c.stage.is_closed()).count() >= OPEN_MOST {
            return Err(GovernError::TooMany);
        }
        if let Err(fault) = proposal.check(&self.plant) {
            let body = json!({"proposal": id, "fault": fault.to_string()});
            self.record("proposal.malformed", "", &body)?;
            return Err(fault.into());
        }
        let actor = self.actor(&proposal.author);
        let t = Case::draft(proposal, self.by(&actor));
        self.commit(t, |_| Ok(()))?;
        Ok(id)
    }

    fn actor(&self, author: &Author) -> String {
        match author {
            Author::Agent { cell } => self.plant.cells.get(cell.index()).map_or_else(|| "agent".into(), |c| format!("agent of {}", c.id)),
            Author::Person { identity } => identity.clone(),
        }
    }

    fn who(&self, author: &Author) -> Result<Who, Denial> {
        match author {
            Author::Agent { .. } => Ok(Who::Agent),
            Author::Person { identity } => {
                let found = self.people.find(identity).filter(|i| !i.revoked);
                let none = || Denial { rule: "INPUT".into(), because: format!("{identity} is not an active identity") };
                found.map(|i| Who::Role(i.role)).ok_or_else(none)
            }
        }
    }

    /// The policy's ruling on a proposal with this probability of harm.
    pub(super) fn ruling(&self, p: &Proposal, verdict: &GateVerdict, now: Monotonic) -> Result<Ruling, Denial> {
        let author = self.who(&p.author)?;
        let cell = match p.author {
            Author::Agent { cell } => Some(cell),
            Author::Person { .. } => None,
        };
        let (actions, in_flight) = (ruled_actions(p), self.in_flight_of_others(p.id));
        self.policy.decide(&Question {
            plant: &self.plant,
            author,
            cell,
            actions: &actions,
            consequence: p.consequence(&self.plant),
            harm: verdict.harm,
            cost: p.cost(&self.plant),
            supervisor: verdict.supervisor,
            wall: self.wall.now(),
            now,
            ledger: &self.ledger,
            in_flight: &in_flight,
        })
    }

    fn in_flight_of_others(&self, id: Uuid) -> Vec<Action> {
        let others = self.cases.values().filter(|c| c.proposal.id != id);
        others.flat_map(|c| c.stage.steps().iter().filter(|s| s.state.wire().is_some()).map(|s| s.command.action)).collect()
    }

    /// Takes the gate's verdict on a draft: refused, denied, or a warrant to sign (or none needed).
    ///
    /// # Errors
    /// [`GovernError::OtherVerdict`], [`GovernError::NoProposal`], [`GovernError::Unrecorded`]. A refusal is no error: see the case.
    pub fn simulated(&mut self, id: Uuid, verdict: GateVerdict, now: Monotonic) -> Result<(), GovernError> {
        let case = self.open_case(id)?;
        if verdict.proposal != id || verdict.commands != Digest::of("plantcast.commands.v1", &case.proposal.commands) {
            return Err(GovernError::OtherVerdict);
        }
        if !verdict.passed || verdict.checks.is_empty() {
            let t = case.gate_refused(&verdict, self.by("gate"))?;
            return self.commit(t, |_| Ok(()));
        }
        let ruling = match self.ruling(&case.proposal, &verdict, now) {
            Ok(r) => r,
            Err(denial) => {
                let t = case.denied(&denial, self.by("policy"))?;
                return self.commit(t, |_| Ok(()));
            }
        };
        let warrant = self.warrant_for(&case.proposal, &verdict, now)?;
        let auto = ruling.requirement == Requirement::Auto;
        let t = case.simulated(Authority { verdict, ruling, warrant, signatures: Vec::new() }, self.by("gate"))?;
        self.commit(t, |_| Ok(()))?;
        if auto {
            let t = self.open_case(id)?.auto_approved(self.by("policy"))?;
            self.commit(t, |_| Ok(()))?;
        }
        Ok(())
    }

    fn warrant_for(&self, p: &Proposal, verdict: &GateVerdict, now: Monotonic) -> Result<Warrant, GovernError> {
        let mut envelope = Envelope { policy: self.policy_hash, plant: self.plant_hash, ..verdict.envelope.clone() };
        let targets = p.targets();
        self.store.control(|c| {
            for b in envelope.bounds.iter_mut().filter(|b| targets.contains(&b.asset)) {
                if let Some(a) = self.plant.assets.get(b.asset.index()) {
                    b.epoch = Some(c.epoch(&a.id)?);
                }
            }
            Ok::<(), HistoryError>(())
        })?;
        Ok(Warrant {
            proposal: p.id,
            trace: p.trace.clone(),
            commands: p.commands.clone(),
            evidence: verdict.evidence,
            model: self.plant_hash,
            policy: self.policy_hash,
            envelope,
            expires: now.plus_s(self.policy.timing.sign_within_s),
            session: self.session,
        })
    }

    /// What has to be signed for a proposal; sign its digest with [`Meaning::Approval`].
    pub fn warrant(&self, id: Uuid) -> Option<&Warrant> {
        match &self.cases.get(&id)?.stage {
            Stage::Simulated(a) => Some(&a.warrant),
            _ => None,
        }
    }

    /// Takes a signature. Enough of them approve the proposal, which then is gated again.
    ///
    /// # Errors
    /// [`GovernError`] with the reason; the refused attempt stands in the audit.
    pub fn approve(&mut self, id: Uuid, approval: Approval, now: Monotonic) -> Result<(), GovernError> {
        match self.signature_counts(id, &approval, now) {
            Ok(complete) => {
                let actor = approval.identity.clone();
                let t = self.open_case(id)?.signed(approval, complete, self.by(&actor))?;
                self.commit(t, |_| Ok(()))
            }
            Err(e) => {
                let trace = self.cases.get(&id).map(|c| c.proposal.trace.clone()).unwrap_or_default();
                let body = json!({"proposal": id, "identity": approval.identity, "why": e.to_string()});
                self.record("approval.refused", &trace, &body)?;
                self.event(Severity::Notice, None, format!("signature of {} not accepted: {e}", approval.identity), &trace);
                Err(e)
            }
        }
    }

    /// Signs and approves in one call. Checking the password takes tens of milliseconds: prefer
    /// [`crate::governance::IdentityBook::unlock`] on another thread.
    ///
    /// # Errors
    /// As [`Governor::approve`], or [`GovernError::Auth`].
    pub fn approve_with(&mut self, id: Uuid, name: &str, password: &str, reason: &str, now: Monotonic) -> Result<(), GovernError> {
        let subject = self.warrant(id).ok_or(GovernError::NoProposal(id))?.digest();
        let signer = self.people.unlock(name, password, now)?;
        let approval = signer.sign(Meaning::Approval, subject, reason, self.wall.now());
        self.approve(id, approval, now)
    }

    /// Whether the signature counts, and whether it completes what the ruling asks.
    fn signature_counts(&self, id: Uuid, a: &Approval, now: Monotonic) -> Result<bool, GovernError> {
        if self.hold.is_engaged() {
            return Err(GovernError::Held);
        }
        let case = self.open_case(id)?;
        let Stage::Simulated(authority) = &case.stage else {
            return Err(GovernError::Forbidden(crate::governance::lifecycle::Forbidden { wanted: "sign", stage: case.stage.name() }));
        };
        if now >= authority.warrant.expires || authority.warrant.session != self.session {
            return Err(GovernError::TooLate);
        }
        let identity = a.verify(Meaning::Approval, authority.warrant.digest(), &self.people)?;
        if authority.signatures.iter().any(|s| s.person == identity.person) {
            return Err(GovernError::SamePerson(format!("{} has signed already", identity.person)));
        }
        if let Author::Person { identity: author } = &case.proposal.author
            && (author == &identity.name || self.people.find(author).is_none_or(|i| i.person == identity.person))
        {
            return Err(GovernError::SamePerson("nobody signs their own proposal".into()));
        }
        for action in case.proposal.actions() {
            self.policy.permits(&self.plant, Who::Role(identity.role), Verb::Approve, action)?;
        }
        if authority.ruling.reason_required && a.reason.trim().chars().count() < REASON_MIN {
            return Err(GovernError::ReasonNeeded);
        }
        let needed = match authority.ruling.requirement {
            Requirement::Auto | Requirement::One => 1,
            Requirement::Two => 2,
            Requirement::Never => return Err(Denial { rule: authority.ruling.rule.clone(), because: "never".into() }.into()),
        };
        let given = authority.signatures.len() + 1;
        let supervised = identity.role == Role::Supervisor || authority.signatures.iter().any(|s| s.role == Role::Supervisor);
        if given >= needed && authority.ruling.supervisor_required && !supervised {
            return Err(GovernError::SupervisorNeeded);
        }
        Ok(given >= needed)
    }

    /// A person says no. Sign the warrant's digest with [`Meaning::Refusal`].
    ///
    /// # Errors
    /// [`GovernError`].
    pub fn refuse(&mut self, id: Uuid, refusal: &Approval) -> Result<(), GovernError> {
        let case = self.open_case(id)?;
        let subject = case.stage.authority().map_or_else(|| Digest::of("plantcast.draft.v1", &case.proposal), |a| a.warrant.digest());
        refusal.verify(Meaning::Refusal, subject, &self.people)?;
        let why = format!("{}: {}", refusal.identity, refusal.reason);
        let t = case.end(Outcome::Refused, why, "proposal.refused", self.by(&refusal.identity))?;
        self.commit(t, |_| Ok(()))
    }

    /// Signs a refusal and hands it in.
    ///
    /// # Errors
    /// As [`Governor::refuse`], or [`GovernError::Auth`].
    pub fn refuse_with(&mut self, id: Uuid, name: &str, password: &str, reason: &str, now: Monotonic) -> Result<(), GovernError> {
        let case = self.open_case(id)?;
        let subject = case.stage.authority().map_or_else(|| Digest::of("plantcast.draft.v1", &case.proposal), |a| a.warrant.digest());
        let refusal = self.people.unlock(name, password, now)?.sign(Meaning::Refusal, subject, reason, self.wall.now());
        self.refuse(id, &refusal)
    }

    /// Its author takes a proposal back, or it has become pointless.
    ///
    /// # Errors
    /// [`GovernError`].
    pub fn withdraw(&mut self, id: Uuid, by: &str, why: &str) -> Result<(), GovernError> {
        let t = self.open_case(id)?.end(Outcome::Withdrawn, why.into(), "proposal.withdrawn", self.by(by))?;
        self.commit(t, |_| Ok(()))
    }

    /// The gate's second verdict, on the live state: dispatch follows within its validity, or the approval is void.
    ///
    /// # Errors
    /// [`GovernError`].
    pub fn regated(&mut self, id: Uuid, verdict: GateVerdict, now: Monotonic) -> Result<(), GovernError> {
        let case = self.open_case(id)?;
        let Stage::Approved(authority) = &case.stage else { return Ok(()) };
        if verdict.proposal != id || verdict.commands != Digest::of("plantcast.commands.v1", &case.proposal.commands) {
            return Err(GovernError::OtherVerdict);
        }
        let problem = match (verdict.passed, self.ruling(&case.proposal, &verdict, now)) {
            (false, _) => Some(verdict.refusal().unwrap_or_default()),
            (true, Err(denial)) => Some(denial.to_string()),
            (true, Ok(r)) if r.requirement > authority.ruling.requirement || (r.supervisor_required && !authority.ruling.supervisor_required) => {
                Some(format!("the risk rose: {}", r.because))
            }
            (true, Ok(_)) => None,
        };
        match problem {
            Some(why) => {
                let t = case.end(Outcome::Stale, format!("at dispatch: {why}"), "proposal.stale", self.by("gate"))?;
                self.commit(t, |_| Ok(()))
            }
            None => {
                let body = json!({"proposal": id, "evidence": verdict.evidence, "harm": verdict.harm});
                self.record("proposal.regated", &case.proposal.trace, &body)?;
                self.regates.insert(id, Regate::Passed { verdict: Box::new(verdict), at: now });
                Ok(())
            }
        }
    }

    /// Releases the hold: signed over [`Governor::hold_subject`] with [`Meaning::HoldRelease`], with a reason, by a role that may.
    ///
    /// # Errors
    /// [`GovernError`]; the hold stays.
    pub fn release(&mut self, release: &Approval, sink: &mut dyn CommandSink) -> Result<(), GovernError> {
        let subject = self.hold_subject().ok_or(GovernError::NotHeld)?;
        if self.notice.as_ref().is_some_and(|n| !n.audited) {
            return Err(GovernError::Held);
        }
        let identity = release.verify(Meaning::HoldRelease, subject, &self.people)?;
        let rule = self.policy.permits_release(Who::Role(identity.role))?.to_string();
        if release.reason.trim().chars().count() < REASON_MIN {
            return Err(GovernError::ReasonNeeded);
        }
        self.record("hold.released", "", &json!({"signature": release, "rule": rule}))?;
        self.notice = None;
        self.hold.release();
        sink.release();
        self.event(Severity::Notice, None, format!("hold released by {}: {}", release.identity, release.reason), "");
        Ok(())
    }

    /// Signs a release and hands it in.
    ///
    /// # Errors
    /// As [`Governor::release`], or [`GovernError::Auth`].
    pub fn release_with(&mut self, name: &str, password: &str, reason: &str, now: Monotonic, sink: &mut dyn CommandSink) -> Result<(), GovernError> {
        let subject = self.hold_subject().ok_or(GovernError::NotHeld)?;
        let release = self.people.unlock(name, password, now)?.sign(Meaning::HoldRelease, subject, reason, self.wall.now());
        self.release(&release, sink)
    }

    /// Has a compensation run that waits for a person: signed over the warrant's digest with [`Meaning::Compensation`].
    ///
    /// # Errors
    /// [`GovernError`].
    pub fn compensate(&mut self, id: Uuid, signature: &Approval) -> Result<(), GovernError> {
        if self.hold.is_engaged() {
            return Err(GovernError::Held);
        }
        let case = self.open_case(id)?;
        let authority = case.stage.authority().ok_or(GovernError::NoProposal(id))?;
        let identity = signature.verify(Meaning::Compensation, authority.warrant.digest(), &self.people)?;
        for action in case.proposal.actions() {
            self.policy.permits(&self.plant, Who::Role(identity.role), Verb::Approve, action)?;
        }
        let t = case.compensation_signed(signature, self.by(&identity.name))?;
        self.commit(t, |_| Ok(()))
    }

    /// Settles a command of unknown fate: a person found out whether it was executed. Signed over the digest of
    /// ([`Governor::reconcile_subject`]) with [`Meaning::Reconciliation`]. Frees the asset.
    ///
    /// # Errors
    /// [`GovernError`].
    pub fn reconcile(&mut self, command: Uuid, executed: bool, signature: &Approval) -> Result<(), GovernError> {
        let identity = signature.verify(Meaning::Reconciliation, Self::reconcile_subject(command, executed), &self.people)?;
        self.policy.permits_release(Who::Role(identity.role))?;
        let key = command.to_string();
        let row = self.unknown.iter().find(|r| r.id == key).cloned().ok_or(GovernError::NoProposal(command))?;
        let now = self.wall.now();
        let body = json!({"command": key, "executed": executed, "signature": signature});
        let record = NewAudit { at_wall: now, kind: "command.reconciled".into(), trace: row.trace.clone(), body: body.to_string() };
        self.append(&record, |c| c.settle(&key, OutboxState::Reconciled, now).map(|_| ()))?;
        self.unknown.retain(|r| r.id != key);
        Ok(())
    }

    /// What a reconciliation signs.
    pub fn reconcile_subject(command: Uuid, executed: bool) -> Digest {
        Digest::of("plantcast.reconcile.v1", &(command, executed))
    }
}

/// Actions that need a rule: all but compensations that are the plain inverse of their command on the same asset.
fn ruled_actions(p: &Proposal) -> Vec<Action> {
    let inverse = |a: Action, b: Action| {
        a.asset == b.asset
            && matches!(
                (a.kind, b.kind),
                (ActionKind::Start, ActionKind::Stop) | (ActionKind::Stop, ActionKind::Start) | (ActionKind::SetRate(_), ActionKind::SetRate(_))
            )
    };
    p.commands.iter().flat_map(|c| std::iter::once(c.action).chain(c.compensation.filter(|u| !inverse(c.action, *u)))).collect()
}
