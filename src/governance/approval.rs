//! Approvals: an ed25519 signature of one person over exactly what will be done, where it holds and until when.
//!
//! *Invariant:* changing one byte of the warrant, of the reason or of the signature makes [`Approval::verify`] fail.
//! Who may sign what is the policy's to say; how many are needed, the matrix's.

use super::{
    canonical::{Digest, unhex},
    identity::{Identity, IdentityBook, Role, Signer, public_key},
    proposal::ProposedCommand,
    snapshot::Envelope,
};
use crate::{clock::Monotonic, time::Time};
use ed25519_dalek::{Signature, Signer as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Exactly what is signed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Warrant {
    /// Which proposal.
    pub proposal: Uuid,
    /// Its trace id.
    pub trace: String,
    /// Commands, compensations and expected effects.
    pub commands: Vec<ProposedCommand>,
    /// Hash of the gate's evidence (which covers the simulated scenario, its seed and its result).
    pub evidence: Digest,
    /// Hash of the plant model.
    pub model: Digest,
    /// Hash of the policy.
    pub policy: Digest,
    /// Where it holds.
    pub envelope: Envelope,
    /// Expiry on the monotonic clock of `session`.
    pub expires: Monotonic,
    /// The running program: the clock of another run is another clock, so a restart voids every approval.
    pub session: Uuid,
}

impl Warrant {
    /// What the signature covers.
    pub fn digest(&self) -> Digest {
        Digest::of("plantcast.warrant.v1", self)
    }
}

/// What a signature means (21 CFR 11: it shows its meaning).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Meaning {
    /// Approves the warrant.
    Approval,
    /// Refuses the proposal.
    Refusal,
    /// Releases the hold.
    HoldRelease,
    /// Has the compensation run that waits for a person.
    Compensation,
    /// Settles a command of unknown fate.
    Reconciliation,
}

/// A person's signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Approval {
    /// Identity name.
    pub identity: String,
    /// The human being.
    pub person: String,
    /// Role when signing.
    pub role: Role,
    /// What it means.
    pub meaning: Meaning,
    /// Digest of what is signed.
    pub subject: Digest,
    /// Typed reason; may be empty where the policy asks for none.
    pub reason: String,
    /// Wall-clock stamp.
    pub at_wall: Time,
    /// ed25519 over all of the above, 64 bytes hex.
    pub signature: String,
}

/// Why a signature counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// Not an active identity.
    #[error("{0} is not an active identity; the signature does not count")]
    Unknown(String),
    /// Person or role differ from the book.
    #[error("the signature claims a role or person that {0} does not have")]
    Claim(String),
    /// Signs something else.
    #[error("the signature is for something else (another version of the proposal?); look again and sign again")]
    Subject,
    /// Means something else.
    #[error("the signature means {0:?}")]
    Meaning(Meaning),
    /// Does not verify.
    #[error("the signature of {0} does not verify")]
    Forged(String),
    /// Too long.
    #[error("the reason is longer than 2,000 characters")]
    Reason,
}

fn message(a: &Approval) -> Digest {
    Digest::of("plantcast.signature.v1", &(&a.identity, &a.person, a.role, a.meaning, a.subject, &a.reason, a.at_wall))
}

impl Signer {
    /// Signs `subject` with a meaning and a reason.
    pub fn sign(&self, meaning: Meaning, subject: Digest, reason: &str, at_wall: Time) -> Approval {
        let i = self.identity();
        let mut a = Approval {
            identity: i.name.clone(),
            person: i.person.clone(),
            role: i.role,
            meaning,
            subject,
            reason: reason.to_string(),
            at_wall,
            signature: String::new(),
        };
        a.signature = super::canonical::hex(&self.key.sign(&message(&a).0).to_bytes());
        a
    }
}

impl Approval {
    /// Whether this is what an active identity signed.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify(&self, meaning: Meaning, subject: Digest, book: &IdentityBook) -> Result<Identity, SignatureFault> {
        let identity = book.find(&self.identity).filter(|i| !i.revoked).ok_or_else(|| SignatureFault::Unknown(self.identity.clone()))?;
        if identity.person != self.person || identity.role != self.role {
            return Err(SignatureFault::Claim(self.identity.clone()));
        }
        if self.meaning != meaning {
            return Err(SignatureFault::Meaning(self.meaning));
        }
        if self.subject != subject {
            return Err(SignatureFault::Subject);
        }
        if self.reason.chars().count() > 2000 {
            return Err(SignatureFault::Reason);
        }
        let forged = || SignatureFault::Forged(self.identity.clone());
        let signature = Signature::from_bytes(&unhex::<64>(&self.signature).ok_or_else(forged)?);
        let key = public_key(&identity).ok_or_else(forged)?;
        key.verify_strict(&message(self).0, &signature).map_err(|_| forged())?;
        Ok(identity)
    }
}
