//! The engine against exact results, and the properties that make it trustworthy: determinism, conservation, accounting.

mod availability;
mod cascade;
mod determinism;
mod levels;
mod services;
mod support;
mod temperatures;
