//! Nothing that can be scripted makes the engine panic, hang or leave its invariants: random outages and actions on the
//! default plant, random observed starts, loops that cannot settle.

use crate::support::*;
use plantcast::plant::*;
use plantcast::rng::Draws;
use plantcast::sim::{Engine, FailedState, Intervention, Mode, Model, Observed, Script, State, Until};
use plantcast::time::{Span, Time};
use proptest::prelude::*;
use std::sync::LazyLock;

static BOTTLING: LazyLock<Model> = LazyLock::new(|| {
    let plant = Plant::builtin("bottling").expect("it is built in").expect("it is valid");
    Model::compile(&plant).expect("it has a running start")
});

/// Turns three numbers into something that happens.
fn intervention(model: &Model, kind: u8, target: u32, minutes: u16) -> Intervention {
    let plant = model.plant();
    let asset = AssetId(target % plant.assets.len() as u32);
    let span = Span::from_min(f64::from(minutes));
    let until = if minutes.is_multiple_of(3) { Until::Repaired } else { Until::For(span) };
    let act = |kind| Intervention::Act(Action { asset, kind });
    match kind % 14 {
        0 => Intervention::Fail { asset, mode: None, until },
        1 => Intervention::Fail { asset, mode: Some(0), until },
        2 => Intervention::Degrade { asset, to: f64::from(minutes % 10) / 10.0, until },
        3 => Intervention::LoseArea {
            area: AreaId(target % plant.areas.len() as u32),
            medium: MediumId(u32::from(minutes) % plant.media.len() as u32),
            until: Until::For(span),
        },
        4 => Intervention::SupplyOff { asset, duration: span },
        5 => Intervention::CrewAbsent { crew: CrewId(target % plant.crews.len() as u32), duration: span },
        6 => Intervention::Ambient { delta_c: f64::from(minutes % 20), duration: span },
        7 => Intervention::SlowRepair { factor: 2.0, duration: span },
        8 => act(ActionKind::Start),
        9 => act(ActionKind::Stop),
        10 => act(ActionKind::SetRate(f64::from(minutes % 11) / 10.0)),
        11 => act(ActionKind::ResetTrip),
        12 => act(ActionKind::DispatchCrew),
        _ => act(ActionKind::Start),
    }
}

fn check(model: &Model, state: &State) -> Result<(), TestCaseError> {
    for id in model.plant().asset_ids() {
        let facts = model.plant().asset(id);
        let service = state.service(id);
        prop_assert!((0.0..=1.0 + 1e-9).contains(&service), "{} service {service}", facts.id);
        prop_assert!(service <= 1e-9 || state.mode(id).is_up(), "{} serves {service} while {}", facts.id, state.mode(id));
        let total: i64 = state.time_in_mode(id).iter().map(|s| s.0).sum();
        prop_assert_eq!(total, (state.time() - state.began()).0);
        if let Some(level) = state.level(model, id) {
            prop_assert!((0.0..=facts.storage.expect("it has a level").capacity).contains(&level), "{} level {level}", facts.id);
        }
        if let Some(celsius) = state.temperature_c(model, id) {
            prop_assert!(celsius.is_finite() && (-60.0..400.0).contains(&celsius), "{} {celsius} °C", facts.id);
        }
    }
    prop_assert!(state.totals().profit().is_finite());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn anything_can_happen_to_the_bottling_plant(
        entries in proptest::collection::vec((0u16..600, 0u8..14, 0u32..1000, 1u16..400), 1..14),
        seed in 0u64..1000,
    ) {
        let model = &*BOTTLING;
        let script = Script(entries.iter().map(|(at, kind, target, minutes)| {
            (Time::ZERO + Span::from_min(f64::from(*at)), intervention(model, *kind, *target, *minutes))
        }).collect());
        let mut engine = Engine::new(model, State::nominal(model), Draws::new(seed, 0));
        engine.schedule(&script);
        for hour in 1..13 {
            engine.run_until(Time::from_h(f64::from(hour))).map_err(|e| TestCaseError::fail(e.to_string()))?;
            check(model, engine.state())?;
        }
        let events = engine.take_trace().len();
        prop_assert!(events < 6000, "{events} events in 12 h");
    }

    #[test]
    fn any_observed_start_settles_and_runs(
        seen in proptest::collection::vec((0u8..12, 0.0f64..1.0, 0u16..500), 60),
        seed in 0u64..1000,
    ) {
        let model = &*BOTTLING;
        let plant = model.plant();
        let observed: Vec<Observed> = plant.asset_ids().map(|id| {
            let (kind, x, minutes) = seen[id.index() % seen.len()];
            let facts = plant.asset(id);
            Observed {
                commanded: match kind { 0 => Some(InitialMode::Off), 1 => Some(InitialMode::Standby), 2 => Some(InitialMode::Running), _ => None },
                failed: (kind == 3 && !facts.reliability.is_empty()).then_some(FailedState { mode_index: 0, since: Span::from_min(f64::from(minutes)), in_repair: minutes % 2 == 0 }),
                maintained: (kind == 6).then_some(Span::from_min(f64::from(minutes))),
                tripped: kind == 4,
                level: facts.storage.map(|s| s.capacity * x),
                temperature_c: facts.thermal.map(|t| t.setpoint_c + 10.0 * (x - 0.5)),
                rate_limit: (kind == 5).then_some(x),
                age: Some(Span::from_h(f64::from(minutes))),
            }
        }).collect();
        let at = Time(1_700_000_000_000_000);
        let state = State::from_observed(model, at, &observed).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let mut engine = Engine::new(model, state, Draws::new(seed, 0));
        engine.run_until(at + Span::from_h(8.0)).map_err(|e| TestCaseError::fail(e.to_string()))?;
        check(model, engine.state())?;
    }
}

