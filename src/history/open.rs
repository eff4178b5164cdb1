//! Opening the two files: pragmas, check, schema versions and their migrations, setting a damaged file aside.

use super::error::HistoryError;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// One of the two files: its name and its schema, one migration per version.
pub(super) struct Schema {
    pub name: &'static str,
    pub synchronous: &'static str,
    pub migrations: &'static [&'static str],
}

/// Audit, outbox and fencing epochs. The partial unique index is the reservation: one open command per asset.
pub(super) const CONTROL: Schema = Schema {
    name: "control.sqlite",
    synchronous: "FULL",
    migrations: &["
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY, at_wall INTEGER NOT NULL, kind TEXT NOT NULL, trace TEXT NOT NULL, body TEXT NOT NULL,
  prev_hash BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;
CREATE TABLE outbox(
  id TEXT PRIMARY KEY, proposal TEXT NOT NULL, trace TEXT NOT NULL, step INTEGER NOT NULL, compensates INTEGER NOT NULL,
  asset TEXT NOT NULL, epoch INTEGER NOT NULL, state TEXT NOT NULL, frame TEXT NOT NULL,
  created_wall INTEGER NOT NULL, updated_wall INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX outbox_one_open ON outbox(asset) WHERE state IN ('pending', 'sent', 'accepted', 'unknown');
CREATE INDEX outbox_state ON outbox(state);
CREATE TABLE epochs(asset TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
"],
};

/// Events and samples.
pub(super) const RECORDS: Schema = Schema {
    name: "records.sqlite",
    synchronous: "NORMAL",
    migrations: &["
CREATE TABLE events(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, severity INTEGER NOT NULL, asset TEXT, text TEXT NOT NULL, trace TEXT) STRICT;
CREATE TABLE samples(
  tag TEXT NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, count INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, data BLOB NOT NULL) STRICT;
CREATE INDEX samples_range ON samples(tag, t0, t1);
"],
};

/// Opens a file in `folder`, or in memory without one. A damaged file is renamed and reported.
pub(super) fn open(schema: &Schema, folder: Option<&Path>) -> Result<Connection, HistoryError> {
    let Some(folder) = folder else {
        return prepare(schema, Connection::open_in_memory()).map_err(|e| match e {
            Failed::Damaged(detail) => HistoryError::DamagedWhileOpen { file: schema.name.into(), detail },
            Failed::Other(e) => e,
        });
    };
    let file = folder.join(schema.name);
    match prepare(schema, Connection::open(&file)) {
        Ok(c) => Ok(c),
        Err(Failed::Other(e)) => Err(e),
        Err(Failed::Damaged(detail)) => {
            let set_aside = set_aside(&file).map_err(|source| HistoryError::Folder { path: file.clone(), source })?;
            Err(HistoryError::Damaged { file, set_aside, detail })
        }
    }
}

/// Opens an existing file for reading only: nothing is created, renamed or migrated.
pub(super) fn open_read_only(schema: &Schema, folder: &Path) -> Result<Connection, HistoryError> {
    let file = folder.join(schema.name);
    let sql = |e: rusqlite::Error| HistoryError::from_sql(schema.name, &e);
    if !file.is_file() {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file");
        return Err(HistoryError::Folder { path: file, source });
    }
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = Connection::open_with_flags(&file, flags).map_err(sql)?;
    c.busy_timeout(std::time::Duration::from_secs(2)).map_err(sql)?;
    let version: u32 = c.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(sql)?;
    let known = schema.migrations.len() as u32;
    if version == known { Ok(c) } else { Err(HistoryError::Newer { file: schema.name.into(), found: version, known }) }
}

enum Failed {
    Damaged(String),
    Other(HistoryError),
}

fn classify(schema: &Schema, e: &rusqlite::Error) -> Failed {
    match HistoryError::from_sql(schema.name, e) {
        HistoryError::DamagedWhileOpen { detail, .. } => Failed::Damaged(detail),
        other => Failed::Other(other),
    }
}

fn prepare(schema: &Schema, connection: rusqlite::Result<Connection>) -> Result<Connection, Failed> {
    let fail = |e: rusqlite::Error| classify(schema, &e);
    let mut c = connection.map_err(fail)?;
    c.busy_timeout(std::time::Duration::from_secs(2)).map_err(fail)?;
    let version: u32 = c.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(fail)?;
    let known = schema.migrations.len() as u32;
    if version > known {
        return Err(Failed::Other(HistoryError::Newer { file: schema.name.into(), found: version, known }));
    }
    c.query_row("PRAGMA journal_mode = WAL", [], |r| r.get::<_, String>(0)).map_err(fail)?;
    c.pragma_update(None, "synchronous", schema.synchronous).map_err(fail)?;
    let verdict: String = c.query_row("PRAGMA quick_check(1)", [], |r| r.get(0)).map_err(fail)?;
    if verdict != "ok" {
        return Err(Failed::Damaged(verdict));
    }
    migrate(&mut c, schema, version).map_err(fail)?;
    Ok(c)
}

/// Runs the migrations from `version` on, each in its own transaction with its version number.
fn migrate(c: &mut Connection, schema: &Schema, version: u32) -> rusqlite::Result<()> {
    for (i, sql) in schema.migrations.iter().enumerate().skip(version as usize) {
        let tx = c.transaction()?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", i as u32 + 1)?;
        tx.commit()?;
    }
    Ok(())
}

/// Renames the database and its side files to the first free `….damaged-n`.
fn set_aside(file: &Path) -> std::io::Result<PathBuf> {
    let suffixed = |suffix: &str| PathBuf::from(format!("{}{suffix}", file.display()));
    let target = (1..10_000).map(|n| suffixed(&format!(".damaged-{n}"))).find(|p| !p.exists());
    let target = target.ok_or_else(|| std::io::Error::other("10,000 damaged copies already; remove some"))?;
    std::fs::rename(file, &target)?;
    for side in ["-wal", "-shm"] {
        if suffixed(side).exists() {
            std::fs::rename(suffixed(side), format!("{}{side}", target.display()))?;
        }
    }
    Ok(target)
}
