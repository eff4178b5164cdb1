//! Geometry gathered into one mesh: chamfered blocks, tubes, cones, dished heads, each with a tone.
//!
//! Knows no equipment and no ECS. Coordinates of blocks and tube ends are fractions of the body's size
//! (x and z −0.5..0.5, y 0..1), radii are metres. Invariant: normals are unit length and triangles face outwards.

use bevy::math::Vec3;

/// What a surface is made of; the palette decides its colour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tone {
    /// The main surface.
    Body,
    /// Lighter cladding.
    Light,
    /// Frames, plinths, skids.
    Trim,
    /// Openings, belts, louvres.
    Dark,
    /// Bare metal.
    Metal,
    /// Windows and guards.
    Glass,
    /// The paint that tells kinds apart in the presentation style.
    Accent,
    /// Goods.
    Carton,
}

/// A mesh under construction.
#[derive(Clone, Debug, Default)]
pub struct Sculpt {
    /// Size of the body that fractions refer to [m].
    pub size: Vec3,
    /// Vertex positions [m].
    pub positions: Vec<[f32; 3]>,
    /// Unit normals.
    pub normals: Vec<[f32; 3]>,
    /// One tone per vertex.
    pub tones: Vec<Tone>,
    /// Triangles.
    pub indices: Vec<u32>,
}

/// Segments around a tube of this radius.
fn segments(r: f32) -> usize {
    if r < 0.08 {
        8
    } else if r < 0.5 {
        16
    } else {
        28
    }
}

impl Sculpt {
    /// An empty mesh for a body of this size [m].
    pub fn new(size: Vec3) -> Self {
        Sculpt { size, ..Sculpt::default() }
    }

    /// A fraction of the size as metres.
    pub fn at(&self, f: [f32; 3]) -> Vec3 {
        Vec3::from(f) * self.size
    }

    fn vertex(&mut self, tone: Tone, p: Vec3, n: Vec3) -> u32 {
        self.positions.push(p.to_array());
        self.normals.push(n.normalize_or(Vec3::Y).to_array());
        self.tones.push(tone);
        (self.positions.len() - 1) as u32
    }

    /// A triangle fan over the points, facing along the normals.
    fn face(&mut self, tone: Tone, points: &[(Vec3, Vec3)]) {
        let flat = (points[1].0 - points[0].0).cross(points[2].0 - points[0].0);
        let flip = flat.dot(points[0].1 + points[1].1 + points[2].1) < 0.0;
        let ids: Vec<u32> = points.iter().map(|&(p, n)| self.vertex(tone, p, n)).collect();
        for k in 1..ids.len() - 1 {
            let (b, c) = if flip { (ids[k + 1], ids[k]) } else { (ids[k], ids[k + 1]) };
            self.indices.extend([ids[0], b, c]);
        }
    }

    /// A flat four-cornered face.
    pub fn quad(&mut self, tone: Tone, corners: [Vec3; 4], normal: Vec3) {
        self.face(tone, &corners.map(|c| (c, normal)));
    }

    /// A chamfered block between two corners given as fractions.
    pub fn block(&mut self, tone: Tone, min: [f32; 3], max: [f32; 3]) {
        let (a, b) = (self.at(min), self.at(max));
        self.block_m(tone, a, b);
    }

    /// A chamfered block between two corners in metres.
    pub fn block_m(&mut self, tone: Tone, a: Vec3, b: Vec3) {
        let (centre, half) = ((a + b) / 2.0, ((b - a) / 2.0).abs());
        let c = (half.min_element() * 0.3).min(0.035);
        let inner = half - Vec3::splat(c);
        let corner = |s: Vec3, axis: usize| {
            let mut p = inner * s;
            p[axis] = half[axis] * s[axis];
            centre + p
        };
        for axis in 0..3 {
            let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
            for sign in [-1.0, 1.0] {
                let s = |su: f32, sv: f32| {
                    let mut s = Vec3::ZERO;
                    (s[axis], s[u], s[v]) = (sign, su, sv);
                    s
                };
                let mut n = Vec3::ZERO;
                n[axis] = sign;
                let ring = [s(-1., -1.), s(1., -1.), s(1., 1.), s(-1., 1.)];
                self.quad(tone, ring.map(|r| corner(r, axis)), n);
                // The chamfer between this face and the next axis' face, once per edge.
                for other in [-1.0, 1.0] {
                    let (p, q) = (s(other, -1.0), s(other, 1.0));
                    let mut m = n;
                    m[u] = other;
                    self.quad(tone, [corner(p, axis), corner(q, axis), corner(q, u), corner(p, u)], m);
                }
            }
        }
        for k in 0..8 {
            let s = Vec3::new(if k & 1 == 0 { -1. } else { 1. }, if k & 2 == 0 { -1. } else { 1. }, if k & 4 == 0 { -1. } else { 1. });
            self.face(tone, &[(corner(s, 0), s), (corner(s, 1), s), (corner(s, 2), s)]);
        }
    }

    /// A closed tube between two points given as fractions, radius in metres.
    pub fn tube(&mut self, tone: Tone, a: [f32; 3], b: [f32; 3], r: f32) {
        let (a, b) = (self.at(a), self.at(b));
        self.cone_m(tone, a, b, r, r);
    }

