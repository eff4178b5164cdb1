//! The stand-in's thread: advances the engine to the plant clock, publishes, takes commands.
//!
//! Owns the engine, the model with its hidden parameters, and the connection; all of it lives and dies on the named thread.
//! *Invariant:* the simulated instant never runs ahead of the plant clock and never behind by more than one tick.

use super::desk::{Desk, DeskCounts};
use super::disturbance::Disturbances;
use super::hidden::hidden;
use super::sensors::Sensors;
use crate::clock::{PlantClock, WallClock};
use crate::link::{CounterSnapshot, LinkError, Publisher, PublisherOptions};
use crate::plant::Plant;
use crate::rng::Draws;
use crate::sim::{Engine, Intervention, Model, ModelError, Script, SimError, State};
use crate::time::{Span, Time};
use crate::units::UnitError;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Real time between two looks at the clock.
const TICK: Duration = Duration::from_millis(20);
/// Requests that may wait for the thread.
const REQUESTS: usize = 64;

/// How to run the stand-in plant.
#[derive(Clone)]
pub struct EmulatorOptions {
    /// The plant as the twin knows it; the stand-in hides its own parameters from this.
    pub plant: Plant,
    /// Seed of the hidden parameters, the failures, the noise and the disturbances.
    pub seed: u64,
    /// Plant time: its rate is the stand-in's speed (1 to 200), its epoch the event times.
    pub clock: PlantClock,
    /// Unix time, against which commands expire.
    pub wall: Arc<dyn WallClock>,
    /// `mqtt://host:port`.
    pub broker_url: String,
    /// MQTT client id.
    pub client_id: String,
    /// Acknowledges commands as executed without executing them.
    pub lie: bool,
    /// Interventions at plant time after the start.
    pub inject: Vec<(Span, Intervention)>,
    /// Scale of the sensors' noise (1: as the contracts say).
    pub noise: f64,
    /// Own parameters, micro-stops and fouling (true), or exactly the model (false): matched and mismatched results.
    pub mismatched: bool,
}

impl EmulatorOptions {
    /// A truthful, mismatched stand-in without injections.
    pub fn new(plant: Plant, seed: u64, clock: PlantClock, wall: Arc<dyn WallClock>, broker_url: impl Into<String>) -> Self {
        let client_id = format!("plantcast-emulator-{}-{seed}", plant.id);
        let broker_url = broker_url.into();
        Self { plant, seed, clock, wall, broker_url, client_id, lie: false, inject: Vec::new(), noise: 1.0, mismatched: true }
    }
}

/// Why the stand-in did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The plant is for live monitoring only.
    #[error("plant {plant:?} cannot be emulated: {reason}; replay a recording instead (plantcast replay-telemetry)")]
    NotSimulated {
        /// Which.
        plant: String,
        /// What the scene says.
        reason: String,
    },
    /// The plant does not compile.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A tag's units do not fit together.
    #[error("the unit of a tag: {0}")]
    Unit(#[from] UnitError),
    /// No broker.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// No thread.
    #[error("cannot start the emulator's thread: {0}")]
    Thread(#[source] std::io::Error),
}

/// What the stand-in has done.
#[derive(Clone, Copy, PartialEq, Debug, Default, serde::Serialize)]
pub struct EmulatorCounts {
    /// Commands.
    pub desk: DeskCounts,
    /// Samples handed to the network.
    pub published: u64,
    /// Samples refused (offline, overloaded).
    pub unpublished: u64,
    /// Interventions carried out, disturbances included.
    pub interventions: u64,
    /// Plant time simulated [s].
    pub simulated_s: f64,
    /// Its connection.
    pub link: CounterSnapshot,
}

enum Request {
    Inject(Intervention),
    Lie(bool),
    Truth(Sender<State>),
    Stop,
}

/// A running stand-in plant; dropping it stops the thread.
pub struct EmulatorHandle {
    requests: Sender<Request>,
    shared: Arc<Mutex<Told>>,
    model: Arc<Model>,
    join: Option<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Told {
    counts: EmulatorCounts,
    fault: Option<SimError>,
}

impl EmulatorHandle {
    /// Does something to the plant now.
    pub fn inject(&self, what: Intervention) {
        let _ = self.requests.send(Request::Inject(what));
    }
    /// Switches lie mode.
    pub fn set_lie(&self, lie: bool) {
        let _ = self.requests.send(Request::Lie(lie));
    }
    /// Counts so far.
    pub fn counts(&self) -> EmulatorCounts {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).counts
    }
    /// Commands executed so far (claimed, in lie mode).
    pub fn executed(&self) -> u64 {
        self.counts().desk.executed
    }
    /// The true state; `None` when the thread has ended.
    pub fn truth(&self) -> Option<State> {
        let (reply, answer) = bounded(1);
        self.requests.send(Request::Truth(reply)).ok()?;
        answer.recv_timeout(Duration::from_secs(5)).ok()
    }
    /// The model with the hidden parameters.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }
    /// Why the simulation stopped by itself, if it did.
    pub fn fault(&self) -> Option<SimError> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }
    /// Stops the plant and its connection.
    pub fn stop(mut self) {
        self.halt();
    }
    fn halt(&mut self) {
        let _ = self.requests.send(Request::Stop);
        if let Some(join) = self.join.take() {
            let _ = join.join();
        }
    }
}

