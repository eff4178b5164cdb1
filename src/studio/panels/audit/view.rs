//! Draws the audit tail.

use super::model::Model;
use crate::studio::{
    parts::{self, Pen},
    table::{self, Width, figure, text},
};
use bevy_egui::egui::Ui;
use egui_phosphor::regular as icon;

/// Draws the tail.
pub fn view(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    if model.rows.is_empty() {
        parts::empty(ui, pen, icon::LINK, "No records yet", "Every decision leaves a record in a hash chain");
        return;
    }
    let columns = [
        figure("No", 50.0),
        text("Time", Width::Px(78.0)),
        text("Kind", Width::Px(150.0)),
        text("Who", Width::Px(110.0)),
        text("What", Width::Flex(1.0)),
        text("Hash", Width::Px(110.0)),
    ];
    let height = ui.available_height() - 22.0;
    table::table(ui, "audit", &columns, &model.rows, &pen.palette, height);
}
