//! The policy: a text file that says who may do what to which assets, how risky it is and how many signatures it takes.
//!
//! Typed rules, no expressions. Deny overrides allow, whatever the level (plant, area, cell); without an allowing rule
//! the answer is no. *Invariant:* every answer cites a rule id; a missing or non-finite input is a denial.

mod decide;
mod file;
mod ledger;
mod table;

pub use decide::{Denial, Question, Ruling};
pub use file::{
    Assets, Band, Budget, Effect, Exclusion, Hours, Matrix, Policy, RateLimit, Requirement, Rule, Scope, Thresholds, Timing, Verb, What, Who,
};
pub use ledger::{Entry, Ledger};
pub use table::{Expectation, Mismatch};

/// The policy used when the data folder holds none.
pub const DEFAULT: &str = include_str!("../../../assets/policy.ron");

#[cfg(test)]
mod tests;
