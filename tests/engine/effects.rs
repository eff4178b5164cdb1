//! What failing does beyond losing and derating: stuck, leaking, biased; and the Zeno guard.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Intervention, Mode, Script, SimError, State, Until};
use plantcast::time::{Span, Time};

fn h(hours: f64) -> Span {
    Span::from_h(hours)
}

fn suffers(effect: Degradation, repair_h: f64) -> FailureMode {
    FailureMode { effect, ..FailureMode::new("f", Hazard::Never, Repair::Fixed(h(repair_h))) }
}

fn strike(at_h: f64, asset: AssetId) -> (Time, Intervention) {
    (Time::from_h(at_h), Intervention::Fail { asset, mode: Some(0), until: Until::Repaired })
}

fn act(at_h: f64, asset: AssetId, kind: ActionKind) -> (Time, Intervention) {
    (Time::from_h(at_h), Intervention::Act(Action { asset, kind }))
}

/// Source (100/h) → tank of 1000 at 500 → valve (60/h) → sink.
fn valve(effect: Degradation, control: Vec<ControlRule>) -> (Build, AssetId, AssetId) {
    let mut b = Build::new();
    let m = b.material("water");
    let source = b.add("SRC", |a| a.process = Some(process(100.0, &[], &[m])));
    let tank_id = b.add("T", |a| a.storage = Some(tank(m, 1000.0, 500.0)));
    let valve = b.add("V", |a| {
        a.process = Some(process(60.0, &[m], &[]));
        a.reliability = vec![suffers(effect, 4.0)];
        a.control = control;
    });
    b.link(source, tank_id, m);
    b.link(tank_id, valve, m);
    (b, tank_id, valve)
}

#[test]
fn a_stuck_valve_hears_nothing_until_it_is_repaired() {
    for (effect, rate) in [(Degradation::StuckOpen, 60.0), (Degradation::StuckClosed, 0.0), (Degradation::StuckAt(0.25), 15.0)] {
        // a level of 0.5 or more orders half speed; commands ask for off and 0.8
        let rule = ControlRule {
            id: "half".into(),
            when: Condition::LevelAbove { asset: AssetId(1), fraction: 0.5 },
            delay: Span::ZERO,
            hysteresis: None,
            then: Effect::SetRate(0.5),
            via: None,
        };
        let (b, _, valve) = valve(effect, vec![rule]);
        let model = b.model();
        let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(91, 0));
        engine.schedule(&Script(vec![strike(1.0, valve), act(2.0, valve, ActionKind::SetRate(0.3)), act(3.0, valve, ActionKind::Stop)]));
        for (at, expected) in [(0.5, 30.0), (1.5, rate), (2.5, rate), (3.5, rate), (4.9, rate), (5.1, 0.0)] {
            engine.run_until(Time::from_h(at)).unwrap();
            assert_eq!(engine.state().rate_per_h(valve), expected, "{effect:?} at {at} h");
        }
        assert_eq!(engine.state().mode(valve), Mode::Off, "the command is obeyed after the repair");
        let refused = engine.take_trace().iter().filter(|e| matches!(e.what, Change::Acted { accepted: false, .. })).count();
        assert_eq!(refused, 2);
        let repair_h = engine.state().time_in_mode(valve)[usize::from(Mode::InRepair.code())].h();
        assert!((repair_h - if rate == 0.0 { 4.0 } else { 0.0 }).abs() < 1e-9, "stuck shut counts as in repair: {repair_h}");
    }
}

#[test]
fn a_stuck_valve_ignores_trips_and_interlocks() {
    let rule = |then| ControlRule {
        id: "guard".into(),
        when: Condition::LevelAbove { asset: AssetId(1), fraction: 0.6 },
        delay: Span::ZERO,
        hysteresis: None,
        then,
        via: None,
    };
    for then in [Effect::Trip, Effect::Inhibit] {
        let (b, _, valve) = valve(Degradation::StuckOpen, vec![rule(then)]);
        let outcome = run(&b.model(), &Script(vec![strike(1.0, valve)]), 92, 0, 4.9);
        // the level passes 600 after 100/40 = 2.5 h
        assert!((served_h(&outcome, valve) - 4.9).abs() < 1e-6, "{then:?}: {}", served_h(&outcome, valve));
        let outcome = run(&b.model(), &Script(vec![strike(1.0, valve)]), 92, 0, 6.0);
        assert!((served_h(&outcome, valve) - 5.0).abs() < 1e-6, "{then:?} acts after the repair");
    }
}

