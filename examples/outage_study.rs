//! An outage study: what the loss of one of two chillers costs an eight-hour shift of the bottling plant, over 200 paired runs.
//!
//! `cargo run --release --no-default-features --example outage_study`

use plantcast::plant::Plant;
use plantcast::rng::Draws;
use plantcast::sim::{Intervention, Model, RunOptions, Script, State, Until, simulate};
use plantcast::time::{Span, Time};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plant = Plant::builtin("bottling").ok_or("the scene is built in")??;
    let model = Model::compile(&plant)?;
    let start = State::nominal(&model);
    let chiller = plant.asset_by_id("CH-1").ok_or("the plant has a chiller CH-1")?;
    let outage = Intervention::Fail { asset: chiller, mode: Some(0), until: Until::For(Span::from_h(4.0)) };
    let script = Script(vec![(Time::from_h(1.0), outage)]);
    let options = RunOptions { horizon: Span::from_h(8.0), sample_every: None, trace: false };
    let runs = 200;
    let mut losses = Vec::with_capacity(runs);
    for run in 0..runs as u64 {
        // the same random numbers with and without the outage: all that differs is its consequence
        let draws = Draws::new(1, run);
        let without = simulate(&model, &start, &Script::empty(), draws, &options)?;
        let with = simulate(&model, &start, &script, draws, &options)?;
        losses.push(without.totals.profit() - with.totals.profit());
    }
    losses.sort_by(f64::total_cmp);
    let mean = losses.iter().sum::<f64>() / runs as f64;
    let variance = losses.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (runs - 1) as f64;
    let error = (variance / runs as f64).sqrt();
    let currency = &plant.money.currency;
    println!("A four-hour outage of {} costs {mean:.0} ± {:.0} {currency} (95 %, {runs} paired runs)", plant.asset(chiller).name, 1.96 * error);
    println!("median {:.0} {currency}, worst 5 % from {:.0} {currency}", losses[runs / 2], losses[runs * 95 / 100]);
    Ok(())
}
