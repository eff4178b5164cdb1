//! How assets fail and are repaired: hazard laws, what drives them, effects, repair laws, what a repair restores.
//!
//! Owns the laws as pure functions of `libm`; consuming them along a run is `sim`'s. Ages and budgets are those of one life:
//! a life ends when its integrated hazard has used up one Exp(1) number.

use super::model::{AssetId, SpareId};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Boltzmann's constant [eV/K] (CODATA 2018, exact).
const BOLTZMANN_EV_PER_K: f64 = 8.617_333_262e-5;
/// 0 °C [K].
const ZERO_C_IN_K: f64 = 273.15;
/// Temperatures below this are not meant by an Arrhenius law [K].
const COLDEST_K: f64 = 1.0;

/// One way to fail.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FailureMode {
    /// Name within the asset (`bearing`).
    pub id: String,
    /// When it fails.
    pub hazard: Hazard,
    /// Which time makes it older.
    pub ages: Ageing,
    /// What multiplies the hazard; several multiply each other.
    pub covariates: Vec<Covariate>,
    /// Whose temperature the covariates look at; `None`: its own.
    pub temperature_of: Option<AssetId>,
    /// What failing does.
    pub effect: Degradation,
    /// How long a repair takes once a crew is at work.
    pub repair: Repair,
    /// How much younger a repair makes it.
    pub renewal: Renewal,
    /// Skill that the crew needs; `None`: repairs itself without a crew.
    pub skill: Option<String>,
    /// Spare part that a repair uses up.
    pub spare: Option<SpareId>,
    /// Queueing priority of the repair, lower first.
    pub priority: u8,
}

impl FailureMode {
    /// The plain one: ages while it runs, loses the asset, repairs itself and is then as good as new.
    pub fn new(id: &str, hazard: Hazard, repair: Repair) -> Self {
        FailureMode {
            id: id.into(),
            hazard,
            ages: Ageing::Operating,
            covariates: Vec::new(),
            temperature_of: None,
            effect: Degradation::Lost,
            repair,
            renewal: Renewal::AsNew,
            skill: None,
            spare: None,
            priority: 5,
        }
    }
}

/// When an asset fails, as a law of age.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Hazard {
    /// Constant rate with this mean time to failure.
    Exponential {
        /// Mean time to failure.
        mttf: Span,
    },
    /// Weibull on age, survival exp(−(age/scale)^shape).
    Weibull {
        /// Shape, dimensionless, > 0.
        shape: f64,
        /// Scale (63.2 % have failed).
        scale: Span,
    },
    /// Early failures, random failures and wear at once: the hazards of a Weibull with shape < 1, a constant rate and a
    /// Weibull with shape > 1 are added (the first of three independent causes).
    Bathtub {
        /// Shape of the early failures, between 0 and 1.
        early_shape: f64,
        /// Scale of the early failures.
        early_scale: Span,
        /// Mean time to a random failure.
        mttf: Span,
        /// Shape of the wear, above 1.
        wear_shape: f64,
        /// Scale of the wear.
        wear_scale: Span,
    },
    /// Only fails when a script says so.
    Never,
}

/// Which time makes a failure mode older.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Ageing {
    /// Time in which the asset runs.
    #[default]
    Operating,
    /// All time that passes, also at standstill (corrosion, sealing rings, shelf life).
    Calendar,
}

/// What multiplies a hazard, by the present state of the asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Covariate {
    /// Arrhenius: exp(Ea/k · (1/Tref − 1/T)), of the asset's temperature (ambient when it has no thermal facet).
    Arrhenius {
        /// Activation energy [eV], typically 0.3 to 1.1.
        activation_ev: f64,
        /// Temperature at which the factor is 1 [°C].
        reference_c: f64,
    },
    /// exp(β · (T − Tref)), of the same temperature.
    Temperature {
        /// β [1/K]; ln 2 / 10 doubles the rate every 10 K.
        per_k: f64,
        /// Temperature at which the factor is 1 [°C].
        reference_c: f64,
    },
    /// (rise·e^(rise_per_k·ΔT) + fall·e^(−fall_per_k·ΔT)) / (rise + fall) with ΔT = T − Tref: too hot and too cold both hurt
    /// (Marseguerra & Zio 1996).
    TwoExponentials {
        /// Weight of the rising branch, > 0.
        rise: f64,
        /// Its exponent [1/K].
        rise_per_k: f64,
        /// Weight of the falling branch, ≥ 0.
        fall: f64,
        /// Its exponent [1/K].
        fall_per_k: f64,
        /// Temperature at which the factor is 1 [°C].
        reference_c: f64,
    },
    /// (load / reference)^exponent, of the load fraction: rate of a process, output of a giver, else ability.
    Load {
        /// Exponent, ≥ 0.
        exponent: f64,
        /// Load fraction at which the factor is 1, > 0.
        reference: f64,
    },
}

