//! The books: every asset's time by mode, units, energy, losses by cause; every change with its cause into the trace.
//!
//! Booked once per touched asset at the end of an instant, when everything has settled: what came and went within the
//! instant is not a change.
//! *Invariant:* times by mode sum to the elapsed time exactly; reading the books changes nothing.

use super::Mode;
use super::engine::Engine;
use super::state::{Loss, item};
use super::trace::{Cause, Change};
use crate::plant::{AssetId, InitialMode, Thermal};

/// Changes of service smaller than this are not recorded.
const QUIET: f64 = 1e-9;

impl Engine<'_> {
    /// Books one asset: closes the interval that ends now and opens the next with the present rates.
    pub(super) fn book(&mut self, id: AssetId) {
        self.tell_changes(id);
        if self.model.assets[id.index()].driven {
            self.refresh_drives(id);
        }
        let rates = self.rates(id);
        let now = self.st.time;
        let a = &mut self.st.assets[id.index()];
        if a.account.rate != rates {
            let hours = (now - a.account.at).h();
            for (sum, rate) in a.account.sum.iter_mut().zip(a.account.rate) {
                *sum += rate * hours;
            }
            if let Some(loss) = self.st.losses.get_mut(a.loss_slot as usize) {
                loss.hours += a.account.rate[item::LOST_H] * hours;
            }
            a.account.at = now;
            a.account.rate = rates;
        }
    }

    fn tell_changes(&mut self, id: AssetId) {
        let now = self.st.time;
        let a = &self.st.assets[id.index()];
        let (from, to) = (a.told_mode, a.mode);
        let (was, is) = (a.told_service, a.service);
        let mode_changed = from != to;
        let service_changed = (was - is).abs() > QUIET || ((was > 0.0) != (is > 0.0));
        if !mode_changed && !service_changed {
            return;
        }
        let cause = self.cause_of(id);
        self.close_loss(id);
        if mode_changed {
            let a = &mut self.st.assets[id.index()];
            a.times_us[usize::from(from.code())] += if a.counting { 0 } else { (now - a.mode_since).0 };
            a.mode_since = now;
            a.told_mode = to;
            self.record(id, Change::Mode { from, to }, &cause);
            self.set_ageing(id, to);
            self.watch_hold(id, to);
        }
        if service_changed {
            self.st.assets[id.index()].told_service = is;
            self.record(id, Change::Service { from: was, to: is }, &cause);
        }
        self.open_loss(id, &cause);
        self.st.assets[id.index()].cause = cause;
    }

    fn close_loss(&mut self, id: AssetId) {
        let now = self.st.time;
        let a = &mut self.st.assets[id.index()];
        if let Some(loss) = self.st.losses.get_mut(a.loss_slot as usize) {
            loss.hours += a.account.rate[item::LOST_H] * (now - a.account.at).h();
            // the rest of the account moves on with it, so that the loss is not counted twice
            let hours = (now - a.account.at).h();
            for (sum, rate) in a.account.sum.iter_mut().zip(a.account.rate) {
                *sum += rate * hours;
            }
            a.account.at = now;
        }
    }

    fn open_loss(&mut self, id: AssetId, cause: &Cause) {
        let a = &self.st.assets[id.index()];
        if a.service >= 1.0 - QUIET || matches!(a.mode, Mode::Standby | Mode::Off) {
            self.st.assets[id.index()].loss_slot = u32::MAX;
            return;
        }
        let (mode, culprit) = (a.mode, cause.assets().first().copied().unwrap_or(id));
        let known = self.st.losses.iter().position(|l| l.asset == id && l.culprit == culprit && l.mode == mode);
        let slot = known.unwrap_or_else(|| {
            self.st.losses.push(Loss { asset: id, culprit, mode, hours: 0.0 });
            self.st.losses.len() - 1
        });
        self.st.assets[id.index()].loss_slot = slot as u32;
    }

    /// Present rates of all accounts, per hour.
    fn rates(&self, id: AssetId) -> [f64; item::COUNT] {
        let facts = self.model.plant.asset(id);
        let info = &self.model.assets[id.index()];
        let a = &self.st.assets[id.index()];
        let mut rates = [0.0; item::COUNT];
        rates[item::PRODUCED] = if a.machine == u32::MAX { a.rate_per_h } else { 0.0 };
        for &c in &info.claims {
            let medium = self.model.claims[c as usize].medium;
            if self.model.plant.medium(medium).price_per_unit_h > 0.0 {
                rates[item::DRAWN] += super::services::drawn(self.model, &self.st, c as usize);
            }
        }
        for &g in &info.gives {
            let (give, given) = (&self.model.gives[g as usize], self.st.gives[g as usize].given);
            if give.bought {
                let (price, co2) = self.st.tariffs[give.medium.index()];
                rates[item::ENERGY] += given;
                rates[item::ENERGY_COST] += given * price;
                rates[item::CO2] += given * co2;
            }
        }
        rates[item::LEAKED] = a.leaking_per_h;
        rates[item::LEAK_COST] = a.leaking_per_h * a.effects.leak_cost;
        let wanted = a.commanded == InitialMode::Running;
        rates[item::DOWN_H] = if wanted && a.service <= 0.0 { 1.0 } else { 0.0 };
        rates[item::OVER_H] = if facts.thermal.is_some_and(|t: Thermal| self.is_over(id, &t)) { 1.0 } else { 0.0 };
        let idle = matches!(a.mode, Mode::Standby | Mode::Off);
        rates[item::LOST_H] = if idle { 0.0 } else { (1.0 - a.service).max(0.0) };
        rates
    }

    fn is_over(&self, id: AssetId, t: &Thermal) -> bool {
        let (celsius, slope) = super::thermal::celsius_now(&self.st, id, t);
        celsius > t.trip_c + 1e-9 || (celsius >= t.trip_c - 1e-9 && slope > 0.0)
    }

    /// Starts or stops the clock of a held content.
    fn watch_hold(&mut self, id: AssetId, mode: Mode) {
        let Some(process) = &self.model.plant.asset(id).process else { return };
        let Some(limit) = process.hold_limit else { return };
        let slot = self.model.assets[id.index()].hold_slot;
        let a = &mut self.st.assets[id.index()];
        if mode == Mode::Running {
            a.has_run = true;
            self.st.queue.clear(slot);
        } else if a.has_run && self.st.queue.due(slot).is_none() {
            let due = self.st.time.after(limit);
            self.set_timer(slot, due);
        }
    }

    /// A process has stood too long: its content is lost.
    pub(super) fn hold_exceeded(&mut self, id: AssetId) {
        let Some(process) = &self.model.plant.asset(id).process else { return };
        let a = &mut self.st.assets[id.index()];
        a.has_run = false;
        let cause = a.cause.clone();
        let units = process.hold_loss_units;
        self.st.counts.hold_units += units;
        self.st.counts.hold_cost += units * process.scrap_cost_per_unit;
        self.record(id, Change::HoldLost { units }, &cause);
    }

    /// Adds the books up into the totals at the present time.
    pub(super) fn total(&mut self) {
        let now = self.st.time;
        let model = self.model;
        let mut t = std::mem::take(&mut self.st.totals);
        let produced = std::mem::take(&mut t.produced);
        t = super::outcome::Totals { produced, ..Default::default() };
        t.produced.resize(model.assets.len(), 0.0);
        let any_earns = model.plant.assets.iter().any(|a| a.process.as_ref().is_some_and(|p| p.earns_per_unit > 0.0));
        for (index, facts) in model.plant.assets.iter().enumerate() {
            let account = &self.st.assets[index].account;
            t.energy_kwh += account.value(item::ENERGY, now);
            t.energy_cost += account.value(item::ENERGY_COST, now);
            t.co2_kg += account.value(item::CO2, now);
            t.limit_exceedance_h += account.value(item::OVER_H, now);
            t.leak_cost += account.value(item::LEAK_COST, now);
            t.downtime_cost += account.value(item::DOWN_H, now) * facts.downtime_cost_per_h;
            let Some(p) = &facts.process else { continue };
            let (units, scrap, good) = match model.floor.machine(AssetId(index as u32)) {
                Some(machine) => {
                    let (made, scrapped) = self.st.parts.counts(machine);
                    (made as f64, scrapped as f64, (made - scrapped) as f64)
                }
                None => {
                    let units = account.value(item::PRODUCED, now);
                    (units, units * p.scrap, units * (1.0 - p.scrap))
                }
            };
            t.produced[index] = units;
            t.scrap_units += scrap;
            t.scrap_cost += scrap * p.scrap_cost_per_unit;
            t.earned += good * p.earns_per_unit;
            if p.earns_per_unit > 0.0 || (!any_earns && p.outputs.is_empty()) {
                t.good_units += good;
            }
        }
        for (crew, facts) in self.st.crews.iter().zip(&model.plant.crews) {
            t.crew_cost += (crew.hours + f64::from(crew.busy) * (now - crew.at).h()) * facts.cost_per_h;
        }
        for (spare, facts) in self.st.spares.iter().zip(&model.plant.spares) {
            t.spare_cost += spare.used as f64 * facts.cost;
        }
        t.scrap_units += self.st.counts.hold_units;
        t.lost_hold_units = self.st.counts.hold_units;
        t.scrap_cost += self.st.counts.hold_cost;
        t.action_cost = self.st.counts.action_cost;
        t.trips = self.st.counts.trips as f64;
        self.st.totals = t;
    }
}
