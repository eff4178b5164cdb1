//! The window: one Bevy application that shows a plant and its twin, whatever fills the projection.
//!
//! Owns the desk, the dock and the frame loop; the twin lives elsewhere (`twin::bridge` copies its projection in
//! and takes commands out). Invariant: no system here mutates domain state; wishes leave as messages.

use super::{
    ask::Ask,
    desk::{Desk, Effect},
    feed, files,
    files::Files,
    frame::{self, Dock},
    layout::{self, Workspace},
    overlay::Picture,
    preflight::Adapter,
    scene::{
        AssetHovered, AssetPicked, Backdrop, LookAt, PlantView, Quality, SceneCamera, SceneInput, ScenePlugin, SceneTarget, Stage as SceneStage,
        Style, ViewportRect,
    },
    script::Step,
    theme::{self, Scheme},
};
use crate::{
    plant::Plant,
    twin::{LiveView, TwinCommand},
};
use bevy::{
    camera::{CameraOutputMode, RenderTarget, visibility::RenderLayers},
    ecs::system::SystemParam,
    math::Rect,
    prelude::*,
    render::{
        render_resource::BlendState,
        view::screenshot::{Screenshot, save_to_disk},
    },
    time::Real,
    window::WindowResolution,
    winit::{UpdateMode, WinitSettings},
};
use bevy_egui::{EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, PrimaryEguiContext};
use std::{collections::VecDeque, path::PathBuf, sync::Arc, time::Duration};

/// How the window starts.
#[derive(Clone, Debug)]
pub struct StudioOptions {
    /// A picture of the window after so many real seconds; the window then closes.
    pub screenshot: Option<(PathBuf, f32)>,
    /// Id of the asset that is selected at the start.
    pub select: Option<String>,
    /// Name of the start arrangement; the operator's when there is none of that name.
    pub workspace: Option<String>,
    /// What will draw: decides what the 3D picture may cost.
    pub adapter: Adapter,
    /// The session is an embedded demo: say the password of its identities where it is asked for.
    pub demo_password_hint: bool,
}

/// Width and height at the start [logical pixels].
const SIZE: (u32, u32) = (1600, 900);

/// Opens the window on a plant and returns its exit code when it is closed. `source` fills [`LiveView`] and takes
/// [`TwinCommand`]s.
///
/// Check display and adapter first (`studio::preflight`): winit and wgpu end the process without them.
pub fn run(plant: Arc<Plant>, source: impl Plugin, options: StudioOptions) -> u8 {
    run_scripted(plant, source, options, Vec::new())
}

/// As [`run`], with a scripted visit: (real seconds after the start, step), by time.
pub fn run_scripted(plant: Arc<Plant>, source: impl Plugin, options: StudioOptions, script: Vec<(f64, Step)>) -> u8 {
    let window = Window { title: format!("Plantcast — {}", plant.name), resolution: WindowResolution::new(SIZE.0, SIZE.1), ..default() };
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: Some(window), ..default() })
            .set(AssetPlugin { unapproved_path_mode: bevy::asset::UnapprovedPathMode::Allow, ..default() })
            .disable::<bevy::log::LogPlugin>(),
    );
    // The twin has a pace of its own; the window draws when something is to be seen.
    app.insert_resource(WinitSettings {
        focused_mode: UpdateMode::reactive(Duration::from_millis(33)),
        unfocused_mode: UpdateMode::reactive_low_power(Duration::from_millis(200)),
    });
    app.add_plugins((source, StudioPlugin { plant, options, script }));
    match app.run() {
        AppExit::Success => 0,
        AppExit::Error(code) => code.get(),
    }
}

/// Panels, 3D picture and their glue, for any application with the default plugins and a source of [`LiveView`].
#[derive(Debug)]
pub struct StudioPlugin {
    /// The plant that is shown.
    pub plant: Arc<Plant>,
    /// How it starts.
    pub options: StudioOptions,
    /// A scripted visit.
    pub script: Vec<(f64, Step)>,
}

/// The dock, as a resource of the window.
#[derive(Resource)]
struct DockRes(Dock);

/// What is still to be done of the script, and what was put into the context last.
#[derive(Resource)]
struct Stage {
    script: VecDeque<(f64, Step)>,
    painted: Option<Scheme>,
    quit_in: Option<u32>,
    calm: u32,
}

