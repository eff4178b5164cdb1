//! Silhouettes: a recognisable parametric body for every [`Shape`], one mesh per asset.
//!
//! Pure geometry; colours are tones that the palette resolves. Invariant: every shape yields a mesh inside about
//! its size, for any positive size.

mod electrical;
mod heat;
mod logistics;
mod packaging;
mod rotating;
mod sculpt;
mod vessels;

pub use sculpt::{Sculpt, Tone};

use crate::plant::{Body, Shape};
use bevy::math::Vec3;

/// The silhouette of a body: origin at the middle of its footprint, +Y up, front towards +Z.
pub fn silhouette(body: &Body) -> Sculpt {
    let mut s = Sculpt::new(Vec3::from(body.size_m.map(|v| v.max(0.05) as f32)));
    draw(body.shape, &mut s);
    s
}

fn draw(shape: Shape, s: &mut Sculpt) {
    match shape {
        Shape::Pump => rotating::pump(s),
        Shape::Motor => rotating::motor(s),
        Shape::Compressor => rotating::compressor(s),
        Shape::Genset => rotating::genset(s),
        Shape::Intake => rotating::intake(s),
        Shape::Chiller => heat::chiller(s),
        Shape::CoolingTower => heat::cooling_tower(s),
        Shape::Boiler => heat::boiler(s),
        Shape::HeatExchanger => heat::heat_exchanger(s),
        Shape::Pasteuriser => heat::pasteuriser(s),
        Shape::Membrane => heat::membrane(s),
        Shape::Valve => heat::valve(s),
        Shape::Condenser => heat::condenser(s),
        Shape::Transformer => electrical::transformer(s),
        Shape::Ups => electrical::ups(s),
        Shape::Cabinet => electrical::cabinet(s),
        Shape::Plc => electrical::plc(s),
        Shape::NetworkSwitch => electrical::network(s),
        Shape::Busbar => electrical::busbar(s),
        Shape::GridFeed => electrical::grid_feed(s),
        Shape::TankVertical => vessels::tank_vertical(s),
        Shape::TankHorizontal => vessels::tank_horizontal(s),
        Shape::Silo => vessels::silo(s),
        Shape::AgitatedTank => vessels::agitated(s),
        Shape::Receiver => vessels::receiver(s),
        Shape::Reactor => vessels::reactor(s),
        Shape::Column => vessels::column(s),
        Shape::Separator => vessels::separator(s),
        Shape::Depalletiser => packaging::depalletiser(s),
        Shape::Rinser => packaging::rinser(s),
        Shape::Filler => packaging::filler(s),
        Shape::Capper => packaging::capper(s),
        Shape::Labeller => packaging::labeller(s),
        Shape::Inspector => packaging::inspector(s),
        Shape::Packer => packaging::packer(s),
        Shape::Palletiser => packaging::palletiser(s),
        Shape::Conveyor => packaging::conveyor(s),
        Shape::Rack => packaging::rack(s),
        Shape::Dock => packaging::dock(s),
        Shape::Vehicle => logistics::vehicle(s),
        Shape::Box => packaging::housing(s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Shape; 41] = [
        Shape::Pump,
        Shape::Motor,
        Shape::Compressor,
        Shape::Chiller,
        Shape::CoolingTower,
        Shape::Boiler,
        Shape::Transformer,
        Shape::Genset,
        Shape::Ups,
        Shape::Cabinet,
        Shape::Plc,
        Shape::NetworkSwitch,
        Shape::Busbar,
        Shape::GridFeed,
        Shape::TankVertical,
        Shape::TankHorizontal,
        Shape::Silo,
        Shape::AgitatedTank,
        Shape::Receiver,
        Shape::HeatExchanger,
        Shape::Pasteuriser,
        Shape::Membrane,
        Shape::Valve,
        Shape::Reactor,
        Shape::Column,
        Shape::Separator,
        Shape::Condenser,
        Shape::Depalletiser,
        Shape::Rinser,
        Shape::Filler,
        Shape::Capper,
        Shape::Labeller,
        Shape::Inspector,
        Shape::Packer,
        Shape::Palletiser,
        Shape::Conveyor,
        Shape::Rack,
        Shape::Dock,
        Shape::Intake,
        Shape::Vehicle,
        Shape::Box,
    ];

    #[test]
    fn every_shape_has_a_mesh_near_its_size() {
        for shape in ALL {
            for size in [[3.0, 2.5, 2.0], [1.0, 1.0, 1.0], [12.0, 4.0, 0.8]] {
                let s = silhouette(&Body { shape, size_m: size, gltf: None });
                assert!(s.indices.len() > 60 && s.indices.len() < 60_000, "{shape:?}: {} indices", s.indices.len());
                assert!(s.indices.iter().all(|&i| (i as usize) < s.positions.len()));
                for (p, n) in s.positions.iter().zip(&s.normals) {
                    assert!(p.iter().all(|v| v.is_finite()) && (Vec3::from(*n).length() - 1.0).abs() < 1e-3, "{shape:?}");
                    let reach = [size[0] as f32 * 0.5 + 1.0, size[1] as f32 * 1.4 + 0.4, size[2] as f32 * 0.65 + 1.0];
                    assert!(p[0].abs() <= reach[0] && p[1] > -0.1 && p[1] <= reach[1] && p[2].abs() <= reach[2], "{shape:?} {size:?}: {p:?}");
                }
            }
        }
    }
}
