//! Cycle times by inversion (Erlang: by the sum of its phases), and what is left of them given what has passed.
//!
//! *Invariant:* pure functions of the law, the stream and the number of the part; all times in µs at full ability.

use super::logarithm::minus_ln;
use crate::plant::CycleLaw;
use crate::rng::{Stream, normal_quantile};
use crate::time::Span;

fn us(t: Span) -> f64 {
    t.0 as f64
}

/// Rounded to the microsecond, not negative; saturates.
fn rounded(x: f64) -> i64 {
    (x + 0.5) as i64
}

/// Work of part number `part` [µs].
pub(super) fn work_us(law: CycleLaw, stream: Stream, part: u64) -> i64 {
    match law {
        CycleLaw::Fixed(t) => t.0,
        CycleLaw::Exponential { mean } => rounded(us(mean) * minus_ln(stream.uniform(part))),
        CycleLaw::Erlang { phases, mean } => {
            let n = u64::from(phases.max(1));
            let sum: f64 = (0..n).map(|k| minus_ln(stream.uniform(part * n + k))).sum();
            rounded(us(mean) / n as f64 * sum)
        }
        CycleLaw::Weibull { shape, scale } => rounded(us(scale) * libm::pow(minus_ln(stream.uniform(part)), 1.0 / shape)),
        CycleLaw::Uniform { .. } | CycleLaw::Triangular { .. } | CycleLaw::Lognormal { .. } => rounded(quantile(law, stream.uniform(part))),
    }
}

/// Work of the parts from number `first` on [µs]: the same numbers as [`work_us`], computed together.
pub(super) fn works_us<const N: usize>(law: CycleLaw, stream: Stream, first: u64, works: &mut [i64; N]) {
    let CycleLaw::Exponential { mean } = law else {
        for (i, work) in works.iter_mut().enumerate() {
            *work = work_us(law, stream, first + i as u64);
        }
        return;
    };
    let mut x = [0.0; N];
    for (i, u) in x.iter_mut().enumerate() {
        *u = stream.uniform(first + i as u64);
    }
    for u in &mut x {
        *u = us(mean) * minus_ln(*u);
    }
    for (work, x) in works.iter_mut().zip(x) {
        *work = rounded(x);
    }
}

/// Value below which a fraction `p` lies, of the laws that are drawn by their distribution.
fn quantile(law: CycleLaw, p: f64) -> f64 {
    match law {
        CycleLaw::Uniform { min, max } => us(min) + p * (us(max) - us(min)),
        CycleLaw::Triangular { min, mode, max } => {
            let (a, c, b) = (us(min), us(mode), us(max));
            let (rise, fall) = ((b - a) * (c - a), (b - a) * (b - c));
            if p * (b - a) <= c - a { a + libm::sqrt(p * rise) } else { b - libm::sqrt((1.0 - p) * fall) }
        }
        CycleLaw::Lognormal { median, sigma } => us(median) * libm::exp(sigma * normal_quantile(p)),
        CycleLaw::Fixed(_) | CycleLaw::Exponential { .. } | CycleLaw::Weibull { .. } | CycleLaw::Erlang { .. } => 0.0,
    }
}

/// Fraction not longer than `x`, of the same laws.
fn distribution(law: CycleLaw, x: f64) -> f64 {
    match law {
        CycleLaw::Uniform { min, max } => ((x - us(min)) / (us(max) - us(min)).max(1.0)).clamp(0.0, 1.0),
        CycleLaw::Triangular { min, mode, max } => {
            let (a, c, b) = (us(min), us(mode), us(max));
            if x <= a {
                0.0
            } else if x < c {
                (x - a) * (x - a) / ((b - a) * (c - a))
            } else if x < b {
                1.0 - (b - x) * (b - x) / ((b - a) * (b - c))
            } else {
                1.0
            }
        }
        CycleLaw::Lognormal { median, sigma } if x > 0.0 => {
            let z = libm::log(x / us(median).max(1.0)) / sigma.max(1e-12);
            0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
        }
        CycleLaw::Lognormal { .. } | CycleLaw::Fixed(_) | CycleLaw::Exponential { .. } | CycleLaw::Weibull { .. } | CycleLaw::Erlang { .. } => 0.0,
    }
}

