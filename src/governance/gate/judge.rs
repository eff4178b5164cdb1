//! Facts to verdict: pure arithmetic.

use super::super::{
    canonical::Digest,
    policy::Thresholds,
    proposal::{Proposal, declared, words},
    snapshot::{Envelope, ModeClass, Seen, Snapshot},
};
use crate::{
    plant::{ActionKind, AssetId, Plant, SafetyClass},
    sim::Mode,
    time::Time,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Evidence that the twin predicts an asset well.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Validation {
    /// Scored, and bad.
    Poor,
    /// Not scored enough yet: a supervisor must sign.
    Unvalidated,
    /// Scored, and good.
    Good,
}

impl From<crate::fidelity::Evidence> for Validation {
    fn from(e: crate::fidelity::Evidence) -> Self {
        use crate::fidelity::Evidence as E;
        match e {
            E::Poor => Self::Poor,
            E::Unvalidated => Self::Unvalidated,
            E::Good => Self::Good,
        }
    }
}

/// What the simulation said, in numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// Futures asked for.
    pub runs_asked: u32,
    /// Futures that came back.
    pub runs_done: u32,
    /// Why the simulation failed, if it did.
    pub failed: Option<String>,
    /// Probability that the proposal does harm: fewer good units, more trips or more time beyond limits than doing
    /// nothing in the same future (money is not harm: every action costs some).
    pub harm: Option<f64>,
    /// Mean profit gained over doing nothing [money].
    pub gain: Option<f64>,
    /// Largest probability, over all assets but the targets, that an asset ends up worse off than if nothing were done:
    /// its net loss of service over the horizon is at least its τ. A mere impact is no measure here: an asset that runs
    /// again wears again, so that its own failures come at other times than in the stopped plant.
    pub worse_off: Option<f64>,
    /// The asset with that probability.
    pub worse_off_at: Option<AssetId>,
    /// Expected additional trips.
    pub extra_trips: Option<f64>,
    /// Expected additional time beyond hard limits [h].
    pub extra_exceedance_h: Option<f64>,
    /// Evidence for the targets, worst.
    pub validation: Validation,
    /// Hash of the forecast, its request and seed.
    pub forecast: Digest,
}

/// One check.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Stable id (`G-05`).
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Measured; `None` when there is no finite number.
    pub measured: Option<f64>,
    /// Limit.
    pub limit: Option<f64>,
    /// Distance to the limit, positive inside.
    pub margin: Option<f64>,
    /// Unit of the three.
    pub unit: String,
    /// Where the worst was found, where the check looks at many assets.
    pub at: Option<AssetId>,
    /// Whether it holds.
    pub passed: bool,
    /// In words.
    pub detail: String,
}

/// The verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GateVerdict {
    /// Of which proposal.
    pub proposal: Uuid,
    /// Digest of its commands: the verdict is worth nothing for others.
    pub commands: Digest,
    /// All checks hold.
    pub passed: bool,
    /// Every check.
    pub checks: Vec<Check>,
    /// Probability of harm for the risk matrix; 1 when unknown.
    pub harm: f64,
    /// Mean profit gained over doing nothing [money], if known.
    pub gain: Option<f64>,
    /// Fidelity is unvalidated: a supervisor must sign, with a reason.
    pub supervisor: bool,
    /// Where an approval holds.
    pub envelope: Envelope,
    /// Plant time of the state it was computed from.
    pub at: Time,
    /// SHA-256 over all of the above and the forecast.
    pub evidence: Digest,
}

impl GateVerdict {
    /// The first failed check, in words.
    pub fn refusal(&self) -> Option<String> {
        self.checks.iter().find(|c| !c.passed).map(|c| format!("{} {}: {}", c.id, c.name, c.detail))
    }
}

fn numeric(id: &str, name: &str, unit: &str, measured: Option<f64>, limit: f64, at_least: bool) -> Check {
    let measured = measured.filter(|m| m.is_finite());
    let margin = measured.map(|m| if at_least { m - limit } else { limit - m });
    let passed = margin.is_some_and(|m| m >= 0.0);
    let sign = if at_least { "≥" } else { "≤" };
    let detail = measured.map_or_else(|| "not known".to_string(), |m| format!("{m:.4} {unit} ({sign} {limit} needed)"));
    Check { id: id.into(), name: name.into(), measured, limit: Some(limit), margin, unit: unit.into(), at: None, passed, detail }
}

fn plain(id: &str, name: &str, problem: Option<String>) -> Check {
    let passed = problem.is_none();
    Check {
        id: id.into(),
        name: name.into(),
        measured: None,
        limit: None,
        margin: None,
        unit: String::new(),
        at: None,
        passed,
        detail: problem.unwrap_or_else(|| "holds".into()),
    }
}

