//! Approvals: own judgement or evidence first, then advice; a signature needs an open gate, an identity and a password.

mod decision;
mod model;
mod view;

#[cfg(test)]
pub use decision::Judgement;
pub use decision::State;
pub use model::gather;
pub use view::view;
