//! How the phases of identical members move over one step, in closed form.
//!
//! Owns the mode factors: failures and repairs binomial over the step's hazards, starts with their failure
//! probability, automatic starts of a redundancy group. Levels and temperatures are simulated (`build`). Invariant: every
//! distribution sums to 1 within rounding.

use super::features::{MemberGroup, Phase};
use crate::{
    estimate::{hazard_per_s, repair_mean},
    plant::{ActionKind, Asset, Degradation, Plant},
    time::Span,
};

/// Chances of one member over one step, and what its group does by itself.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StepChances {
    /// A running member fails.
    pub fail: f64,
    /// A member at work by a crew is back.
    pub repair: f64,
    /// A start fails.
    pub start_fails: f64,
    /// Repairs that crews do at once.
    pub crews: u8,
    /// Members that shall run, when standbys start by themselves.
    pub auto_target: Option<u8>,
    /// Crew cost of one repair over the step [currency].
    pub crew_cost: f64,
}

impl StepChances {
    /// Of a group's members over `step`.
    pub fn of(plant: &Plant, group: &MemberGroup, step: Span) -> Self {
        let asset = plant.asset(group.members[0]);
        let p_of = |rate_per_s: f64| 1.0 - libm::exp(-rate_per_s * step.s());
        let down = repair_s(plant, asset);
        let crew = plant.crews.iter().find(|c| asset.reliability.iter().filter_map(|m| m.skill.as_ref()).any(|s| c.skills.contains(s)));
        let needs_crew = asset.reliability.iter().any(|m| m.skill.is_some());
        let crews = if needs_crew { crew.map_or(0, |c| c.size.min(255) as u8) } else { u8::MAX };
        let auto = asset.group.map(|g| &plant.groups[g.index()]).filter(|g| g.auto_start);
        Self {
            fail: p_of(lost(asset).map(|m| hazard_per_s(&m.hazard)).sum()),
            repair: if down > 0.0 { p_of(1.0 / down) } else { 1.0 },
            start_fails: asset.start.failure_probability.clamp(0.0, 1.0),
            crews,
            auto_target: auto.map(|g| g.k.min(255) as u8),
            crew_cost: crew.map_or(0.0, |c| c.cost_per_h * step.h()),
        }
    }
}

/// Failure modes that take the member out.
fn lost(asset: &Asset) -> impl Iterator<Item = &crate::plant::FailureMode> {
    asset.reliability.iter().filter(|m| match m.effect {
        Degradation::Lost | Degradation::StuckClosed => true,
        Degradation::Derated(f) | Degradation::StuckAt(f) | Degradation::StuckEither { open: f } => f < 0.5,
        Degradation::StuckOpen | Degradation::Leak { .. } | Degradation::Bias { .. } => false,
    })
}

/// Mean time from failure to return [s]: travel and repair, weighted by hazard.
fn repair_s(plant: &Plant, asset: &Asset) -> f64 {
    let travel = |skill: &Option<String>| {
        let crew = skill.as_ref().and_then(|s| plant.crews.iter().find(|c| c.skills.contains(s)));
        crew.map_or(0.0, |c| c.travel.s())
    };
    let weigh = lost(asset).map(|m| (hazard_per_s(&m.hazard).max(1e-15), repair_mean(&m.repair).s() + travel(&m.skill)));
    let (total, sum) = weigh.fold((0.0, 0.0), |(t, s), (w, x)| (t + w, s + w * x));
    if total > 0.0 { sum / total } else { 0.0 }
}

/// Compositions after one step with their probabilities, when `action` is done first (on one member).
pub fn step(group: &MemberGroup, chances: &StepChances, composition: usize, action: Option<ActionKind>) -> Vec<(usize, f64)> {
    let count = |p: Phase| group.count(composition, p);
    let (mut up, mut limited, down, mut standby) = (count(Phase::Up), count(Phase::Limited), count(Phase::Down), count(Phase::Standby));
    let mut starting = 0u8;
    match action {
        Some(ActionKind::Start) if standby > 0 => {
            standby -= 1;
            starting += 1;
        }
        Some(ActionKind::Stop) if up > 0 => {
            up -= 1;
            standby += 1;
        }
        Some(ActionKind::SetRate(f)) if f < 1.0 && up > 0 => {
            up -= 1;
            limited += 1;
        }
        Some(ActionKind::SetRate(_)) if limited > 0 => {
            limited -= 1;
            up += 1;
        }
        Some(ActionKind::Start | ActionKind::Stop | ActionKind::SetRate(_) | ActionKind::ResetTrip | ActionKind::DispatchCrew) | None => {}
    }
    let stopped = matches!(action, Some(ActionKind::Stop));
    if let Some(target) = chances.auto_target.filter(|_| !stopped) {
        let auto = target.saturating_sub(up + limited + starting).min(standby);
        standby -= auto;
        starting += auto;
    }
    let served = down.min(chances.crews);
    let mut out: Vec<(usize, f64)> = Vec::new();
    for (started, p0) in binomial(starting, 1.0 - chances.start_fails) {
        for (failed, p1) in binomial(up, chances.fail) {
            for (worn, p2) in binomial(limited, chances.fail) {
                for (back, p3) in binomial(served, chances.repair) {
                    let after = [
                        (Phase::Up, up - failed + started + back),
                        (Phase::Limited, limited - worn),
                        (Phase::Down, down - back + failed + worn + (starting - started)),
                        (Phase::Standby, standby),
                    ];
                    add(&mut out, index_of(group, &after), p0 * p1 * p2 * p3);
                }
            }
        }
    }
    out
}

