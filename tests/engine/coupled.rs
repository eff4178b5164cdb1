//! Coupled levels and temperatures against closed forms, the matrix exponential and independently solved equations
//! (`data/coupled.py`): within the stated bound (segments × quantum × scale), falling with the quantum; forks and strangers
//! change no bit.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Intervention, Model, RunOutcome, Script, Signal, State, Until};
use plantcast::time::{Span, Time};

const QUANTUM: f64 = 1e-9;
/// Scale of temperatures in the bound [K].
const KELVIN: f64 = 100.0;

fn out(law: DrainLaw) -> Vec<Drain> {
    vec![Drain { to: None, law, via: None }]
}

fn to(asset: u32, law: DrainLaw) -> Vec<Drain> {
    vec![Drain { to: Some(AssetId(asset)), law, via: None }]
}

const QUIET: Thermal = Thermal {
    capacity_kj_per_k: 4000.0,
    exchange_kw_per_k: 0.0,
    heat_kw: 0.0,
    initial_c: 20.0,
    setpoint_c: 500.0,
    trip_c: 900.0,
    reset_c: 800.0,
    auto_reset: false,
};

/// Source 3 m³/h → T-1 (0.8/h) → T-2 (0.5/h) → out.
fn linear_tanks() -> Build {
    let mut b = Build::new();
    let m = b.material("water");
    let source = b.add("SRC", |a| a.process = Some(process(3.0, &[], &[m])));
    let first = b.add("T-1", |a| {
        a.storage = Some(tank(m, 10.0, 5.0));
        a.coupling.drains = to(2, DrainLaw::Linear { per_h: 0.8 });
    });
    let second = b.add("T-2", |a| {
        a.storage = Some(tank(m, 10.0, 1.0));
        a.coupling.drains = out(DrainLaw::Linear { per_h: 0.5 });
    });
    b.link(source, first, m);
    b.link(first, second, m);
    b
}

/// Source 2 m³/h → three tanks with Torricelli drains of 6, 5 and 4 m³/h at full level → out.
fn torricelli_tanks() -> Build {
    let mut b = Build::new();
    let m = b.material("water");
    let source = b.add("SRC", |a| a.process = Some(process(2.0, &[], &[m])));
    let mut first = None;
    for (i, (level, full)) in [(8.0, 6.0), (2.0, 5.0), (1.0, 4.0)].into_iter().enumerate() {
        let law = DrainLaw::Torricelli { full_per_h: full };
        let id = b.add(&format!("T-{}", i + 1), |a| {
            a.storage = Some(tank(m, 10.0, level));
            a.coupling.drains = if i < 2 { to(i as u32 + 2, law) } else { out(law) };
        });
        first.get_or_insert(id);
    }
    b.link(source, AssetId(1), m);
    b
}

/// A heated chain: levels, mixing, exchange and a loss, all coupled.
fn heated_chain() -> Build {
    let mut b = Build::new();
    let m = b.material("water");
    let mixing = Some(Mixing { kj_per_k_per_unit: 4180.0, inflow_c: Some(12.0) });
    let source = b.add("SRC", |a| a.process = Some(process(2.0, &[], &[m])));
    let first = b.add("T-1", |a| {
        a.storage = Some(tank(m, 10.0, 6.0));
        a.thermal = Some(Thermal { heat_kw: 40.0, initial_c: 12.0, ..QUIET });
        let exchanges = vec![Exchange { with: AssetId(2), kw_per_k: 1.5, via: None }];
        a.coupling = Coupling { drains: to(2, DrainLaw::Linear { per_h: 0.5 }), mixing, exchanges };
    });
    b.add("T-2", |a| {
        a.storage = Some(tank(m, 10.0, 3.0));
        a.thermal = Some(Thermal { exchange_kw_per_k: 0.05, initial_c: 60.0, ..QUIET });
        a.coupling = Coupling { drains: out(DrainLaw::Torricelli { full_per_h: 4.0 }), mixing, exchanges: Vec::new() };
    });
    b.link(source, first, m);
    b
}

fn until(model: &Model, hours: f64) -> RunOutcome {
    run(model, &Script::empty(), 1, 0, hours)
}

/// Asserts a value within the bound of its run; references are good to 1e-11.
fn within(what: &str, got: f64, exact: f64, scale: f64, outcome: &RunOutcome) {
    let bound = outcome.end.segments() as f64 * QUANTUM * scale + 1e-11 * exact.abs();
    assert!((got - exact).abs() <= bound, "{what}: {got} against {exact}, off by {:e}, bound {bound:e}", (got - exact).abs());
}

