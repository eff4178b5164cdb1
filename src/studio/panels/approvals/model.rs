//! The queue and one proposal in full, as text.

use crate::studio::{format, panels::Source, status, theme::Tone};
use crate::twin::ProposalView;
use serde::Serialize;

/// One line of the queue.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct QueueRow {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// State icon, word, meaning.
    pub state: (&'static str, String, Tone),
    /// Waits for a signature.
    pub waits: bool,
}

/// One check of the gate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Check {
    /// Name.
    pub name: String,
    /// What was measured against which limit.
    pub measured: String,
    /// The limit.
    pub limit: String,
    /// Holds.
    pub passed: bool,
}

/// One proposal in full.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Detail {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Author, signatures, trace.
    pub by: String,
    /// State icon, word, meaning.
    pub state: (&'static str, String, Tone),
    /// Waits for a signature.
    pub waits: bool,
    /// Time left, and its meaning; empty when it does not expire.
    pub expiry: (String, Tone),
    /// It has expired.
    pub expired: bool,
    /// Risk class and its rule.
    pub risk: String,
    /// A typed reason is required.
    pub reason_required: bool,
    /// Assets it touches.
    pub assets: Vec<(crate::plant::AssetId, String)>,
    /// What the twin believes about them now, one line each.
    pub situation: Vec<(String, Tone)>,
    /// Commands and compensations.
    pub commands: Vec<String>,
    /// Reasons.
    pub reasons: Vec<String>,
    /// Alternatives with their value.
    pub alternatives: Vec<(String, String)>,
    /// Expected effect.
    pub expected: Vec<String>,
    /// Simulated gain: text and meaning.
    pub gain: Option<(String, Tone)>,
    /// Checks of the gate.
    pub checks: Vec<Check>,
    /// Every check holds.
    pub gate_open: bool,
    /// The gate has spoken.
    pub gate_known: bool,
    /// Verdict.
    pub verdict: String,
    /// Hash of the evidence, shortened.
    pub evidence: String,
    /// Life so far.
    pub history: Vec<(String, String)>,
}

/// The panel.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Waiting ones first, then newest first.
    pub queue: Vec<QueueRow>,
    /// The chosen one.
    pub detail: Option<Detail>,
    /// Who may sign: name, role.
    pub identities: Vec<(String, String)>,
    /// Who holds.
    pub hold: Option<String>,
    /// How to sign in a session with demo identities.
    pub hint: &'static str,
}

/// The embedded session's identities exist for showing only; their password is no secret.
const DEMO_HINT: &str = "Demo identities sign with the password plantcast-demo";

/// Gathers the queue and the proposal `chosen` (the first of the queue when there is none of that id).
pub fn gather(src: &Source<'_>, chosen: &str) -> Model {
    let mut proposals: Vec<&ProposalView> = src.live.proposals.iter().rev().collect();
    proposals.sort_by_key(|p| !p.awaits_signature);
    let shown = proposals.iter().find(|p| p.id == chosen).or_else(|| proposals.first());
    Model {
        detail: shown.map(|p| detail(src, p)),
        queue: proposals.iter().map(|p| QueueRow { id: p.id.clone(), title: p.title.clone(), state: state(p), waits: p.awaits_signature }).collect(),
        identities: src.live.identities.clone(),
        hold: src.live.hold.clone(),
        hint: if src.desk.demo { DEMO_HINT } else { "" },
    }
}

fn state(p: &ProposalView) -> (&'static str, String, Tone) {
    let (icon, tone) = status::proposal(&p.state);
    if p.awaits_signature {
        return (egui_phosphor::regular::SIGNATURE, "to sign".into(), Tone::Accent);
    }
    (icon, p.state.clone(), tone)
}

fn detail(src: &Source<'_>, p: &ProposalView) -> Detail {
    let left_s = p.expires.map(|e| e.since_s(src.live.monotonic));
    let expired = left_s.is_some_and(|s| s <= 0.0);
    let trace: String = p.trace.chars().take(8).collect();
    Detail {
        id: p.id.clone(),
        title: p.title.clone(),
        by: format!("by {} · {} of {} signatures · trace {trace}", p.author, p.signatures.1, p.signatures.0),
        state: state(p),
        waits: p.awaits_signature,
        expiry: expiry(left_s, p.awaits_signature),
        expired,
        risk: p.risk.clone(),
        reason_required: p.reason_required,
        assets: p.assets.iter().map(|a| (*a, src.plant.asset(*a).id.clone())).collect(),
        situation: p.assets.iter().filter_map(|a| situation(src, *a)).collect(),
        commands: p.commands.clone(),
        reasons: p.reasons.clone(),
        alternatives: p.alternatives.clone(),
        expected: p.expected.clone(),
        gain: p.avoided.as_ref().map(gain),
        checks: p
            .gate
            .iter()
            .map(|g| Check { name: g.name.clone(), measured: g.measured.clone(), limit: g.limit.clone(), passed: g.passed })
            .collect(),
        gate_open: !p.gate.is_empty() && p.gate.iter().all(|g| g.passed),
        gate_known: !p.gate.is_empty(),
        verdict: p.verdict.clone(),
        evidence: p.evidence.chars().take(16).collect(),
        history: p.history.iter().map(|(t, what)| (format::clock(*t), what.clone())).collect(),
    }
}

fn expiry(left_s: Option<f64>, waits: bool) -> (String, Tone) {
    match left_s {
        Some(s) if waits && s > 0.0 => {
            let text = format!("expires in {}:{:02}", s as u64 / 60, s as u64 % 60);
            (text, if s < 60.0 { Tone::Warning } else { Tone::Plain })
        }
        Some(s) if s <= 0.0 && waits => ("expired".into(), Tone::Warning),
        _ => (String::new(), Tone::Weak),
    }
}

fn situation(src: &Source<'_>, asset: crate::plant::AssetId) -> Option<(String, Tone)> {
    let v = src.live.assets.get(asset.index())?;
    let (_, word, tone) = status::mode(v.mode);
    let a = src.plant.asset(asset);
    let age = format::duration(v.data_age);
    Some((format!("{} {}: {word}, data {age} old, drift {}, fidelity {}", a.id, a.name, format::number(v.drift), v.fidelity), tone))
}

fn gain(g: &crate::twin::AvoidedLoss) -> (String, Tone) {
    let m = |x| format::money_signed(x, &g.currency);
    let tone = if g.low > 0.0 {
        Tone::Better
    } else if g.high < 0.0 {
        Tone::Warning
    } else {
        Tone::Plain
    };
    (
        format!(
            "{} against doing nothing ({} to {}), better in {} of futures",
            m(g.mean),
            m(g.low),
            m(g.high),
            format::percent(g.probability_better)
        ),
        tone,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn what_waits_comes_first_with_its_countdown() {
        let mut f = Fixture::live();
        let m = gather(&f.source(), "");
        assert!(m.queue[0].waits && m.queue.len() == f.live.proposals.len());
        let d = m.detail.expect("one");
        assert!(d.gate_open && d.expiry.0.starts_with("expires in "), "{:?}", d.expiry);
        f.live.monotonic = f.live.monotonic.plus_s(1e6);
        let d = gather(&f.source(), "").detail.expect("one");
        assert!(d.expired && d.expiry.0 == "expired");
        f.live.proposals[0].gate[0].passed = false;
        let id = f.live.proposals[0].id.clone();
        assert!(!gather(&f.source(), &id).detail.expect("one").gate_open);
    }
}
