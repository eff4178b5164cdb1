//! Solving a block: its settings from the allocation, a new segment when they changed, its crossings and its end as timers.

use super::taylor::{self, ORDER, SHORTEST_H};
use super::{BAND, Block, FILM, LAMINAR, LOAD_STEP, Workspace, roots, slope, value};
use crate::plant::{AssetId, DrainLaw, Thermal};
use crate::sim::engine::Engine;
use crate::sim::state::State;
use crate::time::{Span, Time};

/// Temperatures closer than this to the set-point rest there [K].
const CLOSE_K: f64 = 1e-7;

/// Fraction of the cooling need below which a negative load does not yet let a held temperature go.
const HAIR: f64 = 1e-9;

/// Hours since the curve's anchor.
fn since(at: Time, now: Time) -> f64 {
    (now - at).h()
}

/// Level of a coupled storage.
pub(in crate::sim) fn level_at(curve: &[f64], at: Time, capacity: f64, now: Time) -> f64 {
    value(curve, since(at, now)).clamp(0.0, capacity)
}

impl Engine<'_> {
    /// Whether `id` has coupled states; if so its block waits to be solved.
    pub(in crate::sim) fn wake_block(&mut self, id: AssetId) -> bool {
        let block = self.model.assets[id.index()].block;
        if let Some(at) = block {
            self.pending.blocks.push(at);
        }
        block.is_some()
    }

    /// As [`Engine::wake_block`], and the segment is renewed even if nothing changed.
    pub(in crate::sim) fn renew_block(&mut self, id: AssetId) -> bool {
        if let Some(at) = self.model.assets[id.index()].block {
            self.st.blocks[at as usize].inputs.clear();
        }
        self.wake_block(id)
    }

    /// A segment has ended.
    pub(in crate::sim) fn segment_ended(&mut self, at: u32) {
        self.st.blocks[at as usize].inputs.clear();
        self.pending.blocks.push(at);
    }

    /// Solves a block at the present instant.
    pub(in crate::sim) fn solve_block(&mut self, at: u32) {
        let block = &self.model.blocks[at as usize];
        let mut w = std::mem::take(&mut self.pending.coupled);
        self.settings(block, &mut w);
        self.cool(block, &mut w);
        let known = &self.st.blocks[at as usize].inputs;
        let same = !known.is_empty() && known.len() == w.inputs().count() && known.iter().copied().eq(w.inputs());
        if !same {
            self.expand_block(at, block, &mut w);
        }
        self.pending.coupled = w;
    }

    /// Reads present values and settings.
    fn settings(&self, block: &Block, w: &mut Workspace) {
        let st = &self.st;
        w.clear();
        w.ambient_c = st.ambient_c();
        w.ambient_per_h = st.ambient_per_h;
        w.ambient_anchor_c = st.ambient_c;
        for level in &block.levels {
            let a = &st.assets[level.asset.index()];
            let now = crate::sim::storages::level_at(a, level.capacity, st.time);
            let net = if a.dry && now <= 0.0 { a.level_per_h.max(0.0) } else { a.level_per_h };
            w.net_per_h.push(if a.brim && now >= level.capacity { net.min(0.0) } else { net });
            w.level.push(now);
        }
        for drain in &block.drains {
            let from = &block.levels[drain.from as usize];
            let shut = drain.to.is_some_and(|to| st.assets[block.levels[to as usize].asset.index()].brim);
            let open = if shut { 0.0 } else { drain.via.map_or(1.0, |v| st.assets[v.index()].ability) };
            let (linear, root) = match drain.law {
                DrainLaw::Linear { per_h } => (per_h, 0.0),
                // below LAMINAR the chord of the root
                DrainLaw::Torricelli { full_per_h } if w.level[drain.from as usize] <= LAMINAR * from.capacity => {
                    (full_per_h / (libm::sqrt(LAMINAR) * from.capacity), 0.0)
                }
                DrainLaw::Torricelli { full_per_h } => (0.0, full_per_h / libm::sqrt(from.capacity)),
            };
            w.linear.push(open * linear);
            w.root.push(open * root);
        }
        for (i, level) in block.levels.iter().enumerate() {
            let a = &st.assets[level.asset.index()];
            let fed = block
                .drains
                .iter()
                .zip(w.linear.iter().zip(&w.root))
                .any(|(d, (l, r))| d.to == Some(i as u32) && *l * w.level[d.from as usize] + *r * w.level[d.from as usize] > 0.0);
            w.resting.push((a.dry && w.level[i] <= 0.0 && w.net_per_h[i] <= 0.0 && !fed) || negligible(w, block, i, fed));
        }
        for e in &block.exchanges {
            w.exchange.push(e.kw_per_k * e.via.map_or(1.0, |v| st.assets[v.index()].ability));
        }
        for t in &block.temperatures {
            let Some(facts) = self.model.plant.asset(t.asset).thermal else { continue };
            let celsius = crate::sim::thermal::celsius_at(&st.assets[t.asset.index()], &facts, st.ambient_c, st.time);
            w.celsius.push(if (celsius - facts.setpoint_c).abs() < CLOSE_K { facts.setpoint_c } else { celsius });
            w.heat_kw.push(facts.heat_kw * self.heat_load(t.asset));
            w.cooling_kw.push(0.0);
            w.ambient_kw_per_k.push(facts.exchange_kw_per_k);
            w.held.push(false);
            w.capacity.push(match t.mixed {
                Some((level, per_unit)) => {
                    let film = FILM * block.levels[level as usize].capacity;
                    if w.level[level as usize] > film { 0.0 } else { per_unit * film }
                }
                None => facts.capacity_kj_per_k,
            });
            w.inflow_c.push(t.inflow_c.unwrap_or(w.ambient_c));
            w.inflow_per_h.push(if t.inflow_c.is_some() { 0.0 } else { w.ambient_per_h });
            if t.mixed.is_some() {
                t.links.iter().for_each(|(l, _)| w.inflow.push(st.link_flows[*l as usize]));
            }
        }
    }

    /// Cooling by need: throttled to hold the set-point, all of it above, none below.
    fn cool(&mut self, block: &Block, w: &mut Workspace) {
        for (j, t) in block.temperatures.iter().enumerate() {
            let Some(facts) = self.model.plant.asset(t.asset).thermal else { continue };
            if !self.model.assets[t.asset.index()].heat_claims.is_empty() {
                self.cool_one(block, w, j, &facts);
            }
            let a = &mut self.st.assets[t.asset.index()];
            if a.heat_kw != w.heat_kw[j] || a.cooling_kw != w.cooling_kw[j] {
                a.heat_kw = w.heat_kw[j];
                a.cooling_kw = w.cooling_kw[j];
                self.pending.touched.push(t.asset.0);
            }
        }
    }

    fn cool_one(&mut self, block: &Block, w: &mut Workspace, j: usize, facts: &Thermal) {
        let id = block.temperatures[j].asset;
        let amount = self.model.assets[id.index()].heat_amount;
        let load = taylor::load_kw(block, w, j);
        let (celsius, held_at) = (w.celsius[j], facts.setpoint_c);
        let boost = self.st.assets[id.index()].boost;
        // a load that passes zero downward is let go only below a hair, one that passes upward is held from the start
        let hold = celsius == held_at && load >= -HAIR * amount;
        let want = if celsius > held_at || (celsius == held_at && boost && load > 0.0) {
            amount
        } else if hold {
            // asked for by steps, so that a drifting load does not ask at every instant
            let step = LOAD_STEP * amount;
            let asked: f64 = self.model.assets[id.index()].heat_claims.iter().map(|c| self.st.claims[*c as usize].want).sum();
            if asked >= load && asked <= load + 2.0 * step { asked } else { (load.max(0.0) + step).min(amount) }
        } else {
            0.0
        };
        let got = self.heat_wants(id, want);
        let settled = celsius == held_at && got >= load * (1.0 - 1e-12);
        w.held[j] = settled && hold;
        w.cooling_kw[j] = if celsius > held_at {
            got
        } else if celsius < held_at {
            0.0
        } else if settled {
            load.max(0.0)
        } else {
            got
        };
        let boost = if settled { boost && got < amount * (1.0 - 1e-9) && load > 0.0 } else { celsius == held_at || (celsius > held_at && boost) };
        let a = &mut self.st.assets[id.index()];
        if boost != a.boost {
            a.boost = boost;
            self.wake_block(id);
        }
    }

    fn expand_block(&mut self, at: u32, block: &Block, w: &mut Workspace) {
        let now = self.st.time;
        taylor::expand(block, w);
        let trusted = taylor::trusted_h(block, w, self.model.quantum);
        let h = self.limited_h(block, w, trusted).max(SHORTEST_H);
        let span = Span(((h * 3.6e9) as i64).max(1));
        let known = &mut self.st.blocks[at as usize];
        known.at = now;
        known.until = now.after(span);
        known.segments += 1;
        known.inputs.clear();
        known.inputs.extend(w.inputs());
        for (level, series) in block.levels.iter().zip(&w.levels) {
            let a = &mut self.st.assets[level.asset.index()];
            a.level = series[0];
            a.level_at = now;
            keep(&mut a.level_curve, series);
        }
        for (j, (t, series)) in block.temperatures.iter().zip(&w.temperatures).enumerate() {
            let a = &mut self.st.assets[t.asset.index()];
            a.celsius = series[0];
            a.celsius_at = now;
            keep(&mut a.celsius_curve, series);
            if w.held[j] {
                a.celsius_curve.truncate(1);
            }
        }
        let until = self.st.blocks[at as usize].until;
        self.set_timer(block.slot, until);
        self.time_block(block, span.h());
        for id in block.levels.iter().map(|l| l.asset).chain(block.temperatures.iter().map(|t| t.asset)) {
            for &rule in &self.model.assets[id.index()].watched_by {
                self.pending.rules.push(rule);
            }
            if self.model.assets[id.index()].driven {
                self.pending.touched.push(id.0);
            }
        }
    }

    /// Ends a segment where a law changes: a root becomes laminar, a tank becomes a film, a load has moved a step.
    fn limited_h(&self, block: &Block, w: &Workspace, mut h: f64) -> f64 {
        let mut limit = |curve: &[f64], threshold: f64| {
            if let Some(s) = roots::first(curve, &roots::bernstein(curve, h), threshold, h) {
                h = s;
            }
        };
        for (i, level) in block.levels.iter().enumerate() {
            let drains = block.drains.iter().any(|d| d.from as usize == i && matches!(d.law, DrainLaw::Torricelli { .. }));
            if drains {
                limit(&w.levels[i], LAMINAR * level.capacity);
            }
        }
        for (j, t) in block.temperatures.iter().enumerate() {
            if let Some((level, _)) = t.mixed {
                limit(&w.levels[level as usize], FILM * block.levels[level as usize].capacity);
            }
            if w.held[j] {
                let info = &self.model.assets[t.asset.index()];
                let got: f64 = info.heat_claims.iter().map(|c| self.st.claims[*c as usize].got).sum();
                let (load, step) = (w.cooling_kw[j], LOAD_STEP * info.heat_amount);
                for threshold in [got, load - step, load + step, -HAIR * info.heat_amount] {
                    limit(&w.loads[j][..ORDER], threshold);
                }
            }
        }
        h
    }

    /// Sets the present values of a block's states as its new anchors; curves are renewed when the block is solved.
    pub(in crate::sim) fn anchor_block(&mut self, at: u32) {
        let now = self.st.time;
        let block = &self.model.blocks[at as usize];
        for level in &block.levels {
            let a = &mut self.st.assets[level.asset.index()];
            a.level = crate::sim::storages::level_at(a, level.capacity, now);
            a.level_at = now;
            restart(&mut a.level_curve, a.level);
        }
        for t in &block.temperatures {
            let Some(facts) = self.model.plant.asset(t.asset).thermal else { continue };
            let ambient = self.st.ambient_c;
            let a = &mut self.st.assets[t.asset.index()];
            a.celsius = crate::sim::thermal::celsius_at(a, &facts, ambient, now);
            a.celsius_at = now;
            restart(&mut a.celsius_curve, a.celsius);
        }
        self.st.blocks[at as usize].inputs.clear();
        self.pending.blocks.push(at);
    }
}

