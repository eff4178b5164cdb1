//! HOW a plant evolves: an event-driven hybrid simulator (a piecewise-deterministic Markov process, Davis 1984).
//!
//! Owns: the compiled [`Model`], the [`State`] as a value, the event queue, allocation of services and materials,
//! discrete parts, closed-form temperatures and levels, failures, crews, controls, accounting. Does not own: what a plant is
//! (`plant`), ensembles (`forecast`), any clock or entropy (draws are keyed, `rng`).
//!
//! *Invariant:* same model + state + script + draws ⇒ the same trace, bit for bit, on any machine and thread count.
//! *Invariant:* time never advances by a step: the next instant is the next event.

mod accounting;
mod actions;
mod allocate;
mod augment;
mod compile;
mod control;
mod coupled;
mod crews;
mod effects;
mod engine;
mod failures;
mod flows;
mod gamma;
mod groups;
mod hazards;
mod laws;
mod lifecycle;
mod lives;
mod machines;
mod materials;
mod mode;
mod model;
mod observed;
mod outcome;
mod parts;
mod profiles;
mod propagate;
mod queue;
mod read;
mod readmission;
mod script;
mod services;
mod snapshot;
mod spares;
mod state;
mod storages;
mod thermal;
mod trace;
mod upkeep;
mod zeno;

pub use engine::{Engine, SimError};
pub use machines::PartsCount;
pub use mode::Mode;
pub use model::{Model, ModelError};
pub use observed::{FailedState, Observed};
pub use outcome::{RunOptions, RunOutcome, ServiceStep, Totals, simulate};
pub use script::{Intervention, Script, Until};
pub use snapshot::{SNAPSHOT_VERSION, SnapshotError};
pub use state::{Loss, State};
pub use trace::{Cause, Change, Signal, TraceEvent};
