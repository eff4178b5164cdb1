//! Material lines made maximal: augmenting paths over what the relaxation of `materials` left unused.
//!
//! The relaxation only ever lowers rates, so where a process has several destinations or sources it may give a share away that
//! comes back unused too late for the others. Here such a share is rerouted: paths of the residual network from spare supply to
//! spare demand (Ford & Fulkerson; breadth first, Edmonds & Karp 1972), amounts converted by each process on the way. No rate of
//! a consumer that ends a line is lowered, so what priorities gave stays given. Every path raises a supply or an end.
//! *Maximal* for lines whose processes have at most one input and one output medium. A process that joins or splits media
//! (assembly) is not opened by a path; such a line keeps what the relaxation found, which is feasible but need not be maximal.
//! *Cost:* one search over the line's links when nothing is left to gain (the usual case), nothing on lines without a branch;
//! at worst one search per path, each saturating a link or a process.

use super::engine::Engine;
use super::materials::Limits;
use super::model::{Line, Model, Node};
use super::storages::{is_empty, is_full};
use crate::plant::AssetId;
use std::collections::VecDeque;

/// Spare amounts below this fraction of a rate do not count.
const SPARE: f64 = 1e-9;
/// Most paths per solution.
const PATHS: u32 = 1_000;

/// A place in the residual network that has material to spare.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    In(u32),
    Out(u32),
    Store(AssetId),
}

/// How a place was reached.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Spare ability of a process without inputs, or the content of a storage.
    Start,
    /// Along a link, or against its flow.
    Link(u32, bool),
    /// Through a process, or against its rate.
    Process(u32, bool),
}

/// Scratch of the search.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    seen: Vec<(Place, Step, usize)>,
    marks: Vec<bool>,
    open: VecDeque<usize>,
    path: Vec<Step>,
}

/// Whether a line has a branch at all.
pub(super) fn branches(model: &Model, line: &Line) -> bool {
    let port = |p: &u32| model.ports[*p as usize].links.len() > 1;
    line.procs.iter().any(|p| model.procs[*p as usize].inputs.iter().chain(&model.procs[*p as usize].outputs).any(port))
        || line.stores.iter().any(|s| model.assets[s.index()].store_in.len() > 1 || model.assets[s.index()].store_out.len() > 1)
}