#[test]
fn a_leak_loses_content_and_the_books_show_it() {
    // tank: +100 − 60 − 70 (leak from 1 h to 11 h) per hour: 540 at 1 h, 240 at 11 h
    let (mut b, store, valve) = valve(Degradation::StuckOpen, Vec::new());
    b.0.assets[store.index()].reliability = vec![suffers(Degradation::Leak { per_h: 70.0, cost_per_unit: 2.0 }, 10.0)];
    let model = b.model();
    let outcome = run(&model, &Script(vec![strike(1.0, store)]), 93, 0, 20.0);
    let level = outcome.end.level(&model, store).unwrap();
    assert!((level - (240.0 + 40.0 * 9.0)).abs() < 1e-6, "{level}");
    assert!((outcome.end.leaked(store) - 700.0).abs() < 1e-6, "{}", outcome.end.leaked(store));
    assert!((outcome.totals.leak_cost - 1400.0).abs() < 1e-6);
    assert!((served_h(&outcome, valve) - 20.0).abs() < 1e-9);
    // conservation: in − out − leaked = change of level
    let made = |id: u32| outcome.totals.produced[id as usize];
    assert!((made(0) - made(2) - outcome.end.leaked(store) - (level - 500.0)).abs() < 1e-6);
}

#[test]
fn an_empty_tank_leaks_what_would_remain_and_a_full_one_makes_room() {
    // leak of 500/h: empty after 500/460 h; then consumers first (60/h), the leak takes the other 40/h
    let (mut b, store, valve) = valve(Degradation::StuckOpen, Vec::new());
    b.0.assets[store.index()].reliability = vec![suffers(Degradation::Leak { per_h: 500.0, cost_per_unit: 0.0 }, 1000.0)];
    let model = b.model();
    let outcome = run(&model, &Script(vec![strike(0.0, store)]), 94, 0, 10.0);
    assert!(outcome.end.level(&model, store).unwrap().abs() < 1e-9);
    let exact = 500.0 + 40.0 * 10.0;
    assert!((outcome.end.leaked(store) - exact).abs() < 1e-6, "{} instead of {exact}", outcome.end.leaked(store));
    assert!((served_h(&outcome, valve) - 10.0).abs() < 1e-9, "consumers come first");
    // full: the source is throttled to what flows out and leaks; no chattering at the brim
    b.0.assets[store.index()].storage = Some(tank(MediumId(0), 1000.0, 1000.0));
    b.0.assets[store.index()].reliability[0].effect = Degradation::Leak { per_h: 10.0, cost_per_unit: 0.0 };
    let outcome = run(&b.model(), &Script(vec![strike(0.0, store)]), 94, 0, 10.0);
    assert!((outcome.totals.produced[0] - 700.0).abs() < 1e-6, "{}", outcome.totals.produced[0]);
    assert!(outcome.trace.len() < 30);
}

#[test]
fn a_leaking_receiver_is_recharged_without_end_or_chatter() {
    let mut b = Build::new();
    let air = b.service("air");
    let compressor = b.add("K", |a| a.gives = vec![give(air, 100.0)]);
    let receiver = b.add("R", |a| {
        a.storage = Some(Storage { medium: air, capacity: 20.0, initial: 20.0, max_discharge: 200.0, max_charge: 30.0 });
        a.reliability = vec![suffers(Degradation::Leak { per_h: 5.0, cost_per_unit: 0.0 }, 50.0)];
    });
    let load = b.add("L", |a| a.needs = vec![need(air, 50.0, 0, OnShort::Stop { below: 0.9 })]);
    b.link(compressor, receiver, air);
    b.link(receiver, load, air);
    let model = b.model();
    let outcome = run(&model, &Script(vec![strike(1.0, receiver)]), 95, 0, 40.0);
    assert!((outcome.end.level(&model, receiver).unwrap() - 20.0).abs() < 1e-6);
    assert!((outcome.end.leaked(receiver) - 5.0 * 39.0).abs() < 1e-6, "{}", outcome.end.leaked(receiver));
    assert!((outcome.end.given(&model, compressor, air) - 55.0).abs() < 1e-9);
    assert!(outcome.trace.len() < 30, "{}", outcome.trace.len());
}

