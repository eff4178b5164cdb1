//! Topology: islands of services (connected givers, claims and reserves) and lines of materials.
//!
//! An asset that passes a service on without giving or storing it is a *conduit*: it becomes a conversion 1:1, so that its
//! failure cuts what lies behind it. An asset that passes a material on without processing or storing it becomes a passage.

use super::compile::{CONDUIT_CAPACITY, claim};
use super::model::{ClaimKind, Giver, Island, Line, MaterialLink, Model, Node, Port, Proc};
use super::parts::Lines;
use crate::plant::{AssetId, Flow, Link, MediumId, Plant};

struct Sets(Vec<u32>);

impl Sets {
    fn new(n: usize) -> Self {
        Sets((0..n as u32).collect())
    }
    fn root(&mut self, mut a: u32) -> u32 {
        while self.0[a as usize] != a {
            self.0[a as usize] = self.0[self.0[a as usize] as usize];
            a = self.0[a as usize];
        }
        a
    }
    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        self.0[high as usize] = low;
    }
}

/// Whether the asset gives `medium` out of the same medium, so that its two sides are different islands.
fn splits(model: &Model, asset: AssetId, medium: MediumId) -> bool {
    let info = &model.assets[asset.index()];
    info.gives.iter().any(|g| {
        let give = &model.gives[*g as usize];
        give.medium == medium && give.inputs.iter().any(|c| model.claims[*c as usize].medium == medium)
    })
}

fn add_conduits(model: &mut Model, medium: MediumId) {
    for id in model.plant.asset_ids() {
        let inward = model.plant.links.iter().any(|l| l.medium == medium && l.to == id);
        let outward = model.plant.links.iter().any(|l| l.medium == medium && l.from == id);
        let info = &model.assets[id.index()];
        let gives = info.gives.iter().any(|g| model.gives[*g as usize].medium == medium);
        let stores = model.plant.asset(id).storage.is_some_and(|s| s.medium == medium);
        if !(inward && outward) || gives || stores {
            continue;
        }
        let at = model.gives.len() as u32;
        let kind = ClaimKind::Conversion { give: at, per_unit: 1.0 };
        let input = claim(model, id, medium, CONDUIT_CAPACITY, 0, 0, kind);
        model.gives.push(Giver {
            asset: id,
            medium,
            capacity: CONDUIT_CAPACITY,
            merit: 0,
            island: u32::MAX,
            inputs: vec![input],
            bought: false,
            conduit: true,
            reserved: false,
        });
        model.conduits += 1;
        model.assets[id.index()].gives.push(at);
        model.assets[id.index()].claims.push(input);
    }
}

/// Finds the islands of every service medium.
pub(super) fn services(model: &mut Model) {
    for index in 0..model.plant.media.len() {
        let medium = MediumId(index as u32);
        if model.plant.medium(medium).flow != Flow::Priority {
            continue;
        }
        add_conduits(model, medium);
        let n = model.plant.assets.len();
        // node 2a: where asset a receives; 2a + 1: where it gives
        let mut sets = Sets::new(2 * n);
        for id in model.plant.asset_ids() {
            if !splits(model, id, medium) {
                sets.join(2 * id.0, 2 * id.0 + 1);
            }
        }
        for link in model.plant.links.iter().filter(|l| l.medium == medium) {
            sets.join(2 * link.from.0 + 1, 2 * link.to.0);
        }
        collect_islands(model, medium, &mut sets);
    }
}

fn collect_islands(model: &mut Model, medium: MediumId, sets: &mut Sets) {
    let n = model.plant.assets.len();
    let mut island_of = vec![u32::MAX; 2 * n];
    let islands = &mut model.islands;
    let mut of = |islands: &mut Vec<Island>, sets: &mut Sets, node: u32| -> u32 {
        let root = sets.root(node) as usize;
        if island_of[root] == u32::MAX {
            island_of[root] = islands.len() as u32;
            islands.push(Island { medium: medium.0, ..Island::default() });
        }
        island_of[root]
    };
    for (at, give) in model.gives.iter_mut().enumerate().filter(|(_, g)| g.medium == medium) {
        give.island = of(islands, sets, 2 * give.asset.0 + 1);
        islands[give.island as usize].givers.push(at as u32);
    }
    for (at, claim) in model.claims.iter_mut().enumerate().filter(|(_, c)| c.medium == medium) {
        claim.island = of(islands, sets, 2 * claim.asset.0);
        islands[claim.island as usize].claims.push(at as u32);
    }
    for (index, asset) in model.plant.assets.iter().enumerate() {
        if asset.storage.is_some_and(|s| s.medium == medium) {
            let island = of(islands, sets, 2 * index as u32 + 1);
            islands[island as usize].stores.push(AssetId(index as u32));
            model.assets[index].store_island = Some(island);
        }
    }
    let (gives, claims) = (&model.gives, &model.claims);
    for island in islands.iter_mut().filter(|i| i.medium == medium.0) {
        island.givers.sort_by_key(|g| (gives[*g as usize].merit, *g));
        island.claims.sort_by_key(|c| (claims[*c as usize].priority, *c));
    }
}

