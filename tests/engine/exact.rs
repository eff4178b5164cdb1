//! Comparing samples with exact figures: means with their errors, Kolmogorov–Smirnov, run counts.
//!
//! Tests run with the first count of [`runs`]; with `PLANTCAST_EXACT=1` (release build) with the second, which is the one
//! that makes the 99.7 % interval narrower than 0.3 % of the exact figure:
//! `PLANTCAST_EXACT=1 cargo test --release --no-default-features --test engine`.

/// How many runs: usually, or for an interval of 0.3 %.
pub fn runs(usual: u64, exact: u64) -> u64 {
    if full() { exact } else { usual }
}

/// Whether the long counts are asked for.
pub fn full() -> bool {
    std::env::var_os("PLANTCAST_EXACT").is_some()
}

pub fn mean_and_error(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (var / n).sqrt())
}

/// The mean lies within 3 standard errors (99.7 %) of the exact figure, and these are at most `width` of it (at most 0.3 %
/// with the long counts). Prints what it found.
pub fn assert_mean(what: &str, x: &[f64], exact: f64, width: f64) {
    let (mean, error) = mean_and_error(x);
    println!("{what}: {mean:.6} ± {:.6} (3 SE, {:.3} %), exact {exact:.6}, n = {}", 3.0 * error, 300.0 * error / exact, x.len());
    assert!((mean - exact).abs() < 3.0 * error, "{what}: {mean} ± {error}, exact {exact}");
    let width = if full() { 0.003 } else { width };
    assert!(3.0 * error <= width * exact.abs(), "{what}: too few runs for {width}: {error}");
}

/// Kolmogorov–Smirnov: √n·D of a sample against a distribution function.
pub fn ks(mut x: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let d = x.iter().enumerate().map(|(i, v)| {
        let p = cdf(*v);
        (p - i as f64 / n).max((i + 1) as f64 / n - p)
    });
    d.fold(0.0, f64::max) * n.sqrt()
}

/// √n·D stays below this with probability 99.9 % when the distribution is right (Kolmogorov's limit law).
pub const KS_999: f64 = 1.949;

/// Composite Simpson rule with an even number of intervals.
pub fn simpson(f: impl Fn(f64) -> f64, a: f64, b: f64, n: u32) -> f64 {
    let h = (b - a) / f64::from(n);
    (0..=n)
        .map(|i| {
            f(a + f64::from(i) * h)
                * if i == 0 || i == n {
                    1.0
                } else if i % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
        })
        .sum::<f64>()
        * h
        / 3.0
}
