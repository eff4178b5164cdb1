//! Crews: who repairs what, in which order.
//!
//! The queue is ordered by urgency (a dispatched crew), priority of the failure mode, then order of arrival. A crew with a
//! free hand and the skill travels and works; an absent crew takes no new job and finishes what it has in hand.

use super::engine::Engine;
use super::state::Work;
use super::trace::{Cause, Change};
use crate::plant::AssetId;

impl Engine<'_> {
    /// Gives waiting repairs to free crews.
    pub(super) fn assign_crews(&mut self) {
        loop {
            let mut best: Option<((bool, u8, u64), u32, Option<u32>)> = None;
            for (at, mode) in self.st.modes.iter().enumerate() {
                if mode.work != Work::Queued || !mode.active {
                    continue;
                }
                let info = &self.model.modes[at];
                let crew = info.crews.iter().copied().find(|c| self.is_free(*c));
                if info.needs_crew && crew.is_none() {
                    continue;
                }
                let priority = self.model.plant.asset(info.asset).reliability[info.index].priority;
                let rank = (!mode.urgent, priority, mode.queued);
                if best.as_ref().is_none_or(|b| rank < b.0) {
                    best = Some((rank, at as u32, crew));
                }
            }
            match best {
                Some((_, at, crew)) => self.send(at, crew),
                None => break,
            }
        }
        self.note_waiting();
    }

    fn is_free(&self, crew: u32) -> bool {
        let state = &self.st.crews[crew as usize];
        state.absent == 0 && state.busy < self.model.plant.crews[crew as usize].size
    }

    fn send(&mut self, at: u32, crew: Option<u32>) {
        let travel = match crew {
            Some(crew) => {
                self.count_hours(crew);
                self.st.crews[crew as usize].busy += 1;
                self.st.modes[at as usize].crew = crew;
                self.model.plant.crews[crew as usize].travel
            }
            None => crate::time::Span::ZERO,
        };
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
            if mode.work == Work::Queued && mode.active && !mode.noted {
                mode.noted = true;
                let info = &self.model.modes[at];
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

    /// The crew of a repair is free again.
    pub(super) fn release_crew(&mut self, at: u32) {
        let crew = self.st.modes[at as usize].crew;
        self.st.modes[at as usize].noted = false;
        if crew != u32::MAX {
            self.count_hours(crew);
            self.st.crews[crew as usize].busy -= 1;
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
}
