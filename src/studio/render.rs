//! Pictures without a window: the same scene plugin, an image as target, egui labels in the same image.
//!
//! Needs a Vulkan adapter (software suffices), no display. Invariant: the same request gives the same bytes on the
//! same machine: shaders are compiled before the first picture, nothing moves, no clock is read.

use super::{
    preflight::{PreflightError, check_gpu},
    scene::{
        Backdrop, Flight, LookAt, Margins, PlantView, Quality, Rig, SceneCamera, SceneInput, ScenePlugin, SceneTarget, Stage, Style,
        overlay::{self, Caption},
        rig_for,
    },
};
use crate::plant::{AssetId, Plant};
use bevy::{
    app::ScheduleRunnerPlugin,
    asset::{RenderAssetUsages, UnapprovedPathMode},
    camera::{CameraOutputMode, RenderTarget, visibility::RenderLayers},
    log::LogPlugin,
    prelude::*,
    render::{
        RenderPlugin,
        render_resource::{BlendState, TextureFormat, TextureUsages},
        view::screenshot::{Screenshot, ScreenshotCaptured},
    },
    time::TimeUpdateStrategy,
    window::ExitCondition,
    winit::WinitPlugin,
};
use bevy_egui::{EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, PrimaryEguiContext, egui};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Frames drawn before the picture is taken: the first is black, the second lacks meshes, the third settles fonts.
const SETTLE: u32 = 4;
/// Frames after which a picture that did not arrive is given up.
const PATIENCE: u32 = 600;
/// Largest side [px].
const LARGEST: u32 = 8192;

/// Where the picture is taken from.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Eye {
    /// The whole plant.
    #[default]
    Fit,
    /// The whole plant from a heading and a pitch [rad].
    Heading(f32, f32),
    /// A saved view of the plant by name.
    Saved(String),
    /// These assets fill the picture.
    Assets(Vec<AssetId>),
    /// From a point to a point [m].
    Look([f32; 3], [f32; 3]),
}

/// One picture.
#[derive(Clone)]
pub struct RenderRequest {
    /// The plant.
    pub plant: Arc<Plant>,
    /// Looks of its assets.
    pub view: PlantView,
    /// Width and height [px].
    pub size: (u32, u32),
    /// From where.
    pub eye: Eye,
    /// Materials.
    pub style: Style,
    /// Surroundings.
    pub backdrop: Backdrop,
    /// Title, top left; empty: none.
    pub title: String,
    /// Line below it.
    pub subtitle: String,
    /// Whether the legend is drawn.
    pub legend: bool,
    /// PNG file to write.
    pub out: PathBuf,
}

