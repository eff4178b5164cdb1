//! Plant → tables of the [`Model`]: claims and givers, failure modes, rules, timer slots.
//!
//! Owns no topology search (see `flows` for islands and lines).

use super::flows;
use super::model::{AssetInfo, Claim, ClaimKind, Giver, ModeInfo, Model, ModelError, PlanInfo, RuleInfo, Timer};
use crate::plant::{Asset, AssetId, Condition, FailureMode, Hazard, InitialMode, MediumId, OnShort, Plant};
use crate::rng::stable_id;

/// Conversions stop when they get less than this fraction of the input that they ask for.
pub(super) const CONVERSION_STOPS_BELOW: f64 = 0.05;
/// Capacity of a passage without a capacity of its own [medium unit].
pub(super) const CONDUIT_CAPACITY: f64 = 1e9;

fn invalid(asset: &Asset, facet: &str, brief: &str) -> ModelError {
    ModelError::Invalid { at: format!("assets[{:?}].{facet}", asset.id), brief: brief.to_owned() }
}

/// Builds all tables; `nominal` stays empty.
pub(super) fn tables(plant: &Plant) -> Result<Model, ModelError> {
    let mut model = Model {
        plant: plant.clone(),
        claims: Vec::new(),
        gives: Vec::new(),
        islands: Vec::new(),
        procs: Vec::new(),
        ports: Vec::new(),
        mlinks: Vec::new(),
        lines: Vec::new(),
        modes: Vec::new(),
        rules: Vec::new(),
        assets: vec![AssetInfo::default(); plant.assets.len()],
        blocks: Vec::new(),
        quantum: super::coupled::QUANTUM,
        group_targets: Vec::new(),
        timers: Vec::new(),
        crew_slots: Vec::new(),
        spare_slots: Vec::new(),
        conduits: 0,
        floor: super::parts::Layout::default(),
        ambient_slot: None,
        tariff_slot: None,
        nominal: None,
    };
    for id in plant.asset_ids() {
        check(plant, plant.asset(id))?;
        asset_tables(&mut model, id);
    }
    model.crew_slots = (0..plant.crews.len() as u32).map(|c| slot(&mut model, Timer::Shift(c))).collect();
    model.spare_slots = (0..plant.spares.len() as u32).map(|s| slot(&mut model, Timer::Delivery(s))).collect();
    flows::services(&mut model);
    let lines = super::parts::Lines::of(plant);
    flows::materials(&mut model, &lines);
    model.floor = super::parts::build(plant, &lines)?;
    super::coupled::blocks(&mut model);
    super::profiles::slots(&mut model);
    watchers(&mut model);
    warmed(&mut model);
    model.group_targets = plant
        .groups
        .iter()
        .map(|g| (g.members.iter().filter(|m| plant.asset(**m).initial == InitialMode::Running).count() as u32).max(g.k))
        .collect();
    for (index, group) in plant.groups.iter().enumerate() {
        for member in &group.members {
            model.assets[member.index()].group = Some(crate::plant::GroupId(index as u32));
        }
    }
    Ok(model)
}

/// False for NaN too.
fn positive(x: f64) -> bool {
    x > 0.0
}

fn check(plant: &Plant, asset: &Asset) -> Result<(), ModelError> {
    let medium = |m: MediumId| m.index() < plant.media.len();
    if let Some(p) = &asset.process {
        if !(p.rate_per_h > 0.0 && p.rate_per_h < 1e12) {
            return Err(invalid(asset, "process.rate_per_h", "must be above 0"));
        }
        if p.inputs.iter().any(|i| !medium(i.medium) || !positive(i.per_unit)) || p.outputs.iter().any(|o| !medium(o.medium) || !positive(o.per_unit))
        {
            return Err(invalid(asset, "process", "amounts per unit must be above 0 and media must exist"));
        }
        if !(0.0..1.0).contains(&p.scrap) {
            return Err(invalid(asset, "process.scrap", "must be in 0..1"));
        }
    }
    if asset.needs.iter().any(|n| !medium(n.medium) || n.amount.is_nan() || n.amount < 0.0)
        || asset.gives.iter().any(|g| !medium(g.medium) || !positive(g.capacity))
    {
        return Err(invalid(asset, "needs/gives", "amounts must not be negative, capacities must be above 0, media must exist"));
    }
    if let Some(s) = &asset.storage
        && (!medium(s.medium) || !positive(s.capacity) || !(0.0..=s.capacity).contains(&s.initial))
    {
        return Err(invalid(asset, "storage", "capacity must be above 0 and the initial level within it"));
    }
    if let Some(t) = &asset.thermal
        && !(t.capacity_kj_per_k > 0.0 && t.exchange_kw_per_k >= 0.0 && t.reset_c <= t.trip_c)
    {
        return Err(invalid(asset, "thermal", "capacity must be above 0, exchange not negative, reset not above trip"));
    }
    Ok(())
}

fn slot(model: &mut Model, timer: Timer) -> u32 {
    model.timers.push(timer);
    model.timers.len() as u32 - 1
}

