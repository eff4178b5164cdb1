//! Crews: who repairs and maintains what, in which order.
//!
//! The queue is ordered by urgency (a dispatched crew), priority, then order of arrival. Of the crews with the skill, a free
//! hand and a shift, the one comes that arrives first (the first in file order among equals); people start from where their
//! last job was. An absent crew takes no new job and finishes what it has in hand; at the end of a shift the crew's own rule
//! holds. A job that needs a spare part waits for it (`spares`), one that is planned for its window.

use super::engine::Engine;
use super::state::Work;
use super::trace::{Cause, Change};
use crate::plant::{AssetId, ShiftEnd, week_position};
use crate::time::Span;

/// Place of people who have not left for a job yet.
pub(super) const BASE: u32 = u32::MAX;

impl Engine<'_> {
    /// Gives waiting jobs to free crews.
    pub(super) fn assign_crews(&mut self) {
        loop {
            let mut best: Option<((bool, u8, u64), u32)> = None;
            for at in 0..self.st.modes.len() as u32 {
                let mode = &self.st.modes[at as usize];
                if mode.work != Work::Queued || !mode.active {
                    continue;
                }
                let info = &self.model.modes[at as usize];
                let rank = (!mode.urgent, info.facts.priority, mode.queued);
                if best.as_ref().is_some_and(|b| rank >= b.0) || !self.could_begin(at) {
                    continue;
                }
                best = Some((rank, at));
            }
            match best {
                Some((_, at)) => self.send(at),
                None => break,
            }
        }
        self.note_waiting();
    }

    /// Whether window, spare part and a crew are there.
    fn could_begin(&mut self, at: u32) -> bool {
        let info = &self.model.modes[at as usize];
        self.part_ready(at) && (!info.needs_crew || info.crews.iter().any(|c| self.is_free(*c))) && self.window_open(at)
    }

    fn is_free(&self, crew: u32) -> bool {
        let state = &self.st.crews[crew as usize];
        state.absent == 0 && !state.off_duty && state.busy < self.model.plant.crews[crew as usize].size
    }

    /// The free crew that arrives first, with the place of its nearest hand and the time it takes.
    fn nearest(&self, at: u32) -> Option<(u32, usize, Span)> {
        let info = &self.model.modes[at as usize];
        let to = self.model.plant.asset(info.asset).pose.position_m;
        let mut best: Option<(u32, usize, Span)> = None;
        for &crew in info.crews.iter().filter(|c| self.is_free(**c)) {
            let facts = &self.model.plant.crews[crew as usize];
            for (hand, place) in self.st.crews[crew as usize].places.iter().enumerate() {
                let from = if *place == BASE { facts.base_m } else { Some(self.model.plant.assets[*place as usize].pose.position_m) };
                let way_m = from.map_or(0.0, |from| (0..3).map(|i| (from[i] - to[i]).abs()).sum::<f64>());
                let takes = facts.travel + facts.speed_m_per_s.map_or(Span::ZERO, |v| Span::from_s(way_m / v));
                if best.is_none_or(|b| takes < b.2) {
                    best = Some((crew, hand, takes));
                }
            }
        }
        best
    }

    fn send(&mut self, at: u32) {
        self.take_part(at);
        let mut travel = Span::ZERO;
        if self.model.modes[at as usize].needs_crew
            && let Some((crew, hand, takes)) = self.nearest(at)
        {
            self.count_hours(crew);
            let state = &mut self.st.crews[crew as usize];
            state.busy += 1;
            state.places.remove(hand);
            self.st.modes[at as usize].crew = crew;
            travel = takes;
        }
        if travel.0 > 0 {
            self.st.modes[at as usize].work = Work::Travelling;
            let due = self.st.time.after(travel);
            self.set_timer(self.model.modes[at as usize].repair_slot, due);
        } else {
            self.begin_work(at);
        }
    }

    /// Records the repairs that have to wait since this instant.
    fn note_waiting(&mut self) {
        for at in 0..self.st.modes.len() {
            let mode = &mut self.st.modes[at];
            let info = &self.model.modes[at];
            if mode.work == Work::Queued && mode.active && !mode.noted && info.plan.is_none() {
                mode.noted = true;
                self.record(info.asset, Change::RepairQueued { mode: info.index }, &Cause::Failure { mode: info.index });
            }
        }
    }

    /// Adds the working hours of a crew up to now.
    fn count_hours(&mut self, crew: u32) {
        let now = self.st.time;
        let state = &mut self.st.crews[crew as usize];
        state.hours += f64::from(state.busy) * (now - state.at).h();
        state.at = now;
    }

    /// The crew of a job is free again; its people stand where they worked.
    pub(super) fn release_crew(&mut self, at: u32) {
        let crew = self.st.modes[at as usize].crew;
        self.st.modes[at as usize].noted = false;
        if crew != u32::MAX {
            self.count_hours(crew);
            let state = &mut self.st.crews[crew as usize];
            state.busy -= 1;
            state.places.push(self.model.modes[at as usize].asset.0);
            self.st.modes[at as usize].crew = u32::MAX;
            self.pending.crews = true;
        }
    }

    /// Puts the repairs of an asset first. False when none waits.
    pub(super) fn hurry(&mut self, id: AssetId) -> bool {
        let mut any = false;
        for at in self.model.assets[id.index()].modes.clone() {
            let mode = &mut self.st.modes[at as usize];
            if mode.active && mode.work == Work::Queued {
                mode.urgent = true;
                any = true;
            }
        }
        self.pending.crews |= any;
        any
    }

    /// Finds who is on duty and when that changes.
    pub(super) fn begin_shifts(&mut self) {
        for crew in 0..self.st.crews.len() as u32 {
            self.set_duty(crew);
        }
    }

    fn set_duty(&mut self, crew: u32) {
        let week = &self.model.plant.crews[crew as usize].shifts;
        let position = week_position(self.st.time, self.model.plant.begins);
        self.st.crews[crew as usize].off_duty = !week.is_open(position);
        if let Some(span) = week.next_change(position) {
            let due = self.st.time.after(span);
            self.set_timer(self.model.crew_slots[crew as usize], due);
        }
    }

    /// A shift begins or ends.
    pub(super) fn shift_changed(&mut self, crew: u32) {
        self.set_duty(crew);
        self.pending.crews = true;
        let rests = self.model.plant.crews[crew as usize].at_shift_end == ShiftEnd::Pause;
        if !(rests && self.st.crews[crew as usize].off_duty) {
            return;
        }
        for at in 0..self.st.modes.len() as u32 {
            if self.st.modes[at as usize].crew == crew {
                self.pause(at);
            }
        }
    }

    /// Work stops and waits for a crew again; what is left of it stays.
    fn pause(&mut self, at: u32) {
        let (now, slot) = (self.st.time, self.model.modes[at as usize].repair_slot);
        if self.st.modes[at as usize].work == Work::Working
            && let Some(due) = self.st.queue.due(slot)
        {
            let mode = &mut self.st.modes[at as usize];
            mode.left_us = (due - now).0.max(0);
            mode.elapsed_us = mode.elapsed_us.saturating_add((now - mode.age_at).0);
        }
        self.st.queue.clear(slot);
        self.release_crew(at);
        self.st.modes[at as usize].work = Work::Queued;
        self.touch(self.model.modes[at as usize].asset);
    }

    /// Whether a planned job may begin now; otherwise it looks again when its window opens.
    fn window_open(&mut self, at: u32) -> bool {
        let Some(plan) = &self.model.modes[at as usize].plan else { return true };
        if self.st.modes[at as usize].opened {
            return true;
        }
        let position = week_position(self.st.time, self.model.plant.begins);
        if plan.window.is_open(position) {
            return true;
        }
        let slot = self.model.modes[at as usize].fail_slot;
        if self.st.queue.due(slot).is_none()
            && let Some(span) = plan.window.next_change(position)
        {
            let due = self.st.time.after(span);
            self.set_timer(slot, due);
        }
        false
    }
}
