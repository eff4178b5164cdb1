//! From the true state to payloads: lag, noise, span, unit, sequence, period.
//!
//! Owns one transmitter per tag. *Invariant:* the n-th sample of a tag carries sequence n and the event time of the instant it
//! shows, and lies within the span that the contract declares.

use crate::link::codec::{Sample, encode};
use crate::plant::{Plant, Quantity, Tag, TagId};
use crate::rng::{Draws, Purpose, stable_id};
use crate::sim::{Model, State};
use crate::time::{Span, Time};
use crate::units::{Unit, UnitError};

/// Publishing is slowed to this real-time interval when the plant clock runs fast, as far as the contract's maximum age allows [s].
const REAL_INTERVAL_S: f64 = 0.1;

struct Transmitter {
    tag: TagId,
    key: u64,
    unit: Unit,
    published: Unit,
    lag_s: f64,
    shown: Option<(Time, f64)>,
    next: Time,
    sequence: u64,
}

/// All transmitters of the plant.
pub(super) struct Sensors {
    draws: Draws,
    noise: f64,
    transmitters: Vec<Transmitter>,
}

/// A payload ready to publish.
pub(super) struct Payload {
    pub tag: TagId,
    pub bytes: Vec<u8>,
}

impl Sensors {
    /// `noise` scales the contracts' standard deviations.
    pub fn new(plant: &Plant, seed: u64, noise: f64, start: Time) -> Result<Self, UnitError> {
        let draws = Draws::new(seed, 3);
        let transmitter = |(i, tag): (usize, &Tag)| {
            let key = stable_id(&tag.id);
            let u = draws.uniform(key, Purpose::Hidden, 0);
            let lag_s = match tag.quantity {
                Quantity::Mode | Quantity::Service | Quantity::Free(_) => 0.0,
                Quantity::Temperature => 5.0 + 20.0 * u,
                Quantity::Rate | Quantity::Level | Quantity::Drawn(_) | Quantity::Given(_) => 1.0 + 7.0 * u,
            };
            // Phases differ, so that a plant does not speak in chorus.
            let phase = Span::from_s(tag.period.s() * draws.uniform(key, Purpose::Hidden, 1));
            let (unit, published) = (Unit::parse(&tag.unit)?, Unit::parse(&tag.published_unit)?);
            Ok(Transmitter { tag: TagId(i as u32), key, unit, published, lag_s, shown: None, next: start + phase, sequence: 0 })
        };
        let transmitters: Result<Vec<_>, UnitError> = plant.tags.iter().enumerate().map(transmitter).collect();
        Ok(Self { draws, noise, transmitters: transmitters? })
    }

    /// Payloads due at `now` on a plant clock that runs at `rate`, showing `state`.
    pub fn due(&mut self, model: &Model, state: &State, now: Time, rate: f64) -> Vec<Payload> {
        let plant = model.plant();
        let mut out = Vec::new();
        for t in &mut self.transmitters {
            let tag = &plant.tags[t.tag.index()];
            if now < t.next {
                continue;
            }
            let interval_s = tag.period.s().max((REAL_INTERVAL_S * rate).min(0.5 * tag.max_age.s())).max(1e-3);
            let behind = ((now - t.next).s() / interval_s).floor() + 1.0;
            t.next = t.next + Span::from_s(behind * interval_s);
            let Some(truth) = truth(model, state, tag) else { continue };
            let value = t.measure(tag, truth, now, self.noise * self.draws.normal(t.key, Purpose::Noise, t.sequence));
            let Ok(value) = t.unit.convert(value, &t.published) else { continue };
            let sample = Sample { value, event: now, unit: Some(&tag.published_unit), quality: Some(192), sequence: Some(t.sequence) };
            t.sequence += 1;
            out.push(Payload { tag: t.tag, bytes: encode(tag.encoding, &sample) });
        }
        out
    }
}

impl Transmitter {
    /// `normal` is the scaled standard normal of this sample.
    fn measure(&mut self, tag: &Tag, truth: f64, now: Time, normal: f64) -> f64 {
        let shown = match self.shown {
            Some((then, last)) if self.lag_s > 0.0 => truth + (last - truth) * libm::exp(-(now - then).s() / self.lag_s),
            _ => truth,
        };
        self.shown = Some((now, shown));
        let exact = match tag.quantity {
            Quantity::Mode => true,
            // Low-flow cut-off: a transmitter shows nothing as exactly nothing.
            Quantity::Rate | Quantity::Drawn(_) | Quantity::Given(_) | Quantity::Service => shown.abs() < 0.2 * tag.noise_sd,
            Quantity::Level | Quantity::Temperature | Quantity::Free(_) => false,
        };
        if exact && tag.quantity != Quantity::Mode {
            return 0f64.clamp(tag.min, tag.max);
        }
        let noise = if exact { 0.0 } else { tag.noise_sd * normal };
        (shown + noise).clamp(tag.min, tag.max)
    }
}

