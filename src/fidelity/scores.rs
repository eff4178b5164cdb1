//! The twin's own earlier predictions, kept until they are due, then scored against what was measured.
//!
//! Owns the pending predictions and a rolling window per asset and for the plant. A prediction says what the
//! *model* makes of the plant as it was; when something the model cannot foresee happens first (a failure, a command, a
//! finished repair), what was predicted before it is set aside as `overtaken` — except the predictions about the very
//! asset that changed, which keep testing its hazards. Invariant: recorded = scored + overtaken + missed + pending.

use super::{
    predict::{Expected, PredictOptions, Prediction, predict},
    score::{Evidence, MIN_COUNT, Scored, Summary, WINDOW, Window, brier, crps_normal, log_score_normal},
};
use crate::{
    estimate::{Belief, Sample},
    plant::{AssetId, Plant},
    sim::{Mode, Model, SimError},
    time::{Span, Time},
};
use serde::Serialize;
use std::collections::VecDeque;

/// When and how predictions are made and kept.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FidelityOptions {
    /// Time between predictions [plant time].
    pub every: Span,
    /// How far ahead they reach [plant time].
    pub ahead: Span,
    /// Simulated runs per prediction.
    pub runs: u32,
    /// Seed.
    pub seed: u64,
    /// Scores needed before any verdict, per asset; the plant as a whole needs as many too.
    pub min_count: usize,
}

impl Default for FidelityOptions {
    fn default() -> Self {
        Self { every: Span::from_s(30.0), ahead: Span::from_min(2.0), runs: 4, seed: 0, min_count: MIN_COUNT }
    }
}

/// Pending predictions beyond this are given up, oldest first, and counted as missed.
pub const PENDING_CAPACITY: usize = 50_000;

/// Weight of one more squared error in a tag's typical error.
const ERROR_GAIN: f64 = 0.1;

/// Scores of the twin's own earlier predictions.
#[derive(Clone, Debug)]
pub struct Scores {
    options: FidelityOptions,
    max_age: Vec<Span>,
    pending: Vec<VecDeque<Prediction>>,
    /// Smoothed squared error of each tag's predictions [tag unit²], once there is one.
    error: Vec<Option<f64>>,
    waiting: usize,
    assets: Vec<Window>,
    plant: Window,
    modes: Vec<Mode>,
    next: Option<Time>,
    counts: Counts,
}

/// What became of the predictions. `recorded = scored + overtaken + missed + pending`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Ever made.
    pub recorded: u64,
    /// Scored against a sample.
    pub scored: u64,
    /// Set aside because something unforeseeable happened first.
    pub overtaken: u64,
    /// No sample came in time.
    pub missed: u64,
    /// Not due yet.
    pub pending: u64,
}

/// How well the twin predicted lately.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct FidelityReport {
    /// The plant as a whole.
    pub plant: Summary,
    /// Per asset, in the plant's order.
    pub assets: Vec<Summary>,
    /// What became of the predictions.
    pub counts: Counts,
}

impl FidelityReport {
    /// The worst verdict among some assets; `Unvalidated` when none of them is scored.
    pub fn worst_of(&self, assets: impl IntoIterator<Item = AssetId>) -> Evidence {
        let each: Vec<Evidence> = assets.into_iter().filter_map(|a| self.assets.get(a.index())).map(|s| s.evidence).collect();
        if each.contains(&Evidence::Poor) {
            Evidence::Poor
        } else if each.contains(&Evidence::Good) {
            Evidence::Good
        } else {
            Evidence::Unvalidated
        }
    }
}

impl Scores {
    /// Without predictions yet.
    pub fn new(plant: &Plant, options: FidelityOptions) -> Self {
        Self {
            options,
            max_age: plant.tags.iter().map(|t| t.max_age).collect(),
            pending: vec![VecDeque::new(); plant.tags.len()],
            error: vec![None; plant.tags.len()],
            waiting: 0,
            assets: vec![Window::new(WINDOW); plant.assets.len()],
            plant: Window::new(WINDOW * 4),
            modes: Vec::new(),
            next: None,
            counts: Counts::default(),
        }
    }

