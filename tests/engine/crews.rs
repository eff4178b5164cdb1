//! Crews with skills, shifts and ways to go; spare parts with lead times; k-of-n with limited crews.

use crate::exact::*;
use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Change, Engine, Intervention, Mode, Model, RunOutcome, Script, State, Until};
use plantcast::time::{Span, Time};

fn h(hours: f64) -> Span {
    Span::from_h(hours)
}

/// A mode that only fails by script and takes this long.
fn job(skill: &str, hours: f64, priority: u8) -> FailureMode {
    FailureMode { skill: Some(skill.into()), priority, ..FailureMode::new("f", Hazard::Never, Repair::Fixed(h(hours))) }
}

fn break_at(at_h: f64, asset: AssetId) -> (Time, Intervention) {
    (Time::from_h(at_h), Intervention::Fail { asset, mode: Some(0), until: Until::Repaired })
}

/// When work on an asset's first mode began and ended [h].
fn work(outcome: &RunOutcome, asset: AssetId) -> (f64, f64) {
    let at = |wanted: fn(&Change) -> bool| outcome.trace.iter().find(|e| e.asset == asset && wanted(&e.what)).map_or(f64::NAN, |e| e.at.h());
    (at(|c| matches!(c, Change::RepairStarted { .. })), at(|c| matches!(c, Change::Repaired { .. })))
}

#[test]
fn the_queue_goes_by_priority_then_arrival_and_skills_decide_who_comes() {
    let mut b = Build::new();
    let a: Vec<AssetId> = [("A", "mech", 5), ("B", "mech", 5), ("C", "mech", 1), ("D", "elec", 5), ("E", "mech", 5)]
        .iter()
        .map(|(id, skill, priority)| b.add(id, |a| a.reliability = vec![job(skill, 2.0, *priority)]))
        .collect();
    b.0.crews.push(Crew::new("all-round", vec!["mech".into(), "elec".into()]));
    b.0.crews.push(Crew::new("electrician", vec!["elec".into()]));
    let model = b.model();
    let script = Script(a.iter().enumerate().map(|(i, id)| break_at(1.0 + 0.1 * i as f64, *id)).collect());
    let outcome = run(&model, &script, 61, 0, 20.0);
    // A at once; D by the electrician at once; then C (priority), B, E (arrival)
    for (asset, begin) in [(0, 1.0), (3, 1.3), (2, 3.0), (1, 5.0), (4, 7.0)] {
        assert!((work(&outcome, a[asset]).0 - begin).abs() < 1e-6, "asset {asset}: {:?}", work(&outcome, a[asset]));
    }
}

#[test]
fn people_travel_from_their_last_job() {
    // 3.6 km/h: 1 m/s; base at the origin; A at (60, 0, 60): 120 m; B 600 m beyond A
    let mut b = Build::new();
    let mut at = |id: &str, x: f64, z: f64| {
        b.add(id, |a| {
            a.reliability = vec![job("fix", 1.0, 5)];
            a.pose.position_m = [x, 0.0, z];
        })
    };
    let (a, near) = (at("A", 60.0, 60.0), at("B", 660.0, 60.0));
    let slow = Crew { travel: h(0.1), speed_m_per_s: Some(1.0), base_m: Some([0.0; 3]), cost_per_h: 60.0, ..Crew::new("walk", vec!["fix".into()]) };
    b.0.crews.push(slow);
    let model = b.model();
    let outcome = run(&model, &Script(vec![break_at(1.0, a), break_at(4.0, near)]), 62, 0, 10.0);
    let close = |x: f64, y: f64| (x - y).abs() < 1e-6;
    assert!(close(work(&outcome, a).0, 1.0 + 0.1 + 120.0 / 3600.0), "{:?}", work(&outcome, a));
    assert!(close(work(&outcome, near).0, 4.0 + 0.1 + 600.0 / 3600.0), "{:?}", work(&outcome, near));
    // ways and work are paid: 2 · 1.1 h + 720 s
    assert!(close(outcome.totals.crew_cost, 60.0 * (2.2 + 720.0 / 3600.0)), "{}", outcome.totals.crew_cost);
    assert!(close(outcome.end.crew_hours(CrewId(0)), 2.4));
    // of two crews the one that is nearer comes
    b.0.crews.push(Crew { base_m: Some([650.0, 0.0, 60.0]), ..b.0.crews[0].clone() });
    b.0.crews[1].id = "other".into();
    let outcome = run(&b.model(), &Script(vec![break_at(1.0, near)]), 62, 0, 10.0);
    assert!(close(work(&outcome, near).0, 1.0 + 0.1 + 10.0 / 3600.0));
}