/// What a failure does to the asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Degradation {
    /// Down until repaired.
    Lost,
    /// Works at this fraction until repaired.
    Derated(f64),
    /// Stays fully open (on) whatever commands and controls say, until repaired.
    StuckOpen,
    /// Stays closed (gives nothing) whatever commands and controls say, until repaired.
    StuckClosed,
    /// Stays at this fraction of nominal whatever commands and controls say, until repaired.
    StuckAt(f64),
    /// Sticks open with this probability, else closed; drawn when it fails.
    StuckEither {
        /// Probability of open, 0..=1.
        open: f64,
    },
    /// Its storage loses content until repaired, on top of what is drawn.
    Leak {
        /// Loss [storage amount/h].
        per_h: f64,
        /// Price of what is lost [currency/amount]; default 0.
        #[serde(default)]
        cost_per_unit: f64,
    },
    /// Its sensor lies: control rules that read this asset act on value + bias. Its own physics do not.
    Bias {
        /// Added to the level that controls read [storage amount]; default 0.
        #[serde(default)]
        level: f64,
        /// Added to the temperature that controls read [K]; default 0.
        #[serde(default)]
        celsius: f64,
    },
}

/// Repair time law.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Repair {
    /// Always this long.
    Fixed(Span),
    /// Exponential with this mean.
    Exponential {
        /// Mean.
        mean: Span,
    },
    /// Lognormal: median and σ of the logarithm.
    Lognormal {
        /// Median.
        median: Span,
        /// Standard deviation of ln(time).
        sigma: f64,
    },
    /// Gamma: mean and shape (1 is exponential, an integer k the sum of k phases).
    Gamma {
        /// Mean.
        mean: Span,
        /// Shape, 0.01 to 10,000; the coefficient of variation is 1/√shape.
        shape: f64,
    },
    /// Weibull: survival exp(−(t/scale)^shape).
    Weibull {
        /// Shape, > 0.
        shape: f64,
        /// Scale (63.2 % are done).
        scale: Span,
    },
}

/// How much younger a repair or a planned maintenance makes a failure mode.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Renewal {
    /// As good as new: age 0.
    #[default]
    AsNew,
    /// As bad as old: the age stays (minimal repair).
    Minimal,
    /// Keeps this fraction of its age (Kijima's type II: V ← q·V), 0..=1.
    Partial(f64),
}

impl Renewal {
    /// Fraction of the age that is left.
    pub fn keeps(self) -> f64 {
        match self {
            Renewal::AsNew => 0.0,
            Renewal::Minimal => 1.0,
            Renewal::Partial(q) => q,
        }
    }
}

/// Shape and scale [s] of the Weibull terms whose hazards add up; a scale is never 0.
type Terms = [Option<(f64, f64)>; 3];

impl Hazard {
    fn terms(&self) -> Terms {
        let s = |span: Span| span.s().max(1e-6);
        match *self {
            Hazard::Exponential { mttf } => [Some((1.0, s(mttf))), None, None],
            Hazard::Weibull { shape, scale } => [Some((shape, s(scale))), None, None],
            Hazard::Bathtub { early_shape, early_scale, mttf, wear_shape, wear_scale } => {
                [Some((early_shape, s(early_scale))), Some((1.0, s(mttf))), Some((wear_shape, s(wear_scale)))]
            }
            Hazard::Never => [None; 3],
        }
    }

    /// Integrated hazard at an age [s].
    pub fn cumulative(&self, age_s: f64) -> f64 {
        let term = |(shape, scale): (f64, f64)| if shape == 1.0 { age_s / scale } else { libm::pow(age_s / scale, shape) };
        self.terms().into_iter().flatten().map(term).sum()
    }

