//! Sharing arithmetic: priority then proportional share, merit order. Pure functions.
//!
//! *Invariant:* what is handed out never exceeds what there is, and sums to it when demand suffices.

/// Shares `available` among `(priority, want)` pairs ordered by priority: a level is served in full or in proportion.
/// Writes through `set(index, amount)` and returns what was handed out.
pub(super) fn by_level(
    available: f64,
    n: usize,
    level_of: impl Fn(usize) -> u8,
    want_of: impl Fn(usize) -> f64,
    mut set: impl FnMut(usize, f64),
) -> f64 {
    let mut left = available.max(0.0);
    let mut at = 0;
    while at < n {
        let level = level_of(at);
        let mut end = at;
        let mut wanted = 0.0;
        while end < n && level_of(end) == level {
            wanted += want_of(end);
            end += 1;
        }
        let share = if wanted <= left * (1.0 + 1e-12) { 1.0 } else { left / wanted };
        for i in at..end {
            set(i, want_of(i) * share);
        }
        left = (left - wanted * share).max(0.0);
        at = end;
    }
    available.max(0.0) - left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn first_level_first_then_in_proportion() {
        let claims = [(0u8, 30.0), (1, 40.0), (1, 20.0), (2, 5.0)];
        let mut got = [0.0; 4];
        by_level(60.0, 4, |i| claims[i].0, |i| claims[i].1, |i, x| got[i] = x);
        assert_eq!(got, [30.0, 20.0, 10.0, 0.0]);
    }

    proptest! {
        #[test]
        fn conserves(available in 0.0f64..1000.0, mut claims in proptest::collection::vec((0u8..4, 0.0f64..300.0), 0..12)) {
            claims.sort_by_key(|c| c.0);
            let mut got = vec![0.0; claims.len()];
            let out = by_level(available, claims.len(), |i| claims[i].0, |i| claims[i].1, |i, x| got[i] = x);
            let (sum, wanted): (f64, f64) = (got.iter().sum(), claims.iter().map(|c| c.1).sum());
            prop_assert!((sum - available.min(wanted)).abs() <= 1e-9 * (1.0 + wanted));
            prop_assert!((out - sum).abs() <= 1e-9 * (1.0 + sum));
            for (g, c) in got.iter().zip(&claims) {
                prop_assert!(*g <= c.1 * (1.0 + 1e-12));
            }
        }
    }
}
