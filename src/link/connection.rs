//! The twin's connection: telemetry and acknowledgements in, commands out through the one [`CommandPort`].
//!
//! Owns the I/O thread's life: dropping the [`Connection`] ends it. *Invariant:* at most one [`CommandPort`] per connection.

use super::address::{AddressError, BrokerAddress};
use super::frames::{AckFrame, FrameError};
use super::port::CommandPort;
use super::sinks::Lossy;
pub use super::sinks::Received;
use super::status::{ControlMode, CounterSnapshot, LinkStatus, ReadOnlyReason, Shared};
use super::topics::{ack_filter, asset_of, is_level};
use super::worker::{Lossless, Spec, Thread, spawn};
use crate::clock::{Monotonic, MonotonicClock};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;
use std::time::Duration;

/// How to open the twin's connection.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `mqtt://host:port`.
    pub url: String,
    /// MQTT client id; unique per running studio.
    pub client_id: String,
    /// Plant id: decides the command and acknowledgement topics.
    pub plant_id: String,
    /// Telemetry filters, see [`super::telemetry_filters`].
    pub subscriptions: Vec<String>,
    /// Bound of the telemetry queue [messages].
    pub telemetry_bound: usize,
    /// Bound of the acknowledgement queue [messages].
    pub ack_bound: usize,
    /// Keep-alive [s].
    pub keep_alive_s: u16,
    /// How long the first connection may take [s].
    pub connect_within_s: f64,
    /// Refuse every command by choice (`--read-only`).
    pub read_only: bool,
    /// Stamps and expiry.
    pub monotonic: Arc<dyn MonotonicClock>,
}

impl ConnectOptions {
    /// With the usual bounds: 16,384 telemetry messages, 1,024 acknowledgements, keep-alive 10 s, 5 s to connect.
    pub fn new(url: impl Into<String>, client_id: impl Into<String>, plant_id: impl Into<String>, monotonic: Arc<dyn MonotonicClock>) -> Self {
        Self {
            url: url.into(),
            client_id: client_id.into(),
            plant_id: plant_id.into(),
            subscriptions: Vec::new(),
            telemetry_bound: 16_384,
            ack_bound: 1_024,
            keep_alive_s: 10,
            connect_within_s: 5.0,
            read_only: false,
            monotonic,
        }
    }
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The address is malformed.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nothing answered in time: exit code 14 on the command line.
    #[error("no MQTT broker reachable at {url} within {within_s} s ({reason}); start one there, or leave out --broker to use the embedded one")]
    Unreachable {
        /// Where.
        url: String,
        /// How long it was tried [s].
        within_s: f64,
        /// The last failure.
        reason: String,
    },
    /// The plant id cannot be part of a topic.
    #[error("plant id {0:?} cannot be a topic level: it must be non-empty and without / + #")]
    PlantId(String),
    /// The I/O thread did not start.
    #[error("cannot start the I/O thread: {0}")]
    Thread(#[source] std::io::Error),
}

/// An acknowledgement as it arrived.
#[derive(Clone, PartialEq, Debug)]
pub struct AckReceived {
    /// Asset id, from the topic.
    pub asset: String,
    /// The frame, or why it is not one.
    pub frame: Result<AckFrame, FrameError>,
    /// Whether the broker had kept it from earlier: such an acknowledgement proves nothing.
    pub retained: bool,
    /// When it was read from the socket.
    pub received: Monotonic,
}

/// The twin's side of a broker connection.
pub struct Connection {
    telemetry: Receiver<Received>,
    acks: Receiver<AckReceived>,
    thread: Thread,
}

/// Opens the twin's connection and hands out its command port, once.
///
/// Returns when connected and subscribed. Afterwards the connection reconnects and resubscribes by itself.
///
/// # Errors
/// [`LinkError`]; [`LinkError::Unreachable`] is what the command line reports as exit code 14.
pub fn connect(options: ConnectOptions) -> Result<(Connection, CommandPort), LinkError> {
    let address = BrokerAddress::parse(&options.url)?;
    if !is_level(&options.plant_id) {
        return Err(LinkError::PlantId(options.plant_id));
    }
    let control = if options.read_only { ControlMode::ReadOnly(ReadOnlyReason::ByChoice) } else { ControlMode::Allowed };
    let shared = Arc::new(Shared::new(control));
    let (lossy, telemetry) = Lossy::new(options.telemetry_bound);
    let (ack_sender, acks) = bounded(options.ack_bound.max(1));
    let spec = Spec {
        thread_name: "plantcast-link",
        address,
        client_id: options.client_id,
        keep_alive_s: options.keep_alive_s,
        lossy_filters: options.subscriptions,
        lossless_filter: Some(ack_filter(&options.plant_id)),
        monotonic: options.monotonic.clone(),
    };
    let thread = spawn(spec, shared.clone(), lossy, Box::new(AckQueue { sender: ack_sender })).map_err(LinkError::Thread)?;
    thread.wait_online(options.connect_within_s)?;
    let port = CommandPort::new(options.plant_id, thread.client(), shared, options.monotonic);
    Ok((Connection { telemetry, acks, thread }, port))
}

impl Thread {
    /// Waits for the first connection, or says why there is none.
    pub(super) fn wait_online(&self, within_s: f64) -> Result<(), LinkError> {
        let unreachable = |reason: String| LinkError::Unreachable { url: self.address().to_string(), within_s, reason };
        match self.shared().wait_online(Duration::from_secs_f64(within_s.clamp(0.0, 3600.0))) {
            LinkStatus::Online { .. } => Ok(()),
            LinkStatus::Down { reason, .. } => Err(unreachable(reason)),
            LinkStatus::Connecting => Err(unreachable("no answer".into())),
            LinkStatus::Stopped => Err(unreachable("closed".into())),
        }
    }
}

struct AckQueue {
    sender: Sender<AckReceived>,
}

impl Lossless for AckQueue {
    fn is_full(&self) -> bool {
        self.sender.is_full()
    }
    fn push(&self, message: Received) {
        let ack = AckReceived {
            asset: asset_of(&message.topic).to_owned(),
            frame: AckFrame::decode(&message.payload),
            retained: message.retained,
            received: message.received,
        };
        // The only sender checked `is_full` before, so this fails only when nobody listens any more.
        let _ = self.sender.try_send(ack);
    }
}

impl Connection {
    /// Telemetry in order of arrival; the oldest is dropped (and counted) when nobody keeps up.
    pub fn telemetry(&self) -> &Receiver<Received> {
        &self.telemetry
    }
    /// Acknowledgements; never dropped: a full queue stops reading from the socket.
    pub fn acks(&self) -> &Receiver<AckReceived> {
        &self.acks
    }
    /// State of the link.
    pub fn status(&self) -> LinkStatus {
        self.thread.shared().status()
    }
    /// Whether commands may leave, as far as the link is concerned.
    pub fn control(&self) -> ControlMode {
        self.thread.shared().control()
    }
    /// Counters since the connection was opened.
    pub fn counters(&self) -> CounterSnapshot {
        self.thread.shared().counters.snapshot()
    }
    /// The broker, without credentials.
    pub fn address(&self) -> &BrokerAddress {
        self.thread.address()
    }
    /// The client id in use; another one than asked for after three take-overs.
    pub fn client_id(&self) -> String {
        self.thread.client_id()
    }
}
