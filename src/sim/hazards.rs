//! The integrated hazard under covariates: how much of a life's budget an interval consumes, and when the budget is used up.
//!
//! The hazard of a mode is h(age) · factor(load) · factor(temperature). Load is constant between events; temperature follows
//! a known law (a [`Course`]). Constant factors have closed forms. Otherwise the integral is taken by 10-point Gauss–Legendre
//! panels, each so short that the logarithm of the factor changes by at most a half and the age at most doubles, and the end
//! of the life is the root of that monotone integral, by bracketed Newton steps.
//! *Tolerance:* integral and root to 1e-10 relative (tested); no stepping: the panels depend on the law, not on a clock.

use super::laws::NEVER_S;
use crate::plant::{Covariate, Hazard};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How a temperature moves: T(s) = T0 + r·(1 − e^(−d·s))/d, or T0 + r·s when d = 0; of a coupled temperature a polynomial.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Course {
    /// Anchor.
    pub(super) at: Time,
    /// T0 [°C].
    pub(super) celsius: f64,
    /// r, the slope at the anchor [K/s].
    pub(super) per_s: f64,
    /// d [1/s], ≥ 0.
    pub(super) decay_per_s: f64,
    /// Of a coupled temperature: coefficients by powers of hours, which hold until `until`; else empty.
    pub(super) curve: Vec<f64>,
    pub(super) until: Time,
}

impl Course {
    /// A temperature that stays.
    pub(super) fn constant(celsius: f64) -> Self {
        Course { at: Time::ZERO, celsius, per_s: 0.0, decay_per_s: 0.0, curve: Vec::new(), until: Time::NEVER }
    }

    fn celsius_at(&self, s: f64) -> f64 {
        if !self.curve.is_empty() {
            super::coupled::value(&self.curve, s / 3600.0)
        } else if self.per_s == 0.0 {
            self.celsius
        } else if self.decay_per_s > 0.0 {
            self.celsius - self.per_s / self.decay_per_s * libm::expm1(-self.decay_per_s * s)
        } else {
            self.celsius + self.per_s * s
        }
    }

    fn slope_at(&self, s: f64) -> f64 {
        if self.curve.is_empty() {
            return self.per_s * libm::exp(-self.decay_per_s * s);
        }
        let powers = self.curve.iter().enumerate().skip(1).rev();
        powers.fold(0.0, |sum, (k, c)| sum * (s / 3600.0) + k as f64 * c) / 3600.0
    }
}

/// What consumes a budget from some instant on, until the next event.
#[derive(Debug, Clone)]
pub(super) struct Drive<'a> {
    /// The law of age.
    pub(super) hazard: &'a Hazard,
    /// What multiplies it.
    pub(super) covariates: &'a [Covariate],
    /// Factor of the load covariates.
    pub(super) load_factor: f64,
    /// Temperature.
    pub(super) course: &'a Course,
    /// The instant from which the functions count.
    pub(super) from: Time,
    /// Age at that instant [s].
    pub(super) age_s: f64,
}

/// When a budget is used up [s from `Drive::from`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// Then.
    At(f64),
    /// Not before this; look again.
    NotBefore(f64),
    /// Not in a thousand years.
    Never,
}

/// Nodes and weights of Gauss and Legendre on −1..1 (Abramowitz & Stegun 25.4).
const NODES: [(f64, f64); 5] = [
    (0.148_874_338_981_631_2, 0.295_524_224_714_752_87),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];
/// Change of the logarithm of the factor within a panel.
const PANEL_LOG: f64 = 0.5;
/// Relative length of the first panel of a new life, on which the factor counts as constant.
const FIRST: f64 = 1e-6;
/// Least number of panels of a polynomial: at a turning point its slope says nothing.
const CURVE_PANELS: f64 = 16.0;
/// A remaining change of the logarithm of the factor below this is none.
const FLAT: f64 = 1e-12;
/// Panels before the search pauses.
const PANELS: u32 = 500;

