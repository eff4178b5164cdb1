//! The window, the 3D picture, the panels. Reads projections of the twin, sends commands; owns no domain state.

pub mod preflight;
pub mod render;
pub mod scene;
