//! Which station comes next: a scan of the next-event times on small floors, a tournament on large ones.
//!
//! *Invariant:* among equal times the lowest station comes first, whichever way is used.

use super::state::NEVER;

/// Floors up to this size are scanned.
const SCANNED: usize = 24;

/// Scratch memory over [`super::Parts`]' times; rebuilt when an engine takes a state over.
#[derive(Debug, Clone, Default)]
pub(super) struct Calendar {
    /// Winners of a complete binary tree, root at 1; empty when scanned. Missing leaves repeat the last station.
    tree: Vec<u32>,
    leaves: usize,
}

impl Calendar {
    pub(super) fn new(next: &[i64]) -> Self {
        if next.len() <= SCANNED {
            return Calendar::default();
        }
        let leaves = next.len().next_power_of_two();
        let mut tree = vec![0; 2 * leaves];
        for (leaf, winner) in tree[leaves..].iter_mut().enumerate() {
            *winner = leaf.min(next.len() - 1) as u32;
        }
        for at in (1..leaves).rev() {
            tree[at] = better(next, tree[2 * at], tree[2 * at + 1]);
        }
        Calendar { tree, leaves }
    }

    /// Takes note of a changed time.
    #[inline]
    pub(super) fn changed(&mut self, next: &[i64], station: u32) {
        if self.tree.is_empty() {
            return;
        }
        let mut at = (self.leaves + station as usize) / 2;
        while at > 0 {
            let winner = better(next, self.tree[2 * at], self.tree[2 * at + 1]);
            if winner == self.tree[at] && winner != station {
                return;
            }
            self.tree[at] = winner;
            at /= 2;
        }
    }

    /// The next event: its time and station.
    #[inline]
    pub(super) fn first(&self, next: &[i64]) -> (i64, u32) {
        if let Some(&winner) = self.tree.get(1) {
            return (next[winner as usize], winner);
        }
        let (mut least, mut winner) = (NEVER, 0);
        for (station, &time) in next.iter().enumerate() {
            if time < least {
                least = time;
                winner = station as u32;
            }
        }
        (least, winner)
    }
}

#[inline]
fn better(next: &[i64], a: u32, b: u32) -> u32 {
    if next[b as usize] < next[a as usize] { b } else { a }
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
                calendar.changed(&next, station as u32);
                assert_eq!(calendar.first(&next), Calendar::default().first(&next));
            }
        }
    }
}
