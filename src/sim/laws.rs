//! Repair times by inversion, conditioned on elapsed time; ages in whole microseconds. Pure functions of `libm`.
//!
//! A repair lasts the quantile of its own number: one uniform number, one repair, whatever else happens.

use super::gamma;
use crate::plant::{Hazard, Repair};
use crate::rng::normal_quantile;
use crate::time::Span;

/// Longer than a thousand years is never [s].
pub(super) const NEVER_S: f64 = 3.2e10;

/// Integrated hazard at an age.
pub(super) fn cumulative_hazard(hazard: Hazard, age: Span) -> f64 {
    hazard.cumulative(age.s())
}

/// Age at which the integrated hazard reaches `budget` [µs]; `i64::MAX`: never.
pub(super) fn age_at_hazard(hazard: Hazard, budget: f64) -> i64 {
    let seconds = hazard.age_at(budget);
    if seconds < NEVER_S { Span::from_s(seconds).0 } else { i64::MAX }
}

/// Remaining repair time for the uniform number `u`, given that `elapsed` has already passed.
pub(super) fn remaining_repair(repair: Repair, u: f64, elapsed: Span) -> Span {
    let e = elapsed.s().max(0.0);
    let seconds = match repair {
        Repair::Fixed(span) => span.s() - e,
        Repair::Exponential { mean } => -mean.s() * libm::log1p(-u),
        Repair::Lognormal { median, sigma } => {
            let before = if e <= 0.0 {
                0.0
            } else {
                let z = libm::log(e / median.s().max(1e-6)) / sigma.max(1e-12);
                0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
            };
            let p = (before + u * (1.0 - before)).clamp(1e-300, 1.0 - 1e-15);
            median.s() * libm::exp(sigma * normal_quantile(p)) - e
        }
        Repair::Gamma { mean, shape } => {
            let scale = mean.s().max(1e-6) / shape;
            let (p0, q0) = gamma::incomplete(shape, e / scale);
            // beyond every quantile that can be told apart it ends now
            if q0 < 1e-290 { 0.0 } else { scale * gamma::quantile(shape, p0 + u * q0, q0 * (1.0 - u)) - e }
        }
        Repair::Weibull { shape, scale } => {
            let c = scale.s().max(1e-6);
            c * libm::pow(libm::pow(e / c, shape) - libm::log1p(-u), 1.0 / shape) - e
        }
    };
    Span::from_s(seconds.clamp(0.0, NEVER_S))
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

    #[test]
    fn laws_that_are_the_exponential_in_disguise_agree() {
        let mean = Span::from_h(3.0);
        for u in [1e-6, 0.2, 0.5, 0.99, 1.0 - 1e-9] {
            let plain = remaining_repair(Repair::Exponential { mean }, u, Span::from_h(5.0)).s();
            for law in [Repair::Gamma { mean, shape: 1.0 }, Repair::Weibull { shape: 1.0, scale: mean }] {
                // memoryless: the time that has passed does not matter; 2 µs of rounding
                let got = remaining_repair(law, u, Span::from_h(5.0)).s();
                assert!((got - plain).abs() < 2e-6 + 1e-9 * plain, "{law:?} at {u}: {got}, {plain}");
            }
        }
    }

    #[test]
    fn a_residual_gamma_repair_is_the_conditional_quantile() {
        // Erlang(2) of mean 4 h: S(t) = e^(−t/2)(1 + t/2); after 3 h the residual median r solves S(3 + r) = S(3)/2
        let law = Repair::Gamma { mean: Span::from_h(4.0), shape: 2.0 };
        let survival = |t: f64| libm::exp(-t / 2.0) * (1.0 + t / 2.0);
        let r = remaining_repair(law, 0.5, Span::from_h(3.0)).h();
        assert!((survival(3.0 + r) / survival(3.0) - 0.5).abs() < 1e-8, "{r}");
    }
}
