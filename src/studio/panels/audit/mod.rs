//! The newest records of the audit chain.

mod model;
mod view;

pub use model::gather;
pub use view::view;
