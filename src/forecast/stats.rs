//! Statistics of an ensemble: Wilson intervals, quantiles, means and paired differences.
//!
//! Owns pure functions only; every sum runs in index order. Sources: Wilson (1927), J. Am. Stat. Assoc. 22;
//! Hyndman & Fan (1996) definition 7 for quantiles; Abramowitz & Stegun 26.7 for Student's t.

use crate::rng::normal_quantile;
use serde::{Deserialize, Serialize};

/// Wilson score interval of a proportion at 95 %: `(low, high)`; `(0, 1)` without trials.
pub fn wilson(count: u32, trials: u32) -> (f64, f64) {
    wilson_of(f64::from(count), trials)
}

/// Wilson score interval of the mean of values in 0..1 that sum to `count`; conservative when they are not all 0 or 1,
/// since no such variable has a larger variance than the coin of its mean.
pub fn wilson_of(count: f64, trials: u32) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, p, z) = (f64::from(trials), count / f64::from(trials), normal_quantile(0.975));
    let z2 = z * z / n;
    let centre = (p + z2 / 2.0) / (1.0 + z2);
    let half = z * libm::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n)) / (1.0 + z2);
    let low = if count <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if count >= n { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

/// Five quantiles of a sample and its size.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Quantiles {
    /// 5 %.
    pub q05: f64,
    /// 25 %.
    pub q25: f64,
    /// Median.
    pub q50: f64,
    /// 75 %.
    pub q75: f64,
    /// 95 %.
    pub q95: f64,
    /// Values behind them.
    pub count: u32,
}

impl Quantiles {
    /// Of a sample in any order; `None` when it is empty. Sorts in place.
    pub fn of(sample: &mut [f64]) -> Option<Self> {
        sample.sort_by(f64::total_cmp);
        let q = |p| quantile(sample, p);
        Some(Self { q05: q(0.05)?, q25: q(0.25)?, q50: q(0.5)?, q75: q(0.75)?, q95: q(0.95)?, count: sample.len() as u32 })
    }
}

/// Quantile of a sorted sample by linear interpolation of order statistics; `None` when it is empty.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = (position as usize).min(last);
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    Some(a + (b - a) * (position - below as f64))
}

/// A mean with its 95 % interval (Student's t; both ends equal the mean for a single value).
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Mean {
    /// Sample mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Mean and interval of a sample; zeros when it is empty.
pub fn mean(sample: &[f64]) -> Mean {
    let n = sample.len() as f64;
    if sample.is_empty() {
        return Mean { mean: 0.0, low: 0.0, high: 0.0 };
    }
    let mean = sample.iter().sum::<f64>() / n;
    let half = if sample.len() < 2 { 0.0 } else { t_975(sample.len() as u32 - 1) * libm::sqrt(variance(sample, mean) / n) };
    Mean { mean, low: mean - half, high: mean + half }
}

/// Unbiased sample variance about a known mean; 0 below two values.
pub fn variance(sample: &[f64], mean: f64) -> f64 {
    if sample.len() < 2 {
        return 0.0;
    }
    sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (sample.len() as f64 - 1.0)
}

/// The 97.5 % quantile of Student's t with `freedom` ≥ 1 degrees: inversion of the finite sum up to 200
/// degrees, the Cornish–Fisher series beyond (error below 1e-9 there).
pub fn t_975(freedom: u32) -> f64 {
    let z = normal_quantile(0.975);
    if freedom > 200 {
        let n = f64::from(freedom);
        let (z3, z5) = (z * z * z, z * z * z * z * z);
        let z7 = z5 * z * z;
        return z
            + (z3 + z) / (4.0 * n)
            + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n)
            + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n * n * n);
    }
    let (mut low, mut high) = (z, 13.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if t_within(middle, freedom.max(1)) < 0.95 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(|T| ≤ t) for integer degrees of freedom (Abramowitz & Stegun 26.7.3 and 26.7.4).
fn t_within(t: f64, freedom: u32) -> f64 {
    let theta = libm::atan(t / libm::sqrt(f64::from(freedom)));
    let (sin, cos) = (libm::sin(theta), libm::cos(theta));
    let odd = freedom % 2 == 1;
    if freedom == 1 {
        return 2.0 * theta / core::f64::consts::PI;
    }
    let (mut term, mut sum) = if odd { (cos, cos) } else { (1.0, 1.0) };
    let mut k = if odd { 3 } else { 2 };
    while k <= freedom.saturating_sub(2) {
        term *= cos * cos * f64::from(k - 1) / f64::from(k);
        sum += term;
        k += 2;
    }
    if odd { 2.0 / core::f64::consts::PI * (theta + sin * sum) } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wilson_gives_the_published_values() {
        // Newcombe (1998), Stat. Med. 17, table I: 81/263, 15/148, 0/20, 1/29
        for (k, n, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)] {
            let (l, h) = wilson(k, n);
            assert!((l - low).abs() < 6e-5 && (h - high).abs() < 6e-5, "{k}/{n}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(wilson(5, 5).1, 1.0);
    }

    #[test]
    fn students_t_matches_the_tables() {
        for (nu, t) in [(1, 12.706_204_736), (2, 4.302_652_730), (3, 3.182_446_305), (10, 2.228_138_852), (120, 1.979_930_405), (999, 1.962_341_461)]
        {
            assert!((t_975(nu) - t).abs() < 2e-8, "{nu}: {}", t_975(nu));
        }
        assert!((t_975(200) - t_975(201) - 5.9e-5).abs() < 1e-6, "{}", t_975(200) - t_975(201));
    }

    #[test]
    fn quantiles_interpolate_as_r_does() {
        let mut x = [4.0, 1.0, 3.0, 2.0];
        let q = Quantiles::of(&mut x).unwrap();
        assert_eq!((q.q25, q.q50, q.q75, q.count), (1.75, 2.5, 3.25, 4));
        assert_eq!(Quantiles::of(&mut []), None);
    }

    #[test]
    fn mean_has_its_interval() {
        // 1..5: sd 1.5811, t(4) 2.7764
        let m = mean(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((m.high - 3.0 - 2.776_445_105 * 1.581_138_83 / libm::sqrt(5.0)).abs() < 1e-7, "{m:?}");
        assert_eq!(mean(&[2.0]), Mean { mean: 2.0, low: 2.0, high: 2.0 });
    }

    proptest! {
        #[test]
        fn intervals_contain_the_estimate(n in 1u32..5000, share in 0.0f64..=1.0) {
            let k = (f64::from(n) * share) as u32;
            let (l, h) = wilson(k, n);
            let p = f64::from(k) / f64::from(n);
            prop_assert!(0.0 <= l && l <= p && p <= h && h <= 1.0);
        }
        #[test]
        fn quantiles_are_ordered_and_inside(mut x in prop::collection::vec(-1e6f64..1e6, 1..50)) {
            let q = Quantiles::of(&mut x).unwrap();
            prop_assert!(x[0] <= q.q05 && q.q05 <= q.q25 && q.q25 <= q.q50 && q.q50 <= q.q75 && q.q75 <= q.q95 && q.q95 <= x[x.len() - 1]);
        }
    }
}
