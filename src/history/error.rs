//! What can go wrong with the files, each with what to do next.

use std::path::PathBuf;

/// A failed operation of the store. Nothing of the failed operation is kept.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder cannot be made.
    #[error("cannot use the data folder {path}: {source}; choose another with --data-dir")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no usable database. It was renamed, never overwritten.
    #[error(
        "{file} is damaged ({detail}) and was set aside as {set_aside}; restore a backup under the old name, or start again without it: \
         commands that were open are then unknown"
    )]
    Damaged {
        /// Where it was.
        file: PathBuf,
        /// Where it is now.
        set_aside: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Damage met while running.
    #[error("{file} is damaged ({detail}); stop, keep a copy of the file and restart: it will be set aside")]
    DamagedWhileOpen {
        /// Which file.
        file: String,
        /// What SQLite said.
        detail: String,
    },
    /// Written by a newer program.
    #[error("{file} has schema {found}, this program knows {known}; use the newer program")]
    Newer {
        /// Which file.
        file: String,
        /// Its version.
        found: u32,
        /// Newest known version.
        known: u32,
    },
    /// No space, or the file's own size limit is reached.
    #[error("{file}: no space left on the disk or within the file's size limit; free space, then it goes on by itself")]
    Full {
        /// Which file.
        file: String,
    },
    /// Not writable.
    #[error("{file} is read-only; give this user write permission")]
    ReadOnly {
        /// Which file.
        file: String,
    },
    /// Another program writes.
    #[error("{file} is locked by another program; stop the other instance that uses this data folder")]
    Locked {
        /// Which file.
        file: String,
    },
    /// Input or output failed.
    #[error("{file}: input or output failed ({detail}); check the disk")]
    Io {
        /// Which file.
        file: String,
        /// What SQLite said.
        detail: String,
    },
    /// A constraint of the schema refused the change (second open command of an asset, change of an audit record).
    #[error("{file} refused the change: {detail}")]
    Refused {
        /// Which file.
        file: String,
        /// The constraint.
        detail: String,
    },
    /// A row does not have the form this program writes.
    #[error("{file}: a record cannot be read: {detail}")]
    Form {
        /// Which file.
        file: String,
        /// What.
        detail: String,
    },
    /// Any other error of SQLite.
    #[error("{file}: {detail}")]
    Other {
        /// Which file.
        file: String,
        /// What SQLite said.
        detail: String,
    },
}

impl HistoryError {
    /// Classifies an error of SQLite.
    pub(super) fn from_sql(file: &str, e: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        let (file, detail) = (file.to_string(), e.to_string());
        match e.sqlite_error_code() {
            Some(C::DiskFull) => Self::Full { file },
            Some(C::ReadOnly | C::PermissionDenied) => Self::ReadOnly { file },
            Some(C::DatabaseBusy | C::DatabaseLocked) => Self::Locked { file },
            Some(C::DatabaseCorrupt | C::NotADatabase) => Self::DamagedWhileOpen { file, detail },
            Some(C::SystemIoFailure | C::CannotOpen) => Self::Io { file, detail },
            Some(C::ConstraintViolation) => Self::Refused { file, detail },
            _ => match e {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Form { file, detail },
                _ => Self::Other { file, detail },
            },
        }
    }
    /// Whether trying again later may succeed without a person.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Locked { .. } | Self::Io { .. } | Self::ReadOnly { .. })
    }
}
