//! The rigid-body world of a plant: fixed boxes, belts with rails, packs; stepped at a fixed 60 Hz.
//!
//! A value: clone it to fork it, hash it to compare it, serialise it to keep it. It does not know live data: the
//! caller sets each conveyor's [`Drive`] and reconciles counts. Bounded: at most [`MAX_PACKS`] bodies in all.

use super::belt::{Belt, BeltHooks, Drive, Pack, items_per_pack};
use crate::plant::{Asset, AssetId, Plant, Shape};
use rapier3d::prelude as rp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Steps per second.
pub const STEP_HZ: f64 = 60.0;
/// Bodies in all.
const MAX_PACKS: usize = 250;
/// Height of the guide rails above the belt, in pack heights.
const RAIL: f32 = 0.6;
/// Gap between standing packs when a full belt is laid out, in pack lengths.
const PITCH: f32 = 1.04;

/// Why a world cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The text is not a saved world of this version.
    #[error("the saved physics world cannot be read ({0}); build a new one from the plant")]
    Form(#[from] serde_json::Error),
}

/// Where one pack is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PackPose {
    /// Conveyor it lies on.
    pub conveyor: AssetId,
    /// Centre [m].
    pub position_m: [f32; 3],
    /// Rotation, quaternion xyzw.
    pub rotation: [f32; 4],
    /// Items it stands for.
    pub items: u64,
}

/// The world as a value. Not comparable by `==` (solver caches differ in memory); compare [`World::hash`].
#[derive(Serialize, Deserialize)]
pub struct World {
    rigid: rp::PhysicsWorld,
    belts: Vec<Belt>,
    pack_half: [f32; 3],
    steps: u64,
}

impl Clone for World {
    /// Clones every set; the pipelines are scratch memory and start empty.
    fn clone(&self) -> Self {
        let r = &self.rigid;
        let rigid = rp::PhysicsWorld {
            gravity: r.gravity,
            integration_parameters: r.integration_parameters,
            islands: r.islands.clone(),
            broad_phase: r.broad_phase.clone(),
            narrow_phase: r.narrow_phase.clone(),
            bodies: r.bodies.clone(),
            colliders: r.colliders.clone(),
            impulse_joints: r.impulse_joints.clone(),
            multibody_joints: r.multibody_joints.clone(),
            soft_bodies: r.soft_bodies.clone(),
            ..rp::PhysicsWorld::default()
        };
        World { rigid, belts: self.belts.clone(), pack_half: self.pack_half, steps: self.steps }
    }
}

impl World {
    /// Fixed boxes for assets, belts with rails and an end stop for conveyors; empty belts, standing still.
    pub fn from_plant(plant: &Plant) -> Self {
        let mut rigid = rp::PhysicsWorld::default();
        rigid.integration_parameters.dt = (1.0 / STEP_HZ) as f32;
        let conveyors: Vec<AssetId> = plant.asset_ids().filter(|&a| plant.asset(a).body.shape == Shape::Conveyor).collect();
        let width = conveyors.iter().map(|&a| plant.asset(a).body.size_m[2]).fold(0.6, f64::min) as f32;
        let pack_half = [width * 0.36, width * 0.24, width * 0.28];
        let total_length: f64 = conveyors.iter().map(|&a| plant.asset(a).body.size_m[0]).sum();
        let mut world = World { rigid, belts: Vec::new(), pack_half, steps: 0 };
        for id in plant.asset_ids() {
            let asset = plant.asset(id);
            if asset.body.shape == Shape::Conveyor {
                let share = MAX_PACKS as f64 * asset.body.size_m[0] / total_length.max(1e-6);
                world.add_belt(id, asset, share as usize);
            } else {
                world.add_asset(asset);
            }
        }
        world
    }

