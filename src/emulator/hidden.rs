//! The stand-in's own parameters: the plant as built, not as modelled.
//!
//! Pure: each number is the model's times a factor drawn from (seed, asset id, which number). *Invariant:* structure, ids and
//! tags are untouched, and nothing that the scene says never happens can happen.

use crate::plant::{Asset, Form, Hazard, OnShort, Plant, Repair};
use crate::rng::{Draws, Purpose, stable_id};
use crate::time::Span;

/// Factors of one asset.
struct Factors<'a> {
    draws: Draws,
    asset: &'a str,
}

impl Factors<'_> {
    /// Uniform between `low` and `high`, keyed by the name of the parameter.
    fn between(&self, what: &str, low: f64, high: f64) -> f64 {
        low + (high - low) * self.draws.uniform(stable_id(&format!("{}/{what}", self.asset)), Purpose::Hidden, 0)
    }
    /// At least 5 % and at most 15 % away from 1, up or down.
    fn off(&self, what: &str) -> f64 {
        let u = self.between(what, -0.10, 0.10);
        1.0 + u + 0.05f64.copysign(u)
    }
    fn span(&self, what: &str, span: Span) -> Span {
        Span(libm::round(span.0 as f64 * self.off(what)) as i64)
    }
}

/// The plant with its hidden parameters.
pub fn hidden(plant: &Plant, seed: u64) -> Plant {
    let mut out = plant.clone();
    let draws = Draws::new(seed, 0);
    for asset in &mut out.assets {
        let id = asset.id.clone();
        perturb(asset, &Factors { draws, asset: &id });
    }
    for crew in &mut out.crews {
        let id = format!("crew {}", crew.id);
        crew.travel = Factors { draws, asset: &id }.span("travel", crew.travel);
    }
    let site = Factors { draws, asset: "site" };
    out.ambient_c += site.between("ambient", -1.5, 1.5);
    out
}

fn perturb(asset: &mut Asset, f: &Factors) {
    asset.start.delay = f.span("start", asset.start.delay);
    for (i, mode) in asset.reliability.iter_mut().enumerate() {
        mode.hazard = match mode.hazard {
            Hazard::Exponential { mttf } => Hazard::Exponential { mttf: f.span(&format!("hazard{i}"), mttf) },
            Hazard::Weibull { shape, scale } => Hazard::Weibull { shape, scale: f.span(&format!("hazard{i}"), scale) },
            Hazard::Bathtub { early_shape, early_scale, mttf, wear_shape, wear_scale } => Hazard::Bathtub {
                early_shape,
                early_scale: f.span(&format!("early{i}"), early_scale),
                mttf: f.span(&format!("hazard{i}"), mttf),
                wear_shape,
                wear_scale: f.span(&format!("wear{i}"), wear_scale),
            },
            Hazard::Never => Hazard::Never,
        };
        let key = format!("repair{i}");
        mode.repair = match mode.repair {
            Repair::Fixed(t) => Repair::Fixed(f.span(&key, t)),
            Repair::Exponential { mean } => Repair::Exponential { mean: f.span(&key, mean) },
            Repair::Lognormal { median, sigma } => Repair::Lognormal { median: f.span(&key, median), sigma },
            Repair::Gamma { mean, shape } => Repair::Gamma { mean: f.span(&key, mean), shape },
            Repair::Weibull { shape, scale } => Repair::Weibull { shape, scale: f.span(&key, scale) },
        };
    }
    // Plants are built with reserve: capacities err upwards and demands downwards, so that the normal state stays normal.
    for (i, need) in asset.needs.iter_mut().enumerate() {
        let (low, high) = if need.on_short == OnShort::HeatUp { (1.0, 1.04) } else { (0.92, 1.0) };
        need.amount *= f.between(&format!("need{i}"), low, high);
    }
    for (i, give) in asset.gives.iter_mut().enumerate() {
        give.capacity *= f.between(&format!("capacity{i}"), 1.0, 1.08);
        for (j, input) in give.from.iter_mut().enumerate() {
            input.per_unit *= f.between(&format!("conversion{i}.{j}"), 0.94, 1.03);
        }
    }
    if let Some(thermal) = &mut asset.thermal {
        thermal.capacity_kj_per_k *= f.off("heat capacity");
        thermal.exchange_kw_per_k *= f.off("heat exchange");
        thermal.heat_kw *= f.between("heat", 0.9, 0.98);
    }
    if let Some(process) = &mut asset.process {
        let faster = f.between("rate", 0.97, 1.05);
        process.rate_per_h *= faster;
        if let Form::Parts { cycle, .. } = &mut process.form {
            *cycle = cycle.stretched(1.0 / faster);
        }
        process.scrap = (process.scrap * f.off("scrap")).clamp(0.0, 1.0);
    }
    if let Some(storage) = &mut asset.storage {
        storage.initial = (storage.initial * f.between("initial level", 0.92, 1.0)).min(storage.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_differ_but_the_structure_does_not() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        let a = hidden(&plant, 7);
        assert_eq!(a, hidden(&plant, 7), "a function of the seed");
        assert_ne!(a, hidden(&plant, 8));
        assert_eq!((&a.links, &a.tags, &a.groups, &a.cells), (&plant.links, &plant.tags, &plant.groups, &plant.cells));
        let mut changed = 0;
        for (ours, theirs) in a.assets.iter().zip(&plant.assets) {
            assert_eq!((&ours.id, &ours.actions, &ours.control), (&theirs.id, &theirs.actions, &theirs.control));
            for (o, t) in ours.gives.iter().zip(&theirs.gives) {
                assert!((1.0..=1.08).contains(&(o.capacity / t.capacity)), "{}", ours.id);
                changed += 1;
            }
            for (o, t) in ours.needs.iter().zip(&theirs.needs) {
                assert!((0.92..=1.04).contains(&(o.amount / t.amount)), "{}", ours.id);
            }
            if let (Some(o), Some(t)) = (ours.thermal, theirs.thermal) {
                let ratio = o.capacity_kj_per_k / t.capacity_kj_per_k;
                assert!((0.05..=0.151).contains(&(ratio - 1.0).abs()), "{}: {ratio}", ours.id);
            }
        }
        assert!(changed > 10);
    }

    #[test]
    fn one_asset_more_leaves_the_others_as_they_were() {
        let plant = Plant::builtin("bottling").unwrap().unwrap();
        let mut more = plant.clone();
        let mut extra = more.assets[0].clone();
        extra.id = "EXTRA".into();
        more.assets.insert(0, extra);
        assert_eq!(hidden(&more, 3).assets[1..], hidden(&plant, 3).assets[..]);
    }
}
