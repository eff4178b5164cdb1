//! Materials: fluid rates of the processes of one line, relaxed downward from their abilities.
//!
//! An empty storage passes on only its inflow, a full one takes only its outflow, a direct link does both. Consumers share by
//! priority, then in proportion to what they want; a process with several sources takes what is fresh first, then from stocks
//! in file order; with several destinations it serves direct consumers first, then stocks in file order.
//! What the relaxation gives away in vain is rerouted afterwards (`augment`), so that lines are maximal.
//! *Cost:* a few sweeps over the line's links (each O(links)); a recycle loop that runs dry takes more, at most `SWEEPS`.
//! *Invariant:* on every storage inflow − outflow = rate of the level, to rounding.

use super::allocate::by_level;
use super::engine::Engine;
use super::model::{Line, Model, Node, Port};
use super::storages::{is_empty, is_full};
use super::trace::Cause;
use crate::plant::AssetId;

/// What limits a process.
pub(super) struct Limits;

impl Limits {
    /// Nothing but its own ability; otherwise the position of a port.
    pub(super) const NONE: u32 = u32::MAX;
}

/// Relative tolerance of the relaxation.
const TOLERANCE: f64 = 1e-12;
/// Sweeps before a line is given what it has reached (a geometric recycle loop runs dry long before).
const SWEEPS: u32 = 4000;

