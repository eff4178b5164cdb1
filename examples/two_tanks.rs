//! Two tanks in a row: a pump fills the first, a valve the second; the pump stops when the first is nearly full, until it has fallen by half.
//!
//! `cargo run --release --no-default-features --example two_tanks`

use plantcast::plant::Plant;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Model, State};
use plantcast::time::Time;

const SCENE: &str = r#"(
    version: 1, id: "tanks", name: "Two tanks",
    media: [(id: "water", unit: "m3", flow: Material)],
    assets: [
        (id: "PUMP", at: (0, 0, 0), process: (unit: "m3", rate_per_h: 12, outputs: [(medium: "water")]),
            control: [(id: "full", when: LevelAbove(asset: "T-1", fraction: 0.9), hysteresis: 0.5, then: Inhibit)]),
        (id: "T-1", at: (2, 0, 0), storage: (medium: "water", capacity: 10, initial: 2)),
        (id: "VALVE", at: (4, 0, 0), process: (unit: "m3", rate_per_h: 8, inputs: [(medium: "water")], outputs: [(medium: "water")])),
        (id: "T-2", at: (6, 0, 0), storage: (medium: "water", capacity: 20, initial: 0)),
        (id: "USE", at: (8, 0, 0), process: (unit: "m3", rate_per_h: 6, inputs: [(medium: "water")])),
    ],
    links: [
        (medium: "water", from: "PUMP", to: ["T-1"]), (medium: "water", from: "T-1", to: ["VALVE"]),
        (medium: "water", from: "VALVE", to: ["T-2"]), (medium: "water", from: "T-2", to: ["USE"]),
    ],
)"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plant = Plant::parse(SCENE, "tanks.scene.ron")?;
    let model = Model::compile(&plant)?;
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    engine.run_until(Time::from_h(6.0))?;
    for event in engine.take_trace() {
        if let Change::Crossed { value, rising, .. } = event.what {
            println!(
                "{:>10}  {} reaches {value} m3, {}",
                event.at.to_string(),
                plant.asset(event.asset).id,
                if rising { "rising" } else { "falling" }
            );
        }
    }
    for id in plant.asset_ids() {
        if let Some(level) = engine.state().level(&model, id) {
            println!("{}: {level:.3} m3 after 6 h", plant.asset(id).id);
        }
    }
    Ok(())
}
