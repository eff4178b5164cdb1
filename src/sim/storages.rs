//! Levels: linear between events, their crossings in closed form.
//!
//! *Invariant:* at a crossing the level is set to the threshold exactly; it never leaves 0..capacity.

use super::control::{Edge, edges};
use super::engine::Engine;
use super::state::{AssetState, State};
use super::trace::{Cause, Change, Signal};
use crate::plant::{AssetId, Condition};
use crate::time::{Span, Time};

/// Level at `now`.
pub(super) fn level_at(a: &AssetState, capacity: f64, now: Time) -> f64 {
    if a.level_per_h == 0.0 {
        return a.level;
    }
    (a.level + a.level_per_h * (now - a.level_at).h()).clamp(0.0, capacity)
}

/// Level condition thresholds as absolute amounts.
pub(super) fn level_edge(when: Condition, capacity: f64) -> Option<Edge> {
    match when {
        Condition::LevelBelow { fraction, .. } => Some(edges(false, fraction * capacity, 0.02 * capacity, Some(capacity))),
        Condition::LevelAbove { fraction, .. } => Some(edges(true, fraction * capacity, 0.02 * capacity, Some(capacity))),
        Condition::TemperatureAbove { .. } | Condition::TemperatureBelow { .. } | Condition::NotRunning { .. } | Condition::Running { .. } => None,
    }
}

impl Engine<'_> {
    /// Sets the net inflow of a storage [amount/h], anchors the level when it changes, and times the next crossing.
    pub(super) fn set_level_rate(&mut self, id: AssetId, per_h: f64) {
        let Some(storage) = self.model.plant.asset(id).storage else { return };
        let now = self.st.time;
        let a = &mut self.st.assets[id.index()];
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
            if let Some(edge) = level_edge(self.model.rules[rule as usize].when, storage.capacity) {
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
        let info = &self.model.assets[id.index()];
        let a = &mut self.st.assets[id.index()];
        let (target, rising) = (a.level_target, a.level_per_h > 0.0);
        a.level = target;
        a.level_at = now;
        self.record(id, Change::Crossed { signal: Signal::Level, value: target, rising }, &Cause::Crossing);
        self.touch(id);
        if let Some(line) = info.store_line {
            self.pending.lines.push(line);
        }
        if let Some(island) = info.store_island {
            self.pending.islands.push(island);
        }
        for &rule in &info.watched_by {
            self.pending.rules.push(rule);
        }
        self.time_level(id);
    }
}

/// Level as `State` sees it, for rules.
pub(super) fn level_now(st: &State, id: AssetId, capacity: f64) -> f64 {
    level_at(&st.assets[id.index()], capacity, st.time)
}
