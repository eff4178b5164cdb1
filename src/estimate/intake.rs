//! The door for telemetry: every message becomes accepted, quarantined or rejected, and is counted as exactly one.
//!
//! Owns topic → tag, unit conversion, the per-tag checks, last values and staleness, the quarantine and the
//! counters. Decoding bytes is `link::codec`; what the values mean for the plant is `estimator`. Invariant:
//! `received = accepted + quarantined + rejected + dropped`, always; an accepted value is finite, in the model's
//! unit and in range. Rejected: of no known topic or not decodable; quarantined: of a tag, but out of contract.

use super::{
    checks::{Passed, Reading, TagChecks},
    quarantine::{Clause, Entry, Quarantine},
    sample::{BAD, Quality, Reason, STALE, Sample},
    scale::Scales,
};
use crate::{
    plant::{Plant, Tag, TagId},
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a message.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// In contract.
    Accepted(Sample),
    /// Of a tag, but out of contract; kept for inspection.
    Quarantined(Clause),
    /// Of no known tag, or not decodable; kept for inspection.
    Rejected(Clause),
}

/// The books of the intake. `received = accepted + quarantined + rejected + dropped`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Everything that came off the wire.
    pub received: u64,
    /// In contract.
    pub accepted: u64,
    /// Out of contract.
    pub quarantined: u64,
    /// Of no known tag, or not decodable.
    pub rejected: u64,
    /// Lost to a full queue before the intake saw them.
    pub dropped: u64,
    /// Of the accepted, those older than the newest sample of their tag.
    pub late: u64,
    /// Numbers missing in the publishers' sequences.
    pub missing: u64,
}

impl Counters {
    /// Whether every message is accounted for.
    pub fn balanced(&self) -> bool {
        self.received == self.accepted + self.quarantined + self.rejected + self.dropped
    }
}

/// How a tag does now.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct TagHealth {
    /// Newest accepted sample (by event time).
    pub last: Option<Sample>,
    /// Quality now: of the last sample, unless the tag is stale, silent, or its newest message was quarantined.
    pub quality: Quality,
    /// Clause that its newest message violated, if it did.
    pub suspect: Option<Clause>,
    /// Age of the last sample; since the start of the intake when there is none.
    pub age: Span,
    /// Older than the contract allows.
    pub stale: bool,
    /// Smoothed ingestion − event [s]: transport delay plus clock skew of the source.
    pub latency_s: f64,
}

#[derive(Clone, Debug, Default)]
struct TagState {
    checks: TagChecks,
    scales: Scales,
    last: Option<Sample>,
    suspect: Option<Clause>,
    latency_s: Option<f64>,
}

/// Checks telemetry against the tags' contracts.
#[derive(Clone, Debug)]
pub struct Intake {
    topics: BTreeMap<String, TagId>,
    contracts: Vec<Tag>,
    tags: Vec<TagState>,
    counters: Counters,
    quarantine: Quarantine,
    since: Option<Time>,
}

/// Weight of a new latency in its running mean.
const LATENCY_GAIN: f64 = 0.1;

impl Intake {
    /// An intake for the tags of a plant.
    pub fn new(plant: &Plant) -> Self {
        let topics = plant.tags.iter().enumerate().map(|(i, t)| (t.topic.clone(), TagId(i as u32))).collect();
        let tags = vec![TagState::default(); plant.tags.len()];
        Self { topics, contracts: plant.tags.clone(), tags, counters: Counters::default(), quarantine: Quarantine::default(), since: None }
    }

    /// The tag of a topic.
    pub fn tag_of(&self, topic: &str) -> Option<TagId> {
        self.topics.get(topic).copied()
    }
    /// The books.
    pub fn counters(&self) -> Counters {
        self.counters
    }
    /// What broke its contract.
    pub fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
    /// Books messages that a full queue dropped: pass the connection's running total.
    pub fn set_dropped(&mut self, total: u64) {
        self.counters.received += total.saturating_sub(self.counters.dropped);
        self.counters.dropped = self.counters.dropped.max(total);
    }

    /// Books a message that is of no tag or not decodable.
    pub fn reject(&mut self, topic: &str, clause: Clause, detail: String, now: Time) -> Verdict {
        self.counters.received += 1;
        self.counters.rejected += 1;
        let tag = self.tag_of(topic);
        self.record(tag, topic, None, clause, detail, now);
        Verdict::Rejected(clause)
    }

