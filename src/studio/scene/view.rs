//! What the picture shows, as plain data: one [`AssetLook`] per asset plus what lies over the plant.
//!
//! The live window and the headless renderer fill the same struct, so that they draw the same picture. It owns
//! no domain state, knows no ECS and decides nothing about meaning; every number is a copy.

use crate::{
    plant::{AssetId, Plant},
    sim::Mode,
    time::Span,
};

/// What an asset does, as far as the picture tells states apart (`sim::Mode` without its numbers).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub enum Status {
    /// Nothing tells of it.
    #[default]
    Unknown,
    /// Works.
    Running,
    /// Could work, nothing asks for it.
    Idle,
    /// Waits for input.
    Starved,
    /// Waits for room downstream.
    Blocked,
    /// Ready to take over.
    Standby,
    /// On its way to full service.
    Starting,
    /// Commanded off.
    Off,
    /// Stopped by its protection.
    Tripped,
    /// Failed, waits for a crew.
    Failed,
    /// A crew is at work.
    InRepair,
    /// Stopped because a need is short.
    Short,
    /// Held by an interlock.
    Inhibited,
    /// Out of service for planned maintenance.
    Maintenance,
}

impl Status {
    /// The word on the label; empty where the calm picture needs none.
    pub fn word(self) -> &'static str {
        match self {
            Status::Unknown => "not observed",
            Status::Running => "",
            Status::Idle => "idle",
            Status::Starved => "starved",
            Status::Blocked => "blocked",
            Status::Standby => "standby",
            Status::Starting => "starting",
            Status::Off => "off",
            Status::Tripped => "TRIPPED",
            Status::Failed => "FAILED",
            Status::InRepair => "in repair",
            Status::Short => "SHORT",
            Status::Inhibited => "inhibited",
            Status::Maintenance => "maintenance",
        }
    }

    /// Whether an operator must see it.
    pub fn is_abnormal(self) -> bool {
        match self {
            Status::Tripped | Status::Failed | Status::InRepair | Status::Short => true,
            Status::Starved | Status::Blocked | Status::Inhibited => true,
            Status::Unknown | Status::Running | Status::Idle | Status::Standby | Status::Starting | Status::Off | Status::Maintenance => false,
        }
    }
}

impl From<Mode> for Status {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Running => Status::Running,
            Mode::Idle => Status::Idle,
            Mode::Starved => Status::Starved,
            Mode::Blocked => Status::Blocked,
            Mode::Standby => Status::Standby,
            Mode::Starting => Status::Starting,
            Mode::Off => Status::Off,
            Mode::Tripped => Status::Tripped,
            Mode::Failed => Status::Failed,
            Mode::InRepair => Status::InRepair,
            Mode::Short => Status::Short,
            Mode::Inhibited => Status::Inhibited,
            Mode::Maintenance => Status::Maintenance,
        }
    }
}

/// A sign beside the state of an asset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Badge {
    /// Nothing.
    #[default]
    None,
    /// An unacknowledged alarm.
    Alarm,
    /// A proposal touches it and waits for a decision.
    Proposal,
}

/// One asset in the picture.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AssetLook {
    /// State: decides marker, tint and word.
    pub status: Status,
    /// Service 0..1.
    pub service: f32,
    /// Its data are older than the contract allows: drawn translucent.
    pub stale: bool,
    /// Carried on by the model without data.
    pub imputed: bool,
    /// Predicted probability of impact 0..1; `None`: no prediction is shown for it.
    pub probability: Option<f32>,
    /// Median time to impact, from the start of the forecast.
    pub time_to_impact: Option<Span>,
    /// The disruption strikes here.
    pub origin: bool,
    /// Selected by the user.
    pub selected: bool,
    /// Under the pointer.
    pub hovered: bool,
    /// Sign beside it.
    pub badge: Badge,
    /// Level as a fraction of capacity, 0..1.
    pub level: Option<f32>,
    /// Temperature [°C].
    pub temperature_c: Option<f32>,
    /// Belt speed of a conveyor [m/s].
    pub belt_m_per_s: f32,
}

impl AssetLook {
    /// Whether the picture of both is the same: numbers that are only written in labels do not count.
    pub fn looks_like(&self, other: &AssetLook) -> bool {
        let parts = |a: &AssetLook| (a.status, a.stale, a.imputed, a.probability, a.origin, a.selected, a.hovered, a.badge);
        let near = |a: Option<f32>, b: Option<f32>| a.is_some() == b.is_some() && (a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 0.01;
        parts(self) == parts(other) && near(self.level, other.level)
    }
}

/// An edge of the cause graph, drawn as an arc.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CauseArc {
    /// Cause.
    pub from: AssetId,
    /// Effect.
    pub to: AssetId,
    /// Probability 0..1.
    pub probability: f32,
}

/// One pack on a conveyor, from `physics`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PackLook {
    /// Centre [m].
    pub position_m: [f32; 3],
    /// Rotation, quaternion xyzw.
    pub rotation: [f32; 4],
}

/// The whole picture at one instant.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PlantView {
    /// One per plant asset, same order.
    pub assets: Vec<AssetLook>,
    /// Cause edges to draw; empty in live pictures.
    pub causes: Vec<CauseArc>,
    /// Packs on conveyors.
    pub packs: Vec<PackLook>,
    /// Half extents of a pack [m].
    pub pack_half_m: [f32; 3],
    /// Whether the probability colours and their legend are shown.
    pub heat: bool,
}

impl PlantView {
    /// Everything running, nothing predicted.
    pub fn nominal(plant: &Plant) -> Self {
        let look = AssetLook { status: Status::Running, service: 1.0, ..AssetLook::default() };
        PlantView { assets: vec![look; plant.assets.len()], pack_half_m: [0.15, 0.12, 0.12], ..PlantView::default() }
    }

    /// The look of an asset; the default one when the view is shorter than the plant.
    pub fn look(&self, id: AssetId) -> AssetLook {
        self.assets.get(id.index()).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abnormal_states_have_a_word() {
        for s in [Status::Failed, Status::Tripped, Status::Short, Status::Starved, Status::Blocked, Status::InRepair, Status::Inhibited] {
            assert!(s.is_abnormal() && !s.word().is_empty(), "{s:?}");
        }
        assert!(Status::Running.word().is_empty() && !Status::Running.is_abnormal());
    }
}
