//! Opening: the trail is verified, open commands of the last run become unknown, and are never sent again.

use super::{Counters, GovernError, Governor, GovernorOptions};
use crate::{
    clock::Monotonic,
    governance::{audit::verify_rows, breaker::Breakers, canonical::Digest, hold::Hold, policy::Ledger},
    history::{HistoryError, NewAudit, OutboxState, Severity},
    link::uuid_v7,
    time::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};

/// A hold in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldNotice {
    /// Who or what.
    pub by: String,
    /// Since.
    pub since: Monotonic,
    /// Wall-clock stamp.
    pub at_wall: Time,
    /// Whether it stands in the audit (a full disk delays that, never the hold).
    pub audited: bool,
}

impl Governor {
    /// Opens a governor: checks the trail against its newest checkpoint, then settles what the last run left open.
    ///
    /// # Errors
    /// [`GovernError::Integrity`] when the trail was changed; [`GovernError::Unrecorded`] when the disk takes nothing.
    pub fn open(o: GovernorOptions) -> Result<Self, GovernError> {
        let store = o.store.clone();
        verify_rows(|from| Ok(store.audit_from(from, 4096)?), &o.audit.all()?, &o.audit.public())?;
        let session = uuid_v7(o.wall.now(), &*o.entropy);
        let policy_hash = o.policy.hash();
        let mut governor = Self {
            plant_hash: Digest(o.plant.hash),
            plant: o.plant,
            policy: o.policy,
            policy_hash,
            people: o.people,
            store: o.store,
            audit: o.audit,
            wall: o.wall,
            entropy: o.entropy,
            session,
            hold: Hold::default(),
            notice: None,
            cases: BTreeMap::new(),
            order: VecDeque::new(),
            regates: BTreeMap::new(),
            unknown: Vec::new(),
            ledger: Ledger::default(),
            breakers: Breakers::default(),
            backlog: VecDeque::new(),
            events: Vec::new(),
            counters: Counters::default(),
            plant_now: Time::ZERO,
        };
        governor.recover()?;
        Ok(governor)
    }

    fn recover(&mut self) -> Result<(), GovernError> {
        let open = self.store.open_commands()?;
        let now = self.wall.now();
        let body = json!({
            "session": self.session, "plant": self.plant_hash, "policy": self.policy_hash, "policy_id": self.policy.id,
            "policy_revision": self.policy.revision, "unknown": open.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(),
        });
        let record = NewAudit { at_wall: now, kind: "governor.opened".into(), trace: String::new(), body: body.to_string() };
        self.append(&record, |c| {
            for row in &open {
                c.settle(&row.id, OutboxState::Unknown, now)?;
                let body = json!({"command": row.id, "proposal": row.proposal, "asset": row.asset, "was": row.state.name()});
                c.append(&NewAudit { at_wall: now, kind: "command.unknown".into(), trace: row.trace.clone(), body: body.to_string() })?;
            }
            Ok::<(), HistoryError>(())
        })?;
        for row in &open {
            let asset = self.plant.asset_by_id(&row.asset);
            let text = format!("command {} to {} was open when the program stopped: ask the plant, then reconcile", row.id, row.asset);
            self.event(Severity::Alarm, asset, text, &row.trace);
        }
        self.unknown = open
            .into_iter()
            .map(|mut r| {
                r.state = OutboxState::Unknown;
                r
            })
            .collect();
        Ok(())
    }

    /// The hold in force.
    pub fn hold_notice(&self) -> Option<&HoldNotice> {
        self.notice.as_ref()
    }

    /// What a release of the hold signs.
    pub fn hold_subject(&self) -> Option<Digest> {
        self.notice.as_ref().map(|n| Digest::of("plantcast.hold.v1", &(self.session, &n.by, n.since, n.at_wall)))
    }
}
