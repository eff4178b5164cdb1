//! Spare parts: one is taken from the shelf when somebody sets out with it; orders come after their lead time.
//!
//! A part is ordered as soon as stock and orders under way have fallen to the reorder point. The n-th order of a part has
//! its own keyed draw. *Invariant:* stock never goes below zero; every part is used up once.

use super::engine::Engine;
use super::laws::remaining_repair;
use crate::rng::Purpose;
use crate::time::Span;

impl Engine<'_> {
    /// Whether a job needs no part, has it fitted, or finds one on the shelf.
    pub(super) fn part_ready(&self, at: u32) -> bool {
        let spare = self.model.modes[at as usize].facts.spare;
        self.st.modes[at as usize].fitted || spare.is_none_or(|s| self.st.spares[s.index()].stock > 0)
    }

    /// Takes the part of a job from the shelf, once.
    pub(super) fn take_part(&mut self, at: u32) {
        let mode = &mut self.st.modes[at as usize];
        if let Some(spare) = self.model.modes[at as usize].facts.spare.filter(|_| !mode.fitted) {
            mode.fitted = true;
            let state = &mut self.st.spares[spare.index()];
            state.stock -= 1;
            state.used += 1;
            self.reorder(spare.index());
        }
    }

    /// Orders what has fallen to its reorder point.
    pub(super) fn reorder_all(&mut self) {
        for spare in 0..self.st.spares.len() {
            self.reorder(spare);
        }
    }

    fn reorder(&mut self, spare: usize) {
        let facts = &self.model.plant.spares[spare];
        let Some(point) = facts.reorder_at else { return };
        let position = |state: &super::state::SpareState| u64::from(state.stock) + state.coming.len() as u64 * u64::from(facts.order);
        while position(&self.st.spares[spare]) <= u64::from(point) {
            let state = &mut self.st.spares[spare];
            let u = self.draws.uniform(facts.key, Purpose::Delivery, state.orders);
            state.orders += 1;
            let due = self.st.time.after(remaining_repair(facts.lead, u, Span::ZERO));
            let place = state.coming.partition_point(|c| *c <= due);
            state.coming.insert(place, due);
        }
        self.time_delivery(spare);
    }

    fn time_delivery(&mut self, spare: usize) {
        let slot = self.model.spare_slots[spare];
        match self.st.spares[spare].coming.first() {
            Some(due) => {
                let due = *due;
                self.set_timer(slot, due);
            }
            None => self.st.queue.clear(slot),
        }
    }

    /// An order has come.
    pub(super) fn delivered(&mut self, spare: u32) {
        let now = self.st.time;
        let order = self.model.plant.spares[spare as usize].order;
        let state = &mut self.st.spares[spare as usize];
        while state.coming.first().is_some_and(|due| *due <= now) {
            state.coming.remove(0);
            state.stock = state.stock.saturating_add(order);
        }
        self.time_delivery(spare as usize);
        self.pending.crews = true;
    }
}
