//! The packaging line and logistics: from depalletiser to dock, conveyors and racks.

use super::sculpt::{Sculpt, Tone};
use bevy::math::Vec3;

/// A machine frame: plinth, corner posts, glazed guards, a roof; leaves the inside free.
fn guarded(s: &mut Sculpt, low: f32, high: f32) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, low, 0.5]);
    let t = 0.06;
    s.legs(Tone::Trim, t / s.size.x.max(s.size.z), high, 0.09);
    s.block(Tone::Body, [-0.5, high, -0.5], [0.5, 1.0, 0.5]);
    let (x, z) = (0.5 - 0.05 / s.size.x, 0.5 - 0.05 / s.size.z);
    for side in [-1.0, 1.0] {
        let t = 0.012 / s.size.z;
        s.block(Tone::Glass, [-x + 0.03, low, side * z - t], [-0.01, high, side * z + t]);
        s.block(Tone::Glass, [0.01, low, side * z - t], [x - 0.03, high, side * z + t]);
    }
}

/// Heads in a circle around a centre column.
fn carousel(s: &mut Sculpt, y: [f32; 2], r: f32, heads: usize) {
    s.tube(Tone::Metal, [0.0, 0.1, 0.0], [0.0, y[1] + 0.06, 0.0], r * 0.26);
    s.tube(Tone::Light, [0.0, y[0] - 0.08, 0.0], [0.0, y[0] - 0.03, 0.0], r);
    s.tube(Tone::Body, [0.0, y[1], 0.0], [0.0, y[1] + 0.08, 0.0], r * 0.96);
    for k in 0..heads {
        let t = k as f32 / heads as f32 * std::f32::consts::TAU;
        let (x, z) = (t.cos() * r * 0.9 / s.size.x, t.sin() * r * 0.9 / s.size.z);
        s.tube(Tone::Accent, [x, y[0] + 0.1, z], [x, y[1], z], r * 0.055);
        s.tube(Tone::Glass, [x, y[0] - 0.03, z], [x, y[0] + 0.08, z], r * 0.04);
    }
}

/// A round filler: bowl on top, many valves, glazed guards.
pub(super) fn filler(s: &mut Sculpt) {
    let r = s.plan_m() * 0.44;
    guarded(s, 0.2, 0.74);
    carousel(s, [0.38, 0.64], r, 28);
    s.tube(Tone::Light, [0.0, 1.0, 0.0], [0.0, 1.06, 0.0], r * 0.6);
    s.tube(Tone::Metal, [0.0, 1.06, 0.0], [0.0, 1.16, 0.0], r * 0.12);
    panel(s);
}

/// A rinser: like a filler, smaller heads, water sump.
pub(super) fn rinser(s: &mut Sculpt) {
    let r = s.plan_m() * 0.42;
    guarded(s, 0.26, 0.76);
    carousel(s, [0.46, 0.66], r, 20);
    panel(s);
}

/// A capper: a turret with few heads and a cap chute.
pub(super) fn capper(s: &mut Sculpt) {
    let r = s.plan_m() * 0.36;
    guarded(s, 0.24, 0.7);
    carousel(s, [0.42, 0.62], r, 12);
    s.tube(Tone::Accent, [0.12, 0.98, 0.1], [0.38, 1.25, 0.3], 0.07);
    let (a, b) = (s.at([0.3, 1.1, 0.24]), s.at([0.3, 1.34, 0.24]));
    s.cone_m(Tone::Light, a, b, 0.12, 0.34);
    panel(s);
}

/// An operator panel on an arm at the front.
fn panel(s: &mut Sculpt) {
    let z = 0.5 + 0.14 / s.size.z;
    s.tube(Tone::Trim, [0.36, 0.2, z], [0.36, 0.5, z], 0.035);
    s.block(Tone::Accent, [0.3, 0.48, z - 0.03], [0.44, 0.66, z + 0.02]);
}

/// A labeller: a bottle table and two label reels on aggregates.
pub(super) fn labeller(s: &mut Sculpt) {
    let r = s.plan_m() * 0.34;
    guarded(s, 0.34, 0.8);
    s.tube(Tone::Light, [0.0, 0.34, 0.0], [0.0, 0.4, 0.0], r);
    s.tube(Tone::Metal, [0.0, 0.4, 0.0], [0.0, 0.8, 0.0], r * 0.16);
    for x in [-0.3, 0.3] {
        s.block(Tone::Accent, [x - 0.1, 0.34, 0.2], [x + 0.1, 0.66, 0.62]);
        s.tube(Tone::Light, [x, 0.66, 0.46], [x, 0.74, 0.46], r * 0.52);
        s.tube(Tone::Dark, [x, 0.74, 0.46], [x, 0.76, 0.46], r * 0.14);
    }
    panel(s);
}

