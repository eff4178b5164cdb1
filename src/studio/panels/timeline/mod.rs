//! One timeline for past | now | predicted: events behind, disruptions and impacts ahead, one scrubber.

mod model;
mod view;

pub use model::gather;
pub use view::view;
