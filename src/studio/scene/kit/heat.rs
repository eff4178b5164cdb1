//! Heat: chillers, cooling towers, boilers, exchangers, condensers, pasteurisers; and water treatment.

use super::sculpt::{Sculpt, Tone};
use super::vessels::saddles;
use bevy::math::Vec3;

/// An air-cooled chiller: shells below, coils in V, condenser fans on top.
pub(super) fn chiller(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.46], [0.5, 0.07, 0.46]);
    let r = s.size.y * 0.12;
    for z in [-0.2, 0.22] {
        s.tube(Tone::Metal, [-0.44, 0.22, z], [0.3, 0.22, z], r);
    }
    s.block(Tone::Accent, [0.32, 0.07, -0.4], [0.48, 0.5, 0.42]);
    s.block(Tone::Dark, [0.35, 0.3, 0.41], [0.45, 0.44, 0.425]);
    s.legs(Tone::Trim, 0.03, 0.5, 0.1);
    s.block(Tone::Body, [-0.5, 0.46, -0.5], [0.5, 0.9, 0.5]);
    let bays = (s.size.x / 1.2).round().clamp(2.0, 8.0) as usize;
    for k in 0..bays {
        let (x0, w) = (-0.5 + k as f32 / bays as f32, 1.0 / bays as f32);
        for side in [-0.5, 0.5] {
            s.louvres([x0 + w * 0.1, x0 + w * 0.9], [0.5, 0.86], side, 5);
        }
        let x = x0 + w / 2.0;
        let rows: &[f32] = if s.size.z > 1.8 { &[-0.25, 0.25] } else { &[0.0] };
        for &z in rows {
            let r = (w * s.size.x * 0.42).min(s.size.z * if rows.len() > 1 { 0.21 } else { 0.4 });
            fan(s, [x, 0.9, z], 0.1, r);
        }
    }
}

/// A fan ring with a dark opening and a hub; `rise` is its height as a fraction.
fn fan(s: &mut Sculpt, at: [f32; 3], rise: f32, r: f32) {
    let (a, b) = (s.at(at), s.at([at[0], at[1] + rise, at[2]]));
    s.cone_m(Tone::Light, a, b, r * 1.04, r);
    s.cone_m(Tone::Dark, b - Vec3::Y * 0.01, b + Vec3::Y * 0.012, r * 0.88, r * 0.88);
    s.cone_m(Tone::Metal, b, b + Vec3::Y * 0.05, r * 0.24, r * 0.2);
    for k in 0..3 {
        let t = k as f32 / 3.0 * std::f32::consts::PI;
        let d = Vec3::new(t.cos(), 0.0, t.sin()) * r * 0.88;
        s.cone_m(Tone::Metal, b + Vec3::Y * 0.02 - d, b + Vec3::Y * 0.02 + d, 0.02, 0.02);
    }
}

/// A cooling tower: basin, louvred fill, flared fan stack.
pub(super) fn cooling_tower(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 0.1, 0.5]);
    s.legs(Tone::Trim, 0.06, 0.2, 0.16);
    s.block(Tone::Dark, [-0.44, 0.1, -0.44], [0.44, 0.2, 0.44]);
    s.block(Tone::Body, [-0.48, 0.2, -0.48], [0.48, 0.74, 0.48]);
    for side in [-0.48, 0.48] {
        s.louvres([-0.42, 0.42], [0.24, 0.5], side, 6);
    }
    let step = 0.26 / 6.0;
    for side in [-0.48, 0.48] {
        for k in 0..6 {
            let (y, t) = (0.24 + step * (k as f32 + 0.2), 0.02 / s.size.x);
            s.block(Tone::Dark, [side - t, y, -0.42], [side + t, y + step * 0.55, 0.42]);
        }
    }
    let r = s.plan_m() * 0.36;
    let (a, m, b) = (s.at([0.0, 0.74, 0.0]), s.at([0.0, 0.86, 0.0]), s.at([0.0, 1.0, 0.0]));
    s.cone_m(Tone::Light, a, m, r * 1.15, r * 0.95);
    s.cone_m(Tone::Light, m, b, r * 0.95, r * 1.08);
    s.cone_m(Tone::Dark, b - Vec3::Y * 0.01, b + Vec3::Y * 0.012, r * 0.97, r * 0.97);
    s.cone_m(Tone::Metal, b, b + Vec3::Y * 0.06, r * 0.2, r * 0.16);
}