/// An inspection arch over the belt.
pub(super) fn inspector(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.46, 0.0, -0.5], [0.46, 0.06, 0.5]);
    for z in [-0.42, 0.42] {
        s.block(Tone::Body, [-0.4, 0.06, z - 0.08], [0.4, 0.8, z + 0.08]);
    }
    s.block(Tone::Body, [-0.46, 0.72, -0.5], [0.46, 1.0, 0.5]);
    s.block(Tone::Dark, [-0.2, 0.78, 0.49], [0.2, 0.92, 0.505]);
    s.block(Tone::Accent, [-0.15, 0.8, 0.5], [0.15, 0.9, 0.51]);
}

/// A packer: guarded cell with an infeed table and a pick head.
pub(super) fn packer(s: &mut Sculpt) {
    guarded(s, 0.3, 0.86);
    s.block(Tone::Metal, [-0.42, 0.3, -0.3], [0.1, 0.36, 0.3]);
    for k in 0..3 {
        let x = 0.16 + 0.1 * k as f32;
        s.block(Tone::Carton, [x, 0.3, -0.2], [x + 0.08, 0.46, 0.2]);
    }
    s.tube(Tone::Metal, [-0.1, 0.56, 0.0], [-0.1, 0.86, 0.0], s.plan_m() * 0.05);
    s.block(Tone::Accent, [-0.26, 0.5, -0.2], [0.06, 0.58, 0.2]);
    panel(s);
}

/// A pallet with layers of goods; corners as fractions.
fn pallet(s: &mut Sculpt, x: [f32; 2], z: [f32; 2], y0: f32, top: f32, layers: usize) {
    s.block(Tone::Trim, [x[0], y0, z[0]], [x[1], y0 + 0.035, z[1]]);
    let step = (top - y0 - 0.035) / layers as f32;
    for k in 0..layers {
        let y = y0 + 0.035 + step * k as f32;
        let inset = 0.012 + 0.004 * (k % 2) as f32;
        s.block(Tone::Carton, [x[0] + inset, y, z[0] + inset], [x[1] - inset, y + step * 0.94, z[1] - inset]);
    }
}

/// A gantry of four posts, two beams and a cross beam at `y`.
fn gantry(s: &mut Sculpt, cross_x: f32) {
    s.legs(Tone::Accent, 0.04, 0.94, 0.16);
    for z in [-0.46, 0.46] {
        s.block(Tone::Accent, [-0.5, 0.92, z - 0.04], [0.5, 1.0, z + 0.04]);
    }
    s.block(Tone::Body, [cross_x - 0.05, 0.88, -0.48], [cross_x + 0.05, 0.95, 0.48]);
}

/// A palletiser: gantry, lifting head, pallet being stacked.
pub(super) fn palletiser(s: &mut Sculpt) {
    gantry(s, 0.16);
    s.block(Tone::Metal, [0.12, 0.6, -0.06], [0.2, 0.9, 0.06]);
    s.block(Tone::Body, [-0.02, 0.54, -0.24], [0.34, 0.6, 0.24]);
    pallet(s, [0.0, 0.36], [-0.28, 0.28], 0.04, 0.46, 4);
    s.block(Tone::Metal, [-0.46, 0.24, -0.22], [-0.06, 0.3, 0.22]);
    s.legs(Tone::Trim, 0.04, 0.24, 0.08);
}

/// A depalletiser: gantry, full pallet of empties, sweep head.
pub(super) fn depalletiser(s: &mut Sculpt) {
    gantry(s, -0.2);
    s.block(Tone::Metal, [-0.24, 0.72, -0.05], [-0.16, 0.9, 0.05]);
    s.block(Tone::Body, [-0.38, 0.68, -0.26], [-0.02, 0.73, 0.26]);
    s.block(Tone::Trim, [-0.38, 0.03, -0.3], [-0.02, 0.06, 0.3]);
    for k in 0..5 {
        let y = 0.06 + 0.118 * k as f32;
        s.block(Tone::Glass, [-0.36, y, -0.27], [-0.04, y + 0.1, 0.27]);
        s.block(Tone::Trim, [-0.37, y + 0.1, -0.28], [-0.03, y + 0.116, 0.28]);
    }
    s.block(Tone::Metal, [0.04, 0.3, -0.22], [0.48, 0.36, 0.22]);
}

