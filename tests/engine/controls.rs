//! Control rules in time: own hysteresis and delay to the microsecond, cascades through rules on running, a controller that is
//! away when the rule is due.

use crate::support::*;
use plantcast::plant::*;
use plantcast::sim::{Change, Intervention, Mode, RunOutcome, Script, Until};
use plantcast::time::{Span, Time};

fn rule(when: Condition, then: Effect) -> ControlRule {
    ControlRule { id: "r".into(), when, delay: Span::ZERO, hysteresis: None, then, via: None }
}

fn changes(outcome: &RunOutcome, id: AssetId) -> Vec<(Time, Mode)> {
    outcome
        .trace
        .iter()
        .filter(|e| e.asset == id)
        .filter_map(|e| if let Change::Mode { to, .. } = e.what { Some((e.at, to)) } else { None })
        .collect()
}

#[test]
fn a_rule_waits_its_delay_and_ends_at_its_own_hysteresis() {
    // 100 m3 drained at 12 and filled at 5: 20 m3 after 80/7 h; inhibited 30 min later at 16.5; back at 30 after 2.7 h
    let mut b = Build::new();
    let m = b.material("water");
    let source = b.add("SRC", |a| a.process = Some(process(5.0, &[], &[m])));
    let store = b.add("T", |a| a.storage = Some(tank(m, 100.0, 100.0)));
    let pump = b.add("P", |a| {
        a.process = Some(process(12.0, &[m], &[]));
        let low = Condition::LevelBelow { asset: AssetId(1), fraction: 0.2 };
        a.control = vec![ControlRule { delay: Span::from_min(30.0), hysteresis: Some(0.1), ..rule(low, Effect::Inhibit) }];
    });
    b.link(source, store, m);
    b.link(store, pump, m);
    let outcome = run(&b.model(), &Script::empty(), 1, 0, 15.0);
    let got = changes(&outcome, pump);
    assert_eq!(got.len(), 2, "{got:?}");
    assert_eq!(got[0], (Time::from_h(80.0 / 7.0) + Span::from_min(30.0), Mode::Inhibited));
    assert!(((got[1].0 - got[0].0).h() - 2.7).abs() < 1e-6 && got[1].1 == Mode::Running, "{got:?}");
}

#[test]
fn a_condition_that_ends_within_the_delay_does_nothing() {
    // the level dips below 20 for 12 min only: the script stops the drain
    let mut b = Build::new();
    let m = b.material("water");
    let source = b.add("SRC", |a| a.process = Some(process(5.0, &[], &[m])));
    let store = b.add("T", |a| a.storage = Some(tank(m, 100.0, 27.0)));
    let drain = b.add("D", |a| a.process = Some(process(12.0, &[m], &[])));
    let watcher = b.add("W", |a| {
        let low = Condition::LevelBelow { asset: AssetId(1), fraction: 0.2 };
        a.control = vec![ControlRule { delay: Span::from_min(30.0), hysteresis: Some(0.001), ..rule(low, Effect::Trip) }];
    });
    b.link(source, store, m);
    b.link(store, drain, m);
    let off = |at: f64, minutes: f64| (Time::from_h(at), Intervention::Fail { asset: drain, mode: None, until: Until::For(Span::from_min(minutes)) });
    let brief = run(&b.model(), &Script(vec![off(1.1, 600.0)]), 1, 0, 5.0);
    assert!(changes(&brief, watcher).is_empty());
    let long = run(&b.model(), &Script(vec![off(1.6, 600.0)]), 1, 0, 5.0);
    assert_eq!(changes(&long, watcher), vec![(Time::from_h(1.5), Mode::Tripped)]);
}

