//! `plantcast whatif`: runs a scenario's paired ensemble and prints what it says.
//!
//! Owns arguments, file resolution, progress and output; the tables are in `whatif_tables`. Invariant: with
//! `--json` standard output holds the forecast and nothing else.

use super::{CliError, code, whatif_tables};
use crate::document::{self, DocumentError, Source};
use crate::forecast::{self, Forecast, ForecastError, Progress, Request, Silent};
use crate::plant::{self, Plant};
use crate::scenario::{self, Scenario};
use crate::sim::Model;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Predict the cascade of a scenario and compare responses.
#[derive(clap::Args, Debug, Clone)]
pub struct WhatIfArgs {
    /// Scenario file, or the name of a built-in one (chiller-outage, mcc2-outage, network-outage, late-syrup, …)
    pub scenario: String,
    /// Scene file to use instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub scene: Option<PathBuf>,
    /// Futures per alternative instead of the scenario's
    #[arg(long, value_name = "N")]
    pub runs: Option<u32>,
    /// Seed instead of the scenario's
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Worker threads (the result does not depend on it) [default: all cores]
    #[arg(long, value_name = "T")]
    pub threads: Option<usize>,
    /// Print the forecast as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Write the forecast as JSON to this file as well
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A scenario with its plant, ready to be run.
pub struct Loaded {
    /// The scenario, with overrides applied.
    pub scenario: Scenario,
    /// The compiled plant.
    pub model: Arc<Model>,
    /// The request.
    pub request: Request,
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`] with exit code 15 for bad input (file and line in the message), 1 when the simulation fails,
/// 74 when a file cannot be written.
pub fn run(args: &WhatIfArgs) -> Result<(), CliError> {
    let loaded = load(args)?;
    let forecast = with_progress(&loaded.request)?;
    let json = || serde_json::to_string_pretty(&forecast).map_err(CliError::failed);
    if let Some(path) = &args.out {
        document::write_atomic(path, &(json()? + "\n")).map_err(CliError::io)?;
    }
    let text = if args.json { json()? + "\n" } else { whatif_tables::report(&loaded.scenario, loaded.model.plant(), &forecast) };
    print(&text)
}

/// Reads scenario and scene and checks them against each other.
///
/// # Errors
/// As [`run`].
pub fn load(args: &WhatIfArgs) -> Result<Loaded, CliError> {
    let (mut scenario, source, folder) = open_scenario(&args.scenario)?;
    scenario.runs = args.runs.unwrap_or(scenario.runs);
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    let plant = open_scene(&scenario, args.scene.as_deref(), &folder)?;
    if let Some(reason) = &plant.forecast_refused {
        return Err(refused(&ForecastError::Refused(reason.clone())));
    }
    let compiled = scenario.compile(&plant).map_err(|misfit| CliError::invalid(misfit.located(&source)))?;
    let model = Arc::new(Model::compile(&plant).map_err(CliError::invalid)?);
    let mut request = Request::of(&scenario, compiled, model.clone(), None).map_err(|e| refused(&e))?;
    request.threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    Ok(Loaded { scenario, model, request })
}

fn open_scenario(name: &str) -> Result<(Scenario, Source, PathBuf), CliError> {
    let path = Path::new(name);
    if path.exists() {
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        return Scenario::open(path).map(|(s, source)| (s, source, folder)).map_err(document_error);
    }
    let Some(text) = scenario::builtin(name) else {
        let names: Vec<&str> = scenario::builtin_names().collect();
        return Err(CliError::invalid(format!("{name}: no such file, and not one of the built-in scenarios {}", names.join(", "))));
    };
    let file = format!("{name}.scenario.ron");
    Scenario::parse_with_source(text, &file).map(|(s, source)| (s, source, PathBuf::new())).map_err(document_error)
}

/// `--scene`, else a file beside the scenario, else a built-in scene.
fn open_scene(scenario: &Scenario, given: Option<&Path>, folder: &Path) -> Result<Plant, CliError> {
    if let Some(path) = given {
        return Plant::load(path).map_err(document_error);
    }
    let name = &scenario.scene;
    for file in [folder.join(name), folder.join(format!("{name}.scene.ron"))] {
        if file.is_file() {
            return Plant::load(&file).map_err(document_error);
        }
    }
    let text = plant::builtin(name).ok_or_else(|| {
        CliError::invalid(format!(
            "scenario {}: there is no scene {name:?}; name a built-in scene or a file beside the scenario, or use --scene",
            scenario.id
        ))
    })?;
    Plant::parse(text, &format!("{name}.scene.ron")).map_err(document_error)
}

fn document_error(e: DocumentError) -> CliError {
    CliError::invalid(e)
}

fn refused(e: &ForecastError) -> CliError {
    let code = match e {
        ForecastError::Sim { .. } | ForecastError::Cancelled | ForecastError::Threads(_) => code::FAILED,
        ForecastError::Refused(_)
        | ForecastError::Runs { .. }
        | ForecastError::NoHorizon
        | ForecastError::Responses(_)
        | ForecastError::NoStart
        | ForecastError::NeedsLive
        | ForecastError::Alternative(_) => code::INVALID_INPUT,
    };
    CliError::new(code, e)
}

struct Bar(indicatif::ProgressBar);
impl Progress for Bar {
    fn advance(&self, _done: u32, _total: u32) -> ControlFlow<()> {
        self.0.inc(1);
        ControlFlow::Continue(())
    }
}

fn with_progress(request: &Request) -> Result<Forecast, CliError> {
    if !std::io::stderr().is_terminal() {
        return forecast::run(request, &Silent).map_err(|e| refused(&e));
    }
    let style = indicatif::ProgressStyle::with_template("{wide_bar} {pos} of {len} futures, {eta} left")
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar());
    let bar = indicatif::ProgressBar::new(u64::from(request.runs)).with_style(style);
    let answer = forecast::run(request, &Bar(bar.clone())).map_err(|e| refused(&e));
    bar.finish_and_clear();
    answer
}

/// A closed pipe (`| head`) is no error.
fn print(text: &str) -> Result<(), CliError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::io(format!("standard output: {e}"))),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(scenario: &str) -> WhatIfArgs {
        WhatIfArgs { scenario: scenario.into(), scene: None, runs: Some(3), seed: Some(9), threads: Some(1), json: true, out: None }
    }
    fn refusal(args: &WhatIfArgs) -> CliError {
        load(args).err().expect("it is refused")
    }

    #[test]
    fn a_built_in_story_loads_with_its_overrides() {
        let loaded = load(&args("heat-wave-chiller")).unwrap();
        assert_eq!((loaded.request.runs, loaded.request.seed, loaded.request.threads), (3, 9, 1));
        assert_eq!(loaded.request.responses.len(), loaded.scenario.responses.len());
    }

    #[test]
    fn bad_input_ends_with_15_and_says_where() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.scenario.ron");
        let text = scenario::builtin("chiller-outage").unwrap().replace("asset: \"CH-1\", lasting", "asset: \"CH-9\", lasting");
        std::fs::write(&path, text).unwrap();
        let e = refusal(&args(&path.to_string_lossy()));
        let line = 1 + scenario::builtin("chiller-outage").unwrap().lines().position(|l| l.contains("lasting: UntilRepaired")).unwrap();
        assert_eq!(e.code, code::INVALID_INPUT);
        assert!(e.message.contains(&format!("mine.scenario.ron:{line}: ")) && e.message.contains("did you mean CH-1"), "{}", e.message);
        let e = refusal(&args("no-such-story"));
        assert!(e.code == code::INVALID_INPUT && e.message.contains("chiller-outage"), "{}", e.message);
    }

    #[test]
    fn a_scene_for_monitoring_only_is_refused_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let scene = dir.path().join("m.scene.ron");
        std::fs::write(&scene, "(version: 1, id: \"m\", name: \"m\", forecast_refused: \"its chemistry is not modelled\", media: [], assets: [(id: \"A\", at: (0, 0, 0))])").unwrap();
        let e = refusal(&WhatIfArgs { scene: Some(scene), ..args("chiller-outage") });
        assert!(e.code == code::INVALID_INPUT && e.message.contains("its chemistry is not modelled"), "{}", e.message);
    }
}
