//! Audit records, outbox and fencing epochs inside one transaction.
//!
//! [`Control`] is the only way to write them; it lives inside [`super::Store::control`], so an audit record and the
//! outbox row it tells of are committed together or not at all.

use super::{error::HistoryError, open::CONTROL};
use crate::time::Time;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An audit record to be appended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NewAudit {
    /// Wall-clock stamp; order comes from the sequence number, never from this.
    pub at_wall: Time,
    /// What happened, a past participle (`proposal.approved`).
    pub kind: String,
    /// Trace id that joins everything about one decision; empty when there is none.
    pub trace: String,
    /// JSON object with the details.
    pub body: String,
}

/// An audit record as stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AuditRow {
    /// Position in the chain, from 1 without gaps.
    pub seq: u64,
    /// Wall-clock stamp.
    pub at_wall: Time,
    /// What happened.
    pub kind: String,
    /// Trace id.
    pub trace: String,
    /// JSON object with the details.
    pub body: String,
    /// Hash of the record before; zeros for the first.
    pub prev_hash: [u8; 32],
    /// [`chain_hash`] of this record.
    pub hash: [u8; 32],
}

/// SHA-256 over the previous hash and every field, each with its length, so that no two records encode alike.
pub fn chain_hash(prev: &[u8; 32], seq: u64, record: &NewAudit) -> [u8; 32] {
    let mut h = Sha256::new();
    h.update(b"plantcast.audit.v1");
    h.update(prev);
    h.update(seq.to_le_bytes());
    h.update(record.at_wall.0.to_le_bytes());
    for field in [&record.kind, &record.trace, &record.body] {
        h.update((field.len() as u64).to_le_bytes());
        h.update(field.as_bytes());
    }
    h.finalize().into()
}

impl AuditRow {
    /// The hash this record should have.
    pub fn computed_hash(&self) -> [u8; 32] {
        let record = NewAudit { at_wall: self.at_wall, kind: self.kind.clone(), trace: self.trace.clone(), body: self.body.clone() };
        chain_hash(&self.prev_hash, self.seq, &record)
    }
}

/// Where an outgoing command stands on disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// On disk, not known to be on the wire.
    Pending,
    /// Handed to the link.
    Sent,
    /// The plant accepted it, has not executed it yet.
    Accepted,
    /// The plant executed it.
    Executed,
    /// The plant, the broker or the link refused it.
    Rejected,
    /// Its time to live ran out before it was sent.
    Expired,
    /// No answer in time.
    TimedOut,
    /// Open when the program stopped: nobody knows.
    Unknown,
    /// Unknown or late, then settled by a query or a person.
    Reconciled,
    /// Stopped by the hold before it was sent.
    Held,
}

impl OutboxState {
    /// All, in order.
    pub const ALL: [OutboxState; 10] = [
        Self::Pending,
        Self::Sent,
        Self::Accepted,
        Self::Executed,
        Self::Rejected,
        Self::Expired,
        Self::TimedOut,
        Self::Unknown,
        Self::Reconciled,
        Self::Held,
    ];
    /// Name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Executed => "executed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::TimedOut => "timed_out",
            Self::Unknown => "unknown",
            Self::Reconciled => "reconciled",
            Self::Held => "held",
        }
    }
    /// From the name in the file.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
    /// Whether the asset is reserved by it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Sent | Self::Accepted | Self::Unknown)
    }
}

/// An outgoing command on disk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Command id (UUID v7).
    pub id: String,
    /// Proposal it belongs to.
    pub proposal: String,
    /// Trace id.
    pub trace: String,
    /// Position in the proposal, from 0.
    pub step: u32,
    /// Whether it undoes the step.
    pub compensates: bool,
    /// Target's stable id.
    pub asset: String,
    /// Fencing epoch of the asset.
    pub epoch: u64,
    /// Where it stands.
    pub state: OutboxState,
    /// The frame as it is sent (JSON).
    pub frame: String,
    /// Wall-clock stamps of creation and of the last change.
    pub created_wall: Time,
    /// Last change.
    pub updated_wall: Time,
}

/// The open transaction over `control.sqlite`.
pub struct Control<'c> {
    pub(super) tx: Transaction<'c>,
}

pub(super) fn sql(e: rusqlite::Error) -> HistoryError {
    HistoryError::from_sql(CONTROL.name, &e)
}

const AUDIT_COLUMNS: &str = "seq, at_wall, kind, trace, body, prev_hash, hash";
const OUTBOX_COLUMNS: &str = "id, proposal, trace, step, compensates, asset, epoch, state, frame, created_wall, updated_wall";

/// SQLite's integers are signed; sequence numbers and epochs never are.
pub(super) fn unsigned(r: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let v: i64 = r.get(column)?;
    u64::try_from(v).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, v))
}

fn signed(v: u64) -> i64 {
    i64::try_from(v).unwrap_or(i64::MAX)
}

fn audit_row(r: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        seq: unsigned(r, 0)?,
        at_wall: Time(r.get(1)?),
        kind: r.get(2)?,
        trace: r.get(3)?,
        body: r.get(4)?,
        prev_hash: r.get(5)?,
        hash: r.get(6)?,
    })
}

