//! `plantcast report`: a scenario or a forecast as one printable HTML file.
//!
//! Owns files only; the page is `report`'s.

use super::CliError;
use super::whatif::{self, WhatIfArgs};
use crate::document;
use crate::forecast::{Forecast, SCHEMA_VERSION};
use crate::report;
use std::path::{Path, PathBuf};

/// Largest forecast file [bytes].
const MAX_FILE: u64 = 256 << 20;

/// Write the executive page of a scenario, or of a forecast made before.
#[derive(clap::Args, Debug, Clone)]
pub struct ReportArgs {
    /// Scenario (file or built-in name), or a forecast that `whatif --out` or `merge` wrote (.json)
    pub input: String,
    /// The page
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Futures per alternative instead of the scenario's
    #[arg(long, value_name = "N")]
    pub runs: Option<u32>,
    /// Seed instead of the scenario's
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`]: 15 for bad input, 74 when a file cannot be read or written.
pub fn run(args: &ReportArgs) -> Result<(), CliError> {
    let forecast = if args.input.ends_with(".json") {
        read(Path::new(&args.input))?
    } else {
        whatif::forecast(&WhatIfArgs { runs: args.runs, seed: args.seed, ..WhatIfArgs::of(&args.input) })?
    };
    document::write_atomic(&args.out, &report::html(&forecast)).map_err(CliError::io)?;
    println!("{}", args.out.display());
    Ok(())
}

fn read(path: &Path) -> Result<Forecast, CliError> {
    let at = |what: String| format!("{}: {what}", path.display());
    let length = std::fs::metadata(path).map_err(|e| CliError::io(at(e.to_string())))?.len();
    if length > MAX_FILE {
        return Err(CliError::invalid(at(format!("{length} bytes is too long for a forecast"))));
    }
    let text = std::fs::read_to_string(path).map_err(|e| CliError::io(at(e.to_string())))?;
    let forecast: Forecast = serde_json::from_str(&text).map_err(|e| CliError::invalid(at(format!("this is no forecast: {e}"))))?;
    if forecast.schema_version > SCHEMA_VERSION {
        return Err(CliError::invalid(at(format!("form {} is newer than this program (form {SCHEMA_VERSION})", forecast.schema_version))));
    }
    if forecast.schema_version == SCHEMA_VERSION && forecast.content_hash() != forecast.hash {
        return Err(CliError::new(super::code::INTEGRITY, at("the figures do not match their hash: the file was changed; make it again".into())));
    }
    Ok(forecast)
}
