//! Applies the view to the stage each frame: tints, frames, arcs, gauges, packs. Writes on change only.

use super::{
    api::SceneInput,
    build::{AssetRef, Materials, Stage},
    kit::{Sculpt, Tone},
    palette::{self, Tint},
    solid::{self, Soup},
    view::PlantView,
};
use crate::plant::Shape;
use bevy::prelude::*;

/// Things redrawn from the view: frames, arcs, gauges.
#[derive(Component)]
pub(super) struct Overlay;

/// A pack on a conveyor.
#[derive(Component)]
pub(super) struct PackRef;

/// Swaps materials where a tint changed.
pub(super) fn tints(
    input: Res<SceneInput>,
    mut materials: ResMut<Materials>,
    mut store: ResMut<Assets<StandardMaterial>>,
    mut bodies: Query<(&AssetRef, &mut MeshMaterial3d<StandardMaterial>)>,
) {
    for (asset, mut material) in &mut bodies {
        let want = materials.get(Tint::of(&input.view.look(asset.0), input.view.heat), &mut store);
        if material.0 != want {
            material.0 = want;
        }
    }
}

/// What the overlay meshes depend on, coarse enough not to change every frame.
#[derive(PartialEq)]
pub(super) struct OverlayKey {
    frames: Vec<(bool, bool, bool, Option<u8>)>,
    causes: Vec<super::view::CauseArc>,
    heat: bool,
    stage: Entity,
}

impl OverlayKey {
    fn of(view: &PlantView, stage: Entity) -> Self {
        let level = |l: Option<f32>| l.map(|v| (v.clamp(0.0, 1.0) * 50.0) as u8);
        let frames = view.assets.iter().map(|a| (a.selected, a.hovered, a.origin, level(a.level))).collect();
        OverlayKey { frames, causes: view.causes.clone(), heat: view.heat, stage }
    }
}

/// Rebuilds frames, arcs and gauges when what they show has changed.
pub(super) fn overlays(
    input: Res<SceneInput>,
    stage: Res<Stage>,
    mut last: Local<Option<OverlayKey>>,
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut store: ResMut<Assets<StandardMaterial>>,
    old: Query<Entity, With<Overlay>>,
) {
    let key = OverlayKey::of(&input.view, stage.root());
    if last.as_ref() == Some(&key) {
        return;
    }
    *last = Some(key);
    for e in &old {
        commands.entity(e).despawn();
    }
    let (mut bright, mut gauges) = (Soup::default(), Soup::default());
    for place in &stage.model.places {
        let look = input.view.look(place.asset);
        if look.origin {
            solid::frame(&mut bright, place, 0.55, 0.10, palette::ORIGIN);
        }
        if look.selected {
            solid::frame(&mut bright, place, 0.30, 0.09, palette::SELECT);
        } else if look.hovered {
            solid::frame(&mut bright, place, 0.30, 0.04, palette::SELECT);
        }
        if let Some(level) = look.level.filter(|_| is_vessel(stage.plant.asset(place.asset).body.shape)) {
            solid::gauge(&mut gauges, place, level);
        }
    }
    for cause in &input.view.causes {
        let (from, to) = (cause.from.index(), cause.to.index());
        if let (Some(a), Some(b)) = (stage.model.places.get(from), stage.model.places.get(to)) {
            solid::arc(&mut bright, a.anchor(), b.anchor(), 0.05 + 0.07 * cause.probability, palette::heat(0.35 + 0.65 * cause.probability));
        }
    }
    for (soup, unlit) in [(bright, true), (gauges, false)] {
        if !soup.is_empty() {
            let material = store.add(StandardMaterial { unlit, perceptual_roughness: 0.8, reflectance: 0.2, ..default() });
            let e = (ChildOf(stage.root()), Overlay, Mesh3d(meshes.add(soup.mesh())), MeshMaterial3d(material), super::stage::without_shadow());
            commands.spawn(e);
        }
    }
}

fn is_vessel(shape: Shape) -> bool {
    matches!(
        shape,
        Shape::TankVertical | Shape::Silo | Shape::AgitatedTank | Shape::Receiver | Shape::Reactor | Shape::Separator | Shape::TankHorizontal
    )
}

/// Moves packs, spawns and despawns what the count asks for.
pub(super) fn packs(
    input: Res<SceneInput>,
    stage: Res<Stage>,
    style: Res<super::api::Style>,
    mut shared: Local<Option<(Entity, Handle<Mesh>)>>,
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut store: ResMut<Assets<StandardMaterial>>,
    mut materials: ResMut<Materials>,
    mut packs: Query<(Entity, &mut Transform), With<PackRef>>,
) {
    let root = stage.root();
    if shared.as_ref().is_none_or(|s| s.0 != root) {
        *shared = Some((root, meshes.add(pack_mesh(input.view.pack_half_m, *style))));
    }
    let Some((_, mesh)) = shared.as_ref() else { return };
    let pose = |p: &super::view::PackLook| Transform::from_translation(Vec3::from(p.position_m)).with_rotation(Quat::from_array(p.rotation));
    let mut wanted = input.view.packs.iter();
    for (entity, mut transform) in &mut packs {
        match wanted.next() {
            Some(p) => {
                transform.set_if_neq(pose(p));
            }
            None => commands.entity(entity).despawn(),
        }
    }
    let plain = materials.get(Tint::Plain, &mut store);
    for p in wanted {
        commands.spawn((ChildOf(root), PackRef, Mesh3d(mesh.clone()), MeshMaterial3d(plain.clone()), pose(p)));
    }
}

/// A shrink-wrapped pack of bottles: a tray, a body, caps.
fn pack_mesh(half: [f32; 3], style: super::api::Style) -> Mesh {
    let h = Vec3::from(half);
    let mut s = Sculpt::new(Vec3::ONE);
    s.block_m(Tone::Carton, Vec3::new(-h.x, -h.y, -h.z), Vec3::new(h.x, h.y * 0.1, h.z));
    s.block_m(Tone::Light, Vec3::new(-h.x * 0.96, h.y * 0.1, -h.z * 0.96), Vec3::new(h.x * 0.96, h.y * 0.72, h.z * 0.96));
    for k in 0..6 {
        let at = Vec3::new((k % 3) as f32 - 1.0, 0.0, (k / 3) as f32 - 0.5) * Vec3::new(h.x * 0.62, 0.0, h.z * 0.9);
        s.cone_m(Tone::Accent, at + Vec3::Y * (h.y * 0.7), at + Vec3::Y * h.y, h.x * 0.16, h.x * 0.12);
    }
    solid::body(&s, style)
}