#[test]
fn a_tank_drains_to_a_threshold_at_the_closed_form_time() {
    for (law, exact_h) in [
        (DrainLaw::Linear { per_h: 0.7 }, (9.0f64 / 2.0).ln() / 0.7),
        // √L falls linearly: 2 (√9 − √2) / (5 / √10)
        (DrainLaw::Torricelli { full_per_h: 5.0 }, 2.0 * (3.0 - 2.0f64.sqrt()) / (5.0 / 10.0f64.sqrt())),
    ] {
        let mut b = Build::new();
        let m = b.material("water");
        let t = b.add("T", |a| {
            a.storage = Some(tank(m, 10.0, 9.0));
            a.coupling.drains = out(law);
        });
        b.add("P", |a| {
            a.control = vec![ControlRule {
                id: "low".into(),
                when: Condition::LevelBelow { asset: t, fraction: 0.2 },
                delay: Span::ZERO,
                hysteresis: None,
                then: Effect::Inhibit,
                via: None,
            }];
        });
        let outcome = until(&b.model(), 10.0);
        let low = outcome.trace.iter().find(|e| matches!(e.what, Change::Crossed { value: 2.0, rising: false, .. })).expect("it falls to 2");
        assert!(((low.at.h() - exact_h) * 3.6e9).abs() <= 20.0, "{} against {exact_h}: a few µs by the level error over its slope", low.at.h());
    }
}

#[test]
fn two_linear_tanks_follow_the_matrix_exponential() {
    let model = linear_tanks().model();
    for (t, exact) in [(1.0, [4.311661205147, 3.491352353422]), (4.0, [3.800952754973, 5.638567181344]), (12.0, [3.750084660921, 5.995642983917])] {
        let outcome = until(&model, t);
        for (i, exact) in exact.into_iter().enumerate() {
            within(&format!("level {i} at {t}"), outcome.end.level(&model, AssetId(1 + i as u32)).unwrap(), exact, 10.0, &outcome);
        }
    }
}

#[test]
fn three_torricelli_tanks_follow_the_solved_equations() {
    let model = torricelli_tanks().model();
    for (t, exact) in [
        (1.0, [5.172686750986, 4.022700104646, 2.221200290356]),
        (4.0, [1.606017985527, 3.741469244295, 4.758656538765]),
        (12.0, [1.111521847912, 1.632430775145, 3.002067786691]),
    ] {
        let outcome = until(&model, t);
        for (i, exact) in exact.into_iter().enumerate() {
            within(&format!("level {i} at {t}"), outcome.end.level(&model, AssetId(1 + i as u32)).unwrap(), exact, 10.0, &outcome);
        }
        assert!(outcome.end.segments() < 60, "{} segments are too many", outcome.end.segments());
    }
}

#[test]
fn a_mixed_tank_heats_by_the_closed_form() {
    // constant level 7, 1.5 /h in and out: T = 15 + P/q + (T0 − 15 − P/q) e^(−q t / L)
    let mut b = Build::new();
    let m = b.material("water");
    let source = b.add("IN", |a| a.process = Some(process(1.5, &[], &[m])));
    let t = b.add("T", |a| {
        a.storage = Some(tank(m, 12.0, 7.0));
        a.thermal = Some(Thermal { heat_kw: 24.0, initial_c: 60.0, ..QUIET });
        a.coupling.mixing = Some(Mixing { kj_per_k_per_unit: 3600.0, inflow_c: Some(15.0) });
    });
    let sink = b.add("OUT", |a| a.process = Some(process(1.5, &[m], &[])));
    b.link(source, t, m);
    b.link(t, sink, m);
    let model = b.model();
    let outcome = until(&model, 5.0);
    let rest = 15.0 + 24.0 / 1.5;
    within("steady level", outcome.end.temperature_c(&model, t).unwrap(), rest + (60.0 - rest) * (-1.5f64 * 5.0 / 7.0).exp(), KELVIN, &outcome);
    // without outflow the level rises: L (T − rest) is conserved but for the inflow: T = rest + (60 − rest) (7/L)^1 with L = 7 + 1.5 t
    b.0.links.pop();
    let model = b.model();
    let outcome = until(&model, 3.0);
    let level = 7.0 + 1.5 * 3.0;
    within("rising level", outcome.end.temperature_c(&model, t).unwrap(), rest + (60.0 - rest) * 7.0 / level, KELVIN, &outcome);
    assert!((outcome.end.level(&model, t).unwrap() - level).abs() < 1e-9);
}

#[test]
fn a_heated_chain_follows_the_solved_equations() {
    let model = heated_chain().model();
    for (t, exact) in [
        (0.5, [5.557601566143, 3.31611680005, 17.98788164174, 38.406210312]),
        (3.0, [4.446260320297, 3.490468519447, 26.34111557484, 25.74849903778]),
        (24.0, [4.000012288425, 2.500713780386, 29.1474253455, 29.02886028931]),
    ] {
        let outcome = until(&model, t);
        for i in 0..2 {
            let id = AssetId(1 + i as u32);
            within(&format!("level {i} at {t}"), outcome.end.level(&model, id).unwrap(), exact[i], 10.0, &outcome);
            within(&format!("celsius {i} at {t}"), outcome.end.temperature_c(&model, id).unwrap(), exact[2 + i], KELVIN, &outcome);
        }
    }
}