    /// Per tick: sets aside what was overtaken and, every [`FidelityOptions::every`], makes predictions.
    /// Returns whether it made some.
    ///
    /// # Errors
    /// [`SimError`] when the belief has no consistent state; nothing is recorded then, the next try is a period later.
    pub fn tick(&mut self, model: &Model, belief: &Belief) -> Result<bool, SimError> {
        self.note_events(belief);
        if self.next.is_some_and(|n| belief.at < n) {
            return Ok(false);
        }
        self.next = Some(belief.at + self.options.every);
        let options = PredictOptions { ahead: self.options.ahead, runs: self.options.runs, seed: self.options.seed };
        for prediction in predict(model, belief, &options)? {
            self.record(prediction);
        }
        Ok(true)
    }

    /// Keeps a prediction until it is due. Its standard deviation is widened to the typical error of its tag lately, so
    /// that a twin announces how wrong it usually is; the error itself is judged by its size in tolerances.
    pub fn record(&mut self, mut prediction: Prediction) {
        let i = prediction.tag.index();
        let Some(queue) = self.pending.get_mut(i) else { return };
        if let (Expected::Number { sd, .. }, Some(error)) = (&mut prediction.expected, self.error[i]) {
            *sd = sd.max(libm::sqrt(error));
        }
        self.counts.recorded += 1;
        if self.waiting >= PENDING_CAPACITY {
            self.counts.missed += 1;
            return;
        }
        self.waiting += 1;
        queue.push_back(prediction);
    }

    /// Scores what is due against an accepted sample.
    pub fn observe(&mut self, sample: &Sample) {
        let i = sample.tag.index();
        if i >= self.pending.len() {
            return;
        }
        while self.pending[i].front().is_some_and(|p| p.due <= sample.event) {
            let Some(p) = self.pending[i].pop_front() else { break };
            self.waiting -= 1;
            if sample.event - p.due > self.max_age[i] {
                self.counts.missed += 1;
                continue;
            }
            self.counts.scored += 1;
            if let Expected::Number { mean, .. } = p.expected {
                let square = (sample.value - mean) * (sample.value - mean);
                self.error[i] = Some(self.error[i].map_or(square, |e| e + ERROR_GAIN * (square - e)));
            }
            let score = score(&p, sample.value);
            self.assets[p.asset.index()].push(score);
            self.plant.push(score);
        }
    }

    /// Compares modes with the last ones: what the model cannot foresee overtakes the predictions made before.
    fn note_events(&mut self, belief: &Belief) {
        let modes: Vec<Mode> = belief.assets.iter().map(|a| a.mode).collect();
        let changed: Vec<bool> = modes.iter().zip(&self.modes).map(|(now, was)| now != was && (outside(*now) || outside(*was))).collect();
        self.modes = modes;
        if !changed.contains(&true) {
            return;
        }
        for queue in &mut self.pending {
            let before = queue.len();
            queue.retain(|p| changed[p.asset.index()] && matches!(p.expected, Expected::Running(_)));
            let gone = before - queue.len();
            self.waiting -= gone;
            self.counts.overtaken += gone as u64;
        }
        // The state after the event is predicted at once.
        self.next = None;
    }

    /// Means and verdicts.
    pub fn report(&self) -> FidelityReport {
        let min = self.options.min_count;
        FidelityReport {
            plant: self.plant.summary(min),
            assets: self.assets.iter().map(|w| w.summary(min)).collect(),
            counts: Counts { pending: self.waiting as u64, ..self.counts },
        }
    }
}

/// Modes that begin or end by what the model cannot foresee: failures, repairs, commands.
fn outside(mode: Mode) -> bool {
    matches!(mode, Mode::Failed | Mode::InRepair | Mode::Off | Mode::Standby | Mode::Starting | Mode::Maintenance)
}

