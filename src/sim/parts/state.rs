//! What a run changes on the floor: a value, like the state it belongs to.
//!
//! *Invariant:* `next[i]` is when station `i` has its next event, `i64::MAX` when never.

use super::layout::{Layout, MANY, NONE};
use crate::plant::{AssetId, Plant};
use crate::sim::Mode;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Never [µs].
pub(super) const NEVER: i64 = i64::MAX;
/// Positions in [`StationState::times_us`].
pub(super) const WORKING: usize = 0;
/// Waiting for a part.
pub(super) const WAITING: usize = 1;
/// A finished part cannot leave.
pub(super) const BLOCKED: usize = 2;

/// What a station is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Status {
    /// Stopped, without a part.
    Idle,
    /// Able, waits for a part.
    Waiting,
    Working,
    /// Able, its finished part waits for room.
    Blocked,
    /// Stopped with an unfinished part.
    Held,
    /// Stopped with a finished part.
    Stuck,
}

/// A wait that was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::sim) enum Wait {
    /// Shorter than the patience, or none.
    None,
    Starved,
    Blocked,
}

/// One station. Times in µs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct StationState {
    pub(super) status: Status,
    /// Its machine's wait has been told.
    pub(super) told: bool,
    pub(super) since: i64,
    /// When the part in work will be finished.
    pub(super) done: i64,
    /// Work left on a held part, at full ability.
    pub(super) left: i64,
    /// Work of the part in hand, at full ability.
    pub(super) work: i64,
    /// Parts begun: the occurrence of the next draw.
    pub(super) begun: u64,
    pub(super) made: u64,
    pub(super) scrapped: u64,
    pub(super) times_us: [i64; 3],
    /// Working time at which it fails.
    pub(super) fails_at: i64,
    pub(super) ability: f64,
    /// Order among those who wait for the same buffer.
    pub(super) order: u64,
}

/// One machine.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct MachineState {
    pub(super) asset: AssetId,
    pub(super) first: u32,
    pub(super) servers: u32,
    pub(super) wait: Wait,
    /// Running, starved or blocked, of machines with several servers or a load that matters.
    pub(super) mode: Mode,
    pub(super) since: i64,
    pub(super) times_us: [i64; 3],
}

/// One buffer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct BufferState {
    pub(super) level: u32,
    /// Producers that wait for it with a finished part.
    pub(super) blocked: u32,
    pub(super) since: i64,
    /// Integral of the level [part · µs] up to `since`.
    pub(super) area: f64,
}

/// The floor.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(in crate::sim) struct Parts {
    pub(super) next: Vec<i64>,
    pub(super) stations: Vec<StationState>,
    pub(super) machines: Vec<MachineState>,
    pub(super) buffers: Vec<BufferState>,
    /// What still has to leave through each output port of the stations with several.
    pub(super) pending: Vec<u32>,
    pub(super) sequence: u64,
}

impl Parts {
    /// Everything stopped, buffers as in the scene.
    pub(in crate::sim) fn blank(layout: &Layout, plant: &Plant, at: Time) -> Parts {
        let station = StationState {
            status: Status::Idle,
            told: false,
            since: at.0,
            done: NEVER,
            left: 0,
            work: 0,
            begun: 0,
            made: 0,
            scrapped: 0,
            times_us: [0; 3],
            fails_at: NEVER,
            ability: 0.0,
            order: 0,
        };
        let level = |id: AssetId| plant.asset(id).storage.map_or(0, |s| s.initial as u32);
        let buffer = |b: &super::layout::Buffer| BufferState { level: b.store.map_or(0, level), blocked: 0, since: at.0, area: 0.0 };
        let machine = |m: &super::layout::Machine| MachineState {
            asset: m.asset,
            first: m.first,
            servers: m.servers,
            wait: Wait::None,
            mode: Mode::Starved,
            since: at.0,
            times_us: [0; 3],
        };
        Parts {
            next: vec![NEVER; layout.stations.len()],
            stations: vec![station; layout.stations.len()],
            machines: layout.machines.iter().map(machine).collect(),
            buffers: layout.buffers.iter().map(buffer).collect(),
            pending: vec![0; layout.pending],
            sequence: 0,
        }
    }

    /// Sets the content of a buffer to an observed level.
    pub(in crate::sim) fn fill(&mut self, layout: &Layout, buffer: u32, level: f64) {
        let capacity = f64::from(layout.buffers[buffer as usize].capacity);
        self.buffers[buffer as usize].level = libm::round(level).clamp(0.0, capacity) as u32;
    }

    fn of(&self, machine: u32) -> &[StationState] {
        let m = &self.machines[machine as usize];
        &self.stations[m.first as usize..(m.first + m.servers) as usize]
    }

