//! Planned maintenance: age and block replacement against renewal theory, windows, crews, parts, the books.

use crate::exact::*;
use crate::support::*;
use plantcast::plant::*;
use plantcast::sim::{Change, Mode, RunOutcome, Script};
use plantcast::time::Span;

const M: AssetId = AssetId(0);

fn h(hours: f64) -> Span {
    Span::from_h(hours)
}

fn plan(every_h: f64, duration_h: f64) -> Maintenance {
    Maintenance {
        id: "overhaul".into(),
        every: h(every_h),
        ages: Ageing::Operating,
        duration: Repair::Fixed(h(duration_h)),
        skill: None,
        spare: None,
        priority: 7,
        window: Week::default(),
        restores: vec![(0, Renewal::AsNew)],
        restarts_on_repair: false,
    }
}

fn plant(mode: FailureMode, plan: Option<Maintenance>) -> Build {
    let mut b = Build::new();
    b.add("M", |a| {
        a.reliability = vec![mode];
        a.maintenance = plan.into_iter().collect();
    });
    b
}

fn wearing(repair_h: f64) -> FailureMode {
    FailureMode::new("wear", Hazard::Weibull { shape: 2.5, scale: h(100.0) }, Repair::Fixed(h(repair_h)))
}

fn count(outcome: &RunOutcome, wanted: fn(&Change) -> bool) -> f64 {
    outcome.trace.iter().filter(|e| wanted(&e.what)).count() as f64
}

fn survival(t: f64) -> f64 {
    (-(t / 100.0_f64).powf(2.5)).exp()
}

#[test]
fn age_replacement_has_the_failure_rate_of_renewal_theory() {
    // replaced at age T = 60 h or at failure, each at once: failures per hour of operation F(T)/∫₀ᵀ S
    let age = Maintenance { restarts_on_repair: true, duration: Repair::Fixed(Span(1)), ..plan(60.0, 0.0) };
    let repair = FailureMode { repair: Repair::Fixed(Span(1)), ..wearing(0.0) };
    let cycle = simpson(survival, 0.0, 60.0, 600);
    let exact = (1.0 - survival(60.0)) / cycle;
    let hours = 20_000.0;
    let model = plant(repair.clone(), Some(age)).model();
    let failures: Vec<f64> = (0..runs(300, 12_000))
        .map(|r| {
            let outcome = run(&model, &Script::empty(), 81, r, hours);
            let planned = count(&outcome, |c| matches!(c, Change::MaintenanceDone { .. }));
            let failed = count(&outcome, |c| matches!(c, Change::Failed { .. }));
            assert!(planned > failed, "{planned} planned, {failed} failures");
            failed / hours
        })
        .collect();
    assert_mean("age replacement, failures per hour", &failures, exact, 0.02);
    // and it pays: without the plan 1/(100 Γ(1.4)) per hour
    let without = 1.0 / 88.726_381_75;
    assert!(mean_and_error(&failures).0 < 0.6 * without, "{exact} against {without}");
    let bare: Vec<f64> = (0..20)
        .map(|r| count(&run(&plant(repair.clone(), None).model(), &Script::empty(), 81, r, hours), |c| matches!(c, Change::Failed { .. })) / hours)
        .collect();
    assert_mean("no maintenance, failures per hour", &bare, without, 0.03);
}

#[test]
fn age_replacement_has_the_availability_of_renewal_theory() {
    // up ∫₀ᵀ S per cycle; down 8 h after a failure, 1 h for planned work
    let age = Maintenance { restarts_on_repair: true, ..plan(60.0, 1.0) };
    let model = plant(wearing(8.0), Some(age)).model();
    let up = simpson(survival, 0.0, 60.0, 600);
    let (failed, planned) = (8.0 * (1.0 - survival(60.0)), survival(60.0));
    let total = up + failed + planned;
    let fraction = |outcome: &RunOutcome, mode: Mode| outcome.end.time_in_mode(M)[usize::from(mode.code())].h() / 100_000.0;
    let outcomes: Vec<RunOutcome> = (0..runs(30, 60)).map(|r| run(&model, &Script::empty(), 82, r, 100_000.0)).collect();
    let of = |mode: Mode| outcomes.iter().map(|o| fraction(o, mode)).collect::<Vec<f64>>();
    assert_mean("age replacement, availability", &of(Mode::Running), up / total, 0.003);
    // the shares of repair and maintenance are exact too; their own relative errors are larger
    for (mode, share) in [(Mode::InRepair, failed / total), (Mode::Maintenance, planned / total)] {
        let (mean, error) = mean_and_error(&of(mode));
        assert!((mean - share).abs() < 3.0 * error && error < 0.02 * share, "{mode}: {mean} ± {error}, exact {share}");
    }
}

