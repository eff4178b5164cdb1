//! What happened, newest first.

mod model;
mod view;

pub use model::gather;
pub use view::{State, view};
