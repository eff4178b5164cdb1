//! Discrete parts, exactly: queues and lines against closed forms and solved Markov chains.
//!
//! Each throughput is judged by a 99.7 % interval (3 standard errors over batches of one long run, or over runs) whose half
//! width is at most 0.3 % of the exact value, so that an error of 0.3 % would be caught. Exact values: Markov chains of the
//! lines with blocking after service, solved numerically; Hunt (1956) for three machines without buffers.
//!
//! Not here: the deterministic transfer line of Buzacott (1967) and Gershwin & Schick (1983). Its machines fail and are
//! repaired at the ends of common, synchronous cycles (geometric laws); machines here have cycles of their own and fail by
//! working time, and no closed form is known for that line with fixed cycles. `deterministic_lines` covers what is.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use super::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Cause, Engine, Mode, Model, State};
use plantcast::time::{Span, Time};

/// A machine of a line: mean cycle, failures per hour of work, repairs per hour.
pub struct Machine {
    pub law: CycleLaw,
    pub failure: f64,
    pub repair: f64,
}

pub fn exponential(rate: f64, failure: f64, repair: f64) -> Machine {
    Machine { law: CycleLaw::Exponential { mean: Span::from_h(1.0 / rate) }, failure, repair }
}

/// A serial line; a buffer of 0 is a direct link.
pub fn line(machines: &[Machine], buffers: &[f64]) -> Model {
    let mut b = Build::new();
    let m = b.material("part");
    let mut last = None;
    for (i, machine) in machines.iter().enumerate() {
        let (inputs, outputs): (&[_], &[_]) = (if i > 0 { &[m] } else { &[] }, if i + 1 < machines.len() { &[m] } else { &[] });
        let id = b.add(&format!("M-{i}"), |a| {
            a.process = Some(Process { form: parts(machine.law), ..process(1.0, inputs, outputs) });
            if machine.failure > 0.0 {
                a.reliability = vec![failing(1.0 / machine.failure, 1.0 / machine.repair, false)];
            }
            // waits are not told: the statistics of time by mode do not need it
            a.impact_tau = Span::from_h(1e6);
        });
        if let Some(last) = last {
            if buffers[i - 1] > 0.0 {
                let store = b.add(&format!("B-{i}"), |a| a.storage = Some(tank(m, buffers[i - 1], 0.0)));
                b.link(last, store, m);
                b.link(store, id, m);
            } else {
                b.link(last, id, m);
            }
        }
        last = Some(id);
    }
    b.model()
}

pub fn parts(cycle: CycleLaw) -> Form {
    Form::Parts { cycle, servers: 1, blocking: Blocking::AfterService }
}

