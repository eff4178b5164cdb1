//! Where the floor of discrete parts meets the rest of the plant: abilities in, failures, long waits, loads and levels out.
//!
//! A machine's service is its ability to work, as of any asset: short waits for parts or room do not change it. A wait longer
//! than the machine's patience (its `impact_tau`, at least 20 mean cycles) takes the service to 0 until the next part, with
//! its cause. What a machine draws and heats follows every part when it matters (a need with an idle fraction below 1 that
//! is no cooling, or a thermal facet); time by mode is exact to the microsecond always.
//! *Invariant:* a machine ages by its working time alone: the anchor of an age is a reading of that clock.

use super::engine::Engine;
use super::parts::{Exit, Floor, Wait};
use super::state::State;
use super::trace::Cause;
use super::{Mode, Model};
use crate::plant::AssetId;
use crate::time::{Span, Time};

/// What a machine of discrete parts has done since the run began.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PartsCount {
    /// Parts finished, scrap included.
    pub made: u64,
    /// Parts scrapped.
    pub scrapped: u64,
    /// Parts on the machine now, unfinished or waiting to leave.
    pub in_hand: u32,
    /// Working time summed over its servers.
    pub busy: Span,
}

impl State {
    /// What a machine of discrete parts has done; `None` for other assets.
    pub fn parts(&self, model: &Model, a: AssetId) -> Option<PartsCount> {
        let machine = model.floor.machine(a)?;
        let (made, scrapped) = self.parts.counts(machine);
        Some(PartsCount { made, scrapped, in_hand: self.parts.in_hand(machine), busy: Span(self.parts.busy_us(machine, self.time)) })
    }

    /// Integral of the level of a buffer of discrete parts since the run began [part · h]; `None` for other assets. Divided by
    /// the time: the mean number of parts in it; by the parts that went through: their mean time in it (Little's law).
    pub fn level_hours(&self, model: &Model, a: AssetId) -> Option<f64> {
        Some(self.parts.level_hours(model.floor.buffer(a)?, self.time))
    }

    /// Work in progress: discrete parts in buffers and on machines.
    pub fn work_in_progress(&self, model: &Model) -> u64 {
        let stored = (0..model.floor.buffers.len() as u32).map(|b| u64::from(self.parts.level(b)));
        let held = (0..model.floor.machines.len() as u32).map(|m| u64::from(self.parts.in_hand(m)));
        stored.sum::<u64>() + held.sum::<u64>()
    }

    /// The mode of an able machine of discrete parts.
    pub(super) fn mode_of_parts(&self, a: AssetId) -> Option<Mode> {
        let asset = &self.assets[a.index()];
        asset.counting.then(|| self.parts.mode(asset.machine))
    }
}

