//! Cost and allocations per event as plants grow from 50 to 5,000 assets with local activity:
//! `cargo bench --no-default-features --bench growth`.
//!
//! Two plants made of equal, unconnected cells: by rate (a generator, a source, a tank, a consumer that needs power, all
//! failing and repaired, and a receiver) and by discrete parts (three machines that fail and two buffers). Events of the
//! first are recorded changes, of the second part-operations. Not a test: nothing here asserts a time.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Model, State};
use plantcast::time::{Span, Time};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::time::Instant;

#[path = "../tests/engine/support.rs"]
mod support;
use support::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// `n` cells of five assets each.
fn by_rate(n: usize) -> Model {
    let mut b = Build::new();
    let (power, m) = (b.service("power"), b.material("m"));
    for i in 0..n {
        let name = |x: &str| format!("{x}-{i}");
        let generator = b.add(&name("G"), |a| {
            a.gives = vec![give(power, 100.0)];
            a.reliability = vec![failing(20.0, 1.0, false)];
        });
        let reserve = b.add(&name("R"), |a| {
            a.storage = Some(Storage { medium: power, capacity: 10.0, initial: 10.0, max_discharge: 50.0, max_charge: 20.0 });
        });
        let source = b.add(&name("S"), |a| {
            a.process = Some(process(110.0, &[], &[m]));
            a.reliability = vec![failing(20.0, 1.0, false)];
        });
        let tank = b.add(&name("T"), |a| a.storage = Some(tank(m, 60.0, 20.0)));
        let user = b.add(&name("U"), |a| {
            a.process = Some(process(100.0, &[m], &[]));
            a.needs = vec![need(power, 40.0, 0, OnShort::Stop { below: 0.9 })];
            a.reliability = vec![failing(20.0, 1.0, false)];
        });
        b.link(generator, reserve, power);
        b.link(reserve, user, power);
        b.link(source, tank, m);
        b.link(tank, user, m);
    }
    b.model()
}

/// `n` lines of three machines and two buffers.
fn by_parts(n: usize) -> Model {
    let mut b = Build::new();
    let m = b.material("part");
    for i in 0..n {
        let mut last = None;
        for j in 0..3 {
            let (inputs, outputs): (&[_], &[_]) = (if j > 0 { &[m] } else { &[] }, if j < 2 { &[m] } else { &[] });
            let machine = b.add(&format!("M-{i}-{j}"), |a| {
                let form = Form::Parts { cycle: CycleLaw::Exponential { mean: Span::from_min(1.0) }, servers: 1, blocking: Blocking::AfterService };
                a.process = Some(Process { form, ..process(60.0, inputs, outputs) });
                a.reliability = vec![failing(100.0 / 60.0, 10.0 / 60.0, false)];
            });
            if let Some(store) = last {
                b.link(store, machine, m);
            }
            if j < 2 {
                let store = b.add(&format!("B-{i}-{j}"), |a| a.storage = Some(tank(m, 10.0, 5.0)));
                b.link(machine, store, m);
                last = Some(store);
            }
        }
    }
    b.model()
}

/// CPU time of this process [s]; the wall clock where the system does not tell.
fn cpu(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let ns = told.and_then(|t| t.split(' ').next().and_then(|x| x.parse::<f64>().ok()));
    ns.map_or(since.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Runs from `begin` to `end` [h]; returns seconds of CPU time and allocations.
fn measure(engine: &mut Engine<'_>, begin: f64, end: f64) -> (f64, usize) {
    engine.run_until(Time::from_h(begin)).expect("it settles");
    let region = Region::new(ALLOCATOR);
    let clock = Instant::now();
    let began = cpu(clock);
    engine.run_until(Time::from_h(end)).expect("it settles");
    let seconds = cpu(clock) - began;
    let change = region.change();
    (seconds, change.allocations + change.reallocations)
}

fn engine(model: &Model) -> Engine<'_> {
    let mut engine = Engine::new(model, State::nominal(model), Draws::new(1, 0));
    engine.keep_trace(false);
    engine
}

fn main() {
    for assets in [50, 500, 5_000] {
        let model = by_rate(assets / 5);
        let (begin, hours) = (200.0, 4_000_000.0 / assets as f64);
        let count = |until: f64| {
            let mut engine = engine(&model);
            engine.run_until(Time::from_h(until)).expect("it settles");
            engine.state().recorded()
        };
        let events = count(begin + hours) - count(begin);
        let (seconds, allocations) = measure(&mut engine(&model), begin, begin + hours);
        let each = seconds / events as f64 * 1e9;
        println!("by rate  {assets:5} assets: {events:8} changes, {each:7.0} ns each, {:.3} allocations each", allocations as f64 / events as f64);
    }
    for assets in [50, 500, 5_000] {
        let model = by_parts(assets / 5);
        let (begin, hours) = (50.0, 1_000_000.0 / assets as f64);
        let made = |s: &State| model.plant().asset_ids().filter_map(|a| s.parts(&model, a)).map(|p| p.made).sum::<u64>();
        let mut engine = engine(&model);
        engine.run_until(Time::from_h(begin)).expect("it settles");
        let before = made(engine.state());
        let (seconds, allocations) = measure(&mut engine, begin, begin + hours);
        let events = made(engine.state()) - before;
        let each = seconds / events as f64 * 1e9;
        println!("by parts {assets:5} assets: {events:8} operations, {each:5.1} ns each, {:.5} allocations each", allocations as f64 / events as f64);
    }
}