    /// A box that nothing passes. Belts pass through machines, so machines do not collide with packs: only obstacles to vehicles.
    fn add_asset(&mut self, asset: &Asset) {
        let [x, y, z] = asset.body.size_m.map(|v| (v / 2.0).max(0.01) as f32);
        let p = asset.pose.position_m.map(|v| v as f32);
        let body = rp::RigidBodyBuilder::fixed().translation(rp::Vector::new(p[0], p[1] + y, p[2])).rotation(rp::Vector::new(
            0.0,
            asset.pose.yaw_deg.to_radians() as f32,
            0.0,
        ));
        let groups = rp::InteractionGroups::new(rp::Group::GROUP_2, !rp::Group::GROUP_1, rp::InteractionTestMode::And);
        self.rigid.insert(body, rp::ColliderBuilder::cuboid(x, y, z).collision_groups(groups));
    }

    /// The belt, a rail on either side, and a stop at the downstream end.
    fn add_belt(&mut self, id: AssetId, asset: &Asset, share: usize) {
        let [length, height, width] = asset.body.size_m.map(|v| v as f32);
        let p = asset.pose.position_m.map(|v| v as f32);
        let yaw = asset.pose.yaw_deg.to_radians();
        let along = [libm::cos(yaw) as f32, 0.0, -libm::sin(yaw) as f32];
        let across = [-along[2], along[0]];
        let (yaw, top) = (yaw as f32, [p[0], p[1] + height, p[2]]);
        let at = |s: f32, up: f32, side: f32| {
            rp::RigidBodyBuilder::fixed()
                .translation(rp::Vector::new(top[0] + along[0] * s + across[0] * side, top[1] + up, top[2] + along[2] * s + across[1] * side))
                .rotation(rp::Vector::new(0.0, yaw, 0.0))
        };
        let belt = rp::ColliderBuilder::cuboid(length / 2.0, 0.05, width / 2.0).friction(1.0).active_hooks(rp::ActiveHooks::MODIFY_SOLVER_CONTACTS);
        let collider = self.rigid.insert(at(0.0, -0.05, 0.0), belt).1;
        let rail_half = self.pack_half[1] * RAIL;
        let smooth = |c: rp::ColliderBuilder| c.friction(0.0).friction_combine_rule(rp::CoefficientCombineRule::Min);
        let lane = self.pack_half[2] * 1.08;
        for side in [-1.0, 1.0] {
            let rail = smooth(rp::ColliderBuilder::cuboid(length / 2.0, rail_half, 0.02));
            self.rigid.insert(at(0.0, rail_half, side * (lane + 0.02)), rail);
        }
        let stop = smooth(rp::ColliderBuilder::cuboid(0.02, rail_half * 2.0, width / 2.0));
        self.rigid.insert(at(length / 2.0 + 0.02, rail_half * 2.0, 0.0), stop);
        let room = ((length / (2.0 * self.pack_half[0] * PITCH)) as usize).clamp(1, share.max(1));
        self.belts.push(Belt {
            asset: id,
            collider,
            top,
            along,
            yaw,
            length,
            items_per_pack: items_per_pack(asset, room),
            max_packs: room,
            drive: Drive::default(),
            waiting: 0.0,
            packs: Vec::new(),
            fed: 0,
            taken: 0,
        });
    }

    fn belt(&self, asset: AssetId) -> Option<&Belt> {
        self.belts.iter().find(|b| b.asset == asset)
    }

    /// Drives a conveyor from now on; ignored for other assets. Sleeping packs wake when the speed changes.
    pub fn set_drive(&mut self, asset: AssetId, drive: Drive) {
        let Some(belt) = self.belts.iter_mut().find(|b| b.asset == asset) else { return };
        let clean = |v: f64| if v.is_finite() { v } else { 0.0 };
        let drive = Drive { belt_m_per_s: clean(drive.belt_m_per_s), feed_items_per_h: clean(drive.feed_items_per_h).max(0.0), ..drive };
        if belt.drive.belt_m_per_s != drive.belt_m_per_s || belt.drive.take != drive.take {
            for pack in &belt.packs {
                self.rigid.wake_up(pack.body, true);
            }
        }
        belt.drive = drive;
    }

    /// Changes only the belt's speed [m/s].
    pub fn set_belt_speed(&mut self, asset: AssetId, m_per_s: f64) {
        if let Some(drive) = self.belt(asset).map(|b| b.drive) {
            self.set_drive(asset, Drive { belt_m_per_s: m_per_s, ..drive });
        }
    }

