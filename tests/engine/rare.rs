//! Importance splitting against a probability solved exactly: unbiased, and cheap where crude futures are not.

use crate::support::{Build, failing, give, need};
use plantcast::forecast::{self, RareEvent, Request, Starts};
use plantcast::plant::{AssetId, OnShort};
use plantcast::sim::{Script, State};
use plantcast::time::Span;
use std::sync::Arc;

/// `n` machines, any one of which is enough for the consumer, each failing and repaired by itself.
fn redundant(n: usize, mttf_h: f64, mttr_h: f64, horizon_h: f64, seed: u64) -> (Request, AssetId) {
    let mut b = Build::new();
    let m = b.service("m");
    let consumer = b.add("E", |a| a.needs = vec![need(m, 1.0, 0, OnShort::Stop { below: 0.95 })]);
    for i in 0..n {
        let id = b.add(&format!("M{i}"), |a| {
            a.gives = vec![give(m, 1.0)];
            a.reliability = vec![failing(mttf_h, mttr_h, false)];
        });
        b.link(id, consumer, m);
    }
    let model = Arc::new(b.model());
    let request = Request {
        starts: Starts::One(State::nominal(&model)),
        model,
        warmup: Span::ZERO,
        conditions: Script::empty(),
        script: Script::empty(),
        responses: Vec::new(),
        horizon: Span::from_h(horizon_h),
        runs: 1,
        seed,
        threads: 2,
        precision: None,
        story: None,
    };
    (request, consumer)
}

/// P(all `n` are down at once before `t`), by uniformisation of the birth–death chain with the event absorbing.
fn exact(n: usize, mttf_h: f64, mttr_h: f64, t: f64) -> f64 {
    let (up, down) = (1.0 / mttf_h, 1.0 / mttr_h);
    let rate = n as f64 * (up + down);
    let mut p = vec![0.0; n + 1];
    p[0] = 1.0;
    let (mut answer, mut weight, mut seen) = (0.0, (-rate * t).exp(), 0.0);
    for k in 0..100_000u32 {
        answer += weight * p[n];
        seen += weight;
        if 1.0 - seen < 1e-15 && f64::from(k) > rate * t {
            break;
        }
        let mut next = vec![0.0; n + 1];
        next[n] = p[n];
        for (i, mass) in p.iter().enumerate().take(n) {
            let (fail, repair) = ((n - i) as f64 * up / rate, i as f64 * down / rate);
            next[i + 1] += mass * fail;
            if i > 0 {
                next[i - 1] += mass * repair;
            }
            next[i] += mass * (1.0 - fail - repair);
        }
        p = next;
        weight *= rate * t / f64::from(k + 1);
    }
    answer
}

#[test]
fn the_exact_solution_is_right_where_it_is_known() {
    // one machine: 1 − exp(−t/mttf)
    assert!((exact(1, 10.0, 1.0, 5.0) - (1.0 - (-0.5f64).exp())).abs() < 1e-12);
}

#[test]
fn four_redundant_machines_all_down_is_found_within_ten_percent_at_a_fraction_of_the_cost() {
    let (mttf, mttr, t) = (400.0, 20.0, 20.0);
    let p = exact(4, mttf, mttr, t);
    assert!((1e-6..1e-4).contains(&p), "{p}");
    let (request, consumer) = redundant(4, mttf, mttr, t, 21);
    let support = forecast::support(request.model.plant(), consumer);
    assert_eq!(support.len(), 4);
    let event = RareEvent { asset: consumer, below: 0.5, support, alternative: 0, effort: 1500, replications: 200 };
    let a = forecast::rare(&request, &event).expect("the test is set up right");
    let ratio = a.crude_cost / a.cost as f64;
    println!(
        "exact {p:.4e}, splitting {:.4e} ({:.4e} to {:.4e}), relative error {:.2} %, stages {:?}, {} futures and instants, crude {:.2e}: {ratio:.0} times as many",
        a.probability.mean,
        a.probability.low,
        a.probability.high,
        a.relative_error * 100.0,
        a.stages,
        a.cost,
        a.crude_cost
    );
    // 10 % is at least 3 standard errors here, so this fails for a bias that matters
    assert!(a.relative_error < 0.10 / 3.0, "{}", a.relative_error);
    assert!((a.probability.mean / p - 1.0).abs() <= 0.10, "{} instead of {p}", a.probability.mean);
    assert!(ratio > 20.0, "{ratio}");
    assert_eq!(
        forecast::rare(&Request { threads: 1, ..request }, &RareEvent { replications: 4, ..event.clone() })
            .expect("the test is set up right")
            .stages
            .len(),
        a.stages.len()
    );
}

#[test]
fn splitting_agrees_with_a_probability_that_crude_futures_can_see_and_with_a_useless_importance() {
    let p = exact(2, 40.0, 8.0, 30.0);
    let (request, consumer) = redundant(2, 40.0, 8.0, 30.0, 5);
    let all = forecast::support(request.model.plant(), consumer);
    for support in [all.clone(), all[..1].to_vec(), vec![consumer]] {
        let event = RareEvent { asset: consumer, below: 0.5, support, alternative: 0, effort: 500, replications: 60 };
        let a = forecast::rare(&request, &event).expect("the test is set up right");
        let error = a.relative_error * a.probability.mean;
        println!("exact {p:.4}, splitting {:.4} ± {error:.4}, stages {:?}", a.probability.mean, a.stages);
        assert!((a.probability.mean - p).abs() <= 3.5 * error, "{} instead of {p}, error {error}", a.probability.mean);
    }
}
