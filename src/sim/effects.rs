//! What active failure modes do to an asset that is not lost: derated, stuck, leaking, or with a sensor that lies.
//!
//! Several modes of one asset: fractions multiply, leaks and offsets add, of several stuck positions the first in file order
//! holds. A stuck asset hears no command and no control (trips and interlocks included) until it is repaired; what it needs
//! to work it still needs.
//! *Invariant:* the effects are a function of the active modes and of the script; nothing accumulates.

use super::engine::Engine;
use super::model::Model;
use super::script::Intervention;
use super::state::State;
use crate::plant::{AssetId, Degradation};
use serde::{Deserialize, Serialize};

/// Effects in force on one asset.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Effects {
    /// Fraction that is left.
    pub(super) derate: f64,
    /// Position in which it sticks, fraction of nominal.
    pub(super) stuck: Option<f64>,
    /// Amount lost while there is some [storage amount/h], and its price [currency/amount].
    pub(super) leak_per_h: f64,
    pub(super) leak_cost: f64,
    /// Added to what controls read [storage amount], [K].
    pub(super) level_bias: f64,
    pub(super) celsius_bias: f64,
}

impl Effects {
    /// No effect.
    pub(super) const NONE: Effects = Effects { derate: 1.0, stuck: None, leak_per_h: 0.0, leak_cost: 0.0, level_bias: 0.0, celsius_bias: 0.0 };
}

/// The effects that active modes and the script have now.
pub(super) fn present(model: &Model, st: &State, id: AssetId) -> Effects {
    let mut e = Effects::NONE;
    for at in model.assets[id.index()].modes.clone() {
        let mode = &st.modes[at as usize];
        if !mode.active || mode.total {
            continue;
        }
        let mut stick = |position: f64| e.stuck = e.stuck.or(Some(position));
        match model.modes[at as usize].facts.effect {
            Degradation::Lost => {}
            Degradation::Derated(fraction) => e.derate *= fraction,
            Degradation::StuckOpen => stick(1.0),
            Degradation::StuckClosed => stick(0.0),
            Degradation::StuckAt(position) => stick(position),
            Degradation::StuckEither { .. } => stick(if mode.stuck_open { 1.0 } else { 0.0 }),
            Degradation::Leak { per_h, cost_per_unit } => {
                let cost = e.leak_cost * e.leak_per_h + cost_per_unit * per_h;
                e.leak_per_h += per_h;
                e.leak_cost = cost / e.leak_per_h.max(f64::MIN_POSITIVE);
            }
            Degradation::Bias { level, celsius } => {
                e.level_bias += level;
                e.celsius_bias += celsius;
            }
        }
    }
    for force in &st.in_force {
        if let Intervention::Degrade { asset, to, .. } = force.what
            && asset == id
        {
            e.derate *= to;
        }
    }
    e
}

impl Engine<'_> {
    /// Brings the effects on an asset up to date and passes changes on.
    pub(super) fn refresh_effects(&mut self, id: AssetId) {
        let after = present(self.model, &self.st, id);
        let before = std::mem::replace(&mut self.st.assets[id.index()].effects, after);
        if (before.leak_per_h, before.leak_cost) != (after.leak_per_h, after.leak_cost) {
            self.leak_changed(id);
        }
        if (before.level_bias, before.celsius_bias) != (after.level_bias, after.celsius_bias) {
            self.time_level(id);
            if let Some(t) = self.model.plant.asset(id).thermal {
                self.time_temperature(id, &t);
            }
            for &rule in &self.model.assets[id.index()].watched_by {
                self.pending.rules.push(rule);
            }
        }
        self.touch(id);
    }

    /// The storage of an asset is balanced anew, with its leak.
    pub(super) fn leak_changed(&mut self, id: AssetId) {
        let info = &self.model.assets[id.index()];
        match (info.store_line, info.store_island) {
            (Some(line), _) => self.pending.lines.push(line),
            (None, Some(island)) => self.pending.islands.push(island),
            (None, None) => {
                let net = self.leak(id, 0.0);
                self.set_level_rate(id, net);
            }
        }
    }

    /// Net inflow of a storage after its leak [amount/h]; an empty one leaks what would remain in it.
    pub(super) fn leak(&mut self, id: AssetId, net: f64) -> f64 {
        let wanted = self.st.assets[id.index()].effects.leak_per_h;
        if wanted <= 0.0 && self.st.assets[id.index()].leaking_per_h <= 0.0 {
            return net;
        }
        let empty = match self.model.plant.asset(id).storage {
            Some(_) => super::storages::is_empty(self.model, &self.st, id),
            None => true,
        };
        let leaking = if empty { wanted.min(net.max(0.0)) } else { wanted };
        self.st.assets[id.index()].leaking_per_h = leaking;
        self.pending.touched.push(id.0);
        net - leaking
    }
}
