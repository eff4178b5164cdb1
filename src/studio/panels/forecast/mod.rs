//! What an ensemble says: which assets are hit, how probably, how soon, why, and what it costs.

mod fan;
mod model;
mod view;

pub use model::gather;
pub use view::{State, view};
