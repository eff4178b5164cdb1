//! k-of-n redundancy: automatic start of standby members, spare members after a repair, the set of missing members.
//!
//! A group keeps as many members commanded on as its scene started with (at least k).

use super::Mode;
use super::engine::Engine;
use super::state::Phase;
use super::trace::Cause;
use crate::plant::{AssetId, GroupId, InitialMode};

impl Engine<'_> {
    /// Members that give service now.
    pub(super) fn serving(&self, group: GroupId) -> u32 {
        let members = &self.model.plant.groups[group.index()].members;
        members.iter().filter(|m| self.st.assets[m.index()].service > 0.0).count() as u32
    }

    /// Members that should serve but do not: all but those in standby.
    pub(super) fn missing(&self, group: GroupId) -> Vec<AssetId> {
        let members = &self.model.plant.groups[group.index()].members;
        members.iter().copied().filter(|m| self.st.assets[m.index()].service <= 0.0 && self.st.assets[m.index()].mode != Mode::Standby).collect()
    }

    /// Members that serve or are on their way.
    fn counted(&self, group: GroupId) -> u32 {
        let members = &self.model.plant.groups[group.index()].members;
        let active = |m: &&AssetId| {
            let a = &self.st.assets[m.index()];
            a.phase != Phase::Down && (a.service > 0.0 || a.phase == Phase::Starting || a.mode == Mode::Starting || a.ability > 0.0)
        };
        members.iter().filter(active).count() as u32
    }

    /// Starts standby members while fewer than k serve or start.
    pub(super) fn check_group(&mut self, group: GroupId) {
        let facts = &self.model.plant.groups[group.index()];
        if !facts.auto_start {
            return;
        }
        let needed = facts.k.saturating_sub(self.counted(group)) as usize;
        if needed == 0 {
            self.send_back(group);
            return;
        }
        let ready = |m: &&AssetId| {
            let a = &self.st.assets[m.index()];
            a.commanded == InitialMode::Standby && a.lost == 0 && a.maintained == 0 && !a.tripped && !a.held
        };
        let start: Vec<AssetId> = facts.members.iter().filter(ready).take(needed).copied().collect();
        if start.is_empty() {
            return;
        }
        let missing = self.missing(group);
        for member in start {
            self.command(member, InitialMode::Running, Cause::Group { group, missing: missing.clone() });
            self.st.assets[member.index()].substitutes = true;
        }
    }

    /// Sends the last substitute back to standby when more serve than the scene started with.
    fn send_back(&mut self, group: GroupId) {
        if self.serving(group) <= self.model.group_targets[group.index()] {
            return;
        }
        let members = &self.model.plant.groups[group.index()].members;
        let last = members.iter().rfind(|m| self.st.assets[m.index()].substitutes && self.st.assets[m.index()].service > 0.0);
        if let Some(&last) = last {
            self.command(last, InitialMode::Standby, Cause::Group { group, missing: Vec::new() });
        }
    }

    /// Whether a repaired member becomes the new spare because enough others serve.
    pub(super) fn spare(&self, id: AssetId) -> bool {
        let Some(group) = self.model.assets[id.index()].group else { return false };
        let facts = &self.model.plant.groups[group.index()];
        let has_spares = (self.model.group_targets[group.index()] as usize) < facts.members.len();
        facts.auto_start
            && has_spares
            && self.st.assets[id.index()].commanded == InitialMode::Running
            && self.counted(group) >= self.model.group_targets[group.index()]
    }
}
