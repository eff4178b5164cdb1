//! Control rules: threshold with built-in hysteresis, delay, the controller they act through, their effect.
//!
//! A rule is *met* from its threshold until the quantity has come back by the hysteresis (its own, else 2 % of capacity, 1 K); it *fires*
//! when it has been met for its delay and its controller works. Inhibit and SetRate hold while it is met; Trip, Start and
//! Stop act once.

use super::engine::Engine;
use super::storages::{level_edge, level_now, rate_at};
use super::thermal::{celsius_edge, celsius_now};
use super::trace::Cause;
use crate::plant::{AssetId, Condition, ControlRule, Effect, InitialMode};
use crate::time::Time;

/// The two thresholds of a condition: where it becomes met and where it ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Edge {
    above: bool,
    on: f64,
    off: f64,
}

/// Edges of a condition `above` (or below) `on` with a hysteresis; levels end within 0..capacity.
pub(super) fn edges(above: bool, on: f64, hysteresis: f64, capacity: Option<f64>) -> Edge {
    let off = if above { on - hysteresis } else { on + hysteresis };
    let off = match capacity {
        Some(c) => off.clamp(0.0, c),
        None => off,
    };
    Edge { above, on, off }
}

impl Edge {
    /// Both thresholds lower by this much.
    pub(super) fn lowered(self, by: f64) -> Edge {
        Edge { on: self.on - by, off: self.off - by, ..self }
    }

    /// The threshold that the quantity meets next when it moves in this direction.
    pub(super) fn next(self, met: bool, rising: bool) -> Option<f64> {
        match (met, rising == self.above) {
            (false, true) => Some(self.on),
            (true, false) => Some(self.off),
            (true, true) | (false, false) => None,
        }
    }

    /// Whether the condition is met, given that it was `met`, the value and its direction (sign of `slope`).
    fn is_met(self, met: bool, value: f64, slope: f64) -> bool {
        let tolerance = 1e-9 * (1.0 + self.on.abs());
        let (value, on, off) = if self.above { (value, self.on, self.off) } else { (-value, -self.on, -self.off) };
        let slope = if self.above { slope } else { -slope };
        if met && on > off {
            value > off + tolerance || (value >= off - tolerance && slope > 0.0)
        } else if self.above {
            value >= on - tolerance
        } else {
            // strictly below, or just passing downward, or empty
            value > on + tolerance || (value >= on - tolerance && (slope > 0.0 || on >= 0.0))
        }
    }
}

/// The direction of a quantity: that of a crossing at this very instant, else its present slope.
fn passing(crossed: (Time, bool), now: Time, slope: f64) -> f64 {
    match crossed {
        (at, rising) if at == now => {
            if rising {
                1.0
            } else {
                -1.0
            }
        }
        _ => slope,
    }
}

