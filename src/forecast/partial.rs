//! What an ensemble says while it is still running, and when that is precise enough.
//!
//! Owns partial results at block boundaries and the rule that ends an ensemble early. Invariant: both depend on the
//! futures so far in run order alone, so they are the same for any number of threads.

use super::reduce::Reduction;
use super::request::Precision;
use super::sequence::anytime_proportion;
use super::stats::Mean;
use crate::plant::AssetId;

/// The futures so far.
#[derive(Clone, PartialEq, Debug)]
pub struct Partial {
    /// Futures in the statistics.
    pub done: u32,
    /// Futures that failed.
    pub failed: u32,
    /// Futures asked for.
    pub total: u32,
    /// Doing nothing, then the responses.
    pub alternatives: Vec<PartialAlternative>,
}

/// One alternative so far.
#[derive(Clone, PartialEq, Debug)]
pub struct PartialAlternative {
    /// `nothing`, or the response's id.
    pub id: String,
    /// Impacted assets.
    pub impacts: Vec<PartialImpact>,
    /// Paired profit difference to doing nothing, with its anytime interval [currency]; `None` for doing nothing.
    pub profit_gain: Option<Mean>,
}

/// One asset so far.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PartialImpact {
    /// Which.
    pub asset: AssetId,
    /// Futures with an impact.
    pub count: u32,
    /// Anytime-valid 95 % interval of the probability, lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Partial {
    pub(super) fn of(reduction: &Reduction, total: u32) -> Self {
        let done = reduction.done();
        let alternatives = reduction.counts().into_iter().enumerate().map(|(i, (id, counts))| PartialAlternative {
            id,
            impacts: counts.into_iter().map(|(asset, count)| impact(asset, count, done)).collect(),
            profit_gain: (i > 0).then(|| reduction.profit_gain(i)),
        });
        Partial { done, failed: reduction.failed(), total, alternatives: alternatives.collect() }
    }

    /// Whether everything that was asked for is known precisely enough.
    pub(super) fn precise(&self, asked: &Precision) -> bool {
        let probabilities = asked.probability.is_none_or(|half| {
            let unseen = anytime_proportion(0, self.done).1 / 2.0;
            let widest = self.alternatives.iter().flat_map(|a| &a.impacts).map(|i| (i.high - i.low) / 2.0).fold(unseen, f64::max);
            widest <= half
        });
        let money = asked.money.is_none_or(|share| {
            let gains = self.alternatives.iter().filter_map(|a| a.profit_gain);
            gains.into_iter().all(|m| (m.high - m.low) / 2.0 <= share * m.mean.abs())
        });
        self.done > 1 && probabilities && money
    }
}

fn impact(asset: AssetId, count: u32, done: u32) -> PartialImpact {
    let (low, high) = anytime_proportion(count, done);
    PartialImpact { asset, count, low, high }
}
