//! What-ifs made on the spot: an asset of the running plant is lost, with the responses that the plant offers.
//!
//! Owns no ranking: a suggestion is what the scene declares possible; the forecast says what it is worth.

use super::{Disruption, Lasting, PlannedAction, Response, Scenario, StartFrom, What};
use crate::{
    plant::{ActionKind, AssetId, InitialMode, Plant},
    time::Span,
};

/// Stand-ins offered as responses, at most.
const STAND_INS: usize = 2;

impl Scenario {
    /// The running plant loses `asset` at `at` after now, until it is repaired; with [`suggested_responses`] two minutes later.
    pub fn live_outage(plant: &Plant, asset: AssetId, at: Span) -> Scenario {
        let a = plant.asset(asset);
        let id = format!("lose-{}", a.id.to_lowercase());
        let mut s = Scenario::new(&id, &plant.id);
        s.name = format!("Lose {} ({})", a.id, a.name);
        s.story = format!("{} fails while the plant runs as it does now.", a.name);
        s.start.from = StartFrom::LiveNow;
        s.disruptions.push(Disruption { id, at, what: What::AssetFails { asset: a.id.clone(), mode: String::new(), lasting: Lasting::UntilRepaired } });
        s.responses = suggested_responses(plant, asset, at + Span::from_min(2.0));
        s
    }
}

/// Responses that the scene declares possible when `lost` is lost: stand-ins, the crew, both; acting at `at`.
pub fn suggested_responses(plant: &Plant, lost: AssetId, at: Span) -> Vec<Response> {
    let act = |asset: AssetId, kind| PlannedAction { at, asset: plant.asset(asset).id.clone(), kind };
    let offers = |asset: AssetId, kind: ActionKind| plant.asset(asset).actions.iter().any(|s| s.kind == kind);
    let mut out = Vec::new();
    for stand_in in stand_ins(plant, lost).into_iter().filter(|a| offers(*a, ActionKind::Start)).take(STAND_INS) {
        let a = plant.asset(stand_in);
        out.push(Response {
            id: format!("start-{}", a.id.to_lowercase()),
            name: format!("Start {}", a.id),
            rationale: format!("{} can take over what {} gives", a.name, plant.asset(lost).name),
            extra_cost: 0.0,
            actions: vec![act(stand_in, ActionKind::Start)],
        });
    }
    if offers(lost, ActionKind::DispatchCrew) {
        let crew = act(lost, ActionKind::DispatchCrew);
        let first = out.first().cloned();
        out.push(Response {
            id: "crew-first".into(),
            name: "Send the crew first".into(),
            rationale: "the repair goes before other jobs".into(),
            extra_cost: 0.0,
            actions: vec![crew.clone()],
        });
        if let Some(mut both) = first {
            both.id.push_str("-and-crew");
            both.name.push_str(" and send the crew");
            both.actions.push(crew);
            out.push(both);
        }
    }
    out
}

/// Assets that stand by and could replace `lost`: of its group, or giving one of its media.
fn stand_ins(plant: &Plant, lost: AssetId) -> Vec<AssetId> {
    let a = plant.asset(lost);
    let same_media = |b: AssetId| plant.asset(b).gives.iter().any(|g| a.gives.iter().any(|h| h.medium == g.medium));
    let same_group = |b: AssetId| a.group.is_some() && plant.asset(b).group == a.group;
    plant.asset_ids().filter(|b| *b != lost && plant.asset(*b).initial != InitialMode::Running && (same_group(*b) || same_media(*b))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losing_a_chiller_offers_the_standby_and_the_crew() {
        let plant = Plant::parse(crate::plant::builtin("bottling").unwrap(), "bottling").unwrap();
        let s = Scenario::live_outage(&plant, plant.asset_by_id("CH-1").unwrap(), Span::ZERO);
        assert!(s.compile(&plant).is_ok());
        assert!(s.responses.iter().any(|r| r.id == "start-ch-3"), "{:?}", s.responses);
        assert!(s.responses.iter().any(|r| r.actions.len() == 2));
    }
}
