//! How a process makes what it makes: by rate (a fluid) or by discrete parts with a cycle time of any law.
//!
//! Owns the description only; the arithmetic of the laws is `sim`'s. All spans are rounded to the microsecond.

use crate::time::Span;
use serde::{Deserialize, Serialize};

/// The form of a process.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Form {
    /// A continuous rate: right when cycles are far shorter than failures and repairs.
    #[default]
    ByRate,
    /// Part by part.
    Parts {
        /// Time that one part takes at full ability.
        cycle: CycleLaw,
        /// Parts worked on at once, each by one of so many equal servers; default 1.
        #[serde(default = "one")]
        servers: u32,
        /// What happens to a finished part that has nowhere to go; default AfterService.
        #[serde(default)]
        blocking: Blocking,
    },
}

/// What happens when a finished part has nowhere to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Blocking {
    /// The part stays on its machine, which can do nothing else until the part leaves.
    #[default]
    AfterService,
}

/// Law of a cycle time. Every cycle has its own keyed draw.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum CycleLaw {
    /// Always this long.
    Fixed(Span),
    /// Exponential. Without inputs: a Poisson source.
    Exponential {
        /// Mean.
        mean: Span,
    },
    /// Uniform between two bounds.
    Uniform {
        /// Shortest.
        min: Span,
        /// Longest.
        max: Span,
    },
    /// Triangular.
    Triangular {
        /// Shortest.
        min: Span,
        /// Most frequent.
        mode: Span,
        /// Longest.
        max: Span,
    },
    /// Lognormal.
    Lognormal {
        /// Median.
        median: Span,
        /// Standard deviation of ln(time), dimensionless.
        sigma: f64,
    },
    /// Weibull: survival exp(−(t/scale)^shape).
    Weibull {
        /// Shape, dimensionless, > 0.
        shape: f64,
        /// Scale (63.2 % are shorter).
        scale: Span,
    },
    /// Erlang: the sum of equal exponential phases.
    Erlang {
        /// Number of phases, 1 to 100.
        phases: u32,
        /// Mean of the sum.
        mean: Span,
    },
}

fn one() -> u32 {
    1
}

impl Form {
    /// Whether it is the default, which documents and hashes leave out.
    pub fn is_by_rate(&self) -> bool {
        *self == Form::ByRate
    }
}

impl CycleLaw {
    /// Mean [s].
    pub fn mean_s(&self) -> f64 {
        match *self {
            CycleLaw::Fixed(t) => t.s(),
            CycleLaw::Exponential { mean } | CycleLaw::Erlang { mean, .. } => mean.s(),
            CycleLaw::Uniform { min, max } => 0.5 * (min.s() + max.s()),
            CycleLaw::Triangular { min, mode, max } => (min.s() + mode.s() + max.s()) / 3.0,
            CycleLaw::Lognormal { median, sigma } => median.s() * libm::exp(0.5 * sigma * sigma),
            CycleLaw::Weibull { shape, scale } => scale.s() * libm::tgamma(1.0 + 1.0 / shape),
        }
    }

    /// The law of a machine that takes `factor` times as long.
    pub fn stretched(&self, factor: f64) -> CycleLaw {
        let by = |t: Span| Span::from_s(t.s() * factor);
        match *self {
            CycleLaw::Fixed(t) => CycleLaw::Fixed(by(t)),
            CycleLaw::Exponential { mean } => CycleLaw::Exponential { mean: by(mean) },
            CycleLaw::Uniform { min, max } => CycleLaw::Uniform { min: by(min), max: by(max) },
            CycleLaw::Triangular { min, mode, max } => CycleLaw::Triangular { min: by(min), mode: by(mode), max: by(max) },
            CycleLaw::Lognormal { median, sigma } => CycleLaw::Lognormal { median: by(median), sigma },
            CycleLaw::Weibull { shape, scale } => CycleLaw::Weibull { shape, scale: by(scale) },
            CycleLaw::Erlang { phases, mean } => CycleLaw::Erlang { phases, mean: by(mean) },
        }
    }
}
