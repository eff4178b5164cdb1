//! The Zeno guard: a run whose events follow each other without end is given up, with the culprit named.
//!
//! Counts the events of one instant and of one second of plant time. The limits grow with the plant, far above what it does:
//! a line that makes a thousand parts a second stays below them.
//! *Invariant:* counting changes nothing of a run; from half a limit on it also remembers whose events they were.

use super::engine::SimError;
use super::model::{Model, Timer};
use crate::plant::AssetId;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// Events at one instant: this many, and so many per timer of the plant.
const AT_ONCE: (u32, u32) = (10_000, 10);
/// Events within one second of plant time.
const A_SECOND: (u32, u32) = (100_000, 100);
/// Stands for the events of parts that concern the rest of the plant.
pub(super) const FLOOR: u32 = u32::MAX - 1;
/// The longer of the two windows [µs].
const SECOND_US: i64 = 1_000_000;

/// Counts events.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    instant: Window,
    second: Window,
}

#[derive(Debug, Clone, Default)]
struct Window {
    /// Which window.
    number: i64,
    events: u32,
    /// Slots of the events since half the limit; `u32::MAX`: the script.
    whose: BTreeMap<u32, u32>,
}

impl Window {
    /// Counts one event. False when it is one too many.
    fn count(&mut self, number: i64, slot: u32, limit: u32) -> bool {
        if number != self.number {
            self.number = number;
            self.events = 0;
            self.whose.clear();
        }
        self.events += 1;
        if self.events > limit / 2 {
            *self.whose.entry(slot).or_default() += 1;
        }
        self.events <= limit
    }
}

impl Guard {
    /// Counts the event that happens next: of a timer slot, or of the script.
    pub(super) fn count(&mut self, model: &Model, now: Time, slot: Option<u32>) -> Result<(), SimError> {
        let slot = slot.unwrap_or(u32::MAX);
        let timers = model.timers.len().min(1_000_000) as u32;
        let limit = |(base, each): (u32, u32)| base + each * timers;
        let windows = [
            (&mut self.instant, now.0, limit(AT_ONCE), Span::ZERO),
            (&mut self.second, now.0.div_euclid(SECOND_US), limit(A_SECOND), Span(SECOND_US)),
        ];
        for (window, number, limit, within) in windows {
            if !window.count(number, slot, limit) {
                let most = window.whose.iter().max_by_key(|(slot, n)| (**n, std::cmp::Reverse(**slot))).map_or(u32::MAX, |(slot, _)| *slot);
                let (culprit, what) = name(model, most);
                return Err(SimError::Runaway { at: now, culprit, what, events: limit, within });
            }
        }
        Ok(())
    }
}

/// Whose timer it is, and what it does.
fn name(model: &Model, slot: u32) -> (String, String) {
    let asset = |id: AssetId| model.plant.asset(id).id.clone();
    let job = |at: u32| {
        let info = &model.modes[at as usize];
        let what = if info.plan.is_some() { "maintenance" } else { "failure mode" };
        (info.asset, format!("{what} {:?}", info.facts.id))
    };
    if slot == FLOOR {
        return ("the machines of parts".into(), "starts, stops and failures".into());
    }
    let Some(timer) = model.timers.get(slot as usize) else { return ("the script".into(), "entries".into()) };
    match *timer {
        Timer::Failure(m) => (asset(job(m).0), format!("ends of lives by {}", job(m).1)),
        Timer::Repair(m) => (asset(job(m).0), format!("ends of work on {}", job(m).1)),
        Timer::Start(a) => (asset(a), "starts".into()),
        Timer::Level(a) => (asset(a), "level crossings".into()),
        Timer::Thermal(a) => (asset(a), "temperature crossings".into()),
        Timer::Claim(c) => {
            let claim = &model.claims[c as usize];
            (asset(claim.asset), format!("shortages of {}", model.plant.medium(claim.medium).id))
        }
        Timer::Rule(r) => {
            let rule = &model.rules[r as usize];
            (asset(rule.asset), format!("actions of control rule {:?}", model.plant.asset(rule.asset).control[rule.index].id))
        }
        Timer::Hold(a) => (asset(a), "lost contents".into()),
        Timer::Segment(b) => {
            let block = &model.blocks[b as usize];
            let first = block.levels.first().map(|l| l.asset).or(block.temperatures.first().map(|t| t.asset));
            (first.map_or_else(|| "a block".into(), asset), "segments of the coupled states".into())
        }
        Timer::Ambient => ("the site".into(), "turns of the ambient temperature".into()),
        Timer::Tariff => ("the site".into(), "changes of a tariff".into()),
        Timer::Shift(c) => (model.plant.crews[c as usize].id.clone(), "shifts".into()),
        Timer::Delivery(s) => (model.plant.spares[s as usize].id.clone(), "deliveries".into()),
    }
}
