//! Planned maintenance: a job like a repair whose life is its interval, and which renews failure modes.
//!
//! ```text
//!   counting ──interval over──► due (the asset runs on) ──window, part, crew──► at work (Mode::Maintenance) ──► counting
//! ```
//! *Invariant:* the asset is out of service exactly while its plan is opened, pauses of the crew included.

use super::engine::Engine;
use super::lives::ages;
use super::state::Work;
use super::trace::{Cause, Change};
use crate::plant::Renewal;

impl Engine<'_> {
    /// The interval of a plan is over, or its window opens.
    pub(super) fn plan_due(&mut self, at: u32) {
        self.pending.crews = true;
        self.grow_older(at);
        let sequence = self.st.queue.next_sequence();
        let info = &self.model.modes[at as usize];
        let mode = &mut self.st.modes[at as usize];
        if mode.active {
            return;
        }
        mode.active = true;
        mode.ageing = false;
        mode.work = Work::Queued;
        mode.queued = sequence;
        mode.urgent = false;
        mode.elapsed_us = 0;
        self.refresh_life(info.asset);
        self.record(info.asset, Change::MaintenanceDue { plan: info.index }, &Cause::Maintenance { plan: info.index });
    }

    /// A crew opens the asset.
    pub(super) fn open_up(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let mode = &mut self.st.modes[at as usize];
        if !mode.opened {
            mode.opened = true;
            self.st.assets[info.asset.index()].maintained += 1;
            self.st.queue.clear(info.fail_slot);
            self.record(info.asset, Change::MaintenanceStarted { plan: info.index }, &Cause::Maintenance { plan: info.index });
        }
    }

    /// Planned work is done: the asset closes, what it restores is younger, the next interval begins.
    pub(super) fn plan_done(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let (id, index) = (info.asset, info.index);
        self.release_crew(at);
        self.st.queue.clear(info.repair_slot);
        let mode = &mut self.st.modes[at as usize];
        if mode.opened {
            self.st.assets[id.index()].maintained -= 1;
        }
        mode.repairs += 1;
        self.restart_plan(at);
        let first = self.model.assets[id.index()].modes.start;
        if let Some(plan) = &info.plan {
            for (mode, renewal) in &plan.restores {
                self.renew(first + *mode as u32, *renewal);
            }
        }
        self.record(id, Change::MaintenanceDone { plan: index }, &Cause::RepairDone);
        self.returned(id);
        self.touch(id);
    }

    /// The interval of a plan begins anew.
    fn restart_plan(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let told = self.st.assets[info.asset.index()].told_mode;
        self.st.queue.clear(info.fail_slot);
        self.grow_older(at);
        let anchor = self.age_anchor(at);
        let mode = &mut self.st.modes[at as usize];
        let interrupted = mode.opened;
        mode.active = false;
        mode.opened = false;
        mode.fitted = false;
        mode.work = Work::None;
        mode.left_us = -1;
        mode.lives += 1;
        mode.age_us = 0;
        mode.age_at = anchor;
        // what was open ages again from the booking on that finds it running
        let operating = if interrupted { super::Mode::Maintenance } else { told };
        mode.ageing = ages(&info.facts, operating) && !self.model.on_floor(info);
        self.new_life(at);
    }

    /// Makes a failure mode younger that has not struck.
    fn renew(&mut self, at: u32, renewal: Renewal) {
        if self.st.modes[at as usize].active || renewal == Renewal::Minimal {
            return;
        }
        self.grow_older(at);
        let mode = &mut self.st.modes[at as usize];
        mode.age_us = super::failures::younger(mode.age_us, renewal);
        mode.lives += 1;
        self.new_life(at);
    }

    /// A failure mode has been repaired: the plans that count from there begin anew, unless work on them is under way.
    pub(super) fn restart_plans(&mut self, repaired: u32) {
        let info = &self.model.modes[repaired as usize];
        for at in self.model.assets[info.asset.index()].plans.clone() {
            let Some(plan) = &self.model.modes[at as usize].plan else { continue };
            let concerned = plan.restarts_on_repair && plan.restores.iter().any(|r| r.0 == info.index);
            if concerned && matches!(self.st.modes[at as usize].work, Work::None | Work::Queued) && !self.st.modes[at as usize].opened {
                self.restart_plan(at);
            }
        }
    }
}
