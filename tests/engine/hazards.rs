//! Hazard laws and covariates, exact in distribution.
//!
//! Two kinds of evidence. (1) Lives of the engine against the survival function, by Kolmogorov–Smirnov at 99.9 %.
//! (2) Path by path: the budget of a life is an Exp(1) number that depends on nothing but seed, run, asset and mode. A plain
//! exponential shows it as its life over its mean, so whatever law and state, the integrated hazard at the failure must
//! equal that number: no sampling error hides a wrong integral.

use crate::exact::*;
use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Intervention, Model, Script, State};
use plantcast::time::{Span, Time};

const M: AssetId = AssetId(0);

fn h(hours: f64) -> Span {
    Span::from_h(hours)
}

/// One asset that fails by this mode and stays down.
fn plant(mode: FailureMode, facets: impl FnOnce(&mut Asset)) -> Build {
    let mut b = Build::new();
    b.add("M", |a| {
        a.reliability = vec![mode];
        facets(a);
    });
    b
}

fn mode(hazard: Hazard) -> FailureMode {
    FailureMode::new("breakdown", hazard, Repair::Fixed(h(1e6)))
}

/// Time of the first failure [h].
fn first_failure(model: &Model, script: &Script, seed: u64, run: u64) -> f64 {
    let mut engine = Engine::new(model, State::nominal(model), Draws::new(seed, run));
    engine.schedule(script);
    loop {
        let next = engine.next_event();
        assert!(next < Time::from_h(1e6), "it never fails");
        engine.run_until(next).expect("the run settles");
        if let Some(e) = engine.take_trace().iter().find(|e| matches!(e.what, Change::Failed { .. })) {
            return e.at.h();
        }
    }
}

/// The Exp(1) budget of the first life.
fn budget(seed: u64, run: u64) -> f64 {
    let model = plant(mode(Hazard::Exponential { mttf: h(10_000.0) }), |_| {}).model();
    first_failure(&model, &Script::empty(), seed, run) / 10_000.0
}

/// Lives between failures when repair takes next to nothing [h].
fn lives(hazard: Hazard, seed: u64, n: usize) -> Vec<f64> {
    let model = plant(FailureMode { repair: Repair::Fixed(Span(1)), ..mode(hazard) }, |_| {}).model();
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(seed, 0));
    let mut out = Vec::with_capacity(n);
    let mut last = Time::ZERO;
    while out.len() < n {
        let next = engine.next_event();
        engine.run_until(next).expect("the run settles");
        for e in engine.take_trace() {
            if matches!(e.what, Change::Failed { .. }) {
                out.push((e.at - last).h());
                last = e.at.after(Span(1));
            }
        }
    }
    out
}

fn bathtub() -> Hazard {
    Hazard::Bathtub { early_shape: 0.5, early_scale: h(2000.0), mttf: h(400.0), wear_shape: 4.0, wear_scale: h(300.0) }
}

#[test]
fn weibull_first_passage() {
    let n = runs(20_000, 400_000) as usize;
    let x = lives(Hazard::Weibull { shape: 2.5, scale: h(100.0) }, 31, n);
    // 100 · Γ(1.4)
    assert_mean("Weibull mean life", &x, 88.726_381_75, 0.01);
    let d = ks(x, |t| 1.0 - (-(t / 100.0_f64).powf(2.5)).exp());
    assert!(d < KS_999, "√n·D = {d}");
}

#[test]
fn a_bathtub_is_the_first_of_its_three_causes() {
    let survival = |t: f64| (-(t / 2000.0).sqrt() - t / 400.0 - (t / 300.0).powi(4)).exp();
    let n = runs(20_000, 1_000_000) as usize;
    let x = lives(bathtub(), 32, n);
    // in t = y², so that the square root is smooth; beyond 1000 h survival is below 1e-50
    let mean = simpson(|y| 2.0 * y * survival(y * y), 0.0, 1000.0_f64.sqrt(), 4000);
    assert_mean("bathtub mean life", &x, mean, 0.03);
    let d = ks(x.clone(), |t| 1.0 - survival(t));
    assert!(d < KS_999, "√n·D = {d}");
    // the test can fail: without the early failures the same sample is refused
    let d = ks(x, |t| 1.0 - (-t / 400.0 - (t / 300.0).powi(4)).exp());
    assert!(d > 5.0, "√n·D = {d}");
}

