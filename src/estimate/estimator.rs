//! The estimator: accepted samples in, the plant's belief out.
//!
//! Owns one filter per asset and the reorder window. Samples wait in order of event time until the window has
//! passed, then they are committed; the belief shown is the committed state plus the waiting samples plus a
//! prediction to now, so waiting costs no delay. Coupled assets exchange mean rates. Invariant: any arrival order
//! within the window leads to the identical state, bit for bit; a sample older than what is committed is counted
//! and left out.

use super::{
    asset::{AssetFilter, Surroundings},
    belief::Belief,
    flows::{Stream, streams},
    sample::Sample,
};
use crate::{
    plant::{AssetId, Plant, Tag, TagId},
    time::{Span, Time},
};
use std::{collections::BTreeMap, sync::Arc};

/// Default reorder window [plant time].
pub const REORDER_WINDOW: Span = Span(2_000_000);
/// Most samples that wait; beyond it the oldest are committed early.
pub const WAITING_CAPACITY: usize = 20_000;

/// Event time, tag, publisher's number, bits of the value: a total order that arrival does not touch.
type Key = (Time, TagId, u64, u64);

/// Turns accepted samples into a [`Belief`].
#[derive(Clone, Debug)]
pub struct Estimator {
    plant: Arc<Plant>,
    streams: Arc<Vec<Vec<Stream>>>,
    filters: Vec<AssetFilter>,
    waiting: BTreeMap<Key, Sample>,
    window: Span,
    committed: Time,
    now: Time,
    late: u64,
}

impl Estimator {
    /// Before any sample, at plant time `at`, with the default window.
    pub fn new(plant: Arc<Plant>, at: Time) -> Self {
        Self::with_window(plant, at, REORDER_WINDOW)
    }

    /// With another reorder window.
    pub fn with_window(plant: Arc<Plant>, at: Time, window: Span) -> Self {
        let streams = Arc::new(streams(&plant));
        let filters = plant
            .asset_ids()
            .map(|id| {
                let tags: Vec<(TagId, &Tag)> =
                    plant.tags.iter().enumerate().filter(|(_, t)| t.asset == id).map(|(i, t)| (TagId(i as u32), t)).collect();
                let around = Surroundings { net_per_h: 0.0, through_per_h: through(&plant, &streams[id.index()]), ambient_c: plant.ambient_c };
                AssetFilter::new(plant.asset(id), &tags, &around, at)
            })
            .collect();
        Self { plant, streams, filters, waiting: BTreeMap::new(), window, committed: at, now: at, late: 0 }
    }

    /// Takes an accepted sample. One older than what is committed is counted as late and left out.
    pub fn update(&mut self, sample: &Sample) {
        if sample.event < self.committed {
            self.late += 1;
            return;
        }
        let key = (sample.event, sample.tag, sample.sequence.unwrap_or(0), sample.value.to_bits());
        self.waiting.insert(key, *sample);
        while self.waiting.len() > WAITING_CAPACITY {
            if let Some((key, oldest)) = self.waiting.pop_first() {
                apply(&self.plant, &self.streams, &mut self.filters, &oldest);
                self.committed = self.committed.max(key.0);
            }
        }
    }

    /// Moves on to plant time `now`: commits what has waited through the window. Never goes back.
    pub fn predict_to(&mut self, now: Time) {
        self.now = self.now.max(now);
        let until = self.now - self.window;
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let sample = entry.remove();
            apply(&self.plant, &self.streams, &mut self.filters, &sample);
        }
        self.committed = self.committed.max(until);
    }

    /// What is believed at the time of the last [`Estimator::predict_to`].
    pub fn belief(&self) -> Belief {
        let plant = &*self.plant;
        let mut filters = self.filters.clone();
        for sample in self.waiting.values().filter(|s| s.event <= self.now) {
            apply(&self.plant, &self.streams, &mut filters, sample);
        }
        for id in plant.asset_ids() {
            advance(plant, &self.streams, &mut filters, id, self.now);
        }
        Belief { at: self.now, assets: filters.iter().zip(&plant.assets).map(|(f, a)| f.belief(a)).collect() }
    }

    /// Samples left out because they came after the window.
    pub fn late(&self) -> u64 {
        self.late
    }
    /// Samples that wait for the window to pass.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

