//! One asset: its own fields; the facets are next door.

use super::Context;
use super::numbers::{Range, number};
use super::reliability;
use super::upkeep;
use super::{coupling, facets};
use crate::plant::file::{ActionFile, AssetFile};
use crate::plant::model::{ActionKind, ActionSpec, Asset, Body, InitialMode, Pose, SafetyClass, Shape};
use crate::rng::stable_id;
use crate::time::Span;

const DEFAULT_EPSILON: f64 = 0.05;
const DEFAULT_TAU_MIN: f64 = 5.0;

/// The asset at position `index`, with everything about it that could be resolved.
pub fn asset(index: usize, f: &AssetFile, c: &mut Context<'_, '_>) -> Asset {
    let at = |field: &str| format!("assets[\"{}\"].{field}", f.id);
    let before = c.issues.count();
    for v in f.at {
        number(c.issues, &at("at"), v, Range::Any);
    }
    number(c.issues, &at("yaw"), f.yaw, Range::Any);
    number(c.issues, &at("downtime_cost_per_h"), f.downtime_cost_per_h, Range::NotNegative);
    let epsilon = f.impact_epsilon.unwrap_or(DEFAULT_EPSILON);
    number(c.issues, &at("impact_epsilon"), epsilon, Range::Fraction);
    let asset = Asset {
        id: f.id.clone(),
        key: stable_id(&f.id),
        name: if f.name.is_empty() { f.id.clone() } else { f.name.clone() },
        kind: f.kind.clone().unwrap_or_else(|| "custom".into()),
        body: body(f, c),
        pose: Pose { position_m: f.at, yaw_deg: f.yaw },
        area: f.area.as_ref().and_then(|a| c.names.area(c.issues, &at("area"), a)),
        initial: f.initial.unwrap_or(InitialMode::Running),
        safety: f.safety.unwrap_or(SafetyClass::Process),
        start: facets::start(f, c),
        reliability: reliability::reliability(f, c),
        maintenance: upkeep::maintenance(f, c),
        needs: facets::needs(f, c),
        gives: facets::gives(f, c),
        storage: facets::storage(f, c),
        thermal: facets::thermal(f, c),
        coupling: coupling::coupling(f, c),
        process: facets::process(f, c),
        control: facets::control(f, c),
        group: None,
        cell: None,
        downtime_cost_per_h: f.downtime_cost_per_h,
        actions: actions(f, c),
        impact_epsilon: epsilon,
        impact_tau: f.impact_tau.unwrap_or(Span::from_min(DEFAULT_TAU_MIN)),
    };
    if c.issues.count() > before {
        c.damaged.insert(index);
    }
    asset
}

fn body(f: &AssetFile, c: &mut Context<'_, '_>) -> Body {
    let b = f.body.clone().unwrap_or_default();
    let size_m = b.size.unwrap_or([1.0, 1.0, 1.0]);
    for v in size_m {
        number(c.issues, &format!("assets[\"{}\"].body.size", f.id), v, Range::Positive);
    }
    Body { shape: b.shape.unwrap_or(Shape::Box), size_m, gltf: b.gltf }
}

fn actions(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<ActionSpec> {
    let list = f.actions.as_deref().unwrap_or_default();
    for (i, a) in list.iter().enumerate() {
        let at = format!("assets[\"{}\"].actions[{i}]", f.id);
        number(c.issues, &format!("{at}.cost"), a.cost, Range::NotNegative);
        if let ActionKind::SetRate(lowest) = a.kind {
            number(c.issues, &format!("{at}.kind"), lowest, Range::Fraction);
        }
        if list[..i].iter().any(|b| std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind)) {
            c.issues.add(at.clone(), format!("{:?} stands twice", a.kind), "declare each kind of action once");
        }
        if f.safety == Some(SafetyClass::Safety) {
            c.issues.add(at, format!("{:?} on a safety system", a.kind), "safety systems are read-only; remove the actions");
        }
    }
    list.iter().map(|a: &ActionFile| ActionSpec { kind: a.kind, class: a.class, cost: a.cost, effect_within: a.effect_within }).collect()
}