/// One asset, one crew on an early shift (6 to 14 h, Monday to Friday); the simulation begins on Monday at midnight.
fn early_shift(at_shift_end: ShiftEnd) -> (Model, AssetId) {
    let mut b = Build::new();
    let a = b.add("A", |a| a.reliability = vec![job("fix", 5.0, 5)]);
    let days = vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
    b.0.crews.push(Crew {
        shifts: Week::of([(days, h(6.0), h(14.0))]),
        at_shift_end,
        travel: h(0.5),
        cost_per_h: 10.0,
        ..Crew::new("early", vec!["fix".into()])
    });
    (b.model(), a)
}

#[test]
fn nobody_comes_outside_shifts_and_work_in_hand_follows_the_rule() {
    for (rule, broke, begin, end, paid_h) in [
        (ShiftEnd::Finish, 2.0, 6.5, 11.5, 5.5),
        // Friday 12 h: overtime to 17.5 h
        (ShiftEnd::Finish, 4.0 * 24.0 + 12.0, 108.5, 113.5, 5.5),
        // Friday 12 h: 1.5 h of work, then Monday 6 h and the way again, 3.5 h of work
        (ShiftEnd::Pause, 4.0 * 24.0 + 12.0, 108.5, 7.0 * 24.0 + 6.0 + 0.5 + 3.5, 6.0),
        // Friday 13.8 h: only on the way when the shift ends
        (ShiftEnd::Pause, 4.0 * 24.0 + 13.8, 174.5, 179.5, 5.7),
        // Saturday
        (ShiftEnd::Finish, 5.0 * 24.0, 174.5, 179.5, 5.5),
    ] {
        let (model, a) = early_shift(rule);
        let outcome = run(&model, &Script(vec![break_at(broke, a)]), 63, 0, 400.0);
        let (began, ended) = work(&outcome, a);
        assert!((began - begin).abs() < 1e-6 && (ended - end).abs() < 1e-6, "{rule:?} {broke}: {began} to {ended}");
        assert!((outcome.totals.crew_cost - 10.0 * paid_h).abs() < 1e-6, "{rule:?} {broke}: {}", outcome.totals.crew_cost);
    }
}

#[test]
fn a_rested_repair_has_the_length_of_its_own_number() {
    let mut b = Build::new();
    let repair = Repair::Lognormal { median: h(9.0), sigma: 0.5 };
    let a = b.add("A", |a| a.reliability = vec![FailureMode { repair, ..job("fix", 1.0, 5) }]);
    b.0.crews.push(Crew::new("day", vec!["fix".into()]));
    let always = run(&b.model(), &Script(vec![break_at(1.0, a)]), 64, 3, 400.0);
    let (begin, end) = work(&always, a);
    b.0.crews[0].shifts = Week::of([(Day::ALL.to_vec(), h(0.0), h(2.0))]);
    b.0.crews[0].at_shift_end = ShiftEnd::Pause;
    let rested = run(&b.model(), &Script(vec![break_at(1.0, a)]), 64, 3, 400.0);
    // 1 h on the first day, 2 h on each other
    let (days, length) = (((end - begin - 1.0) / 2.0).ceil(), end - begin);
    let exact = 24.0 * days + length - 1.0 - 2.0 * (days - 1.0);
    assert!(days > 2.0 && (work(&rested, a).1 - exact).abs() < 1e-5, "{} instead of {exact}", work(&rested, a).1);
    // meanwhile it waits as failed, and works as in repair
    let times = rested.end.time_in_mode(a);
    assert!((times[usize::from(Mode::InRepair.code())].h() - length).abs() < 1e-5);
}

#[test]
fn a_repair_waits_for_its_spare_part() {
    let mut b = Build::new();
    let assets: Vec<AssetId> =
        (0..3).map(|i| b.add(&format!("A{i}"), |a| a.reliability = vec![FailureMode { spare: Some(SpareId(0)), ..job("fix", 1.0, 5) }])).collect();
    b.0.crews.push(Crew { size: 3, ..Crew::new("C", vec!["fix".into()]) });
    b.0.spares.push(Spare {
        id: "seal".into(),
        name: "seal".into(),
        key: 1,
        stock: 1,
        reorder_at: Some(0),
        order: 1,
        lead: Repair::Fixed(h(10.0)),
        cost: 40.0,
    });
    let outcome = run(&b.model(), &Script(assets.iter().map(|a| break_at(1.0, *a)).collect()), 65, 0, 100.0);
    for (i, begin) in [1.0, 11.0, 21.0].iter().enumerate() {
        assert!((work(&outcome, assets[i]).0 - begin).abs() < 1e-6, "{i}: {:?}", work(&outcome, assets[i]));
    }
    assert_eq!((outcome.end.stock(SpareId(0)), outcome.end.parts_used(SpareId(0))), (1, 3));
    assert_eq!(outcome.totals.spare_cost, 120.0);
}

