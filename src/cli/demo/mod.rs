//! `plantcast demo`: the whole story headless, on real parts: broker, stand-in plant, twin, outage, forecast,
//! proposal, gate, signature, command, verified effect, audit.
//!
//! Acts through the same doors as a person: it reads `LiveView`, sends `TwinCommand`s, and injects the outage
//! into the stand-in plant, of which the twin knows nothing. Exit 0 only when every step was seen to happen.

mod pictures;
mod report;
mod story;

use super::{CliError, code, live};
use crate::time::Span;
use report::Report;
use std::path::PathBuf;

/// Arguments of `demo`.
#[derive(clap::Args, Debug, Clone)]
pub struct DemoArgs {
    /// Scene file or name of a built-in scene.
    #[arg(long, value_name = "FILE|NAME")]
    pub scene: Option<String>,
    /// Use this broker instead of the embedded one.
    #[arg(long, value_name = "URL")]
    pub broker: Option<String>,
    /// The asset that is lost.
    #[arg(long, value_name = "ASSET", default_value = "CH-1")]
    pub lose: String,
    /// The stand-in plant acknowledges commands without carrying them out.
    #[arg(long)]
    pub lie: bool,
    /// Plant seconds per real second.
    #[arg(long, default_value_t = 60.0)]
    pub rate: f64,
    /// Futures of the forecast.
    #[arg(long, default_value_t = 300)]
    pub runs: u32,
    /// Seed of the stand-in plant and of every forecast.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Where pictures go [default: plantcast-demo].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write no pictures.
    #[arg(long)]
    pub no_pictures: bool,
    /// Where audit, outbox and history are kept [default: a temporary folder].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print one JSON object on stdout instead of the story.
    #[arg(long)]
    pub json: bool,
}

impl Default for DemoArgs {
    fn default() -> Self {
        DemoArgs {
            scene: None,
            broker: None,
            lose: "CH-1".into(),
            lie: false,
            rate: 60.0,
            runs: 300,
            seed: 7,
            out: None,
            no_pictures: false,
            data_dir: None,
            json: false,
        }
    }
}

/// Runs the demo.
///
/// # Errors
/// Whatever kept a step of the story from happening, with the step's name.
pub fn run(args: &DemoArgs) -> Result<u8, CliError> {
    let mut report = Report::new(args.json);
    let kept;
    let data_dir = match &args.data_dir {
        Some(d) => d.clone(),
        None => {
            kept = live::scratch_dir("demo")?;
            kept.path().to_path_buf()
        }
    };
    let options = live::LiveOptions {
        scene: args.scene.clone(),
        broker: args.broker.clone(),
        data_dir,
        rate: args.rate,
        seed: args.seed,
        lie: args.lie,
        emulator: true,
        inject: Vec::new(),
        inject_from: Span::ZERO,
        client: "plantcast-demo".into(),
    };
    let mut live = live::Live::start(&options)?;
    let told = story::tell(&mut live, args, &mut report);
    let pictures = told.is_ok() && !args.no_pictures;
    let seen = live.twin.view();
    live.stop();
    told?;
    story::verify_audit(&live, &mut report)?;
    if pictures {
        pictures::write(&live.plant, &seen, args, &mut report);
    }
    report.finish();
    Ok(code::OK)
}
