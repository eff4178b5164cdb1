//! Proper scores of probabilistic predictions and the verdict that follows from a window of them.
//!
//! Owns the formulas (Gneiting & Raftery 2007), the rolling window and the thresholds of [`Evidence`]; what is
//! predicted, and when it is due, is `predictions`. Invariant: equal scores in equal order give equal summaries.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Scores needed before any verdict.
pub const MIN_COUNT: usize = 20;
/// Scores kept per window.
pub const WINDOW: usize = 240;
/// Mean CRPS above this many tolerances is poor.
pub const CRPS_LIMIT: f64 = 1.0;
/// Mean Brier score of mode predictions above this is poor (always saying ½ scores .25).
pub const BRIER_LIMIT: f64 = 0.15;
/// Less than this fraction inside the central 90 % bands is poor.
pub const COVERAGE_LIMIT: f64 = 0.7;

/// How well the twin predicted lately.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub enum Evidence {
    /// Too few predictions have come due: nothing is known, neither good nor bad.
    #[default]
    Unvalidated,
    /// A threshold is violated.
    Poor,
    /// Enough predictions, all thresholds kept.
    Good,
}

impl Evidence {
    /// One word for people.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Unvalidated => "unvalidated",
            Evidence::Poor => "poor",
            Evidence::Good => "good",
        }
    }
}

/// CRPS of Normal(mean, sd) at `x` [unit of x]; |x − mean| for sd 0.
pub fn crps_normal(mean: f64, sd: f64, x: f64) -> f64 {
    if sd <= 0.0 {
        return (x - mean).abs();
    }
    let z = (x - mean) / sd;
    sd * (z * (2.0 * normal_cdf(z) - 1.0) + 2.0 * normal_pdf(z) - 1.0 / libm::sqrt(core::f64::consts::PI))
}

/// Logarithmic score −ln p(x) of Normal(mean, sd); lower is better.
pub fn log_score_normal(mean: f64, sd: f64, x: f64) -> f64 {
    let sd = sd.max(1e-12);
    let z = (x - mean) / sd;
    0.5 * z * z + libm::log(sd * libm::sqrt(2.0 * core::f64::consts::PI))
}

/// Brier score of a probability for what happened or did not.
pub fn brier(probability: f64, happened: bool) -> f64 {
    let o = if happened { 1.0 } else { 0.0 };
    (probability - o) * (probability - o)
}

/// Φ(z): the probability integral transform of a normal prediction.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

fn normal_pdf(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * core::f64::consts::PI)
}

/// One scored prediction.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Scored {
    /// Of a number.
    Number {
        /// CRPS in units of the tag's tolerance.
        crps: f64,
        /// CRPS of "it stays as it is" in the same units.
        persistence: f64,
        /// −ln density, in nats.
        log: f64,
        /// (x − mean)/sd.
        z: f64,
    },
    /// Of "it is running".
    Mode {
        /// Brier score.
        brier: f64,
    },
}

/// A rolling window of scores.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    scores: VecDeque<Scored>,
    capacity: usize,
}

/// Means over a window, for people and for the gate.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The verdict.
    pub evidence: Evidence,
    /// Scores in the window.
    pub scored: usize,
    /// Mean CRPS in tolerances.
    pub crps: Option<f64>,
    /// Mean CRPS relative to "it stays as it is"; below 1 is skill. `None` while nothing moves.
    pub relative_crps: Option<f64>,
    /// Mean −ln density [nat].
    pub log_score: Option<f64>,
    /// Mean Brier score of modes.
    pub brier: Option<f64>,
    /// Fraction inside the central 90 % band.
    pub coverage_90: Option<f64>,
    /// Mean |z|; .798 when calibrated.
    pub mean_abs_z: Option<f64>,
    /// Counts of the PIT in ten equal bins: flat when calibrated.
    pub pit: [u32; 10],
    /// Why it is not good, for people.
    pub reason: String,
}

