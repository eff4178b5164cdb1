//! Draws the 3D view apart from the window, for software adapters: fragment work is what costs there.
//!
//! Two images of the viewport: a *quick* one of fewer pixels while something moves, a *fine* one of more pixels than are
//! shown (smooth edges) once the picture rests; at rest the camera sleeps between refreshes. Owns [`Apart`]; at scale 1, or
//! without a viewport, it does nothing. Invariant: an image is shown only after it was drawn.

use super::{
    api::{Backdrop, Quality, SceneInput, SceneTarget, Style, ViewportRect},
    camera::Flight,
    rig::Rig,
    stage::{PlantCamera, render_target},
    view::PlantView,
};
use bevy::{
    camera::{RenderTarget, visibility::RenderLayers},
    ecs::system::SystemParam,
    prelude::*,
    render::render_resource::TextureFormat,
    time::Real,
};
use bevy_egui::{EguiTextureHandle, EguiUserTextures, egui::TextureId};

/// Pixels of the fine image, at most.
const FINE_PIXELS: f32 = 3.0e6;
/// The picture rests when nothing moved for so long [s].
const REST_S: f32 = 0.4;
/// While it rests, a change of states, colours or selection is drawn at most so often [s].
const CHANGE_S: f32 = 0.2;
/// While it rests, what moves by itself (packs on belts) is drawn anew so often [s].
const REFRESH_S: f32 = 1.5;
/// Everything is drawn anew at least so often [s]: bodies and pipelines may arrive late.
const RENEW_S: f32 = 5.0;
/// Frames until a new image is sure to be on the card.
const SETTLE: u32 = 3;

/// An image that the 3D view is drawn to.
struct Canvas {
    image: Handle<Image>,
    texture: TextureId,
    size: UVec2,
}

/// What is drawn in a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Draw {
    Quick,
    Fine,
    Nothing,
}

/// When to draw what. Pure.
#[derive(Default)]
struct Pace {
    still_s: f32,
    since_s: f32,
    quick: u32,
    fine: u32,
    stale: Option<f32>,
}

/// What happened since the last frame, the weightiest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum News {
    /// Nothing.
    None,
    /// What moves by itself moved.
    Drifted,
    /// A state, a colour, the selection.
    Changed,
    /// The camera or the viewport.
    Moved,
}

impl Pace {
    /// A frame.
    fn step(&mut self, dt_s: f32, news: News) -> Draw {
        self.still_s = if news == News::Moved { 0.0 } else { self.still_s + dt_s };
        if self.still_s < REST_S {
            (self.fine, self.since_s) = (0, 0.0);
            self.quick = self.quick.saturating_add(1);
            return Draw::Quick;
        }
        self.quick = 0;
        self.since_s += dt_s;
        let wait_s = match news {
            News::None | News::Moved => RENEW_S,
            News::Drifted => REFRESH_S,
            News::Changed => CHANGE_S,
        };
        let wait_s = self.stale.map_or(wait_s, |w| w.min(wait_s));
        self.stale = Some(wait_s);
        if self.fine < SETTLE || self.since_s >= wait_s {
            (self.since_s, self.stale) = (0.0, None);
            self.fine = self.fine.saturating_add(1);
            return Draw::Fine;
        }
        Draw::Nothing
    }

    /// Whether the fine image is the one to look at: it is drawn, or the quick one is not yet.
    fn shows_fine(&self) -> bool {
        if self.quick > 0 { self.quick < SETTLE } else { self.fine >= SETTLE }
    }
}

/// The images, while the 3D view is drawn apart.
#[derive(Resource, Default)]
pub(super) struct Apart {
    quick: Option<Canvas>,
    fine: Option<Canvas>,
    clearing: Option<Entity>,
    pace: Pace,
    aimed: Option<AssetId<Image>>,
    last: Option<(Rig, PlantView)>,
}

impl Apart {
    /// The texture to show, in egui.
    pub fn texture(&self) -> Option<TextureId> {
        let fine = self.fine.as_ref().filter(|_| self.pace.shows_fine());
        fine.or(self.quick.as_ref()).map(|c| c.texture)
    }