fn score(p: &Prediction, x: f64) -> Scored {
    match p.expected {
        Expected::Running(probability) => Scored::Mode { brier: brier(probability, libm::round(x) == f64::from(Mode::Running.code())) },
        Expected::Number { mean, sd, now, tolerance } => Scored::Number {
            crps: crps_normal(mean, sd, x) / tolerance,
            persistence: crps_normal(now, sd, x) / tolerance,
            log: log_score_normal(mean, sd, x),
            z: (x - mean) / sd.max(1e-12),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        estimate::{
            Estimator, Quality,
            fixture::{BEGIN, plant},
        },
        plant::TagId,
        rng::{Draws, Purpose},
    };
    use std::sync::Arc;

    const LEVEL: TagId = TagId(2);

    fn at(s: f64) -> Time {
        BEGIN + Span::from_s(s)
    }
    fn sample(tag: TagId, value: f64, s: f64) -> Sample {
        Sample { tag, value, event: at(s), ingested: at(s), processed: at(s), quality: Quality::GOOD, sequence: None }
    }
    fn predicted(made: f64, mean: f64) -> Prediction {
        let expected = Expected::Number { mean, sd: 1.0, now: mean, tolerance: 6.0 };
        Prediction { tag: LEVEL, asset: AssetId(1), made: at(made), due: at(made + 120.0), expected }
    }
    /// Predictions every 30 s by a model with an error that grows by `wrong_per_h`, against a level that rises by 10 per hour.
    fn judged(wrong_per_h: f64) -> FidelityReport {
        let mut s = Scores::new(&plant(), FidelityOptions::default());
        let d = Draws::new(1, 0);
        let truth = |t: f64| 100.0 + 10.0 * t / 3600.0;
        for n in 0..240 {
            let t = 5.0 * f64::from(n);
            if n % 6 == 0 {
                s.record(predicted(t, truth(t + 120.0) + wrong_per_h * 120.0 / 3600.0));
            }
            s.observe(&sample(LEVEL, truth(t) + 0.8 * d.normal(1, Purpose::Noise, u64::from(n as u32)), t));
        }
        s.report()
    }

    #[test]
    fn a_right_model_is_good_a_wrong_one_poor_too_little_is_neither() {
        let good = judged(0.0);
        assert_eq!(good.assets[1].evidence, Evidence::Good, "{:?}", good.assets[1]);
        assert!((0.3..1.3).contains(&good.assets[1].mean_abs_z.unwrap()) && good.assets[1].coverage_90.unwrap() > 0.85);
        let poor = judged(200.0);
        assert_eq!(poor.assets[1].evidence, Evidence::Poor, "{:?}", poor.assets[1]);
        assert_eq!(poor.plant.evidence, Evidence::Poor);
        assert_eq!(poor.assets[0].evidence, Evidence::Unvalidated);
        let all = (0..4).map(AssetId);
        assert_eq!(poor.worst_of(all.clone()), Evidence::Poor);
        assert_eq!(good.worst_of(all), Evidence::Good);
        assert_eq!(good.worst_of([AssetId(0)]), Evidence::Unvalidated);
    }

    #[test]
    fn every_prediction_is_accounted_for() {
        let mut s = Scores::new(&plant(), FidelityOptions::default());
        for n in 0..10 {
            s.record(predicted(f64::from(n), 100.0));
        }
        s.observe(&sample(LEVEL, 100.0, 119.0));
        assert_eq!(s.report().counts.scored, 0, "not due");
        s.observe(&sample(LEVEL, 100.0, 124.5));
        assert_eq!((s.report().counts.scored, s.report().counts.pending), (5, 5));
        s.observe(&sample(LEVEL, 100.0, 170.0));
        let c = s.report().counts;
        assert_eq!((c.missed, c.scored, c.pending), (5, 5, 0), "older than the tag's maximum age");
        assert_eq!(c.recorded, c.scored + c.overtaken + c.missed + c.pending);
    }

    #[test]
    fn an_unforeseeable_failure_overtakes_all_but_its_own_hazard() {
        let mut estimator = Estimator::new(Arc::new(plant()), BEGIN);
        let mut s = Scores::new(&plant(), FidelityOptions::default());
        estimator.predict_to(at(1.0));
        s.note_events(&estimator.belief());
        s.record(predicted(0.0, 100.0));
        for (tag, asset) in [(TagId(0), AssetId(0)), (LEVEL, AssetId(1))] {
            s.record(Prediction { tag, asset, made: at(0.0), due: at(120.0), expected: Expected::Running(0.9) });
        }
        for t in [2.0, 7.0] {
            estimator.update(&sample(TagId(0), f64::from(Mode::Failed.code()), t));
        }
        estimator.predict_to(at(8.0));
        s.note_events(&estimator.belief());
        let c = s.report().counts;
        assert_eq!((c.overtaken, c.pending), (2, 1));
        s.observe(&sample(TagId(0), f64::from(Mode::Failed.code()), 121.0));
        assert!((s.assets[0].summary(1).brier.unwrap() - 0.81).abs() < 1e-12);
    }
}
