//! Levels: thresholds reached at the exact time, starvation and blocking, conservation of material.

use crate::support::*;
use plantcast::plant::*;
use plantcast::sim::{Cause, Change, Intervention, Mode, Script, Until};
use plantcast::time::{Span, Time};
use proptest::prelude::*;

#[test]
fn a_tank_is_drained_to_a_threshold_and_the_pump_stops_there() {
    // 100 m3, threshold 20 %, net outflow 12 - 5 = 7 m3/h: (100-20)/7 h
    let mut b = Build::new();
    let water = b.material("water");
    let source = b.add("SRC", |a| a.process = Some(process(5.0, &[], &[water])));
    let store = b.add("T", |a| a.storage = Some(tank(water, 100.0, 100.0)));
    let pump = b.add("P", |a| {
        a.process = Some(process(12.0, &[water], &[]));
        a.control = vec![ControlRule {
            id: "low level".into(),
            when: Condition::LevelBelow { asset: AssetId(1), fraction: 0.2 },
            delay: Span::ZERO,
            hysteresis: None,
            then: Effect::Stop,
            via: None,
        }];
    });
    b.link(source, store, water);
    b.link(store, pump, water);
    let model = b.model();
    let outcome = run(&model, &Script::empty(), 1, 0, 20.0);
    let stop = outcome.trace.iter().find(|e| e.asset == pump && matches!(e.what, Change::Mode { to: Mode::Off, .. })).unwrap();
    assert_eq!(stop.at, Time::from_h(80.0 / 7.0));
    assert_eq!(stop.cause, Cause::Control { rule: 0, asset: store });
    // then it fills again at 5 m3/h
    let exact = 20.0 + 5.0 * (20.0 - 80.0 / 7.0);
    assert!((outcome.end.level(&model, store).unwrap() - exact).abs() < 1e-6);
    assert!((outcome.totals.produced[pump.index()] - 12.0 * 80.0 / 7.0).abs() < 1e-6);
}

#[test]
fn an_empty_tank_starves_and_a_full_one_blocks_at_the_exact_time() {
    let mut b = Build::new();
    let m = b.material("bottles");
    let a = b.add("A", |a| a.process = Some(process(60.0, &[], &[m])));
    let s = b.add("BUF", |a| a.storage = Some(tank(m, 100.0, 40.0)));
    let c = b.add("C", |a| a.process = Some(process(60.0, &[m], &[])));
    b.link(a, s, m);
    b.link(s, c, m);
    let model = b.model();
    let fail = |asset, at: f64| (Time::from_h(at), Intervention::Fail { asset, mode: None, until: Until::For(Span::from_h(2.0)) });
    let outcome = run(&model, &Script(vec![fail(a, 1.0), fail(c, 5.0)]), 1, 0, 9.0);
    let change = |asset, to| outcome.trace.iter().find(|e| e.asset == asset && matches!(e.what, Change::Mode { to: t, .. } if t == to)).unwrap();
    assert_eq!(change(c, Mode::Starved).at, Time::from_h(1.0 + 40.0 / 60.0));
    assert_eq!(change(c, Mode::Starved).cause, Cause::Starved { from: vec![s] });
    assert_eq!(change(a, Mode::Failed).cause, Cause::Script(0));
    assert_eq!(change(a, Mode::Blocked).at, Time::from_h(5.0 + 100.0 / 60.0));
    assert_eq!(change(a, Mode::Blocked).cause, Cause::Blocked { by: vec![s] });
}

