//! The contract checks of one tag, with the little memory they need.
//!
//! Owns the rules for range, time stamps, duplicates, sequence gaps, rate, spikes and frozen sensors; it does not
//! decode, convert units or count. Invariant: a value that passes is finite and in range, and only what passes
//! moves the memory of accepted values on (a spike or a future stamp cannot poison the next check).

use super::quarantine::Clause;
use super::sample::{BAD, GOOD, Quality, Reason, STALE};
use crate::{
    plant::{Quantity, Tag},
    time::{Span, Time},
};
use std::collections::VecDeque;

/// Stamps further than this from the plant clock are not believed.
pub const STAMP_TOLERANCE: Span = Span(5 * 60 * 1_000_000);
/// Identical values in a row before a noisy sensor counts as frozen (and at least one maximum age long).
pub const FROZEN_AFTER: u32 = 20;
/// Robust standard deviations from the median of the last values that make a spike.
pub const SPIKE_SIGMAS: f64 = 12.0;
/// A spike is also at least this fraction of the plausible range.
const SPIKE_FRACTION: f64 = 0.02;
const WINDOW: usize = 9;
/// Quality score of a step that was confirmed, and after a gap.
const STEP_SCORE: f32 = 0.7;
const GAP_SCORE: f32 = 0.9;

/// What is checked: a decoded number in the model's unit with its times.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// Value [model unit].
    pub value: f64,
    /// When it was measured, if the payload says so.
    pub event: Option<Time>,
    /// The publisher's OPC-style code.
    pub code: Option<u16>,
    /// The publisher's number.
    pub sequence: Option<u64>,
    /// Kept by the broker from before this connection.
    pub retained: bool,
}

/// What passing means.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Passed {
    /// Event time.
    pub event: Time,
    /// How far it may be trusted.
    pub quality: Quality,
    /// Older than the newest accepted sample of the tag.
    pub late: bool,
    /// Messages that are missing before it.
    pub missing: u64,
}

/// A violated clause, with the numbers in words.
#[derive(Clone, PartialEq, Debug)]
pub struct Violated {
    /// Which.
    pub clause: Clause,
    /// With numbers.
    pub detail: String,
}

/// Memory of one tag.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TagChecks {
    recent: VecDeque<(Time, f64, Option<u64>)>,
    sequence: Option<u64>,
    same: u32,
    same_since: Time,
    suspect: Option<(Time, f64)>,
}

impl TagChecks {
    /// Applies every clause.
    ///
    /// # Errors
    /// The first [`Violated`] clause.
    pub fn check(&mut self, tag: &Tag, r: &Reading, ingested: Time, now: Time) -> Result<Passed, Violated> {
        let published = published(r.code)?;
        range(tag, r.value)?;
        let event = stamp(r, ingested, now)?;
        self.duplicate(event, r)?;
        let newest = self.recent.back().map(|x| x.0);
        let late = newest.is_some_and(|n| event < n);
        let mut quality = published;
        if !late {
            quality = quality.and(self.jump(tag, event, r.value)?);
            self.frozen(tag, event, r.value)?;
        }
        let missing = self.gap(r.sequence);
        if missing > 0 {
            quality = quality.and(Quality::uncertain(GAP_SCORE, Reason::AfterGap));
        }
        self.remember(event, r, late);
        Ok(Passed { event, quality, late, missing })
    }

    fn duplicate(&self, event: Time, r: &Reading) -> Result<(), Violated> {
        let seen = self.recent.iter().any(|x| match (x.2, r.sequence) {
            (Some(a), Some(b)) => a == b && x.0 == event,
            _ => r.event.is_some() && x.0 == event && x.1.to_bits() == r.value.to_bits(),
        });
        if seen { violated(Clause::Duplicate, format!("{} at {event} came before", r.value)) } else { Ok(()) }
    }

    /// Rate and spike. A jump is held back once; a sample that agrees with it confirms a step.
    fn jump(&mut self, tag: &Tag, event: Time, value: f64) -> Result<Quality, Violated> {
        let Some(&(last_at, last, _)) = self.recent.back() else { return Ok(Quality::GOOD) };
        let dt = (event - last_at).s();
        let found = too_fast(tag, value - last, dt).or_else(|| self.spike(tag, value, dt));
        let Some(found) = found else {
            self.suspect = None;
            return Ok(Quality::GOOD);
        };
        let confirmed = self.suspect.is_some_and(|(at, v)| event > at && (value - v).abs() <= jump_tolerance(tag, (event - at).s()));
        if confirmed {
            self.suspect = None;
            self.recent.clear();
            return Ok(Quality::uncertain(STEP_SCORE, Reason::StepConfirmed));
        }
        self.suspect = Some((event, value));
        Err(found)
    }

