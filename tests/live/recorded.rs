//! Recordings: the Tennessee Eastman files, replayed through both brokers; every value arrives, decodes and keeps its time.

use crate::support::{RealClock, on_each_broker, stranger_publishes, twin_options};
use plantcast::estimate::{Intake, Message, Verdict};
use plantcast::link::recording::Recording;
use plantcast::link::{ReplayError, ReplayOptions, TopicTable, codec, connect, replay_telemetry, telemetry_filters};
use plantcast::plant::{Encoding, Plant};
use plantcast::time::{Span, Time};
use std::path::PathBuf;
use std::time::Duration;

/// The recorded data, where the machine has it.
fn data(file: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("PLANTCAST_DATA").map_or(beside, PathBuf::from);
    let path = folder.join(file);
    if !path.is_file() {
        eprintln!("skipped: no recorded data at {} (set PLANTCAST_DATA)", path.display());
        return None;
    }
    Some(path)
}

/// A plant with one free tag per column.
fn plant_of(columns: &[String]) -> Plant {
    let tag = |c: &String| format!("(measures: Free({c:?}), unit: \"1\", min: -1e9, max: 1e9, period: \"3min\", max_age: \"10min\")");
    let tags: Vec<String> = columns.iter().map(tag).collect();
    let scene = format!(
        "(version: 1, id: \"te\", name: \"TE\", media: [], assets: [(id: \"R-1\", name: \"R\", at: (0, 0, 0), tags: [{}])])",
        tags.join(", ")
    );
    Plant::parse(&scene, "te.scene.ron").unwrap()
}

#[test]
fn the_recorded_files_have_the_rows_that_their_origin_states() {
    for (file, rows, columns) in [
        ("tep/d00.dat", 500, 52),
        ("tep/d01.dat", 480, 52),
        ("tep/d04_te.dat", 960, 52),
        ("tep/d05_te.dat", 960, 52),
        ("tep/d11_te.dat", 960, 52),
        ("tep/sim_normal_16h_60s.csv", 960, 53),
        ("tep/sim_idv1_onset6h_60s.csv", 960, 53),
    ] {
        let Some(path) = data(file) else { return };
        let recording = Recording::read(&path).unwrap();
        assert_eq!((recording.rows.len(), recording.columns.len()), (rows, columns), "{file}");
        let period = recording.rows[1].offset;
        assert_eq!(period, Span::from_s(if file.ends_with("csv") { 60.0 } else { 180.0 }), "{file}");
        // XMEAS(9) is the reactor temperature, 120.4 Cel at the base case: the columns are where they belong.
        let temperature = recording.rows[0].values[8].unwrap();
        assert!((119.0..122.0).contains(&temperature), "{file}: {temperature}");
    }
}

#[test]
fn a_replay_delivers_every_value_with_its_time() {
    let Some(path) = data("tep/sim_normal_16h_60s.csv") else { return };
    let mut recording = Recording::read(&path).unwrap();
    recording.rows.truncate(20);
    let plant = plant_of(&recording.columns[..52]);
    on_each_broker(|url| {
        let clock = RealClock::new();
        let mut options = twin_options(url, &clock);
        options.plant_id = "te".into();
        options.subscriptions = telemetry_filters(&plant);
        assert_eq!(options.subscriptions, ["plantcast/te/tele/#"]);
        let (connection, _port) = connect(options).unwrap();
        let epoch = Time::from_s(1.7e9);
        let replay = ReplayOptions {
            url: url.into(),
            client_id: "replay".into(),
            speed: 3600.0,
            epoch,
            until: None,
            monotonic: clock.clone(),
            cancel: Default::default(),
        };
        let report = replay_telemetry(&plant, &recording, &replay).unwrap();
        assert_eq!((report.rows, report.sent, report.refused, report.acknowledged), (20, 1040, 0, 1040));
        assert_eq!(report.unmapped_columns, ["XMV_12"]);
        let table = TopicTable::new(&plant);
        let mut next = vec![0u64; plant.tags.len()];
        for _ in 0..report.sent {
            let message = connection.telemetry().recv_timeout(Duration::from_secs(10)).expect("nothing is lost");
            let tag = table.lookup(&message.topic).expect("a known topic");
            let sample = codec::decode(Encoding::Json, &message.payload).unwrap();
            let row = next[tag.index()];
            assert_eq!(sample.sequence, Some(row), "in order, once");
            assert_eq!(sample.event, Some(epoch + recording.rows[row as usize].offset));
            assert_eq!(Some(sample.value), recording.rows[row as usize].values[tag.index()]);
            next[tag.index()] += 1;
        }
        assert!(next.iter().all(|n| *n == 20));
        assert_eq!(connection.counters().dropped, 0);
    });
}

