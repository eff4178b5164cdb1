//! What lies over the 3D picture in the window: the scene's labels and legend, camera buttons, and a frame that
//! says "predicted" while a forecast is shown.
//!
//! Labels are the scene's own, so that pictures and window agree. Draws only; asks like any panel.

use super::{
    ask::Ask,
    format,
    panels::Source,
    parts::{self, Pen},
    scene::{
        Backdrop, PlantView, SceneCamera, Stage,
        overlay::{self, Caption},
    },
    theme::Scheme,
};
use bevy_egui::egui::{Rect, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};
use egui_phosphor::regular as icon;

/// The 3D picture as drawn last frame.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// Its camera.
    pub camera: &'a SceneCamera,
    /// What stands in it; `None` before the first frame.
    pub stage: Option<&'a Stage>,
    /// What it shows.
    pub view: &'a PlantView,
}

/// Draws everything over the viewport.
pub fn view(src: &Source<'_>, picture: Picture<'_>, rect: Rect, ui: &mut Ui, pen: &mut Pen<'_>) {
    let painter = ui.painter().with_clip_rect(rect);
    if let Some(stage) = picture.stage {
        let backdrop = if src.desk.scheme == Scheme::Dark { Backdrop::Dark } else { Backdrop::Light };
        let (title, subtitle) = predicted(src, picture.view.heat);
        let caption = Caption { title, subtitle, backdrop, ..Caption::default() };
        overlay::paint(&painter, picture.camera, stage, picture.view, &caption);
    }
    buttons_ui(src, rect, ui, pen);
    if picture.view.heat {
        painter.rect_stroke(rect, 0.0, Stroke::new(3.0, pen.palette.probability(0.75)), StrokeKind::Inside);
    }
}

/// Title and subtitle while a forecast is shown: a prediction must not be taken for the plant.
fn predicted(src: &Source<'_>, heat: bool) -> (String, String) {
    let Some(answer) = src.live.forecast.answer.as_ref().filter(|_| heat) else { return Default::default() };
    let plan = src.desk.alternative(answer).map_or("", |a| if a.id == "nothing" { "do nothing" } else { a.name.as_str() });
    (src.live.forecast.title.clone(), format!("PREDICTED  ·  {plan}  ·  {}", format::offset(src.desk.scrub.at)))
}

/// Camera buttons in the corner.
fn buttons_ui(src: &Source<'_>, rect: Rect, ui: &mut Ui, pen: &mut Pen<'_>) {
    let spot = Rect::from_min_size(pos2(rect.right() - 44.0, rect.top() + 10.0), vec2(34.0, 70.0));
    let mut corner = ui.new_child(UiBuilder::new().max_rect(spot).id_salt("camera-buttons"));
    if parts::icon_action(&mut corner, icon::CORNERS_OUT, "Show the whole plant (Home)") {
        pen.ask(Ask::Home);
    }
    if src.desk.selected.is_some() && parts::icon_action(&mut corner, icon::CROSSHAIR, "Frame the selection (F)") {
        pen.ask(Ask::Frame);
    }
}
