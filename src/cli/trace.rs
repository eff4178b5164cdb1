//! `plantcast trace`: one future again, by its number, with everything that happened in it.
//!
//! Owns the exported form. Invariant: the run is the one that was counted in the ensemble of the same scenario and seed.

use super::CliError;
use super::whatif::{self, Loaded, WhatIfArgs};
use crate::document;
use crate::forecast::{self, Books};
use crate::plant::Plant;
use crate::sim::{Change, RunOutcome, Totals, TraceEvent};
use serde::Serialize;
use std::path::PathBuf;

/// Simulate one future of a scenario again and write what happened.
#[derive(clap::Args, Debug, Clone)]
pub struct TraceArgs {
    /// Scenario file, or the name of a built-in one
    pub scenario: String,
    /// Number of the future, as `whatif` names the median and the worst ones
    #[arg(long, value_name = "N")]
    pub run: u64,
    /// `nothing`, a response's id, or `baseline` for the undisturbed run
    #[arg(long, value_name = "ID", default_value = "nothing")]
    pub alternative: String,
    /// Scene file to use instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub scene: Option<PathBuf>,
    /// Seed instead of the scenario's
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// The trace as JSON [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// One event as the file tells it.
#[derive(Serialize)]
struct Told<'t> {
    /// Hours from the start.
    at_h: f64,
    asset: &'t str,
    what: &'t Change,
    because: String,
}

/// The file.
#[derive(Serialize)]
struct File<'t> {
    schema_version: u32,
    plant: &'t str,
    scenario: &'t str,
    alternative: &'t str,
    seed: u64,
    run: u64,
    events: Vec<Told<'t>>,
    /// `(hours from the start, service 0..1)` of each asset, in the order of change.
    service: Vec<(&'t str, Vec<(f64, f32)>)>,
    totals: &'t Totals,
    /// Effectiveness by ISO 22400, losses by reason, energy by owner; `asset` and `culprit` count in the order of `service`.
    books: Books,
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`]: 15 for bad input, 74 when the file cannot be written.
pub fn run(args: &TraceArgs) -> Result<(), CliError> {
    let mut whatif = WhatIfArgs::of(&args.scenario);
    (whatif.scene, whatif.seed) = (args.scene.clone(), args.seed);
    let Loaded { scenario, model, request } = whatif::load(&whatif)?;
    let outcome = match args.alternative.as_str() {
        "baseline" => forecast::replay_baseline(&request, args.run),
        "nothing" => forecast::replay_run(&request, 0, args.run),
        id => {
            let at = request.responses.iter().position(|r| r.id == id);
            let ids: Vec<&str> = request.responses.iter().map(|r| r.id.as_str()).collect();
            let at = at.ok_or_else(|| CliError::invalid(format!("there is no response {id:?}; there are baseline, nothing, {}", ids.join(", "))))?;
            forecast::replay_run(&request, at + 1, args.run)
        }
    };
    let outcome = outcome.map_err(|e| whatif::refused(&e))?;
    let plant = model.plant();
    let began = outcome.end.time() - request.horizon;
    let file = File {
        schema_version: 1,
        plant: &plant.id,
        scenario: &scenario.id,
        alternative: &args.alternative,
        seed: request.seed,
        run: args.run,
        events: outcome.trace.iter().map(|e| told(plant, e, (e.at - began).h())).collect(),
        service: curves(plant, &outcome, |t| (t - began).h()),
        totals: &outcome.totals,
        books: forecast::books(plant, &outcome),
    };
    let json = serde_json::to_string_pretty(&file).map_err(CliError::failed)? + "\n";
    match &args.out {
        Some(path) => document::write_atomic(path, &json).map_err(CliError::io),
        None => whatif::print(&json),
    }
}

fn told<'t>(plant: &'t Plant, e: &'t TraceEvent, at_h: f64) -> Told<'t> {
    let upstream: Vec<&str> = e.cause.assets().iter().map(|a| plant.asset(*a).id.as_str()).collect();
    let kind = format!("{:?}", e.cause);
    let kind = kind.split([' ', '(']).next().unwrap_or_default();
    let because = if upstream.is_empty() { kind.to_owned() } else { format!("{kind}: {}", upstream.join(", ")) };
    Told { at_h, asset: &plant.asset(e.asset).id, what: &e.what, because }
}

fn curves<'t>(plant: &'t Plant, outcome: &RunOutcome, hours: impl Fn(crate::time::Time) -> f64) -> Vec<(&'t str, Vec<(f64, f32)>)> {
    let mut curves: Vec<(&str, Vec<(f64, f32)>)> = plant.assets.iter().map(|a| (a.id.as_str(), Vec::new())).collect();
    for s in &outcome.service {
        if let Some((_, curve)) = curves.get_mut(s.asset.index()) {
            curve.push((hours(s.at), s.service));
        }
    }
    curves
}
