//! What a state says when it is asked: levels, temperatures, flows, times, books.
//!
//! Owns no field and changes nothing; the value itself is `state`. *Invariant:* reading never changes a bit of a run's future.

use super::Mode;
use super::model::Model;
use super::outcome::Totals;
use super::state::{Loss, State, item};
use crate::plant::{AssetId, CrewId, MediumId, SpareId};
use crate::time::{Span, Time};

impl State {
    /// Level [storage amount] at [`State::time`]; `None` without a storage.
    pub fn level(&self, model: &Model, a: AssetId) -> Option<f64> {
        let storage = model.plant.asset(a).storage?;
        if let Some(buffer) = model.floor.buffer(a) {
            return Some(f64::from(self.parts.level(buffer)));
        }
        Some(super::storages::level_at(&self.assets[a.index()], storage.capacity, self.time))
    }

    /// Temperature [°C] at [`State::time`]; `None` without a thermal facet.
    pub fn temperature_c(&self, model: &Model, a: AssetId) -> Option<f64> {
        let thermal = model.plant.asset(a).thermal?;
        Some(super::thermal::celsius_at(&self.assets[a.index()], &thermal, self.ambient_c, self.time))
    }

    /// Ambient temperature at [`State::time`] [°C].
    pub fn ambient_c(&self) -> f64 {
        self.ambient_c + self.ambient_per_h * (self.time - self.ambient_at).h()
    }

    /// Price [currency] and emission [kg CO₂] of a unit × hour of a medium at [`State::time`].
    pub fn tariff(&self, medium: MediumId) -> (f64, f64) {
        self.tariffs[medium.index()]
    }

    /// Rate of change of the level [storage amount per h] at [`State::time`]; constant until the next event unless coupled.
    pub fn level_rate_per_h(&self, a: AssetId) -> f64 {
        super::storages::rate_at(&self.assets[a.index()], self.time)
    }

    /// Segments of coupled states so far, over all blocks: each adds at most the quantum to their error.
    pub fn segments(&self) -> u64 {
        self.blocks.iter().map(|b| b.segments).sum()
    }

    /// Service drawn by an asset [medium unit].
    pub fn drawn(&self, model: &Model, a: AssetId, medium: MediumId) -> f64 {
        model.assets[a.index()]
            .claims
            .iter()
            .filter(|c| model.claims[**c as usize].medium == medium)
            .map(|c| super::services::drawn(model, self, *c as usize))
            .sum()
    }

    /// Service given by an asset [medium unit], reserves included while they discharge.
    pub fn given(&self, model: &Model, a: AssetId, medium: MediumId) -> f64 {
        let info = &model.assets[a.index()];
        let gives: f64 = info.gives.iter().filter(|g| model.gives[**g as usize].medium == medium).map(|g| self.gives[*g as usize].given).sum();
        let reserve = match model.plant.asset(a).storage {
            Some(s) if s.medium == medium && info.store_island.is_some() => (-self.assets[a.index()].level_per_h).max(0.0),
            _ => 0.0,
        };
        gives + reserve
    }

    /// Time spent in each mode (indexed by `Mode::code`) since this state's run began; sums to the elapsed time exactly.
    pub fn time_in_mode(&self, a: AssetId) -> [Span; Mode::COUNT] {
        let asset = &self.assets[a.index()];
        let mut times = asset.times_us.map(Span);
        if asset.machine != u32::MAX {
            let counted = self.parts.times_us(asset.machine, self.time);
            for (mode, us) in [Mode::Running, Mode::Starved, Mode::Blocked].into_iter().zip(counted) {
                times[usize::from(mode.code())] = times[usize::from(mode.code())] + Span(us);
            }
        }
        if !asset.counting {
            times[usize::from(asset.mode.code())] = times[usize::from(asset.mode.code())] + (self.time - asset.mode_since);
        }
        times
    }

    /// When this state's run began: the accounts count from here.
    pub fn began(&self) -> Time {
        self.began
    }

    /// Changes recorded since the run began, whether or not a trace is kept.
    pub fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Totals since the run began.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Energy drawn by an asset for itself [priced medium unit × h], by owner; not added up over conversions.
    pub fn energy_drawn(&self, a: AssetId) -> f64 {
        self.assets[a.index()].account.value(item::DRAWN, self.time)
    }

    /// Bought by an asset that gives a priced medium: amount [priced medium unit × h], cost [currency], emissions [kg CO₂].
    pub fn bought(&self, a: AssetId) -> (f64, f64, f64) {
        let account = &self.assets[a.index()].account;
        let value = |which| account.value(which, self.time);
        (value(item::ENERGY), value(item::ENERGY_COST), value(item::CO2))
    }

    /// Service lost so far, by asset and recorded cause.
    pub fn losses(&self) -> Vec<Loss> {
        let mut losses = self.losses.clone();
        for asset in &self.assets {
            if let Some(loss) = losses.get_mut(asset.loss_slot as usize) {
                loss.hours += asset.account.rate[item::LOST_H] * (self.time - asset.account.at).h();
            }
        }
        losses
    }

    /// Running age of a failure mode since its last repair.
    pub fn age(&self, model: &Model, a: AssetId, mode: usize) -> Option<Span> {
        let at = model.assets[a.index()].modes.clone().nth(mode)? as usize;
        let m = &self.modes[at];
        if let Some(machine) = model.floor.machine(a).filter(|_| !m.active && model.on_floor(&model.modes[at])) {
            return Some(Span(m.age_us + self.parts.clock_us(machine, self.time) - m.age_at.0));
        }
        Some(Span(m.age_us + if m.ageing { (self.time - m.age_at).0 } else { 0 }))
    }

    /// What the storage of an asset has leaked since the run began [storage amount].
    pub fn leaked(&self, a: AssetId) -> f64 {
        self.assets[a.index()].account.value(item::LEAKED, self.time)
    }

    /// Parts of a kind on the shelf.
    pub fn stock(&self, spare: SpareId) -> u32 {
        self.spares[spare.index()].stock
    }

    /// Parts of a kind used up since the run began.
    pub fn parts_used(&self, spare: SpareId) -> u64 {
        self.spares[spare.index()].used
    }

    /// Time of a crew's people on the way and at work since the run began [h], summed over people.
    pub fn crew_hours(&self, crew: CrewId) -> f64 {
        let state = &self.crews[crew.index()];
        state.hours + f64::from(state.busy) * (self.time - state.at).h()
    }
}
