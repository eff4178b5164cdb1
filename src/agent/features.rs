//! What a cell's agent sees: member phases as counts of identical members, and discretised levels and temperatures.
//!
//! Owns the state space of one cell and its indexing; transitions are `transitions` and `build`. Invariant:
//! `index` and `decode` are inverse to each other, and there are at most [`STATE_LIMIT`] states.

use crate::{
    estimate::Belief,
    plant::{ActionKind, Asset, AssetId, Cell, InitialMode, Plant},
    sim::{Mode, Model, State},
};
use serde::Serialize;

/// Largest state space of one cell.
pub const STATE_LIMIT: usize = 20_000;

/// What an agent distinguishes about a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Phase {
    /// Commanded on (running, or waiting for material).
    Up,
    /// Commanded on at its lowest rate.
    Limited,
    /// Failed, in repair, or tripped.
    Down,
    /// Off or standby: can be started.
    Standby,
}

impl Phase {
    /// Of an operating mode.
    pub fn of(mode: Mode) -> Phase {
        match mode {
            Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked | Mode::Starting | Mode::Short | Mode::Inhibited => Phase::Up,
            Mode::Standby | Mode::Off => Phase::Standby,
            Mode::Tripped | Mode::Failed | Mode::InRepair | Mode::Maintenance => Phase::Down,
        }
    }
    fn word(self) -> &'static str {
        match self {
            Phase::Up => "up",
            Phase::Limited => "limited",
            Phase::Down => "down",
            Phase::Standby => "standby",
        }
    }
}

/// Identical members.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MemberGroup {
    /// In the plant's order.
    pub members: Vec<AssetId>,
    /// Phases that can occur.
    pub phases: Vec<Phase>,
    /// Every way to spread the members over the phases: counts in the order of `phases`.
    pub compositions: Vec<Vec<u8>>,
}

/// What an axis measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Measure {
    /// Level of a storage [storage amount].
    Level,
    /// Temperature [°C].
    Temperature,
    /// Whether the asset is held by its temperature trip, restart included: 1 or 0, in between a probability.
    Held,
}

/// A discretised continuous quantity: equidistant nodes from `low` to `high`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Axis {
    /// Whose.
    pub asset: AssetId,
    /// What.
    pub measure: Measure,
    /// Value of the first node.
    pub low: f64,
    /// Value of the last node.
    pub high: f64,
    /// Nodes.
    pub bins: usize,
}

impl Axis {
    /// Value of a node.
    pub fn node(&self, i: usize) -> f64 {
        self.low + (self.high - self.low) * i as f64 / (self.bins - 1).max(1) as f64
    }
    /// The nodes around a value with their weights (linear interpolation, clamped at the ends).
    pub fn around(&self, value: f64) -> [(usize, f64); 2] {
        let x = ((value - self.low) / (self.high - self.low).max(1e-12) * (self.bins - 1) as f64).clamp(0.0, (self.bins - 1) as f64);
        let i = (x as usize).min(self.bins - 1);
        let w = x - i as f64;
        [(i, 1.0 - w), ((i + 1).min(self.bins - 1), w)]
    }
}

/// The state space of one cell.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Features {
    /// Groups of identical members.
    pub groups: Vec<MemberGroup>,
    /// Levels, then temperatures.
    pub axes: Vec<Axis>,
}

/// Why a cell cannot have an agent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("cell {cell:?} would have {states} states, at most {STATE_LIMIT}: {factors}; take out a member or use fewer bins")]
pub struct TooManyStates {
    /// Which cell.
    pub cell: String,
    /// How many.
    pub states: usize,
    /// Where they come from.
    pub factors: String,
}

/// A state taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    /// Composition of each group.
    pub compositions: Vec<usize>,
    /// Node of each axis.
    pub nodes: Vec<usize>,
}