/// Mean and its standard error over `batches` batches of one run after a warm-up.
pub fn batches(model: &Model, seed: u64, batch_h: f64, batches: usize, of: impl Fn(&State) -> f64) -> (f64, f64) {
    let mut engine = Engine::new(model, State::nominal(model), Draws::new(seed, 0));
    engine.keep_trace(false);
    engine.run_until(Time::from_h(batch_h)).unwrap();
    let mut before = of(engine.state());
    let means: Vec<f64> = (0..batches)
        .map(|i| {
            engine.run_until(Time::from_h(batch_h * (i + 2) as f64)).unwrap();
            let value = of(engine.state());
            (value - std::mem::replace(&mut before, value)) / batch_h
        })
        .collect();
    let n = batches as f64;
    let mean = means.iter().sum::<f64>() / n;
    let variance = means.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Throughput of the last machine against its exact value.
fn throughput(name: &str, model: &Model, exact: f64, batch_h: f64, count: usize) {
    let sink = model.plant().asset_ids().filter(|id| model.plant().asset(*id).process.is_some()).last().unwrap();
    let (mean, error) = batches(model, 31, batch_h, count, |s| s.parts(model, sink).unwrap().made as f64);
    println!("{name}: {mean:.6} ± {error:.6}, exact {exact:.6}, half width {:.3} %", 300.0 * error / exact);
    assert!(3.0 * error <= 0.003 * exact, "{name}: too short to catch 0.3 %: {error}");
    assert!((mean - exact).abs() <= 3.0 * error, "{name}: {mean} ± {error}, exact {exact}");
}

#[test]
fn two_exponential_machines_with_failures() {
    for (buffer, exact) in [(0.0, 0.589_954_823), (1.0, 0.655_882_082), (5.0, 0.756_196_559), (10.0, 0.799_026_177)] {
        let model = line(&[exponential(1.0, 0.01, 0.1), exponential(1.0, 0.01, 0.1)], &[buffer]);
        throughput(&format!("two machines, buffer {buffer}"), &model, exact, 120_000.0, 60);
    }
}

#[test]
fn two_different_machines_with_failures() {
    let model = line(&[exponential(1.0, 0.01, 0.1), exponential(1.2, 0.02, 0.15)], &[5.0]);
    throughput("asymmetric", &model, 0.802_265_078, 80_000.0, 60);
}

#[test]
fn three_machines_with_failures() {
    let machine = || exponential(1.0, 0.01, 0.1);
    let model = line(&[machine(), machine(), machine()], &[3.0, 3.0]);
    throughput("three machines", &model, 0.647_041_480, 80_000.0, 60);
}

#[test]
fn reliable_machines() {
    let machine = || exponential(1.0, 0.0, 1.0);
    throughput("two, no buffer", &line(&[machine(), machine()], &[0.0]), 2.0 / 3.0, 20_000.0, 60);
    throughput("two, buffer 5", &line(&[machine(), machine()], &[5.0]), 7.0 / 8.0, 20_000.0, 60);
    throughput("Hunt: three, no buffer", &line(&[machine(), machine(), machine()], &[0.0, 0.0]), 22.0 / 39.0, 20_000.0, 60);
}

/// A Poisson source at `rate` before one server.
fn queue(rate: f64, law: CycleLaw) -> Model {
    line(&[exponential(rate, 0.0, 1.0), Machine { law, failure: 0.0, repair: 1.0 }], &[1e6])
}

/// Mean number waiting, and its exact value; the mean wait follows by Little's law.
fn waiting(name: &str, model: &Model, rate: f64, exact_wait: f64, batch_h: f64) {
    let store = model.plant().asset_by_id("B-1").unwrap();
    let (mean, error) = batches(model, 33, batch_h, 100, |s| s.level_hours(model, store).unwrap());
    let (wait, error) = (mean / rate, error / rate);
    println!("{name}: Wq {wait:.5} ± {error:.5}, exact {exact_wait:.5}, half width {:.3} %", 300.0 * error / exact_wait);
    assert!(3.0 * error <= 0.003 * exact_wait, "{name}: {error}");
    assert!((wait - exact_wait).abs() <= 3.0 * error, "{name}: {wait} ± {error}");
}

#[test]
fn queues() {
    let hour = Span::from_h(1.0);
    waiting("M/M/1", &queue(0.8, CycleLaw::Exponential { mean: hour }), 0.8, 4.0, 2_000_000.0);
    waiting("M/D/1", &queue(0.8, CycleLaw::Fixed(hour)), 0.8, 2.0, 1_000_000.0);
}

/// A Poisson source before a machine that fails while it works (preempt-resume): M/G/1 with Gaver's completion time (1962),
/// Wq = λ E[C²] / (2 (1 − λ E[C])) = 6.726086957 for λ = 0.7, μ = 1, f = 0.01, r = 0.1.
#[test]
fn a_queue_before_a_machine_that_fails() {
    let model = line(&[exponential(0.7, 0.0, 1.0), exponential(1.0, 0.01, 0.1)], &[1e6]);
    let store = model.plant().asset_by_id("B-1").unwrap();
    let (mean, error) = batches(&model, 34, 1_000_000.0, 100, |s| s.level_hours(&model, store).unwrap());
    let (wait, error, exact) = (mean / 0.7, error / 0.7, 6.726_086_957);
    println!("M/G/1 with failures: Wq {wait:.4} ± {error:.4}, exact {exact:.4}, half width {:.3} %", 300.0 * error / exact);
    assert!(3.0 * error <= 0.009 * exact, "{error}");
    assert!((wait - exact).abs() <= 3.0 * error, "{wait} ± {error}");
}

/// Deterministic cycles: the slowest machine sets the pace exactly; alone and failing it makes 1/(τ (1 + f/r)).
#[test]
fn deterministic_lines() {
    let fixed = |hours: f64, failure: f64| Machine { law: CycleLaw::Fixed(Span::from_h(hours)), failure, repair: 0.1 };
    let model = line(&[fixed(0.8, 0.0), fixed(1.0, 0.0), fixed(0.9, 0.0)], &[0.0, 3.0]);
    let mut e = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    e.run_until(Time::from_h(1000.0)).unwrap();
    // the first part leaves the slowest at 1.8 h, one follows every hour, each takes 0.9 h more
    let last = model.plant().asset_by_id("M-2").unwrap();
    assert_eq!(e.state().parts(&model, last).unwrap().made, 998);
    throughput("one deterministic machine that fails", &line(&[fixed(1.0, 0.01)], &[]), 1.0 / 1.1, 50_000.0, 60);
    // a buffer that never fills: the failing machine alone sets the pace
    throughput("a failing machine before a fast one", &line(&[fixed(1.0, 0.01), fixed(0.5, 0.0)], &[2.0]), 1.0 / 1.1, 50_000.0, 60);
}

#[test]
fn time_by_mode_is_complete_and_work_in_progress_obeys_little() {
    let model = line(&[exponential(1.0, 0.01, 0.1), exponential(1.2, 0.02, 0.15), exponential(1.1, 0.0, 1.0)], &[4.0, 2.0]);
    let mut engine = Engine::new(&model, State::nominal(&model), Draws::new(5, 0));
    engine.run_until(Time::from_h(5_000.0)).unwrap();
    let s = engine.state();
    for id in model.plant().asset_ids() {
        let sum: i64 = s.time_in_mode(id).iter().map(|t| t.0).sum();
        assert_eq!(sum, s.time().0, "{}", model.plant().asset(id).id);
    }
    let first = s.time_in_mode(AssetId(0));
    assert!(first[usize::from(Mode::Blocked.code())] > Span::ZERO && first[usize::from(Mode::Starved.code())] == Span::ZERO);
    // conservation: what the source made is stored, held, or has left
    let (source, sink) = (s.parts(&model, AssetId(0)).unwrap(), s.parts(&model, AssetId(3)).unwrap());
    let own = u64::from(source.in_hand > 0 && s.mode(AssetId(0)) != Mode::Blocked);
    assert_eq!(source.made, sink.made + s.work_in_progress(&model) - own);
}

#[test]
fn a_fork_goes_on_bit_for_bit() {
    let machines = || [exponential(1.0, 0.01, 0.1), exponential(1.2, 0.02, 0.15), exponential(1.1, 0.03, 0.3)];
    let model = line(&machines(), &[4.0, 0.0]);
    let draws = Draws::new(9, 4);
    let mut whole = Engine::new(&model, State::nominal(&model), draws);
    whole.run_until(Time::from_h(3_000.0)).unwrap();
    let mut part = Engine::new(&model, State::nominal(&model), draws);
    for i in 0..10 {
        part.run_until(Time::from_h(137.3 * f64::from(i))).unwrap();
        let text = serde_json::to_string(part.state()).unwrap();
        part = Engine::new(&model, serde_json::from_str(&text).unwrap(), draws);
    }
    part.run_until(Time::from_h(3_000.0)).unwrap();
    assert_eq!(whole.state(), part.state());
    assert_eq!(whole.state().hash(), part.state().hash());
}

/// The start of a live forecast: believed levels are rounded to whole parts, a failed machine is down, the others begin.
#[test]
fn an_observed_line_begins_with_whole_parts() {
    use plantcast::sim::{FailedState, Observed};
    let model = line(&[exponential(1.0, 0.01, 0.1), exponential(1.0, 0.01, 0.1)], &[10.0]);
    let (first, second, store) = (AssetId(0), AssetId(1), model.plant().asset_by_id("B-1").unwrap());
    let mut seen = vec![Observed::default(); 3];
    seen[first.index()].failed = Some(FailedState { mode_index: 0, since: Span::from_h(1.0), in_repair: true });
    seen[store.index()].level = Some(3.4);
    let start = State::from_observed(&model, Time::from_h(50.0), &seen).unwrap();
    assert_eq!(start.mode(first), Mode::InRepair);
    let working = model.plant().asset_ids().find(|a| *a != first && start.parts(&model, *a).is_some()).unwrap();
    assert_eq!((start.mode(working), start.level(&model, store), start.work_in_progress(&model)), (Mode::Running, Some(2.0), 3), "{second:?}");
    let mut e = Engine::new(&model, start, Draws::new(2, 7));
    e.run_until(Time::from_h(500.0)).unwrap();
    assert!(made(&e, &model, first) > 100 && made(&e, &model, working) > 100);
    assert_eq!(e.state().began(), Time::from_h(50.0));
}

fn fixed(hours: f64) -> Form {
    parts(CycleLaw::Fixed(Span::from_h(hours)))
}

fn made(engine: &Engine<'_>, model: &Model, id: AssetId) -> u64 {
    engine.state().parts(model, id).unwrap().made
}

#[test]
fn stops_and_speeds_suspend_and_stretch_the_part_in_hand() {
    let mut b = Build::new();
    let machine = b.add("M", |a| a.process = Some(Process { form: fixed(1.0), ..process(1.0, &[], &[]) }));
    let model = b.model();
    let act = |engine: &mut Engine<'_>, at: f64, kind| {
        engine.run_until(Time::from_h(at)).unwrap();
        engine.act(Action { asset: machine, kind });
    };
    let mut e = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    act(&mut e, 0.25, ActionKind::Stop);
    assert_eq!((e.state().mode(machine), e.state().service(machine)), (Mode::Off, 0.0));
    act(&mut e, 3.0, ActionKind::Start);
    // three quarters of the work are left
    assert_eq!(e.next_event(), Time::from_h(3.75));
    act(&mut e, 3.25, ActionKind::SetRate(0.5));
    assert_eq!((e.next_event(), e.state().service(machine)), (Time::from_h(4.25), 0.5));
    e.run_until(Time::from_h(8.25)).unwrap();
    assert_eq!(made(&e, &model, machine), 3);
    let times = e.state().time_in_mode(machine);
    assert_eq!((times[usize::from(Mode::Off.code())], times[usize::from(Mode::Running.code())]), (Span::from_h(2.75), Span::from_h(5.5)));
}

