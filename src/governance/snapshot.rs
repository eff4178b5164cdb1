//! The live state as governance sees it, and the envelope inside which an approval holds.
//!
//! *Invariant:* an asset that is missing from the snapshot, stale or not finite is outside every envelope.

use super::canonical::Digest;
use crate::{
    plant::{AssetId, Plant},
    sim::Mode,
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};

/// What is believed about one asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Most likely mode.
    pub mode: Mode,
    /// Its probability, 0..=1.
    pub mode_probability: f64,
    /// Level [storage amount].
    pub level: Option<f64>,
    /// Temperature [°C].
    pub temperature_c: Option<f64>,
    /// Whether any tag observes it.
    pub observed: bool,
    /// Age of the newest datum.
    pub data_age: Span,
    /// Older than its contracts allow.
    pub stale: bool,
    /// Trust in the data, 0..=1.
    pub confidence: f64,
    /// Normalised innovation squared, near 1 when twin and plant agree.
    pub drift: f64,
}

/// The live state of the whole plant.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// Plant time.
    pub at: Time,
    /// Hash of the plant the beliefs are about.
    pub plant: Digest,
    /// Version of the learned model.
    pub model_epoch: u64,
    /// One per asset in the plant's order.
    pub assets: Vec<Seen>,
}

/// What an asset is doing, coarsely: changes inside a class do not void an approval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ModeClass {
    /// Commanded on and able.
    On,
    /// Ready, not on.
    Off,
    /// On its way up.
    Starting,
    /// Stopped by itself: tripped, failed, in repair, short, inhibited.
    Down,
}

impl ModeClass {
    /// Of a mode.
    pub fn of(mode: Mode) -> Self {
        match mode {
            Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked => Self::On,
            Mode::Standby | Mode::Off => Self::Off,
            Mode::Starting => Self::Starting,
            Mode::Tripped | Mode::Failed | Mode::InRepair | Mode::Short | Mode::Inhibited | Mode::Maintenance => Self::Down,
        }
    }
}

/// A closed interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Lowest allowed.
    pub low: f64,
    /// Highest allowed.
    pub high: f64,
}

impl Interval {
    /// Whether a value is inside; a missing or non-finite one is not.
    pub fn has(&self, v: Option<f64>) -> bool {
        v.is_some_and(|v| v >= self.low && v <= self.high)
    }
}

/// Conditions on one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bound {
    /// Which.
    pub asset: AssetId,
    /// What it must be doing.
    pub mode: ModeClass,
    /// Level [storage amount].
    pub level: Option<Interval>,
    /// Temperature [°C].
    pub temperature_c: Option<Interval>,
    /// Fencing epoch of a target; `None` for assets that are only looked at.
    pub epoch: Option<u64>,
}

/// Where an approval holds. Outside it the approval is void.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Hash of the plant.
    pub plant: Digest,
    /// Version of the learned model.
    pub model_epoch: u64,
    /// Hash of the policy.
    pub policy: Digest,
    /// Oldest datum allowed on the bound assets.
    pub max_data_age: Span,
    /// Conditions, in index order.
    pub bounds: Vec<Bound>,
}

/// How the state left the envelope.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Breach {
    /// Another plant, model or policy.
    #[error("the {0} changed since the simulation; simulate and approve again")]
    Changed(&'static str),
    /// Not there or no data.
    #[error("{asset} has no fresh data (age {age}); wait for telemetry, then simulate and approve again")]
    NoData {
        /// Stable id.
        asset: String,
        /// Age.
        age: Span,
    },
    /// Another mode.
    #[error("{asset} is {found:?}, the approval needs {needed:?}; simulate and approve again")]
    Mode {
        /// Stable id.
        asset: String,
        /// Now.
        found: ModeClass,
        /// Signed.
        needed: ModeClass,
    },
    /// A value outside its interval.
    #[error("{asset}: {what} {found:?} left {low:.4}..{high:.4}; simulate and approve again")]
    Value {
        /// Stable id.
        asset: String,
        /// Which.
        what: &'static str,
        /// Now.
        found: Option<f64>,
        /// Lowest.
        low: f64,
        /// Highest.
        high: f64,
    },
    /// Someone else commanded the asset in between.
    #[error("{asset} was commanded in between (epoch {found}, signed {signed}); simulate and approve again")]
    Epoch {
        /// Stable id.
        asset: String,
        /// Now.
        found: u64,
        /// Signed.
        signed: u64,
    },
}

impl Envelope {
    /// Checks the live state; epochs are checked by the dispatching transaction.
    ///
    /// # Errors
    /// The first [`Breach`]. Missing, stale or non-finite is a breach.
    pub fn check(&self, now: &Snapshot, policy: Digest, plant: &Plant) -> Result<(), Breach> {
        if now.plant != self.plant {
            return Err(Breach::Changed("plant"));
        }
        if now.model_epoch != self.model_epoch {
            return Err(Breach::Changed("model"));
        }
        if policy != self.policy {
            return Err(Breach::Changed("policy"));
        }
        self.bounds.iter().try_for_each(|b| self.check_bound(b, now, plant))
    }

    fn check_bound(&self, b: &Bound, now: &Snapshot, plant: &Plant) -> Result<(), Breach> {
        let asset = plant.assets.get(b.asset.index()).map_or_else(|| format!("asset {}", b.asset.0), |a| a.id.clone());
        let Some(seen) = now.assets.get(b.asset.index()).filter(|s| s.observed && !s.stale && s.data_age <= self.max_data_age) else {
            let age = now.assets.get(b.asset.index()).map_or(Span(i64::MAX), |s| s.data_age);
            return Err(Breach::NoData { asset, age });
        };
        let found = ModeClass::of(seen.mode);
        if found != b.mode {
            return Err(Breach::Mode { asset, found, needed: b.mode });
        }
        for (what, interval, found) in [("level", b.level, seen.level), ("temperature", b.temperature_c, seen.temperature_c)] {
            if let Some(i) = interval
                && !i.has(found)
            {
                return Err(Breach::Value { asset, what, found, low: i.low, high: i.high });
            }
        }
        Ok(())
    }
}

impl Snapshot {
    /// From the estimator's belief; `plant` is the hash of the plant it is about.
    pub fn of(belief: &crate::estimate::Belief, plant: [u8; 32], model_epoch: u64) -> Self {
        let finite = |e: Option<crate::estimate::Estimate>| e.map(|e| e.mean).filter(|m| m.is_finite());
        let seen = |b: &crate::estimate::AssetBelief| Seen {
            mode: b.mode,
            mode_probability: b.mode_probability,
            level: finite(b.level),
            temperature_c: finite(b.temperature_c),
            observed: b.observed,
            data_age: b.data_age,
            stale: b.stale,
            confidence: b.confidence,
            drift: b.drift,
        };
        Self { at: belief.at, plant: Digest(plant), model_epoch, assets: belief.assets.iter().map(seen).collect() }
    }
}
