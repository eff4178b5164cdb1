//! The window: checks display and adapter first, starts a live session, opens on it.

use super::{CliError, args::NoArgument, code, demo, edge, live};
use crate::{
    studio::{preflight, script, window},
    time::Span,
    twin::bridge::BridgePlugin,
};
use std::{path::PathBuf, time::Duration};

/// Arguments of `studio`.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct StudioArgs {
    /// Scene, broker, data folder.
    #[command(flatten)]
    pub session: NoArgument,
    /// Write a picture of the window to this file and end (for documentation).
    #[arg(long, value_name = "FILE", hide = true)]
    pub screenshot: Option<PathBuf>,
    /// After this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0, hide = true)]
    pub after: f32,
    /// Select this asset at the start.
    #[arg(long, value_name = "ASSET", hide = true)]
    pub select: Option<String>,
    /// A scripted visit, for pictures: `8s select CH-1; 9s lose CH-1; 10s run; 25s scrub 45min; 28s shot a.png; 30s quit`.
    #[arg(long, value_name = "STEPS", hide = true)]
    pub script: Option<String>,
    /// Workspace to open (operator, planner, executive).
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
}

/// Plant time of history that an embedded session shows when it opens.
const PRE_ROLL: Span = Span(1_200_000_000);
/// Rate of the pre-roll [plant s per real s].
const PRE_ROLL_RATE: f64 = 120.0;

/// `plantcast` without a command.
///
/// # Errors
/// 1 with advice when there is a display but no Vulkan driver; whatever the session or the demo ends with.
pub fn run_or_demo(args: NoArgument) -> Result<u8, CliError> {
    if let Err(e) = preflight::check_display() {
        eprintln!("No display: {e}");
        eprintln!(
            "The window needs X11 or Wayland (a desktop session, `ssh -X`, or Xvfb) and a Vulkan driver; `plantcast doctor` says what is missing."
        );
        eprintln!("Running the same job headless (`plantcast demo`).\n");
        return demo::run(&args.demo());
    }
    run(&StudioArgs { session: args, after: 20.0, ..StudioArgs::default() })
}

/// Opens the window.
///
/// # Errors
/// As [`run_or_demo`].
pub fn run(args: &StudioArgs) -> Result<u8, CliError> {
    preflight::check_display().map_err(CliError::failed)?;
    let adapter = preflight::check_gpu().map_err(CliError::failed)?;
    let session = &args.session;
    let embedded = session.broker.is_none();
    let options = live::LiveOptions {
        scene: session.scene.clone(),
        broker: session.broker.clone(),
        data_dir: edge::data_dir(session.data_dir.clone()),
        rate: if embedded { PRE_ROLL_RATE } else { session.rate },
        seed: 7,
        lie: false,
        emulator: embedded,
        inject: session.inject.clone(),
        inject_from: PRE_ROLL,
        client: "plantcast-studio".into(),
    };
    let steps = args.script.as_deref().map(script::parse).transpose().map_err(CliError::invalid)?.unwrap_or_default();
    let mut live = live::Live::start(&options)?;
    if embedded {
        pre_roll(&live, session.rate);
    }
    let studio = window::StudioOptions {
        screenshot: args.screenshot.clone().map(|p| (p, args.after)),
        select: args.select.clone(),
        workspace: args.workspace.clone(),
        adapter,
        demo_password_hint: embedded,
    };
    let exit = window::run_scripted(live.plant.clone(), BridgePlugin::new(live.twin.clone()), studio, steps);
    live.stop();
    match exit {
        0 => Ok(code::OK),
        n => Err(CliError::new(n, "the window ended with an error; the log says why")),
    }
}

/// Lets the stand-in plant run ahead so that trends have a past, then sets the session's rate.
fn pre_roll(live: &live::Live, rate: f64) {
    let began = live.clock.now();
    let limit = PRE_ROLL.s() / PRE_ROLL_RATE * 2.0;
    let mut waited = 0.0;
    while live.clock.now() - began < PRE_ROLL && waited < limit && live.twin.is_running() {
        std::thread::sleep(Duration::from_millis(50));
        waited += 0.05;
    }
    live.clock.set_rate(rate);
}
