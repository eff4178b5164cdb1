//! Commands: delivered with their metadata, refused with the reason, stopped by Hold, never taken from the retained store.

use crate::support::{Mosquitto, RealClock, embedded_with_access, eventually, frame, in_s, on_each_broker, plant_side, stranger_publishes, twin};
use plantcast::link::{AckFrame, AckStatus, SendError};
use plantcast::plant::ActionKind;
use std::time::Duration;

#[test]
fn a_command_and_its_acknowledgement_make_the_round_trip() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (connection, port) = twin(url, &clock);
        let plant = plant_side(url, &clock, true);
        let command = frame(&clock, "CH-2", ActionKind::SetRate(0.5), 5.0);
        let sent = port.send(&command, in_s(&clock, 5.0)).unwrap();
        assert_eq!(sent.id, command.id);
        let got = plant.commands().recv_timeout(Duration::from_secs(5)).expect("the plant gets it");
        assert_eq!((got.asset.as_str(), got.retained), ("CH-2", false));
        assert_eq!(got.frame.unwrap(), command);
        for status in [AckStatus::Accepted, AckStatus::Executed] {
            let ack = AckFrame { id: command.id, nonce: command.nonce.clone(), asset: "CH-2".into(), status, reason: None, epoch: 1, t: 5 };
            plant.acknowledge(&ack).unwrap();
            let got = connection.acks().recv_timeout(Duration::from_secs(5)).expect("the twin gets it");
            assert_eq!((got.asset.as_str(), got.frame, got.retained), ("CH-2", Ok(ack), false));
        }
        assert_eq!(connection.counters().received, 0, "acknowledgements are not telemetry");
    });
}

#[test]
fn a_command_that_nobody_hears_is_not_taken_for_delivered() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (_connection, port) = twin(url, &clock);
        // Mosquitto says that nobody subscribed; the embedded broker does not tell.
        let outcome = port.send(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0));
        assert!(matches!(outcome, Ok(_) | Err(SendError::NobodyListens)), "{outcome:?}");
        // Nothing was kept for later: a plant that comes now gets nothing.
        let plant = plant_side(url, &clock, true);
        let marker = frame(&clock, "CH-2", ActionKind::Stop, 5.0);
        port.send(&marker, in_s(&clock, 5.0)).unwrap();
        let first = plant.commands().recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(first.frame.unwrap().id, marker.id);
    });
}

#[test]
fn expired_and_malformed_commands_never_leave() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (connection, port) = twin(url, &clock);
        let plant = plant_side(url, &clock, true);
        let good = frame(&clock, "CH-2", ActionKind::Start, 5.0);
        assert_eq!(port.send(&good, in_s(&clock, -0.001)), Err(SendError::Expired));
        for asset in ["a/b", "+", "#", ""] {
            let mut bad = good.clone();
            bad.asset = asset.into();
            assert!(matches!(port.send(&bad, in_s(&clock, 5.0)), Err(SendError::Malformed(_))), "{asset:?}");
        }
        let mut bad = good.clone();
        bad.action = ActionKind::SetRate(f64::NAN).into();
        assert!(matches!(port.send(&bad, in_s(&clock, 5.0)), Err(SendError::Malformed(_))));
        assert_eq!(connection.counters().send_refused, 6);
        assert_eq!(connection.counters().published, 0);
        assert!(plant.commands().is_empty());
    });
}

#[test]
fn hold_stops_the_port_at_once_and_from_any_thread() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (connection, port) = twin(url, &clock);
        let plant = plant_side(url, &clock, true);
        let switch = port.hold_switch();
        // T27 in small: another thread holds while this one sends as fast as it can.
        let holder = std::thread::Builder::new().name("holder".into()).spawn({
            let switch = switch.clone();
            move || {
                std::thread::sleep(Duration::from_millis(30));
                switch.drain()
            }
        });
        let mut sent = 0u64;
        let mut held = false;
        for _ in 0..10_000 {
            match port.send(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0)) {
                Ok(_) => {
                    assert!(!held, "sent after Hold");
                    sent += 1;
                }
                Err(SendError::Held) => {
                    held = true;
                    break;
                }
                Err(other) => panic!("{other}"),
            }
        }
        holder.unwrap().join().unwrap();
        assert!(held && switch.is_held());
        let after = connection.counters().published;
        for _ in 0..50 {
            assert_eq!(port.send(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0)), Err(SendError::Held));
        }
        assert_eq!(connection.counters().published, after);
        eventually("the plant got exactly what was sent", || plant.commands().len() as u64 == sent);
        switch.release();
        assert!(port.send(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0)).is_ok());
    });
}

#[test]
fn one_command_is_in_flight_at_a_time() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let (_connection, port) = twin(url, &clock);
        let _plant = plant_side(url, &clock, true);
        let first = frame(&clock, "CH-1", ActionKind::Start, 5.0);
        let mut flight = port.begin(&first, in_s(&clock, 5.0)).unwrap();
        let second = port.begin(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0));
        assert_eq!(second.err(), Some(SendError::Busy(first.id)));
        assert_eq!(port.drain().in_flight, Some(first.id), "Hold names the one that had already left");
        let mut outcome = None;
        eventually("the first lands", || {
            outcome = flight.poll();
            outcome.is_some()
        });
        assert!(outcome.unwrap().is_ok());
        assert_eq!(port.drain().in_flight, None);
    });
}

#[test]
fn a_denied_command_is_known_as_refused_within_two_seconds() {
    // T07: with MQTT 5 the broker's refusal is in the reason code of its acknowledgement.
    let check = |url: &str| {
        let clock = RealClock::new();
        let (_connection, port) = twin(url, &clock);
        let start = plantcast::clock::MonotonicClock::now(&*clock);
        let outcome = port.send(&frame(&clock, "CH-2", ActionKind::Start, 5.0), in_s(&clock, 5.0));
        assert!(matches!(&outcome, Err(SendError::Refused(reason)) if reason == "NotAuthorized"), "{outcome:?}");
        assert!(plantcast::clock::MonotonicClock::now(&*clock).since_s(start) < 2.0);
    };
    if let Some(mosquitto) = Mosquitto::start("topic readwrite plantcast/p/tele/#\ntopic readwrite plantcast/p/ack/#\n") {
        check(&mosquitto.url());
    }
    let rules = "user * topic plantcast/p/tele/# permission readwrite\nuser * topic plantcast/p/ack/# permission readwrite\nuser * topic plantcast/p/cmd/# permission deny\n";
    let (embedded, _directory) = embedded_with_access(rules);
    check(&embedded.url());
}

#[test]
fn a_retained_command_arrives_marked_as_such() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        let planted = frame(&clock, "CH-2", ActionKind::Stop, 60.0);
        stranger_publishes(url, "plantcast/p/cmd/CH-2", planted.encode(), true);
        let plant = plant_side(url, &clock, true);
        let got = plant.commands().recv_timeout(Duration::from_secs(5)).expect("delivered on subscribing");
        assert!(got.retained, "the plant's side can tell, and must not execute it");
    });
}
