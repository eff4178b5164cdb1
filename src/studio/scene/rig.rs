//! Camera mathematics: orbit about a point, pan, zoom to a point, fit, ease. Pure.
//!
//! A [`Rig`] is an eye with a heading; it knows no input devices. Invariant: the pitch stays between just above the
//! floor and straight down, the distance within limits, so no input can lose the plant.

use bevy::math::{EulerRot, Quat, Rect, Vec2, Vec3};

/// Vertical field of view [rad]: a long lens, calm perspective.
pub const FOV: f32 = 0.5;
const PITCH: std::ops::RangeInclusive<f32> = 0.02..=1.5607;
const DISTANCE: std::ops::RangeInclusive<f32> = 1.0..=2000.0;

/// Where the camera stands and looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rig {
    /// Eye [m].
    pub eye: Vec3,
    /// Heading about +Y; 0 looks towards −Z [rad].
    pub yaw: f32,
    /// Downwards from the horizon [rad].
    pub pitch: f32,
    /// Distance of what is looked at [m].
    pub distance: f32,
}

impl Rig {
    /// Looks at a point.
    pub fn look(eye: Vec3, target: Vec3) -> Rig {
        let d = target - eye;
        let flat = d.x.hypot(d.z);
        let yaw = if flat > 1e-4 { (-d.x).atan2(-d.z) } else { 0.0 };
        Rig { eye, yaw, pitch: (-d.y).atan2(flat).clamp(*PITCH.start(), *PITCH.end()), distance: d.length().max(*DISTANCE.start()) }
    }

    /// Orientation.
    pub fn rotation(&self) -> Quat {
        Quat::from_euler(EulerRot::YXZ, self.yaw, -self.pitch, 0.0)
    }

    /// What is looked at [m].
    pub fn target(&self) -> Vec3 {
        self.eye + self.rotation() * Vec3::NEG_Z * self.distance
    }

    /// Turns about a pivot by angles [rad]; the pivot keeps its place on the screen.
    pub fn orbit(&self, pivot: Vec3, by: Vec2) -> Rig {
        let pitch = (self.pitch + by.y).clamp(*PITCH.start(), *PITCH.end());
        let turned = Rig { yaw: self.yaw + by.x, pitch, ..*self };
        let local = self.rotation().inverse() * (self.eye - pivot);
        let eye = pivot + turned.rotation() * local;
        Rig { eye: eye.with_y(eye.y.max(0.2)), ..turned }
    }

    /// Moves sideways by a fraction of the view's height.
    pub fn pan(&self, by: Vec2) -> Rig {
        let span = 2.0 * self.distance * (FOV / 2.0).tan();
        let shift = self.rotation() * Vec3::new(-by.x * span, by.y * span, 0.0);
        Rig { eye: self.eye + shift, ..*self }
    }

    /// Moves towards (factor < 1) or away from a point, which keeps its place on the screen.
    pub fn zoom(&self, at: Vec3, factor: f32) -> Rig {
        let distance = (self.distance * factor).clamp(*DISTANCE.start(), *DISTANCE.end());
        let f = distance / self.distance;
        Rig { eye: at + (self.eye - at) * f, distance, ..*self }
    }

    /// The nearest camera of this heading that shows all points, leaving margins (left, top, right, bottom as fractions).
    pub fn fit(yaw: f32, pitch: f32, points: &[Vec3], aspect: f32, margins: [f32; 4]) -> Rig {
        let pitch = pitch.clamp(*PITCH.start(), *PITCH.end());
        let rig = Rig { eye: Vec3::ZERO, yaw, pitch, distance: 1.0 };
        let (to_view, ty) = (rig.rotation().inverse(), (FOV / 2.0).tan());
        let tx = ty * aspect;
        // Half angles usable on each side.
        let side = |t: f32, m: f32| t * (1.0 - 2.0 * m).max(0.2);
        let [left, top, right, bottom] = [side(tx, margins[0]), side(ty, margins[1]), side(tx, margins[2]), side(ty, margins[3])];
        let (mut reach, mut nearest) = ([f32::MIN; 4], f32::MIN);
        for p in points {
            let v = to_view * *p;
            let (r, u, depth) = (v.x, v.y, -v.z);
            for (k, value) in [-r - depth * left, u - depth * top, r - depth * right, -u - depth * bottom].into_iter().enumerate() {
                reach[k] = reach[k].max(value);
            }
            nearest = nearest.max(-depth);
        }
        if points.is_empty() {
            return Rig::look(Vec3::new(20.0, 20.0, 20.0), Vec3::ZERO);
        }
        let back = ((reach[0] + reach[2]) / (left + right)).max((reach[1] + reach[3]) / (top + bottom)).max(nearest + 1.0);
        // Slack is shared between the two sides.
        let x = ((reach[2] - back * right) + (back * left - reach[0])) / 2.0;
        let y = ((reach[1] - back * top) + (back * bottom - reach[3])) / 2.0;
        let eye = rig.rotation() * Vec3::new(x, y, back);
        let centre = points.iter().sum::<Vec3>() / points.len() as f32;
        let distance = (rig.rotation().inverse() * (centre - eye)).z.abs().clamp(*DISTANCE.start(), *DISTANCE.end());
        Rig { eye, distance, ..rig }
    }

