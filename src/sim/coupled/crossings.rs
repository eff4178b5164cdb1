//! Crossings of a block's curves: which thresholds matter, when the first is reached, what then happens.

use super::solve::band;
use super::{Block, roots, slope};
use crate::plant::AssetId;
use crate::sim::control::Edge;
use crate::sim::engine::Engine;
use crate::sim::storages::level_edge;
use crate::sim::thermal::celsius_edge;
use crate::sim::trace::{Cause, Change, Signal};
use crate::time::Span;

/// The threshold at which a condition changes next, whichever way the quantity moves.
fn edge_ahead(edge: Edge, met: bool) -> Option<f64> {
    edge.next(met, true).or_else(|| edge.next(met, false))
}

/// The earliest crossing of a curve within `h`: (hours, threshold).
fn earliest(curve: &[f64], h: f64, thresholds: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    if curve.len() < 2 {
        return None;
    }
    let form = roots::bernstein(curve, h);
    let mut best: Option<(f64, f64)> = None;
    for threshold in thresholds {
        if let Some(s) = roots::first(curve, &form, threshold, h)
            && best.is_none_or(|b| s < b.0)
        {
            best = Some((s, threshold));
        }
    }
    best
}

impl Engine<'_> {
    /// Times the next crossing of every state of a block that was just expanded; the segment lasts `h`.
    pub(super) fn time_block(&mut self, block: &Block, h: f64) {
        for level in &block.levels {
            let info = &self.model.assets[level.asset.index()];
            let a = &self.st.assets[level.asset.index()];
            let (refilled, lowered) = band(level.capacity);
            let own = [if a.dry { refilled } else { 0.0 }, if a.brim { lowered } else { level.capacity }];
            let rules = info.watched_by.iter().filter_map(|r| {
                let edge = level_edge(&self.model.rules[*r as usize], level.capacity, a.effects.level_bias)?;
                edge_ahead(edge, self.st.rules[*r as usize].met)
            });
            let first = earliest(&a.level_curve, h, own.into_iter().chain(rules));
            let slot = info.level_slot;
            match first {
                Some((s, threshold)) => {
                    let due = a.level_at.after(Span::from_h(s));
                    self.st.assets[level.asset.index()].level_target = threshold;
                    self.set_timer(slot, due);
                }
                None => self.st.queue.clear(slot),
            }
        }
        for t in &block.temperatures {
            let Some(facts) = self.model.plant.asset(t.asset).thermal else { continue };
            let info = &self.model.assets[t.asset.index()];
            let a = &self.st.assets[t.asset.index()];
            let cooled = (!info.heat_claims.is_empty()).then_some(facts.setpoint_c);
            let reset = a.tripped.then_some(facts.reset_c);
            let rules = info.watched_by.iter().filter_map(|r| {
                let edge = celsius_edge(&self.model.rules[*r as usize], a.effects.celsius_bias)?;
                edge_ahead(edge, self.st.rules[*r as usize].met)
            });
            let first = earliest(&a.celsius_curve, h, [facts.trip_c].into_iter().chain(cooled).chain(reset).chain(rules));
            let slot = info.thermal_slot;
            match first {
                Some((s, threshold)) => {
                    let due = a.celsius_at.after(Span::from_h(s));
                    self.st.assets[t.asset.index()].celsius_target = threshold;
                    self.set_timer(slot, due);
                }
                None => self.st.queue.clear(slot),
            }
        }
    }

    /// A coupled level reached its threshold.
    pub(in crate::sim) fn coupled_level_crossed(&mut self, id: AssetId, block: u32) {
        let now = self.st.time;
        let Some(storage) = self.model.plant.asset(id).storage else { return };
        let a = &self.st.assets[id.index()];
        let rising = slope(&a.level_curve, (now - a.level_at).h()) > 0.0;
        self.anchor_block(block);
        let (refilled, lowered) = band(storage.capacity);
        let a = &mut self.st.assets[id.index()];
        let target = a.level_target;
        a.level = target;
        a.level_crossed = (now, rising);
        if let Some(first) = a.level_curve.first_mut() {
            *first = target;
        }
        a.dry = if target == refilled && rising { false } else { a.dry || target <= 0.0 };
        a.brim = if target == lowered && !rising { false } else { a.brim || target >= storage.capacity };
        self.record(id, Change::Crossed { signal: Signal::Level, value: target, rising }, &Cause::Crossing);
        self.level_reached(id);
    }

    /// A coupled temperature reached its threshold; returns it with its direction.
    pub(in crate::sim) fn coupled_temperature_crossed(&mut self, id: AssetId, block: u32) -> (f64, bool) {
        let now = self.st.time;
        let a = &self.st.assets[id.index()];
        let rising = slope(&a.celsius_curve, (now - a.celsius_at).h()) > 0.0;
        self.anchor_block(block);
        let a = &mut self.st.assets[id.index()];
        let target = a.celsius_target;
        a.celsius = target;
        if let Some(first) = a.celsius_curve.first_mut() {
            *first = target;
        }
        (target, rising)
    }
}