    fn spike(&self, tag: &Tag, value: f64, dt: f64) -> Option<Violated> {
        let slow = matches!(tag.quantity, Quantity::Temperature | Quantity::Level | Quantity::Free(_));
        if !slow || self.recent.len() < WINDOW || dt > 5.0 * tag.period.s() {
            return None;
        }
        let mut values: Vec<f64> = self.recent.iter().map(|x| x.1).collect();
        let median = middle(&mut values);
        let mut off: Vec<f64> = values.iter().map(|v| (v - median).abs()).collect();
        let sigma = (1.4826 * middle(&mut off)).max(tag.noise_sd);
        let away = (value - median).abs();
        let spike = away > SPIKE_SIGMAS * sigma && away > SPIKE_FRACTION * (tag.max - tag.min);
        spike.then(|| Violated { clause: Clause::Spike, detail: format!("{value} is {away:.4} from the median {median:.4}, σ {sigma:.4}") })
    }

    fn frozen(&mut self, tag: &Tag, event: Time, value: f64) -> Result<(), Violated> {
        let noisy = tag.noise_sd > 0.0 && !matches!(tag.quantity, Quantity::Mode | Quantity::Service);
        // At rest and at the end of a scale a healthy sensor may well repeat itself.
        let at_rest = value == 0.0 || value == tag.min || value == tag.max;
        let same = self.recent.back().is_some_and(|x| x.1.to_bits() == value.to_bits());
        if !(noisy && same) || at_rest {
            self.same = 0;
            self.same_since = event;
            return Ok(());
        }
        self.same += 1;
        let lasting = event - self.same_since;
        if self.same >= FROZEN_AFTER && lasting >= tag.max_age {
            return violated(Clause::Frozen, format!("{value} for {lasting}, noise should move it by {}", tag.noise_sd));
        }
        Ok(())
    }

    fn gap(&mut self, sequence: Option<u64>) -> u64 {
        let Some(s) = sequence else { return 0 };
        let missing = match self.sequence {
            // A number far behind is a publisher that began anew.
            Some(last) if s > last => s - last - 1,
            _ => 0,
        };
        let behind = self.sequence.is_some_and(|last| s < last && last - s <= WINDOW as u64);
        if !behind {
            self.sequence = Some(s);
        }
        missing
    }

    fn remember(&mut self, event: Time, r: &Reading, late: bool) {
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        let item = (event, r.value, r.sequence);
        if late {
            let at = self.recent.iter().position(|x| x.0 > event).unwrap_or(self.recent.len());
            self.recent.insert(at, item);
        } else {
            self.recent.push_back(item);
        }
    }
}

fn violated<T>(clause: Clause, detail: String) -> Result<T, Violated> {
    Err(Violated { clause, detail })
}

fn published(code: Option<u16>) -> Result<Quality, Violated> {
    match code {
        None | Some(GOOD..STALE) => Ok(Quality::GOOD),
        Some(c) if (64..GOOD).contains(&c) => Ok(Quality::uncertain(0.5, Reason::PublishedUncertain)),
        Some(c) => violated(Clause::PublishedBad, format!("quality code {c} ({})", if c < 64 { BAD } else { STALE })),
    }
}

fn range(tag: &Tag, value: f64) -> Result<(), Violated> {
    if !value.is_finite() {
        return violated(Clause::NotFinite, format!("{value}"));
    }
    if value < tag.min || value > tag.max {
        return violated(Clause::Range, format!("{value} is outside {} .. {} {}", tag.min, tag.max, tag.unit));
    }
    Ok(())
}

fn stamp(r: &Reading, ingested: Time, now: Time) -> Result<Time, Violated> {
    let Some(event) = r.event else {
        return if r.retained { violated(Clause::UnknownAge, "a retained value without a time".into()) } else { Ok(ingested) };
    };
    let ahead = event - now;
    if ahead > STAMP_TOLERANCE {
        return violated(Clause::Future, format!("{} s ahead of the plant clock", ahead.s()));
    }
    if now - event > STAMP_TOLERANCE {
        return violated(Clause::Ancient, format!("{} s behind the plant clock", -ahead.s()));
    }
    Ok(event)
}

/// Change that noise and the contract's fastest rate allow within `dt` seconds.
fn jump_tolerance(tag: &Tag, dt: f64) -> f64 {
    let rate = tag.max_rate_per_s.filter(|r| r.is_finite()).unwrap_or(SPIKE_FRACTION * (tag.max - tag.min) / tag.period.s().max(1e-3));
    rate * dt.max(0.0) + 6.0 * tag.noise_sd
}

fn too_fast(tag: &Tag, change: f64, dt: f64) -> Option<Violated> {
    let limit = tag.max_rate_per_s.filter(|r| r.is_finite())?;
    let fast = change.abs() > jump_tolerance(tag, dt);
    fast.then(|| Violated { clause: Clause::Rate, detail: format!("{change:.4} in {dt:.3} s, at most {limit} per second") })
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
