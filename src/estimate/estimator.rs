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
    sim::Model,
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
    model: Arc<Model>,
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
    pub fn new(model: Arc<Model>, at: Time) -> Self {
        Self::with_window(model, at, REORDER_WINDOW)
    }

    /// With another reorder window.
    pub fn with_window(model: Arc<Model>, at: Time, window: Span) -> Self {
        let plant = model.plant();
        let streams = Arc::new(streams(plant));
        let filters = plant
            .asset_ids()
            .map(|id| {
                let tags: Vec<(TagId, &Tag)> =
                    plant.tags.iter().enumerate().filter(|(_, t)| t.asset == id).map(|(i, t)| (TagId(i as u32), t)).collect();
                let around = Surroundings { net_per_h: 0.0, through_per_h: through(plant, &streams[id.index()]), ambient_c: plant.ambient_c };
                AssetFilter::new(plant.asset(id), &tags, &around, at)
            })
            .collect();
        Self { model, streams, filters, waiting: BTreeMap::new(), window, committed: at, now: at, late: 0 }
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
                apply(&self.model, &self.streams, &mut self.filters, &oldest);
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
            apply(&self.model, &self.streams, &mut self.filters, &sample);
        }
        self.committed = self.committed.max(until);
    }

    /// What is believed at the time of the last [`Estimator::predict_to`].
    pub fn belief(&self) -> Belief {
        let plant = self.model.plant();
        let mut filters = self.filters.clone();
        for sample in self.waiting.values().filter(|s| s.event <= self.now) {
            apply(&self.model, &self.streams, &mut filters, sample);
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

fn apply(model: &Model, streams: &[Vec<Stream>], filters: &mut [AssetFilter], sample: &Sample) {
    let plant = model.plant();
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
