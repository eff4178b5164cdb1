//! Things that hold: tanks, silos, receivers, reactors, columns.

use super::sculpt::{Sculpt, Tone};
use bevy::math::Vec3;

/// A standing tank with dished heads on legs, a manway and a handrail.
pub(super) fn tank_vertical(s: &mut Sculpt) {
    let r = s.plan_m() * 0.48;
    standing(s, r, 0.12);
    s.tube(Tone::Metal, [0.0, 0.9, 0.0], [0.0, 0.985, 0.0], r * 0.28);
    s.flange(Tone::Trim, [0.0, 0.3, 0.0], Vec3::Y, r * 1.015, 0.06);
    s.flange(Tone::Trim, [0.0, 0.72, 0.0], Vec3::Y, r * 1.015, 0.06);
    ladder(s, r);
}

/// Legs and the shell; `leg` is the height of the legs as a fraction.
fn standing(s: &mut Sculpt, r: f32, leg: f32) {
    let foot = r * 0.68;
    for (x, z) in [(-foot, -foot), (foot, -foot), (foot, foot), (-foot, foot)] {
        let top = s.size.y * (leg + 0.1);
        s.cone_m(Tone::Trim, Vec3::new(x, 0.0, z), Vec3::new(x, top, z), 0.07, 0.07);
        s.block_m(Tone::Trim, Vec3::new(x - 0.12, 0.0, z - 0.12), Vec3::new(x + 0.12, 0.05, z + 0.12));
    }
    s.vessel(Tone::Body, [0.0, leg, 0.0], [0.0, 0.96, 0.0], r);
    s.tube(Tone::Metal, [0.0, leg * 0.3, 0.0], [0.0, leg + 0.04, 0.0], r * 0.14);
}

fn ladder(s: &mut Sculpt, r: f32) {
    let (z, h) = (r + 0.12, s.size.y * 0.9);
    for x in [-0.18, 0.18] {
        s.cone_m(Tone::Trim, Vec3::new(x, 0.0, z), Vec3::new(x, h, z), 0.025, 0.025);
    }
    let rungs = (h / 0.45) as usize;
    for k in 1..=rungs {
        let y = h * k as f32 / (rungs + 1) as f32;
        s.cone_m(Tone::Trim, Vec3::new(-0.18, y, z), Vec3::new(0.18, y, z), 0.02, 0.02);
    }
}

/// A standing tank with a drive on top.
pub(super) fn agitated(s: &mut Sculpt) {
    let r = s.plan_m() * 0.48;
    let (full, mut shell) = (s.size, Sculpt::new(Vec3::new(s.size.x, s.size.y * 0.86, s.size.z)));
    standing(&mut shell, r, 0.14);
    shell.flange(Tone::Trim, [0.0, 0.5, 0.0], Vec3::Y, r * 1.015, 0.06);
    *s = Sculpt { size: full, ..shell };
    s.tube(Tone::Trim, [0.0, 0.8, 0.0], [0.0, 0.88, 0.0], r * 0.3);
    s.tube(Tone::Accent, [0.0, 0.88, 0.0], [0.0, 1.0, 0.0], r * 0.2);
    ladder(s, r);
}

/// A lying vessel on two saddles.
pub(super) fn tank_horizontal(s: &mut Sculpt) {
    let r = (s.size.y * 0.42).min(s.size.z * 0.48);
    let y = 1.0 - r / s.size.y;
    saddles(s, y);
    s.vessel(Tone::Body, [-0.5, y, 0.0], [0.5, y, 0.0], r);
    s.flange(Tone::Trim, [-0.28, y, 0.0], Vec3::X, r * 1.02, 0.08);
    s.flange(Tone::Trim, [0.28, y, 0.0], Vec3::X, r * 1.02, 0.08);
}

/// Two supports up to a height fraction.
pub(super) fn saddles(s: &mut Sculpt, y: f32) {
    for x in [-0.28, 0.28] {
        s.block(Tone::Trim, [x - 0.035, 0.0, -0.3], [x + 0.035, y, 0.3]);
    }
}

