//! Cases and audit rows as people see them: words, numbers with units, nothing decided.

use super::{AuditView, AvoidedLoss, EventView, GateCheckView, ProposalView, Severity};
use crate::{
    governance::{Author, Case, GateVerdict, Stage, gate::Check, policy::Requirement, proposal::words},
    history,
    plant::Plant,
};

/// An event of governance in the runtime's form.
pub(super) fn event(plant: &Plant, e: history::Event) -> EventView {
    let severity = match e.severity {
        history::Severity::Info | history::Severity::Notice => Severity::Info,
        history::Severity::Warning => Severity::Warning,
        history::Severity::Alarm => Severity::Alarm,
    };
    EventView { at: e.at, severity, asset: e.asset.and_then(|a| plant.asset_by_id(&a)), text: e.text, trace: e.trace }
}

/// An audit row as one line.
pub(super) fn audit(row: &history::AuditRow) -> AuditView {
    let body: serde_json::Value = serde_json::from_str(&row.body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_string();
    AuditView {
        seq: row.seq,
        at: row.at_wall,
        kind: row.kind.clone(),
        actor: text("actor"),
        text: text("text"),
        hash: crate::governance::hex(&row.hash).chars().take(12).collect(),
    }
}

/// A case with everything a signer must see.
pub(super) fn proposal(plant: &Plant, case: &Case, verdict: Option<&GateVerdict>, gain: Option<&AvoidedLoss>) -> ProposalView {
    let p = &case.proposal;
    let authority = case.stage.authority();
    let verdict = authority.map(|a| &a.verdict).or(verdict);
    ProposalView {
        id: p.id.to_string(),
        title: p.title.clone(),
        author: match &p.author {
            Author::Agent { cell } => plant.cells.get(cell.index()).map_or_else(|| "agent".into(), |c| format!("agent of {}", c.name)),
            Author::Person { identity } => identity.clone(),
        },
        state: case.stage.name().into(),
        is_open: !case.stage.is_closed(),
        awaits_signature: matches!(case.stage, Stage::Simulated(_)),
        signatures: authority.map_or((0, 0), |a| (needed(&a.ruling.requirement), a.signatures.len() as u32)),
        risk: authority.map_or_else(String::new, |a| format!("{} ({})", a.ruling.because, a.ruling.rule)),
        reason_required: authority.is_some_and(|a| a.ruling.reason_required || a.verdict.supervisor),
        assets: p.targets(),
        commands: p.commands.iter().map(|c| command_line(plant, c)).collect(),
        reasons: p.rationale.reasons.clone(),
        alternatives: p.rationale.alternatives.iter().map(|a| (a.name.clone(), alternative(a.q_value, &a.result))).collect(),
        expected: p.rationale.expected.clone(),
        gate: verdict.map_or_else(Vec::new, |v| v.checks.iter().map(|c| check(plant, c)).collect()),
        verdict: verdict.map_or_else(
            || "being simulated".to_string(),
            |v| v.refusal().unwrap_or_else(|| format!("passed: {} checks hold, probability of harm {:.1} %", v.checks.len(), v.harm * 100.0)),
        ),
        evidence: verdict.map_or_else(String::new, |v| crate::governance::hex(&v.evidence.0)),
        expires: authority.map(|a| a.warrant.expires),
        avoided: gain.cloned(),
        history: case.history.clone(),
        trace: p.trace.clone(),
    }
}

fn needed(r: &Requirement) -> u32 {
    match r {
        // "auto" is for cells in closed loop; whoever waits for a signature waits for one
        Requirement::Auto | Requirement::One => 1,
        Requirement::Two => 2,
        Requirement::Never => 0,
    }
}

fn command_line(plant: &Plant, c: &crate::governance::ProposedCommand) -> String {
    let undo = c.compensation.map_or_else(|| "cannot be undone".to_string(), |u| format!("undone by: {}", words(plant, u)));
    format!("{} · {undo} · effect measured within {}", words(plant, c.action), c.effect.within)
}

fn alternative(q: Option<f64>, result: &str) -> String {
    match q {
        Some(q) if result.is_empty() => format!("Q {q:.0}"),
        Some(q) => format!("Q {q:.0} · {result}"),
        None => result.to_string(),
    }
}

fn check(plant: &Plant, c: &Check) -> GateCheckView {
    let place = c.at.and_then(|a| plant.assets.get(a.index())).map(|a| format!(" at {}", a.name)).unwrap_or_default();
    let number = |v: Option<f64>| {
        v.map_or_else(
            || "—".to_string(),
            |v| {
                // no digits that say nothing: 100 runs, not 100.000
                let digits = format!("{v:.3}");
                let short = digits.trim_end_matches('0').trim_end_matches('.');
                format!("{short} {}", c.unit).trim_end().to_string()
            },
        )
    };
    GateCheckView {
        name: c.name.clone(),
        measured: if c.measured.is_some() { number(c.measured) + &place } else { c.detail.clone() },
        limit: number(c.limit),
        passed: c.passed,
    }
}
