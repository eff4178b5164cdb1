//! The parts of a live session joined: broker, stand-in plant, twin; used by `demo`, `serve` and the window.

use super::{CliError, code, edge};
use crate::{
    clock::PlantClock,
    emulator::{self, EmulatorHandle, EmulatorOptions},
    governance::{IdentityBook, KdfCost, Role},
    link::Broker,
    plant::Plant,
    sim::Intervention,
    time::Span,
    twin::{self, Pace, Secret, TwinConfig, TwinHandle},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What to start.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// Scene file or built-in name; `None`: bottling.
    pub scene: Option<String>,
    /// Broker; `None`: the embedded one.
    pub broker: Option<String>,
    /// Where audit, outbox, history and identities live.
    pub data_dir: PathBuf,
    /// Plant seconds per real second.
    pub rate: f64,
    /// Seed of the stand-in plant and of forecasts.
    pub seed: u64,
    /// The stand-in plant lies.
    pub lie: bool,
    /// Run the stand-in plant.
    pub emulator: bool,
    /// Outages of the stand-in plant, `ASSET@SPAN` as in `emulate --inject`, counted from `inject_from` after its start.
    pub inject: Vec<String>,
    /// See `inject`.
    pub inject_from: Span,
    /// Client id of the twin on the broker.
    pub client: String,
}

/// A person who may sign in this session.
#[derive(Clone)]
pub struct Signer {
    /// Name.
    pub name: String,
    /// Role, in words.
    pub role: String,
    /// Password.
    pub password: Secret,
}

/// A running session.
pub struct Live {
    /// The plant.
    pub plant: Arc<Plant>,
    /// The plant clock, shared by twin and stand-in plant.
    pub clock: PlantClock,
    /// The twin.
    pub twin: TwinHandle,
    /// Where its files are.
    pub data_dir: PathBuf,
    /// Demo identities that may sign, of a session with a stand-in plant; empty with a real one.
    pub signers: Vec<Signer>,
    emulator: Option<EmulatorHandle>,
    _broker: Option<Broker>,
}

/// A folder of its own for this process, below the system's temporary folder, removed by its owner.
///
/// # Errors
/// 74 when it cannot be made.
pub fn scratch_dir(name: &str) -> Result<Scratch, CliError> {
    let path = std::env::temp_dir().join(format!("plantcast-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).map_err(|e| CliError::io(format!("{}: {e}; choose another folder with --data-dir", path.display())))?;
    Ok(Scratch(path))
}

/// Removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Live {
    /// Starts broker, stand-in plant and twin, in this order.
    ///
    /// # Errors
    /// 14 when the broker does not answer, 15 for a bad scene, 74 for the data folder, 1 otherwise.
    pub fn start(options: &LiveOptions) -> Result<Live, CliError> {
        let plant = Arc::new(super::scene::load_scene(options.scene.as_deref().unwrap_or("bottling"))?);
        let system = Arc::new(edge::SystemClock::new());
        let clock = edge::plant_clock(&system, options.rate);
        let (broker, url) = match &options.broker {
            Some(url) => (None, url.clone()),
            None => {
                let b = Broker::start_on_free_port().map_err(|e| CliError::new(code::BROKER, e))?;
                let url = b.url();
                (Some(b), url)
            }
        };
        let emulator = if options.emulator { Some(start_emulator(options, &plant, &clock, &system, &url)?) } else { None };
        let (identities, signers) = identities(options, system.as_ref())?;
        let config = TwinConfig {
            plant: plant.clone(),
            clock: clock.clone(),
            wall: system.clone(),
            entropy: system.clone(),
            broker_url: url,
            client_id: format!("{}-{}", options.client, std::process::id()),
            data_dir: Some(options.data_dir.clone()),
            identities,
            desk: DEMO_PEOPLE[0].0.into(),
            may_command: options.emulator || (options.rate - 1.0).abs() < 1e-9,
            seed: options.seed,
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        };
        let twin = twin::start(config, Pace::default()).map_err(|e| CliError::new(e.exit_code(), e))?;
        Ok(Live { plant, clock, twin, data_dir: options.data_dir.clone(), signers, emulator, _broker: broker })
    }

    /// Does something to the stand-in plant, of which the twin knows nothing.
    ///
    /// # Errors
    /// When there is none.
    pub fn inject(&mut self, what: Intervention) -> Result<(), CliError> {
        match &self.emulator {
            Some(e) => {
                e.inject(what);
                Ok(())
            }
            None => Err(CliError::failed("there is no stand-in plant in this session to inject an outage into")),
        }
    }

    /// Commands that the stand-in plant carried out (or pretended to).
    pub fn executed(&self) -> u64 {
        self.emulator.as_ref().map_or(0, EmulatorHandle::executed)
    }

    /// Ends twin and stand-in plant, in this order.
    pub fn stop(&mut self) {
        self.twin.stop();
        if let Some(e) = self.emulator.take() {
            e.stop();
        }
    }
}

/// The stand-in plant of a session, on the session's clock.
fn start_emulator(
    options: &LiveOptions,
    plant: &Plant,
    clock: &PlantClock,
    system: &Arc<edge::SystemClock>,
    url: &str,
) -> Result<EmulatorHandle, CliError> {
    let mut inject = Vec::new();
    for text in &options.inject {
        let (after, what) = super::emulate::injection(plant, text)?;
        inject.push((options.inject_from + after, what));
    }
    let options =
        EmulatorOptions { lie: options.lie, inject, ..EmulatorOptions::new(plant.clone(), options.seed, clock.clone(), system.clone(), url) };
    emulator::start(options).map_err(|e| super::emulate::emulator_error(&e))
}

/// Password of the demo identities. They exist only where the session runs its own stand-in plant.
pub const DEMO_PASSWORD: &str = "plantcast-demo";
const DEMO_PEOPLE: [(&str, &str, Role); 4] = [
    ("paul", "Paul (planner)", Role::Planner),
    ("olivia", "Olivia (operator)", Role::Operator),
    ("ada", "Ada (approver)", Role::Approver),
    ("sven", "Sven (supervisor)", Role::Supervisor),
];

/// The people of this session: from the data folder; with a stand-in plant, demo people are added to an empty one.
fn identities(options: &LiveOptions, system: &edge::SystemClock) -> Result<(IdentityBook, Vec<Signer>), CliError> {
    let folder = if options.emulator { options.data_dir.join("demo") } else { options.data_dir.clone() };
    std::fs::create_dir_all(&folder).map_err(|e| CliError::io(format!("{}: {e}; choose another folder with --data-dir", folder.display())))?;
    let path = folder.join("identities.ron");
    if path.exists() {
        let book = IdentityBook::load(&path).map_err(CliError::invalid)?;
        return Ok((book, demo_signers(options)));
    }
    let book = IdentityBook::new(KdfCost::default());
    if options.emulator {
        for (name, person, role) in DEMO_PEOPLE {
            book.add(name, person, role, DEMO_PASSWORD, system).map_err(CliError::failed)?;
        }
        book.save(&path).map_err(CliError::io)?;
    }
    Ok((book, demo_signers(options)))
}

fn demo_signers(options: &LiveOptions) -> Vec<Signer> {
    if !options.emulator {
        return Vec::new();
    }
    let signer = |(name, _, role): (&str, &str, Role)| Signer {
        name: name.into(),
        role: format!("{role:?}").to_lowercase(),
        password: DEMO_PASSWORD.to_string().into(),
    };
    // the supervisor first: what is not validated yet needs one; the planner only proposes
    DEMO_PEOPLE.into_iter().rev().filter(|p| p.2 != Role::Planner).map(signer).collect()
}
