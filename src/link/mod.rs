//! The outside world: MQTT, recorded telemetry, the codec, the command port.
//!
//! ```text
//!   broker ⇄ [thread plantcast-link] ─ telemetry ─► bounded queue, drop-oldest, counted ─► Connection
//!                                    ─ acks ──────► bounded queue, never dropped (back-pressure)
//!                                    ◄─ commands ── CommandPort (one in flight, no queue behind it)
//!   broker ⇄ [thread plantcast-publisher] ◄─ telemetry of the emulator or a recording ── Publisher
//! ```
//!
//! Owns every byte that goes to or comes from a broker. Does not interpret a sample beyond decoding it (quality is
//! `estimate`) and does not decide whether a command may go (that is `governance`).
//!
//! *Invariant:* [`connect`] hands out its [`CommandPort`] once; it is the only way to publish below `plantcast/<plant>/cmd/`.
//! A [`Publisher`] is another type on a connection of its own and refuses those topics. What a connection sends by itself is
//! the closed enum [`Housekeeping`]. tokio, rumqttc and mqtt5 are named nowhere else.

mod address;
mod backoff;
mod broker;
pub mod codec;
mod connection;
mod frames;
mod legacy;
mod port;
mod publisher;
pub mod recording;
mod replay;
mod sinks;
mod status;
mod topics;
mod worker;

pub use address::{AddressError, BrokerAddress};
pub use backoff::{Backoff, TakeoverGuard, delay_s};
pub use broker::{Broker, BrokerError, BrokerOptions};
pub use connection::{AckReceived, ConnectOptions, Connection, LinkError, Received, connect};
pub use frames::{AckFrame, AckStatus, ActionName, CommandFrame, FrameError, SCHEMA, WireAction, uuid_v7};
pub use port::{CommandPort, Drained, HoldSwitch, InFlight, SendError, Sent};
pub use publisher::{CommandReceived, PublishError, Publisher, PublisherOptions};
pub use replay::{ReplayError, ReplayOptions, ReplayReport, replay_telemetry};
pub use status::{ControlMode, CounterSnapshot, Housekeeping, LinkStatus, ReadOnlyReason};
pub use topics::{TopicTable, ack_filter, ack_topic, asset_of, command_filter, command_topic, telemetry_filters};

/// Largest MQTT packet accepted or sent [bytes]; announced to the broker as Maximum Packet Size.
pub const MAX_PACKET_BYTES: u32 = 1 << 20;
/// Largest payload handed on [bytes]; of a longer one only its head is queued, marked as truncated.
pub const MAX_PAYLOAD_BYTES: usize = 16 * 1024;
