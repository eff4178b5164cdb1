//! What an ensemble says: plain data that serialises, with its sampling error.
//!
//! Owns the form (JSON, versioned by `schema_version`), no computation. Invariant: everything here follows
//! from request and seed alone; `hash` covers every other field.

use super::stats::{Mean, Quantiles};
use crate::plant::AssetId;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Hashes are written as 64 hexadecimal digits.
pub(super) mod hex {
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
pub const SCHEMA_VERSION: u32 = 2;

/// What a scenario says in words, carried along so that a forecast explains itself.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Story {
    /// Id of the scenario.
    pub scenario: String,
    /// Its name.
    pub name: String,
    /// Its story.
    pub text: String,
    /// What goes wrong, one line each, in order of time.
    pub disruptions: Vec<String>,
    /// What each response does, in the order of the alternatives after "do nothing".
    pub responses: Vec<Vec<String>>,
    /// What was assumed.
    pub assumptions: Vec<String>,
}

/// A future that could not be simulated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FailedRun {
    /// Its number.
    pub run: u64,
    /// Why.
    pub message: String,
}

/// What the intervals of a forecast promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Intervals {
    /// 95 % for a number of futures fixed beforehand (Wilson, Student's t).
    #[default]
    Fixed,
    /// 95 % at every number of futures at once, so that stopping early biases nothing (confidence sequences).
    Anytime,
}

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
    /// Paired futures per alternative that the statistics are made of.
    pub runs: u32,
    /// Futures that could not be simulated: in no statistic.
    #[serde(default)]
    pub failed: u32,
    /// The first of them (at most 20).
    #[serde(default)]
    pub failed_runs: Vec<FailedRun>,
    /// What the intervals promise.
    #[serde(default)]
    pub intervals: Intervals,
    /// Name of the plant.
    #[serde(default)]
    pub plant_name: String,
    /// Names of the assets.
    #[serde(default)]
    pub asset_names: Vec<String>,
    /// SHA-256 over start states, conditions, disruptions, responses, horizon and warm-up.
    #[serde(default, with = "hex")]
    pub request_hash: [u8; 32],
    /// Version of the program that made it.
    #[serde(default)]
    pub build: String,
    /// The scenario in words, where one was run.
    #[serde(default)]
    pub story: Option<Story>,
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
    /// The run that went beyond a limit or tripped first, and when [h from the start, up to a step of the grid late].
    #[serde(default)]
    pub first_limit_run: Option<(u64, f64)>,
    /// How it stands among the alternatives.
    #[serde(default)]
    pub standing: Standing,
}

/// One alternative among the others, by profit and beyond.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Standing {
    /// P(it has the highest profit of all alternatives), ties split evenly.
    pub best: f64,
    /// 95 % interval of it (Wilson; conservative with ties), lower end.
    pub best_low: f64,
    /// Upper end.
    pub best_high: f64,
    /// Profit that 5 % of the futures fall short of: value at risk at 95 % [currency].
    pub value_at_risk: Mean,
    /// Mean profit of the worst 5 % of futures: conditional value at risk [currency].
    pub conditional_value_at_risk: Mean,
    /// Means of what is wanted at once: profit, its conditional value at risk, good units, energy, CO2, recovery time.
    pub objectives: Vec<Objective>,
    /// No other alternative is at least as good in every objective and better in one (point estimates).
    pub pareto: bool,
}

/// One objective of one alternative.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Objective {
    /// KPI id, or `profit_at_risk`.
    pub id: String,
    /// Unit.
    pub unit: String,
    /// Direction.
    pub higher_is_better: bool,
    /// Point estimate.
    pub value: f64,
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

impl Forecast {
    /// SHA-256 over the JSON of everything but the hash itself.
    pub fn content_hash(&self) -> [u8; 32] {
        let blank = Forecast { hash: [0; 32], ..self.clone() };
        // Plain data always serialises; were it not to, the hash would be that of nothing, which no forecast has.
        let json = serde_json::to_vec(&blank).unwrap_or_default();
        Sha256::digest(&json).into()
    }
}
