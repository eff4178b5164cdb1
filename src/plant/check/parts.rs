//! The parts form: laws in range, whole numbers where parts are counted, lines of one form.
//!
//! The rule for mixed plants: all processes that material links join, directly or through storages, have the same form.
//! A storage between a rate process and a parts machine would be a fluid for one and a count for the other; it is refused.

use super::Context;
use super::numbers::{Range, number};
use crate::plant::file::{AssetFile, ProcessFile, SceneFile};
use crate::plant::form::{CycleLaw, Form};
use crate::plant::model::{Flow, Plant};
use crate::plant::reliability::Hazard;
use crate::time::Span;

/// Shortest mean cycle: the clock counts microseconds.
const SHORTEST: Span = Span(1_000);
/// Most servers of one machine, phases of one law, parts per cycle at one port.
const MOST: u32 = 100;
/// Largest buffer [parts].
const LARGEST_BUFFER: f64 = 1e9;

/// The rate of a process as written, or as its cycle implies [process units/h].
pub fn rate_per_h(f: &AssetFile, p: &ProcessFile, c: &mut Context<'_, '_>) -> f64 {
    let at = |field: &str| format!("assets[\"{}\"].process.{field}", f.id);
    let Form::Parts { cycle, servers, blocking: _ } = p.form else {
        number(c.issues, &at("rate_per_h"), p.rate_per_h, Range::Positive);
        return p.rate_per_h;
    };
    let brief = |what: &str| format!("the parts form has no {what}");
    if p.rate_per_h != 0.0 {
        c.issues.add(at("rate_per_h"), brief("rate of its own"), "remove rate_per_h: the rate follows from the cycle");
    }
    if p.cycle.is_some() {
        c.issues.add(at("cycle"), brief("second cycle"), "state the cycle inside `form: Parts(..)` only");
    }
    if p.hold_limit.is_some() {
        c.issues.add(at("hold_limit"), brief("hold limit"), "remove hold_limit, or use the rate form: a part in hand waits and is finished later");
    }
    if !(1..=MOST).contains(&servers) {
        c.issues.add(at("form"), format!("{servers} servers"), format!("1 to {MOST}"));
    }
    let hazards = f.reliability.iter().flatten().any(|m| m.hazard != Hazard::Never);
    if servers > 1 && hazards {
        let hint = "write one asset for each server: each then fails by its own working time";
        c.issues.add(at("form"), format!("{servers} servers share one failure mode"), hint);
    }
    if f.reliability.iter().flatten().any(|m| !m.covariates.is_empty()) {
        let hint = "remove the covariates, or use the rate form: parts are worked on one by one, at no load in between";
        c.issues.add(at("form"), "load and temperature do not drive the hazard of a machine of parts", hint);
    }
    law(&at("form"), &cycle, c);
    3600.0 * f64::from(servers.max(1)) / cycle.mean_s().max(1e-6)
}

fn law(at: &str, cycle: &CycleLaw, c: &mut Context<'_, '_>) {
    let ordered = match *cycle {
        CycleLaw::Uniform { min, max } => min <= max,
        CycleLaw::Triangular { min, mode, max } => min <= mode && mode <= max,
        CycleLaw::Lognormal { sigma, .. } => {
            number(c.issues, at, sigma, Range::NotNegative);
            true
        }
        CycleLaw::Weibull { shape, .. } => {
            number(c.issues, at, shape, Range::Positive);
            true
        }
        CycleLaw::Erlang { phases, .. } => {
            if !(1..=MOST).contains(&phases) {
                c.issues.add(at, format!("{phases} phases"), format!("1 to {MOST}; many phases are nearly Fixed"));
            }
            true
        }
        CycleLaw::Fixed(_) | CycleLaw::Exponential { .. } => true,
    };
    if !ordered {
        c.issues.add(at, "the bounds of the cycle are not in order", "write min ≤ mode ≤ max");
    }
    let mean = cycle.mean_s();
    if !mean.is_finite() || mean < SHORTEST.s() {
        c.issues.add(at, format!("a mean cycle of {mean} s"), format!("at least {SHORTEST}: time is counted in microseconds"));
    }
}

