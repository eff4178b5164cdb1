//! The loop over the events of the floor.
//!
//! Owns nothing but borrows: the layout, the state and scratch memory. Allocates nothing once the scratch has grown.

use super::calendar::Calendar;
use super::laws::{work_given_us, works_us};
use super::layout::{Layout, MANY, NONE};
use super::state::{BLOCKED, NEVER, Parts, Status, WAITING, WORKING, Wait};
use crate::rng::{Draws, Purpose, Stream};
use crate::time::Time;

/// Cycle times drawn at once for one station.
const BLOCK: u64 = 16;

/// Something that concerns the rest of the plant. Numbers are machines, of `Level` a buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::sim) enum Exit {
    /// Its working time has reached the age of a failure.
    Fails(u32),
    /// It has waited longer than its patience, or works again after such a wait.
    Waits(u32),
    /// It began or ended to work (of loud machines).
    Load(u32),
    /// A watched level changed.
    Level(u32),
}

/// What an engine keeps beside the state: nothing in it changes the future.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Scratch {
    pub(in crate::sim) exits: Vec<Exit>,
    pub(super) calendar: Calendar,
    pub(super) todo: Vec<u32>,
    cycles: Vec<Cycles>,
    scrap: Vec<Stream>,
}

/// Draws of one station.
#[derive(Debug, Clone)]
struct Cycles {
    /// Which block of parts `work` holds.
    block: u64,
    work: [i64; BLOCK as usize],
    stream: Stream,
}

impl Scratch {
    pub(in crate::sim) fn new(layout: &Layout, parts: &Parts, draws: Draws) -> Self {
        let n = layout.stations.len();
        let cycles =
            |s: &super::layout::Station| Cycles { block: u64::MAX, work: [0; BLOCK as usize], stream: draws.stream(s.key, Purpose::Service) };
        Scratch {
            exits: Vec::with_capacity(if n > 0 { 16 } else { 0 }),
            calendar: Calendar::new(&parts.next),
            todo: Vec::with_capacity(n),
            cycles: layout.stations.iter().map(cycles).collect(),
            scrap: layout.stations.iter().map(|s| draws.stream(s.key, Purpose::Scrap)).collect(),
        }
    }
}

/// The floor at an instant.
pub(in crate::sim) struct Floor<'a> {
    pub(in crate::sim) layout: &'a Layout,
    pub(in crate::sim) parts: &'a mut Parts,
    pub(in crate::sim) scratch: &'a mut Scratch,
    /// Plant time [µs].
    pub(in crate::sim) now: i64,
}

