//! What an ensemble says: plain data that serialises, with its sampling error.
//!
//! Owns the form (JSON, versioned by `schema_version`), no computation. Invariant: everything here follows
//! from request and seed alone; `hash` covers every other field.

use super::stats::{Mean, Quantiles};
use crate::plant::AssetId;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Hashes are written as 64 hexadecimal digits.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(hash: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hash.iter().map(|b| format!("{b:02x}")).collect::<String>())
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(d)?;
        let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|x| x as u8)).collect();
        let bytes: Vec<u8> = digits.unwrap_or_default().chunks(2).map(|p| p.iter().fold(0, |a, d| a * 16 + d)).collect();
        bytes.try_into().map_err(|_| D::Error::custom("a hash is 64 hexadecimal digits"))
    }
}

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// The forecast: the baseline and every alternative against it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Forecast {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Plant id.
    pub plant: String,
    /// SHA-256 of the scene text.
    #[serde(with = "hex")]
    pub plant_hash: [u8; 32],
    /// Ids of the assets, in the order that [`AssetId`] counts.
    pub assets: Vec<String>,
    /// ISO 4217 code of every amount of money.
    pub currency: String,
    /// Paired futures per alternative.
    pub runs: u32,
    /// Seed they share.
    pub seed: u64,
    /// From the start.
    pub horizon: Span,
    /// Plant time of the start.
    pub start: Time,
    /// From the start to the first disruption (zero without one): where time to impact counts from.
    pub first_disruption: Span,
    /// Times of fans and probability curves, from the start; first 0, last the horizon (or just before it when no readable step divides it).
    pub grid: Vec<Time>,
    /// Futures behind the fans (all, up to a bound on memory; the first ones in run order).
    pub fan_runs: u32,
    /// The paired baseline: same random numbers, no disruption, no response.
    pub baseline: Baseline,
    /// `[0]` is "do nothing", then the responses in order.
    pub alternatives: Vec<Alternative>,
    /// SHA-256 of everything above.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
}

/// What would have happened undisturbed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Baseline {
    /// Per KPI, over the grid.
    pub fans: Vec<KpiFan>,
    /// Per KPI, at the horizon.
    pub totals: Vec<KpiSummary>,
}

/// One plan (or none) against the same disruptions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Alternative {
    /// `nothing`, or the response's id.
    pub id: String,
    /// For people.
    pub name: String,
    /// Assets that were impacted or gained in any run, most probable first.
    pub impacts: Vec<AssetImpact>,
    /// Recorded causes between assets: the input that was short when the impact began. Most probable first.
    pub causes: Vec<CauseEdge>,
    /// Recorded causes that are not another asset, most probable first.
    pub roots: Vec<RootCause>,
    /// Per KPI, over the grid, cumulated since the start (`throughput_per_h`: rate in the step before).
    pub fans: Vec<KpiFan>,
    /// Per KPI, at the horizon.
    pub totals: Vec<KpiSummary>,
    /// Paired differences to the baseline, per KPI.
    pub versus_baseline: Vec<PairedDifference>,
    /// Paired differences to doing nothing; `None` for doing nothing itself.
    pub versus_nothing: Option<Vec<PairedDifference>>,
    /// Futures in which no output of the plant was impacted at the horizon.
    pub recovered: u32,
    /// Run with the median profit.
    pub median_run: u64,
    /// The worst 5 % of runs by profit, worst first (at most 100).
    pub worst_runs: Vec<u64>,
}

/// What happened to one asset, against the paired baseline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AssetImpact {
    /// Which.
    pub asset: AssetId,
    /// Futures with an impact.
    pub count: u32,
    /// `count` / runs.
    pub probability: f64,
    /// Wilson 95 %, lower end.
    pub low: f64,
    /// Wilson 95 %, upper end.
    pub high: f64,
    /// P(impacted by grid time), non-decreasing.
    pub by_time: Vec<f32>,
    /// P(impacted at grid time).
    pub at_time: Vec<f32>,
    /// Onset of the first impact [h after the first disruption]; of the impacted runs.
    pub time_to_impact: Option<Quantiles>,
    /// P(better served than in the baseline).
    pub gain_probability: f64,
    /// P(at least τ of full service is lost over the whole horizon, gains taken off): an outage that only comes at
    /// another time is an impact, but no net loss.
    #[serde(default)]
    pub net_loss_probability: f64,
    /// Expected hours of full service lost over all runs [h].
    pub mean_shortfall_h: f64,
    /// Paired 95 % interval of it [h].
    pub shortfall_low_h: f64,
    /// Upper end [h].
    pub shortfall_high_h: f64,
}

/// `from` was what `to` lacked when its impact began.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CauseEdge {
    /// Upstream, impacted itself (or short already in the baseline: then without a lag).
    pub from: AssetId,
    /// Downstream.
    pub to: AssetId,
    /// The buffer between them that was full or empty without being short of service itself.
    pub via: Option<AssetId>,
    /// How, in words: "starved", "blocked", "short of cooling", "over-temperature trip".
    pub how: String,
    /// `count` / runs.
    pub probability: f64,
    /// Share of the futures with an impact on `from` in which it went on to `to`; `None` when `from` was never impacted itself.
    pub given_from: Option<f64>,
    /// Futures with this edge.
    pub count: u32,
    /// Impact of `from` to impact of `to` [h]; `None` when `from` was not impacted itself in any of them.
    pub lag: Option<Quantiles>,
}

/// An impact that began by itself: script, own failure, trip, control, command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RootCause {
    /// Whose impact.
    pub asset: AssetId,
    /// What started it.
    pub kind: String,
    /// Futures.
    pub count: u32,
    /// `count` / runs.
    pub probability: f64,
}

/// Quantiles of one KPI over the grid.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KpiFan {
    /// KPI id.
    pub kpi: String,
    /// Unit.
    pub unit: String,
    /// 5 % per grid time.
    pub q05: Vec<f64>,
    /// 25 %.
    pub q25: Vec<f64>,
    /// Median.
    pub q50: Vec<f64>,
    /// 75 %.
    pub q75: Vec<f64>,
    /// 95 %.
    pub q95: Vec<f64>,
}

/// One KPI at the horizon.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KpiSummary {
    /// KPI id.
    pub kpi: String,
    /// For people.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Mean with its 95 % interval.
    #[serde(flatten)]
    pub mean: Mean,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// Run-by-run difference of one KPI to a reference that shares the random numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PairedDifference {
    /// KPI id.
    pub kpi: String,
    /// Unit.
    pub unit: String,
    /// Mean difference (alternative − reference) with its paired 95 % interval.
    #[serde(flatten)]
    pub mean: Mean,
    /// Share of futures in which it is strictly better than the reference.
    pub probability_better: f64,
    /// Share in which it is strictly worse.
    pub probability_worse: f64,
}
