//! The stand-in plant behind MQTT: what the twin watches when no real plant is at hand.
//!
//! ```text
//!   hidden parameters ─► sim::Engine, advanced to the plant clock ─► sensors (lag, noise, span) ─► telemetry
//!   interventions ─────►        ▲                                                          
//!   commands ─► desk (checks, acknowledges) ─► actuators (delay, stiction) ┘
//! ```
//!
//! Owns its parameters, its disturbances and its connection ([`crate::link::Publisher`]). It runs on a thread of its own, shares
//! nothing with the twin but the broker and the clock, and is deliberately unlike the twin's model:
//!
//! | what the model lacks | where | size |
//! |---|---|---|
//! | other parameters: rates, capacities, demands, thermal constants, repair, start and failure times | `hidden` | 2 to 15 % |
//! | first-order sensor lag | `sensors` | 1 to 8 s, temperatures 5 to 25 s |
//! | measurement noise, low-flow cut-off, saturation at the span | `sensors` | the contract's σ |
//! | actuator delay | `desk` | 0.5 to 3 s of plant time |
//! | stiction of set-points: a dead band that a small step does not overcome and a large one falls short by half of | `desk` | 1 to 3 % |
//! | fouling of chillers, cooling towers, condensers and exchangers over time | `disturbance` | up to 5 % of capacity in a day |
//! | micro-stops of packaging machines | `disturbance` | 10 to 45 s, every 40 min or so per machine |
//!
//! *Invariant:* a command that is retained, replayed, expired, fenced or malformed is never executed, and counted.

mod desk;
mod disturbance;
mod floor;
mod hidden;
mod sensors;

pub use desk::{DeskCounts, Refusal};
pub use floor::{EmulatorCounts, EmulatorError, EmulatorHandle, EmulatorOptions, start};
pub use hidden::hidden;
