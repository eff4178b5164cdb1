//! The facets of one asset: media and assets resolved, numbers in range.

use super::Context;
use super::numbers::{Range, number};
use super::reliability::{hazard_scale, repair_scale};
use crate::plant::facets::{Condition, ControlRule, Effect, Give, Input, Need, OnShort, Output, Process, Start, Storage, Thermal};
use crate::plant::file::{AssetFile, ConditionFile, InputFile};
use crate::time::Span;

/// A rate-form cycle is at most this fraction of the shortest failure or repair time.
const CYCLE_RATIO: f64 = 0.1;

/// Path of a field of an asset.
pub fn place(f: &AssetFile, field: &str) -> String {
    format!("assets[\"{}\"].{field}", f.id)
}

/// Starting behaviour.
pub fn start(f: &AssetFile, c: &mut Context<'_, '_>) -> Start {
    let s = f.start.clone().unwrap_or_default();
    number(c.issues, &place(f, "start.failure_probability"), s.failure_probability, Range::Fraction);
    if s.failure_probability > 0.0 && f.reliability.as_ref().is_none_or(Vec::is_empty) {
        c.issues.add(
            place(f, "start.failure_probability"),
            "a start may fail but nothing says how it is repaired",
            "declare a failure mode: a failed start waits for the repair of the first",
        );
    }
    Start { delay: s.delay, failure_probability: s.failure_probability }
}

/// A time that must be above 0.
pub fn positive_span(c: &mut Context<'_, '_>, at: &str, span: Option<Span>) {
    if span.is_some_and(|s| s <= Span::ZERO) {
        c.issues.add(at, "a time of zero", "write a span of more than 0, for example \"2h\"");
    }
}