#[test]
fn availability_with_one_spare_on_order() {
    // l = .01, mu = .1, one part on the shelf, reordered one for one with exponential lead 1/nu = 50 h.
    // States: U1, U0 (running; on the shelf, on order), R1, R0 (in repair), W (waiting for the part).
    //   U1 → R0 at l; U0 → U1 at nu, → W at l; R0 → U0 at mu, → R1 at nu; R1 → U1 at mu; W → R0 at nu
    // Balance: with U1 = 1: R0 = l (1)·(…)
    let (l, mu, nu) = (0.01, 0.1, 0.02);
    // unknown u0, r0, r1, w relative to u1 = 1:
    //   u1: l = nu u0 + mu r1;  r1: nu r0 = mu r1;  u0: mu r0 = (nu + l) u0;  w: l u0 = nu w
    let r0 = l / (nu * mu / (nu + l) + nu);
    let (u0, r1) = (mu * r0 / (nu + l), nu * r0 / mu);
    let w = l * u0 / nu;
    let exact = (1.0 + u0) / (1.0 + u0 + r0 + r1 + w);
    let mut b = Build::new();
    let m = b.add("M", |a| a.reliability = vec![FailureMode { spare: Some(SpareId(0)), ..failing(1.0 / l, 1.0 / mu, false) }]);
    let lead = Repair::Exponential { mean: h(1.0 / nu) };
    b.0.spares.push(Spare { id: "s".into(), name: "s".into(), key: 9, stock: 1, reorder_at: Some(0), order: 1, lead, cost: 0.0 });
    let model = b.model();
    let x = availability(&model, m, 66, runs(90, 900), 20_000.0);
    assert_mean("availability with one spare", &x, exact, 0.01);
}

/// Fractions of time that an asset ran, after 1000 h.
fn availability(model: &Model, asset: AssetId, seed: u64, runs: u64, hours: f64) -> Vec<f64> {
    let running = |engine: &Engine<'_>| engine.state().time_in_mode(asset)[usize::from(Mode::Running.code())].h();
    (0..runs)
        .map(|r| {
            let mut engine = Engine::new(model, State::nominal(model), Draws::new(seed, r));
            engine.keep_trace(false);
            engine.run_until(Time::from_h(1000.0)).expect("the run settles");
            let before = running(&engine);
            engine.run_until(Time::from_h(1000.0 + hours)).expect("the run settles");
            (running(&engine) - before) / hours
        })
        .collect()
}

/// Time to the first loss of an asset's service [h].
fn first_losses(model: &Model, asset: AssetId, seed: u64, runs: u64) -> Vec<f64> {
    (0..runs)
        .map(|r| {
            let mut engine = Engine::new(model, State::nominal(model), Draws::new(seed, r));
            engine.keep_trace(false);
            while engine.state().service(asset) > 0.0 {
                let next = engine.next_event();
                engine.run_until(next).expect("the run settles");
            }
            engine.state().time().h()
        })
        .collect()
}

/// A need that bridges the instant in which a standby takes over; without a second of it the load would be shed first.
fn bridged(power: MediumId, amount: f64) -> Need {
    Need { ride_through: Span::from_s(1.0), ..need(power, amount, 0, OnShort::Stop { below: 0.99 }) }
}

/// `n` units of which `k` serve the load; those beyond `running` stand by cold.
fn k_of_n(k: u32, n: u32, running: u32, rates: (f64, f64), crews: u32) -> (Model, AssetId) {
    let mut b = Build::new();
    let power = b.service("power");
    let load = b.add("LOAD", |a| a.needs = vec![bridged(power, 10.0 * f64::from(k))]);
    let mut members = Vec::new();
    for i in 0..n {
        let u = b.add(&format!("U-{i}"), |a| {
            a.gives = vec![give(power, 10.0)];
            a.reliability = vec![failing(1.0 / rates.0, 1.0 / rates.1, true)];
            a.initial = if i < running { InitialMode::Running } else { InitialMode::Standby };
        });
        b.link(u, load, power);
        members.push(u);
    }
    b.group(k, &members, true);
    b.crew(crews);
    (b.model(), load)
}

