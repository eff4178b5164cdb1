//! Profiles of the day: tariffs and emission factors in the books, ambient temperature in the heat balance, exact at knots.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Intervention, Script, Signal, State};
use plantcast::time::{Span, Time};

fn daily(knots: &[(f64, f64)], form: Between) -> Profile {
    Profile { knots: knots.iter().map(|(h, v)| (Span::from_h(*h), *v)).collect(), form, period: Span::from_h(24.0) }
}

/// A grid of 100 kW that serves a load of 10 kW; 0.3 from 6 to 22 h, else 0.1; emissions from midnight and noon.
fn with_tariff() -> Build {
    let mut b = Build::new();
    let power = b.service("power");
    b.0.media[0].price_per_unit_h = 0.2;
    b.0.media[0].co2_kg_per_unit_h = 0.4;
    let grid = b.add("GRID", |a| a.gives = vec![give(power, 100.0)]);
    let load = b.add("LOAD", |a| a.needs = vec![need(power, 10.0, 0, OnShort::Derate)]);
    b.link(grid, load, power);
    b.0.profiles.prices = vec![(power, daily(&[(6.0, 0.3), (22.0, 0.1)], Between::Steps))];
    b.0.profiles.co2 = vec![(power, daily(&[(0.0, 0.5), (12.0, 0.25)], Between::Steps))];
    b
}

#[test]
fn energy_is_paid_by_the_hour_at_the_tariff_of_the_hour() {
    let model = with_tariff().model();
    // 5.5 h at 0.1, 16 h at 0.3, 2 h + 6 h at 0.1, 1 h at 0.3
    let cost = |hours: f64| run(&model, &Script::empty(), 1, 0, hours).totals;
    assert!((cost(5.5).energy_cost - 10.0 * 5.5 * 0.1).abs() < 1e-9);
    let long = cost(31.0);
    assert!((long.energy_cost - 10.0 * ((6.0 + 2.0 + 6.0) * 0.1 + (16.0 + 1.0) * 0.3)).abs() < 1e-9, "{}", long.energy_cost);
    assert!((long.co2_kg - 10.0 * (12.0 * 0.5 + 12.0 * 0.25 + 7.0 * 0.5)).abs() < 1e-9);
    assert!((long.energy_kwh - 310.0).abs() < 1e-9);
    // the same plant started at noon
    let mut noon = with_tariff();
    noon.0.profiles.offset = Span::from_h(12.0);
    let model = noon.model();
    let outcome = run(&model, &Script::empty(), 1, 0, 12.0);
    assert!((outcome.totals.energy_cost - 10.0 * (10.0 * 0.3 + 2.0 * 0.1)).abs() < 1e-9);
}

/// A wall of 3600 kJ/K that exchanges 0.5 kW/K with ambient: time constant 2 h.
fn wall(profile: Profile) -> (Build, AssetId) {
    let mut b = Build::new();
    let id = b.add("WALL", |a| {
        a.thermal = Some(Thermal {
            capacity_kj_per_k: 3600.0,
            exchange_kw_per_k: 0.5,
            heat_kw: 0.0,
            initial_c: 15.0,
            setpoint_c: 200.0,
            trip_c: 300.0,
            reset_c: 250.0,
            auto_reset: false,
        });
    });
    b.0.profiles.ambient = Some(profile);
    (b, id)
}

#[test]
fn ambient_steps_move_the_equilibrium_at_their_knots() {
    let (b, id) = wall(daily(&[(0.0, 15.0), (8.0, 25.0)], Between::Steps));
    let model = b.model();
    let outcome = run(&model, &Script::empty(), 1, 0, 11.0);
    let exact = 25.0 - 10.0 * (-3.0f64 / 2.0).exp();
    assert!((outcome.end.temperature_c(&model, id).unwrap() - exact).abs() < 1e-9);
    assert_eq!(outcome.end.ambient_c(), 25.0);
}

#[test]
fn a_linear_ambient_is_followed_by_its_closed_form_and_crossings_are_exact() {
    // ambient 15 + 2 t from 0 to 6 h, then back to 15 at 24 h: T = 15 + 2 t − 4 (1 − e^(−t/2)) with τ = 2 h
    let (mut b, id) = wall(daily(&[(0.0, 15.0), (6.0, 27.0)], Between::Linear));
    b.add("WATCH", |a| {
        a.control = vec![ControlRule {
            id: "warm".into(),
            when: Condition::TemperatureAbove { asset: id, celsius: 20.0 },
            delay: Span::ZERO,
            hysteresis: None,
            then: Effect::Inhibit,
            via: None,
        }];
    });
    let model = b.model();
    let exact = |t: f64| 15.0 + 2.0 * t - 4.0 * (1.0 - (-t / 2.0).exp());
    for t in [0.5, 3.0, 6.0] {
        let outcome = run(&model, &Script::empty(), 1, 0, t);
        let bound = outcome.end.segments() as f64 * 1e-7 + 1e-12;
        assert!((outcome.end.temperature_c(&model, id).unwrap() - exact(t)).abs() < bound, "at {t}");
        assert!((outcome.end.ambient_c() - 15.0 - 2.0 * t).abs() < 1e-9);
    }
    // falling branch: ambient 27 − (t − 6) 12/18
    let outcome = run(&model, &Script::empty(), 1, 0, 10.0);
    let (start, slope, dt) = (exact(6.0), -12.0 / 18.0, 4.0f64);
    let lag = 2.0 * slope;
    let falling = 27.0 + slope * dt - lag + (start - 27.0 + lag) * (-dt / 2.0).exp();
    assert!((outcome.end.temperature_c(&model, id).unwrap() - falling).abs() < 1e-6);
    let warm = outcome.trace.iter().find(|e| matches!(e.what, Change::Crossed { signal: Signal::Temperature, rising: true, .. })).expect("passes 20");
    assert!((exact(warm.at.h()) - 20.0).abs() < 1e-7, "{}", warm.at);
}

#[test]
fn a_heat_wave_adds_to_the_profile_and_a_fork_continues_bit_for_bit() {
    let (b, id) = wall(daily(&[(0.0, 15.0), (6.0, 27.0)], Between::Linear));
    let model = b.model();
    let wave = Script(vec![(Time::from_h(1.0), Intervention::Ambient { delta_c: 10.0, duration: Span::from_h(2.0) })]);
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    engine.schedule(&wave);
    engine.run_until(Time::from_h(2.2)).unwrap();
    assert!((engine.state().ambient_c() - (15.0 + 4.4 + 10.0)).abs() < 1e-9);
    let mut fork = Engine::new(&model, engine.state().clone(), Draws::new(1, 0));
    for e in [&mut engine, &mut fork] {
        e.run_until(Time::from_h(5.0)).unwrap();
        e.run_until(Time::from_h(50.0)).unwrap();
    }
    assert_eq!(engine.state().hash(), fork.state().hash());
    let whole = run(&model, &wave, 1, 0, 50.0);
    assert_eq!(whole.end.temperature_c(&model, id), engine.state().temperature_c(&model, id));
}
