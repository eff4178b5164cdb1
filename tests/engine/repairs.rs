//! Repair laws, keyed quantiles, and how much younger a repair makes.

use crate::exact::*;
use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Intervention, Model, Script, State, Until};
use plantcast::time::{Span, Time};

const M: AssetId = AssetId(0);

fn h(hours: f64) -> Span {
    Span::from_h(hours)
}

fn plant(mode: FailureMode) -> Build {
    let mut b = Build::new();
    b.add("M", |a| a.reliability = vec![mode]);
    b
}

/// Begin and end of every repair up to `n` [h].
fn outages(model: &Model, seed: u64, run: u64, script: &Script, n: usize) -> Vec<(f64, f64)> {
    let mut engine = Engine::new(model, State::nominal(model), Draws::new(seed, run));
    engine.schedule(script);
    let (mut out, mut began) = (Vec::new(), 0.0);
    while out.len() < n {
        let next = engine.next_event();
        engine.run_until(next).expect("the run settles");
        for e in engine.take_trace().iter().filter(|e| e.asset == M) {
            match e.what {
                Change::Failed { .. } => began = e.at.h(),
                Change::Repaired { .. } => out.push((began, e.at.h())),
                _ => {}
            }
        }
    }
    out
}

fn laws() -> [(Repair, f64); 5] {
    [
        (Repair::Fixed(h(3.0)), 3.0),
        (Repair::Exponential { mean: h(3.0) }, 3.0),
        (Repair::Lognormal { median: h(2.0), sigma: 0.8 }, 2.0 * 0.32_f64.exp()),
        (Repair::Gamma { mean: h(3.0), shape: 2.5 }, 3.0),
        // 3 · Γ(1 + 1/1.5)
        (Repair::Weibull { shape: 1.5, scale: h(3.0) }, 3.0 * 0.902_745_292_950_934),
    ]
}

#[test]
fn mean_repair_times() {
    for (law, mean) in laws() {
        let model = plant(FailureMode::new("f", Hazard::Exponential { mttf: h(10.0) }, law)).model();
        let x: Vec<f64> = outages(&model, 51, 0, &Script::empty(), runs(12_000, 1_000_000) as usize).iter().map(|(a, b)| b - a).collect();
        if let Repair::Fixed(_) = law {
            assert!(x.iter().all(|t| (t - 3.0).abs() < 1e-6));
        } else {
            assert_mean(&format!("{law:?}"), &x, mean, 0.03);
        }
        assert!((law.mean().h() - mean).abs() < 1e-6 * mean, "{law:?}");
    }
}

#[test]
fn a_gamma_of_shape_three_is_the_sum_of_three_phases() {
    let model = plant(FailureMode::new("f", Hazard::Exponential { mttf: h(10.0) }, Repair::Gamma { mean: h(3.0), shape: 3.0 })).model();
    let x: Vec<f64> = outages(&model, 52, 0, &Script::empty(), 12_000).iter().map(|(a, b)| b - a).collect();
    let d = ks(x.clone(), |t| 1.0 - (-t).exp() * (1.0 + t + t * t / 2.0));
    assert!(d < KS_999, "√n·D = {d}");
    assert!(ks(x, |t| 1.0 - (-t / 3.0).exp()) > 5.0, "an exponential of the same mean is refused");
}

#[test]
fn the_nth_repair_is_the_same_quantile_whatever_happens_elsewhere() {
    // the same uniform numbers serve every law: an exponential shows u, the others must be their quantile of u
    let exponential = plant(FailureMode::new("f", Hazard::Exponential { mttf: h(10.0) }, Repair::Exponential { mean: h(3.0) })).model();
    let u: Vec<f64> = outages(&exponential, 53, 4, &Script::empty(), 40).iter().map(|(a, b)| 1.0 - (-(b - a) / 3.0).exp()).collect();
    let weibull = plant(FailureMode::new("f", Hazard::Weibull { shape: 2.0, scale: h(90.0) }, Repair::Weibull { shape: 1.5, scale: h(3.0) })).model();
    let early = Script(vec![(Time::from_h(1.0), Intervention::Fail { asset: M, mode: Some(0), until: Until::Repaired })]);
    for script in [Script::empty(), early] {
        for ((a, b), u) in outages(&weibull, 53, 4, &script, 40).iter().zip(&u) {
            let exact = 3.0 * (-(1.0 - u).ln()).powf(1.0 / 1.5);
            assert!((b - a - exact).abs() < 1e-6 * exact.max(1e-2), "{} instead of {exact}", b - a);
        }
    }
}

#[test]
fn minimal_repair_makes_a_poisson_process_of_the_same_intensity() {
    // as bad as old: failures in operating time are a Poisson process with mean (t/scale)^shape = 3^2.2 = 11.2 in 300 h
    let mode =
        FailureMode { renewal: Renewal::Minimal, ..FailureMode::new("f", Hazard::Weibull { shape: 2.2, scale: h(100.0) }, Repair::Fixed(Span(1))) };
    let model = plant(mode).model();
    let exact = 3.0_f64.powf(2.2);
    let counts: Vec<f64> = (0..runs(4000, 95_000))
        .map(|r| run(&model, &Script::empty(), 54, r, 300.0).trace.iter().filter(|e| matches!(e.what, Change::Failed { .. })).count() as f64)
        .collect();
    assert_mean("minimal repair, failures in 300 h", &counts, exact, 0.02);
    // the variance of a Poisson count is its mean; that of its estimate is (2 m² + m)/n
    let (mean, _) = mean_and_error(&counts);
    let n = counts.len() as f64;
    let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = ((2.0 * exact * exact + exact) / n).sqrt();
    assert!((variance - exact).abs() < 3.0 * error, "variance {variance} ± {error}, exact {exact}");
}

#[test]
fn a_partial_repair_keeps_its_fraction_of_the_age() {
    // Kijima's type II with q = 0.4: the second life of a Weibull given the first x: S(0.4 x + t)/S(0.4 x)
    let hazard = Hazard::Weibull { shape: 2.0, scale: h(100.0) };
    let mode = FailureMode { renewal: Renewal::Partial(0.4), ..FailureMode::new("f", hazard, Repair::Fixed(h(1.0))) };
    let model = plant(mode).model();
    let cumulative = |t: f64| (t / 100.0).powi(2);
    let lives: Vec<(f64, f64)> = (0..runs(6000, 400_000))
        .map(|r| {
            let o = outages(&model, 55, r, &Script::empty(), 2);
            (o[0].0, o[1].0 - o[0].1)
        })
        .collect();
    // the integrated hazard of the second life is Exp(1) by itself
    let used: Vec<f64> = lives.iter().map(|(x, t)| cumulative(0.4 * x + t) - cumulative(0.4 * x)).collect();
    let d = ks(used, |e| 1.0 - (-e).exp());
    assert!(d < KS_999, "√n·D = {d}");
    // E[X2] = ∫ f(x) ∫ S(0.4 x + t)/S(0.4 x) dt dx
    let inner = |x: f64| simpson(|t| (cumulative(0.4 * x) - cumulative(0.4 * x + t)).exp(), 0.0, 700.0, 400);
    let exact = simpson(|x| 2.0 * x / 1e4 * (-cumulative(x)).exp() * inner(x), 0.0, 700.0, 400);
    let second: Vec<f64> = lives.iter().map(|l| l.1).collect();
    assert_mean("second life under Kijima II", &second, exact, 0.03);
}