#[test]
fn k_of_n_with_limited_crews() {
    // birth-death: (n − j) l up, min(j, c) mu down; PERFORMANCE A1
    for (k, n, rates, crews, available, mttff) in [
        (1, 2, (0.01, 0.1), 1, 0.983_606_557, 650.0),
        (1, 2, (0.01, 0.1), 2, 0.991_735_537, f64::NAN),
        (3, 5, (0.005, 0.05), 1, 0.958_718_701, 756.666_667),
    ] {
        let (model, load) = k_of_n(k, n, n, rates, crews);
        let what = format!("{k}-of-{n}, {crews} crew(s)");
        assert_mean(&format!("{what}: availability"), &availability(&model, load, 67, runs(40, 400), 20_000.0), available, 0.01);
        if mttff.is_finite() {
            assert_mean(&format!("{what}: MTTFF"), &first_losses(&model, load, 68, runs(5000, 1_050_000)), mttff, 0.05);
        }
    }
}

#[test]
fn cold_standby_one_plus_one() {
    // MTTFF = (2 l + mu)/l² = 1200 h: the standby starts at once and does not age while it waits
    let (model, load) = k_of_n(1, 2, 1, (0.01, 0.1), 1);
    assert_mean("cold standby 1+1: MTTFF", &first_losses(&model, load, 69, runs(5000, 1_050_000)), 1200.0, 0.05);
}

#[test]
fn a_common_cause_is_a_need_of_all() {
    // beta = 0.1: a shared busbar takes a tenth of the rate of each; MTTFF = 441.379310 h
    let (l, beta, mu) = (0.01, 0.1, 0.1);
    let mut b = Build::new();
    let (power, bus) = (b.service("power"), b.service("bus"));
    let load = b.add("LOAD", |a| a.needs = vec![need(power, 10.0, 0, OnShort::Stop { below: 0.99 })]);
    let shared = b.add("SHARED", |a| {
        a.gives = vec![give(bus, 10.0)];
        a.reliability = vec![failing(1.0 / (beta * l), 1.0 / mu, true)];
    });
    for i in 0..2 {
        let u = b.add(&format!("U-{i}"), |a| {
            a.gives = vec![give(power, 10.0)];
            a.needs = vec![need(bus, 1.0, 0, OnShort::Stop { below: 0.99 })];
            a.reliability = vec![failing(1.0 / ((1.0 - beta) * l), 1.0 / mu, true)];
        });
        b.link(u, load, power);
        b.link(shared, u, bus);
    }
    b.crew(1);
    assert_mean("common cause: MTTFF", &first_losses(&b.model(), load, 70, runs(5000, 1_050_000)), 441.379_310, 0.05);
}

#[test]
fn start_failure_and_start_delay_lengthen_the_way_back() {
    // the standby starts with 6 min delay and fails to start with p = 0.2; then it is repaired like a failure
    let mut b = Build::new();
    let power = b.service("power");
    let load = b.add("LOAD", |a| a.needs = vec![bridged(power, 10.0)]);
    let members: Vec<AssetId> = ["A", "B"]
        .iter()
        .map(|id| {
            let u = b.add(id, |a| {
                a.gives = vec![give(power, 10.0)];
                a.reliability = vec![FailureMode::new("f", Hazard::Never, Repair::Fixed(h(3.0)))];
                a.start = Start { delay: h(0.1), failure_probability: 0.2 };
                a.initial = if *id == "A" { InitialMode::Running } else { InitialMode::Standby };
            });
            b.link(u, load, power);
            u
        })
        .collect();
    b.group(1, &members, true);
    let model = b.model();
    let mut gaps = Vec::new();
    for r in 0..runs(4000, 400_000) {
        let outcome = run(&model, &Script(vec![break_at(1.0, members[0])]), 71, r, 60.0);
        let back = outcome.service.iter().find(|s| s.asset == load && s.service > 0.0 && s.at > Time::from_h(1.0)).map_or(f64::NAN, |s| s.at.h());
        gaps.push(if (back - 1.1).abs() < 1e-6 { 0.0 } else { 1.0 });
        // A is back after 3 h and tries with 0.1 h; B once more after 3.1 h: nothing comes between
        assert!((back - 1.1).abs() < 1e-6 || back > 4.0, "{back}");
    }
    assert_mean("starts that fail", &gaps, 0.2, 0.1);
}
