//! The event queue of a state: an indexed binary heap over fixed timer slots, ordered by (time, priority, sequence).
//!
//! Every timer of the model owns one slot, so rescheduling replaces and never leaves stale events behind.
//! *Invariant:* `position[slot]` is the heap index of the slot, or `ABSENT`.

use crate::time::Time;
use serde::{Deserialize, Serialize};

const ABSENT: u32 = u32::MAX;

/// Order of an event: time, then priority (upper 8 bits) and sequence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) time: Time,
    pub(super) order: u64,
}

/// The pending timers.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Queue {
    heap: Vec<u32>,
    position: Vec<u32>,
    keys: Vec<Key>,
    sequence: u64,
}

impl Queue {
    /// For this many slots, none pending.
    pub(super) fn new(slots: usize) -> Self {
        Queue { heap: Vec::with_capacity(slots), position: vec![ABSENT; slots], keys: vec![Key::default(); slots], sequence: 0 }
    }

    /// A number larger than any before; also orders agenda entries.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Sets the timer of `slot`, replacing an earlier setting.
    pub(super) fn set(&mut self, slot: u32, time: Time, priority: u8) {
        let order = (u64::from(priority) << 56) | self.next_sequence();
        self.keys[slot as usize] = Key { time, order };
        let at = self.position[slot as usize];
        if at == ABSENT {
            self.heap.push(slot);
            self.position[slot as usize] = self.heap.len() as u32 - 1;
            self.up(self.heap.len() - 1);
        } else {
            let at = self.up(at as usize);
            self.down(at);
        }
    }

    /// Clears the timer of `slot`; nothing happens when it is not pending.
    pub(super) fn clear(&mut self, slot: u32) {
        let at = self.position[slot as usize];
        if at == ABSENT {
            return;
        }
        self.position[slot as usize] = ABSENT;
        let last = self.heap.len() - 1;
        let moved = self.heap[last];
        self.heap.truncate(last);
        if at as usize != last {
            self.heap[at as usize] = moved;
            self.position[moved as usize] = at;
            let at = self.up(at as usize);
            self.down(at);
        }
    }

    /// When `slot` is due, if it is pending.
    pub(super) fn due(&self, slot: u32) -> Option<Time> {
        (self.position[slot as usize] != ABSENT).then(|| self.keys[slot as usize].time)
    }

    /// The key of the next event.
    pub(super) fn peek(&self) -> Option<Key> {
        self.heap.first().map(|&s| self.keys[s as usize])
    }

    /// The slot of the next event.
    pub(super) fn first(&self) -> Option<u32> {
        self.heap.first().copied()
    }

    /// Removes the next event.
    pub(super) fn pop(&mut self) -> Option<(u32, Time)> {
        let slot = *self.heap.first()?;
        let time = self.keys[slot as usize].time;
        self.clear(slot);
        Some((slot, time))
    }

    fn key(&self, at: usize) -> Key {
        self.keys[self.heap[at] as usize]
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.position[self.heap[a] as usize] = a as u32;
        self.position[self.heap[b] as usize] = b as u32;
    }

    fn up(&mut self, mut at: usize) -> usize {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.key(parent) <= self.key(at) {
                break;
            }
            self.swap(parent, at);
            at = parent;
        }
        at
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.key(child) < self.key(least) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.swap(least, at);
            at = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pops_in_order_of_time_priority_sequence(ops in proptest::collection::vec((0u32..20, 0i64..50, 0u8..4, proptest::bool::weighted(0.2)), 1..120)) {
            let mut queue = Queue::new(20);
            let mut plain: Vec<Option<(i64, u8, usize)>> = vec![None; 20];
            for (i, (slot, time, priority, clear)) in ops.into_iter().enumerate() {
                if clear {
                    queue.clear(slot);
                    plain[slot as usize] = None;
                } else {
                    queue.set(slot, Time(time), priority);
                    plain[slot as usize] = Some((time, priority, i));
                }
            }
            let mut expected: Vec<_> = plain.iter().enumerate().filter_map(|(s, k)| k.map(|k| (k, s as u32))).collect();
            expected.sort_unstable();
            let popped: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
            prop_assert_eq!(popped, expected.into_iter().map(|((t, _, _), s)| (s, Time(t))).collect::<Vec<_>>());
        }
    }
}
