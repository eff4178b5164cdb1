//! The heated-tank benchmark (`scenes/heated_tank.scene.ron`) against an independent direct simulation of 60,000 runs
//! (`benches/peers/heated_tank.py`): each probability within 4 standard errors of the difference, so a false alarm among the
//! twelve has odds of about 1 in 1,300. The full table is in `docs/heated_tank.md`.

use plantcast::plant::Plant;
use plantcast::rng::Draws;
use plantcast::sim::{Cause, Change, Engine, Intervention, Mode, Model, Script, State, Until};
use plantcast::time::{Span, Time};
use rayon::prelude::*;
use std::path::Path;

fn scene() -> Plant {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenes/heated_tank.scene.ron");
    Plant::load(&path).unwrap_or_else(|e| panic!("{e}"))
}

/// Which limit a run reaches first (0 dry-out, 1 overflow, 2 hot), and when [h].
fn first(model: &Model, script: &Script, run: u64) -> Option<(usize, f64)> {
    let tank = model.plant().asset_by_id("TANK").expect("the test is set up right");
    let mut engine = Engine::new(model, State::nominal(model), Draws::new(1987, run));
    engine.schedule(script);
    for step in 1..=20 {
        engine.run_until(Time::from_h(50.0 * f64::from(step))).expect("the test is set up right");
        let events = engine.take_trace();
        if let Some(e) = events.iter().find(|e| e.asset == tank && matches!(e.what, Change::Mode { to: Mode::Tripped, .. })) {
            return Some((if let Cause::Control { rule, .. } = e.cause { rule } else { 2 }, e.at.h()));
        }
    }
    None
}

#[test]
fn three_limits_are_reached_as_often_as_in_an_independent_simulation() {
    let model = Model::compile(&scene()).expect("the test is set up right");
    let runs = 1500u64;
    let ends: Vec<_> = (0..runs).into_par_iter().filter_map(|run| first(&model, &Script::empty(), run)).collect();
    let peer = 60_000.0;
    for (hour, exact) in
        [(100.0, [0.0061, 0.0819, 0.0550]), (300.0, [0.0334, 0.2556, 0.1561]), (600.0, [0.0632, 0.3821, 0.1933]), (1000.0, [0.0775, 0.4381, 0.1993])]
    {
        for (which, p) in exact.into_iter().enumerate() {
            let got = ends.iter().filter(|e| e.0 == which && e.1 <= hour).count() as f64 / runs as f64;
            let error = (p * (1.0 - p) * (1.0 / runs as f64 + 1.0 / peer)).sqrt();
            assert!((got - p).abs() <= 4.0 * error, "limit {which} by {hour} h: {got} against {p} +- {error}");
        }
    }
}

#[test]
fn a_closed_outlet_heats_the_tank_to_the_limit_at_the_closed_form_time() {
    // V-3 sticks off at once: level 7 + 1.5 t until 8 m at 40 min, meanwhile L T' = 1.5 (15 − T) + P; then no flow: T' = P / 8
    let mut plant = scene();
    plant.assets.iter_mut().for_each(|a| a.reliability.iter_mut().for_each(|m| m.hazard = plantcast::plant::Hazard::Never));
    let valve = plant.asset_by_id("V-3").expect("the test is set up right");
    let model = Model::compile(&plant).expect("the test is set up right");
    let lost = Script(vec![(Time::ZERO, Intervention::Fail { asset: valve, mode: None, until: Until::For(Span::from_h(1000.0)) })]);
    let (which, at) = first(&model, &lost, 0).expect("the test is set up right");
    // the start is an equilibrium with inflow, so the temperature stays while filling: rest = 15 + P/1.5
    let rest = 15.0 + 23.88915 / 1.5;
    let at_eight = rest + (30.9261 - rest) * 7.0 / 8.0;
    let exact = 2.0 / 3.0 + (100.0 - at_eight) * 8.0 / 23.88915;
    assert_eq!(which, 2);
    assert!((at - exact).abs() < 1e-7, "{at} against {exact}");
}

#[test]
fn a_unit_stuck_on_runs_whatever_its_control_says() {
    let mut plant = scene();
    for a in &mut plant.assets {
        a.reliability.iter_mut().for_each(|m| {
            m.hazard = plantcast::plant::Hazard::Never;
            m.effect = plantcast::plant::Degradation::StuckEither { open: 1.0 };
        });
    }
    let pump = plant.asset_by_id("P-2").expect("the test is set up right");
    let model = Model::compile(&plant).expect("the test is set up right");
    // P-2 off at the start sticks on: 7 + 1.5 t reaches 8 m, the control stops P-1, level stays there; P-1 too: overflow
    let stick = |id, h: f64| (Time::from_h(h), Intervention::Fail { asset: id, mode: Some(0), until: Until::Repaired });
    assert_eq!(first(&model, &Script(vec![stick(pump, 0.0)]), 0), None);
    let both = Script(vec![stick(pump, 0.0), stick(plant.asset_by_id("P-1").expect("the test is set up right"), 0.0)]);
    let (which, at) = first(&model, &both, 0).expect("the test is set up right");
    assert_eq!(which, 1);
    assert!((at - 3.0 / 1.5).abs() < 1e-6, "{at}");
}
