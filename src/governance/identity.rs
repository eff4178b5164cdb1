//! Local identities: who may sign, with which role.
//!
//! No password and no private key is stored. The signing key is argon2id(password, salt) read as an ed25519 seed; what
//! the file keeps is its public key, which therefore is the password's verifier at argon2's full cost. Five wrong
//! passwords lock a name for 15 minutes, whether or not the name exists, and all refusals look and take the same.

use super::canonical::{hex, unhex};
use crate::{
    clock::{Entropy, Monotonic},
    document::{DocumentError, Issues, Limits, parse_ron, read_ron, write_atomic},
};
use argon2::{Algorithm, Argon2, Params, Version};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};
use zeroize::{Zeroize, Zeroizing};

/// Name of the file in a data folder.
pub const FILE: &str = "identities.ron";
/// Wrong passwords before a name is locked.
pub const FAILURES_ALLOWED: u32 = 5;
/// How long it is locked [s].
pub const LOCKED_FOR_S: f64 = 900.0;
/// Names whose failures are remembered; beyond, unknown names count as locked.
const REMEMBERED: usize = 1024;
/// Incidents kept until they are taken for the audit.
const INCIDENTS: usize = 256;

/// What a person may be. What a role may do is said by the policy alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Stages scenarios and proposes.
    Planner,
    /// Runs the plant, proposes, signs what the policy lets operators sign.
    Operator,
    /// Signs.
    Approver,
    /// Signs what needs two, overrides, releases the hold.
    Supervisor,
    /// Manages identities and policy; signs nothing by default.
    Admin,
}

/// Cost of one password trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfCost {
    /// Memory [KiB].
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for KdfCost {
    /// 64 MiB, 3 passes (RFC 9106, second recommended option): 50 ms or more.
    fn default() -> Self {
        Self { memory_kib: 65_536, passes: 3 }
    }
}

/// A person's identity as stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Name to sign in with.
    pub name: String,
    /// The human being: two identities of one person count once.
    pub person: String,
    /// Role.
    pub role: Role,
    /// Salt of the key derivation, 16 bytes hex.
    pub salt: String,
    /// ed25519 public key, 32 bytes hex.
    pub public_key: String,
    /// Revoked identities stay listed, so that old signatures can be told.
    #[serde(default)]
    pub revoked: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityFile {
    version: u32,
    kdf: KdfCost,
    identities: Vec<Identity>,
}

/// Why someone was not let in. Says no more than an attacker may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Unknown, revoked or wrong password.
    #[error("name and password do not match an active identity")]
    Denied,
    /// Too many failures.
    #[error("locked after {FAILURES_ALLOWED} failures; try again in 15 minutes")]
    Locked,
}

/// Why an identity could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Name in use.
    #[error("an identity named {0} exists; choose another name")]
    Taken(String),
    /// Form of name or person.
    #[error("names have 1 to 64 letters, digits, '.', '-' or '_'; a person is not empty")]
    Name,
    /// Weak password.
    #[error("a password has 8 to 128 characters")]
    Password,
    /// No such name.
    #[error("there is no identity named {0}")]
    Missing(String),
    /// The cost in the file is out of range.
    #[error("the key derivation cost is out of range; use memory_kib 8 or more")]
    Cost,
}

/// A failed sign-in, for the audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuthIncident {
    /// The identity, if the name is known; what was typed otherwise is never kept (it may be a password).
    pub name: Option<String>,
    /// Whether this failure locked the name, or it was locked.
    pub locked: bool,
}

#[derive(Clone, Copy, Default)]
struct Attempts {
    failures: u32,
    locked_until: Option<Monotonic>,
}

/// All identities. Shared between threads; methods lock briefly, never while deriving a key.
pub struct IdentityBook {
    cost: KdfCost,
    identities: Mutex<Vec<Identity>>,
    attempts: Mutex<BTreeMap<String, Attempts>>,
    incidents: Mutex<Vec<AuthIncident>>,
}

