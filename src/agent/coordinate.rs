//! Several agents, one plant: who may go first when two want the same asset or the same crew.
//!
//! Owns the arbitration: bids are the lower ends of the simulated gains. Deterministic; bids that are too close to
//! call are not decided here but put before a person. Invariant: every advice ends in exactly one of the three lists.

use super::propose::Advice;
use crate::plant::{ActionKind, AssetId, CrewId, Plant};
use serde::Serialize;

/// Bids closer than this fraction of the larger one are a tie.
const TIE: f64 = 0.05;

/// Something that cannot serve two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Resource {
    /// An asset that is to be commanded.
    Asset(AssetId),
    /// A crew that is to be sent.
    Crew(CrewId),
}

/// What became of the advices, by their positions in the input.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Arbitration {
    /// May be put forward now.
    pub granted: Vec<usize>,
    /// Withdrawn in favour of another: (position, winner, contested).
    pub withdrawn: Vec<(usize, usize, Resource)>,
    /// Too close to call, a person decides: (position, rival, contested).
    pub escalated: Vec<(usize, usize, Resource)>,
}

/// Decides between advices of several cells.
pub fn coordinate(plant: &Plant, advices: &[Advice]) -> Arbitration {
    let bid = |i: usize| advices[i].gain.low;
    let mut order: Vec<usize> = (0..advices.len()).collect();
    order.sort_by(|a, b| bid(*b).total_cmp(&bid(*a)).then(advices[*a].cell.cmp(&advices[*b].cell)));
    let mut out = Arbitration::default();
    let mut taken: Vec<(Resource, usize)> = Vec::new();
    for i in order {
        let wants = resources(plant, &advices[i]);
        let full = |r: &Resource| taken.iter().filter(|t| t.0 == *r).count() >= capacity(plant, *r);
        let contested = wants.iter().find(|r| full(r)).copied();
        let Some(resource) = contested else {
            taken.extend(wants.into_iter().map(|r| (r, i)));
            out.granted.push(i);
            continue;
        };
        let rival = taken.iter().rfind(|t| t.0 == resource).map_or(i, |t| t.1);
        if bid(rival) - bid(i) <= TIE * bid(rival).abs() {
            out.escalated.push((i, rival, resource));
        } else {
            out.withdrawn.push((i, rival, resource));
        }
    }
    // Both sides of a tie wait for the person.
    let tied: Vec<(usize, usize, Resource)> = out.escalated.iter().map(|(i, rival, r)| (*rival, *i, *r)).collect();
    for (rival, i, r) in tied {
        if let Some(at) = out.granted.iter().position(|g| *g == rival) {
            out.granted.remove(at);
            out.escalated.push((rival, i, r));
        }
    }
    out
}

fn resources(plant: &Plant, advice: &Advice) -> Vec<Resource> {
    let mut out: Vec<Resource> = advice.actions.iter().map(|(_, a)| Resource::Asset(a.asset)).collect();
    let crews = advice.actions.iter().filter(|(_, a)| a.kind == ActionKind::DispatchCrew).filter_map(|(_, a)| {
        let skills = plant.asset(a.asset).reliability.iter().filter_map(|m| m.skill.as_ref());
        let crew = plant.crews.iter().position(|c| skills.clone().any(|s| c.skills.contains(s)))?;
        Some(Resource::Crew(CrewId(crew as u32)))
    });
    out.extend(crews);
    out.sort();
    out.dedup();
    out
}

fn capacity(plant: &Plant, resource: Resource) -> usize {
    match resource {
        Resource::Asset(_) => 1,
        Resource::Crew(crew) => plant.crews[crew.index()].size as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::super::propose::Gain;
    use super::*;
    use crate::{
        estimate::fixture::{BEGIN, plant},
        plant::{Action, CellId, Crew},
        time::Span,
    };

    fn shop() -> Plant {
        let mut p = plant();
        p.crews = vec![Crew::new("c", vec!["mechanical".into()])];
        for a in &mut p.assets {
            a.reliability[0].skill = Some("mechanical".into());
        }
        p
    }
    fn advice(cell: u32, asset: u32, kind: ActionKind, low: f64) -> Advice {
        Advice {
            cell: CellId(cell),
            at: BEGIN,
            title: String::new(),
            actions: vec![(Span::ZERO, Action { asset: AssetId(asset), kind })],
            reasons: vec![],
            state: String::new(),
            q_values: vec![],
            bound: 0.0,
            gain: Gain { mean: low + 10.0, low, high: low + 20.0, probability_better: 0.9 },
            alternatives: vec![],
            expected: vec![],
            would_change: vec![],
            belief_hash: [0; 32],
            plant_hash: [0; 32],
            forecast_hash: [0; 32],
            seed: 0,
        }
    }

    #[test]
    fn the_higher_bid_gets_the_crew_whatever_the_order() {
        let (weak, strong) = (advice(0, 0, ActionKind::DispatchCrew, 100.0), advice(1, 1, ActionKind::DispatchCrew, 500.0));
        let crew = Resource::Crew(CrewId(0));
        let a = coordinate(&shop(), &[weak.clone(), strong.clone()]);
        assert_eq!((a.granted, a.withdrawn, a.escalated), (vec![1], vec![(0, 1, crew)], vec![]));
        let b = coordinate(&shop(), &[strong, weak]);
        assert_eq!((b.granted, b.withdrawn), (vec![0], vec![(1, 0, crew)]));
    }

    #[test]
    fn a_tie_goes_to_a_person_and_no_conflict_needs_none() {
        let tie = coordinate(&shop(), &[advice(0, 0, ActionKind::DispatchCrew, 500.0), advice(1, 1, ActionKind::DispatchCrew, 490.0)]);
        assert_eq!((tie.granted.len(), tie.withdrawn.len(), tie.escalated.len()), (0, 0, 2));
        let free = coordinate(&shop(), &[advice(0, 0, ActionKind::Start, 500.0), advice(1, 1, ActionKind::Stop, 490.0)]);
        assert_eq!(free.granted, [0, 1]);
    }
}
