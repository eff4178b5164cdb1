//! The door of the scene: the resources others write, the messages it reads and writes.
//!
//! Writers: the window (or the headless renderer) owns [`SceneInput`], [`ViewportRect`], [`SceneTarget`] and
//! [`Quality`]; the scene writes [`SceneCamera`], [`AssetPicked`] and [`AssetHovered`].

use super::view::PlantView;
use crate::plant::{AssetId, Plant};
use bevy::{
    math::{Mat4, Rect, Vec2, Vec3},
    prelude::{Handle, Image, Message, Resource},
};
use bevy_egui::egui::TextureId;
use std::sync::Arc;

/// What to draw. Replace `plant` by another `Arc` and the scene is rebuilt; write `view` every frame at no cost.
#[derive(Resource, Clone)]
pub struct SceneInput {
    /// The plant, rebuilt when the pointer changes.
    pub plant: Arc<Plant>,
    /// The looks of its assets now.
    pub view: PlantView,
}

/// The hole in the panels that shows the plant, in logical points of the window; `None`: the whole target.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq)]
pub struct ViewportRect(pub Option<Rect>);

/// Where the 3D camera draws: an image, or the primary window.
#[derive(Resource, Clone, Debug, Default)]
pub struct SceneTarget(pub Option<Handle<Image>>);

/// Materials and light.
#[derive(Resource, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Grey and calm: colour only for what is abnormal or predicted.
    #[default]
    Operator,
    /// Materials of the real things, for showing.
    Presentation,
}

/// Brightness of the surroundings.
#[derive(Resource, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backdrop {
    /// For slides and offices.
    #[default]
    Light,
    /// For control rooms.
    Dark,
}

/// What the picture may cost.
#[derive(Resource, Clone, Copy, PartialEq, Debug)]
pub struct Quality {
    /// Samples per pixel: 1, 2, 4 or 8.
    pub msaa: u32,
    /// Side of the shadow map [px]; 0: no shadows.
    pub shadow_px: usize,
    /// Soft darkening of corners.
    pub ambient_occlusion: bool,
    /// Depth first: saves fragment work on a software adapter.
    pub depth_prepass: bool,
    /// Light from the surroundings instead of a constant.
    pub sky_light: bool,
    /// Pixels of the 3D view per pixel of the viewport, 0.25..=1; below 1 it is drawn apart and enlarged
    /// ([`SceneCamera::texture`]), with text still sharp.
    pub scale: f32,
    /// The same once the picture rests; above 1 edges become smooth. Only where it is drawn apart.
    pub fine_scale: f32,
}

impl Quality {
    /// For a window on this kind of adapter.
    pub fn for_adapter(software: bool) -> Quality {
        if software { Quality::CPU } else { Quality::GPU }
    }

    /// For still pictures, whatever the adapter.
    pub const STILL: Quality =
        Quality { msaa: 4, shadow_px: 4096, ambient_occlusion: false, depth_prepass: false, sky_light: true, scale: 1.0, fine_scale: 1.0 };
    /// For a window on a graphics card.
    pub const GPU: Quality =
        Quality { msaa: 4, shadow_px: 4096, ambient_occlusion: false, depth_prepass: false, sky_light: true, scale: 1.0, fine_scale: 1.0 };
    /// For a window on a software adapter.
    pub const CPU: Quality =
        Quality { msaa: 1, shadow_px: 2048, ambient_occlusion: false, depth_prepass: true, sky_light: false, scale: 0.6, fine_scale: 1.6 };
}

/// The user clicked in the viewport: on an asset, or on nothing.
#[derive(Message, Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssetPicked {
    /// What; `None`: the floor or the sky.
    pub asset: Option<AssetId>,
    /// Ctrl or Cmd was held: add to the selection.
    pub additive: bool,
}

/// The asset under the pointer changed.
#[derive(Message, Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssetHovered(pub Option<AssetId>);

/// Move the camera (smoothly unless `at_once`).
#[derive(Message, Clone, PartialEq, Debug)]
pub enum LookAt {
    /// The whole plant.
    Home,
    /// From the front (−z direction), whole plant.
    Front,
    /// From the right.
    Right,
    /// From above.
    Top,
    /// These assets fill the view.
    Assets(Vec<AssetId>),
    /// A saved view of the plant by its position in `Plant::views`.
    Saved(usize),
}

/// The 3D camera as drawn last frame: what overlays need to place text.
#[derive(Resource, Clone, Copy, Debug)]
pub struct SceneCamera {
    /// World to clip space.
    pub clip_from_world: Mat4,
    /// Where it stands [m].
    pub eye_m: Vec3,
    /// The viewport in logical points of the window or image.
    pub rect: Rect,
    /// The enlarged picture, when the 3D view is drawn apart; [`super::overlay::paint`] lays it under the labels.
    pub texture: Option<TextureId>,
}

impl Default for SceneCamera {
    fn default() -> Self {
        SceneCamera { clip_from_world: Mat4::IDENTITY, eye_m: Vec3::ZERO, rect: Rect::new(0.0, 0.0, 1.0, 1.0), texture: None }
    }
}

impl SceneCamera {
    /// Where a point of the plant [m] is on the screen [logical points]; `None` behind the camera or outside the viewport.
    pub fn project(&self, at_m: Vec3) -> Option<Vec2> {
        let clip = self.clip_from_world * at_m.extend(1.0);
        if clip.w <= 1e-3 {
            return None;
        }
        let ndc = clip.truncate() / clip.w;
        let p = Vec2::new(self.rect.min.x + (ndc.x * 0.5 + 0.5) * self.rect.width(), self.rect.min.y + (0.5 - ndc.y * 0.5) * self.rect.height());
        self.rect.contains(p).then_some(p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projection_maps_the_centre_to_the_middle_of_the_viewport() {
        let rect = Rect::new(100.0, 50.0, 500.0, 350.0);
        let view = Mat4::look_at_rh(Vec3::new(0.0, 5.0, 10.0), Vec3::ZERO, Vec3::Y);
        let proj = Mat4::perspective_infinite_reverse_rh(0.6, 4.0 / 3.0, 0.1);
        let cam = SceneCamera { clip_from_world: proj * view, eye_m: Vec3::new(0.0, 5.0, 10.0), rect, texture: None };
        let p = cam.project(Vec3::ZERO).expect("in front");
        assert!((p - rect.center()).length() < 1e-3, "{p}");
        assert!(cam.project(Vec3::new(1.0, 0.0, 0.0)).expect("in front").x > p.x);
        assert_eq!(cam.project(Vec3::new(0.0, 10.0, 20.0)), None);
    }
}
