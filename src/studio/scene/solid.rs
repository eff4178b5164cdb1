//! From pure geometry to Bevy meshes: silhouettes, pipe runs, arcs, frames, floor shadows.
//!
//! No ECS. Invariant: every mesh carries position, normal and linear vertex colour, so that all share few materials.

use super::{
    api::Style,
    kit::{Sculpt, Tone},
    model::{Place, SceneModel},
    palette,
    route::{Duct, Route},
};
use crate::plant::Plant;
use bevy::{
    asset::RenderAssetUsages,
    color::{ColorToComponents, LinearRgba, Srgba},
    math::{Quat, Vec3},
    mesh::{Indices, Mesh, PrimitiveTopology},
};

/// Triangles with a colour per vertex.
#[derive(Default)]
pub struct Soup {
    positions: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    colours: Vec<[f32; 4]>,
    indices: Vec<u32>,
}

impl Soup {
    /// Adds a sculpted shape with one colour per tone.
    pub fn add(&mut self, s: &Sculpt, colour: impl Fn(Tone) -> LinearRgba) {
        let base = self.positions.len() as u32;
        self.positions.extend(&s.positions);
        self.normals.extend(&s.normals);
        self.colours.extend(s.tones.iter().map(|&t| colour(t).to_f32_array()));
        self.indices.extend(s.indices.iter().map(|i| i + base));
    }

    /// Adds a flat upward quad with a colour per corner.
    pub fn plate(&mut self, corners: [Vec3; 4], colours: [LinearRgba; 4]) {
        let base = self.positions.len() as u32;
        let up = (corners[1] - corners[0]).cross(corners[2] - corners[0]).y >= 0.0;
        self.positions.extend(corners.map(|c| c.to_array()));
        self.normals.extend([[0.0, 1.0, 0.0]; 4]);
        self.colours.extend(colours.map(|c| c.to_f32_array()));
        let order: [u32; 6] = if up { [0, 1, 2, 0, 2, 3] } else { [0, 2, 1, 0, 3, 2] };
        self.indices.extend(order.map(|i| base + i));
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The mesh.
    pub fn mesh(self) -> Mesh {
        Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default())
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.positions)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, self.normals)
            .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, self.colours)
            .with_inserted_indices(Indices::U32(self.indices))
    }
}

/// The mesh of a silhouette in a style.
pub fn body(s: &Sculpt, style: Style) -> Mesh {
    let mut soup = Soup::default();
    soup.add(s, |t| palette::tone(t, style));
    soup.mesh()
}

/// All runs of one medium: greyed pipes with coloured bands, elbows, supports under trunks.
pub fn pipes(plant: &Plant, model: &SceneModel, routes: &[&Route], style: Style) -> Mesh {
    let mut soup = Soup::default();
    for route in routes {
        let [r, g, b] = plant.medium(route.medium).colour;
        let pure = Srgba::rgb(r, g, b);
        // Trays stay quieter than pipes: there are many of them.
        let share = match (style, route.duct) {
            (Style::Operator, Duct::Pipe) => 0.34,
            (Style::Operator, Duct::Tray) => 0.18,
            (Style::Presentation, _) => 0.75,
        };
        let (grey, strong) = (0.70, (share * 2.4f32).min(0.9));
        let mix = |c: f32, s: f32| grey * (1.0 - s) + c * s;
        let pipe: LinearRgba = Srgba::rgb(mix(r, share), mix(g, share), mix(b, share)).into();
        let band: LinearRgba = Srgba::rgb(mix(pure.red, strong), mix(pure.green, strong), mix(pure.blue, strong)).into();
        let colour = |t: Tone| match t {
            Tone::Accent => band,
            Tone::Trim => palette::tone(Tone::Trim, style),
            _ => pipe,
        };
        let mut s = Sculpt::new(Vec3::ONE);
        run(&mut s, route);
        if route.trunk {
            supports(&mut s, route, model);
        }
        soup.add(&s, colour);
    }
    soup.mesh()
}

fn run(s: &mut Sculpt, route: &Route) {
    let r = route.radius;
    for w in route.points.windows(2) {
        let (a, b) = (w[0], w[1]);
        let length = a.distance(b);
        let along = (b - a) / length.max(1e-6);
        match route.duct {
            Duct::Pipe => s.cone_m(Tone::Body, a, b, r, r),
            Duct::Tray => tray(s, Tone::Body, a, b, r),
        }
        let bands = (length / 4.0).round().max(1.0) as usize;
        for k in 0..bands {
            let at = a + along * (length * (k as f32 + 0.5) / bands as f32);
            let half = along * (0.28f32).min(length * 0.2);
            match route.duct {
                Duct::Pipe => s.cone_m(Tone::Accent, at - half, at + half, r * 1.06, r * 1.06),
                Duct::Tray => tray(s, Tone::Accent, at - half, at + half, r * 1.05),
            }
        }
    }
    for corner in &route.points {
        match route.duct {
            Duct::Pipe => {
                s.dome_m(Tone::Body, *corner, Vec3::Y, r * 1.12, r * 1.12);
                s.dome_m(Tone::Body, *corner, Vec3::NEG_Y, r * 1.12, r * 1.12);
            }
            Duct::Tray => s.block_m(Tone::Body, *corner - Vec3::new(r, r * 0.35, r), *corner + Vec3::new(r, r * 0.35, r)),
        }
    }
}

