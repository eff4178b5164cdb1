//! One asset in detail: state, live values with their uncertainty, data age, trends, what can be done to it.

mod model;
mod trend;
mod view;

pub use model::gather;
pub use view::view;
