//! Draws the comparison.

use super::model::{Model, ResponseRow};
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    theme::Tone,
};
use crate::twin::TwinCommand;
use bevy_egui::egui::{Align, FontId, Label, Layout, Rect, ScrollArea, Sense, Stroke, TextFormat, Ui, pos2, text::LayoutJob, vec2};
use egui_phosphor::regular as icon;

/// Draws the comparison, or how to get one.
pub fn view(model: Option<&Model>, ui: &mut Ui, pen: &mut Pen<'_>) {
    let Some(m) = model else {
        parts::empty(ui, pen, icon::SCALES, "Nothing to compare yet", "Run a scenario with responses");
        return;
    };
    ui.label(pen.text(&m.title, Tone::Strong).size(15.0).strong());
    ui.label(pen.text(&m.verdict, Tone::Plain));
    ui.label(pen.small(format!("{}. {}.", m.basis, m.trust), Tone::Weak));
    ui.add_space(2.0);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        for row in &m.rows {
            let palette = pen.palette;
            parts::card(ui, &palette, |ui| row_ui(m, row, ui, pen));
        }
    });
}

fn row_ui(m: &Model, row: &ResponseRow, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(pen.text(&row.gain, row.tone).size(16.0).strong());
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| parts::cut(ui, pen.text(&row.name, Tone::Strong).size(14.0).strong()));
        });
    });
    if row.interval.is_some() {
        interval_ui(m, row, ui, pen);
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if !row.better.is_empty() {
            ui.label(pen.text(&row.better, Tone::Plain));
            ui.add_space(10.0);
        }
        for (label, value) in &row.figures {
            let mut job = LayoutJob::default();
            let style = |size, tone| TextFormat::simple(FontId::proportional(size), pen.palette.tone(tone));
            job.append(label, 0.0, style(11.0, Tone::Weak));
            job.append(value, 5.0, style(13.0, Tone::Strong));
            ui.add(Label::new(job).extend());
            ui.add_space(10.0);
        }
    });
    if !row.plan.is_empty() {
        ui.label(pen.small(row.plan.join("  ·  "), Tone::Weak));
    }
    ui.horizontal(|ui| {
        let (sign, text) = if row.shown { (icon::EYE, "Shown on the plant") } else { (icon::EYE_CLOSED, "Show on the plant") };
        if parts::action(ui, sign, text, "") {
            pen.ask(Ask::Alternative(row.index));
            pen.ask(Ask::Heat(true));
        }
        if row.can_propose && parts::strong_action(ui, pen, icon::PAPER_PLANE_TILT, "Send for approval", Tone::Accent, &m.blocked) {
            pen.ask(Ask::Twin(TwinCommand::ProposeAlternative { index: row.index }));
        }
    });
}

/// Mean and interval of the gain on an axis that all cards share; the line in the middle is doing nothing.
fn interval_ui(m: &Model, row: &ResponseRow, ui: &mut Ui, pen: &Pen<'_>) {
    let Some([mean, low, high]) = row.interval else { return };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let span = (m.axis[1] - m.axis[0]).max(1e-9);
    let inner = rect.shrink2(vec2(6.0, 0.0));
    let x = |v: f64| inner.left() + ((v - m.axis[0]) / span) as f32 * inner.width();
    let p = ui.painter();
    p.hline(rect.x_range(), rect.center().y, Stroke::new(1.0, pen.palette.line));
    p.vline(x(0.0), rect.y_range(), Stroke::new(1.0, pen.palette.tone(Tone::Weak)));
    let colour = pen.palette.tone(if row.tone == Tone::Plain { Tone::Notice } else { row.tone });
    let bar = Rect::from_min_max(pos2(x(low), rect.center().y - 4.0), pos2(x(high).max(x(low) + 2.0), rect.center().y + 4.0));
    p.rect_filled(bar, 2.0, colour.gamma_multiply(0.45));
    p.circle_filled(pos2(x(mean), rect.center().y), 5.0, colour);
}
