//! `plantcast validate FILES…` and `plantcast schema`: documents checked as the program itself would read them.

use super::CliError;
use crate::{document::DocumentError, plant, scenario};
use std::path::{Path, PathBuf};

/// Arguments of `validate`.
#[derive(clap::Args, Debug)]
pub struct ValidateArgs {
    /// Scene (`*.scene.ron`) and scenario (`*.scenario.ron`) files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print JSON, one line per file.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `schema`.
#[derive(clap::Args, Debug)]
pub struct SchemaArgs {
    /// Which format.
    #[arg(value_enum, default_value = "scene")]
    pub format: Format,
}

/// A file format.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum Format {
    /// `*.scene.ron`
    Scene,
    /// `*.scenario.ron`
    Scenario,
}

fn check(path: &Path) -> Result<String, DocumentError> {
    if path.to_string_lossy().ends_with(".scenario.ron") { scenario::validate_file(path) } else { plant::validate_file(path) }
}

/// Checks every file and reports all of them before it ends.
///
/// # Errors
/// Exit code 15 when any file is invalid.
pub fn run(args: &ValidateArgs) -> Result<(), CliError> {
    let mut bad = 0usize;
    for path in &args.files {
        match check(path) {
            Ok(summary) if args.json => {
                println!("{}", serde_json::json!({"schema_version": 1, "file": path, "valid": true, "summary": summary}));
            }
            Ok(summary) => println!("{}: ok ({summary})", path.display()),
            Err(e) => {
                bad += 1;
                if args.json {
                    println!("{}", serde_json::json!({"schema_version": 1, "file": path, "valid": false, "error": e.to_string()}));
                } else {
                    eprintln!("{e}");
                }
            }
        }
    }
    if bad > 0 {
        return Err(CliError::invalid(format!("{bad} of {} file(s) invalid", args.files.len())));
    }
    Ok(())
}

/// Prints a JSON Schema.
///
/// # Errors
/// None in practice; the signature is that of every subcommand.
pub fn schema(args: &SchemaArgs) -> Result<(), CliError> {
    let schema = match args.format {
        Format::Scene => plant::scene_schema(),
        Format::Scenario => scenario::schema(),
    };
    println!("{}", serde_json::to_string_pretty(&schema).map_err(CliError::failed)?);
    Ok(())
}
