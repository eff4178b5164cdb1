//! The steps of the story, each waiting until the twin itself shows that it happened.

use super::{
    super::{
        CliError,
        audit::{VerifyArgs, verify_folder},
        code,
        live::Live,
    },
    DemoArgs,
    report::{Report, seconds, stamp},
};
use crate::{
    plant::{AssetId, Plant},
    scenario::Scenario,
    sim::{Intervention, Mode, Until},
    time::Span,
    twin::{LiveView, ProposalView, TwinCommand},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Approvals that may go stale before the demo gives up.
const ATTEMPTS: usize = 4;
/// State of a case whose approval no longer fits the plant.
const STALE: &str = "stale";
/// Plant time of normal running before the outage, at least; long enough for a first verdict on fidelity.
const WARM_UP_MIN: f64 = 20.0;
/// How long a poor verdict may take to become good.
const SETTLE: Duration = Duration::from_secs(75);
/// Rate after the warm-up, at most: commands, acknowledgements and effects then stay seconds apart.
const STORY_RATE: f64 = 40.0;

/// Tells the story up to the verified (or compensated) command.
///
/// # Errors
/// The step that did not happen within its time.
pub fn tell(live: &mut Live, args: &DemoArgs, report: &mut Report) -> Result<(), CliError> {
    let plant = live.plant.clone();
    let lost = plant
        .asset_by_id(&args.lose)
        .ok_or_else(|| CliError::invalid(format!("the scene has no asset {:?}; --lose takes an asset id", args.lose)))?;
    report.step("plant", format!("{} · {} assets, {} tags, {} cells", plant.name, plant.assets.len(), plant.tags.len(), plant.cells.len()));
    live_telemetry(live, report)?;
    warm_up(live, args, report)?;
    outage(live, lost, &plant, report)?;
    forecast(live, lost, &plant, args, report)?;
    let mut over: Vec<String> = Vec::new();
    while over.len() < ATTEMPTS {
        let proposal = proposal(live, &plant, &over, report)?;
        sign(live, &proposal, report)?;
        if follow(live, &proposal, args, report)? {
            return Ok(());
        }
        report.step("stale", "the state left what was signed, so nothing was sent; the agent proposes anew from the present state");
        over.push(proposal.id);
    }
    Err(CliError::failed(format!("{ATTEMPTS} approvals went stale before they left: this machine is too busy for {STORY_RATE} times real time")))
}

/// Waits until `seen` answers from the newest view.
fn wait<T>(live: &Live, what: &str, limit_s: u64, mut seen: impl FnMut(&LiveView) -> Option<T>) -> Result<(T, Duration), CliError> {
    let start = now();
    loop {
        if let Some(t) = seen(&live.twin.view()) {
            return Ok((t, start.elapsed()));
        }
        if !live.twin.is_running() {
            return Err(CliError::failed(format!("{what}: the twin's thread has ended")));
        }
        if start.elapsed() > Duration::from_secs(limit_s) {
            let view = live.twin.view();
            return Err(CliError::failed(format!(
                "{what} did not happen within {limit_s} s (link {}, {} messages, fidelity {})",
                view.link.status, view.intake.received, view.fidelity.evidence
            )));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[expect(clippy::disallowed_methods, reason = "the demo runs at the edge and measures wall time")]
fn now() -> Instant {
    Instant::now()
}

fn live_telemetry(live: &Live, report: &mut Report) -> Result<(), CliError> {
    let observed: Vec<AssetId> = live.plant.asset_ids().filter(|a| live.plant.tags.iter().any(|t| t.asset == *a)).collect();
    let (_, took) = wait(live, "live telemetry for every asset", 30, |v| {
        let fresh = observed.iter().all(|a| v.assets.get(a.index()).is_some_and(|a| !a.stale));
        (v.link.status == "online" && fresh).then_some(())
    })?;
    let view = live.twin.view();
    report.step("live", format!("{} online after {}; all {} observed assets fresh", view.link.url, seconds(took), observed.len()));
    Ok(())
}

fn warm_up(live: &Live, args: &DemoArgs, report: &mut Report) -> Result<(), CliError> {
    let began = live.twin.view().now;
    // a first verdict may be poor while the filters settle: give it time to become good, then go on with what it is
    let patience = now();
    let (_, took) = wait(live, "a verdict on fidelity", 150, |v| {
        let long_enough = v.now - began >= Span::from_min(WARM_UP_MIN);
        let settled = v.fidelity.evidence == "good" || (v.fidelity.evidence == "poor" && patience.elapsed() > SETTLE);
        (long_enough && settled).then_some(())
    })?;
    live.clock.set_rate(args.rate.min(STORY_RATE));
    let view = live.twin.view();
    let f = &view.fidelity;
    report.step(
        "warm-up",
        format!("{:.0} plant minutes in {}: {} predictions scored, evidence {}", (view.now - began).min(), seconds(took), f.scored, f.evidence),
    );
    let i = view.intake;
    report.detail(format!(
        "received {} = accepted {} + quarantined {} + rejected {} + dropped {}",
        i.received, i.accepted, i.quarantined, i.rejected, i.dropped
    ));
    report.figure("fidelity", f.evidence.clone());
    report.figure("fidelity_scored", f.scored);
    report.figure("intake", serde_json::to_value(i).unwrap_or_default());
    report.figure("intake_balanced", i.received == i.accepted + i.quarantined + i.rejected + i.dropped);
    Ok(())
}

fn outage(live: &mut Live, lost: AssetId, plant: &Plant, report: &mut Report) -> Result<(), CliError> {
    let name = plant.asset(lost).name.clone();
    live.inject(Intervention::Fail { asset: lost, mode: Some(0), until: Until::Repaired })?;
    let (mode, took) = wait(live, "the twin noticing the outage", 20, |v| {
        let a = &v.assets[lost.index()];
        matches!(a.mode, Mode::Failed | Mode::InRepair).then_some((a.mode, a.mode_probability))
    })?;
    report.step(
        "outage",
        format!("{name} lost in the plant; the twin believes {} with {:.1} % after {}", mode.0.name(), mode.1 * 100.0, seconds(took)),
    );
    report.figure("noticed_s", took.as_secs_f64());
    Ok(())
}

fn forecast(live: &Live, lost: AssetId, plant: &Arc<Plant>, args: &DemoArgs, report: &mut Report) -> Result<(), CliError> {
    let scenario = Scenario::live_outage(plant, lost, args.runs, args.seed);
    let before = live.twin.view().forecast.answer.as_ref().map(|f| f.hash);
    if !live.twin.send(TwinCommand::RunForecast(Box::new(scenario))) {
        return Err(CliError::failed("the twin does not take commands"));
    }
    let (answer, _) = wait(live, "the forecast", 120, |v| {
        if let Some(e) = &v.forecast.error {
            return Some(Err(e.clone()));
        }
        v.forecast.answer.clone().filter(|f| Some(f.hash) != before).map(Ok)
    })?;
    let answer = answer.map_err(|e| CliError::failed(format!("forecast: {e}")))?;
    let view = live.twin.view();
    let nothing = &answer.alternatives[0];
    report.step("forecast", format!("{} paired futures over {} in {:.2} s", answer.runs, answer.horizon, view.forecast.took_s));
    for i in nothing.impacts.iter().take(6) {
        let onset = i.time_to_impact.as_ref().map_or(String::new(), |q| format!(", median onset {:.0} min", q.q50 * 60.0));
        report.detail(format!(
            "{:24} {:5.1} % ({} of {}; {:.1}–{:.1} %){onset}",
            plant.asset(i.asset).name,
            i.probability * 100.0,
            i.count,
            answer.runs,
            i.low * 100.0,
            i.high * 100.0
        ));
    }
    report.figure("forecast_runs", answer.runs);
    report.figure("forecast_s", view.forecast.took_s);
    report.figure("impacted_assets", nothing.impacts.len());
    Ok(())
}

/// The next proposal that awaits a signature; those in `before` are over.
fn proposal(live: &Live, plant: &Plant, before: &[String], report: &mut Report) -> Result<ProposalView, CliError> {
    let (p, took) = wait(live, "a proposal that awaits a signature", 120, |v| {
        v.proposals.iter().find(|p| p.awaits_signature && !before.contains(&p.id)).cloned().map(Ok).or_else(|| {
            if !before.is_empty() {
                return None;
            }
            // every proposal so far was turned down: say why instead of waiting
            let all_denied = !v.proposals.is_empty() && v.proposals.iter().all(|p| p.state.starts_with("denied") || p.state == "refused");
            all_denied.then(|| Err(v.proposals.iter().map(|p| format!("{}: {}", p.title, p.verdict)).collect::<Vec<_>>().join("; ")))
        })
    })?;
    let p = p.map_err(|why| CliError::new(code::GATE_REJECTED, format!("the gate passed no proposal: {why}")))?;
    report.step("proposal", format!("{} — by {} after {}", p.title, p.author, seconds(took)));
    for r in &p.reasons {
        report.detail(format!("because {r}"));
    }
    for (name, value) in p.alternatives.iter().take(4) {
        report.detail(format!("alternative: {name}: {value}"));
    }
    for e in &p.expected {
        report.detail(format!("expected: {e}"));
    }
    report.step("gate", &p.verdict);
    for c in &p.gate {
        report.detail(format!("{} {}: {} (limit {})", if c.passed { "pass" } else { "FAIL" }, c.name, c.measured, c.limit));
    }
    report.figure("proposal", p.title.clone());
    report.figure("proposal_assets", p.assets.iter().map(|a| plant.asset(*a).id.clone()).collect::<Vec<_>>());
    report.figure("gate_checks", p.gate.len());
    report.figure("risk", p.risk.clone());
    Ok(p)
}

fn sign(live: &Live, proposal: &ProposalView, report: &mut Report) -> Result<(), CliError> {
    let (needed, _) = proposal.signatures;
    for signer in live.signers.iter().take(needed.max(1) as usize) {
        let sent = live.twin.send(TwinCommand::Approve {
            proposal: proposal.id.clone(),
            identity: signer.name.clone(),
            password: signer.password.clone(),
            reason: "demo: evidence read; the standby is healthy and the outage is confirmed".into(),
        });
        if !sent {
            return Err(CliError::failed("the twin does not take commands"));
        }
        report.step(
            "signature",
            format!("{} ({}) signs evidence {}", signer.name, signer.role, proposal.evidence.chars().take(16).collect::<String>()),
        );
    }
    wait(live, "the approved command leaving", 60, |v| {
        let p = v.proposals.iter().find(|p| p.id == proposal.id)?;
        if p.awaits_signature || p.state == "simulated" || p.state == "approved" {
            return None;
        }
        Some(())
    })?;
    Ok(())
}

/// Follows a signed proposal to its end; `false` when the approval went stale before it left and a new one is needed.
fn follow(live: &Live, proposal: &ProposalView, args: &DemoArgs, report: &mut Report) -> Result<bool, CliError> {
    let mut shown = 0;
    let ends = ["verified", "rolled back", "rejected", "expired", "refused", "reconciled", "denied", "void", STALE];
    let (state, took) = wait(live, "the end of the command's life", 180, |v| {
        let p = v.proposals.iter().find(|p| p.id == proposal.id)?;
        for (at, what) in p.history.iter().skip(shown) {
            report.detail(format!("{}  {what}", stamp(*at)));
        }
        shown = shown.max(p.history.len());
        ends.iter().any(|e| p.state.starts_with(e)).then(|| p.state.clone())
    })?;
    if state.starts_with(STALE) {
        return Ok(false);
    }
    report.step("command", format!("{state} after {} · the plant executed {} command(s)", seconds(took), live.executed()));
    report.figure("outcome", state.clone());
    report.figure("executed_commands", live.executed());
    let wanted = if args.lie { "rolled back" } else { "verified" };
    if !state.starts_with(wanted) {
        return Err(CliError::failed(format!("the command ended as {state:?}, not {wanted:?}")));
    }
    if args.lie {
        report.step("lie", "the plant acknowledged without acting; the missing effect was noticed and compensation was sent");
    } else if let Some(avoided) = avoided_loss(live, proposal) {
        report.step("avoided", &avoided.0);
        report.figure("avoided_loss", avoided.1);
    }
    Ok(true)
}

/// The expected gain against doing nothing, as simulated for this very proposal.
fn avoided_loss(live: &Live, proposal: &ProposalView) -> Option<(String, f64)> {
    let view = live.twin.view();
    let p = view.proposals.iter().find(|p| p.id == proposal.id)?;
    p.avoided.as_ref().map(|a| {
        (
            format!(
                "{:.0} {} expected over the horizon (95 %: {:.0} to {:.0}), better in {:.0} % of paired futures",
                a.mean,
                a.currency,
                a.low,
                a.high,
                a.probability_better * 100.0
            ),
            a.mean,
        )
    })
}

/// Checks the closed audit log of the demo.
///
/// # Errors
/// Exit code 13 when the chain does not hold.
pub fn verify_audit(live: &Live, report: &mut Report) -> Result<(), CliError> {
    let args = VerifyArgs { data_dir: Some(live.data_dir.clone()), public_key: None, checkpoints: None, at_least: 0, json: false };
    let r = verify_folder(&args)?;
    let verified = format!("intact: {} records, {} signed checkpoints, signed for up to record {}", r.records, r.checkpoints, r.sealed_to);
    report.figure("audit_records", r.records);
    report.step("audit", &verified);
    report.figure("audit", verified);
    Ok(())
}