impl Drop for EmulatorHandle {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Starts the stand-in plant; returns when it is connected.
///
/// # Errors
/// [`EmulatorError`].
pub fn start(options: EmulatorOptions) -> Result<EmulatorHandle, EmulatorError> {
    if let Some(reason) = &options.plant.forecast_refused {
        return Err(EmulatorError::NotSimulated { plant: options.plant.id.clone(), reason: reason.clone() });
    }
    let plant = if options.mismatched { hidden(&options.plant, options.seed) } else { options.plant.clone() };
    let model = Arc::new(Model::compile(&plant)?);
    let origin = options.clock.now();
    let sensors = Sensors::new(&plant, options.seed, options.noise, origin)?;
    let publisher = Publisher::connect(PublisherOptions {
        url: options.broker_url.clone(),
        client_id: options.client_id.clone(),
        plant_id: plant.id.clone(),
        receive_commands: true,
        connect_within_s: 5.0,
        monotonic: options.clock.monotonic().clone(),
    })?;
    let disturbances = options.mismatched.then(|| Disturbances::new(&plant, options.seed));
    let (requests, inbox) = bounded(REQUESTS);
    let shared = Arc::new(Mutex::new(Told::default()));
    let floor = Floor {
        desk: Desk::new(options.seed),
        sensors,
        disturbances,
        publisher,
        origin,
        options,
        told: shared.clone(),
        counts: EmulatorCounts::default(),
    };
    let for_thread = model.clone();
    let join =
        std::thread::Builder::new().name("plantcast-emulator".into()).spawn(move || floor.run(&for_thread, &inbox)).map_err(EmulatorError::Thread)?;
    Ok(EmulatorHandle { requests, shared, model, join: Some(join) })
}

struct Floor {
    options: EmulatorOptions,
    origin: Time,
    publisher: Publisher,
    sensors: Sensors,
    desk: Desk,
    disturbances: Option<Disturbances>,
    told: Arc<Mutex<Told>>,
    counts: EmulatorCounts,
}

impl Floor {
    fn run(mut self, model: &Model, inbox: &Receiver<Request>) {
        let mut engine = Engine::new(model, State::nominal(model), Draws::new(self.options.seed, 0));
        engine.keep_trace(false);
        let entries = self.options.inject.iter().map(|(after, what)| (Time(after.0), *what)).collect();
        self.counts.interventions += self.options.inject.len() as u64;
        engine.schedule(&Script(entries));
        loop {
            let request = inbox.recv_timeout(TICK);
            match self.tick(model, &mut engine, request) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!("the stand-in plant stopped: {error}");
                    self.told.lock().unwrap_or_else(PoisonError::into_inner).fault = Some(error);
                    return;
                }
            }
        }
    }

    /// One look at the clock; false when asked to stop.
    fn tick(&mut self, model: &Model, engine: &mut Engine, request: Result<Request, RecvTimeoutError>) -> Result<bool, SimError> {
        let now = self.options.clock.now();
        self.advance(engine, now)?;
        match request {
            Ok(Request::Inject(what)) => {
                self.counts.interventions += 1;
                engine.schedule(&Script(vec![(engine.state().time(), what)]));
                engine.run_until(engine.state().time())?;
            }
            Ok(Request::Lie(lie)) => self.options.lie = lie,
            Ok(Request::Truth(reply)) => {
                let _ = reply.try_send(engine.state().clone());
            }
            Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(false),
            Err(RecvTimeoutError::Timeout) => {}
        }
        self.take_commands(model, now);
        self.publish(model, engine.state(), now);
        self.tell(now);
        Ok(true)
    }

    /// Simulates up to the plant clock, stopping at each due command and disturbance.
    fn advance(&mut self, engine: &mut Engine, now: Time) -> Result<(), SimError> {
        let end = Time((now - self.origin).0.max(0));
        if let Some(disturbances) = &mut self.disturbances {
            let entries = disturbances.until(end);
            self.counts.interventions += entries.len() as u64;
            engine.schedule(&Script(entries));
        }
        while let Some(due) = self.desk.next_due().filter(|due| *due <= now) {
            engine.run_until(Time((due - self.origin).0).max(engine.state().time()))?;
            for (_, action, ack) in self.desk.due(due) {
                if let Some(action) = action.filter(|_| !self.options.lie) {
                    engine.act(action);
                }
                let _ = self.publisher.acknowledge(&ack);
            }
        }
        engine.run_until(end.max(engine.state().time()))
    }

    fn take_commands(&mut self, model: &Model, now: Time) {
        let wall_ms = self.options.wall.now().0.div_euclid(1000);
        while let Ok(command) = self.publisher.commands().try_recv() {
            if let Some(ack) = self.desk.take(model.plant(), command, wall_ms, now) {
                let _ = self.publisher.acknowledge(&ack);
            }
        }
    }

    fn publish(&mut self, model: &Model, state: &State, now: Time) {
        for payload in self.sensors.due(model, state, now, self.options.clock.rate()) {
            let topic = &model.plant().tags[payload.tag.index()].topic;
            match self.publisher.telemetry(topic, payload.bytes) {
                Ok(()) => self.counts.published += 1,
                Err(_) => self.counts.unpublished += 1,
            }
            // Commands do not wait for a slow broker to take the samples.
            self.take_commands(model, now);
        }
    }

    fn tell(&mut self, now: Time) {
        self.counts.desk = self.desk.counts;
        self.counts.simulated_s = (now - self.origin).s();
        self.counts.link = self.publisher.counters();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).counts = self.counts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::Hazard;
    use crate::sim::Mode;

    #[test]
    fn the_plant_as_built_still_makes_its_product_in_spite_of_fouling_and_micro_stops() {
        let mut plant = Plant::builtin("bottling").unwrap().unwrap();
        for mode in plant.assets.iter_mut().flat_map(|a| &mut a.reliability) {
            mode.hazard = Hazard::Never;
        }
        let filler = plant.asset_by_id("FI-1").unwrap();
        let hours = 12.0;
        let made = |plant: &Plant, disturbed: Option<u64>| {
            let model = Model::compile(plant).unwrap();
            let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
            let end = Time::from_h(hours);
            if let Some(seed) = disturbed {
                engine.schedule(&Script(Disturbances::new(plant, seed).until(end)));
            }
            engine.run_until(end).unwrap();
            let state = engine.state();
            let tripped: Vec<_> = plant.asset_ids().filter(|a| state.time_in_mode(*a)[usize::from(Mode::Tripped.code())] > Span::ZERO).collect();
            assert!(tripped.is_empty(), "{disturbed:?}: {tripped:?}");
            state.totals().produced[filler.index()]
        };
        let nominal = made(&plant, None);
        assert!(nominal > 0.0);
        for seed in 0..12 {
            let ratio = made(&hidden(&plant, seed), Some(seed)) / nominal;
            assert!((0.85..1.06).contains(&ratio), "seed {seed}: {ratio}");
            assert!(ratio != 1.0, "deliberately unlike the model");
        }
    }
}
