//! Draws the timeline and turns drags into wishes.

use super::model::{Block, Model, PAST_SHARE};
use crate::scenario::ScenarioEdit;
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    theme::Tone,
};
use crate::time::Span;
use bevy_egui::egui::{
    Align2, CursorIcon, FontId, Id, Mesh, Pos2, Rangef, Rect, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, pos2, vec2,
};
use egui_phosphor::regular as icon;

/// Draws the timeline in the remaining space.
pub fn view(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal_centered(|ui| {
        ui.vertical(|ui| {
            ui.set_width(76.0);
            ui.horizontal(|ui| {
                let can = model.scrub.is_some();
                ui.add_enabled_ui(can, |ui| {
                    let (sign, name) = if model.playing { (icon::PAUSE, "Pause the wave (Space)") } else { (icon::PLAY, "Play the wave (Space)") };
                    if parts::icon_action(ui, sign, name) {
                        pen.ask(Ask::Play(!model.playing));
                    }
                    let (sign, name) =
                        if model.heat { (icon::EYE, "Hide predicted impacts (H)") } else { (icon::EYE_SLASH, "Show predicted impacts (H)") };
                    if parts::icon_action(ui, sign, name) {
                        pen.ask(Ask::Heat(!model.heat));
                    }
                });
            });
            let text = model.scrub.as_ref().map_or("no forecast", |s| s.1.as_str());
            ui.label(pen.text(text, if model.scrub.is_some() { Tone::Strong } else { Tone::Weak }));
        });
        strip_ui(model, ui, pen);
    });
}

fn strip_ui(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    let size = vec2(ui.available_width() - 8.0, ui.available_height().max(58.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, model.scrub.is_some(), "Timeline: past, now, predicted"));
    let lane = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 16.0));
    let x = |share: f64| lane.left() + lane.width() * share as f32;
    background_ui(model, lane, ui, pen);
    for (at, text) in &model.ticks {
        let align = if *at == 0.0 {
            Align2::LEFT_CENTER
        } else if *at > 0.98 {
            Align2::RIGHT_CENTER
        } else {
            Align2::CENTER_CENTER
        };
        ui.painter().vline(x(*at), Rangef::new(lane.bottom() - 4.0, lane.bottom()), Stroke::new(1.0, pen.palette.tone(Tone::Weak)));
        ui.painter().text(pos2(x(*at), rect.bottom() - 7.0), align, text, FontId::proportional(11.0), pen.palette.tone(Tone::Weak));
    }
    for mark in &model.marks {
        let spot = Rect::from_center_size(pos2(x(mark.x), lane.top() + 10.0), vec2(8.0, 16.0));
        ui.painter().vline(spot.center().x, spot.y_range(), Stroke::new(2.0, pen.palette.tone(mark.tone)));
    }
    if let Some(text) = response.hover_pos().and_then(|p| near(model, (p.x - lane.left()) / lane.width())) {
        response.clone().on_hover_text(text);
    }
    if (response.dragged() || response.clicked())
        && let Some(p) = response.interact_pointer_pos()
    {
        pen.ask(Ask::Scrub(model.span_at(f64::from((p.x - lane.left()) / lane.width()))));
    }
    for (row, block) in model.blocks.iter().enumerate() {
        block_ui(model, block, row.min(1), lane, ui, pen);
    }
    cursor_ui(model, lane, ui, pen);
}

/// Text of the marks near a position.
fn near(model: &Model, share: f32) -> Option<String> {
    let close: Vec<&str> = model.marks.iter().filter(|m| (m.x - f64::from(share)).abs() < 0.004).take(6).map(|m| m.text.as_str()).collect();
    (!close.is_empty()).then(|| close.join("\n"))
}