    /// Checks a decoded reading of a known tag; `unit` is the UCUM code in the payload, if it named one.
    /// `ingested` and `now` are plant time.
    pub fn offer_reading(&mut self, tag: TagId, reading: Reading, unit: Option<&str>, ingested: Time, now: Time) -> Verdict {
        let Some(contract) = self.contracts.get(tag.index()) else {
            return self.reject("", Clause::UnknownTopic, format!("no tag {}", tag.0), now);
        };
        self.since.get_or_insert(now);
        self.counters.received += 1;
        let state = &mut self.tags[tag.index()];
        let checked = state.scales.apply(contract, reading.value, unit).and_then(|value| {
            let reading = Reading { value, ..reading };
            state.checks.check(contract, &reading, ingested, now).map(|passed| (reading, passed))
        });
        match checked {
            Ok((reading, passed)) => self.accept(tag, &reading, passed, ingested, now),
            Err(v) => {
                self.counters.quarantined += 1;
                if v.clause != Clause::Duplicate {
                    state.suspect = Some(v.clause);
                }
                let topic = contract.topic.clone();
                self.record(Some(tag), &topic, Some(reading.value).filter(|v| v.is_finite()), v.clause, v.detail, now);
                Verdict::Quarantined(v.clause)
            }
        }
    }

    fn accept(&mut self, tag: TagId, reading: &Reading, passed: Passed, ingested: Time, now: Time) -> Verdict {
        self.counters.accepted += 1;
        self.counters.late += u64::from(passed.late);
        self.counters.missing += passed.missing;
        let mut quality = passed.quality;
        if self.disagrees(tag, reading.value, passed.event) {
            quality = quality.and(Quality::uncertain(0.5, Reason::Disagrees));
        }
        let sample =
            Sample { tag, value: reading.value, event: passed.event, ingested, processed: now, quality, sequence: reading.sequence };
        let state = &mut self.tags[tag.index()];
        let latency = (ingested - passed.event).s();
        state.latency_s = Some(state.latency_s.map_or(latency, |l| l + LATENCY_GAIN * (latency - l)));
        state.suspect = None;
        if !passed.late {
            state.last = Some(sample);
        }
        Verdict::Accepted(sample)
    }

    /// Whether the redundant partner, if fresh, is further away than noise explains.
    fn disagrees(&self, tag: TagId, value: f64, event: Time) -> bool {
        let mine = &self.contracts[tag.index()];
        let Some(partner) = mine.partner else { return false };
        let (Some(other), Some(theirs)) = (self.tags[partner.index()].last, self.contracts.get(partner.index())) else { return false };
        let apart = (event - other.event).s().abs();
        let drift = mine.max_rate_per_s.filter(|r| r.is_finite()).unwrap_or(0.0) * apart;
        let noise = libm::sqrt(mine.noise_sd * mine.noise_sd + theirs.noise_sd * theirs.noise_sd);
        apart <= theirs.max_age.s() && (value - other.value).abs() > 6.0 * noise + drift
    }

    fn record(&mut self, tag: Option<TagId>, topic: &str, value: Option<f64>, clause: Clause, detail: String, at: Time) {
        let topic = topic.chars().take(200).collect();
        self.quarantine.put(Entry { tag, topic, value, at, clause, detail });
    }

    /// How a tag does at plant time `now`; `None` for a tag that does not exist.
    pub fn health(&self, tag: TagId, now: Time) -> Option<TagHealth> {
        let (state, contract) = (self.tags.get(tag.index())?, self.contracts.get(tag.index())?);
        let age = now - state.last.map_or(self.since.unwrap_or(now), |s| s.event);
        let stale = state.last.is_none() || age > contract.max_age;
        let quality = match (state.last, state.suspect) {
            (None, None) => Quality { score: 0.0, code: BAD, reason: Reason::Never },
            (_, Some(_)) => Quality { score: 0.0, code: BAD, reason: Reason::Quarantined },
            (Some(_), None) if stale => Quality { score: 0.0, code: STALE, reason: Reason::Stale },
            (Some(s), None) => s.quality,
        };
        Some(TagHealth { last: state.last, quality, suspect: state.suspect, age, stale, latency_s: state.latency_s.unwrap_or(0.0) })
    }
}