#[test]
fn every_law_consumes_exactly_the_budget_of_its_life() {
    let bath = bathtub();
    for hazard in [Hazard::Weibull { shape: 0.7, scale: h(50.0) }, Hazard::Weibull { shape: 3.0, scale: h(50.0) }, bath] {
        let model = plant(mode(hazard), |_| {}).model();
        for run in 0..50 {
            let life = first_failure(&model, &Script::empty(), 33, run);
            let (used, budget) = (hazard.cumulative(life * 3600.0), budget(33, run));
            assert!((used - budget).abs() < 1e-8 * budget.max(0.01), "{hazard:?} run {run}: {used}, budget {budget}");
        }
    }
}

/// Heats up from 20 °C towards 120 °C with a time constant of 2.5 h.
fn heating(a: &mut Asset) {
    a.thermal = Some(Thermal {
        capacity_kj_per_k: 900.0,
        exchange_kw_per_k: 0.1,
        heat_kw: 10.0,
        initial_c: 20.0,
        setpoint_c: 300.0,
        trip_c: 400.0,
        reset_c: 350.0,
        auto_reset: false,
    });
}

fn temperature(hours: f64) -> f64 {
    120.0 - 100.0 * (-hours / 2.5).exp()
}

#[test]
fn a_hazard_that_grows_with_the_temperature_of_a_heating_asset() {
    let weibull = Hazard::Weibull { shape: 2.0, scale: h(20.0) };
    let rate = |t: f64| 2.0 / 20.0 * (t / 20.0);
    let laws = [Covariate::Temperature { per_k: 0.05, reference_c: 60.0 }, Covariate::Arrhenius { activation_ev: 0.6, reference_c: 60.0 }];
    for law in laws {
        let model = plant(FailureMode { covariates: vec![law], ..mode(weibull) }, heating).model();
        let factor = |c: f64| match law {
            Covariate::Temperature { per_k, reference_c } => (per_k * (c - reference_c)).exp(),
            _ => (0.6 / 8.617_333_262e-5 * (1.0 / 333.15 - 1.0 / (c + 273.15))).exp(),
        };
        let integrated = |t: f64, n| simpson(|s| rate(s) * factor(temperature(s)), 0.0, t, n);
        for run in 0..60 {
            let life = first_failure(&model, &Script::empty(), 34, run);
            let (used, budget) = (integrated(life, 4000), budget(34, run));
            // 1 µs of rounding at most moves it by 1e-9
            assert!((used - budget).abs() < 2e-8 * budget.max(0.01), "{law:?} run {run}: {used}, budget {budget} at {life} h");
        }
        // the survival function by quadrature, over many runs
        let x: Vec<f64> = (0..runs(3000, 400_000)).map(|run| first_failure(&model, &Script::empty(), 35, run)).collect();
        let d = ks(x.clone(), |t| 1.0 - (-integrated(t, 200)).exp());
        assert!(d < KS_999, "{law:?}: √n·D = {d}");
        let mean = simpson(|t| (-integrated(t, 200)).exp(), 0.0, 40.0, 800);
        assert_mean("heating asset, mean life", &x, mean, 0.04);
        // and it matters: at a constant 60 °C the same sample is refused
        assert!(ks(x, |t| 1.0 - (-(t / 20.0_f64).powi(2)).exp()) > 5.0);
    }
}

