//! Confidence sequences: intervals that hold at every number of futures at once, so that looking (and stopping) early
//! biases nothing.
//!
//! Owns pure functions. Probabilities: the beta-binomial mixture martingale with a uniform prior (Robbins 1970, Ann.
//! Math. Stat. 41; as prior-posterior ratio in Waudby-Smith & Ramdas 2020, NeurIPS), exact for every n. Means: the
//! asymptotic Gaussian-mixture sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, Ann. Stat. 52), valid for
//! values of finite variance as n grows.

use super::stats::{Mean, variance};

/// Promised error over all looks.
const ALPHA: f64 = 0.05;
/// Futures at which the sequence for means is tightest.
const TIGHTEST_AT: f64 = 1000.0;

/// Anytime-valid 95 % interval of a proportion after `count` of `trials`: `(low, high)`; `(0, 1)` without trials.
pub fn anytime_proportion(count: u32, trials: u32) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (s, n) = (f64::from(count), f64::from(trials));
    // log of the martingale at p: log B(s+1, n−s+1) − s log p − (n−s) log(1−p); p is inside while it is below log 1/α
    let log_beta = lgamma(s + 1.0) + lgamma(n - s + 1.0) - lgamma(n + 2.0);
    let outside = |p: f64| {
        let term = |k: f64, x: f64| if k > 0.0 { k * libm::log(x) } else { 0.0 };
        log_beta - term(s, p) - term(n - s, 1.0 - p) >= -libm::log(ALPHA)
    };
    let edge = |out: f64| {
        let (mut out, mut inside) = (out, s / n);
        if !outside(out) {
            return out;
        }
        for _ in 0..60 {
            let middle = 0.5 * (out + inside);
            if outside(middle) { out = middle } else { inside = middle }
        }
        out
    };
    let low = if count == 0 { 0.0 } else { edge(0.0) };
    let high = if count == trials { 1.0 } else { edge(1.0) };
    (low, high)
}

fn lgamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Half-width factor of the anytime interval of a mean: times the standard deviation; infinite below two values.
pub fn anytime_factor(n: usize) -> f64 {
    if n < 2 {
        return f64::INFINITY;
    }
    let log = -2.0 * libm::log(ALPHA);
    let rho2 = (log + libm::log(log + 1.0)) / TIGHTEST_AT;
    let n = n as f64;
    let m = n * rho2 + 1.0;
    libm::sqrt(2.0 * m / (n * n * rho2) * libm::log(libm::sqrt(m) / ALPHA))
}

/// Mean with its anytime-valid 95 % interval; both ends equal the mean below two values.
pub fn anytime_mean(sample: &[f64]) -> Mean {
    if sample.is_empty() {
        return Mean::default();
    }
    let mean = sample.iter().sum::<f64>() / sample.len() as f64;
    let half = if sample.len() < 2 { 0.0 } else { anytime_factor(sample.len()) * libm::sqrt(variance(sample, mean)) };
    Mean { mean, low: mean - half, high: mean + half }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::wilson;
    use proptest::prelude::*;

    #[test]
    fn the_martingale_is_one_over_alpha_at_the_ends() {
        // s = 0 of n: M(p) = 1 / ((n+1) (1−p)^n) = 20 gives the end in closed form
        for n in [1u32, 10, 100, 5000] {
            let exact = 1.0 - libm::pow(1.0 / (20.0 * f64::from(n + 1)), 1.0 / f64::from(n));
            let (low, high) = anytime_proportion(0, n);
            assert!(low == 0.0 && (high - exact.min(1.0)).abs() < 1e-9, "{n}: {high} {exact}");
        }
    }

    #[test]
    fn it_costs_about_half_as_much_width_again() {
        let (l, h) = anytime_proportion(300, 1000);
        let (a, b) = wilson(300, 1000);
        let ratio = (h - l) / (b - a);
        assert!((1.3..2.0).contains(&ratio), "{ratio}");
    }

    proptest! {
        #[test]
        fn it_contains_the_fixed_interval(n in 1u32..3000, share in 0.0f64..=1.0) {
            let k = (f64::from(n) * share) as u32;
            let ((l, h), (a, b)) = (anytime_proportion(k, n), wilson(k, n));
            prop_assert!(l <= a + 0.02 && h >= b - 0.02 && l <= h && (0.0..=1.0).contains(&l) && (0.0..=1.0).contains(&h), "{l} {a} {b} {h}");
        }
    }
}
