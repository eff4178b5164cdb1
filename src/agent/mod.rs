//! The agents: one Markov decision process per plant cell, solved with a certificate, and proposals made from it.
//!
//! Owns the abstract model, its solution and the explanation of a proposal. Agents only propose: nothing here can
//! reach a command port (that is `governance`). Invariant: equal belief, model and seed give the equal proposal.
//!
//! Once per plant, off-thread: [`build_cell`] for every cell. Then, when the belief has changed in a way that matters:
//! [`propose`] per cell off-thread, [`coordinate`] between the advices.

mod build;
mod coordinate;
mod explain;
mod features;
pub mod mdp;
mod propose;
mod solve;
mod transitions;
mod worth;

pub use build::{CellAction, CellError, CellPolicy, build_cell};
pub use coordinate::{Arbitration, Resource, coordinate};
pub use features::{Axis, Features, Measure, MemberGroup, Parts, Phase, STATE_LIMIT, TooManyStates};
pub use propose::{Advice, Candidate, Gain, ProposeError, ProposeOptions, propose, q_table};
pub use solve::{Solution, SolveError, SolveOptions, solve};
