//! The first root of a polynomial on an interval: none is missed, the answer is good to a tenth of a microsecond.
//!
//! Bernstein form: the polynomial lies within the hull of its coefficients, so an interval without sign change has no root.
//! Pure functions on stack memory.

use super::taylor::ORDER;

const N: usize = ORDER + 1;
/// Resolution [h]: a tenth of a microsecond.
const RESOLUTION_H: f64 = 2.8e-11;

/// Bernstein coefficients on 0..h of a polynomial given by powers.
pub(super) fn bernstein(curve: &[f64], h: f64) -> [f64; N] {
    let mut scaled = [0.0; N];
    let mut power = 1.0;
    for (k, c) in curve.iter().enumerate() {
        scaled[k] = c * power;
        power *= h;
    }
    // b_i = sum_j C(i,j)/C(n,j) a_j, by repeated sums
    let n = ORDER as f64;
    let mut binomial = 1.0;
    for (j, a) in scaled.iter_mut().enumerate() {
        *a /= binomial;
        binomial *= (n - j as f64) / (j as f64 + 1.0);
    }
    for round in 0..ORDER {
        for i in (round + 1..N).rev() {
            scaled[i] += scaled[i - 1];
        }
    }
    scaled
}

fn changes(b: &[f64; N]) -> u32 {
    let mut last = 0.0f64;
    let mut count = 0;
    for &x in b.iter().filter(|x| **x != 0.0) {
        count += u32::from(last * x.signum() < 0.0);
        last = x.signum();
    }
    count
}

/// The halves of a Bernstein form (de Casteljau).
fn halves(b: &[f64; N]) -> ([f64; N], [f64; N]) {
    let (mut left, mut right) = (*b, *b);
    for (round, corner) in left.iter_mut().enumerate() {
        *corner = right[0];
        for i in 0..N - 1 - round {
            right[i] = 0.5 * (right[i] + right[i + 1]);
        }
    }
    (left, right)
}

/// The first root of `curve − threshold` in (0, h]; a curve that begins at the threshold is asked when it comes back to it.
pub(super) fn first(curve: &[f64], form: &[f64; N], threshold: f64, h: f64) -> Option<f64> {
    let at_start = curve.first().is_some_and(|c| *c == threshold);
    if !at_start {
        let mut shifted = *form;
        shifted.iter_mut().for_each(|b| *b -= threshold);
        return search(&shifted, 0.0, h, 0);
    }
    // p(s) − p(0) = s · q(s)
    let quotient = curve.get(1..).unwrap_or_default();
    search(&bernstein(quotient, h), 0.0, h, 0)
}

fn search(b: &[f64; N], from: f64, width: f64, depth: u32) -> Option<f64> {
    match changes(b) {
        0 => (b[ORDER] == 0.0 && b.iter().any(|x| *x != 0.0)).then_some(from + width),
        _ if width < RESOLUTION_H || depth > 60 => Some(from + width),
        _ => {
            let (left, right) = halves(b);
            let half = 0.5 * width;
            // a root exactly in the middle is seen by neither side's signs
            let middle = (left[ORDER] == 0.0).then_some(from + half);
            search(&left, from, half, depth + 1).or(middle).or_else(|| search(&right, from + half, half, depth + 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(curve: &[f64], threshold: f64, h: f64) -> Option<f64> {
        first(curve, &bernstein(curve, h), threshold, h)
    }

    #[test]
    fn the_first_of_several_roots() {
        // (s − 0.2)(s − 0.3)(s − 0.9)
        let curve = [-0.054, 0.51, -1.4, 1.0];
        let found = root(&curve, 0.0, 1.0).unwrap();
        assert!((found - 0.2).abs() < 1e-9, "{found}");
        assert_eq!(root(&curve, 10.0, 1.0), None);
    }

    #[test]
    fn a_touch_from_below_that_does_not_reach_is_no_root() {
        // 1 − (s − 0.5)^2 has its top of 1 at 0.5
        let curve = [0.75, 1.0, -1.0];
        assert_eq!(root(&curve, 1.0 + 1e-9, 1.0), None);
        let found = root(&curve, 1.0 - 1e-6, 1.0).unwrap();
        assert!((found - 0.499).abs() < 1e-9, "{found}");
    }

    #[test]
    fn a_start_on_the_threshold_counts_only_when_it_returns() {
        let curve = [5.0, 1.0, -2.0];
        assert!((root(&curve, 5.0, 1.0).unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(root(&[5.0, 1.0], 5.0, 1.0), None);
        assert_eq!(root(&[5.0], 5.0, 1.0), None);
    }
}