#[test]
fn a_loop_of_rules_that_contradict_each_other_ends_with_its_name() {
    // stops when it runs, starts when it does not: no state settles
    let mut b = Build::new();
    b.add("FLIP", |a| {
        let rule = |id: &str, when, then| ControlRule { id: id.into(), when, delay: Span::ZERO, hysteresis: None, then, via: None };
        let own = AssetId(0);
        a.control = vec![rule("off", Condition::Running { asset: own }, Effect::Inhibit)];
    });
    let error = Model::compile(&b.0).unwrap_err().to_string();
    assert!(error.contains("FLIP"), "{error}");
}

#[test]
fn a_repair_without_a_crew_of_its_skill_waits() {
    let mut b = Build::new();
    let m = b.add("M", |a| a.reliability = vec![failing(1.0, 1.0, true)]);
    let model = b.model();
    assert_eq!(run(&model, &Script::empty(), 1, 0, 1000.0).end.mode(m), Mode::Failed);
}

#[test]
fn one_crew_works_by_priority_and_a_dispatched_crew_comes_first() {
    let mut b = Build::new();
    let assets: Vec<AssetId> = (0..3)
        .map(|i| {
            b.add(&format!("M-{i}"), |a| {
                a.reliability = vec![FailureMode { repair: Repair::Fixed(Span::from_h(1.0)), hazard: Hazard::Never, ..failing(1.0, 1.0, true) }]
            })
        })
        .collect();
    b.crew(1);
    b.0.crews[0].travel = Span::from_min(30.0);
    b.0.crews[0].cost_per_h = 10.0;
    let model = b.model();
    let mut script: Vec<_> =
        assets.iter().map(|a| (Time::from_h(1.0), Intervention::Fail { asset: *a, mode: Some(0), until: Until::Repaired })).collect();
    script.push((Time::from_h(1.2), Intervention::Act(Action { asset: assets[2], kind: ActionKind::DispatchCrew })));
    let outcome = run(&model, &Script(script), 1, 0, 8.0);
    let back = |a: AssetId| outcome.trace.iter().find(|e| e.asset == a && matches!(e.what, plantcast::sim::Change::Repaired { .. })).unwrap().at.h();
    assert_eq!([back(assets[0]), back(assets[2]), back(assets[1])], [2.5, 4.0, 5.5]);
    assert!((outcome.totals.crew_cost - 45.0).abs() < 1e-9);
}