    /// Hazard rate at an age [s] [1/s]; infinite at age 0 for shapes below 1.
    pub fn rate(&self, age_s: f64) -> f64 {
        let term = |(shape, scale): (f64, f64)| if shape == 1.0 { 1.0 / scale } else { shape / scale * libm::pow(age_s / scale, shape - 1.0) };
        self.terms().into_iter().flatten().map(term).sum()
    }

    /// Age [s] at which the integrated hazard reaches `budget`; infinite: never. Closed form for one term; the bathtub by
    /// bracketing and Newton steps to 1e-13 relative.
    pub fn age_at(&self, budget: f64) -> f64 {
        let alone = |(shape, scale): (f64, f64)| if shape == 1.0 { scale * budget } else { scale * libm::pow(budget, 1.0 / shape) };
        match self {
            Hazard::Never => f64::INFINITY,
            Hazard::Exponential { .. } | Hazard::Weibull { .. } => self.terms()[0].map_or(f64::INFINITY, alone),
            Hazard::Bathtub { .. } => {
                // the sum reaches the budget no later than each term alone
                let mut high = self.terms().into_iter().flatten().map(alone).fold(f64::INFINITY, f64::min);
                let mut low = 0.0;
                let mut t = high;
                for _ in 0..200 {
                    let excess = self.cumulative(t) - budget;
                    if excess > 0.0 {
                        high = t;
                    } else {
                        low = t;
                    }
                    let newton = t - excess / self.rate(t);
                    let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
                    if (next - t).abs() <= 1e-13 * t {
                        return next;
                    }
                    t = next;
                }
                t
            }
        }
    }

    /// Mean life without covariates, `None` when it never fails; the bathtub's to about 1 %.
    pub fn mean(&self) -> Option<Span> {
        const QUANTILES: u32 = 256;
        match *self {
            Hazard::Never => None,
            Hazard::Exponential { mttf } => Some(mttf),
            Hazard::Weibull { shape, scale } => Some(Span::from_s(scale.s() * libm::tgamma(1.0 + 1.0 / shape))),
            Hazard::Bathtub { .. } => {
                let life = |i: u32| self.age_at(-libm::log((f64::from(i) + 0.5) / f64::from(QUANTILES)));
                Some(Span::from_s((0..QUANTILES).map(life).sum::<f64>() / f64::from(QUANTILES)))
            }
        }
    }
}

impl Covariate {
    /// ln of the factor of a temperature [°C]; 0 for a covariate of the load.
    pub fn log_at_celsius(&self, celsius: f64) -> f64 {
        match *self {
            Covariate::Arrhenius { activation_ev, reference_c } => {
                let kelvin = (celsius + ZERO_C_IN_K).max(COLDEST_K);
                activation_ev / BOLTZMANN_EV_PER_K * (1.0 / (reference_c + ZERO_C_IN_K).max(COLDEST_K) - 1.0 / kelvin)
            }
            Covariate::Temperature { per_k, reference_c } => per_k * (celsius - reference_c),
            Covariate::TwoExponentials { rise, rise_per_k, fall, fall_per_k, reference_c } => {
                let d = celsius - reference_c;
                libm::log((rise * libm::exp(rise_per_k * d) + fall * libm::exp(-fall_per_k * d)) / (rise + fall))
            }
            Covariate::Load { .. } => 0.0,
        }
    }

    /// Derivative of [`Covariate::log_at_celsius`] [1/K].
    pub fn log_slope(&self, celsius: f64) -> f64 {
        match *self {
            Covariate::Arrhenius { activation_ev, .. } => {
                let kelvin = (celsius + ZERO_C_IN_K).max(COLDEST_K);
                activation_ev / BOLTZMANN_EV_PER_K / (kelvin * kelvin)
            }
            Covariate::Temperature { per_k, .. } => per_k,
            Covariate::TwoExponentials { rise, rise_per_k, fall, fall_per_k, reference_c } => {
                let d = celsius - reference_c;
                let (up, down) = (rise * libm::exp(rise_per_k * d), fall * libm::exp(-fall_per_k * d));
                (rise_per_k * up - fall_per_k * down) / (up + down)
            }
            Covariate::Load { .. } => 0.0,
        }
    }

