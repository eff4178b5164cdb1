//! Machines that turn: pumps, motors, compressors, gensets, intake.

use super::sculpt::{Sculpt, Tone};
use bevy::math::Vec3;

/// A centrifugal pump: motor, guard, volute, suction along +x, discharge upwards.
pub(super) fn pump(s: &mut Sculpt) {
    let r = (s.size.y * 0.32).min(s.size.z * 0.42);
    let y = 0.46;
    s.block(Tone::Trim, [-0.5, 0.0, -0.38], [0.5, 0.1, 0.38]);
    s.block(Tone::Trim, [-0.42, 0.1, -0.2], [-0.02, 0.24, 0.2]);
    motor_body(s, -0.48, -0.04, y, r * 0.82);
    s.tube(Tone::Metal, [-0.04, y, 0.0], [0.1, y, 0.0], r * 0.36);
    s.tube(Tone::Accent, [0.1, y, 0.0], [0.34, y, 0.0], r * 1.12);
    s.flange(Tone::Metal, [0.22, y, 0.0], Vec3::X, r * 1.18, 0.04);
    s.block(Tone::Trim, [0.14, 0.1, -0.15], [0.3, y, 0.15]);
    s.tube(Tone::Accent, [0.34, y, 0.0], [0.48, y, 0.0], r * 0.42);
    s.flange(Tone::Metal, [0.49, y, 0.0], Vec3::X, r * 0.6, 0.05);
    let z = r * 0.55 / s.size.z;
    s.tube(Tone::Accent, [0.22, y, z], [0.22, 0.96, z], r * 0.34);
    s.flange(Tone::Metal, [0.22, 0.97, z], Vec3::Y, r * 0.52, 0.05);
}

/// A finned motor between two x fractions.
fn motor_body(s: &mut Sculpt, x0: f32, x1: f32, y: f32, r: f32) {
    s.tube(Tone::Body, [x0 + 0.03, y, 0.0], [x1, y, 0.0], r * 0.9);
    s.tube(Tone::Trim, [x0, y, 0.0], [x0 + 0.07, y, 0.0], r);
    let n = 7;
    for k in 0..n {
        let x = x0 + 0.1 + (x1 - x0 - 0.14) * k as f32 / (n - 1) as f32;
        s.flange(Tone::Body, [x, y, 0.0], Vec3::X, r, 0.02);
    }
    let top = y + r * 0.7 / s.size.y;
    let z = r * 0.4 / s.size.z;
    s.block(Tone::Trim, [(x0 + x1) / 2.0 - 0.06, top, -z], [(x0 + x1) / 2.0 + 0.08, top + 0.16, z]);
}

/// An electric motor on its rails.
pub(super) fn motor(s: &mut Sculpt) {
    let r = (s.size.y * 0.38).min(s.size.z * 0.46);
    s.block(Tone::Trim, [-0.5, 0.0, -0.4], [0.5, 0.12, 0.4]);
    s.block(Tone::Trim, [-0.36, 0.1, -0.25], [0.26, 0.3, 0.25]);
    motor_body(s, -0.46, 0.34, 0.5, r);
    s.tube(Tone::Metal, [0.34, 0.5, 0.0], [0.5, 0.5, 0.0], r * 0.22);
}

/// A screw compressor in its hood: louvres, control panel, cooler exhaust on top.
pub(super) fn compressor(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 0.08, 0.5]);
    s.block(Tone::Body, [-0.48, 0.08, -0.48], [0.48, 0.86, 0.48]);
    s.block(Tone::Light, [-0.48, 0.86, -0.42], [-0.02, 1.0, 0.42]);
    s.block(Tone::Dark, [-0.44, 0.985, -0.36], [-0.06, 1.003, 0.36]);
    for x in [-0.16, 0.16] {
        seam(s, x);
    }
    s.louvres([-0.44, -0.2], [0.2, 0.6], 0.48, 6);
    s.block(Tone::Accent, [0.22, 0.5, 0.47], [0.42, 0.78, 0.5]);
    s.block(Tone::Dark, [0.25, 0.62, 0.49], [0.39, 0.75, 0.505]);
    let r = s.size.y * 0.07;
    s.tube(Tone::Metal, [0.25, 0.84, 0.0], [0.25, 1.0, 0.0], r);
}

fn seam(s: &mut Sculpt, x: f32) {
    let t = 0.012 / s.size.x;
    s.block(Tone::Dark, [x - t, 0.1, 0.476], [x + t, 0.85, 0.484]);
}

/// A generator set: skid, canopy, radiator, exhaust.
pub(super) fn genset(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.46], [0.5, 0.1, 0.46]);
    s.block(Tone::Body, [-0.47, 0.1, -0.44], [0.47, 0.74, 0.44]);
    s.block(Tone::Light, [-0.47, 0.74, -0.38], [0.3, 0.8, 0.38]);
    s.louvres([-0.4, -0.08], [0.22, 0.64], 0.44, 7);
    s.louvres([0.06, 0.26], [0.22, 0.64], 0.44, 7);
    s.block(Tone::Accent, [0.3, 0.34, 0.43], [0.42, 0.62, 0.46]);
    s.block(Tone::Dark, [0.465, 0.16, -0.36], [0.475, 0.68, 0.36]);
    let r = s.plan_m() * 0.07;
    s.tube(Tone::Metal, [-0.2, 0.78, 0.0], [0.1, 0.78, 0.0], r * 1.7);
    s.tube(Tone::Metal, [0.16, 0.74, 0.0], [0.16, 1.0, 0.0], r);
    s.flange(Tone::Dark, [0.16, 0.995, 0.0], Vec3::Y, r * 0.7, 0.04);
}

/// A raw-water intake: a wet well with a pump house and a pipe bend.
pub(super) fn intake(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 0.12, 0.5]);
    s.block(Tone::Body, [-0.46, 0.12, -0.4], [0.1, 0.86, 0.4]);
    s.block(Tone::Light, [-0.5, 0.86, -0.46], [0.14, 0.96, 0.46]);
    s.block(Tone::Dark, [-0.32, 0.12, 0.395], [-0.08, 0.68, 0.41]);
    s.block(Tone::Dark, [0.16, 0.12, -0.36], [0.46, 0.135, 0.36]);
    let r = s.size.y * 0.09;
    s.tube(Tone::Accent, [0.3, 0.1, 0.0], [0.3, 0.5, 0.0], r);
    s.tube(Tone::Accent, [0.06, 0.5, 0.0], [0.335, 0.5, 0.0], r);
}
