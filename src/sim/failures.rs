//! Failure modes striking and being repaired; who repairs is `crews`, when the next failure comes is `lives`.
//!
//! The n-th repair of a mode has its own keyed draw, so that no other asset's events can change it.

use super::engine::Engine;
use super::laws::remaining_repair;
use super::lives::ages;
use super::state::Work;
use super::trace::{Cause, Change};
use crate::plant::{AssetId, Degradation, InitialMode};
use crate::rng::Purpose;
use crate::time::Span;

impl Engine<'_> {
    /// A failure mode becomes active; `total`: lost whatever the mode's effect. False when it was active already.
    pub(super) fn strike(&mut self, at: u32, total: bool, cause: Cause) -> bool {
        let info = &self.model.modes[at as usize];
        let effect = info.facts.effect;
        let sequence = self.st.queue.next_sequence();
        if self.st.modes[at as usize].active {
            return false;
        }
        self.grow_older(at);
        let mode = &mut self.st.modes[at as usize];
        mode.ageing = false;
        mode.active = true;
        mode.total = total || effect == Degradation::Lost;
        if let Degradation::StuckEither { open } = effect {
            mode.stuck_open = self.draws.uniform(info.key, Purpose::Stuck, u64::from(mode.lives)) < open;
        }
        mode.work = Work::Queued;
        mode.queued = sequence;
        mode.urgent = false;
        mode.elapsed_us = 0;
        mode.left_us = -1;
        mode.fitted = false;
        mode.script = if let Cause::Script(number) = cause { Some(number) } else { None };
        let lost = mode.total;
        if lost {
            self.st.assets[info.asset.index()].lost += 1;
        } else {
            self.refresh_effects(info.asset);
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
        let left_us = std::mem::replace(&mut mode.left_us, -1);
        if info.plan.is_some() {
            self.open_up(at);
        } else {
            self.record(id, Change::RepairStarted { mode: index }, &Cause::Failure { mode: index });
        }
        if left_us >= 0 {
            let due = self.st.time.after(Span(left_us));
            self.set_timer(info.repair_slot, due);
        } else {
            self.time_repair(at);
        }
        self.touch(id);
    }

    pub(super) fn time_repair(&mut self, at: u32) {
        let info = &self.model.modes[at as usize];
        let law = info.facts.repair;
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
        } else if self.model.modes[at as usize].plan.is_some() {
            self.plan_done(at);
        } else {
            self.restore(at, true);
        }
    }

    /// A failure mode ends; `renewed`: a crew (or the asset itself) repaired it, so it is as good as new.
    pub(super) fn restore(&mut self, at: u32, renewed: bool) {
        let info = &self.model.modes[at as usize];
        let (id, index) = (info.asset, info.index);
        let anchor = self.age_anchor(at);
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
            mode.age_us = younger(mode.age_us, info.facts.renewal);
            mode.lives += 1;
            mode.repairs += 1;
        }
        mode.age_at = anchor;
        // what was lost ages again from the booking on that finds it running
        let operating = if lost { super::Mode::Failed } else { self.st.assets[id.index()].told_mode };
        mode.ageing = ages(&info.facts, operating) && !self.model.on_floor(info);
        if lost {
            self.st.assets[id.index()].lost -= 1;
        } else {
            self.refresh_effects(id);
        }
        if renewed {
            self.new_life(at);
            self.restart_plans(at);
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
        let a = &self.st.assets[id.index()];
        if a.lost == 0 && a.maintained == 0 && self.spare(id) {
            self.command(id, InitialMode::Standby, Cause::RepairDone);
        }
    }
}

/// The age that a renewal leaves [µs].
pub(super) fn younger(age_us: i64, renewal: crate::plant::Renewal) -> i64 {
    (age_us as f64 * renewal.keeps()) as i64
}
