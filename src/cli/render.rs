//! `plantcast render`: the 3D picture of a scene, or of a scenario's predicted cascade, without a window.

use super::{CliError, code, scene, whatif};
use crate::{
    forecast::{self, Forecast, Silent},
    plant::Plant,
    rng::Draws,
    sim::{Model, RunOptions, Script, State, simulate},
    studio::{
        pictures,
        render::{Eye, RenderError, RenderRequest, render_pictures},
        scene::{PlantView, Style},
    },
    time::Span,
    twin::LiveView,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Arguments of `render`.
#[derive(clap::Args, Debug)]
pub struct RenderArgs {
    /// Scene or scenario: a file, or the name of a built-in one.
    pub input: String,
    /// Time from the start.
    #[arg(long, value_name = "SPAN", default_value = "0s")]
    pub at: String,
    /// PNG file to write.
    #[arg(long, value_name = "FILE", default_value = "plantcast.png")]
    pub out: PathBuf,
    /// Width and height in pixels.
    #[arg(long, value_name = "WxH", default_value = "1600x900")]
    pub size: String,
    /// Saved view of the scene by name, or `fit`.
    #[arg(long, value_name = "NAME", default_value = "fit")]
    pub view: String,
    /// Style.
    #[arg(long, value_enum, default_value = "operator")]
    pub style: StyleArg,
    /// Futures behind a cascade instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub runs: Option<u32>,
    /// Which alternative of a scenario: 0 is doing nothing, then its responses.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub alternative: usize,
}

/// Styles on the command line.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum StyleArg {
    /// Grey and calm.
    Operator,
    /// Materials of the real things.
    Presentation,
}

/// Draws one picture.
///
/// # Errors
/// 15 for bad input, 1 without a Vulkan driver, 74 when the file cannot be written.
pub fn run(args: &RenderArgs) -> Result<(), CliError> {
    let at = Span::parse(&args.at).map_err(|e| CliError::invalid(format!("--at: {e}")))?;
    let size = size(&args.size)?;
    let is_scenario = args.input.ends_with(".scenario.ron") || crate::scenario::builtin(&args.input).is_some();
    let (plant, view, title, subtitle) = if is_scenario { cascade(args, at)? } else { state(args, at)? };
    let request = RenderRequest {
        size,
        eye: if args.view == "fit" { Eye::Fit } else { Eye::Saved(args.view.clone()) },
        style: match args.style {
            StyleArg::Operator => Style::Operator,
            StyleArg::Presentation => Style::Presentation,
        },
        title,
        subtitle,
        ..RenderRequest::new(plant, view, &args.out)
    };
    for file in render_pictures(&[request]).map_err(error)? {
        println!("{}", file.display());
    }
    Ok(())
}

type Shown = (Arc<Plant>, PlantView, String, String);

/// The nominal plant after `at`, without failures of its own.
fn state(args: &RenderArgs, at: Span) -> Result<Shown, CliError> {
    let plant = Arc::new(scene::load_scene(&args.input)?);
    let view = if plant.forecast_refused.is_some() {
        PlantView::nominal(&plant)
    } else {
        let model = Model::compile(&plant).map_err(CliError::invalid)?;
        let options = RunOptions { horizon: at, sample_every: None, trace: false };
        let outcome = simulate(&model, &State::nominal(&model), &Script::empty(), Draws::new(0, 0), &options).map_err(CliError::failed)?;
        pictures::state_view(&model, &outcome.end)
    };
    let title = plant.name.clone();
    Ok((plant, view, title, format!("nominal, after {at}")))
}

/// The predicted cascade of a scenario at `at`.
fn cascade(args: &RenderArgs, at: Span) -> Result<Shown, CliError> {
    let whatif = whatif::WhatIfArgs { runs: args.runs, ..whatif::WhatIfArgs::of(&args.input) };
    let loaded = whatif::load(&whatif)?;
    let f = forecast::run(&loaded.request, &Silent).map_err(CliError::failed)?;
    let Some(alternative) = f.alternatives.get(args.alternative) else {
        return Err(CliError::invalid(format!("--alternative {}: the scenario has 0 to {}", args.alternative, f.alternatives.len() - 1)));
    };
    let plant = Arc::new(loaded.model.plant().clone());
    let run = forecast::replay_run(&loaded.request, args.alternative, alternative.median_run).map_err(CliError::failed)?;
    let mut view = pictures::state_view(&loaded.model, &run.end);
    pictures::modes_at(&mut view, &run, f.start + at);
    pictures::add_forecast(&mut view, &f, alternative, pictures::grid_index(&f, at), &pictures::origins(&loaded.request.script));
    let subtitle = format!("{} · probability of impact {at} after the start · {} futures", alternative.name, f.runs);
    Ok((plant, view, loaded.scenario.name, subtitle))
}

fn size(text: &str) -> Result<(u32, u32), CliError> {
    let parsed = text.split_once(['x', 'X', '×']).and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
    parsed.ok_or_else(|| CliError::invalid(format!("--size {text:?}: write WIDTHxHEIGHT, for example 1600x900")))
}

fn error(e: RenderError) -> CliError {
    match e {
        RenderError::Preflight(_) | RenderError::Lost(_) => CliError::failed(e),
        RenderError::Size(..) | RenderError::NoView { .. } => CliError::invalid(e),
        RenderError::Write { .. } => CliError::new(code::IO, e),
    }
}

/// The demo's pictures: the plant at the end, and its forecast at two times.
///
/// # Errors
/// Why there is none, in words.
pub fn demo_pictures(plant: &Arc<Plant>, seen: &LiveView, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let live = pictures::live_view(plant, seen);
    let request = |view: PlantView, title: &str, subtitle: String, file: &str| RenderRequest {
        size: (1280, 720),
        title: title.into(),
        subtitle,
        ..RenderRequest::new(plant.clone(), view, folder.join(file))
    };
    let mut requests = vec![request(live.clone(), &plant.name, "live, at the end of the demo".into(), "live.png")];
    if let Some(f) = &seen.forecast.answer {
        for (at, file) in [(Span::from_min(15.0), "cascade-15min.png"), (Span::from_min(60.0), "cascade-60min.png")] {
            requests.push(request(
                cascade_of(&live, f, &seen.forecast.origins, at),
                &seen.forecast.title,
                format!("probability of impact within {at} when nothing is done · {} futures", f.runs),
                file,
            ));
        }
    }
    render_pictures(&requests).map_err(|e| e.to_string())
}

fn cascade_of(live: &PlantView, f: &Forecast, origins: &[crate::plant::AssetId], at: Span) -> PlantView {
    let mut view = live.clone();
    if let Some(nothing) = f.alternatives.first() {
        pictures::add_forecast(&mut view, f, nothing, pictures::grid_index(f, at), origins);
    }
    view
}
