//! The scene without a graphics adapter: entities follow the plant, tints follow the view, the camera obeys.

use super::*;
use crate::plant::{AssetId, Plant};
use bevy::{
    log::LogPlugin,
    render::{RenderPlugin, settings::WgpuSettings},
    window::ExitCondition,
    winit::WinitPlugin,
};
use std::sync::Arc;

/// The whole stack with no backend, showing the bottling plant.
fn app() -> (App, Arc<Plant>) {
    let plant = Arc::new(Plant::builtin("bottling").expect("built in").expect("valid"));
    let mut app = App::new();
    let no_backend = WgpuSettings { backends: None, ..default() };
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
            .set(RenderPlugin { render_creation: no_backend.into(), ..default() })
            .disable::<LogPlugin>()
            .disable::<WinitPlugin>(),
    );
    let image = app.world_mut().resource_mut::<Assets<Image>>().add(Image::new_target_texture(
        640,
        400,
        bevy::render::render_resource::TextureFormat::Rgba8UnormSrgb,
        None,
    ));
    app.insert_resource(SceneTarget(Some(image)));
    app.insert_resource(SceneInput { plant: plant.clone(), view: PlantView::nominal(&plant) });
    app.add_plugins(ScenePlugin { interactive: true });
    app.finish();
    app.cleanup();
    for _ in 0..4 {
        app.update();
    }
    (app, plant)
}

fn material_of(app: &mut App, asset: AssetId) -> Option<Handle<StandardMaterial>> {
    let mut q = app.world_mut().query::<(&AssetRef, &MeshMaterial3d<StandardMaterial>)>();
    q.iter(app.world()).find(|(a, _)| a.0 == asset).map(|(_, m)| m.0.clone())
}

#[test]
fn entities_follow_plant_and_view_and_the_camera_obeys() {
    let (mut app, plant) = app();
    let bodies = app.world_mut().query::<&AssetRef>().iter(app.world()).count();
    assert_eq!(bodies, plant.assets.len());

    let chiller = plant.asset_by_id("CH-1").expect("a chiller");
    let calm = material_of(&mut app, chiller);
    let set = |app: &mut App, change: fn(&mut AssetLook), heat: bool| {
        let mut input = app.world_mut().resource_mut::<SceneInput>();
        input.view.heat = heat;
        change(&mut input.view.assets[chiller.index()]);
        app.update();
    };
    set(&mut app, |l| l.status = Status::Failed, false);
    let failed = material_of(&mut app, chiller);
    assert_ne!(calm, failed, "a failure must show");
    set(&mut app, |l| l.probability = Some(0.6), true);
    assert_ne!(failed, material_of(&mut app, chiller), "a prediction must not look like a failure");

    let before = app.world().resource::<SceneCamera>().eye_m;
    app.world_mut().write_message(LookAt::Assets(vec![chiller]));
    for _ in 0..400 {
        app.update();
    }
    let camera = *app.world().resource::<SceneCamera>();
    let place = app.world().resource::<Stage>().model.places[chiller.index()];
    assert!(before.distance(place.position) > camera.eye_m.distance(place.position), "framing must come nearer");
    let on_screen = camera.project(place.anchor()).expect("in view");
    assert!((on_screen - camera.rect.center()).length() < 200.0, "{on_screen}");

    // Another plant replaces the first whole.
    let mut smaller = (*plant).clone();
    smaller.links.clear();
    let smaller = Arc::new(smaller);
    app.insert_resource(SceneInput { plant: smaller.clone(), view: PlantView::nominal(&smaller) });
    app.update();
    app.update();
    assert_eq!(app.world_mut().query::<&AssetRef>().iter(app.world()).count(), smaller.assets.len());
    assert_eq!(app.world_mut().query::<&MediumRef>().iter(app.world()).count(), 0, "pipes of the first plant are gone");
}
