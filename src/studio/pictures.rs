//! From states, projections and forecasts to what a picture shows: pure, shared by the window and the renderer.
//!
//! Invariant: live states stay what they are while a prediction is shown; only probabilities and causes are added.

use super::scene::{AssetLook, Badge, CauseArc, PackLook, PlantView, Status};
use crate::{
    forecast::{Alternative, Forecast},
    plant::{AssetId, Plant, Shape},
    sim::{Change, Intervention, Mode, Model, RunOutcome, Script, State},
    time::{Span, Time},
    twin::{AssetView, LiveView},
};

/// Belt speed of a conveyor at full service [m/s].
const BELT_M_PER_S: f32 = 0.5;
/// Cause arcs at most; the least probable are left out.
const ARCS: usize = 40;
/// Arcs below this probability are left out.
const ARC_P: f32 = 0.03;

/// The plant as believed now.
pub fn live_view(plant: &Plant, live: &LiveView) -> PlantView {
    PlantView {
        assets: plant.asset_ids().map(|id| live.assets.get(id.index()).map_or_else(AssetLook::default, |v| look(plant, id, v))).collect(),
        packs: live.packs.iter().map(|(position_m, rotation)| PackLook { position_m: *position_m, rotation: *rotation }).collect(),
        pack_half_m: live.pack_half_m,
        heat: false,
        causes: Vec::new(),
    }
}

fn look(plant: &Plant, id: AssetId, v: &AssetView) -> AssetLook {
    let conveyor = plant.asset(id).body.shape == Shape::Conveyor;
    AssetLook {
        status: if v.observed { Status::from(v.mode) } else { Status::Unknown },
        service: v.service as f32,
        stale: v.stale,
        imputed: v.imputed,
        badge: if v.proposals > 0 { Badge::Proposal } else { badge(v.mode) },
        level: v.level_fraction.map(|f| f as f32),
        temperature_c: v.temperature_c.map(|t| t.mean as f32),
        belt_m_per_s: if conveyor { BELT_M_PER_S * v.service as f32 } else { 0.0 },
        ..AssetLook::default()
    }
}

fn badge(mode: Mode) -> Badge {
    if matches!(mode, Mode::Failed | Mode::Tripped) { Badge::Alarm } else { Badge::None }
}

/// The plant in a simulated state.
pub fn state_view(model: &Model, state: &State) -> PlantView {
    let plant = model.plant();
    let mut view = PlantView::nominal(plant);
    for (id, look) in plant.asset_ids().zip(&mut view.assets) {
        let asset = plant.asset(id);
        look.status = Status::from(state.mode(id));
        look.service = state.service(id) as f32;
        look.level = state.level(model, id).zip(asset.storage).map(|(l, s)| (l / s.capacity).clamp(0.0, 1.0) as f32);
        look.temperature_c = state.temperature_c(model, id).map(|t| t as f32);
        look.badge = badge(state.mode(id));
    }
    view
}

/// Sets the states to those of a traced run at an instant of its clock.
pub fn modes_at(view: &mut PlantView, run: &RunOutcome, until: Time) {
    // modes at the end, undone back to `until`
    for event in run.trace.iter().rev().take_while(|e| e.at > until) {
        if let (Change::Mode { from, .. }, Some(look)) = (&event.what, view.assets.get_mut(event.asset.index())) {
            look.status = Status::from(*from);
            look.badge = badge(*from);
        }
    }
}

/// Position in the forecast's grid that is nearest to a time from its start.
pub fn grid_index(f: &Forecast, at: Span) -> usize {
    let distance = |t: &Time| (*t - (Time::ZERO + at)).0.abs();
    (0..f.grid.len()).min_by_key(|i| distance(&f.grid[*i])).unwrap_or(0)
}

/// The assets at which a script strikes.
pub fn origins(script: &Script) -> Vec<AssetId> {
    let strikes = script.0.iter().filter_map(|(_, i)| match i {
        Intervention::Fail { asset, .. } | Intervention::Degrade { asset, .. } | Intervention::SupplyOff { asset, .. } => Some(*asset),
        Intervention::LoseArea { .. }
        | Intervention::CrewAbsent { .. }
        | Intervention::Ambient { .. }
        | Intervention::SlowRepair { .. }
        | Intervention::Act(_) => None,
    });
    strikes.collect()
}

/// Adds the predicted impacts of an alternative at a grid position, and the causes between them.
pub fn add_forecast(view: &mut PlantView, forecast: &Forecast, alternative: &Alternative, at: usize, origins: &[AssetId]) {
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
    for origin in origins {
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
