//! The same draws give the same run, bit for bit: repeated, forked, split, on any number of threads, and beside anything
//! irrelevant. Time is accounted to 100 %.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, Mode, Model, RunOutcome, Script, State, TraceEvent};
use plantcast::time::Time;
use rayon::prelude::*;

/// A busy plant: material line with failures and crew, power with a reserve, a thermal asset, controls.
pub fn busy() -> Build {
    let mut b = Build::new();
    let (power, m) = (b.service("power"), b.material("m"));
    let grid = b.add("GRID", |a| {
        a.gives = vec![give(power, 130.0)];
        a.reliability = vec![failing(20.0, 0.5, false)];
    });
    let ups = b.add("UPS", |a| a.storage = Some(Storage { medium: power, capacity: 10.0, initial: 10.0, max_discharge: 60.0, max_charge: 10.0 }));
    b.link(grid, ups, power);
    let mut last = b.add("SRC", |a| a.process = Some(process(55.0, &[], &[m])));
    for i in 0..4 {
        let p = b.add(&format!("P-{i}"), |a| {
            a.process = Some(process(50.0 + f64::from(i), &[m], &[m]));
            a.needs = vec![need(power, 30.0, i as u8, if i % 2 == 0 { OnShort::Stop { below: 0.9 } } else { OnShort::Derate })];
            a.reliability = vec![failing(5.0, 0.7, true)];
            a.thermal = Some(Thermal {
                capacity_kj_per_k: 900.0,
                exchange_kw_per_k: 0.3,
                heat_kw: 20.0,
                initial_c: 25.0,
                setpoint_c: 200.0,
                trip_c: 82.0,
                reset_c: 70.0,
                auto_reset: true,
            });
        });
        b.link(ups, p, power);
        let t = b.add(&format!("T-{i}"), |a| a.storage = Some(tank(m, 30.0, 10.0)));
        b.link(last, p, m);
        b.link(p, t, m);
        last = t;
    }
    let sink = b.add("SINK", |a| a.process = Some(process(60.0, &[m], &[])));
    b.link(last, sink, m);
    b.crew(1);
    b
}

fn fingerprint(outcome: &RunOutcome) -> (Vec<TraceEvent>, [u8; 32]) {
    (outcome.trace.clone(), outcome.end.hash())
}

#[test]
fn repeated_runs_and_any_thread_count_are_identical() {
    let model = busy().model();
    let all = |threads: usize| -> Vec<_> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (0..60u64).into_par_iter().map(|r| fingerprint(&run(&model, &Script::empty(), 5, r, 24.0))).collect())
    };
    let one = all(1);
    assert!(one.iter().all(|f| f.0.len() > 20), "the plant must be busy");
    assert_ne!(one[0], one[1]);
    assert_eq!(one, all(2));
    assert_eq!(one, all(1));
}

#[test]
fn a_fork_continues_bit_for_bit_and_splitting_changes_nothing() {
    let model = busy().model();
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(6, 1));
    engine.run_until(Time::from_h(7.3)).unwrap();
    let mut fork = Engine::new(&model, engine.state().clone(), Draws::new(6, 1));
    engine.take_trace();
    for engine in [&mut engine, &mut fork] {
        for step in 1..40 {
            engine.run_until(Time::from_h(7.3 + 0.31 * f64::from(step))).unwrap();
        }
        engine.run_until(Time::from_h(30.0)).unwrap();
    }
    let whole = run(&model, &Script::empty(), 6, 1, 30.0);
    let trace = engine.take_trace();
    assert!(trace.len() > 20);
    assert_eq!(trace, fork.take_trace());
    assert_eq!(engine.state(), fork.state());
    assert_eq!(engine.state().hash(), whole.end.hash());
    // through its serialised form too
    let text = serde_json::to_string(engine.state()).unwrap();
    let read: State = serde_json::from_str(&text).unwrap();
    assert_eq!(&read, engine.state());
    let mut read = Engine::new(&model, read, Draws::new(6, 1));
    read.run_until(Time::from_h(60.0)).unwrap();
    engine.run_until(Time::from_h(60.0)).unwrap();
    assert_eq!(read.into_state().hash(), engine.into_state().hash());
}

#[test]
fn other_draws_make_another_future_from_the_same_state() {
    let model = busy().model();
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(6, 1));
    engine.run_until(Time::from_h(7.3)).unwrap();
    let ends: Vec<_> = (0..5)
        .map(|r| {
            let mut e = Engine::new(&model, engine.state().clone(), Draws::new(7, r));
            e.run_until(Time::from_h(20.0)).unwrap();
            e.into_state().hash()
        })
        .collect();
    for i in 1..5 {
        assert_ne!(ends[0], ends[i]);
    }
}

#[test]
fn an_irrelevant_failure_changes_nothing_else() {
    let plain = busy();
    let mut more = busy();
    let stranger = more.add("STRANGER", |a| a.reliability = vec![failing(2.0, 0.3, false)]);
    let (plain, more) = (plain.model(), more.model());
    for r in 0..10 {
        let a = run(&plain, &Script::empty(), 8, r, 48.0);
        let b = run(&more, &Script::empty(), 8, r, 48.0);
        let strip = |o: &RunOutcome| -> Vec<_> {
            o.trace.iter().filter(|e| e.asset != stranger).map(|e| (e.at, e.asset, e.what.clone(), e.cause.clone())).collect()
        };
        assert!(b.trace.iter().any(|e| e.asset == stranger));
        assert_eq!(strip(&a), strip(&b));
    }
}

#[test]
fn time_and_losses_are_accounted_to_the_last_microsecond() {
    let model: Model = busy().model();
    for r in 0..20 {
        let outcome = run(&model, &Script::empty(), 9, r, 48.0);
        for id in model.plant().asset_ids() {
            let times = outcome.end.time_in_mode(id);
            assert_eq!(times.iter().map(|s| s.0).sum::<i64>(), outcome.end.time().0);
            // the trace tells the same story
            let mut running = 0;
            let mut since = Time::ZERO;
            let mut mode = State::nominal(&model).mode(id);
            for e in outcome.trace.iter().filter(|e| e.asset == id) {
                if let plantcast::sim::Change::Mode { from, to } = e.what {
                    assert_eq!(from, mode);
                    running += if mode == Mode::Running { (e.at - since).0 } else { 0 };
                    (mode, since) = (to, e.at);
                }
            }
            running += if mode == Mode::Running { (outcome.end.time() - since).0 } else { 0 };
            assert_eq!(times[usize::from(Mode::Running.code())].0, running);
            // what was not served is a loss with a cause
            let lost: f64 = outcome.end.losses().iter().filter(|l| l.asset == id).map(|l| l.hours).sum();
            assert!((48.0 - served_h(&outcome, id) - lost).abs() < 1e-4, "{}: {lost}", model.plant().asset(id).id);
        }
    }
}

#[test]
fn the_order_of_a_script_at_one_time_is_kept() {
    use plantcast::sim::Intervention;
    let mut b = Build::new();
    let p = b.add("P", |a| a.actions = Vec::new());
    let model = b.model();
    let act = |kind| (Time::from_h(1.0), Intervention::Act(Action { asset: p, kind }));
    let end = |kinds: [ActionKind; 2]| run(&model, &Script(kinds.map(act).to_vec()), 1, 0, 2.0).end.mode(p);
    assert_eq!(end([ActionKind::Stop, ActionKind::Start]), Mode::Running);
    assert_eq!(end([ActionKind::Start, ActionKind::Stop]), Mode::Off);
}
