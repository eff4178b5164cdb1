//! `plantcast replay-telemetry`: publishes a recording by the plant's contracts, at a speed.

use super::{CliError, code, edge, scene};
use crate::link::{LinkError, ReplayError, ReplayOptions, recording::Recording, replay_telemetry};
use crate::time::Span;
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

/// Arguments of `replay-telemetry`.
#[derive(clap::Args, Debug)]
pub struct ReplayArgs {
    /// Recording: a table of the Tennessee Eastman process (`.dat`, `.csv`) or a CSV with a time column and tag ids.
    pub file: PathBuf,
    /// Broker to publish to.
    #[arg(long, value_name = "URL")]
    pub broker: String,
    /// Recorded seconds per real second; give the twin that listens the same --rate.
    #[arg(long, default_value_t = 60.0)]
    pub speed: f64,
    /// Scene whose contracts are used.
    #[arg(long, value_name = "FILE|NAME", default_value = "tennessee_eastman")]
    pub scene: String,
    /// Stop after this much recorded time (`2h`).
    #[arg(long, value_name = "SPAN")]
    pub until: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the replay to its end.
///
/// # Errors
/// 15 for a bad scene, recording or span; 14 when the broker does not answer.
pub fn run(args: &ReplayArgs) -> Result<(), CliError> {
    let plant = scene::load_scene(&args.scene)?;
    let recording = Recording::read(&args.file).map_err(CliError::invalid)?;
    let until = args.until.as_deref().map(Span::parse).transpose().map_err(CliError::invalid)?;
    let clock = Arc::new(edge::SystemClock::new());
    let options = ReplayOptions {
        url: args.broker.clone(),
        client_id: format!("plantcast-replay-{}", std::process::id()),
        speed: args.speed,
        epoch: edge::plant_clock(&clock, args.speed).now(),
        until,
        monotonic: clock,
        cancel: Arc::new(AtomicBool::new(false)),
    };
    let report = replay_telemetry(&plant, &recording, &options).map_err(|e| match e {
        ReplayError::Link(e @ LinkError::Unreachable { .. }) => CliError::new(code::BROKER, e),
        other => CliError::invalid(other),
    })?;
    if args.json {
        println!("{}", serde_json::to_string(&report).map_err(CliError::failed)?);
    } else {
        println!("{} rows, {} values sent, {} acknowledged by the broker, {} refused", report.rows, report.sent, report.acknowledged, report.refused);
        if !report.unmapped_columns.is_empty() {
            println!("columns without a tag: {}", report.unmapped_columns.join(", "));
        }
        if !report.missing_tags.is_empty() {
            println!("tags without a column: {}", report.missing_tags.join(", "));
        }
    }
    Ok(())
}
