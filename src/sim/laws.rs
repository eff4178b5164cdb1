//! Life and repair laws by inversion, with conditioning on age and elapsed time. Pure functions of `libm`.
//!
//! A life ends when its integrated hazard has used up an Exp(1) budget; a repair lasts the quantile of its own number.

use crate::plant::{Hazard, Repair};
use crate::rng::normal_quantile;
use crate::time::Span;

/// Integrated hazard at an age.
pub(super) fn cumulative_hazard(hazard: Hazard, age: Span) -> f64 {
    match hazard {
        Hazard::Exponential { mttf } => age.s() / mttf.s().max(1e-6),
        Hazard::Weibull { shape, scale } => libm::pow(age.s() / scale.s().max(1e-6), shape),
        Hazard::Never => 0.0,
    }
}

/// Age at which the integrated hazard reaches `budget` [µs]; `i64::MAX`: never.
pub(super) fn age_at_hazard(hazard: Hazard, budget: f64) -> i64 {
    let seconds = match hazard {
        Hazard::Exponential { mttf } => mttf.s() * budget,
        Hazard::Weibull { shape, scale } => scale.s() * libm::pow(budget, 1.0 / shape),
        Hazard::Never => return i64::MAX,
    };
    // beyond a thousand years: never
    if seconds < 3.2e10 { Span::from_s(seconds).0 } else { i64::MAX }
}

fn distribution(repair: Repair, t_s: f64) -> f64 {
    match repair {
        Repair::Fixed(_) => 0.0,
        Repair::Exponential { mean } => -libm::expm1(-t_s / mean.s().max(1e-6)),
        Repair::Lognormal { median, sigma } => {
            if t_s <= 0.0 {
                return 0.0;
            }
            let z = libm::log(t_s / median.s().max(1e-6)) / sigma.max(1e-12);
            0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
        }
    }
}

/// Remaining repair time for the uniform number `u`, given that `elapsed` has already passed.
pub(super) fn remaining_repair(repair: Repair, u: f64, elapsed: Span) -> Span {
    let e = elapsed.s().max(0.0);
    let before = distribution(repair, e);
    let seconds = match repair {
        Repair::Fixed(span) => span.s() - e,
        Repair::Exponential { mean } => -mean.s() * libm::log1p(-u),
        Repair::Lognormal { median, sigma } => {
            let p = (before + u * (1.0 - before)).clamp(1e-300, 1.0 - 1e-15);
            median.s() * libm::exp(sigma * normal_quantile(p)) - e
        }
    };
    Span::from_s(seconds.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weibull_inverts() {
        let hazard = Hazard::Weibull { shape: 2.0, scale: Span::from_h(10.0) };
        let age = Span(age_at_hazard(hazard, 0.7));
        assert!((cumulative_hazard(hazard, age) - 0.7).abs() < 1e-9);
    }

    #[test]
    fn residual_lognormal_repair_is_the_conditional_quantile() {
        let law = Repair::Lognormal { median: Span::from_h(2.0), sigma: 0.5 };
        assert!((remaining_repair(law, 0.5, Span::ZERO).h() - 2.0).abs() < 1e-6);
        // given 2 h elapsed (the median), the conditional median is the 75 % quantile
        let quartile = 2.0 * libm::exp(0.5 * normal_quantile(0.75));
        assert!((remaining_repair(law, 0.5, Span::from_h(2.0)).h() - (quartile - 2.0)).abs() < 1e-6);
    }
}