    /// Factor of a load fraction; 1 for a covariate of the temperature.
    pub fn of_load(&self, load: f64) -> f64 {
        match *self {
            Covariate::Load { exponent, reference } => libm::pow((load / reference).max(0.0), exponent),
            Covariate::Arrhenius { .. } | Covariate::Temperature { .. } | Covariate::TwoExponentials { .. } => 1.0,
        }
    }

    /// Whether it looks at the temperature.
    pub fn is_thermal(&self) -> bool {
        match self {
            Covariate::Arrhenius { .. } | Covariate::Temperature { .. } | Covariate::TwoExponentials { .. } => true,
            Covariate::Load { .. } => false,
        }
    }
}

impl Repair {
    /// Mean.
    pub fn mean(&self) -> Span {
        match *self {
            Repair::Fixed(span) | Repair::Exponential { mean: span } | Repair::Gamma { mean: span, .. } => span,
            Repair::Lognormal { median, sigma } => Span::from_s(median.s() * libm::exp(sigma * sigma / 2.0)),
            Repair::Weibull { shape, scale } => Span::from_s(scale.s() * libm::tgamma(1.0 + 1.0 / shape)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bathtub() -> Hazard {
        let h = Span::from_h;
        Hazard::Bathtub { early_shape: 0.5, early_scale: h(5000.0), mttf: h(1000.0), wear_shape: 4.0, wear_scale: h(800.0) }
    }

    #[test]
    fn laws_invert() {
        for hazard in [Hazard::Weibull { shape: 2.5, scale: Span::from_h(10.0) }, Hazard::Exponential { mttf: Span::from_h(7.0) }, bathtub()] {
            for budget in [1e-9, 1e-3, 0.1, 0.7, 3.0, 40.0] {
                let back = hazard.cumulative(hazard.age_at(budget));
                assert!((back - budget).abs() < 1e-11 * budget, "{hazard:?} {budget}: {back}");
            }
        }
    }

    #[test]
    fn rates_are_derivatives() {
        for age in [100.0, 1e5, 1e7] {
            let step = age * 1e-5;
            let slope = (bathtub().cumulative(age + step) - bathtub().cumulative(age - step)) / (2.0 * step);
            assert!((slope - bathtub().rate(age)).abs() < 1e-8 * slope, "{age}");
        }
    }

    #[test]
    fn means() {
        let weibull = Hazard::Weibull { shape: 2.0, scale: Span::from_h(1000.0) };
        assert!((weibull.mean().unwrap().h() - 886.226_925_452_758).abs() < 1e-6);
        // a bathtub of three equal exponentials is one of a third of the mean
        let h = Span::from_h(300.0);
        let flat = Hazard::Bathtub { early_shape: 1.0 - 1e-12, early_scale: h, mttf: h, wear_shape: 1.0 + 1e-12, wear_scale: h };
        assert!((flat.mean().unwrap().h() - 100.0).abs() < 1.0);
    }

    #[test]
    fn covariates_are_one_at_their_reference() {
        let a = Covariate::Arrhenius { activation_ev: 0.7, reference_c: 40.0 };
        assert!(a.log_at_celsius(40.0).abs() < 1e-12);
        // 0.7 eV between 40 and 50 °C: exp(8123.17 · (1/313.15 − 1/323.15))
        assert!((libm::exp(a.log_at_celsius(50.0)) - 2.231_621_164_8).abs() < 1e-8, "{}", libm::exp(a.log_at_celsius(50.0)));
        let slope = (a.log_at_celsius(45.001) - a.log_at_celsius(44.999)) / 0.002;
        assert!((slope - a.log_slope(45.0)).abs() < 1e-7);
        let both = Covariate::TwoExponentials { rise: 3.0295, rise_per_k: 0.05756, fall: 0.7578, fall_per_k: 0.2301, reference_c: 20.0 };
        assert!(both.log_at_celsius(20.0).abs() < 1e-12);
        let exact = (3.0295 * libm::exp(0.05756 * 80.0) + 0.7578 * libm::exp(-0.2301 * 80.0)) / 3.7873;
        assert!((libm::exp(both.log_at_celsius(100.0)) - exact).abs() < 1e-9 * exact);
        let slope = (both.log_at_celsius(30.001) - both.log_at_celsius(29.999)) / 0.002;
        assert!((slope - both.log_slope(30.0)).abs() < 1e-7);
        assert_eq!(Covariate::Load { exponent: 3.0, reference: 0.5 }.of_load(1.0), 8.0);
    }
}
