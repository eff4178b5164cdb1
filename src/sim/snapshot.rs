//! A state as a document: saved with the fingerprint of its compiled plant, loaded only into the same one.
//!
//! Continuing a loaded state is bit-identical to never having stopped (numbers are written so that they read back exactly).
//! The envelope has a version; a state of another version, of another plant, or damaged on the way is refused.

use super::model::Model;
use super::state::State;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Version of the envelope and of the state within it.
pub const SNAPSHOT_VERSION: u32 = 1;

/// Why a snapshot cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not a snapshot at all.
    #[error("not a snapshot: {0}; save the state again")]
    Form(#[from] serde_json::Error),
    /// Written by another program version.
    #[error("snapshot version {found} is not known, this program reads {SNAPSHOT_VERSION}; save the state again with this program")]
    Version {
        /// As written.
        found: u32,
    },
    /// The plant has changed since, or it is another one.
    #[error("the snapshot belongs to another plant ({found}, not {expected}); load it with the scene it was saved from")]
    Plant {
        /// Fingerprint in the snapshot.
        found: String,
        /// Fingerprint of the model.
        expected: String,
    },
    /// The content does not have its own fingerprint.
    #[error("the snapshot is damaged; use an undamaged copy")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    version: u32,
    /// Fingerprint of the compiled plant.
    plant: String,
    /// Fingerprint of the state.
    fingerprint: String,
    state: State,
}

/// What stands at the front of every version.
#[derive(Deserialize)]
struct Front {
    version: u32,
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut out, b| {
        // writing to a string cannot fail
        let _ = write!(out, "{b:02x}");
        out
    })
}

impl Model {
    /// Fingerprint of everything a state depends on: the plant's meaning and the quantum of coupled states.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(serde_json::to_vec(&self.plant).unwrap_or_default());
        hasher.update(self.quantum.to_le_bytes());
        hasher.finalize().into()
    }
}

impl State {
    /// The state as a JSON document.
    ///
    /// # Errors
    /// [`SnapshotError::Form`] when a number cannot be written.
    pub fn save(&self, model: &Model) -> Result<String, SnapshotError> {
        let envelope = Envelope { version: SNAPSHOT_VERSION, plant: hex(model.fingerprint()), fingerprint: hex(self.hash()), state: self.clone() };
        Ok(serde_json::to_string(&envelope)?)
    }

    /// Reads what [`State::save`] wrote.
    ///
    /// # Errors
    /// [`SnapshotError`] for another version, another plant, or a damaged text.
    pub fn load(model: &Model, text: &str) -> Result<State, SnapshotError> {
        let front: Front = serde_json::from_str(text)?;
        if front.version != SNAPSHOT_VERSION {
            return Err(SnapshotError::Version { found: front.version });
        }
        let envelope: Envelope = serde_json::from_str(text)?;
        let expected = hex(model.fingerprint());
        if envelope.plant != expected {
            let short = |s: &str| s.chars().take(12).collect();
            return Err(SnapshotError::Plant { found: short(&envelope.plant), expected: short(&expected) });
        }
        if envelope.fingerprint != hex(envelope.state.hash()) {
            return Err(SnapshotError::Damaged);
        }
        Ok(envelope.state)
    }
}
