//! `plantcast serve`: the twin headless against a broker, until interrupted.

use super::{CliError, edge, live};
use crate::{
    time::Span,
    twin::{LiveView, Severity},
};
use std::{path::PathBuf, sync::atomic::Ordering, time::Duration};

/// Arguments of `serve`.
#[derive(clap::Args, Debug)]
pub struct ServeArgs {
    /// Scene file or name of a built-in scene.
    #[arg(long, value_name = "FILE|NAME", default_value = "bottling")]
    pub scene: String,
    /// Broker to listen to.
    #[arg(long, value_name = "URL")]
    pub broker: String,
    /// Plant seconds per real second, as the source runs; commands need 1.
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    /// Where audit, outbox, history and identities live.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Seed of forecasts and agents.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// One JSON object per interval on stdout.
    #[arg(long)]
    pub json: bool,
    /// Seconds between reports.
    #[arg(long, default_value_t = 5.0)]
    pub every: f64,
    /// End after this many seconds.
    #[arg(long = "for", value_name = "SECONDS")]
    pub duration: Option<f64>,
}

/// Runs the twin until interrupted.
///
/// # Errors
/// 14 when the broker does not answer, 15 for a bad scene, 74 for the data folder.
pub fn run(args: &ServeArgs) -> Result<(), CliError> {
    let options = live::LiveOptions {
        scene: Some(args.scene.clone()),
        broker: Some(args.broker.clone()),
        data_dir: edge::data_dir(args.data_dir.clone()),
        rate: args.rate,
        seed: args.seed,
        lie: false,
        emulator: false,
        inject: Vec::new(),
        inject_from: Span::ZERO,
        client: "plantcast-serve".into(),
    };
    let mut live = live::Live::start(&options)?;
    let interrupted = edge::interrupted()?;
    let (mut waited, mut told, mut events_seen) = (0.0, 0.0, 0usize);
    while !interrupted.load(Ordering::SeqCst) && live.twin.is_running() && args.duration.is_none_or(|d| waited < d) {
        std::thread::sleep(Duration::from_millis(100));
        waited += 0.1;
        told += 0.1;
        if told + 1e-9 >= args.every {
            told = 0.0;
            report(&live, args.json, &mut events_seen);
        }
    }
    report(&live, args.json, &mut events_seen);
    live.stop();
    Ok(())
}

fn report(live: &live::Live, json: bool, events_seen: &mut usize) {
    let v: std::sync::Arc<LiveView> = live.twin.view();
    if json {
        if let Ok(text) = serde_json::to_string(&serde_json::json!({"schema_version": 1, "view": &*v})) {
            println!("{text}");
        }
        return;
    }
    let stale = v.assets.iter().filter(|a| a.stale).count();
    let i = v.intake;
    println!(
        "{} link {} · received {} = {} accepted + {} quarantined + {} rejected + {} dropped · {stale} of {} assets stale · fidelity {} · {} proposal(s)",
        v.now,
        v.link.status,
        i.received,
        i.accepted,
        i.quarantined,
        i.rejected,
        i.dropped,
        v.assets.len(),
        v.fidelity.evidence,
        v.proposals.len()
    );
    // the list is bounded: when it was trimmed, show what is left
    let from = (*events_seen).min(v.events.len());
    for e in v.events.iter().skip(from).filter(|e| e.severity >= Severity::Warning) {
        let asset = e.asset.map_or(String::new(), |a| format!("{}: ", live.plant.asset(a).id));
        println!("  {} {:?} {asset}{}", e.at, e.severity, e.text);
    }
    *events_seen = v.events.len();
}
