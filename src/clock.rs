//! Clocks and entropy as traits: the core asks, the edge (`cli::edge`) answers.
//!
//! Plant time may run faster than real time (a replay, an emulator); expiry of approvals and commands is
//! always measured on the monotonic real-time clock.

use crate::time::{Span, Time};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

/// A real-time instant that never jumps [ns since an arbitrary origin].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, serde::Serialize, serde::Deserialize)]
pub struct Monotonic(pub i64);

impl Monotonic {
    /// Real seconds since `earlier`; negative when `self` is earlier.
    pub fn since_s(self, earlier: Monotonic) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 * 1e-9
    }
    /// `self` plus real seconds.
    pub fn plus_s(self, s: f64) -> Monotonic {
        Monotonic(self.0.saturating_add((s * 1e9) as i64))
    }
}

/// Monotonic real time.
pub trait MonotonicClock: Send + Sync {
    /// Now.
    fn now(&self) -> Monotonic;
}

/// Wall-clock stamps for records; never used to decide an expiry.
pub trait WallClock: Send + Sync {
    /// Unix time [µs].
    fn now(&self) -> Time;
}

/// Fresh random bytes for salts, keys, nonces.
pub trait Entropy: Send + Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// Plant time derived from monotonic real time: `epoch + (now − origin)·rate`.
#[derive(Clone)]
pub struct PlantClock {
    inner: Arc<Mutex<Rated>>,
    monotonic: Arc<dyn MonotonicClock>,
}

#[derive(Clone, Copy)]
struct Rated {
    origin: Monotonic,
    epoch: Time,
    rate: f64,
}

impl PlantClock {
    /// A clock that shows `epoch` now and runs at `rate` plant seconds per real second.
    pub fn new(monotonic: Arc<dyn MonotonicClock>, epoch: Time, rate: f64) -> Self {
        let origin = monotonic.now();
        Self { inner: Arc::new(Mutex::new(Rated { origin, epoch, rate })), monotonic }
    }
    fn rated(&self) -> Rated {
        *self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    /// Plant time now.
    pub fn now(&self) -> Time {
        let r = self.rated();
        r.epoch + Span::from_s(self.monotonic.now().since_s(r.origin) * r.rate)
    }
    /// Plant seconds per real second.
    pub fn rate(&self) -> f64 {
        self.rated().rate
    }
    /// Changes the rate without a jump.
    pub fn set_rate(&self, rate: f64) {
        let (now, origin) = (self.now(), self.monotonic.now());
        *self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Rated { origin, epoch: now, rate };
    }
    /// The real-time clock underneath.
    pub fn monotonic(&self) -> &Arc<dyn MonotonicClock> {
        &self.monotonic
    }
}

impl std::fmt::Debug for PlantClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let r = self.rated();
        write!(f, "PlantClock(rate {}, epoch {})", r.rate, r.epoch)
    }
}

/// A clock moved by hand: tests and deterministic replays. Also a wall clock and an entropy source that repeats.
#[derive(Debug, Default)]
pub struct ManualClock {
    ns: AtomicI64,
    drawn: AtomicI64,
}

impl ManualClock {
    /// At zero.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }
    /// Moves forward by real seconds.
    pub fn advance_s(&self, s: f64) {
        self.ns.fetch_add((s * 1e9) as i64, Ordering::SeqCst);
    }
}

impl MonotonicClock for ManualClock {
    fn now(&self) -> Monotonic {
        Monotonic(self.ns.load(Ordering::SeqCst))
    }
}
impl WallClock for ManualClock {
    fn now(&self) -> Time {
        Time(self.ns.load(Ordering::SeqCst) / 1000)
    }
}
impl Entropy for ManualClock {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let n = self.drawn.fetch_add(1, Ordering::SeqCst) as u64;
            let bits = crate::rng::Draws::new(0x656e_7472, 0).bits(n, crate::rng::Purpose::Resample, n);
            chunk.copy_from_slice(&bits.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plant_time_runs_at_its_rate_and_changes_without_a_jump() {
        let m = ManualClock::new();
        let c = PlantClock::new(m.clone(), Time::from_s(100.0), 60.0);
        m.advance_s(2.0);
        assert_eq!(c.now(), Time::from_s(220.0));
        c.set_rate(1.0);
        assert_eq!(c.now(), Time::from_s(220.0));
        m.advance_s(5.0);
        assert_eq!(c.now(), Time::from_s(225.0));
    }
}
