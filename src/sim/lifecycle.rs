//! One asset's mode: what stops it, its start, its ability, its service, and why.
//!
//! ```text
//!   blocked (failed · tripped · off · standby · inhibited · short · no signal)  ──►  Down
//!   Down ──nothing blocks──► Starting ──delay, start may fail──► Up ──blocked──► Down
//! ```
//! Does not allocate: it reads what `services` and `materials` found and tells them what changed.

use super::Mode;
use super::engine::Engine;
use super::model::ClaimKind;
use super::state::{Fare, Phase, Work};
use super::trace::Cause;
use crate::plant::{AssetId, Effect, Flow, InitialMode, OnShort};
use crate::rng::Purpose;

impl Engine<'_> {
    /// Marks an asset for another look and for booking.
    pub(super) fn touch(&mut self, id: AssetId) {
        self.pending.assets.push(id.0);
        self.pending.touched.push(id.0);
    }

    /// How an asset that has failed fares.
    fn out_of_order(&self, id: AssetId) -> Mode {
        let working = self.model.assets[id.index()].modes.clone().any(|m| self.st.modes[m as usize].work == Work::Working);
        if working { Mode::InRepair } else { Mode::Failed }
    }

    /// What keeps an asset down, if anything.
    fn blocker(&self, id: AssetId) -> Option<Mode> {
        let a = &self.st.assets[id.index()];
        if a.lost > 0 {
            return Some(self.out_of_order(id));
        }
        if a.maintained > 0 {
            return Some(Mode::Maintenance);
        }
        if a.effects.stuck.is_some() {
            return (a.stopped_claims > 0).then_some(Mode::Short);
        }
        if a.tripped {
            return Some(Mode::Tripped);
        }
        match a.commanded {
            InitialMode::Off => return Some(Mode::Off),
            InitialMode::Standby => return Some(Mode::Standby),
            InitialMode::Running => {}
        }
        if a.inhibits > 0 {
            return Some(Mode::Inhibited);
        }
        if a.stopped_claims > 0 || (a.held && a.phase == Phase::Down) {
            return Some(Mode::Short);
        }
        None
    }

    /// Brings phase, ability, mode and service of an asset up to date and passes changes on.
    pub(super) fn update_asset(&mut self, id: AssetId) {
        self.pending.touched.push(id.0);
        let blocked = self.blocker(id);
        let now = self.st.time;
        let a = &mut self.st.assets[id.index()];
        match (blocked, a.phase) {
            (Some(_), Phase::Starting | Phase::Up) => {
                a.phase = Phase::Down;
                a.phase_since = now;
                self.st.queue.clear(self.model.assets[id.index()].start_slot);
            }
            (None, Phase::Down) => {
                a.phase = Phase::Starting;
                a.phase_since = now;
                let delay = self.model.plant.asset(id).start.delay;
                let slot = self.model.assets[id.index()].start_slot;
                if delay.0 > 0 {
                    self.set_timer(slot, now.after(delay));
                } else {
                    self.start_completed(id);
                }
            }
            (Some(_), Phase::Down) | (None, Phase::Starting | Phase::Up) => {}
        }
        self.refresh_ability(id);
        self.refresh_machine(id);
        self.refresh_mode(id, blocked);
        self.refresh_claims(id);
    }

    /// The start delay has passed: the start succeeds or fails.
    pub(super) fn start_completed(&mut self, id: AssetId) {
        let facts = self.model.plant.asset(id);
        let a = &mut self.st.assets[id.index()];
        a.starts += 1;
        let p = facts.start.failure_probability;
        let fails = p > 0.0 && self.draws.uniform(facts.key, Purpose::StartFailure, u64::from(a.starts)) < p;
        let first = self.model.assets[id.index()].modes.clone().next();
        match first {
            Some(mode) if fails => {
                self.strike(mode, true, Cause::StartFailed);
            }
            _ => {
                a.phase = Phase::Up;
                a.phase_since = self.st.time;
            }
        }
        self.touch(id);
    }

    /// Limit by command and rules in force, 0..1.
    pub(super) fn limit(&self, id: AssetId) -> f64 {
        if let Some(position) = self.st.assets[id.index()].effects.stuck {
            return position;
        }
        let mut limit = self.st.assets[id.index()].rate_limit;
        for rule in self.model.assets[id.index()].rules.clone() {
            let info = &self.model.rules[rule as usize];
            if let Effect::SetRate(f) = self.model.plant.asset(id).control[info.index].then
                && self.st.rules[rule as usize].fired
            {
                limit = limit.min(f);
            }
        }
        limit
    }

    /// Fraction that short `Derate` needs leave.
    fn short_factor(&self, id: AssetId) -> f64 {
        let mut factor: f64 = 1.0;
        for &c in &self.model.assets[id.index()].claims {
            let claim = &self.st.claims[c as usize];
            let derates = matches!(self.model.claims[c as usize].kind, ClaimKind::Need { on_short: OnShort::Derate, .. });
            if derates && claim.fare == Fare::Short && claim.want > 0.0 {
                factor = factor.min(claim.got / claim.want);
            }
        }
        factor
    }

    fn refresh_ability(&mut self, id: AssetId) {
        let (limit, factor) = (self.limit(id), self.short_factor(id));
        let calm = self.pending.calm;
        let a = &mut self.st.assets[id.index()];
        a.factor = if calm { factor.min(a.factor) } else { factor };
        let up = a.phase == Phase::Up && a.supply_cut == 0;
        let ability = if up { limit * a.effects.derate * a.factor } else { 0.0 };
        if ability == a.ability {
            return;
        }
        a.ability = ability;
        self.set_machine(id, ability);
        let info = &self.model.assets[id.index()];
        for &give in &info.gives {
            self.pending.islands.push(self.model.gives[give as usize].island);
        }
        if let Some(island) = info.store_island {
            self.pending.islands.push(island);
        }
        if let Some(proc) = info.proc {
            self.pending.lines.push(self.model.procs[proc as usize].line);
        }
        info.passages.iter().for_each(|line| self.pending.lines.push(*line));
        info.steers.iter().for_each(|block| self.pending.blocks.push(*block));
        if self.model.plant.asset(id).thermal.is_some() {
            self.pending.thermals.push(id.0);
        }
    }

    /// Mode and service from phase, ability and flows.
    pub(super) fn refresh_mode(&mut self, id: AssetId, blocked: Option<Mode>) {
        let a = &self.st.assets[id.index()];
        let waits = match self.machine_service(id) {
            Some(service) => service <= 0.0,
            None => self.model.plant.asset(id).process.is_some() && a.rate_per_h <= 0.0,
        };
        let mode = match (blocked, a.phase) {
            (Some(mode), _) => mode,
            (None, Phase::Down | Phase::Starting) => Mode::Starting,
            (None, Phase::Up) if a.supply_cut > 0 => Mode::Starved,
            (None, Phase::Up) if a.ability <= 0.0 => {
                if a.effects.stuck.is_some() {
                    self.out_of_order(id)
                } else if a.factor <= 0.0 {
                    Mode::Short
                } else {
                    Mode::Idle
                }
            }
            (None, Phase::Up) if waits => {
                if a.starved {
                    Mode::Starved
                } else {
                    Mode::Blocked
                }
            }
            (None, Phase::Up) => Mode::Running,
        };
        let service = self.service_of(id);
        let a = &mut self.st.assets[id.index()];
        a.mode = mode;
        if a.service != service {
            let changes_running = (a.service > 0.0) != (service > 0.0);
            a.service = service;
            if changes_running {
                self.running_changed(id);
            }
        }
        if let Some(group) = self.model.assets[id.index()].group {
            self.pending.groups.push(group.0);
        }
    }

    fn running_changed(&mut self, id: AssetId) {
        let info = &self.model.assets[id.index()];
        for &rule in info.watched_by.iter().chain(&info.controls) {
            self.pending.rules.push(rule);
        }
    }

    /// Service 0..1 as `State::service` documents it.
    fn service_of(&self, id: AssetId) -> f64 {
        let facts = self.model.plant.asset(id);
        let info = &self.model.assets[id.index()];
        let a = &self.st.assets[id.index()];
        if let Some(service) = self.machine_service(id) {
            return service;
        }
        if let Some(process) = &facts.process {
            return a.rate_per_h / process.rate_per_h;
        }
        if !info.gives.is_empty() {
            let full = facts.storage.is_some_and(|s| super::storages::level_at(a, s.capacity, self.st.time) > 0.0);
            let gives = info.gives.iter().map(|g| &self.model.gives[*g as usize]).filter(|g| !(g.reserved && full));
            let served = gives.flat_map(|g| &g.inputs).map(|c| self.served(*c)).fold(1.0, f64::min);
            return a.ability * served;
        }
        if let Some(storage) = facts.storage {
            if self.model.floor.buffer(id).is_some() {
                return a.ability.min(1.0);
            }
            if self.model.plant.medium(storage.medium).flow == Flow::Material {
                return self.store_service(id) * a.ability.min(1.0);
            }
            let empty = super::storages::level_at(a, storage.capacity, self.st.time) <= 0.0;
            return if empty { 0.0 } else { a.ability };
        }
        a.ability
    }

    /// Why the asset is not at full service, or what brought it back.
    pub(super) fn cause_of(&self, id: AssetId) -> Cause {
        let a = &self.st.assets[id.index()];
        match a.mode {
            Mode::Failed | Mode::InRepair => self.failure_cause(id),
            Mode::Tripped | Mode::Off | Mode::Standby | Mode::Inhibited => a.imposed_by.clone(),
            Mode::Maintenance => self.plan_cause(id),
            Mode::Short => self.shortage_cause(id),
            Mode::Starting if matches!(a.told_mode, Mode::Standby | Mode::Off) => a.imposed_by.clone(),
            Mode::Starting => Cause::Start,
            Mode::Idle | Mode::Starved | Mode::Blocked | Mode::Running => {
                if a.supply_cut > 0 {
                    a.imposed_by.clone()
                } else if a.factor < 1.0 {
                    self.shortage_cause(id)
                } else if a.effects.derate < 1.0 || a.effects.stuck.is_some() {
                    self.failure_cause(id)
                } else if a.limited_by != Cause::Nominal {
                    a.limited_by.clone()
                } else if self.limit(id) < 1.0 {
                    a.imposed_by.clone()
                } else {
                    self.recovery_cause(id)
                }
            }
        }
    }

    fn recovery_cause(&self, id: AssetId) -> Cause {
        let info = &self.model.assets[id.index()];
        let conversion_short = info.gives.iter().flat_map(|g| &self.model.gives[*g as usize].inputs).any(|c| self.served(*c) < 1.0);
        if conversion_short {
            return self.shortage_cause(id);
        }
        if self.model.plant.asset(id).storage.is_some() && self.st.assets[id.index()].service < 1.0 {
            return self.empty_cause(id);
        }
        match self.st.assets[id.index()].told_mode {
            Mode::Failed | Mode::InRepair | Mode::Maintenance => Cause::RepairDone,
            Mode::Starting | Mode::Off | Mode::Standby | Mode::Tripped | Mode::Inhibited | Mode::Short => Cause::Start,
            Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked => Cause::Nominal,
        }
    }

    fn plan_cause(&self, id: AssetId) -> Cause {
        let mut plans = self.model.assets[id.index()].plans.clone();
        let open = plans.find(|p| self.st.modes[*p as usize].opened);
        open.map_or(Cause::Nominal, |p| Cause::Maintenance { plan: self.model.modes[p as usize].index })
    }

    fn failure_cause(&self, id: AssetId) -> Cause {
        let mut modes = self.model.assets[id.index()].modes.clone();
        match modes.find(|m| self.st.modes[*m as usize].active) {
            Some(m) => match self.st.modes[m as usize].script {
                Some(number) => Cause::Script(number),
                None => Cause::Failure { mode: self.model.modes[m as usize].index },
            },
            None => self.st.assets[id.index()].imposed_by.clone(),
        }
    }
}