impl Plugin for StudioPlugin {
    fn build(&self, app: &mut App) {
        let o = &self.options;
        let mut desk = Desk::new(self.plant.clone());
        desk.workspace = o.workspace.as_deref().and_then(Workspace::parse).unwrap_or_default();
        desk.selected = o.select.as_deref().and_then(|id| self.plant.asset_by_id(id));
        desk.demo = o.demo_password_hint;
        let workspace = desk.workspace;
        let mut script: VecDeque<(f64, Step)> = self.script.iter().cloned().collect();
        if let Some((path, after)) = &o.screenshot {
            script.push_back((f64::from(*after), Step::Shot(path.clone())));
            script.push_back((f64::from(*after) + 1.5, Step::Quit));
        }
        app.insert_resource(SceneInput { plant: self.plant.clone(), view: PlantView::nominal(&self.plant) });
        app.insert_resource(if o.adapter.software { Quality::CPU } else { Quality::GPU });
        app.add_plugins(ScenePlugin { interactive: true });
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.insert_resource(EguiGlobalSettings { auto_create_primary_context: false, ..default() })
            .insert_resource(desk)
            .insert_resource(DockRes(Dock::new(workspace)))
            .insert_resource(Stage { script, painted: None, quit_in: None, calm: 0 })
            .init_resource::<Files>()
            .init_resource::<ViewportRect>()
            .init_resource::<SceneTarget>()
            .init_resource::<SceneCamera>()
            .init_resource::<Style>()
            .init_resource::<Backdrop>()
            .add_message::<TwinCommand>()
            .add_message::<AssetPicked>()
            .add_message::<AssetHovered>()
            .add_message::<LookAt>()
            .add_systems(Startup, spawn_ui_camera)
            .add_systems(Update, (take_picks, follow_script, feed_scene).chain().run_if(resource_exists::<LiveView>))
            .add_systems(EguiPrimaryContextPass, draw.run_if(resource_exists::<LiveView>));
    }
}

/// The panels' own camera, over the 3D camera, on the same target.
fn spawn_ui_camera(mut commands: Commands, target: Res<SceneTarget>) {
    let output_mode = CameraOutputMode::Write { blend_state: Some(BlendState::PREMULTIPLIED_ALPHA_BLENDING), clear_color: ClearColorConfig::None };
    commands.spawn((
        Name::new("Panels"),
        PrimaryEguiContext,
        Camera2d,
        RenderLayers::none(),
        Msaa::Off,
        target.0.clone().map_or_else(RenderTarget::default, |image| RenderTarget::Image(image.into())),
        Camera { order: 1, output_mode, clear_color: ClearColorConfig::Custom(Color::NONE), ..default() },
    ));
}

/// Picks in the picture become the selection.
fn take_picks(mut picked: MessageReader<AssetPicked>, mut hovered: MessageReader<AssetHovered>, mut desk: ResMut<Desk>) {
    if let Some(pick) = picked.read().last() {
        desk.selected = pick.asset;
    }
    if let Some(AssetHovered(asset)) = hovered.read().last() {
        desk.hovered = *asset;
    }
}

/// What effects need.
#[derive(SystemParam)]
struct Outside<'w> {
    twin: MessageWriter<'w, TwinCommand>,
    look: MessageWriter<'w, LookAt>,
    files: Res<'w, Files>,
    dock: ResMut<'w, DockRes>,
}

impl Outside<'_> {
    fn perform(&mut self, effects: Vec<Effect>, desk: &mut Desk) {
        for effect in effects {
            match effect {
                Effect::Twin(command) => {
                    self.twin.write(command);
                }
                Effect::Look(at) => {
                    self.look.write(at);
                }
                Effect::Show(pane) => layout::show(&mut self.dock.0.tree, pane),
                Effect::Arrange(w) => self.dock.0.tree = layout::tree(w),
                Effect::OpenDialog => self.files.dialog(false, desk),
                Effect::SaveDialog => self.files.dialog(true, desk),
                Effect::Read(path) => files::read(desk, &path),
                Effect::Write(path) => files::write(desk, &path),
                Effect::WriteLayout(path) => {
                    desk.notice =
                        Some(layout::save(&self.dock.0.tree, &path).map_or_else(|e| e.to_string(), |()| format!("Saved {}", path.display())));
                }
                Effect::ReadLayout(path) => match layout::load(&path) {
                    Ok(tree) => self.dock.0.tree = tree,
                    Err(e) => desk.notice = Some(e.to_string()),
                },
            }
        }
    }
}

