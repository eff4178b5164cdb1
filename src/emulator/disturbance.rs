//! What happens to the stand-in plant without anybody wanting it: micro-stops of packaging machines, fouling of heat exchange.
//!
//! Pure: the n-th disturbance of an asset is a function of (seed, asset id, n). Time is the engine's, from 0.

use crate::plant::{AssetId, Plant, Shape};
use crate::rng::{Draws, Purpose, stable_id};
use crate::sim::{Intervention, Until};
use crate::time::{Span, Time};

/// Mean time between micro-stops of one machine.
const MICRO_STOP_EVERY_MIN: f64 = 40.0;
/// How often fouling is updated.
const FOULING_STEP: Span = Span(1_800_000_000);
/// Fouling approaches this fraction of capacity …
const FOULING_LIMIT: f64 = 0.06;
/// … with about this time constant [h].
const FOULING_TIME_H: f64 = 18.0;

enum Kind {
    MicroStop,
    Fouling,
}

struct Source {
    asset: AssetId,
    key: u64,
    kind: Kind,
    occurrence: u64,
    next: Time,
}

/// The disturbances of a plant, in time order.
pub(super) struct Disturbances {
    draws: Draws,
    sources: Vec<Source>,
}

impl Disturbances {
    pub fn new(plant: &Plant, seed: u64) -> Self {
        let mut it = Self { draws: Draws::new(seed, 2), sources: Vec::new() };
        for (i, asset) in plant.assets.iter().enumerate() {
            let kind = match asset.body.shape {
                Shape::Depalletiser | Shape::Rinser | Shape::Capper | Shape::Labeller | Shape::Inspector | Shape::Packer | Shape::Palletiser => {
                    Kind::MicroStop
                }
                Shape::Chiller | Shape::CoolingTower | Shape::Condenser | Shape::HeatExchanger => Kind::Fouling,
                _ => continue,
            };
            let mut source = Source { asset: AssetId(i as u32), key: stable_id(&asset.id), kind, occurrence: 0, next: Time::ZERO };
            source.next = it.following(&source, Time::ZERO);
            it.sources.push(source);
        }
        it
    }

    fn following(&self, source: &Source, after: Time) -> Time {
        match source.kind {
            Kind::MicroStop => {
                let gap_min = MICRO_STOP_EVERY_MIN * self.draws.exp1(source.key, Purpose::Disturbance, 2 * source.occurrence);
                after + Span::from_min(gap_min)
            }
            Kind::Fouling => after + FOULING_STEP,
        }
    }

    /// Everything that happens up to and including `end`, in time order; each is returned once.
    pub fn until(&mut self, end: Time) -> Vec<(Time, Intervention)> {
        let mut out = Vec::new();
        for i in 0..self.sources.len() {
            while self.sources[i].next <= end {
                let source = &self.sources[i];
                out.push((source.next, self.what(source)));
                let next = {
                    self.sources[i].occurrence += 1;
                    self.following(&self.sources[i], self.sources[i].next)
                };
                self.sources[i].next = next;
            }
        }
        out.sort_by_key(|(at, _)| *at);
        out
    }

    fn what(&self, source: &Source) -> Intervention {
        match source.kind {
            Kind::MicroStop => {
                let s = 10.0 + 35.0 * self.draws.uniform(source.key, Purpose::Disturbance, 2 * source.occurrence + 1);
                Intervention::Degrade { asset: source.asset, to: 0.0, until: Until::For(Span::from_s(s)) }
            }
            Kind::Fouling => {
                let strength = 0.5 + self.draws.uniform(source.key, Purpose::Hidden, 1);
                let lost = FOULING_LIMIT * strength * (1.0 - libm::exp(-source.next.h() / FOULING_TIME_H));
                Intervention::Degrade { asset: source.asset, to: 1.0 - lost, until: Until::For(FOULING_STEP) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_plausible_micro_stops_and_growing_fouling_whatever_the_steps() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        let end = Time::from_h(24.0);
        let all = Disturbances::new(&plant, 5).until(end);
        let mut stepped = Disturbances::new(&plant, 5);
        let mut pieces = Vec::new();
        for minute in 1..=1440 {
            pieces.extend(stepped.until(Time::from_s(60.0 * f64::from(minute))));
        }
        assert_eq!(all, pieces, "the same whatever the ticks");
        let stops = all.iter().filter(|(_, w)| matches!(w, Intervention::Degrade { to, .. } if *to == 0.0)).count();
        let machines = Disturbances::new(&plant, 5).sources.iter().filter(|s| matches!(s.kind, Kind::MicroStop)).count();
        let expected = machines as f64 * 24.0 * 60.0 / MICRO_STOP_EVERY_MIN;
        assert!(machines > 3 && (stops as f64 - expected).abs() < 4.5 * expected.sqrt(), "{stops} for {expected}");
        let chiller = plant.asset_by_id("CH-1").unwrap();
        let fouling: Vec<f64> = all
            .iter()
            .filter_map(|(_, w)| match w {
                Intervention::Degrade { asset, to, .. } if *asset == chiller => Some(1.0 - to),
                _ => None,
            })
            .collect();
        assert_eq!(fouling.len(), 48);
        assert!(fouling.windows(2).all(|w| w[1] > w[0]) && fouling[47] < 0.09 && fouling[47] > 0.01, "{fouling:?}");
    }
}
