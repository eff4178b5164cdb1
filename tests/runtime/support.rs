//! Starts a session on the embedded broker and waits for what the twin itself shows.

use plantcast::{
    clock::PlantClock,
    emulator::{self, EmulatorHandle, EmulatorOptions},
    governance::{IdentityBook, KdfCost, Role},
    link::Broker,
    plant::Plant,
    time::Time,
    twin::{self, LiveView, Pace, TwinConfig, TwinHandle},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub const PASSWORD: &str = "a long test password";

/// Real clocks and entropy for tests.
pub struct TestClock(Instant);

impl plantcast::clock::MonotonicClock for TestClock {
    fn now(&self) -> plantcast::clock::Monotonic {
        plantcast::clock::Monotonic(i64::try_from(self.0.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }
}
impl plantcast::clock::WallClock for TestClock {
    #[expect(clippy::disallowed_methods, reason = "live tests run on real time")]
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
impl plantcast::clock::Entropy for TestClock {
    fn fill(&self, out: &mut [u8]) {
        // unique per call and process, which is all that ids and nonces of a test need
        let now = plantcast::clock::MonotonicClock::now(self).0 as u64 ^ (u64::from(std::process::id()) << 40);
        for (i, chunk) in out.chunks_mut(8).enumerate() {
            let bits = plantcast::rng::Draws::new(now, i as u64).bits(1, plantcast::rng::Purpose::Resample, 0);
            chunk.copy_from_slice(&bits.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "live tests run on real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// A running session.
pub struct Session {
    pub plant: Arc<Plant>,
    pub twin: TwinHandle,
    pub plant_side: EmulatorHandle,
    pub folder: tempfile::TempDir,
    _broker: Broker,
    _alone: MutexGuard<'static, ()>,
}

/// A session fills both threads of a small machine; two at once would make each other's data stale.
static ALONE: Mutex<()> = Mutex::new(());

impl Session {
    /// Twin and stand-in plant at `rate` plant seconds per second; the stand-in equals the model unless `lie`s.
    pub fn start(rate: f64, lie: bool) -> Session {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let plant = Arc::new(Plant::parse(plantcast::plant::builtin("bottling").expect("built in"), "bottling").expect("valid"));
        let system = Arc::new(TestClock(now()));
        let clock = PlantClock::new(system.clone(), Time::from_h(480_000.0), rate);
        let broker = Broker::start_on_free_port().expect("a free port");
        let options =
            EmulatorOptions { lie, mismatched: false, ..EmulatorOptions::new((*plant).clone(), 3, clock.clone(), system.clone(), broker.url()) };
        let plant_side = emulator::start(options).expect("stand-in plant");
        let identities = IdentityBook::new(KdfCost { memory_kib: 8, passes: 1 });
        for (name, role) in [("paul", Role::Planner), ("olivia", Role::Operator), ("sven", Role::Supervisor)] {
            identities.add(name, name, role, PASSWORD, system.as_ref()).expect("added");
        }
        let folder = tempfile::tempdir().expect("temporary folder");
        let config = TwinConfig {
            plant: plant.clone(),
            clock,
            wall: system.clone(),
            entropy: system,
            broker_url: broker.url(),
            client_id: format!("test-{}", std::process::id()),
            data_dir: Some(folder.path().to_path_buf()),
            identities,
            desk: "paul".into(),
            may_command: true,
            seed: 5,
            threads: 2,
        };
        let twin = twin::start(config, Pace::default()).expect("twin");
        Session { plant, twin, plant_side, folder, _broker: broker, _alone: alone }
    }

    /// Waits until every asset that has a tag is fresh.
    pub fn wait_until_fresh(&self) {
        let observed: Vec<_> = self.plant.asset_ids().filter(|a| self.plant.tags.iter().any(|t| t.asset == *a)).collect();
        self.wait("fresh data", 40, |v| {
            let fresh = observed.iter().all(|a| v.assets.get(a.index()).is_some_and(|a| !a.stale));
            (v.link.status == "online" && fresh).then_some(())
        });
    }

    /// Waits until the newest view answers.
    pub fn wait<T>(&self, what: &str, limit_s: u64, mut seen: impl FnMut(&LiveView) -> Option<T>) -> T {
        let start = now();
        loop {
            let view = self.twin.view();
            if let Some(t) = seen(&view) {
                return t;
            }
            assert!(
                start.elapsed() < Duration::from_secs(limit_s),
                "{what} did not happen within {limit_s} s; link {:?}, intake {:?}, proposals {:?}, audit {:?}, events {:?}",
                view.link.status,
                view.intake,
                view.proposals.iter().map(|p| (&p.title, &p.state)).collect::<Vec<_>>(),
                view.audit.iter().map(|a| &a.text).collect::<Vec<_>>(),
                view.events.iter().rev().take(8).map(|e| &e.text).collect::<Vec<_>>()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