/// A flat tray along an axis.
fn tray(s: &mut Sculpt, tone: Tone, a: Vec3, b: Vec3, r: f32) {
    let along = (b - a).abs();
    let half = if along.y > along.x.max(along.z) {
        Vec3::new(r, 0.0, r * 0.4)
    } else if along.x > along.z {
        Vec3::new(0.0, r * 0.35, r)
    } else {
        Vec3::new(r, r * 0.35, 0.0)
    };
    s.block_m(tone, a.min(b) - half, a.max(b) + half);
}

/// Posts under a trunk where the floor is free.
fn supports(s: &mut Sculpt, route: &Route, model: &SceneModel) {
    let (a, b) = (route.points[0], route.points[1]);
    let n = ((b.x - a.x).abs() / 9.0).floor() as usize;
    if route.duct == Duct::Tray || n == 0 {
        return;
    }
    for k in 0..=n {
        let at = a.lerp(b, (k as f32 + 0.5) / (n + 1) as f32);
        let foot = at.with_y(0.0);
        if model.places.iter().any(|p| p.covers(foot, 0.25)) {
            continue;
        }
        s.block_m(Tone::Trim, foot - Vec3::new(0.05, 0.0, 0.05), foot + Vec3::new(0.05, at.y - route.radius, 0.05));
    }
}

/// Soft dark edges on the floor around bodies, where they meet it.
pub fn contact_shadows(model: &SceneModel) -> Mesh {
    let mut soup = Soup::default();
    let (dark, clear) = (LinearRgba::new(0.0, 0.0, 0.0, 0.30), LinearRgba::new(0.0, 0.0, 0.0, 0.0));
    for p in &model.places {
        let (hx, hz, reach) = (p.size.x / 2.0, p.size.z / 2.0, 0.55);
        let at = |x: f32, z: f32| p.to_plant(Vec3::new(x, 0.012, z));
        let inner = [at(-hx, -hz), at(-hx, hz), at(hx, hz), at(hx, -hz)];
        let outer = [at(-hx - reach, -hz - reach), at(-hx - reach, hz + reach), at(hx + reach, hz + reach), at(hx + reach, -hz - reach)];
        soup.plate(inner, [dark; 4]);
        for k in 0..4 {
            let n = (k + 1) % 4;
            soup.plate([outer[k], outer[n], inner[n], inner[k]], [clear, clear, dark, dark]);
        }
    }
    soup.mesh()
}

/// A frame on the floor around a body, with upright corners.
pub fn frame(soup: &mut Soup, p: &Place, margin: f32, width: f32, colour: Srgba) {
    let mut s = Sculpt::new(Vec3::ONE);
    let (hx, hz) = (p.size.x / 2.0 + margin, p.size.z / 2.0 + margin);
    for (a, b) in [((-hx, -hz), (hx, -hz)), ((hx, -hz), (hx, hz)), ((hx, hz), (-hx, hz)), ((-hx, hz), (-hx, -hz))] {
        let (low, high) = (Vec3::new(a.0.min(b.0), 0.015, a.1.min(b.1)), Vec3::new(a.0.max(b.0), 0.045, a.1.max(b.1)));
        s.block_m(Tone::Body, low - Vec3::new(width, 0.0, width), high + Vec3::new(width, 0.0, width));
    }
    for v in &mut s.positions {
        *v = p.to_plant(Vec3::from(*v)).to_array();
    }
    let q = Quat::from_rotation_y(p.yaw);
    for n in &mut s.normals {
        *n = (q * Vec3::from(*n)).to_array();
    }
    soup.add(&s, |_| colour.into());
}

/// An arc with an arrowhead from cause to effect.
pub fn arc(soup: &mut Soup, from: Vec3, to: Vec3, thickness: f32, colour: Srgba) {
    let mut s = Sculpt::new(Vec3::ONE);
    let rise = 1.0 + from.distance(to) * 0.16;
    let at = |t: f32| from.lerp(to, t) + Vec3::Y * (rise * 4.0 * t * (1.0 - t));
    let (n, tip) = (20, 0.93);
    for k in 0..n {
        let (a, b) = (at(tip * k as f32 / n as f32), at(tip * (k + 1) as f32 / n as f32));
        s.cone_m(Tone::Body, a, b, thickness, thickness);
    }
    s.cone_m(Tone::Body, at(tip), at(1.0), thickness * 3.4, 0.0);
    soup.add(&s, |_| colour.into());
}

/// A standing gauge beside a tank: a dark slot and its filling.
pub fn gauge(soup: &mut Soup, p: &Place, fraction: f32) {
    let (h, z) = (p.size.y * 0.62, p.size.z / 2.0 + 0.03);
    let (x, y) = (p.size.x * 0.24, p.size.y * 0.2);
    let fill = h * fraction.clamp(0.0, 1.0);
    for (colour, lift, top) in [(Srgba::rgb(0.24, 0.26, 0.28), 0.0, h), (Srgba::rgb(0.36, 0.62, 0.78), 0.015, fill)] {
        let mut s = Sculpt::new(Vec3::ONE);
        s.block_m(Tone::Body, Vec3::new(x - 0.13 + lift, y, z + lift), Vec3::new(x + 0.13 - lift, y + top.max(0.02), z + 0.04 + lift));
        for v in &mut s.positions {
            *v = p.to_plant(Vec3::from(*v)).to_array();
        }
        soup.add(&s, |_| colour.into());
    }
}
