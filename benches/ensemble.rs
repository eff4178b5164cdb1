//! How long the built-in chiller story takes: 1,000 paired futures of 8 h, five alternatives and the baseline,
//! with 1 and with 2 threads in one run.
//!
//! `cargo bench --no-default-features --bench ensemble`

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use plantcast::forecast::{self, Request, Silent};
use plantcast::plant::Plant;
use plantcast::scenario::{self, Scenario};
use plantcast::sim::Model;
use std::sync::Arc;

fn chiller_outage() -> Request {
    let scenario = Scenario::parse(scenario::builtin("chiller-outage").expect("built in"), "chiller-outage").expect("valid");
    let plant = Plant::builtin(&scenario.scene).expect("built in").expect("valid");
    let compiled = scenario.compile(&plant).expect("it fits");
    let model = Arc::new(Model::compile(&plant).expect("valid"));
    Request::of(&scenario, compiled, model, None).expect("it does not start live")
}

fn chiller(c: &mut Criterion) {
    let mut request = chiller_outage();
    request.runs = 1000;
    let mut group = c.benchmark_group("ensemble/chiller-outage/1000x8h");
    group.sample_size(10);
    for threads in [1, 2] {
        request.threads = threads;
        group.bench_with_input(BenchmarkId::from_parameter(format!("{threads}-threads")), &request, |b, r| {
            b.iter(|| forecast::run(r, &Silent).expect("it runs"));
        });
    }
    group.finish();
}

criterion_group!(benches, chiller);
criterion_main!(benches);