#[test]
fn a_heat_exchanger_pair_follows_the_matrix_exponential() {
    let mut b = Build::new();
    let hot = b.add("HOT", |a| {
        a.thermal = Some(Thermal { exchange_kw_per_k: 0.2, initial_c: 90.0, ..QUIET });
        a.coupling.exchanges = vec![Exchange { with: AssetId(1), kw_per_k: 3.0, via: None }];
    });
    let cold = b.add("COLD", |a| a.thermal = Some(Thermal { capacity_kj_per_k: 9000.0, exchange_kw_per_k: 0.1, ..QUIET }));
    let model = b.model();
    for (t, exact) in [(0.25, [58.11586737079, 33.0651644826]), (1.0, [39.74969083674, 39.18726938974]), (6.0, [32.52618437978, 32.9807399673])] {
        let outcome = until(&model, t);
        for (id, exact) in [hot, cold].into_iter().zip(exact) {
            within(&format!("{id:?} at {t}"), outcome.end.temperature_c(&model, id).unwrap(), exact, KELVIN, &outcome);
        }
    }
}

/// Three machines of 30, 20, 10 kW on one loop, held at 25 °C by a chiller of 70 kW.
fn shared_loop() -> (Build, AssetId, AssetId) {
    let mut b = Build::new();
    let cooling = b.service("cooling");
    let chiller = b.add("CH", |a| a.gives = vec![give(cooling, 70.0)]);
    let circuit = b.add("LOOP", |a| {
        a.thermal = Some(Thermal { capacity_kj_per_k: 8000.0, initial_c: 25.0, setpoint_c: 25.0, ..QUIET });
        a.needs = vec![need(cooling, 70.0, 0, OnShort::HeatUp)];
    });
    b.link(chiller, circuit, cooling);
    for (i, heat_kw) in [30.0, 20.0, 10.0].into_iter().enumerate() {
        b.add(&format!("M-{i}"), |a| {
            a.thermal = Some(Thermal { capacity_kj_per_k: 500.0, heat_kw, initial_c: 25.0, ..QUIET });
            a.coupling.exchanges = vec![Exchange { with: circuit, kw_per_k: 2.0, via: None }];
        });
    }
    b.add("WATCH", |a| {
        a.control = vec![ControlRule {
            id: "warm".into(),
            when: Condition::TemperatureAbove { asset: circuit, celsius: 35.0 },
            delay: Span::ZERO,
            hysteresis: None,
            then: Effect::Inhibit,
            via: None,
        }];
    });
    (b, chiller, circuit)
}

#[test]
fn a_shared_cooling_loop_holds_its_set_point_and_heats_up_when_the_chiller_weakens() {
    let (b, chiller, circuit) = shared_loop();
    let model = b.model();
    let weak = Intervention::Degrade { asset: chiller, to: 40.0 / 70.0, until: Until::For(Span::from_h(100.0)) };
    let script = Script(vec![(Time::from_h(2.0), weak)]);
    for (t, exact) in [
        (0.5, [39.98880121285, 34.9925341419, 29.99626707095, 25.0]),
        (2.0, [40.0, 35.0, 30.0, 25.0]),
        (4.0, [54.71468144044, 49.71468144044, 44.71468144044, 40.24099722992]),
    ] {
        let outcome = run(&model, &script, 1, 0, t);
        for (id, exact) in [2, 3, 4, 1].into_iter().map(AssetId).zip(exact) {
            within(&format!("{id:?} at {t}"), outcome.end.temperature_c(&model, id).unwrap(), exact, KELVIN, &outcome);
        }
        // what is drawn follows the load within the declared step of 1 % of the need
        if t == 0.5 {
            let load = 2.0 * (exact[0] + exact[1] + exact[2] - 75.0);
            assert!((outcome.end.drawn(&model, circuit, MediumId(0)) - load).abs() <= 0.7 + 1e-6);
        }
    }
    let outcome = run(&model, &script, 1, 0, 4.0);
    let warm = outcome.trace.iter().find(|e| matches!(e.what, Change::Crossed { signal: Signal::Temperature, value: 35.0, .. })).expect("passes 35");
    assert!((warm.at.h() - 2.0 - 1.308479532166).abs() * 3.6e9 <= 5.0, "{}", warm.at);
}

