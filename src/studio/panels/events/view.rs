//! Draws the event list.

use super::model::Model;
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    table::{self, Width, text},
};
use crate::twin::Severity;
use bevy_egui::egui::Ui;
use egui_phosphor::regular as icon;

/// What is listed.
#[derive(Debug)]
pub struct State {
    /// Least severity.
    pub least: Severity,
    /// Only the selected asset's.
    pub only_selected: bool,
}

impl Default for State {
    fn default() -> Self {
        State { least: Severity::Info, only_selected: false }
    }
}

/// Draws the list.
pub fn view(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        let all = model.counts.iter().sum::<usize>();
        let choices = [
            (Severity::Info, format!("All {all}")),
            (Severity::Warning, format!("Warnings {}", model.counts[0] + model.counts[1])),
            (Severity::Alarm, format!("Alarms {}", model.counts[0])),
        ];
        for (least, name) in choices {
            if ui.selectable_label(state.least == least, name).clicked() {
                state.least = least;
            }
        }
        ui.separator();
        ui.checkbox(&mut state.only_selected, "Only the selected asset");
    });
    if model.rows.is_empty() {
        parts::empty(ui, pen, icon::BELL_SIMPLE_SLASH, "No events", "What happens in the plant is listed here");
        return;
    }
    let columns = [
        text("", Width::Px(26.0)),
        text("Time", Width::Px(74.0)),
        text("Asset", Width::Px(110.0)),
        text("What happened", Width::Flex(1.0)),
        text("Trace", Width::Px(80.0)),
    ];
    let rows: Vec<_> = model.rows.iter().map(|r| r.row.clone()).collect();
    let height = ui.available_height() - 22.0;
    if let Some(i) = table::table(ui, "events", &columns, &rows, &pen.palette, height)
        && let Some(asset) = model.rows[i].asset
    {
        pen.ask(Ask::Select(Some(asset)));
    }
}
