//! What the twin expects to read some minutes ahead: one number per tag, from simulated runs out of the belief.
//!
//! Owns the tolerances (how far off still counts as right) and the standard deviation of a prediction. Invariant:
//! equal model, belief, seed and time give equal predictions.

use crate::{
    estimate::Belief,
    plant::{AssetId, Plant, Quantity, Tag, TagId},
    rng::Draws,
    sim::{Mode, Model, RunOptions, Script, SimError, State, simulate},
    time::{Span, Time},
};

/// What is predicted of a tag.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Expected {
    /// A number with its standard deviation, and the value when the prediction was made.
    Number {
        /// Mean [tag unit].
        mean: f64,
        /// Standard deviation [tag unit].
        sd: f64,
        /// Value now, for the reference "it stays as it is" [tag unit].
        now: f64,
        /// What counts as right [tag unit].
        tolerance: f64,
    },
    /// The probability that the asset is running.
    Running(f64),
}

/// A prediction that waits for its time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prediction {
    /// Whose.
    pub tag: TagId,
    /// Whose tag.
    pub asset: AssetId,
    /// When it was made.
    pub made: Time,
    /// When it can be scored.
    pub due: Time,
    /// What.
    pub expected: Expected,
}

/// How predictions are made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PredictOptions {
    /// How far ahead [plant time].
    pub ahead: Span,
    /// Simulated runs per prediction.
    pub runs: u32,
    /// Seed of their draws.
    pub seed: u64,
}

/// Predicts every predictable tag.
///
/// # Errors
/// [`SimError`] when the belief has no consistent state or a run does not settle.
pub fn predict(model: &Model, belief: &Belief, options: &PredictOptions) -> Result<Vec<Prediction>, SimError> {
    let plant = model.plant();
    let start = State::from_observed(model, belief.at, &belief.observed(plant))?;
    let run = RunOptions { horizon: options.ahead, sample_every: None, trace: false };
    let mut ends = Vec::new();
    for n in 0..options.runs.max(1) {
        // The time of making keys the run, so that each prediction has draws of its own.
        let draws = Draws::new(options.seed ^ belief.at.0 as u64, u64::from(n));
        ends.push(simulate(model, &start, &Script::empty(), draws, &run)?.end);
    }
    let due = belief.at + options.ahead;
    let each = plant.tags.iter().enumerate().filter_map(|(i, tag)| {
        let expected = expect(model, tag, belief, &start, &ends, options.ahead)?;
        Some(Prediction { tag: TagId(i as u32), asset: tag.asset, made: belief.at, due, expected })
    });
    Ok(each.collect())
}

fn expect(model: &Model, tag: &Tag, belief: &Belief, start: &State, ends: &[State], ahead: Span) -> Option<Expected> {
    if tag.quantity == Quantity::Mode {
        let running = ends.iter().filter(|s| s.mode(tag.asset) == Mode::Running).count() as f64;
        // Laplace's rule keeps a handful of runs from claiming certainty.
        return Some(Expected::Running((running + 0.05) / (ends.len() as f64 + 0.1)));
    }
    let tolerance = tolerance(model.plant(), tag)?;
    let values: Vec<f64> = ends.iter().map(|s| value(model, s, tag)).collect::<Option<_>>()?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    // What the laws leave out: half a tolerance after five minutes, growing with the square root of time.
    let model_sd = 0.5 * tolerance * libm::sqrt(ahead.min() / 5.0).min(1.0);
    let own = known_variance(belief, tag);
    let sd = libm::sqrt(spread + own + model_sd * model_sd + tag.noise_sd * tag.noise_sd);
    Some(Expected::Number { mean, sd, now: value(model, start, tag)?, tolerance })
}

/// The quantity of a tag in a state [tag unit]; `None` when the model does not predict it.
fn value(model: &Model, state: &State, tag: &Tag) -> Option<f64> {
    match &tag.quantity {
        Quantity::Service => Some(state.service(tag.asset)),
        Quantity::Rate => Some(state.rate_per_h(tag.asset)),
        Quantity::Level => state.level(model, tag.asset),
        Quantity::Temperature => state.temperature_c(model, tag.asset),
        Quantity::Drawn(medium) => Some(state.drawn(model, tag.asset, *medium)),
        Quantity::Given(medium) => Some(state.given(model, tag.asset, *medium)),
        Quantity::Mode | Quantity::Free(_) => None,
    }
}

fn known_variance(belief: &Belief, tag: &Tag) -> f64 {
    let b = belief.asset(tag.asset);
    let e = match &tag.quantity {
        Quantity::Level => b.level,
        Quantity::Temperature => b.temperature_c,
        Quantity::Rate | Quantity::Service | Quantity::Mode | Quantity::Drawn(_) | Quantity::Given(_) | Quantity::Free(_) => None,
    };
    e.map_or(0.0, |e| e.variance)
}

/// What counts as right [tag unit]: three standard deviations of the sensor plus 5 % of a nominal rate, 3 % of a
/// capacity, a tenth of the way from set-point to trip (at least 1 K), 10 % of a nominal service. `None`: not predicted.
pub fn tolerance(plant: &Plant, tag: &Tag) -> Option<f64> {
    let asset = plant.asset(tag.asset);
    let scale = match &tag.quantity {
        Quantity::Rate => 0.05 * asset.process.as_ref()?.rate_per_h,
        Quantity::Level => 0.03 * asset.storage?.capacity,
        Quantity::Temperature => asset.thermal.map(|t| (0.1 * (t.trip_c - t.setpoint_c).abs()).max(1.0))?,
        Quantity::Service => 0.1,
        Quantity::Given(m) => 0.1 * asset.gives.iter().filter(|g| g.medium == *m).map(|g| g.capacity).sum::<f64>(),
        Quantity::Drawn(m) => 0.1 * drawn_nominal(plant, tag.asset, *m),
        Quantity::Mode | Quantity::Free(_) => return None,
    };
    let tolerance = scale + 3.0 * tag.noise_sd;
    (tolerance > 0.0).then_some(tolerance)
}

fn drawn_nominal(plant: &Plant, id: AssetId, medium: crate::plant::MediumId) -> f64 {
    let asset = plant.asset(id);
    let needs: f64 = asset.needs.iter().filter(|n| n.medium == medium).map(|n| n.amount).sum();
    let turned = asset.gives.iter().flat_map(|g| g.from.iter().filter(|i| i.medium == medium).map(|i| i.per_unit * g.capacity));
    needs + turned.sum::<f64>()
}
