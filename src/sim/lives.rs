//! Lives: each has one Exp(1) budget of integrated hazard, consumed while its failure mode ages.
//!
//! Owns ages and budgets. A mode without covariates knows the age at which it fails in closed form; a *driven* one carries
//! the rest of its budget and what consumes it, and settles both whenever load or temperature take another law.
//! *Invariant:* the anchor of an age moves only at events, so that reading or splitting a run changes nothing.

use super::Mode;
use super::engine::Engine;
use super::hazards::{Drive, End};
use super::laws::{age_at_hazard, cumulative_hazard};
use super::model::ModeInfo;
use super::state::{ModeState, Work};
use super::trace::Cause;
use crate::plant::{Ageing, AssetId, FailureMode};
use crate::rng::Purpose;
use crate::time::Span;

/// Budget of a life that has not been drawn yet: a plant that settles its nominal start.
pub(super) const UNDRAWN: f64 = 1e300;

fn drive<'m>(info: &'m ModeInfo, mode: &'m ModeState) -> Drive<'m> {
    Drive {
        hazard: &info.facts.hazard,
        covariates: &info.facts.covariates,
        load_factor: mode.load_factor,
        course: &mode.course,
        from: mode.age_at,
        age_s: Span(mode.age_us).s(),
    }
}

/// Whether a failure mode ages while its asset is in this mode of operation.
pub(super) fn ages(facts: &FailureMode, operating: Mode) -> bool {
    operating == Mode::Running || facts.ages == Ageing::Calendar
}

impl Engine<'_> {
    /// Draws residual lives and repairs with this engine's numbers.
    pub(super) fn draw_lives(&mut self) {
        for at in 0..self.model.modes.len() as u32 {
            if self.st.modes[at as usize].active {
                // what is left of a rested job is drawn anew when it goes on
                self.st.modes[at as usize].left_us = -1;
                if self.st.modes[at as usize].work == Work::Working {
                    self.time_repair(at);
                }
            } else {
                self.new_life(at);
            }
        }
        self.begin_shifts();
        self.reorder_all();
        self.pending.crews = true;
    }

    /// Brings the age of a mode, and the budget of a driven one, up to now.
    pub(super) fn grow_older(&mut self, at: u32) {
        self.anchor_age(at);
        let now = self.st.time;
        let info = &self.model.modes[at as usize];
        let mode = &mut self.st.modes[at as usize];
        if mode.ageing {
            let passed = now - mode.age_at;
            if info.driven && passed.0 > 0 {
                mode.budget -= drive(info, mode).consumed(passed.s());
            }
            mode.age_us += passed.0;
            mode.age_at = now;
        }
    }

    /// Draws when the present life ends, conditioned on the age already reached.
    pub(super) fn new_life(&mut self, at: u32) {
        self.grow_older(at);
        let info = &self.model.modes[at as usize];
        let mode = &mut self.st.modes[at as usize];
        let fresh = self.draws.exp1(info.key, Purpose::Life, u64::from(mode.lives));
        if let Some(plan) = &info.plan {
            mode.fails_at_age_us = plan.every_us.max(mode.age_us);
        } else if info.driven {
            mode.budget = fresh;
            self.take_drive(at);
        } else {
            let budget = cumulative_hazard(info.facts.hazard, Span(mode.age_us)) + fresh;
            mode.fails_at_age_us = age_at_hazard(info.facts.hazard, budget).max(mode.age_us);
        }
        self.time_life(at);
    }

    /// Sets the timer of a life's end.
    pub(super) fn time_life(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        if self.model.on_floor(info) {
            self.refresh_life(info.asset);
            return;
        }
        let mode = &mut self.st.modes[at as usize];
        if !mode.ageing || mode.active {
            return self.st.queue.clear(info.fail_slot);
        }
        let mut look_us = i64::MAX;
        if info.driven && mode.budget >= UNDRAWN {
            mode.fails_at_age_us = i64::MAX;
        } else if info.driven {
            mode.fails_at_age_us = i64::MAX;
            match drive(info, mode).end(mode.budget.max(0.0)) {
                End::At(s) => mode.fails_at_age_us = mode.age_us.saturating_add(Span::from_s(s).0),
                End::NotBefore(s) => look_us = mode.age_us.saturating_add(Span::from_s(s).0.max(1_000_000)),
                End::Never => {}
            }
        }
        let due_us = mode.fails_at_age_us.min(look_us);
        if due_us == i64::MAX {
            self.st.queue.clear(info.fail_slot);
        } else {
            let due = mode.age_at.after(Span(due_us - mode.age_us));
            self.set_timer(info.fail_slot, due);
        }
    }

    /// Starts or stops the ageing of an asset.
    pub(super) fn set_ageing(&mut self, id: AssetId, operating: Mode) {
        let now = self.st.time;
        let info = &self.model.assets[id.index()];
        for at in info.modes.clone().chain(info.plans.clone()) {
            let mode = &self.st.modes[at as usize];
            let info = &self.model.modes[at as usize];
            let ageing = ages(&info.facts, operating) && !mode.active && !self.model.on_floor(info);
            if mode.ageing != ageing {
                self.grow_older(at);
                let mode = &mut self.st.modes[at as usize];
                mode.age_at = if mode.active { mode.age_at } else { now };
                mode.ageing = ageing;
                self.take_drive(at);
                self.time_life(at);
            }
        }
    }

    /// What drives a mode from now on.
    fn take_drive(&mut self, at: u32) {
        if self.model.modes[at as usize].driven {
            let (course, factor) = self.present_drive(at);
            let mode = &mut self.st.modes[at as usize];
            (mode.course, mode.load_factor) = (course, factor);
        }
    }

    /// Temperature law and load factor of this instant.
    fn present_drive(&self, at: u32) -> (super::hazards::Course, f64) {
        let info = &self.model.modes[at as usize];
        let covariates = &info.facts.covariates;
        let course = if covariates.iter().any(|c| c.is_thermal()) {
            let of = info.facts.temperature_of.unwrap_or(info.asset);
            super::thermal::course(&self.st, of, self.model.plant.asset(of).thermal.as_ref(), self.model.assets[of.index()].block)
        } else {
            super::hazards::Course::constant(0.0)
        };
        let load = if covariates.iter().all(|c| c.is_thermal()) { 1.0 } else { self.heat_load(info.asset) };
        (course, covariates.iter().map(|c| c.of_load(load)).product())
    }

    /// Load or temperature may have taken another law: settles what the old one has consumed and times the ends anew.
    pub(super) fn refresh_drives(&mut self, id: AssetId) {
        let info = &self.model.assets[id.index()];
        for at in info.modes.clone().chain(info.warms.iter().copied()) {
            if !self.model.modes[at as usize].driven || self.st.modes[at as usize].active {
                continue;
            }
            let (course, factor) = self.present_drive(at);
            let mode = &self.st.modes[at as usize];
            if mode.course != course || mode.load_factor != factor {
                self.grow_older(at);
                let mode = &mut self.st.modes[at as usize];
                (mode.course, mode.load_factor) = (course, factor);
                self.time_life(at);
            }
        }
    }

    /// The budget of a life is used up, or it is time to look again.
    pub(super) fn life_ended(&mut self, at: u32) {
        if self.model.modes[at as usize].plan.is_some() {
            return self.plan_due(at);
        }
        self.grow_older(at);
        let (info, mode) = (&self.model.modes[at as usize], &self.st.modes[at as usize]);
        if mode.fails_at_age_us > mode.age_us {
            return self.time_life(at);
        }
        self.strike(at, false, Cause::Failure { mode: info.index });
    }
}