impl RenderRequest {
    /// The whole plant, 1600×900, operator style.
    pub fn new(plant: Arc<Plant>, view: PlantView, out: impl Into<PathBuf>) -> Self {
        RenderRequest {
            plant,
            view,
            size: (1600, 900),
            eye: Eye::Fit,
            style: Style::Operator,
            backdrop: Backdrop::Light,
            title: String::new(),
            subtitle: String::new(),
            legend: true,
            out: out.into(),
        }
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Nothing to draw with.
    #[error(transparent)]
    Preflight(#[from] PreflightError),
    /// A side is 0 or too large.
    #[error("a picture of {0}×{1} pixels cannot be made; each side must be 16 to {LARGEST}")]
    Size(u32, u32),
    /// The plant has no such view.
    #[error("the plant has no saved view {wanted:?}; it has: {known}")]
    NoView {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// The file cannot be written.
    #[error("{path}: {message}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The renderer ended without delivering.
    #[error("the renderer stopped before {0} was drawn; run with RUST_LOG=wgpu=warn,bevy_render=warn to see why")]
    Lost(PathBuf),
}

/// Draws one picture and returns its path.
///
/// # Errors
/// See [`RenderError`].
pub fn render_picture(request: &RenderRequest) -> Result<PathBuf, RenderError> {
    render_pictures(std::slice::from_ref(request))?.pop().ok_or_else(|| RenderError::Lost(request.out.clone()))
}

/// Draws several pictures with one start-up.
///
/// # Errors
/// The first that occurs, see [`RenderError`].
pub fn render_pictures(requests: &[RenderRequest]) -> Result<Vec<PathBuf>, RenderError> {
    check_gpu()?;
    for r in requests {
        check(r)?;
    }
    let Some(first) = requests.first() else { return Ok(Vec::new()) };
    let done: Outcome = Arc::default();
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
            .set(AssetPlugin { unapproved_path_mode: UnapprovedPathMode::Allow, ..default() })
            .set(RenderPlugin { synchronous_pipeline_compilation: true, ..default() })
            .disable::<LogPlugin>()
            .disable::<WinitPlugin>(),
    )
    .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::ZERO))
    .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(50)))
    .add_plugins(EguiPlugin::default())
    .insert_resource(EguiGlobalSettings { auto_create_primary_context: false, ..default() })
    .insert_resource(Quality::STILL)
    .insert_resource(SceneInput { plant: first.plant.clone(), view: first.view.clone() })
    .insert_resource(Job { requests: requests.to_vec(), next: 0, frame: 0, waiting: false, done: done.clone() })
    .add_plugins(ScenePlugin { interactive: false })
    .add_systems(Startup, spawn_text_camera)
    .add_systems(First, drive)
    .add_systems(EguiPrimaryContextPass, write_text);
    app.run();
    let mut paths = Vec::new();
    let results = std::mem::take(&mut *done.lock().unwrap_or_else(|e| e.into_inner()));
    for r in results {
        paths.push(r?);
    }
    match requests.get(paths.len()) {
        Some(missing) => Err(RenderError::Lost(missing.out.clone())),
        None => Ok(paths),
    }
}

type Outcome = Arc<Mutex<Vec<Result<PathBuf, RenderError>>>>;

fn check(r: &RenderRequest) -> Result<(), RenderError> {
    let (w, h) = r.size;
    if !(16..=LARGEST).contains(&w) || !(16..=LARGEST).contains(&h) {
        return Err(RenderError::Size(w, h));
    }
    if let Eye::Saved(name) = &r.eye
        && !r.plant.views.iter().any(|v| v.name == *name)
    {
        let known: Vec<&str> = r.plant.views.iter().map(|v| v.name.as_str()).collect();
        return Err(RenderError::NoView { wanted: name.clone(), known: known.join(", ") });
    }
    Ok(())
}

/// The pictures still to be made.
#[derive(Resource)]
struct Job {
    requests: Vec<RenderRequest>,
    next: usize,
    frame: u32,
    waiting: bool,
    done: Outcome,
}

/// The camera that draws labels over the plant.
#[derive(Component)]
struct TextCamera;

fn spawn_text_camera(mut commands: Commands) {
    commands.spawn((
        TextCamera,
        PrimaryEguiContext,
        Camera2d,
        RenderLayers::none(),
        Msaa::Off,
        Camera {
            order: 1,
            output_mode: CameraOutputMode::Write { blend_state: Some(BlendState::PREMULTIPLIED_ALPHA_BLENDING), clear_color: ClearColorConfig::None },
            clear_color: ClearColorConfig::Custom(Color::NONE),
            ..default()
        },
    ));
}

