//! The I/O thread of one connection: polls the MQTT client, subscribes after each CONNACK, backs off, routes messages.
//!
//! ```text
//!   Connecting ──CONNACK+SUBACK──► Online ──loss──► Down ──back-off──► (CONNACK+SUBACK) Online
//!        └───────failure─────────► Down                └── third take-over: new client id, read-only
//! ```
//!
//! Owns the only runtime of its connection. A clean session each time: what the broker forgot is asked for again, and what was
//! not acknowledged when the link broke is failed back to its sender, never replayed. Does not know what messages mean.

use super::MAX_PACKET_BYTES;
use super::MAX_PAYLOAD_BYTES;
use super::address::BrokerAddress;
use super::backoff::{Backoff, TakeoverGuard};
use super::legacy::{Arrived, LegacySession};
use super::sinks::{Lossy, Received};
use super::status::{ControlMode, Housekeeping, LinkStatus, ReadOnlyReason, Shared, bump};
use crate::clock::{Monotonic, MonotonicClock};
use rumqttc::{
    AsyncClient, ConnAck, ConnectReturnCode, ConnectionError, DisconnectReasonCode, Event, EventLoop, MqttOptions, NetworkOptions,
    NoticeFailureReason, Outgoing, Packet, PubAckReason, QoS, StateError, SubscribeFilterInput, SubscribeReasonCode,
};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Requests that may wait for the socket.
const REQUESTS: usize = 512;
/// Filters per SUBSCRIBE packet.
const FILTERS_PER_PACKET: usize = 100;
/// Head of an over-long payload that is kept [bytes].
const STUB_BYTES: usize = 256;

/// What distinguishes one connection from another.
pub(super) struct Spec {
    pub thread_name: &'static str,
    pub address: BrokerAddress,
    pub client_id: String,
    pub keep_alive_s: u16,
    pub lossy_filters: Vec<String>,
    /// Messages under this filter (`prefix/+`) go to the lossless queue.
    pub lossless_filter: Option<String>,
    pub monotonic: Arc<dyn MonotonicClock>,
}

/// A bounded queue that must not lose anything.
pub(super) trait Lossless: Send {
    fn is_full(&self) -> bool;
    fn push(&self, message: Received);
}

/// Handle of the I/O thread; dropping it ends the connection.
pub(super) struct Thread {
    shared: Arc<Shared>,
    client: AsyncClient,
    address: BrokerAddress,
    client_id: Arc<Mutex<String>>,
    join: Option<std::thread::JoinHandle<()>>,
}

impl Thread {
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
    pub fn client(&self) -> AsyncClient {
        self.client.clone()
    }
    pub fn address(&self) -> &BrokerAddress {
        &self.address
    }
    pub fn client_id(&self) -> String {
        self.client_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.shared.request_stop();
        if let Some(join) = self.join.take() {
            let _ = join.join();
        }
    }
}

/// Starts the thread; it connects at once.
pub(super) fn spawn(spec: Spec, shared: Arc<Shared>, lossy: Lossy, lossless: Box<dyn Lossless>) -> std::io::Result<Thread> {
    let (client, eventloop) = AsyncClient::builder(mqtt_options(&spec)).capacity(REQUESTS).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client_id = Arc::new(Mutex::new(spec.client_id.clone()));
    let handle = (shared.clone(), client.clone(), spec.address.clone(), client_id.clone());
    let name = spec.thread_name.to_owned();
    let lossless_prefix = spec.lossless_filter.as_deref().and_then(|f| f.strip_suffix('+')).map(str::to_owned);
    let worker = Worker {
        backoff: Backoff::new(&spec.client_id),
        takeovers: TakeoverGuard::default(),
        subacks_due: 0,
        up_since: None,
        farewell: None,
        spec,
        shared,
        client,
        client_id,
        eventloop,
        lossy,
        lossless,
        lossless_prefix,
    };
    let join = std::thread::Builder::new().name(name).spawn(move || runtime.block_on(worker.run()))?;
    let (shared, client, address, client_id) = handle;
    Ok(Thread { shared, client, address, client_id, join: Some(join) })
}