fn port(model: &mut Model, proc: u32, medium: MediumId, per_unit: f64, priority: u8) -> u32 {
    model.ports.push(Port { proc, medium, per_unit, priority, links: Vec::new() });
    model.ports.len() as u32 - 1
}

fn add_proc(model: &mut Model, asset: AssetId, rate_per_h: f64, conduit: bool) -> u32 {
    let at = model.procs.len() as u32;
    model.procs.push(Proc { asset, rate_per_h, inputs: Vec::new(), outputs: Vec::new(), line: u32::MAX, conduit });
    at
}

fn declared_procs(model: &mut Model, parts: &Lines) {
    for id in model.plant.asset_ids().filter(|id| !parts.has(*id)) {
        let Some(process) = model.plant.asset(id).process.clone() else { continue };
        let at = add_proc(model, id, process.rate_per_h, false);
        model.assets[id.index()].proc = Some(at);
        for input in &process.inputs {
            let p = port(model, at, input.medium, input.per_unit, input.priority);
            model.procs[at as usize].inputs.push(p);
        }
        for output in &process.outputs {
            let p = port(model, at, output.medium, output.per_unit * (1.0 - process.scrap), 0);
            model.procs[at as usize].outputs.push(p);
        }
        // an own storage of an input or output sits between the process and its links
        let Some(storage) = model.plant.asset(id).storage else { continue };
        let outputs = model.procs[at as usize].outputs.clone();
        let inputs = model.procs[at as usize].inputs.clone();
        if let Some(&p) = outputs.iter().find(|p| model.ports[**p as usize].medium == storage.medium) {
            add_link(model, Node::Port(p), Node::Store(id));
        } else if let Some(&p) = inputs.iter().find(|p| model.ports[**p as usize].medium == storage.medium) {
            add_link(model, Node::Store(id), Node::Port(p));
        }
    }
}

fn add_link(model: &mut Model, from: Node, to: Node) {
    let at = model.mlinks.len() as u32;
    let priority = match to {
        Node::Port(p) => model.ports[p as usize].priority,
        Node::Store(_) => 0,
    };
    match from {
        Node::Port(p) => model.ports[p as usize].links.push(at),
        Node::Store(a) => model.assets[a.index()].store_out.push(at),
    }
    match to {
        Node::Port(p) => model.ports[p as usize].links.push(at),
        Node::Store(a) => model.assets[a.index()].store_in.push(at),
    }
    model.mlinks.push(MaterialLink { from, to, priority });
}

/// Where material leaves (`outward`) or enters an asset.
fn node(model: &mut Model, asset: AssetId, medium: MediumId, outward: bool) -> Node {
    let stored = model.plant.asset(asset).storage.is_some_and(|s| s.medium == medium);
    let proc = model.assets[asset.index()].proc;
    let find = |model: &Model, ports: &[u32]| ports.iter().copied().find(|p| model.ports[*p as usize].medium == medium);
    let (input, output) = match proc {
        Some(p) => (find(model, &model.procs[p as usize].inputs), find(model, &model.procs[p as usize].outputs)),
        None => (None, None),
    };
    match (outward, stored) {
        (true, true) => Node::Store(asset),
        (true, false) if output.is_some() => Node::Port(output.unwrap_or_default()),
        (false, true) if output.is_some() && input.is_some() => Node::Port(input.unwrap_or_default()),
        (false, true) => Node::Store(asset),
        (false, false) if input.is_some() => Node::Port(input.unwrap_or_default()),
        _ => passage(model, asset, medium, outward),
    }
}

/// The passage of an asset that neither processes nor stores the medium.
fn passage(model: &mut Model, asset: AssetId, medium: MediumId, outward: bool) -> Node {
    let known = model.procs.iter().position(|p| p.asset == asset && p.conduit && model.ports[p.inputs[0] as usize].medium == medium);
    let at = match known {
        Some(at) => at as u32,
        None => {
            let at = add_proc(model, asset, CONDUIT_CAPACITY, true);
            let (i, o) = (port(model, at, medium, 1.0, 0), port(model, at, medium, 1.0, 0));
            model.procs[at as usize].inputs.push(i);
            model.procs[at as usize].outputs.push(o);
            at
        }
    };
    let proc = &model.procs[at as usize];
    Node::Port(if outward { proc.outputs[0] } else { proc.inputs[0] })
}

