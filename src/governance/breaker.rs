//! Circuit breaker per target: after three failures in a row an asset gets no command for five minutes, then one trial.

use crate::{clock::Monotonic, plant::AssetId};
use std::collections::BTreeMap;

/// Failures in a row that open it.
pub const OPENS_AFTER: u32 = 3;
/// How long it stays open [s].
pub const OPEN_FOR_S: f64 = 300.0;

/// Breakers of all assets.
#[derive(Clone, Debug, Default)]
pub struct Breakers {
    failures: BTreeMap<AssetId, (u32, Monotonic)>,
}

impl Breakers {
    /// A command to the asset failed.
    pub fn failed(&mut self, asset: AssetId, now: Monotonic) {
        let entry = self.failures.entry(asset).or_insert((0, now));
        *entry = (entry.0.saturating_add(1), now);
    }
    /// A command to the asset had its effect.
    pub fn succeeded(&mut self, asset: AssetId) {
        self.failures.remove(&asset);
    }
    /// Whether the asset gets no command now. After the pause one is let through; its failure opens it again.
    pub fn is_open(&self, asset: AssetId, now: Monotonic) -> bool {
        self.failures.get(&asset).is_some_and(|&(n, last)| n >= OPENS_AFTER && now.since_s(last) < OPEN_FOR_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_three_in_a_row_and_tries_again_later() {
        let (mut b, a, t) = (Breakers::default(), AssetId(1), Monotonic(0));
        b.failed(a, t);
        b.failed(a, t);
        b.succeeded(a);
        (0..2).for_each(|_| b.failed(a, t));
        assert!(!b.is_open(a, t));
        b.failed(a, t);
        assert!(b.is_open(a, t) && !b.is_open(AssetId(2), t));
        assert!(b.is_open(a, t.plus_s(OPEN_FOR_S - 0.1)) && !b.is_open(a, t.plus_s(OPEN_FOR_S)));
        b.failed(a, t.plus_s(OPEN_FOR_S));
        assert!(b.is_open(a, t.plus_s(OPEN_FOR_S + 1.0)));
    }
}
