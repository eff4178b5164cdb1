//! Cascades with exact probabilities: an outage that outlasts a buffer, and the diamond A → {B, C} → D.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Cause, Intervention, Model, RunOptions, Script, State, Until, simulate};
use plantcast::time::{Span, Time};

/// Runs per probability, over six seeds. Eight statements are made here: each interval is 3.5 standard errors (99.95 %).
const RUNS: u64 = 48_000;

/// Share of runs in which `asset` loses service, under the script.
fn probability(model: &Model, script: &Script, asset: AssetId, hours: f64) -> f64 {
    let options = RunOptions { horizon: Span::from_h(hours), sample_every: None, trace: false };
    let start = State::nominal(model);
    let outcome = |r: u64| simulate(model, &start, script, Draws::new(21 + r % 6, r), &options).expect("the run settles");
    let hit = |r| outcome(r).service.iter().any(|s| s.asset == asset && s.at > Time::ZERO && s.service == 0.0);
    (0..RUNS).filter(|r| hit(*r)).count() as f64 / RUNS as f64
}

fn within(p: f64, exact: f64) {
    let error = (exact * (1.0 - exact) / RUNS as f64).sqrt();
    assert!((p - exact).abs() < 3.5 * error, "{p} ± {error}, exact {exact}");
}

fn breaks(asset: AssetId) -> Script {
    Script(vec![(Time::from_h(1.0), Intervention::Fail { asset, mode: Some(0), until: Until::Repaired })])
}

/// Repair exponential with mean 10 h, no failures of its own.
fn fragile(a: &mut Asset) {
    a.reliability = vec![FailureMode { hazard: Hazard::Never, ..failing(1.0, 10.0, false) }];
}

#[test]
fn an_outage_outlasts_a_buffer_with_the_exact_probability() {
    let mut b = Build::new();
    let m = b.material("feed");
    let feed = b.add("FEED", |a| {
        fragile(a);
        a.process = Some(process(10.0, &[], &[m]));
    });
    let buffer = b.add("BUF", |a| a.storage = Some(tank(m, 100.0, 50.0)));
    let user = b.add("USER", |a| a.process = Some(process(10.0, &[m], &[])));
    b.link(feed, buffer, m);
    b.link(buffer, user, m);
    // 50 units at 10/h: T = 5 h; P(repair > 5 h) = exp(-0.5)
    within(probability(&b.model(), &breaks(feed), user, 200.0), (-0.5f64).exp());
}

/// A feeds B and C from its own tanks of 5 h and 8 h; B and C deliver through buffers of 2 h and 4 h to D, which needs both.
fn diamond() -> (Build, [AssetId; 4]) {
    let mut b = Build::new();
    let (x, y, p, q) = (b.material("x"), b.material("y"), b.material("p"), b.material("q"));
    let a = b.add("A", |s| {
        fragile(s);
        s.process = Some(process(10.0, &[], &[x, y]));
    });
    let left = b.add("B", |s| {
        fragile(s);
        s.process = Some(process(10.0, &[x], &[p]));
    });
    let right = b.add("C", |s| {
        fragile(s);
        s.process = Some(process(10.0, &[y], &[q]));
    });
    let d = b.add("D", |s| s.process = Some(process(10.0, &[p, q], &[])));
    for (id, medium, hours, from, to) in [("TX", x, 5.0, a, left), ("TY", y, 8.0, a, right), ("TP", p, 2.0, left, d), ("TQ", q, 4.0, right, d)] {
        let t = b.add(id, |s| s.storage = Some(tank(medium, 10.0 * hours, 10.0 * hours)));
        b.link(from, t, medium);
        b.link(t, to, medium);
    }
    (b, [a, left, right, d])
}

#[test]
fn the_diamond_has_its_exact_impact_probabilities() {
    let (b, [a, left, right, d]) = diamond();
    let model = b.model();
    // all tanks full: A down for R ~ Exp(10). B stops when R > 5; D when R > 5 + 2 (path B comes before 8 + 4); and then C
    // is blocked at once by its full buffer, before its own tank is empty after 8
    let script = breaks(a);
    within(probability(&model, &script, left, 200.0), (-0.5f64).exp());
    within(probability(&model, &script, right, 200.0), (-0.7f64).exp());
    within(probability(&model, &script, d, 200.0), (-0.7f64).exp());
    // two independent outages at once, B and C: D survives when both repairs are shorter than their buffers
    let both = Script([breaks(left).0, breaks(right).0].concat());
    within(probability(&model, &both, d, 200.0), 1.0 - (1.0 - (-0.2f64).exp()) * (1.0 - (-0.4f64).exp()));
}

#[test]
fn the_recorded_cause_leads_back_to_the_root() {
    let (b, [a, left, _, d]) = diamond();
    let model = b.model();
    let run = (0..100)
        .map(|r| run(&model, &breaks(a), 22, r, 200.0))
        .find(|o| o.service.iter().any(|s| s.asset == d && s.at > Time::ZERO && s.service == 0.0));
    let run = run.expect("one of 100 outlasts");
    let cause_of = |asset: AssetId| run.service.iter().find(|s| s.asset == asset && s.service < 1.0).map(|s| s.cause.clone()).unwrap();
    let (tp, tx) = (AssetId(6), AssetId(4));
    assert_eq!(cause_of(d), Cause::Starved { from: vec![tp] });
    assert_eq!(cause_of(tp), Cause::Starved { from: vec![left] });
    assert_eq!(cause_of(left), Cause::Starved { from: vec![tx] });
    assert_eq!(cause_of(tx), Cause::Starved { from: vec![a] });
    assert_eq!(cause_of(a), Cause::Script(0));
}