    /// What is new in the picture.
    fn news(&mut self, rig: &Rig, view: &PlantView) -> News {
        let Some((was, seen)) = &mut self.last else {
            self.last = Some((*rig, view.clone()));
            return News::Moved;
        };
        let news = match (was == rig, same_but_packs(seen, view), seen.packs == view.packs) {
            (false, _, _) => News::Moved,
            (true, false, _) => News::Changed,
            (true, true, false) => News::Drifted,
            (true, true, true) => News::None,
        };
        if news > News::None {
            (*was, *seen) = (*rig, view.clone());
        }
        news
    }
}

fn same_but_packs(a: &PlantView, b: &PlantView) -> bool {
    a.heat == b.heat && a.causes == b.causes && a.assets.len() == b.assets.len() && a.assets.iter().zip(&b.assets).all(|(x, y)| x.looks_like(y))
}

/// Size of the quick picture [px] for a viewport, or `None` when it is drawn in place.
fn wanted(quality: &Quality, rect: &ViewportRect) -> Option<UVec2> {
    let size = rect.0?.size() * quality.scale.clamp(0.25, 1.0);
    (quality.scale < 1.0 && size.min_element() >= 32.0).then(|| size.round().as_uvec2())
}

/// Size of the fine picture [px].
fn wanted_fine(quality: &Quality, rect: &ViewportRect) -> Option<UVec2> {
    wanted(quality, rect)?;
    let size = rect.0?.size();
    let most = (FINE_PIXELS / (size.x * size.y)).sqrt();
    Some((size * quality.fine_scale.min(most).max(quality.scale)).round().as_uvec2())
}

/// What decides whether the picture rests.
#[derive(SystemParam)]
pub(super) struct Seen<'w> {
    time: Res<'w, Time<Real>>,
    flight: Res<'w, Flight>,
    input: Res<'w, SceneInput>,
    style: Res<'w, Style>,
    backdrop: Res<'w, Backdrop>,
}

/// Follows the viewport's size and the quality, and paces the camera.
pub(super) fn follow(
    quality: Res<Quality>,
    rect: Res<ViewportRect>,
    target: Res<SceneTarget>,
    textures: Option<ResMut<EguiUserTextures>>,
    seen: Seen,
    mut apart: ResMut<Apart>,
    mut images: ResMut<Assets<Image>>,
    mut commands: Commands,
    mut cameras: Query<(Entity, &mut Camera, &mut Projection), With<PlantCamera>>,
) {
    let Some(mut textures) = textures else { return };
    let (quick, fine) = (wanted(&quality, &rect), wanted_fine(&quality, &rect));
    let resized = resize(&mut apart.quick, quick, &mut textures, &mut images) | resize(&mut apart.fine, fine, &mut textures, &mut images);
    if quick.is_none() {
        if resized {
            leave(&mut apart, &target, &mut commands, &mut cameras);
        }
        return;
    }
    if apart.clearing.is_none() {
        apart.clearing = Some(clearing_camera(&target, &mut commands));
    }
    let news = apart.news(&seen.flight.now, &seen.input.view);
    let other = resized || seen.style.is_changed() || seen.backdrop.is_changed() || quality.is_changed();
    let draw = apart.pace.step(seen.time.delta_secs(), if other { News::Moved } else { news });
    let canvas = if draw == Draw::Quick { &apart.quick } else { &apart.fine };
    let Some(image) = canvas.as_ref().map(|c| c.image.clone()) else { return };
    let turn = apart.aimed != Some(image.id());
    apart.aimed = Some(image.id());
    for (entity, mut camera, mut projection) in &mut cameras {
        if turn {
            commands.entity(entity).insert(RenderTarget::Image(image.clone().into()));
            // Bevy looks at the size of a camera's target when the projection changes, not when the target does
            projection.set_changed();
        }
        let awake = draw != Draw::Nothing;
        if camera.is_active != awake {
            camera.is_active = awake;
        }
    }
}

