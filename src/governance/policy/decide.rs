//! Deciding: rules first, then hours, limits, exclusions and budgets, then the risk matrix.

use super::{
    file::{Effect, Policy, Requirement, Verb, What, Who},
    ledger::Ledger,
};
use crate::{
    clock::Monotonic,
    plant::{Action, ActionClass, Asset, Autonomy, CellId, Plant},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A no, with the rule that says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("policy {rule}: {because}")]
pub struct Denial {
    /// Rule id; `DEFAULT` when no rule allows it, `INPUT` when something is missing or not a number.
    pub rule: String,
    /// Why, and what to do.
    pub because: String,
}

impl Denial {
    pub(super) fn new(rule: &str, because: impl Into<String>) -> Self {
        Self { rule: rule.into(), because: because.into() }
    }
}

/// What is asked about a proposal.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The plant.
    pub plant: &'a Plant,
    /// Who proposes.
    pub author: Who,
    /// The agent's cell.
    pub cell: Option<CellId>,
    /// Every action it may send, compensations included.
    pub actions: &'a [Action],
    /// Highest declared class.
    pub consequence: ActionClass,
    /// Probability of harm by the gate, 0..=1.
    pub harm: f64,
    /// One-off cost [money].
    pub cost: f64,
    /// The gate asks for a supervisor (fidelity unvalidated).
    pub supervisor: bool,
    /// Wall clock, for working hours only.
    pub wall: Time,
    /// Now.
    pub now: Monotonic,
    /// What was dispatched lately.
    pub ledger: &'a Ledger,
    /// Actions in flight.
    pub in_flight: &'a [Action],
}

/// A yes, with what it takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ruling {
    /// Signatures.
    pub requirement: Requirement,
    /// Rule that decided the number of signatures.
    pub rule: String,
    /// In words.
    pub because: String,
    /// A typed reason is required.
    pub reason_required: bool,
    /// One signature must be a supervisor's.
    pub supervisor_required: bool,
    /// Rules that allowed each action.
    pub allowed_by: Vec<String>,
}

fn class_of(asset: &Asset, what: What) -> ActionClass {
    asset.actions.iter().filter(|s| What::of(s.kind) == what).map(|s| s.class).max().unwrap_or(ActionClass::High)
}

impl Policy {
    /// Whether `who` may do `verb` to an action; the id of the most specific rule that allows it.
    ///
    /// # Errors
    /// [`Denial`] with the denying rule (the most general first), or `DEFAULT`.
    pub fn permits(&self, plant: &Plant, who: Who, verb: Verb, action: Action) -> Result<&str, Denial> {
        let Some(asset) = plant.assets.get(action.asset.index()) else {
            return Err(Denial::new("INPUT", "the target is not an asset of this plant"));
        };
        let what = What::of(action.kind);
        let class = class_of(asset, what);
        let mut matching: Vec<_> = self
            .rules
            .iter()
            .filter(|r| {
                (r.who.is_empty() || r.who.contains(&who))
                    && r.verbs.contains(&verb)
                    && (r.actions.is_empty() || r.actions.contains(&what))
                    && (r.classes.is_empty() || r.classes.contains(&class))
                    && r.assets.has(asset)
                    && r.scope.has(plant, asset)
            })
            .collect();
        matching.sort_by_key(|r| r.scope.depth());
        if let Some(r) = matching.iter().find(|r| r.effect == Effect::Deny) {
            return Err(Denial::new(&r.id, r.because.clone()));
        }
        matching.last().map(|r| r.id.as_str()).ok_or_else(|| {
            Denial::new("DEFAULT", format!("no rule lets {who:?} {verb:?} {what:?} of class {class:?} on {}; add one to the policy", asset.id))
        })
    }

