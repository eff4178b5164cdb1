//! The scenario editor: what goes wrong, what could be done, how far and how often to look. Every change is an edit.

mod items;
mod model;
mod view;

pub use model::gather;
pub use view::{State, view};
