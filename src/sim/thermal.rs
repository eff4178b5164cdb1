//! Temperatures: C·dT/dt = heat·load − G·(T − ambient) − cooling, solved in closed form between events.
//!
//! The control throttles the cooling so that T does not fall below the set-point: with enough cooling T rests there; when it
//! is short T rises along the exponential, and crossings of set-point, trip, reset and rule thresholds are computed.
//! Above the set-point all cooling is asked for. A tripped or failed asset keeps its cooling as long as it is hot.

use super::control::{Edge, edges};
use super::engine::Engine;
use super::hazards::Course;
use super::model::RuleInfo;
use super::state::{AssetState, State};
use super::trace::{Cause, Change, Signal};
use crate::plant::{AssetId, Condition, Thermal};
use crate::time::{Span, Time};

/// Temperatures closer than this are equal [K].
const CLOSE_K: f64 = 1e-9;
/// Hysteresis of temperature rules without their own [K].
const HYSTERESIS_K: f64 = 1.0;

/// Net heating at temperature `celsius` [kW].
fn net_kw(a: &AssetState, t: &Thermal, ambient_c: f64, celsius: f64) -> f64 {
    a.heat_kw - t.exchange_kw_per_k * (celsius - ambient_c) - a.cooling_kw
}

/// Temperature at `now` by the closed form.
pub(super) fn celsius_at(a: &AssetState, t: &Thermal, ambient_c: f64, now: Time) -> f64 {
    if !a.celsius_curve.is_empty() {
        return super::coupled::value(&a.celsius_curve, (now - a.celsius_at).h());
    }
    let net = net_kw(a, t, ambient_c, a.celsius);
    if net == 0.0 {
        return a.celsius;
    }
    let dt = (now - a.celsius_at).s();
    if t.exchange_kw_per_k > 0.0 {
        // T = T0 + (net/G)(1 − e^(−G·dt/C))
        a.celsius - net / t.exchange_kw_per_k * libm::expm1(-t.exchange_kw_per_k / t.capacity_kj_per_k * dt)
    } else {
        a.celsius + net / t.capacity_kj_per_k * dt
    }
}

/// Seconds until the temperature reaches `target`, if it ever does.
fn seconds_to(a: &AssetState, t: &Thermal, ambient_c: f64, target: f64) -> Option<f64> {
    let net = net_kw(a, t, ambient_c, a.celsius);
    let rise = target - a.celsius;
    if net == 0.0 || rise == 0.0 || (rise > 0.0) != (net > 0.0) {
        return None;
    }
    if t.exchange_kw_per_k <= 0.0 {
        return Some(rise * t.capacity_kj_per_k / net);
    }
    let x = rise * t.exchange_kw_per_k / net;
    (x < 1.0 - 1e-12).then(|| -libm::log1p(-x) * t.capacity_kj_per_k / t.exchange_kw_per_k)
}

/// The law that the temperature of an asset follows until the next event; ambient without a thermal facet.
pub(super) fn course(st: &State, id: AssetId, t: Option<&Thermal>, block: Option<u32>) -> Course {
    let a = &st.assets[id.index()];
    match t {
        Some(_) if !a.celsius_curve.is_empty() => Course {
            at: a.celsius_at,
            curve: a.celsius_curve.clone(),
            until: block.map_or(Time::NEVER, |b| st.blocks[b as usize].until),
            ..Course::constant(a.celsius)
        },
        Some(t) => Course {
            at: a.celsius_at,
            celsius: a.celsius,
            per_s: net_kw(a, t, st.ambient_c, a.celsius) / t.capacity_kj_per_k,
            decay_per_s: t.exchange_kw_per_k / t.capacity_kj_per_k,
            ..Course::constant(a.celsius)
        },
        None => Course { at: st.ambient_at, per_s: st.ambient_per_h / 3600.0, ..Course::constant(st.ambient_c) },
    }
}

/// Temperature condition thresholds.
///
/// `bias` is what the sensor shows too much [K].
pub(super) fn celsius_edge(rule: &RuleInfo, bias: f64) -> Option<Edge> {
    let hysteresis = rule.hysteresis.unwrap_or(HYSTERESIS_K);
    match rule.when {
        Condition::TemperatureAbove { celsius, .. } => Some(edges(true, celsius, hysteresis, None).lowered(bias)),
        Condition::TemperatureBelow { celsius, .. } => Some(edges(false, celsius, hysteresis, None).lowered(bias)),
        Condition::LevelAbove { .. } | Condition::LevelBelow { .. } | Condition::NotRunning { .. } | Condition::Running { .. } => None,
    }
}

