//! What the 3D picture shows: the projection, the selection and the scrubbed forecast as one `PlantView`.
//!
//! Pure and one way. Invariant: while a prediction is shown, the live states stay what they are; only the
//! probabilities and causes of the scrubber's time are added.

use super::{
    desk::Desk,
    scene::{AssetLook, Badge, CauseArc, PackLook, PlantView},
    status,
};
use crate::{
    plant::{AssetId, Shape},
    sim::Mode,
    time::Span,
    twin::{AssetView, LiveView},
};

/// Belt speed of a conveyor at full service [m/s].
const BELT_M_PER_S: f32 = 0.5;
/// Cause arcs at most; the least probable are left out.
const ARCS: usize = 40;
/// Arcs below this probability are left out.
const ARC_P: f32 = 0.03;

/// The picture of this instant.
pub fn plant_view(desk: &Desk, live: &LiveView) -> PlantView {
    let mut view = PlantView {
        assets: desk.plant.asset_ids().map(|id| live.assets.get(id.index()).map_or_else(AssetLook::default, |v| look(desk, id, v))).collect(),
        packs: live.packs.iter().map(|(position_m, rotation)| PackLook { position_m: *position_m, rotation: *rotation }).collect(),
        pack_half_m: live.pack_half_m,
        heat: false,
        causes: Vec::new(),
    };
    if desk.scrub.heat {
        add_forecast(&mut view, desk, live);
    }
    view
}

fn look(desk: &Desk, id: AssetId, v: &AssetView) -> AssetLook {
    let conveyor = desk.plant.asset(id).body.shape == Shape::Conveyor;
    let badge = match v.mode {
        _ if v.proposals > 0 => Badge::Proposal,
        Mode::Failed | Mode::Tripped => Badge::Alarm,
        _ => Badge::None,
    };
    AssetLook {
        status: status::scene_status(v.mode),
        service: v.service as f32,
        stale: v.stale,
        imputed: v.imputed,
        selected: desk.selected == Some(id),
        hovered: desk.hovered == Some(id),
        badge,
        level: v.level_fraction.map(|f| f as f32),
        temperature_c: v.temperature_c.map(|t| t.mean as f32),
        belt_m_per_s: if conveyor { BELT_M_PER_S * v.service as f32 } else { 0.0 },
        ..AssetLook::default()
    }
}

fn add_forecast(view: &mut PlantView, desk: &Desk, live: &LiveView) {
    let Some(forecast) = &live.forecast.answer else { return };
    let Some(alternative) = desk.alternative(forecast) else { return };
    let at = desk.grid_index(forecast);
    view.heat = true;
    for look in &mut view.assets {
        look.probability = Some(0.0);
    }
    for i in &alternative.impacts {
        if let Some(look) = view.assets.get_mut(i.asset.index()) {
            look.probability = i.by_time.get(at).copied();
            look.time_to_impact = i.time_to_impact.as_ref().map(|q| forecast.first_disruption + Span::from_h(q.q50));
        }
    }
    for origin in &live.forecast.origins {
        if let Some(look) = view.assets.get_mut(origin.index()) {
            look.origin = true;
        }
    }
    let hit = |id: AssetId| view.assets.get(id.index()).and_then(|l| l.probability).unwrap_or(0.0);
    let mut arcs: Vec<CauseArc> = alternative
        .causes
        .iter()
        .map(|c| CauseArc { from: c.from, to: c.to, probability: (c.probability as f32).min(hit(c.to)) })
        .filter(|c| c.probability >= ARC_P)
        .collect();
    arcs.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    arcs.truncate(ARCS);
    view.causes = arcs;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{ask::Ask, fixture::Fixture};

    #[test]
    fn scrubbing_adds_probabilities_and_causes_to_the_live_states() {
        let mut f = Fixture::forecast();
        let live = f.live.clone();
        f.desk.apply(Ask::Scrub(Span::ZERO), &live);
        let start = plant_view(&f.desk, &live);
        f.desk.apply(Ask::Scrub(Span::from_h(8.0)), &live);
        let end = plant_view(&f.desk, &live);
        assert!(start.heat && end.heat && start.causes.is_empty() && !end.causes.is_empty());
        let filler = f.plant.asset_by_id("FI-1").expect("there");
        assert!(start.look(filler).probability < end.look(filler).probability);
        assert_eq!(start.look(filler).status, end.look(filler).status);
        assert!(end.look(f.failed).origin);
        f.desk.apply(Ask::Heat(false), &live);
        let plain = plant_view(&f.desk, &live);
        assert!(!plain.heat && plain.causes.is_empty() && plain.assets.iter().all(|a| a.probability.is_none()));
    }
}
