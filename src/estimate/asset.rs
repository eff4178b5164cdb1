//! The filters of one asset: its modes, temperature, level, rate and service, moved and updated together.
//!
//! Owns one asset's state of estimation; it sees its neighbours only as [`Surroundings`] (their mean rates).
//! Invariant: time never runs backwards in a filter; without samples every variance grows.

use super::{
    belief::{AssetBelief, Estimate},
    kalman::{Innovation, Kalman},
    laws,
    modes::{ModeBelief, ModeRates, Trace},
    sample::Sample,
};
use crate::{
    plant::{Asset, Quantity, Tag, TagId},
    sim::Mode,
    time::{Span, Time},
};

/// Weight of one more normalised innovation in the drift.
const DRIFT_GAIN: f64 = 0.1;
/// One innovation counts at most this much, so that one surprise does not drown the rest.
const DRIFT_CAP: f64 = 25.0;
/// A rate this far off (in normalised squares) is a switch, not noise: its filter starts anew.
const SWITCH_NIS: f64 = 16.0;
/// Drift above which confidence falls.
const DRIFT_FREE: f64 = 3.0;

/// What the neighbours mean for an asset during a step.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Surroundings {
    /// Net flow into the storage by the neighbours' mean rates [amount/h].
    pub net_per_h: f64,
    /// Sum of the flows' sizes at nominal rates [amount/h]: how wrong the net flow may be.
    pub through_per_h: f64,
    /// Ambient temperature [°C].
    pub ambient_c: f64,
}

/// A tag of the asset and its newest applied sample.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Watch {
    tag: TagId,
    period: Span,
    max_age: Span,
    newest: Option<(Time, f32)>,
}

/// The filters of one asset.
#[derive(Clone, PartialEq, Debug)]
pub struct AssetFilter {
    at: Time,
    since: Time,
    modes: ModeBelief,
    mode_since: Time,
    rates: ModeRates,
    temperature: Option<Kalman<2>>,
    level: Option<Kalman<2>>,
    rate: Option<Kalman<1>>,
    service: Option<Kalman<1>>,
    drift: f64,
    watches: Vec<Watch>,
    /// Most likely mode as of the last step.
    current: Mode,
    /// A continuous state that no tag measures.
    unmeasured: bool,
}

impl AssetFilter {
    /// Before any sample, at plant time `at`.
    pub fn new(asset: &Asset, tags: &[(TagId, &Tag)], surroundings: &Surroundings, at: Time) -> Self {
        let has = |q: Quantity| tags.iter().any(|t| t.1.quantity == q);
        let watches = tags.iter().map(|(id, t)| Watch { tag: *id, period: t.period, max_age: t.max_age, newest: None }).collect();
        Self {
            at,
            since: at,
            modes: ModeBelief::initial(asset),
            mode_since: at,
            rates: ModeRates::of(asset, tags.iter().any(|t| tells_mode(&t.1.quantity))),
            temperature: asset.thermal.map(|law| laws::temperature_start(&law, surroundings.ambient_c)),
            level: asset.storage.map(|s| laws::level_start(s.initial, s.capacity, surroundings.through_per_h.max(0.01 * s.capacity))),
            rate: asset.process.as_ref().filter(|_| has(Quantity::Rate)).map(|p| laws::rate_start(p.rate_per_h)),
            service: has(Quantity::Service).then(|| laws::rate_start(1.0)),
            drift: 1.0,
            watches,
            current: ModeBelief::initial(asset).likeliest().0,
            unmeasured: (asset.thermal.is_some() && !has(Quantity::Temperature)) || (asset.storage.is_some() && !has(Quantity::Level)),
        }
    }

