//! From the engine's recorded cause of an impact to edges of the cause graph.
//!
//! Owns the reading of causes: a full or empty buffer that is not short of service itself is looked through to
//! the impacted asset behind it; a trip by temperature leads to what should have cooled. Invariant: an impact
//! has edges or one root, never neither, and an edge's origin was impacted no later than its target whenever
//! any candidate was.

use crate::plant::{AssetId, GroupId, MediumId, OnShort, Plant};
use crate::sim::Cause;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Buffers in a row that are looked through.
const MAX_BUFFERS: usize = 4;

/// How an upstream impact reached the asset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum How {
    /// A service was short.
    Shortage(MediumId),
    /// Too few of a group.
    Group(GroupId),
    /// Nothing came.
    Starved,
    /// Nothing could leave.
    Blocked,
    /// A control rule of the asset (position) acted on the upstream asset's state.
    Control(u32),
    /// It grew too warm for lack of cooling.
    Trip,
}

/// One edge of one future.
#[derive(Serialize, Deserialize)]
pub(super) struct EdgeRecord {
    /// What was short.
    pub from: AssetId,
    /// Whose impact began.
    pub to: AssetId,
    /// The buffer between them that was full or empty.
    pub via: Option<AssetId>,
    /// How, in words.
    pub how: String,
    /// Impact to impact [µs]; `None` when `from` was not impacted before.
    pub lag_us: Option<i64>,
}

/// One future's impacts, for attribution.
pub(super) struct Impacts<'i> {
    pub plant: &'i Plant,
    /// First impact of each asset.
    pub onsets: &'i [Option<Time>],
}

impl Impacts<'_> {
    /// The edges that lead to the impact of `to` which began at `onset`; empty when its cause is a root.
    pub fn edges(&self, to: AssetId, onset: Time, cause: &Cause) -> Vec<EdgeRecord> {
        let Some(how) = how(cause) else { return Vec::new() };
        let lag = |from: AssetId| self.onsets[from.index()].filter(|t| *t <= onset).map(|t| onset - t);
        let mut edges: Vec<EdgeRecord> = Vec::new();
        let mut push = |from: AssetId, via: Option<AssetId>| {
            if from != to && !edges.iter().any(|e| e.from == from) {
                edges.push(EdgeRecord { from, to, via, how: how_words(self.plant, to, how), lag_us: lag(from).map(|l| l.0) });
            }
        };
        for named in self.named(to, cause, how) {
            let buffer = self.plant.asset(named).process.is_none() && self.plant.asset(named).storage.is_some();
            let behind = if buffer && lag(named).is_none() { self.behind(named, how, &lag) } else { Vec::new() };
            if behind.is_empty() {
                push(named, None);
            }
            behind.into_iter().for_each(|from| push(from, Some(named)));
        }
        if edges.iter().any(|e| e.lag_us.is_some()) {
            edges.retain(|e| e.lag_us.is_some());
        }
        edges.sort_by_key(|e| e.from);
        edges
    }

    /// The assets that the cause names; where it names none, those that the plant's links name in its place.
    fn named(&self, to: AssetId, cause: &Cause, how: How) -> Vec<AssetId> {
        let named: Vec<AssetId> = cause.assets().iter().copied().filter(|a| *a != to).collect();
        if !named.is_empty() {
            return named;
        }
        let asset = self.plant.asset(to);
        match how {
            How::Starved => asset.storage.map(|s| self.neighbours(to, s.medium, false)).unwrap_or_default(),
            How::Trip => {
                let cooled = asset.needs.iter().filter(|n| n.on_short == OnShort::HeatUp);
                let givers = cooled.flat_map(|n| self.neighbours(to, n.medium, false));
                givers.filter(|g| self.onsets[g.index()].is_some()).collect()
            }
            How::Shortage(medium) => self.neighbours(to, medium, false),
            How::Group(_) | How::Blocked | How::Control(_) => Vec::new(),
        }
    }

    /// Impacted assets behind a buffer, downstream of a full one and upstream of an empty one.
    fn behind(&self, buffer: AssetId, how: How, lag: &dyn Fn(AssetId) -> Option<Span>) -> Vec<AssetId> {
        let mut layer = vec![buffer];
        for _ in 0..MAX_BUFFERS {
            let step = |b: &AssetId| {
                let medium = self.plant.asset(*b).storage.map(|s| s.medium);
                medium.map(|m| self.neighbours(*b, m, how == How::Blocked)).unwrap_or_default()
            };
            let next: Vec<AssetId> = layer.iter().flat_map(step).collect();
            let hit: Vec<AssetId> = next.iter().copied().filter(|a| lag(*a).is_some()).collect();
            if !hit.is_empty() || next.is_empty() {
                return hit;
            }
            layer = next;
        }
        Vec::new()
    }

    fn neighbours(&self, of: AssetId, medium: MediumId, downstream: bool) -> Vec<AssetId> {
        let links = self.plant.links.iter().filter(|l| l.medium == medium);
        if downstream { links.filter(|l| l.from == of).map(|l| l.to).collect() } else { links.filter(|l| l.to == of).map(|l| l.from).collect() }
    }
}