#[test]
fn the_error_falls_with_the_quantum() {
    let plant = heated_chain().0;
    let exact = [4.446260320297, 3.490468519447, 26.34111557484, 25.74849903778];
    let error = |quantum: f64| -> (f64, u64) {
        let model = Model::compile_with(&plant, quantum).expect("compiles");
        let outcome = until(&model, 3.0);
        let mut worst: f64 = 0.0;
        for i in 0..2 {
            let id = AssetId(1 + i as u32);
            worst = worst.max((outcome.end.level(&model, id).unwrap() - exact[i]).abs() / 10.0);
            worst = worst.max((outcome.end.temperature_c(&model, id).unwrap() - exact[2 + i]).abs() / KELVIN);
        }
        (worst, outcome.end.segments())
    };
    let mut last = 0;
    for quantum in [1e-3, 1e-5, 1e-7, 1e-9, 1e-11] {
        let (worst, segments) = error(quantum);
        assert!(worst <= quantum * segments as f64 + 1e-12, "quantum {quantum:e}: {worst:e} after {segments}");
        assert!(segments >= last, "a finer quantum takes no fewer segments");
        last = segments;
    }
    assert!(error(1e-2).0 > error(1e-8).0, "a coarse quantum must be seen");
}

#[test]
fn a_fork_of_coupled_states_continues_bit_for_bit_and_a_stranger_changes_nothing() {
    let model = heated_chain().model();
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(3, 1));
    engine.run_until(Time::from_h(1.37)).unwrap();
    let mut fork = Engine::new(&model, engine.state().clone(), Draws::new(3, 1));
    for engine in [&mut engine, &mut fork] {
        for step in 1..20 {
            engine.run_until(Time::from_h(1.37 + 0.3 * f64::from(step))).unwrap();
        }
    }
    engine.run_until(Time::from_h(9.0)).unwrap();
    fork.run_until(Time::from_h(9.0)).unwrap();
    assert_eq!(engine.state(), fork.state());
    assert_eq!(engine.state().hash(), until_with(&model, 3, 1, 9.0).end.hash());
    let mut more = heated_chain();
    more.add("STRANGER", |a| a.reliability = vec![failing(0.5, 0.1, false)]);
    let more = more.model();
    let (a, b) = (until_with(&model, 3, 1, 9.0), until_with(&more, 3, 1, 9.0));
    assert!(b.trace.len() > a.trace.len() + 5);
    for id in [AssetId(1), AssetId(2)] {
        assert_eq!(a.end.level(&model, id).unwrap().to_bits(), b.end.level(&more, id).unwrap().to_bits());
        assert_eq!(a.end.temperature_c(&model, id).unwrap().to_bits(), b.end.temperature_c(&more, id).unwrap().to_bits());
    }
}

fn until_with(model: &Model, seed: u64, number: u64, hours: f64) -> RunOutcome {
    run(model, &Script::empty(), seed, number, hours)
}

#[test]
fn a_full_tank_shuts_its_feed_and_an_empty_one_starves_its_pump_by_the_stated_band() {
    // T-1 drains 4/h · level into T-2 of 2 m³ whose pump is slow: T-2 fills, the float valve works between 98 % and 100 %
    let mut b = Build::new();
    let m = b.material("water");
    b.add("T-1", |a| {
        a.storage = Some(tank(m, 50.0, 50.0));
        a.coupling.drains = to(1, DrainLaw::Linear { per_h: 0.4 });
    });
    let second = b.add("T-2", |a| a.storage = Some(tank(m, 2.0, 0.0)));
    let pump = b.add("P", |a| a.process = Some(process(5.0, &[m], &[])));
    b.link(AssetId(0), second, m);
    b.link(second, pump, m);
    let model = b.model();
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    let mut pumped = 0.0;
    for step in 1..=4000 {
        engine.run_until(Time::from_h(0.01 * f64::from(step))).unwrap();
        let s = engine.state();
        let (l1, l2) = (s.level(&model, AssetId(0)).unwrap(), s.level(&model, second).unwrap());
        pumped = s.totals().produced[pump.index()];
        assert!((l1 + l2 + pumped - 50.0).abs() < 1e-6, "conservation at {}: {l1} + {l2} + {pumped}", s.time());
        assert!((0.0..=2.0).contains(&l2));
    }
    assert!(pumped > 49.0, "{pumped}");
}

#[test]
fn a_closed_valve_stops_its_drain_and_only_that() {
    let mut b = linear_tanks();
    let valve = b.add("V", |_| ());
    b.0.assets[1].coupling.drains[0].via = Some(valve);
    let model = b.model();
    let shut = Intervention::Fail { asset: valve, mode: None, until: Until::For(Span::from_h(1.0)) };
    let outcome = run(&model, &Script(vec![(Time::ZERO, shut)]), 1, 0, 1.0 - 1e-6);
    assert!((outcome.end.level(&model, AssetId(1)).unwrap() - 8.0).abs() < 1e-4);
    assert!((outcome.end.level(&model, AssetId(2)).unwrap() - (-0.5f64).exp()).abs() < 1e-5);
}