impl Engine<'_> {
    /// Finds the rates of one line.
    pub(super) fn solve_line(&mut self, at: u32) {
        let model = self.model;
        let line = &model.lines[at as usize];
        self.start_relaxation(line);
        let mut sweeps = 0;
        loop {
            let mut changed = false;
            let forward = sweeps % 2 == 0;
            for i in 0..line.procs.len() {
                let i = if forward { i } else { line.procs.len() - 1 - i };
                changed |= self.relax(line.procs[i]);
            }
            sweeps += 1;
            // storages share only what the processes have agreed on: a share once given away is not taken back
            if !changed {
                for &s in &line.stores {
                    changed |= self.relax_store(s);
                }
            }
            if !changed || sweeps >= SWEEPS {
                break;
            }
        }
        if super::augment::branches(self.model, line) {
            self.augment(line);
        }
        self.adopt(line);
    }

    fn start_relaxation(&mut self, line: &Line) {
        for &l in &line.links {
            self.pending.offer[l as usize] = f64::INFINITY;
            self.pending.accept[l as usize] = f64::INFINITY;
        }
        for &p in &line.procs {
            let proc = &self.model.procs[p as usize];
            let rate = proc.rate_per_h * self.st.assets[proc.asset.index()].ability;
            self.pending.rates[p as usize] = rate;
            self.pending.limiter[p as usize] = Limits::NONE;
            for &at in &proc.inputs {
                let port = &self.model.ports[at as usize];
                port.links.iter().for_each(|l| self.pending.accept[*l as usize] = rate * port.per_unit);
            }
            for &at in &proc.outputs {
                let port = &self.model.ports[at as usize];
                port.links.iter().for_each(|l| self.pending.offer[*l as usize] = rate * port.per_unit);
            }
        }
    }

    /// Limits one process by its ports and renews what it offers and accepts. True when something changed.
    fn relax(&mut self, p: u32) -> bool {
        let proc = &self.model.procs[p as usize];
        let pending = &mut self.pending;
        let mut rate = pending.rates[p as usize];
        let before = rate;
        for (ports, limits) in [(&proc.inputs, &pending.offer), (&proc.outputs, &pending.accept)] {
            for &at in ports {
                let port = &self.model.ports[at as usize];
                if port.links.is_empty() {
                    continue;
                }
                let limit: f64 = port.links.iter().map(|l| limits[*l as usize]).sum();
                if limit < rate * port.per_unit * (1.0 - TOLERANCE) {
                    rate = limit / port.per_unit;
                    pending.limiter[p as usize] = at;
                }
            }
        }
        if rate < proc.rate_per_h * 1e-9 && !proc.conduit {
            rate = 0.0;
        }
        pending.rates[p as usize] = rate;
        let mut changed = (before - rate).abs() > TOLERANCE * before;
        for &at in &proc.inputs {
            changed |= split_input(&self.model.ports[at as usize], rate, &pending.offer, &mut pending.accept);
        }
        for &at in &proc.outputs {
            changed |= split_output(self.model, &self.model.ports[at as usize], rate, &mut pending.offer, &pending.accept);
        }
        changed
    }

    /// Shares the inflow of an empty storage, or the outflow of a full one. True when something changed.
    fn relax_store(&mut self, id: AssetId) -> bool {
        let info = &self.model.assets[id.index()];
        let model = self.model;
        let mut changed = false;
        let pending = &mut self.pending;
        if is_empty(model, &self.st, id) {
            let inflow: f64 = info.store_in.iter().map(|l| pending.offer[*l as usize].min(pending.accept[*l as usize])).sum();
            let wanted: f64 = info.store_out.iter().map(|l| pending.accept[*l as usize]).sum();
            if inflow.is_finite() && wanted > inflow * (1.0 + TOLERANCE) && wanted.is_finite() {
                let mut links: Vec<u32> = info.store_out.clone();
                links.sort_by_key(|l| model.mlinks[*l as usize].priority);
                let (offer, accept) = (&mut pending.offer, &pending.accept);
                let level = |i: usize| model.mlinks[links[i] as usize].priority;
                by_level(inflow, links.len(), level, |i| accept[links[i] as usize], |i, x| changed |= lower(&mut offer[links[i] as usize], x));
            }
        }
        if is_full(model, &self.st, id) {
            let leak = self.st.assets[id.index()].effects.leak_per_h;
            let outflow: f64 = leak + info.store_out.iter().map(|l| pending.offer[*l as usize].min(pending.accept[*l as usize])).sum::<f64>();
            let pushed: f64 = info.store_in.iter().map(|l| pending.offer[*l as usize]).sum();
            if outflow.is_finite() && pushed > outflow * (1.0 + TOLERANCE) && pushed.is_finite() {
                for &l in &info.store_in {
                    let share = outflow * pending.offer[l as usize] / pushed;
                    changed |= lower(&mut pending.accept[l as usize], share);
                }
            }
        }
        changed
    }

    fn adopt(&mut self, line: &Line) {
        for &l in &line.links {
            let flow = self.pending.offer[l as usize].min(self.pending.accept[l as usize]);
            self.st.link_flows[l as usize] = if flow.is_finite() { flow } else { 0.0 };
        }
        for &p in &line.procs {
            self.adopt_rate(p);
        }
        for &s in &line.stores {
            let info = &self.model.assets[s.index()];
            let inflow: f64 = info.store_in.iter().map(|l| self.st.link_flows[*l as usize]).sum();
            let outflow: f64 = info.store_out.iter().map(|l| self.st.link_flows[*l as usize]).sum();
            let net = inflow - outflow;
            let net = if net.abs() <= 1e-9 * (inflow + outflow) { 0.0 } else { net };
            let net = self.leak(s, net);
            self.set_level_rate(s, net);
            self.wake_block(s);
            self.touch(s);
        }
    }

    fn adopt_rate(&mut self, p: u32) {
        let proc = &self.model.procs[p as usize];
        let (rate, limiter) = (self.pending.rates[p as usize], self.pending.limiter[p as usize]);
        self.st.proc_rates[p as usize] = rate;
        if proc.conduit {
            return;
        }
        let a = &self.st.assets[proc.asset.index()];
        let limited = limiter != Limits::NONE && rate < proc.rate_per_h * a.ability * (1.0 - 1e-9);
        let starved = limited && proc.inputs.contains(&limiter);
        let changed = rate != a.rate_per_h || starved != a.starved || limited != (a.limited_by != Cause::Nominal);
        if !changed && !limited {
            return;
        }
        let cause = if limited { self.line_cause(limiter, starved) } else { Cause::Nominal };
        let a = &mut self.st.assets[proc.asset.index()];
        if changed || a.limited_by != cause {
            a.rate_per_h = rate;
            a.starved = starved;
            a.limited_by = cause;
            self.touch(proc.asset);
            if self.model.plant.asset(proc.asset).thermal.is_some() {
                self.pending.thermals.push(proc.asset.0);
            }
        }
    }

    fn line_cause(&self, port: u32, starved: bool) -> Cause {
        let mut assets = Vec::new();
        for &l in &self.model.ports[port as usize].links {
            self.ends(l, starved, 8, &mut assets);
        }
        if starved { Cause::Starved { from: assets } } else { Cause::Blocked { by: assets } }
    }

    /// 1 unless empty; then inflow against what is wanted.
    pub(super) fn store_service(&self, id: AssetId) -> f64 {
        if !is_empty(self.model, &self.st, id) {
            return 1.0;
        }
        let info = &self.model.assets[id.index()];
        let inflow: f64 = info.store_in.iter().map(|l| self.st.link_flows[*l as usize]).sum();
        let wanted: f64 = info.store_out.iter().map(|l| self.wanted(*l)).sum();
        if inflow <= 0.0 {
            0.0
        } else if wanted <= inflow * (1.0 + 1e-9) {
            1.0
        } else {
            inflow / wanted
        }
    }

    /// What the consumer of a link would take at its ability; a mere passage wants what it gets.
    fn wanted(&self, link: u32) -> f64 {
        match self.model.mlinks[link as usize].to {
            Node::Store(_) => 0.0,
            Node::Port(p) => {
                let port = &self.model.ports[p as usize];
                let proc = &self.model.procs[port.proc as usize];
                if proc.conduit {
                    return self.st.link_flows[link as usize];
                }
                proc.rate_per_h * self.st.assets[proc.asset.index()].ability * port.per_unit
            }
        }
    }

    /// The assets at one end of a link, looking through working passages.
    fn ends(&self, link: u32, upstream: bool, depth: u32, out: &mut Vec<AssetId>) {
        let link = &self.model.mlinks[link as usize];
        let id = match if upstream { link.from } else { link.to } {
            Node::Store(a) => a,
            Node::Port(p) => {
                let proc = &self.model.procs[self.model.ports[p as usize].proc as usize];
                if proc.conduit && depth > 0 && self.st.assets[proc.asset.index()].ability > 0.0 {
                    let beyond = if upstream { proc.inputs[0] } else { proc.outputs[0] };
                    for &l in &self.model.ports[beyond as usize].links {
                        self.ends(l, upstream, depth - 1, out);
                    }
                    return;
                }
                proc.asset
            }
        };
        if !out.contains(&id) {
            out.push(id);
        }
    }

    /// Why a storage serves less: nothing came.
    pub(super) fn empty_cause(&self, id: AssetId) -> Cause {
        let info = &self.model.assets[id.index()];
        if let (Some(island), Some(storage)) = (info.store_island, self.model.plant.asset(id).storage) {
            return self.givers_short(&self.model.islands[island as usize], storage.medium);
        }
        let mut from = Vec::new();
        for &l in &info.store_in {
            self.ends(l, true, 8, &mut from);
        }
        Cause::Starved { from }
    }
}

