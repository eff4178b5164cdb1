//! Moves the camera: orbit about what is under the pointer, pan, zoom to the pointer, frame, saved views.
//!
//! Works from cursor positions (absolute pointers give no raw motion), only inside the viewport, smoothly and
//! interruptibly. The mathematics is `rig`. Owns [`SceneCamera`].

use super::{
    api::{LookAt, SceneCamera, SceneInput, ViewportRect},
    build::Stage,
    rig::{FOV, Rig},
    stage::PlantCamera,
};
use crate::plant::{AssetId, Plant};
use bevy::{
    camera::{Projection, Viewport},
    input::mouse::AccumulatedMouseScroll,
    prelude::*,
    window::PrimaryWindow,
};
use bevy_egui::input::EguiWantsInput;

/// Heading of the home view [rad].
const HOME: (f32, f32) = (0.62, 0.56);
/// Share of the way done per second, as an exponent.
const HASTE: f32 = 14.0;

/// Where the camera is and where it is going.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Flight {
    /// Now.
    pub now: Rig,
    /// Soon.
    pub goal: Rig,
    settled: bool,
}

impl Default for Flight {
    fn default() -> Self {
        let rig = Rig::look(Vec3::new(30.0, 25.0, 40.0), Vec3::ZERO);
        Flight { now: rig, goal: rig, settled: false }
    }
}

/// Room that titles and legends need in a fitted view: left, top, right, bottom as fractions.
#[derive(Resource, Clone, Copy, PartialEq, Debug)]
pub struct Margins(pub [f32; 4]);

impl Default for Margins {
    fn default() -> Self {
        Margins([0.04, 0.08, 0.04, 0.06])
    }
}

/// The rig of a wish.
pub fn rig_for(wish: &LookAt, plant: &Plant, stage: &Stage, now: &Rig, aspect: f32, margins: [f32; 4]) -> Rig {
    let all = |yaw: f32, pitch: f32| Rig::fit(yaw, pitch, &stage.model.corners(&[]), aspect, margins);
    match wish {
        LookAt::Home => all(home_yaw(stage), HOME.1),
        LookAt::Front => all(0.0, 0.12),
        LookAt::Right => all(std::f32::consts::FRAC_PI_2, 0.12),
        LookAt::Top => all(0.0, 1.56),
        LookAt::Assets(ids) => Rig::fit(now.yaw, now.pitch.clamp(0.25, 1.0), &stage.model.corners(ids), aspect, [0.22, 0.25, 0.22, 0.22]),
        LookAt::Saved(k) => match plant.views.get(*k) {
            Some(v) => Rig::look(Vec3::from(v.eye_m.map(|x| x as f32)), Vec3::from(v.target_m.map(|x| x as f32))),
            None => all(home_yaw(stage), HOME.1),
        },
    }
}

/// The corner from which the tall bodies stand at the back.
fn home_yaw(stage: &Stage) -> f32 {
    let centre = (stage.model.bounds.0 + stage.model.bounds.1) / 2.0;
    let crowding = |yaw: f32| -> f32 {
        let towards = Vec3::new(yaw.sin(), 0.0, yaw.cos());
        stage.model.places.iter().map(|p| (p.position - centre).dot(towards) * p.size.y.powi(2) * p.size.x.max(p.size.z)).sum()
    };
    let corners = [HOME.0, -HOME.0, std::f32::consts::PI - HOME.0, std::f32::consts::PI + HOME.0];
    corners.into_iter().min_by(|a, b| crowding(*a).total_cmp(&crowding(*b))).unwrap_or(HOME.0)
}

/// The viewport in logical points and the target's size.
fn viewport(rect: &ViewportRect, camera: &Camera) -> Option<Rect> {
    let full = camera.logical_target_size()?;
    Some(rect.0.unwrap_or(Rect::from_corners(Vec2::ZERO, full)))
}

/// Handles [`LookAt`], and shows a new plant whole.
pub(super) fn obey(
    mut wishes: MessageReader<LookAt>,
    stage: Res<Stage>,
    input: Res<SceneInput>,
    rect: Res<ViewportRect>,
    margins: Res<Margins>,
    mut flight: ResMut<Flight>,
    camera: Single<&Camera, With<PlantCamera>>,
) {
    let Some(area) = viewport(&rect, &camera) else { return };
    let aspect = area.width() / area.height().max(1.0);
    if !flight.settled {
        let home = rig_for(&LookAt::Home, &input.plant, &stage, &flight.goal, aspect, margins.0);
        *flight = Flight { now: home, goal: home, settled: true };
    }
    for wish in wishes.read() {
        flight.goal = rig_for(wish, &input.plant, &stage, &flight.now, aspect, margins.0);
    }
}

/// Shows a plant that just arrived whole.
pub(super) fn greet(mut flight: ResMut<Flight>) {
    flight.settled = false;
}

/// What the left, middle and right buttons are doing.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Drag {
    Orbit(Vec3),
    Pan,
}

