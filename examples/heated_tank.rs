//! The heated-tank benchmark: P(dry-out), P(overflow), P(hot) by 100 .. 1000 h, under three control laws.
//!
//! `cargo run --release --no-default-features --example heated_tank -- [runs]`; results stand in `docs/heated_tank.md`.

use plantcast::plant::{Condition, ControlRule, Effect, InitialMode, Plant};
use plantcast::rng::Draws;
use plantcast::sim::{Cause, Change, Engine, Mode, Model, State};
use plantcast::time::{Span, Time};
use rayon::prelude::*;
use std::path::Path;

/// The control of Aldemir's regions: 6..8 m is P-1 on, P-2 off, V-3 on. It chatters once a unit is stuck, so each rule ends
/// only `band_m` beyond its threshold.
fn by_regions(plant: &mut Plant, band_m: f64) {
    let Some(tank) = plant.asset_by_id("TANK") else { return };
    let above = |fraction| Condition::LevelAbove { asset: tank, fraction };
    let below = |fraction| Condition::LevelBelow { asset: tank, fraction };
    for (name, when) in [("P-1", above(0.5)), ("P-2", above(0.375)), ("V-3", below(0.375))] {
        let Some(id) = plant.asset_by_id(name) else { continue };
        let rule = ControlRule { id: "region".into(), when, delay: Span::ZERO, hysteresis: Some(band_m / 16.0), then: Effect::Inhibit, via: None };
        plant.assets[id.index()].control = vec![rule];
        plant.assets[id.index()].initial = InitialMode::Running;
    }
}

/// Which limit a run reaches first, and when [h].
fn first(model: &Model, run: u64) -> Option<(usize, f64)> {
    let tank = model.plant().asset_by_id("TANK")?;
    let mut engine = Engine::new(model, State::nominal(model), Draws::new(1987, run));
    for step in 1..=20 {
        engine.run_until(Time::from_h(50.0 * f64::from(step))).ok()?;
        let trace = engine.take_trace();
        let trip = trace.iter().find(|e| e.asset == tank && matches!(e.what, Change::Mode { to: Mode::Tripped, .. }));
        if let Some(event) = trip {
            let which = match event.cause {
                Cause::Control { rule, .. } => rule,
                _ => 2,
            };
            return Some((which, event.at.h()));
        }
    }
    None
}

fn table(name: &str, plant: &Plant, runs: u64) {
    let model = Model::compile(plant).expect("the scene compiles");
    let ends: Vec<_> = (0..runs).into_par_iter().filter_map(|run| first(&model, run)).collect();
    println!("\n{name}, {runs} runs\n|  t [h] | dry-out | overflow | hot |\n|---|---|---|---|");
    for hour in (1..=10).map(|h| 100.0 * f64::from(h)) {
        let cell = |which: usize| {
            let p = ends.iter().filter(|e| e.0 == which && e.1 <= hour).count() as f64 / runs as f64;
            format!("{p:.4} ± {:.4}", 1.96 * (p * (1.0 - p) / runs as f64).sqrt())
        };
        println!("| {hour:4} | {} | {} | {} |", cell(0), cell(1), cell(2));
    }
}

fn main() {
    let runs: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenes/heated_tank.scene.ron");
    let plant = Plant::load(&path).expect("the scene is valid");
    table("published law (latch between 6 and 8 m)", &plant, runs);
    for band_m in [0.4, 0.2, 0.1] {
        let mut regions = plant.clone();
        by_regions(&mut regions, band_m);
        table(&format!("regions, hysteresis {band_m} m"), &regions, runs / 4);
    }
}
