//! Which asset is under the pointer: a ray through the viewport against the meshes.
//!
//! A click picks when the pointer has hardly moved; floor and sky pick nothing. Independent of where the camera draws.

use super::{
    api::{AssetHovered, AssetPicked, ViewportRect},
    build::AssetRef,
    camera::Flight,
};
use crate::plant::AssetId;
use bevy::{
    picking::mesh_picking::ray_cast::{MeshRayCast, MeshRayCastSettings},
    prelude::*,
    window::PrimaryWindow,
};

/// Movement that turns a click into a drag [points].
const SLOP: f32 = 5.0;

/// Writes [`AssetHovered`] on change and [`AssetPicked`] on click.
pub(super) fn pick(
    buttons: Res<ButtonInput<MouseButton>>,
    keys: Res<ButtonInput<KeyCode>>,
    rect: Res<ViewportRect>,
    flight: Res<Flight>,
    window: Option<Single<&Window, With<PrimaryWindow>>>,
    refs: Query<&AssetRef>,
    parents: Query<&ChildOf>,
    mut rays: MeshRayCast,
    mut hovered: MessageWriter<AssetHovered>,
    mut picked: MessageWriter<AssetPicked>,
    mut last: Local<(Option<Vec2>, Option<AssetId>)>,
    mut pressed_at: Local<Option<Vec2>>,
) {
    let Some(window) = window else { return };
    let area = rect.0.unwrap_or(Rect::from_corners(Vec2::ZERO, window.size()));
    let cursor = window.cursor_position().filter(|c| area.contains(*c));
    if buttons.just_pressed(MouseButton::Left) {
        *pressed_at = cursor.filter(|_| !keys.any_pressed([KeyCode::AltLeft, KeyCode::AltRight]));
    }
    // The ray is cast only when the pointer moved.
    if cursor != last.0 {
        let under = cursor.and_then(|c| {
            let (origin, direction) = flight.now.ray(c, area);
            let ray = Ray3d::new(origin, Dir3::new(direction).ok()?);
            let (entity, _) = rays.cast_ray(ray, &MeshRayCastSettings::default()).first()?;
            std::iter::once(*entity).chain(parents.iter_ancestors(*entity)).find_map(|e| refs.get(e).ok().map(|r| r.0))
        });
        if under != last.1 {
            hovered.write(AssetHovered(under));
        }
        *last = (cursor, under);
    }
    if buttons.just_released(MouseButton::Left)
        && let (Some(from), Some(c)) = (pressed_at.take(), cursor)
        && from.distance(c) < SLOP
    {
        let additive = keys.any_pressed([KeyCode::ControlLeft, KeyCode::ControlRight, KeyCode::SuperLeft, KeyCode::SuperRight]);
        picked.write(AssetPicked { asset: last.1, additive });
    }
}
