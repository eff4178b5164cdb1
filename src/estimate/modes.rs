//! The belief over the modes of one asset: a small hidden Markov filter.
//!
//! Between samples probabilities move by the plant's own hazards and repairs, plus an unexplained-switch rate for
//! assets that are observed (people and controllers switch things without telling). A reported mode and the
//! asset's rate, service given and service drawn are weighed by their likelihood. This is the first form: one filter per
//! asset, continuous states do not yet feed back into the modes (an interacting-multiple-model filter will).
//! Invariant: probabilities are not negative and sum to 1.

use crate::{
    plant::{Asset, Hazard, InitialMode, Repair},
    sim::Mode,
    time::Span,
};
use serde::{Deserialize, Serialize};

/// Mean time between switches that nothing in the model explains, of an observed asset [s].
const UNEXPLAINED_S: f64 = 1800.0;
/// Probability that a report of full quality is wrong.
const FALSE_REPORT: f64 = 0.001;
/// Likelihood of an analogue value that no mode explains, relative to a uniform one.
const OUTLIER: f64 = 0.05;
/// Mean wait for a crew assumed between failure and repair [s].
const WAIT_S: f64 = 1800.0;
/// Mean time to failure used for Weibull lives: the scale times this (Γ(1 + 1/k) is 0.89..1 for k in 1..4).
const WEIBULL_MEAN: f64 = 0.92;

/// An analogue trace of the mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trace {
    /// Rate of the process.
    Rate,
    /// Service given.
    Given,
    /// Service drawn.
    Drawn,
}

/// Probability of each mode, by [`Mode::code`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ModeBelief(Vec<f64>);

/// Transition rates of one asset [1/s].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ModeRates {
    fail: f64,
    repair: f64,
    unexplained: f64,
}

impl ModeRates {
    /// From the asset's failure modes; `observed` assets may also switch unexplained.
    pub fn of(asset: &Asset, observed: bool) -> Self {
        let fail = asset.reliability.iter().map(|m| hazard_per_s(&m.hazard)).sum();
        let mean = asset.reliability.iter().map(|m| repair_mean(&m.repair).s()).fold(0.0, f64::max);
        let repair = if mean > 0.0 { 1.0 / mean } else { 0.0 };
        Self { fail, repair, unexplained: if observed { 1.0 / UNEXPLAINED_S } else { 0.0 } }
    }
}

/// Long-run failure rate of a hazard while running [1/s].
pub fn hazard_per_s(hazard: &Hazard) -> f64 {
    match hazard {
        Hazard::Exponential { mttf } => 1.0 / mttf.s().max(1.0),
        Hazard::Weibull { scale, .. } => 1.0 / (WEIBULL_MEAN * scale.s()).max(1.0),
        Hazard::Bathtub { .. } => hazard.mean().map_or(0.0, |mean| 1.0 / mean.s().max(1.0)),
        Hazard::Never => 0.0,
    }
}

/// Mean of a repair law.
pub fn repair_mean(repair: &Repair) -> Span {
    repair.mean()
}

impl ModeBelief {
    /// Certain of the mode in which the asset begins.
    pub fn initial(asset: &Asset) -> Self {
        Self::certain(match asset.initial {
            InitialMode::Running => Mode::Running,
            InitialMode::Standby => Mode::Standby,
            InitialMode::Off => Mode::Off,
        })
    }
    /// Certain of one mode.
    pub fn certain(mode: Mode) -> Self {
        let mut p = vec![0.0; Mode::COUNT];
        p[usize::from(mode.code())] = 1.0;
        Self(p)
    }
    /// Probability of a mode.
    pub fn of(&self, mode: Mode) -> f64 {
        self.0[usize::from(mode.code())]
    }
    /// By mode code.
    pub fn probabilities(&self) -> &[f64] {
        &self.0
    }
    /// The most likely mode (the first among equals) and its probability.
    pub fn likeliest(&self) -> (Mode, f64) {
        let mut best = (Mode::Running, -1.0);
        for mode in Mode::ALL {
            if self.of(mode) > best.1 {
                best = (mode, self.of(mode));
            }
        }
        best
    }

    /// Moves on without data.
    pub fn predict(&mut self, rates: &ModeRates, dt_s: f64) {
        let p_of = |rate: f64| 1.0 - libm::exp(-rate * dt_s);
        let [failed, repair, running] = [Mode::Failed, Mode::InRepair, Mode::Running].map(|m| usize::from(m.code()));
        let (fail, begin, end) = (p_of(rates.fail), p_of(if rates.repair > 0.0 { 1.0 / WAIT_S } else { 0.0 }), p_of(rates.repair));
        let mut broke = 0.0;
        for mode in Mode::ALL.into_iter().filter(|m| wears(*m)) {
            let p = &mut self.0[usize::from(mode.code())];
            broke += *p * fail;
            *p *= 1.0 - fail;
        }
        let (began, ended) = (self.0[failed] * begin, self.0[repair] * end);
        self.0[failed] += broke - began;
        self.0[repair] += began - ended;
        self.0[running] += ended;
        let switch = p_of(rates.unexplained);
        let others = (Mode::COUNT - 1) as f64;
        for p in &mut self.0 {
            *p = *p * (1.0 - switch) + (1.0 - *p) * switch / others;
        }
        self.normalise();
    }