#[test]
fn a_coupled_temperature_drives_the_hazard_too() {
    // two bodies of 4000 kJ/K, 90 and 30 °C, exchange 1 kW/K: T = 60 ± 30·e^(−1.8 t/h), by the Taylor segments of `coupled`
    let law = Covariate::Temperature { per_k: 0.06, reference_c: 60.0 };
    let body = |celsius: f64| Thermal {
        capacity_kj_per_k: 4000.0,
        exchange_kw_per_k: 0.0,
        heat_kw: 0.0,
        initial_c: celsius,
        setpoint_c: 500.0,
        trip_c: 900.0,
        reset_c: 800.0,
        auto_reset: false,
    };
    let weibull = Hazard::Weibull { shape: 1.6, scale: h(3.0) };
    let mut b = Build::new();
    b.add("M", |a| {
        a.thermal = Some(body(90.0));
        a.reliability = vec![FailureMode { covariates: vec![law], ..mode(weibull) }];
        a.coupling.exchanges = vec![Exchange { with: AssetId(1), kw_per_k: 1.0, via: None }];
    });
    b.add("COLD", |a| a.thermal = Some(body(30.0)));
    let model = b.model();
    // in t = y^(1/0.6), which is smooth
    let integrated = |t: f64| simpson(|u| (0.06 * 30.0 * (-1.8 * 3.0 * u.powf(1.0 / 1.6)).exp()).exp(), 0.0, (t / 3.0).powf(1.6), 20_000);
    for run in 0..60 {
        let life = first_failure(&model, &Script::empty(), 42, run);
        let (used, budget) = (integrated(life), budget(42, run));
        // the Simpson rule at the root's start limits this comparison, not the engine
        assert!((used - budget).abs() < 1e-5 * budget.max(0.05), "run {run}: {used}, budget {budget} at {life} h");
    }
}

#[test]
fn ambient_drives_an_asset_without_a_thermal_facet() {
    let law = Covariate::Temperature { per_k: 0.1, reference_c: 20.0 };
    let model = plant(FailureMode { covariates: vec![law], ..mode(Hazard::Exponential { mttf: h(10.0) }) }, |_| {}).model();
    let heat_wave = Script(vec![(Time::from_h(1.0), Intervention::Ambient { delta_c: 15.0, duration: h(4.0) })]);
    let f = 1.5_f64.exp();
    for run in 0..100 {
        let t = first_failure(&model, &heat_wave, 36, run);
        let used = (t.min(1.0) + f * (t.clamp(1.0, 5.0) - 1.0) + (t.max(5.0) - 5.0)) / 10.0;
        let budget = budget(36, run);
        assert!((used - budget).abs() < 1e-8, "run {run}: {used}, budget {budget}");
    }
}

#[test]
fn a_switched_load_switches_the_hazard() {
    // a bearing: (load)^3, Weibull on age; half load from 5 h to 30 h, standing still from 30 h to 40 h (no ageing)
    let weibull = Hazard::Weibull { shape: 1.8, scale: h(40.0) };
    let law = Covariate::Load { exponent: 3.0, reference: 1.0 };
    let model = plant(FailureMode { covariates: vec![law], ..mode(weibull) }, |a| a.process = Some(process(100.0, &[], &[]))).model();
    let set = |at: f64, kind| (Time::from_h(at), Intervention::Act(Action { asset: M, kind }));
    let script = Script(vec![
        set(5.0, ActionKind::SetRate(0.5)),
        set(30.0, ActionKind::Stop),
        set(40.0, ActionKind::Start),
        set(45.0, ActionKind::SetRate(1.0)),
    ]);
    let mut late = 0;
    for run in 0..200 {
        let t = first_failure(&model, &script, 37, run);
        let cumulative = |age: f64| (age / 40.0).powf(1.8);
        let age = if t > 40.0 { t - 10.0 } else { t.min(30.0) };
        let part = |from: f64, to: f64, factor: f64| factor * (cumulative(age.clamp(from, to)) - cumulative(from));
        let used = part(0.0, 5.0, 1.0) + part(5.0, 35.0, 0.125) + part(35.0, 1e6, 1.0);
        let budget = budget(37, run);
        assert!((used - budget).abs() < 1e-8 * budget.max(0.1), "run {run}: {used}, budget {budget} at {t} h");
        late += u32::from(t > 45.0);
    }
    assert!((20..180).contains(&late), "the script must matter: {late}");
}