/// Turns pointer input into a goal.
pub(super) fn steer(
    buttons: Res<ButtonInput<MouseButton>>,
    keys: Res<ButtonInput<KeyCode>>,
    scroll: Res<AccumulatedMouseScroll>,
    rect: Res<ViewportRect>,
    stage: Res<Stage>,
    window: Option<Single<&Window, With<PrimaryWindow>>>,
    camera: Single<&Camera, With<PlantCamera>>,
    mut flight: ResMut<Flight>,
    mut drag: Local<Option<(MouseButton, Drag, Vec2)>>,
) {
    let (Some(area), Some(cursor)) = (viewport(&rect, &camera), window.and_then(|w| w.cursor_position())) else { return };
    let (alt, shift) = (keys.any_pressed([KeyCode::AltLeft, KeyCode::AltRight]), keys.any_pressed([KeyCode::ShiftLeft, KeyCode::ShiftRight]));
    if area.contains(cursor) {
        let under = |f: &Flight| pivot(&stage, &f.now, cursor, area);
        if buttons.just_pressed(MouseButton::Middle) {
            *drag = Some((MouseButton::Middle, if shift { Drag::Pan } else { Drag::Orbit(under(&flight)) }, cursor));
        } else if buttons.just_pressed(MouseButton::Right) {
            *drag = Some((MouseButton::Right, if alt { Drag::Orbit(under(&flight)) } else { Drag::Pan }, cursor));
        } else if alt && buttons.just_pressed(MouseButton::Left) {
            *drag = Some((MouseButton::Left, Drag::Orbit(under(&flight)), cursor));
        }
        if scroll.delta.y != 0.0 {
            let factor = 0.88f32.powf(scroll.delta.y.clamp(-8.0, 8.0));
            flight.goal = flight.goal.zoom(under(&flight), factor);
        }
    }
    let Some((button, kind, last)) = *drag else { return };
    if !buttons.pressed(button) {
        *drag = None;
        return;
    }
    let delta = (cursor - last) / area.height().max(1.0);
    if delta != Vec2::ZERO {
        flight.goal = match kind {
            Drag::Orbit(about) => flight.goal.orbit(about, Vec2::new(-delta.x * 4.5, delta.y * 3.5)),
            Drag::Pan => flight.goal.pan(delta),
        };
        *drag = Some((button, kind, cursor));
    }
}

/// What lies under the pointer: the nearest body's box, else the floor.
fn pivot(stage: &Stage, rig: &Rig, cursor: Vec2, area: Rect) -> Vec3 {
    let (origin, direction) = rig.ray(cursor, area);
    let hit = stage.model.places.iter().filter_map(|p| {
        let turn = Quat::from_rotation_y(-p.yaw);
        let (o, d) = (turn * (origin - p.position), turn * direction);
        let (low, high) = (Vec3::new(-p.size.x / 2.0, 0.0, -p.size.z / 2.0), Vec3::new(p.size.x / 2.0, p.size.y, p.size.z / 2.0));
        let (a, b) = ((low - o) / d, (high - o) / d);
        let (enter, leave) = (a.min(b).max_element(), a.max(b).min_element());
        (enter <= leave && enter > 0.0).then_some(enter)
    });
    match hit.reduce(f32::min) {
        Some(t) => origin + direction * t,
        None => rig.floor_hit(origin, direction),
    }
}

/// Keys: F frame, Home all, 1/3/7 views; not while a text field has the keyboard.
pub(super) fn keys(keys: Res<ButtonInput<KeyCode>>, wants: Option<Res<EguiWantsInput>>, input: Res<SceneInput>, mut out: MessageWriter<LookAt>) {
    if wants.is_some_and(|w| w.wants_any_keyboard_input()) || keys.any_pressed([KeyCode::ControlLeft, KeyCode::ControlRight, KeyCode::SuperLeft]) {
        return;
    }
    if keys.just_pressed(KeyCode::KeyF) {
        let chosen: Vec<AssetId> = input.plant.asset_ids().filter(|a| input.view.look(*a).selected).collect();
        out.write(if chosen.is_empty() { LookAt::Home } else { LookAt::Assets(chosen) });
    }
    for (codes, wish) in [
        ([KeyCode::Home, KeyCode::Home], LookAt::Home),
        ([KeyCode::Digit1, KeyCode::Numpad1], LookAt::Front),
        ([KeyCode::Digit3, KeyCode::Numpad3], LookAt::Right),
        ([KeyCode::Digit7, KeyCode::Numpad7], LookAt::Top),
    ] {
        if keys.any_just_pressed(codes) {
            out.write(wish);
        }
    }
}

/// Eases towards the goal, writes transform, viewport and [`SceneCamera`].
pub(super) fn fly(
    time: Res<Time>,
    rect: Res<ViewportRect>,
    mut flight: ResMut<Flight>,
    mut scene_camera: ResMut<SceneCamera>,
    camera: Single<(&mut Camera, &mut Transform, &mut Projection), With<PlantCamera>>,
) {
    let (mut camera, mut transform, mut projection) = camera.into_inner();
    let Some(area) = viewport(&rect, &camera) else { return };
    if flight.now != flight.goal {
        let eased = flight.now.ease(&flight.goal, 1.0 - (-HASTE * time.delta_secs()).exp());
        flight.now = if eased.eye.distance(flight.goal.eye) < 1e-3 { flight.goal } else { eased };
    }
    let rig = flight.now;
    transform.set_if_neq(Transform::from_translation(rig.eye).with_rotation(rig.rotation()));
    let aspect = area.width() / area.height().max(1.0);
    if let Projection::Perspective(p) = projection.as_mut()
        && p.aspect_ratio != aspect
    {
        p.aspect_ratio = aspect;
    }
    if rect.0.is_some() {
        let k = camera.target_scaling_factor().unwrap_or(1.0);
        let (at, size) = ((area.min * k).max(Vec2::ZERO).as_uvec2(), (area.size() * k).max(Vec2::ONE).as_uvec2());
        if camera.viewport.as_ref().is_none_or(|v| v.physical_position != at || v.physical_size != size) {
            camera.viewport = Some(Viewport { physical_position: at, physical_size: size, ..default() });
        }
    } else if camera.viewport.is_some() {
        camera.viewport = None;
    }
    let view = Mat4::from_rotation_translation(rig.rotation(), rig.eye).inverse();
    let clip = Mat4::perspective_infinite_reverse_rh(FOV, aspect, 0.2);
    *scene_camera = SceneCamera { clip_from_world: clip * view, eye_m: rig.eye, rect: area };
}
