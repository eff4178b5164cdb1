//! Plantcast: a desktop 3D twin and scenario studio for industrial plants.
//!
//! The map. A module uses only lower layers (see `ARCHITECTURE.md`; enforced by `tests/architecture.rs`).

pub mod clock; // L0
pub mod document; // L0
pub mod rng; // L0
pub mod time; // L0
pub mod units; // L0

pub mod plant; // L1 WHAT the plant is

pub mod history; // L2 the store on disk: audit, outbox, events, samples
pub mod link; // L2 the outside world: MQTT, recordings, codec, command port
pub mod physics; // L2 packs on conveyors, a rigid-body world as a value
pub mod sim; // L2 HOW it evolves: state, events, allocation, failures, accounting, fork

pub mod estimate; // L3 telemetry to belief
pub mod scenario; // L3 the editor's document: disruptions and responses

pub mod forecast; // L4 paired ensembles and what they say

pub mod agent; // L5 one MDP per cell, proposals
pub mod emulator; // L5 the stand-in plant behind MQTT
pub mod fidelity; // L5 scores of the twin's own predictions

pub mod governance; // L6 nothing moves without it: gate, policy, signature, dispatch, audit

#[cfg(feature = "ecs")]
pub mod twin; // L7 the live runtime as Bevy plugins

pub mod report; // L8 the executive page, one HTML file

#[cfg(feature = "studio")]
pub mod studio; // L8 window, 3D, pictures

pub mod cli; // L9 the command line
