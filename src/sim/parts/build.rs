//! Plant → floor: machines, buffers, direct links; which lines of materials are lines of parts.
//!
//! The rule for mixed plants stands in `plant::check::parts`; plants built in code are held to it here.

use super::layout::{Buffer, Layout, MANY, Machine, NONE, Port, Station};
use crate::plant::{AssetId, CycleLaw, Flow, Form, Hazard, MediumId, OnShort, Plant, Process};
use crate::sim::model::ModelError;
use std::collections::BTreeSet;

/// Cycles after which a wait is told, unless the asset's `impact_tau` is longer.
const PATIENCE_CYCLES: f64 = 20.0;

/// By asset: whether material links join it to a parts machine.
pub(in crate::sim) struct Lines(Vec<bool>);

impl Lines {
    /// Looks along the material links.
    pub(in crate::sim) fn of(plant: &Plant) -> Lines {
        let mut near: Vec<bool> = plant.assets.iter().map(|a| cycle(a.process.as_ref()).is_some()).collect();
        if near.contains(&true) {
            let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); plant.assets.len()];
            for l in plant.links.iter().filter(|l| plant.medium(l.medium).flow == Flow::Material) {
                neighbours[l.from.index()].push(l.to.0);
                neighbours[l.to.index()].push(l.from.0);
            }
            let mut open: Vec<u32> = (0..plant.assets.len() as u32).filter(|a| near[*a as usize]).collect();
            while let Some(at) = open.pop() {
                for &other in &neighbours[at as usize] {
                    if !near[other as usize] {
                        near[other as usize] = true;
                        open.push(other);
                    }
                }
            }
        }
        Lines(near)
    }

    /// Whether the asset's materials are parts.
    pub(in crate::sim) fn has(&self, id: AssetId) -> bool {
        self.0[id.index()]
    }
}

fn cycle(process: Option<&Process>) -> Option<(CycleLaw, u32)> {
    match process?.form {
        Form::Parts { cycle, servers, blocking: _ } => Some((cycle, servers.max(1))),
        Form::ByRate => None,
    }
}

fn invalid(plant: &Plant, id: AssetId, brief: &str) -> ModelError {
    ModelError::Invalid { at: format!("assets[{:?}].process", plant.asset(id).id), brief: brief.to_owned() }
}

/// Builds the floor; empty when no process has the parts form.
pub(in crate::sim) fn build(plant: &Plant, lines: &Lines) -> Result<Layout, ModelError> {
    let n = plant.assets.len();
    let mut layout = Layout { machine_of: vec![NONE; n], buffer_of: vec![NONE; n], ..Layout::default() };
    let watched: BTreeSet<AssetId> = plant.assets.iter().flat_map(|a| &a.control).map(|r| crate::sim::compile::watched(r.when)).collect();
    for id in plant.asset_ids().filter(|id| lines.has(*id)) {
        let asset = plant.asset(id);
        if let Some(s) = asset.storage.filter(|s| plant.medium(s.medium).flow == Flow::Material) {
            if s.capacity.fract() != 0.0 || s.initial.fract() != 0.0 || s.capacity > 1e9 {
                return Err(invalid(plant, id, "a buffer of parts holds a whole number"));
            }
            layout.buffer_of[id.index()] = layout.buffers.len() as u32;
            let watched = watched.contains(&id);
            layout.buffers.push(Buffer { capacity: s.capacity as u32, store: Some(id), watched, ..Buffer::default() });
        }
        match (&asset.process, cycle(asset.process.as_ref())) {
            (Some(process), Some((law, servers))) => add_machine(&mut layout, plant, id, process, law, servers)?,
            (Some(_), None) => return Err(invalid(plant, id, "runs by rate on a line of parts")),
            (None, _) => {}
        }
    }
    for link in plant.links.iter().filter(|l| lines.has(l.from) && plant.medium(l.medium).flow == Flow::Material) {
        join(&mut layout, plant, link.from, link.to, link.medium)?;
    }
    own_storages(&mut layout, plant);
    simplify(&mut layout, plant);
    Ok(layout)
}

fn add_machine(layout: &mut Layout, plant: &Plant, id: AssetId, p: &Process, law: CycleLaw, servers: u32) -> Result<(), ModelError> {
    let amounts = p.inputs.iter().map(|i| i.per_unit).chain(p.outputs.iter().map(|o| o.per_unit));
    if amounts.into_iter().any(|a| a.fract() != 0.0 || !(1.0..=1e6).contains(&a)) {
        return Err(invalid(plant, id, "parts are counted: amounts per unit must be whole"));
    }
    let asset = plant.asset(id);
    if servers > 1 && asset.reliability.iter().any(|m| m.hazard != Hazard::Never) {
        return Err(invalid(plant, id, "several servers share one failure mode: write one asset for each"));
    }
    let machine = layout.machines.len() as u32;
    let loud = asset.thermal.is_some() || asset.needs.iter().any(|n| n.idle_fraction < 1.0 && n.on_short != OnShort::HeatUp);
    let patience_us = asset.impact_tau.0.max((law.mean_s() * 1e6 * PATIENCE_CYCLES) as i64);
    layout.machine_of[id.index()] = machine;
    layout.machines.push(Machine { asset: id, first: layout.stations.len() as u32, servers, patience_us, loud });
    for server in 0..servers {
        layout.stations.push(Station {
            machine,
            input: MANY,
            output: MANY,
            inputs: p.inputs.iter().map(|i| Port { per_part: i.per_unit as u32, buffers: Vec::new() }).collect(),
            outputs: p.outputs.iter().map(|o| Port { per_part: o.per_unit as u32, buffers: Vec::new() }).collect(),
            pending: 0,
            law,
            scrap: p.scrap,
            key: asset.key ^ u64::from(server).rotate_left(40),
            special: loud || servers > 1,
        });
    }
    Ok(())
}