impl Features {
    /// The features that a cell declares.
    ///
    /// # Errors
    /// [`TooManyStates`] naming the cell and its factors.
    pub fn of(plant: &Plant, cell: &Cell) -> Result<Self, TooManyStates> {
        let mut groups: Vec<MemberGroup> = Vec::new();
        for &id in &cell.members {
            match groups.iter_mut().find(|g| alike(plant.asset(g.members[0]), plant.asset(id))) {
                Some(group) => group.members.push(id),
                None => groups.push(MemberGroup { members: vec![id], phases: Vec::new(), compositions: Vec::new() }),
            }
        }
        for group in &mut groups {
            group.members.sort();
            let startable = group.members.iter().any(|m| plant.asset(*m).initial != InitialMode::Running);
            group.phases = phases(plant.asset(group.members[0]), startable);
            group.compositions = compositions(group.members.len() as u8, group.phases.len());
        }
        let bins = cell.bins.max(2) as usize;
        let levels = cell
            .levels
            .iter()
            .filter_map(|&asset| plant.asset(asset).storage.map(|s| Axis { asset, measure: Measure::Level, low: 0.0, high: s.capacity, bins }));
        let temperatures = cell.temperatures.iter().filter_map(|&asset| {
            let t = plant.asset(asset).thermal?;
            let warm = Axis { asset, measure: Measure::Temperature, low: t.setpoint_c.min(t.trip_c), high: t.trip_c.max(t.setpoint_c), bins };
            // A trip has a memory that the temperature alone does not show.
            Some([warm, Axis { asset, measure: Measure::Held, low: 0.0, high: 1.0, bins: 2 }])
        });
        let features = Self { axes: levels.chain(temperatures.flatten()).collect(), groups };
        features.check(plant, cell).map(|()| features)
    }

    fn check(&self, plant: &Plant, cell: &Cell) -> Result<(), TooManyStates> {
        let each = self.groups.iter().map(|g| (plant.asset(g.members[0]).id.clone(), g.compositions.len()));
        let each: Vec<(String, usize)> = each.chain(self.axes.iter().map(|a| (plant.asset(a.asset).id.clone(), a.bins))).collect();
        let states = each.iter().fold(1usize, |n, x| n.saturating_mul(x.1));
        if states <= STATE_LIMIT {
            return Ok(());
        }
        let factors = each.iter().map(|(id, n)| format!("{id} {n}")).collect::<Vec<_>>().join(" × ");
        Err(TooManyStates { cell: cell.id.clone(), states, factors })
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.groups.iter().map(|g| g.compositions.len()).chain(self.axes.iter().map(|a| a.bins)).product()
    }

    /// Index of a state.
    pub fn index(&self, parts: &Parts) -> usize {
        let sizes = self.groups.iter().map(|g| g.compositions.len()).chain(self.axes.iter().map(|a| a.bins));
        let digits = parts.compositions.iter().chain(&parts.nodes);
        sizes.zip(digits).fold(0, |index, (size, digit)| index * size + digit)
    }

    /// The state of an index.
    pub fn decode(&self, mut index: usize) -> Parts {
        let sizes: Vec<usize> = self.groups.iter().map(|g| g.compositions.len()).chain(self.axes.iter().map(|a| a.bins)).collect();
        let mut digits = vec![0; sizes.len()];
        for (digit, size) in digits.iter_mut().zip(&sizes).rev() {
            *digit = index % size;
            index /= size;
        }
        let nodes = digits.split_off(self.groups.len());
        Parts { compositions: digits, nodes }
    }

    /// Where phases and values lie in the state space: neighbouring states with weights that sum to 1.
    pub fn place(&self, phase: impl Fn(AssetId) -> Phase, value: impl Fn(&Axis) -> f64) -> Vec<(usize, f64)> {
        let compositions = self.groups.iter().map(|g| g.composition(&phase)).collect();
        let around: Vec<[(usize, f64); 2]> = self.axes.iter().map(|a| a.around(value(a))).collect();
        self.spread(&Parts { compositions, nodes: Vec::new() }, &around)
    }