impl Engine<'_> {
    /// Reroutes until no path is left.
    pub(super) fn augment(&mut self, line: &Line) {
        let mut search = std::mem::take(&mut self.pending.search);
        for inner in [true, false] {
            for _ in 0..PATHS {
                if !self.find(line, &mut search, inner) {
                    break;
                }
                self.push_along(&search.path);
            }
        }
        self.pending.search = search;
    }

    fn able(&self, p: u32) -> f64 {
        let proc = &self.model.procs[p as usize];
        proc.rate_per_h * self.st.assets[proc.asset.index()].ability
    }

    /// Spare rate of a process, 0 when it joins or splits media.
    fn room(&self, p: u32) -> f64 {
        let proc = &self.model.procs[p as usize];
        if proc.inputs.len() > 1 || proc.outputs.len() > 1 {
            return 0.0;
        }
        let (able, rate) = (self.able(p), self.pending.rates[p as usize]);
        if able - rate > SPARE * able { able - rate } else { 0.0 }
    }

    fn flow(&self, link: u32) -> f64 {
        let flow = self.pending.offer[link as usize].min(self.pending.accept[link as usize]);
        if flow.is_finite() { flow } else { 0.0 }
    }

    /// Looks for a path; `inner`: storages that are empty or full only pass on.
    fn find(&self, line: &Line, s: &mut Search, inner: bool) -> bool {
        let model = self.model;
        s.seen.clear();
        s.open.clear();
        s.marks.clear();
        s.marks.resize(2 * model.procs.len() + model.assets.len(), false);
        for &p in &line.procs {
            if model.procs[p as usize].inputs.is_empty() && self.room(p) > 0.0 {
                reach(model, s, Place::Out(p), Step::Start, usize::MAX);
            }
        }
        for &id in &line.stores {
            let spent = is_empty(model, &self.st, id) || (inner && is_full(model, &self.st, id));
            if !spent {
                for &l in &model.assets[id.index()].store_out {
                    self.forward(s, l, usize::MAX);
                }
            }
        }
        while let Some(at) = s.open.pop_front() {
            let place = s.seen[at].0;
            let ends = match place {
                Place::In(p) => model.procs[p as usize].outputs.is_empty() && self.room(p) > 0.0,
                Place::Out(_) => false,
                Place::Store(id) => {
                    let closed = is_full(model, &self.st, id) || (inner && is_empty(model, &self.st, id));
                    !closed && supplied(s, at)
                }
            };
            if ends {
                trace(s, at);
                if let Place::In(p) = place {
                    s.path.push(Step::Process(p, true));
                }
                return true;
            }
            self.go_on(s, at, place);
        }
        false
    }

    /// Every place that what is to spare at `place` leads to.
    fn go_on(&self, s: &mut Search, at: usize, place: Place) {
        let model = self.model;
        match place {
            Place::In(p) => {
                let proc = &model.procs[p as usize];
                if !proc.outputs.is_empty() && self.room(p) > 0.0 {
                    reach(model, s, Place::Out(p), Step::Process(p, true), at);
                }
                for l in proc.inputs.iter().flat_map(|i| &model.ports[*i as usize].links) {
                    self.back(s, *l, at);
                }
            }
            Place::Out(p) => {
                let proc = &model.procs[p as usize];
                for l in proc.outputs.iter().flat_map(|o| &model.ports[*o as usize].links) {
                    self.forward(s, *l, at);
                }
                let simple = proc.inputs.len() == 1 && proc.outputs.len() == 1;
                if simple && self.pending.rates[p as usize] > SPARE * self.able(p) {
                    reach(model, s, Place::In(p), Step::Process(p, false), at);
                }
            }
            Place::Store(id) => {
                let info = &model.assets[id.index()];
                info.store_out.iter().for_each(|l| self.forward(s, *l, at));
                info.store_in.iter().for_each(|l| self.back(s, *l, at));
            }
        }
    }

    fn forward(&self, s: &mut Search, link: u32, from: usize) {
        let place = match self.model.mlinks[link as usize].to {
            // only a process of one input can take more of it alone
            Node::Port(p) => {
                let proc = self.model.ports[p as usize].proc;
                if self.model.procs[proc as usize].inputs.len() > 1 {
                    return;
                }
                Place::In(proc)
            }
            Node::Store(id) => Place::Store(id),
        };
        reach(self.model, s, place, Step::Link(link, true), from);
    }

    fn back(&self, s: &mut Search, link: u32, from: usize) {
        if self.flow(link) <= 0.0 {
            return;
        }
        let place = match self.model.mlinks[link as usize].from {
            Node::Port(p) => {
                let proc = self.model.ports[p as usize].proc;
                if self.model.procs[proc as usize].outputs.len() > 1 {
                    return;
                }
                Place::Out(proc)
            }
            Node::Store(id) => Place::Store(id),
        };
        reach(self.model, s, place, Step::Link(link, false), from);
    }

    /// Amount per process unit at the inputs and outputs of a simple process.
    fn per_unit(&self, p: u32) -> (f64, f64) {
        let proc = &self.model.procs[p as usize];
        let of = |ports: &[u32]| ports.first().map_or(1.0, |p| self.model.ports[*p as usize].per_unit);
        (of(&proc.inputs), of(&proc.outputs))
    }

    /// Pushes as much as fits along a path.
    fn push_along(&mut self, path: &[Step]) {
        let (mut most, mut gain) = (f64::INFINITY, 1.0);
        for step in path {
            match *step {
                Step::Start | Step::Link(_, true) => {}
                Step::Link(l, false) => most = f64::min(most, self.flow(l) / gain),
                Step::Process(p, forth) => {
                    let (per_in, per_out) = self.per_unit(p);
                    let source = self.model.procs[p as usize].inputs.is_empty();
                    let (into, out) = if forth && !source { (per_in, per_out) } else { (per_out, per_in) };
                    let free = if forth { self.room(p) } else { self.pending.rates[p as usize] };
                    most = f64::min(most, free * into / gain);
                    gain *= if source { 1.0 } else { out / into };
                }
            }
        }
        gain = 1.0;
        for step in path {
            match *step {
                Step::Start => {}
                Step::Link(l, forth) => {
                    let flow = self.flow(l) + if forth { most * gain } else { -most * gain };
                    let flow = if flow < SPARE * most * gain { 0.0 } else { flow };
                    self.pending.offer[l as usize] = flow;
                    self.pending.accept[l as usize] = flow;
                }
                Step::Process(p, forth) => {
                    let (per_in, per_out) = self.per_unit(p);
                    let source = self.model.procs[p as usize].inputs.is_empty();
                    let (into, out) = if forth && !source { (per_in, per_out) } else { (per_out, per_in) };
                    let able = self.able(p);
                    let rate = self.pending.rates[p as usize] + if forth { most * gain / into } else { -most * gain / into };
                    self.pending.rates[p as usize] = if able - rate <= SPARE * able { able } else { rate.max(0.0) };
                    if able - rate <= SPARE * able {
                        self.pending.limiter[p as usize] = Limits::NONE;
                    }
                    gain *= if source { 1.0 } else { out / into };
                }
            }
        }
    }
}

fn reach(model: &Model, s: &mut Search, place: Place, step: Step, from: usize) {
    let mark = match place {
        Place::In(p) => 2 * p as usize,
        Place::Out(p) => 2 * p as usize + 1,
        Place::Store(id) => 2 * model.procs.len() + id.index(),
    };
    if !s.marks[mark] {
        s.marks[mark] = true;
        s.seen.push((place, step, from));
        s.open.push_back(s.seen.len() - 1);
    }
}

/// Whether a path began at a process that supplies: from one stock into another nothing is gained.
fn supplied(s: &Search, mut at: usize) -> bool {
    while s.seen[at].2 != usize::MAX {
        at = s.seen[at].2;
    }
    s.seen[at].1 == Step::Start
}

fn trace(s: &mut Search, mut at: usize) {
    s.path.clear();
    loop {
        let (place, step, from) = s.seen[at];
        s.path.push(step);
        // a source process is itself the first step
        if let (Step::Start, Place::Out(p)) = (step, place) {
            s.path.push(Step::Process(p, true));
        }
        if from == usize::MAX {
            break;
        }
        at = from;
    }
    s.path.reverse();
}
