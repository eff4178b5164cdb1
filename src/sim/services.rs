//! Services: each connected island of one medium is solved on change: capacity, priority, then proportional share.
//!
//! Reserves (receiver, battery) discharge last and recharge from surplus. Loads that must stop are shed one at a time, the
//! last in priority first, so that as many as possible survive; what stopped returns through a start, when its full demand
//! fits behind all claims of its own or higher priority.
//! *Cost:* one island is O(givers + claims), times one more pass per load that is shed; conversions in a row of n media settle
//! in at most n rounds upward and down.
//! *Known limit:* two conversions of different merit behind one short supply follow each other down without settling freely;
//! the instant is then calmed, and the one in reserve may be credited with input that it does not get.
//! *Invariant:* given = drawn + charged − discharged on every island, to rounding.

use super::allocate::by_level;
use super::compile::CONVERSION_STOPS_BELOW;
use super::engine::Engine;
use super::model::{Claim, ClaimKind, Island, Model};
use super::state::{Fare, Phase, State};
use super::trace::Cause;
use crate::plant::{AssetId, MediumId, OnShort};
use crate::time::Span;

/// First wait before a stopped load looks again by itself [s]; doubles with every immediate relapse.
const RETRY_S: f64 = 1.0;
/// A load that ran less than this before it stopped has relapsed [s].
const RELAPSE_S: f64 = 600.0;
/// Longest such wait [s].
const RETRY_LIMIT_S: f64 = 600.0;
/// Shortages smaller than this fraction do not count.
pub(super) const TOLERANCE: f64 = 1e-9;

/// What a claim really draws: what it got, throttled by a regulated cooling.
pub(super) fn drawn(model: &Model, st: &State, claim: usize) -> f64 {
    let info = &model.claims[claim];
    let c = &st.claims[claim];
    match info.kind {
        ClaimKind::Conversion { give, per_unit } => c.got.min(st.gives[give as usize].given * per_unit),
        ClaimKind::Need { on_short: OnShort::HeatUp, .. } => {
            let asset = &model.assets[info.asset.index()];
            if asset.heat_claims.is_empty() || asset.heat_amount <= 0.0 {
                return c.got;
            }
            c.got.min(st.assets[info.asset.index()].cooling_kw * info.amount / asset.heat_amount)
        }
        ClaimKind::Need { .. } => c.got,
    }
}

