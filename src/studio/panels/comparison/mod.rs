//! Responses against doing nothing, in money and impacts, on the same random numbers; the best goes up for approval.

mod model;
mod view;

pub use model::gather;
pub use view::view;
