//! The stand-in plant over real sockets: it speaks by contract, executes each command once, lies when told to.

use crate::support::{RealClock, eventually, in_s, on_each_broker, plant_frame, stranger_publishes, twin_options};
use plantcast::clock::PlantClock;
use plantcast::emulator::{EmulatorHandle, EmulatorOptions, start};
use plantcast::estimate::{Intake, Message};
use plantcast::link::{AckStatus, CommandPort, Connection, TopicTable, codec, command_topic, connect, telemetry_filters};
use plantcast::plant::{ActionKind, AssetId, Plant, Quantity, TagId};
use plantcast::sim::{Intervention, Mode, Until};
use plantcast::time::{Span, Time};
use std::sync::Arc;
use std::time::Duration;

struct Rig {
    plant: Plant,
    clock: Arc<RealClock>,
    plant_clock: PlantClock,
    connection: Connection,
    port: CommandPort,
    emulator: EmulatorHandle,
    table: TopicTable,
}

fn rig(url: &str, rate: f64, change: impl Fn(&mut EmulatorOptions)) -> Rig {
    let plant = Plant::builtin("bottling").unwrap().unwrap();
    let clock = RealClock::new();
    let plant_clock = PlantClock::new(clock.clone(), Time::from_s(1.7e9), rate);
    let mut twin = twin_options(url, &clock);
    twin.plant_id = plant.id.clone();
    twin.subscriptions = telemetry_filters(&plant);
    let (connection, port) = connect(twin).unwrap();
    let mut options = EmulatorOptions::new(plant.clone(), 11, plant_clock.clone(), clock.clone(), url);
    change(&mut options);
    let emulator = start(options).unwrap();
    let table = TopicTable::new(&plant);
    Rig { plant, clock, plant_clock, connection, port, emulator, table }
}

impl Rig {
    /// Waits for a sample of `tag` with a value that satisfies `test`.
    fn wait_for(&self, tag: TagId, what: &str, test: impl Fn(f64) -> bool) {
        for _ in 0..200_000 {
            let message = self.connection.telemetry().recv_timeout(Duration::from_secs(10)).expect("telemetry flows");
            if self.table.lookup(&message.topic) == Some(tag) {
                let sample = codec::decode(self.plant.tags[tag.index()].encoding, &message.payload).unwrap();
                if test(sample.value) {
                    return;
                }
            }
        }
        panic!("never seen: {what}");
    }
    fn mode_tag(&self, asset: AssetId) -> TagId {
        let of_mode = |t: &plantcast::plant::Tag| t.asset == asset && t.quantity == Quantity::Mode;
        TagId(self.plant.tags.iter().position(of_mode).expect("has a mode tag") as u32)
    }
    /// A standby asset that may be started and whose mode is published.
    fn standby(&self) -> AssetId {
        let state = self.emulator.truth().expect("runs");
        let startable = |a: &AssetId| self.plant.asset(*a).actions.iter().any(|s| s.kind == ActionKind::Start);
        let told = |a: &AssetId| self.plant.tags.iter().any(|t| t.asset == *a && t.quantity == Quantity::Mode);
        self.plant.asset_ids().find(|a| state.mode(*a) == Mode::Standby && startable(a) && told(a)).expect("a standby unit")
    }
    fn ack(&self) -> (AckStatus, Option<String>) {
        let ack = self.connection.acks().recv_timeout(Duration::from_secs(10)).expect("an acknowledgement").frame.unwrap();
        (ack.status, ack.reason)
    }
}

#[test]
fn every_tag_of_the_contract_is_heard_in_its_unit_and_range() {
    on_each_broker(|url| {
        let rig = rig(url, 10.0, |_| {});
        let mut heard = vec![false; rig.plant.tags.len()];
        eventually("every tag", || {
            for message in rig.connection.telemetry().try_iter() {
                let tag = rig.table.lookup(&message.topic).expect("a tag of the plant");
                let contract = &rig.plant.tags[tag.index()];
                let sample = codec::decode(contract.encoding, &message.payload).unwrap();
                assert_eq!(sample.unit.as_deref().unwrap_or(&contract.published_unit), contract.published_unit);
                if let Some(event) = sample.event {
                    assert!((rig.plant_clock.now() - event).s() < 60.0, "event times are on the plant clock");
                }
                heard[tag.index()] = true;
            }
            heard.iter().all(|h| *h)
        });
        let counts = rig.emulator.counts();
        assert_eq!((counts.unpublished, rig.connection.counters().dropped), (0, 0));
    });
}

#[test]
fn what_the_stand_in_says_is_within_its_contracts() {
    on_each_broker(|url| {
        let rig = rig(url, 60.0, |_| {});
        let mut intake = Intake::new(&rig.plant);
        let start = rig.plant_clock.now();
        let mut offered = 0u64;
        eventually("three minutes of plant time", || {
            for message in rig.connection.telemetry().try_iter() {
                let now = rig.plant_clock.now();
                intake.offer(&Message { topic: &message.topic, payload: &message.payload, retained: message.retained }, now, now);
                offered += 1;
            }
            (rig.plant_clock.now() - start).s() > 180.0
        });
        let c = intake.counters();
        assert!(c.balanced() && c.received == offered && c.rejected == 0, "{c:?}");
        assert!(offered > 10 * rig.plant.tags.len() as u64, "{offered}");
        assert!(c.quarantined * 200 <= c.received, "{c:?} {:?}", intake.quarantine());
        eprintln!("{} messages in 3 s at 60 times real time, {} tags, {} quarantined", offered, rig.plant.tags.len(), c.quarantined);
    });
}