/// `None` for causes that lie in the asset itself or in the script.
fn how(cause: &Cause) -> Option<How> {
    match cause {
        Cause::Shortage { medium, .. } => Some(How::Shortage(*medium)),
        Cause::Group { group, .. } => Some(How::Group(*group)),
        Cause::Starved { .. } => Some(How::Starved),
        Cause::Blocked { .. } => Some(How::Blocked),
        Cause::Control { rule, .. } => Some(How::Control(*rule as u32)),
        Cause::Trip => Some(How::Trip),
        Cause::Nominal
        | Cause::Script(_)
        | Cause::Failure { .. }
        | Cause::Maintenance { .. }
        | Cause::StartFailed
        | Cause::RepairDone
        | Cause::Start
        | Cause::Command
        | Cause::Crossing => None,
    }
}

/// How an edge came about, in words.
fn how_words(plant: &Plant, to: AssetId, how: How) -> String {
    match how {
        How::Shortage(medium) => format!("short of {}", plant.medium(medium).id),
        How::Group(group) => plant.groups.get(group.index()).map_or_else(|| "too few of a group".into(), |g| format!("too few of {}", g.id)),
        How::Starved => "starved".into(),
        How::Blocked => "blocked".into(),
        How::Control(rule) => plant.asset(to).control.get(rule as usize).map_or_else(|| "control".into(), |r| format!("control: {}", r.id)),
        How::Trip => "over-temperature trip".into(),
    }
}

/// What a cause that leads to no other asset is, in words; script entries below `disruptions` went wrong by script.
pub(super) fn root_words(plant: &Plant, asset: AssetId, cause: Option<&Cause>, disruptions: usize) -> String {
    match cause {
        None | Some(Cause::Nominal) => "did not start as in the baseline".into(),
        Some(Cause::Script(i)) if *i < disruptions => "disruption".into(),
        Some(Cause::Script(_) | Cause::Command) => "command".into(),
        Some(Cause::Failure { mode }) => {
            let mode = plant.asset(asset).reliability.get(*mode).map_or("unknown", |m| m.id.as_str());
            format!("own failure ({mode})")
        }
        Some(Cause::Maintenance { plan }) => {
            let plan = plant.asset(asset).maintenance.get(*plan).map_or("unknown", |m| m.id.as_str());
            format!("planned maintenance ({plan})")
        }
        Some(Cause::Control { rule, .. }) => how_words(plant, asset, How::Control(*rule as u32)),
        Some(Cause::StartFailed) => "start failed".into(),
        Some(Cause::Trip) => "over-temperature trip".into(),
        Some(Cause::Crossing) => "own level or temperature".into(),
        Some(Cause::RepairDone | Cause::Start) => "restart".into(),
        Some(Cause::Shortage { medium, .. }) => how_words(plant, asset, How::Shortage(*medium)),
        Some(Cause::Group { group, .. }) => how_words(plant, asset, How::Group(*group)),
        Some(Cause::Starved { .. }) => "starved".into(),
        Some(Cause::Blocked { .. }) => "blocked".into(),
    }
}
