//! Fidelity on the bottling plant: a twin of nearly the right parameters earns "good", a deliberately wrong one "poor".

use plantcast::{
    estimate::{Estimator, Quality, Sample},
    fidelity::{Evidence, FidelityOptions, FidelityReport, Scores},
    plant::{Plant, Quantity, TagId},
    rng::{Draws, Purpose},
    sim::{Engine, Model, State},
    time::Time,
};
use std::sync::Arc;

/// Plant time at which the twin begins.
const BEGIN: Time = Time(1_700_000_000_000_000);

/// `minutes` of noisy telemetry of a plant (every 10 s), estimated and predicted by a twin with another model.
fn judged(truth: &Plant, twin: &Plant, minutes: u32) -> FidelityReport {
    let (real, model) = (Model::compile(truth).expect("a running start"), Model::compile(twin).expect("a running start"));
    let mut engine = Engine::new(&real, State::nominal(&real), Draws::new(3, 0));
    let mut estimator = Estimator::new(Arc::new(twin.clone()), BEGIN);
    let mut scores = Scores::new(twin, FidelityOptions::default());
    for n in 0..minutes * 6 {
        let t = Time::from_s(10.0 * f64::from(n));
        engine.run_until(t).expect("it settles");
        let at = BEGIN + (t - Time::ZERO);
        for sample in samples(truth, &real, engine.state(), at, u64::from(n)) {
            estimator.update(&sample);
            scores.observe(&sample);
        }
        estimator.predict_to(at);
        scores.tick(&model, &estimator.belief()).expect("a belief has a state");
    }
    scores.report()
}

fn samples(plant: &Plant, model: &Model, s: &State, at: Time, n: u64) -> Vec<Sample> {
    let noise = Draws::new(11, 0);
    let mut out = Vec::new();
    for (i, tag) in plant.tags.iter().enumerate() {
        let a = tag.asset;
        let exact = match &tag.quantity {
            Quantity::Mode => Some(f64::from(s.mode(a).code())),
            Quantity::Rate => Some(s.rate_per_h(a)),
            Quantity::Level => s.level(model, a),
            Quantity::Temperature => s.temperature_c(model, a),
            Quantity::Service => Some(s.service(a)),
            Quantity::Given(m) => Some(s.given(model, a, *m)),
            Quantity::Drawn(m) => Some(s.drawn(model, a, *m)),
            Quantity::Free(_) => None,
        };
        let Some(exact) = exact else { continue };
        let e = if tag.quantity == Quantity::Mode { 0.0 } else { tag.noise_sd * noise.normal(i as u64, Purpose::Noise, n) };
        let value = (exact + e).clamp(tag.min, tag.max);
        out.push(Sample { tag: TagId(i as u32), value, event: at, ingested: at, processed: at, quality: Quality::GOOD, sequence: None });
    }
    out
}

fn show(plant: &Plant, r: &FidelityReport) -> String {
    let line = |id: &str, s: &plantcast::fidelity::Summary| {
        format!(
            "{id} {:?} n {} crps {:.2?} rel {:.2?} brier {:.3?} cover {:.2?} |z| {:.2?} {}",
            s.evidence, s.scored, s.crps, s.relative_crps, s.brier, s.coverage_90, s.mean_abs_z, s.reason
        )
    };
    let assets = r.assets.iter().zip(&plant.assets).map(|(s, a)| line(&a.id, s));
    std::iter::once(line("plant", &r.plant)).chain(assets).chain([format!("{:?}", r.counts)]).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_twin_with_the_right_parameters_earns_good() {
    let plant = Plant::builtin("bottling").expect("built in").expect("valid");
    let r = judged(&plant, &plant, 25);
    assert_eq!(r.plant.evidence, Evidence::Good, "{}", show(&plant, &r));
    let poor: Vec<&str> = r.assets.iter().zip(&plant.assets).filter(|(s, _)| s.evidence == Evidence::Poor).map(|(_, a)| a.id.as_str()).collect();
    assert!(poor.is_empty(), "{}", show(&plant, &r));
    assert_eq!(r.counts.recorded, r.counts.scored + r.counts.overtaken + r.counts.missed + r.counts.pending);
}

#[test]
fn the_stand_in_s_hidden_parameters_still_earn_good() {
    let plant = Plant::builtin("bottling").expect("built in").expect("valid");
    for seed in [1, 2, 7] {
        let r = judged(&plantcast::emulator::hidden(&plant, seed), &plant, 25);
        assert_eq!(r.plant.evidence, Evidence::Good, "{}", show(&plant, &r));
        let poor = r.assets.iter().filter(|s| s.evidence == Evidence::Poor).count();
        assert!(poor <= 2, "{poor} assets are poor\n{}", show(&plant, &r));
    }
}

#[test]
fn a_deliberately_wrong_twin_becomes_poor() {
    let plant = Plant::builtin("bottling").expect("built in").expect("valid");
    let mut wrong = plant.clone();
    for a in &mut wrong.assets {
        if let Some(p) = &mut a.process {
            p.rate_per_h *= 0.6;
        }
        for g in &mut a.gives {
            g.from.iter_mut().for_each(|i| i.per_unit *= 1.5);
        }
    }
    let r = judged(&plant, &wrong, 25);
    assert_eq!(r.plant.evidence, Evidence::Poor, "{}", show(&plant, &r));
    let filler = plant.asset_by_id("FI-1").expect("in the scene");
    assert_eq!(r.assets[filler.index()].evidence, Evidence::Poor);
    assert!(!r.assets[filler.index()].reason.is_empty());
}
