//! Power and control: transformer, cabinets, UPS, controllers, busbar, grid feed.

use super::sculpt::{Sculpt, Tone};
use bevy::math::Vec3;

/// An oil transformer: tank, fin banks, conservator, three bushings.
pub(super) fn transformer(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.46, 0.0, -0.4], [0.46, 0.07, 0.4]);
    s.block(Tone::Body, [-0.38, 0.07, -0.24], [0.38, 0.66, 0.24]);
    let n = 11;
    for k in 0..n {
        let x = -0.36 + 0.7 * k as f32 / (n - 1) as f32;
        for side in [-1.0, 1.0] {
            let (a, b) = if side < 0.0 { (-0.5, -0.26) } else { (0.26, 0.5) };
            s.block(Tone::Light, [x - 0.012, 0.14, a], [x + 0.016, 0.6, b]);
        }
    }
    for z in [-0.38, 0.38] {
        s.tube(Tone::Metal, [-0.38, 0.58, z], [0.38, 0.58, z], 0.05);
    }
    let r = s.size.y * 0.07;
    s.vessel(Tone::Accent, [-0.46, 0.82, -0.18], [0.12, 0.82, -0.18], r);
    s.tube(Tone::Metal, [-0.3, 0.64, -0.18], [-0.3, 0.78, -0.18], 0.04);
    for x in [-0.22, 0.0, 0.22] {
        bushing(s, x, 0.12);
    }
}

fn bushing(s: &mut Sculpt, x: f32, z: f32) {
    let rings = 5;
    for k in 0..rings {
        let y = 0.66 + 0.28 * k as f32 / rings as f32;
        let (a, b) = (s.at([x, y, z]), s.at([x, y + 0.04, z]));
        s.cone_m(Tone::Light, a, b, 0.11, 0.05);
    }
    s.tube(Tone::Metal, [x, 0.66, z], [x, 1.0, z], 0.03);
}

/// A row of cabinets: doors with handles, vents, a plinth.
pub(super) fn cabinet(s: &mut Sculpt) {
    doors(s, (s.size.x / 0.8).round().clamp(1.0, 10.0) as usize);
}

fn doors(s: &mut Sculpt, n: usize) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.48], [0.5, 0.05, 0.46]);
    s.block(Tone::Body, [-0.5, 0.05, -0.5], [0.5, 1.0, 0.44]);
    for k in 0..n {
        let (x0, w) = (-0.5 + k as f32 / n as f32, 1.0 / n as f32);
        s.block(Tone::Light, [x0 + w * 0.04, 0.08, 0.43], [x0 + w * 0.96, 0.97, 0.48]);
        s.block(Tone::Dark, [x0 + w * 0.82, 0.46, 0.475], [x0 + w * 0.88, 0.58, 0.5]);
        let t = 0.01 / s.size.z;
        s.block(Tone::Dark, [x0 + w * 0.2, 0.86, 0.48 - t], [x0 + w * 0.6, 0.91, 0.48 + t]);
        s.block(Tone::Dark, [x0 + w * 0.2, 0.13, 0.48 - t], [x0 + w * 0.6, 0.18, 0.48 + t]);
    }
}

/// Battery cabinets with an inverter panel.
pub(super) fn ups(s: &mut Sculpt) {
    doors(s, 3);
    s.block(Tone::Accent, [-0.1, 0.6, 0.478], [0.1, 0.8, 0.495]);
    s.block(Tone::Dark, [-0.07, 0.66, 0.49], [0.07, 0.78, 0.502]);
    s.louvres([0.22, 0.44], [0.25, 0.6], 0.482, 6);
}

/// A controller cabinet: one door with a screen, a lamp column.
pub(super) fn plc(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.48, 0.0, -0.46], [0.48, 0.05, 0.44]);
    s.block(Tone::Body, [-0.5, 0.05, -0.5], [0.5, 0.88, 0.42]);
    s.block(Tone::Light, [-0.46, 0.09, 0.4], [0.46, 0.85, 0.47]);
    s.block(Tone::Dark, [-0.28, 0.54, 0.465], [0.28, 0.74, 0.49]);
    s.block(Tone::Accent, [-0.24, 0.56, 0.488], [0.24, 0.72, 0.496]);
    for k in 0..4 {
        let x = -0.18 + 0.12 * k as f32;
        s.block(Tone::Metal, [x - 0.03, 0.44, 0.465], [x + 0.03, 0.48, 0.5]);
    }
    let r = s.plan_m() * 0.07;
    s.tube(Tone::Metal, [0.3, 0.88, 0.0], [0.3, 0.92, 0.0], r * 0.5);
    for (k, tone) in [Tone::Trim, Tone::Light, Tone::Trim].into_iter().enumerate() {
        let y = 0.92 + 0.026 * k as f32;
        s.tube(tone, [0.3, y, 0.0], [0.3, y + 0.022, 0.0], r);
    }
}

/// A network rack: dark front with rows of ports.
pub(super) fn network(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 1.0, 0.44]);
    s.block(Tone::Dark, [-0.42, 0.08, 0.43], [0.42, 0.93, 0.47]);
    for k in 0..6 {
        let y = 0.14 + 0.13 * k as f32;
        s.block(Tone::Light, [-0.38, y, 0.46], [0.38, y + 0.08, 0.49]);
        s.block(Tone::Accent, [-0.34, y + 0.025, 0.485], [0.1, y + 0.05, 0.5]);
    }
}

/// A busbar run on posts with tap boxes.
pub(super) fn busbar(s: &mut Sculpt) {
    let posts = (s.size.x / 2.0).ceil().clamp(2.0, 12.0) as usize;
    for k in 0..posts {
        let x = -0.47 + 0.94 * k as f32 / (posts - 1).max(1) as f32;
        let t = 0.05 / s.size.x;
        s.block(Tone::Trim, [x - t, 0.0, -0.12], [x + t, 0.82, 0.12]);
        s.block(Tone::Accent, [x - t * 3.0, 0.55, 0.1], [x + t * 3.0, 0.78, 0.42]);
    }
    s.block(Tone::Body, [-0.5, 0.8, -0.34], [0.5, 1.0, 0.34]);
    for z in [-0.34, 0.34] {
        s.block(Tone::Metal, [-0.5, 0.87, z - 0.04], [0.5, 0.93, z + 0.04]);
    }
}

/// The grid connection: a portal with insulators and droppers.
pub(super) fn grid_feed(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 0.03, 0.5]);
    for x in [-0.44, 0.44] {
        for z in [-0.16, 0.16] {
            s.tube(Tone::Metal, [x, 0.0, z * 1.8], [x, 1.0, z * 0.6], 0.06);
        }
        for k in 0..5 {
            let y = 0.12 + 0.17 * k as f32;
            s.tube(Tone::Metal, [x, y, -0.26 + 0.03 * k as f32], [x, y + 0.14, 0.22 - 0.03 * k as f32], 0.03);
        }
    }
    s.block(Tone::Metal, [-0.5, 0.94, -0.1], [0.5, 1.0, 0.1]);
    for x in [-0.26, 0.0, 0.26] {
        for k in 0..5 {
            let y = 0.9 - 0.035 * k as f32;
            s.flange(Tone::Light, [x, y, 0.0], Vec3::Y, 0.12, 0.05);
        }
        s.tube(Tone::Dark, [x, 0.1, 0.0], [x, 0.94, 0.0], 0.02);
        s.block(Tone::Body, [x - 0.07, 0.03, -0.14], [x + 0.07, 0.24, 0.14]);
    }
}
