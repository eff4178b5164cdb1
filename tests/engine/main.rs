//! The engine's integration tests: exact results, determinism, whole stories. One binary of modules.

mod scenes;
