//! The window, the 3D picture, the panels. Reads projections of the twin, sends commands; owns no domain state.
//!
//! One frame: gather (projection → panel models) → draw (egui; idempotent) → apply (wishes → desk, twin, camera).

mod ask;
mod desk;
mod draft;
mod feed;
mod files;
#[cfg(test)]
mod fixture;
mod format;
mod frame;
mod keymap;
pub mod layout;
mod overlay;
#[cfg(test)]
mod panel_tests;
mod panels;
mod parts;
pub mod pictures;
pub mod preflight;
pub mod render;
pub mod scene;
pub mod script;
mod status;
mod table;
pub mod theme;
pub mod window;
