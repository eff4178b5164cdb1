//! Draws the tree.

use super::model::{AreaRows, AssetRow, Model};
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    theme::Tone,
};
use bevy_egui::egui::{Align, CollapsingHeader, Id, Label, Layout, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, WidgetType, vec2};
use egui_phosphor::regular as icon;

/// What is typed into the filter.
#[derive(Debug, Default)]
pub struct State {
    /// Text that id, name or kind must contain.
    pub filter: String,
    /// Only what wants attention.
    pub only_abnormal: bool,
}

/// Draws the tree.
pub fn view(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 36.0).max(40.0);
        let field = parts::field(&mut state.filter, &format!("{}  Find an asset", icon::MAGNIFYING_GLASS)).desired_width(width);
        ui.add(field);
        let toggle = ui.selectable_label(state.only_abnormal, icon::FUNNEL);
        toggle.widget_info(|| WidgetInfo::selected(WidgetType::Checkbox, true, state.only_abnormal, "Only what wants attention"));
        if toggle.on_hover_text("Only what wants attention").clicked() {
            state.only_abnormal = !state.only_abnormal;
        }
    });
    ui.label(pen.small(format!("{} of {} assets", model.shown.0, model.shown.1), Tone::Weak));
    if model.areas.is_empty() {
        parts::empty(ui, pen, icon::MAGNIFYING_GLASS, "Nothing found", "Clear the filter to see all assets");
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for area in &model.areas {
            area_ui(area, ui, pen);
        }
    });
}

fn area_ui(area: &AreaRows, ui: &mut Ui, pen: &mut Pen<'_>) {
    let mut title = area.name.clone();
    if area.abnormal > 0 {
        title = format!("{title}   {} {}", icon::WARNING, area.abnormal);
    }
    let tone = if area.abnormal > 0 { Tone::Warning } else { Tone::Strong };
    CollapsingHeader::new(pen.text(title, tone)).id_salt(&area.name).default_open(true).show_unindented(ui, |ui| {
        for row in &area.rows {
            row_ui(row, ui, pen);
        }
        ui.add_space(4.0);
    });
}

fn row_ui(row: &AssetRow, ui: &mut Ui, pen: &mut Pen<'_>) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 23.0), Sense::hover());
    let response = ui.interact(rect, Id::new(("outliner-row", row.id)), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, row.selected, format!("{} {} {}", row.code, row.name, row.state)));
    if row.selected || response.hovered() {
        let fill = if row.selected { pen.palette.wash(Tone::Accent) } else { pen.palette.raised };
        ui.painter().rect_filled(rect, 3.0, fill);
    }
    let mut line = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0))).layout(Layout::left_to_right(Align::Center)));
    line.spacing_mut().item_spacing.x = 6.0;
    line.label(pen.text(row.icon, row.tone));
    line.label(pen.text(&row.code, Tone::Strong));
    line.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if let Some(p) = row.probability {
            let (swatch, _) = ui.allocate_exact_size(vec2(36.0, 16.0), Sense::hover());
            ui.painter().rect_filled(swatch, 3.0, pen.palette.probability(p));
            let text = crate::studio::format::percent(f64::from(p));
            let font = bevy_egui::egui::FontId::proportional(11.0);
            ui.painter().text(swatch.center(), bevy_egui::egui::Align2::CENTER_CENTER, text, font, pen.palette.on_probability(p));
        }
        if matches!(row.tone, Tone::Weak) {
            ui.add(Label::new(pen.text(&row.name, Tone::Weak)).truncate());
        } else {
            ui.add(Label::new(pen.text(&row.state, row.tone)).truncate());
        }
    });
    let response = response.on_hover_text(format!("{}: {}", row.name, row.state));
    if response.clicked() {
        pen.ask(Ask::Select(Some(row.id)));
    }
    if response.double_clicked() {
        pen.ask(Ask::Frame);
    }
    response.context_menu(|ui| {
        if ui.button("Frame").clicked() {
            pen.ask(Ask::Select(Some(row.id)));
            pen.ask(Ask::Frame);
            ui.close();
        }
        if ui.button("Lose this asset…").clicked() {
            pen.ask(Ask::Lose(row.id));
            ui.close();
        }
    });
}
