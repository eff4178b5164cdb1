//! Quantities that follow the time of day: ambient temperature, energy prices, emission factors.
//!
//! A profile repeats; its knots are instants at which the engine has an event, so that what happens between them is exact.

use super::model::MediumId;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// What happens between knots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Between {
    /// Keeps a knot's value until the next.
    #[default]
    Steps,
    /// Straight from knot to knot, also over the end of the period.
    Linear,
}

/// A periodic quantity.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Profile {
    /// Time within the period and value, in order; at least one.
    pub knots: Vec<(Span, f64)>,
    /// Between knots.
    pub form: Between,
    /// Repeats after this long.
    pub period: Span,
}

impl Profile {
    fn phase(&self, at: Time, offset: Span) -> i64 {
        at.0.saturating_add(offset.0).rem_euclid(self.period.0.max(1))
    }

    /// Value and slope [per h] from `at` on until the next knot; `offset` is the time of day at time zero.
    pub fn from(&self, at: Time, offset: Span) -> (f64, f64) {
        let phase = self.phase(at, offset);
        let next = self.knots.partition_point(|k| k.0.0 <= phase);
        let n = self.knots.len();
        let (last, ahead) = (self.knots[(next + n - 1) % n], self.knots[next % n]);
        match self.form {
            Between::Steps => (last.1, 0.0),
            Between::Linear if n == 1 => (last.1, 0.0),
            Between::Linear => {
                let length = Span((ahead.0.0 - last.0.0).rem_euclid(self.period.0.max(1)));
                let gone = Span((phase - last.0.0).rem_euclid(self.period.0.max(1)));
                let slope = (ahead.1 - last.1) / length.h();
                (last.1 + slope * gone.h(), slope)
            }
        }
    }

    /// The first knot after `at`.
    pub fn next_knot(&self, at: Time, offset: Span) -> Time {
        let phase = self.phase(at, offset);
        let ahead = self.knots.iter().map(|k| k.0.0).find(|k| *k > phase);
        let to = ahead.unwrap_or_else(|| self.knots.first().map_or(0, |k| k.0.0) + self.period.0.max(1));
        at.after(Span(to - phase))
    }

    /// Mean over the period.
    pub fn mean(&self) -> f64 {
        let n = self.knots.len();
        let period = self.period.0.max(1);
        let part = |i: usize| {
            let (a, b) = (self.knots[i], self.knots[(i + 1) % n]);
            let length = if n == 1 { period } else { (b.0.0 - a.0.0).rem_euclid(period) };
            let value = if self.form == Between::Linear { 0.5 * (a.1 + b.1) } else { a.1 };
            value * length as f64 / period as f64
        };
        (0..n).map(part).sum()
    }
}

/// Everything of a plant that follows the time of day.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Profiles {
    /// Time of day when plant time is zero (midnight of UTC live, the start in a simulation).
    pub offset: Span,
    /// Ambient temperature [°C], instead of the constant.
    pub ambient: Option<Profile>,
    /// Price of a medium where it is bought [currency per unit × h], steps only; its mean is `Medium::price_per_unit_h`.
    pub prices: Vec<(MediumId, Profile)>,
    /// Emission factor of a medium where it is bought [kg CO₂ per unit × h], likewise.
    pub co2: Vec<(MediumId, Profile)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_slopes_and_knots_go_round() {
        let h = Span::from_h;
        let p = Profile { knots: vec![(h(6.0), 10.0), (h(18.0), 22.0)], form: Between::Linear, period: h(24.0) };
        assert_eq!(p.from(Time::from_h(12.0), Span::ZERO), (16.0, 1.0));
        assert_eq!(p.from(Time::from_h(24.0), Span::ZERO), (16.0, -1.0));
        assert_eq!(p.from(Time::from_h(1.0), h(11.0)), (16.0, 1.0));
        assert_eq!(p.next_knot(Time::from_h(18.0), Span::ZERO), Time::from_h(30.0));
        assert_eq!(p.next_knot(Time::from_h(3.0), Span::ZERO), Time::from_h(6.0));
        assert_eq!(p.mean(), 16.0);
        let steps = Profile { form: Between::Steps, ..p };
        assert_eq!(steps.from(Time::from_h(3.0), Span::ZERO), (22.0, 0.0));
        assert_eq!(steps.mean(), 16.0);
    }
}