/// An unlocked identity: can sign until dropped.
pub struct Signer {
    pub(super) identity: Identity,
    pub(super) key: SigningKey,
}

impl Signer {
    /// Who.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.identity.name)
    }
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

fn derive(cost: KdfCost, password: &str, salt: &[u8]) -> Option<SigningKey> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).ok()?;
    let mut seed = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password.as_bytes(), salt, seed.as_mut()).ok()?;
    let key = SigningKey::from_bytes(&seed);
    seed.zeroize();
    Some(key)
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

impl IdentityBook {
    /// Without identities.
    pub fn new(cost: KdfCost) -> Self {
        Self { cost, identities: Mutex::default(), attempts: Mutex::default(), incidents: Mutex::default() }
    }

    /// Reads `identities.ron`.
    ///
    /// # Errors
    /// [`DocumentError`] with every problem located.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        let (file, source) = read_ron::<IdentityFile>(path, &Limits { bytes: 1 << 20, ..Limits::default() })?;
        Self::from_file(file, &source)
    }

    /// `identities.ron` of a data folder, or an empty book.
    ///
    /// # Errors
    /// [`DocumentError`] when the file is there but not valid.
    pub fn load_or_new(folder: Option<&Path>, cost: KdfCost) -> Result<Self, DocumentError> {
        match folder.map(|f| f.join(FILE)).filter(|p| p.exists()) {
            Some(path) => Self::load(&path),
            None => Ok(Self::new(cost)),
        }
    }

    /// Reads the text of an `identities.ron`.
    ///
    /// # Errors
    /// [`DocumentError`] with every problem located.
    pub fn parse(text: &str, name: &Path) -> Result<Self, DocumentError> {
        let (file, source) = parse_ron::<IdentityFile>(text, name, &Limits::default())?;
        Self::from_file(file, &source)
    }

    fn from_file(file: IdentityFile, source: &crate::document::Source) -> Result<Self, DocumentError> {
        let mut issues = Issues::new(source);
        if file.version != 1 {
            issues.add("version", format!("version {} is not known", file.version), "this program reads version 1");
        }
        if Params::new(file.kdf.memory_kib, file.kdf.passes, 1, Some(32)).is_err() || file.kdf.memory_kib > 1 << 21 || file.kdf.passes > 64 {
            issues.add("kdf", "the cost is out of range", "8 KiB to 2 GiB, 1 to 64 passes");
        }
        for (i, id) in file.identities.iter().enumerate() {
            let at = format!("identities[{i}]");
            if !is_name(&id.name) || id.person.trim().is_empty() {
                issues.add(&at, "bad name or person", "names have 1 to 64 letters, digits, '.', '-' or '_'");
            }
            if file.identities[..i].iter().any(|o| o.name == id.name) {
                issues.add(&at, format!("the name {} appears twice", id.name), "remove one");
            }
            if unhex::<16>(&id.salt).is_none() || public_key(id).is_none() {
                issues.add(&at, "salt or public key is not valid", "create the identity again");
            }
        }
        let book = Self::new(file.kdf);
        *locked(&book.identities) = file.identities;
        issues.finish(Some(book))
    }

    /// Writes the book, whole or not at all.
    ///
    /// # Errors
    /// [`DocumentError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), DocumentError> {
        let file = IdentityFile { version: 1, kdf: self.cost, identities: self.list() };
        let text = ron::ser::to_string_pretty(&file, ron::ser::PrettyConfig::new())
            .map_err(|e| DocumentError::Io { path: path.into(), source: std::io::Error::other(e.to_string()) })?;
        write_atomic(path, &format!("// Public keys only: no password and no private key is stored here.\n{text}\n"))
    }

    /// All identities, revoked ones included, in order of creation.
    pub fn list(&self) -> Vec<Identity> {
        locked(&self.identities).clone()
    }

    /// One identity.
    pub fn find(&self, name: &str) -> Option<Identity> {
        locked(&self.identities).iter().find(|i| i.name == name).cloned()
    }

    /// Makes an identity.
    ///
    /// # Errors
    /// [`IdentityError`]: form, weak password, name taken.
    pub fn add(&self, name: &str, person: &str, role: Role, password: &str, entropy: &dyn Entropy) -> Result<Identity, IdentityError> {
        if !is_name(name) || person.trim().is_empty() {
            return Err(IdentityError::Name);
        }
        if !(8..=128).contains(&password.chars().count()) {
            return Err(IdentityError::Password);
        }
        let mut salt = [0u8; 16];
        entropy.fill(&mut salt);
        let key = derive(self.cost, password, &salt).ok_or(IdentityError::Cost)?;
        let identity = Identity {
            name: name.into(),
            person: person.into(),
            role,
            salt: hex(&salt),
            public_key: hex(key.verifying_key().as_bytes()),
            revoked: false,
        };
        let mut all = locked(&self.identities);
        if all.iter().any(|i| i.name == name) {
            return Err(IdentityError::Taken(name.into()));
        }
        all.push(identity.clone());
        Ok(identity)
    }

    /// Ends an identity's right to sign, at once: signatures given but not yet acted on become void.
    ///
    /// # Errors
    /// [`IdentityError::Missing`].
    pub fn revoke(&self, name: &str) -> Result<(), IdentityError> {
        let mut all = locked(&self.identities);
        let found = all.iter_mut().find(|i| i.name == name).ok_or_else(|| IdentityError::Missing(name.into()))?;
        found.revoked = true;
        Ok(())
    }

    /// Checks a password and unlocks the signing key. Takes tens of milliseconds: call it off the governance thread.
    ///
    /// # Errors
    /// [`AuthError`], the same for an unknown name as for a wrong password, in content and in time.
    pub fn unlock(&self, name: &str, password: &str, now: Monotonic) -> Result<Signer, AuthError> {
        let identity = self.find(name);
        if self.is_locked(name, now) {
            self.note(identity.as_ref(), true);
            return Err(AuthError::Locked);
        }
        // An unknown name costs the same derivation, against a salt that belongs to nobody.
        let salt = identity.as_ref().and_then(|i| unhex::<16>(&i.salt)).unwrap_or([0x5a; 16]);
        let key = derive(self.cost, password, &salt);
        let known = identity.as_ref().and_then(public_key).unwrap_or_default();
        match (identity, key) {
            (Some(identity), Some(key)) if !identity.revoked && key.verifying_key() == known => {
                locked(&self.attempts).remove(name);
                Ok(Signer { identity, key })
            }
            (identity, _) => Err(self.failed(name, identity.as_ref(), now)),
        }
    }

    fn is_locked(&self, name: &str, now: Monotonic) -> bool {
        let attempts = locked(&self.attempts);
        match attempts.get(name) {
            Some(a) => a.locked_until.is_some_and(|until| now < until),
            None => attempts.len() >= REMEMBERED && self.find(name).is_none(),
        }
    }

    fn failed(&self, name: &str, identity: Option<&Identity>, now: Monotonic) -> AuthError {
        let locks = {
            let mut attempts = locked(&self.attempts);
            let a = attempts.entry(name.chars().take(64).collect()).or_default();
            if a.locked_until.is_some_and(|until| now >= until) {
                *a = Attempts::default();
            }
            a.failures += 1;
            let locks = a.failures >= FAILURES_ALLOWED;
            if locks {
                a.locked_until = Some(now.plus_s(LOCKED_FOR_S));
            }
            locks
        };
        self.note(identity, locks);
        AuthError::Denied
    }

    fn note(&self, identity: Option<&Identity>, locked_now: bool) {
        let mut incidents = locked(&self.incidents);
        if incidents.len() < INCIDENTS {
            incidents.push(AuthIncident { name: identity.map(|i| i.name.clone()), locked: locked_now });
        }
    }

    /// Failed sign-ins since the last call, for the audit.
    pub fn take_incidents(&self) -> Vec<AuthIncident> {
        std::mem::take(&mut *locked(&self.incidents))
    }
}

