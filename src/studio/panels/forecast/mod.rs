//! What an ensemble says: which assets are hit, how probably, how soon, why, and what it costs.

mod fan;
mod model;
mod view;

pub use fan::{Fan, fan};
pub use model::{CauseRow, ImpactRow, Model, gather};
pub use view::{State, view};
