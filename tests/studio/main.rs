//! The whole window without a GPU, a display or a twin: plant, panels, picking and dock for thirty frames.
//!
//! Goal: whatever fills the projection, the application starts, leaves a hole for the plant, and lets nothing out
//! by itself.

use bevy::{
    app::PluginsState,
    camera::Viewport,
    prelude::*,
    render::{RenderPlugin, settings::WgpuSettings},
    time::TimeUpdateStrategy,
    window::ExitCondition,
    winit::WinitPlugin,
};
use plantcast::{
    clock::Monotonic,
    plant::Plant,
    sim::Mode,
    studio::{
        preflight::Adapter,
        scene::{PlantCamera, SceneInput, SceneTarget, Status},
        script,
        window::{StudioOptions, StudioPlugin},
    },
    time::{Span, Time as PlantTime},
    twin::{AssetView, FidelityView, ForecastView, IntakeView, LinkView, LiveView, TwinCommand},
};
use std::{sync::Arc, time::Duration};

fn projection(plant: &Plant) -> LiveView {
    let asset = |id| AssetView {
        id,
        mode: Mode::Running,
        mode_probability: 1.0,
        service: 1.0,
        rate_per_h: None,
        level: None,
        level_fraction: None,
        temperature_c: None,
        data_age: Span::ZERO,
        observed: true,
        stale: false,
        imputed: false,
        drift: 1.0,
        confidence: 1.0,
        fidelity: "good".into(),
        proposals: 0,
    };
    LiveView {
        now: PlantTime::ZERO,
        rate: 1.0,
        monotonic: Monotonic(0),
        steps: 0,
        link: LinkView::default(),
        intake: IntakeView::default(),
        assets: plant.asset_ids().map(asset).collect(),
        tags: Vec::new(),
        trends: Vec::new(),
        fidelity: FidelityView::default(),
        events: Default::default(),
        forecast: ForecastView::default(),
        agents: Vec::new(),
        proposals: Vec::new(),
        audit: Vec::new(),
        hold: None,
        identities: Vec::new(),
        timings: Vec::new(),
        packs: Vec::new(),
        pack_half_m: [0.15, 0.12, 0.12],
    }
}

#[derive(Resource, Default)]
struct Sent(Vec<String>);

fn note(mut sent: ResMut<Sent>, mut commands: MessageReader<TwinCommand>) {
    sent.0.extend(commands.read().map(|c| format!("{c:?}")));
}

/// The studio on an image instead of a window, with a clock that moves a sixtieth of a second per frame.
fn studio(script_text: &str) -> App {
    let plant = Arc::new(Plant::builtin("bottling").expect("built in").expect("valid"));
    let adapter = Adapter { name: "none".into(), software: false, driver: String::new() };
    let options = StudioOptions { screenshot: None, select: None, workspace: None, adapter, demo_password_hint: false };
    let script = script::parse(script_text).expect("a script");
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
            .set(RenderPlugin { render_creation: WgpuSettings { backends: None, ..default() }.into(), ..default() })
            .disable::<WinitPlugin>()
            .disable::<bevy::log::LogPlugin>(),
    );
    app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_secs_f64(1.0 / 60.0)));
    let image = Image::new_target_texture(1600, 900, bevy::render::render_resource::TextureFormat::Rgba8UnormSrgb, None);
    let target = app.world_mut().resource_mut::<Assets<Image>>().add(image);
    app.insert_resource(SceneTarget(Some(target)));
    app.insert_resource(projection(&plant)).init_resource::<Sent>().add_systems(Last, note);
    app.add_plugins(StudioPlugin { plant, options, script });
    while app.plugins_state() == PluginsState::Adding {}
    app.finish();
    app.cleanup();
    app
}

#[test]
fn the_studio_runs_thirty_frames_without_a_gpu_and_sends_nothing_by_itself() {
    let mut app = studio("");
    for _ in 0..30 {
        app.update();
    }
    let world = app.world_mut();
    let viewport: Option<Viewport> = world.query_filtered::<&Camera, With<PlantCamera>>().single(world).expect("one plant camera").viewport.clone();
    let hole = viewport.expect("the dock leaves a hole");
    assert!(hole.physical_size.x > 600 && hole.physical_size.y > 300, "{hole:?}");
    assert!(hole.physical_position.x > 150 && hole.physical_position.y > 40, "{hole:?}");
    assert!(world.resource::<SceneInput>().view.assets.iter().all(|a| a.status == Status::Running));
    assert!(world.resource::<Sent>().0.is_empty());
}

#[test]
fn a_scripted_visit_asks_for_exactly_one_forecast_of_the_lost_asset() {
    let mut app = studio("100ms select CH-1; 150ms lose CH-1; 200ms run");
    for _ in 0..40 {
        app.update();
    }
    let sent = &app.world().resource::<Sent>().0;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].starts_with("RunForecast") && sent[0].contains("CH-1"), "{}", sent[0]);
    let input = app.world().resource::<SceneInput>();
    let chosen: Vec<_> = input.plant.asset_ids().filter(|a| input.view.look(*a).selected).map(|a| input.plant.asset(a).id.clone()).collect();
    assert_eq!(chosen, ["CH-1"]);
}