    /// How a conveyor is driven.
    pub fn drive(&self, asset: AssetId) -> Option<Drive> {
        self.belt(asset).map(|b| b.drive)
    }

    /// Advances 1/60 s: feed, push and collide, take.
    pub fn step(&mut self) {
        for k in 0..self.belts.len() {
            self.feed(k);
        }
        let surfaces: Vec<_> = self.belts.iter().map(|b| (b.collider, b.surface())).collect();
        self.rigid.step_with_events(&BeltHooks { belts: &surfaces }, &());
        for k in 0..self.belts.len() {
            self.take(k);
        }
        self.steps += 1;
    }

    /// What has arrived becomes bodies at the upstream end while there is room.
    fn feed(&mut self, k: usize) {
        let half = self.pack_half[0];
        let belt = &mut self.belts[k];
        belt.waiting += belt.drive.feed_items_per_h / 3600.0 / STEP_HZ;
        let items = belt.items_per_pack;
        let entry = half * 1.2;
        let clear = belt.packs.first().is_none_or(|p| belt.along_of(self.rigid.bodies[p.body].translation()) > entry + half * 2.0 * PITCH);
        if belt.waiting < items as f64 || !clear || belt.packs.len() >= belt.max_packs {
            return;
        }
        belt.waiting -= items as f64;
        belt.fed += items;
        let speed = belt.surface();
        self.put(k, entry, items, speed, 0);
    }

    /// A body at a distance from the upstream end, as the `index`-th pack.
    fn put(&mut self, k: usize, s: f32, items: u64, velocity: rp::Vector, index: usize) {
        let [x, y, z] = self.pack_half;
        let belt = &mut self.belts[k];
        let body = rp::RigidBodyBuilder::dynamic()
            .translation(belt.point(s, y + 0.002))
            .rotation(rp::Vector::new(0.0, belt.yaw, 0.0))
            .linvel(velocity)
            .enabled_rotations(false, true, false);
        let groups = rp::InteractionGroups::new(rp::Group::GROUP_1, !rp::Group::GROUP_2, rp::InteractionTestMode::And);
        let shape = rp::ColliderBuilder::cuboid(x, y, z).density(200.0).friction(0.6).collision_groups(groups);
        let body = self.rigid.insert(body, shape).0;
        belt.packs.insert(index, Pack { body, items });
    }

    /// What has reached the downstream end leaves while the machine there takes.
    fn take(&mut self, k: usize) {
        let (half, belt) = (self.pack_half[0], &mut self.belts[k]);
        let end = belt.length - half * 1.25;
        while belt.drive.take && belt.drive.belt_m_per_s > 0.0 {
            let Some(&last) = belt.packs.last() else { return };
            if belt.along_of(self.rigid.bodies[last.body].translation()) < end {
                return;
            }
            belt.packs.pop();
            belt.taken += last.items;
            self.rigid.remove_body(last.body);
        }
    }

    /// Makes the bodies stand for this many items, as telemetry counts them: packs leave downstream first, or are laid into
    /// free places from the downstream end. Returns the items then on the belt (a multiple of the pack, within half a pack
    /// of `items` unless the belt is full).
    pub fn reconcile(&mut self, asset: AssetId, items: u64) -> u64 {
        let Some(k) = self.belts.iter().position(|b| b.asset == asset) else { return 0 };
        let per = self.belts[k].items_per_pack;
        let want = (((items + per / 2) / per) as usize).min(self.belts[k].max_packs);
        while self.belts[k].packs.len() > want {
            let Some(last) = self.belts[k].packs.pop() else { break };
            self.belts[k].taken += last.items;
            self.rigid.remove_body(last.body);
        }
        for s in self.free_places(k, want) {
            let index = self.belts[k].packs.iter().take_while(|p| self.belts[k].along_of(self.rigid.bodies[p.body].translation()) < s).count();
            self.belts[k].fed += per;
            let speed = self.belts[k].surface();
            self.put(k, s, per, speed, index);
        }
        self.belts[k].on_belt()
    }

