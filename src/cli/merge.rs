//! `plantcast merge`: parts of an ensemble become the forecast that one process would have made, byte for byte.
//!
//! Owns arguments and files only; what belongs together is decided in `forecast`.

use super::CliError;
use super::whatif::{self, refused};
use crate::document;
use crate::forecast::{self, ForecastError, PartHead, PartReader};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Merge the parts of an ensemble into its forecast.
#[derive(clap::Args, Debug, Clone)]
pub struct MergeArgs {
    /// Parts made by `plantcast ensemble`, in any order; a part given twice counts once
    #[arg(required = true)]
    pub parts: Vec<PathBuf>,
    /// The forecast as JSON: the same file that `plantcast whatif --out` writes [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`]: 15 when the parts do not make a whole, 74 when a file cannot be read or written.
pub fn run(args: &MergeArgs) -> Result<(), CliError> {
    let head = |path: &PathBuf| reader(path).map(|r| (path.display().to_string(), r.head));
    let heads: Vec<(String, PartHead)> = args.parts.iter().map(head).collect::<Result<_, ForecastError>>().map_err(|e| refused(&e))?;
    let merged = forecast::merge(&heads, &mut |i| reader(&args.parts[i])).map_err(|e| refused(&e))?;
    let f = &merged.forecast;
    eprintln!("{} futures from {} parts{}", f.runs + f.failed, heads.len(), repeated(merged.repeated));
    let json = whatif::json(f)?;
    match &args.out {
        Some(path) => document::write_atomic(path, &json).map_err(CliError::io),
        None => whatif::print(&json),
    }
}

fn repeated(n: u32) -> String {
    if n == 0 { String::new() } else { format!(" ({n} came twice and count once)") }
}

fn reader(path: &Path) -> Result<PartReader<BufReader<File>>, ForecastError> {
    let file = File::open(path).map_err(|e| ForecastError::Parts(format!("{}: {e}", path.display())))?;
    PartReader::new(&path.display().to_string(), BufReader::new(file))
}