impl Drive<'_> {
    fn offset(&self) -> f64 {
        (self.from - self.course.at).s()
    }

    fn factor(&self, s: f64) -> f64 {
        if self.load_factor <= 0.0 {
            return 0.0;
        }
        let celsius = self.course.celsius_at(self.offset() + s);
        let log: f64 = self.covariates.iter().map(|c| c.log_at_celsius(celsius)).sum();
        // beyond e^±300 the budget is gone at once, or never
        self.load_factor * libm::exp(log.clamp(-300.0, 300.0))
    }

    /// |d ln factor / ds| now, and a bound of what is still to come of it.
    fn change(&self, s: f64) -> (f64, f64) {
        let at = self.offset() + s;
        let slope: f64 = self.covariates.iter().map(|c| c.log_slope(self.course.celsius_at(at))).sum();
        let per_s = (slope * self.course.slope_at(at)).abs();
        (per_s, if self.course.decay_per_s > 0.0 { per_s / self.course.decay_per_s } else { per_s * NEVER_S })
    }

    /// Length of the panel that begins at `s`; infinite: the factor no longer changes.
    fn panel(&self, s: f64) -> f64 {
        let (change, to_come) = self.change(s);
        if self.course.curve.len() > 1 && self.load_factor > 0.0 {
            let whole = (self.course.until - self.course.at).s();
            return self.by_age(s, (PANEL_LOG / change).min(whole / CURVE_PANELS));
        }
        if to_come < FLAT || self.load_factor <= 0.0 {
            return f64::INFINITY;
        }
        let mut length = PANEL_LOG / change;
        if self.course.decay_per_s > 0.0 {
            length = length.min(1.0 / self.course.decay_per_s);
        }
        self.by_age(s, length)
    }

    /// Shortens a panel to the age that the law has reached at its begin.
    fn by_age(&self, s: f64, length: f64) -> f64 {
        match self.hazard {
            Hazard::Exponential { .. } | Hazard::Never => length,
            Hazard::Weibull { .. } | Hazard::Bathtub { .. } => {
                let age = self.age_s + s;
                if age > 0.0 { length.min(age) } else { length * FIRST }
            }
        }
    }

    /// Consumption over `length` from `s`, within one panel.
    fn within(&self, s: f64, length: f64, flat: bool) -> f64 {
        let age = self.age_s + s;
        // the first panel of a new life is so short that its middle stands for it; the rate itself may be infinite at age 0
        let new = age == 0.0 && !matches!(self.hazard, Hazard::Exponential { .. });
        if flat || new {
            return self.factor(s + if flat { 0.0 } else { 0.5 * length }) * (self.hazard.cumulative(age + length) - self.hazard.cumulative(age));
        }
        let half = 0.5 * length;
        let at = |x: f64| self.hazard.rate(age + half * (1.0 + x)) * self.factor(s + half * (1.0 + x));
        half * NODES.iter().map(|(x, w)| w * (at(-x) + at(*x))).sum::<f64>()
    }

    /// How much of a budget the next `dt_s` seconds consume.
    pub(super) fn consumed(&self, dt_s: f64) -> f64 {
        let (mut s, mut sum) = (0.0, 0.0);
        while s < dt_s {
            let panel = self.panel(s);
            let length = panel.min(dt_s - s);
            sum += self.within(s, length, panel.is_infinite());
            // a panel too short to move the clock would never end
            let next = s + length;
            if next <= s {
                break;
            }
            s = next;
        }
        sum
    }

    /// When `budget` is used up.
    pub(super) fn end(&self, budget: f64) -> End {
        let (mut s, mut left) = (0.0, budget);
        // a polynomial says nothing beyond its end
        let valid = if self.course.curve.len() > 1 { (self.course.until - self.from).s() } else { f64::INFINITY };
        for _ in 0..PANELS {
            if s >= valid {
                return End::NotBefore(valid.max(0.0));
            }
            let length = self.panel(s);
            if length.is_infinite() {
                let factor = self.factor(s);
                if factor <= 0.0 {
                    return End::Never;
                }
                let age = self.age_s + s;
                let life = self.hazard.age_at(self.hazard.cumulative(age) + left / factor);
                let at = s + (life - age).max(0.0);
                return if at < NEVER_S { End::At(at) } else { End::Never };
            }
            let here = self.within(s, length, false);
            if here >= left {
                return End::At(s + self.root(s, length, left));
            }
            left -= here;
            s += length;
            if s > NEVER_S {
                return End::Never;
            }
        }
        End::NotBefore(s)
    }

    /// Where within a panel the rest of a budget is used up.
    fn root(&self, s: f64, length: f64, left: f64) -> f64 {
        let (mut low, mut high) = (0.0, length);
        let mut x = 0.5 * length;
        for _ in 0..100 {
            let excess = self.within(s, x, false) - left;
            if excess > 0.0 {
                high = x;
            } else {
                low = x;
            }
            let newton = x - excess / (self.hazard.rate(self.age_s + s + x) * self.factor(s + x));
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            if (next - x).abs() <= 1e-12 * length {
                return next;
            }
            x = next;
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    /// Composite Simpson in the substitution age = a0 + dt·y³, which is smooth for every shape used here.
    fn simpson(d: &Drive<'_>, dt: f64) -> f64 {
        let n = 200_000;
        let f = |y: f64| {
            let s = dt * y * y * y;
            if s == 0.0 { 0.0 } else { d.hazard.rate(d.age_s + s) * d.factor(s) * 3.0 * dt * y * y }
        };
        let h = 1.0 / f64::from(n);
        (0..=n)
            .map(|i| {
                f(f64::from(i) * h)
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

    fn cases() -> Vec<(Hazard, Vec<Covariate>, Course, f64)> {
        let h = Span::from_h;
        let hot = vec![Covariate::Arrhenius { activation_ev: 0.9, reference_c: 40.0 }];
        let ten = vec![Covariate::Temperature { per_k: 0.07, reference_c: 40.0 }];
        let heating = Course { at: Time::ZERO, celsius: 20.0, per_s: 0.05, decay_per_s: 1.0 / 1800.0, curve: Vec::new(), until: Time::NEVER };
        let ramp = Course { decay_per_s: 0.0, per_s: 0.001, ..heating.clone() };
        let cooling = Course { per_s: -0.03, celsius: 110.0, ..heating.clone() };
        let worn = Hazard::Weibull { shape: 3.2, scale: h(20.0) };
        let bath = Hazard::Bathtub { early_shape: 0.6, early_scale: h(900.0), mttf: h(50.0), wear_shape: 4.0, wear_scale: h(30.0) };
        vec![
            (Hazard::Exponential { mttf: h(10.0) }, ten.clone(), heating.clone(), 0.0),
            (worn, hot.clone(), heating.clone(), 0.0),
            (worn, hot.clone(), cooling, 40_000.0),
            (bath, ten.clone(), ramp, 0.0),
            (bath, hot, heating.clone(), 3600.0),
            (Hazard::Weibull { shape: 0.7, scale: h(20.0) }, ten, heating, 0.0),
        ]
    }

    #[test]
    fn the_integral_agrees_with_a_fine_simpson_rule_to_1e_9() {
        for (hazard, covariates, course, age_s) in cases() {
            let d = Drive { hazard: &hazard, covariates: &covariates, load_factor: 1.3, course: &course, from: Time::from_s(600.0), age_s };
            for dt in [60.0, 3600.0, 30_000.0] {
                let (exact, got) = (simpson(&d, dt), d.consumed(dt));
                assert!((got - exact).abs() < 1e-9 * exact, "{hazard:?} {course:?} over {dt} s: {got}, Simpson {exact}");
            }
        }
    }

    #[test]
    fn the_end_of_a_budget_consumes_it_exactly() {
        for (hazard, covariates, course, age_s) in cases() {
            let d = Drive { hazard: &hazard, covariates: &covariates, load_factor: 0.8, course: &course, from: Time::ZERO, age_s };
            for budget in [1e-6, 0.01, 0.7, 5.0] {
                let End::At(s) = d.end(budget) else { panic!("{hazard:?} {budget}") };
                assert!((d.consumed(s) - budget).abs() < 1e-10 * budget, "{hazard:?} {budget}: {}", d.consumed(s));
            }
        }
    }

    #[test]
    fn without_load_or_when_it_gets_ever_colder_nothing_ends() {
        let hazard = Hazard::Exponential { mttf: Span::from_h(1.0) };
        let covariates = [Covariate::Temperature { per_k: 0.1, reference_c: 40.0 }];
        let hot = Course::constant(90.0);
        let falling = Course { celsius: 40.0, per_s: -0.01, ..Course::constant(0.0) };
        let mut d = Drive { hazard: &hazard, covariates: &covariates, load_factor: 0.0, course: &hot, from: Time::ZERO, age_s: 0.0 };
        assert_eq!(d.end(1.0), End::Never);
        d.load_factor = 1.0;
        d.course = &falling;
        // the whole rest of time consumes (1/3600)/0.001 = 0.28 of a budget
        assert!(matches!(d.end(1.0), End::NotBefore(_) | End::Never));
    }
}