/// The 3D picture, for the overlay.
#[derive(SystemParam)]
struct Pictured<'w> {
    camera: Res<'w, SceneCamera>,
    stage: Option<Res<'w, SceneStage>>,
    input: Res<'w, SceneInput>,
}

/// Gather, draw, apply.
fn draw(
    mut contexts: EguiContexts,
    mut desk: ResMut<Desk>,
    mut stage: ResMut<Stage>,
    mut outside: Outside,
    mut viewport: ResMut<ViewportRect>,
    live: Res<LiveView>,
    picture: Pictured,
    time: Res<Time<Real>>,
) -> Result {
    let ctx = contexts.ctx_mut()?.clone();
    if stage.painted != Some(desk.scheme) {
        theme::apply(&ctx, desk.scheme);
        if stage.painted.replace(desk.scheme).is_none() {
            theme::fonts(&ctx);
            return Ok(()); // they arrive with the next pass
        }
    }
    let news = desk.meet(&live);
    outside.perform(news, &mut desk);
    desk.advance(&live, time.delta_secs_f64());
    let answers = outside.files.answers();
    outside.perform(answers, &mut desk);
    let seen = Picture { camera: &picture.camera, stage: picture.stage.as_deref(), view: &picture.input.view };
    let drawn = frame::draw(&ctx, &desk, &live, seen, &mut outside.dock.0);
    for ask in drawn.asks {
        let effects = desk.apply(ask, &live);
        outside.perform(effects, &mut desk);
    }
    let hole = drawn.hole.map(|r| Rect::new(r.left(), r.top(), r.right(), r.bottom()));
    if viewport.0 != hole {
        viewport.0 = hole;
    }
    Ok(())
}

/// Gives the picture what it shows; writes on change only.
fn feed_scene(desk: Res<Desk>, live: Res<LiveView>, mut input: ResMut<SceneInput>, mut style: ResMut<Style>, mut backdrop: ResMut<Backdrop>) {
    let view = feed::plant_view(&desk, &live);
    if input.view != view {
        input.view = view;
    }
    style.set_if_neq(desk.style);
    backdrop.set_if_neq(match desk.scheme {
        Scheme::Dark => Backdrop::Dark,
        Scheme::Light => Backdrop::Light,
    });
}

/// Frames between a step of the script and a picture of its result.
const CALM: u32 = 5;

/// Takes the steps of the script whose time has come.
fn follow_script(
    mut commands: Commands,
    mut stage: ResMut<Stage>,
    mut desk: ResMut<Desk>,
    mut outside: Outside,
    mut exit: MessageWriter<AppExit>,
    live: Res<LiveView>,
    time: Res<Time<Real>>,
) {
    if let Some(frames) = &mut stage.quit_in {
        *frames = frames.saturating_sub(1);
        if *frames == 0 {
            exit.write(AppExit::Success);
        }
        return;
    }
    stage.calm = stage.calm.saturating_add(1);
    while stage.script.front().is_some_and(|s| s.0 <= time.elapsed_secs_f64()) {
        let is_shot = matches!(stage.script.front(), Some((_, Step::Shot(_))));
        if is_shot && stage.calm < CALM {
            return; // what was asked for must have been drawn
        }
        let Some((_, step)) = stage.script.pop_front() else { break };
        stage.calm = 0;
        match &step {
            Step::Shot(path) => {
                commands.spawn(Screenshot::primary_window()).observe(save_to_disk(path.clone()));
                return; // what follows must not change the picture
            }
            Step::Quit => stage.quit_in = Some(8),
            _ => {
                let ask: Option<Ask> = step.ask(&desk.plant);
                if let Some(ask) = ask {
                    let effects = desk.apply(ask, &live);
                    outside.perform(effects, &mut desk);
                }
            }
        }
    }
}