fn mqtt_options(spec: &Spec) -> MqttOptions {
    let mut options = MqttOptions::new(spec.client_id.clone(), (spec.address.host.clone(), spec.address.port));
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(4);
    options.set_network_options(network);
    options.set_connect_timeout(Duration::from_secs(4));
    options.set_keep_alive(spec.keep_alive_s);
    options.set_clean_start(true);
    options.set_session_expiry_interval(Some(0));
    options.set_max_packet_size(Some(MAX_PACKET_BYTES));
    if let Some((user, password)) = spec.address.credentials() {
        options.set_credentials(user.to_owned(), password.as_bytes().to_vec());
    }
    options
}

struct Worker {
    spec: Spec,
    shared: Arc<Shared>,
    client: AsyncClient,
    client_id: Arc<Mutex<String>>,
    eventloop: EventLoop,
    lossy: Lossy,
    lossless: Box<dyn Lossless>,
    lossless_prefix: Option<String>,
    backoff: Backoff,
    takeovers: TakeoverGuard,
    subacks_due: usize,
    up_since: Option<Monotonic>,
    /// Why the broker said it would close, until the loss itself is seen.
    farewell: Option<DisconnectReasonCode>,
}

impl Worker {
    async fn run(mut self) {
        let shared = self.shared.clone();
        loop {
            let event = tokio::select! {
                biased;
                () = shared.stop.notified() => break,
                event = self.eventloop.poll() => event,
            };
            let keep_going = match event {
                Ok(Event::Incoming(packet)) => self.incoming(packet).await,
                Ok(Event::Outgoing(outgoing)) => self.outgoing(&outgoing),
                Ok(Event::Auth(_)) => true,
                Err(ConnectionError::RequestsDone) => false,
                Err(error) => self.lost(error).await,
            };
            if !keep_going || shared.stopping.load(Ordering::SeqCst) {
                break;
            }
        }
        self.say_goodbye().await;
        self.shared.set_status(LinkStatus::Stopped);
    }

    async fn say_goodbye(&mut self) {
        if self.up_since.is_some() && self.client.try_disconnect().is_ok() {
            // Flushes what was already handed over (an emulator's last samples), then DISCONNECT.
            let flush = async { while self.eventloop.poll().await.is_ok() {} };
            let _ = tokio::time::timeout(Duration::from_millis(500), flush).await;
            self.shared.counters.housekeeping(Housekeeping::Disconnect);
        }
    }

    /// False ends the thread.
    async fn incoming(&mut self, packet: Packet) -> bool {
        match packet {
            Packet::ConnAck(ack) => self.connected(&ack),
            Packet::SubAck(ack) => {
                let refused = ack.return_codes.iter().filter(|c| !matches!(c, SubscribeReasonCode::Success(_))).count();
                self.shared.counters.subscribe_refused.fetch_add(refused as u64, Ordering::Relaxed);
                self.subacks_due = self.subacks_due.saturating_sub(1);
                self.online_when_subscribed();
            }
            Packet::Publish(p) => return self.received(String::from_utf8_lossy(&p.topic).into(), &p.payload, p.retain).await,
            Packet::PubAck(ack) => bump(match ack.reason {
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers => &self.shared.counters.publish_acknowledged,
                _ => &self.shared.counters.publish_refused,
            }),
            Packet::Disconnect(goodbye) => self.farewell = Some(goodbye.reason_code),
            _ => {}
        }
        true
    }

