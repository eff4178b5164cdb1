//! The engine's integration tests: exact results, determinism, conservation, accounting, whole stories. One binary of modules.

mod agent;
mod allocation;
mod availability;
mod bottling;
mod cascade;
mod controls;
mod coupled;
mod determinism;
mod fidelity;
mod forecast;
mod gate;
mod intervals;
mod levels;
mod lines;
mod parts;
mod profiles;
mod robust;
mod scenes;
mod services;
mod snapshot;
mod support;
mod temperatures;
