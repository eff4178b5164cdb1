//! The gate from end to end: beliefs in, simulated futures, verdict out.

use crate::agent::{belief, bottling};
use plantcast::{
    forecast::{Silent, starts_from_belief},
    governance::{
        Author, Comparison, EffectExpectation, EffectQuantity, GateVerdict, Policy, Proposal, ProposedCommand, Rationale, Snapshot,
        gate::{GateInput, Validation, evaluate},
    },
    plant::{Action, ActionKind, CellId, Plant},
    sim::{Model, Script},
    time::Span,
};
use std::sync::Arc;
use uuid::Uuid;

fn proposal(plant: &Plant, asset: &str, kind: ActionKind) -> Proposal {
    let asset = plant.asset_by_id(asset).expect("in the scene");
    let effect =
        EffectExpectation { asset, quantity: EffectQuantity::Service, comparison: Comparison::AtLeast, value: 0.5, within: Span::from_min(10.0) };
    Proposal {
        id: Uuid::from_u128(7),
        trace: "gate-test".into(),
        author: Author::Agent { cell: CellId(0) },
        title: "test".into(),
        commands: vec![ProposedCommand { action: Action { asset, kind }, compensation: None, effect }],
        rationale: Rationale::default(),
        created: plantcast::time::Time::ZERO,
    }
}

/// The verdict on one action while chiller 1 is down.
fn verdict(plant: &Arc<Plant>, model: &Arc<Model>, asset: &str, kind: ActionKind, threads: usize) -> GateVerdict {
    let belief = belief(plant, model, plant.asset_by_id("CH-1"));
    let policy = Policy::load_or_builtin(None).expect("the built-in policy is valid");
    let input = GateInput {
        model,
        proposal: &proposal(plant, asset, kind),
        snapshot: &Snapshot::of(&belief, plant.hash, 0),
        starts: starts_from_belief(model, &belief, 32, 3).expect("the belief has start states"),
        script: Script::empty(),
        policy: &policy,
        validation: Validation::Good,
        horizon: Span::from_h(8.0),
        runs: 100,
        threads,
    };
    evaluate(input, &Silent)
}

fn failed(v: &GateVerdict) -> Vec<&str> {
    v.checks.iter().filter(|c| !c.passed).map(|c| c.id.as_str()).collect()
}

#[test]
fn starting_the_standby_passes_with_the_same_evidence_on_any_number_of_threads() {
    let (plant, model) = bottling();
    let one = verdict(&plant, &model, "CH-3", ActionKind::Start, 1);
    assert!(one.passed, "{:?}", failed(&one));
    assert!(one.gain.expect("simulated") > 1000.0, "{:?}", one.gain);
    assert_eq!(one, verdict(&plant, &model, "CH-3", ActionKind::Start, 2));
    // machines that run again wear again: that alone is no harm to them
    let worse = one.checks.iter().find(|c| c.id == "G-07").expect("always judged");
    assert!(worse.measured.is_some_and(|m| m <= 0.05), "{worse:?}");
}

#[test]
fn stopping_a_chiller_that_is_needed_is_refused_and_names_who_suffers() {
    let (plant, model) = bottling();
    let v = verdict(&plant, &model, "CH-2", ActionKind::Stop, 2);
    assert!(!v.passed);
    let worse = v.checks.iter().find(|c| c.id == "G-07").expect("always judged");
    assert!(!worse.passed && worse.measured.is_some_and(|m| m > 0.9), "{worse:?}");
    let who = worse.at.expect("someone suffers");
    assert_ne!(Some(who), plant.asset_by_id("CH-2"), "a target is not 'any other asset'");
    assert!(failed(&v).contains(&"G-06"), "{:?}", failed(&v));
    assert!(v.gain.expect("simulated") < 0.0);
}

#[test]
fn starting_what_runs_already_is_refused_before_anything_is_believed() {
    let (plant, model) = bottling();
    let v = verdict(&plant, &model, "CH-2", ActionKind::Start, 2);
    assert_eq!(failed(&v), ["G-03"]);
}
