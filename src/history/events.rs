//! The event list people read: what happened when, to which asset, under which trace id.

use super::{error::HistoryError, open::RECORDS, store::Store};
use crate::time::Time;
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// Events kept; older ones are removed.
const KEEP: i64 = 100_000;

/// How much attention an event asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth a look.
    Notice,
    /// Something is abnormal.
    Warning,
    /// Someone must act.
    Alarm,
}

impl Severity {
    fn from_code(code: i64) -> Self {
        match code {
            0 => Self::Info,
            1 => Self::Notice,
            2 => Self::Warning,
            _ => Self::Alarm,
        }
    }
}

/// One line of the event list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Position in the list, given by the store; 0 in a new event.
    pub seq: i64,
    /// When, in plant time.
    pub at: Time,
    /// How urgent.
    pub severity: Severity,
    /// Stable id of the asset concerned.
    pub asset: Option<String>,
    /// One sentence.
    pub text: String,
    /// Trace id.
    pub trace: Option<String>,
}

fn sql(e: rusqlite::Error) -> HistoryError {
    HistoryError::from_sql(RECORDS.name, &e)
}

impl Store {
    /// Adds events in one transaction; the oldest beyond 100,000 leave.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk; then none of them is kept.
    pub fn add_events(&self, events: &[Event]) -> Result<(), HistoryError> {
        let mut records = self.records();
        let tx = records.transaction().map_err(sql)?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO events(at, severity, asset, text, trace) VALUES (?1, ?2, ?3, ?4, ?5)").map_err(sql)?;
            for e in events {
                insert.execute(params![e.at.0, e.severity as i64, e.asset, e.text, e.trace]).map_err(sql)?;
            }
        }
        tx.execute("DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?1", [KEEP]).map_err(sql)?;
        tx.commit().map_err(sql)
    }

    /// The newest `limit` events before `before` (position), oldest first.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn events(&self, before: Option<i64>, limit: usize) -> Result<Vec<Event>, HistoryError> {
        let records = self.records();
        let text = "SELECT seq, at, severity, asset, text, trace FROM events WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
        let mut q = records.prepare_cached(text).map_err(sql)?;
        let rows = q.query_map(params![before.unwrap_or(i64::MAX), limit as i64], |r| {
            Ok(Event {
                seq: r.get(0)?,
                at: Time(r.get(1)?),
                severity: Severity::from_code(r.get(2)?),
                asset: r.get(3)?,
                text: r.get(4)?,
                trace: r.get(5)?,
            })
        });
        let mut out: Vec<Event> = rows.map_err(sql)?.collect::<rusqlite::Result<_>>().map_err(sql)?;
        out.reverse();
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_backwards() {
        let s = Store::in_memory().unwrap();
        let event =
            |i: i64| Event { seq: 0, at: Time(i), severity: Severity::Warning, asset: Some("CH-1".into()), text: format!("e{i}"), trace: None };
        s.add_events(&(0..5).map(event).collect::<Vec<_>>()).unwrap();
        let newest = s.events(None, 2).unwrap();
        assert_eq!(newest.iter().map(|e| e.at.0).collect::<Vec<_>>(), [3, 4]);
        let older = s.events(Some(newest[0].seq), 10).unwrap();
        assert_eq!(older.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(), ["e0", "e1", "e2"]);
        assert_eq!(older[0].severity, Severity::Warning);
    }
}
