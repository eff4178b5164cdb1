//! The bar on top: which plant, how alive, how it does, and the Hold that always works.

mod model;
mod view;

pub use model::gather;
pub use view::{State, view};
