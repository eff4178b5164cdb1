//! Do the intervals cover? Thousands of ensembles of models with known answers; a coverage passes within 3.5 binomial
//! standard errors (two-sided 99.95 %) of what is promised, or above where the promise is "at least".

use plantcast::forecast::{anytime_mean, anytime_proportion, mean, tail, wilson};
use plantcast::rng::{Draws, Purpose, stable_id};

/// 0/1 of ensemble `e`, future `i`.
fn coin(e: u64, i: u32, p: f64) -> bool {
    Draws::new(e, u64::from(i)).uniform(stable_id("coin"), Purpose::Transition, 0) < p
}

fn allowed(nominal: f64, ensembles: u64) -> f64 {
    3.5 * (nominal * (1.0 - nominal) / ensembles as f64).sqrt()
}

#[test]
fn wilson_covers_as_often_as_its_exact_coverage_says() {
    // Wilson's exact coverage at (n, p) is a finite sum of binomial terms; the simulation must agree with it, and it must be near 95 %
    let ensembles = 4000;
    for (n, p) in [(100u32, 0.3), (256, 0.05), (1000, 0.5), (1000, 0.01)] {
        let hits = (0..ensembles)
            .filter(|e| {
                let count = (0..n).filter(|i| coin(*e + 10_000, *i, p)).count() as u32;
                let (low, high) = wilson(count, n);
                low <= p && p <= high
            })
            .count() as f64
            / ensembles as f64;
        let log_choose = |k: u32| libm::lgamma(f64::from(n) + 1.0) - libm::lgamma(f64::from(k) + 1.0) - libm::lgamma(f64::from(n - k) + 1.0);
        let exact: f64 = (0..=n)
            .filter(|k| {
                let (low, high) = wilson(*k, n);
                low <= p && p <= high
            })
            .map(|k| (log_choose(k) + f64::from(k) * p.ln() + f64::from(n - k) * (1.0 - p).ln()).exp())
            .sum();
        println!("Wilson n = {n}, p = {p}: measured {hits:.4}, exact {exact:.4}, nominal 0.95");
        assert!((hits - exact).abs() <= allowed(exact, ensembles), "{hits} {exact}");
        assert!((0.93..=0.97).contains(&exact), "{exact}");
    }
}

#[test]
fn students_interval_covers_a_normal_mean() {
    let ensembles = 4000;
    for n in [5u32, 60] {
        let hits = (0..ensembles)
            .filter(|e| {
                let x: Vec<f64> = (0..n).map(|i| 3.0 + Draws::new(*e, u64::from(i)).normal(stable_id("n"), Purpose::Transition, 0)).collect();
                let m = mean(&x);
                m.low <= 3.0 && 3.0 <= m.high
            })
            .count() as f64
            / ensembles as f64;
        println!("t, n = {n}: {hits:.4}");
        assert!((hits - 0.95).abs() <= allowed(0.95, ensembles), "{n}: {hits}");
    }
}

#[test]
fn value_at_risk_and_its_conditional_cover_those_of_an_exponential_loss() {
    // profit = −Exp(1): value at risk at 95 % is ln 0.05, its conditional ln 0.05 − 1
    let (n, ensembles) = (1000u32, 2000u64);
    let exact = 0.05f64.ln();
    let (mut value, mut conditional) = (0u32, 0u32);
    for e in 0..ensembles {
        let x: Vec<f64> = (0..n).map(|i| -Draws::new(e, u64::from(i)).exp1(stable_id("x"), Purpose::Transition, 0)).collect();
        let (v, c) = tail(&x);
        value += u32::from(v.low <= exact && exact <= v.high);
        conditional += u32::from(c.low <= exact - 1.0 && exact - 1.0 <= c.high);
    }
    let (value, conditional) = (f64::from(value) / ensembles as f64, f64::from(conditional) / ensembles as f64);
    println!("value at risk {value:.4}, conditional {conditional:.4} (n = {n}, {ensembles} ensembles)");
    // order statistics are conservative; the conditional is asymptotic: two points are allowed for its skewness at 50 tail futures
    assert!(value >= 0.95 - allowed(0.95, ensembles) && value < 0.99, "{value}");
    assert!((conditional - 0.95).abs() <= allowed(0.95, ensembles) + 0.02, "{conditional}");
}

#[test]
fn the_anytime_interval_covers_at_all_block_boundaries_at_once() {
    // every future is a look, up to 4,096: at least 95 % of the ensembles never leave the interval
    let ensembles = 1500;
    for p in [0.02, 0.3, 0.5] {
        let (mut anytime, mut fixed) = (0u32, 0u32);
        for e in 0..ensembles {
            let (mut count, mut inside, mut inside_fixed) = (0, true, true);
            for i in 0..4096u32 {
                count += u32::from(coin(e + 50_000, i, p));
                if (i + 1) % 16 == 0 {
                    let (low, high) = anytime_proportion(count, i + 1);
                    inside &= low <= p && p <= high;
                    let (low, high) = wilson(count, i + 1);
                    inside_fixed &= low <= p && p <= high;
                }
            }
            anytime += u32::from(inside);
            fixed += u32::from(inside_fixed);
        }
        let (anytime, fixed) = (f64::from(anytime) / ensembles as f64, f64::from(fixed) / ensembles as f64);
        println!("p = {p}: simultaneous coverage at 256 looks: anytime {anytime:.4}, Wilson {fixed:.4} ({ensembles} ensembles)");
        assert!(anytime >= 0.95 - allowed(0.95, ensembles), "{anytime}");
        assert!(fixed < 0.85, "looking 256 times at a fixed-n interval must fail often: {fixed}");
    }
}

#[test]
fn the_anytime_mean_covers_from_the_first_block_on() {
    // skewed values, looks at every 256 as the ensemble does
    let ensembles = 800;
    let mut inside = 0u32;
    for e in 0..ensembles {
        let mut x = Vec::new();
        let mut ok = true;
        for i in 0..5120u32 {
            x.push(Draws::new(e + 90_000, u64::from(i)).exp1(stable_id("m"), Purpose::Transition, 0));
            if (i + 1) % 256 == 0 {
                let m = anytime_mean(&x);
                ok &= m.low <= 1.0 && 1.0 <= m.high;
            }
        }
        inside += u32::from(ok);
    }
    let inside = f64::from(inside) / ensembles as f64;
    println!("anytime mean, 20 looks: {inside:.4} ({ensembles} ensembles)");
    assert!(inside >= 0.95 - allowed(0.95, ensembles), "{inside}");
}
