//! Brokers, clocks and clients of the live tests.
//!
//! Mosquitto is started on a free loopback port with a generated configuration and killed by its own process id. Where it is
//! not installed the tests say so and run against the embedded broker only.

use plantcast::clock::{Entropy, Monotonic, MonotonicClock, WallClock};
use plantcast::link::{
    Broker, BrokerOptions, CommandFrame, CommandPort, ConnectOptions, Connection, Publisher, PublisherOptions, SCHEMA, connect, uuid_v7,
};
use plantcast::plant::ActionKind;
use plantcast::time::Time;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The machine's clocks; random enough for tests.
pub struct RealClock {
    start: Instant,
    drawn: std::sync::atomic::AtomicU64,
}

impl RealClock {
    #[expect(clippy::disallowed_methods, reason = "live tests run in real time")]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), drawn: std::sync::atomic::AtomicU64::new(0) })
    }
}
impl MonotonicClock for RealClock {
    fn now(&self) -> Monotonic {
        Monotonic(self.start.elapsed().as_nanos() as i64)
    }
}
impl WallClock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "live tests run in real time")]
    fn now(&self) -> Time {
        Time(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64))
    }
}
impl Entropy for RealClock {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let n = self.drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mixed = (n ^ self.start.elapsed().as_nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = (mixed >> 32) as u8;
        }
    }
}

/// Waits until `test` holds; panics with `what` after 10 s.
pub fn eventually(what: &str, mut test: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if test() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("not within 10 s: {what}");
}

/// A real Mosquitto on a loopback port.
pub struct Mosquitto {
    directory: tempfile::TempDir,
    pub address: SocketAddr,
    child: Option<Child>,
}

/// Path of the installed Mosquitto.
fn mosquitto_path() -> Option<PathBuf> {
    let named = std::env::var_os("PATH").into_iter().flat_map(|p| std::env::split_paths(&p).collect::<Vec<_>>());
    named.chain(["/usr/sbin".into(), "/usr/local/sbin".into()]).map(|d| d.join("mosquitto")).find(|p| p.is_file())
}

impl Mosquitto {
    /// Started with `access` as its access list (empty: everything allowed); `None`, with the reason printed, when not installed.
    pub fn start(access: &str) -> Option<Self> {
        if mosquitto_path().is_none() {
            eprintln!("skipped: mosquitto is not installed (package mosquitto)");
            return None;
        }
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let directory = tempfile::tempdir().unwrap();
            let mut conf = format!("listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n", address.port());
            if std::env::var("USER").as_deref() == Ok("root") || directory.path().metadata().is_ok_and(|m| owner(&m) == 0) {
                conf.push_str("user root\n");
            }
            if !access.is_empty() {
                let file = directory.path().join("access");
                std::fs::write(&file, access).unwrap();
                conf.push_str(&format!("acl_file {}\n", file.display()));
            }
            std::fs::write(directory.path().join("conf"), conf).unwrap();
            let mut it = Self { directory, address, child: None };
            if it.launch() {
                return Some(it);
            }
        }
        panic!("mosquitto is installed but does not start");
    }
    fn launch(&mut self) -> bool {
        let path = mosquitto_path().unwrap();
        let mut command = Command::new(path);
        command.arg("-c").arg(self.directory.path().join("conf")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        for _ in 0..600 {
            if TcpStream::connect(self.address).is_ok() {
                self.child = Some(child);
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        false
    }
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.launch(), "mosquitto starts again on its port");
    }
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }
}

#[cfg(unix)]
fn owner(meta: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(meta)
}
#[cfg(not(unix))]
fn owner(_: &std::fs::Metadata) -> u32 {
    1
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a test against the embedded broker and, where installed, against Mosquitto.
pub fn on_each_broker(test: impl Fn(&str)) {
    let embedded = Broker::start_on_free_port().unwrap();
    eprintln!("embedded broker at {}", embedded.url());
    test(&embedded.url());
    if let Some(mosquitto) = Mosquitto::start("") {
        eprintln!("mosquitto at {}", mosquitto.url());
        test(&mosquitto.url());
    }
}

/// An embedded broker with an access list.
pub fn embedded_with_access(access: &str) -> (Broker, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("access");
    std::fs::write(&file, access).unwrap();
    let options = BrokerOptions { acl_file: Some(file), ..BrokerOptions::default() };
    (Broker::start(options).unwrap(), directory)
}

pub fn twin_options(url: &str, clock: &Arc<RealClock>) -> ConnectOptions {
    let mut options = ConnectOptions::new(url, format!("twin-{}", Time::ZERO.0 + clock.start.elapsed().as_nanos() as i64), "p", clock.clone());
    options.subscriptions = vec!["plantcast/p/tele/#".into()];
    options
}

pub fn twin(url: &str, clock: &Arc<RealClock>) -> (Connection, CommandPort) {
    connect(twin_options(url, clock)).unwrap()
}

pub fn plant_side(url: &str, clock: &Arc<RealClock>, receive_commands: bool) -> Publisher {
    let client_id = format!("plant-{}", clock.start.elapsed().as_nanos());
    Publisher::connect(PublisherOptions {
        url: url.into(),
        client_id,
        plant_id: "p".into(),
        receive_commands,
        connect_within_s: 5.0,
        monotonic: clock.clone(),
    })
    .unwrap()
}

/// A command frame with the given action, valid for `ttl_s`.
pub fn frame(clock: &RealClock, asset: &str, action: ActionKind, ttl_s: f64) -> CommandFrame {
    let now_ms = WallClock::now(clock).0 / 1000;
    let id = uuid_v7(WallClock::now(clock), clock);
    CommandFrame {
        schema: SCHEMA,
        id,
        nonce: id.simple().to_string(),
        asset: asset.into(),
        action: action.into(),
        issued_ms: now_ms,
        expires_ms: now_ms + (ttl_s * 1000.0) as i64,
        epoch: 1,
        trace: "test".into(),
    }
}

/// The same, as the emulator's tests read better.
pub fn plant_frame(clock: &Arc<RealClock>, asset: &str, action: ActionKind, ttl_s: f64) -> CommandFrame {
    frame(clock, asset, action, ttl_s)
}

/// When a command sent now loses its validity.
pub fn in_s(clock: &RealClock, s: f64) -> Monotonic {
    MonotonicClock::now(clock).plus_s(s)
}

/// Publishes one message with another client (what a stranger on the broker could do).
pub fn stranger_publishes(address: &str, topic: &str, payload: Vec<u8>, retain: bool) {
    let (host, port) = address.trim_start_matches("mqtt://").split_once(':').unwrap();
    let mut options = rumqttc::MqttOptions::new("stranger", (host, port.parse::<u16>().unwrap()));
    options.set_max_packet_size(Some(8 << 20));
    let (client, mut connection) = rumqttc::Client::builder(options).build();
    let publish = rumqttc::PublishOptions::new(rumqttc::QoS::AtLeastOnce).retain(retain);
    client.publish(topic, payload, publish).unwrap();
    for event in connection.iter() {
        match event {
            Ok(rumqttc::Event::Incoming(rumqttc::Packet::PubAck(_))) => break,
            Ok(_) => {}
            Err(error) => panic!("the stranger cannot publish: {error}"),
        }
    }
}
