//! What the twin believes about the plant at one instant: plain, serialisable, hashable.
//!
//! Owns no filter; `estimator` writes it, forecasts, agents, the gate and the panels read it. Invariant: same order
//! and length as the plant's assets; equal beliefs have equal hashes, bit for bit.

use crate::{
    plant::{Asset, AssetId, Degradation, InitialMode, Plant},
    sim::{FailedState, Mode, Observed},
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Mean and variance of a quantity.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// Mean [unit of the quantity].
    pub mean: f64,
    /// Variance [unit²].
    pub variance: f64,
}

impl Estimate {
    /// Standard deviation [unit].
    pub fn sd(&self) -> f64 {
        libm::sqrt(self.variance.max(0.0))
    }
}

/// What is believed about one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AssetBelief {
    /// Most likely mode.
    pub mode: Mode,
    /// Its probability.
    pub mode_probability: f64,
    /// Probability of each mode, by [`Mode::code`].
    pub modes: Vec<f64>,
    /// Since when it is the most likely one.
    pub mode_since: Time,
    /// Process rate [process units/h], of assets with a process.
    pub rate: Option<Estimate>,
    /// Level [storage amount], of assets with a storage.
    pub level: Option<Estimate>,
    /// Temperature [°C], of assets with a thermal facet.
    pub temperature_c: Option<Estimate>,
    /// Ability to serve 0..=1.
    pub service: Option<Estimate>,
    /// Whether any tag belongs to it.
    pub observed: bool,
    /// Age of its newest sample; since the estimator began when there is none.
    pub data_age: Span,
    /// All its tags are older than their contracts allow, or it has none.
    pub stale: bool,
    /// Something of it is carried on by the model without data.
    pub imputed: bool,
    /// Smoothed normalised innovation squared of level and temperature, dimensionless; near 1 is consistent.
    pub drift: f64,
    /// Trust in the data behind it, 0..=1: quality × age × drift; 0 when nothing observes it.
    pub confidence: f64,
}

/// What is believed about the plant.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Belief {
    /// When.
    pub at: Time,
    /// One per asset, in the plant's order.
    pub assets: Vec<AssetBelief>,
}

impl Belief {
    /// What is believed about one asset.
    pub fn asset(&self, id: AssetId) -> &AssetBelief {
        &self.assets[id.index()]
    }

    /// SHA-256 over every number's bits.
    pub fn hash(&self) -> [u8; 32] {
        let mut h = Sha256::new();
        h.update(self.at.0.to_le_bytes());
        for a in &self.assets {
            h.update([a.mode.code(), u8::from(a.observed), u8::from(a.stale), u8::from(a.imputed)]);
            h.update(a.mode_since.0.to_le_bytes());
            h.update(a.data_age.0.to_le_bytes());
            for v in a.modes.iter().chain([&a.mode_probability, &a.drift, &a.confidence]) {
                h.update(v.to_bits().to_le_bytes());
            }
            for e in [&a.rate, &a.level, &a.temperature_c, &a.service] {
                h.update([u8::from(e.is_some())]);
                if let Some(e) = e {
                    h.update(e.mean.to_bits().to_le_bytes());
                    h.update(e.variance.to_bits().to_le_bytes());
                }
            }
        }
        h.finalize().into()
    }

    /// Mean confidence over the observed assets, 0 when nothing is observed.
    pub fn confidence(&self) -> f64 {
        let (n, sum) = self.assets.iter().filter(|a| a.observed).fold((0.0, 0.0), |(n, s), a| (n + 1.0, s + a.confidence));
        if n > 0.0 { sum / n } else { 0.0 }
    }

    /// The most likely state as an observation, for one deterministic run ahead (ensembles draw from the belief instead).
    pub fn observed(&self, plant: &Plant) -> Vec<Observed> {
        self.assets.iter().zip(&plant.assets).map(|(b, asset)| observed(b, asset, self.at)).collect()
    }
}

/// The most likely state of one asset. A failure counts as the first mode that loses the asset.
fn observed(b: &AssetBelief, asset: &Asset, at: Time) -> Observed {
    let down = matches!(b.mode, Mode::Failed | Mode::InRepair);
    let mode_index = asset.reliability.iter().position(|m| m.effect == Degradation::Lost).or((!asset.reliability.is_empty()).then_some(0));
    let failed =
        mode_index.filter(|_| down).map(|mode_index| FailedState { mode_index, since: at - b.mode_since, in_repair: b.mode == Mode::InRepair });
    Observed {
        // What has no way to fail and yet is down can only be off.
        commanded: if down && failed.is_none() { Some(InitialMode::Off) } else { commanded(b.mode) },
        failed,
        maintained: (b.mode == Mode::Maintenance).then(|| at - b.mode_since),
        // Cooled down below its reset it is free already; warm without having tripped it is just below the trip.
        tripped: b.mode == Mode::Tripped && !(asset.thermal.zip(b.temperature_c).is_some_and(|(t, e)| t.auto_reset && e.mean <= t.reset_c)),
        level: b.level.zip(asset.storage).map(|(e, s)| e.mean.clamp(0.0, s.capacity)),
        temperature_c: b.temperature_c.zip(asset.thermal).map(|(e, t)| if b.mode == Mode::Tripped { e.mean } else { e.mean.min(t.trip_c - 0.01) }),
        rate_limit: None,
        age: None,
    }
}

/// The command that a mode lets us conclude.
fn commanded(mode: Mode) -> Option<InitialMode> {
    match mode {
        Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked | Mode::Starting | Mode::Short | Mode::Inhibited => Some(InitialMode::Running),
        Mode::Standby => Some(InitialMode::Standby),
        Mode::Off => Some(InitialMode::Off),
        Mode::Tripped | Mode::Failed | Mode::InRepair | Mode::Maintenance => None,
    }
}