    /// Moves on to `to` without data; does nothing when it is there already.
    pub fn advance(&mut self, asset: &Asset, surroundings: &Surroundings, to: Time) {
        let dt_s = (to - self.at).s();
        if dt_s <= 0.0 {
            return;
        }
        self.at = to;
        let load = self.load(asset);
        if let (Some(k), Some(law)) = (&mut self.temperature, &asset.thermal) {
            k.predict(&laws::temperature_step(law, surroundings.ambient_c, load, dt_s));
        }
        if let (Some(k), Some(storage)) = (&mut self.level, &asset.storage) {
            let through = surroundings.through_per_h.max(0.01 * storage.capacity);
            k.predict(&laws::level_step(surroundings.net_per_h, through, dt_s));
        }
        if let (Some(k), Some(p)) = (&mut self.rate, &asset.process) {
            k.predict(&laws::rate_step(p.rate_per_h, dt_s));
        }
        if let Some(k) = &mut self.service {
            k.predict(&laws::rate_step(1.0, dt_s));
        }
        self.modes.predict(&self.rates, dt_s);
        self.note_mode();
    }

    /// Takes a sample; the filter must have been advanced to its event time.
    pub fn update(&mut self, asset: &Asset, tag: &Tag, sample: &Sample) {
        let score = f64::from(sample.quality.score).clamp(0.05, 1.0);
        let sd = tag.noise_sd.max(1e-4 * (tag.max - tag.min).abs().min(1e9)) / score;
        let variance = sd * sd;
        match &tag.quantity {
            Quantity::Mode => {
                if let Some(mode) = mode_of(sample.value) {
                    self.modes.report(mode, score);
                }
            }
            Quantity::Temperature => {
                if let Some(i) = self.temperature.as_mut().map(|k| k.update(sample.value, variance)) {
                    self.note_drift(i);
                }
            }
            Quantity::Level => {
                if let Some(i) = self.level.as_mut().map(|k| k.update(sample.value, variance)) {
                    self.note_drift(i);
                }
            }
            Quantity::Rate => {
                let nominal = asset.process.as_ref().map_or(0.0, |p| p.rate_per_h);
                if let Some(k) = &mut self.rate {
                    follow(k, sample.value, variance, nominal);
                }
                self.modes.weigh(Trace::Rate, sample.value, nominal, sd);
            }
            Quantity::Service => {
                if let Some(k) = &mut self.service {
                    follow(k, sample.value, variance.max(1e-4), 1.0);
                }
            }
            Quantity::Given(medium) => {
                let nominal: f64 = asset.gives.iter().filter(|g| g.medium == *medium).map(|g| g.capacity).sum();
                self.modes.weigh(Trace::Given, sample.value, nominal, sd);
            }
            Quantity::Drawn(medium) => {
                let nominal: f64 = asset.needs.iter().filter(|n| n.medium == *medium).map(|n| n.amount).sum();
                self.modes.weigh(Trace::Drawn, sample.value, nominal, sd);
            }
            Quantity::Free(_) => {}
        }
        if let Some(w) = self.watches.iter_mut().find(|w| w.tag == sample.tag) {
            w.newest = Some((sample.event, sample.quality.score));
        }
        self.note_mode();
    }

    fn note_mode(&mut self) {
        let now = self.modes.likeliest().0;
        if now != self.current {
            self.mode_since = self.at;
        }
        self.current = now;
    }

    fn note_drift(&mut self, innovation: Innovation) {
        self.drift += DRIFT_GAIN * (innovation.nis().min(DRIFT_CAP) - self.drift);
    }

    /// Load of the heat source 0..=1.
    fn load(&self, asset: &Asset) -> f64 {
        match (&self.rate, &asset.process) {
            (Some(k), Some(p)) if p.rate_per_h > 0.0 => (k.x[0] / p.rate_per_h).clamp(0.0, 1.2),
            _ => self.modes.of(Mode::Running),
        }
    }

    /// Mean process rate [process units/h], 0 without a process.
    pub fn rate_per_h(&self, asset: &Asset) -> f64 {
        self.rate_estimate(asset).map_or(0.0, |e| e.mean)
    }