/// A conveyor: belt on a frame with legs, end rollers, guide rails on posts. Runs along local +x.
pub(super) fn conveyor(s: &mut Sculpt) {
    let (h, w, l) = (s.size.y, s.size.z, s.size.x);
    let top = (h - 0.02) / h;
    s.block(Tone::Dark, [-0.5, top - 0.05 / h, -0.42], [0.5, 1.0, 0.42]);
    for z in [-0.47, 0.47] {
        s.block(Tone::Body, [-0.5, 1.0 - 0.2 / h, z - 0.03], [0.5, 1.0 - 0.01 / h, z + 0.03]);
    }
    for x in [-0.5, 0.5] {
        s.tube(Tone::Metal, [x, 1.0 - 0.09 / h, -0.44], [x, 1.0 - 0.09 / h, 0.44], 0.075);
    }
    let legs = (l / 2.2).ceil().clamp(2.0, 24.0) as usize;
    for k in 0..legs {
        let x = -0.46 + 0.92 * k as f32 / (legs - 1) as f32;
        let t = 0.035 / l;
        for z in [-0.42, 0.42] {
            s.block(Tone::Trim, [x - t, 0.0, z - 0.035 / w], [x + t, 1.0 - 0.15 / h, z + 0.035 / w]);
        }
        s.block(Tone::Trim, [x - t, 0.28, -0.42], [x + t, 0.34, 0.42]);
        for z in [-0.47, 0.47] {
            s.tube(Tone::Metal, [x, 1.0 - 0.02 / h, z], [x, 1.0 + 0.16 / h, z], 0.014);
        }
    }
    for z in [-0.45, 0.45] {
        s.tube(Tone::Metal, [-0.5, 1.0 + 0.12 / h, z], [0.5, 1.0 + 0.12 / h, z], 0.016);
    }
    s.block(Tone::Accent, [0.36, 1.0 - 0.34 / h, 0.44], [0.36 + 0.34 / l, 1.0 - 0.12 / h, 0.44 + 0.2 / w]);
}

/// A pallet rack: uprights, beams, goods in some places.
pub(super) fn rack(s: &mut Sculpt) {
    let bays = (s.size.x / 2.7).round().clamp(1.0, 12.0) as usize;
    let levels = (s.size.y / 1.6).round().clamp(2.0, 6.0) as usize;
    for k in 0..=bays {
        let x = -0.49 + 0.98 * k as f32 / bays as f32;
        let t = 0.05 / s.size.x;
        for z in [-0.47, 0.47] {
            s.block(Tone::Accent, [x - t, 0.0, z - 0.03], [x + t, 1.0, z + 0.03]);
        }
    }
    for level in 0..levels {
        let y = 0.02 + 0.94 * level as f32 / levels as f32;
        if level > 0 {
            for z in [-0.47, 0.47] {
                s.block(Tone::Metal, [-0.49, y - 0.1 / s.size.y, z - 0.03], [0.49, y, z + 0.03]);
            }
        }
        for bay in 0..bays {
            for half in 0..2 {
                // A fixed pattern of empty places.
                if (bay * 7 + level * 5 + half * 3) % 5 == 0 {
                    continue;
                }
                let w = 0.98 / bays as f32 / 2.0;
                let x = -0.49 + w * (2 * bay + half) as f32;
                pallet(s, [x + w * 0.12, x + w * 0.88], [-0.42, 0.42], y, y + 0.68 / levels as f32, 2);
            }
        }
    }
}

/// A loading dock: portal, sectional door, bumpers, leveller.
pub(super) fn dock(s: &mut Sculpt) {
    s.block(Tone::Body, [-0.5, 0.0, -0.5], [-0.38, 1.0, 0.3]);
    s.block(Tone::Body, [0.38, 0.0, -0.5], [0.5, 1.0, 0.3]);
    s.block(Tone::Body, [-0.5, 0.82, -0.5], [0.5, 1.0, 0.3]);
    for k in 0..5 {
        let y = 0.02 + 0.16 * k as f32;
        s.block(Tone::Light, [-0.38, y, -0.3], [0.38, y + 0.15, -0.2]);
    }
    s.block(Tone::Glass, [-0.2, 0.52, -0.2], [0.2, 0.6, -0.18]);
    s.block(Tone::Metal, [-0.34, 0.0, -0.1], [0.34, 0.03, 0.5]);
    for x in [-0.42, 0.42] {
        s.block(Tone::Dark, [x - 0.04, 0.04, 0.28], [x + 0.04, 0.2, 0.4]);
    }
}

/// Anything else: a plain housing.
pub(super) fn housing(s: &mut Sculpt) {
    s.block(Tone::Trim, [-0.5, 0.0, -0.5], [0.5, 0.06, 0.5]);
    s.block(Tone::Body, [-0.48, 0.06, -0.48], [0.48, 1.0, 0.48]);
    s.block(Tone::Light, [-0.4, 0.3, 0.475], [0.4, 0.85, 0.49]);
    s.flange(Tone::Trim, [0.0, 1.0, 0.0], Vec3::Y, s.plan_m() * 0.1, 0.06);
}
