//! Consequences within one instant: work lists of what depends on what has changed, until nothing is left.
//!
//! Owns the rounds and their bound. A plant whose loops do not settle freely is first calmed (demands and abilities may only
//! fall within the instant, DESIGN 5); only when that does not settle either the run ends with the loop's name.

use super::augment::Search;
use super::coupled::Workspace;
use super::engine::{Engine, SimError};
use super::model::Model;
use crate::plant::{AssetId, GroupId};

/// Things waiting to be looked at, each at most once.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    waiting: Vec<bool>,
    order: Vec<u32>,
}

impl List {
    fn new(n: usize) -> Self {
        List { waiting: vec![false; n], order: Vec::with_capacity(n) }
    }

    /// Adds `at` unless it waits already.
    pub(super) fn push(&mut self, at: u32) {
        let waiting = &mut self.waiting[at as usize];
        if !*waiting {
            *waiting = true;
            self.order.push(at);
        }
    }

    pub(super) fn pop(&mut self) -> Option<u32> {
        let at = self.order.pop()?;
        self.waiting[at as usize] = false;
        Some(at)
    }

    fn drain_into(&mut self, out: &mut Vec<u32>) {
        for at in &self.order {
            self.waiting[*at as usize] = false;
        }
        out.clear();
        out.append(&mut self.order);
    }
}

/// What waits within the present instant, and scratch memory of the solvers.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    pub(super) assets: List,
    pub(super) lines: List,
    pub(super) islands: List,
    pub(super) thermals: List,
    pub(super) blocks: List,
    pub(super) groups: List,
    pub(super) rules: List,
    /// Assets whose books must be brought up to date at the end of the instant.
    pub(super) touched: List,
    pub(super) crews: bool,
    /// Whether this instant has been calmed.
    pub(super) calm: bool,
    pub(super) booking: Vec<u32>,
    pub(super) offer: Vec<f64>,
    pub(super) accept: Vec<f64>,
    pub(super) rates: Vec<f64>,
    pub(super) limiter: Vec<u32>,
    pub(super) rates_of_island: Vec<f64>,
    pub(super) coupled: Workspace,
    pub(super) search: Search,
}

impl Pending {
    pub(super) fn new(model: &Model) -> Self {
        let n = model.assets.len();
        Pending {
            assets: List::new(n),
            lines: List::new(model.lines.len()),
            islands: List::new(model.islands.len()),
            thermals: List::new(n),
            blocks: List::new(model.blocks.len()),
            groups: List::new(model.plant.groups.len()),
            rules: List::new(model.rules.len()),
            touched: List::new(n),
            crews: false,
            calm: false,
            booking: Vec::with_capacity(n),
            offer: vec![0.0; model.mlinks.len()],
            accept: vec![0.0; model.mlinks.len()],
            rates: vec![0.0; model.procs.len()],
            limiter: vec![u32::MAX; model.procs.len()],
            rates_of_island: Vec::new(),
            coupled: Workspace::default(),
            search: Search::default(),
        }
    }

    /// Everything.
    pub(super) fn all(&mut self, model: &Model) {
        let n = model.assets.len() as u32;
        // lists are worked off from the end, so that file order comes first
        for at in (0..n).rev() {
            self.assets.push(at);
            self.touched.push(at);
            if model.plant.assets[at as usize].thermal.is_some() {
                self.thermals.push(at);
            }
        }
        (0..model.lines.len() as u32).rev().for_each(|at| self.lines.push(at));
        (0..model.islands.len() as u32).rev().for_each(|at| self.islands.push(at));
        (0..model.blocks.len() as u32).rev().for_each(|at| self.blocks.push(at));
        (0..model.plant.groups.len() as u32).rev().for_each(|at| self.groups.push(at));
        (0..model.rules.len() as u32).rev().for_each(|at| self.rules.push(at));
        self.crews = true;
    }
}

impl Engine<'_> {
    /// Works off all consequences, then books them.
    pub(super) fn settle(&mut self) -> Result<(), SimError> {
        let bound = 2000 + 60 * (self.model.assets.len() + self.model.islands.len() + self.model.lines.len());
        let mut rounds = 0;
        self.pending.calm = false;
        while self.one() {
            rounds += 1;
            if rounds == bound {
                self.pending.calm = true;
            }
            if rounds > 3 * bound {
                return Err(self.endless());
            }
        }
        self.pending.calm = false;
        self.book_touched();
        Ok(())
    }

    fn one(&mut self) -> bool {
        if let Some(exit) = self.scratch.exits.pop() {
            self.leave_floor(exit);
        } else if let Some(at) = self.pending.assets.pop() {
            self.update_asset(AssetId(at));
        } else if let Some(at) = self.pending.lines.pop() {
            self.solve_line(at);
        } else if let Some(at) = self.pending.islands.pop() {
            self.solve_island(at);
        } else if let Some(at) = self.pending.thermals.pop() {
            self.solve_thermal(AssetId(at));
        } else if let Some(at) = self.pending.blocks.pop() {
            self.solve_block(at);
        } else if let Some(at) = self.pending.groups.pop() {
            self.check_group(GroupId(at));
        } else if let Some(at) = self.pending.rules.pop() {
            self.check_rule(at);
        } else if self.pending.crews {
            self.pending.crews = false;
            self.assign_crews();
        } else {
            return false;
        }
        true
    }

    /// The error that names who is still changing.
    pub(super) fn endless(&mut self) -> SimError {
        let mut names = Vec::new();
        let mut name = |id: AssetId| {
            let id = &self.model.plant.asset(id).id;
            if names.len() < 10 && !names.contains(id) {
                names.push(id.clone());
            }
        };
        self.pending.assets.order.iter().chain(&self.pending.thermals.order).for_each(|a| name(AssetId(*a)));
        for line in &self.pending.lines.order {
            self.model.lines[*line as usize].procs.iter().for_each(|p| name(self.model.procs[*p as usize].asset));
        }
        for island in &self.pending.islands.order {
            self.model.islands[*island as usize].claims.iter().for_each(|c| name(self.model.claims[*c as usize].asset));
        }
        self.pending.touched.order.iter().for_each(|a| name(AssetId(*a)));
        SimError::Loop { at: self.st.time, assets: names }
    }

    fn book_touched(&mut self) {
        let mut booking = std::mem::take(&mut self.pending.booking);
        self.pending.touched.drain_into(&mut booking);
        for at in &booking {
            self.book(AssetId(*at));
        }
        self.pending.booking = booking;
    }
}
