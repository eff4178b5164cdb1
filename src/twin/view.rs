//! What the runtime shows: one plain, serialisable projection of the twin, rewritten by `TwinSystems::Project`.
//!
//! Panels, the 3D scene, `serve` and the demo all read this and nothing else. It owns no domain state and
//! decides nothing; every number here is a copy. Bounded: the event list, the audit tail, trends.

use crate::{
    clock::Monotonic,
    plant::{Action, AssetId, CellId, TagId},
    sim::Mode,
    time::{Span, Time},
};
use bevy::prelude::Resource;
use serde::Serialize;
use std::{collections::VecDeque, sync::Arc};

/// Everything a person may look at, at one instant.
#[derive(Resource, Clone, Debug, Serialize)]
pub struct LiveView {
    /// Plant time of this projection.
    pub now: Time,
    /// Plant seconds per real second.
    pub rate: f64,
    /// Real time of this projection (expiry countdowns are measured on this clock).
    pub monotonic: Monotonic,
    /// Chain steps done since start.
    pub steps: u64,
    /// The telemetry connection.
    pub link: LinkView,
    /// Counts of the intake.
    pub intake: IntakeView,
    /// One per plant asset, same order.
    pub assets: Vec<AssetView>,
    /// Last value per tag, same order as the plant's tags.
    pub tags: Vec<TagView>,
    /// Trends per tag, same order.
    #[serde(skip)]
    pub trends: Vec<Trend>,
    /// How well the twin predicted lately.
    pub fidelity: FidelityView,
    /// Newest last; at most 500.
    pub events: VecDeque<EventView>,
    /// The forecast job.
    pub forecast: ForecastView,
    /// One per cell.
    pub agents: Vec<AgentView>,
    /// Proposals, newest last; at most 100.
    pub proposals: Vec<ProposalView>,
    /// Newest audit records, newest last; at most 200.
    pub audit: Vec<AuditView>,
    /// Whether dispatch is held, and by whom.
    pub hold: Option<String>,
    /// Local identities that may sign: (name, role).
    pub identities: Vec<(String, String)>,
    /// Stage timings of the last chain step, in order [µs].
    pub timings: Vec<(String, f64)>,
    /// Poses of the packs on the conveyors: position [m], quaternion xyzw.
    #[serde(skip)]
    pub packs: Vec<([f32; 3], [f32; 4])>,
    /// Half extents of a pack [m].
    pub pack_half_m: [f32; 3],
}

/// State of the connection in words and numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkView {
    /// `online`, `connecting`, `down`.
    pub status: String,
    /// More, for people: since when, why, when the next try is.
    pub detail: String,
    /// Broker address.
    pub url: String,
    /// Whether commands can be sent at all.
    pub can_command: bool,
    /// Messages received / dropped since start, reconnects.
    pub received: u64,
    /// Dropped because the queue was full.
    pub dropped: u64,
    /// Reconnections since start.
    pub reconnects: u64,
}

/// The accounting identity received = accepted + quarantined + rejected + dropped.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct IntakeView {
    /// Messages taken from the wire.
    pub received: u64,
    /// In contract.
    pub accepted: u64,
    /// Out of contract, kept for inspection.
    pub quarantined: u64,
    /// Not decodable or of no known tag.
    pub rejected: u64,
    /// Lost to a full queue, counted.
    pub dropped: u64,
    /// Samples marked late or out of order.
    pub late: u64,
}

/// Mean and standard deviation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Value {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// One asset as believed.
#[derive(Clone, Debug, Serialize)]
pub struct AssetView {
    /// Which.
    pub id: AssetId,
    /// Most likely mode.
    pub mode: Mode,
    /// Its probability.
    pub mode_probability: f64,
    /// Ability to serve, 0..1, as believed.
    pub service: f64,
    /// Process rate [units/h].
    pub rate_per_h: Option<Value>,
    /// Level [storage amount] and its fraction of capacity.
    pub level: Option<Value>,
    /// Level as a fraction of capacity.
    pub level_fraction: Option<f64>,
    /// Temperature [°C].
    pub temperature_c: Option<Value>,
    /// Age of the newest sample.
    pub data_age: Span,
    /// Whether any tag tells of it; what is not observed cannot be stale.
    pub observed: bool,
    /// Older than its contract allows.
    pub stale: bool,
    /// Carried on by the model without data.
    pub imputed: bool,
    /// Normalised innovation squared, smoothed; near 1 is consistent.
    pub drift: f64,
    /// Data confidence 0..1.
    pub confidence: f64,
    /// `unvalidated`, `poor`, `good`.
    pub fidelity: String,
    /// Open proposals that touch this asset.
    pub proposals: u32,
}

/// Last value of one tag.
#[derive(Clone, Debug, Serialize)]
pub struct TagView {
    /// Which.
    pub id: TagId,
    /// Value [model unit].
    pub value: Option<f64>,
    /// OPC-style code: 192 good, 64 uncertain, 0 bad, 500 stale.
    pub quality: u16,
    /// Why it is not good.
    pub reason: String,
    /// Event, ingestion, processing time.
    pub times: Option<[Time; 3]>,
    /// Age now.
    pub age: Span,
}

/// Recent samples of one tag, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    /// (plant time [s], value).
    pub points: VecDeque<(f64, f64)>,
}