#[test]
fn consumers_of_an_empty_tank_share_by_priority_then_in_proportion() {
    let mut b = Build::new();
    let m = b.material("water");
    let src = b.add("SRC", |a| a.process = Some(process(50.0, &[], &[m])));
    let s = b.add("T", |a| a.storage = Some(tank(m, 10.0, 0.0)));
    b.link(src, s, m);
    let mut rates = Vec::new();
    for (i, (rate, priority)) in [(20.0, 0), (40.0, 1), (20.0, 1)].into_iter().enumerate() {
        let c = b.add(&format!("C-{i}"), |a| {
            let mut p = process(rate, &[m], &[]);
            p.inputs[0].priority = priority;
            a.process = Some(p);
        });
        b.link(s, c, m);
        rates.push(c);
    }
    let model = b.model();
    let state = plantcast::sim::State::nominal(&model);
    let got: Vec<f64> = rates.iter().map(|c| state.rate_per_h(*c)).collect();
    for (got, exact) in got.iter().zip([20.0, 20.0, 10.0]) {
        assert!((got - exact).abs() < 1e-9, "{got} {exact}");
    }
}

#[test]
fn content_held_too_long_is_lost() {
    let mut b = Build::new();
    let m = b.material("juice");
    let src = b.add("SRC", |a| a.process = Some(process(10.0, &[], &[m])));
    let p = b.add("PAST", |a| {
        let mut x = process(10.0, &[m], &[]);
        x.hold_limit = Some(Span::from_min(30.0));
        x.hold_loss_units = 3.0;
        x.scrap_cost_per_unit = 2.0;
        a.process = Some(x);
    });
    b.link(src, p, m);
    let model = b.model();
    let off = |h: f64, minutes: f64| (Time::from_h(h), Intervention::SupplyOff { asset: src, duration: Span::from_min(minutes) });
    let outcome = run(&model, &Script(vec![off(1.0, 20.0), off(3.0, 40.0)]), 1, 0, 6.0);
    assert_eq!(outcome.totals.lost_hold_units, 3.0);
    assert_eq!(outcome.totals.scrap_cost, 6.0);
}

/// A random line: processes and tanks in a row with side branches.
fn random_line(rates: &[(u8, u16, u16)]) -> Build {
    let mut b = Build::new();
    let m = b.material("m");
    let mut last = b.add("SRC", |a| a.process = Some(process(50.0, &[], &[m])));
    for (i, (kind, x, y)) in rates.iter().enumerate() {
        let (x, y) = (f64::from(*x % 100) + 1.0, f64::from(*y % 50));
        let next = if kind % 2 == 0 {
            b.add(&format!("T-{i}"), |a| a.storage = Some(tank(m, x + 60.0, y)))
        } else {
            b.add(&format!("P-{i}"), |a| {
                let mut p = process(x, &[m], &[m]);
                p.scrap = if kind % 3 == 0 { 0.1 } else { 0.0 };
                a.process = Some(p);
                a.reliability = vec![failing(2.0 + y / 10.0, 0.5, false)];
            })
        };
        b.link(last, next, m);
        if kind % 2 == 0 {
            let side = b.add(&format!("S-{i}"), |a| a.process = Some(process(y + 1.0, &[m], &[])));
            b.link(next, side, m);
        }
        last = next;
    }
    let end = b.add("END", |a| a.process = Some(process(40.0, &[m], &[])));
    b.link(last, end, m);
    b
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn material_is_conserved(rates in proptest::collection::vec((0u8..12, 0u16..1000, 0u16..1000), 1..9), seed in 0u64..1000) {
        let b = random_line(&rates);
        let model = b.model();
        let outcome = run(&model, &Script::empty(), seed, 0, 24.0);
        let start = plantcast::sim::State::nominal(&model);
        let (mut made, mut gone, mut held, mut moved) = (0.0, 0.0, 0.0, 0.0);
        for id in model.plant().asset_ids() {
            if let Some(p) = &model.plant().asset(id).process {
                let units = outcome.totals.produced[id.index()];
                made += if p.inputs.is_empty() { units } else { 0.0 };
                gone += if p.outputs.is_empty() { units } else { units * p.scrap };
                moved += units;
            }
            // a valve between two storages carries no scrap
            held += outcome.end.level(&model, id).unwrap_or(0.0) - start.level(&model, id).unwrap_or(0.0);
        }
        prop_assert!((made - gone - held).abs() <= 1e-9 * (1.0 + moved) + 1e-6, "made {made} gone {gone} held {held}");
    }
}
