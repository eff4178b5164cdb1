//! The plant as a tree: areas and their assets with state as icon, word and colour; the 3D picture's text alternative.

mod model;
mod view;

pub use model::gather;
pub use view::{State, view};