/// How well the twin predicted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FidelityView {
    /// `unvalidated`, `poor`, `good`.
    pub evidence: String,
    /// Predictions scored in the window.
    pub scored: u64,
    /// Mean CRPS relative to the climatological CRPS (below 1 is skill).
    pub relative_crps: Option<f64>,
    /// Brier score of mode predictions.
    pub brier: Option<f64>,
    /// Fraction of outcomes inside the 90 % band.
    pub coverage_90: Option<f64>,
}

/// One line of the event list.
#[derive(Clone, Debug, Serialize)]
pub struct EventView {
    /// Plant time.
    pub at: Time,
    /// Severity.
    pub severity: Severity,
    /// Whose.
    pub asset: Option<AssetId>,
    /// What happened, one sentence.
    pub text: String,
    /// Trace id, when it belongs to a decision.
    pub trace: Option<String>,
}

/// How much attention an event wants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Severity {
    /// For the record.
    Info,
    /// Wants a look.
    Warning,
    /// Needs a response.
    Alarm,
}

/// The forecast job and its newest answer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ForecastView {
    /// Runs done and total while one is running.
    pub running: Option<(u64, u64)>,
    /// Why the last one failed.
    pub error: Option<String>,
    /// Title of the newest answer.
    pub title: String,
    /// Where the disruption strikes.
    pub origins: Vec<AssetId>,
    /// Of these, the ones whose outage was already under way: it strikes at the start, wherever the scenario put it.
    pub under_way: Vec<AssetId>,
    /// Plant time at which the forecast starts.
    pub starts_at: Time,
    /// The newest answer.
    pub answer: Option<Arc<crate::forecast::Forecast>>,
    /// Actions of each alternative of the answer, same order (index 0, doing nothing, is empty): (after start, action).
    pub plans: Vec<Vec<(Span, Action)>>,
    /// Wall seconds that the newest answer took.
    pub took_s: f64,
}

/// One agent.
#[derive(Clone, Debug, Serialize)]
pub struct AgentView {
    /// Its cell.
    pub cell: CellId,
    /// `solving`, `watching`, `rolling out`, `advised`, `refused: …`.
    pub status: String,
    /// States and state-action pairs of its MDP.
    pub states: usize,
    /// Certified bound ‖V − V*‖∞ of the abstract model.
    pub bound: f64,
    /// State now, in words.
    pub state: String,
    /// (action, Q-value), best first.
    pub q_values: Vec<(String, f64)>,
}

/// One proposal with everything a signer must see.
#[derive(Clone, Debug, Serialize)]
pub struct ProposalView {
    /// Its id.
    pub id: String,
    /// What it wants, one line.
    pub title: String,
    /// Who put it forward.
    pub author: String,
    /// State of its life: `draft`, `simulated`, `approved`, `dispatched`, `acknowledged`, `verified`, `rejected`, `expired`, `timed out`, `rolled back`, `refused`, …
    pub state: String,
    /// Whether its life still goes on.
    pub is_open: bool,
    /// Whether a signature is awaited now.
    pub awaits_signature: bool,
    /// Signatures needed and given.
    pub signatures: (u32, u32),
    /// Risk class from the matrix, in words, with the rule that decided.
    pub risk: String,
    /// A typed reason is required.
    pub reason_required: bool,
    /// Assets it touches.
    pub assets: Vec<AssetId>,
    /// Commands and compensations, one line each.
    pub commands: Vec<String>,
    /// Reasons, one sentence each.
    pub reasons: Vec<String>,
    /// Alternatives: (name, Q-value or simulated Δprofit in words).
    pub alternatives: Vec<(String, String)>,
    /// Expected effect with uncertainty.
    pub expected: Vec<String>,
    /// Gate checks: (name, measured, limit, margin, passed).
    pub gate: Vec<GateCheckView>,
    /// Gate verdict in words.
    pub verdict: String,
    /// SHA-256 of the evidence, hex.
    pub evidence: String,
    /// Expires at (monotonic).
    pub expires: Option<Monotonic>,
    /// Simulated gain against doing nothing over the gate's horizon.
    pub avoided: Option<AvoidedLoss>,
    /// Life so far: (plant time, what).
    pub history: Vec<(Time, String)>,
    /// Trace id.
    pub trace: String,
}

/// Paired difference of profit, response − doing nothing.
#[derive(Clone, Debug, Serialize)]
pub struct AvoidedLoss {
    /// Mean.
    pub mean: f64,
    /// 95 % interval, lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of paired futures in which the response earns more.
    pub probability_better: f64,
    /// ISO 4217 code.
    pub currency: String,
}

/// One check of the gate.
#[derive(Clone, Debug, Serialize)]
pub struct GateCheckView {
    /// Name.
    pub name: String,
    /// What was measured, in words with unit.
    pub measured: String,
    /// The limit.
    pub limit: String,
    /// Whether it holds.
    pub passed: bool,
}

/// One audit record.
#[derive(Clone, Debug, Serialize)]
pub struct AuditView {
    /// Sequence number.
    pub seq: u64,
    /// Wall-clock stamp.
    pub at: Time,
    /// Kind.
    pub kind: String,
    /// Who.
    pub actor: String,
    /// One line.
    pub text: String,
    /// First 12 hex digits of its hash.
    pub hash: String,
}
