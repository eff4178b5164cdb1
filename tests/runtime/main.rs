//! The live runtime on real parts: embedded broker, stand-in plant, twin, governance. One binary of modules.

mod story;
mod support;
