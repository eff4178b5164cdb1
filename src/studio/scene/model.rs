//! Where everything of a plant stands in the picture: bodies, label anchors, pipe routes, bounds. Pure.
//!
//! Built once per plant; holds nothing that changes with live data.

use super::route::{self, Route};
use crate::plant::{AssetId, Plant};
use bevy::math::{Quat, Vec3};

/// One body.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// Whose.
    pub asset: AssetId,
    /// Middle of its footprint [m].
    pub position: Vec3,
    /// Rotation about +Y [rad].
    pub yaw: f32,
    /// Its size along its own axes [m].
    pub size: Vec3,
}

impl Place {
    /// Turns body coordinates into plant coordinates.
    pub fn to_plant(&self, local: Vec3) -> Vec3 {
        self.position + Quat::from_rotation_y(self.yaw) * local
    }

    /// Where its label points at: just above its top [m].
    pub fn anchor(&self) -> Vec3 {
        self.position + Vec3::Y * (self.size.y + 0.15)
    }

    /// The eight corners of its box [m].
    pub fn corners(&self) -> [Vec3; 8] {
        std::array::from_fn(|k| {
            let f = |bit: usize| if k & bit == 0 { -0.5 } else { 0.5 };
            self.to_plant(Vec3::new(f(1) * self.size.x, if k & 2 == 0 { 0.0 } else { self.size.y }, f(4) * self.size.z))
        })
    }

    /// Whether a point of the floor lies in its footprint widened by a margin [m].
    pub fn covers(&self, at: Vec3, margin: f32) -> bool {
        let local = Quat::from_rotation_y(-self.yaw) * (at - self.position);
        local.x.abs() <= self.size.x / 2.0 + margin && local.z.abs() <= self.size.z / 2.0 + margin
    }
}

/// The still part of the picture.
#[derive(Clone, PartialEq, Debug)]
pub struct SceneModel {
    /// One per asset, same order.
    pub places: Vec<Place>,
    /// Pipes, ducts, cable trays.
    pub routes: Vec<Route>,
    /// Lowest and highest corner of all bodies [m].
    pub bounds: (Vec3, Vec3),
}

impl SceneModel {
    /// From a plant.
    pub fn new(plant: &Plant) -> Self {
        let place = |id: AssetId| {
            let a = plant.asset(id);
            Place {
                asset: id,
                position: Vec3::from(a.pose.position_m.map(|v| v as f32)),
                yaw: (a.pose.yaw_deg as f32).to_radians(),
                size: Vec3::from(a.body.size_m.map(|v| v as f32)),
            }
        };
        let places: Vec<Place> = plant.asset_ids().map(place).collect();
        let corners: Vec<Vec3> = places.iter().flat_map(Place::corners).collect();
        let low = corners.iter().copied().reduce(Vec3::min).unwrap_or(Vec3::splat(-5.0));
        let high = corners.iter().copied().reduce(Vec3::max).unwrap_or(Vec3::splat(5.0));
        let routes = route::routes(plant, &places);
        SceneModel { places, routes, bounds: (low, high) }
    }

    /// Corners of these assets' boxes, of all of them when the list is empty.
    pub fn corners(&self, assets: &[AssetId]) -> Vec<Vec3> {
        self.places.iter().filter(|p| assets.is_empty() || assets.contains(&p.asset)).flat_map(Place::corners).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_body_covers_what_it_should() {
        let p = Place { asset: AssetId(0), position: Vec3::new(10.0, 0.0, 5.0), yaw: std::f32::consts::FRAC_PI_2, size: Vec3::new(6.0, 2.0, 1.0) };
        assert!(p.covers(Vec3::new(10.0, 0.0, 7.9), 0.0) && !p.covers(Vec3::new(12.0, 0.0, 5.0), 0.0));
        let xs: Vec<f32> = p.corners().iter().map(|c| c.x).collect();
        assert!(xs.iter().all(|x| (x - 10.0).abs() <= 0.51), "{xs:?}");
    }
}