/// A fire-tube boiler: shell on saddles, burner, stack.
pub(super) fn boiler(s: &mut Sculpt) {
    let r = (s.size.y * 0.3).min(s.size.z * 0.46);
    let y = 0.08 + r / s.size.y;
    saddles(s, y);
    s.tube(Tone::Body, [-0.42, y, 0.0], [0.4, y, 0.0], r);
    for x in [-0.42, -0.1, 0.2, 0.4] {
        s.flange(Tone::Trim, [x, y, 0.0], Vec3::X, r * 1.03, 0.06);
    }
    s.tube(Tone::Accent, [0.4, y - 0.04, 0.0], [0.5, y - 0.04, 0.0], r * 0.45);
    s.block(Tone::Trim, [0.42, (y - 0.2).max(0.02), -0.14], [0.5, y, 0.14]);
    let stack = r * 0.32;
    s.tube(Tone::Metal, [-0.3, y, 0.0], [-0.3, 1.0, 0.0], stack);
    s.flange(Tone::Dark, [-0.3, 0.998, 0.0], Vec3::Y, stack * 0.75, 0.02);
    s.tube(Tone::Metal, [0.08, y, 0.0], [0.08, y + r * 1.35 / s.size.y, 0.0], r * 0.16);
    s.flange(Tone::Metal, [0.08, y + r * 1.35 / s.size.y, 0.0], Vec3::Y, r * 0.26, 0.05);
}

/// A plate heat exchanger: end frames, plate pack, tie bars, nozzles.
pub(super) fn heat_exchanger(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.42], [0.5, 0.06, 0.42]);
    s.block(Tone::Accent, [-0.46, 0.06, -0.46], [-0.36, 1.0, 0.46]);
    s.block(Tone::Accent, [0.2, 0.06, -0.46], [0.3, 0.96, 0.46]);
    s.block(Tone::Trim, [0.44, 0.06, -0.1], [0.5, 1.0, 0.1]);
    let n = 14;
    for k in 0..n {
        let x = -0.35 + 0.54 * k as f32 / n as f32;
        let tone = if k % 2 == 0 { Tone::Metal } else { Tone::Light };
        s.block(tone, [x, 0.12, -0.4], [x + 0.03, 0.92, 0.4]);
    }
    for y in [0.1, 0.95] {
        s.tube(Tone::Metal, [-0.44, y, 0.0], [0.48, y, 0.0], 0.04);
    }
    let r = s.size.z * 0.1;
    for (y, z) in [(0.24, -0.26), (0.24, 0.26), (0.8, -0.26), (0.8, 0.26)] {
        s.tube(Tone::Metal, [-0.5, y, z], [-0.44, y, z], r);
    }
}

/// A shell-and-tube condenser on saddles.
pub(super) fn condenser(s: &mut Sculpt) {
    let r = (s.size.y * 0.36).min(s.size.z * 0.46);
    let y = 0.56;
    saddles(s, y);
    s.tube(Tone::Body, [-0.36, y, 0.0], [0.36, y, 0.0], r);
    s.vessel(Tone::Light, [-0.5, y, 0.0], [-0.2, y, 0.0], r * 0.99);
    s.vessel(Tone::Light, [0.2, y, 0.0], [0.5, y, 0.0], r * 0.99);
    for x in [-0.36, 0.36] {
        s.flange(Tone::Metal, [x, y, 0.0], Vec3::X, r * 1.14, 0.1);
    }
    for x in [-0.2, 0.2] {
        s.tube(Tone::Metal, [x, y, 0.0], [x, 1.0, 0.0], r * 0.26);
    }
}

