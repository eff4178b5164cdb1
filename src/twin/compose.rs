//! The composition root: opens what the runtime needs and puts every core value into its one home.
//!
//! The only place outside `link` and `governance` that touches the `CommandPort`: it comes from `link::connect`
//! and is moved at once into the dispatcher of the governance thread.

use super::{govern, runtime::Clocks};
use crate::{
    clock::{Entropy, PlantClock, WallClock},
    governance::{IdentityBook, PortSink},
    history::{HistoryError, Store},
    link::{self, ConnectOptions, Connection, LinkError},
    plant::Plant,
    sim::{Model, ModelError},
};
use bevy::prelude::*;
use std::{path::PathBuf, sync::Arc};

/// What the runtime is made of.
pub struct TwinConfig {
    /// The plant.
    pub plant: Arc<Plant>,
    /// Plant time.
    pub clock: PlantClock,
    /// Stamps of records.
    pub wall: Arc<dyn WallClock>,
    /// Nonces, ids, keys.
    pub entropy: Arc<dyn Entropy>,
    /// Broker.
    pub broker_url: String,
    /// MQTT client id.
    pub client_id: String,
    /// Where audit, outbox and history live; `None`: in memory (tests).
    pub data_dir: Option<PathBuf>,
    /// Who may sign.
    pub identities: IdentityBook,
    /// Identity of the person at the desk: the author of proposals made by hand.
    pub desk: String,
    /// Whether commands may leave at all: false for an accelerated twin of something that is not the stand-in plant.
    pub may_command: bool,
    /// Seed of forecasts and agents.
    pub seed: u64,
    /// Worker threads of forecasts.
    pub threads: usize,
}

/// Why the runtime did not start.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Broker.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Store.
    #[error(transparent)]
    Store(#[from] HistoryError),
    /// Plant.
    #[error("the plant does not compile: {0}")]
    Model(#[from] ModelError),
    /// Policy, checkpoints, open commands.
    #[error("governance: {0}")]
    Governance(String),
    /// Its thread ended while building.
    #[error("the twin's thread ended while it was being built; the log says why")]
    Died,
    /// No thread.
    #[error("cannot start the twin's thread: {0}")]
    Thread(#[source] std::io::Error),
}

impl ComposeError {
    /// Exit code of the command line for this ending.
    pub fn exit_code(&self) -> u8 {
        match self {
            ComposeError::Link(LinkError::Unreachable { .. }) => 14,
            ComposeError::Link(_) => 15,
            ComposeError::Store(_) => 74,
            ComposeError::Model(_) => 15,
            ComposeError::Governance(_) => 13,
            ComposeError::Thread(_) | ComposeError::Died => 1,
        }
    }
}

/// The plant and its compiled model.
#[derive(Resource, Clone)]
pub struct PlantRes {
    /// The document.
    pub plant: Arc<Plant>,
    /// The model; `None` for a plant that is only monitored.
    pub model: Option<Arc<Model>>,
}

/// The telemetry connection.
#[derive(Resource)]
pub struct LinkRes {
    /// Telemetry, acknowledgements, status.
    pub connection: Connection,
    /// Its broker.
    pub url: String,
    /// Whether this session may command.
    pub may_command: bool,
}

/// The store.
#[derive(Resource, Clone)]
pub struct StoreRes(pub Store);

/// Settings that jobs need.
#[derive(Resource, Clone)]
pub struct TwinSettings {
    /// Seed of forecasts and agents.
    pub seed: u64,
    /// Worker threads.
    pub threads: usize,
    /// Nonces and ids.
    pub entropy: Arc<dyn Entropy>,
    /// Author of proposals made by hand.
    pub desk: String,
}

/// Opens everything and inserts it.
pub(super) fn insert(app: &mut App, config: TwinConfig, step_s: f64) -> Result<(), ComposeError> {
    let model = match &config.plant.forecast_refused {
        Some(_) => None,
        None => Some(Arc::new(Model::compile(&config.plant)?)),
    };
    let store = match &config.data_dir {
        Some(dir) => Store::open(dir)?,
        None => Store::in_memory()?,
    };
    let options = ConnectOptions {
        subscriptions: link::telemetry_filters(&config.plant),
        read_only: !config.may_command,
        ..ConnectOptions::new(&config.broker_url, &config.client_id, &config.plant.id, config.clock.monotonic().clone())
    };
    let (connection, port) = link::connect(options)?;
    let clocks = Clocks { plant: config.clock.clone(), wall: config.wall.clone(), step_s };
    let parts = govern::Parts {
        plant: config.plant.clone(),
        model: model.clone(),
        store: store.clone(),
        clocks: clocks.clone(),
        entropy: config.entropy.clone(),
        identities: config.identities,
        acks: connection.acks().clone(),
        folder: config.data_dir.clone(),
        seed: config.seed,
        threads: config.threads,
    };
    govern::insert(app, parts, PortSink::new(port))?;
    app.insert_resource(clocks);
    app.insert_resource(PlantRes { plant: config.plant, model });
    app.insert_resource(LinkRes { connection, url: config.broker_url, may_command: config.may_command });
    app.insert_resource(StoreRes(store));
    app.insert_resource(TwinSettings { seed: config.seed, threads: config.threads, entropy: config.entropy, desk: config.desk });
    Ok(())
}

/// Ends in order: governance first (it writes the last checkpoint), then the historian, then the link.
pub(super) fn shut_down(world: &mut World) {
    govern::shut_down(world);
    world.remove_resource::<super::record::Writer>();
    if let Some(store) = world.get_resource::<StoreRes>()
        && let Err(e) = store.0.flush_samples(true)
    {
        tracing::warn!(error = %e, "the last samples could not be stored");
    }
    world.remove_resource::<LinkRes>();
}