/// A shell with a hopper bottom on tall legs.
pub(super) fn silo(s: &mut Sculpt) {
    let r = s.plan_m() * 0.48;
    let (top, mid, low) = (s.at([0.0, 0.94, 0.0]), s.at([0.0, 0.38, 0.0]), s.at([0.0, 0.14, 0.0]));
    s.cone_m(Tone::Body, mid, top, r, r);
    s.dome_m(Tone::Light, top, Vec3::Y, r, s.size.y * 0.06);
    s.cone_m(Tone::Body, low, mid, r * 0.2, r);
    s.legs(Tone::Trim, 0.12, 0.45, 0.14);
    s.flange(Tone::Trim, [0.0, 0.38, 0.0], Vec3::Y, r * 1.03, 0.12);
    ladder(s, r);
}

/// A slender pressure vessel on a skirt.
pub(super) fn receiver(s: &mut Sculpt) {
    let r = s.plan_m() * 0.46;
    let (a, b) = (Vec3::ZERO, s.at([0.0, 0.2, 0.0]));
    s.cone_m(Tone::Trim, a, b, r * 0.8, r * 0.8);
    s.vessel(Tone::Body, [0.0, 0.1, 0.0], [0.0, 0.95, 0.0], r);
    s.tube(Tone::Metal, [0.0, 0.93, 0.0], [0.0, 1.0, 0.0], r * 0.18);
    s.flange(Tone::Accent, [0.0, 0.62, 0.0], Vec3::Y, r * 1.02, 0.1);
}

/// A jacketed vessel with an agitator drive and a platform.
pub(super) fn reactor(s: &mut Sculpt) {
    let r = s.plan_m() * 0.42;
    s.legs(Tone::Trim, 0.08, 0.5, 0.2);
    s.vessel(Tone::Body, [0.0, 0.1, 0.0], [0.0, 0.88, 0.0], r);
    let (a, b) = (s.at([0.0, 0.26, 0.0]), s.at([0.0, 0.58, 0.0]));
    s.cone_m(Tone::Light, a, b, r * 1.08, r * 1.08);
    platform(s, 0.5, r * 1.1);
    s.tube(Tone::Trim, [0.0, 0.86, 0.0], [0.0, 0.91, 0.0], r * 0.3);
    s.tube(Tone::Accent, [0.0, 0.91, 0.0], [0.0, 1.0, 0.0], r * 0.2);
}

fn platform(s: &mut Sculpt, y: f32, r: f32) {
    s.flange(Tone::Trim, [0.0, y, 0.0], Vec3::Y, r + 0.35, 0.06);
    for k in 0..10 {
        let t = k as f32 / 10.0 * std::f32::consts::TAU;
        let p = Vec3::new(t.cos() * (r + 0.32), y * s.size.y, t.sin() * (r + 0.32));
        s.cone_m(Tone::Trim, p, p + Vec3::Y * 0.9, 0.02, 0.02);
    }
}

/// A tall column with platforms and an overhead nozzle.
pub(super) fn column(s: &mut Sculpt) {
    let r = s.plan_m() * 0.32;
    let skirt = s.at([0.0, 0.12, 0.0]);
    s.cone_m(Tone::Trim, Vec3::ZERO, skirt, r * 1.15, r);
    s.vessel(Tone::Body, [0.0, 0.08, 0.0], [0.0, 0.97, 0.0], r);
    for y in [0.28, 0.52, 0.76] {
        platform(s, y, r);
    }
    for y in [0.2, 0.4, 0.64, 0.88] {
        s.flange(Tone::Trim, [0.0, y, 0.0], Vec3::Y, r * 1.04, 0.07);
    }
    s.tube(Tone::Metal, [0.0, 0.95, 0.0], [0.0, 1.0, 0.0], r * 0.3);
    ladder(s, r);
}

/// A standing separator on a skirt with a level bridle.
pub(super) fn separator(s: &mut Sculpt) {
    let r = s.plan_m() * 0.44;
    let skirt = s.at([0.0, 0.2, 0.0]);
    s.cone_m(Tone::Trim, Vec3::ZERO, skirt, r * 0.85, r * 0.85);
    s.vessel(Tone::Body, [0.0, 0.1, 0.0], [0.0, 0.96, 0.0], r);
    let x = r * 1.2 / s.size.x;
    s.tube(Tone::Metal, [x, 0.3, 0.0], [x, 0.75, 0.0], 0.06);
    for y in [0.34, 0.71] {
        s.tube(Tone::Metal, [0.0, y, 0.0], [x, y, 0.0], 0.04);
    }
    s.flange(Tone::Accent, [0.0, 0.85, 0.0], Vec3::Y, r * 1.02, 0.1);
}
