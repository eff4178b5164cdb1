//! Start states drawn from what is believed about the running plant.
//!
//! Owns the draws: modes by probability, levels and temperatures from their variance. Residual lives and
//! repairs, conditioned on the elapsed time, are drawn by the engine that takes a state over. Invariant: state
//! `i` depends on model, belief, seed and `i` only.

use crate::estimate::{AssetBelief, Belief, Estimate};
use crate::plant::{Asset, Hazard, InitialMode};
use crate::rng::{Draws, Purpose};
use crate::sim::{FailedState, Mode, Model, Observed, SimError, State};
use crate::time::Time;

/// What the draws assume because a belief does not tell it; to be shown beside every live forecast.
pub const LIVE_ASSUMPTIONS: [&str; 4] = [
    "ages of all assets are as in the scene",
    "rate limits are as in the scene",
    "which failure mode is active is drawn in proportion to how often the modes occur",
    "modes, levels and temperatures of different assets are drawn independently",
];

/// `n` start states drawn from a belief.
///
/// # Errors
/// [`SimError`] when the belief is not of this plant, or a drawn state does not settle.
pub fn starts_from_belief(model: &Model, belief: &Belief, n: usize, seed: u64) -> Result<Vec<State>, SimError> {
    (0..n as u64).map(|i| State::from_observed(model, belief.at, &draw(model, belief, &Draws::new(seed, i)))).collect()
}

fn draw(model: &Model, belief: &Belief, draws: &Draws) -> Vec<Observed> {
    belief.assets.iter().zip(&model.plant().assets).map(|(b, asset)| observed(b, asset, belief.at, draws)).collect()
}

fn observed(b: &AssetBelief, asset: &Asset, at: Time, draws: &Draws) -> Observed {
    let mode = mode(b, draws.uniform(asset.key, Purpose::Belief, 0));
    let value = |e: Estimate, occurrence| e.mean + e.sd() * draws.normal(asset.key, Purpose::Belief, occurrence);
    let down = matches!(mode, Mode::Failed | Mode::InRepair) && !asset.reliability.is_empty();
    Observed {
        commanded: commanded(mode),
        failed: down.then(|| FailedState {
            mode_index: failure(asset, draws.uniform(asset.key, Purpose::Belief, 3)),
            since: if mode == b.mode { at - b.mode_since } else { crate::time::Span::ZERO },
            in_repair: mode == Mode::InRepair,
        }),
        maintained: (mode == Mode::Maintenance).then(|| if mode == b.mode { at - b.mode_since } else { crate::time::Span::ZERO }),
        tripped: mode == Mode::Tripped,
        level: b.level.zip(asset.storage).map(|(e, s)| value(e, 1).clamp(0.0, s.capacity)),
        temperature_c: b.temperature_c.map(|e| value(e, 2)),
        rate_limit: None,
        age: None,
    }
}

/// The mode at a quantile of the belief; the most likely one where rounding leaves a gap.
fn mode(b: &AssetBelief, u: f64) -> Mode {
    let mut sum = 0.0;
    for (mode, p) in Mode::ALL.iter().zip(&b.modes) {
        sum += p;
        if u < sum {
            return *mode;
        }
    }
    b.mode
}

/// A failure mode in proportion to its rate.
fn failure(asset: &Asset, u: f64) -> usize {
    let rate = |h: &Hazard| match h {
        Hazard::Exponential { mttf } => 1.0 / mttf.h().max(1e-9),
        Hazard::Weibull { scale, .. } => 1.0 / scale.h().max(1e-9),
        Hazard::Bathtub { .. } => h.mean().map_or(0.0, |mean| 1.0 / mean.h().max(1e-9)),
        Hazard::Never => 0.0,
    };
    let total: f64 = asset.reliability.iter().map(|m| rate(&m.hazard)).sum();
    let mut sum = 0.0;
    asset
        .reliability
        .iter()
        .position(|m| {
            sum += rate(&m.hazard);
            u * total < sum
        })
        .unwrap_or(0)
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
