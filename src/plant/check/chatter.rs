//! Controls that would chatter: refused before they run.
//!
//! Owns what can be told from the rules of one asset alone; what only a run shows ends in `sim::SimError::Runaway`.

use super::Context;
use crate::plant::facets::{Condition, Effect};
use crate::plant::model::Plant;
use crate::time::Span;

/// A rule that undoes its own condition must wait at least this long.
const PATIENCE: Span = Span(1_000_000);

/// Looks at every asset's rules.
pub fn check(plant: &Plant, c: &mut Context<'_, '_>) {
    for id in plant.asset_ids() {
        let asset = plant.asset(id);
        for (i, rule) in asset.control.iter().enumerate() {
            let at = format!("assets[\"{}\"].control[{i}]", asset.id);
            let stops = match rule.then {
                Effect::Inhibit => true,
                Effect::SetRate(fraction) => fraction <= 0.0,
                Effect::Trip | Effect::Start | Effect::Stop => false,
            };
            if stops && rule.when == (Condition::Running { asset: id }) && rule.delay < PATIENCE {
                c.issues.add(
                    format!("{at}.when"),
                    format!("{:?} stops {} because it runs, and lets it run because it stands: it would chatter", rule.id, asset.id),
                    "watch another asset, use Stop or Trip, or give the rule a delay of a second or more",
                );
            }
        }
    }
}
