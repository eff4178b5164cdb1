//! Material you can see and count: packs as rigid bodies on driven conveyors, a world as a value.
//!
//! The only module that names rapier. It owns no plant state: live, telemetry owns the counts and a body stands
//! for some items, reconciled to them ([`World::reconcile`]); a jam that physics foresees is a prediction.
//! Invariant: the same plant and the same calls give the same bits ([`World::hash`]), and a clone goes on as
//! its original would have.

mod belt;
mod world;

pub use belt::Drive;
pub use world::{PackPose, STEP_HZ, World, WorldError};
