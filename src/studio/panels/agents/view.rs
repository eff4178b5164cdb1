//! Draws the agents.

use super::model::{AgentRow, Model};
use crate::studio::{
    parts::{self, Pen},
    theme::Tone,
};
use bevy_egui::egui::{Align, Label, Layout, Rect, ScrollArea, Sense, Ui, vec2};
use egui_phosphor::regular as icon;

/// Draws the agents.
pub fn view(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    if model.agents.is_empty() {
        parts::empty(ui, pen, icon::ROBOT, "No agents", "The plant declares no agent cells");
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let columns = ((ui.available_width() / 330.0) as usize).clamp(1, model.agents.len().min(4));
        ui.columns(columns, |columns| {
            let n = columns.len();
            for (i, agent) in model.agents.iter().enumerate() {
                let palette = pen.palette;
                parts::card(&mut columns[i % n], &palette, |ui| agent_ui(agent, ui, pen));
            }
        });
    });
}

fn agent_ui(a: &AgentRow, ui: &mut Ui, pen: &Pen<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            parts::badge(ui, pen, &a.status.0, a.status.1);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| parts::cut(ui, pen.text(&a.name, Tone::Strong).strong()));
        });
    });
    ui.add(Label::new(pen.text(&a.state, Tone::Plain)).wrap());
    ui.add_space(2.0);
    for (name, value, share) in &a.values {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(56.0, 8.0), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, pen.palette.line);
            let fill = Rect::from_min_size(rect.min, vec2(rect.width() * share.max(0.02), rect.height()));
            ui.painter().rect_filled(fill, 2.0, pen.palette.tone(Tone::Accent));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(pen.text(value, Tone::Strong));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| parts::cut(ui, pen.text(name, Tone::Plain)));
            });
        });
    }
    ui.label(pen.small(format!("{} · {}", a.size, a.autonomy), Tone::Weak));
}
