//! The command port: the only way to publish a command.
//!
//! ```text
//!   begin ─► refused here: held, read-only, offline, busy, expired, malformed   (certainly not executed)
//!         └► in flight ─► acknowledged by the broker ─► Sent (says nothing about execution)
//!                      ├► refused by the broker, or nobody subscribed            (certainly not executed)
//!                      └► link lost or no answer in time: Unconfirmed            (unknown: ask the plant)
//! ```
//!
//! Nothing queues behind the one in flight, nothing is kept for a reconnect, nothing is retained. Does not decide whether a
//! command may go and does not persist it (`governance` does both, first). *Invariant:* after [`HoldSwitch::drain`] returns no
//! further command is handed to the network until [`HoldSwitch::release`].

use super::frames::{CommandFrame, FrameError};
use super::status::{ControlMode, ReadOnlyReason, Shared, bump};
use super::topics::{ack_topic, command_topic, is_level};
use crate::clock::{Monotonic, MonotonicClock};
use rumqttc::{AsyncClient, PubAckReason, PublishNotice, PublishNoticeError, PublishOptions, PublishProperties, PublishResult, QoS};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use uuid::Uuid;

/// How long the broker may take to acknowledge [s] (T07: a denial is known within 2 s).
const ACKNOWLEDGE_WITHIN_S: f64 = 2.0;

/// Why a command did not leave, or is not known to have left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Hold is on.
    #[error("Hold is on: nothing is sent until it is released")]
    Held,
    /// The link may not command.
    #[error("read-only: {0}")]
    ReadOnly(ReadOnlyReason),
    /// No connection; nothing is queued for later.
    #[error("the broker is not connected; the command was not queued")]
    Offline,
    /// One is already in flight.
    #[error("command {0} is still in flight; one at a time")]
    Busy(Uuid),
    /// Its time is over.
    #[error("the command expired before it could be sent")]
    Expired,
    /// Frame or asset id malformed.
    #[error("malformed command: {0}")]
    Malformed(String),
    /// Larger than the broker takes.
    #[error("the command has {bytes} bytes; the broker takes {limit}")]
    TooLarge {
        /// Size.
        bytes: u64,
        /// Limit.
        limit: u64,
    },
    /// The broker said no (its reason code); the command was not delivered.
    #[error("the broker refused the command: {0}; check its access list for this user and topic")]
    Refused(String),
    /// The broker took it, but no plant listens on that topic; the command was not delivered.
    #[error("no plant listens on this command topic; is its gateway connected?")]
    NobodyListens,
    /// Lost track of it: it may or may not have been delivered.
    #[error("it is unknown whether the broker got the command ({0}); ask the plant before repeating it")]
    Unconfirmed(String),
}

impl SendError {
    /// True when the plant certainly did not get it.
    pub fn certainly_not_delivered(&self) -> bool {
        !matches!(self, SendError::Unconfirmed(_))
    }
}

impl From<FrameError> for SendError {
    fn from(error: FrameError) -> Self {
        SendError::Malformed(error.to_string())
    }
}

/// The broker has the command. This closes nothing: the plant has to acknowledge and the effect has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Which.
    pub id: Uuid,
    /// When the broker's acknowledgement was seen.
    pub at: Monotonic,
}

/// What a Hold found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// The one that had already been handed to the network, if any.
    pub in_flight: Option<Uuid>,
}

#[derive(Default)]
struct Gate {
    held: bool,
    in_flight: Option<Uuid>,
}

/// Stops the port from any thread, without broker and without approval.
#[derive(Clone)]
pub struct HoldSwitch {
    gate: Arc<Mutex<Gate>>,
}

impl HoldSwitch {
    fn lock(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Refuses everything from now on; says which command had already left.
    pub fn drain(&self) -> Drained {
        let mut gate = self.lock();
        gate.held = true;
        Drained { in_flight: gate.in_flight }
    }
    /// Ends the Hold. Guarding and signing this is the caller's duty.
    pub fn release(&self) {
        self.lock().held = false;
    }
    /// Whether Hold is on.
    pub fn is_held(&self) -> bool {
        self.lock().held
    }
}

/// The one way to publish commands. Not cloneable; moved into the dispatcher.
pub struct CommandPort {
    plant_id: String,
    client: AsyncClient,
    shared: Arc<Shared>,
    monotonic: Arc<dyn MonotonicClock>,
    hold: HoldSwitch,
}

impl CommandPort {
    pub(super) fn new(plant_id: String, client: AsyncClient, shared: Arc<Shared>, monotonic: Arc<dyn MonotonicClock>) -> Self {
        Self { plant_id, client, shared, monotonic, hold: HoldSwitch { gate: Arc::default() } }
    }
    /// A switch for Hold, usable from any thread.
    pub fn hold_switch(&self) -> HoldSwitch {
        self.hold.clone()
    }
    /// Same as [`HoldSwitch::drain`].
    pub fn drain(&self) -> Drained {
        self.hold.drain()
    }
    /// Whether the link may command.
    pub fn control(&self) -> ControlMode {
        self.shared.control()
    }
    /// Whether the link is up.
    pub fn is_online(&self) -> bool {
        self.shared.is_online()
    }

