//! The agents: one Markov decision process per plant cell, solved with a certificate, and proposals made from it.
//!
//! Owns the abstract model, its solution and the explanation of a proposal. Agents only propose: nothing here can
//! reach a command port (that is `governance`). Invariant: equal belief, model and seed give the equal proposal.

mod build;
mod features;
pub mod mdp;
mod solve;
mod transitions;
mod worth;

pub use build::{CellAction, CellError, CellPolicy, build_cell};
pub use features::{Axis, Features, MemberGroup, Parts, Phase, STATE_LIMIT, TooManyStates};
pub use solve::{Solution, SolveError, SolveOptions, solve};
