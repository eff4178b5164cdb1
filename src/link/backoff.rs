//! When to try again: exponential back-off with deterministic jitter, and the guard against two studios with one client id.
//!
//! Pure: owns no clock and no socket. *Invariant:* however the link flaps, no 60 s window holds more than 10 attempts.

use crate::clock::Monotonic;
use crate::rng::{Draws, Purpose, stable_id};

/// First delay [s].
const FIRST_S: f64 = 0.5;
/// Longest nominal delay [s].
const LONGEST_S: f64 = 30.0;
/// A link that stayed up this long starts again at the first delay [s].
const STABLE_S: f64 = 60.0;
/// Take-overs within this window count [s].
const TAKEOVER_WINDOW_S: f64 = 60.0;
/// Take-overs after which the connection gives up control.
const TAKEOVERS: usize = 3;

/// Delay before attempt `attempt` (0 is the first retry) [s]: 0.5·2ⁿ up to 30, times a jitter in 0.8..1.2 drawn from `seed`.
pub fn delay_s(attempt: u32, seed: u64) -> f64 {
    let nominal = (FIRST_S * f64::from(1u32 << attempt.min(10))).min(LONGEST_S);
    let jitter = 0.8 + 0.4 * Draws::new(seed, 0).uniform(stable_id("link.backoff"), Purpose::Disturbance, u64::from(attempt));
    nominal * jitter
}

/// Counts attempts; a connection that was up for a minute is forgiven.
#[derive(Clone, Debug)]
pub struct Backoff {
    seed: u64,
    attempt: u32,
}

impl Backoff {
    /// Jitter is a function of the client id, so that clients of one broker do not return together.
    pub fn new(client_id: &str) -> Self {
        Self { seed: stable_id(client_id), attempt: 0 }
    }
    /// The next delay [s], given how long the lost connection had been up [s].
    pub fn next_s(&mut self, was_up_s: f64) -> f64 {
        if was_up_s >= STABLE_S {
            self.attempt = 0;
        }
        let delay = delay_s(self.attempt, self.seed);
        self.attempt = self.attempt.saturating_add(1);
        delay
    }
}

/// Counts take-overs of the session by another client with the same id.
#[derive(Clone, Debug, Default)]
pub struct TakeoverGuard {
    at: Vec<Monotonic>,
}

impl TakeoverGuard {
    /// Records one; true when it is the third within 60 s: stop fighting, go read-only under another id.
    pub fn taken_over(&mut self, now: Monotonic) -> bool {
        self.at.retain(|t| now.since_s(*t) <= TAKEOVER_WINDOW_S);
        self.at.push(now);
        self.at.len() >= TAKEOVERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_from_half_a_second_to_half_a_minute_with_bounded_jitter() {
        for seed in 0..200 {
            for n in 0..40 {
                let nominal = (0.5 * 2f64.powi(n)).min(30.0);
                let d = delay_s(n as u32, seed);
                assert!((0.8 * nominal..=1.2 * nominal).contains(&d), "attempt {n}: {d}");
                assert_eq!(d.to_bits(), delay_s(n as u32, seed).to_bits());
            }
        }
        assert_ne!(delay_s(3, 1).to_bits(), delay_s(3, 2).to_bits(), "clients do not return together");
    }

    #[test]
    fn flapping_is_no_reconnect_storm() {
        // T04: the link comes up and is cut at once, again and again. In any 60 s at most 10 attempts.
        for client in ["a", "b", "twin-7"] {
            let mut backoff = Backoff::new(client);
            let (mut t, mut attempts) = (0.0, Vec::new());
            while t < 600.0 {
                t += 0.12 + backoff.next_s(0.12);
                attempts.push(t);
            }
            let worst = attempts.iter().map(|a| attempts.iter().filter(|b| (0.0..60.0).contains(&(**b - a))).count()).max();
            assert!(worst <= Some(10), "{worst:?}");
        }
    }

    #[test]
    fn a_stable_link_starts_again_at_the_first_delay() {
        let mut b = Backoff::new("x");
        let first = b.next_s(0.0);
        for _ in 0..9 {
            b.next_s(0.0);
        }
        assert!(b.next_s(59.0) > 20.0);
        assert_eq!(b.next_s(61.0).to_bits(), first.to_bits());
    }

    #[test]
    fn three_takeovers_in_a_minute_end_the_fight() {
        let mut g = TakeoverGuard::default();
        let at = |s: f64| Monotonic::default().plus_s(s);
        assert!(!g.taken_over(at(0.0)));
        assert!(!g.taken_over(at(30.0)));
        assert!(!g.taken_over(at(61.0)), "the first one is out of the window");
        assert!(g.taken_over(at(62.0)));
    }
}
