//! The agents on the bottling plant: a healthy plant needs nothing, a lost chiller makes the cooling cell ask for the standby.

use plantcast::{
    agent::{Advice, CellPolicy, Phase, ProposeOptions, SolveOptions, build_cell, coordinate, propose, q_table},
    estimate::{Belief, Estimator, Quality, Sample},
    forecast::Silent,
    plant::{ActionKind, AssetId, CellId, Plant, Quantity, TagId},
    sim::{Mode, Model, State},
    time::{Span, Time},
};
use std::sync::Arc;

const BEGIN: Time = Time(1_700_000_000_000_000);

pub fn bottling() -> (Arc<Plant>, Arc<Model>) {
    let plant = Plant::builtin("bottling").expect("it is built in").expect("it is valid");
    let model = Model::compile(&plant).expect("it has a running start");
    (Arc::new(plant), Arc::new(model))
}

fn policy(model: &Model, cell: u32) -> CellPolicy {
    build_cell(model, CellId(cell), &SolveOptions { epsilon: 0.01, ..SolveOptions::default() }, &|| true).expect("it can be solved")
}

/// Ten quiet minutes of noiseless telemetry of the nominal state; then `failed`, if any, reports so for two minutes while the rest goes on.
pub fn belief(plant: &Arc<Plant>, model: &Model, failed: Option<AssetId>) -> Belief {
    let state = State::nominal(model);
    let mut e = Estimator::new(plant.clone(), BEGIN);
    for n in 0..144 {
        let at = BEGIN + Span::from_s(5.0 * f64::from(n));
        for (i, tag) in plant.tags.iter().enumerate() {
            let down = n >= 120 && failed == Some(tag.asset);
            let value = match &tag.quantity {
                Quantity::Mode => Some(f64::from(if down { Mode::Failed } else { state.mode(tag.asset) }.code())),
                Quantity::Rate => Some(state.rate_per_h(tag.asset)),
                Quantity::Level => state.level(model, tag.asset),
                Quantity::Temperature => state.temperature_c(model, tag.asset),
                Quantity::Service => Some(state.service(tag.asset)),
                Quantity::Given(m) => Some(if down { 0.0 } else { state.given(model, tag.asset, *m) }),
                Quantity::Drawn(m) => Some(if down { 0.0 } else { state.drawn(model, tag.asset, *m) }),
                Quantity::Free(_) => None,
            };
            if let Some(value) = value {
                e.update(&Sample { tag: TagId(i as u32), value, event: at, ingested: at, processed: at, quality: Quality::GOOD, sequence: None });
            }
        }
        e.predict_to(at);
    }
    e.belief()
}

fn ask(policy: &CellPolicy, model: &Arc<Model>, belief: &Belief, threads: usize) -> Option<Advice> {
    let options = ProposeOptions { runs: 48, seed: 5, threads, ..ProposeOptions::default() };
    propose(policy, model, belief, &options, &Silent).expect("the question can be answered")
}

#[test]
fn a_lost_chiller_makes_the_cooling_cell_ask_for_the_standby() {
    let (plant, model) = bottling();
    let cooling = policy(&model, 0);
    assert!(cooling.solution.bound <= 0.01);
    let ch1 = plant.asset_by_id("CH-1").expect("in the scene");
    let belief = belief(&plant, &model, Some(ch1));
    assert_eq!(belief.asset(ch1).mode, Mode::Failed);
    let advice = ask(&cooling, &model, &belief, 2).expect("something must be done");
    let ch3 = plant.asset_by_id("CH-3").expect("in the scene");
    assert_eq!(advice.actions[0].1.asset, ch3);
    assert_eq!(advice.actions[0].1.kind, ActionKind::Start);
    assert!(advice.gain.low > 0.0 && advice.gain.probability_better > 0.6, "{:?}", advice.gain);
    assert!(advice.reasons.iter().any(|r| r.contains("CH-1") && r.contains("failed")), "{:?}", advice.reasons);
    assert!(advice.expected[0].contains("paired futures"));
    assert!(!advice.would_change.is_empty(), "something must change its mind");
    assert!(advice.q_values.iter().any(|q| q.0 == "do nothing") && advice.q_values.len() >= 3);
    assert_eq!(ask(&cooling, &model, &belief, 1), Some(advice.clone()), "the same for any number of threads");
    assert_eq!(coordinate(&plant, &[advice]).granted, [0]);
}

#[test]
fn a_healthy_plant_needs_nothing() {
    let (plant, model) = bottling();
    let belief = belief(&plant, &model, None);
    for cell in [0, 1] {
        let policy = policy(&model, cell);
        let q = q_table(&policy, &plant, &belief);
        assert!(q.iter().any(|x| x.0 == "do nothing"), "{q:?}");
        assert_eq!(ask(&policy, &model, &belief, 2).map(|a| (a.title, a.gain)), None);
    }
}

#[test]
fn the_value_of_a_cell_falls_when_it_loses_members() {
    let (_, model) = bottling();
    let cooling = policy(&model, 0);
    let value = |down: usize| {
        let members = cooling.features.groups[0].members.clone();
        let place = cooling.features.place(|m| if members[..down].contains(&m) { Phase::Down } else { Phase::Up }, |a| a.low);
        cooling.q_at(&place)[0].1
    };
    assert!(value(0) >= value(1) && value(1) > value(2) && value(2) > value(3), "{} {} {} {}", value(0), value(1), value(2), value(3));
}
