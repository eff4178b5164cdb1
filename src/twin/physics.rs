//! Steps the rapier world with the line's live speeds and publishes the packs' poses.
//!
//! Owns the physics world; telemetry owns the counts: belts follow the believed rates, never the other way round.

use super::{TwinSystems, estimate::BeliefRes, runtime::Clocks};
use crate::{physics::World, plant::Plant};
use bevy::prelude::*;
use std::sync::Arc;

/// The rapier world.
#[derive(Resource)]
pub struct PhysicsRes {
    /// The value.
    pub world: World,
    carry_s: f64,
}

pub(super) fn plugin(app: &mut App) {
    let plant = app.world().resource::<super::compose::PlantRes>().plant.clone();
    app.insert_resource(PhysicsRes { world: World::from_plant(&plant), carry_s: 0.0 });
    app.add_systems(FixedUpdate, step.in_set(TwinSystems::Physics));
}