/// A level so small that it has no heat, no flow and no meaning: it rests at what it is.
fn negligible(w: &Workspace, block: &Block, i: usize, fed: bool) -> bool {
    w.level[i] <= 1e-9 * block.levels[i].capacity && w.net_per_h[i] <= 0.0 && !fed
}

fn restart(curve: &mut Vec<f64>, value: f64) {
    if !curve.is_empty() {
        curve.truncate(1);
        curve[0] = value;
    }
}

/// Keeps a series without its trailing zeros.
fn keep(curve: &mut Vec<f64>, series: &[f64]) {
    let n = series.iter().rposition(|c| *c != 0.0).map_or(1, |last| last + 1);
    curve.clear();
    curve.extend_from_slice(&series[..n]);
}

/// Marks storages that begin empty or full.
pub(in crate::sim) fn mark_limits(model: &crate::sim::Model, state: &mut State) {
    for level in model.blocks.iter().flat_map(|b| &b.levels) {
        let a = &mut state.assets[level.asset.index()];
        a.dry = a.level <= 0.0;
        a.brim = a.level >= level.capacity;
    }
}

/// Rate of change of a level now [amount/h].
pub(in crate::sim) fn slope_now(curve: &[f64], at: Time, now: Time) -> f64 {
    slope(curve, since(at, now))
}

/// Fractions of capacity at which an empty or a full storage is itself again.
pub(super) fn band(capacity: f64) -> (f64, f64) {
    (BAND * capacity, (1.0 - BAND) * capacity)
}
