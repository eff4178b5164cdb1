//! Forecasts against probabilities known in closed form, and the promises of common random numbers.
//!
//! A probability passes inside 3.5 standard errors (two-sided 99.95 %) of the exact value; the seeds are
//! fixed, so a pass is a pass for ever and a change of the engine's draws shows.

use plantcast::forecast::{self, Alternative, AssetImpact, Forecast, ForecastError, Progress, Request, Silent};
use plantcast::plant::Plant;
use plantcast::scenario::Scenario;
use plantcast::sim::Model;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A scenario file's text around what differs.
fn scenario(horizon: &str, disruptions: &str, responses: &str) -> Scenario {
    let text = format!(
        "(version: 1, id: \"t\", name: \"t\", story: \"\", scene: \"t\", start: (from: Nominal), horizon: \"{horizon}\",
          disruptions: [{disruptions}], responses: [{responses}])"
    );
    Scenario::parse(&text, "t.scenario.ron").unwrap_or_else(|e| panic!("{e}"))
}

fn request(scene: &str, scenario: &Scenario, runs: u32, seed: u64) -> Request {
    let plant = Plant::parse(scene, "t.scene.ron").unwrap_or_else(|e| panic!("{e}"));
    let compiled = scenario.compile(&plant).unwrap_or_else(|e| panic!("{e}"));
    let model = Arc::new(Model::compile(&plant).unwrap_or_else(|e| panic!("{e}")));
    let mut request = Request::of(scenario, compiled, model, None).expect("it does not start live");
    (request.runs, request.seed, request.threads) = (runs, seed, 2);
    request
}

fn run(request: &Request) -> Forecast {
    forecast::run(request, &Silent).unwrap_or_else(|e| panic!("{e}"))
}

fn impact<'f>(f: &'f Forecast, a: &'f Alternative, id: &str) -> Option<&'f AssetImpact> {
    a.impacts.iter().find(|i| f.assets[i.asset.index()] == id)
}

fn probability(f: &Forecast, a: &Alternative, id: &str) -> f64 {
    impact(f, a, id).map_or(0.0, |i| i.probability)
}

fn assert_probability(f: &Forecast, id: &str, exact: f64) {
    let p = probability(f, &f.alternatives[0], id);
    let error = (exact * (1.0 - exact) / f64::from(f.runs)).sqrt();
    assert!((p - exact).abs() <= 3.5 * error, "{id}: {p} instead of {exact:.6} ± {error:.6}");
}

