//! Failure modes: each life has one Exp(1) budget of integrated hazard, consumed while the asset runs.
//!
//! Owns striking and repairing; who repairs is `crews`. The n-th life and the n-th repair of a mode have their own keyed
//! draws, so that no other asset's events can change them.

use super::engine::Engine;
use super::laws::{age_at_hazard, cumulative_hazard, remaining_repair};
use super::script::Intervention;
use super::state::Work;
use super::trace::{Cause, Change};
use crate::plant::{AssetId, Degradation, FailureMode, InitialMode};
use crate::rng::Purpose;
use crate::time::Span;

impl Engine<'_> {
    fn mode_facts(&self, at: u32) -> &FailureMode {
        let info = &self.model.modes[at as usize];
        &self.model.plant.asset(info.asset).reliability[info.index]
    }

    /// Draws residual lives and repairs with this engine's numbers.
    pub(super) fn draw_lives(&mut self) {
        for at in 0..self.model.modes.len() as u32 {
            if self.st.modes[at as usize].active {
                if self.st.modes[at as usize].work == Work::Working {
                    self.time_repair(at);
                }
            } else {
                self.new_life(at);
            }
        }
        self.pending.crews = true;
    }

    /// Draws the age at which the present life ends, conditioned on the age already reached.
    fn new_life(&mut self, at: u32) {
        let key = self.model.modes[at as usize].key;
        let hazard = self.mode_facts(at).hazard;
        let now = self.st.time;
        self.anchor_age(at);
        let mode = &mut self.st.modes[at as usize];
        if mode.ageing {
            mode.age_us += (now - mode.age_at).0;
            mode.age_at = now;
        }
        let budget = cumulative_hazard(hazard, Span(mode.age_us)) + self.draws.exp1(key, Purpose::Life, u64::from(mode.lives));
        mode.fails_at_age_us = age_at_hazard(hazard, budget).max(mode.age_us);
        self.time_life(at);
    }

    fn time_life(&mut self, at: u32) {
        if self.refresh_life(self.model.modes[at as usize].asset) {
            return;
        }
        let mode = &self.st.modes[at as usize];
        let slot = self.model.modes[at as usize].fail_slot;
        if mode.ageing && mode.fails_at_age_us != i64::MAX && !mode.active {
            let due = mode.age_at.after(Span(mode.fails_at_age_us - mode.age_us));
            self.set_timer(slot, due);
        } else {
            self.st.queue.clear(slot);
        }
    }

    /// Starts or stops the ageing of an asset.
    pub(super) fn set_ageing(&mut self, id: AssetId, running: bool) {
        if self.model.floor.machine(id).is_some() {
            return;
        }
        let now = self.st.time;
        for at in self.model.assets[id.index()].modes.clone() {
            let mode = &mut self.st.modes[at as usize];
            let ageing = running && !mode.active;
            if mode.ageing != ageing {
                if mode.ageing {
                    mode.age_us += (now - mode.age_at).0;
                }
                mode.age_at = if mode.active { mode.age_at } else { now };
                mode.ageing = ageing;
                self.time_life(at);
            }
        }
    }

    /// The budget of a life is used up.
    pub(super) fn life_ended(&mut self, at: u32) {
        let mode = self.model.modes[at as usize].index;
        self.strike(at, false, Cause::Failure { mode });
    }

    /// A failure mode becomes active; `total`: lost whatever the mode's effect. False when it was active already.
    pub(super) fn strike(&mut self, at: u32, total: bool, cause: Cause) -> bool {
        let now = self.st.time;
        let info = &self.model.modes[at as usize];
        let effect = self.mode_facts(at).effect;
        let sequence = self.st.queue.next_sequence();
        self.anchor_age(at);
        let mode = &mut self.st.modes[at as usize];
        if mode.active {
            return false;
        }
        if mode.ageing {
            mode.age_us += (now - mode.age_at).0;
            mode.ageing = false;
        }
        mode.active = true;
        mode.total = total || effect == Degradation::Lost;
        mode.work = Work::Queued;
        mode.queued = sequence;
        mode.urgent = false;
        mode.elapsed_us = 0;
        mode.script = if let Cause::Script(number) = cause { Some(number) } else { None };
        let lost = mode.total;
        if lost {
            self.st.assets[info.asset.index()].lost += 1;
        } else {
            self.refresh_derate(info.asset);
        }
        self.st.queue.clear(info.fail_slot);
        self.refresh_life(info.asset);
        self.record(info.asset, Change::Failed { mode: info.index }, &cause);
        self.pending.crews = true;
        self.touch(info.asset);
        true
    }

    /// Work on a repair begins: draws its length, conditioned on what has already passed.
    pub(super) fn begin_work(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let mode = &mut self.st.modes[at as usize];
        mode.work = Work::Working;
        mode.age_at = self.st.time;
        let (id, index) = (info.asset, info.index);
        self.record(id, Change::RepairStarted { mode: index }, &Cause::Failure { mode: index });
        self.time_repair(at);
        self.touch(id);
    }

    fn time_repair(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let law = self.mode_facts(at).repair;
        let now = self.st.time;
        let mode = &self.st.modes[at as usize];
        let elapsed = Span(mode.elapsed_us.saturating_add((now - mode.age_at).0));
        let u = self.draws.uniform(info.key, Purpose::Repair, u64::from(mode.repairs));
        let left = remaining_repair(law, u, elapsed).s() * self.st.repair_factor;
        self.set_timer(info.repair_slot, now.after(Span::from_s(left)));
    }

    /// Travel or work of a repair has ended.
    pub(super) fn repair_progressed(&mut self, at: u32) {
        if self.st.modes[at as usize].work == Work::Travelling {
            self.begin_work(at);
        } else {
            self.restore(at, true);
        }
    }

    /// A failure mode ends; `renewed`: a crew (or the asset itself) repaired it, so it is as good as new.
    pub(super) fn restore(&mut self, at: u32, renewed: bool) {
        let info = &self.model.modes[at as usize];
        let (id, index) = (info.asset, info.index);
        let anchor = self.age_anchor(id);
        self.release_crew(at);
        self.st.queue.clear(info.repair_slot);
        let mode = &mut self.st.modes[at as usize];
        if !mode.active {
            return;
        }
        mode.active = false;
        mode.work = Work::None;
        mode.script = None;
        let lost = mode.total;
        if renewed {
            mode.age_us = 0;
            mode.lives += 1;
            mode.repairs += 1;
        }
        mode.age_at = anchor;
        mode.ageing = false;
        if lost {
            self.st.assets[id.index()].lost -= 1;
        } else {
            // it ran while derated: the next booking starts its new life's clock
            mode.ageing = self.st.assets[id.index()].told_mode == super::Mode::Running && self.model.floor.machine(id).is_none();
            self.refresh_derate(id);
        }
        if renewed {
            self.new_life(at);
        } else {
            self.time_life(at);
        }
        self.record(id, Change::Repaired { mode: index }, &Cause::RepairDone);
        if lost {
            self.returned(id);
        }
        self.pending.crews = true;
        self.touch(id);
    }

    /// A lost asset is back: as the spare of its group, when enough others serve.
    pub(super) fn returned(&mut self, id: AssetId) {
        if self.st.assets[id.index()].lost == 0 && self.spare(id) {
            self.command(id, InitialMode::Standby, Cause::RepairDone);
        }
    }

    /// The fraction that active derating modes and the script leave.
    pub(super) fn refresh_derate(&mut self, id: AssetId) {
        let mut derate = 1.0;
        for at in self.model.assets[id.index()].modes.clone() {
            let mode = &self.st.modes[at as usize];
            if let Degradation::Derated(fraction) = self.mode_facts(at).effect
                && mode.active
                && !mode.total
            {
                derate *= fraction;
            }
        }
        for force in &self.st.in_force {
            if let Intervention::Degrade { asset, to, .. } = force.what
                && asset == id
            {
                derate *= to;
            }
        }
        self.st.assets[id.index()].derate = derate;
        self.touch(id);
    }
}