fn apply(plant: &Plant, streams: &[Vec<Stream>], filters: &mut [AssetFilter], sample: &Sample) {
    let Some(tag) = plant.tags.get(sample.tag.index()) else { return };
    advance(plant, streams, filters, tag.asset, sample.event);
    filters[tag.asset.index()].update(plant.asset(tag.asset), tag, sample);
}

fn advance(plant: &Plant, streams: &[Vec<Stream>], filters: &mut [AssetFilter], id: AssetId, to: Time) {
    let own = &streams[id.index()];
    let net_per_h = own.iter().map(|s| s.per_unit * filters[s.asset.index()].rate_per_h(plant.asset(s.asset))).sum();
    let around = Surroundings { net_per_h, through_per_h: through(plant, own), ambient_c: plant.ambient_c };
    filters[id.index()].advance(plant.asset(id), &around, to);
}

/// Sum of the sizes of the flows at nominal rates [amount/h].
fn through(plant: &Plant, streams: &[Stream]) -> f64 {
    streams.iter().map(|s| s.per_unit.abs() * plant.asset(s.asset).process.as_ref().map_or(0.0, |p| p.rate_per_h)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::{
        fixture::{BEGIN, plant},
        sample::Quality,
    };
    use super::*;
    use crate::{
        rng::{Draws, Purpose},
        sim::Mode,
    };

    fn at(s: f64) -> Time {
        BEGIN + Span::from_s(s)
    }
    fn sample(tag: u32, value: f64, s: f64) -> Sample {
        Sample { tag: TagId(tag), value, event: at(s), ingested: at(s), processed: at(s), quality: Quality::GOOD, sequence: None }
    }
    /// Minutes of a quiet plant: rates 100 and 90, so the tank rises by 10 m³/h; the bath holds 60 °C.
    fn quiet(minutes: u32, noise: f64) -> Vec<Sample> {
        let d = Draws::new(3, 0);
        let mut out = Vec::new();
        for n in 0..minutes * 12 {
            let s = 5.0 * f64::from(n);
            let e = |tag: u32| noise * d.normal(u64::from(tag), Purpose::Noise, u64::from(n));
            let values = [0.0, 100.0 + 0.5 * e(1), 100.0 + 10.0 * s / 3600.0 + 0.5 * e(2), 90.0 + 0.5 * e(3), 60.0 + 0.1 * e(4)];
            out.extend(values.iter().enumerate().map(|(tag, v)| sample(tag as u32, *v, s)));
        }
        out
    }
    fn run(samples: &[Sample], until: f64) -> Estimator {
        let mut e = Estimator::new(Arc::new(plant()), BEGIN);
        for s in samples {
            e.update(s);
            e.predict_to(s.event);
        }
        e.predict_to(at(until));
        e
    }

    #[test]
    fn a_quiet_plant_is_known_consistent_and_trusted() {
        let b = run(&quiet(30, 1.0), 1800.0).belief();
        let [pump, tank, filler, bath] = [&b.assets[0], &b.assets[1], &b.assets[2], &b.assets[3]];
        assert!(pump.mode == Mode::Running && pump.mode_probability > 0.99, "{pump:?}");
        assert!(filler.mode == Mode::Running && filler.mode_probability > 0.9, "inferred from its rate: {filler:?}");
        let level = tank.level.unwrap();
        assert!((level.mean - 105.0).abs() < 0.5 && level.sd() < 0.5, "{level:?}");
        let t = bath.temperature_c.unwrap();
        assert!((t.mean - 60.0).abs() < 0.2 && t.sd() < 0.1, "{t:?}");
        assert!((0.4..2.0).contains(&bath.drift) && (0.4..2.0).contains(&tank.drift), "{} {}", bath.drift, tank.drift);
        assert!(pump.confidence > 0.9 && !pump.stale && !pump.imputed && b.confidence() > 0.9);
    }

    #[test]
    fn without_data_variance_grows_trust_falls_and_it_says_imputed() {
        let mut e = run(&quiet(20, 1.0), 1200.0);
        let (mut level, mut temperature, mut confidence) = (0.0, 0.0, 1.1);
        for minute in 0..30 {
            e.predict_to(at(1200.0 + 60.0 * f64::from(minute)));
            let b = e.belief();
            let (l, t) = (b.assets[1].level.unwrap().variance, b.assets[3].temperature_c.unwrap().variance);
            assert!(l > level && t > temperature, "minute {minute}");
            assert!(b.assets[1].confidence <= confidence);
            (level, temperature, confidence) = (l, t, b.assets[1].confidence);
            assert_eq!(b.assets[1].imputed && b.assets[1].stale, minute > 0, "minute {minute}");
        }
        assert!(confidence < 0.01);
        let b = e.belief();
        let level = b.assets[1].level.unwrap();
        assert!((level.mean - (100.0 + 10.0 * 2940.0 / 3600.0)).abs() < 2.0 * level.sd(), "the model carries on: {level:?}");
    }

    #[test]
    fn a_stop_is_noticed_by_report_and_by_rate() {
        let mut samples = quiet(10, 1.0);
        for n in 0..4 {
            let s = 600.0 + 5.0 * f64::from(n);
            samples.extend([sample(0, f64::from(Mode::Failed.code()), s), sample(1, 0.0, s), sample(3, 0.0, s)]);
        }
        let b = run(&samples, 615.0).belief();
        assert!(b.assets[0].mode == Mode::Failed && b.assets[0].mode_probability > 0.99, "{:?}", b.assets[0]);
        assert!((b.assets[0].mode_since - at(600.0)).s().abs() < 6.0);
        assert!(b.assets[2].mode != Mode::Running, "{:?}", b.assets[2]);
        assert!(b.assets[2].rate.unwrap().mean < 1.0 && b.assets[2].service.unwrap().mean < 0.01);
        assert!(b.assets[0].drift < 2.0, "a switch is not drift");
    }

    #[test]
    fn a_plant_unlike_the_model_shows_as_drift() {
        let mut samples = quiet(10, 1.0);
        // the bath heats at .05 K/s, the law allows .025 at most
        samples.extend((0..24).map(|n| sample(4, 60.0 + 0.5 * f64::from(n), 600.0 + 5.0 * f64::from(n))));
        let b = run(&samples, 715.0).belief();
        assert!(b.assets[3].drift > 3.0 && b.assets[3].confidence < 0.95, "{:?}", b.assets[3]);
    }

    #[test]
    fn arrival_order_within_the_window_changes_nothing() {
        let mut samples = quiet(10, 1.0);
        let hash = |samples: &[Sample]| {
            let mut e = Estimator::with_window(Arc::new(plant()), BEGIN, Span::from_s(30.0));
            for (n, s) in samples.iter().enumerate() {
                e.update(s);
                e.predict_to(at(n as f64));
            }
            e.predict_to(at(650.0));
            assert_eq!(e.late(), 0);
            e.belief().hash()
        };
        let sorted = hash(&samples);
        let d = Draws::new(9, 0);
        for round in 0..5 {
            for block in samples.chunks_mut(12) {
                for i in (1..block.len()).rev() {
                    let j = (d.bits(round, Purpose::Resample, i as u64) % (i as u64 + 1)) as usize;
                    block.swap(i, j);
                }
            }
            assert_eq!(hash(&samples), sorted);
        }
        samples.iter_mut().rfind(|s| s.tag == TagId(2)).unwrap().value += 1e-6;
        assert_ne!(hash(&samples), sorted);
    }

    #[test]
    fn what_comes_after_the_window_is_counted_and_left_out() {
        let mut e = run(&quiet(2, 0.0), 120.0);
        let before = e.belief().hash();
        e.update(&sample(2, 10.0, 30.0));
        assert_eq!((e.late(), e.belief().hash() == before), (1, true));
    }
}
