//! Stopping, starting, slowing a machine; its age. What the rest of the plant does to the floor.
//!
//! *Invariant:* work done is kept to the microsecond at full ability; a stop and a start at one instant change nothing.

use super::floor::{Floor, work_done_in};
use super::state::{BLOCKED, NEVER, Status, WAITING, WORKING, Wait, place};

impl Floor<'_> {
    /// Sets what a machine is able to do, 0 (stopped) to 1.
    pub(in crate::sim) fn set_ability(&mut self, machine: u32, ability: f64) {
        let servers = self.layout.servers(machine);
        let before = self.parts.stations[servers.start].ability;
        if before == ability {
            return;
        }
        if before > 0.0 && ability <= 0.0 {
            self.stop(machine);
        }
        for at in servers.clone() {
            let at = at as u32;
            let s = &mut self.parts.stations[at as usize];
            if before > 0.0 && ability > 0.0 && s.status == Status::Working {
                let left = work_done_in(s.done - self.now, before);
                s.times_us[WORKING] += self.now - s.since;
                s.since = self.now;
                s.ability = ability;
                self.work_off(at, left);
            } else {
                s.ability = ability;
            }
        }
        if before <= 0.0 && ability > 0.0 {
            self.start(machine);
        }
    }

    fn stop(&mut self, machine: u32) {
        self.close_books(machine);
        for at in self.layout.servers(machine) {
            let now = self.now;
            let s = &mut self.parts.stations[at];
            if let Some(account) = place(s.status) {
                s.times_us[account] += now - s.since;
            }
            s.since = now;
            s.told = false;
            let was = s.status;
            s.status = match was {
                Status::Working => {
                    s.left = work_done_in(s.done - now, s.ability);
                    Status::Held
                }
                Status::Waiting => Status::Idle,
                Status::Blocked => Status::Stuck,
                Status::Idle | Status::Held | Status::Stuck => was,
            };
            self.set_next(at as u32, NEVER);
            if was == Status::Blocked {
                self.leave_queues(at as u32);
            }
        }
        self.parts.machines[machine as usize].wait = Wait::None;
    }

    fn start(&mut self, machine: u32) {
        self.parts.machines[machine as usize].since = self.now;
        for at in self.layout.servers(machine) {
            let s = &mut self.parts.stations[at];
            s.since = self.now;
            match s.status {
                Status::Held => {
                    s.status = Status::Working;
                    let left = s.left;
                    self.work_off(at as u32, left);
                }
                Status::Stuck => self.try_again(at as u32),
                Status::Idle => {
                    self.wait(at as u32);
                    self.scratch.todo.push(at as u32);
                }
                Status::Working | Status::Waiting | Status::Blocked => {}
            }
            self.settle();
        }
        let first = self.layout.machines[machine as usize].first;
        if self.layout.stations[first as usize].special {
            self.note_mode(first);
        }
    }

    /// Ends the books of a machine with several servers; its mode is the engine's while it is stopped.
    fn close_books(&mut self, machine: u32) {
        let m = &mut self.parts.machines[machine as usize];
        let account = match super::state::place_of(m.mode) {
            WORKING => WORKING,
            BLOCKED => BLOCKED,
            _ => WAITING,
        };
        m.times_us[account] += self.now - m.since;
        m.since = self.now;
    }

    /// Sets how much longer a machine can work before it fails [µs of working time]; `i64::MAX`: never.
    pub(in crate::sim) fn set_life(&mut self, machine: u32, rest: i64) {
        for at in self.layout.servers(machine) {
            let now = self.now;
            let s = &mut self.parts.stations[at];
            let working = s.status == Status::Working;
            let clock = s.times_us[WORKING] + if working { now - s.since } else { 0 };
            s.fails_at = clock.saturating_add(rest);
            if working {
                let due = now.saturating_add(rest);
                let next = s.done.min(due);
                self.set_next(at as u32, next);
            }
        }
    }
}
