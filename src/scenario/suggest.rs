//! A scenario made on the spot: one asset is lost while the plant runs, with what the plant offers against it.
//!
//! Owns the suggestions only; they follow from the scene's groups, media and declared actions. Invariant:
//! what is suggested passes the meaning check.

use super::model::{Disruption, Lasting, PlannedAction, Response, Scenario, StartFrom, What};
use crate::plant::{ActionKind, Asset, AssetId, InitialMode, Plant};
use crate::time::Span;

/// Most stand-ins that are suggested.
const MAX_STAND_INS: usize = 2;
/// How long a person takes to act on an outage that is under way.
const REACTION: Span = Span(60_000_000);

impl Scenario {
    /// `lost` fails now, until repaired; the futures start from the running plant and last 8 h.
    pub fn live_outage(plant: &Plant, lost: AssetId, runs: u32, seed: u64) -> Self {
        let asset = plant.asset(lost);
        let mut s = Scenario::new(&format!("live-{}", asset.id.to_lowercase()), &plant.id);
        s.name = format!("{} is lost", asset.name);
        s.story = format!("{} has failed in the running plant.", asset.name);
        s.start.from = StartFrom::LiveNow;
        (s.runs, s.seed) = (runs, seed);
        let lasting = if asset.reliability.is_empty() { Lasting::For(Span::from_h(2.0)) } else { Lasting::UntilRepaired };
        s.disruptions = vec![Disruption {
            id: "outage".into(),
            at: Span::ZERO,
            what: What::AssetFails { asset: asset.id.clone(), mode: String::new(), lasting },
        }];
        s.responses = suggested_responses(plant, lost, REACTION);
        s
    }
}

/// What the plant offers when `lost` is lost: start stand-ins, send a crew, both. Acts at `at`.
pub fn suggested_responses(plant: &Plant, lost: AssetId, at: Span) -> Vec<Response> {
    let act = |asset: &Asset, kind| PlannedAction { at, asset: asset.id.clone(), kind };
    let mut out: Vec<Response> = stand_ins(plant, lost)
        .into_iter()
        .take(MAX_STAND_INS)
        .map(|a| Response {
            id: format!("start-{}", a.id.to_lowercase()),
            name: format!("Start {}", a.name),
            rationale: format!("{} can take over what {} gives.", a.name, plant.asset(lost).name),
            extra_cost: 0.0,
            actions: vec![act(a, ActionKind::Start)],
        })
        .collect();
    let lost = plant.asset(lost);
    if takes(lost, ActionKind::DispatchCrew) {
        let crew = act(lost, ActionKind::DispatchCrew);
        let both = out.first().cloned().map(|mut r| {
            r.id += "-and-crew";
            r.name += " and send the crew first";
            r.actions.push(crew.clone());
            r
        });
        out.push(Response {
            id: "crew-first".into(),
            name: format!("Send the crew to {} first", lost.name),
            rationale: "Shortens the wait for the repair when the crew has other work.".into(),
            extra_cost: 0.0,
            actions: vec![crew],
        });
        out.extend(both);
    }
    out
}

/// Assets that stand by and could give what `lost` gives: its group first, then other givers of its media.
fn stand_ins(plant: &Plant, lost: AssetId) -> Vec<&Asset> {
    let me = plant.asset(lost);
    let ready = |a: &&Asset| a.id != me.id && a.initial != InitialMode::Running && takes(a, ActionKind::Start);
    let gives_same = |a: &Asset| a.gives.iter().any(|g| me.gives.iter().any(|m| m.medium == g.medium));
    let in_group = |a: &Asset| me.group.is_some() && a.group == me.group;
    let mut found: Vec<&Asset> = plant.assets.iter().filter(ready).filter(|a| in_group(a)).collect();
    found.extend(plant.assets.iter().filter(ready).filter(|a| !in_group(a) && gives_same(a)));
    found
}

fn takes(asset: &Asset, kind: ActionKind) -> bool {
    asset.actions.iter().any(|s| s.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_lost_the_suggestions_fit_the_plant() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        for lost in plant.asset_ids() {
            let s = Scenario::live_outage(&plant, lost, 100, 1);
            assert!(s.compile(&plant).is_ok(), "{}: {:?}", plant.asset(lost).id, s.compile(&plant));
        }
        let chiller = Scenario::live_outage(&plant, plant.asset_by_id("CH-1").unwrap(), 100, 1);
        let ids: Vec<&str> = chiller.responses.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids, ["start-ch-3", "crew-first", "start-ch-3-and-crew"]);
    }
}
