//! What happened, newest first.

mod model;
mod view;

pub use model::{EventRow, Model, gather};
pub use view::{State, view};