    /// Weighs a reported mode; `score` is the sample's quality.
    pub fn report(&mut self, reported: Mode, score: f64) {
        let wrong = (FALSE_REPORT + 0.3 * (1.0 - score)).min(0.5);
        let others = (Mode::COUNT - 1) as f64;
        for mode in Mode::ALL {
            self.0[usize::from(mode.code())] *= if mode == reported { 1.0 - wrong } else { wrong / others };
        }
        self.normalise();
    }

    /// Weighs an analogue value against its nominal, with the sensor's standard deviation.
    pub fn weigh(&mut self, trace: Trace, value: f64, nominal: f64, noise_sd: f64) {
        if nominal.is_nan() || nominal <= 0.0 {
            return;
        }
        let zero_sd = 0.01 * nominal + noise_sd;
        for mode in Mode::ALL {
            self.0[usize::from(mode.code())] *= likelihood(trace, mode, value, nominal, zero_sd);
        }
        self.normalise();
    }

    fn normalise(&mut self) {
        let sum: f64 = self.0.iter().sum();
        if sum > 0.0 && sum.is_finite() {
            self.0.iter_mut().for_each(|p| *p = (*p / sum).max(0.0));
        } else {
            self.0.fill(1.0 / Mode::COUNT as f64);
        }
    }
}

/// Whether an asset ages in this mode.
fn wears(mode: Mode) -> bool {
    matches!(mode, Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked | Mode::Starting)
}

/// Density of a value in a mode, in units of 1/nominal: zero, anything up to nominal, or both.
fn likelihood(trace: Trace, mode: Mode, value: f64, nominal: f64, zero_sd: f64) -> f64 {
    let z = value / zero_sd;
    let zero = libm::exp(-0.5 * z * z) / (zero_sd * 2.506_628_274_631) * nominal;
    let some = if value > -3.0 * zero_sd && value < 1.3 * nominal { 1.0 / 1.3 } else { 0.0 };
    let explained = match (trace, mode) {
        (Trace::Rate, Mode::Running) => {
            if value > 3.0 * zero_sd {
                some
            } else {
                0.1 * some
            }
        }
        (Trace::Given, Mode::Running) => 0.95 * some + 0.05 * zero,
        (Trace::Drawn, Mode::Running) => 0.99 * some + 0.01 * zero,
        (Trace::Drawn, Mode::Idle | Mode::Starved | Mode::Blocked | Mode::Starting) => 0.5 * some + 0.5 * zero,
        (Trace::Given, Mode::Idle) => 0.5 * some + 0.5 * zero,
        _ => zero,
    };
    explained + OUTLIER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> ModeRates {
        ModeRates { fail: 1.0 / 3.6e6, repair: 1.0 / 7200.0, unexplained: 1.0 / UNEXPLAINED_S }
    }

    #[test]
    fn one_report_is_noticed_two_are_believed() {
        let mut b = ModeBelief::certain(Mode::Running);
        b.predict(&rates(), 5.0);
        b.report(Mode::Failed, 1.0);
        assert!(b.of(Mode::Failed) > 0.5, "{:?}", b);
        b.predict(&rates(), 5.0);
        b.report(Mode::Failed, 1.0);
        assert!(b.of(Mode::Failed) > 0.999, "{:?}", b);
        assert!((b.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_doubtful_report_weighs_less() {
        let after = |score| {
            let mut b = ModeBelief::certain(Mode::Running);
            b.predict(&rates(), 5.0);
            b.report(Mode::Off, score);
            b.of(Mode::Off)
        };
        assert!(after(1.0) > after(0.7) && after(0.7) > after(0.3));
    }

    #[test]
    fn no_rate_means_not_running_even_without_a_report() {
        let mut b = ModeBelief::certain(Mode::Running);
        for _ in 0..5 {
            b.predict(&rates(), 5.0);
            b.weigh(Trace::Rate, 0.0, 1000.0, 5.0);
        }
        assert!(b.of(Mode::Running) < 0.05, "{:?}", b);
        for _ in 0..8 {
            b.predict(&rates(), 5.0);
            b.weigh(Trace::Rate, 950.0, 1000.0, 5.0);
        }
        assert!(b.of(Mode::Running) > 0.9, "{:?}", b);
    }

    #[test]
    fn without_data_certainty_decays() {
        let mut b = ModeBelief::certain(Mode::Running);
        let mut last = 1.0;
        for _ in 0..50 {
            b.predict(&rates(), 60.0);
            assert!(b.of(Mode::Running) < last);
            last = b.of(Mode::Running);
        }
        let mut silent = ModeBelief::certain(Mode::Running);
        silent.predict(&ModeRates { unexplained: 0.0, ..rates() }, 3600.0);
        assert!((silent.of(Mode::Failed) - 0.001).abs() < 1e-5, "only the hazard moves an unobserved asset");
    }
}