/// Judges a proposal from what is believed and what was simulated.
pub fn judge(plant: &Plant, proposal: &Proposal, now: &Snapshot, facts: &Facts, limits: &Thresholds, envelope: Envelope) -> GateVerdict {
    let mut checks = vec![
        plain("G-01", "no safety-system target", safety(plant, proposal)),
        plain("G-02", "declared actions within their range", undeclared(plant, proposal)),
        plain("G-03", "preconditions and interlocks", preconditions(plant, proposal, now)),
        plain("G-04", "simulation completed", facts.failed.clone()),
    ];
    let asked = facts.runs_asked.max(limits.min_runs);
    checks.push(numeric("G-05", "simulated futures", "runs", Some(f64::from(facts.runs_done)), f64::from(asked), true));
    checks.push(numeric("G-06", "probability of harm", "", facts.harm.filter(|h| (0.0..=1.0).contains(h)), limits.max_harm, false));
    let worse = numeric("G-07", "any other asset worse off", "", facts.worse_off, limits.max_worse_off, false);
    checks.push(Check { at: facts.worse_off_at, ..worse });
    checks.push(numeric("G-08", "additional trips", "trips", facts.extra_trips, limits.max_extra_trips, false));
    checks.push(numeric("G-09", "additional time beyond limits", "h", facts.extra_exceedance_h, limits.max_extra_exceedance_h, false));
    checks.extend(data_checks(proposal, now, limits));
    checks.push(plain("G-13", "fidelity", (facts.validation == Validation::Poor).then(|| "the twin has lately predicted a target poorly".into())));
    let passed = checks.iter().all(|c| c.passed);
    let harm = facts.harm.filter(|h| (0.0..=1.0).contains(h)).unwrap_or(1.0);
    let mut verdict = GateVerdict {
        proposal: proposal.id,
        commands: Digest::of("plantcast.commands.v1", &proposal.commands),
        passed,
        checks,
        harm,
        gain: facts.gain.filter(|g| g.is_finite()),
        supervisor: facts.validation == Validation::Unvalidated,
        envelope,
        at: now.at,
        evidence: Digest::default(),
    };
    verdict.evidence = Digest::of("plantcast.evidence.v1", &(&verdict, facts.forecast));
    verdict
}

fn safety(plant: &Plant, p: &Proposal) -> Option<String> {
    let found = p.targets().into_iter().filter_map(|a| plant.assets.get(a.index())).find(|a| a.safety == SafetyClass::Safety);
    found.map(|a| format!("{} is a safety system: read-only", a.id))
}

fn undeclared(plant: &Plant, p: &Proposal) -> Option<String> {
    p.actions().find(|a| declared(plant, *a).is_none()).map(|a| format!("cannot {}: not declared, or out of range", words(plant, a)))
}

/// The first action on each asset must make sense in its present mode.
fn preconditions(plant: &Plant, p: &Proposal, now: &Snapshot) -> Option<String> {
    let mut seen: Vec<AssetId> = Vec::new();
    for c in &p.commands {
        if seen.contains(&c.action.asset) {
            continue;
        }
        seen.push(c.action.asset);
        let Some(state) = now.assets.get(c.action.asset.index()) else { return Some("a target is not in the live state".into()) };
        let class = ModeClass::of(state.mode);
        let fits = match c.action.kind {
            ActionKind::Start => class == ModeClass::Off,
            ActionKind::Stop => matches!(class, ModeClass::On | ModeClass::Starting),
            ActionKind::SetRate(_) => class != ModeClass::Down,
            ActionKind::ResetTrip => state.mode == Mode::Tripped,
            ActionKind::DispatchCrew => state.mode == Mode::Failed,
        };
        if !fits {
            return Some(format!("cannot {} while it is {}", words(plant, c.action), state.mode.name()));
        }
    }
    None
}

fn data_checks(p: &Proposal, now: &Snapshot, limits: &Thresholds) -> Vec<Check> {
    let targets: Vec<Option<&Seen>> = p.targets().iter().map(|t| now.assets.get(t.index())).collect();
    let known = targets.iter().all(|s| s.is_some_and(|s| s.observed && !s.stale));
    let worst = |of: fn(&Seen) -> f64, high: bool| {
        let values = targets.iter().map(|s| s.map_or(f64::NAN, of));
        let worst = values.fold(if high { f64::NEG_INFINITY } else { f64::INFINITY }, |w, v| {
            if v.is_nan() || w.is_nan() {
                f64::NAN
            } else if high {
                w.max(v)
            } else {
                w.min(v)
            }
        });
        known.then_some(worst).filter(|w| w.is_finite())
    };
    vec![
        numeric("G-10", "age of the targets' data", "s", worst(|s| s.data_age.s(), true), limits.max_data_age.s(), false),
        numeric("G-11", "trust in the targets' data", "", worst(|s| s.confidence, false), limits.min_confidence, true),
        numeric("G-12", "drift between twin and plant", "", worst(|s| s.drift, true), limits.max_drift, false),
    ]
}
