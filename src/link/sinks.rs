//! Where incoming messages go: a lossy queue (drop-oldest, counted) and a lossless one (bounded, back-pressure).
//!
//! *Invariant:* received = taken by the consumer + dropped + still queued.

use super::status::{Counters, bump};
use crate::clock::Monotonic;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::sync::Arc;

/// A message as it arrived.
#[derive(Clone, PartialEq, Debug)]
pub struct Received {
    /// Topic.
    pub topic: Arc<str>,
    /// Payload; its first 256 bytes when it was over [`super::MAX_PAYLOAD_BYTES`] (such a stub never decodes).
    pub payload: Vec<u8>,
    /// When it was read from the socket.
    pub received: Monotonic,
    /// Whether the broker had kept it from earlier.
    pub retained: bool,
    /// Length of the payload on the wire, when it was cut [bytes].
    pub truncated_from: Option<usize>,
}

/// Bounded queue that drops its oldest entry when full.
pub(super) struct Lossy {
    sender: Sender<Received>,
    oldest: Receiver<Received>,
}

impl Lossy {
    pub fn new(bound: usize) -> (Self, Receiver<Received>) {
        let (sender, receiver) = bounded(bound.max(1));
        (Self { sender, oldest: receiver.clone() }, receiver)
    }
    pub fn push(&self, message: Received, counters: &Counters) {
        bump(&counters.received);
        let mut message = message;
        loop {
            match self.sender.try_send(message) {
                Ok(()) => return,
                Err(TrySendError::Disconnected(_)) => return bump(&counters.dropped),
                Err(TrySendError::Full(back)) => {
                    message = back;
                    if self.oldest.try_recv().is_ok() {
                        bump(&counters.dropped);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_the_oldest_and_counts_it() {
        let counters = Counters::default();
        let (queue, out) = Lossy::new(3);
        for i in 0..10u8 {
            let message = Received { topic: "t".into(), payload: vec![i], received: Monotonic(0), retained: false, truncated_from: None };
            queue.push(message, &counters);
        }
        let kept: Vec<u8> = out.try_iter().map(|m| m.payload[0]).collect();
        assert_eq!(kept, [7, 8, 9]);
        let c = counters.snapshot();
        assert_eq!((c.received, c.dropped), (10, 7));
    }
}