fn outbox_row(r: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let state: String = r.get(7)?;
    let unknown = || rusqlite::Error::FromSqlConversionFailure(7, rusqlite::types::Type::Text, format!("outbox state {state:?}").into());
    Ok(OutboxRow {
        id: r.get(0)?,
        proposal: r.get(1)?,
        trace: r.get(2)?,
        step: r.get(3)?,
        compensates: r.get(4)?,
        asset: r.get(5)?,
        epoch: unsigned(r, 6)?,
        state: OutboxState::from_name(&state).ok_or_else(unknown)?,
        frame: r.get(8)?,
        created_wall: Time(r.get(9)?),
        updated_wall: Time(r.get(10)?),
    })
}

impl Control<'_> {
    /// Appends an audit record to the chain.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk; the whole transaction is then to be given up.
    pub fn append(&self, record: &NewAudit) -> Result<AuditRow, HistoryError> {
        let last = self.last_audit()?;
        let (seq, prev_hash) = last.map_or((1, [0; 32]), |l| (l.seq + 1, l.hash));
        let hash = chain_hash(&prev_hash, seq, record);
        self.tx
            .execute(
                "INSERT INTO audit(seq, at_wall, kind, trace, body, prev_hash, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![signed(seq), record.at_wall.0, record.kind, record.trace, record.body, prev_hash, hash],
            )
            .map_err(sql)?;
        let r = record.clone();
        Ok(AuditRow { seq, at_wall: r.at_wall, kind: r.kind, trace: r.trace, body: r.body, prev_hash, hash })
    }

    /// The newest audit record.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn last_audit(&self) -> Result<Option<AuditRow>, HistoryError> {
        self.tx.query_row(&format!("SELECT {AUDIT_COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1"), [], audit_row).optional().map_err(sql)
    }

    /// Audit records from `seq` on, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn audit_from(&self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, HistoryError> {
        let mut q = self.tx.prepare_cached(&format!("SELECT {AUDIT_COLUMNS} FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2")).map_err(sql)?;
        let rows = q.query_map(params![signed(seq), limit as i64], audit_row).map_err(sql)?;
        rows.collect::<rusqlite::Result<_>>().map_err(sql)
    }

    /// Takes the next fencing epoch of an asset; a plant that saw a higher one refuses the older.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn next_epoch(&self, asset: &str) -> Result<u64, HistoryError> {
        let sql_text = "INSERT INTO epochs(asset, epoch) VALUES (?1, 1) ON CONFLICT(asset) DO UPDATE SET epoch = epoch + 1 RETURNING epoch";
        self.tx.query_row(sql_text, [asset], |r| unsigned(r, 0)).map_err(sql)
    }

    /// The newest epoch of an asset; 0 before the first command.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn epoch(&self, asset: &str) -> Result<u64, HistoryError> {
        let found = self.tx.query_row("SELECT epoch FROM epochs WHERE asset = ?1", [asset], |r| unsigned(r, 0)).optional().map_err(sql)?;
        Ok(found.unwrap_or(0))
    }

    /// Writes a new command. Reserves its asset.
    ///
    /// # Errors
    /// [`HistoryError::Refused`] when the asset has an open command or the id is known; else of the disk.
    pub fn enqueue(&self, row: &OutboxRow) -> Result<(), HistoryError> {
        let text = format!("INSERT INTO outbox({OUTBOX_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
        let values = params![
            row.id,
            row.proposal,
            row.trace,
            row.step,
            row.compensates,
            row.asset,
            signed(row.epoch),
            row.state.name(),
            row.frame,
            row.created_wall.0,
            row.updated_wall.0
        ];
        self.tx.execute(&text, values).map(|_| ()).map_err(sql)
    }

    /// Changes where a command stands; says whether the command exists.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn settle(&self, id: &str, state: OutboxState, at_wall: Time) -> Result<bool, HistoryError> {
        let n =
            self.tx.execute("UPDATE outbox SET state = ?2, updated_wall = ?3 WHERE id = ?1", params![id, state.name(), at_wall.0]).map_err(sql)?;
        Ok(n == 1)
    }

    /// One command.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn command(&self, id: &str) -> Result<Option<OutboxRow>, HistoryError> {
        self.tx.query_row(&format!("SELECT {OUTBOX_COLUMNS} FROM outbox WHERE id = ?1"), [id], outbox_row).optional().map_err(sql)
    }

    /// Commands in a state, oldest first, at most 10,000.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn commands_in(&self, state: OutboxState) -> Result<Vec<OutboxRow>, HistoryError> {
        let mut q = self
            .tx
            .prepare_cached(&format!("SELECT {OUTBOX_COLUMNS} FROM outbox WHERE state = ?1 ORDER BY created_wall, id LIMIT 10000"))
            .map_err(sql)?;
        let rows = q.query_map([state.name()], outbox_row).map_err(sql)?;
        rows.collect::<rusqlite::Result<_>>().map_err(sql)
    }

    /// The open command of an asset.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn open_command(&self, asset: &str) -> Result<Option<OutboxRow>, HistoryError> {
        let text = format!("SELECT {OUTBOX_COLUMNS} FROM outbox WHERE asset = ?1 AND state IN ('pending', 'sent', 'accepted', 'unknown')");
        self.tx.query_row(&text, [asset], outbox_row).optional().map_err(sql)
    }
}