/// One source, two slow machines in parallel, an assembly of two parts and a lid, a sink.
#[test]
fn lines_branch_merge_and_assemble() {
    let mut b = Build::new();
    let (blank, body, lid) = (b.material("blank"), b.material("body"), b.material("lid"));
    let of = |h, i: &[_], o: &[_]| Some(Process { form: fixed(h), ..process(1.0, i, o) });
    let source = b.add("S", |a| a.process = of(1.0, &[], &[blank]));
    let left = b.add("L", |a| a.process = of(2.0, &[blank], &[body]));
    let right = b.add("R", |a| a.process = of(2.0, &[blank], &[body]));
    let lids = b.add("LIDS", |a| a.process = of(1.5, &[], &[lid]));
    let store = b.add("B", |a| a.storage = Some(tank(body, 4.0, 0.0)));
    let join = b.add("J", |a| {
        let mut p = of(1.0, &[body, lid], &[]).unwrap();
        p.inputs[0].per_unit = 2.0;
        a.process = Some(p);
    });
    for (from, to, m) in
        [(source, left, blank), (source, right, blank), (left, store, body), (right, store, body), (store, join, body), (lids, join, lid)]
    {
        b.link(from, to, m);
    }
    let model = b.model();
    let mut e = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    e.run_until(Time::from_h(1003.0)).unwrap();
    // the source makes one part an hour, an assembly needs two of them: the branches share evenly, the lids wait
    assert_eq!((made(&e, &model, left), made(&e, &model, right)), (501, 500));
    assert_eq!((made(&e, &model, join), made(&e, &model, lids)), (500, 500));
    assert_eq!(e.state().level(&model, store), Some(1.0));
    assert!(e.state().time_in_mode(lids)[usize::from(Mode::Blocked.code())] > Span::from_h(240.0));
}

