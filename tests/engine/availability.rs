//! Availability against closed forms: repairable unit (steady and transient), 2-of-3 with one crew, its first failure.
//!
//! The intervals are at 99.7 % (3 standard errors); each test also asserts that its interval is narrow enough to catch the
//! error it is there for.

use crate::support::*;
use plantcast::plant::OnShort;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Mode, Script, State};
use plantcast::time::{Span, Time};

fn repairable() -> Build {
    let mut b = Build::new();
    b.add("M", |a| a.reliability = vec![failing(100.0, 10.0, false)]);
    b
}

#[test]
fn steady_availability_of_a_repairable_unit() {
    // A = mu/(lambda+mu) = 10/11; cycles are i.i.d.: var(up fraction) from the renewal-reward theorem
    let model = repairable().model();
    let (hours, runs) = (50_000.0, 200u64);
    let m = plantcast::plant::AssetId(0);
    let means: Vec<f64> = (0..runs)
        .map(|r| {
            let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(11, r));
            engine.keep_trace(false);
            engine.run_until(Time::from_h(2000.0)).unwrap();
            let before = engine.state().time_in_mode(m)[usize::from(Mode::Running.code())];
            engine.run_until(Time::from_h(2000.0 + hours)).unwrap();
            (engine.state().time_in_mode(m)[usize::from(Mode::Running.code())].h() - before.h()) / hours
        })
        .collect();
    let (mean, error) = mean_and_error(&means);
    let exact = 10.0 / 11.0;
    assert!(3.0 * error < 0.003 * exact / 2.0, "too few runs to catch 0.3 %: {error}");
    assert!((mean - exact).abs() < 3.0 * error, "{mean} ± {error}, exact {exact}");
}

#[test]
fn transient_availability_of_a_repairable_unit() {
    let model = repairable().model();
    let m = plantcast::plant::AssetId(0);
    let runs = 60_000u64;
    let (mut at_10, mut mean_100) = (0.0, Vec::with_capacity(runs as usize));
    for r in 0..runs {
        let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(12, r));
        engine.keep_trace(false);
        engine.run_until(Time::from_h(10.0)).unwrap();
        at_10 += engine.state().service(m);
        engine.run_until(Time::from_h(100.0)).unwrap();
        mean_100.push(engine.state().time_in_mode(m)[usize::from(Mode::Running.code())].h() / 100.0);
    }
    let p = at_10 / runs as f64;
    let exact = 0.939_351_917;
    let error = (exact * (1.0 - exact) / runs as f64).sqrt();
    assert!((p - exact).abs() < 3.0 * error, "A(10): {p} ± {error}");
    let (mean, error) = mean_and_error(&mean_100);
    assert!((mean - 0.917_355_234).abs() < 3.0 * error, "mean over [0,100]: {mean} ± {error}");
    assert!(3.0 * error < 0.003 * mean, "{error}");
}

/// Three units, each half of what the load needs; one crew.
fn two_of_three() -> Build {
    let mut b = Build::new();
    let power = b.service("power");
    let load = b.add("LOAD", |a| a.needs = vec![need(power, 100.0, 0, OnShort::Stop { below: 0.95 })]);
    let mut members = Vec::new();
    for i in 0..3 {
        let m = b.add(&format!("U-{i}"), |a| {
            a.gives = vec![give(power, 50.0)];
            a.reliability = vec![failing(100.0, 10.0, true)];
        });
        b.link(m, load, power);
        members.push(m);
    }
    b.group(2, &members, false);
    b.crew(1);
    b
}

#[test]
fn two_of_three_with_one_crew() {
    let model = two_of_three().model();
    let load = plantcast::plant::AssetId(0);
    let hours = 40_000.0;
    let means: Vec<f64> = (0..120)
        .map(|r| {
            let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(13, r));
            engine.keep_trace(false);
            engine.run_until(Time::from_h(1000.0)).unwrap();
            let before = engine.state().time_in_mode(load)[usize::from(Mode::Running.code())];
            engine.run_until(Time::from_h(1000.0 + hours)).unwrap();
            (engine.state().time_in_mode(load)[usize::from(Mode::Running.code())].h() - before.h()) / hours
        })
        .collect();
    let (mean, error) = mean_and_error(&means);
    assert!(3.0 * error < 0.003, "{error}");
    assert!((mean - 0.951_683_748).abs() < 3.0 * error, "{mean} ± {error}");
}

#[test]
fn mean_time_to_first_system_failure() {
    // birth-death: MTTFF = (5 lambda + mu)/(6 lambda^2) = 250 h
    let model = two_of_three().model();
    let load = plantcast::plant::AssetId(0);
    let times: Vec<f64> = (0..12_000)
        .map(|r| {
            let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(14, r));
            engine.keep_trace(false);
            while engine.state().service(load) > 0.0 {
                let next = engine.next_event();
                engine.run_until(next).unwrap();
            }
            engine.state().time().h()
        })
        .collect();
    let (mean, error) = mean_and_error(&times);
    assert!((mean - 250.0).abs() < 3.0 * error, "{mean} ± {error}");
    assert!(3.0 * error < 0.03 * mean);
}

#[test]
fn the_cause_of_a_group_outage_is_all_missing_members() {
    let model = two_of_three().model();
    let load = plantcast::plant::AssetId(0);
    let outcome = run(&model, &Script::empty(), 15, 0, 5000.0);
    let stop = outcome.service.iter().find(|s| s.asset == load && s.service == 0.0).expect("it stops once in 5000 h");
    match &stop.cause {
        plantcast::sim::Cause::Group { missing, .. } => assert_eq!(missing.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[test]
fn residual_repair_is_conditioned_on_elapsed_time() {
    use plantcast::plant::Repair;
    use plantcast::sim::{FailedState, Observed};
    let mut b = repairable();
    b.0.assets[0].reliability[0].repair = Repair::Fixed(Span::from_h(8.0));
    let model = b.model();
    let failed = Some(FailedState { mode_index: 0, since: Span::from_h(5.0), in_repair: true });
    let state = State::from_observed(&model, Time::from_h(100.0), &[Observed { failed, ..Observed::default() }]).unwrap();
    assert_eq!(state.mode(plantcast::plant::AssetId(0)), Mode::InRepair);
    let mut engine = Engine::new(&model, state, Draws::new(1, 1));
    assert_eq!(engine.next_event(), Time::from_h(103.0));
    engine.run_until(Time::from_h(103.0)).unwrap();
    assert_eq!(engine.state().mode(plantcast::plant::AssetId(0)), Mode::Running);
}

fn mean_and_error(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (var / n).sqrt())
}
