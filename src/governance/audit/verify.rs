//! Verifying the trail: every record's hash, the chain, the checkpoints.

use super::{
    super::canonical::Digest,
    checkpoint::{AuditLog, Checkpoint, CheckpointError},
};
use crate::history::{AuditRow, HistoryError, Store};
use ed25519_dalek::VerifyingKey;
use std::path::Path;

/// Records read at a time.
const CHUNK: usize = 4096;

/// A trail without fault.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Report {
    /// Records checked.
    pub records: u64,
    /// Checkpoints checked.
    pub checkpoints: usize,
    /// Newest record that a checkpoint covers.
    pub sealed_to: u64,
    /// Records after it: chained, not yet signed for.
    pub unsealed: u64,
    /// Whether the program ended in order.
    pub closed: bool,
}

/// What is wrong at the first bad place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The content does not give the stored hash.
    #[error("its content was changed")]
    Content,
    /// It does not continue the record before.
    #[error("it does not continue the record before: one was removed, inserted, duplicated or swapped")]
    Chain,
    /// A number is missing or twice.
    #[error("the sequence breaks here: found {found}")]
    Sequence {
        /// Number found instead.
        found: u64,
    },
    /// Signed for, but gone.
    #[error("a signed checkpoint covers record {sealed}, but the trail ends before it: its tail was cut or an older copy restored")]
    Truncated {
        /// Newest sealed record.
        sealed: u64,
    },
    /// The chain is consistent but is not the one that was signed.
    #[error("the checkpoint at {at} signed another chain: the trail was rewritten from here or earlier")]
    Rewritten {
        /// Sequence number of the checkpoint.
        at: u64,
    },
    /// A checkpoint is not signed by this key.
    #[error("checkpoint {line} is not signed by this key: wrong key, or the file was changed")]
    Signature {
        /// Line of the checkpoint file, from 1.
        line: usize,
    },
    /// A checkpoint does not continue the one before.
    #[error("checkpoint {line} does not continue the one before: the checkpoint file was changed")]
    CheckpointChain {
        /// Line of the checkpoint file, from 1.
        line: usize,
    },
}

/// Why a trail is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Tampering or damage.
    #[error("audit record {first_bad}: {fault}")]
    Bad {
        /// First sequence number that cannot be trusted.
        first_bad: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] HistoryError),
    /// The checkpoints cannot be read.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointError),
}

/// Verifies a store against the checkpoints in a file.
///
/// # Errors
/// [`VerifyError`] with the first bad sequence number.
pub fn verify(store: &Store, checkpoints: &Path, key: &VerifyingKey) -> Result<Report, VerifyError> {
    let list = if checkpoints.exists() { AuditLog::read(checkpoints)? } else { Vec::new() };
    verify_rows(|from| store.audit_from(from, CHUNK).map_err(VerifyError::from), &list, key)
}

/// Verifies records that `read` hands out in chunks from a sequence number on, until an empty chunk.
///
/// # Errors
/// [`VerifyError`] with the first bad sequence number.
pub fn verify_rows(
    mut read: impl FnMut(u64) -> Result<Vec<AuditRow>, VerifyError>,
    checkpoints: &[Checkpoint],
    key: &VerifyingKey,
) -> Result<Report, VerifyError> {
    let mut chain = Chain { next: 1, hash: [0; 32], checkpoints, reached: 0, sealed: 0 };
    chain.signatures(key)?;
    loop {
        let rows = read(chain.next)?;
        if rows.is_empty() {
            break;
        }
        rows.iter().try_for_each(|r| chain.take(r))?;
    }
    if let Some(c) = checkpoints.get(chain.reached) {
        return Err(bad(chain.next, Fault::Truncated { sealed: c.seq }));
    }
    let records = chain.next - 1;
    Ok(Report {
        records,
        checkpoints: checkpoints.len(),
        sealed_to: chain.sealed,
        unsealed: records - chain.sealed,
        closed: checkpoints.last().is_some_and(|c| c.closing && c.seq == records),
    })
}

fn bad(first_bad: u64, fault: Fault) -> VerifyError {
    VerifyError::Bad { first_bad, fault }
}

struct Chain<'a> {
    next: u64,
    hash: [u8; 32],
    checkpoints: &'a [Checkpoint],
    reached: usize,
    sealed: u64,
}

impl Chain<'_> {
    fn signatures(&self, key: &VerifyingKey) -> Result<(), VerifyError> {
        let (mut previous, mut seq) = (Digest::default(), 0);
        for (i, c) in self.checkpoints.iter().enumerate() {
            if !c.is_signed_by(key) {
                return Err(bad(seq + 1, Fault::Signature { line: i + 1 }));
            }
            if c.previous != previous || c.seq < seq || c.seq == 0 {
                return Err(bad(seq + 1, Fault::CheckpointChain { line: i + 1 }));
            }
            (previous, seq) = (c.digest(), c.seq);
        }
        Ok(())
    }

    fn take(&mut self, r: &AuditRow) -> Result<(), VerifyError> {
        if r.seq != self.next {
            return Err(bad(self.next, Fault::Sequence { found: r.seq }));
        }
        if r.computed_hash() != r.hash {
            return Err(bad(r.seq, Fault::Content));
        }
        if r.prev_hash != self.hash {
            return Err(bad(r.seq, Fault::Chain));
        }
        while let Some(c) = self.checkpoints.get(self.reached).filter(|c| c.seq == r.seq) {
            if c.hash != Digest(r.hash) {
                return Err(bad(self.sealed + 1, Fault::Rewritten { at: c.seq }));
            }
            self.sealed = c.seq;
            self.reached += 1;
        }
        (self.next, self.hash) = (r.seq + 1, r.hash);
        Ok(())
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