/// Past and predicted look different: plain against hatched, with the wave of impacts.
fn background_ui(model: &Model, lane: Rect, ui: &Ui, pen: &Pen<'_>) {
    let split = lane.left() + lane.width() * PAST_SHARE as f32;
    let past = Rect::from_min_max(lane.min, pos2(split, lane.bottom()));
    let ahead = Rect::from_min_max(pos2(split, lane.top()), lane.max);
    let painter = ui.painter().with_clip_rect(lane);
    painter.rect_filled(past, 3.0, pen.palette.raised);
    painter.rect_filled(ahead, 3.0, pen.palette.field);
    let mut hatch = ahead.left() - ahead.height();
    while hatch < ahead.right() {
        let line = [pos2(hatch, ahead.bottom()), pos2(hatch + ahead.height(), ahead.top())];
        painter.with_clip_rect(ahead).line_segment(line, Stroke::new(1.0, pen.palette.raised.gamma_multiply(0.6)));
        hatch += 10.0;
    }
    let top = model.wave.iter().map(|w| w.1).fold(0.05f32, f32::max);
    let mut hill = Mesh::default();
    let colour = pen.palette.probability(0.55).gamma_multiply(0.55);
    for (i, (x, y)) in model.wave.iter().enumerate() {
        let x = lane.left() + lane.width() * *x as f32;
        hill.colored_vertex(pos2(x, lane.bottom()), colour);
        hill.colored_vertex(pos2(x, lane.bottom() - (y / top) * (lane.height() - 22.0)), colour);
        if i > 0 {
            let k = 2 * i as u32;
            hill.add_triangle(k - 2, k - 1, k);
            hill.add_triangle(k - 1, k, k + 1);
        }
    }
    painter.add(Shape::mesh(hill));
    let small = FontId::proportional(10.5);
    painter.text(past.left_bottom() + vec2(6.0, -8.0), Align2::LEFT_CENTER, "past", small.clone(), pen.palette.tone(Tone::Weak));
    painter.text(pos2(split + 6.0, lane.bottom() - 8.0), Align2::LEFT_CENTER, &model.start_text, small.clone(), pen.palette.tone(Tone::Weak));
    painter.text(lane.right_bottom() + vec2(-6.0, -8.0), Align2::RIGHT_CENTER, "predicted", small, pen.palette.tone(Tone::Weak));
    painter.vline(split, lane.y_range(), Stroke::new(1.5, pen.palette.tone(Tone::Strong)));
    if let Some(now) = model.now_x {
        painter.vline(lane.left() + lane.width() * now as f32, lane.y_range(), Stroke::new(1.0, pen.palette.tone(Tone::Accent)));
    }
}

fn block_ui(model: &Model, block: &Block, row: usize, lane: Rect, ui: &mut Ui, pen: &mut Pen<'_>) {
    let x = |share: f64| lane.left() + lane.width() * share as f32;
    let top = lane.top() + 3.0 + 20.0 * row as f32;
    let rect = Rect::from_min_max(pos2(x(block.x[0]), top), pos2(x(block.x[1]).max(x(block.x[0]) + 14.0), top + 18.0));
    let fixed = block.id.is_empty();
    let response = ui.interact(rect, Id::new(("block", &block.id, row)), if fixed { Sense::hover() } else { Sense::click_and_drag() });
    let response = if fixed { response } else { response.on_hover_cursor(CursorIcon::ResizeHorizontal) };
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, format!("Disruption: {}", block.text)));
    let edge = pen.palette.tone(if response.hovered() || response.dragged() { Tone::Strong } else { Tone::Notice });
    let fill = pen.palette.wash(Tone::Notice);
    let painter = ui.painter().with_clip_rect(lane);
    if block.open {
        fade(&painter, rect, fill);
    } else {
        painter.rect_filled(rect, 3.0, fill);
        painter.rect_stroke(rect, 3.0, Stroke::new(1.0, edge), StrokeKind::Inside);
    }
    painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 1.0, edge);
    let text = format!("{} {}", icon::LIGHTNING, block.text);
    painter.text(rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, text, FontId::proportional(12.0), pen.palette.tone(Tone::Strong));
    if response.dragged() {
        let by = Span::from_s(f64::from(response.drag_delta().x / lane.width()) / (1.0 - PAST_SHARE) * model.horizon.s());
        let to = (block.at + by).clamp(Span::ZERO, model.horizon);
        if to != block.at {
            pen.ask(Ask::Edit { edit: ScenarioEdit::MoveDisruption { id: block.id.clone(), to }, gesture: true });
        }
    }
    if response.drag_stopped() {
        pen.ask(Ask::EndGesture);
    }
}

/// A block whose end is not known fades out.
fn fade(painter: &bevy_egui::egui::Painter, rect: Rect, fill: bevy_egui::egui::Color32) {
    const STEPS: usize = 16;
    let w = rect.width() / STEPS as f32;
    for i in 0..STEPS {
        let part = Rect::from_min_size(Pos2::new(rect.left() + w * i as f32, rect.top()), vec2(w, rect.height()));
        painter.rect_filled(part, 0.0, fill.gamma_multiply(1.0 - i as f32 / STEPS as f32));
    }
}

fn cursor_ui(model: &Model, lane: Rect, ui: &Ui, pen: &Pen<'_>) {
    let Some((share, _)) = &model.scrub else { return };
    let x = lane.left() + lane.width() * *share as f32;
    let colour = pen.palette.tone(Tone::Accent);
    ui.painter().vline(x, lane.y_range(), Stroke::new(2.0, colour));
    let tip = vec![pos2(x - 6.0, lane.top()), pos2(x + 6.0, lane.top()), pos2(x, lane.top() + 8.0)];
    ui.painter().add(Shape::convex_polygon(tip, colour, Stroke::NONE));
}