#[test]
fn scrap_leaves_the_line() {
    let mut b = Build::new();
    let m = b.material("part");
    let source = b.add("S", |a| a.process = Some(Process { form: fixed(1.0), scrap: 0.1, ..process(1.0, &[], &[m]) }));
    let sink = b.add("T", |a| a.process = Some(Process { form: fixed(0.5), earns_per_unit: 2.0, ..process(1.0, &[m], &[]) }));
    b.link(source, sink, m);
    let model = b.model();
    let mut e = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    let n = 100_000.0;
    e.run_until(Time::from_h(n + 0.75)).unwrap();
    let (s, t) = (e.state().parts(&model, source).unwrap(), e.state().totals().clone());
    assert_eq!((s.made as f64, t.scrap_units, t.good_units), (n, s.scrapped as f64, n - s.scrapped as f64));
    assert_eq!(t.earned, 2.0 * t.good_units);
    assert!((s.scrapped as f64 / n - 0.1).abs() < 3.0 * (0.09 / n).sqrt(), "{}", s.scrapped);
}

#[test]
fn rules_watch_buffers_and_long_waits_are_told() {
    let mut b = Build::new();
    let m = b.material("part");
    let source = b.add("S", |a| a.process = Some(Process { form: fixed(1.0), ..process(1.0, &[], &[m]) }));
    let store = b.add("B", |a| a.storage = Some(tank(m, 10.0, 0.0)));
    let sink = b.add("T", |a| a.process = Some(Process { form: fixed(3.0), ..process(1.0, &[m], &[]) }));
    b.link(source, store, m);
    b.link(store, sink, m);
    let when = Condition::LevelAbove { asset: store, fraction: 0.6 };
    b.0.assets[source.index()].control =
        vec![ControlRule { id: "full".into(), when, delay: Span::ZERO, hysteresis: None, then: Effect::Inhibit, via: None }];
    b.0.assets[sink.index()].reliability = vec![FailureMode { hazard: Hazard::Never, ..failing(1.0, 1.0, false) }];
    let model = b.model();
    let mut e = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    for hour in 0..200 {
        e.run_until(Time::from_h(f64::from(hour))).unwrap();
        assert!(e.state().level(&model, store).unwrap() <= 6.0);
    }
    assert!(e.state().time_in_mode(source)[usize::from(Mode::Inhibited.code())] > Span::from_h(50.0));
    // the source stops for good: the sink empties the buffer, waits 20 of its cycles, and then gives no service
    e.act(Action { asset: source, kind: ActionKind::Stop });
    e.keep_service(true);
    e.run_until(Time::from_h(230.0)).unwrap();
    assert_eq!((e.state().mode(sink), e.state().service(sink)), (Mode::Starved, 1.0));
    e.run_until(Time::from_h(300.0)).unwrap();
    assert_eq!(e.state().service(sink), 0.0);
    assert_eq!(*e.state().cause(sink), Cause::Starved { from: vec![source] });
    e.act(Action { asset: source, kind: ActionKind::Start });
    e.run_until(Time::from_h(301.5)).unwrap();
    assert_eq!((e.state().service(sink), e.state().mode(sink)), (1.0, Mode::Running));
}

