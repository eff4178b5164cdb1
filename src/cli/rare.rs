//! `plantcast rare`: the probability of an event that hardly any future shows, by importance splitting.
//!
//! Owns arguments and words; the method is `forecast`'s.

use super::CliError;
use super::whatif::{self, Loaded, WhatIfArgs};
use crate::forecast::{self, RareAnswer, RareEvent};
use crate::plant::{AssetId, Plant};
use std::path::PathBuf;

/// Estimate the probability of a rare event within a scenario.
#[derive(clap::Args, Debug, Clone)]
pub struct RareArgs {
    /// Scenario file, or the name of a built-in one
    pub scenario: String,
    /// The event: this asset's service falls below the limit at some instant before the horizon
    #[arg(long, value_name = "ASSET")]
    pub event: String,
    /// The limit, a fraction of full service
    #[arg(long, value_name = "FRACTION", default_value_t = 0.5)]
    pub below: f64,
    /// Assets whose failures bring the event closer [default: everything upstream of it]
    #[arg(long, value_name = "ASSETS", value_delimiter = ',')]
    pub support: Vec<String>,
    /// `nothing` or a response's id
    #[arg(long, value_name = "ID", default_value = "nothing")]
    pub alternative: String,
    /// Futures per stage
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub effort: u32,
    /// Independent replications
    #[arg(long, value_name = "R", default_value_t = 40)]
    pub replications: u32,
    /// Scene file to use instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub scene: Option<PathBuf>,
    /// Seed instead of the scenario's
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Worker threads (the result does not depend on it) [default: all cores]
    #[arg(long, value_name = "T")]
    pub threads: Option<usize>,
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`]: 15 for bad input, 1 when a simulation fails.
pub fn run(args: &RareArgs) -> Result<(), CliError> {
    let whatif = WhatIfArgs { scene: args.scene.clone(), seed: args.seed, threads: args.threads, ..WhatIfArgs::of(&args.scenario) };
    let Loaded { model, request, .. } = whatif::load(&whatif)?;
    let plant = model.plant();
    let asset = find(plant, &args.event)?;
    let given: Vec<AssetId> = args.support.iter().map(|id| find(plant, id)).collect::<Result<_, _>>()?;
    let support = if given.is_empty() { forecast::support(plant, asset) } else { given };
    let alternative = match args.alternative.as_str() {
        "nothing" => 0,
        id => 1 + request.responses.iter().position(|r| r.id == id).ok_or_else(|| CliError::invalid(format!("there is no response {id:?}")))?,
    };
    let event = RareEvent { asset, below: args.below, support, alternative, effort: args.effort, replications: args.replications };
    let answer = forecast::rare(&request, &event).map_err(|e| whatif::refused(&e))?;
    whatif::print(&words(plant, args, &answer, request.horizon))
}

fn find(plant: &Plant, id: &str) -> Result<AssetId, CliError> {
    plant.asset_by_id(id).ok_or_else(|| CliError::invalid(format!("there is no asset {id:?} in {}", plant.id)))
}

fn words(plant: &Plant, args: &RareArgs, a: &RareAnswer, horizon: crate::time::Span) -> String {
    let p = a.probability;
    let mut out = format!("{} below {:.0} % of its service within {horizon}, {}\n\n", args.event, args.below * 100.0, plant.name);
    if p.mean <= 0.0 {
        return out + "not seen in any replication: give more --effort, or name the --support\n";
    }
    out += &format!("  probability     {:.3e}  (95 % over {} replications: {:.3e} to {:.3e})\n", p.mean, args.replications, p.low, p.high);
    out += &format!("  relative error  {:.1} %\n", a.relative_error * 100.0);
    let stages: Vec<String> = a.stages.iter().map(|s| format!("{s:.3}")).collect();
    out += &format!("  stages          {}\n", stages.join(" → "));
    out += &format!(
        "  cost            {} futures begun and instants; crude futures for the same error would take {:.2e}: {:.0} times as many\n",
        a.cost,
        a.crude_cost,
        a.crude_cost / a.cost.max(1) as f64
    );
    if a.empty > 0 {
        out += &format!(
            "  note            {} of {} replications never saw it: the interval is too narrow; give more --effort\n",
            a.empty, args.replications
        );
    }
    out
}