impl Engine<'_> {
    fn floor(&mut self) -> Floor<'_> {
        Floor { layout: &self.model.floor, parts: &mut self.st.parts, scratch: &mut self.scratch, now: self.st.time.0 }
    }

    /// Works off the parts' events before `stop`; the time of the first that concerns the rest of the plant.
    pub(super) fn run_floor(&mut self, stop: Time) -> Option<Time> {
        if self.model.floor.stations.is_empty() { None } else { self.floor().run(stop) }
    }

    /// Draws what is left of the parts in hand with this engine's numbers.
    pub(super) fn redraw_parts(&mut self) {
        self.floor().redraw();
    }

    /// Sets the ability of a machine; while it is able, its time by mode is counted on the floor.
    pub(super) fn set_machine(&mut self, id: AssetId, ability: f64) {
        let Some(machine) = self.model.floor.machine(id) else { return };
        let now = self.st.time;
        let a = &mut self.st.assets[id.index()];
        if a.counting != (ability > 0.0) {
            if !a.counting {
                a.times_us[usize::from(a.told_mode.code())] += (now - a.mode_since).0;
            }
            a.mode_since = now;
            a.counting = ability > 0.0;
        }
        self.floor().set_ability(machine, ability);
    }

    /// Something on the floor concerns the rest of the plant.
    pub(super) fn leave_floor(&mut self, exit: Exit) {
        match exit {
            Exit::Fails(machine) => self.machine_fails(machine),
            Exit::Waits(machine) | Exit::Load(machine) => self.touch(self.model.floor.machines[machine as usize].asset),
            Exit::Level(buffer) => {
                let Some(id) = self.model.floor.buffers[buffer as usize].store else { return };
                for &rule in &self.model.assets[id.index()].watched_by {
                    self.pending.rules.push(rule);
                }
            }
        }
    }

    fn machine_fails(&mut self, machine: u32) {
        let id = self.model.floor.machines[machine as usize].asset;
        let info = &self.model.assets[id.index()];
        let mut modes = info.modes.clone().chain(info.plans.clone());
        match modes.find(|at| self.rest_of_life(*at, machine).is_some_and(|rest| rest <= 0)) {
            Some(at) => self.life_ended(at),
            None => {
                self.refresh_life(id);
            }
        }
    }

    /// Working time until a failure mode strikes [µs], if it can.
    fn rest_of_life(&self, at: u32, machine: u32) -> Option<i64> {
        let mode = &self.st.modes[at as usize];
        let alive = self.model.on_floor(&self.model.modes[at as usize]) && !mode.active && mode.fails_at_age_us != i64::MAX;
        alive.then(|| mode.fails_at_age_us - mode.age_us - (self.st.parts.clock_us(machine, self.st.time) - mode.age_at.0))
    }

    /// Tells the floor how long a machine still lives. False when the asset is no machine of parts.
    pub(super) fn refresh_life(&mut self, id: AssetId) -> bool {
        let Some(machine) = self.model.floor.machine(id) else { return false };
        let info = &self.model.assets[id.index()];
        let modes = info.modes.clone().chain(info.plans.clone());
        let rest = modes.filter_map(|at| self.rest_of_life(at, machine)).min().unwrap_or(i64::MAX);
        self.floor().set_life(machine, rest);
        true
    }

    /// Adds what a machine has worked since the anchor to a mode's age.
    pub(super) fn anchor_age(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let Some(machine) = self.model.floor.machine(info.asset).filter(|_| self.model.on_floor(info)) else { return };
        let clock = self.st.parts.clock_us(machine, self.st.time);
        let mode = &mut self.st.modes[at as usize];
        if !mode.active {
            mode.age_us += clock - mode.age_at.0;
            mode.age_at = Time(clock);
        }
    }

    /// The anchor of an age that begins now.
    pub(super) fn age_anchor(&self, at: u32) -> Time {
        let info = &self.model.modes[at as usize];
        match self.model.floor.machine(info.asset).filter(|_| self.model.on_floor(info)) {
            Some(machine) => Time(self.st.parts.clock_us(machine, self.st.time)),
            None => self.st.time,
        }
    }

    /// Pace, load and told wait of a machine.
    pub(super) fn refresh_machine(&mut self, id: AssetId) {
        let (Some(machine), Some(process)) = (self.model.floor.machine(id), &self.model.plant.asset(id).process) else { return };
        let wait = self.st.parts.wait(machine);
        let loaded = !self.model.floor.machines[machine as usize].loud || self.st.parts.is_working(machine);
        let cause = match wait {
            Wait::None => Cause::Nominal,
            Wait::Starved => Cause::Starved { from: self.waits_for(machine, true) },
            Wait::Blocked => Cause::Blocked { by: self.waits_for(machine, false) },
        };
        let a = &mut self.st.assets[id.index()];
        let rate = if wait == Wait::None && loaded { process.rate_per_h * a.ability } else { 0.0 };
        a.starved = wait == Wait::Starved;
        a.limited_by = cause;
        if a.rate_per_h != rate {
            a.rate_per_h = rate;
            if self.model.plant.asset(id).thermal.is_some() {
                self.pending.thermals.push(id.0);
            }
        }
    }

    /// The machines beyond the empty (or full) buffers of a waiting machine; the buffer itself when there is none.
    fn waits_for(&self, machine: u32, starved: bool) -> Vec<AssetId> {
        let floor = &self.model.floor;
        let mut from = Vec::new();
        let mut add = |id: AssetId| {
            if !from.contains(&id) {
                from.push(id);
            }
        };
        let asset = |station: u32| floor.machines[floor.stations[station as usize].machine as usize].asset;
        for buffer in self.st.parts.lacking(floor, machine, starved) {
            let b = &floor.buffers[buffer as usize];
            let beyond = if starved { b.producers.len() } else { b.consumers.len() };
            match b.store {
                Some(store) if beyond == 0 => add(store),
                Some(_) | None if starved => b.producers.iter().for_each(|s| add(asset(*s))),
                Some(_) | None => b.consumers.iter().for_each(|c| add(asset(c.1))),
            }
        }
        from
    }

    /// Service of a machine: its ability, 0 during a told wait. `None` for other assets.
    pub(super) fn machine_service(&self, id: AssetId) -> Option<f64> {
        let machine = self.model.floor.machine(id)?;
        let waits = self.st.parts.wait(machine) != Wait::None;
        Some(if waits { 0.0 } else { self.st.assets[id.index()].ability })
    }

    /// Level of a buffer of parts.
    pub(super) fn parts_level(&self, id: AssetId) -> Option<f64> {
        self.model.floor.buffer(id).map(|b| f64::from(self.st.parts.level(b)))
    }
}
