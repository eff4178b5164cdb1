//! Publishes a recording by the plant's contracts, at a speed, over a connection of its own.
//!
//! Owns the pacing and the mapping of columns to tags (by tag id, by the part of the id after the last dot, or by the name of a
//! `Free` quantity). Event times are rebased to `epoch + offset`, so a replay can never pass for the present, and it has no way
//! to command. *Invariant:* every value of the file is sent, refused, or belongs to a column that the report names.

use super::codec::{Sample, encode};
use super::connection::LinkError;
use super::publisher::{Publisher, PublisherOptions};
use super::recording::Recording;
use crate::clock::MonotonicClock;
use crate::plant::{Plant, Quantity, TagId};
use crate::time::{Span, Time};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Fastest publishing rate, whatever the speed [messages per real second]: what a broker's default queues take without dropping.
const MESSAGES_PER_S: f64 = 4000.0;

/// How to replay.
#[derive(Clone)]
pub struct ReplayOptions {
    /// `mqtt://host:port`.
    pub url: String,
    /// MQTT client id.
    pub client_id: String,
    /// Recorded seconds per real second, > 0.
    pub speed: f64,
    /// Event time of the first row (the plant clock's now).
    pub epoch: Time,
    /// Stop after this much recorded time.
    pub until: Option<Span>,
    /// Pacing.
    pub monotonic: Arc<dyn MonotonicClock>,
    /// Set to end early.
    pub cancel: Arc<AtomicBool>,
}

/// What was replayed.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize)]
pub struct ReplayReport {
    /// Rows published.
    pub rows: u64,
    /// Values handed to the network.
    pub sent: u64,
    /// Values refused (offline, overloaded).
    pub refused: u64,
    /// Values acknowledged by the broker.
    pub acknowledged: u64,
    /// Columns for which the plant has no tag.
    pub unmapped_columns: Vec<String>,
    /// Tags of the plant for which the recording has no column.
    pub missing_tags: Vec<String>,
}

/// Why a replay could not start.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No broker.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Not a number above zero.
    #[error("speed {0} is not a number above zero")]
    Speed(f64),
    /// Another plant's recording.
    #[error("none of the {columns} columns (first: {first:?}) is a tag of plant {plant:?}; is it the right scene?")]
    NothingMaps {
        /// How many columns.
        columns: usize,
        /// The first one.
        first: String,
        /// The plant.
        plant: String,
    },
}

/// The tag that a column of a recording holds.
pub fn tag_of_column(plant: &Plant, column: &str) -> Option<TagId> {
    let named = |t: &crate::plant::Tag| matches!(&t.quantity, Quantity::Free(name) if name == column);
    let by = |test: &dyn Fn(&crate::plant::Tag) -> bool| plant.tags.iter().position(test);
    by(&|t| t.id == column).or_else(|| by(&named)).or_else(|| by(&|t| t.id.rsplit('.').next() == Some(column))).map(|i| TagId(i as u32))
}

/// Publishes `recording` as telemetry of `plant`; blocks until done or cancelled.
///
/// # Errors
/// [`ReplayError`].
pub fn replay_telemetry(plant: &Plant, recording: &Recording, options: &ReplayOptions) -> Result<ReplayReport, ReplayError> {
    if !(options.speed.is_finite() && options.speed > 0.0) {
        return Err(ReplayError::Speed(options.speed));
    }
    let tags: Vec<Option<TagId>> = recording.columns.iter().map(|c| tag_of_column(plant, c)).collect();
    let mut report = mapping(plant, recording, &tags);
    if report.unmapped_columns.len() == recording.columns.len() {
        let first = recording.columns.first().cloned().unwrap_or_default();
        return Err(ReplayError::NothingMaps { columns: recording.columns.len(), first, plant: plant.id.clone() });
    }
    let publisher = Publisher::connect(PublisherOptions {
        url: options.url.clone(),
        client_id: options.client_id.clone(),
        plant_id: plant.id.clone(),
        receive_commands: false,
        connect_within_s: 5.0,
        monotonic: options.monotonic.clone(),
    })?;
    publish_rows(plant, recording, options, &tags, &publisher, &mut report);
    settle(&publisher, &mut report);
    Ok(report)
}

fn mapping(plant: &Plant, recording: &Recording, tags: &[Option<TagId>]) -> ReplayReport {
    let unmapped = recording.columns.iter().zip(tags).filter(|(_, t)| t.is_none()).map(|(c, _)| c.clone());
    let absent = |i: &usize| !tags.contains(&Some(TagId(*i as u32)));
    let missing = (0..plant.tags.len()).filter(absent).map(|i| plant.tags[i].id.clone());
    ReplayReport { unmapped_columns: unmapped.collect(), missing_tags: missing.collect(), ..ReplayReport::default() }
}

fn publish_rows(
    plant: &Plant,
    recording: &Recording,
    options: &ReplayOptions,
    tags: &[Option<TagId>],
    publisher: &Publisher,
    report: &mut ReplayReport,
) {
    let start = options.monotonic.now();
    let mut handed = 0u64;
    for (sequence, row) in recording.rows.iter().enumerate() {
        if options.until.is_some_and(|until| row.offset > until) || !pace(options, start, row.offset.s() / options.speed) {
            return;
        }
        for (value, tag) in row.values.iter().zip(tags) {
            let (Some(value), Some(tag)) = (value, tag) else { continue };
            if !pace(options, start, handed as f64 / MESSAGES_PER_S) {
                return;
            }
            let tag = &plant.tags[tag.index()];
            let event = options.epoch + row.offset;
            let sample = Sample { value: *value, event, unit: None, quality: Some(192), sequence: Some(sequence as u64) };
            handed += 1;
            match publisher.telemetry_confirmed(&tag.topic, encode(tag.encoding, &sample)) {
                Ok(()) => report.sent += 1,
                Err(_) => report.refused += 1,
            }
        }
        report.rows += 1;
    }
}

/// Sleeps until `due_s` after `start`; false when cancelled.
fn pace(options: &ReplayOptions, start: crate::clock::Monotonic, due_s: f64) -> bool {
    loop {
        if options.cancel.load(Ordering::Relaxed) {
            return false;
        }
        let ahead_s = due_s - options.monotonic.now().since_s(start);
        if ahead_s <= 0.0005 {
            return true;
        }
        std::thread::sleep(Duration::from_secs_f64(ahead_s.min(0.05)));
    }
}

/// Waits (at most 5 s) until the broker has acknowledged what was sent.
fn settle(publisher: &Publisher, report: &mut ReplayReport) {
    for _ in 0..1000 {
        let c = publisher.counters();
        report.acknowledged = c.publish_acknowledged;
        if c.publish_acknowledged + c.publish_refused >= report.sent {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
