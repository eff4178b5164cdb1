//! Approvals: own judgement or evidence first, then advice; a signature needs an open gate, an identity and a password.

mod decision;
mod model;
mod view;

pub use decision::{Judgement, State, blocked};
pub use model::{Check, Detail, Model, QueueRow, gather};
pub use view::view;
