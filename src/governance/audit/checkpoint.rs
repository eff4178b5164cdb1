//! Signed checkpoints: a line of JSON per N records in a file outside the database, fsynced.

use super::super::canonical::{Digest, hex, unhex};
use crate::{
    clock::Entropy,
    history::{AuditRow, Store},
    time::Time,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Most checkpoints read from one file.
const MOST: usize = 10_000_000;

/// A signed statement: the chain had this record at this place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Sequence number of the newest record.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// Wall-clock stamp.
    pub at_wall: Time,
    /// Digest of the checkpoint before; zeros for the first.
    pub previous: Digest,
    /// Written when the program ended in order.
    pub closing: bool,
    /// ed25519 over the fields above, 64 bytes hex.
    pub signature: String,
}

impl Checkpoint {
    fn message(&self) -> Digest {
        Digest::of("plantcast.checkpoint.v1", &(self.seq, self.hash, self.at_wall, self.previous, self.closing))
    }
    /// What the next checkpoint refers to.
    pub fn digest(&self) -> Digest {
        Digest::of("plantcast.checkpoint.line.v1", self)
    }
    /// Whether the key signed it.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        unhex::<64>(&self.signature).is_some_and(|s| key.verify_strict(&self.message().0, &Signature::from_bytes(&s)).is_ok())
    }
}

/// Why checkpoints cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file.
    #[error("{path}: {source}; check path and permissions (checkpoints and their key live outside the database)")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not the form this program writes.
    #[error("{path}:{line}: {detail}; the file was changed or is of another program")]
    Form {
        /// Which.
        path: PathBuf,
        /// Line from 1; 0 for a key file.
        line: usize,
        /// What.
        detail: String,
    },
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> CheckpointError + '_ {
    move |source| CheckpointError::Io { path: path.into(), source }
}

/// The program's own key for checkpoints: `audit.key` (owner may read, nobody else) and `audit.pub`.
pub struct AuditKey {
    key: SigningKey,
}

impl AuditKey {
    /// A key that lives in memory only.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        entropy.fill(seed.as_mut());
        Self { key: SigningKey::from_bytes(&seed) }
    }

    /// Reads `audit.key` in `folder`, or makes it (mode 0600) with its `audit.pub`.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(folder: &Path, entropy: &dyn Entropy) -> Result<Self, CheckpointError> {
        let path = folder.join("audit.key");
        if path.exists() {
            let text = Zeroizing::new(read_small(&path)?);
            let seed = unhex::<32>(text.trim());
            let form = || CheckpointError::Form { path: path.clone(), line: 0, detail: "not 64 hex digits".into() };
            return Ok(Self { key: SigningKey::from_bytes(&seed.ok_or_else(form)?) });
        }
        let new = Self::generate(entropy);
        write_private(&path, &Zeroizing::new(hex(&new.key.to_bytes())))?;
        let public = folder.join("audit.pub");
        crate::document::write_atomic(&public, &format!("{}\n", hex(new.public().as_bytes())))
            .map_err(|e| CheckpointError::Io { path: public, source: io::Error::other(e.to_string()) })?;
        Ok(new)
    }

    /// The public half: what a verifier needs, and should keep elsewhere.
    pub fn public(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Reads a public key file.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read_public(path: &Path) -> Result<VerifyingKey, CheckpointError> {
        let text = read_small(path)?;
        let form = || CheckpointError::Form { path: path.into(), line: 0, detail: "not a public key of 64 hex digits".into() };
        unhex::<32>(text.trim()).and_then(|b| VerifyingKey::from_bytes(&b).ok()).ok_or_else(form)
    }
}

fn read_small(path: &Path) -> Result<String, CheckpointError> {
    let mut text = String::new();
    File::open(path).and_then(|f| f.take(4096).read_to_string(&mut text)).map_err(io_at(path))?;
    Ok(text)
}

fn write_private(path: &Path, text: &str) -> Result<(), CheckpointError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io_at(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io_at(path))
}

/// Writes checkpoints for a store's audit trail.
pub struct AuditLog {
    key: AuditKey,
    path: Option<PathBuf>,
    every: u64,
    last: Option<Checkpoint>,
    written: Vec<Checkpoint>,
}

