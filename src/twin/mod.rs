//! The live runtime as Bevy plugins: sense → reason → simulate → act, the same in the window, `serve`, `demo` and tests.
//!
//! Each core value has one home resource and one writer plugin here; `LiveView` is their one-way projection.
//! The runtime is its own Bevy application on its own thread ([`start`]), so that no frame of the window can
//! delay it: the studio holds a [`bridge::BridgePlugin`] that copies the newest view in and commands out.
//! Invariant: `FixedUpdate` runs the sets of [`TwinSystems`] in their order, once per step.

mod act;
pub mod bridge;
mod command;
mod compose;
mod decide;
mod estimate;
mod govern;
mod governance_thread;
mod governance_views;
mod ingest;
mod jobs;
mod physics;
mod predict;
mod project;
mod propose;
mod record;
mod runtime;
mod view;

pub use command::{Secret, TwinCommand};
pub use compose::{ComposeError, TwinConfig};
pub use predict::is_down;
pub use runtime::{Pace, TwinHandle, start};
pub use view::{
    AgentView, AssetView, AuditView, AvoidedLoss, EventView, FidelityView, ForecastView, GateCheckView, IntakeView, LinkView, LiveView, ProposalView,
    Severity, TagView, Trend, Value,
};

use bevy::{app::PluginGroupBuilder, prelude::*};

/// The stages of one step, in their order. Each leaves its duration in `LiveView::timings` and a trace span.
#[derive(SystemSet, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TwinSystems {
    /// Messages to samples under their contracts.
    Ingest,
    /// Samples to belief.
    Estimate,
    /// The rapier world, one fixed step at a time.
    Physics,
    /// Fidelity predictions, forecast jobs.
    Predict,
    /// Agents: state, advice.
    Decide,
    /// Commands from people, proposals, gate answers to the governance thread.
    Govern,
    /// What governance did since the last step (it commits before it sends).
    Act,
    /// Telemetry to the historian.
    Record,
    /// The projection.
    Project,
}

impl TwinSystems {
    /// All, in order.
    pub const CHAIN: [TwinSystems; 9] =
        [Self::Ingest, Self::Estimate, Self::Physics, Self::Predict, Self::Decide, Self::Govern, Self::Act, Self::Record, Self::Project];
}

/// The runtime's plugins.
#[derive(Debug)]
pub struct TwinPlugins;

impl PluginGroup for TwinPlugins {
    fn build(self) -> PluginGroupBuilder {
        PluginGroupBuilder::start::<Self>()
            .add(chain_plugin)
            .add(ingest::plugin)
            .add(estimate::plugin)
            .add(physics::plugin)
            .add(predict::plugin)
            .add(decide::plugin)
            .add(govern::plugin)
            .add(act::plugin)
            .add(record::plugin)
            .add(project::plugin)
    }
}

/// Orders the sets and times them.
fn chain_plugin(app: &mut App) {
    app.add_message::<TwinCommand>();
    app.init_resource::<runtime::Timings>();
    for pair in TwinSystems::CHAIN.windows(2) {
        app.configure_sets(FixedUpdate, pair[0].before(pair[1]));
    }
    app.add_systems(FixedUpdate, (runtime::mark_start, runtime::deliver).chain().before(TwinSystems::Ingest));
    for set in TwinSystems::CHAIN {
        let mark = move |mut timings: ResMut<runtime::Timings>, clock: Res<runtime::Clocks>| timings.mark(set, &clock);
        // after its own set, before the next one
        let place = mark.after(set);
        match TwinSystems::CHAIN.iter().position(|s| *s == set).and_then(|i| TwinSystems::CHAIN.get(i + 1)) {
            Some(next) => app.add_systems(FixedUpdate, place.before(*next)),
            None => app.add_systems(FixedUpdate, place),
        };
    }
}