#[test]
fn a_command_is_accepted_executed_and_seen_in_telemetry() {
    on_each_broker(|url| {
        let rig = rig(url, 20.0, |_| {});
        let asset = rig.standby();
        let id = &rig.plant.asset(asset).id;
        rig.wait_for(rig.mode_tag(asset), "standby", |v| v == f64::from(Mode::Standby.code()));
        let command = plant_frame(&rig.clock, id, ActionKind::Start, 60.0);
        rig.port.send(&command, in_s(&rig.clock, 60.0)).unwrap();
        assert_eq!(rig.ack(), (AckStatus::Accepted, None));
        assert_eq!(rig.ack(), (AckStatus::Executed, None));
        rig.wait_for(rig.mode_tag(asset), "it starts", |v| v == f64::from(Mode::Starting.code()) || v == f64::from(Mode::Running.code()));
        assert_eq!(rig.emulator.executed(), 1);
        assert_ne!(rig.emulator.truth().expect("runs").mode(asset), Mode::Standby);
    });
}

#[test]
fn a_lying_plant_says_executed_and_does_nothing() {
    on_each_broker(|url| {
        let rig = rig(url, 20.0, |o| o.lie = true);
        let asset = rig.standby();
        let command = plant_frame(&rig.clock, &rig.plant.asset(asset).id, ActionKind::Start, 60.0);
        rig.port.send(&command, in_s(&rig.clock, 60.0)).unwrap();
        assert_eq!(rig.ack(), (AckStatus::Accepted, None));
        assert_eq!(rig.ack(), (AckStatus::Executed, None));
        let until = rig.plant_clock.now() + Span::from_s(10.0);
        eventually("ten seconds of plant time", || rig.plant_clock.now() > until);
        assert_eq!(rig.emulator.truth().expect("runs").mode(asset), Mode::Standby);
    });
}

#[test]
fn retained_replayed_expired_and_fenced_commands_move_nothing() {
    on_each_broker(|url| {
        let clock = RealClock::new();
        // T08: planted before the plant comes up, so that the broker delivers it from its store.
        let planted = plant_frame(&clock, "CH-3", ActionKind::Start, 3600.0);
        let topic = command_topic("bottling", "CH-3");
        stranger_publishes(url, &topic, planted.encode(), true);
        let rig = rig(url, 20.0, |_| {});
        eventually("the retained command is seen", || rig.emulator.counts().desk.retained == 1);
        // T09: expired, garbage and, after one good command, replayed and fenced ones.
        let mut expired = plant_frame(&clock, "CH-3", ActionKind::Start, 60.0);
        expired.expires_ms -= 61_000;
        stranger_publishes(url, &topic, expired.encode(), false);
        assert_eq!(rig.ack(), (AckStatus::Rejected, Some("expired".into())));
        stranger_publishes(url, &topic, b"{\"start\":true}".to_vec(), false);
        eventually("garbage is counted", || rig.emulator.counts().desk.malformed == 1);
        assert_eq!(rig.emulator.truth().expect("runs").mode(rig.plant.asset_by_id("CH-3").unwrap()), Mode::Standby);
        assert_eq!(rig.emulator.executed(), 0);
        let good = plant_frame(&clock, "CH-3", ActionKind::Start, 60.0);
        rig.port.send(&good, in_s(&rig.clock, 60.0)).unwrap();
        assert_eq!((rig.ack().0, rig.ack().0), (AckStatus::Accepted, AckStatus::Executed));
        stranger_publishes(url, &topic, good.encode(), false);
        assert_eq!(rig.ack().0, AckStatus::Executed, "the same command again: the same answer again");
        let mut replayed = plant_frame(&clock, "CH-3", ActionKind::Stop, 60.0);
        replayed.nonce = good.nonce.clone();
        stranger_publishes(url, &topic, replayed.encode(), false);
        assert_eq!(rig.ack().0, AckStatus::Rejected);
        let mut fenced = plant_frame(&clock, "CH-3", ActionKind::Stop, 60.0);
        fenced.epoch = 0;
        stranger_publishes(url, &topic, fenced.encode(), false);
        assert_eq!(rig.ack().0, AckStatus::Rejected);
        eventually("one of each is counted", || {
            let c = rig.emulator.counts().desk;
            (c.executed, c.retained, c.expired, c.malformed, c.duplicates, c.replayed, c.fenced) == (1, 1, 1, 1, 1, 1, 1)
        });
        stranger_publishes(url, &topic, Vec::new(), true);
    });
}

#[test]
fn an_injected_failure_shows_at_two_hundred_times_real_time() {
    on_each_broker(|url| {
        let rig = rig(url, 200.0, |_| {});
        let chiller = rig.plant.asset_by_id("CH-1").unwrap();
        rig.emulator.inject(Intervention::Fail { asset: chiller, mode: Some(0), until: Until::Repaired });
        rig.wait_for(rig.mode_tag(chiller), "failed or in repair", |v| v == f64::from(Mode::Failed.code()) || v == f64::from(Mode::InRepair.code()));
        assert!(rig.emulator.fault().is_none());
        let simulated = rig.emulator.counts().simulated_s;
        eventually("five minutes of plant time", || rig.emulator.counts().simulated_s > simulated + 300.0);
    });
}
