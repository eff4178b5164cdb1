//! Sensitivity and search on models where the right answer is known.

use crate::support::{Build, give, need, process};
use plantcast::forecast::{self, Parameter, Request, ResponsePlan, Starts};
use plantcast::plant::{Action, ActionClass, ActionKind, ActionSpec, FailureMode, Hazard, OnShort, Repair};
use plantcast::sim::{Intervention, Script, State, Until};
use plantcast::time::{Span, Time};
use std::sync::Arc;

/// A pump P fails at 1 h and is repaired in exactly 2 h; the process Q earns 10 per unit at 100/h and needs it. Z is beside it all.
fn request() -> Request {
    let mut b = Build::new();
    let m = b.service("m");
    let mode = |repair| FailureMode::new("f", Hazard::Never, repair);
    let pump = b.add("P", |a| {
        a.gives = vec![give(m, 1.0)];
        a.reliability = vec![mode(Repair::Fixed(Span::from_h(2.0)))];
    });
    let q = b.add("Q", |a| {
        a.needs = vec![need(m, 1.0, 0, OnShort::Stop { below: 0.5 })];
        let mut p = process(100.0, &[], &[]);
        p.earns_per_unit = 10.0;
        a.process = Some(p);
        a.actions = vec![ActionSpec { kind: ActionKind::SetRate(0.1), class: ActionClass::Low, cost: 0.0, effect_within: Span::ZERO }];
    });
    b.add("Z", |a| a.reliability = vec![mode(Repair::Fixed(Span::from_h(9.0)))]);
    b.link(pump, q, m);
    let model = Arc::new(b.model());
    Request {
        starts: Starts::One(State::nominal(&model)),
        model,
        warmup: Span::ZERO,
        conditions: Script::empty(),
        script: Script(vec![(Time::from_h(1.0), Intervention::Fail { asset: pump, mode: Some(0), until: Until::Repaired })]),
        responses: Vec::new(),
        horizon: Span::from_h(8.0),
        runs: 10,
        seed: 1,
        threads: 2,
        precision: None,
        story: None,
    }
}

#[test]
fn the_tornado_names_the_repair_time_with_the_exact_effect() {
    let r = request();
    let plant = r.model.plant();
    let assets: Vec<_> = plant.asset_ids().collect();
    let s = forecast::sensitivity(&r, &assets, 0.2).expect("the test is set up right");
    // 2 h at 100/h and 10 each: the outage costs 2000; ± 20 % of the repair or of Q's rate is ± 400
    assert!((s.answer.mean + 2000.0).abs() < 1e-6, "{:?}", s.answer);
    let row = |id: &str, p| s.rows.iter().find(|x| plant.asset(x.asset).id == id && x.parameter == p);
    let repair = row("P", Parameter::RepairTime).expect("the test is set up right");
    assert!((repair.smaller.mean - 400.0).abs() < 1e-6 && (repair.larger.mean + 400.0).abs() < 1e-6, "{repair:?}");
    let rate = row("Q", Parameter::Capacity).expect("the test is set up right");
    assert!((rate.smaller.mean - 400.0).abs() < 1e-6 && (rate.larger.mean + 400.0).abs() < 1e-6, "{rate:?}");
    let beside = row("Z", Parameter::RepairTime).expect("the test is set up right");
    assert_eq!((beside.smaller.mean, beside.larger.mean), (0.0, 0.0));
    assert!(row("P", Parameter::TimeToFailure).is_none() && row("Z", Parameter::Stock).is_none(), "what it has not is not varied");
    assert!(s.rows[0].smaller.mean.abs() > 399.0 && s.rows.last().expect("the test is set up right").smaller.mean == 0.0, "widest first");
}

#[test]
fn the_search_finds_the_best_of_many_and_looks_at_it_afresh() {
    let mut r = request();
    let q = r.model.plant().asset_by_id("Q").expect("the test is set up right");
    // each plan slows Q down from some hour on: the later and the less, the better; one costs nothing at all
    let plan = |h: f64, x: f64| ResponsePlan {
        id: format!("{h}-{x}"),
        name: format!("{h} {x}"),
        actions: vec![(Time::from_h(h), Action { asset: q, kind: ActionKind::SetRate(x) })],
        extra_cost: 1.0,
    };
    let plans: Vec<ResponsePlan> = (0..40).map(|i| plan(0.2 * f64::from(i), 0.3 + 0.01 * f64::from(i % 7))).chain([plan(7.9, 1.0)]).collect();
    r.runs = 1;
    let found = forecast::search(&r, plans, 4000).expect("the test is set up right");
    assert_eq!(found.plan.id, "7.9-1", "{:?}", found.rounds.last());
    assert!((found.fresh.mean + 1.0).abs() < 1e-6, "only its extra cost: {:?}", found.fresh);
    assert!(found.spent <= 4000 * 12 / 10 && found.rounds.len() == 6, "{} {}", found.spent, found.rounds.len());
    assert!(found.rounds.windows(2).all(|w| w[1].candidates == w[0].candidates.div_ceil(2)));
}

#[test]
fn plans_grow_by_delays_and_pairs_without_repeating() {
    let r = request();
    let q = r.model.plant().asset_by_id("Q").expect("the test is set up right");
    let plan = |id: &str, h: f64, x: f64| ResponsePlan {
        id: id.into(),
        name: id.into(),
        actions: vec![(Time::from_h(h), Action { asset: q, kind: ActionKind::SetRate(x) })],
        extra_cost: 1.0,
    };
    let grown = forecast::grown(&[plan("a", 1.0, 0.5), plan("b", 2.0, 0.6)], &[Span::from_h(1.0), Span::from_h(7.5)], Span::from_h(8.0));
    let ids: Vec<&str> = grown.iter().map(|p| p.id.as_str()).collect();
    // 7.5 h later is beyond the horizon; a&b at once and with b an hour later
    assert_eq!(ids, ["a", "b", "a+1h", "b+1h", "a&b", "a&b+1h"]);
    assert_eq!(grown[4].extra_cost, 2.0);
}