/// What it needs.
pub fn needs(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<Need> {
    let mut out = Vec::new();
    for (i, n) in f.needs.iter().flatten().enumerate() {
        let at = place(f, &format!("needs[{i}]"));
        number(c.issues, &format!("{at}.amount"), n.amount, Range::NotNegative);
        number(c.issues, &format!("{at}.idle_fraction"), n.idle_fraction, Range::Fraction);
        match n.on_short {
            OnShort::Stop { below } => number(c.issues, &format!("{at}.on_short"), below, Range::Fraction),
            OnShort::HeatUp if f.thermal.is_none() => {
                c.issues.add(format!("{at}.on_short"), "HeatUp without a thermal facet", "add `thermal`, or choose Stop or Derate");
            }
            OnShort::HeatUp | OnShort::Derate | OnShort::HoldLast => {}
        }
        let Some(medium) = c.names.medium_of(c.issues, &format!("{at}.medium"), &n.medium, false) else { continue };
        out.push(Need {
            medium,
            amount: n.amount,
            idle_fraction: n.idle_fraction,
            priority: n.priority,
            ride_through: n.ride_through,
            on_short: n.on_short,
        });
    }
    out
}

/// What it gives.
pub fn gives(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<Give> {
    let mut out = Vec::new();
    for (i, g) in f.gives.iter().flatten().enumerate() {
        let at = place(f, &format!("gives[{i}]"));
        number(c.issues, &format!("{at}.capacity"), g.capacity, Range::Positive);
        let from = inputs(&format!("{at}.from"), &g.from, false, c);
        let Some(medium) = c.names.medium_of(c.issues, &format!("{at}.medium"), &g.medium, false) else { continue };
        out.push(Give { medium, capacity: g.capacity, merit: g.merit, from });
    }
    out
}

fn inputs(at: &str, list: &[InputFile], material: bool, c: &mut Context<'_, '_>) -> Vec<Input> {
    let mut out = Vec::new();
    for (i, f) in list.iter().enumerate() {
        number(c.issues, &format!("{at}[{i}].per_unit"), f.per_unit, Range::Positive);
        if let Some(medium) = c.names.medium_of(c.issues, &format!("{at}[{i}].medium"), &f.medium, material) {
            out.push(Input { medium, per_unit: f.per_unit, priority: f.priority });
        }
    }
    out
}

/// What it holds.
pub fn storage(f: &AssetFile, c: &mut Context<'_, '_>) -> Option<Storage> {
    let s = f.storage.as_ref()?;
    number(c.issues, &place(f, "storage.capacity"), s.capacity, Range::Positive);
    let medium = c.names.medium(c.issues, &place(f, "storage.medium"), &s.medium)?;
    let material = c.names.is_material(medium);
    let initial = s.initial.unwrap_or(if material { 0.5 * s.capacity } else { s.capacity });
    number(c.issues, &place(f, "storage.initial"), initial, Range::NotNegative);
    if initial > s.capacity {
        c.issues.add(place(f, "storage.initial"), format!("{initial} is more than the capacity {}", s.capacity), "start within the capacity");
    }
    let max_discharge = s.max_discharge.unwrap_or(s.capacity);
    let max_charge = s.max_charge.unwrap_or(0.1 * max_discharge);
    number(c.issues, &place(f, "storage.max_discharge"), max_discharge, Range::NotNegative);
    number(c.issues, &place(f, "storage.max_charge"), max_charge, Range::NotNegative);
    Some(Storage { medium, capacity: s.capacity, initial, max_discharge, max_charge })
}

/// How it heats up.
pub fn thermal(f: &AssetFile, c: &mut Context<'_, '_>) -> Option<Thermal> {
    let t = f.thermal.as_ref()?;
    let at = |field: &str| place(f, &format!("thermal.{field}"));
    let initial_c = t.initial_c.unwrap_or(t.setpoint_c);
    // by level: the heat capacity of the full storage stands for readers of the closed form
    let by_level = t.kj_per_k_per_unit.map(|k| k * f.storage.as_ref().map_or(1.0, |s| s.capacity));
    let capacity_kj_per_k = t.capacity_kj_per_k.or(by_level).unwrap_or(0.0);
    number(c.issues, &at("capacity_kj_per_k"), capacity_kj_per_k, Range::Positive);
    number(c.issues, &at("exchange_kw_per_k"), t.exchange_kw_per_k, Range::NotNegative);
    number(c.issues, &at("heat_kw"), t.heat_kw, Range::NotNegative);
    for (field, v) in [("initial_c", initial_c), ("setpoint_c", t.setpoint_c), ("trip_c", t.trip_c), ("reset_c", t.reset_c)] {
        number(c.issues, &at(field), v, Range::Celsius);
    }
    if t.reset_c >= t.trip_c {
        c.issues.add(at("reset_c"), format!("{} is not below the trip at {}", t.reset_c, t.trip_c), "a trip resets below where it trips");
    }
    if t.setpoint_c > t.reset_c {
        c.issues.add(at("setpoint_c"), format!("{} is above the reset at {}", t.setpoint_c, t.reset_c), "the trip could never reset");
    }
    if initial_c >= t.trip_c {
        c.issues.add(at("initial_c"), format!("{initial_c} is at or above the trip at {}", t.trip_c), "start below the trip");
    }
    Some(Thermal {
        capacity_kj_per_k,
        exchange_kw_per_k: t.exchange_kw_per_k,
        heat_kw: t.heat_kw,
        initial_c,
        setpoint_c: t.setpoint_c,
        trip_c: t.trip_c,
        reset_c: t.reset_c,
        auto_reset: t.auto_reset,
    })
}

/// What it makes.
pub fn process(f: &AssetFile, c: &mut Context<'_, '_>) -> Option<Process> {
    let p = f.process.as_ref()?;
    let at = |field: &str| place(f, &format!("process.{field}"));
    let rate_per_h = super::parts::rate_per_h(f, p, c);
    number(c.issues, &at("scrap"), p.scrap, Range::Fraction);
    number(c.issues, &at("earns_per_unit"), p.earns_per_unit, Range::NotNegative);
    number(c.issues, &at("scrap_cost_per_unit"), p.scrap_cost_per_unit, Range::NotNegative);
    number(c.issues, &at("hold_loss_units"), p.hold_loss_units, Range::NotNegative);
    if p.scrap >= 1.0 {
        c.issues.add(at("scrap"), "everything is scrapped", "write less than 1");
    }
    if p.hold_loss_units > 0.0 && p.hold_limit.is_none() {
        c.issues.add(at("hold_loss_units"), "a loss without a limit", "set hold_limit");
    }
    if p.form.is_by_rate() {
        rate_form(f, c);
    }
    let inputs = inputs(&at("inputs"), &p.inputs, true, c);
    let mut outputs = Vec::new();
    for (i, o) in p.outputs.iter().enumerate() {
        number(c.issues, &at(&format!("outputs[{i}].per_unit")), o.per_unit, Range::Positive);
        if let Some(medium) = c.names.medium_of(c.issues, &at(&format!("outputs[{i}].medium")), &o.medium, true) {
            outputs.push(Output { medium, per_unit: o.per_unit });
        }
    }
    Some(Process {
        form: p.form,
        rate_per_h,
        inputs,
        outputs,
        scrap: p.scrap,
        earns_per_unit: p.earns_per_unit,
        scrap_cost_per_unit: p.scrap_cost_per_unit,
        hold_limit: p.hold_limit,
        hold_loss_units: p.hold_loss_units,
    })
}

/// A process by rate is only right when single units are fast against failures and repairs.
fn rate_form(f: &AssetFile, c: &mut Context<'_, '_>) {
    let Some(p) = &f.process else { return };
    if p.rate_per_h.is_nan() || p.rate_per_h <= 0.0 {
        return;
    }
    let cycle = p.cycle.map_or(if continuous(p) { 0.0 } else { 1.0 / p.rate_per_h }, Span::h);
    for m in f.reliability.iter().flatten() {
        let shortest = hazard_scale(&m.hazard).into_iter().chain([repair_scale(&m.repair)]).map(Span::h).fold(f64::INFINITY, f64::min);
        if cycle > CYCLE_RATIO * shortest {
            c.issues.add(
                place(f, "process.cycle"),
                format!("a cycle of {} is not much shorter than the {} of failure mode {:?}", Span::from_h(cycle), Span::from_h(shortest), m.id),
                "the rate form would be wrong here: it needs cycles below a tenth of failure and repair times; state `cycle` if it is shorter, or choose `form: Parts(..)`",
            );
        }
    }
}

/// Fluids have no cycle: their unit is an amount, not a count of pieces.
fn continuous(p: &crate::plant::file::ProcessFile) -> bool {
    p.unit.as_deref().is_some_and(|u| !u.starts_with('{') && u != "1")
}

/// Controls, interlocks and trips.
pub fn control(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<ControlRule> {
    let mut out = Vec::new();
    for (i, r) in f.control.iter().flatten().enumerate() {
        let at = place(f, &format!("control[{i}]"));
        if let Effect::SetRate(fraction) = r.then {
            number(c.issues, &format!("{at}.then"), fraction, Range::Fraction);
        }
        if let Some(h) = r.hysteresis {
            let level = matches!(r.when, ConditionFile::LevelBelow { .. } | ConditionFile::LevelAbove { .. });
            number(c.issues, &format!("{at}.hysteresis"), h, if level { Range::Inside } else { Range::Positive });
        }
        let via = r.via.as_ref().map(|v| c.names.asset(c.issues, &format!("{at}.via"), v));
        let when = condition(&format!("{at}.when"), &r.when, c);
        if let (Some(when), None | Some(Some(_))) = (when, via) {
            out.push(ControlRule { id: r.id.clone(), when, delay: r.delay, hysteresis: r.hysteresis, then: r.then, via: via.flatten() });
        }
    }
    out
}

fn condition(at: &str, f: &ConditionFile, c: &mut Context<'_, '_>) -> Option<Condition> {
    let (ConditionFile::LevelBelow { asset, .. }
    | ConditionFile::LevelAbove { asset, .. }
    | ConditionFile::TemperatureAbove { asset, .. }
    | ConditionFile::TemperatureBelow { asset, .. }
    | ConditionFile::NotRunning { asset }
    | ConditionFile::Running { asset }) = f;
    let id = c.names.asset(c.issues, at, asset)?;
    match *f {
        ConditionFile::LevelBelow { fraction, .. } | ConditionFile::LevelAbove { fraction, .. } => number(c.issues, at, fraction, Range::Fraction),
        ConditionFile::TemperatureAbove { celsius, .. } | ConditionFile::TemperatureBelow { celsius, .. } => {
            number(c.issues, at, celsius, Range::Celsius);
        }
        ConditionFile::NotRunning { .. } | ConditionFile::Running { .. } => {}
    }
    Some(match *f {
        ConditionFile::LevelBelow { fraction, .. } => Condition::LevelBelow { asset: id, fraction },
        ConditionFile::LevelAbove { fraction, .. } => Condition::LevelAbove { asset: id, fraction },
        ConditionFile::TemperatureAbove { celsius, .. } => Condition::TemperatureAbove { asset: id, celsius },
        ConditionFile::TemperatureBelow { celsius, .. } => Condition::TemperatureBelow { asset: id, celsius },
        ConditionFile::NotRunning { .. } => Condition::NotRunning { asset: id },
        ConditionFile::Running { .. } => Condition::Running { asset: id },
    })
}
