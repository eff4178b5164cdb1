//! The edge: the only place that reads the machine's clocks, entropy, environment and directories.
//!
//! Everything below L9 receives these through `clock` traits or as plain values.

use crate::{
    clock::{Entropy, Monotonic, MonotonicClock, WallClock},
    time::Time,
};
use std::path::PathBuf;

/// The machine's clocks and entropy.
#[derive(Debug)]
pub struct SystemClock {
    origin: std::time::Instant,
}

impl SystemClock {
    /// Starts at zero.
    #[expect(clippy::disallowed_methods, reason = "the edge is where monotonic time enters")]
    pub fn new() -> Self {
        Self { origin: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl MonotonicClock for SystemClock {
    fn now(&self) -> Monotonic {
        Monotonic(i64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }
}

impl WallClock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge is where wall time enters")]
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Entropy for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge is where entropy enters")]
    fn fill(&self, out: &mut [u8]) {
        if let Err(e) = getrandom::fill(out) {
            // Without entropy no key, salt or nonce is safe: stop rather than sign with guessable numbers.
            panic!("the operating system gives no random bytes: {e}");
        }
    }
}

/// Where data lives: `--data-dir`, else `PLANTCAST_DATA_DIR`, else the XDG data folder.
pub fn data_dir(flag: Option<PathBuf>) -> PathBuf {
    let var = |k: &str| std::env::var_os(k).filter(|v| !v.is_empty()).map(PathBuf::from);
    flag.or_else(|| var("PLANTCAST_DATA_DIR"))
        .or_else(|| var("XDG_DATA_HOME").map(|d| d.join("plantcast")))
        .or_else(|| var("HOME").map(|h| h.join(".local/share/plantcast")))
        .unwrap_or_else(|| PathBuf::from("plantcast-data"))
}

/// The plant clock at a rate, equal in every process of this machine that uses the same rate: anchored at the last
/// UTC midnight, so that an accelerated twin and an accelerated stand-in plant (or replay) agree without talking.
/// At rate 1 it is wall time.
pub fn plant_clock(clock: &std::sync::Arc<SystemClock>, rate: f64) -> crate::clock::PlantClock {
    const DAY_US: i64 = 86_400_000_000;
    let wall = WallClock::now(clock.as_ref());
    let midnight = Time(wall.0.div_euclid(DAY_US) * DAY_US);
    let epoch = midnight + crate::time::Span::from_s((wall - midnight).s() * rate);
    crate::clock::PlantClock::new(clock.clone(), epoch, rate)
}

/// Set when the process is asked to end (Ctrl+C, SIGTERM).
///
/// # Errors
/// When the system gives no signal handler.
pub fn interrupted() -> Result<std::sync::Arc<std::sync::atomic::AtomicBool>, super::CliError> {
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = flag.clone();
    ctrlc::set_handler(move || seen.store(true, std::sync::atomic::Ordering::SeqCst))
        .map_err(|e| super::CliError::failed(format!("signal handler: {e}")))?;
    Ok(flag)
}
