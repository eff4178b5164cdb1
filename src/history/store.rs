//! The handle that threads share: one connection per file behind a lock, buffers for samples.

use super::{
    control::{AuditRow, Control, OutboxRow, OutboxState, sql, unsigned},
    error::HistoryError,
    open::{self, CONTROL, RECORDS},
    samples::Buffers,
};
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The store. Clones share the same files.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    control: Mutex<Connection>,
    records: Mutex<Connection>,
    buffers: Mutex<Buffers>,
    folder: Option<PathBuf>,
    set_aside: Option<PathBuf>,
    read_only: bool,
}

/// How full `control.sqlite` is within its size limit (64 GiB unless lowered).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Pages in use.
    pub used_pages: u64,
    /// Pages allowed.
    pub max_pages: u64,
    /// Bytes of a page.
    pub page_bytes: u64,
}

impl Capacity {
    /// Whether a person should be warned: 80 % used.
    pub fn is_low(&self) -> bool {
        self.used_pages.saturating_mul(5) >= self.max_pages.saturating_mul(4)
    }
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens or creates both files in `folder`. A damaged `records.sqlite` is set aside and a new one begun
    /// ([`Store::set_aside`] tells); a damaged `control.sqlite` is set aside and refused, because commands may be open.
    ///
    /// # Errors
    /// [`HistoryError`]: folder, damage, newer schema, disk.
    pub fn open(folder: &Path) -> Result<Self, HistoryError> {
        std::fs::create_dir_all(folder).map_err(|source| HistoryError::Folder { path: folder.into(), source })?;
        let control = open::open(&CONTROL, Some(folder))?;
        let (records, set_aside) = match open::open(&RECORDS, Some(folder)) {
            Ok(c) => (c, None),
            Err(HistoryError::Damaged { set_aside, .. }) => (open::open(&RECORDS, Some(folder))?, Some(set_aside)),
            Err(e) => return Err(e),
        };
        Ok(Self::with(control, records, Some(folder.into()), set_aside))
    }

    /// A store that is gone when dropped: tests, and runs without a data folder.
    ///
    /// # Errors
    /// [`HistoryError`] when memory is short.
    pub fn in_memory() -> Result<Self, HistoryError> {
        Ok(Self::with(open::open(&CONTROL, None)?, open::open(&RECORDS, None)?, None, None))
    }

    /// Opens an existing `control.sqlite` for reading only, for verification: nothing is created, renamed or migrated.
    ///
    /// # Errors
    /// [`HistoryError`]: missing, damaged, another schema, disk.
    pub fn open_read_only(folder: &Path) -> Result<Self, HistoryError> {
        let (control, records) = (open::open_read_only(&CONTROL, folder)?, open::open(&RECORDS, None)?);
        let (control, records) = (Mutex::new(control), Mutex::new(records));
        let shared = Shared { control, records, buffers: Mutex::default(), folder: Some(folder.into()), set_aside: None, read_only: true };
        Ok(Self { shared: Arc::new(shared) })
    }

    fn with(control: Connection, records: Connection, folder: Option<PathBuf>, set_aside: Option<PathBuf>) -> Self {
        let shared =
            Shared { control: Mutex::new(control), records: Mutex::new(records), buffers: Mutex::default(), folder, set_aside, read_only: false };
        Self { shared: Arc::new(shared) }
    }

    /// The folder, if not in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.shared.folder.as_deref()
    }
    /// Where a damaged `records.sqlite` was moved when opening.
    pub fn set_aside(&self) -> Option<&Path> {
        self.shared.set_aside.as_deref()
    }
    pub(super) fn records(&self) -> MutexGuard<'_, Connection> {
        locked(&self.shared.records)
    }
    pub(super) fn buffers(&self) -> MutexGuard<'_, Buffers> {
        locked(&self.shared.buffers)
    }

    /// One transaction over audit, outbox and epochs: committed (and fsynced) when `work` returns `Ok`, undone otherwise.
    ///
    /// # Errors
    /// What `work` returns, or the commit's [`HistoryError`].
    pub fn control<T, E: From<HistoryError>>(&self, work: impl FnOnce(&Control<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = locked(&self.shared.control);
        let behaviour = if self.shared.read_only { rusqlite::TransactionBehavior::Deferred } else { rusqlite::TransactionBehavior::Immediate };
        let tx = connection.transaction_with_behavior(behaviour).map_err(sql)?;
        let control = Control { tx };
        let value = work(&control)?;
        control.tx.commit().map_err(sql)?;
        Ok(value)
    }

    /// Newest audit records, oldest first.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn audit_tail(&self, limit: usize) -> Result<Vec<AuditRow>, HistoryError> {
        self.control(|c| {
            let last = c.last_audit()?.map_or(0, |r| r.seq);
            c.audit_from((last + 1).saturating_sub(limit as u64).max(1), limit)
        })
    }

    /// Audit records from `seq` on, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn audit_from(&self, seq: u64, limit: usize) -> Result<Vec<AuditRow>, HistoryError> {
        self.control(|c| c.audit_from(seq, limit))
    }

    /// All commands that reserve an asset.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn open_commands(&self) -> Result<Vec<OutboxRow>, HistoryError> {
        self.control(|c| {
            let mut out = Vec::new();
            for s in OutboxState::ALL.into_iter().filter(|s| s.is_open()) {
                out.extend(c.commands_in(s)?);
            }
            Ok(out)
        })
    }

    /// How full the control file is.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn capacity(&self) -> Result<Capacity, HistoryError> {
        let c = locked(&self.shared.control);
        let pragma = |name: &str| c.query_row(&format!("PRAGMA {name}"), [], |r| unsigned(r, 0)).map_err(sql);
        Ok(Capacity { used_pages: pragma("page_count")?, max_pages: pragma("max_page_count")?, page_bytes: pragma("page_size")? })
    }

    /// Limits `control.sqlite` to this many pages; SQLite never goes below what is used. Returns the limit in force.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk.
    pub fn limit_control_pages(&self, pages: u32) -> Result<u64, HistoryError> {
        let c = locked(&self.shared.control);
        c.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |r| unsigned(r, 0)).map_err(sql)
    }

    #[cfg(test)]
    pub(super) fn limit_records_pages(&self, pages: u32) {
        self.records().query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.folder().map_or_else(|| "in memory".into(), |p| p.display().to_string()))
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
