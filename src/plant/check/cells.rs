//! Agent cells: features that exist, and a state space within its limit, the offender named.

use super::Context;
use crate::plant::model::{ActionKind, Asset, AssetId, Cell, InitialMode, Plant};

/// Most states of a cell's decision process.
pub const STATE_LIMIT: u64 = 20_000;
const MAX_FEATURES: usize = 200;

/// Checks every cell.
pub fn check(plant: &Plant, c: &mut Context<'_, '_>) {
    for cell in &plant.cells {
        let at = |list: &str, i: usize| format!("cells[\"{}\"].{list}[{i}]", cell.id);
        if cell.members.is_empty() {
            c.issues.add(format!("cells[\"{}\"].members", cell.id), "a cell without members", "name at least one asset");
        }
        for (i, id) in cell.levels.iter().enumerate().filter(|l| plant.asset(*l.1).storage.is_none()) {
            c.issues.add(at("levels", i), format!("{} has no storage", plant.asset(*id).id), "levels are features of storages");
        }
        for (i, id) in cell.temperatures.iter().enumerate().filter(|l| plant.asset(*l.1).thermal.is_none()) {
            c.issues.add(
                at("temperatures", i),
                format!("{} has no thermal facet", plant.asset(*id).id),
                "temperatures are features of thermal assets",
            );
        }
        if cell.members.len() + cell.levels.len() + cell.temperatures.len() > MAX_FEATURES {
            c.issues.add(format!("cells[\"{}\"]", cell.id), format!("more than {MAX_FEATURES} features"), "split the cell");
        } else {
            size(cell, plant, c);
        }
    }
}

/// Product of the members' modes (identical members become counts) and the bins of levels and temperatures.
fn size(cell: &Cell, plant: &Plant, c: &mut Context<'_, '_>) {
    let mut features: Vec<(String, u64)> = Vec::new();
    let mut alike: Vec<Vec<AssetId>> = Vec::new();
    for m in &cell.members {
        match alike.iter_mut().find(|set| identical(plant.asset(set[0]), plant.asset(*m))) {
            Some(set) => set.push(*m),
            None => alike.push(vec![*m]),
        }
    }
    for set in &alike {
        let names: Vec<&str> = set.iter().map(|m| plant.asset(*m).id.as_str()).collect();
        features.push((names.join("+"), multisets(modes(plant.asset(set[0])), set.len() as u64)));
    }
    let binned = cell.levels.iter().map(|l| (l, "level")).chain(cell.temperatures.iter().map(|t| (t, "temperature")));
    features.extend(binned.map(|(id, what)| (format!("{what} of {}", plant.asset(*id).id), u64::from(cell.bins))));
    let states = features.iter().fold(1u64, |n, f| n.saturating_mul(f.1));
    if states > STATE_LIMIT {
        let worst = features.iter().max_by_key(|f| f.1).map(|f| format!("{} with {} values", f.0, f.1)).unwrap_or_default();
        c.issues.add(
            format!("cells[\"{}\"]", cell.id),
            format!("{states} states, more than the limit of {STATE_LIMIT}; the largest feature is {worst}"),
            "leave members out, use fewer bins, or split the cell",
        );
    }
}

/// Modes that the cell tells apart: up and down; standby or off where it can be; tripped where it can trip.
fn modes(a: &Asset) -> u64 {
    let switched =
        a.group.is_some() || a.initial != InitialMode::Running || a.actions.iter().any(|s| matches!(s.kind, ActionKind::Start | ActionKind::Stop));
    2 + u64::from(switched) + u64::from(a.thermal.is_some())
}

/// Same kind, group and facets: only how many are in which mode matters.
fn identical(a: &Asset, b: &Asset) -> bool {
    a.kind == b.kind
        && a.group == b.group
        && a.reliability == b.reliability
        && a.needs == b.needs
        && a.gives == b.gives
        && a.process == b.process
        && a.storage == b.storage
        && a.thermal == b.thermal
        && a.start == b.start
}

/// Ways to put n alike things into k modes: C(n + k − 1, k − 1).
fn multisets(k: u64, n: u64) -> u64 {
    (1..k).fold(1u64, |ways, i| ways.saturating_mul(n + i) / i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_members_become_counts() {
        assert_eq!(multisets(3, 3), 10);
        assert_eq!(multisets(2, 1), 2);
        assert_eq!(multisets(4, 2), 10);
    }
}
