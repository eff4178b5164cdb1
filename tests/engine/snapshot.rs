//! A saved state continues bit for bit, and is refused for another plant, another version, or when damaged.

use crate::determinism::busy;
use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Intervention, Model, SNAPSHOT_VERSION, Script, SnapshotError, State};
use plantcast::time::{Span, Time};

/// The busy plant with coupled tanks and a tariff beside it, so that every kind of state is there.
fn plant() -> Build {
    let mut b = busy();
    let water = b.material("water");
    let mixing = Some(Mixing { kj_per_k_per_unit: 4180.0, inflow_c: None });
    let source = b.add("WELL", |a| a.process = Some(process(2.0, &[], &[water])));
    let tank_id = b.add("POOL", |a| {
        a.storage = Some(tank(water, 10.0, 6.0));
        a.thermal = Some(Thermal {
            capacity_kj_per_k: 1.0,
            exchange_kw_per_k: 0.3,
            heat_kw: 20.0,
            initial_c: 12.0,
            setpoint_c: 90.0,
            trip_c: 99.0,
            reset_c: 95.0,
            auto_reset: false,
        });
        a.coupling =
            Coupling { drains: vec![Drain { to: None, law: DrainLaw::Torricelli { full_per_h: 3.0 }, via: None }], mixing, exchanges: Vec::new() };
    });
    b.link(source, tank_id, water);
    let day = Span::from_h(24.0);
    b.0.profiles.ambient = Some(Profile { knots: vec![(Span::from_h(5.0), 10.0), (Span::from_h(15.0), 25.0)], form: Between::Linear, period: day });
    b
}

#[test]
fn a_loaded_state_continues_bit_for_bit() {
    let model = plant().model();
    let script = Script(vec![(Time::from_h(30.0), Intervention::Ambient { delta_c: 8.0, duration: Span::from_h(5.0) })]);
    for run in 0..4 {
        let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(11, run));
        engine.schedule(&script);
        engine.run_until(Time::from_h(13.7)).unwrap();
        let text = engine.state().save(&model).unwrap();
        let loaded = State::load(&model, &text).unwrap();
        assert_eq!(&loaded, engine.state());
        assert_eq!(loaded.save(&model).unwrap(), text);
        let mut resumed = Engine::new(&model, loaded, Draws::new(11, run));
        engine.take_trace();
        for e in [&mut engine, &mut resumed] {
            for step in 1..30 {
                e.run_until(Time::from_h(13.7 + f64::from(step))).unwrap();
            }
        }
        assert_eq!(engine.take_trace(), resumed.take_trace());
        assert_eq!(engine.state().hash(), resumed.state().hash());
    }
}

#[test]
fn another_plant_another_version_and_damage_are_refused() {
    let model = plant().model();
    let text = State::nominal(&model).save(&model).unwrap();
    let mut other = plant();
    other.0.assets[0].gives[0].capacity = 131.0;
    let told = State::load(&other.model(), &text).unwrap_err();
    assert!(matches!(told, SnapshotError::Plant { .. }), "{told}");
    assert!(told.to_string().contains("another plant"));
    let finer = Model::compile_with(&plant().0, 1e-11).unwrap();
    assert!(matches!(State::load(&finer, &text), Err(SnapshotError::Plant { .. })));
    let newer = text.replacen(&format!("\"version\":{SNAPSHOT_VERSION}"), "\"version\":99", 1);
    assert!(matches!(State::load(&model, &newer), Err(SnapshotError::Version { found: 99 })));
    let damaged = text.replacen("\"level\":6.0", "\"level\":6.5", 1);
    assert_ne!(damaged, text);
    assert!(matches!(State::load(&model, &damaged), Err(SnapshotError::Damaged)));
    assert!(matches!(State::load(&model, "not json"), Err(SnapshotError::Form(_))));
    assert!(matches!(State::load(&model, &text[..text.len() / 2]), Err(SnapshotError::Form(_))));
}
