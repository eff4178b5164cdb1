//! Samples to belief, and what changed of it as events.
//!
//! Owns the estimator, the belief, the trends and the runtime's event list.

use super::{
    EventView, Severity, Trend, TwinSystems,
    compose::{PlantRes, StoreRes},
    ingest::IntakeRes,
    runtime::Clocks,
};
use crate::{
    estimate::{Belief, Estimator},
    history,
    plant::{AssetId, Plant},
    sim::Mode,
    time::{Span, Time},
};
use bevy::prelude::*;
use std::collections::VecDeque;

/// Points kept per trend.
const TREND_POINTS: usize = 1_800;
/// Events kept in memory; all of them are in the store.
const EVENTS: usize = 500;

/// The estimator.
#[derive(Resource)]
pub struct EstimatorRes(pub Estimator);

/// The newest belief.
#[derive(Resource)]
pub struct BeliefRes(pub Belief);

/// Recent samples of every tag, in the plant's order.
#[derive(Resource)]
pub struct TrendsRes(pub Vec<Trend>);

/// The event list; everything that wants to be seen is pushed here and goes to the store.
#[derive(Resource, Default)]
pub struct EventsRes {
    /// Newest last.
    pub shown: VecDeque<EventView>,
    unsaved: Vec<history::Event>,
}

impl EventsRes {
    /// Adds one line.
    pub fn push(&mut self, plant: &Plant, event: EventView) {
        self.unsaved.push(history::Event {
            seq: 0,
            at: event.at,
            severity: match event.severity {
                Severity::Info => history::Severity::Info,
                Severity::Warning => history::Severity::Warning,
                Severity::Alarm => history::Severity::Alarm,
            },
            asset: event.asset.map(|a| plant.asset(a).id.clone()),
            text: event.text.clone(),
            trace: event.trace.clone(),
        });
        self.shown.push_back(event);
        while self.shown.len() > EVENTS {
            self.shown.pop_front();
        }
    }
}

/// Staleness is news when it lasts this long; a late sample is not [plant time].
const SILENT: Span = Span(60_000_000);
/// And this long by the wall clock: in an accelerated warm-up a minute of plant time is a second, and a hiccup no news [s].
const SILENT_WALL_S: f64 = 3.0;

/// The last mode and silence that were announced per asset.
#[derive(Resource)]
struct Announced(Vec<(Mode, bool)>);

pub(super) fn plugin(app: &mut App) {
    let plant = app.world().resource::<PlantRes>().plant.clone();
    let now = app.world().resource::<Clocks>().now();
    let estimator = Estimator::new(plant.clone(), now);
    let belief = estimator.belief();
    app.insert_resource(Announced(belief.assets.iter().map(|b| (b.mode, false)).collect()));
    app.insert_resource(EstimatorRes(estimator));
    app.insert_resource(BeliefRes(belief));
    app.insert_resource(TrendsRes(vec![Trend::default(); plant.tags.len()]));
    app.init_resource::<EventsRes>();
    app.add_systems(FixedUpdate, (update, announce).chain().in_set(TwinSystems::Estimate));
    app.add_systems(FixedUpdate, save_events.in_set(TwinSystems::Record));
}

fn update(
    mut estimator: ResMut<EstimatorRes>,
    mut belief: ResMut<BeliefRes>,
    mut trends: ResMut<TrendsRes>,
    intake: Res<IntakeRes>,
    clocks: Res<Clocks>,
) {
    for sample in &intake.accepted {
        estimator.0.update(sample);
        push_point(&mut trends.0[sample.tag.index()], sample.event, sample.value);
    }
    estimator.0.predict_to(clocks.now());
    belief.0 = estimator.0.belief();
}

/// Keeps a trend in event-time order and bounded; a late point is left out of the picture (it is in the store).
fn push_point(trend: &mut Trend, at: Time, value: f64) {
    if trend.points.back().is_none_or(|last| last.0 < at.s()) {
        trend.points.push_back((at.s(), value));
    }
    while trend.points.len() > TREND_POINTS {
        trend.points.pop_front();
    }
}

/// Turns changes of the belief into events: modes, staleness.
fn announce(mut events: ResMut<EventsRes>, mut announced: ResMut<Announced>, belief: Res<BeliefRes>, plant: Res<PlantRes>, clocks: Res<Clocks>) {
    let silent_after = SILENT.max(Span::from_s(SILENT_WALL_S * clocks.plant.rate()));
    for (i, b) in belief.0.assets.iter().enumerate() {
        let (mode, was_silent) = announced.0[i];
        let silent = b.stale && b.data_age >= silent_after;
        let changed = silent != was_silent && (silent || !b.stale);
        if !b.observed || (b.mode == mode && !changed) {
            continue;
        }
        let asset = AssetId(i as u32);
        if changed {
            let text = if silent { format!("no data for {:.0} s", b.data_age.s()) } else { "data again".to_string() };
            let severity = if silent { Severity::Warning } else { Severity::Info };
            events.push(&plant.plant, EventView { at: belief.0.at, severity, asset: Some(asset), text, trace: None });
        }
        // a guess below even odds is not news
        if b.mode != mode && b.mode_probability > 0.5 {
            let text = format!("{} → {} (p {:.2})", mode.name(), b.mode.name(), b.mode_probability);
            events.push(&plant.plant, EventView { at: belief.0.at, severity: severity_of(b.mode), asset: Some(asset), text, trace: None });
            announced.0[i].0 = b.mode;
        }
        if changed {
            announced.0[i].1 = silent;
        }
    }
}

/// Alarm for what needs a response, warning for consequences, info for the rest.
fn severity_of(mode: Mode) -> Severity {
    match mode {
        Mode::Failed | Mode::Tripped => Severity::Alarm,
        Mode::InRepair | Mode::Short | Mode::Inhibited | Mode::Starved | Mode::Blocked => Severity::Warning,
        Mode::Running | Mode::Idle | Mode::Standby | Mode::Starting | Mode::Off | Mode::Maintenance => Severity::Info,
    }
}

fn save_events(mut events: ResMut<EventsRes>, store: Res<StoreRes>) {
    if events.unsaved.is_empty() {
        return;
    }
    let batch = std::mem::take(&mut events.unsaved);
    if let Err(e) = store.0.add_events(&batch) {
        tracing::warn!(error = %e, lost = batch.len(), "events could not be stored; they stay on screen only");
    }
}
