//! The agents: one Markov decision process per plant cell, solved with a certificate, and proposals made from it.
//!
//! Owns the abstract model, its solution and the explanation of a proposal. Agents only propose: nothing here can
//! reach a command port (that is `governance`). Invariant: equal belief, model and seed give the equal proposal.

pub mod mdp;
mod solve;

pub use solve::{Solution, SolveError, SolveOptions, solve};