/// The true value of what a tag measures, in the model's unit.
pub(super) fn truth(model: &Model, state: &State, tag: &Tag) -> Option<f64> {
    let a = tag.asset;
    match &tag.quantity {
        Quantity::Mode => Some(f64::from(state.mode(a).code())),
        Quantity::Service => Some(state.service(a)),
        Quantity::Rate => Some(state.rate_per_h(a)),
        Quantity::Level => state.level(model, a),
        Quantity::Temperature => state.temperature_c(model, a),
        Quantity::Drawn(medium) => Some(state.drawn(model, a, *medium)),
        Quantity::Given(medium) => Some(state.given(model, a, *medium)),
        // Nothing drives it here: mid-span with its noise.
        Quantity::Free(_) => Some(0.5 * (tag.min + tag.max)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::codec::decode;
    use crate::plant::Encoding;

    #[test]
    fn every_tag_speaks_in_its_period_and_near_the_truth() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        let model = Model::compile(&plant).unwrap();
        let state = State::nominal(&model);
        let start = Time::from_s(1.7e9);
        let mut sensors = Sensors::new(&plant, 9, 1.0, start).unwrap();
        let mut seen = vec![Vec::new(); plant.tags.len()];
        for tick in 0..6000 {
            let now = start + Span::from_s(0.02 * f64::from(tick));
            for payload in sensors.due(&model, &state, now, 1.0) {
                let tag = &plant.tags[payload.tag.index()];
                let sample = decode(tag.encoding, &payload.bytes).unwrap();
                if tag.encoding == Encoding::Json {
                    assert_eq!(sample.sequence, Some(seen[payload.tag.index()].len() as u64));
                }
                seen[payload.tag.index()].push(sample.value);
            }
        }
        for (tag, values) in plant.tags.iter().zip(&seen) {
            let expected = 120.0 / tag.period.s();
            assert!((values.len() as f64 - expected).abs() <= 1.0, "{}: {} samples, {expected} expected", tag.id, values.len());
            let Some(last) = values.last() else { continue };
            let Some(truth) = truth(&model, &state, tag) else { continue };
            let shown = Unit::parse(&tag.published_unit).unwrap().convert(*last, &Unit::parse(&tag.unit).unwrap()).unwrap();
            assert!((shown - truth).abs() <= 5.0 * tag.noise_sd + 1e-9, "{}: {shown} for {truth}", tag.id);
        }
    }

    #[test]
    fn a_sensor_lags_behind_a_step_and_stays_in_its_span() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        let tag = plant.tags.iter().find(|t| t.quantity == Quantity::Temperature).unwrap();
        let unit = Unit::parse("Cel").unwrap();
        let mut t =
            Transmitter { tag: TagId(0), key: 0, unit: unit.clone(), published: unit, lag_s: 10.0, shown: None, next: Time::ZERO, sequence: 0 };
        assert_eq!(t.measure(tag, 20.0, Time::ZERO, 0.0), 20.0);
        let after_one_lag = t.measure(tag, 30.0, Time::from_s(10.0), 0.0);
        assert!((after_one_lag - (30.0 - 10.0 * libm::exp(-1.0))).abs() < 1e-9, "{after_one_lag}");
        assert_eq!(t.measure(tag, 30.0, Time::from_s(20.0), 1e9), tag.max);
    }

    #[test]
    fn a_fast_clock_slows_publishing_but_never_to_staleness() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        let model = Model::compile(&plant).unwrap();
        let state = State::nominal(&model);
        for rate in [1.0, 60.0, 200.0] {
            let mut sensors = Sensors::new(&plant, 9, 1.0, Time::ZERO).unwrap();
            let mut last = vec![Time::ZERO; plant.tags.len()];
            let mut sent = 0;
            for tick in 1..500 {
                let now = Time::from_s(0.02 * rate * f64::from(tick));
                for p in sensors.due(&model, &state, now, rate) {
                    last[p.tag.index()] = now;
                    sent += 1;
                }
                for (tag, last) in plant.tags.iter().zip(&last) {
                    assert!(now - *last <= tag.max_age, "{} at rate {rate}", tag.id);
                }
            }
            // 10 s of real time
            assert!(f64::from(sent) / 10.0 <= 45.0 * plant.tags.len() as f64, "rate {rate}: {sent}");
        }
    }
}
