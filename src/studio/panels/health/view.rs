//! Draws data health.

use super::model::Model;
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    table::{self, Width, figure, text},
    theme::Tone,
};
use bevy_egui::egui::{CollapsingHeader, Ui};
use egui_phosphor::regular as icon;

/// What is typed into the filter.
#[derive(Debug, Default)]
pub struct State {
    /// Text that a tag must contain.
    pub filter: String,
}

/// Draws data health.
pub fn view(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    card(ui, pen, "Connection", &model.link, true);
    let title = if model.identity_holds { "Intake" } else { "Intake does not add up" };
    card(ui, pen, title, &model.intake, true);
    let sign = if model.identity_holds { icon::CHECK } else { icon::WARNING };
    let tone = if model.identity_holds { Tone::Weak } else { Tone::Alarm };
    ui.label(pen.small(format!("{sign} {}", model.identity), tone));
    card(ui, pen, "Fidelity of the twin", &model.fidelity, true);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        parts::heading(ui, pen, &format!("Tags: {} of {} good", model.good.0, model.good.1));
    });
    ui.add(parts::field(&mut state.filter, &format!("{}  Find a tag or a reason", icon::MAGNIFYING_GLASS)).desired_width(f32::INFINITY));
    let columns =
        [text("", Width::Px(26.0)), text("Tag", Width::Flex(1.6)), figure("Value", 84.0), figure("Age", 58.0), text("Quality", Width::Flex(0.7))];
    let rows: Vec<_> = model.tags.iter().map(|t| t.row.clone()).collect();
    let height = ui.available_height() - 24.0;
    if let Some(i) = table::table(ui, "tags", &columns, &rows, &pen.palette, height) {
        pen.ask(Ask::Select(Some(model.tags[i].asset)));
    }
}

fn card(ui: &mut Ui, pen: &Pen<'_>, title: &str, lines: &[(&'static str, String, Tone)], open: bool) {
    CollapsingHeader::new(pen.text(title, Tone::Strong)).default_open(open).show_unindented(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (key, value, tone) in lines {
            parts::pair(ui, pen, key, value, *tone);
        }
        ui.add_space(4.0);
    });
}