    /// A closed frustum between two points in metres.
    pub fn cone_m(&mut self, tone: Tone, a: Vec3, b: Vec3, ra: f32, rb: f32) {
        let Some(axis) = (b - a).try_normalize() else { return };
        let (u, v) = axis.any_orthonormal_pair();
        let n = segments(ra.max(rb));
        let slope = axis * ((ra - rb) / (b - a).length());
        let dir = |k: usize| {
            let t = k as f32 / n as f32 * std::f32::consts::TAU;
            u * t.cos() + v * t.sin()
        };
        for k in 0..n {
            let (d, e) = (dir(k), dir(k + 1));
            self.face(tone, &[(a + d * ra, d + slope), (a + e * ra, e + slope), (b + e * rb, e + slope), (b + d * rb, d + slope)]);
        }
        for (p, r, normal) in [(a, ra, -axis), (b, rb, axis)] {
            if r > 1e-3 {
                let ring: Vec<(Vec3, Vec3)> = (0..n).map(|k| (p + dir(k) * r, normal)).collect();
                self.face(tone, &ring);
            }
        }
    }

    /// A dished head: the half ellipsoid of this height that closes a tube of radius `r` at `base`, bulging along `axis`.
    pub fn dome_m(&mut self, tone: Tone, base: Vec3, axis: Vec3, r: f32, height: f32) {
        let (u, v) = axis.any_orthonormal_pair();
        let (n, rings) = (segments(r), 5);
        let point = |i: usize, k: usize| {
            let (lat, lon) = (i as f32 / rings as f32 * std::f32::consts::FRAC_PI_2, k as f32 / n as f32 * std::f32::consts::TAU);
            let d = u * lon.cos() + v * lon.sin();
            (base + d * (r * lat.cos()) + axis * (height * lat.sin()), d * (lat.cos() / r) + axis * (lat.sin() / height))
        };
        for i in 0..rings {
            for k in 0..n {
                let quad = [point(i, k), point(i, k + 1), point(i + 1, k + 1), point(i + 1, k)];
                if i + 1 == rings {
                    self.face(tone, &quad[..3]);
                } else {
                    self.face(tone, &quad);
                }
            }
        }
    }

    /// A vessel: a tube with dished heads, ends (tips of the heads) given as fractions.
    pub fn vessel(&mut self, tone: Tone, a: [f32; 3], b: [f32; 3], r: f32) {
        let (a, b) = (self.at(a), self.at(b));
        let Some(axis) = (b - a).try_normalize() else { return };
        let head = (r * 0.45).min((b - a).length() * 0.3);
        let (p, q) = (a + axis * head, b - axis * head);
        self.cone_m(tone, p, q, r, r);
        self.dome_m(tone, p, -axis, r, head);
        self.dome_m(tone, q, axis, r, head);
    }

    /// A flat ring (flange, band, walkway) around a tube at a fraction, of outer radius `r` and thickness `t` [m].
    pub fn flange(&mut self, tone: Tone, at: [f32; 3], axis: Vec3, r: f32, t: f32) {
        let p = self.at(at);
        self.cone_m(tone, p - axis * (t / 2.0), p + axis * (t / 2.0), r, r);
    }

    /// Feet under the four corners of a footprint given as fractions, up to a height fraction.
    pub fn legs(&mut self, tone: Tone, inset: f32, top: f32, thick_m: f32) {
        for (sx, sz) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
            let foot = Vec3::new(sx * (0.5 - inset) * self.size.x, 0.0, sz * (0.5 - inset) * self.size.z);
            let h = Vec3::new(thick_m / 2.0, 0.0, thick_m / 2.0);
            self.block_m(tone, foot - h, foot + h + Vec3::Y * (top * self.size.y));
        }
    }

    /// Dark horizontal slots on the front (+z) or rear (−z) face of a block: louvres, vents.
    pub fn louvres(&mut self, x: [f32; 2], y: [f32; 2], z: f32, count: usize) {
        let step = (y[1] - y[0]) / count as f32;
        let t = 0.02 / self.size.z.max(0.1);
        for k in 0..count {
            let y0 = y[0] + step * (k as f32 + 0.2);
            self.block(Tone::Dark, [x[0], y0, z - t], [x[1], y0 + step * 0.55, z + t]);
        }
    }

    /// Smaller of length and depth [m].
    pub fn plan_m(&self) -> f32 {
        self.size.x.min(self.size.z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signed volume by the divergence theorem: positive only when the triangles face outwards.
    fn volume(s: &Sculpt) -> f32 {
        let p = |i: u32| Vec3::from(s.positions[i as usize]);
        s.indices.chunks(3).map(|t| p(t[0]).dot(p(t[1]).cross(p(t[2]))) / 6.0).sum()
    }

    #[test]
    fn solids_are_closed_and_face_outwards() {
        let mut block = Sculpt::new(Vec3::new(2.0, 3.0, 4.0));
        block.block(Tone::Body, [-0.5, 0.0, -0.5], [0.5, 1.0, 0.5]);
        assert!((volume(&block) - 24.0).abs() < 0.1, "{}", volume(&block));
        let mut tube = Sculpt::new(Vec3::ONE);
        tube.tube(Tone::Body, [0.0, 0.0, 0.0], [0.3, 1.0, 0.2], 0.5);
        let want = std::f32::consts::PI * 0.25 * Vec3::new(0.3, 1.0, 0.2).length();
        assert!((volume(&tube) - want).abs() < 0.03 * want, "{} {want}", volume(&tube));
        let mut vessel = Sculpt::new(Vec3::ONE);
        vessel.vessel(Tone::Body, [0.0, -1.5, 0.0], [0.0, 1.5, 0.0], 0.5);
        let p = |i: u32| Vec3::from(vessel.positions[i as usize]);
        for t in vessel.indices.chunks(3) {
            let (flat, out) = ((p(t[1]) - p(t[0])).cross(p(t[2]) - p(t[0])), p(t[0]) + p(t[1]) + p(t[2]));
            let inner_cap = flat.x == 0.0 && flat.z == 0.0;
            assert!(inner_cap || flat.dot(out) >= 0.0, "{flat} at {out}");
        }
    }
}