/// Makes a canvas fit; says whether it changed.
fn resize(canvas: &mut Option<Canvas>, want: Option<UVec2>, textures: &mut EguiUserTextures, images: &mut Assets<Image>) -> bool {
    if want == canvas.as_ref().map(|c| c.size) {
        return false;
    }
    if let Some(old) = canvas.take() {
        textures.remove_image(old.image.id());
    }
    *canvas = want.map(|size| {
        let image = images.add(Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None));
        let texture = textures.add_image(EguiTextureHandle::Strong(image.clone()));
        Canvas { image, texture, size }
    });
    true
}

/// Back to drawing in place.
fn leave(
    apart: &mut Apart,
    target: &SceneTarget,
    commands: &mut Commands,
    cameras: &mut Query<(Entity, &mut Camera, &mut Projection), With<PlantCamera>>,
) {
    if let Some(clearing) = apart.clearing.take() {
        commands.entity(clearing).despawn();
    }
    *apart = Apart::default();
    for (entity, mut camera, mut projection) in cameras {
        camera.is_active = true;
        projection.set_changed();
        commands.entity(entity).insert(render_target(target));
    }
}

fn clearing_camera(target: &SceneTarget, commands: &mut Commands) -> Entity {
    let camera = Camera { order: -1, ..default() };
    commands.spawn((Name::new("Clears the window"), Camera2d, camera, RenderLayers::none(), Msaa::Off, render_target(target))).id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_adapters_draw_fewer_pixels_in_motion_and_more_at_rest() {
        let rect = ViewportRect(Some(Rect::new(100.0, 0.0, 900.0, 600.0)));
        assert_eq!((wanted(&Quality::GPU, &rect), wanted_fine(&Quality::GPU, &rect)), (None, None));
        assert_eq!(wanted(&Quality::CPU, &rect), Some(UVec2::new(480, 360)));
        let fine = wanted_fine(&Quality::CPU, &rect).expect("apart");
        assert!(fine.x > 800 && fine.y > 600, "{fine}");
        let huge = wanted_fine(&Quality::CPU, &ViewportRect(Some(Rect::new(0.0, 0.0, 3840.0, 2160.0)))).expect("apart");
        assert!((huge.x * huge.y) as f32 <= FINE_PIXELS * 2.0, "{huge}: a large window may not stall a software adapter");
        assert_eq!(wanted(&Quality::CPU, &ViewportRect(None)), None);
    }

    #[test]
    fn motion_is_quick_rest_is_fine_and_then_the_camera_sleeps() {
        let mut p = Pace::default();
        let mut frames = |n: usize, news: News| -> Vec<Draw> { (0..n).map(|_| p.step(0.1, news)).collect() };
        assert!(frames(5, News::Moved).iter().all(|d| *d == Draw::Quick));
        let after = frames(10, News::None);
        assert_eq!(&after[..3], [Draw::Quick; 3]);
        assert_eq!(&after[3..6], [Draw::Fine; 3]);
        assert_eq!(&after[6..], [Draw::Nothing; 4]);
        // packs on belts: now and then
        let drift = frames(30, News::Drifted);
        let drawn = drift.iter().filter(|d| **d == Draw::Fine).count();
        assert!((1..=3).contains(&drawn), "{drift:?}");
        // a new colour: soon, and never coarse
        let changed = [frames(1, News::Changed), frames(2, News::None)].concat();
        assert!(changed.contains(&Draw::Fine) && !changed.contains(&Draw::Quick), "{changed:?}");
        assert_eq!(frames(1, News::Moved), [Draw::Quick]);
    }

    #[test]
    fn an_image_is_shown_only_after_it_was_drawn() {
        let mut p = Pace::default();
        assert!((0..20).all(|_| {
            p.step(0.1, News::Moved);
            p.quick < SETTLE || !p.shows_fine()
        }));
        for _ in 0..20 {
            let draw = p.step(0.1, News::None);
            assert!(draw != Draw::Fine || p.fine >= SETTLE || !p.shows_fine());
        }
        assert!(p.shows_fine());
        p.step(0.1, News::Moved);
        assert!(p.shows_fine(), "the quick image is one frame old and shows what was there before");
    }
}