/// Looks at every line that has a parts machine.
pub fn check(file: &SceneFile, plant: &mut Plant, c: &mut Context<'_, '_>) {
    if !plant.assets.iter().any(|a| a.process.as_ref().is_some_and(|p| !p.form.is_by_rate())) {
        return;
    }
    let lines = lines(plant);
    let mut counted = vec![false; plant.assets.len()];
    plant.assets.iter().zip(&lines).filter(|(a, _)| makes_parts(a)).for_each(|(_, l)| counted[*l as usize] = true);
    for index in 0..plant.assets.len() {
        if c.damaged.contains(&index) || !counted[lines[index] as usize] {
            continue;
        }
        let asset = &plant.assets[index];
        let at = |field: &str| format!("assets[\"{}\"].{field}", asset.id);
        match &asset.process {
            Some(p) if p.form.is_by_rate() => {
                let other = plant.assets.iter().zip(&lines).find(|(a, l)| **l == lines[index] && makes_parts(a)).map_or("", |(a, _)| a.id.as_str());
                let hint = "give all processes of the line the same form: Parts(cycle: Fixed(..)) counts pieces, ByRate is for fluids";
                c.issues.add(at("process"), format!("{} runs by rate on the line of {other}, which makes parts", asset.id), hint);
            }
            Some(p) => {
                let amounts = p.inputs.iter().map(|i| i.per_unit).chain(p.outputs.iter().map(|o| o.per_unit));
                for amount in amounts.filter(|a| a.fract() != 0.0 || *a > f64::from(MOST)) {
                    c.issues.add(at("process"), format!("{amount} per part"), format!("the parts form counts: whole numbers from 1 to {MOST}"));
                }
            }
            None if asset.storage.is_none() && touches_material(plant, index) => {
                c.issues.add(at("id"), format!("{} passes parts on without holding or working on them", asset.id), "give it a storage or a process");
            }
            None => {}
        }
        if !asset.coupling.is_empty() {
            let hint = "drains, mixing and exchanges are for fluids: remove them";
            c.issues.add(at("storage"), format!("{} is coupled on a line of parts", asset.id), hint);
        }
        buffer(file, plant, index, c);
    }
    for (i, l) in plant.links.iter().enumerate() {
        let (from, to) = (plant.asset(l.from), plant.asset(l.to));
        let joins = from.process.is_none() && to.process.is_none() && plant.medium(l.medium).flow == Flow::Material;
        if joins && from.storage.is_some() && to.storage.is_some() && counted[lines[l.from.index()] as usize] {
            let brief = format!("{} and {} are joined without a machine between them", from.id, to.id);
            c.issues.add(format!("links[{i}]"), brief, "add their capacities up into one buffer, or put a machine between them");
        }
    }
}

/// A buffer holds whole parts; a default start is rounded down.
fn buffer(file: &SceneFile, plant: &mut Plant, index: usize, c: &mut Context<'_, '_>) {
    let asset = &mut plant.assets[index];
    let (id, Some(s)) = (&asset.id, asset.storage.as_mut()) else { return };
    if plant.media[s.medium.index()].flow != Flow::Material {
        return;
    }
    if s.capacity.fract() != 0.0 || s.capacity > LARGEST_BUFFER {
        c.issues.add(format!("assets[\"{id}\"].storage.capacity"), format!("{} parts", s.capacity), "a buffer of parts holds a whole number");
    }
    let written = file.assets[index].storage.as_ref().is_some_and(|f| f.initial.is_some());
    if !written {
        s.initial = libm::floor(s.initial);
    } else if s.initial.fract() != 0.0 {
        c.issues.add(format!("assets[\"{id}\"].storage.initial"), format!("{} parts", s.initial), "a buffer of parts holds a whole number");
    }
}

fn makes_parts(a: &crate::plant::model::Asset) -> bool {
    a.process.as_ref().is_some_and(|p| !p.form.is_by_rate())
}

fn touches_material(plant: &Plant, index: usize) -> bool {
    plant.links.iter().any(|l| plant.medium(l.medium).flow == Flow::Material && (l.from.index() == index || l.to.index() == index))
}

/// The number of the line of every asset: the lowest position among those that material links join.
fn lines(plant: &Plant) -> Vec<u32> {
    let mut lines: Vec<u32> = (0..plant.assets.len() as u32).collect();
    loop {
        let mut changed = false;
        for l in plant.links.iter().filter(|l| plant.medium(l.medium).flow == Flow::Material) {
            let (a, b) = (lines[l.from.index()], lines[l.to.index()]);
            changed |= a != b;
            lines[l.from.index()] = a.min(b);
            lines[l.to.index()] = a.min(b);
        }
        if !changed {
            return lines;
        }
    }
}
