//! Carrying out interventions: what a script entry begins and what its end undoes, and the actions of people and agents.
//!
//! *Invariant:* every lasting entry has exactly one end, entered in the agenda when it begins.

use super::engine::Engine;
use super::script::{Intervention, Until};
use super::state::{Entry, InForce, Work};
use super::trace::{Cause, Change};
use crate::plant::{Action, ActionKind, AreaId, AssetId, InitialMode, MediumId};
use crate::time::{Span, Time};

impl Engine<'_> {
    /// Puts an entry into the agenda, ordered by time and order of entering.
    pub(super) fn enter(&mut self, at: Time, number: usize, ends: bool, what: Intervention) {
        let sequence = self.st.queue.next_sequence();
        let place = self.st.agenda.partition_point(|e| e.at <= at);
        self.st.agenda.insert(place, Entry { at, sequence, number, ends, what });
    }

    /// Begins or ends an entry.
    pub(super) fn intervene(&mut self, entry: &Entry) {
        let number = entry.number;
        if entry.ends {
            let known = self.st.in_force.iter().position(|f| f.number == number && f.what == entry.what);
            if let Some(at) = known {
                self.st.in_force.remove(at);
                self.undo(entry.what, number);
            }
            return;
        }
        match entry.what {
            Intervention::Act(action) => return self.carry_out(action, Cause::Script(number)),
            Intervention::Fail { asset, mode, until: Until::Repaired } => return self.fail(asset, mode, number),
            Intervention::Fail { .. }
            | Intervention::Degrade { .. }
            | Intervention::LoseArea { .. }
            | Intervention::SupplyOff { .. }
            | Intervention::CrewAbsent { .. }
            | Intervention::Ambient { .. }
            | Intervention::SlowRepair { .. } => {}
        }
        self.st.in_force.push(InForce { number, what: entry.what });
        if let Some(span) = duration(entry.what) {
            let end = self.st.time.after(span);
            self.enter(end, number, true, entry.what);
        }
        self.begin(entry.what, number);
    }

    fn fail(&mut self, asset: AssetId, mode: Option<usize>, number: usize) {
        let mut modes = self.model.assets[asset.index()].modes.clone();
        match modes.nth(mode.unwrap_or(0)) {
            Some(at) => {
                self.strike(at, mode.is_none(), Cause::Script(number));
            }
            None => self.lose(asset, number),
        }
    }

    fn lose(&mut self, asset: AssetId, number: usize) {
        let a = &mut self.st.assets[asset.index()];
        a.lost += 1;
        a.imposed_by = Cause::Script(number);
        self.touch(asset);
    }

    fn begin(&mut self, what: Intervention, number: usize) {
        match what {
            Intervention::Fail { asset, mode, .. } => {
                let at = mode.and_then(|m| self.model.assets[asset.index()].modes.clone().nth(m));
                match at {
                    Some(at) => {
                        if self.strike(at, false, Cause::Script(number)) {
                            self.st.modes[at as usize].work = Work::Scripted;
                        }
                    }
                    None => self.lose(asset, number),
                }
            }
            Intervention::Degrade { asset, .. } => {
                self.st.assets[asset.index()].imposed_by = Cause::Script(number);
                self.refresh_effects(asset);
            }
            Intervention::LoseArea { area, medium, .. } => self.cut_area(area, medium, true, number),
            Intervention::SupplyOff { asset, .. } => self.cut_supply(asset, true, number),
            Intervention::CrewAbsent { crew, .. } => self.st.crews[crew.index()].absent += 1,
            Intervention::Ambient { .. } | Intervention::SlowRepair { .. } => self.refresh_climate(),
            Intervention::Act(_) => {}
        }
    }

    fn undo(&mut self, what: Intervention, number: usize) {
        match what {
            Intervention::Fail { asset, mode, .. } => {
                let at = mode.and_then(|m| self.model.assets[asset.index()].modes.clone().nth(m));
                match at {
                    Some(at) => {
                        if self.st.modes[at as usize].work == Work::Scripted && self.st.modes[at as usize].script == Some(number) {
                            self.restore(at, false);
                        }
                    }
                    None => {
                        self.st.assets[asset.index()].lost -= 1;
                        self.returned(asset);
                        self.touch(asset);
                    }
                }
            }
            Intervention::Degrade { asset, .. } => self.refresh_effects(asset),
            Intervention::LoseArea { area, medium, .. } => self.cut_area(area, medium, false, number),
            Intervention::SupplyOff { asset, .. } => self.cut_supply(asset, false, number),
            Intervention::CrewAbsent { crew, .. } => {
                self.st.crews[crew.index()].absent -= 1;
                self.pending.crews = true;
            }
            Intervention::Ambient { .. } | Intervention::SlowRepair { .. } => self.refresh_climate(),
            Intervention::Act(_) => {}
        }
    }

    fn cut_supply(&mut self, asset: AssetId, cut: bool, number: usize) {
        let a = &mut self.st.assets[asset.index()];
        if cut {
            a.supply_cut += 1;
            a.imposed_by = Cause::Script(number);
        } else {
            a.supply_cut -= 1;
        }
        self.touch(asset);
    }

    fn cut_area(&mut self, area: AreaId, medium: MediumId, cut: bool, number: usize) {
        for id in self.model.plant.asset_ids() {
            if self.model.plant.asset(id).area != Some(area) {
                continue;
            }
            for &c in &self.model.assets[id.index()].claims {
                if self.model.claims[c as usize].medium == medium {
                    let claim = &mut self.st.claims[c as usize];
                    claim.cut = if cut { claim.cut + 1 } else { claim.cut - 1 };
                    self.pending.islands.push(self.model.claims[c as usize].island);
                    self.touch(id);
                }
            }
            let needs_material = self.model.plant.asset(id).process.as_ref().is_some_and(|p| p.inputs.iter().any(|i| i.medium == medium));
            if needs_material {
                self.cut_supply(id, cut, number);
            }
        }
    }

    /// The script entry that cut a claim's area.
    pub(super) fn area_cause(&self, claim: u32) -> Cause {
        let info = &self.model.claims[claim as usize];
        let area = self.model.plant.asset(info.asset).area;
        let entry = self.st.in_force.iter().rev().find(|f| match f.what {
            Intervention::LoseArea { area: a, medium, .. } => Some(a) == area && medium == info.medium,
            _ => false,
        });
        entry.map_or(Cause::Shortage { medium: info.medium, from: Vec::new() }, |e| Cause::Script(e.number))
    }

    fn refresh_climate(&mut self) {
        let mut factor = 1.0;
        for force in &self.st.in_force {
            if let Intervention::SlowRepair { factor: f, .. } = force.what {
                factor *= f;
            }
        }
        self.st.repair_factor = factor;
        self.refresh_ambient();
    }

    /// Carries out an action; refused when the asset accepts no commands (its signal is lost) or the action cannot apply.
    pub(super) fn carry_out(&mut self, action: Action, cause: Cause) {
        let id = action.asset;
        let a = &mut self.st.assets[id.index()];
        let (held, tripped, heard) = (a.held, a.tripped, a.effects.stuck.is_none());
        let accepted = match action.kind {
            ActionKind::DispatchCrew => self.hurry(id),
            _ if held => false,
            // what is stuck keeps the command in mind and obeys once it is repaired
            ActionKind::Start => {
                self.command(id, InitialMode::Running, cause.clone());
                heard
            }
            ActionKind::Stop => {
                self.command(id, InitialMode::Off, cause.clone());
                heard
            }
            ActionKind::SetRate(fraction) => {
                a.rate_limit = fraction.clamp(0.0, 1.0);
                a.imposed_by = cause.clone();
                heard
            }
            ActionKind::ResetTrip => {
                let resets = tripped && self.may_reset(id);
                if resets {
                    self.st.assets[id.index()].tripped = false;
                    self.release_trips(id);
                }
                resets
            }
        };
        if accepted {
            let specs = &self.model.plant.asset(id).actions;
            let same = |kind: ActionKind| std::mem::discriminant(&kind) == std::mem::discriminant(&action.kind);
            self.st.counts.action_cost += specs.iter().find(|s| same(s.kind)).map_or(0.0, |s| s.cost);
        }
        self.record(id, Change::Acted { action, accepted }, &cause);
        self.touch(id);
    }

    /// Trip rules may fire again after a reset.
    fn release_trips(&mut self, id: AssetId) {
        for rule in self.model.assets[id.index()].rules.clone() {
            let info = &self.model.rules[rule as usize];
            if self.model.plant.asset(id).control[info.index].then == crate::plant::Effect::Trip {
                self.st.rules[rule as usize].fired = false;
                self.pending.rules.push(rule);
            }
        }
    }
}

fn duration(what: Intervention) -> Option<Span> {
    match what {
        Intervention::Fail { until, .. } | Intervention::Degrade { until, .. } | Intervention::LoseArea { until, .. } => match until {
            Until::For(span) => Some(span),
            Until::Repaired => None,
        },
        Intervention::SupplyOff { duration, .. }
        | Intervention::CrewAbsent { duration, .. }
        | Intervention::Ambient { duration, .. }
        | Intervention::SlowRepair { duration, .. } => Some(duration),
        Intervention::Act(_) => None,
    }
}
