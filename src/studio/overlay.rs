//! What lies over the 3D picture: asset labels without clutter, the legend of probabilities, what is being shown.
//!
//! Placing is pure and tested; drawing reads the scene's camera and the desk. Invariant: two labels never overlap,
//! and the selection's label is always shown.

use super::{
    ask::Ask,
    format,
    panels::Source,
    parts::{self, Pen},
    scene::SceneCamera,
    status,
    theme::Tone,
};
use crate::plant::AssetId;
use bevy::math::Vec3;
use bevy_egui::egui::{self, Align2, Color32, FontId, Frame, Margin, Rect, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};
use egui_phosphor::regular as icon;

/// Labels at most: more would hide the plant.
const LABELS: usize = 42;
/// Distance beyond which ordinary assets lose their label [m].
const FAR_M: f32 = 75.0;

/// A label that wants a place.
#[derive(Clone, PartialEq, Debug)]
pub struct Label {
    /// Whose.
    pub asset: AssetId,
    /// Point it belongs to [points].
    pub at: egui::Pos2,
    /// Text.
    pub text: String,
    /// Meaning of its edge.
    pub tone: Tone,
    /// Larger is placed first.
    weight: f32,
}

/// Labels in order of importance: selection, hovered, what is abnormal or probable, then by nearness.
pub fn labels(src: &Source<'_>, camera: &SceneCamera) -> Vec<Label> {
    let answer = src.live.forecast.answer.as_ref().filter(|_| src.desk.scrub.heat);
    let impacts = answer.and_then(|f| src.desk.alternative(f).map(|a| (a, src.desk.grid_index(f))));
    let mut out: Vec<Label> = src
        .plant
        .asset_ids()
        .filter_map(|id| {
            let a = src.plant.asset(id);
            let [x, y, z] = a.pose.position_m;
            let top = Vec3::new(x as f32, (y + a.body.size_m[1]) as f32 + 0.3, z as f32);
            let p = camera.project(top)?;
            let near = 1.0 - (top.distance(camera.eye_m) / FAR_M).min(1.0);
            let probability = impacts.and_then(|(alt, at)| alt.impacts.iter().find(|i| i.asset == id)?.by_time.get(at).copied()).filter(|p| *p > 0.005);
            let mode = src.live.assets.get(id.index()).map(|v| v.mode);
            let abnormal = mode.is_some_and(status::is_abnormal);
            let chosen = src.desk.selected == Some(id) || src.desk.hovered == Some(id);
            if near <= 0.0 && !chosen && !abnormal && probability.is_none() {
                return None;
            }
            let weight = if chosen { 100.0 } else if let Some(p) = probability { 20.0 + p * 10.0 } else if abnormal && answer.is_none() { 30.0 } else { near };
            let (text, tone) = words(src, id, mode, probability, chosen, answer.is_some());
            Some(Label { asset: id, at: pos2(p.x, p.y), text, tone, weight })
        })
        .collect();
    out.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.asset.cmp(&b.asset)));
    out.truncate(LABELS);
    out
}

fn words(src: &Source<'_>, id: AssetId, mode: Option<crate::sim::Mode>, probability: Option<f32>, chosen: bool, heat: bool) -> (String, Tone) {
    let a = src.plant.asset(id);
    let name = if chosen { format!("{}  {}", a.id, a.name) } else { a.id.clone() };
    if let Some(p) = probability {
        return (format!("{name}  {}", format::percent(f64::from(p))), Tone::Probability(p));
    }
    match mode {
        Some(m) if status::is_abnormal(m) && !heat => {
            let (icon, word, tone) = status::mode(m);
            (format!("{icon} {name}  {word}"), tone)
        }
        _ => (name, if chosen { Tone::Accent } else { Tone::Plain }),
    }
}

/// Places boxes of these sizes above their points, most important first; what does not fit is left out.
pub fn place(wishes: &[(egui::Pos2, egui::Vec2)], area: Rect) -> Vec<Option<Rect>> {
    let mut used: Vec<Rect> = Vec::new();
    wishes
        .iter()
        .map(|(at, size)| {
            let tries = [(0.0, -1.0), (-0.45, -1.0), (0.45, -1.0), (0.0, -2.1), (0.0, 1.2)];
            let boxes = tries.iter().map(|(dx, dy)| Rect::from_center_size(pos2(at.x + dx * size.x, at.y + dy * (size.y * 0.5 + 6.0)), *size));
            let free = boxes.into_iter().find(|b| area.contains_rect(*b) && used.iter().all(|u| !u.expand(2.0).intersects(*b)))?;
            used.push(free);
            Some(free)
        })
        .collect()
}