fn asset_tables(model: &mut Model, id: AssetId) {
    let asset = model.plant.asset(id).clone();
    let mut info = AssetInfo {
        start_slot: slot(model, Timer::Start(id)),
        level_slot: slot(model, Timer::Level(id)),
        thermal_slot: slot(model, Timer::Thermal(id)),
        hold_slot: slot(model, Timer::Hold(id)),
        ..AssetInfo::default()
    };
    for need in &asset.needs {
        let kind = ClaimKind::Need { idle_fraction: need.idle_fraction, on_short: need.on_short };
        let at = claim(model, id, need.medium, need.amount, need.priority, need.ride_through.0, kind);
        info.claims.push(at);
        if need.on_short == OnShort::HeatUp && asset.thermal.is_some() {
            info.heat_claims.push(at);
            info.heat_amount += need.amount;
        }
    }
    for give in &asset.gives {
        let medium = model.plant.medium(give.medium).clone();
        let bought = give.from.is_empty() && medium.price_per_unit_h > 0.0;
        let at = model.gives.len() as u32;
        model.gives.push(Giver {
            asset: id,
            medium: give.medium,
            capacity: give.capacity,
            merit: give.merit,
            island: u32::MAX,
            inputs: Vec::new(),
            bought,
            conduit: false,
            reserved: asset.storage.is_some_and(|s| s.medium == give.medium),
        });
        info.gives.push(at);
        for input in &give.from {
            let kind = ClaimKind::Conversion { give: at, per_unit: input.per_unit };
            let c = claim(model, id, input.medium, give.capacity * input.per_unit, input.priority, 0, kind);
            model.gives[at as usize].inputs.push(c);
            info.claims.push(c);
        }
    }
    info.modes = modes(model, id, &asset);
    info.plans = plans(model, id, &asset);
    info.driven = asset.reliability.iter().any(|m| !m.covariates.is_empty());
    info.rules = rules(model, id, &asset);
    model.assets[id.index()] = info;
}

/// Adds a claim and its timer.
pub(super) fn claim(model: &mut Model, asset: AssetId, medium: MediumId, amount: f64, priority: u8, ride_us: i64, kind: ClaimKind) -> u32 {
    let at = model.claims.len() as u32;
    let slot = slot(model, Timer::Claim(at));
    model.claims.push(Claim { asset, medium, amount, priority, ride_us, kind, island: u32::MAX, slot });
    at
}

fn modes(model: &mut Model, id: AssetId, asset: &Asset) -> std::ops::Range<u32> {
    let first = model.modes.len() as u32;
    for (index, mode) in asset.reliability.iter().enumerate() {
        let key = asset.key ^ stable_id(&mode.id).rotate_left(17);
        job(model, id, index, key, mode.clone(), None);
    }
    first..model.modes.len() as u32
}

fn plans(model: &mut Model, id: AssetId, asset: &Asset) -> std::ops::Range<u32> {
    let first = model.modes.len() as u32;
    for (index, plan) in asset.maintenance.iter().enumerate() {
        let key = asset.key ^ stable_id(&format!("plan {}", plan.id)).rotate_left(17);
        let facts = FailureMode {
            ages: plan.ages,
            skill: plan.skill.clone(),
            spare: plan.spare,
            priority: plan.priority,
            ..FailureMode::new(&plan.id, Hazard::Never, plan.duration)
        };
        let info = PlanInfo {
            every_us: plan.every.0.max(1),
            window: plan.window.clone(),
            restores: plan.restores.iter().filter(|r| r.0 < asset.reliability.len()).copied().collect(),
            restarts_on_repair: plan.restarts_on_repair,
        };
        job(model, id, index, key, facts, Some(info));
    }
    first..model.modes.len() as u32
}

fn job(model: &mut Model, asset: AssetId, index: usize, key: u64, facts: FailureMode, plan: Option<PlanInfo>) {
    let at = model.modes.len() as u32;
    let crews = model.plant.crews.iter().enumerate();
    let crews = match &facts.skill {
        Some(skill) => crews.filter(|(_, c)| c.skills.contains(skill)).map(|(i, _)| i as u32).collect(),
        None => Vec::new(),
    };
    let (fail_slot, repair_slot) = (slot(model, Timer::Failure(at)), slot(model, Timer::Repair(at)));
    let (driven, needs_crew) = (!facts.covariates.is_empty(), facts.skill.is_some());
    model.modes.push(ModeInfo { asset, index, key, facts, plan, driven, crews, needs_crew, fail_slot, repair_slot });
}

fn rules(model: &mut Model, id: AssetId, asset: &Asset) -> std::ops::Range<u32> {
    let first = model.rules.len() as u32;
    for (index, rule) in asset.control.iter().enumerate() {
        let at = model.rules.len() as u32;
        let slot = slot(model, Timer::Rule(at));
        model.rules.push(RuleInfo { asset: id, index, when: rule.when, hysteresis: rule.hysteresis, slot });
    }
    first..model.rules.len() as u32
}

/// The asset that a condition looks at.
pub(super) fn watched(when: Condition) -> AssetId {
    match when {
        Condition::LevelBelow { asset, .. }
        | Condition::LevelAbove { asset, .. }
        | Condition::TemperatureAbove { asset, .. }
        | Condition::TemperatureBelow { asset, .. }
        | Condition::NotRunning { asset }
        | Condition::Running { asset } => asset,
    }
}

/// Modes driven by another asset's temperature.
fn warmed(model: &mut Model) {
    for at in 0..model.modes.len() {
        if let Some(of) = model.modes[at].facts.temperature_of.filter(|_| model.modes[at].driven) {
            let info = &mut model.assets[of.index()];
            info.warms.push(at as u32);
            info.driven = true;
        }
    }
}

fn watchers(model: &mut Model) {
    for at in 0..model.rules.len() {
        let rule = model.rules[at].clone();
        model.assets[watched(rule.when).index()].watched_by.push(at as u32);
        if let Some(via) = model.plant.asset(rule.asset).control[rule.index].via {
            model.assets[via.index()].controls.push(at as u32);
        }
    }
}