/// The issue's acceptance: a published recording, through the contracts of its scene, with three bad messages among it.
#[test]
fn the_intake_accounts_for_every_message_of_a_replay() {
    let Some(path) = data("tep/sim_idv1_onset6h_60s.csv") else { return };
    let mut recording = Recording::read(&path).unwrap();
    recording.rows.truncate(40);
    let plant = Plant::builtin("tennessee_eastman").unwrap().unwrap();
    on_each_broker(|url| {
        let clock = RealClock::new();
        let mut options = twin_options(url, &clock);
        options.plant_id = plant.id.clone();
        options.subscriptions = telemetry_filters(&plant);
        let (connection, _port) = connect(options).unwrap();
        let replay = ReplayOptions {
            url: url.into(),
            client_id: "replay".into(),
            speed: 2400.0,
            epoch: Time::from_s(1.7e9),
            until: None,
            monotonic: clock.clone(),
            cancel: Default::default(),
        };
        let report = replay_telemetry(&plant, &recording, &replay).unwrap();
        assert_eq!((report.sent, report.missing_tags.len(), report.unmapped_columns.len()), (52 * 40, 0, 1));
        let tag = &plant.tags[0];
        stranger_publishes(url, &format!("plantcast/{}/tele/nobody/knows", plant.id), b"1".to_vec(), false);
        stranger_publishes(url, &tag.topic, b"{\"v\":1e999,\"t\":0}".to_vec(), false);
        let absurd = codec::Sample { value: 1e9, event: replay.epoch + recording.rows[39].offset, unit: None, quality: None, sequence: None };
        stranger_publishes(url, &tag.topic, codec::encode(tag.encoding, &absurd), false);

        let (mut intake, mut latest) = (Intake::new(&plant), Time::ZERO);
        for _ in 0..report.sent + 3 {
            let message = connection.telemetry().recv_timeout(Duration::from_secs(10)).expect("nothing is lost");
            // Plant time stands at the newest event: what a clock of the replay's own rate shows when nothing waits.
            latest = codec::decode(Encoding::Json, &message.payload).ok().and_then(|d| d.event).map_or(latest, |e| e.max(latest));
            let verdict = intake.offer(&Message { topic: &message.topic, payload: &message.payload, retained: message.retained }, latest, latest);
            if let Verdict::Accepted(sample) = verdict {
                assert!(sample.event <= sample.ingested && sample.ingested <= sample.processed);
                assert!(sample.quality.score > 0.0);
            }
        }
        intake.set_dropped(connection.counters().dropped);
        let c = intake.counters();
        assert!(c.balanced(), "{c:?}");
        assert_eq!((c.received, c.quarantined, c.rejected, c.dropped), (report.sent + 3, 1, 2, 0), "{:?}", intake.quarantine());
        assert_eq!(c.missing, 0);
    });
}

#[test]
fn a_recording_of_another_plant_and_a_nonsense_speed_are_refused() {
    let recording = Recording::parse("t_s,A,B\n0,1,2\n", false, "x.csv").unwrap();
    let plant = plant_of(&["C".into()]);
    let clock = RealClock::new();
    let mut options = ReplayOptions {
        url: "mqtt://127.0.0.1:1".into(),
        client_id: "r".into(),
        speed: 1.0,
        epoch: Time::ZERO,
        until: None,
        monotonic: clock,
        cancel: Default::default(),
    };
    let error = replay_telemetry(&plant, &recording, &options).unwrap_err();
    assert!(matches!(error, ReplayError::NothingMaps { .. }), "{error}");
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        options.speed = speed;
        assert!(matches!(replay_telemetry(&plant, &recording, &options), Err(ReplayError::Speed(_))));
    }
}
