//! The books of one future: effectiveness of every process by ISO 22400-2, losses by reason, energy by owner.
//!
//! Owns definitions only; times, units and losses are the engine's. ISO 22400-2:2014: availability = production time /
//! planned busy time, effectiveness = units × planned time per unit / production time, quality ratio = good / produced,
//! OEE = their product. Planned busy time is the time that an asset is commanded on (neither off nor on standby) and not in planned maintenance.
//! Invariant: a ratio whose denominator is zero is `None`, never 0 or infinite.

use crate::plant::{AssetId, Plant};
use crate::sim::{Loss, Mode, RunOutcome, ServiceStep};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A process keeps its takt while it runs at this share of its nominal rate or more.
const IN_TAKT: f32 = 0.95;

/// One process over one run.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Effectiveness {
    /// Which.
    pub asset: AssetId,
    /// Planned busy time [h].
    pub planned_h: f64,
    /// Production time [h].
    pub production_h: f64,
    /// Units made, scrap included.
    pub produced: f64,
    /// Production time / planned busy time; `None` when nothing was planned.
    pub availability: Option<f64>,
    /// Units made / units that the nominal rate makes in the production time; `None` without production time.
    pub effectiveness: Option<f64>,
    /// Good units / units made; `None` when nothing was made.
    pub quality: Option<f64>,
    /// Their product; 0 when nothing was made of what was planned, `None` when nothing was planned.
    pub oee: Option<f64>,
    /// Share of the planned busy time at 95 % of the nominal rate or more; `None` when nothing was planned.
    pub takt_adherence: Option<f64>,
}

/// What one asset bought for the plant, or drew for itself.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct EnergyBook {
    /// Owner.
    pub asset: AssetId,
    /// Drawn for itself [priced medium unit × h]; not added up over conversions.
    pub drawn: f64,
    /// Bought [priced medium unit × h]: of sources of priced media.
    pub bought: f64,
    /// Paid for it [currency].
    pub cost: f64,
    /// Emitted by it [kg CO₂].
    pub co2_kg: f64,
}

/// The books of one run, from its start state's own beginning.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Books {
    /// Every process, in the plant's order.
    pub processes: Vec<Effectiveness>,
    /// Lost service by asset, what it was doing and who caused it; largest first.
    pub losses: Vec<Loss>,
    /// Energy by owner, assets with any.
    pub energy: Vec<EnergyBook>,
}

/// The books of a run.
pub fn books(plant: &Plant, outcome: &RunOutcome) -> Books {
    let mut losses: Vec<Loss> = outcome.end.losses().into_iter().filter(|l| l.hours > 1e-9).collect();
    losses.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(a.asset.cmp(&b.asset)).then(a.culprit.cmp(&b.culprit)));
    let energy = plant.asset_ids().map(|asset| {
        let (bought, cost, co2_kg) = outcome.end.bought(asset);
        EnergyBook { asset, drawn: outcome.end.energy_drawn(asset), bought, cost, co2_kg }
    });
    Books {
        processes: plant.asset_ids().filter_map(|a| effectiveness(plant, outcome, a)).collect(),
        losses,
        energy: energy.filter(|e| e.drawn > 0.0 || e.bought > 0.0).collect(),
    }
}

/// One process; `None` for other assets.
pub fn effectiveness(plant: &Plant, outcome: &RunOutcome, asset: AssetId) -> Option<Effectiveness> {
    let process = plant.asset(asset).process.as_ref()?;
    let times = outcome.end.time_in_mode(asset);
    let hours = |modes: &[Mode]| modes.iter().map(|m| times[usize::from(m.code())].h()).sum::<f64>();
    let planned_h = hours(&Mode::ALL) - hours(&[Mode::Off, Mode::Standby, Mode::Maintenance]);
    let production_h = hours(&[Mode::Running]);
    let produced = outcome.end.totals().produced.get(asset.index()).copied().unwrap_or(0.0);
    let ratio = |a: f64, b: f64| (b > 1e-9).then(|| a / b);
    let availability = ratio(production_h, planned_h);
    let performed = ratio(produced, process.rate_per_h * production_h);
    let quality = ratio(produced * (1.0 - process.scrap), produced);
    let oee = availability.map(|a| a * performed.unwrap_or(0.0) * quality.unwrap_or(0.0));
    let takt_adherence = ratio(in_takt_h(outcome, asset), planned_h);
    Some(Effectiveness { asset, planned_h, production_h, produced, availability, effectiveness: performed, quality, oee, takt_adherence })
}

/// Time at takt [h], by the recorded steps of service.
fn in_takt_h(outcome: &RunOutcome, asset: AssetId) -> f64 {
    let mut sum = 0.0;
    let mut last: Option<&ServiceStep> = None;
    let mut close = |from: Option<&ServiceStep>, to: Time| {
        sum += from.filter(|s| s.service >= IN_TAKT).map_or(0.0, |s| (to - s.at).h());
    };
    for step in outcome.service.iter().filter(|s| s.asset == asset) {
        close(last, step.at);
        last = Some(step);
    }
    close(last, outcome.end.time());
    sum
}
