//! The grammar of the command line.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Live 3D twin and scenario studio for industrial plants.
///
/// Without a command: the studio on embedded defaults (broker, stand-in plant, demo scene). Where there is no
/// display, the same job runs headless.
#[derive(Parser, Debug)]
#[command(name = "plantcast", version, about, long_about = None)]
pub struct Cli {
    /// More log lines on stderr (-v, -vv); PLANTCAST_LOG takes an env-filter.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Options of the studio when no command is given.
    #[command(flatten)]
    pub studio: NoArgument,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options when no command is given.
#[derive(Args, Debug, Clone, Default)]
pub struct NoArgument {
    /// Scene file or name of a built-in scene [default: bottling].
    #[arg(long, value_name = "FILE|NAME")]
    pub scene: Option<String>,
    /// Use this broker instead of the embedded one.
    #[arg(long, value_name = "URL")]
    pub broker: Option<String>,
    /// Where audit, outbox, history and identities live.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// When it runs headless: write no pictures.
    #[arg(long)]
    pub no_pictures: bool,
    /// Plant seconds per real second, as the source runs. Commands to a real plant need 1.
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    /// Lose an asset of the stand-in plant after a span, e.g. `CH-1@2min` (see `emulate`).
    #[arg(long, value_name = "ASSET@SPAN")]
    pub inject: Vec<String>,
}

impl NoArgument {
    /// The same job, headless.
    #[cfg(feature = "ecs")]
    pub fn demo(&self) -> super::demo::DemoArgs {
        super::demo::DemoArgs {
            scene: self.scene.clone(),
            broker: self.broker.clone(),
            data_dir: self.data_dir.clone(),
            no_pictures: self.no_pictures,
            ..super::demo::DemoArgs::default()
        }
    }
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check scene and scenario files; every problem with file and line (exit 15).
    Validate(super::validate::ValidateArgs),
    /// Print the JSON Schema of a file format.
    Schema(super::validate::SchemaArgs),
    /// Run the futures of a scenario and compare its responses.
    Whatif(super::whatif::WhatIfArgs),
    /// Run some futures of a scenario as a part for `merge`, so that an ensemble spreads over machines.
    Ensemble(super::ensemble::EnsembleArgs),
    /// Merge the parts of an ensemble into its forecast.
    Merge(super::merge::MergeArgs),
    /// Write the executive page of a scenario or a forecast: one printable HTML file.
    Report(super::report::ReportArgs),
    /// Estimate the probability of an event that hardly any future shows.
    Rare(super::rare::RareArgs),
    /// Simulate one future of a scenario again and write what happened.
    Trace(super::trace::TraceArgs),
    /// Run the stand-in plant behind MQTT.
    Emulate(super::emulate::EmulateArgs),
    /// Publish recorded telemetry to a broker.
    ReplayTelemetry(super::replay::ReplayArgs),
    /// Look at the audit log, or verify its chain.
    Audit(super::audit::AuditArgs),
    /// The people who may sign.
    Identity(super::identity::IdentityArgs),
    /// Versions, paths, adapter, display, broker, and what is missing.
    Doctor(super::doctor::DoctorArgs),
    /// The whole story headless: outage → forecast → proposal → gate → signature → command → verified effect.
    #[cfg(feature = "ecs")]
    Demo(super::demo::DemoArgs),
    /// Run the twin headless against a broker until interrupted.
    #[cfg(feature = "ecs")]
    Serve(super::serve::ServeArgs),
    /// Draw a scene, or a scenario's predicted cascade, to a PNG without a window.
    #[cfg(feature = "studio")]
    Render(super::render::RenderArgs),
    /// Open the window (what no command at all does, with its options).
    #[cfg(feature = "studio")]
    Studio(super::studio::StudioArgs),
}
