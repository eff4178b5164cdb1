//! `plantcast doctor`: versions, paths, adapter, display, broker, and what is missing with the package that brings it.
//!
//! Reads only; always exits 0 unless something the main job needs is missing and `--strict` asks for it.

use super::{CliError, edge};
use crate::link::{Publisher, PublisherOptions};
use std::{path::PathBuf, sync::Arc};

/// Arguments of `doctor`.
#[derive(clap::Args, Debug)]
pub struct DoctorArgs {
    /// Check that this broker answers, besides the embedded one.
    #[arg(long, value_name = "URL")]
    pub broker: Option<String>,
    /// Data folder to check.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Exit with 1 when something is missing.
    #[arg(long)]
    pub strict: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// One finding.
#[derive(serde::Serialize, Debug)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub found: String,
    /// Whether the main job has what it needs of it.
    pub ok: bool,
    /// What to do when it is missing.
    pub advice: Option<String>,
}

impl Finding {
    fn good(what: &str, found: impl Into<String>) -> Self {
        Finding { what: what.into(), found: found.into(), ok: true, advice: None }
    }
    fn missing(what: &str, found: impl Into<String>, advice: &str) -> Self {
        Finding { what: what.into(), found: found.into(), ok: false, advice: Some(advice.into()) }
    }
}

/// The versions that this binary was locked to, read from the lock file it was built with.
fn locked_versions(names: &[&str]) -> String {
    let lock = include_str!("../../Cargo.lock");
    let version_of = |name: &str| {
        let at = lock.find(&format!("name = \"{name}\"\nversion = \""))?;
        lock[at..].split('"').nth(3).map(str::to_string)
    };
    names.iter().filter_map(|n| version_of(n).map(|v| format!("{n} {v}"))).collect::<Vec<_>>().join(", ")
}

fn tier() -> &'static str {
    if cfg!(feature = "studio") {
        "studio (window, 3D, panels)"
    } else if cfg!(feature = "ecs") {
        "ecs (live runtime, no window)"
    } else {
        "core (simulation and forecasts)"
    }
}

fn paths(data: &std::path::Path, out: &mut Vec<Finding>) {
    let probe = data.join(".doctor");
    let writable = std::fs::create_dir_all(data).and_then(|()| std::fs::write(&probe, b"ok")).and_then(|()| std::fs::remove_file(&probe));
    let shown = data.display().to_string();
    out.push(match writable {
        Ok(()) => Finding::good("data folder", format!("{shown} (writable)")),
        Err(e) => Finding::missing("data folder", format!("{shown}: {e}"), "choose another with --data-dir or PLANTCAST_DATA_DIR"),
    });
}

fn broker(url: Option<&str>, out: &mut Vec<Finding>) {
    match crate::link::Broker::start_on_free_port() {
        Ok(b) => {
            let url = b.url();
            out.push(reachable("embedded broker", &url));
        }
        Err(e) => out.push(Finding::missing("embedded broker", e.to_string(), "give another broker with --broker mqtt://HOST:PORT")),
    }
    if let Some(url) = url {
        out.push(reachable("broker", url));
    }
}

fn reachable(what: &str, url: &str) -> Finding {
    let probe = PublisherOptions {
        url: url.into(),
        client_id: format!("plantcast-doctor-{}", std::process::id()),
        plant_id: "doctor".into(),
        receive_commands: false,
        connect_within_s: 3.0,
        monotonic: Arc::new(edge::SystemClock::new()),
    };
    match Publisher::connect(probe) {
        Ok(_) => Finding::good(what, format!("{url}: answers")),
        Err(e) => Finding::missing(what, e.to_string(), "start the broker, or check host, port and firewall; Debian/Ubuntu: apt install mosquitto"),
    }
}

#[cfg(feature = "studio")]
fn graphics(out: &mut Vec<Finding>) {
    use crate::studio::preflight;
    out.push(match preflight::check_gpu() {
        Ok(adapter) => Finding::good("graphics adapter", adapter.to_string()),
        Err(e) => Finding::missing(
            "graphics adapter",
            e.to_string(),
            "pictures and the window need a Vulkan driver; Debian/Ubuntu: apt install libvulkan1 mesa-vulkan-drivers; Fedora: dnf install vulkan-loader mesa-vulkan-drivers",
        ),
    });
    out.push(match preflight::check_display() {
        Ok(d) => Finding::good("display", d.to_string()),
        Err(e) => Finding::missing(
            "display",
            e.to_string(),
            "the window needs X11 or Wayland (a desktop session, ssh -X, or Xvfb: apt install xvfb libxkbcommon-x11-0 libxcursor1 libxi6 libx11-xcb1); without it `plantcast` runs the main job headless",
        ),
    });
}

#[cfg(not(feature = "studio"))]
fn graphics(out: &mut Vec<Finding>) {
    out.push(Finding::good("graphics", "this build has no window (built without the studio feature)"));
}

/// Everything `doctor` finds.
pub fn examine(args: &DoctorArgs) -> Vec<Finding> {
    let mut out = vec![
        Finding::good("plantcast", format!("{} · {}", env!("CARGO_PKG_VERSION"), tier())),
        Finding::good("built with", locked_versions(&["bevy", "bevy_egui", "egui", "wgpu", "rapier3d", "rumqttc-next", "mqtt5", "rusqlite"])),
        Finding::good("machine", format!("{} {} · {} threads", std::env::consts::OS, std::env::consts::ARCH, threads())),
    ];
    paths(&edge::data_dir(args.data_dir.clone()), &mut out);
    broker(args.broker.as_deref(), &mut out);
    graphics(&mut out);
    out
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Runs `doctor`.
///
/// # Errors
/// With `--strict`, when something is missing.
pub fn run(args: &DoctorArgs) -> Result<(), CliError> {
    let findings = examine(args);
    if args.json {
        println!("{}", serde_json::json!({"schema_version": 1, "findings": findings}));
    } else {
        for f in &findings {
            println!("{} {:18} {}", if f.ok { "ok     " } else { "missing" }, f.what, f.found);
            if let Some(a) = &f.advice {
                println!("{:26} → {a}", "");
            }
        }
    }
    let missing = findings.iter().filter(|f| !f.ok).count();
    if args.strict && missing > 0 {
        return Err(CliError::failed(format!("{missing} finding(s) need attention, see above")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        let v = locked_versions(&["rapier3d", "no-such-crate"]);
        assert!(v.starts_with("rapier3d 0."), "{v}");
        assert!(!v.contains("no-such-crate"));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named_with_advice() {
        let mut out = Vec::new();
        let file = tempfile::NamedTempFile::new().unwrap();
        paths(&file.path().join("below"), &mut out);
        assert!(!out[0].ok && out[0].advice.as_ref().unwrap().contains("--data-dir"));
    }
}