/// What a machine draws follows its parts exactly when it idles at less.
#[test]
fn energy_follows_every_part() {
    let mut b = Build::new();
    let (power, m) = (b.service("power"), b.material("part"));
    b.0.media[power.index()].price_per_unit_h = 0.2;
    let grid = b.add("G", |a| a.gives = vec![give(power, 100.0)]);
    let source = b.add("S", |a| a.process = Some(Process { form: fixed(4.0), ..process(1.0, &[], &[m]) }));
    let sink = b.add("T", |a| {
        a.process = Some(Process { form: fixed(1.0), ..process(1.0, &[m], &[]) });
        a.needs = vec![Need { idle_fraction: 0.25, ..need(power, 40.0, 0, OnShort::Stop { below: 0.9 }) }];
    });
    b.link(source, sink, m);
    b.link(grid, sink, power);
    let model = b.model();
    let mut e = Engine::new(&model, State::nominal(&model), Draws::new(1, 0));
    e.run_until(Time::from_h(404.0)).unwrap();
    // works 1 h of 4 from 4 h on: 100 times at 40 kW, else 10 kW
    assert!((e.state().energy_drawn(sink) - (100.0 * 40.0 + 304.0 * 10.0)).abs() < 1e-6, "{}", e.state().energy_drawn(sink));
    assert!((e.state().totals().energy_kwh - e.state().energy_drawn(sink)).abs() < 1e-6);
}

/// M/M/3 by three servers of one machine: Erlang C, mean number of busy servers 2.4.
#[test]
fn servers_work_in_parallel() {
    let mut b = Build::new();
    let m = b.material("part");
    let law = |rate: f64| CycleLaw::Exponential { mean: Span::from_h(1.0 / rate) };
    let source = b.add("S", |a| a.process = Some(Process { form: parts(law(2.4)), ..process(1.0, &[], &[m]) }));
    let store = b.add("B", |a| a.storage = Some(tank(m, 1e6, 0.0)));
    let form = Form::Parts { cycle: law(1.0), servers: 3, blocking: Blocking::AfterService };
    let sink = b.add("T", |a| a.process = Some(Process { form, ..process(1.0, &[m], &[]) }));
    b.link(source, store, m);
    b.link(store, sink, m);
    let model = b.model();
    let (queue, error) = batches(&model, 3, 100_000.0, 50, |s| s.level_hours(&model, store).unwrap());
    let exact = 1.078_651_685 * 2.4;
    println!("M/M/3: Lq {queue} ± {error}, exact {exact}");
    assert!((queue - exact).abs() < 3.0 * error && 3.0 * error < 0.015 * exact, "{queue} ± {error}, exact {exact}");
    let (busy, error) = batches(&model, 4, 100_000.0, 50, |s| s.parts(&model, sink).unwrap().busy.h());
    assert!((busy - 2.4).abs() < 3.0 * error && 3.0 * error < 0.003 * 2.4, "{busy} ± {error}");
}
