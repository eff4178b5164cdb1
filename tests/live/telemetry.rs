//! Telemetry arrives, large payloads do no harm, duplicates of the client id end in read-only.

use crate::support::{RealClock, eventually, on_each_broker, plant_side, stranger_publishes, twin, twin_options};
use plantcast::link::{ControlMode, LinkError, LinkStatus, MAX_PAYLOAD_BYTES, PublishError, ReadOnlyReason, connect};
use std::time::Duration;

#[test]
fn what_the_plant_publishes_arrives_once_and_in_order() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (connection, _port) = twin(url, &clock);
        let plant = plant_side(url, &clock, false);
        for i in 0..500 {
            plant.telemetry_confirmed("plantcast/p/tele/a/level", format!("{i}").into_bytes()).unwrap();
        }
        let got: Vec<String> = (0..500)
            .map(|_| connection.telemetry().recv_timeout(Duration::from_secs(10)).expect("arrives"))
            .map(|m| String::from_utf8(m.payload).unwrap())
            .collect();
        assert_eq!(got, (0..500).map(|i| i.to_string()).collect::<Vec<_>>());
        let c = connection.counters();
        assert_eq!((c.received, c.dropped, c.poison), (500, 0, 0));
        eventually("the broker acknowledges all", || plant.counters().publish_acknowledged == 500);
        assert!(matches!(connection.status(), LinkStatus::Online { .. }));
    });
}

#[test]
fn a_slow_reader_loses_the_oldest_and_knows_how_many() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let mut options = twin_options(url, &clock);
        options.telemetry_bound = 10;
        let (connection, _port) = connect(options).unwrap();
        let plant = plant_side(url, &clock, false);
        for i in 0..100 {
            plant.telemetry_confirmed("plantcast/p/tele/a/level", format!("{i}").into_bytes()).unwrap();
        }
        eventually("all received", || connection.counters().received == 100);
        let kept: Vec<String> = connection.telemetry().try_iter().map(|m| String::from_utf8(m.payload).unwrap()).collect();
        assert_eq!(kept, (90..100).map(|i| i.to_string()).collect::<Vec<_>>());
        assert_eq!(connection.counters().dropped, 90);
    });
}

#[test]
fn poison_is_counted_and_causes_no_reconnect() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        stranger_publishes(url, "plantcast/p/tele/poison", vec![b'x'; 20_000], true);
        let (connection, _port) = twin(url, &clock);
        let plant = plant_side(url, &clock, false);
        let stub = connection.telemetry().recv_timeout(Duration::from_secs(10)).expect("the retained poison");
        assert_eq!((stub.truncated_from, stub.retained), (Some(20_000), true));
        assert!(stub.payload.len() < MAX_PAYLOAD_BYTES);
        // Over the announced packet limit: the broker must not deliver it, or delivering it must not stop the rest.
        for _ in 0..3 {
            plant.telemetry_confirmed("plantcast/p/tele/ok", b"1".to_vec()).unwrap();
        }
        for _ in 0..3 {
            assert_eq!(&*connection.telemetry().recv_timeout(Duration::from_secs(10)).expect("other topics flow").topic, "plantcast/p/tele/ok");
        }
        let c = connection.counters();
        assert_eq!((c.poison, c.connects, c.losses), (1, 1, 0));
    });
}

#[test]
fn the_plants_side_cannot_command_and_oversize_is_refused_before_it_is_queued() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let plant = plant_side(url, &clock, false);
        assert!(matches!(plant.telemetry("plantcast/p/cmd/CH-1", b"{}".to_vec()), Err(PublishError::CommandTopic(_))));
        assert!(matches!(plant.telemetry("plantcast/p/tele/+", b"1".to_vec()), Err(PublishError::Topic(_))));
        assert!(matches!(plant.telemetry("plantcast/p/tele/a", vec![0; 2 << 20]), Err(PublishError::TooLarge(_))));
        let c = plant.counters();
        assert_eq!((c.send_refused, c.published, c.losses), (3, 0, 0));
    });
}

#[test]
fn two_studios_with_one_client_id_do_not_play_ping_pong() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (first, port) = twin(url, &clock);
        let options = || {
            let mut o = twin_options(url, &clock);
            o.client_id = first.client_id();
            o
        };
        // Three take-overs in a row, each as soon as the first one is back.
        for n in 1..=3 {
            eventually("the first is online", || matches!(first.status(), LinkStatus::Online { .. }));
            let second = connect(options()).unwrap();
            eventually("the take-over is noticed", || first.counters().takeovers == n);
            drop(second);
        }
        assert_eq!(first.control(), ControlMode::ReadOnly(ReadOnlyReason::TakenOver));
        assert_eq!(port.control(), ControlMode::ReadOnly(ReadOnlyReason::TakenOver));
        assert!(first.client_id().ends_with("-readonly"));
        eventually("telemetry goes on under another id", || matches!(first.status(), LinkStatus::Online { .. }));
    });
}

#[test]
fn no_broker_is_said_as_such_and_an_encrypted_address_too() {
    let clock = RealClock::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut options = twin_options(&format!("mqtt://{free}"), &clock);
    options.connect_within_s = 0.3;
    let error = connect(options).err().expect("nobody is there");
    assert!(matches!(error, LinkError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&free.to_string()));
    let error = connect(twin_options("mqtts://127.0.0.1:8883", &clock)).err().expect("TLS comes later");
    assert!(error.to_string().contains("TLS"), "{error}");
}