    fn rate_estimate(&self, asset: &Asset) -> Option<Estimate> {
        let nominal = asset.process.as_ref()?.rate_per_h;
        Some(match &self.rate {
            Some(k) => Estimate { mean: k.x[0].max(0.0), variance: k.p[(0, 0)] },
            None => {
                let p = self.modes.of(Mode::Running);
                Estimate { mean: p * nominal, variance: p * (1.0 - p) * nominal * nominal }
            }
        })
    }

    fn service_estimate(&self, asset: &Asset) -> Estimate {
        if let Some(k) = &self.service {
            return Estimate { mean: k.x[0].clamp(0.0, 1.0), variance: k.p[(0, 0)] };
        }
        if let (Some(k), Some(p)) = (&self.rate, &asset.process) {
            let n = p.rate_per_h.max(1e-9);
            return Estimate { mean: (k.x[0] / n).clamp(0.0, 1.0), variance: k.p[(0, 0)] / (n * n) };
        }
        let p = self.modes.of(Mode::Running);
        Estimate { mean: p, variance: p * (1.0 - p) }
    }

    /// What is believed now.
    pub fn belief(&self, asset: &Asset) -> AssetBelief {
        let (mode, mode_probability) = self.modes.likeliest();
        let newest = self.watches.iter().filter_map(|w| w.newest.map(|n| n.0)).max();
        let stale_tag = |w: &Watch| w.newest.is_none_or(|n| self.at - n.0 > w.max_age);
        let observed = !self.watches.is_empty();
        let estimate = |(mean, variance): (f64, f64)| Estimate { mean, variance };
        AssetBelief {
            mode,
            mode_probability,
            modes: self.modes.probabilities().to_vec(),
            mode_since: self.mode_since,
            rate: self.rate_estimate(asset),
            level: self.level.as_ref().zip(asset.storage).map(|(k, s)| Estimate { mean: k.x[0].clamp(0.0, s.capacity), variance: k.p[(0, 0)] }),
            temperature_c: self.temperature.as_ref().map(|k| estimate(k.first())),
            service: Some(self.service_estimate(asset)),
            observed,
            data_age: self.at - newest.unwrap_or(self.since),
            stale: !observed || self.watches.iter().all(stale_tag),
            imputed: !observed || self.unmeasured || self.watches.iter().any(stale_tag),
            drift: self.drift,
            confidence: self.confidence(),
        }
    }

    fn confidence(&self) -> f64 {
        if self.watches.is_empty() {
            return 0.0;
        }
        let each = self.watches.iter().map(|w| w.newest.map_or(0.0, |(at, score)| f64::from(score) * freshness(self.at - at, w)));
        let data = each.sum::<f64>() / self.watches.len() as f64;
        data * (DRIFT_FREE / self.drift.max(DRIFT_FREE))
    }
}

/// 1 while on time, 0.5 at the maximum age, 0 at three times that.
fn freshness(age: Span, w: &Watch) -> f64 {
    let (age, on_time, limit) = (age.s(), 1.5 * w.period.s(), w.max_age.s().max(1e-6));
    if age <= on_time.min(limit) {
        1.0
    } else if age <= limit {
        1.0 - 0.5 * (age - on_time) / (limit - on_time)
    } else {
        (0.5 - 0.25 * (age - limit) / limit).max(0.0)
    }
}

/// Follows noise, restarts on a switch.
fn follow(k: &mut Kalman<1>, z: f64, r: f64, nominal: f64) {
    if k.innovation(z, r).nis() > SWITCH_NIS {
        *k = laws::rate_start(nominal.abs().max(1e-9));
    }
    k.update(z, r);
}

fn tells_mode(q: &Quantity) -> bool {
    matches!(q, Quantity::Mode | Quantity::Rate | Quantity::Given(_) | Quantity::Drawn(_))
}

fn mode_of(value: f64) -> Option<Mode> {
    let code = libm::round(value);
    if (0.0..256.0).contains(&code) && (value - code).abs() < 0.01 { Mode::from_code(code as u8) } else { None }
}