    fn connected(&mut self, ack: &ConnAck) {
        bump(&self.shared.counters.connects);
        let limit = ack.properties.as_ref().and_then(|p| p.max_packet_size).map_or(MAX_PACKET_BYTES, |m| m.min(MAX_PACKET_BYTES));
        self.shared.broker_limit.store(u64::from(limit), Ordering::Relaxed);
        self.up_since = Some(self.spec.monotonic.now());
        let filters = self.filters();
        self.subacks_due = 0;
        for chunk in filters.chunks(FILTERS_PER_PACKET) {
            let packet = chunk.iter().map(|f| SubscribeFilterInput::new(f.clone(), QoS::AtLeastOnce));
            match self.client.try_subscribe_many(packet) {
                Ok(()) => self.subacks_due += 1,
                Err(_) => {
                    self.shared.counters.subscribe_refused.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                }
            }
        }
        self.online_when_subscribed();
    }

    fn online_when_subscribed(&mut self) {
        if self.subacks_due == 0
            && let Some(since) = self.up_since
            && !self.shared.is_online()
        {
            tracing::info!(broker = %self.spec.address, "connected");
            self.shared.set_status(LinkStatus::Online { since });
        }
    }

    async fn received(&mut self, topic: Arc<str>, payload: &[u8], retained: bool) -> bool {
        let counters = &self.shared.counters;
        counters.bytes_in.fetch_add(payload.len() as u64, Ordering::Relaxed);
        let over = payload.len() > MAX_PAYLOAD_BYTES;
        let kept = if over { STUB_BYTES } else { payload.len() };
        let message = Received {
            topic,
            payload: payload[..kept].to_vec(),
            received: self.spec.monotonic.now(),
            retained,
            truncated_from: over.then_some(payload.len()),
        };
        if over {
            bump(&counters.poison);
        }
        if !self.lossless_prefix.as_deref().is_some_and(|p| message.topic.starts_with(p)) {
            self.lossy.push(message, counters);
            return true;
        }
        bump(&counters.lossless_received);
        if self.lossless.is_full() {
            bump(&counters.back_pressure);
        }
        while self.lossless.is_full() {
            if self.shared.stopping.load(Ordering::SeqCst) {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.lossless.push(message);
        true
    }

    /// Every packet sent by itself is on the closed list [`Housekeeping`]; publishes are counted.
    fn outgoing(&mut self, outgoing: &Outgoing) -> bool {
        let counters = &self.shared.counters;
        match outgoing {
            Outgoing::Publish(_) => bump(&counters.published),
            Outgoing::Subscribe(_) | Outgoing::Unsubscribe(_) => counters.housekeeping(Housekeeping::Subscribe),
            Outgoing::PingReq | Outgoing::PingResp => counters.housekeeping(Housekeeping::Ping),
            Outgoing::PubAck(_) | Outgoing::PubRec(_) | Outgoing::PubRel(_) | Outgoing::PubComp(_) => {
                counters.housekeeping(Housekeeping::Acknowledge);
            }
            Outgoing::Disconnect => counters.housekeeping(Housekeeping::Disconnect),
            Outgoing::AwaitAck(_) | Outgoing::Auth => {}
        }
        true
    }

    /// Fails what was pending, finds out why, reports, waits. False when asked to stop meanwhile.
    async fn lost(&mut self, error: ConnectionError) -> bool {
        self.eventloop.drain_pending_as_failed(NoticeFailureReason::SessionReset);
        if self.up_since.is_none() && answered_otherwise(&error) && self.follow_legacy().await == Followed::Stopped {
            return false;
        }
        let now = self.spec.monotonic.now();
        bump(&self.shared.counters.losses);
        let farewell = self.farewell.take().or(match &error {
            ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) => Some(*reason_code),
            _ => None,
        });
        if self.up_since.is_some() && looks_like_takeover(&error, farewell) {
            bump(&self.shared.counters.takeovers);
            if self.takeovers.taken_over(now) {
                self.yield_control();
            }
        }
        let was_up_s = self.up_since.take().map_or(0.0, |since| now.since_s(since));
        let reason = farewell.map_or_else(|| error.to_string(), |code| format!("the broker closed the connection: {code:?}"));
        self.wait_down(now, reason, was_up_s).await
    }

    async fn wait_down(&mut self, since: Monotonic, reason: String, was_up_s: f64) -> bool {
        let retry_in_s = self.backoff.next_s(was_up_s);
        tracing::warn!(broker = %self.spec.address, retry_in_s, "connection lost: {reason}");
        self.shared.set_status(LinkStatus::Down { since, reason, retry_in_s });
        let shared = self.shared.clone();
        tokio::select! {
            biased;
            () = shared.stop.notified() => false,
            () = tokio::time::sleep(Duration::from_secs_f64(retry_in_s)) => true,
        }
    }

    /// The broker answers, but not as MQTT 5: follow it read-only over 3.1.1, if it speaks that.
    async fn follow_legacy(&mut self) -> Followed {
        let filters = self.filters();
        let Ok(mut session) = LegacySession::open(&self.spec.address, &self.client_id(), self.spec.keep_alive_s, &filters).await else {
            return Followed::Ended;
        };
        self.shared.set_control(ControlMode::ReadOnly(ReadOnlyReason::NotMqtt5));
        let since = self.spec.monotonic.now();
        self.up_since = Some(since);
        bump(&self.shared.counters.connects);
        self.shared.set_status(LinkStatus::Online { since });
        let shared = self.shared.clone();
        let mut ping = tokio::time::interval(Duration::from_secs_f64(f64::from(self.spec.keep_alive_s.max(2)) / 2.0));
        loop {
            tokio::select! {
                biased;
                () = shared.stop.notified() => return Followed::Stopped,
                _ = ping.tick() => {
                    self.shared.counters.housekeeping(Housekeeping::Ping);
                    if session.ping().await.is_err() { return Followed::Ended; }
                }
                arrived = session.next() => match arrived {
                    Ok(Arrived::Publish { topic, payload, retained }) => {
                        if !self.received(topic.into(), &payload, retained).await { return Followed::Stopped; }
                    }
                    Ok(Arrived::Other) => {}
                    Err(_) => return Followed::Ended,
                },
            }
        }
    }

    fn filters(&self) -> Vec<String> {
        self.spec.lossless_filter.iter().chain(&self.spec.lossy_filters).cloned().collect()
    }

    fn client_id(&self) -> String {
        self.client_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Two programs fight for one client id: take another one and never command again.
    fn yield_control(&mut self) {
        let id = format!("{}-readonly", self.spec.client_id);
        self.eventloop.options.set_client_id(id.clone());
        *self.client_id.lock().unwrap_or_else(PoisonError::into_inner) = id;
        self.shared.set_control(ControlMode::ReadOnly(ReadOnlyReason::TakenOver));
    }
}

/// How following a 3.1.1 broker ended.
#[derive(PartialEq, Eq)]
enum Followed {
    Ended,
    Stopped,
}

/// A take-over is announced by the reason code; Mosquitto 2.0 (and, to this client, the embedded broker) only closes the socket,
/// so an orderly close by the peer counts as one too. Three within a minute mean read-only: rather too careful than two masters.
fn looks_like_takeover(error: &ConnectionError, farewell: Option<DisconnectReasonCode>) -> bool {
    match farewell {
        Some(code) => code == DisconnectReasonCode::SessionTakenOver,
        None => matches!(error, ConnectionError::MqttState(StateError::ConnectionAborted)),
    }
}

/// Somebody listens there, but the answer to CONNECT was not MQTT 5.
fn answered_otherwise(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::ConnectionRefused(code) => {
            matches!(code, ConnectReturnCode::RefusedProtocolVersion | ConnectReturnCode::UnsupportedProtocolVersion)
        }
        ConnectionError::MqttState(_) | ConnectionError::Timeout(_) | ConnectionError::NotConnAck(_) => true,
        _ => false,
    }
}
