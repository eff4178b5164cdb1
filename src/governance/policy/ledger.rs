//! What was dispatched lately: the memory behind rate limits, budgets and the oscillation guard.

use super::file::What;
use crate::{clock::Monotonic, plant::AssetId};
use std::collections::VecDeque;

/// Entries kept.
const KEEP: usize = 4096;
/// A-B-A-B within this time is an oscillation [s].
const OSCILLATION_S: f64 = 3600.0;

/// One dispatched command.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entry {
    /// When.
    pub at: Monotonic,
    /// Target.
    pub asset: AssetId,
    /// What.
    pub what: What,
    /// One-off cost [money].
    pub cost: f64,
}

/// The newest dispatches, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: VecDeque<Entry>,
}

impl Ledger {
    /// Notes a dispatch.
    pub fn note(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        if self.entries.len() > KEEP {
            self.entries.pop_front();
        }
    }
    /// Commands to an asset within the last `window_s` real seconds.
    pub fn count(&self, asset: AssetId, now: Monotonic, window_s: f64) -> u32 {
        self.entries.iter().filter(|e| e.asset == asset && now.since_s(e.at) < window_s).count() as u32
    }
    /// Cost within the last `window_s` real seconds [money].
    pub fn cost(&self, now: Monotonic, window_s: f64) -> f64 {
        self.entries.iter().filter(|e| now.since_s(e.at) < window_s).map(|e| e.cost).sum()
    }
    /// Whether one more `what` on the asset would continue A-B-A-B: two full cycles were done already (T26).
    pub fn oscillates(&self, asset: AssetId, what: What, now: Monotonic) -> bool {
        let recent: Vec<What> =
            self.entries.iter().rev().filter(|e| e.asset == asset && now.since_s(e.at) < OSCILLATION_S).take(4).map(|e| e.what).collect();
        matches!(recent[..], [d, c, b, a] if a == c && b == d && a != b && what == a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cycles_are_an_oscillation_and_age_out() {
        let mut l = Ledger::default();
        let entry = |s: f64, what| Entry { at: Monotonic(0).plus_s(s), asset: AssetId(0), what, cost: 10.0 };
        for (i, w) in [What::Start, What::Stop, What::Start, What::Stop].into_iter().enumerate() {
            assert!(!l.oscillates(AssetId(0), w, Monotonic(0).plus_s(i as f64)));
            l.note(entry(i as f64, w));
        }
        let now = Monotonic(0).plus_s(10.0);
        assert!(l.oscillates(AssetId(0), What::Start, now));
        assert!(!l.oscillates(AssetId(0), What::ResetTrip, now) && !l.oscillates(AssetId(1), What::Start, now));
        assert!(!l.oscillates(AssetId(0), What::Start, Monotonic(0).plus_s(3700.0)));
        assert_eq!(l.count(AssetId(0), now, 8.5), 2);
        assert_eq!(l.cost(now, 100.0), 40.0);
    }
}