#[test]
fn rules_cascade_and_wait_for_their_controller() {
    // 50 m3 drained at 10: at 40 m3 (1 h) the pump starts; running it starts a fan after 2 min through the PLC; the fan limits
    // the drain to half. The PLC is away from 0.5 to 2 h, so that the cascade goes on at 2 h.
    let mut b = Build::new();
    let m = b.material("water");
    let store = b.add("T", |a| a.storage = Some(tank(m, 100.0, 50.0)));
    let plc = b.add("PLC", |_| ());
    let pump = b.add("P", |a| {
        a.initial = InitialMode::Off;
        a.control = vec![rule(Condition::LevelBelow { asset: AssetId(0), fraction: 0.4 }, Effect::Start)];
    });
    let fan = b.add("FAN", |a| {
        a.initial = InitialMode::Off;
        let on = rule(Condition::Running { asset: AssetId(2) }, Effect::Start);
        a.control = vec![ControlRule { delay: Span::from_min(2.0), via: Some(AssetId(1)), ..on }];
    });
    let drain = b.add("D", |a| {
        a.process = Some(process(10.0, &[m], &[]));
        a.control = vec![rule(Condition::Running { asset: AssetId(3) }, Effect::SetRate(0.5))];
    });
    b.link(store, drain, m);
    let model = b.model();
    let away = Intervention::Fail { asset: plc, mode: None, until: Until::For(Span::from_h(1.5)) };
    let outcome = run(&model, &Script(vec![(Time::from_h(0.5), away)]), 1, 0, 3.0);
    assert_eq!(changes(&outcome, pump), vec![(Time::from_h(1.0), Mode::Running)]);
    assert_eq!(changes(&outcome, fan), vec![(Time::from_h(2.0), Mode::Running)]);
    assert!((outcome.end.level(&model, store).unwrap() - (50.0 - 20.0 - 5.0)).abs() < 1e-6);
    let present = run(&model, &Script::empty(), 1, 0, 3.0);
    assert_eq!(changes(&present, fan), vec![(Time::from_h(1.0) + Span::from_min(2.0), Mode::Running)]);
}

#[test]
fn every_rule_of_a_crossing_acts_though_the_first_stops_the_level() {
    // found by the heated-tank benchmark: at 20 m3 the drain stops and the fill starts; whichever rule is looked at first,
    // the other must not see a level that stands exactly on its threshold and was never crossed
    for fill_first in [true, false] {
        for coupled in [true, false] {
            let mut b = Build::new();
            let m = b.material("water");
            let store = b.add("T", |a| {
                a.storage = Some(tank(m, 100.0, 50.0));
                if coupled {
                    a.thermal = Some(Thermal {
                        capacity_kj_per_k: 1.0,
                        exchange_kw_per_k: 0.0,
                        heat_kw: 1.0,
                        initial_c: 20.0,
                        setpoint_c: 500.0,
                        trip_c: 900.0,
                        reset_c: 800.0,
                        auto_reset: false,
                    });
                    a.coupling.mixing = Some(Mixing { kj_per_k_per_unit: 4180.0, inflow_c: None });
                }
            });
            let low = Condition::LevelBelow { asset: store, fraction: 0.2 };
            let fill = |b: &mut Build| {
                b.add("FILL", |a| {
                    a.initial = InitialMode::Off;
                    a.process = Some(process(5.0, &[], &[m]));
                    a.control = vec![rule(low, Effect::Start)];
                })
            };
            let early = fill_first.then(|| fill(&mut b));
            let drain = b.add("DRAIN", |a| {
                a.process = Some(process(10.0, &[m], &[]));
                a.control = vec![rule(low, Effect::Stop)];
            });
            let fill = early.unwrap_or_else(|| fill(&mut b));
            b.link(fill, store, m);
            b.link(store, drain, m);
            let outcome = run(&b.model(), &Script::empty(), 1, 0, 4.0);
            assert_eq!(changes(&outcome, drain), vec![(Time::from_h(3.0), Mode::Off)]);
            assert_eq!(changes(&outcome, fill), vec![(Time::from_h(3.0), Mode::Running)], "fill first {fill_first}, coupled {coupled}");
        }
    }
}