    /// Every corner of the cell of nodes around the values.
    pub(super) fn spread(&self, parts: &Parts, around: &[[(usize, f64); 2]]) -> Vec<(usize, f64)> {
        let mut corners = vec![(Vec::new(), 1.0)];
        for ends in around {
            let next = corners.iter().flat_map(|(nodes, w)| ends.iter().map(move |(i, p)| ([&nodes[..], &[*i]].concat(), w * p)));
            corners = next.filter(|c: &(Vec<usize>, f64)| c.1 > 0.0).collect();
        }
        corners.into_iter().map(|(nodes, w)| (self.index(&Parts { compositions: parts.compositions.clone(), nodes }), w)).collect()
    }

    /// Where a belief lies (most likely modes, mean levels and temperatures).
    pub fn place_belief(&self, belief: &Belief) -> Vec<(usize, f64)> {
        let value = |axis: &Axis| {
            let b = belief.asset(axis.asset);
            match axis.measure {
                Measure::Level => b.level.map_or(axis.low, |e| e.mean),
                Measure::Temperature => b.temperature_c.map_or(axis.low, |e| e.mean),
                Measure::Held => [Mode::Tripped, Mode::Starting].iter().map(|m| b.modes[usize::from(m.code())]).sum(),
            }
        };
        self.place(|id| Phase::of(belief.asset(id).mode), value)
    }

    /// Where a simulated state lies.
    pub fn place_state(&self, model: &Model, state: &State) -> Vec<(usize, f64)> {
        self.place(|id| Phase::of(state.mode(id)), |axis| measured(model, state, axis))
    }

    /// A state in words: `CH-1 CH-2 CH-3: 2 up, 1 standby; CB-1 12.0; FI-1 4.0 °C`.
    pub fn words(&self, plant: &Plant, index: usize) -> String {
        let parts = self.decode(index);
        let groups = self.groups.iter().zip(&parts.compositions).map(|(g, &c)| {
            let ids = g.members.iter().map(|m| plant.asset(*m).id.as_str()).collect::<Vec<_>>().join(" ");
            let counts = g.compositions[c].iter().zip(&g.phases).filter(|x| *x.0 > 0).map(|(n, p)| format!("{n} {}", p.word()));
            format!("{ids}: {}", counts.collect::<Vec<_>>().join(", "))
        });
        let axes = self.axes.iter().zip(&parts.nodes).filter_map(|(a, &i)| {
            let id = &plant.asset(a.asset).id;
            match a.measure {
                Measure::Level => Some(format!("{id} {:.0} % full", 100.0 * a.node(i) / a.high.max(1e-12))),
                Measure::Temperature => Some(format!("{id} {:.1} °C", a.node(i))),
                Measure::Held => (i > 0).then(|| format!("{id} held by its trip")),
            }
        });
        groups.chain(axes).collect::<Vec<_>>().join("; ")
    }
}

/// The quantity of an axis in a simulated state.
pub(super) fn measured(model: &Model, state: &State, axis: &Axis) -> f64 {
    let value = match axis.measure {
        Measure::Level => state.level(model, axis.asset),
        Measure::Temperature => state.temperature_c(model, axis.asset),
        Measure::Held => Some(f64::from(u8::from(matches!(state.mode(axis.asset), Mode::Tripped | Mode::Starting)))),
    };
    value.unwrap_or(axis.low)
}

