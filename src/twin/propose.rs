//! From actions to a proposal: what undoes each action, and what must be measured afterwards.
//!
//! Pure; the same rules for agents and people. The effect of an action is always a measurement of the plant,
//! never the acknowledgement of a broker or of the plant.

use crate::{
    estimate::{GOOD, Intake},
    governance::{Comparison, EffectExpectation, EffectQuantity, ProposedCommand, proposal::declared},
    plant::{Action, ActionKind, AssetId, Plant, Quantity, TagId},
    sim::Mode,
    time::{Span, Time},
};

/// Service at or above which an asset counts as started, at or below which (1 − it) as stopped.
const STARTED: f64 = 0.5;
/// Tolerance on a rate that was set, as a fraction of nominal: noise and stiction.
const RATE_TOLERANCE: f64 = 0.08;
/// When the scene declares no time for the effect.
const EFFECT_WITHIN: Span = Span(600_000_000);

/// The command for an action of this plant.
pub fn command_for(plant: &Plant, action: Action) -> ProposedCommand {
    let within = declared(plant, action).map_or(EFFECT_WITHIN, |s| s.effect_within);
    let asset = action.asset;
    let undo = |kind| {
        let undo = Action { asset, kind };
        declared(plant, undo).map(|_| undo)
    };
    let effect = |quantity, comparison, value| EffectExpectation { asset, quantity, comparison, value, within };
    match action.kind {
        ActionKind::Start => {
            ProposedCommand { action, compensation: undo(ActionKind::Stop), effect: effect(EffectQuantity::Service, Comparison::AtLeast, STARTED) }
        }
        ActionKind::Stop => ProposedCommand {
            action,
            compensation: undo(ActionKind::Start),
            effect: effect(EffectQuantity::Service, Comparison::AtMost, 1.0 - STARTED),
        },
        ActionKind::SetRate(f) => {
            let nominal = plant.asset(asset).process.as_ref().map(|p| p.rate_per_h);
            let expected = match nominal {
                Some(n) => effect(EffectQuantity::Rate, Comparison::AtMost, (f + RATE_TOLERANCE) * n),
                None => effect(EffectQuantity::Service, Comparison::AtMost, (f + RATE_TOLERANCE).min(1.0)),
            };
            ProposedCommand { action, compensation: undo(ActionKind::SetRate(1.0)), effect: expected }
        }
        ActionKind::ResetTrip => {
            ProposedCommand { action, compensation: None, effect: effect(EffectQuantity::Service, Comparison::AtLeast, STARTED) }
        }
        ActionKind::DispatchCrew => {
            let repairing = f64::from(Mode::InRepair.code());
            ProposedCommand { action, compensation: None, effect: effect(EffectQuantity::Mode, Comparison::Equals, repairing) }
        }
    }
}

/// The newest good measurement of a quantity of an asset, with its event time.
///
/// `Service` falls back to the mode tag (on: 1, anything else: 0) where no tag measures it.
pub fn measured(plant: &Plant, intake: &Intake, asset: AssetId, quantity: EffectQuantity, now: Time) -> Option<(Time, f64)> {
    let newest = |wanted: &Quantity| {
        let tag = plant.tags.iter().position(|t| t.asset == asset && t.quantity == *wanted)?;
        let health = intake.health(TagId(tag as u32), now)?;
        let sample = health.last.filter(|_| !health.stale && health.quality.code == GOOD)?;
        Some((sample.event, sample.value))
    };
    match quantity {
        EffectQuantity::Mode => newest(&Quantity::Mode),
        EffectQuantity::Rate => newest(&Quantity::Rate),
        EffectQuantity::Level => newest(&Quantity::Level),
        EffectQuantity::Temperature => newest(&Quantity::Temperature),
        EffectQuantity::Service => newest(&Quantity::Service).or_else(|| {
            let (at, code) = newest(&Quantity::Mode)?;
            let on = Mode::from_code(code as u8).is_some_and(|m| matches!(m, Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked));
            Some((at, f64::from(u8::from(on))))
        }),
    }
}
