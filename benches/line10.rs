//! The line of ten machines from its scene file, statistics on: `cargo bench --no-default-features --bench line10 -- MINUTES SEED`.
//!
//! Prints one JSON line like its peers (`benches/peers`): throughput [parts/min], operations, seconds. `benches/peers/compare.py`
//! runs all of them in interleaved rounds. Not a test: nothing here asserts a time.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use plantcast::plant::Plant;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Model, State};
use plantcast::time::Time;
use std::time::Instant;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<f64>().ok());
    let minutes = numbers.next().unwrap_or(1e6);
    let seed = numbers.next().unwrap_or(1.0) as u64;
    let plant = Plant::parse(include_str!("../scenes/line10.scene.ron"), "line10.scene.ron").expect("the scene is valid");
    let model = Model::compile(&plant).expect("it has a running start");
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(seed, 0));
    engine.keep_trace(false);
    engine.keep_service(true);
    let began = Instant::now();
    engine.run_until(Time::from_s(60.0 * minutes)).expect("it settles");
    let seconds = began.elapsed().as_secs_f64();
    let state = engine.state();
    let made = |id: &str| plant.asset_by_id(id).and_then(|a| state.parts(&model, a)).map_or(0, |p| p.made);
    let operations: u64 = (1..=10).map(|i| made(&format!("M-{i}"))).sum();
    let throughput = made("M-10") as f64 / minutes;
    println!("{{\"throughput\": {throughput}, \"operations\": {operations}, \"seconds\": {seconds}}}");
}
