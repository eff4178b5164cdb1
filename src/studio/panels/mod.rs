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
use crate::{plant::Plant, twin::LiveView};

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
