//! The engine's integration tests: exact results, determinism, conservation, accounting, whole stories. One binary of modules.

mod availability;
mod cascade;
mod determinism;
mod levels;
mod scenes;
mod services;
mod support;
mod temperatures;
