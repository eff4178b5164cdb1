//! Draws the 3D view smaller than it is shown, for software adapters: fragment work is what costs there.
//!
//! Keeps an image of the viewport's size times [`Quality::scale`], points the plant camera at it, and a clearing camera
//! at the real target in its place. Owns [`Apart`]; at scale 1, or without a viewport, it does nothing.

use super::{
    api::{Quality, SceneTarget, ViewportRect},
    stage::{PlantCamera, render_target},
};
use bevy::{
    camera::{RenderTarget, visibility::RenderLayers},
    prelude::*,
    render::render_resource::TextureFormat,
};
use bevy_egui::{EguiTextureHandle, EguiUserTextures, egui::TextureId};

/// The image that the 3D view is drawn to, while it is drawn apart.
#[derive(Resource, Default)]
pub(super) struct Apart {
    now: Option<(Handle<Image>, TextureId, UVec2, Entity)>,
}

impl Apart {
    /// Its texture in egui.
    pub fn texture(&self) -> Option<TextureId> {
        self.now.as_ref().map(|n| n.1)
    }
}

/// Size of the picture [px] for a viewport, or `None` when it is drawn in place.
fn wanted(quality: &Quality, rect: &ViewportRect) -> Option<UVec2> {
    let size = rect.0?.size() * quality.scale.clamp(0.25, 1.0);
    (quality.scale < 1.0 && size.min_element() >= 32.0).then(|| size.round().as_uvec2())
}

/// Follows the viewport's size and the quality.
pub(super) fn follow(
    quality: Res<Quality>,
    rect: Res<ViewportRect>,
    target: Res<SceneTarget>,
    textures: Option<ResMut<EguiUserTextures>>,
    mut apart: ResMut<Apart>,
    mut images: ResMut<Assets<Image>>,
    mut commands: Commands,
    cameras: Query<Entity, With<PlantCamera>>,
) {
    let Some(mut textures) = textures else { return };
    let want = wanted(&quality, &rect);
    if want == apart.now.as_ref().map(|n| n.2) {
        return;
    }
    if let Some((image, _, _, clearing)) = apart.now.take() {
        textures.remove_image(image.id());
        commands.entity(clearing).despawn();
    }
    let aim = match want {
        Some(size) => {
            let image = images.add(Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None));
            let texture = textures.add_image(EguiTextureHandle::Strong(image.clone()));
            let clearing = commands
                .spawn((
                    Name::new("Clears the window"),
                    Camera2d,
                    Camera { order: -1, ..default() },
                    RenderLayers::none(),
                    Msaa::Off,
                    render_target(&target),
                ))
                .id();
            apart.now = Some((image.clone(), texture, size, clearing));
            RenderTarget::Image(image.into())
        }
        None => render_target(&target),
    };
    for camera in &cameras {
        commands.entity(camera).insert(aim.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_adapters_draw_fewer_pixels() {
        let rect = ViewportRect(Some(Rect::new(100.0, 0.0, 900.0, 600.0)));
        assert_eq!(wanted(&Quality::GPU, &rect), None);
        assert_eq!(wanted(&Quality::CPU, &rect), Some(UVec2::new(480, 360)));
        assert_eq!(wanted(&Quality::CPU, &ViewportRect(None)), None);
    }
}