/// Sets a picture up, waits, takes it, goes on.
fn drive(
    mut job: ResMut<Job>,
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    mut target: ResMut<SceneTarget>,
    mut input: ResMut<SceneInput>,
    mut style: ResMut<Style>,
    mut backdrop: ResMut<Backdrop>,
    mut margins: ResMut<Margins>,
    mut flight: ResMut<Flight>,
    stage: Option<Res<Stage>>,
    cameras: Query<Entity, With<TextCamera>>,
    mut all_cameras: Query<&mut Camera>,
    mut exit: MessageWriter<AppExit>,
) {
    let Some(request) = job.requests.get(job.next).cloned() else {
        exit.write(AppExit::Success);
        return;
    };
    job.frame += 1;
    if job.frame == 1 {
        let mut image = Image::new_target_texture(request.size.0, request.size.1, TextureFormat::Rgba8UnormSrgb, None);
        image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        image.asset_usage = RenderAssetUsages::default();
        let handle = images.add(image);
        for camera in &cameras {
            commands.entity(camera).insert(RenderTarget::Image(handle.clone().into()));
        }
        target.0 = Some(handle);
        *input = SceneInput { plant: request.plant.clone(), view: request.view.clone() };
        style.set_if_neq(request.style);
        backdrop.set_if_neq(request.backdrop);
        let top = if request.title.is_empty() { 0.05 } else { 0.13 };
        margins.set_if_neq(Margins([0.035, top, 0.035, if request.legend && request.view.heat { 0.10 } else { 0.05 }]));
    }
    if job.frame == 3
        && let Some(stage) = stage
    {
        let aspect = request.size.0 as f32 / request.size.1 as f32;
        let rig = eye(&request, &stage, &flight.now, aspect, margins.0);
        (flight.now, flight.goal) = (rig, rig);
    }
    // Drawing is what costs: only the last frames are drawn.
    let drawn = job.frame > 3;
    for mut camera in &mut all_cameras {
        if camera.is_active != drawn {
            camera.is_active = drawn;
        }
    }
    if job.frame == 3 + SETTLE && !job.waiting {
        job.waiting = true;
        let Some(handle) = target.0.clone() else { return };
        commands.spawn(Screenshot::image(handle)).observe(take);
    }
    if job.frame > PATIENCE {
        exit.write(AppExit::error());
    }
}

fn eye(request: &RenderRequest, stage: &Stage, now: &Rig, aspect: f32, margins: [f32; 4]) -> Rig {
    let home = rig_for(&LookAt::Home, &request.plant, stage, now, aspect, margins);
    match &request.eye {
        Eye::Fit => home,
        Eye::Heading(yaw, pitch) => Rig::fit(*yaw, *pitch, &stage.model.corners(&[]), aspect, margins),
        Eye::Saved(name) => {
            let k = request.plant.views.iter().position(|v| v.name == *name).unwrap_or(0);
            rig_for(&LookAt::Saved(k), &request.plant, stage, now, aspect, margins)
        }
        Eye::Assets(ids) => rig_for(&LookAt::Assets(ids.clone()), &request.plant, stage, &home, aspect, margins),
        Eye::Look(from, to) => Rig::look(Vec3::from(*from), Vec3::from(*to)),
    }
}

/// Writes the captured image and moves on to the next picture.
fn take(captured: On<ScreenshotCaptured>, mut job: ResMut<Job>) {
    let Some(path) = job.requests.get(job.next).map(|r| r.out.clone()) else { return };
    let failed = |message: String| RenderError::Write { path: path.clone(), message };
    let written = match captured.image.clone().try_into_dynamic() {
        Ok(image) => image.to_rgb8().save(&path).map_err(|e| failed(e.to_string())),
        Err(e) => Err(failed(e.to_string())),
    };
    let stop = written.is_err();
    job.done.lock().unwrap_or_else(|e| e.into_inner()).push(written.map(|()| path));
    job.next = if stop { job.requests.len() } else { job.next + 1 };
    job.frame = 0;
    job.waiting = false;
}

/// Labels, title and legend.
fn write_text(mut contexts: EguiContexts, job: Res<Job>, camera: Res<SceneCamera>, stage: Option<Res<Stage>>, input: Res<SceneInput>) -> Result {
    let (Some(request), Some(stage)) = (job.requests.get(job.next), stage) else { return Ok(()) };
    let ctx = contexts.ctx_mut()?;
    let painter = ctx.layer_painter(egui::LayerId::background());
    let scale = (request.size.1 as f32 / 900.0).max(0.6);
    let caption = Caption {
        title: request.title.clone(),
        subtitle: request.subtitle.clone(),
        legend: request.legend,
        scale,
        backdrop: request.backdrop,
        all_labels: true,
    };
    overlay::paint(&painter, &camera, &stage, &input.view, &caption);
    Ok(())
}