    /// Sends and waits for the broker's acknowledgement, at most 2 s. `expires` is when the command loses its validity.
    ///
    /// # Errors
    /// [`SendError`]; only [`SendError::Unconfirmed`] leaves open whether it was delivered.
    pub fn send(&self, frame: &CommandFrame, expires: Monotonic) -> Result<Sent, SendError> {
        let mut flight = self.begin(frame, expires)?;
        let pause = Duration::from_millis(1);
        for _ in 0..(ACKNOWLEDGE_WITHIN_S / pause.as_secs_f64()) as u32 {
            if let Some(outcome) = flight.poll() {
                return outcome;
            }
            std::thread::sleep(pause);
        }
        Err(SendError::Unconfirmed("no acknowledgement from the broker in time".into()))
    }

    /// Hands a command to the network without waiting; poll the result.
    ///
    /// # Errors
    /// [`SendError`]: it was not handed over and will not be.
    pub fn begin(&self, frame: &CommandFrame, expires: Monotonic) -> Result<InFlight, SendError> {
        self.try_begin(frame, expires).inspect_err(|_| bump(&self.shared.counters.send_refused))
    }

    fn try_begin(&self, frame: &CommandFrame, expires: Monotonic) -> Result<InFlight, SendError> {
        frame.check()?;
        if !is_level(&frame.asset) {
            return Err(SendError::Malformed("the asset id cannot be a topic level".into()));
        }
        let now = self.monotonic.now();
        let ttl_s = expires.since_s(now);
        if ttl_s <= 0.0 {
            return Err(SendError::Expired);
        }
        let payload = self.encoded(frame)?;
        let options = PublishOptions::new(QoS::AtLeastOnce).properties(self.properties(frame, ttl_s));
        let mut gate = self.hold.lock();
        if gate.held {
            return Err(SendError::Held);
        }
        if let ControlMode::ReadOnly(reason) = self.shared.control() {
            return Err(SendError::ReadOnly(reason));
        }
        if let Some(id) = gate.in_flight {
            return Err(SendError::Busy(id));
        }
        if !self.shared.is_online() {
            return Err(SendError::Offline);
        }
        let topic = command_topic(&self.plant_id, &frame.asset);
        let notice = self.client.try_publish_tracked(topic, payload, options).map_err(|_| SendError::Offline)?;
        gate.in_flight = Some(frame.id);
        drop(gate);
        Ok(InFlight {
            id: frame.id,
            outcome: Box::pin(resolve(notice)),
            deadline: now.plus_s(ACKNOWLEDGE_WITHIN_S),
            monotonic: self.monotonic.clone(),
            hold: self.hold.clone(),
        })
    }

    fn encoded(&self, frame: &CommandFrame) -> Result<Vec<u8>, SendError> {
        let payload = frame.encode();
        // 512 bytes cover the header, both topics and the properties.
        let (bytes, limit) = (payload.len() as u64 + 512, self.shared.broker_limit.load(std::sync::atomic::Ordering::Relaxed));
        if bytes > limit { Err(SendError::TooLarge { bytes, limit }) } else { Ok(payload) }
    }

    fn properties(&self, frame: &CommandFrame, ttl_s: f64) -> PublishProperties {
        PublishProperties {
            payload_format_indicator: Some(1),
            message_expiry_interval: Some(ttl_s.ceil().clamp(1.0, 86_400.0) as u32),
            response_topic: Some(ack_topic(&self.plant_id, &frame.asset)),
            correlation_data: Some(frame.id.as_bytes().to_vec().into()),
            ..PublishProperties::default()
        }
    }
}

/// A command on its way to the broker.
pub struct InFlight {
    id: Uuid,
    outcome: Pin<Box<dyn Future<Output = Result<(), SendError>> + Send>>,
    deadline: Monotonic,
    monotonic: Arc<dyn MonotonicClock>,
    hold: HoldSwitch,
}

impl InFlight {
    /// The outcome, once known. Do not call again after it was returned.
    pub fn poll(&mut self) -> Option<Result<Sent, SendError>> {
        let now = self.monotonic.now();
        let outcome = match self.outcome.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome.map(|()| Sent { id: self.id, at: now }),
            Poll::Pending if now < self.deadline => return None,
            Poll::Pending => Err(SendError::Unconfirmed("no acknowledgement from the broker in time".into())),
        };
        self.land();
        Some(outcome)
    }
    /// Which.
    pub fn id(&self) -> Uuid {
        self.id
    }
    fn land(&self) {
        let mut gate = self.hold.lock();
        if gate.in_flight == Some(self.id) {
            gate.in_flight = None;
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.land();
    }
}

/// The `Ok` arm may still be a refusal: the reason code decides.
async fn resolve(notice: PublishNotice) -> Result<(), SendError> {
    match notice.wait_async().await {
        Ok(PublishResult::Qos1(ack)) => match ack.reason {
            PubAckReason::Success => Ok(()),
            PubAckReason::NoMatchingSubscribers => Err(SendError::NobodyListens),
            refused => Err(SendError::Refused(format!("{refused:?}"))),
        },
        Ok(other) => Err(SendError::Unconfirmed(format!("unexpected acknowledgement of {:?}", other.qos()))),
        Err(PublishNoticeError::V5PubAck(refused)) => Err(SendError::Refused(format!("{refused:?}"))),
        Err(lost) => Err(SendError::Unconfirmed(lost.to_string())),
    }
}