/// The public key of an identity.
pub(super) fn public_key(identity: &Identity) -> Option<VerifyingKey> {
    unhex::<32>(&identity.public_key).and_then(|b| VerifyingKey::from_bytes(&b).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const CHEAP: KdfCost = KdfCost { memory_kib: 64, passes: 1 };

    fn book() -> IdentityBook {
        let b = IdentityBook::new(CHEAP);
        b.add("olga", "Olga O.", Role::Operator, "correct horse", &*ManualClock::new()).unwrap();
        b
    }

    #[test]
    fn unlocks_only_with_the_password_and_survives_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identities.ron");
        book().save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("correct horse"));
        let b = IdentityBook::load(&path).unwrap();
        assert_eq!(b.unlock("olga", "correct horse", Monotonic(0)).unwrap().identity().role, Role::Operator);
        assert_eq!(b.unlock("olga", "correct horsf", Monotonic(0)).unwrap_err(), AuthError::Denied);
        assert_eq!(b.unlock("Olga", "correct horse", Monotonic(0)).unwrap_err(), AuthError::Denied);
        b.revoke("olga").unwrap();
        assert_eq!(b.unlock("olga", "correct horse", Monotonic(0)).unwrap_err(), AuthError::Denied);
    }

    #[test]
    fn locks_known_and_unknown_names_alike_and_opens_again_after_the_time() {
        let b = book();
        for name in ["olga", "nobody"] {
            let answers: Vec<AuthError> = (0..7).map(|_| b.unlock(name, "wrong password", Monotonic(0)).unwrap_err()).collect();
            assert_eq!(answers[..5], [AuthError::Denied; 5], "{name}");
            assert_eq!(answers[5..], [AuthError::Locked; 2], "{name}");
        }
        assert_eq!(b.unlock("olga", "correct horse", Monotonic(0).plus_s(LOCKED_FOR_S - 0.001)).unwrap_err(), AuthError::Locked);
        assert!(b.unlock("olga", "correct horse", Monotonic(0).plus_s(LOCKED_FOR_S)).is_ok());
        let incidents = b.take_incidents();
        assert_eq!(incidents.iter().filter(|i| i.name.is_none()).count(), 7, "what was typed is not kept");
        assert!(b.take_incidents().is_empty());
    }

    #[test]
    fn bad_books_are_refused_with_every_problem() {
        for (bad, why) in [
            ("(version: 2, kdf: (memory_kib: 64, passes: 1), identities: [])", "version"),
            ("(version: 1, kdf: (memory_kib: 1, passes: 0), identities: [])", "cost"),
            (
                "(version: 1, kdf: (memory_kib: 64, passes: 1), identities: [(name: \"a\", person: \"A\", role: Admin, salt: \"00\", public_key: \"\")])",
                "salt",
            ),
        ] {
            let e = IdentityBook::parse(bad, Path::new("x")).map(|_| ()).unwrap_err().to_string();
            assert!(e.contains(why), "{e}");
        }
        let b = book();
        let rng = ManualClock::new();
        assert!(matches!(b.add("olga", "X", Role::Admin, "long enough", &*rng), Err(IdentityError::Taken(_))));
        assert_eq!(b.add("../x", "X", Role::Admin, "long enough", &*rng), Err(IdentityError::Name));
        assert_eq!(b.add("x", "X", Role::Admin, "short", &*rng), Err(IdentityError::Password));
    }

    #[test]
    fn the_default_cost_is_what_we_promise() {
        let b = IdentityBook::new(KdfCost::default());
        assert!(b.cost.memory_kib >= 65_536 && b.cost.passes >= 3, "argon2id at 64 MiB x 3 takes 50 ms or more on one core");
    }
}
