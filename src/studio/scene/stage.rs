//! Light, floor, sky and the 3D camera: everything around the plant.
//!
//! Owns the camera entity and its quality; not its motion (`camera`).

use super::{
    api::{Backdrop, Quality, SceneTarget},
    model::SceneModel,
    palette,
    rig::FOV,
    solid::Soup,
};
use crate::plant::Plant;
use bevy::{
    camera::{Exposure, RenderTarget},
    core_pipeline::{prepass::DepthPrepass, tonemapping::Tonemapping},
    light::{CascadeShadowConfigBuilder, DirectionalLightShadowMap, NotShadowCaster},
    pbr::{DistanceFog, FogFalloff},
    prelude::*,
};

/// The camera of the plant.
#[derive(Component)]
pub struct PlantCamera;

/// The sun.
#[derive(Component)]
pub(super) struct Sun;

/// Spawns camera and sun once.
pub(super) fn spawn(mut commands: Commands, target: Res<SceneTarget>) {
    commands.spawn((
        Name::new("Plant camera"),
        PlantCamera,
        Camera3d::default(),
        Camera::default(),
        Projection::Perspective(PerspectiveProjection { fov: FOV, near: 0.2, far: 4000.0, ..default() }),
        Exposure { ev100: 9.7 },
        Tonemapping::None,
        render_target(&target),
        Transform::default(),
    ));
    commands.spawn((Name::new("Sun"), Sun, DirectionalLight::default(), Transform::from_xyz(-0.55, 1.0, 0.62).looking_at(Vec3::ZERO, Vec3::Y)));
}

fn render_target(target: &SceneTarget) -> RenderTarget {
    match &target.0 {
        Some(image) => RenderTarget::Image(image.clone().into()),
        None => RenderTarget::default(),
    }
}

/// Points the camera at a new target.
pub(super) fn retarget(target: Res<SceneTarget>, mut commands: Commands, cameras: Query<Entity, With<PlantCamera>>) {
    for camera in &cameras {
        commands.entity(camera).insert(render_target(&target));
    }
}

/// Applies quality and backdrop to camera and sun, sized to the plant.
pub(super) fn furnish(
    quality: Res<Quality>,
    backdrop: Res<Backdrop>,
    stage: Option<Res<super::build::Stage>>,
    mut shadow_map: ResMut<DirectionalLightShadowMap>,
    mut images: ResMut<Assets<Image>>,
    mut commands: Commands,
    mut cameras: Query<(Entity, &mut Camera), With<PlantCamera>>,
    mut suns: Query<(Entity, &mut DirectionalLight), With<Sun>>,
) {
    let colours = palette::surroundings(*backdrop);
    let dim = if *backdrop == Backdrop::Light { 1.0 } else { 0.62 };
    let reach = stage.map_or(60.0, |s| s.reach());
    for (entity, mut camera) in &mut cameras {
        camera.clear_color = ClearColorConfig::Custom(colours.sky);
        let mut e = commands.entity(entity);
        e.insert(match quality.msaa {
            2 => Msaa::Sample2,
            4 => Msaa::Sample4,
            8 => Msaa::Sample8,
            _ => Msaa::Off,
        });
        if quality.depth_prepass {
            e.insert(DepthPrepass);
        }
        e.insert(DistanceFog { color: colours.sky, falloff: FogFalloff::Linear { start: reach * 3.0, end: reach * 9.0 }, ..default() });
        if quality.sky_light {
            let sky = EnvironmentMapLight::hemispherical_gradient(
                &mut images,
                Color::srgb(0.97, 0.985, 1.0),
                Color::srgb(0.76, 0.775, 0.79),
                Color::srgb(0.56, 0.55, 0.54),
            );
            e.insert((EnvironmentMapLight { intensity: 760.0 * dim, ..sky }, AmbientLight { brightness: 0.0, ..default() }));
        } else {
            e.remove::<EnvironmentMapLight>();
            e.insert(AmbientLight { color: Color::srgb(0.95, 0.97, 1.0), brightness: 560.0 * dim, ..default() });
        }
    }
    shadow_map.size = quality.shadow_px.clamp(256, 8192);
    for (entity, mut sun) in &mut suns {
        sun.illuminance = 2350.0 * dim;
        sun.color = Color::srgb(1.0, 0.975, 0.94);
        sun.shadow_maps_enabled = quality.shadow_px > 0;
        let config = CascadeShadowConfigBuilder { num_cascades: 1, minimum_distance: 0.5, maximum_distance: reach * 5.0, ..default() };
        commands.entity(entity).insert(config.build());
    }
}

/// Floor, area plates with outlines, and an aisle line around everything.
pub(super) fn floor(plant: &Plant, model: &SceneModel, backdrop: Backdrop) -> Mesh {
    let colours = palette::surroundings(backdrop);
    let mut soup = Soup::default();
    let centre = (model.bounds.0 + model.bounds.1) / 2.0;
    rectangle(&mut soup, [centre.x - 900.0, centre.z - 900.0, centre.x + 900.0, centre.z + 900.0], 0.0, colours.floor.into());
    for area in &plant.areas {
        let [x0, z0, x1, z1] = area.rect_m.map(|v| v as f32);
        let (x0, x1, z0, z1) = (x0.min(x1), x0.max(x1), z0.min(z1), z0.max(z1));
        rectangle(&mut soup, [x0, z0, x1, z1], 0.004, colours.plate.into());
        outline(&mut soup, [x0, z0, x1, z1], 0.07, colours.line.into());
    }
    soup.mesh()
}

fn rectangle(soup: &mut Soup, [x0, z0, x1, z1]: [f32; 4], y: f32, colour: LinearRgba) {
    let corners = [Vec3::new(x0, y, z0), Vec3::new(x0, y, z1), Vec3::new(x1, y, z1), Vec3::new(x1, y, z0)];
    soup.plate(corners, [colour; 4]);
}

fn outline(soup: &mut Soup, [x0, z0, x1, z1]: [f32; 4], w: f32, colour: LinearRgba) {
    for r in [[x0, z0, x1, z0 + w], [x0, z1 - w, x1, z1], [x0, z0, x0 + w, z1], [x1 - w, z0, x1, z1]] {
        rectangle(soup, r, 0.008, colour);
    }
}

/// Marker for bodies that throw no shadow.
pub(super) fn without_shadow() -> NotShadowCaster {
    NotShadowCaster
}
