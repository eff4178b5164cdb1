//! The editor's document: what goes wrong when, what could be done about it, how far to look.
//!
//! Owns the scenario file (`scenarios/*.scenario.ron`), inheritance between scenarios, edits with exact
//! inverses, the meaning check against a plant and the compilation to scripted events. Knows no randomness
//! and runs nothing (that is `forecast`). Invariant: a [`Scenario`] is normal (disruptions sorted by time
//! and id, ids unique), so saving, loading and saving again gives the same bytes.

mod builtin;
mod check;
mod compile;
mod edit;
mod file;
mod inherit;
mod model;
mod suggest;

/// Most responses of a scenario that can be compared at once.
pub const MAX_RESPONSES: usize = 32;

pub use builtin::{builtin, builtin_names};
pub use compile::{Compiled, Misfit};
pub use edit::{EditError, ScenarioEdit};
pub use file::{schema, validate_file};
pub use inherit::MAX_INHERITANCE;
pub use model::{Disruption, Lasting, PlannedAction, Response, Scenario, StartFrom, StartSpec, What};
pub use suggest::suggested_responses;