    /// Distances at which bodies are missing, downstream first when the belt stands, evenly spread when it runs.
    fn free_places(&self, k: usize, want: usize) -> Vec<f32> {
        let belt = &self.belts[k];
        let missing = want.saturating_sub(belt.packs.len());
        let pitch = self.pack_half[0] * 2.0 * PITCH;
        let usable = belt.length - pitch;
        let spread = if belt.drive.take && belt.packs.is_empty() { (usable / want.max(1) as f32).max(pitch) } else { pitch };
        let mut taken: Vec<f32> = belt.packs.iter().map(|p| belt.along_of(self.rigid.bodies[p.body].translation())).collect();
        let mut found = Vec::new();
        let mut s = belt.length - pitch * 0.6;
        while found.len() < missing && s > pitch * 0.5 {
            match taken.iter().copied().filter(|t| (t - s).abs() < pitch).reduce(f32::min) {
                Some(t) => s = t - pitch * 1.001,
                None => {
                    found.push(s);
                    taken.push(s);
                    s -= spread;
                }
            }
        }
        found
    }

    /// Every pack, by conveyor and from upstream.
    pub fn packs(&self) -> Vec<PackPose> {
        let pose = |belt: &Belt, p: &Pack| {
            let body = &self.rigid.bodies[p.body];
            PackPose { conveyor: belt.asset, position_m: body.translation().to_array(), rotation: body.rotation().to_array(), items: p.items }
        };
        self.belts.iter().flat_map(|b| b.packs.iter().map(move |p| pose(b, p))).collect()
    }

    /// Half extents of a pack along its own x, y, z [m].
    pub fn pack_half_m(&self) -> [f32; 3] {
        self.pack_half
    }

    /// Items on a conveyor.
    pub fn items_on(&self, asset: AssetId) -> u64 {
        self.belt(asset).map_or(0, Belt::on_belt)
    }

    /// Items that have entered and left a conveyor since the start.
    pub fn fed_and_taken(&self, asset: AssetId) -> (u64, u64) {
        self.belt(asset).map_or((0, 0), |b| (b.fed, b.taken))
    }

    /// Items that have arrived and find no room, or do not fill a body yet.
    pub fn waiting(&self, asset: AssetId) -> f64 {
        self.belt(asset).map_or(0.0, |b| b.waiting)
    }

    /// Items that one body of this conveyor stands for.
    pub fn items_per_pack(&self, asset: AssetId) -> u64 {
        self.belt(asset).map_or(1, |b| b.items_per_pack)
    }

    /// Conveyors of the world.
    pub fn conveyors(&self) -> impl Iterator<Item = AssetId> + '_ {
        self.belts.iter().map(|b| b.asset)
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// SHA-256 over every bit that the future depends on: poses and velocities, drives, books.
    pub fn hash(&self) -> [u8; 32] {
        let mut h = Sha256::new();
        h.update(self.steps.to_le_bytes());
        for belt in &self.belts {
            for v in [belt.drive.belt_m_per_s, belt.drive.feed_items_per_h, belt.waiting] {
                h.update(v.to_bits().to_le_bytes());
            }
            for v in [belt.fed, belt.taken, u64::from(belt.drive.take), belt.packs.len() as u64] {
                h.update(v.to_le_bytes());
            }
            for pack in &belt.packs {
                let b = &self.rigid.bodies[pack.body];
                let motion = [b.translation().to_array(), b.linvel().to_array(), b.angvel().to_array()].concat();
                for v in motion.into_iter().chain(b.rotation().to_array()) {
                    h.update(v.to_bits().to_le_bytes());
                }
            }
        }
        h.finalize().into()
    }

    /// The whole world as text.
    ///
    /// # Errors
    /// [`WorldError::Form`] when a number cannot be written.
    pub fn to_text(&self) -> Result<String, WorldError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads back what [`World::to_text`] wrote.
    ///
    /// # Errors
    /// [`WorldError::Form`] when the text is something else.
    pub fn from_text(text: &str) -> Result<Self, WorldError> {
        Ok(serde_json::from_str(text)?)
    }
}

#[cfg(test)]
mod tests;
