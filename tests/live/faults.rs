//! Brokers that die, forget, or speak the wrong version.

use crate::support::{Mosquitto, RealClock, eventually, frame, in_s, plant_side, twin, twin_options};
use plantcast::link::{Broker, BrokerOptions, ControlMode, LinkStatus, ReadOnlyReason, SendError, connect};
use plantcast::plant::ActionKind;
use std::io::{Read, Write};
use std::time::Duration;

/// The broker disappears and comes back without memory: nothing is queued meanwhile, both sides subscribe again by themselves.
fn survives_a_restart(url: &str, mut kill: impl FnMut(), mut start: impl FnMut()) {
    let clock = RealClock::new();
    let (connection, port) = twin(url, &clock);
    let plant = plant_side(url, &clock, true);
    kill();
    eventually("the loss is noticed", || {
        matches!(connection.status(), LinkStatus::Down { .. }) && !matches!(plant.status(), LinkStatus::Online { .. })
    });
    for _ in 0..20 {
        assert_eq!(port.send(&frame(&clock, "CH-2", ActionKind::Start, 60.0), in_s(&clock, 60.0)), Err(SendError::Offline));
    }
    assert!(plant.telemetry("plantcast/p/tele/a", b"1".to_vec()).is_err());
    start();
    let online = |s: LinkStatus| matches!(s, LinkStatus::Online { .. });
    eventually("both are back", || online(connection.status()) && online(plant.status()));
    let command = frame(&clock, "CH-2", ActionKind::Start, 5.0);
    port.send(&command, in_s(&clock, 5.0)).unwrap();
    let first = plant.commands().recv_timeout(Duration::from_secs(5)).expect("subscribed again");
    assert_eq!(first.frame.unwrap().id, command.id, "nothing sent during the outage comes late");
    plant.telemetry_confirmed("plantcast/p/tele/a", b"2".to_vec()).unwrap();
    assert_eq!(connection.telemetry().recv_timeout(Duration::from_secs(5)).expect("subscribed again").payload, b"2");
    let c = connection.counters();
    assert!(c.connects == 2 && c.losses <= 6, "{c:?}");
}

#[test]
fn mosquitto_killed_and_restarted() {
    if let Some(mosquitto) = Mosquitto::start("") {
        let url = mosquitto.url();
        let cell = std::cell::RefCell::new(mosquitto);
        survives_a_restart(&url, || cell.borrow_mut().kill(), || cell.borrow_mut().restart());
    }
}

#[test]
fn embedded_broker_stopped_and_restarted() {
    let broker = Broker::start_on_free_port().unwrap();
    let (url, listen) = (broker.url(), broker.address());
    let cell = std::cell::RefCell::new(Some(broker));
    survives_a_restart(
        &url,
        || drop(cell.borrow_mut().take()),
        || *cell.borrow_mut() = Some(Broker::start(BrokerOptions { listen, acl_file: None }).unwrap()),
    );
}

#[test]
fn a_broker_that_only_speaks_311_is_read_but_never_commanded() {
    let address = old_broker();
    let clock = RealClock::new();
    let (connection, port) = connect(twin_options(&format!("mqtt://{address}"), &clock)).expect("telemetry works");
    assert_eq!(connection.control(), ControlMode::ReadOnly(ReadOnlyReason::NotMqtt5));
    let got = connection.telemetry().recv_timeout(Duration::from_secs(5)).expect("telemetry");
    assert_eq!((&*got.topic, got.payload.as_slice()), ("plantcast/p/tele/a", b"21.5".as_slice()));
    let refused = port.send(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0));
    assert_eq!(refused, Err(SendError::ReadOnly(ReadOnlyReason::NotMqtt5)));
}

/// A broker from before MQTT 5: answers level 5 with CONNACK return code 1 and closes; accepts level 4, sends one sample.
fn old_broker() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut packet = [0u8; 1024];
            let n = stream.read(&mut packet).unwrap();
            let level = packet[..n].windows(4).position(|w| w == b"MQTT").map(|i| packet[i + 4]);
            if level != Some(4) {
                stream.write_all(&[0x20, 0x02, 0x00, 0x01]).unwrap();
                continue;
            }
            stream.write_all(&[0x20, 0x02, 0x00, 0x00]).unwrap();
            let _ = stream.read(&mut packet);
            let body = [&[0, 18][..], b"plantcast/p/tele/a", b"21.5"].concat();
            stream.write_all(&[&[0x30, body.len() as u8][..], &body].concat()).unwrap();
            while stream.read(&mut packet).is_ok_and(|n| n > 0) {}
        }
    };
    std::thread::Builder::new().name("old-broker".into()).spawn(serve).unwrap();
    address
}

#[test]
fn a_broker_that_cuts_every_connection_is_not_stormed() {
    // T04: every connection is accepted, answered as MQTT 5, and cut. The raw client would come back hundreds of times a second.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let attempts = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = attempts.clone();
    let serve = move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(&[0x20, 0x03, 0x00, 0x00, 0x00]);
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(&[0x90, 0x05, 0x00, 0x01, 0x00, 0x01, 0x01]);
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    std::thread::Builder::new().name("cutting-broker".into()).spawn(serve).unwrap();
    let clock = RealClock::new();
    let mut options = twin_options(&format!("mqtt://{address}"), &clock);
    options.connect_within_s = 3.0;
    let opened = connect(options);
    std::thread::sleep(Duration::from_secs(3));
    let n = attempts.load(std::sync::atomic::Ordering::SeqCst);
    drop(opened);
    assert!((2..=5).contains(&n), "{n} attempts in three seconds");
}
