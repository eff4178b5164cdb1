//! Effectiveness by ISO 22400, worked by hand, and books that add up.

use crate::support::{Build, failing, process};
use plantcast::forecast::{books, effectiveness};
use plantcast::plant::{Action, ActionClass, ActionKind, ActionSpec, InitialMode};
use plantcast::rng::Draws;
use plantcast::sim::{Intervention, RunOptions, Script, State, Until, simulate};
use plantcast::time::{Span, Time};

/// One process of 100/h with 2 % scrap; and one that stands by all day.
fn shift() -> (Build, plantcast::plant::AssetId, plantcast::plant::AssetId) {
    let mut b = Build::new();
    let machine = b.add("M", |a| {
        let mut p = process(100.0, &[], &[]);
        p.scrap = 0.02;
        a.process = Some(p);
        a.reliability = vec![failing(1e9, 1.0, false)];
        a.actions = vec![
            ActionSpec { kind: ActionKind::SetRate(0.1), class: ActionClass::Low, cost: 0.0, effect_within: Span::ZERO },
            ActionSpec { kind: ActionKind::Stop, class: ActionClass::Low, cost: 0.0, effect_within: Span::ZERO },
        ];
    });
    let idle = b.add("S", |a| {
        a.process = Some(process(100.0, &[], &[]));
        a.initial = InitialMode::Standby;
    });
    (b, machine, idle)
}

#[test]
fn a_shift_worked_by_hand() {
    let (b, machine, idle) = shift();
    let model = b.model();
    let act = |h: f64, kind| (Time::from_h(h), Intervention::Act(Action { asset: machine, kind }));
    // 8 h: down from 1 h to 2 h, at 80 % from 3 h to 5 h, commanded off from 7.5 h on
    let script = Script(vec![
        (Time::from_h(1.0), Intervention::Fail { asset: machine, mode: None, until: Until::For(Span::from_h(1.0)) }),
        act(3.0, ActionKind::SetRate(0.8)),
        act(5.0, ActionKind::SetRate(1.0)),
        act(7.5, ActionKind::Stop),
    ]);
    let options = RunOptions { horizon: Span::from_h(8.0), sample_every: None, trace: false };
    let outcome = simulate(&model, &State::nominal(&model), &script, Draws::new(1, 0), &options).expect("the test is set up right");
    let e = effectiveness(model.plant(), &outcome, machine).expect("the test is set up right");
    let close = |x: Option<f64>, y: f64| assert!((x.expect("the test is set up right") - y).abs() < 5e-5, "{x:?} instead of {y}");
    // planned 7.5 h, production 6.5 h: 4.5 h at 100/h and 2 h at 80/h make 610
    assert!((e.planned_h - 7.5).abs() < 1e-9 && (e.production_h - 6.5).abs() < 1e-9 && (e.produced - 610.0).abs() < 1e-6, "{e:?}");
    close(e.availability, 0.8667);
    close(e.effectiveness, 0.9385);
    close(e.quality, 0.98);
    close(e.oee, 0.7971);
    close(e.takt_adherence, 4.5 / 7.5);
    let never = effectiveness(model.plant(), &outcome, idle).expect("the test is set up right");
    assert_eq!(
        (never.availability, never.effectiveness, never.quality, never.oee, never.takt_adherence),
        (None, None, None, None, None),
        "nothing was planned"
    );
    let all = books(model.plant(), &outcome);
    assert_eq!(all.processes.len(), 2);
    // an hour down and two hours at 80 %
    let lost: f64 = all.losses.iter().filter(|l| l.asset == machine && l.mode != plantcast::sim::Mode::Off).map(|l| l.hours).sum();
    assert!((lost - 1.4).abs() < 1e-9, "{:?}", all.losses);
    assert!(all.losses.windows(2).all(|w| w[0].hours >= w[1].hours));
}

#[test]
fn planned_but_never_running_is_zero_not_undefined() {
    let (b, machine, _) = shift();
    let model = b.model();
    let script = Script(vec![(Time::ZERO, Intervention::Fail { asset: machine, mode: None, until: Until::For(Span::from_h(9.0)) })]);
    let options = RunOptions { horizon: Span::from_h(8.0), sample_every: None, trace: false };
    let outcome = simulate(&model, &State::nominal(&model), &script, Draws::new(1, 0), &options).expect("the test is set up right");
    let e = effectiveness(model.plant(), &outcome, machine).expect("the test is set up right");
    assert_eq!((e.availability, e.effectiveness, e.quality, e.oee), (Some(0.0), None, None, Some(0.0)));
}

#[test]
fn bought_energy_has_owners_that_add_up_to_the_totals() {
    let plant = plantcast::plant::Plant::builtin("bottling").expect("the test is set up right").expect("the test is set up right");
    let model = plantcast::sim::Model::compile(&plant).expect("the test is set up right");
    let options = RunOptions { horizon: Span::from_h(8.0), sample_every: None, trace: false };
    let outcome = simulate(&model, &State::nominal(&model), &Script::empty(), Draws::new(3, 1), &options).expect("the test is set up right");
    let all = books(&plant, &outcome);
    let sum = |of: fn(&plantcast::forecast::EnergyBook) -> f64| all.energy.iter().map(of).sum::<f64>();
    for (owned, total) in
        [(sum(|e| e.bought), outcome.totals.energy_kwh), (sum(|e| e.cost), outcome.totals.energy_cost), (sum(|e| e.co2_kg), outcome.totals.co2_kg)]
    {
        assert!((owned - total).abs() <= 1e-9 * total && total > 0.0, "{owned} {total}");
    }
    assert!(all.processes.iter().filter_map(|p| p.oee).all(|x| (0.0..=1.0 + 1e-9).contains(&x)));
}