impl Engine<'_> {
    fn level_slope(&self, id: AssetId) -> f64 {
        let a = &self.st.assets[id.index()];
        passing(a.level_crossed, self.st.time, rate_at(a, self.st.time))
    }

    fn facts(&self, rule: u32) -> &ControlRule {
        let info = &self.model.rules[rule as usize];
        &self.model.plant.asset(info.asset).control[info.index]
    }

    fn is_met(&self, rule: u32) -> bool {
        let info = &self.model.rules[rule as usize];
        let met = self.st.rules[rule as usize].met;
        match info.when {
            Condition::NotRunning { asset } => self.st.assets[asset.index()].service <= 0.0,
            Condition::Running { asset } => self.st.assets[asset.index()].service > 0.0,
            Condition::LevelAbove { asset, .. } | Condition::LevelBelow { asset, .. } => match self.model.plant.asset(asset).storage {
                Some(s) => {
                    level_edge(info, s.capacity, self.st.assets[asset.index()].effects.level_bias).is_some_and(|e| match self.parts_level(asset) {
                        Some(level) => e.is_met(met, level, 0.0),
                        None => e.is_met(met, level_now(&self.st, asset, s.capacity), self.level_slope(asset)),
                    })
                }
                None => false,
            },
            Condition::TemperatureAbove { asset, .. } | Condition::TemperatureBelow { asset, .. } => match self.model.plant.asset(asset).thermal {
                Some(t) => {
                    let (celsius, slope) = celsius_now(&self.st, asset, &t);
                    let slope = passing(self.st.assets[asset.index()].celsius_crossed, self.st.time, slope);
                    celsius_edge(info, self.st.assets[asset.index()].effects.celsius_bias).is_some_and(|e| e.is_met(met, celsius, slope))
                }
                None => false,
            },
        }
    }

    /// Looks at a rule: met or not, fired or waiting.
    pub(super) fn check_rule(&mut self, rule: u32) {
        let met = self.is_met(rule);
        let was = self.st.rules[rule as usize].met;
        let slot = self.model.rules[rule as usize].slot;
        if met != was {
            self.st.rules[rule as usize].met = met;
            self.retime(rule);
        }
        if !met {
            self.st.queue.clear(slot);
            if self.st.rules[rule as usize].fired {
                self.st.rules[rule as usize].fired = false;
                self.release(rule);
            }
        } else if !self.st.rules[rule as usize].fired && self.st.queue.due(slot).is_none() {
            let delay = self.facts(rule).delay;
            if met != was && delay.0 > 0 {
                let due = self.st.time.after(delay);
                self.set_timer(slot, due);
            } else {
                self.rule_due(rule);
            }
        }
    }

    /// The other edge is now the next one.
    fn retime(&mut self, rule: u32) {
        let asset = super::compile::watched(self.model.rules[rule as usize].when);
        self.time_level(asset);
        if let Some(t) = self.model.plant.asset(asset).thermal {
            self.time_temperature(asset, &t);
        }
    }

    /// The delay has passed: acts, if the controller works. When it does not, the rule acts once it works again.
    pub(super) fn rule_due(&mut self, rule: u32) {
        let works = self.facts(rule).via.is_none_or(|via| self.st.assets[via.index()].service > 0.0);
        if !works || !self.st.rules[rule as usize].met {
            return;
        }
        let info = &self.model.rules[rule as usize];
        let id = info.asset;
        let cause = Cause::Control { rule: info.index, asset: super::compile::watched(info.when) };
        self.st.rules[rule as usize].fired = true;
        let held = self.st.assets[id.index()].held;
        match self.facts(rule).then {
            Effect::Trip => self.trip(id, cause),
            Effect::Inhibit => {
                let a = &mut self.st.assets[id.index()];
                a.inhibits += 1;
                a.imposed_by = cause;
            }
            Effect::Start if !held => self.command(id, InitialMode::Running, cause),
            Effect::Stop if !held => {
                // what the scene keeps in standby goes back to standby, ready for the next start
                let rest = if self.model.plant.asset(id).initial == InitialMode::Standby { InitialMode::Standby } else { InitialMode::Off };
                self.command(id, rest, cause);
            }
            Effect::Start | Effect::Stop => {}
            Effect::SetRate(_) => self.st.assets[id.index()].imposed_by = cause,
        }
        self.touch(id);
    }

    fn release(&mut self, rule: u32) {
        let id = self.model.rules[rule as usize].asset;
        if self.facts(rule).then == Effect::Inhibit {
            self.st.assets[id.index()].inhibits -= 1;
        }
        self.touch(id);
    }

    /// Changes a command.
    pub(super) fn command(&mut self, id: AssetId, to: InitialMode, cause: Cause) {
        let a = &mut self.st.assets[id.index()];
        if a.commanded != to {
            a.commanded = to;
            a.substitutes = false;
            a.imposed_by = cause;
            self.touch(id);
        }
    }

    /// Whether a trip may be reset: cool enough, and no rule insists.
    pub(super) fn may_reset(&self, id: AssetId) -> bool {
        let insisted = self.model.assets[id.index()]
            .rules
            .clone()
            .any(|r| matches!(self.facts(r).then, Effect::Trip) && self.st.rules[r as usize].fired && self.st.rules[r as usize].met);
        let cool = self.model.plant.asset(id).thermal.is_none_or(|t| celsius_now(&self.st, id, &t).0 <= t.reset_c + 1e-9);
        cool && !insisted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_needs_a_fall_or_strictness_and_ends_after_the_hysteresis() {
        let e = edges(false, 72.0, 1.0, None);
        assert!(!e.is_met(false, 72.0, 0.0));
        assert!(e.is_met(false, 72.0, -0.1));
        assert!(e.is_met(false, 71.9, 0.0));
        assert!(e.is_met(true, 72.5, 0.1));
        assert!(!e.is_met(true, 73.0, 0.1));
        assert_eq!((e.next(false, false), e.next(true, true), e.next(true, false)), (Some(72.0), Some(73.0), None));
    }

    #[test]
    fn above_is_at_or_above() {
        let e = edges(true, 80.0, 2.0, Some(100.0));
        assert!(e.is_met(false, 80.0, 0.0));
        assert!(!e.is_met(false, 79.0, 1.0));
        assert!(e.is_met(true, 79.0, -1.0));
        assert!(!e.is_met(true, 78.0, -1.0));
    }

    #[test]
    fn an_empty_tank_is_below_zero_fraction() {
        assert!(edges(false, 0.0, 2.0, Some(100.0)).is_met(false, 0.0, 0.0));
    }
}
