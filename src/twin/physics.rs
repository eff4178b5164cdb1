//! Steps the rapier world with the line's believed speeds and publishes the packs' poses.
//!
//! Owns the physics world. Telemetry owns the counts: belts follow the believed rates and levels, never the
//! other way round; bodies are reconciled to the believed count. Steps at a fixed 60 Hz of real time (what people
//! watch), whatever the plant clock's rate; a replay of the same views gives the same world.

use super::{TwinSystems, compose::PlantRes, estimate::BeliefRes, runtime::Clocks};
use crate::{
    physics::{Drive, World},
    plant::{AssetId, Plant, Shape},
};
use bevy::prelude::*;

const STEP_S: f64 = 1.0 / 60.0;
/// Belt speed at nominal rate when the scene gives no other hint [m/s]: a common pack conveyor.
const NOMINAL_BELT_M_PER_S: f64 = 0.5;
/// Bodies are reconciled to the believed count this often [real s].
const RECONCILE_EVERY_S: f64 = 1.0;

/// The rapier world and what drives each conveyor.
#[derive(Resource)]
pub struct PhysicsRes {
    /// The value.
    pub world: World,
    carry_s: f64,
    since_reconcile_s: f64,
    lines: Vec<Line>,
}

/// A conveyor with its neighbours along the line.
struct Line {
    conveyor: AssetId,
    upstream: Option<AssetId>,
    downstream: Option<AssetId>,
}

pub(super) fn plugin(app: &mut App) {
    let plant = app.world().resource::<PlantRes>().plant.clone();
    app.insert_resource(PhysicsRes { world: World::from_plant(&plant), carry_s: 0.0, since_reconcile_s: RECONCILE_EVERY_S, lines: lines(&plant) });
    app.add_systems(FixedUpdate, step.in_set(TwinSystems::Physics));
}

fn lines(plant: &Plant) -> Vec<Line> {
    let is_belt = |a: &AssetId| plant.asset(*a).body.shape == Shape::Conveyor;
    plant
        .asset_ids()
        .filter(is_belt)
        .map(|c| Line {
            conveyor: c,
            upstream: plant.links.iter().find(|l| l.to == c).map(|l| l.from),
            downstream: plant.links.iter().find(|l| l.from == c).map(|l| l.to),
        })
        .collect()
}

fn step(mut physics: ResMut<PhysicsRes>, belief: Res<BeliefRes>, plant: Res<PlantRes>, clocks: Res<Clocks>) {
    let physics = &mut *physics;
    for line in &physics.lines {
        physics.world.set_drive(line.conveyor, drive(line, &belief, &plant.plant));
    }
    physics.since_reconcile_s += clocks.step_s;
    if physics.since_reconcile_s >= RECONCILE_EVERY_S {
        physics.since_reconcile_s = 0.0;
        for line in &physics.lines {
            if let Some(level) = belief.0.asset(line.conveyor).level {
                physics.world.reconcile(line.conveyor, level.mean.max(0.0) as u64);
            }
        }
    }
    physics.carry_s += clocks.step_s;
    while physics.carry_s >= STEP_S {
        physics.carry_s -= STEP_S;
        physics.world.step();
    }
}

/// How a conveyor runs, from what is believed of its neighbours.
fn drive(line: &Line, belief: &BeliefRes, plant: &Plant) -> Drive {
    let relative_rate = |a: Option<AssetId>| {
        let a = a?;
        let nominal = plant.asset(a).process.as_ref()?.rate_per_h;
        Some((belief.0.asset(a).rate?.mean / nominal).clamp(0.0, 1.2))
    };
    let up = relative_rate(line.upstream);
    let down = relative_rate(line.downstream);
    let running = belief.0.asset(line.conveyor).service.map_or(1.0, |s| s.mean.clamp(0.0, 1.0));
    // the belt runs while either neighbour moves product; packs accumulate when only the upstream does
    let pace = up.unwrap_or(0.0).max(down.unwrap_or(0.0)) * running;
    let feed = up.unwrap_or(0.0) * line.upstream.and_then(|a| plant.asset(a).process.as_ref()).map_or(0.0, |p| p.rate_per_h);
    Drive { belt_m_per_s: NOMINAL_BELT_M_PER_S * pace, feed_items_per_h: feed, take: down.unwrap_or(0.0) > 0.02 }
}