impl Engine<'_> {
    /// Fraction of a claim that is served.
    pub(super) fn served(&self, claim: u32) -> f64 {
        let c = &self.st.claims[claim as usize];
        if c.cut > 0 {
            return 0.0;
        }
        if c.want > 0.0 && c.got < c.want * (1.0 - TOLERANCE) { c.got / c.want } else { 1.0 }
    }

    /// Whether the claim's thermal facet decides how much it wants.
    fn by_temperature(&self, claim: &Claim) -> bool {
        matches!(claim.kind, ClaimKind::Need { on_short: OnShort::HeatUp, .. }) && !self.model.assets[claim.asset.index()].heat_claims.is_empty()
    }

    /// Demand at the asset's limit, as if all its inputs came.
    pub(super) fn full_want(&self, info: &Claim) -> f64 {
        match info.kind {
            ClaimKind::Need { idle_fraction, .. } => {
                let load = (self.limit(info.asset) * self.st.assets[info.asset.index()].effects.derate).min(1.0);
                info.amount * (idle_fraction + (1.0 - idle_fraction) * load)
            }
            ClaimKind::Conversion { .. } => info.amount * 1e-9,
        }
    }

    fn want(&self, at: u32) -> f64 {
        let info = &self.model.claims[at as usize];
        let a = &self.st.assets[info.asset.index()];
        match (a.phase, info.kind) {
            (Phase::Down, _) | (Phase::Starting, ClaimKind::Conversion { .. }) => 0.0,
            (Phase::Starting, ClaimKind::Need { .. }) => info.amount,
            (Phase::Up, ClaimKind::Conversion { give, per_unit }) => {
                let give = &self.st.gives[give as usize];
                give.desired.max(give.given) * per_unit
            }
            (Phase::Up, ClaimKind::Need { idle_fraction, .. }) => {
                let process = self.model.plant.asset(info.asset).process.as_ref();
                match process {
                    Some(p) if a.factor >= 1.0 => info.amount * (idle_fraction + (1.0 - idle_fraction) * (a.rate_per_h / p.rate_per_h).min(1.0)),
                    _ if a.supply_cut > 0 => info.amount * idle_fraction,
                    Some(_) | None => self.full_want(info),
                }
            }
        }
    }

    /// Brings the demands of an asset up to date; islands whose demand changed are solved again.
    pub(super) fn refresh_claims(&mut self, id: AssetId) {
        for &at in &self.model.assets[id.index()].claims {
            let info = &self.model.claims[at as usize];
            if !self.by_temperature(info) {
                self.set_want(at, self.want(at));
            }
        }
    }

    /// Sets a demand. A calmed instant lets it only fall.
    pub(super) fn set_want(&mut self, at: u32, want: f64) {
        let claim = &mut self.st.claims[at as usize];
        let want = if self.pending.calm { want.min(claim.want) } else { want };
        if (want - claim.want).abs() > 1e-13 * want.max(claim.want) {
            claim.want = want;
            self.pending.islands.push(self.model.claims[at as usize].island);
        }
    }

    /// Solves one island.
    pub(super) fn solve_island(&mut self, at: u32) {
        let model = self.model;
        let island = &model.islands[at as usize];
        let capacity = self.capacities(island);
        let reserve = self.reserves(island);
        loop {
            self.share(island, capacity + reserve);
            if !self.judge(island) {
                break;
            }
        }
        self.readmit(island);
        self.dispatch(island, capacity);
        self.pass_on(island);
    }

    /// Usable capacity of every giver; returns their sum.
    fn capacities(&mut self, island: &Island) -> f64 {
        let mut sum = 0.0;
        for &g in &island.givers {
            let give = &self.model.gives[g as usize];
            let able = give.capacity * self.st.assets[give.asset.index()].ability;
            let mut available = able;
            for &c in &give.inputs {
                if let ClaimKind::Conversion { per_unit, .. } = self.model.claims[c as usize].kind
                    && self.served(c) < 1.0
                {
                    let got = if self.st.claims[c as usize].cut > 0 { 0.0 } else { self.st.claims[c as usize].got };
                    available = available.min(got / per_unit);
                }
            }
            self.st.gives[g as usize].available = available;
            sum += available;
        }
        sum
    }

    fn reserves(&self, island: &Island) -> f64 {
        island.stores.iter().map(|s| self.reserve(*s)).sum()
    }

    /// How much a reserve could discharge now.
    fn reserve(&self, id: AssetId) -> f64 {
        let a = &self.st.assets[id.index()];
        let Some(s) = self.model.plant.asset(id).storage else { return 0.0 };
        let empty = super::storages::level_at(a, s.capacity, self.st.time) <= 0.0;
        if empty { 0.0 } else { s.max_discharge * a.ability }
    }

    fn share(&mut self, island: &Island, available: f64) {
        let (model, claims) = (self.model, &mut self.st.claims);
        let order = &island.claims;
        let wants: &mut Vec<f64> = &mut self.pending.rates_of_island;
        wants.clear();
        wants.extend(order.iter().map(|c| if claims[*c as usize].cut > 0 { 0.0 } else { claims[*c as usize].want }));
        let level = |i: usize| model.claims[order[i] as usize].priority;
        by_level(available, order.len(), level, |i| wants[i], |i, got| claims[order[i] as usize].got = got);
    }

    /// Judges every claim; sheds at most one that got something. True when something was shed and the island must be shared again.
    fn judge(&mut self, island: &Island) -> bool {
        let mut last = None;
        let mut shed = false;
        for &c in &island.claims {
            let info = &self.model.claims[c as usize];
            let claim = self.st.claims[c as usize];
            if claim.fare == Fare::Stopped {
                continue;
            }
            let (below, stops) = match info.kind {
                ClaimKind::Need { on_short: OnShort::Stop { below }, .. } => (below, true),
                ClaimKind::Conversion { give, .. } if self.model.gives[give as usize].reserved => continue,
                ClaimKind::Conversion { .. } => (CONVERSION_STOPS_BELOW, true),
                ClaimKind::Need { on_short: OnShort::HeatUp, .. } => continue,
                ClaimKind::Need { on_short: OnShort::Derate | OnShort::HoldLast, .. } => (1.0, false),
            };
            let got = if claim.cut > 0 { 0.0 } else { claim.got };
            let short = claim.want > 0.0 && got < claim.want * below * (1.0 - TOLERANCE);
            self.set_fare(c, short);
            if short && stops && self.st.claims[c as usize].fare == Fare::Short {
                if got <= 0.0 {
                    self.stop_claim(c);
                    shed = true;
                } else {
                    last = Some(c);
                }
            }
        }
        if !shed && let Some(c) = last {
            self.stop_claim(c);
            shed = true;
        }
        shed
    }

    fn set_fare(&mut self, at: u32, short: bool) {
        let info = &self.model.claims[at as usize];
        let now = self.st.time;
        let was = self.st.claims[at as usize].fare;
        let fare = match (was, short) {
            (Fare::Served, true) if info.ride_us > 0 => {
                self.set_timer(info.slot, now.after(Span(info.ride_us)));
                Fare::Riding
            }
            (Fare::Served | Fare::Short, true) => Fare::Short,
            (Fare::Riding, true) => Fare::Riding,
            (Fare::Riding, false) => {
                self.st.queue.clear(info.slot);
                Fare::Served
            }
            (_, _) => Fare::Served,
        };
        self.st.claims[at as usize].fare = fare;
        if fare != was || fare == Fare::Short {
            self.holds(info.asset);
            self.touch(info.asset);
        }
    }

    /// Whether a short signal holds the asset.
    fn holds(&mut self, id: AssetId) {
        let claims = self.model.assets[id.index()].claims.iter();
        let held = claims.filter(|c| matches!(self.model.claims[**c as usize].kind, ClaimKind::Need { on_short: OnShort::HoldLast, .. }));
        let held = held.into_iter().any(|c| self.st.claims[*c as usize].fare == Fare::Short);
        self.st.assets[id.index()].held = held;
    }

    fn stop_claim(&mut self, at: u32) {
        let info = &self.model.claims[at as usize];
        let now = self.st.time;
        let up_since = self.st.assets[info.asset.index()].phase_since;
        let claim = &mut self.st.claims[at as usize];
        claim.retries = if (now - up_since).s() > RELAPSE_S { 0 } else { claim.retries.saturating_add(1).min(12) };
        claim.fare = Fare::Stopped;
        claim.stopped_at = now;
        claim.want = 0.0;
        claim.got = 0.0;
        let wait = (RETRY_S * f64::from(1u32 << claim.retries)).min(RETRY_LIMIT_S);
        self.st.assets[info.asset.index()].stopped_claims += 1;
        self.set_timer(info.slot, now.after(Span::from_s(wait)));
        self.touch(info.asset);
    }

    /// Who gives how much, which reserves discharge or charge.
    fn dispatch(&mut self, island: &Island, capacity: f64) {
        let demand: f64 = island.claims.iter().map(|c| self.st.claims[*c as usize]).filter(|c| c.cut == 0).map(|c| c.want).sum();
        let handed: f64 = island.claims.iter().map(|c| self.st.claims[*c as usize]).filter(|c| c.cut == 0).map(|c| c.got).sum();
        let mut charge_limit = 0.0;
        for s in &island.stores {
            charge_limit += self.charge_limit(*s);
        }
        let from_givers = handed.min(capacity);
        let charge = charge_limit.min(capacity - from_givers).max(0.0);
        let discharge = (handed - from_givers).max(0.0);
        let reserves = self.reserves(island);
        for &s in &island.stores {
            let out = if discharge > 0.0 && reserves > 0.0 { discharge * self.reserve(s) / reserves } else { 0.0 };
            let into = if charge > 0.0 && charge_limit > 0.0 { charge * self.charge_limit(s) / charge_limit } else { 0.0 };
            let net = self.leak(s, into - out);
            self.set_level_rate(s, net);
        }
        let (model, st) = (self.model, &mut self.st);
        let merit = |i: usize| model.gives[island.givers[i] as usize].merit;
        let n = island.givers.len();
        let able = |st: &State, i: usize| {
            let give = &model.gives[island.givers[i] as usize];
            give.capacity * st.assets[give.asset.index()].ability
        };
        let mut out = std::mem::take(&mut self.pending.rates_of_island);
        out.clear();
        out.resize(2 * n, 0.0);
        by_level(demand + charge_limit, n, merit, |i| able(st, i), |i, x| out[i] = x);
        by_level(from_givers + charge, n, merit, |i| st.gives[island.givers[i] as usize].available, |i, x| out[n + i] = x);
        for i in 0..n {
            let give = &mut st.gives[island.givers[i] as usize];
            let changed = give.desired != out[i] || give.given != out[n + i];
            (give.desired, give.given) = (out[i], out[n + i]);
            if changed {
                self.pending.assets.push(model.gives[island.givers[i] as usize].asset.0);
                self.pending.touched.push(model.gives[island.givers[i] as usize].asset.0);
                if model.plant.asset(model.gives[island.givers[i] as usize].asset).thermal.is_some() {
                    self.pending.thermals.push(model.gives[island.givers[i] as usize].asset.0);
                }
            }
        }
        self.pending.rates_of_island = out;
    }

    fn charge_limit(&self, id: AssetId) -> f64 {
        let a = &self.st.assets[id.index()];
        let Some(s) = self.model.plant.asset(id).storage else { return 0.0 };
        let full = super::storages::level_at(a, s.capacity, self.st.time) >= s.capacity;
        let most = s.max_charge * a.ability.min(1.0);
        // a full reserve is only kept full
        if full { a.effects.leak_per_h.min(most) } else { most }
    }

    /// Tells the owners of claims what they got.
    fn pass_on(&mut self, island: &Island) {
        for &c in &island.claims {
            let info = &self.model.claims[c as usize];
            match info.kind {
                ClaimKind::Conversion { give, .. } => {
                    let give = &self.model.gives[give as usize];
                    let mut able = give.capacity * self.st.assets[info.asset.index()].ability;
                    for &input in &give.inputs {
                        if let ClaimKind::Conversion { per_unit, .. } = self.model.claims[input as usize].kind
                            && self.served(input) < 1.0
                        {
                            able = able.min(self.st.claims[input as usize].got / per_unit);
                        }
                    }
                    let known = self.st.gives[self.give_of(c)].available;
                    if (able - known).abs() > 1e-12 * able.max(known) {
                        self.pending.islands.push(give.island);
                        self.touch(info.asset);
                    }
                }
                ClaimKind::Need { on_short: OnShort::HeatUp, .. } if self.by_temperature(info) => self.pending.thermals.push(info.asset.0),
                ClaimKind::Need { .. } => self.pending.touched.push(info.asset.0),
            }
        }
        for &s in &island.stores {
            self.touch(s);
        }
    }

    fn give_of(&self, claim: u32) -> usize {
        match self.model.claims[claim as usize].kind {
            ClaimKind::Conversion { give, .. } => give as usize,
            ClaimKind::Need { .. } => 0,
        }
    }

    /// The timer of a claim: its ride-through has ended, or it may look again.
    pub(super) fn claim_timer(&mut self, at: u32) {
        let claim = &mut self.st.claims[at as usize];
        if claim.fare == Fare::Riding {
            claim.fare = Fare::Short;
        }
        let info = &self.model.claims[at as usize];
        self.holds(info.asset);
        self.touch(info.asset);
        self.pending.islands.push(info.island);
    }

    /// The shortage that limits an asset: its worst claim, and who gives too little.
    pub(super) fn shortage_cause(&self, id: AssetId) -> Cause {
        let claims = &self.model.assets[id.index()].claims;
        let stopped = claims.iter().find(|c| self.st.claims[**c as usize].fare == Fare::Stopped);
        let short = claims.iter().find(|c| self.st.claims[**c as usize].fare == Fare::Short);
        let partial = claims.iter().find(|c| self.served(**c) < 1.0);
        let Some(&claim) = stopped.or(short).or(partial) else { return Cause::Start };
        if self.st.claims[claim as usize].cut > 0 {
            return self.area_cause(claim);
        }
        let info = &self.model.claims[claim as usize];
        let island = &self.model.islands[info.island as usize];
        self.givers_short(island, info.medium)
    }

    pub(super) fn givers_short(&self, island: &Island, medium: MediumId) -> Cause {
        let mut from = Vec::new();
        for &g in &island.givers {
            let give = &self.model.gives[g as usize];
            let a = &self.st.assets[give.asset.index()];
            let spare = matches!(a.mode, super::Mode::Standby | super::Mode::Off);
            let weak = self.st.gives[g as usize].available < give.capacity * (1.0 - TOLERANCE) && !give.conduit;
            if !spare && (weak || a.ability <= 0.0 || (give.conduit && a.service < 1.0)) && !from.contains(&give.asset) {
                from.push(give.asset);
            }
        }
        for asset in &from {
            if let Some(group) = self.model.assets[asset.index()].group {
                let missing = self.missing(group);
                if self.serving(group) < self.model.plant.groups[group.index()].k && !missing.is_empty() {
                    return Cause::Group { group, missing };
                }
            }
        }
        if from.is_empty() {
            from.extend(island.stores.iter().filter(|s| self.reserve(**s) <= 0.0));
        }
        if from.is_empty() {
            from.extend(island.givers.iter().map(|g| self.model.gives[*g as usize].asset));
            from.dedup();
        }
        Cause::Shortage { medium, from }
    }
}
