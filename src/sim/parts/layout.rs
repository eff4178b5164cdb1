//! The compiled floor: stations (one per server), buffers, ports. Immutable.
//!
//! *Invariant:* every index is valid; a station with one input of one part from one buffer names it directly.

use crate::plant::{AssetId, CycleLaw};

/// No buffer: a source or a sink.
pub(in crate::sim) const NONE: u32 = u32::MAX;
/// More than one buffer, or more than one part: see the ports.
pub(in crate::sim) const MANY: u32 = u32::MAX - 1;

/// One server of a machine.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Station {
    pub(in crate::sim) machine: u32,
    /// The buffer it takes from, [`NONE`] or [`MANY`].
    pub(in crate::sim) input: u32,
    /// The buffer it puts into, [`NONE`] or [`MANY`].
    pub(in crate::sim) output: u32,
    pub(in crate::sim) inputs: Vec<Port>,
    pub(in crate::sim) outputs: Vec<Port>,
    /// Position of the first output port in [`super::Parts`]' list of what still has to leave.
    pub(in crate::sim) pending: u32,
    pub(in crate::sim) law: CycleLaw,
    pub(in crate::sim) scrap: f64,
    /// Stable id of its draws.
    pub(in crate::sim) key: u64,
    /// Several servers, or changes of load matter to the rest of the plant.
    pub(in crate::sim) special: bool,
}

/// One input or output of a station.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Port {
    pub(in crate::sim) per_part: u32,
    pub(in crate::sim) buffers: Vec<u32>,
}

/// A machine: an asset whose process has the parts form.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Machine {
    pub(in crate::sim) asset: AssetId,
    pub(in crate::sim) first: u32,
    pub(in crate::sim) servers: u32,
    /// A wait longer than this is told to the rest of the plant [µs].
    pub(in crate::sim) patience_us: i64,
    /// Every beginning and end of work is told: what the asset draws or heats follows its load.
    pub(in crate::sim) loud: bool,
}

/// A storage between machines, or a direct link (capacity 0).
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::sim) struct Buffer {
    pub(in crate::sim) capacity: u32,
    pub(in crate::sim) store: Option<AssetId>,
    pub(in crate::sim) producers: Vec<u32>,
    /// With their priorities, lower first.
    pub(in crate::sim) consumers: Vec<(u8, u32)>,
    /// Control rules watch its level.
    pub(in crate::sim) watched: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::sim) struct Layout {
    pub(in crate::sim) stations: Vec<Station>,
    pub(in crate::sim) machines: Vec<Machine>,
    pub(in crate::sim) buffers: Vec<Buffer>,
    pub(in crate::sim) pending: usize,
    /// By asset: its machine or [`NONE`].
    pub(in crate::sim) machine_of: Vec<u32>,
    /// By asset: the buffer of its storage or [`NONE`].
    pub(in crate::sim) buffer_of: Vec<u32>,
}

impl Layout {
    /// The machine of an asset.
    pub(in crate::sim) fn machine(&self, id: AssetId) -> Option<u32> {
        self.machine_of.get(id.index()).copied().filter(|m| *m != NONE)
    }

    /// The buffer of an asset's storage.
    pub(in crate::sim) fn buffer(&self, id: AssetId) -> Option<u32> {
        self.buffer_of.get(id.index()).copied().filter(|b| *b != NONE)
    }

    /// Positions of a machine's stations.
    pub(in crate::sim) fn servers(&self, machine: u32) -> std::ops::Range<usize> {
        let m = &self.machines[machine as usize];
        m.first as usize..(m.first + m.servers) as usize
    }
}
