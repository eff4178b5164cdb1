//! Parts into and out of buffers: who takes from where, who is let go.
//!
//! Rules. A station takes all its inputs at once; an input linked to several buffers takes from the first in file order that
//! has parts. A finished part goes through an output linked to several buffers into the one with the fewest parts, the first
//! in file order among equals; a part with several outputs leaves port by port. Among waiting consumers the one with the
//! lowest priority number, then the longest waiting, is served; blocked producers leave in the order in which they finished.
//! *Invariant:* `blocked` of a buffer counts the able producers that wait for it.

use super::floor::{Exit, Floor};
use super::layout::{MANY, NONE};
use super::state::Status;

impl Floor<'_> {
    /// Puts a finished part where it can go. False when something of it has to wait.
    #[inline]
    pub(super) fn deliver(&mut self, station: u32) -> bool {
        let to = self.layout.stations[station as usize].output;
        if !Self::is_simple(to) {
            return self.deliver_many(station);
        }
        let room = self.parts.buffers[to as usize].level < self.layout.buffers[to as usize].capacity;
        if room {
            self.put(to);
        }
        room
    }

    /// A part with several places to go, or several parts.
    #[inline(never)]
    fn deliver_many(&mut self, station: u32) -> bool {
        let info = &self.layout.stations[station as usize];
        for (at, port) in info.outputs.iter().enumerate() {
            self.parts.pending[info.pending as usize + at] = port.per_part;
        }
        self.push_out(station)
    }

    /// Puts as much as there is room for. True when nothing is left.
    fn push_out(&mut self, station: u32) -> bool {
        let info = &self.layout.stations[station as usize];
        let mut left = 0;
        for (at, port) in info.outputs.iter().enumerate() {
            let place = info.pending as usize + at;
            while self.parts.pending[place] > 0 {
                let free = port.buffers.iter().copied().filter(|b| self.has_room(*b)).min_by_key(|b| self.parts.buffers[*b as usize].level);
                let Some(buffer) = free else { break };
                self.put(buffer);
                self.parts.pending[place] -= 1;
            }
            left += self.parts.pending[place];
        }
        left == 0
    }

    fn has_room(&self, buffer: u32) -> bool {
        self.parts.buffers[buffer as usize].level < self.layout.buffers[buffer as usize].capacity
    }

    /// The station stands with a finished part; those to whom it is linked directly may take it.
    pub(super) fn block(&mut self, station: u32) {
        self.stand(station, Status::Blocked);
        self.queue_up(station);
    }

    /// Enters a blocked station at the buffers for which it waits.
    pub(super) fn queue_up(&mut self, station: u32) {
        let layout = self.layout;
        let info = &layout.stations[station as usize];
        if Self::is_simple(info.output) {
            self.enter_at(info.output);
            return;
        }
        // those who are woken are worked off from the end of the list: file order comes first
        for (at, port) in info.outputs.iter().enumerate().rev() {
            if self.parts.pending[info.pending as usize + at] > 0 {
                port.buffers.iter().rev().for_each(|b| self.enter_at(*b));
            }
        }
    }

    #[inline]
    fn enter_at(&mut self, buffer: u32) {
        self.parts.buffers[buffer as usize].blocked += 1;
        if self.layout.buffers[buffer as usize].capacity == 0 {
            self.wake(buffer);
        }
    }

    /// Takes a blocked station out of the buffers of one port (or of all that still wait).
    pub(super) fn leave_queues(&mut self, station: u32) {
        let layout = self.layout;
        let info = &layout.stations[station as usize];
        if Self::is_simple(info.output) {
            self.parts.buffers[info.output as usize].blocked -= 1;
            return;
        }
        for (at, port) in info.outputs.iter().enumerate() {
            if self.parts.pending[info.pending as usize + at] > 0 {
                port.buffers.iter().for_each(|b| self.parts.buffers[*b as usize].blocked -= 1);
            }
        }
    }

    #[inline]
    fn put(&mut self, buffer: u32) {
        self.count(buffer, 1);
        self.wake(buffer);
    }

    /// Changes a level and keeps its integral.
    #[inline]
    fn count(&mut self, buffer: u32, by: i32) {
        let b = &mut self.parts.buffers[buffer as usize];
        b.area += f64::from(b.level) * (self.now - b.since) as f64;
        b.since = self.now;
        b.level = b.level.wrapping_add_signed(by);
        if self.layout.buffers[buffer as usize].watched {
            self.scratch.exits.push(Exit::Level(buffer));
        }
    }

    /// Lets waiting consumers look at a buffer.
    #[inline]
    fn wake(&mut self, buffer: u32) {
        let layout = self.layout;
        let consumers = &layout.buffers[buffer as usize].consumers;
        if let [(_, only)] = consumers[..] {
            if self.parts.stations[only as usize].status == Status::Waiting {
                self.scratch.todo.push(only);
            }
            return;
        }
        let first = self.scratch.todo.len();
        for (_, consumer) in consumers {
            if self.parts.stations[*consumer as usize].status == Status::Waiting {
                self.scratch.todo.push(*consumer);
            }
        }
        // the list is worked off from its end
        let rank = |s: &u32| consumers.iter().find(|c| c.1 == *s).map_or(0, |c| c.0);
        let stations = &self.parts.stations;
        self.scratch.todo[first..].sort_unstable_by_key(|s| std::cmp::Reverse((rank(s), stations[*s as usize].order)));
    }

    /// Takes what one part needs. False when something is missing; then nothing is taken.
    #[inline]
    pub(super) fn fetch(&mut self, station: u32) -> bool {
        let from = self.layout.stations[station as usize].input;
        if from == NONE {
            return true;
        }
        if from == MANY {
            return self.fetch_many(station);
        }
        let b = &self.parts.buffers[from as usize];
        if b.level > 0 {
            let full = b.blocked > 0;
            if full {
                self.let_go(from);
            } else {
                self.count(from, -1);
            }
            true
        } else if b.blocked > 0 {
            self.let_go(from);
            true
        } else {
            false
        }
    }

    #[inline(never)]
    fn fetch_many(&mut self, station: u32) -> bool {
        let layout = self.layout;
        let ports = &layout.stations[station as usize].inputs;
        let enough = |p: &super::layout::Port| p.buffers.iter().map(|b| self.available(*b)).sum::<u32>() >= p.per_part;
        if !ports.iter().all(enough) {
            return false;
        }
        for port in ports {
            for _ in 0..port.per_part {
                if let Some(&from) = port.buffers.iter().find(|b| self.available(**b) > 0) {
                    let b = &self.parts.buffers[from as usize];
                    match (b.level > 0, b.blocked > 0) {
                        (_, true) => self.let_go(from),
                        (true, false) => self.count(from, -1),
                        (false, false) => {}
                    }
                }
            }
        }
        true
    }

    /// Parts that can be taken from a buffer now: its content, or what directly linked producers hold out.
    fn available(&self, buffer: u32) -> u32 {
        let b = &self.parts.buffers[buffer as usize];
        if b.level > 0 || b.blocked == 0 {
            return b.level;
        }
        let layout = self.layout;
        let held = |s: &u32| if self.waits_for(*s, buffer) { self.held_out(*s, buffer) } else { 0 };
        layout.buffers[buffer as usize].producers.iter().map(held).sum()
    }

    /// What a blocked station holds out to a buffer.
    fn held_out(&self, station: u32, buffer: u32) -> u32 {
        let info = &self.layout.stations[station as usize];
        if Self::is_simple(info.output) {
            return 1;
        }
        let ports = info.outputs.iter().enumerate().filter(|(_, p)| p.buffers.contains(&buffer));
        ports.map(|(at, _)| self.parts.pending[info.pending as usize + at]).sum()
    }

    fn waits_for(&self, station: u32, buffer: u32) -> bool {
        self.parts.stations[station as usize].status == Status::Blocked && self.held_out(station, buffer) > 0
    }

    /// One blocked producer of a buffer hands a part on: into the place that a part has left, or straight through.
    fn let_go(&mut self, buffer: u32) {
        let layout = self.layout;
        let producers = &layout.buffers[buffer as usize].producers;
        let first = match producers[..] {
            [only] => Some(only),
            _ => producers.iter().copied().filter(|s| self.waits_for(*s, buffer)).min_by_key(|s| self.parts.stations[*s as usize].order),
        };
        let Some(station) = first else { return };
        if Self::is_simple(layout.stations[station as usize].output) {
            self.parts.buffers[buffer as usize].blocked -= 1;
            self.unblock(station);
        } else {
            self.hand_on(station, buffer);
        }
    }

    /// One of the parts that a station with several outputs still holds leaves into a buffer.
    #[inline(never)]
    fn hand_on(&mut self, station: u32, buffer: u32) {
        let layout = self.layout;
        let info = &layout.stations[station as usize];
        let place = |at: usize| info.pending as usize + at;
        let waits = |(at, port): &(usize, &super::layout::Port)| port.buffers.contains(&buffer) && self.parts.pending[place(*at)] > 0;
        let Some((at, port)) = info.outputs.iter().enumerate().find(waits) else { return };
        self.parts.pending[place(at)] -= 1;
        if self.parts.pending[place(at)] == 0 {
            port.buffers.iter().for_each(|b| self.parts.buffers[*b as usize].blocked -= 1);
        }
        if (0..info.outputs.len()).all(|at| self.parts.pending[place(at)] == 0) {
            self.unblock(station);
        }
    }

    /// A station that was stuck is able again: what it holds leaves if it can.
    pub(super) fn try_again(&mut self, station: u32) {
        let simple = Self::is_simple(self.layout.stations[station as usize].output);
        let gone = if simple { self.deliver(station) } else { self.push_out(station) };
        if gone {
            self.wait(station);
            self.scratch.todo.push(station);
        } else {
            self.block(station);
        }
    }
}
