//! Dry run: a policy against a table of expected answers, before it is put in force.

use super::{
    decide::Question,
    file::{Policy, Requirement},
};

/// What a case should give: signatures, or a denial by this rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    /// Allowed, with this many signatures.
    Needs(Requirement),
    /// Denied by this rule.
    DeniedBy(String),
}

/// A case that came out otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// Name of the case.
    pub case: String,
    /// Wanted.
    pub expected: Expectation,
    /// Got.
    pub got: Expectation,
}

impl Policy {
    /// Runs all cases; the mismatches.
    pub fn dry_run(&self, cases: &[(String, Question<'_>, Expectation)]) -> Vec<Mismatch> {
        let mut out = Vec::new();
        for (name, question, expected) in cases {
            let got = match self.decide(question) {
                Ok(r) => Expectation::Needs(r.requirement),
                Err(d) => Expectation::DeniedBy(d.rule),
            };
            if got != *expected {
                out.push(Mismatch { case: name.clone(), expected: expected.clone(), got });
            }
        }
        out
    }
}