fn store_capacity(model: &Model, node: Node) -> Option<f64> {
    match node {
        Node::Store(a) => model.plant.asset(a).storage.map(|s| s.capacity),
        Node::Port(_) => None,
    }
}

/// Whether a link shows a drain by gravity (`sim::coupled` owns its flow), from storage to storage or through its valve.
fn drains(plant: &Plant, link: &Link) -> bool {
    let ways = plant.assets.iter().enumerate().flat_map(|(i, a)| a.coupling.drains.iter().map(move |d| (AssetId(i as u32), d)));
    let ends = |from: AssetId, to: Option<AssetId>| link.from == from && Some(link.to) == to;
    let mut ways = ways.filter(|(from, _)| plant.asset(*from).storage.is_some_and(|s| s.medium == link.medium));
    ways.any(|(from, d)| ends(from, d.to) || ends(from, d.via) || d.via.is_some_and(|via| ends(via, d.to)))
}

/// Finds processes, ports, material links and lines of what flows by rate.
pub(super) fn materials(model: &mut Model, parts: &Lines) {
    declared_procs(model, parts);
    for link in model.plant.links.clone() {
        if model.plant.medium(link.medium).flow != Flow::Material || drains(&model.plant, &link) || parts.has(link.from) {
            continue;
        }
        let (from, to) = (node(model, link.from, link.medium, true), node(model, link.to, link.medium, false));
        match (store_capacity(model, from), store_capacity(model, to)) {
            // between two storages nothing limits the flow: an open valve that moves the smaller one's content in a minute
            (Some(a), Some(b)) => {
                let valve = add_proc(model, link.to, 60.0 * a.min(b), true);
                let (i, o) = (port(model, valve, link.medium, 1.0, 0), port(model, valve, link.medium, 1.0, 0));
                model.procs[valve as usize].inputs.push(i);
                model.procs[valve as usize].outputs.push(o);
                add_link(model, from, Node::Port(i));
                add_link(model, Node::Port(o), to);
            }
            _ => add_link(model, from, to),
        }
    }
    limit_passages(model);
    lines(model, parts);
}

/// A passage between storages only: an open valve, as above.
fn limit_passages(model: &mut Model) {
    for at in 0..model.procs.len() {
        if !model.procs[at].conduit {
            continue;
        }
        let (input, output) = (model.procs[at].inputs[0], model.procs[at].outputs[0]);
        let ends = |port: u32| model.ports[port as usize].links.iter().map(|l| &model.mlinks[*l as usize]);
        let mut smallest = ends(input).map(|l| store_capacity(model, l.from)).chain(ends(output).map(|l| store_capacity(model, l.to)));
        let smallest = smallest.try_fold(f64::MAX, |least, c| c.map(|c| least.min(c)));
        if let Some(capacity) = smallest.filter(|c| *c < f64::MAX) {
            model.procs[at].rate_per_h = 60.0 * capacity;
        }
    }
}

fn lines(model: &mut Model, parts: &Lines) {
    let (n, p) = (model.plant.assets.len(), model.procs.len());
    let mut sets = Sets::new(n + p);
    let index = |model: &Model, node: Node| match node {
        Node::Store(a) => a.0,
        Node::Port(at) => n as u32 + model.ports[at as usize].proc,
    };
    for link in &model.mlinks {
        let (a, b) = (index(model, link.from), index(model, link.to));
        sets.join(a, b);
    }
    let mut line_of = vec![u32::MAX; n + p];
    let mut of = |lines: &mut Vec<Line>, root: u32| -> u32 {
        if line_of[root as usize] == u32::MAX {
            line_of[root as usize] = lines.len() as u32;
            lines.push(Line::default());
        }
        line_of[root as usize]
    };
    let mut lines = Vec::new();
    for (at, asset) in model.plant.assets.iter().enumerate() {
        let fluid = !parts.has(AssetId(at as u32));
        if fluid && asset.storage.is_some_and(|s| model.plant.medium(s.medium).flow == Flow::Material) {
            let line = of(&mut lines, sets.root(at as u32));
            lines[line as usize].stores.push(AssetId(at as u32));
            model.assets[at].store_line = Some(line);
        }
    }
    for at in 0..p {
        let line = of(&mut lines, sets.root((n + at) as u32));
        lines[line as usize].procs.push(at as u32);
        model.procs[at].line = line;
        if model.procs[at].conduit {
            model.assets[model.procs[at].asset.index()].passages.push(line);
        }
    }
    for at in 0..model.mlinks.len() {
        let root = sets.root(index(model, model.mlinks[at].from));
        let line = of(&mut lines, root);
        lines[line as usize].links.push(at as u32);
    }
    model.lines = lines;
}