fn index_of(group: &MemberGroup, counts: &[(Phase, u8)]) -> usize {
    let wanted = |p: &Phase| counts.iter().find(|c| c.0 == *p).map_or(0, |c| c.1);
    let counts: Vec<u8> = group.phases.iter().map(wanted).collect();
    // A phase that the group does not have (a start that failed, without failure modes) cannot hold anyone.
    group.compositions.iter().position(|c| *c == counts).unwrap_or(0)
}

fn add(out: &mut Vec<(usize, f64)>, index: usize, p: f64) {
    if p <= 0.0 {
        return;
    }
    match out.iter_mut().find(|x| x.0 == index) {
        Some(x) => x.1 += p,
        None => out.push((index, p)),
    }
}

/// (k, P(k of n)).
fn binomial(n: u8, p: f64) -> Vec<(u8, f64)> {
    let mut ways = 1.0;
    (0..=n)
        .map(|k| {
            if k > 0 {
                ways *= f64::from(n - k + 1) / f64::from(k);
            }
            (k, ways * libm::pow(p, f64::from(k)) * libm::pow(1.0 - p, f64::from(n - k)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::AssetId;

    fn group() -> MemberGroup {
        let mut g =
            MemberGroup { members: (0..3).map(AssetId).collect(), phases: vec![Phase::Up, Phase::Down, Phase::Standby], compositions: vec![] };
        for up in 0..=3u8 {
            for down in 0..=3 - up {
                g.compositions.push(vec![up, down, 3 - up - down]);
            }
        }
        g
    }
    fn chances() -> StepChances {
        StepChances { fail: 0.01, repair: 0.1, start_fails: 0.02, crews: 1, auto_target: None, crew_cost: 0.0 }
    }
    fn p(rows: &[(usize, f64)], g: &MemberGroup, counts: [u8; 3]) -> f64 {
        rows.iter().filter(|r| g.compositions[r.0] == counts).map(|r| r.1).sum()
    }

    #[test]
    fn counts_move_by_hand_computed_probabilities() {
        let g = group();
        let at = |c: [u8; 3]| g.compositions.iter().position(|x| *x == c).unwrap();
        let rows = step(&g, &chances(), at([1, 1, 1]), None);
        assert!((p(&rows, &g, [1, 1, 1]) - (0.99 * 0.9 + 0.01 * 0.1)).abs() < 1e-12, "nothing happens, or the two swap");
        assert!((p(&rows, &g, [2, 0, 1]) - 0.99 * 0.1).abs() < 1e-12);
        assert!((p(&rows, &g, [0, 2, 1]) - 0.01 * 0.9).abs() < 1e-12);
        let rows = step(&g, &chances(), at([1, 1, 1]), Some(ActionKind::Start));
        assert!((p(&rows, &g, [2, 1, 0]) - (0.98 * (0.99 * 0.9 + 0.01 * 0.1) + 0.02 * 0.99 * 0.1)).abs() < 1e-12);
        for action in [None, Some(ActionKind::Start), Some(ActionKind::Stop), Some(ActionKind::DispatchCrew)] {
            for c in 0..g.compositions.len() {
                assert!((step(&g, &chances(), c, action).iter().map(|r| r.1).sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn one_crew_repairs_one_at_a_time_and_standbys_follow_their_group() {
        let g = group();
        let at = |c: [u8; 3]| g.compositions.iter().position(|x| *x == c).unwrap();
        let rows = step(&g, &chances(), at([0, 2, 1]), None);
        assert_eq!(p(&rows, &g, [2, 0, 1]), 0.0);
        let auto = StepChances { auto_target: Some(2), ..chances() };
        let rows = step(&g, &auto, at([1, 1, 1]), None);
        assert!(p(&rows, &g, [2, 1, 0]) > 0.85);
    }
}