fn lower(value: &mut f64, to: f64) -> bool {
    let changed = !(value.is_finite() && (*value - to).abs() <= TOLERANCE * value.abs());
    *value = to;
    changed
}

/// Writes how much a process draws through each link of an input.
fn split_input(port: &Port, rate: f64, offer: &[f64], accept: &mut [f64]) -> bool {
    let need = rate * port.per_unit;
    if let [only] = port.links[..] {
        return lower(&mut accept[only as usize], need);
    }
    let fresh: f64 = port.links.iter().map(|l| offer[*l as usize]).filter(|o| o.is_finite()).sum();
    let share = if fresh > need { need / fresh } else { 1.0 };
    let mut left = (need - fresh * share).max(0.0);
    let mut changed = false;
    for &l in &port.links {
        let take = if offer[l as usize].is_finite() { offer[l as usize] * share } else { std::mem::take(&mut left) };
        changed |= lower(&mut accept[l as usize], take);
    }
    changed
}

/// Writes how much a process pushes through each link of an output.
fn split_output(model: &Model, port: &Port, rate: f64, offer: &mut [f64], accept: &[f64]) -> bool {
    let made = rate * port.per_unit;
    if let [only] = port.links[..] {
        return lower(&mut offer[only as usize], made);
    }
    let mut changed = false;
    let mut direct: Vec<u32> = port.links.iter().copied().filter(|l| accept[*l as usize].is_finite()).collect();
    direct.sort_by_key(|l| model.mlinks[*l as usize].priority);
    let level = |i: usize| model.mlinks[direct[i] as usize].priority;
    let used = by_level(made, direct.len(), level, |i| accept[direct[i] as usize], |i, x| changed |= lower(&mut offer[direct[i] as usize], x));
    let mut left = (made - used).max(0.0);
    for &l in &port.links {
        if !accept[l as usize].is_finite() {
            changed |= lower(&mut offer[l as usize], std::mem::take(&mut left));
        }
    }
    changed
}