impl Floor<'_> {
    /// Works events off that come before `stop`, until one concerns the rest of the plant. Returns its time.
    pub(in crate::sim) fn run(&mut self, stop: Time) -> Option<Time> {
        loop {
            let (time, station) = self.scratch.calendar.first(&self.parts.next);
            if time >= stop.0 {
                return None;
            }
            self.now = time;
            self.event(station);
            if !self.scratch.exits.is_empty() {
                return Some(Time(time));
            }
        }
    }

    fn event(&mut self, station: u32) {
        let s = &self.parts.stations[station as usize];
        match s.status {
            Status::Working if s.done == self.now => self.finished(station),
            Status::Working => {
                self.set_next(station, NEVER);
                self.scratch.exits.push(Exit::Fails(self.layout.stations[station as usize].machine));
            }
            Status::Waiting | Status::Blocked => self.out_of_patience(station),
            Status::Idle | Status::Held | Status::Stuck => self.set_next(station, NEVER),
        }
    }

    #[inline]
    pub(super) fn set_next(&mut self, station: u32, time: i64) {
        self.parts.next[station as usize] = time;
        self.scratch.calendar.changed(station, time);
    }

    /// A part is finished: it leaves if it can, and the next is begun.
    #[inline]
    fn finished(&mut self, station: u32) {
        let now = self.now;
        let info = &self.layout.stations[station as usize];
        let s = &mut self.parts.stations[station as usize];
        s.times_us[WORKING] += now - s.since;
        s.since = now;
        s.made += 1;
        let good = info.scrap <= 0.0 || self.is_good(station);
        if good && info.output != NONE && !self.deliver(station) {
            self.block(station);
        } else if self.fetch(station) {
            self.begin(station);
        } else {
            self.wait(station);
        }
        self.settle();
    }

    #[inline(never)]
    fn is_good(&mut self, station: u32) -> bool {
        let s = &mut self.parts.stations[station as usize];
        let scrapped = self.scratch.scrap[station as usize].uniform(s.begun) < self.layout.stations[station as usize].scrap;
        s.scrapped += u64::from(scrapped);
        !scrapped
    }

    /// Lets those proceed who can, until nobody can.
    #[inline]
    pub(super) fn settle(&mut self) {
        while let Some(station) = self.scratch.todo.pop() {
            if self.parts.stations[station as usize].status == Status::Waiting && self.fetch(station) {
                self.begin(station);
            }
        }
    }

    /// Work on the next part begins.
    #[inline]
    pub(super) fn begin(&mut self, station: u32) {
        let work = self.draw(station);
        let now = self.now;
        let s = &mut self.parts.stations[station as usize];
        if s.status == Status::Waiting {
            s.times_us[WAITING] += now - s.since;
        }
        s.status = Status::Working;
        s.since = now;
        s.work = work;
        s.begun += 1;
        let told = s.told;
        self.work_off(station, work);
        if told {
            self.end_of_wait(station);
        }
        if self.layout.stations[station as usize].special {
            self.note_mode(station);
        }
    }

    /// Times the end of `left` µs of work at the station's ability, or its failure before that.
    #[inline]
    pub(super) fn work_off(&mut self, station: u32, left: i64) {
        let s = &mut self.parts.stations[station as usize];
        let lasts = if s.ability == 1.0 { left } else { stretched(left, s.ability) };
        s.done = self.now.saturating_add(lasts);
        let rest = s.fails_at - s.times_us[WORKING];
        let next = if lasts <= rest { s.done } else { self.now.saturating_add(rest.max(0)) };
        self.set_next(station, next);
    }

    #[inline]
    fn draw(&mut self, station: u32) -> i64 {
        let part = self.parts.stations[station as usize].begun;
        let cycles = &mut self.scratch.cycles[station as usize];
        if part / BLOCK != cycles.block {
            cycles.block = part / BLOCK;
            let (law, stream, first) = (self.layout.stations[station as usize].law, cycles.stream, part - part % BLOCK);
            works_us(law, stream, first, &mut cycles.work);
        }
        cycles.work[(part % BLOCK) as usize]
    }

    /// Draws what is left of the parts in hand anew, given what has been done: the state goes on with other numbers.
    pub(in crate::sim) fn redraw(&mut self) {
        for at in 0..self.layout.stations.len() as u32 {
            let s = &self.parts.stations[at as usize];
            let left = match s.status {
                Status::Working => work_done_in(s.done - self.now, s.ability),
                Status::Held => s.left,
                Status::Idle | Status::Waiting | Status::Blocked | Status::Stuck => continue,
            };
            let elapsed = (s.work - left).max(0);
            let part = s.begun.saturating_sub(1);
            let work = work_given_us(self.layout.stations[at as usize].law, self.scratch.cycles[at as usize].stream, part, elapsed);
            let s = &mut self.parts.stations[at as usize];
            s.work = work;
            s.left = work - elapsed;
            if s.status == Status::Working {
                s.times_us[WORKING] += self.now - s.since;
                s.since = self.now;
                self.work_off(at, work - elapsed);
            }
        }
    }

    /// Nothing to work on.
    pub(super) fn wait(&mut self, station: u32) {
        self.stand(station, Status::Waiting);
    }

    /// Begins to wait for a part or for room.
    pub(super) fn stand(&mut self, station: u32, status: Status) {
        let machine = self.layout.stations[station as usize].machine;
        let patience = self.layout.machines[machine as usize].patience_us;
        self.parts.sequence += 1;
        let s = &mut self.parts.stations[station as usize];
        s.status = status;
        s.since = self.now;
        s.order = self.parts.sequence;
        self.set_next(station, self.now.saturating_add(patience));
        if self.layout.stations[station as usize].special {
            self.note_mode(station);
        }
    }

    /// It has waited long enough to be told, unless another server of the machine works.
    #[cold]
    fn out_of_patience(&mut self, station: u32) {
        let machine = self.layout.stations[station as usize].machine;
        let info = &self.layout.machines[machine as usize];
        if self.parts.is_working(machine) {
            self.set_next(station, self.now.saturating_add(info.patience_us));
            return;
        }
        self.set_next(station, NEVER);
        let wait = if self.parts.stations[station as usize].status == Status::Blocked { Wait::Blocked } else { Wait::Starved };
        self.parts.machines[machine as usize].wait = wait;
        for at in self.layout.servers(machine) {
            self.parts.stations[at].told = true;
        }
        self.scratch.exits.push(Exit::Waits(machine));
    }

    #[cold]
    pub(super) fn end_of_wait(&mut self, station: u32) {
        let machine = self.layout.stations[station as usize].machine;
        self.parts.machines[machine as usize].wait = Wait::None;
        for at in self.layout.servers(machine) {
            self.parts.stations[at].told = false;
        }
        self.scratch.exits.push(Exit::Waits(machine));
    }

    /// Keeps the books of machines with several servers, and tells loads.
    #[inline(never)]
    pub(super) fn note_mode(&mut self, station: u32) {
        let machine = self.layout.stations[station as usize].machine;
        let info = &self.layout.machines[machine as usize];
        let mode = self.parts.mode(machine);
        let m = &mut self.parts.machines[machine as usize];
        if mode == m.mode {
            return;
        }
        m.times_us[super::state::place_of(m.mode)] += self.now - m.since;
        m.since = self.now;
        m.mode = mode;
        if info.loud {
            self.scratch.exits.push(Exit::Load(machine));
        }
    }

    /// Adds a blocked station's time up to now.
    #[inline]
    pub(super) fn unblock(&mut self, station: u32) {
        let now = self.now;
        let s = &mut self.parts.stations[station as usize];
        s.times_us[BLOCKED] += now - s.since;
        self.wait(station);
        self.scratch.todo.push(station);
    }

    /// Whether a station takes from or puts into the buffers of its ports.
    #[inline]
    pub(super) fn is_simple(buffer: u32) -> bool {
        buffer != MANY
    }
}

/// Time that `left` µs of work take at an ability between 0 and 1.
fn stretched(left: i64, ability: f64) -> i64 {
    (left as f64 / ability + 0.5) as i64
}

/// Work done within `lasts` µs at an ability.
pub(super) fn work_done_in(lasts: i64, ability: f64) -> i64 {
    if ability == 1.0 { lasts } else { (lasts as f64 * ability + 0.5) as i64 }
}
