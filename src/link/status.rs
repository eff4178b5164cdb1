//! What a connection says about itself: status, whether it may command, counters, housekeeping.
//!
//! Owns plain values and the shared cell the I/O thread writes them to. *Invariant:* counters only grow.

use crate::clock::Monotonic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// State of a connection.
#[derive(Clone, PartialEq, Debug)]
pub enum LinkStatus {
    /// First attempt under way.
    Connecting,
    /// Connected and subscribed.
    Online {
        /// Since when.
        since: Monotonic,
    },
    /// Lost; tries again by itself.
    Down {
        /// Since when.
        since: Monotonic,
        /// What happened, for people.
        reason: String,
        /// Delay before the next attempt [s].
        retry_in_s: f64,
    },
    /// Closed by its owner.
    Stopped,
}

/// Whether commands may leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ControlMode {
    /// Yes, as far as the link is concerned.
    Allowed,
    /// No.
    ReadOnly(ReadOnlyReason),
}

/// Why a connection is read-only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadOnlyReason {
    /// Three take-overs in a minute.
    #[error("another program took over this client id three times within a minute; close it, or start this one with its own --client-id")]
    TakenOver,
    /// MQTT 3.1.1 hides a denied publish behind a normal acknowledgement.
    #[error("the broker does not speak MQTT 5, which commands need; telemetry only")]
    NotMqtt5,
    /// Opened for reading only.
    #[error("the connection was opened read-only")]
    ByChoice,
}

/// Everything a connection may send of its own accord: a closed list, counted. Nothing here can move the plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Housekeeping {
    /// Subscribing after each CONNACK.
    Subscribe,
    /// Keep-alive.
    Ping,
    /// Acknowledging what was received.
    Acknowledge,
    /// Saying good-bye.
    Disconnect,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        #[derive(Default, Debug)]
        pub(super) struct Counters { $(pub $name: AtomicU64),* }
        /// Counters of one connection since it was opened.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
        pub struct CounterSnapshot { $($(#[$doc])* pub $name: u64),* }
        impl Counters {
            pub fn snapshot(&self) -> CounterSnapshot {
                CounterSnapshot { $($name: self.$name.load(Ordering::Relaxed)),* }
            }
        }
    };
}
counters! {
    /// Messages received on telemetry topics.
    received,
    /// Of those, dropped (the oldest first) because the queue was full.
    dropped,
    /// Of those, longer than [`super::MAX_PAYLOAD_BYTES`]: queued as a marked stub.
    poison,
    /// Payload bytes received.
    bytes_in,
    /// Messages received on the lossless topics (acknowledgements, or commands for the plant's side).
    lossless_received,
    /// Times the lossless queue was full and reading paused.
    back_pressure,
    /// Successful connections.
    connects,
    /// Connections lost or refused.
    losses,
    /// Take-overs by another client with this id.
    takeovers,
    /// Subscriptions that the broker refused.
    subscribe_refused,
    /// Messages handed to the network.
    published,
    /// Publishes acknowledged with success.
    publish_acknowledged,
    /// Publishes acknowledged with a refusal.
    publish_refused,
    /// Publishes refused here: too large, offline, held, read-only.
    send_refused,
    /// Housekeeping: SUBSCRIBE packets.
    subscribes,
    /// Housekeeping: pings.
    pings,
    /// Housekeeping: acknowledgements.
    acknowledges,
    /// Housekeeping: good-byes.
    disconnects,
}

pub(super) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn housekeeping(&self, what: Housekeeping) {
        bump(match what {
            Housekeeping::Subscribe => &self.subscribes,
            Housekeeping::Ping => &self.pings,
            Housekeeping::Acknowledge => &self.acknowledges,
            Housekeeping::Disconnect => &self.disconnects,
        });
    }
}

/// Written by the I/O thread, read by everybody.
pub(super) struct Shared {
    state: Mutex<(LinkStatus, ControlMode)>,
    changed: Condvar,
    pub counters: Counters,
    pub online: AtomicBool,
    /// Largest packet that the broker takes [bytes].
    pub broker_limit: AtomicU64,
    pub stopping: AtomicBool,
    pub stop: tokio::sync::Notify,
}

impl Shared {
    pub fn new(control: ControlMode) -> Self {
        Self {
            state: Mutex::new((LinkStatus::Connecting, control)),
            changed: Condvar::new(),
            counters: Counters::default(),
            online: AtomicBool::new(false),
            broker_limit: AtomicU64::new(u64::from(super::MAX_PACKET_BYTES)),
            stopping: AtomicBool::new(false),
            stop: tokio::sync::Notify::new(),
        }
    }
    fn lock(&self) -> MutexGuard<'_, (LinkStatus, ControlMode)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn status(&self) -> LinkStatus {
        self.lock().0.clone()
    }
    pub fn control(&self) -> ControlMode {
        self.lock().1
    }
    pub fn set_status(&self, status: LinkStatus) {
        self.online.store(matches!(status, LinkStatus::Online { .. }), Ordering::SeqCst);
        self.lock().0 = status;
        self.changed.notify_all();
    }
    pub fn set_control(&self, control: ControlMode) {
        self.lock().1 = control;
        self.changed.notify_all();
    }
    pub fn is_online(&self) -> bool {
        self.online.load(Ordering::SeqCst)
    }
    /// Waits until online or stopped or `limit` has passed; the status then.
    pub fn wait_online(&self, limit: Duration) -> LinkStatus {
        let waiting = |s: &mut (LinkStatus, ControlMode)| matches!(s.0, LinkStatus::Connecting | LinkStatus::Down { .. });
        let guard = self.lock();
        self.changed.wait_timeout_while(guard, limit, waiting).unwrap_or_else(PoisonError::into_inner).0.0.clone()
    }
    pub fn request_stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.notify_one();
    }
}
