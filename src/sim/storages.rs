//! Levels: linear between events, their crossings in closed form.
//!
//! *Invariant:* at a crossing the level is set to the threshold exactly; it never leaves 0..capacity.

use super::control::{Edge, edges};
use super::engine::Engine;
use super::model::{Model, RuleInfo};
use super::state::{AssetState, State};
use super::trace::{Cause, Change, Signal};
use crate::plant::{AssetId, Condition};
use crate::time::{Span, Time};

/// Level at `now`.
pub(super) fn level_at(a: &AssetState, capacity: f64, now: Time) -> f64 {
    if !a.level_curve.is_empty() {
        return super::coupled::level_at(&a.level_curve, a.level_at, capacity, now);
    }
    if a.level_per_h == 0.0 {
        return a.level;
    }
    (a.level + a.level_per_h * (now - a.level_at).h()).clamp(0.0, capacity)
}

/// Rate of change of the level now [amount/h].
pub(super) fn rate_at(a: &AssetState, now: Time) -> f64 {
    if a.level_curve.is_empty() { a.level_per_h } else { super::coupled::slope_now(&a.level_curve, a.level_at, now) }
}

/// Whether nothing is left; a coupled storage counts as empty until it has refilled by a band.
pub(super) fn is_empty(model: &Model, st: &State, id: AssetId) -> bool {
    let a = &st.assets[id.index()];
    match model.plant.asset(id).storage {
        Some(_) if !a.level_curve.is_empty() => a.dry,
        Some(s) => level_at(a, s.capacity, st.time) <= 0.0,
        None => false,
    }
}

/// Whether nothing more fits in, likewise.
pub(super) fn is_full(model: &Model, st: &State, id: AssetId) -> bool {
    let a = &st.assets[id.index()];
    match model.plant.asset(id).storage {
        Some(_) if !a.level_curve.is_empty() => a.brim,
        Some(s) => level_at(a, s.capacity, st.time) >= s.capacity,
        None => false,
    }
}

/// Hysteresis of level rules without their own, fraction of capacity.
const HYSTERESIS: f64 = 0.02;

/// Level condition thresholds as absolute amounts.
///
/// `bias` is what the sensor shows too much: the thresholds of the true level lie lower by it.
pub(super) fn level_edge(rule: &RuleInfo, capacity: f64, bias: f64) -> Option<Edge> {
    let hysteresis = rule.hysteresis.unwrap_or(HYSTERESIS) * capacity;
    match rule.when {
        Condition::LevelBelow { fraction, .. } => Some(edges(false, fraction * capacity, hysteresis, Some(capacity)).lowered(bias)),
        Condition::LevelAbove { fraction, .. } => Some(edges(true, fraction * capacity, hysteresis, Some(capacity)).lowered(bias)),
        Condition::TemperatureAbove { .. } | Condition::TemperatureBelow { .. } | Condition::NotRunning { .. } | Condition::Running { .. } => None,
    }
}

impl Engine<'_> {
    /// Sets the net inflow of a storage [amount/h], anchors the level when it changes, and times the next crossing.
    pub(super) fn set_level_rate(&mut self, id: AssetId, per_h: f64) {
        let Some(storage) = self.model.plant.asset(id).storage else { return };
        let now = self.st.time;
        let a = &mut self.st.assets[id.index()];
        if self.model.assets[id.index()].block.is_some() {
            a.level_per_h = per_h;
            self.wake_block(id);
            return;
        }
        if per_h != a.level_per_h {
            a.level = level_at(a, storage.capacity, now);
            a.level_at = now;
            a.level_per_h = per_h;
            self.time_level(id);
            self.pending.touched.push(id.0);
            for &rule in &self.model.assets[id.index()].watched_by {
                self.pending.rules.push(rule);
            }
        }
    }

    /// Times the next crossing of a storage's level.
    pub(super) fn time_level(&mut self, id: AssetId) {
        let Some(storage) = self.model.plant.asset(id).storage else { return };
        if self.model.assets[id.index()].coupled_level && self.renew_block(id) {
            return;
        }
        let info = &self.model.assets[id.index()];
        let a = &self.st.assets[id.index()];
        let (rate, level) = (a.level_per_h, level_at(a, storage.capacity, self.st.time));
        if rate == 0.0 {
            self.st.queue.clear(info.level_slot);
            return;
        }
        let ahead = |threshold: f64| if rate > 0.0 { threshold > level } else { threshold < level };
        let mut target = if rate > 0.0 { storage.capacity } else { 0.0 };
        for &rule in &info.watched_by {
            if let Some(edge) = level_edge(&self.model.rules[rule as usize], storage.capacity, a.effects.level_bias) {
                let threshold = edge.next(self.st.rules[rule as usize].met, rate > 0.0);
                if let Some(t) = threshold.filter(|t| ahead(*t)) {
                    target = if rate > 0.0 { target.min(t) } else { target.max(t) };
                }
            }
        }
        if !ahead(target) {
            self.st.queue.clear(info.level_slot);
            return;
        }
        let due = a.level_at.after(Span::from_h((target - a.level) / rate));
        self.st.assets[id.index()].level_target = target;
        self.set_timer(self.model.assets[id.index()].level_slot, due);
    }

    /// A level reached its threshold.
    pub(super) fn level_crossed(&mut self, id: AssetId) {
        let now = self.st.time;
        if let Some(block) = self.model.assets[id.index()].block.filter(|_| self.model.assets[id.index()].coupled_level) {
            return self.coupled_level_crossed(id, block);
        }
        let a = &mut self.st.assets[id.index()];
        let (target, rising) = (a.level_target, a.level_per_h > 0.0);
        a.level = target;
        a.level_at = now;
        a.level_crossed = (now, rising);
        self.record(id, Change::Crossed { signal: Signal::Level, value: target, rising }, &Cause::Crossing);
        self.level_reached(id);
        self.time_level(id);
    }

    /// Those who depend on a level look again.
    pub(super) fn level_reached(&mut self, id: AssetId) {
        let info = &self.model.assets[id.index()];
        self.touch(id);
        let a = &self.st.assets[id.index()];
        if info.store_line.is_none() && info.store_island.is_none() && (a.effects.leak_per_h > 0.0 || a.leaking_per_h > 0.0) {
            self.leak_changed(id);
        }
        if let Some(line) = info.store_line {
            self.pending.lines.push(line);
        }
        if let Some(island) = info.store_island {
            self.pending.islands.push(island);
        }
        for &rule in &info.watched_by {
            self.pending.rules.push(rule);
        }
    }
}

/// Level as `State` sees it, for rules.
pub(super) fn level_now(st: &State, id: AssetId, capacity: f64) -> f64 {
    level_at(&st.assets[id.index()], capacity, st.time)
}
