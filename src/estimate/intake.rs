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
    link::codec,
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

/// A message as it came off the wire.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Message<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// Kept by the broker from before this connection.
    pub retained: bool,
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

    /// Decodes and checks one message; `ingested` (when it came off the wire) and `now` are plant time.
    pub fn offer(&mut self, message: &Message<'_>, ingested: Time, now: Time) -> Verdict {
        let Some(tag) = self.tag_of(message.topic) else {
            return self.reject(message.topic, Clause::UnknownTopic, "no tag has this topic".into(), now);
        };
        match codec::decode(self.contracts[tag.index()].encoding, message.payload) {
            Err(e) => self.reject(message.topic, Clause::Encoding, e.to_string(), now),
            Ok(d) => {
                let reading = Reading { value: d.value, event: d.event, code: d.quality, sequence: d.sequence, retained: message.retained };
                self.offer_reading(tag, reading, d.unit.as_deref(), ingested, now)
            }
        }
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
        let sample = Sample { tag, value: reading.value, event: passed.event, ingested, processed: now, quality, sequence: reading.sequence };
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

#[cfg(test)]
mod tests {
    use super::super::{
        fixture::{BEGIN, plant},
        sample::{GOOD, UNCERTAIN},
    };
    use super::*;
    use proptest::prelude::*;

    const LEVEL: TagId = TagId(2);
    const BATH: TagId = TagId(4);

    fn at(s: f64) -> Time {
        BEGIN + Span::from_s(s)
    }
    fn reading(value: f64, s: f64) -> Reading {
        Reading { value, event: Some(at(s)), code: None, sequence: None, retained: false }
    }
    fn offer(i: &mut Intake, tag: TagId, value: f64, s: f64) -> Verdict {
        i.offer_reading(tag, reading(value, s), None, at(s), at(s))
    }
    fn quality(v: &Verdict) -> (u16, Reason) {
        match v {
            Verdict::Accepted(s) => (s.quality.code, s.quality.reason),
            Verdict::Quarantined(_) | Verdict::Rejected(_) => panic!("{v:?}"),
        }
    }

    #[test]
    fn each_clause_is_named() {
        let one = |value: f64, event: Option<Time>, code: Option<u16>, unit: Option<&str>, retained: bool| {
            let mut i = Intake::new(&plant());
            let v = i.offer_reading(LEVEL, Reading { value, event, code, sequence: None, retained }, unit, at(0.0), at(0.0));
            assert!(i.counters().balanced());
            v
        };
        let now = Some(at(0.0));
        let table: [(Verdict, Result<f64, Clause>); 14] = [
            (one(50.0, now, None, None, false), Ok(50.0)),
            (one(50_000.0, now, None, Some("L"), false), Ok(50.0)),
            (one(50.0, now, None, Some("kW"), false), Err(Clause::Unit)),
            (one(50.0, now, None, Some("nonsense"), false), Err(Clause::Unit)),
            (one(201.0, now, None, None, false), Err(Clause::Range)),
            (one(-0.1, now, None, None, false), Err(Clause::Range)),
            (one(f64::NAN, now, None, None, false), Err(Clause::NotFinite)),
            (one(f64::INFINITY, now, None, Some("L"), false), Err(Clause::NotFinite)),
            (one(50.0, Some(at(299.0)), None, None, false), Ok(50.0)),
            (one(50.0, Some(at(301.0)), None, None, false), Err(Clause::Future)),
            (one(50.0, Some(at(-301.0)), None, None, false), Err(Clause::Ancient)),
            (one(50.0, Some(Time(i64::MAX)), None, None, false), Err(Clause::Future)),
            (one(50.0, None, None, None, true), Err(Clause::UnknownAge)),
            (one(50.0, now, Some(0), None, false), Err(Clause::PublishedBad)),
        ];
        for (n, (got, expected)) in table.into_iter().enumerate() {
            match (got, expected) {
                (Verdict::Accepted(s), Ok(v)) => assert!((s.value - v).abs() < 1e-9, "row {n}"),
                (Verdict::Quarantined(c), Err(e)) => assert_eq!(c, e, "row {n}"),
                (got, expected) => panic!("row {n}: {got:?}, not {expected:?}"),
            }
        }
        assert_eq!(quality(&one(50.0, now, Some(64), None, false)), (UNCERTAIN, Reason::PublishedUncertain));
        assert_eq!(quality(&one(50.0, now, Some(192), None, false)), (GOOD, Reason::Good));
        assert_eq!(one(50.0, now, Some(500), None, false), Verdict::Quarantined(Clause::PublishedBad));
    }

    #[test]
    fn fahrenheit_and_kelvin_become_celsius() {
        let mut i = Intake::new(&plant());
        for (n, (value, unit)) in [(140.0, "[degF]"), (333.15, "K"), (140.0, "[degF]"), (60.0, "Cel")].into_iter().enumerate() {
            let Verdict::Accepted(s) = i.offer_reading(BATH, reading(value, n as f64), Some(unit), at(n as f64), at(n as f64)) else {
                panic!("{unit}")
            };
            assert!((s.value - 60.0).abs() < 1e-9, "{unit}: {}", s.value);
        }
    }

    #[test]
    fn too_fast_once_is_held_back_twice_is_a_step() {
        let mut i = Intake::new(&plant());
        assert_eq!(quality(&offer(&mut i, BATH, 60.0, 0.0)), (GOOD, Reason::Good));
        assert_eq!(offer(&mut i, BATH, 70.0, 5.0), Verdict::Quarantined(Clause::Rate), "10 K in 5 s, .5 K/s allowed");
        assert_eq!(i.health(BATH, at(5.0)).unwrap().quality.reason, Reason::Quarantined);
        assert_eq!(quality(&offer(&mut i, BATH, 60.5, 10.0)), (GOOD, Reason::Good), "a spike is forgotten");
        assert_eq!(offer(&mut i, BATH, 75.0, 15.0), Verdict::Quarantined(Clause::Rate));
        assert_eq!(quality(&offer(&mut i, BATH, 75.3, 20.0)), (UNCERTAIN, Reason::StepConfirmed));
        assert_eq!(quality(&offer(&mut i, BATH, 75.2, 25.0)), (GOOD, Reason::Good));
        assert_eq!(i.quarantine().counts()[&Clause::Rate], 2);
    }

    #[test]
    fn a_spike_of_a_slow_quantity_needs_no_contracted_rate() {
        let mut i = Intake::new(&plant());
        for n in 0..20 {
            offer(&mut i, LEVEL, 100.0 + 0.3 * f64::from(n % 3), 5.0 * f64::from(n));
        }
        assert_eq!(offer(&mut i, LEVEL, 140.0, 100.0), Verdict::Quarantined(Clause::Spike));
        assert_eq!(quality(&offer(&mut i, LEVEL, 100.2, 105.0)), (GOOD, Reason::Good));
    }

    #[test]
    fn a_frozen_sensor_ends_in_quarantine_and_recovers_by_itself() {
        let mut i = Intake::new(&plant());
        let frozen: Vec<bool> =
            (0..40).map(|n| matches!(offer(&mut i, LEVEL, 101.25, 5.0 * f64::from(n)), Verdict::Quarantined(Clause::Frozen))).collect();
        assert_eq!(frozen.iter().position(|f| *f), Some(20));
        assert!(i.health(LEVEL, at(200.0)).unwrap().stale);
        assert!(matches!(offer(&mut i, LEVEL, 101.5, 200.0), Verdict::Accepted(_)));
        assert!(!i.health(LEVEL, at(201.0)).unwrap().stale);
        // at rest a healthy sensor repeats itself
        for n in 0..40 {
            assert!(matches!(offer(&mut i, TagId(1), 0.0, 5.0 * f64::from(n)), Verdict::Accepted(_)));
        }
    }

    #[test]
    fn duplicates_late_data_and_gaps_are_counted() {
        let mut i = Intake::new(&plant());
        let mut give = |value: f64, s: f64, sequence: u64| {
            i.offer_reading(LEVEL, Reading { sequence: Some(sequence), ..reading(value, s) }, None, at(s), at(20.0))
        };
        assert!(matches!(give(100.0, 0.0, 1), Verdict::Accepted(_)));
        assert_eq!(give(100.0, 0.0, 1), Verdict::Quarantined(Clause::Duplicate));
        assert_eq!(quality(&give(100.1, 15.0, 4)), (UNCERTAIN, Reason::AfterGap));
        assert!(matches!(give(100.2, 10.0, 3), Verdict::Accepted(_)), "late, but good");
        assert!(matches!(give(100.3, 20.0, 5), Verdict::Accepted(_)));
        let c = i.counters();
        assert_eq!((c.received, c.accepted, c.quarantined, c.late, c.missing), (5, 4, 1, 1, 2));
        assert_eq!(i.health(LEVEL, at(20.0)).unwrap().last.unwrap().value, 100.3);
    }

    #[test]
    fn redundant_sensors_that_disagree_are_both_doubtful() {
        let mut p = plant();
        p.tags[3].quantity = p.tags[1].quantity.clone();
        p.tags[3].partner = Some(TagId(1));
        p.tags[1].partner = Some(TagId(3));
        let mut i = Intake::new(&p);
        offer(&mut i, TagId(1), 90.0, 0.0);
        assert_eq!(quality(&offer(&mut i, TagId(3), 91.0, 1.0)), (GOOD, Reason::Good));
        assert_eq!(quality(&offer(&mut i, TagId(3), 97.0, 2.0)), (UNCERTAIN, Reason::Disagrees));
        assert_eq!(quality(&offer(&mut i, TagId(1), 90.0, 3.0)), (UNCERTAIN, Reason::Disagrees));
    }

    #[test]
    fn unknown_topics_and_garbage_are_rejected_and_browsable() {
        let mut i = Intake::new(&plant());
        let give = |i: &mut Intake, topic: &str, payload: &[u8]| i.offer(&Message { topic, payload, retained: false }, at(0.0), at(0.0));
        assert_eq!(give(&mut i, "elsewhere", b"1"), Verdict::Rejected(Clause::UnknownTopic));
        assert_eq!(give(&mut i, "plantcast/small/tele/T-1/level", b"\xff{"), Verdict::Rejected(Clause::Encoding));
        let good = format!("{{\"v\": 99.5, \"t\": {}}}", at(0.0).0 / 1000);
        assert!(matches!(give(&mut i, "plantcast/small/tele/T-1/level", good.as_bytes()), Verdict::Accepted(_)));
        i.set_dropped(7);
        assert!(i.counters().balanced());
        assert_eq!((i.counters().received, i.counters().rejected), (10, 2));
        assert_eq!(i.quarantine().entries().next_back().unwrap().clause, Clause::Encoding);
    }

    proptest! {
        #[test]
        fn every_message_is_booked_once(
            messages in proptest::collection::vec((0usize..7, proptest::num::f64::ANY, -1_000i64..1_000, 0u64..20, 0u16..600), 0..200),
            dropped in 0u64..50,
        ) {
            let mut i = Intake::new(&plant());
            let mut accepted = 0;
            for (tag, value, s, sequence, code) in &messages {
                let r = Reading { value: *value, event: Some(at(*s as f64)), code: Some(*code), sequence: Some(*sequence), retained: false };
                let v = i.offer_reading(TagId(*tag as u32), r, None, at(0.0), at(0.0));
                if let Verdict::Accepted(sample) = v {
                    accepted += 1;
                    let tag = &plant().tags[*tag];
                    prop_assert!(sample.value >= tag.min && sample.value <= tag.max);
                }
            }
            i.set_dropped(dropped);
            let c = i.counters();
            prop_assert!(c.balanced());
            prop_assert_eq!((c.received, c.accepted), (messages.len() as u64 + dropped, accepted));
            prop_assert_eq!(c.quarantined + c.rejected, i.quarantine().counts().values().sum::<u64>());
        }
    }
}
