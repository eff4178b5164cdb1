//! The thread on which the twin lives: builds the application, steps it at a real-time pace, hands out views.
//!
//! Owns the loop and its clocks; decides nothing. Invariant: one call of `step` runs the chain exactly once,
//! whatever the wall clock does, so a test with a manual clock is deterministic.

use super::{ComposeError, LiveView, TwinCommand, TwinConfig, TwinPlugins, TwinSystems, compose};
use crate::{
    clock::{Monotonic, PlantClock, WallClock},
    time::Time,
};
use bevy::{
    prelude::*,
    time::{Fixed, Time as EngineTime, TimeUpdateStrategy},
};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Commands waiting for the next step; more are refused and counted by the sender.
const COMMAND_QUEUE: usize = 256;

/// How often the chain runs.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Steps per real second, 10 or more.
    pub hz: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { hz: 20.0 }
    }
}

/// The clocks of the runtime.
#[derive(Resource, Clone)]
pub struct Clocks {
    /// Plant time.
    pub plant: PlantClock,
    /// Wall-clock stamps of records.
    pub wall: Arc<dyn WallClock>,
    /// Real time between two steps [s].
    pub step_s: f64,
}

impl Clocks {
    /// Plant time now.
    pub fn now(&self) -> Time {
        self.plant.now()
    }
    /// Real time now.
    pub fn monotonic(&self) -> Monotonic {
        self.plant.monotonic().now()
    }
}

/// Duration of each stage of the last step [µs].
#[derive(Resource, Default)]
pub struct Timings {
    last: Monotonic,
    current: Vec<(String, f64)>,
    /// Of the last whole step.
    pub shown: Vec<(String, f64)>,
}

impl Timings {
    /// Notes the end of a stage.
    pub fn mark(&mut self, set: TwinSystems, clocks: &Clocks) {
        let now = clocks.monotonic();
        self.current.push((format!("{set:?}"), now.since_s(self.last) * 1e6));
        self.last = now;
        if set == TwinSystems::Record {
            self.shown.clone_from(&self.current);
        }
    }
}

/// Starts the clock of a step.
pub fn mark_start(mut timings: ResMut<Timings>, clocks: Res<Clocks>) {
    timings.current.clear();
    timings.last = clocks.monotonic();
}

/// Where the newest projection lies for readers on other threads.
#[derive(Resource, Clone)]
pub struct Outlet(pub Arc<Mutex<Arc<LiveView>>>);

/// Where commands from other threads arrive.
#[derive(Resource)]
pub struct Inlet(pub Receiver<TwinCommand>);

/// Hands what arrived to the chain; at most a queue's length a step.
pub(super) fn deliver(inlet: Res<Inlet>, mut commands: MessageWriter<TwinCommand>) {
    commands.write_batch(inlet.0.try_iter().take(COMMAND_QUEUE));
}

/// A running twin. Cloning shares it; it stops when [`TwinHandle::stop`] is called.
#[derive(Clone)]
pub struct TwinHandle {
    view: Arc<Mutex<Arc<LiveView>>>,
    commands: Sender<TwinCommand>,
    stop: Arc<AtomicBool>,
    thread: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl TwinHandle {
    /// The newest projection.
    pub fn view(&self) -> Arc<LiveView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Queues a command; false when the queue is full or the twin has ended.
    pub fn send(&self, command: TwinCommand) -> bool {
        match self.commands.try_send(command) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
    /// Ends the loop and waits for it: audit and historian are closed in order.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(t) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = t.join();
        }
    }
    /// Whether the loop still runs.
    pub fn is_running(&self) -> bool {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|t| !t.is_finished())
    }
}

/// Builds the runtime and starts its thread.
///
/// # Errors
/// [`ComposeError`] when the broker cannot be reached, a store cannot be opened, or the plant cannot be compiled.
pub fn start(config: TwinConfig, pace: Pace) -> Result<TwinHandle, ComposeError> {
    let hz = pace.hz.clamp(10.0, 120.0);
    let (tx, rx) = bounded(COMMAND_QUEUE);
    let stop = Arc::new(AtomicBool::new(false));
    let stop_seen = stop.clone();
    let (ready, started) = bounded(1);
    // an App may not change threads, so it is built where it lives
    let thread = std::thread::Builder::new()
        .name("plantcast-twin".into())
        .spawn(move || match build(config, rx, hz) {
            Err(e) => {
                let _ = ready.send(Err(e));
            }
            Ok(mut app) => {
                let _ = ready.send(Ok(app.world().resource::<Outlet>().0.clone()));
                run(&mut app, hz, &stop_seen);
                compose::shut_down(app.world_mut());
            }
        })
        .map_err(ComposeError::Thread)?;
    let view = started.recv().map_err(|_| ComposeError::Died)??;
    Ok(TwinHandle { view, commands: tx, stop, thread: Arc::new(Mutex::new(Some(thread))) })
}

/// Steps the chain at its pace until asked to stop.
fn run(app: &mut App, hz: f64, stop: &AtomicBool) {
    let clocks = app.world().resource::<Clocks>().clone();
    let period = 1.0 / hz;
    let mut due = clocks.monotonic();
    while !stop.load(Ordering::SeqCst) {
        app.update();
        due = due.plus_s(period);
        let wait = due.since_s(clocks.monotonic());
        if wait > 0.0 {
            std::thread::sleep(Duration::from_secs_f64(wait));
        } else if wait < -1.0 {
            // a stall: do not try to catch up with a burst of steps
            due = clocks.monotonic();
        }
    }
}

/// The application, not yet running: one `update()` is one step of the chain.
pub(super) fn build(config: TwinConfig, inlet: Receiver<TwinCommand>, hz: f64) -> Result<App, ComposeError> {
    let mut app = App::new();
    let step = Duration::from_secs_f64(1.0 / hz);
    app.add_plugins(MinimalPlugins.build().disable::<bevy::app::ScheduleRunnerPlugin>());
    app.insert_resource(EngineTime::<Fixed>::from_duration(step));
    app.insert_resource(TimeUpdateStrategy::ManualDuration(step));
    app.insert_resource(Inlet(inlet));
    compose::insert(&mut app, config, 1.0 / hz)?;
    app.add_plugins(TwinPlugins);
    app.finish();
    app.cleanup();
    // the first update of Bevy's clock has no delta: spend it here so that update n runs step n
    app.update();
    Ok(app)
}
