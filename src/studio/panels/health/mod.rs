//! Data health: what arrives, what is refused, how old and how good every tag is, how well the twin predicts.

mod model;
mod view;

pub use model::gather;
pub use view::{State, view};