impl AuditLog {
    /// Continues the checkpoint file at `path` (in memory without one), one checkpoint per `every` records.
    ///
    /// # Errors
    /// [`CheckpointError`] when the file cannot be read.
    pub fn open(key: AuditKey, path: Option<PathBuf>, every: u64) -> Result<Self, CheckpointError> {
        let last = match &path {
            Some(p) if p.exists() => Self::read(p)?.pop(),
            Some(_) | None => None,
        };
        Ok(Self { key, path, every: every.max(1), last, written: Vec::new() })
    }

    /// Continues the checkpoints in a data folder ([`super::CHECKPOINTS`], `audit.key`); in memory without one.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open_in(folder: Option<&Path>, entropy: &dyn Entropy) -> Result<Self, CheckpointError> {
        match folder {
            Some(f) => Self::open(AuditKey::open(f, entropy)?, Some(f.join(super::CHECKPOINTS)), super::EVERY),
            None => Self::open(AuditKey::generate(entropy), None, super::EVERY),
        }
    }

    /// All checkpoints of a file.
    ///
    /// # Errors
    /// [`CheckpointError`] with the first bad line.
    pub fn read(path: &Path) -> Result<Vec<Checkpoint>, CheckpointError> {
        let file = BufReader::new(File::open(path).map_err(io_at(path))?);
        let mut out = Vec::new();
        for (i, line) in file.lines().take(MOST).enumerate() {
            let line = line.map_err(io_at(path))?;
            let parsed = serde_json::from_str(&line);
            out.push(parsed.map_err(|e| CheckpointError::Form { path: path.into(), line: i + 1, detail: e.to_string() })?);
        }
        Ok(out)
    }

    /// All checkpoints so far, oldest first.
    ///
    /// # Errors
    /// [`CheckpointError`] when the file cannot be read.
    pub fn all(&self) -> Result<Vec<Checkpoint>, CheckpointError> {
        match &self.path {
            Some(p) if p.exists() => Self::read(p),
            Some(_) => Ok(Vec::new()),
            None => Ok(self.written.clone()),
        }
    }

    /// The newest checkpoint.
    pub fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }
    /// Checkpoints written by this value, oldest first (a log in memory has no file to read them from).
    pub fn written(&self) -> &[Checkpoint] {
        &self.written
    }
    /// The public half of the key.
    pub fn public(&self) -> VerifyingKey {
        self.key.public()
    }

    /// Writes a checkpoint when enough records came since the last one.
    ///
    /// # Errors
    /// [`CheckpointError`]; the caller raises an alarm and tries again.
    pub fn note(&mut self, newest: &AuditRow) -> Result<(), CheckpointError> {
        let since = newest.seq.saturating_sub(self.last.as_ref().map_or(0, |c| c.seq));
        if since < self.every { Ok(()) } else { self.seal(newest, false) }
    }

    /// Writes a checkpoint for the store's newest record, whatever the distance; `closing` at an orderly end.
    ///
    /// # Errors
    /// [`CheckpointError`], or of the store as [`CheckpointError::Io`].
    pub fn seal_now(&mut self, store: &Store, closing: bool) -> Result<(), CheckpointError> {
        let newest =
            store.audit_tail(1).map_err(|e| CheckpointError::Io { path: "control.sqlite".into(), source: io::Error::other(e.to_string()) })?;
        match newest.last() {
            Some(row) if closing || self.last.as_ref().is_none_or(|c| c.seq < row.seq) => self.seal(row, closing),
            Some(_) | None => Ok(()),
        }
    }

    fn seal(&mut self, row: &AuditRow, closing: bool) -> Result<(), CheckpointError> {
        let previous = self.last.as_ref().map_or(Digest::default(), Checkpoint::digest);
        let mut c = Checkpoint { seq: row.seq, hash: Digest(row.hash), at_wall: row.at_wall, previous, closing, signature: String::new() };
        c.signature = hex(&self.key.key.sign(&c.message().0).to_bytes());
        if let Some(path) = &self.path {
            let line = serde_json::to_string(&c).map_err(|e| CheckpointError::Form { path: path.clone(), line: 0, detail: e.to_string() })?;
            let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(io_at(path))?;
            file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(io_at(path))?;
        }
        self.last = Some(c.clone());
        self.written.push(c);
        let over = self.written.len().saturating_sub(1024);
        self.written.drain(..over);
        Ok(())
    }
}
