//! One conveyor: its frame, its drive, its book of items, and the belt's push on what lies on it.
//!
//! Not here: the rigid-body world (`world`). Invariant: items fed = items waiting + items on the belt + items taken.

use crate::plant::{Asset, AssetId};
use rapier3d::prelude as rp;
use serde::{Deserialize, Serialize};

/// How a conveyor is driven from now on.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Drive {
    /// Belt speed along the conveyor's local +x [m/s]; 0 stops it.
    pub belt_m_per_s: f64,
    /// Items that arrive at the upstream end [items/h].
    pub feed_items_per_h: f64,
    /// Whether the machine at the downstream end takes what arrives.
    pub take: bool,
}

/// A body on the belt and how many items it stands for.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Pack {
    pub body: rp::RigidBodyHandle,
    pub items: u64,
}

/// A conveyor of the plant.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Belt {
    pub asset: AssetId,
    pub collider: rp::ColliderHandle,
    /// Middle of the belt's top surface [m].
    pub top: [f32; 3],
    /// Unit vector of travel.
    pub along: [f32; 3],
    /// Rotation about +Y [rad].
    pub yaw: f32,
    /// Length of the belt [m].
    pub length: f32,
    /// Items that one body stands for, at least 1.
    pub items_per_pack: u64,
    /// Bodies that may be on it at once.
    pub max_packs: usize,
    pub drive: Drive,
    /// Items that have arrived but do not fill a body yet, or wait for room [items].
    pub waiting: f64,
    /// Upstream first.
    pub packs: Vec<Pack>,
    /// Items in all that arrived, whole bodies only.
    pub fed: u64,
    /// Items in all that the downstream took.
    pub taken: u64,
}

impl Belt {
    /// Position along the belt [m], 0 upstream.
    pub fn along_of(&self, p: rp::Vector) -> f32 {
        let a = p.to_array();
        (0..3).map(|k| (a[k] - self.top[k]) * self.along[k]).sum::<f32>() + self.length / 2.0
    }

    /// Where a body's centre stands at this distance from the upstream end [m].
    pub fn point(&self, s: f32, lift: f32) -> rp::Vector {
        let d = s - self.length / 2.0;
        rp::Vector::new(self.top[0] + self.along[0] * d, self.top[1] + lift, self.top[2] + self.along[2] * d)
    }

    /// Velocity of the belt's surface [m/s].
    pub fn surface(&self) -> rp::Vector {
        let v = self.drive.belt_m_per_s as f32;
        rp::Vector::new(self.along[0] * v, 0.0, self.along[2] * v)
    }

    /// Items on the belt.
    pub fn on_belt(&self) -> u64 {
        self.packs.iter().map(|p| p.items).sum()
    }
}

/// Items that one body stands for, so that a nominal flow shows bodies about one and a half lengths apart.
///
/// A conveyor with a storage is full when its bodies stand shoulder to shoulder; one with only a rate shows that
/// rate at its own transport speed; else one body is one item.
pub(super) fn items_per_pack(asset: &Asset, room: usize) -> u64 {
    let room = room.max(1) as f64;
    let items = match (&asset.storage, &asset.process) {
        (Some(s), _) => s.capacity / room,
        (None, Some(p)) => p.rate_per_h / 3600.0 * (asset.body.size_m[0] / 0.5) / (room * 0.4),
        (None, None) => 1.0,
    };
    libm::ceil(items).clamp(1.0, 1e6) as u64
}

/// The push of moving belts: rapier asks for each contact of a belt.
pub(super) struct BeltHooks<'a> {
    /// (belt's collider, surface velocity).
    pub belts: &'a [(rp::ColliderHandle, rp::Vector)],
}

impl rp::PhysicsHooks for BeltHooks<'_> {
    fn modify_solver_contacts(&self, ctx: &mut rp::ContactModificationContext) {
        let of = |c: rp::ColliderHandle| self.belts.iter().find(|b| b.0 == c).map(|b| b.1);
        // The tangent velocity is that of the first collider relative to the second (checked by the tests of `world`).
        let velocity = match (of(ctx.collider1), of(ctx.collider2)) {
            (Some(v), _) => v,
            (None, Some(v)) => -v,
            (None, None) => return,
        };
        if let Some(manifold) = ctx.rigid_mut() {
            for contact in manifold.solver_contacts.iter_mut() {
                contact.tangent_velocity = velocity;
            }
        }
    }
}
