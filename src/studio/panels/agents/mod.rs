//! The agents: what each cell's decision process sees, how its actions compare, how exact it is.

mod model;
mod view;

pub use model::gather;
pub use view::view;