    /// A step of the way towards a goal; `share` 0..=1 of what is left. Headings take the short way round.
    pub fn ease(&self, goal: &Rig, share: f32) -> Rig {
        let s = share.clamp(0.0, 1.0);
        let turn = (goal.yaw - self.yaw + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU) - std::f32::consts::PI;
        Rig {
            eye: self.eye.lerp(goal.eye, s),
            yaw: self.yaw + turn * s,
            pitch: self.pitch + (goal.pitch - self.pitch) * s,
            distance: self.distance + (goal.distance - self.distance) * s,
        }
    }

    /// The ray through a point of the viewport: origin and direction.
    pub fn ray(&self, cursor: Vec2, rect: Rect) -> (Vec3, Vec3) {
        let ndc = Vec2::new((cursor.x - rect.min.x) / rect.width() * 2.0 - 1.0, 1.0 - (cursor.y - rect.min.y) / rect.height() * 2.0);
        let ty = (FOV / 2.0).tan();
        let tx = ty * rect.width() / rect.height().max(1.0);
        (self.eye, (self.rotation() * Vec3::new(ndc.x * tx, ndc.y * ty, -1.0)).normalize())
    }

    /// Where a ray meets the floor, or a point at the looked-at distance when it does not.
    pub fn floor_hit(&self, origin: Vec3, direction: Vec3) -> Vec3 {
        let t = -origin.y / direction.y;
        if direction.y < -1e-3 && t > 0.0 && t < self.distance * 4.0 { origin + direction * t } else { origin + direction * self.distance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_screen(rig: &Rig, p: Vec3, aspect: f32) -> Vec2 {
        let v = rig.rotation().inverse() * (p - rig.eye);
        assert!(v.z < 0.0, "behind the camera");
        let ty = (FOV / 2.0).tan();
        Vec2::new(v.x / -v.z / (ty * aspect), v.y / -v.z / ty)
    }

    #[test]
    fn fit_shows_everything_inside_the_margins_and_wastes_nothing() {
        let points: Vec<Vec3> = (0..27).map(|k| Vec3::new((k % 3) as f32 * 30.0, (k / 3 % 3) as f32 * 4.0, (k / 9) as f32 * 12.0 - 50.0)).collect();
        for (yaw, pitch) in [(0.5, 0.5), (2.5, 0.3), (-1.0, 1.5)] {
            let rig = Rig::fit(yaw, pitch, &points, 16.0 / 9.0, [0.05, 0.12, 0.05, 0.05]);
            let p: Vec<Vec2> = points.iter().map(|p| on_screen(&rig, *p, 16.0 / 9.0)).collect();
            let (low, high) = (p.iter().copied().reduce(Vec2::min).expect("points"), p.iter().copied().reduce(Vec2::max).expect("points"));
            assert!(low.x >= -0.901 && high.x <= 0.901 && low.y >= -0.901 && high.y <= 0.761, "{low} {high}");
            assert!(high.x - low.x > 1.79 || high.y - low.y > 1.65, "too small: {low} {high}");
        }
    }

    #[test]
    fn orbit_and_zoom_keep_their_point_on_the_screen() {
        let rig = Rig::look(Vec3::new(10.0, 12.0, 20.0), Vec3::new(1.0, 0.0, 2.0));
        let p = Vec3::new(3.0, 1.0, 4.0);
        let before = on_screen(&rig, p, 1.5);
        for after in [rig.orbit(p, Vec2::new(0.3, 0.1)), rig.zoom(p, 0.5), rig.zoom(p, 1.8)] {
            assert!((on_screen(&after, p, 1.5) - before).length() < 1e-3, "{after:?}");
        }
        let tilted = rig.orbit(p, Vec2::new(0.0, 99.0));
        assert!(tilted.pitch <= *PITCH.end());
    }

    #[test]
    fn look_and_ray_agree() {
        let (eye, at) = (Vec3::new(-8.0, 9.0, 14.0), Vec3::new(2.0, 0.0, -3.0));
        let rig = Rig::look(eye, at);
        assert!(rig.target().distance(at) < 1e-3, "{}", rig.target());
        let rect = Rect::new(0.0, 0.0, 800.0, 600.0);
        let (o, d) = rig.ray(rect.center(), rect);
        assert!(rig.floor_hit(o, d).distance(at) < 1e-2);
    }

    #[test]
    fn ease_takes_the_short_way_round() {
        let a = Rig { eye: Vec3::ZERO, yaw: 3.0, pitch: 0.5, distance: 5.0 };
        let b = Rig { yaw: -3.0, ..a };
        assert!(a.ease(&b, 0.5).yaw > 3.0);
        assert!((a.ease(&b, 1.0).yaw - 3.0 - (std::f32::consts::TAU - 6.0)).abs() < 1e-4);
    }
}
