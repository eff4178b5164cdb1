//! A serial line of three machines with buffers, part by part: throughput, time by mode, work in progress.
//!
//! `cargo run --release --no-default-features --example serial_line`

use plantcast::plant::Plant;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Mode, Model, State};
use plantcast::time::Time;

const SCENE: &str = r#"(
    version: 1, id: "line", name: "Three machines",
    media: [(id: "part", unit: "{part}", flow: Material)],
    kinds: [(id: "machine", facets: (reliability: [(id: "jam", hazard: Exponential(mttf: "100min"), repair: Exponential(mean: "10min"))]))],
    assets: [
        (id: "M-1", kind: "machine", at: (0, 0, 0), process: (form: Parts(cycle: Exponential(mean: "1min")), outputs: [(medium: "part")])),
        (id: "B-1", at: (2, 0, 0), storage: (medium: "part", capacity: 3)),
        (id: "M-2", kind: "machine", at: (4, 0, 0), process: (form: Parts(cycle: Erlang(phases: 2, mean: "1min")),
            inputs: [(medium: "part")], outputs: [(medium: "part")])),
        (id: "B-2", at: (6, 0, 0), storage: (medium: "part", capacity: 3)),
        (id: "M-3", kind: "machine", at: (8, 0, 0), process: (form: Parts(cycle: Fixed("1min")), inputs: [(medium: "part")])),
    ],
    links: [
        (medium: "part", from: "M-1", to: ["B-1"]), (medium: "part", from: "B-1", to: ["M-2"]),
        (medium: "part", from: "M-2", to: ["B-2"]), (medium: "part", from: "B-2", to: ["M-3"]),
    ],
)"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plant = Plant::parse(SCENE, "line.scene.ron")?;
    let model = Model::compile(&plant)?;
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    engine.keep_trace(false);
    engine.run_until(Time::from_h(10_000.0))?;
    let state = engine.state();
    for id in plant.asset_ids() {
        let name = &plant.asset(id).id;
        if let Some(parts) = state.parts(&model, id) {
            let times = state.time_in_mode(id);
            let share = |m: Mode| 100.0 * times[usize::from(m.code())].h() / state.time().h();
            let (starved, blocked) = (share(Mode::Starved), share(Mode::Blocked));
            println!("{name}: {:.4} parts/min, starved {starved:.1} %, blocked {blocked:.1} %", parts.made as f64 / state.time().h() / 60.0);
        } else if let Some(hours) = state.level_hours(&model, id) {
            println!("{name}: {:.2} parts on average", hours / state.time().h());
        }
    }
    println!("work in progress now: {} parts", state.work_in_progress(&model));
    Ok(())
}
