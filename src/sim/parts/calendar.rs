//! Which station comes next: a scan of the next-event times on small floors, a tournament on large ones.
//!
//! *Invariant:* among equal times the lowest station comes first, whichever way is used.

use super::state::NEVER;

/// Floors up to this size are scanned.
const SCANNED: usize = 24;

/// Scratch memory over [`super::Parts`]' times; rebuilt when an engine takes a state over.
#[derive(Debug, Clone, Default)]
pub(super) struct Calendar {
    /// Winners (time, station) of a complete binary tree, root at 1; empty when scanned. Missing leaves never come.
    tree: Vec<(i64, u32)>,
    leaves: usize,
}

impl Calendar {
    pub(super) fn new(next: &[i64]) -> Self {
        if next.len() <= SCANNED {
            return Calendar::default();
        }
        let leaves = next.len().next_power_of_two();
        let mut tree = vec![(NEVER, u32::MAX); 2 * leaves];
        for (station, (leaf, time)) in tree[leaves..].iter_mut().zip(next).enumerate() {
            *leaf = (*time, station as u32);
        }
        for at in (1..leaves).rev() {
            tree[at] = tree[2 * at].min(tree[2 * at + 1]);
        }
        Calendar { tree, leaves }
    }

    /// Takes note of a changed time.
    #[inline]
    pub(super) fn changed(&mut self, station: u32, time: i64) {
        if self.tree.is_empty() {
            return;
        }
        let mut winner = (time, station);
        let mut at = self.leaves + station as usize;
        self.tree[at] = winner;
        while at > 1 {
            winner = winner.min(self.tree[at ^ 1]);
            at /= 2;
            if self.tree[at] == winner {
                return;
            }
            self.tree[at] = winner;
        }
    }

    /// The next event: its time and station.
    #[inline]
    pub(super) fn first(&self, next: &[i64]) -> (i64, u32) {
        if let Some(&winner) = self.tree.get(1) {
            return winner;
        }
        scan(next)
    }
}

/// The least time and its station: two interleaved searches, without branches that depend on the times.
#[inline]
fn scan(next: &[i64]) -> (i64, u32) {
    let (mut even, mut odd) = ((NEVER, 0), (NEVER, 1));
    let pairs = next.chunks_exact(2);
    let rest = pairs.remainder();
    let mut station = 0;
    for pair in pairs {
        even = if pair[0] < even.0 { (pair[0], station) } else { even };
        odd = if pair[1] < odd.0 { (pair[1], station + 1) } else { odd };
        station += 2;
    }
    if let [last] = rest {
        even = if *last < even.0 { (*last, station) } else { even };
    }
    if odd < even { odd } else { even }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scan_and_tournament_agree() {
        for n in [25usize, 31, 32, 33, 70] {
            let mut next: Vec<i64> = (0..n as i64).map(|i| (i * 37) % 11).collect();
            let mut calendar = Calendar::new(&next);
            for round in 0..500i64 {
                let station = ((round * 17) % n as i64) as usize;
                next[station] = (round * 7919) % 13;
                calendar.changed(station as u32, next[station]);
                assert_eq!(calendar.first(&next), Calendar::default().first(&next));
            }
        }
    }
}
