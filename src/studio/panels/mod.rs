//! The panels, one folder each: `model` gathers a plain value and decides all formatting, `view` draws it and asks.
//!
//! Invariant: no panel uses another; a view sees its model, its own state and the pen, nothing of the twin.

pub mod agents;
pub mod approvals;
pub mod audit;
pub mod comparison;
pub mod events;
pub mod forecast;
pub mod health;
pub mod inspector;
pub mod outliner;
pub mod scenario;
pub mod timeline;
pub mod topbar;

use super::desk::Desk;
use crate::{
    plant::Plant,
    scenario::{Disruption, StartFrom, What},
    time::Span,
    twin::{LiveView, is_down},
};

/// What models are gathered from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The plant.
    pub plant: &'a Plant,
    /// The twin's projection.
    pub live: &'a LiveView,
    /// Selection, scrubber, draft.
    pub desk: &'a Desk,
}

impl Source<'_> {
    /// When a disruption of the draft strikes, from the start of the forecast. An outage that is already under way
    /// strikes at once, wherever the draft puts it: the twin begins such a forecast with the outage itself.
    pub fn strikes_at(&self, d: &Disruption) -> Span {
        if self.is_under_way(d) { Span::ZERO } else { d.at }
    }

    /// Whether a failure of the draft has already happened: at the start of the shown forecast, else now.
    pub fn is_under_way(&self, d: &Disruption) -> bool {
        let Some(draft) = &self.desk.draft else { return false };
        let What::AssetFails { asset, .. } = &d.what else { return false };
        let Some(id) = self.plant.asset_by_id(asset).filter(|_| draft.scenario().start.from == StartFrom::LiveNow) else { return false };
        if draft.answered && self.live.forecast.answer.is_some() {
            return self.live.forecast.under_way.contains(&id);
        }
        self.live.assets.get(id.index()).is_some_and(|v| is_down(v.mode))
    }
}

/// The private states of the panels: filters, fields being typed into. Never domain state.
#[derive(Debug, Default)]
pub struct PanelStates {
    /// Of the top bar.
    pub topbar: topbar::State,
    /// Of the outliner.
    pub outliner: outliner::State,
    /// Of data health.
    pub health: health::State,
    /// Of the events.
    pub events: events::State,
    /// Of the scenario editor.
    pub scenario: scenario::State,
    /// Of the forecast.
    pub forecast: forecast::State,
    /// Of the approvals.
    pub approvals: approvals::State,
}