#[test]
fn block_replacement_by_the_calendar_does_not_look_at_failures() {
    let block = Maintenance { ages: Ageing::Calendar, ..plan(50.0, 2.0) };
    let model = plant(wearing(5.0), Some(block)).model();
    let outcome = run(&model, &Script::empty(), 83, 1, 520.0 + 1.0);
    let done: Vec<f64> = outcome.trace.iter().filter(|e| matches!(e.what, Change::MaintenanceStarted { .. })).map(|e| e.at.h()).collect();
    // every 50 h after the last was done: 50, 102, 154, …
    let exact: Vec<f64> = (0..10).map(|i| 50.0 + 52.0 * f64::from(i)).collect();
    assert!(done.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-6) && done.len() == 10, "{done:?}");
}

#[test]
fn partly_restored_wear_lies_between_none_and_all() {
    let failures = |renewal: Renewal| -> f64 {
        let p = Maintenance { restores: vec![(0, renewal)], duration: Repair::Fixed(Span(1)), ..plan(40.0, 0.0) };
        let model = plant(FailureMode { repair: Repair::Fixed(Span(1)), ..wearing(0.0) }, Some(p)).model();
        (0..20).map(|r| count(&run(&model, &Script::empty(), 84, r, 20_000.0), |c| matches!(c, Change::Failed { .. }))).sum()
    };
    let (all, partly, none) = (failures(Renewal::AsNew), failures(Renewal::Partial(0.5)), failures(Renewal::Minimal));
    assert!(all < 0.7 * partly && partly < 0.85 * none, "{all} {partly} {none}");
}

#[test]
fn it_waits_for_its_window_its_crew_and_its_part() {
    let saturday = Week::of([(vec![Day::Sat], h(8.0), h(16.0))]);
    let p = Maintenance { window: saturday, skill: Some("fix".into()), spare: Some(SpareId(0)), ..plan(20.0, 4.0) };
    let mut b = plant(FailureMode::new("f", Hazard::Never, Repair::Fixed(h(1.0))), Some(p));
    b.crew(1);
    let lead = Repair::Fixed(h(300.0));
    b.0.spares.push(Spare { id: "kit".into(), name: "kit".into(), key: 2, stock: 0, reorder_at: Some(0), order: 1, lead, cost: 5.0 });
    let outcome = run(&b.model(), &Script::empty(), 85, 0, 1000.0);
    let at = |wanted: fn(&Change) -> bool| outcome.trace.iter().filter(|e| wanted(&e.what)).map(|e| e.at.h()).collect::<Vec<f64>>();
    // due at 20 h (Monday); the part comes at 300 h (Saturday 12 h): inside the window
    assert!((at(|c| matches!(c, Change::MaintenanceDue { .. }))[0] - 20.0).abs() < 1e-6);
    let began = at(|c| matches!(c, Change::MaintenanceStarted { .. }));
    assert!((began[0] - 300.0).abs() < 1e-6, "{began:?}");
    // due again at 324 h; the next part comes at 600 h (a Thursday), the next Saturday 8 h is 632 h
    assert!((began[1] - 632.0).abs() < 1e-6, "{began:?}");
    assert_eq!(outcome.totals.spare_cost, 5.0 * began.len() as f64);
    let times = outcome.end.time_in_mode(M);
    assert_eq!(times.iter().map(|t| t.0).sum::<i64>(), h(1000.0).0, "time is accounted to 100 %");
    assert!((times[usize::from(Mode::Maintenance.code())].h() - 4.0 * began.len() as f64).abs() < 1e-6);
}

#[test]
fn a_group_covers_planned_work_by_its_standby() {
    let mut b = Build::new();
    let power = b.service("power");
    let load = b.add("LOAD", |a| a.needs = vec![Need { ride_through: Span::from_s(1.0), ..need(power, 10.0, 0, OnShort::Stop { below: 0.99 }) }]);
    let members: Vec<AssetId> = ["A", "B"]
        .iter()
        .map(|id| {
            let u = b.add(id, |a| {
                a.gives = vec![give(power, 10.0)];
                a.maintenance = vec![Maintenance { restores: Vec::new(), ..plan(30.0, 5.0) }];
                a.initial = if *id == "A" { InitialMode::Running } else { InitialMode::Standby };
            });
            b.link(u, load, power);
            u
        })
        .collect();
    b.group(1, &members, true);
    let outcome = run(&b.model(), &Script::empty(), 86, 0, 500.0);
    assert!((served_h(&outcome, load) - 500.0).abs() < 1e-9, "the load never notices");
    let maintained = |a: AssetId| outcome.end.time_in_mode(a)[usize::from(Mode::Maintenance.code())].h();
    assert!(maintained(members[0]) >= 35.0 && maintained(members[1]) >= 35.0);
}
