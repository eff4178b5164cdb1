//! The projection: copies what people may see into one [`LiveView`] and puts it where other threads read it.
//!
//! Decides nothing. Invariant: one-way; nothing in the runtime reads the view back.

use super::{
    AgentView, AssetView, FidelityView, IntakeView, LinkView, LiveView, TagView, TwinSystems, Value,
    compose::{LinkRes, PlantRes},
    estimate::{BeliefRes, EventsRes, TrendsRes},
    govern::GovernanceRes,
    ingest::IntakeRes,
    physics::PhysicsRes,
    predict::{FidelityRes, ForecastRes},
    runtime::{Clocks, Outlet, Timings},
};
use crate::{
    estimate::{AssetBelief, Estimate, GOOD},
    link::{ControlMode, LinkStatus},
    plant::{Asset, AssetId, TagId},
    sim::Mode,
    time::Time,
};
use bevy::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// One projection per this many steps: 10 a second at 20 steps a second.
const EVERY: u64 = 2;

/// What agents show; written by `decide`.
#[derive(Resource, Default)]
pub struct AgentViews(pub Vec<AgentView>);

#[derive(Resource, Default)]
struct Steps(u64);

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Steps>();
    app.insert_resource(Outlet(Arc::new(Mutex::new(Arc::new(empty_view())))));
    app.add_systems(FixedUpdate, project.in_set(TwinSystems::Project));
}

/// The runtime's resources that the view is made of.
#[derive(bevy::ecs::system::SystemParam)]
struct Sources<'w> {
    plant: Res<'w, PlantRes>,
    clocks: Res<'w, Clocks>,
    link: Res<'w, LinkRes>,
    intake: Res<'w, IntakeRes>,
    belief: Res<'w, BeliefRes>,
    trends: Res<'w, TrendsRes>,
    events: Res<'w, EventsRes>,
    fidelity: Res<'w, FidelityRes>,
    forecast: Res<'w, ForecastRes>,
    agents: Res<'w, AgentViews>,
    governance: Res<'w, GovernanceRes>,
    physics: Res<'w, PhysicsRes>,
    timings: Res<'w, Timings>,
}

fn project(s: Sources, outlet: Res<Outlet>, mut steps: ResMut<Steps>) {
    steps.0 += 1;
    if !steps.0.is_multiple_of(EVERY) {
        return;
    }
    let view = Arc::new(view_of(&s, steps.0));
    *outlet.0.lock().unwrap_or_else(PoisonError::into_inner) = view;
}

fn view_of(s: &Sources, steps: u64) -> LiveView {
    let now = s.clocks.now();
    let governance = &s.governance.shown;
    LiveView {
        now,
        rate: s.clocks.plant.rate(),
        monotonic: s.clocks.monotonic(),
        steps,
        link: link_view(s),
        intake: intake_view(s),
        assets: s.plant.plant.asset_ids().map(|id| asset_view(s, id)).collect(),
        tags: (0..s.plant.plant.tags.len() as u32).map(|i| tag_view(s, TagId(i), now)).collect(),
        trends: s.trends.0.clone(),
        fidelity: s.fidelity.view(),
        events: s.events.shown.clone(),
        forecast: s.forecast.view(),
        agents: s.agents.0.clone(),
        proposals: governance.proposals.clone(),
        audit: governance.audit.clone(),
        hold: governance.hold.clone(),
        identities: governance.identities.clone(),
        timings: s.timings.shown.clone(),
        packs: s.physics.world.packs().iter().map(|p| (p.position_m, p.rotation)).collect(),
        pack_half_m: s.physics.world.pack_half_m(),
    }
}

fn link_view(s: &Sources) -> LinkView {
    let c = &s.link.connection;
    let counters = c.counters();
    let (status, mut detail) = match c.status() {
        LinkStatus::Connecting => ("connecting", "first attempt under way".to_string()),
        LinkStatus::Online { since } => ("online", format!("for {:.0} s", s.clocks.monotonic().since_s(since))),
        LinkStatus::Down { reason, retry_in_s, .. } => ("down", format!("{reason}; next try in {retry_in_s:.1} s")),
        LinkStatus::Stopped => ("stopped", "closed".to_string()),
    };
    let can_command = match c.control() {
        ControlMode::Allowed => s.link.may_command,
        ControlMode::ReadOnly(why) => {
            detail = format!("{detail}; read-only: {why}");
            false
        }
    };
    LinkView {
        status: status.into(),
        detail,
        url: s.link.url.clone(),
        can_command,
        received: counters.received,
        dropped: counters.dropped,
        reconnects: counters.connects.saturating_sub(1),
    }
}

fn intake_view(s: &Sources) -> IntakeView {
    let c = s.intake.intake.counters();
    IntakeView { received: c.received, accepted: c.accepted, quarantined: c.quarantined, rejected: c.rejected, dropped: c.dropped, late: c.late }
}

fn value(e: Estimate) -> Value {
    Value { mean: e.mean, sd: e.sd() }
}

fn asset_view(s: &Sources, id: AssetId) -> AssetView {
    let b: &AssetBelief = s.belief.0.asset(id);
    let asset: &Asset = s.plant.plant.asset(id);
    let open = s.governance.shown.proposals.iter().filter(|p| p.awaits_signature && p.assets.contains(&id)).count();
    AssetView {
        id,
        mode: b.mode,
        mode_probability: b.mode_probability,
        service: b.service.map_or(f64::from(u8::from(b.mode == Mode::Running)), |e| e.mean),
        rate_per_h: b.rate.map(value),
        level: b.level.map(value),
        level_fraction: b.level.zip(asset.storage).filter(|(_, st)| st.capacity > 0.0).map(|(e, st)| (e.mean / st.capacity).clamp(0.0, 1.0)),
        temperature_c: b.temperature_c.map(value),
        data_age: b.data_age,
        observed: b.observed,
        stale: b.stale && b.observed,
        imputed: b.imputed,
        drift: b.drift,
        confidence: b.confidence,
        fidelity: s.fidelity.report.assets.get(id.index()).map_or_else(|| "unvalidated".into(), |f| f.evidence.name().into()),
        proposals: open as u32,
    }
}

fn tag_view(s: &Sources, id: TagId, now: Time) -> TagView {
    match s.intake.intake.health(id, now) {
        None => TagView { id, value: None, quality: 0, reason: "no such tag".into(), times: None, age: crate::time::Span::ZERO },
        Some(h) => TagView {
            id,
            value: h.last.map(|l| l.value),
            quality: h.quality.code,
            reason: if h.quality.code == GOOD { String::new() } else { h.quality.reason.text().into() },
            times: h.last.map(|l| [l.event, l.ingested, l.processed]),
            age: h.age,
        },
    }
}

fn empty_view() -> LiveView {
    LiveView {
        now: Time::ZERO,
        rate: 1.0,
        monotonic: crate::clock::Monotonic::default(),
        steps: 0,
        link: LinkView::default(),
        intake: IntakeView::default(),
        assets: Vec::new(),
        tags: Vec::new(),
        trends: Vec::new(),
        fidelity: FidelityView::default(),
        events: VecDeque::new(),
        forecast: super::ForecastView::default(),
        agents: Vec::new(),
        proposals: Vec::new(),
        audit: Vec::new(),
        hold: None,
        identities: Vec::new(),
        timings: Vec::new(),
        packs: Vec::new(),
        pack_half_m: [0.15, 0.12, 0.1],
    }
}
