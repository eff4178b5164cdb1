//! Plant → blocks: which levels and temperatures depend on each other, found once when the model is compiled.

use super::{Block, DrainInfo, ExchangeInfo, Level, Temperature};
use crate::plant::{AssetId, Flow};
use crate::sim::model::{Model, Node, Timer};
use std::collections::BTreeMap;

/// Passages looked through when asking where a flow comes from.
const DEPTH: u32 = 8;

/// Where a material link takes its temperature from: the first asset upstream that has a thermal facet, through passages.
fn source(model: &Model, link: u32, depth: u32) -> Option<AssetId> {
    let asset = match model.mlinks[link as usize].from {
        Node::Store(a) => a,
        Node::Port(p) => {
            let proc = &model.procs[model.ports[p as usize].proc as usize];
            if proc.conduit && depth > 0 && model.plant.asset(proc.asset).thermal.is_none() {
                let upstream = *model.ports[*proc.inputs.first()? as usize].links.first()?;
                return source(model, upstream, depth - 1);
            }
            proc.asset
        }
    };
    model.plant.asset(asset).thermal.map(|_| asset)
}

struct Marks {
    level: Vec<bool>,
    celsius: Vec<bool>,
    /// Root of the connected component of each asset.
    root: Vec<u32>,
}

impl Marks {
    fn root(&self, mut a: u32) -> u32 {
        while self.root[a as usize] != a {
            a = self.root[a as usize];
        }
        a
    }

    fn join(&mut self, a: AssetId, b: AssetId) {
        let (a, b) = (self.root(a.0), self.root(b.0));
        self.root[a.max(b) as usize] = a.min(b);
    }
}

fn marks(model: &Model) -> Marks {
    let n = model.plant.assets.len();
    let mut marks = Marks { level: vec![false; n], celsius: vec![false; n], root: (0..n as u32).collect() };
    for id in model.plant.asset_ids() {
        let asset = model.plant.asset(id);
        let material = asset.storage.is_some_and(|s| model.plant.medium(s.medium).flow == Flow::Material);
        for drain in asset.coupling.drains.iter().filter(|_| material) {
            marks.level[id.index()] = true;
            if let Some(to) = drain.to {
                marks.level[to.index()] = true;
                marks.join(id, to);
            }
        }
        if asset.coupling.mixing.is_some() && material && asset.thermal.is_some() {
            marks.level[id.index()] = true;
            marks.celsius[id.index()] = true;
            for &link in &model.assets[id.index()].store_in {
                if let Some(from) = source(model, link, DEPTH) {
                    marks.celsius[from.index()] = true;
                    marks.join(id, from);
                }
            }
        }
        // a drifting ambient has no closed form with set-points: it is part of the block's law
        if crate::sim::profiles::ambient_drifts(&model.plant) && asset.thermal.is_some_and(|t| t.exchange_kw_per_k > 0.0) {
            marks.celsius[id.index()] = true;
        }
        for exchange in &asset.coupling.exchanges {
            marks.celsius[id.index()] = true;
            marks.celsius[exchange.with.index()] = true;
            marks.join(id, exchange.with);
        }
    }
    marks
}

/// Finds the blocks of the model and enters them into its tables.
pub(in crate::sim) fn blocks(model: &mut Model) {
    let marks = marks(model);
    let mut members: BTreeMap<u32, Vec<AssetId>> = BTreeMap::new();
    for id in model.plant.asset_ids().filter(|id| marks.level[id.index()] || marks.celsius[id.index()]) {
        members.entry(marks.root(id.0)).or_default().push(id);
    }
    for assets in members.values() {
        let at = model.blocks.len() as u32;
        model.timers.push(Timer::Segment(at));
        let slot = model.timers.len() as u32 - 1;
        let block = block(model, &marks, assets, slot);
        for id in assets {
            let info = &mut model.assets[id.index()];
            info.block = Some(at);
            info.coupled_level = marks.level[id.index()];
            info.coupled_celsius = marks.celsius[id.index()];
        }
        let steering = block.drains.iter().filter_map(|d| d.via).chain(block.exchanges.iter().filter_map(|e| e.via));
        for via in steering.collect::<Vec<_>>() {
            model.assets[via.index()].steers.push(at);
        }
        model.blocks.push(block);
    }
}

fn block(model: &Model, marks: &Marks, assets: &[AssetId], slot: u32) -> Block {
    let mut block = Block { slot, ..Block::default() };
    let level_ids: Vec<AssetId> = assets.iter().copied().filter(|a| marks.level[a.index()]).collect();
    let celsius_ids: Vec<AssetId> = assets.iter().copied().filter(|a| marks.celsius[a.index()]).collect();
    let level_of = |id: AssetId| level_ids.iter().position(|a| *a == id).map(|i| i as u32);
    let celsius_of = |id: AssetId| celsius_ids.iter().position(|a| *a == id).map(|i| i as u32);
    for id in &level_ids {
        let capacity = model.plant.asset(*id).storage.map_or(1.0, |s| s.capacity);
        block.levels.push(Level { asset: *id, capacity });
        for drain in &model.plant.asset(*id).coupling.drains {
            let (Some(from), to) = (level_of(*id), drain.to.and_then(level_of)) else { continue };
            block.drains.push(DrainInfo { from, to, law: drain.law, via: drain.via });
        }
    }
    for id in &celsius_ids {
        let asset = model.plant.asset(*id);
        let mixing = asset.coupling.mixing.filter(|_| level_of(*id).is_some());
        let mut temperature = Temperature {
            asset: *id,
            mixed: mixing.and_then(|m| level_of(*id).map(|l| (l, m.kj_per_k_per_unit))),
            inflow_c: mixing.and_then(|m| m.inflow_c),
            links: Vec::new(),
            drains: Vec::new(),
        };
        if mixing.is_some() {
            let links = &model.assets[id.index()].store_in;
            temperature.links = links.iter().map(|l| (*l, source(model, *l, DEPTH).and_then(celsius_of))).collect();
            let own = level_of(*id);
            let into = block.drains.iter().enumerate().filter(|(_, d)| d.to.is_some() && d.to == own);
            temperature.drains = into.map(|(i, d)| (i as u32, celsius_of(block.levels[d.from as usize].asset))).collect();
        }
        block.temperatures.push(temperature);
        for exchange in &asset.coupling.exchanges {
            let (Some(a), Some(b)) = (celsius_of(*id), celsius_of(exchange.with)) else { continue };
            block.exchanges.push(ExchangeInfo { a, b, kw_per_k: exchange.kw_per_k, via: exchange.via });
        }
    }
    block
}
