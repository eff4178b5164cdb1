//! `plantcast emulate SCENE`: the stand-in plant behind MQTT, with hidden parameters of its own.

use super::{CliError, code, edge, scene};
use crate::{
    emulator::{self, EmulatorOptions},
    link::{Broker, LinkError},
    plant::Plant,
    sim::{Intervention, Until},
    time::Span,
};
use std::{sync::Arc, time::Duration};

/// Arguments of `emulate`.
#[derive(clap::Args, Debug)]
pub struct EmulateArgs {
    /// Scene file or name of a built-in scene.
    #[arg(default_value = "bottling")]
    pub scene: String,
    /// Publish to this broker; without it an embedded one is started and its address printed.
    #[arg(long, value_name = "URL")]
    pub broker: Option<String>,
    /// Plant seconds per real second; give the twin that listens the same --rate.
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    /// Seed of its hidden parameters, failures and noise.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Lose an asset after a span, e.g. `CH-1@30min`; may be given several times; `CH-1@30min+2h` comes back after 2 h.
    #[arg(long, value_name = "ASSET@SPAN")]
    pub inject: Vec<String>,
    /// Acknowledge commands without carrying them out.
    #[arg(long)]
    pub lie: bool,
    /// Publish without measurement noise.
    #[arg(long)]
    pub no_noise: bool,
    /// End after this much plant time.
    #[arg(long = "for", value_name = "SPAN")]
    pub duration: Option<String>,
}

/// `CH-1@30min+2h` → lose CH-1 after 30 min for 2 h.
pub(super) fn injection(plant: &Plant, text: &str) -> Result<(Span, Intervention), CliError> {
    let form = || CliError::invalid(format!("--inject {text:?}: write ASSET@SPAN or ASSET@SPAN+SPAN, for example CH-1@30min"));
    let (asset, rest) = text.split_once('@').ok_or_else(form)?;
    let (at, lasts) = rest.split_once('+').map_or((rest, None), |(a, l)| (a, Some(l)));
    let id = plant.asset_by_id(asset).ok_or_else(|| CliError::invalid(format!("--inject {text:?}: the scene has no asset {asset:?}")))?;
    let at = Span::parse(at).map_err(|e| CliError::invalid(format!("--inject {text:?}: {e}")))?;
    let until = match lasts {
        None => Until::Repaired,
        Some(l) => Until::For(Span::parse(l).map_err(|e| CliError::invalid(format!("--inject {text:?}: {e}")))?),
    };
    let mode = (!plant.asset(id).reliability.is_empty()).then_some(0);
    Ok((at, Intervention::Fail { asset: id, mode, until }))
}

/// Runs the stand-in plant until interrupted or its time is over.
///
/// # Errors
/// 14 when the broker does not answer, 15 for a bad scene or injection.
pub fn run(args: &EmulateArgs) -> Result<(), CliError> {
    let plant = Arc::new(scene::load_scene(&args.scene)?);
    let inject = args.inject.iter().map(|t| injection(&plant, t)).collect::<Result<Vec<_>, _>>()?;
    let duration = args.duration.as_deref().map(Span::parse).transpose().map_err(CliError::invalid)?;
    let system = Arc::new(edge::SystemClock::new());
    let clock = edge::plant_clock(&system, args.rate);
    let mut broker = None;
    let url = match &args.broker {
        Some(url) => url.clone(),
        None => broker.insert(Broker::start_on_free_port().map_err(|e| CliError::new(code::BROKER, e))?).url(),
    };
    let options = EmulatorOptions {
        lie: args.lie,
        noise: f64::from(u8::from(!args.no_noise)),
        inject,
        ..EmulatorOptions::new((*plant).clone(), args.seed, clock.clone(), system.clone(), url.clone())
    };
    let handle = emulator::start(options).map_err(|e| emulator_error(&e))?;
    println!(
        "{}: {} assets, {} tags on {url} at rate {} (seed {}){}",
        plant.name,
        plant.assets.len(),
        plant.tags.len(),
        args.rate,
        args.seed,
        if args.lie { ", lying about commands" } else { "" }
    );
    let interrupted = edge::interrupted()?;
    let end = duration.map(|d| clock.now() + d);
    while !interrupted.load(std::sync::atomic::Ordering::SeqCst) && end.is_none_or(|e| clock.now() < e) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let executed = handle.executed();
    handle.stop();
    println!("ended: {executed} command(s) executed");
    Ok(())
}

/// The exit code of an emulator that did not start.
pub(super) fn emulator_error(e: &crate::emulator::EmulatorError) -> CliError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(e);
    while let Some(s) = source {
        if matches!(s.downcast_ref::<LinkError>(), Some(LinkError::Unreachable { .. })) {
            return CliError::new(code::BROKER, e);
        }
        source = s.source();
    }
    CliError::failed(e)
}
