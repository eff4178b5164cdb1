//! `plantcast whatif`: runs a scenario's paired ensemble and prints what it says.
//!
//! Owns arguments, file resolution, progress and output; the tables are in `whatif_tables`. Invariant: with
//! `--json` standard output holds the forecast and nothing else.

use super::whatif_deeper as deeper;
use super::{CliError, code, whatif_tables};
use crate::document::{self, DocumentError, Source};
use crate::forecast::{self, Forecast, ForecastError, Partial, Precision, Progress, Request, Silent};
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
    /// Stop at the first 256 futures after which every impact probability is known to ± this (0.02 is 2 points)
    #[arg(long, value_name = "HALF-WIDTH")]
    pub precision: Option<f64>,
    /// Stop once every response's profit gain is known to ± this share of itself
    #[arg(long, value_name = "SHARE")]
    pub money_precision: Option<f64>,
    /// Also vary time to failure, repair time, capacity and stock of the assets in the cascade by ± 20 %
    #[arg(long)]
    pub sensitivity: bool,
    /// Also search the best response among the declared and suggested ones, later and in pairs, with about N simulations
    #[arg(long, value_name = "N")]
    pub search: Option<u32>,
}

impl WhatIfArgs {
    /// A scenario as it is written, nothing overridden.
    pub fn of(scenario: &str) -> Self {
        WhatIfArgs {
            scenario: scenario.into(),
            scene: None,
            runs: None,
            seed: None,
            threads: None,
            json: false,
            out: None,
            precision: None,
            money_precision: None,
            sensitivity: false,
            search: None,
        }
    }
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
    if let Some(path) = &args.out {
        document::write_atomic(path, &json(&forecast)?).map_err(CliError::io)?;
    }
    let mut text = if args.json { json(&forecast)? } else { whatif_tables::report(&loaded.scenario, loaded.model.plant(), &forecast) };
    if args.sensitivity && !args.json {
        text += &deeper::sensitivity(&loaded, &forecast)?;
    }
    if let (Some(budget), false) = (args.search, args.json) {
        text += &deeper::search(&loaded, budget)?;
    }
    print(&text)
}

/// The forecast as `--json`, `--out` and `merge` write it.
///
/// # Errors
/// [`CliError`] when it cannot be written as JSON.
pub fn json(forecast: &Forecast) -> Result<String, CliError> {
    serde_json::to_string_pretty(forecast).map(|s| s + "\n").map_err(CliError::failed)
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
    let asked = Precision { probability: args.precision, money: args.money_precision };
    request.precision = (asked != Precision::default()).then_some(asked);
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

/// Bad input ends with 15, what fails by itself with 1.
pub fn refused(e: &ForecastError) -> CliError {
    let code = match e {
        ForecastError::Sim { .. } | ForecastError::TooManyFailed { .. } | ForecastError::Cancelled | ForecastError::Threads(_) => code::FAILED,
        ForecastError::Refused(_)
        | ForecastError::Runs { .. }
        | ForecastError::NoHorizon
        | ForecastError::Responses(_)
        | ForecastError::NoStart
        | ForecastError::NeedsLive
        | ForecastError::Precision(_)
        | ForecastError::Parts(_)
        | ForecastError::Question(_)
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
    fn partial(&self, p: &Partial) -> ControlFlow<()> {
        let hit = p.alternatives.first().map_or(0, |a| a.impacts.len());
        let widest = p.alternatives.iter().flat_map(|a| &a.impacts).map(|i| (i.high - i.low) / 2.0).fold(0.0, f64::max);
        self.0.set_message(format!("({hit} assets impacted so far, probabilities within ±{:.1} %)", widest * 100.0));
        ControlFlow::Continue(())
    }
}

/// The forecast of a scenario.
///
/// # Errors
/// As [`run`].
pub fn forecast(args: &WhatIfArgs) -> Result<Forecast, CliError> {
    with_progress(&load(args)?.request)
}

fn with_progress(request: &Request) -> Result<Forecast, CliError> {
    watched(u64::from(request.runs), |progress| forecast::run(request, progress))
}

/// Does something with a bar on a terminal, silently elsewhere.
///
/// # Errors
/// As `work`.
pub fn watched<T>(total: u64, work: impl FnOnce(&dyn Progress) -> Result<T, ForecastError>) -> Result<T, CliError> {
    if !std::io::stderr().is_terminal() {
        return work(&Silent).map_err(|e| refused(&e));
    }
    let style = indicatif::ProgressStyle::with_template("{wide_bar} {pos} of {len} futures, {eta} left {msg}")
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar());
    let bar = indicatif::ProgressBar::new(total).with_style(style);
    let answer = work(&Bar(bar.clone())).map_err(|e| refused(&e));
    bar.finish_and_clear();
    answer
}

/// A closed pipe (`| head`) is no error.
pub fn print(text: &str) -> Result<(), CliError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::io(format!("standard output: {e}"))),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(scenario: &str) -> WhatIfArgs {
        WhatIfArgs { runs: Some(3), seed: Some(9), threads: Some(1), json: true, ..WhatIfArgs::of(scenario) }
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