impl MemberGroup {
    /// Composition of the group when each member is in some phase; a phase that cannot occur counts as down, or up.
    pub fn composition(&self, phase: impl Fn(AssetId) -> Phase) -> usize {
        let mut counts = vec![0u8; self.phases.len()];
        for &m in &self.members {
            let at = self.phases.iter().position(|p| *p == phase(m));
            let fallback = self.phases.iter().position(|p| *p == Phase::Down).unwrap_or(0);
            counts[at.unwrap_or(fallback)] += 1;
        }
        self.compositions.iter().position(|c| *c == counts).unwrap_or(0)
    }
    /// Members in a phase.
    pub fn count(&self, composition: usize, phase: Phase) -> u8 {
        self.phases.iter().position(|p| *p == phase).map_or(0, |i| self.compositions[composition][i])
    }
}

/// Whether two members differ in nothing but name and place.
fn alike(a: &Asset, b: &Asset) -> bool {
    a.kind == b.kind
        && a.reliability == b.reliability
        && a.needs == b.needs
        && a.gives == b.gives
        && a.storage == b.storage
        && a.thermal == b.thermal
        && a.process == b.process
        && a.actions == b.actions
        && a.start == b.start
        && a.group == b.group
        && a.control == b.control
        && (a.process.is_none() && a.storage.is_none() && a.thermal.is_none())
}

fn phases(asset: &Asset, startable: bool) -> Vec<Phase> {
    let can = |f: fn(&ActionKind) -> bool| asset.actions.iter().any(|a| f(&a.kind));
    let mut phases = vec![Phase::Up];
    if can(|k| matches!(k, ActionKind::SetRate(_))) {
        phases.push(Phase::Limited);
    }
    if !asset.reliability.is_empty() {
        phases.push(Phase::Down);
    }
    if startable || can(|k| matches!(k, ActionKind::Start | ActionKind::Stop)) {
        phases.push(Phase::Standby);
    }
    phases
}

/// All ways to spread `n` members over `k` phases.
fn compositions(n: u8, k: usize) -> Vec<Vec<u8>> {
    if k == 1 {
        return vec![vec![n]];
    }
    (0..=n).rev().flat_map(|first| compositions(n - first, k - 1).into_iter().map(move |rest| [&[first], &rest[..]].concat())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Features {
        let group = |n: u8, phases: Vec<Phase>| MemberGroup {
            members: (0..u32::from(n)).map(AssetId).collect(),
            compositions: compositions(n, phases.len()),
            phases,
        };
        let axis = Axis { asset: AssetId(9), measure: Measure::Temperature, low: 4.0, high: 10.0, bins: 4 };
        Features {
            groups: vec![group(3, vec![Phase::Up, Phase::Down, Phase::Standby]), group(1, vec![Phase::Up, Phase::Down])],
            axes: vec![axis, axis],
        }
    }

    #[test]
    fn identical_members_become_counts() {
        let f = features();
        assert_eq!(f.groups[0].compositions.len(), 10, "of three members in three phases");
        assert_eq!(f.states(), 10 * 2 * 4 * 4);
        let one_down = f.groups[0].composition(|m| if m.0 == 1 { Phase::Down } else { Phase::Up });
        let other_down = f.groups[0].composition(|m| if m.0 == 2 { Phase::Down } else { Phase::Up });
        assert_eq!(one_down, other_down);
        assert_eq!(f.groups[0].count(one_down, Phase::Up), 2);
    }

    #[test]
    fn index_and_decode_are_inverse() {
        let f = features();
        for i in 0..f.states() {
            assert_eq!(f.index(&f.decode(i)), i);
        }
    }

    #[test]
    fn values_between_nodes_are_shared_by_their_neighbours() {
        let f = features();
        let at = f.place(|_| Phase::Up, |_| 5.0);
        assert_eq!(at.len(), 4);
        assert!((at.iter().map(|x| x.1).sum::<f64>() - 1.0).abs() < 1e-12);
        let mean: f64 = at.iter().map(|(i, w)| w * f.axes[0].node(f.decode(*i).nodes[0])).sum();
        assert!((mean - 5.0).abs() < 1e-12);
        assert_eq!(f.place(|_| Phase::Up, |_| 99.0).len(), 1, "clamped");
    }
}