/// Draws everything over the viewport.
pub fn view(src: &Source<'_>, camera: &SceneCamera, rect: Rect, ui: &mut Ui, pen: &mut Pen<'_>) {
    let painter = ui.painter().with_clip_rect(rect);
    let wanted = labels(src, camera);
    let font = FontId::proportional(12.0);
    let galleys: Vec<_> = wanted.iter().map(|l| painter.layout_no_wrap(l.text.clone(), font.clone(), Color32::PLACEHOLDER)).collect();
    let sizes: Vec<_> = wanted.iter().zip(&galleys).map(|(l, g)| (l.at, g.size() + vec2(12.0, 4.0))).collect();
    let area = rect.shrink(6.0);
    for ((label, galley), spot) in wanted.iter().zip(galleys).zip(place(&sizes, area)) {
        let Some(spot) = spot else { continue };
        let (fill, text, edge) = match label.tone {
            Tone::Probability(p) => (pen.palette.probability(p), pen.palette.on_probability(p), pen.palette.probability(1.0)),
            Tone::Plain => (pen.palette.panel.gamma_multiply(0.82), pen.palette.tone(Tone::Plain), pen.palette.line),
            tone => (pen.palette.wash(tone), pen.palette.tone(Tone::Strong), pen.palette.tone(tone)),
        };
        painter.line_segment([spot.center_bottom(), label.at], Stroke::new(1.0, edge.gamma_multiply(0.7)));
        painter.rect(spot, 3.0, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
        painter.galley_with_override_text_color(spot.min + vec2(6.0, 2.0), galley, text);
    }
    buttons_ui(src, rect, ui, pen);
    if src.desk.scrub.heat && src.live.forecast.answer.is_some() {
        predicted_ui(src, rect, ui, pen);
    }
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

/// A frame, a title and a legend: a prediction must not be taken for the plant.
fn predicted_ui(src: &Source<'_>, rect: Rect, ui: &mut Ui, pen: &mut Pen<'_>) {
    let Some(answer) = &src.live.forecast.answer else { return };
    let colour = pen.palette.probability(0.7);
    ui.painter().rect_stroke(rect.shrink(1.0), 0.0, Stroke::new(2.0, colour), StrokeKind::Inside);
    let plan = src.desk.alternative(answer).map_or("", |a| if a.id == "nothing" { "Do nothing" } else { a.name.as_str() });
    let text = format!("PREDICTED  {}   ·   {plan}   ·   {}", src.live.forecast.title, format::offset(src.desk.scrub.at));
    let galley = ui.painter().layout_no_wrap(text, FontId::proportional(13.0), pen.palette.on_probability(0.9));
    let tag = Rect::from_min_size(rect.min + vec2(2.0, 2.0), galley.size() + vec2(20.0, 8.0));
    ui.painter().rect_filled(tag, 0.0, pen.palette.probability(0.9));
    ui.painter().galley(tag.min + vec2(10.0, 4.0), galley, Color32::WHITE);
    legend_ui(rect, ui, pen);
}

fn legend_ui(rect: Rect, ui: &mut Ui, pen: &Pen<'_>) {
    let spot = Rect::from_min_size(pos2(rect.left() + 12.0, rect.bottom() - 62.0), vec2(252.0, 50.0));
    let mut legend = ui.new_child(UiBuilder::new().max_rect(spot).id_salt("legend"));
    Frame::new().fill(pen.palette.panel.gamma_multiply(0.9)).corner_radius(4).inner_margin(Margin::symmetric(10, 6)).show(&mut legend, |ui| {
        ui.set_width(230.0);
        ui.label(pen.small("Probability of an impact by this time", Tone::Plain));
        let (bar, _) = ui.allocate_exact_size(vec2(230.0, 8.0), egui::Sense::hover());
        const STEPS: usize = 46;
        for i in 0..STEPS {
            let part = Rect::from_min_size(pos2(bar.left() + bar.width() * i as f32 / STEPS as f32, bar.top()), vec2(bar.width() / STEPS as f32 + 0.5, bar.height()));
            ui.painter().rect_filled(part, 0.0, pen.palette.probability((i as f32 + 0.5) / STEPS as f32));
        }
        let (line, _) = ui.allocate_exact_size(vec2(230.0, 11.0), egui::Sense::hover());
        for (p, align) in [(0.0, Align2::LEFT_CENTER), (0.25, Align2::CENTER_CENTER), (0.5, Align2::CENTER_CENTER), (0.75, Align2::CENTER_CENTER), (1.0, Align2::RIGHT_CENTER)] {
            let at = pos2(bar.left() + bar.width() * p, line.center().y);
            ui.painter().text(at, align, format!("{:.0} %", p * 100.0), FontId::proportional(10.5), pen.palette.tone(Tone::Weak));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_overlap_and_stay_inside() {
        let area = Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0));
        let wishes: Vec<_> = (0..80).map(|i| (pos2((i * 37 % 400) as f32, (i * 53 % 300) as f32), vec2(60.0, 18.0))).collect();
        let placed: Vec<Rect> = place(&wishes, area).into_iter().flatten().collect();
        assert!(placed.len() > 20 && placed.len() < 80, "{}", placed.len());
        for (i, a) in placed.iter().enumerate() {
            assert!(area.contains_rect(*a));
            assert!(placed[i + 1..].iter().all(|b| !a.intersects(*b)));
        }
    }
}