/// A feeds B feeds C feeds D feeds E, each bridging a quarter of an hour; A's repair takes Exp(1 h).
fn chain(first: &str) -> String {
    let hold = |medium: &str| format!("needs: [(medium: \"{medium}\", amount: 1, ride_through: \"15min\", on_short: Stop(below: 0.95))]");
    let mut assets = format!(
        "{first} (id: \"A\", at: (0, 0, 0), impact_tau: \"1min\", gives: [(medium: \"m0\", capacity: 1)],
           reliability: [(id: \"f\", hazard: Never, repair: Exponential(mean: \"1h\"))]),"
    );
    for (i, id) in ["B", "C", "D"].iter().enumerate() {
        let (need, next) = (hold(&format!("m{i}")), i + 1);
        assets += &format!("(id: \"{id}\", at: (0, 0, 0), impact_tau: \"1min\", {need}, gives: [(medium: \"m{next}\", capacity: 1)]),");
    }
    assets += &format!("(id: \"E\", at: (0, 0, 0), impact_tau: \"1min\", {})", hold("m3"));
    let media: String = (0..4).map(|i| format!("(id: \"m{i}\", unit: \"kW\"),")).collect();
    let links: String = ["A", "B", "C", "D", "E"]
        .windows(2)
        .enumerate()
        .map(|(i, w)| format!("(medium: \"m{i}\", from: \"{}\", to: [\"{}\"]),", w[0], w[1]))
        .collect();
    format!("(version: 1, id: \"t\", name: \"t\", media: [{media}], assets: [{assets}], links: [{links}])")
}

const A_FAILS: &str = "(id: \"x\", at: \"10min\", what: AssetFails(asset: \"A\", lasting: UntilRepaired))";

#[test]
fn a_chain_of_five_breaks_as_far_as_the_outage_lasts() {
    let f = run(&request(&chain(""), &scenario("30h", A_FAILS, ""), 4000, 1));
    for (k, id) in ["A", "B", "C", "D", "E"].iter().enumerate() {
        // the outage must outlast k bridges of 15 min and the minute that makes it count
        assert_probability(&f, id, (-(15.0 * k as f64 + 1.0) / 60.0).exp());
        let onset = impact(&f, &f.alternatives[0], id).unwrap().time_to_impact.unwrap();
        assert!((onset.q05 - 0.25 * k as f64).abs() < 1e-5 && (onset.q95 - 0.25 * k as f64).abs() < 1e-5, "{id}: {onset:?}");
    }
    let nothing = &f.alternatives[0];
    let edges: Vec<(String, u32)> = nothing
        .causes
        .iter()
        .map(|e| {
            assert!((e.lag.unwrap().q50 - 0.25).abs() < 1e-5, "{e:?}");
            (format!("{}{}", f.assets[e.from.index()], f.assets[e.to.index()]), e.count)
        })
        .collect();
    let expected: Vec<(String, u32)> =
        ["AB", "BC", "CD", "DE"].iter().map(|e| ((*e).to_owned(), impact(&f, nothing, &e[1..]).unwrap().count)).collect();
    assert_eq!(edges, expected, "each impact has exactly its upstream neighbour as cause");
    assert_eq!((nothing.roots.len(), nothing.roots[0].kind.as_str()), (1, "disruption"));
}

#[test]
fn curves_over_time_follow_the_outage() {
    let f = run(&request(&chain(""), &scenario("8h", A_FAILS, ""), 2000, 2));
    let a = impact(&f, &f.alternatives[0], "A").unwrap();
    let at = |curve: &[f32], h: f64| f64::from(curve[f.grid.iter().position(|t| t.0 == (h * 3.6e9) as i64).unwrap()]);
    assert_eq!((at(&a.by_time, 0.0), at(&a.by_time, 8.0)), (0.0, a.probability as f32 as f64));
    // at 1 h 10 min, one hour after the failure, A is down with probability 1/e
    let exact = (-1.0f64).exp();
    let p = at(&a.at_time, 1.0 + 1.0 / 6.0);
    assert!((p - exact).abs() < 3.5 * (exact * (1.0 - exact) / 2000.0).sqrt(), "{p}");
    assert!(a.by_time.windows(2).all(|w| w[0] <= w[1]));
}

/// A → B (0.7), A → C (0.4), B → D (0.5), C → D (0.6), D → E (0.8): each arrow has a backup that fails to start
/// with that probability.
#[test]
fn the_diamond_cascade_has_the_exact_probabilities() {
    let arrows = [("A", "B", 0.7), ("A", "C", 0.4), ("B", "D", 0.5), ("C", "D", 0.6), ("D", "E", 0.8)];
    let (mut media, mut links, mut backups) = (String::new(), String::new(), String::new());
    for (from, to, p) in arrows {
        let m = format!("{from}{to}");
        media += &format!("(id: \"{m}\", unit: \"kW\"),");
        links += &format!("(medium: \"{m}\", from: \"{from}\", to: [\"{to}\"]), (medium: \"{m}\", from: \"S{m}\", to: [\"{to}\"]),");
        backups += &format!(
            "(id: \"S{m}\", at: (0, 0, 0), initial: Standby, gives: [(medium: \"{m}\", capacity: 1, merit: 9)], start: (failure_probability: {p}),
               reliability: [(id: \"f\", hazard: Never, repair: Fixed(\"100h\"))],
               control: [(id: \"backup\", when: NotRunning(asset: \"{from}\"), then: Start)]),"
        );
    }
    let asset = |id: &str, needs: &[&str], gives: &[&str]| {
        let needs: String = needs.iter().map(|m| format!("(medium: \"{m}\", amount: 1),")).collect();
        let gives: String = gives.iter().map(|m| format!("(medium: \"{m}\", capacity: 1),")).collect();
        format!("(id: \"{id}\", at: (0, 0, 0), needs: [{needs}], gives: [{gives}]),")
    };
    let assets = asset("A", &[], &["AB", "AC"])
        + &asset("B", &["AB"], &["BD"])
        + &asset("C", &["AC"], &["CD"])
        + &asset("D", &["BD", "CD"], &["DE"])
        + &asset("E", &["DE"], &[]);
    let scene = format!("(version: 1, id: \"t\", name: \"t\", media: [{media}], assets: [{assets}{backups}], links: [{links}])");
    let outage = "(id: \"x\", at: \"10min\", what: AssetFails(asset: \"A\", lasting: For(\"3h\")))";
    let f = run(&request(&scene, &scenario("4h", outage, ""), 6000, 3));
    for (id, exact) in [("A", 1.0), ("B", 0.7), ("C", 0.4), ("D", 0.506), ("E", 0.4048)] {
        assert_probability(&f, id, exact);
    }
}

/// A source with repair Exp(10 h) fills a tank of 5 h; the consumer starves when the outage lasts longer.
fn buffer_line(mttf: &str, capacity: f64) -> String {
    format!(
        "(version: 1, id: \"t\", name: \"t\", money: (currency: \"EUR\"),
          media: [(id: \"m\", unit: \"m3\", flow: Material)],
          assets: [
            (id: \"source\", at: (0, 0, 0), process: (rate_per_h: 1, outputs: [(medium: \"m\")]), actions: [(kind: SetRate(0.1))],
              reliability: [(id: \"f\", hazard: {mttf}, repair: Exponential(mean: \"10h\"))]),
            (id: \"tank\", at: (0, 0, 0), storage: (medium: \"m\", capacity: {capacity}, initial: 5)),
            (id: \"consumer\", at: (0, 0, 0), impact_tau: \"1min\", process: (rate_per_h: 1, inputs: [(medium: \"m\")], earns_per_unit: 10),
              actions: [(kind: SetRate(0.1))]),
          ],
          links: [(medium: \"m\", from: \"source\", to: [\"tank\"]), (medium: \"m\", from: \"tank\", to: [\"consumer\"])])"
    )
}

const SOURCE_FAILS: &str = "(id: \"x\", at: \"1h\", what: AssetFails(asset: \"source\", lasting: UntilRepaired))";

#[test]
fn an_outage_outlasts_a_buffer_with_the_exact_probability() {
    let f = run(&request(&buffer_line("Never", 10.0), &scenario("60h", SOURCE_FAILS, ""), 4000, 4));
    assert_probability(&f, "consumer", (-(5.0 + 1.0 / 60.0) / 10.0f64).exp());
    let consumer = impact(&f, &f.alternatives[0], "consumer").unwrap();
    let onset = consumer.time_to_impact.unwrap();
    assert!((onset.q05 - 5.0).abs() < 1e-4 && (onset.q95 - 5.0).abs() < 1e-4, "{onset:?}");
    // expected loss: E[max(0, R - 5 h)] = 10 e^-0.5 h, cut at the horizon: - 10 e^-5.9
    let exact = 10.0 * ((-0.5f64).exp() - (-5.9f64).exp());
    assert!((consumer.mean_shortfall_h - exact).abs() < 3.0 * (consumer.shortfall_high_h - exact).abs().max(0.2), "{consumer:?}");
    let units = f.alternatives[0].versus_baseline.iter().find(|d| d.kpi == "good_units").unwrap();
    assert!((units.mean.mean + consumer.mean_shortfall_h).abs() < 1e-6, "an hour of service is a unit here: {units:?}");
}

#[test]
fn the_number_of_threads_changes_no_bit_and_a_replay_is_the_run_that_was_counted() {
    let slow = "(id: \"slow\", name: \"slow\", rationale: \"\", actions: [(at: \"2h\", asset: \"consumer\", do: SetRate(0.5))])";
    let mut request = request(&buffer_line("Exponential(mttf: \"30h\")", 10.0), &scenario("48h", SOURCE_FAILS, slow), 600, 5);
    let forecasts: Vec<Forecast> = [1, 2, 5]
        .iter()
        .map(|threads| {
            request.threads = *threads;
            run(&request)
        })
        .collect();
    assert_eq!(forecasts[0], forecasts[1]);
    assert_eq!(forecasts[0].hash, forecasts[2].hash);
    assert_eq!(forecasts[0].hash, forecasts[0].content_hash());
    request.seed += 1;
    assert_ne!(run(&request).hash, forecasts[0].hash, "another seed, other futures");
    request.seed -= 1;
    request.runs = 20;
    let f = run(&request);
    for (i, a) in f.alternatives.iter().enumerate() {
        let good: f64 = (0..20).map(|r| forecast::replay_run(&request, i, r).unwrap().totals.good_units).sum();
        let counted = a.totals.iter().find(|k| k.kpi == "good_units").unwrap().mean.mean * 20.0;
        assert!((good - counted).abs() < 1e-9 * good, "{good} {counted}");
    }
    assert!(matches!(forecast::replay_run(&request, 2, 0), Err(ForecastError::Alternative(2))));
    let json = serde_json::to_string(&f).unwrap();
    assert_eq!(serde_json::from_str::<Forecast>(&json).unwrap(), f, "JSON carries everything");
}

#[test]
fn common_random_numbers_narrow_the_difference() {
    let slow = "(id: \"slow\", name: \"slow\", rationale: \"\", actions: [(at: \"2h\", asset: \"consumer\", do: SetRate(0.8))])";
    let f = run(&request(&buffer_line("Exponential(mttf: \"20h\")", 10.0), &scenario("60h", SOURCE_FAILS, slow), 800, 6));
    let half = |a: &Alternative| {
        let k = a.totals.iter().find(|k| k.kpi == "good_units").unwrap();
        k.mean.high - k.mean.mean
    };
    let versus = f.alternatives[1].versus_nothing.as_ref().unwrap().iter().find(|d| d.kpi == "good_units").unwrap();
    let independent = (half(&f.alternatives[0]).powi(2) + half(&f.alternatives[1]).powi(2)).sqrt();
    let paired = versus.mean.high - versus.mean.mean;
    let factor = (independent / paired).powi(2);
    println!("variance of the difference: independent / paired = {factor:.1}");
    assert!(factor > 4.0, "{factor}");
}

#[test]
fn an_irrelevant_failure_changes_nothing_elsewhere() {
    let shaky = "(id: \"Z\", at: (0, 0, 0), reliability: [(id: \"f\", hazard: Exponential(mttf: \"2h\"), repair: Exponential(mean: \"1h\"))]),";
    let s = scenario("8h", A_FAILS, "");
    let (without, with) = (run(&request(&chain(""), &s, 500, 7)), run(&request(&chain(shaky), &s, 500, 7)));
    for id in ["A", "B", "C", "D", "E"] {
        let (a, b) = (impact(&without, &without.alternatives[0], id).unwrap(), impact(&with, &with.alternatives[0], id).unwrap());
        assert_eq!((a.count, &a.by_time, &a.at_time, a.mean_shortfall_h), (b.count, &b.by_time, &b.at_time, b.mean_shortfall_h), "{id}");
    }
    assert!(impact(&with, &with.alternatives[0], "Z").is_none(), "its own failures are the baseline's too");
}

#[test]
fn a_run_can_be_cancelled_and_impossible_requests_are_refused() {
    struct Impatient(AtomicU32);
    impl Progress for Impatient {
        fn advance(&self, _: u32, total: u32) -> ControlFlow<()> {
            assert_eq!(total, 100_000);
            if self.0.fetch_add(1, Ordering::Relaxed) > 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    let s = scenario("8h", A_FAILS, "");
    let mut r = request(&chain(""), &s, 100_000, 8);
    let seen = Impatient(AtomicU32::new(0));
    assert!(matches!(forecast::run(&r, &seen), Err(ForecastError::Cancelled)));
    assert!(seen.0.load(Ordering::Relaxed) < 300, "it stops soon");
    r.runs = 0;
    assert!(matches!(forecast::run(&r, &Silent), Err(ForecastError::Runs { runs: 0 })));
}

#[test]
fn what_does_not_fit_the_plant_is_listed_completely() {
    let plant = Plant::parse(&buffer_line("Never", 10.0), "t.scene.ron").unwrap();
    let wrong = scenario(
        "8h",
        "(id: \"a\", at: \"9h\", what: AssetFails(asset: \"sorce\", lasting: UntilRepaired)),
         (id: \"b\", at: \"1h\", what: AssetDegrades(asset: \"source\", to: 1.5, lasting: For(\"1h\"))),
         (id: \"c\", at: \"1h\", what: CrewAbsent(crew: \"maint\", duration: \"1h\")),
         (id: \"d\", at: \"1h\", what: AssetFails(asset: \"tank\", lasting: UntilRepaired))",
        "(id: \"r\", name: \"r\", rationale: \"\", actions: [(at: \"1h\", asset: \"source\", do: SetRate(0.05)), (at: \"1h\", asset: \"tank\", do: Start)])",
    );
    let issues: Vec<String> = wrong.compile(&plant).unwrap_err().issues.iter().map(ToString::to_string).collect();
    let all = issues.join("\n");
    for part in [
        "disruptions[\"a\"].at: 9h is not before the horizon 8h",
        "there is no asset \"sorce\" (did you mean source?)",
        "disruptions[\"b\"].what.to: 1.5 is not in 0..1",
        "there is no crew \"maint\" (the scene has no crew here)",
        "tank has no failure mode, so nothing repairs it",
        "0.05 is not in 0.1..1",
        "tank does not take Start (it takes no actions)",
    ] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
    assert_eq!(issues.len(), 7, "{all}");
}

#[test]
fn the_built_in_scenarios_fit_their_scenes() {
    for name in plantcast::scenario::builtin_names() {
        let s = Scenario::parse(plantcast::scenario::builtin(name).unwrap(), name).unwrap();
        let plant = Plant::builtin(&s.scene).unwrap().unwrap_or_else(|e| panic!("{e}"));
        let compiled = s.compile(&plant).unwrap_or_else(|misfit| panic!("{name}: {misfit}"));
        assert_eq!(compiled.script.0.len(), s.disruptions.len());
        assert!(
            s.disruptions.is_empty() || !s.responses.is_empty() && compiled.responses.iter().all(|r| !r.is_empty()),
            "{name} offers something to do"
        );
    }
}

#[test]
fn a_forecast_from_live_draws_its_starts_from_the_belief() {
    use plantcast::estimate::{AssetBelief, Belief, Estimate};
    use plantcast::sim::Mode;
    use plantcast::time::{Span, Time};
    let plant = Plant::parse(&buffer_line("Exponential(mttf: \"1000h\")", 10.0), "t.scene.ron").unwrap();
    let model = Arc::new(Model::compile(&plant).unwrap());
    let at = Time(1_790_000_000_000_000);
    let asset = |modes: &[(Mode, f64)], level: Option<Estimate>| {
        let mut p = vec![0.0; Mode::COUNT];
        modes.iter().for_each(|(m, x)| p[usize::from(m.code())] = *x);
        AssetBelief {
            mode: modes[0].0,
            mode_probability: modes[0].1,
            modes: p,
            mode_since: at - Span::from_h(1.0),
            rate: None,
            level,
            temperature_c: None,
            service: None,
            observed: true,
            data_age: Span::ZERO,
            stale: false,
            imputed: false,
            drift: 1.0,
            confidence: 1.0,
        }
    };
    let running = [(Mode::Running, 1.0)];
    let belief = Belief {
        at,
        assets: vec![
            asset(&[(Mode::Running, 0.7), (Mode::InRepair, 0.3)], None),
            asset(&running, Some(Estimate { mean: 5.0, variance: 0.25 })),
            asset(&running, None),
        ],
    };
    let n = 2000;
    let starts = forecast::starts_from_belief(&model, &belief, n, 5).unwrap();
    assert_eq!(starts, forecast::starts_from_belief(&model, &belief, n, 5).unwrap());
    let (source, tank) = (plant.asset_by_id("source").unwrap(), plant.asset_by_id("tank").unwrap());
    let failed = starts.iter().filter(|s| s.mode(source) == Mode::InRepair).count() as f64 / n as f64;
    assert!((failed - 0.3).abs() < 3.5 * (0.21 / n as f64).sqrt(), "{failed}");
    let levels: Vec<f64> = starts.iter().map(|s| s.level(&model, tank).unwrap()).collect();
    let mean = levels.iter().sum::<f64>() / n as f64;
    let sd = (levels.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / n as f64).sqrt();
    assert!((mean - 5.0).abs() < 3.5 * 0.5 / (n as f64).sqrt() && (sd - 0.5).abs() < 0.04, "{mean} {sd}");

    // a failure at time zero, against the same starts: whoever was down already is not impacted by it
    let mut s = scenario("60h", &SOURCE_FAILS.replace("1h", "0s"), "");
    s.start.from = plantcast::scenario::StartFrom::LiveNow;
    let compiled = s.compile(&plant).unwrap();
    assert!(matches!(Request::of(&s, compiled.clone(), model.clone(), None), Err(ForecastError::NeedsLive)));
    let mut r = Request::of(&s, compiled, model, Some(starts)).unwrap();
    (r.runs, r.threads) = (n as u32, 2);
    let f = run(&r);
    assert_eq!((f.start, f.grid[0]), (at, Time(0)), "plant time outside, time from the start inside");
    let onset = impact(&f, &f.alternatives[0], "consumer").unwrap().time_to_impact.unwrap();
    assert!(onset.q50 > 4.5 && onset.q50 < 5.5, "the tank's level decides: {onset:?}");
}

#[test]
fn a_warm_up_comes_before_the_clock_and_off_the_books() {
    let mut s = scenario("10h", SOURCE_FAILS, "");
    let cold = run(&request(&buffer_line("Never", 10.0), &s, 4, 1));
    s.start.from = plantcast::scenario::StartFrom::Warmup(plantcast::time::Span::from_h(3.0));
    let warm = run(&request(&buffer_line("Never", 10.0), &s, 4, 1));
    let good = |f: &Forecast| f.baseline.totals.iter().find(|k| k.kpi == "good_units").unwrap().mean.mean;
    assert!((good(&warm) - good(&cold)).abs() < 1e-9 && (good(&warm) - 10.0).abs() < 1e-9, "{} {}", good(&warm), good(&cold));
    assert_eq!(warm.start.0, 3 * 3_600_000_000);
    let onset = |f: &Forecast| impact(f, &f.alternatives[0], "source").unwrap().time_to_impact.unwrap().q50;
    assert_eq!((onset(&warm), onset(&cold)), (0.0, 0.0));
}

#[test]
fn the_chiller_story_says_what_a_planner_needs_to_know() {
    let s = Scenario::parse(plantcast::scenario::builtin("chiller-outage").unwrap(), "chiller-outage").unwrap();
    let plant = Plant::builtin(&s.scene).unwrap().unwrap();
    let compiled = s.compile(&plant).unwrap();
    let mut r = Request::of(&s, compiled, Arc::new(Model::compile(&plant).unwrap()), None).unwrap();
    (r.runs, r.threads) = (60, 2);
    let f = run(&r);
    let (nothing, standby) = (&f.alternatives[0], f.alternatives.iter().find(|a| a.id == "start-standby").unwrap());
    assert!(probability(&f, nothing, "FI-1") > 0.9 && probability(&f, standby, "FI-1") < 0.2);
    let filler = impact(&f, nothing, "FI-1").unwrap().time_to_impact.unwrap();
    assert!((0.2..0.6).contains(&filler.q50), "the water buffer and the product's heat bridge some twenty minutes: {filler:?}");
    let edge = |from: &str, to: &str| nothing.causes.iter().any(|e| f.assets[e.from.index()] == from && f.assets[e.to.index()] == to);
    assert!(edge("CH-1", "PC-1") && edge("PC-1", "FI-1") && edge("FI-1", "CA-1"), "the wave can be followed from the chiller to the line");
    let gain = standby.versus_nothing.as_ref().unwrap().iter().find(|d| d.kpi == "profit").unwrap();
    assert!(gain.mean.low > 0.0 && gain.probability_better > 0.8, "{gain:?}");
    // every impact is explained, by edges or by a root
    for a in &f.alternatives {
        for i in a.impacts.iter().filter(|i| i.count > 0) {
            let explained = a.causes.iter().any(|e| e.to == i.asset) || a.roots.iter().any(|r| r.asset == i.asset);
            assert!(explained, "{}: {}", a.id, f.assets[i.asset.index()]);
        }
    }
}

/// A runs; when it fails, FLIP starts and inhibits itself whenever it runs: no state settles, so that future fails.
fn breaks_down(mttf_h: f64) -> Request {
    use crate::support::{Build, failing};
    use plantcast::plant::{AssetId, Condition, ControlRule, Effect, InitialMode};
    use plantcast::sim::{Script, State};
    use plantcast::time::Span;
    let mut b = Build::new();
    b.add("A", |a| a.reliability = vec![failing(mttf_h, 100.0, false)]);
    b.add("FLIP", |a| {
        let rule = |id: &str, when, then| ControlRule { id: id.into(), when, hysteresis: None, delay: Span::ZERO, then, via: None };
        a.initial = InitialMode::Standby;
        a.control = vec![
            rule("backup", Condition::NotRunning { asset: AssetId(0) }, Effect::Start),
            rule("off", Condition::Running { asset: AssetId(1) }, Effect::Inhibit),
        ];
    });
    let model = Arc::new(b.model());
    Request {
        starts: forecast::Starts::One(State::nominal(&model)),
        model,
        warmup: Span::ZERO,
        conditions: Script::empty(),
        script: Script::empty(),
        responses: Vec::new(),
        horizon: Span::from_h(8.0),
        runs: 2000,
        seed: 11,
        threads: 2,
        precision: None,
        story: None,
    }
}

#[test]
fn a_future_that_fails_is_counted_and_named_and_too_many_are_refused() {
    // P(A fails within 8 h) = 1 − exp(−8/2000) = 0.4 %
    let f = run(&breaks_down(2000.0));
    let exact = 1.0 - (-8.0f64 / 2000.0).exp();
    let share = f64::from(f.failed) / 2000.0;
    assert!((share - exact).abs() <= 3.5 * (exact * (1.0 - exact) / 2000.0).sqrt(), "{share} instead of {exact}");
    assert!(f.failed > 0 && f.runs + f.failed == 2000 && f.failed_runs.len() == f.failed.min(20) as usize);
    let first = &f.failed_runs[0];
    assert!(first.message.contains("FLIP") && first.message.contains(&format!("future {}", first.run)), "{}", first.message);
    let counted = f.alternatives[0].worst_runs.iter().chain([&f.alternatives[0].median_run]);
    assert!(counted.into_iter().all(|r| f.failed_runs.iter().all(|x| x.run != *r)), "failed runs are not worth looking at");
    match forecast::run(&breaks_down(100.0), &Silent) {
        Err(ForecastError::TooManyFailed { failed, runs: 2000, first }) => assert!(failed > 100 && first.contains("FLIP"), "{first}"),
        other => panic!("{:?}", other.map(|f| f.failed)),
    }
}

#[test]
fn an_ensemble_stops_when_it_is_precise_enough_at_a_block_whatever_the_threads() {
    use plantcast::forecast::{BLOCK, Intervals, Partial, Precision};
    struct Looks(std::sync::Mutex<Vec<Partial>>);
    impl Progress for Looks {
        fn advance(&self, _: u32, _: u32) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn partial(&self, p: &Partial) -> ControlFlow<()> {
            self.0.lock().unwrap().push(p.clone());
            ControlFlow::Continue(())
        }
    }
    let mut r = request(&chain(""), &scenario("8h", A_FAILS, ""), 50_000, 5);
    r.precision = Some(Precision { probability: Some(0.05), money: None });
    let looks = Looks(std::sync::Mutex::default());
    let f = forecast::run(&r, &looks).unwrap();
    let looks = looks.0.into_inner().unwrap();
    assert!(f.runs.is_multiple_of(BLOCK) && f.runs < 50_000 && f.intervals == Intervals::Anytime, "{}", f.runs);
    assert_eq!(looks.len() as u32, f.runs / BLOCK, "one look per block");
    let widest = |p: &Partial| p.alternatives[0].impacts.iter().map(|i| (i.high - i.low) / 2.0).fold(0.0, f64::max);
    assert!(widest(&looks[looks.len() - 1]) <= 0.05 && looks[..looks.len() - 1].iter().all(|p| widest(p) > 0.05));
    for i in &f.alternatives[0].impacts {
        let last = looks[looks.len() - 1].alternatives[0].impacts.iter().find(|p| p.asset == i.asset).unwrap();
        assert_eq!((i.count, i.low, i.high), (last.count, last.low, last.high));
    }
    r.threads = 1;
    assert_eq!(run(&r), f);
    r.precision = Some(Precision { probability: Some(0.0), money: None });
    assert!(matches!(forecast::run(&r, &Silent), Err(ForecastError::Precision(_))));
}

#[test]
fn the_best_response_is_named_with_the_share_of_futures_it_wins() {
    // slowing down costs good units in every future: doing nothing is best always; a copy of nothing splits the wins
    let responses = "(id: \"slow\", name: \"slow\", rationale: \"\", actions: [(at: \"2h\", asset: \"consumer\", do: SetRate(0.5))]),
                     (id: \"same\", name: \"same\", rationale: \"\", actions: [(at: \"59h\", asset: \"consumer\", do: SetRate(1.0))])";
    let f = run(&request(&buffer_line("Never", 10.0), &scenario("60h", SOURCE_FAILS, responses), 400, 12));
    let standing = |id: &str| &f.alternatives.iter().find(|a| a.id == id).unwrap().standing;
    let total: f64 = f.alternatives.iter().map(|a| a.standing.best).sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    assert!((standing("nothing").best - standing("same").best).abs() < 1e-12, "ties are split");
    assert!(standing("nothing").best > standing("slow").best && standing("nothing").best_low < standing("nothing").best);
    for a in &f.alternatives {
        let s = &a.standing;
        let profit = a.totals.iter().find(|k| k.kpi == "profit").unwrap();
        assert!(s.conditional_value_at_risk.mean <= s.value_at_risk.mean && s.value_at_risk.mean <= profit.q50, "{s:?}");
        assert_eq!(s.objectives.iter().find(|o| o.id == "profit").unwrap().value, profit.mean.mean);
    }
    assert!(standing("nothing").pareto && standing("same").pareto && !standing("slow").pareto);
}

/// Power G needs cooling (bridged 10 min), cooling C needs power: once both are down neither comes back by itself; a
/// diesel that stands by starts them from black. C's repair takes Exp(1 h).
#[test]
fn a_loop_across_media_locks_with_the_exact_probability_and_a_black_start_frees_it() {
    let scene = "(version: 1, id: \"t\", name: \"t\", media: [(id: \"power\", unit: \"kW\"), (id: \"cooling\", unit: \"kW\")],
        assets: [
          (id: \"G\", at: (0, 0, 0), impact_tau: \"1min\", gives: [(medium: \"power\", capacity: 1)],
            needs: [(medium: \"cooling\", amount: 1, ride_through: \"10min\", on_short: Stop(below: 0.95))]),
          (id: \"C\", at: (0, 0, 0), impact_tau: \"1min\", gives: [(medium: \"cooling\", capacity: 1)],
            needs: [(medium: \"power\", amount: 1, on_short: Stop(below: 0.95))],
            reliability: [(id: \"f\", hazard: Never, repair: Exponential(mean: \"1h\"))]),
          (id: \"D\", at: (0, 0, 0), initial: Standby, gives: [(medium: \"power\", capacity: 1, merit: 9)], actions: [(kind: Start)]),
        ],
        links: [(medium: \"power\", from: \"G\", to: [\"C\"]), (medium: \"power\", from: \"D\", to: [\"C\"]), (medium: \"cooling\", from: \"C\", to: [\"G\"])])";
    let outage = "(id: \"x\", at: \"10min\", what: AssetFails(asset: \"C\", lasting: UntilRepaired))";
    let black_start = "(id: \"black-start\", name: \"black start\", rationale: \"\", actions: [(at: \"5h\", asset: \"D\", do: Start)])";
    let f = run(&request(scene, &scenario("12h", outage, black_start), 3000, 31));
    let locked = (-1.0f64 / 6.0).exp();
    assert_probability(&f, "G", locked);
    assert_probability(&f, "C", (-1.0f64 / 60.0).exp());
    let recovered = |a: &Alternative| f64::from(a.recovered) / 3000.0;
    let error = (locked * (1.0 - locked) / 3000.0).sqrt();
    let nothing = &f.alternatives[0];
    assert!((recovered(nothing) - (1.0 - locked)).abs() <= 3.5 * error, "locked for good: {}", recovered(nothing));
    // with power from outside everything is back unless the repair itself lasts beyond the horizon: exp(−11.8)
    assert!(recovered(&f.alternatives[1]) > 0.999, "{}", recovered(&f.alternatives[1]));
    let edge = nothing.causes.iter().find(|e| f.assets[e.from.index()] == "C" && f.assets[e.to.index()] == "G").expect("found");
    assert_eq!(edge.count, impact(&f, nothing, "G").expect("found").count, "every stop of G is C's");
    let lag = edge.lag.expect("found");
    assert!((lag.q05 - 1.0 / 6.0).abs() < 1e-5 && (lag.q95 - 1.0 / 6.0).abs() < 1e-5, "{lag:?}");
}