    /// Whether any of its servers works.
    pub(in crate::sim) fn is_working(&self, machine: u32) -> bool {
        self.of(machine).iter().any(|s| s.status == Status::Working)
    }

    /// What an able machine is doing.
    pub(in crate::sim) fn mode(&self, machine: u32) -> Mode {
        let stations = self.of(machine);
        if stations.iter().any(|s| s.status == Status::Working) {
            Mode::Running
        } else if stations.iter().any(|s| s.status == Status::Blocked) {
            Mode::Blocked
        } else {
            Mode::Starved
        }
    }

    /// Time spent running, starved and blocked up to `now` while able [µs].
    pub(in crate::sim) fn times_us(&self, machine: u32, now: Time) -> [i64; 3] {
        let m = &self.machines[machine as usize];
        let s = &self.stations[m.first as usize];
        let (mut times, open, since) = if m.servers > 1 {
            let able = s.ability > 0.0;
            (m.times_us, able.then(|| place_of(m.mode)), m.since)
        } else {
            (s.times_us, place(s.status), s.since)
        };
        if let Some(open) = open {
            times[open] += now.0 - since;
        }
        times
    }

    /// Working time of a machine's first server up to `now` [µs]: the clock of its age.
    pub(in crate::sim) fn clock_us(&self, machine: u32, now: Time) -> i64 {
        let s = &self.of(machine)[0];
        s.times_us[WORKING] + if s.status == Status::Working { now.0 - s.since } else { 0 }
    }

    /// Working time summed over the servers up to `now` [µs].
    pub(in crate::sim) fn busy_us(&self, machine: u32, now: Time) -> i64 {
        self.of(machine).iter().map(|s| s.times_us[WORKING] + if s.status == Status::Working { now.0 - s.since } else { 0 }).sum()
    }

    /// Parts finished, scrap included, and parts scrapped.
    pub(in crate::sim) fn counts(&self, machine: u32) -> (u64, u64) {
        self.of(machine).iter().fold((0, 0), |(m, s), one| (m + one.made, s + one.scrapped))
    }

    /// Parts on a machine, unfinished or waiting to leave.
    pub(in crate::sim) fn in_hand(&self, machine: u32) -> u32 {
        let holds = |s: &&StationState| !matches!(s.status, Status::Idle | Status::Waiting);
        self.of(machine).iter().filter(holds).count() as u32
    }

    /// A wait that lasts.
    pub(in crate::sim) fn wait(&self, machine: u32) -> Wait {
        self.machines[machine as usize].wait
    }

    /// Parts in a buffer.
    pub(in crate::sim) fn level(&self, buffer: u32) -> u32 {
        self.buffers[buffer as usize].level
    }

    /// Integral of a buffer's level up to `now` [part · h].
    pub(in crate::sim) fn level_hours(&self, buffer: u32, now: Time) -> f64 {
        let b = &self.buffers[buffer as usize];
        (b.area + f64::from(b.level) * (now.0 - b.since) as f64) / 3.6e9
    }

    /// When the next event on the floor is due.
    pub(in crate::sim) fn due(&self) -> Option<Time> {
        self.next.iter().min().filter(|t| **t != NEVER).map(|t| Time(*t))
    }

    /// Buffers that keep a waiting machine from working: empty inputs or full outputs.
    pub(in crate::sim) fn lacking(&self, layout: &Layout, machine: u32, starved: bool) -> Vec<u32> {
        let station = &layout.stations[self.machines[machine as usize].first as usize];
        let direct = if starved { station.input } else { station.output };
        if direct != NONE && direct != MANY {
            return vec![direct];
        }
        let ports = if starved { &station.inputs } else { &station.outputs };
        let short = |b: &&u32| {
            let (level, capacity) = (self.buffers[**b as usize].level, layout.buffers[**b as usize].capacity);
            if starved { level == 0 } else { level >= capacity }
        };
        ports.iter().flat_map(|p| p.buffers.iter()).filter(short).copied().collect()
    }
}

/// Which account a status belongs to; stopped time is the engine's.
pub(super) fn place(status: Status) -> Option<usize> {
    match status {
        Status::Working => Some(WORKING),
        Status::Waiting => Some(WAITING),
        Status::Blocked => Some(BLOCKED),
        Status::Idle | Status::Held | Status::Stuck => None,
    }
}

/// The account of a machine's mode.
pub(super) fn place_of(mode: Mode) -> usize {
    match mode {
        Mode::Running => WORKING,
        Mode::Blocked => BLOCKED,
        Mode::Starved
        | Mode::Idle
        | Mode::Standby
        | Mode::Starting
        | Mode::Off
        | Mode::Tripped
        | Mode::Failed
        | Mode::InRepair
        | Mode::Short
        | Mode::Inhibited
        | Mode::Maintenance => WAITING,
    }
}