/// Work of part number `part` [µs], given that `elapsed` µs of it have been done: at least that.
pub(super) fn work_given_us(law: CycleLaw, stream: Stream, part: u64, elapsed: i64) -> i64 {
    if elapsed <= 0 {
        return work_us(law, stream, part);
    }
    let e = elapsed as f64;
    let whole = match law {
        CycleLaw::Fixed(t) => us(t),
        CycleLaw::Exponential { mean } => e + us(mean) * minus_ln(stream.uniform(part)),
        CycleLaw::Weibull { shape, scale } => {
            let passed = libm::pow(e / us(scale), shape);
            us(scale) * libm::pow(passed + minus_ln(stream.uniform(part)), 1.0 / shape)
        }
        CycleLaw::Erlang { phases, mean } => erlang_given(f64::from(phases.max(1)) / us(mean), phases, e, stream.uniform(part)),
        CycleLaw::Uniform { .. } | CycleLaw::Triangular { .. } | CycleLaw::Lognormal { .. } => {
            let before = distribution(law, e);
            quantile(law, (before + stream.uniform(part) * (1.0 - before)).clamp(1e-300, 1.0 - 1e-15))
        }
    };
    rounded(whole.max(e))
}

/// Where the survival of an Erlang law has fallen to `u` times its value at `e`, by bisection.
fn erlang_given(rate: f64, phases: u32, e: f64, u: f64) -> f64 {
    let survival = |x: f64| {
        let mut term = 1.0;
        let mut sum = 1.0;
        for k in 1..phases {
            term *= rate * x / f64::from(k);
            sum += term;
        }
        libm::exp(-rate * x) * sum
    };
    let goal = u * survival(e);
    let (mut low, mut high) = (e, e + f64::from(phases) / rate);
    while survival(high) > goal && high < 1e18 {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if survival(middle) > goal { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Draws, Purpose};

    fn laws() -> Vec<CycleLaw> {
        let s = |x: f64| Span::from_s(x);
        vec![
            CycleLaw::Fixed(s(3.0)),
            CycleLaw::Exponential { mean: s(3.0) },
            CycleLaw::Uniform { min: s(1.0), max: s(5.0) },
            CycleLaw::Triangular { min: s(1.0), mode: s(2.0), max: s(6.0) },
            CycleLaw::Lognormal { median: s(2.5), sigma: 0.6 },
            CycleLaw::Weibull { shape: 2.0, scale: s(3.4) },
            CycleLaw::Erlang { phases: 4, mean: s(3.0) },
        ]
    }

    #[test]
    fn means_are_right() {
        let n = 400_000;
        for law in laws() {
            let stream = Draws::new(3, 0).stream(7, Purpose::Service);
            let (mut sum, mut square) = (0.0, 0.0);
            for part in 0..n {
                let x = work_us(law, stream, part) as f64 * 1e-6;
                sum += x;
                square += x * x;
            }
            let mean = sum / n as f64;
            let error = ((square / n as f64 - mean * mean).max(0.0) / n as f64).sqrt();
            assert!((mean - law.mean_s()).abs() < 4.0 * error + 1e-6, "{law:?}: {mean} ± {error}, {}", law.mean_s());
        }
    }

    #[test]
    fn a_block_gives_the_same_numbers() {
        for law in laws() {
            let stream = Draws::new(3, 1).stream(7, Purpose::Service);
            let mut block = [0i64; 16];
            works_us(law, stream, 32, &mut block);
            assert!(block.iter().enumerate().all(|(i, w)| *w == work_us(law, stream, 32 + i as u64)), "{law:?}");
        }
    }

    #[test]
    fn what_is_left_follows_the_conditional_law() {
        // a sample continued from a third of its mean is distributed like the samples that are longer than that
        let n = 200_000;
        for law in laws() {
            let stream = Draws::new(4, 0).stream(8, Purpose::Service);
            let e = (law.mean_s() * 1e6 / 3.0) as i64;
            let longer: Vec<f64> = (0..n).map(|p| work_us(law, stream, p)).filter(|x| *x > e).map(|x| x as f64).collect();
            let given: Vec<f64> = (n..2 * n).map(|p| work_given_us(law, stream, p, e)).map(|x| x as f64).collect();
            let moments = |x: &[f64]| {
                let mean = x.iter().sum::<f64>() / x.len() as f64;
                (mean, x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (x.len() as f64).powi(2))
            };
            let ((a, va), (b, vb)) = (moments(&longer), moments(&given));
            assert!((a - b).abs() <= 4.0 * (va + vb).sqrt() + 1.0, "{law:?}: {a} {b}");
            assert!(given.iter().all(|x| *x >= e as f64));
        }
    }
}
