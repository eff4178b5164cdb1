//! The plant's side of a connection: the emulator and recordings publish telemetry and receive commands through it.
//!
//! Its own type on its own connection. *Invariant:* it refuses every topic below `plantcast/<plant>/cmd/`, so it can never be
//! used to command, and it cannot be made from a [`super::CommandPort`] or turned into one.

use super::address::BrokerAddress;
use super::connection::LinkError;
use super::frames::{AckFrame, CommandFrame, FrameError};
use super::sinks::{Lossy, Received};
use super::status::{ControlMode, CounterSnapshot, LinkStatus, ReadOnlyReason, Shared, bump};
use super::topics::{ack_topic, asset_of, command_filter, is_command_topic, is_level};
use super::worker::{Lossless, Spec, Thread, spawn};
use crate::clock::{Monotonic, MonotonicClock};
use crossbeam_channel::{Receiver, Sender, bounded};
use rumqttc::{PublishOptions, PublishProperties, QoS};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How to open a plant-side connection.
#[derive(Clone)]
pub struct PublisherOptions {
    /// `mqtt://host:port`.
    pub url: String,
    /// MQTT client id.
    pub client_id: String,
    /// Plant id.
    pub plant_id: String,
    /// Whether to receive the plant's commands (the emulator does, a recording does not).
    pub receive_commands: bool,
    /// How long the first connection may take [s].
    pub connect_within_s: f64,
    /// Stamps.
    pub monotonic: Arc<dyn MonotonicClock>,
}

/// Why a message was not handed to the network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Commands go through the command port only.
    #[error("{0:?} is a command topic; only the command port may publish there")]
    CommandTopic(String),
    /// Wildcards, empty, over-long.
    #[error("{0:?} is not a topic to publish on")]
    Topic(String),
    /// Larger than allowed.
    #[error("the message has {0} bytes, more than the broker takes")]
    TooLarge(usize),
    /// Not connected; nothing is queued.
    #[error("the broker is not connected; the message was dropped and counted")]
    Offline,
    /// The socket does not keep up.
    #[error("the broker does not keep up; the message was dropped and counted")]
    Overloaded,
}

/// A command as the plant's side receives it.
#[derive(Clone, PartialEq, Debug)]
pub struct CommandReceived {
    /// Asset id, from the topic.
    pub asset: String,
    /// The frame, or why it is not one.
    pub frame: Result<CommandFrame, FrameError>,
    /// Whether the broker had kept it: such a command must never be executed.
    pub retained: bool,
    /// When it was read from the socket.
    pub received: Monotonic,
}

/// A plant-side connection.
pub struct Publisher {
    plant_id: String,
    commands: Receiver<CommandReceived>,
    thread: Thread,
}

struct CommandQueue {
    sender: Sender<CommandReceived>,
}

impl Lossless for CommandQueue {
    fn is_full(&self) -> bool {
        self.sender.is_full()
    }
    fn push(&self, message: Received) {
        let command = CommandReceived {
            asset: asset_of(&message.topic).to_owned(),
            frame: CommandFrame::decode(&message.payload),
            retained: message.retained,
            received: message.received,
        };
        // The only sender checked `is_full` before, so this fails only when nobody listens any more.
        let _ = self.sender.try_send(command);
    }
}

impl Publisher {
    /// Connects; returns when online.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn connect(options: PublisherOptions) -> Result<Self, LinkError> {
        let address = BrokerAddress::parse(&options.url)?;
        if !is_level(&options.plant_id) {
            return Err(LinkError::PlantId(options.plant_id));
        }
        let shared = Arc::new(Shared::new(ControlMode::ReadOnly(ReadOnlyReason::ByChoice)));
        let (lossy, _) = Lossy::new(1);
        let (sender, commands) = bounded(1_024);
        let spec = Spec {
            thread_name: "plantcast-publisher",
            address,
            client_id: options.client_id,
            keep_alive_s: 10,
            lossy_filters: Vec::new(),
            lossless_filter: options.receive_commands.then(|| command_filter(&options.plant_id)),
            monotonic: options.monotonic,
        };
        let thread = spawn(spec, shared, lossy, Box::new(CommandQueue { sender })).map_err(LinkError::Thread)?;
        thread.wait_online(options.connect_within_s)?;
        Ok(Self { plant_id: options.plant_id, commands, thread })
    }

    /// Publishes telemetry, QoS 0, not retained: the next sample follows anyway.
    ///
    /// # Errors
    /// [`PublishError`]; every refusal is counted.
    pub fn telemetry(&self, topic: &str, payload: Vec<u8>) -> Result<(), PublishError> {
        self.publish(topic, payload, PublishOptions::new(QoS::AtMostOnce), 5)
    }

    /// Publishes telemetry with QoS 1: a recording, where every sample counts.
    ///
    /// # Errors
    /// [`PublishError`]; every refusal is counted.
    pub fn telemetry_confirmed(&self, topic: &str, payload: Vec<u8>) -> Result<(), PublishError> {
        self.publish(topic, payload, PublishOptions::new(QoS::AtLeastOnce), 500)
    }

    /// Publishes an acknowledgement (QoS 1, not retained, with the command's id as correlation data).
    ///
    /// # Errors
    /// [`PublishError`]; every refusal is counted.
    pub fn acknowledge(&self, ack: &AckFrame) -> Result<(), PublishError> {
        let properties = PublishProperties { correlation_data: Some(ack.id.as_bytes().to_vec().into()), ..PublishProperties::default() };
        let options = PublishOptions::new(QoS::AtLeastOnce).properties(properties);
        self.publish(&ack_topic(&self.plant_id, &ack.asset), ack.encode(), options, 500)
    }

    /// `patience`: how often to look again, every 2 ms, when the socket does not keep up.
    fn publish(&self, topic: &str, payload: Vec<u8>, options: PublishOptions, patience: u32) -> Result<(), PublishError> {
        self.try_publish(topic, payload, &options, patience).inspect_err(|_| bump(&self.thread.shared().counters.send_refused))
    }

    fn try_publish(&self, topic: &str, payload: Vec<u8>, options: &PublishOptions, patience: u32) -> Result<(), PublishError> {
        if is_command_topic(topic) {
            return Err(PublishError::CommandTopic(topic.to_owned()));
        }
        if topic.is_empty() || topic.len() > 1024 || topic.contains(['+', '#', '\0']) {
            return Err(PublishError::Topic(topic.chars().take(80).collect()));
        }
        if payload.len() as u64 + topic.len() as u64 + 64 > self.thread.shared().broker_limit.load(Ordering::Relaxed) {
            return Err(PublishError::TooLarge(payload.len()));
        }
        for _ in 0..patience {
            if !self.thread.shared().is_online() {
                return Err(PublishError::Offline);
            }
            match self.thread.client().try_publish(topic, payload.clone(), options.clone()) {
                Ok(()) => return Ok(()),
                Err(rumqttc::ClientError::RequestChannelFull(_)) => std::thread::sleep(Duration::from_millis(2)),
                Err(_) => return Err(PublishError::Offline),
            }
        }
        Err(PublishError::Overloaded)
    }

    /// Commands in order of arrival; never dropped.
    pub fn commands(&self) -> &Receiver<CommandReceived> {
        &self.commands
    }
    /// State of the link.
    pub fn status(&self) -> LinkStatus {
        self.thread.shared().status()
    }
    /// Counters since the connection was opened.
    pub fn counters(&self) -> CounterSnapshot {
        self.thread.shared().counters.snapshot()
    }
}
