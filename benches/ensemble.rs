//! How long the built-in chiller story takes: 1,000 paired futures of 8 h, five alternatives and the baseline,
//! with 1 and with 2 threads in one run.
//!
//! `cargo bench --no-default-features --bench ensemble`

#![expect(missing_docs, reason = "criterion's macros make undocumented functions")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use plantcast::cli::whatif::{WhatIfArgs, load};
use plantcast::forecast::{self, Silent};

fn chiller(c: &mut Criterion) {
    let args = WhatIfArgs { scenario: "chiller-outage".into(), scene: None, runs: Some(1000), seed: None, threads: Some(1), json: false, out: None };
    let mut request = load(&args).expect("the built-in scenario loads").request;
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