/// A tunnel pasteuriser: a long hood with doors, windows, spray ducts, open ends.
pub(super) fn pasteuriser(s: &mut Sculpt) {
    s.legs(Tone::Trim, 0.02, 0.2, 0.16);
    s.block(Tone::Body, [-0.5, 0.12, -0.5], [0.5, 0.84, 0.5]);
    s.block(Tone::Light, [-0.46, 0.84, -0.36], [0.46, 0.92, 0.36]);
    let bays = (s.size.x / 1.4).round().clamp(3.0, 10.0) as usize;
    for k in 0..bays {
        let (x0, w) = (-0.48 + 0.96 * k as f32 / bays as f32, 0.96 / bays as f32);
        for z in [-0.5, 0.5] {
            let t = 0.015 / s.size.z;
            s.block(Tone::Glass, [x0 + w * 0.12, 0.5, z - t], [x0 + w * 0.88, 0.76, z + t]);
            s.block(Tone::Light, [x0 + w * 0.12, 0.18, z - t], [x0 + w * 0.88, 0.44, z + t]);
        }
        let x = x0 + w / 2.0;
        s.tube(Tone::Metal, [x, 0.9, 0.0], [x, 1.0, 0.0], 0.09);
    }
    s.tube(Tone::Metal, [-0.46, 0.985, 0.0], [0.46, 0.985, 0.0], 0.07);
    for x in [-0.5, 0.5] {
        let t = 0.012 / s.size.x;
        s.block(Tone::Dark, [x - t, 0.36, -0.36], [x + t, 0.66, 0.36]);
    }
}

/// A reverse-osmosis rack: pressure tubes in rows, manifolds at the ends.
pub(super) fn membrane(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 0.06, 0.5]);
    s.legs(Tone::Trim, 0.06, 1.0, 0.08);
    let rows = (s.size.y / 0.42).floor().clamp(2.0, 6.0) as usize;
    let r = (s.size.y * 0.8 / rows as f32 * 0.4).min(s.size.z * 0.19);
    for k in 0..rows {
        let y = 0.18 + 0.74 * k as f32 / (rows - 1).max(1) as f32;
        for z in [-0.24, 0.24] {
            s.tube(Tone::Light, [-0.44, y, z], [0.44, y, z], r);
            s.tube(Tone::Accent, [-0.47, y, z], [-0.42, y, z], r * 1.12);
            s.tube(Tone::Accent, [0.42, y, z], [0.47, y, z], r * 1.12);
        }
    }
    for x in [-0.49, 0.49] {
        s.tube(Tone::Metal, [x, 0.1, 0.0], [x, 0.96, 0.0], 0.05);
    }
}

/// A control valve in a piece of pipe, diaphragm actuator on top.
pub(super) fn valve(s: &mut Sculpt) {
    let r = (s.size.y * 0.14).min(s.size.z * 0.3);
    s.tube(Tone::Metal, [-0.5, 0.3, 0.0], [0.5, 0.3, 0.0], r * 0.8);
    for x in [-0.48, -0.24, 0.24, 0.48] {
        s.flange(Tone::Metal, [x, 0.3, 0.0], Vec3::X, r * 1.4, 0.04);
    }
    let c = s.at([0.0, 0.3, 0.0]);
    s.dome_m(Tone::Body, c, Vec3::Y, r * 1.5, r * 1.5);
    s.dome_m(Tone::Body, c, -Vec3::Y, r * 1.5, r * 1.5);
    s.tube(Tone::Metal, [0.0, 0.4, 0.0], [0.0, 0.75, 0.0], r * 0.4);
    let top = s.at([0.0, 0.82, 0.0]);
    s.dome_m(Tone::Accent, top, Vec3::Y, r * 2.0, s.size.y * 0.16);
    s.dome_m(Tone::Accent, top, -Vec3::Y, r * 2.0, s.size.y * 0.1);
}