impl Window {
    /// Keeps the last `capacity` scores.
    pub fn new(capacity: usize) -> Self {
        Self { scores: VecDeque::new(), capacity: capacity.max(1) }
    }
    /// Adds a score, forgetting the oldest when full.
    pub fn push(&mut self, score: Scored) {
        if self.scores.len() >= self.capacity {
            self.scores.pop_front();
        }
        self.scores.push_back(score);
    }
    /// Means and verdict; at least `min_count` scores are needed for one.
    pub fn summary(&self, min_count: usize) -> Summary {
        let mut s = Summary { scored: self.scores.len(), ..Summary::default() };
        let numbers: Vec<(f64, f64, f64, f64)> = self
            .scores
            .iter()
            .filter_map(|x| match *x {
                Scored::Number { crps, persistence, log, z } => Some((crps, persistence, log, z)),
                Scored::Mode { .. } => None,
            })
            .collect();
        let modes = self.scores.iter().filter_map(|x| match *x {
            Scored::Mode { brier } => Some(brier),
            Scored::Number { .. } => None,
        });
        s.brier = mean(modes);
        s.crps = mean(numbers.iter().map(|x| x.0));
        s.log_score = mean(numbers.iter().map(|x| x.2));
        s.mean_abs_z = mean(numbers.iter().map(|x| x.3.abs()));
        s.coverage_90 = mean(numbers.iter().map(|x| f64::from(u8::from(x.3.abs() <= 1.644_853_626_951))));
        s.relative_crps = s.crps.zip(mean(numbers.iter().map(|x| x.1))).and_then(|(c, p)| (p > 0.0).then(|| c / p));
        for x in &numbers {
            let bin = (normal_cdf(x.3) * 10.0) as usize;
            s.pit[bin.min(9)] += 1;
        }
        (s.evidence, s.reason) = verdict(&s, min_count);
        s
    }
}

fn verdict(s: &Summary, min_count: usize) -> (Evidence, String) {
    if s.scored < min_count {
        return (Evidence::Unvalidated, format!("{} of {min_count} predictions have come due", s.scored));
    }
    let mut why = Vec::new();
    if let Some(c) = s.crps.filter(|c| *c > CRPS_LIMIT) {
        why.push(format!("mean CRPS is {c:.2} tolerances, at most {CRPS_LIMIT}"));
    }
    if let Some(c) = s.coverage_90.filter(|c| *c < COVERAGE_LIMIT) {
        why.push(format!("{:.0} % of the 90 % bands held, at least {:.0} %", 100.0 * c, 100.0 * COVERAGE_LIMIT));
    }
    if let Some(b) = s.brier.filter(|b| *b > BRIER_LIMIT) {
        why.push(format!("Brier score of modes is {b:.3}, at most {BRIER_LIMIT}"));
    }
    if why.is_empty() { (Evidence::Good, String::new()) } else { (Evidence::Poor, why.join("; ")) }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0u32, 0.0), |(n, s), v| (n + 1, s + v));
    (n > 0).then(|| sum / f64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_have_their_published_values() {
        assert!((crps_normal(2.0, 1.5, 3.1) - 0.658_673_741).abs() < 1e-9);
        assert_eq!(crps_normal(2.0, 0.0, 3.5), 1.5);
        // −ln of the standard normal density at 0
        assert!((log_score_normal(0.0, 1.0, 0.0) - 0.918_938_533_204_672_7).abs() < 1e-12);
        assert!((brier(0.7, true) - 0.09).abs() < 1e-12 && (brier(0.7, false) - 0.49).abs() < 1e-12);
        assert!((normal_cdf(1.644_853_626_951_472_2) - 0.95).abs() < 1e-12);
    }

    #[test]
    fn the_verdict_follows_its_thresholds() {
        let number = |z: f64, crps: f64| Scored::Number { crps, persistence: 1.0, log: 0.0, z };
        let of = |score: Scored, n: usize| {
            let mut w = Window::new(WINDOW);
            (0..n).for_each(|_| w.push(score));
            w.summary(MIN_COUNT)
        };
        assert_eq!(of(number(0.1, 0.2), MIN_COUNT - 1).evidence, Evidence::Unvalidated);
        assert_eq!(of(number(0.1, 0.2), MIN_COUNT).evidence, Evidence::Good);
        assert_eq!(of(number(0.1, 1.1), MIN_COUNT).evidence, Evidence::Poor);
        assert_eq!(of(number(2.0, 0.2), MIN_COUNT).evidence, Evidence::Poor);
        assert_eq!(of(Scored::Mode { brier: 0.16 }, MIN_COUNT).evidence, Evidence::Poor);
        assert_eq!(of(Scored::Mode { brier: 0.14 }, MIN_COUNT).evidence, Evidence::Good);
        assert!(of(number(2.0, 1.1), MIN_COUNT).reason.contains("CRPS") && of(number(2.0, 1.1), MIN_COUNT).reason.contains("bands"));
    }

    #[test]
    fn old_scores_are_forgotten() {
        let mut w = Window::new(30);
        (0..30).for_each(|_| w.push(Scored::Mode { brier: 1.0 }));
        assert_eq!(w.summary(MIN_COUNT).evidence, Evidence::Poor);
        (0..30).for_each(|_| w.push(Scored::Mode { brier: 0.0 }));
        assert_eq!(w.summary(MIN_COUNT).evidence, Evidence::Good);
    }
}