/// Temperature and the sign of its change, for rules.
pub(super) fn celsius_now(st: &State, id: AssetId, t: &Thermal) -> (f64, f64) {
    let a = &st.assets[id.index()];
    let celsius = celsius_at(a, t, st.ambient_c, st.time);
    let change = if a.celsius_curve.is_empty() {
        net_kw(a, t, st.ambient_c, celsius)
    } else {
        super::coupled::slope_now(&a.celsius_curve, a.celsius_at, st.time)
    };
    (celsius, change)
}

impl Engine<'_> {
    /// Fraction of the heat source that is on.
    pub(super) fn heat_load(&self, id: AssetId) -> f64 {
        let a = &self.st.assets[id.index()];
        if let Some(process) = &self.model.plant.asset(id).process {
            return a.rate_per_h / process.rate_per_h;
        }
        match self.model.assets[id.index()].gives.iter().find(|g| !self.model.gives[**g as usize].conduit) {
            Some(&g) => self.st.gives[g as usize].given / self.model.gives[g as usize].capacity,
            None => a.ability,
        }
    }

    /// Sets heat and cooling of an asset from its load and allocation, and times the next crossing.
    pub(super) fn solve_thermal(&mut self, id: AssetId) {
        let Some(t) = self.model.plant.asset(id).thermal else { return };
        if self.model.assets[id.index()].coupled_celsius {
            self.wake_block(id);
            return;
        }
        let now = self.st.time;
        let celsius = celsius_at(&self.st.assets[id.index()], &t, self.st.ambient_c, now);
        let celsius = if (celsius - t.setpoint_c).abs() < CLOSE_K { t.setpoint_c } else { celsius };
        let heat_kw = t.heat_kw * self.heat_load(id);
        let hold_kw = heat_kw - t.exchange_kw_per_k * (t.setpoint_c - self.st.ambient_c);
        let amount = self.model.assets[id.index()].heat_amount;
        let a = &self.st.assets[id.index()];
        let hot = celsius > t.setpoint_c;
        let want = if hot || (a.boost && celsius == t.setpoint_c && hold_kw > 0.0) {
            amount
        } else if celsius == t.setpoint_c {
            hold_kw.clamp(0.0, amount)
        } else {
            0.0
        };
        let got = self.heat_wants(id, want);
        let settled = celsius == t.setpoint_c && got >= hold_kw * (1.0 - 1e-12);
        let cooling_kw = if hot {
            got
        } else if celsius < t.setpoint_c {
            0.0
        } else if settled {
            hold_kw.max(0.0)
        } else {
            got
        };
        let a = &mut self.st.assets[id.index()];
        // short at the set-point: ask for everything, until everything comes
        let boost = if settled { a.boost && got < amount * (1.0 - 1e-9) && hold_kw > 0.0 } else { celsius == t.setpoint_c || (hot && a.boost) };
        if boost != a.boost {
            a.boost = boost;
            self.pending.thermals.push(id.0);
        }
        let a = &mut self.st.assets[id.index()];
        if heat_kw != a.heat_kw || cooling_kw != a.cooling_kw {
            a.celsius = celsius;
            a.celsius_at = now;
            a.heat_kw = heat_kw;
            a.cooling_kw = cooling_kw;
            self.pending.touched.push(id.0);
            self.watch_temperature(id);
        }
        self.time_temperature(id, &t);
    }

    /// Anchors the temperature before the ambient changes.
    pub(super) fn anchor_temperature(&mut self, id: AssetId) {
        let Some(t) = self.model.plant.asset(id).thermal else { return };
        if let Some(block) = self.model.assets[id.index()].block.filter(|_| self.model.assets[id.index()].coupled_celsius) {
            self.anchor_block(block);
            return self.watch_temperature(id);
        }
        let (now, ambient) = (self.st.time, self.st.ambient_c);
        let a = &mut self.st.assets[id.index()];
        a.celsius = celsius_at(a, &t, ambient, now);
        a.celsius_at = now;
        self.pending.thermals.push(id.0);
        self.pending.touched.push(id.0);
        self.watch_temperature(id);
    }

    fn watch_temperature(&mut self, id: AssetId) {
        for &rule in &self.model.assets[id.index()].watched_by {
            self.pending.rules.push(rule);
        }
    }

    /// Sets the cooling demand; returns what is allocated at present.
    pub(super) fn heat_wants(&mut self, id: AssetId, want: f64) -> f64 {
        let info = &self.model.assets[id.index()];
        let mut got = 0.0;
        for &c in &info.heat_claims {
            let share = self.model.claims[c as usize].amount / info.heat_amount.max(f64::MIN_POSITIVE);
            self.set_want(c, want * share);
            let claim = &self.st.claims[c as usize];
            got += if claim.cut > 0 { 0.0 } else { claim.got };
        }
        got
    }

    /// Times the next crossing.
    pub(super) fn time_temperature(&mut self, id: AssetId, t: &Thermal) {
        let info = &self.model.assets[id.index()];
        if info.coupled_celsius {
            self.renew_block(id);
            return;
        }
        let a = &self.st.assets[id.index()];
        let ambient = self.st.ambient_c;
        let now_c = celsius_at(a, t, ambient, self.st.time);
        let rising = net_kw(a, t, ambient, now_c) > 0.0;
        let mut best: Option<(f64, f64)> = None;
        let mut consider = |threshold: f64| {
            let ahead = if rising { threshold > now_c + CLOSE_K } else { threshold < now_c - CLOSE_K };
            if ahead
                && let Some(s) = seconds_to(a, t, ambient, threshold)
                && best.is_none_or(|b| s < b.0)
            {
                best = Some((s, threshold));
            }
        };
        consider(t.setpoint_c);
        consider(t.trip_c);
        if a.tripped && !rising {
            consider(t.reset_c);
        }
        for &rule in &info.watched_by {
            if let Some(edge) = celsius_edge(&self.model.rules[rule as usize], a.effects.celsius_bias)
                && let Some(threshold) = edge.next(self.st.rules[rule as usize].met, rising)
            {
                consider(threshold);
            }
        }
        let slot = info.thermal_slot;
        // longer than 1000 years: never
        match best.filter(|b| b.0 < 3e10) {
            Some((s, threshold)) => {
                let due = a.celsius_at.after(Span::from_s(s));
                self.st.assets[id.index()].celsius_target = threshold;
                self.set_timer(slot, due);
            }
            None => self.st.queue.clear(slot),
        }
    }

    /// A temperature reached its threshold.
    pub(super) fn temperature_crossed(&mut self, id: AssetId) {
        let Some(t) = self.model.plant.asset(id).thermal else { return };
        let now = self.st.time;
        let ambient = self.st.ambient_c;
        let info = &self.model.assets[id.index()];
        let (target, rising) = if let Some(block) = info.block.filter(|_| info.coupled_celsius) {
            self.coupled_temperature_crossed(id, block)
        } else {
            let a = &mut self.st.assets[id.index()];
            let target = a.celsius_target;
            a.celsius = target;
            a.celsius_at = now;
            (target, net_kw(a, &t, ambient, target) > 0.0)
        };
        self.st.assets[id.index()].celsius_crossed = (now, rising);
        self.record(id, Change::Crossed { signal: Signal::Temperature, value: target, rising }, &Cause::Crossing);
        self.limits(id, &t, target, rising);
        self.watch_temperature(id);
        self.pending.thermals.push(id.0);
        self.pending.touched.push(id.0);
    }

    /// Trip and reset.
    fn limits(&mut self, id: AssetId, t: &Thermal, celsius: f64, rising: bool) {
        let a = &mut self.st.assets[id.index()];
        a.over = if celsius == t.trip_c { rising } else { celsius > t.trip_c };
        if rising && celsius >= t.trip_c && !a.tripped {
            self.trip(id, Cause::Trip);
        } else if a.tripped && t.auto_reset && !rising && celsius <= t.reset_c && a.imposed_by == Cause::Trip {
            a.tripped = false;
            self.touch(id);
        }
    }

    /// Latches a trip.
    pub(super) fn trip(&mut self, id: AssetId, cause: Cause) {
        let a = &mut self.st.assets[id.index()];
        if !a.tripped {
            a.tripped = true;
            a.imposed_by = cause;
            self.st.counts.trips += 1;
            self.touch(id);
        }
    }
}