    /// Whether a role may release the hold.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn permits_release(&self, who: Who) -> Result<&str, Denial> {
        let mut rules = self.rules.iter().filter(|r| r.verbs.contains(&Verb::ReleaseHold) && (r.who.is_empty() || r.who.contains(&who)));
        let first = rules.clone().find(|r| r.effect == Effect::Deny).or_else(|| rules.next());
        match first {
            Some(r) if r.effect == Effect::Allow => Ok(&r.id),
            Some(r) => Err(Denial::new(&r.id, r.because.clone())),
            None => Err(Denial::new("DEFAULT", format!("no rule lets {who:?} release the hold; a supervisor may be needed"))),
        }
    }

    /// Rules on a proposal as a whole: everything but the matrix. Asked again at dispatch.
    ///
    /// # Errors
    /// The first [`Denial`].
    pub fn admits(&self, q: &Question<'_>) -> Result<Vec<String>, Denial> {
        let numbers = (0.0..=1.0).contains(&q.harm) && q.cost.is_finite() && q.cost >= 0.0;
        if !numbers || q.actions.is_empty() {
            return Err(Denial::new("INPUT", "probability of harm, cost or actions are missing or not finite numbers in range"));
        }
        self.autonomy(q)?;
        let allowed = q.actions.iter().map(|&a| self.permits(q.plant, q.author, Verb::Propose, a).map(str::to_string));
        let allowed = allowed.collect::<Result<Vec<_>, _>>()?;
        self.within_hours(q)?;
        self.within_limits(q)?;
        self.within_exclusions(q)?;
        self.within_budgets(q)?;
        Ok(allowed)
    }

    /// What a proposal takes to be dispatched.
    ///
    /// # Errors
    /// [`Denial`] of a rule, a limit or the matrix.
    pub fn decide(&self, q: &Question<'_>) -> Result<Ruling, Denial> {
        let allowed_by = self.admits(q)?;
        let band = self.matrix.bands.iter().find(|b| q.harm <= b.up_to).ok_or_else(|| Denial::new("INPUT", "no band of the matrix"))?;
        let mut requirement = match q.consequence {
            ActionClass::Low => band.low,
            ActionClass::Medium => band.medium,
            ActionClass::High => band.high,
        };
        let because = format!("harm {:.1} % × {:?} consequence: {requirement:?}", q.harm * 100.0, q.consequence);
        if requirement == Requirement::Never {
            return Err(Denial::new(&self.matrix.id, because));
        }
        if requirement == Requirement::Auto && (!self.closed_loop(q) || q.supervisor) {
            requirement = Requirement::One;
        }
        Ok(Ruling {
            requirement,
            rule: self.matrix.id.clone(),
            because,
            reason_required: q.consequence >= self.matrix.reason_from || q.supervisor || requirement == Requirement::Two,
            supervisor_required: q.supervisor || requirement == Requirement::Two,
            allowed_by,
        })
    }

    fn closed_loop(&self, q: &Question<'_>) -> bool {
        q.author == Who::Agent && q.cell.and_then(|c| q.plant.cells.get(c.index())).is_some_and(|c| c.autonomy == Autonomy::ClosedLoop)
    }

    fn autonomy(&self, q: &Question<'_>) -> Result<(), Denial> {
        if q.author != Who::Agent {
            return Ok(());
        }
        let Some(cell) = q.cell.and_then(|c| q.plant.cells.get(c.index())) else {
            return Err(Denial::new("INPUT", "an agent without a cell"));
        };
        match cell.autonomy {
            Autonomy::Supervised | Autonomy::ClosedLoop => Ok(()),
            Autonomy::Predict | Autonomy::Advise => {
                Err(Denial::new("AUTONOMY", format!("cell {} only advises; a person may propose the same", cell.id)))
            }
        }
    }

    fn within_hours(&self, q: &Question<'_>) -> Result<(), Denial> {
        for h in self.hours.iter().filter(|h| h.classes.contains(&q.consequence)) {
            let here = q.actions.iter().filter_map(|a| q.plant.assets.get(a.asset.index())).any(|a| h.scope.has(q.plant, a));
            let minutes = (q.wall.0.div_euclid(60_000_000)).saturating_add(i64::from(h.utc_offset_min));
            // 1970-01-01 was a Thursday.
            let (minute, day) = (minutes.rem_euclid(1440) as u32, (minutes.div_euclid(1440) + 3).rem_euclid(7) as u8 + 1);
            if here && !(h.days.contains(&day) && (h.from_min..h.until_min).contains(&minute)) {
                return Err(Denial::new(&h.id, format!("class {:?} only in its working hours; wait or ask for an exception", q.consequence)));
            }
        }
        Ok(())
    }

    fn within_limits(&self, q: &Question<'_>) -> Result<(), Denial> {
        for a in q.actions {
            let Some(asset) = q.plant.assets.get(a.asset.index()) else { continue };
            for l in self.rate_limits.iter().filter(|l| l.assets.has(asset) && l.scope.has(q.plant, asset)) {
                if q.ledger.count(a.asset, q.now, l.per.s()) >= l.most {
                    return Err(Denial::new(&l.id, format!("{} had {} commands within {}; wait", asset.id, l.most, l.per)));
                }
            }
        }
        Ok(())
    }

    fn within_exclusions(&self, q: &Question<'_>) -> Result<(), Denial> {
        for e in &self.exclusions {
            let mut touched: Vec<&str> = q
                .actions
                .iter()
                .chain(q.in_flight)
                .filter(|a| e.actions.is_empty() || e.actions.contains(&What::of(a.kind)))
                .filter_map(|a| q.plant.assets.get(a.asset.index()))
                .map(|a| a.id.as_str())
                .filter(|id| e.assets.iter().any(|x| x == id))
                .collect();
            touched.sort_unstable();
            touched.dedup();
            if touched.len() as u32 > e.most {
                return Err(Denial::new(&e.id, format!("{} may not be commanded together; one after the other", touched.join(", "))));
            }
        }
        Ok(())
    }

    fn within_budgets(&self, q: &Question<'_>) -> Result<(), Denial> {
        for b in &self.budgets {
            let spent = q.ledger.cost(q.now, b.per.s());
            let within = spent + q.cost <= b.most;
            if !within {
                return Err(Denial::new(
                    &b.id,
                    format!("{:.0} spent, {:.0} more would pass the budget of {:.0} per {}", spent, q.cost, b.most, b.per),
                ));
            }
        }
        Ok(())
    }
}
