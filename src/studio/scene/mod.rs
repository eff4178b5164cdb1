//! The plant in 3D. Reads [`SceneInput`], draws it, says what was picked; owns no domain state.
//!
//! Pure parts (no ECS, tested without a GPU): `view` (what is shown), `model` (where things stand), `route` (pipes),
//! `kit` (silhouettes), `rig` (camera mathematics), `label` (placing text). The same plugin serves the window and
//! the headless renderer.

mod api;
mod view;

pub use api::{AssetHovered, AssetPicked, Backdrop, LookAt, Quality, SceneCamera, SceneInput, SceneTarget, Style, ViewportRect};
pub use view::{AssetLook, Badge, CauseArc, PackLook, PlantView, Status};