#[test]
fn calendar_age_passes_at_standstill_too() {
    let weibull = Hazard::Weibull { shape: 2.0, scale: h(50.0) };
    for (ages, stands_still) in [(Ageing::Calendar, true), (Ageing::Operating, false)] {
        let model = plant(FailureMode { ages, ..mode(weibull) }, |_| {}).model();
        let off = Script(vec![
            (Time::from_h(1.0), Intervention::Act(Action { asset: M, kind: ActionKind::Stop })),
            (Time::from_h(500.0), Intervention::Act(Action { asset: M, kind: ActionKind::Start })),
        ]);
        for run in 0..50 {
            let t = first_failure(&model, &off, 38, run);
            let age = if stands_still || t < 1.0 { t } else { t - 499.0 };
            let budget = budget(38, run);
            assert!(((age / 50.0).powi(2) - budget).abs() < 1e-8 * budget.max(0.01), "{ages:?} run {run} at {t} h");
        }
    }
    // what never runs ages all the same
    let model = plant(FailureMode { ages: Ageing::Calendar, ..mode(weibull) }, |a| a.initial = InitialMode::Off).model();
    let t = first_failure(&model, &Script::empty(), 39, 0);
    assert!(((t / 50.0).powi(2) - budget(39, 0)).abs() < 1e-8);
}

#[test]
fn splitting_and_forking_a_driven_run_changes_nothing() {
    let law = Covariate::Temperature { per_k: 0.05, reference_c: 60.0 };
    let model = plant(FailureMode { covariates: vec![law], ..mode(Hazard::Weibull { shape: 2.0, scale: h(20.0) }) }, heating).model();
    let mut whole = Engine::new(&model, State::nominal(&model), Draws::new(40, 0));
    let mut split = Engine::new(&model, State::nominal(&model), Draws::new(40, 0));
    whole.run_until(Time::from_h(60.0)).unwrap();
    for i in 1..=600 {
        split.run_until(Time::from_h(f64::from(i) * 0.1)).unwrap();
        if i == 50 {
            let json = serde_json::to_string(split.state()).unwrap();
            let state: State = serde_json::from_str(&json).unwrap();
            split = Engine::new(&model, state, Draws::new(40, 0));
        }
    }
    assert_eq!(whole.state().hash(), split.state().hash());
}

#[test]
fn a_pair_that_shares_the_load_fails_faster_alone() {
    // each of two generators at half load: 0.01/h; alone at full load 0.03/h = 0.01 · 2^e; repair 0.1/h:
    // MTTFF = (l1 + mu + 2 l0)/(2 l0 l1) = 250 h, P(the second fails before the repair) = l1/(l1 + mu) = 0.2307692
    let exponent = 3.0_f64.log2();
    let mut b = Build::new();
    let power = b.service("power");
    let load = b.add("LOAD", |a| a.needs = vec![need(power, 100.0, 0, OnShort::Stop { below: 0.95 })]);
    for id in ["G-1", "G-2"] {
        let g = b.add(id, |a| {
            a.gives = vec![give(power, 100.0)];
            a.reliability = vec![FailureMode { covariates: vec![Covariate::Load { exponent, reference: 0.5 }], ..failing(100.0, 10.0, false) }];
        });
        b.link(g, load, power);
    }
    let model = b.model();
    let (mut times, mut seconds) = (Vec::new(), Vec::new());
    for run in 0..runs(8_000, 1_050_000) {
        let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(41, run));
        let mut first = true;
        while engine.state().service(load) > 0.0 {
            let next = engine.next_event();
            engine.run_until(next).unwrap();
            for e in engine.take_trace() {
                match e.what {
                    Change::Failed { .. } if engine.state().service(load) <= 0.0 && first => seconds.push(1.0),
                    Change::Repaired { .. } if first => {
                        seconds.push(0.0);
                        first = false;
                    }
                    _ => {}
                }
            }
        }
        // the first excursion ends with a second failure or with a repair
        times.push(engine.state().time().h());
    }
    assert_mean("load-sharing pair, MTTFF", &times, 250.0, 0.04);
    assert_eq!(seconds.len(), times.len());
    assert_mean("second before repair", &seconds, 0.230_769_231, 0.07);
}
