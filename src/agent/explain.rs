//! The words of a proposal: the state that drove it, what is expected, what would change its mind.
//!
//! Owns sentences, no decisions. Every number in a sentence comes from the belief, the cell's model or the ensemble.
//! Invariant: no sentence without a number or a name of the plant behind it.

use super::{
    build::CellPolicy,
    features::{Measure, Parts, Phase},
    propose::{Nominee, ProposeOptions},
};
use crate::{
    estimate::Belief,
    forecast::{Forecast, PairedDifference},
    plant::{Action, ActionKind, AssetId, Plant},
    sim::Mode,
    time::Span,
};

/// An action in words: `start Chiller 3 (CH-3)`.
pub(super) fn action(plant: &Plant, a: &Action) -> String {
    let asset = plant.asset(a.asset);
    let who = format!("{} ({})", asset.name, asset.id);
    match a.kind {
        ActionKind::Start => format!("start {who}"),
        ActionKind::Stop => format!("stop {who}"),
        ActionKind::SetRate(f) => format!("set {who} to {:.0} % of nominal", 100.0 * f),
        ActionKind::ResetTrip => format!("reset the trip of {who}"),
        ActionKind::DispatchCrew => format!("send a crew to {who} first"),
    }
}

/// A plan in one line, capitalised.
pub(super) fn plan(plant: &Plant, actions: &[(Span, Action)]) -> String {
    let first = actions.first().map_or(Span::ZERO, |a| a.0);
    let each = actions.iter().map(|(delay, a)| {
        let later = Span(delay.0 - first.0);
        if later.0 > 0 { format!("{} after {later}", action(plant, a)) } else { action(plant, a) }
    });
    let text = each.collect::<Vec<_>>().join(", then ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The state that drove it.
pub(super) fn reasons(policy: &CellPolicy, plant: &Plant, belief: &Belief, nominee: &Nominee) -> Vec<String> {
    let mut out: Vec<String> = policy.features.groups.iter().flat_map(|g| &g.members).filter_map(|id| member(plant, belief, *id)).collect();
    for axis in &policy.features.axes {
        let (asset, b) = (plant.asset(axis.asset), belief.asset(axis.asset));
        match axis.measure {
            Measure::Level => {
                if let (Some(e), Some(s)) = (b.level, asset.storage) {
                    out.push(format!(
                        "{} ({}) holds {:.0} % of its capacity (± {:.0} %).",
                        asset.name,
                        asset.id,
                        100.0 * e.mean / s.capacity,
                        196.0 * e.sd() / s.capacity
                    ));
                }
            }
            Measure::Temperature => {
                if let (Some(e), Some(t)) = (b.temperature_c, asset.thermal) {
                    out.push(format!(
                        "{} ({}) is at {:.1} °C (± {:.1}); it trips at {:.1} °C.",
                        asset.name,
                        asset.id,
                        e.mean,
                        1.96 * e.sd(),
                        t.trip_c
                    ));
                }
            }
            Measure::Held => {
                if b.mode == Mode::Tripped {
                    out.push(format!("{} ({}) is held by its temperature trip.", asset.name, asset.id));
                }
            }
        }
    }
    let versus = if nominee.advantage >= 0.0 { "above" } else { "below (waiting one step costs little in the abstract model)" };
    out.push(format!(
        "In the cell's decision model ({} states, certain to ± {:.3} {}) its value is {:.0} {} {versus} doing nothing.",
        policy.mdp.states(),
        policy.solution.bound,
        plant.money.currency,
        nominee.advantage.abs(),
        plant.money.currency
    ));
    out
}

/// A member that is not as the scene wants it.
fn member(plant: &Plant, belief: &Belief, id: AssetId) -> Option<String> {
    let (asset, b) = (plant.asset(id), belief.asset(id));
    let wanted = match asset.initial {
        crate::plant::InitialMode::Running => Phase::Up,
        crate::plant::InitialMode::Standby | crate::plant::InitialMode::Off => Phase::Standby,
    };
    let differs = Phase::of(b.mode) != wanted || matches!(b.mode, Mode::Short | Mode::Inhibited);
    differs.then(|| {
        let since = Span::from_s(libm::round((belief.at - b.mode_since).s()));
        format!("{} ({}) is {} since {since} (probability {:.2}).", asset.name, asset.id, b.mode.name(), b.mode_probability)
    })
}

/// What the paired futures expect of an alternative.
pub(super) fn expected(plant: &Plant, forecast: &Forecast, alternative: usize, options: &ProposeOptions) -> Vec<String> {
    let Some(differences) = forecast.alternatives.get(alternative).and_then(|a| a.versus_nothing.as_ref()) else { return Vec::new() };
    let of = |kpi: &str| differences.iter().find(|d| d.kpi == kpi);
    let money = &plant.money.currency;
    let mut out = Vec::new();
    if let Some(d) = of("profit") {
        out.push(format!(
            "Profit over {}: {:+.0} {money} against doing nothing (95 % interval {:+.0} to {:+.0}), better in {:.0} % of {} paired futures.",
            options.horizon,
            d.mean.mean,
            d.mean.low,
            d.mean.high,
            100.0 * d.probability_better,
            forecast.runs
        ));
    }
    let mut line = |d: Option<&PairedDifference>, what: &str, digits: usize| {
        if let Some(d) = d.filter(|d| d.mean.low > 0.0 || d.mean.high < 0.0) {
            out.push(format!(
                "{what}: {:+.*} (95 % interval {:+.*} to {:+.*}) {}.",
                digits, d.mean.mean, digits, d.mean.low, digits, d.mean.high, d.unit
            ));
        }
    };
    line(of("good_units"), "Good units", 0);
    line(of("trips"), "Trips", 2);
    line(of("limit_exceedance_h"), "Time beyond limits", 2);
    line(of("energy_kwh"), "Energy", 0);
    out
}

/// Neighbouring states of the abstract model in which doing nothing would be at least as good: one member back, one level or temperature away.
pub(super) fn would_change(policy: &CellPolicy, plant: &Plant, state: usize, label: u32) -> Vec<String> {
    let mut out = Vec::new();
    let parts = policy.features.decode(state);
    let mut prefers_nothing = |parts: &Parts, text: String| {
        let q = policy.q_at(&[(policy.features.index(parts), 1.0)]);
        let of = |l: u32| q.iter().find(|x| x.0 == l).map(|x| x.1);
        let loss = match (of(0), of(label)) {
            (Some(nothing), Some(acting)) => nothing - acting,
            (Some(_), None) | (None, _) => return false,
        };
        if loss <= 0.0 {
            return false;
        }
        out.push(format!("{text}: doing nothing would be {loss:.0} {} better.", plant.money.currency));
        true
    };
    for (i, group) in policy.features.groups.iter().enumerate() {
        let down = group.count(parts.compositions[i], Phase::Down);
        let better = group.compositions.iter().position(|c| {
            let mut wanted = group.compositions[parts.compositions[i]].clone();
            let (d, u) = (group.phases.iter().position(|p| *p == Phase::Down), group.phases.iter().position(|p| *p == Phase::Up));
            if let (Some(d), Some(u), true) = (d, u, down > 0) {
                wanted[d] -= 1;
                wanted[u] += 1;
            }
            down > 0 && *c == wanted
        });
        if let Some(c) = better {
            let mut back = parts.clone();
            back.compositions[i] = c;
            let ids = group.members.iter().map(|m| plant.asset(*m).id.as_str()).collect::<Vec<_>>().join(", ");
            prefers_nothing(&back, format!("If one more of {ids} were back"));
        }
    }
    for (i, axis) in policy.features.axes.iter().enumerate().filter(|(_, a)| a.measure != Measure::Held) {
        let mut nodes: Vec<usize> = (0..axis.bins).filter(|n| *n != parts.nodes[i]).collect();
        nodes.sort_by_key(|n| n.abs_diff(parts.nodes[i]));
        for n in nodes {
            let mut other = parts.clone();
            other.nodes[i] = n;
            let asset = plant.asset(axis.asset);
            let value = if axis.measure == Measure::Level {
                format!("{:.0} % full", 100.0 * axis.node(n) / axis.high.max(1e-12))
            } else {
                format!("at {:.1} °C", axis.node(n))
            };
            if prefers_nothing(&other, format!("If {} ({}) were {value}", asset.name, asset.id)) {
                break;
            }
        }
    }
    out
}
