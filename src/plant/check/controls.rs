//! Control rules that contradict each other: starting and stopping the same asset on conditions that hold at once, or with no
//! gap between them.
//!
//! Start and Stop act once, when their condition becomes met; where both are met the order of events would decide, and without
//! a gap one calls the other at once.

use super::Context;
use crate::plant::facets::{Condition, ControlRule, Effect};
use crate::plant::model::{AssetId, Plant};

/// A condition as a ray on a quantity: whose, which (0 level, 1 temperature, 2 running), above or below, where.
fn ray(when: Condition) -> (AssetId, u8, bool, f64) {
    match when {
        Condition::LevelAbove { asset, fraction } => (asset, 0, true, fraction),
        Condition::LevelBelow { asset, fraction } => (asset, 0, false, fraction),
        Condition::TemperatureAbove { asset, celsius } => (asset, 1, true, celsius),
        Condition::TemperatureBelow { asset, celsius } => (asset, 1, false, celsius),
        Condition::Running { asset } => (asset, 2, true, 0.5),
        Condition::NotRunning { asset } => (asset, 2, false, 0.5),
    }
}

/// What is wrong with starting on one condition and stopping on the other, if anything.
fn clash(start: Condition, stop: Condition) -> Option<(&'static str, &'static str)> {
    let (a, b) = (ray(start), ray(stop));
    if (a.0, a.1) != (b.0, b.1) {
        return None;
    }
    if a.2 == b.2 {
        return Some(("start and stop on the same side", "start on one side and stop on the other, with a gap between"));
    }
    let (above, below) = if a.2 { (a.3, b.3) } else { (b.3, a.3) };
    if a.1 == 2 {
        None
    } else if above < below {
        Some(("start and stop both hold between their thresholds", "leave a gap: the lower threshold below, the upper above"))
    } else if above == below {
        Some(("start and stop at the same threshold chatter", "leave a gap between the two thresholds"))
    } else {
        None
    }
}

/// Checks every pair of rules of an asset.
pub fn check(plant: &Plant, c: &mut Context<'_, '_>) {
    for asset in &plant.assets {
        let with = |effect: Effect| asset.control.iter().enumerate().filter(move |(_, r): &(usize, &ControlRule)| r.then == effect);
        for (i, start) in with(Effect::Start) {
            for (j, stop) in with(Effect::Stop) {
                if let Some((brief, hint)) = clash(start.when, stop.when) {
                    let at = format!("assets[\"{}\"].control[{}]", asset.id, i.max(j));
                    c.issues.add(at, format!("{:?} and {:?}: {brief}", start.id, stop.id), hint);
                }
            }
        }
    }
}
