//! The return of loads that a shortage stopped: only when their full demand fits behind all claims of their own or higher
//! priority, on their island and on those that feed it.
//!
//! Owns no stopping (see `services`). *Invariant:* what is let back in could be served at once, so that nothing hunts within
//! an instant; a load that relapses soon waits longer each time.

use super::engine::Engine;
use super::model::{ClaimKind, Island};
use super::services::TOLERANCE;
use super::state::Fare;
use crate::time::Time;

/// Conversions looked through when asking what could be supplied.
const CHAIN: u32 = 6;

impl Engine<'_> {
    /// What a giver could sustain with what its own inputs could still get.
    fn sustainable(&self, give: u32, depth: u32) -> f64 {
        let info = &self.model.gives[give as usize];
        let able = info.capacity * self.st.assets[info.asset.index()].ability;
        if able <= 0.0 || depth == 0 {
            return able.min(self.st.gives[give as usize].available);
        }
        info.inputs.iter().fold(able, |limit, &c| {
            let (claim, state) = (&self.model.claims[c as usize], &self.st.claims[c as usize]);
            let ClaimKind::Conversion { per_unit, .. } = claim.kind else { return limit };
            if state.cut > 0 {
                return 0.0;
            }
            let island = &self.model.islands[claim.island as usize];
            let supply: f64 = island.givers.iter().map(|g| self.sustainable(*g, depth - 1)).sum();
            let before = island.claims.iter().filter(|o| self.model.claims[**o as usize].priority <= claim.priority && **o != c);
            let taken: f64 = before.map(|o| &self.st.claims[*o as usize]).filter(|o| o.cut == 0).map(|o| o.want).sum();
            limit.min((supply - taken).max(state.got) / per_unit)
        })
    }

    /// Lets stopped claims back in whose demand fits behind all claims of their own or higher priority, here and upstream.
    pub(super) fn readmit(&mut self, island: &Island) {
        let now = self.st.time;
        let waits = |c: &u32| {
            let claim = &self.st.claims[*c as usize];
            claim.fare == Fare::Stopped && claim.cut == 0 && claim.stopped_at < now
        };
        if !island.claims.iter().any(waits) {
            return;
        }
        let capacity: f64 = island.givers.iter().map(|g| self.sustainable(*g, CHAIN)).sum();
        let mut taken = 0.0;
        let mut at = 0;
        while at < island.claims.len() {
            // claims of equal priority count as a whole
            let level = self.model.claims[island.claims[at] as usize].priority;
            let end = at + island.claims[at..].iter().take_while(|c| self.model.claims[**c as usize].priority == level).count();
            taken += island.claims[at..end].iter().map(|c| self.st.claims[*c as usize]).filter(|c| c.cut == 0).map(|c| c.want).sum::<f64>();
            for &c in &island.claims[at..end] {
                let claim = self.st.claims[c as usize];
                if claim.fare != Fare::Stopped || claim.cut > 0 || claim.stopped_at >= now || capacity <= 0.0 {
                    continue;
                }
                let info = &self.model.claims[c as usize];
                let want = self.full_want(info);
                if taken + want <= capacity * (1.0 + TOLERANCE) && self.patient(c, now) {
                    taken += want;
                    self.st.claims[c as usize].fare = Fare::Served;
                    self.st.assets[info.asset.index()].stopped_claims -= 1;
                    self.st.queue.clear(info.slot);
                    self.touch(info.asset);
                }
            }
            at = end;
        }
    }

    /// After relapses a load waits its full time; otherwise any later instant will do.
    fn patient(&self, at: u32, now: Time) -> bool {
        let claim = &self.st.claims[at as usize];
        claim.retries == 0 || self.st.queue.due(self.model.claims[at as usize].slot).is_none_or(|due| due <= now)
    }
}