/// Which side of a process an asset's medium is on.
fn port(plant: &Plant, id: AssetId, medium: MediumId, outward: bool) -> Option<usize> {
    let p = plant.asset(id).process.as_ref()?;
    if outward { p.outputs.iter().position(|o| o.medium == medium) } else { p.inputs.iter().position(|i| i.medium == medium) }
}

fn stored(plant: &Plant, layout: &Layout, id: AssetId, medium: MediumId) -> Option<u32> {
    plant.asset(id).storage.filter(|s| s.medium == medium).and_then(|_| layout.buffer(id))
}

/// Where parts of a medium leave (`outward`) or enter an asset: its own buffer or a port of its machine.
fn end(layout: &Layout, plant: &Plant, id: AssetId, medium: MediumId, outward: bool) -> Result<Result<u32, usize>, ModelError> {
    let own = stored(plant, layout, id, medium);
    let (input, output) = (port(plant, id, medium, false), port(plant, id, medium, true));
    match (outward, own) {
        (true, Some(buffer)) => Ok(Ok(buffer)),
        (false, Some(buffer)) if output.is_none() || input.is_none() => Ok(Ok(buffer)),
        (true, None) => output.map(Err).ok_or_else(|| invalid(plant, id, "passes parts on without holding or working on them")),
        (false, _) => input.map(Err).ok_or_else(|| invalid(plant, id, "passes parts on without holding or working on them")),
    }
}

fn join(layout: &mut Layout, plant: &Plant, from: AssetId, to: AssetId, medium: MediumId) -> Result<(), ModelError> {
    let (out, into) = (end(layout, plant, from, medium, true)?, end(layout, plant, to, medium, false)?);
    match (out, into) {
        (Ok(_), Ok(_)) => return Err(invalid(plant, to, "two buffers of parts are joined without a machine between them")),
        (Ok(buffer), Err(at)) => attach(layout, plant, to, at, buffer, false),
        (Err(at), Ok(buffer)) => attach(layout, plant, from, at, buffer, true),
        (Err(a), Err(b)) => {
            let buffer = layout.buffers.len() as u32;
            layout.buffers.push(Buffer::default());
            attach(layout, plant, from, a, buffer, true);
            attach(layout, plant, to, b, buffer, false);
        }
    }
    Ok(())
}

fn attach(layout: &mut Layout, plant: &Plant, id: AssetId, port: usize, buffer: u32, outward: bool) {
    let Some(machine) = layout.machine(id) else { return };
    for at in layout.servers(machine) {
        let station = &mut layout.stations[at];
        if outward {
            station.outputs[port].buffers.push(buffer);
            layout.buffers[buffer as usize].producers.push(at as u32);
        } else {
            station.inputs[port].buffers.push(buffer);
            let priority = plant.asset(id).process.as_ref().map_or(0, |p| p.inputs[port].priority);
            layout.buffers[buffer as usize].consumers.push((priority, at as u32));
        }
    }
}

/// An own storage of an output or input lies between the machine and its links.
fn own_storages(layout: &mut Layout, plant: &Plant) {
    for id in plant.asset_ids() {
        let (Some(_), Some(buffer), Some(s)) = (layout.machine(id), layout.buffer(id), plant.asset(id).storage) else { continue };
        if let Some(at) = port(plant, id, s.medium, true) {
            attach(layout, plant, id, at, buffer, true);
        } else if let Some(at) = port(plant, id, s.medium, false) {
            attach(layout, plant, id, at, buffer, false);
        }
    }
}

/// Names the only buffer of stations that have one, and numbers the output ports of the others.
fn simplify(layout: &mut Layout, plant: &Plant) {
    let mut pending = 0;
    for station in &mut layout.stations {
        let direct = |ports: &[Port]| match ports {
            [] => NONE,
            [Port { per_part: 1, buffers }] => match buffers[..] {
                [only] => only,
                [] | [_, _, ..] => MANY,
            },
            [..] => MANY,
        };
        station.input = direct(&station.inputs);
        station.output = direct(&station.outputs);
        station.pending = pending;
        pending += station.outputs.len() as u32;
    }
    layout.pending = pending as usize;
    for buffer in &mut layout.buffers {
        buffer.consumers.sort_by_key(|c| *c);
    }
    debug_assert_eq!(layout.machine_of.len(), plant.assets.len());
}
