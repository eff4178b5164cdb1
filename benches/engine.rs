//! One 8-hour run of a synthetic plant of 40 assets and of the bottling plant: `cargo bench --no-default-features --bench engine`.

use criterion::{Criterion, criterion_group, criterion_main};
use plantcast::plant::Plant;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Intervention, Model, RunOptions, Script, State, Until, simulate};
use plantcast::time::{Span, Time};

#[path = "../tests/engine/support.rs"]
mod support;

/// Twelve machines in a row with buffers, four generators, a receiver, a chiller and cooled machines, one crew.
fn synthetic() -> Model {
    use plantcast::plant::*;
    use support::*;
    let mut b = Build::new();
    let (power, cooling, m) = (b.service("power"), b.service("cooling"), b.material("m"));
    let bus = b.add("BUS", |a| a.storage = Some(Storage { medium: power, capacity: 20.0, initial: 20.0, max_discharge: 100.0, max_charge: 20.0 }));
    for i in 0..4 {
        let g = b.add(&format!("G-{i}"), |a| {
            a.gives = vec![give(power, 150.0)];
            a.reliability = vec![failing(200.0, 2.0, true)];
        });
        b.link(g, bus, power);
    }
    let chiller = b.add("CH", |a| {
        a.gives = vec![Give { medium: cooling, capacity: 300.0, merit: 0, from: vec![Input { medium: power, per_unit: 0.25, priority: 1 }] }];
        a.reliability = vec![failing(100.0, 2.0, true)];
        a.start.delay = Span::from_min(5.0);
    });
    b.link(bus, chiller, power);
    let mut last = b.add("SRC", |a| a.process = Some(process(110.0, &[], &[m])));
    for i in 0..16 {
        let p = b.add(&format!("P-{i}"), |a| {
            a.process = Some(process(100.0 + f64::from(i % 5), &[m], &[m]));
            a.needs = vec![need(power, 20.0, (i % 3) as u8, OnShort::Stop { below: 0.9 }), need(cooling, 25.0, 1, OnShort::HeatUp)];
            a.reliability = vec![failing(20.0, 0.5, true)];
            a.thermal = Some(Thermal {
                capacity_kj_per_k: 3600.0,
                exchange_kw_per_k: 0.3,
                heat_kw: 15.0,
                initial_c: 30.0,
                setpoint_c: 30.0,
                trip_c: 60.0,
                reset_c: 40.0,
                auto_reset: true,
            });
        });
        b.link(bus, p, power);
        b.link(chiller, p, cooling);
        let t = b.add(&format!("T-{i}"), |a| a.storage = Some(tank(m, 60.0, 20.0)));
        b.link(last, p, m);
        b.link(p, t, m);
        last = t;
    }
    let sink = b.add("SINK", |a| a.process = Some(process(120.0, &[m], &[])));
    b.link(last, sink, m);
    b.crew(1);
    b.model()
}

fn engine(c: &mut Criterion) {
    let options = RunOptions { horizon: Span::from_h(8.0), sample_every: Some(Span::from_min(5.0)), trace: false };
    let model = synthetic();
    let start = State::nominal(&model);
    let mut run = 0;
    c.bench_function("8 h, synthetic plant of 40 assets", |b| {
        b.iter(|| {
            run += 1;
            simulate(&model, &start, &Script::empty(), Draws::new(1, run), &options)
        })
    });
    let plant = Plant::builtin("bottling").expect("it is built in").expect("it is valid");
    let model = Model::compile(&plant).expect("it has a running start");
    let start = State::nominal(&model);
    let asset = plant.asset_by_id("CH-1").expect("it has a first chiller");
    let script = Script(vec![(Time::from_h(1.0), Intervention::Fail { asset, mode: Some(0), until: Until::Repaired })]);
    c.bench_function("8 h, bottling plant, a chiller lost", |b| {
        b.iter(|| {
            run += 1;
            simulate(&model, &start, &script, Draws::new(1, run), &options)
        })
    });
    c.bench_function("fork of the bottling plant", |b| b.iter(|| Engine::new(&model, start.clone(), Draws::new(1, 1)).into_state()));
}

criterion_group!(benches, engine);
criterion_main!(benches);
