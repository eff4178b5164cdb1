//! The command line: parses, calls the layers, prints, maps errors to stable exit codes. No domain logic.

mod args;
pub mod audit;
pub mod edge;
mod error;
mod guard;

mod doctor;
mod emulate;
mod ensemble;
mod identity;
mod merge;
mod rare;
mod replay;
mod report;
mod scene;
mod trace;
mod validate;
pub mod whatif;
mod whatif_deeper;
mod whatif_tables;

#[cfg(feature = "ecs")]
mod demo;
#[cfg(feature = "ecs")]
mod live;
#[cfg(feature = "ecs")]
mod serve;

#[cfg(feature = "studio")]
mod render;
#[cfg(feature = "studio")]
mod studio;

pub use error::{CliError, code};

use args::{Cli, Command};
use clap::Parser;
use std::{io::IsTerminal, process::ExitCode};

/// Parses the command line, runs it, and turns every ending into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    init_log(cli.verbose);
    guard::run(|| match dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(e) => e.report(),
    })
}

/// Log lines go to stderr; `PLANTCAST_LOG` filters them (env-filter syntax).
fn init_log(verbose: u8) {
    let default = match verbose {
        0 => "warn,wgpu=error,wgpu_hal=off,naga=error,bevy_render=error,bevy_egui=error,mqtt5=off,rumqttc=off,winit=error,calloop=error",
        1 => "info,wgpu=error,naga=error,mqtt5=off",
        _ => "debug,wgpu=warn,naga=warn",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLANTCAST_LOG").unwrap_or_else(|_| default.into());
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).try_init();
}

fn dispatch(cli: Cli) -> Result<u8, CliError> {
    match cli.command {
        None => no_argument(cli.studio),
        Some(Command::Validate(a)) => validate::run(&a).map(|()| code::OK),
        Some(Command::Schema(a)) => validate::schema(&a).map(|()| code::OK),
        Some(Command::Whatif(a)) => whatif::run(&a).map(|()| code::OK),
        Some(Command::Ensemble(a)) => ensemble::run(&a).map(|()| code::OK),
        Some(Command::Merge(a)) => merge::run(&a).map(|()| code::OK),
        Some(Command::Report(a)) => report::run(&a).map(|()| code::OK),
        Some(Command::Rare(a)) => rare::run(&a).map(|()| code::OK),
        Some(Command::Trace(a)) => trace::run(&a).map(|()| code::OK),
        Some(Command::Emulate(a)) => emulate::run(&a).map(|()| code::OK),
        Some(Command::ReplayTelemetry(a)) => replay::run(&a).map(|()| code::OK),
        Some(Command::Audit(a)) => audit::run(&a).map(|()| code::OK),
        Some(Command::Identity(a)) => identity::run(&a).map(|()| code::OK),
        Some(Command::Doctor(a)) => doctor::run(&a).map(|()| code::OK),
        #[cfg(feature = "ecs")]
        Some(Command::Demo(a)) => demo::run(&a),
        #[cfg(feature = "ecs")]
        Some(Command::Serve(a)) => serve::run(&a).map(|()| code::OK),
        #[cfg(feature = "studio")]
        Some(Command::Render(a)) => render::run(&a).map(|()| code::OK),
        #[cfg(feature = "studio")]
        Some(Command::Studio(a)) => studio::run(&a),
    }
}

#[cfg(feature = "studio")]
fn no_argument(args: args::NoArgument) -> Result<u8, CliError> {
    studio::run_or_demo(args)
}

#[cfg(all(feature = "ecs", not(feature = "studio")))]
fn no_argument(args: args::NoArgument) -> Result<u8, CliError> {
    eprintln!("This build has no window (built without the studio feature): running the main job headless.");
    demo::run(&args.demo())
}

#[cfg(not(feature = "ecs"))]
fn no_argument(_: args::NoArgument) -> Result<u8, CliError> {
    use clap::CommandFactory;
    let _ = Cli::command().print_help();
    println!("\nThis build has no live runtime (built without the ecs feature): try `plantcast whatif scenarios/chiller-outage.scenario.ron`.");
    Ok(code::OK)
}
