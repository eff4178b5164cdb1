//! What moves goods: automated vehicles.

use super::sculpt::{Sculpt, Tone};
use bevy::math::Vec3;

/// An automated counterbalance stacker: chassis with bumper strips, mast with forks to +x, scanner dome on top.
pub(super) fn vehicle(s: &mut Sculpt) {
    let plan = s.plan_m();
    // chassis and battery hood behind the mast
    s.block(Tone::Dark, [-0.5, 0.03, -0.44], [0.08, 0.12, 0.44]);
    s.block(Tone::Body, [-0.48, 0.12, -0.40], [0.02, 0.50, 0.40]);
    s.block(Tone::Accent, [-0.5, 0.12, -0.42], [-0.44, 0.20, 0.42]);
    s.block(Tone::Light, [-0.40, 0.50, -0.32], [-0.10, 0.56, 0.32]);
    s.block(Tone::Glass, [-0.485, 0.28, -0.2], [-0.478, 0.44, 0.2]);
    // mast: two rails, cross members, scanner
    for z in [-0.30, 0.30] {
        s.block(Tone::Metal, [0.04, 0.05, z - 0.035], [0.12, 0.98, z + 0.035]);
    }
    for y in [0.34, 0.66, 0.95] {
        s.block(Tone::Metal, [0.06, y, -0.30], [0.10, y + 0.03, 0.30]);
    }
    s.tube(Tone::Accent, [0.08, 0.98, 0.0], [0.08, 1.06, 0.0], plan * 0.09);
    // carriage and forks
    s.block(Tone::Trim, [0.12, 0.06, -0.28], [0.15, 0.30, 0.28]);
    for z in [-0.20, 0.20] {
        s.block(Tone::Metal, [0.13, 0.03, z - 0.05], [0.5, 0.06, z + 0.05]);
    }
    // wheels
    for (x, z) in [(-0.36, -0.40), (-0.36, 0.40), (0.0, -0.40), (0.0, 0.40)] {
        let r = (s.size.y * 0.06).min(plan * 0.12);
        let at = s.at([x, 0.0, z]) + Vec3::Y * r;
        let half = Vec3::Z * plan * 0.05;
        s.cone_m(Tone::Dark, at - half, at + half, r, r);
    }
}