#[test]
fn controls_act_on_what_a_biased_sensor_shows() {
    // the valve stops at a shown level of 0.2 (200): with +150 it stops at a true level of 50
    let mut b = Build::new();
    let m = b.material("water");
    let store = b.add("T", |a| {
        a.storage = Some(tank(m, 1000.0, 500.0));
        a.reliability = vec![suffers(Degradation::Bias { level: 150.0, celsius: 0.0 }, 1000.0)];
    });
    let pump = b.add("P", |a| {
        a.process = Some(process(100.0, &[m], &[]));
        a.control = vec![ControlRule {
            id: "low".into(),
            when: Condition::LevelBelow { asset: AssetId(0), fraction: 0.2 },
            delay: Span::ZERO,
            hysteresis: None,
            then: Effect::Stop,
            via: None,
        }];
    });
    b.link(store, pump, m);
    let model = b.model();
    for (script, stops_at) in [(Script::empty(), 3.0), (Script(vec![strike(1.0, store)]), 4.5)] {
        let outcome = run(&model, &script, 96, 0, 10.0);
        let stop = outcome.trace.iter().find(|e| e.asset == pump && matches!(e.what, Change::Mode { to: Mode::Off, .. })).unwrap();
        assert!((stop.at.h() - stops_at).abs() < 1e-6, "{}", stop.at.h());
    }
    // struck when the true level is already below the shown threshold's new place: acts at once when the bias ends
    let late = Script(vec![strike(1.0, store)]);
    let mut short = b;
    short.0.assets[0].reliability[0].repair = Repair::Fixed(h(3.0));
    let outcome = run(&short.model(), &late, 96, 0, 10.0);
    let stop = outcome.trace.iter().find(|e| e.asset == pump && matches!(e.what, Change::Mode { to: Mode::Off, .. })).unwrap();
    assert!((stop.at.h() - 4.0).abs() < 1e-6, "{}", stop.at.h());
}

#[test]
fn a_biased_thermometer_trips_by_rule_too_early() {
    // heats 1 K/min from 20 °C; a rule trips at a shown 80 °C: at 60 min, with +15 K at 45 min
    let mut b = Build::new();
    let oven = b.add("O", |a| {
        a.thermal = Some(Thermal {
            capacity_kj_per_k: 600.0,
            exchange_kw_per_k: 0.0,
            heat_kw: 10.0,
            initial_c: 20.0,
            setpoint_c: 500.0,
            trip_c: 900.0,
            reset_c: 800.0,
            auto_reset: false,
        });
        a.reliability = vec![suffers(Degradation::Bias { level: 0.0, celsius: 15.0 }, 1000.0)];
        a.control = vec![ControlRule {
            id: "hot".into(),
            when: Condition::TemperatureAbove { asset: AssetId(0), celsius: 80.0 },
            delay: Span::ZERO,
            hysteresis: None,
            then: Effect::Trip,
            via: None,
        }];
    });
    let model = b.model();
    for (script, minutes) in [(Script::empty(), 60.0), (Script(vec![strike(0.1, oven)]), 45.0)] {
        let outcome = run(&model, &script, 97, 0, 3.0);
        let trip = outcome.trace.iter().find(|e| matches!(e.what, Change::Mode { to: Mode::Tripped, .. })).unwrap();
        assert!((trip.at.s() / 60.0 - minutes).abs() < 1e-6, "{}", trip.at.s() / 60.0);
    }
}

#[test]
fn a_run_away_names_its_culprit() {
    // stops a microsecond after it starts, and starts because it stands
    let mut b = Build::new();
    let m = b.add("M", |a| {
        a.process = Some(process(10.0, &[], &[]));
        a.control = vec![ControlRule {
            id: "nervous".into(),
            when: Condition::Running { asset: AssetId(0) },
            delay: Span(1),
            hysteresis: None,
            then: Effect::Inhibit,
            via: None,
        }];
    });
    b.add("BYSTANDER", |a| a.reliability = vec![failing(5.0, 1.0, false)]);
    let model = b.model();
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(98, 0));
    engine.keep_trace(false);
    match engine.run_until(Time::from_h(1.0)) {
        Err(error @ SimError::Runaway { .. }) => {
            let text = error.to_string();
            assert!(text.contains("M:") && text.contains("nervous"), "{text}");
        }
        other => panic!("{other:?} for asset {m:?}"),
    }
    // it stays failed, and at that instant
    assert!(engine.run_until(Time::from_h(2.0)).is_err());
    assert!(engine.state().time() < Time::from_s(10.0));
}
