//! Draws the lists of the editor: disruptions and responses.

use super::model::{DisruptionRow, Model, ResponseRow, lasting};
use super::view::{ended, send};
use crate::scenario::{Disruption, Lasting, PlannedAction, Response, ScenarioEdit, What};
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    theme::Tone,
};
use crate::time::Span;
use bevy_egui::egui::{Align, DragValue, Layout, ScrollArea, TextEdit, Ui};
use egui_phosphor::regular as icon;

/// What goes wrong.
pub fn disruptions_ui(m: &Model, find: &mut String, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        parts::heading(ui, pen, "What goes wrong");
        ui.menu_button(format!("{} Add", icon::PLUS), |ui| add_disruption_ui(m, find, ui, pen));
    });
    if m.disruptions.is_empty() {
        ui.label(pen.text("Nothing yet: the forecast is the plant's own future.", Tone::Weak));
    }
    for d in &m.disruptions {
        let palette = pen.palette;
        parts::card(ui, &palette, |ui| disruption_ui(d, ui, pen));
    }
}

fn disruption_ui(d: &DisruptionRow, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if parts::icon_action(ui, icon::TRASH, "Remove") {
                pen.ask(Ask::Edit { edit: ScenarioEdit::RemoveDisruption(d.item.id.clone()), gesture: false });
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                parts::cut(ui, pen.text(format!("{}  {}", icon::LIGHTNING, d.brief), Tone::Strong))
            });
        });
    });
    ui.horizontal(|ui| {
        if d.under_way {
            ui.label(pen.text("already under way", Tone::Notice)).on_hover_text("The plant has this outage now, so the futures begin with it");
        } else {
            ui.label(pen.text("at", Tone::Weak));
            let mut at = d.at_min;
            let r = ui.add(DragValue::new(&mut at).range(0.0..=10_080.0).speed(0.5).max_decimals(1).suffix(" min"));
            if r.changed() {
                send(pen, &r, ScenarioEdit::MoveDisruption { id: d.item.id.clone(), to: Span::from_min(at) });
            }
            ended(pen, &r);
        }
        let mut until_repaired = d.lasts_min.is_none();
        if d.repairable && ui.checkbox(&mut until_repaired, "until repaired").changed() {
            let edit = ScenarioEdit::ReplaceDisruption(lasting(d.item.clone(), (!until_repaired).then_some(60.0)));
            pen.ask(Ask::Edit { edit, gesture: false });
        }
        if let Some(mut min) = d.lasts_min {
            ui.label(pen.text("for", Tone::Weak));
            let r = ui.add(DragValue::new(&mut min).range(1.0..=10_080.0).speed(0.5).max_decimals(1).suffix(" min"));
            if r.changed() {
                send(pen, &r, ScenarioEdit::ReplaceDisruption(lasting(d.item.clone(), Some(min))));
            }
            ended(pen, &r);
        }
    });
}

fn add_disruption_ui(m: &Model, find: &mut String, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.set_min_width(240.0);
    ui.add(TextEdit::singleline(find).hint_text("Find the asset that fails"));
    let wanted = find.to_lowercase();
    ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        for (id, name) in m.assets.iter().filter(|a| a.0.to_lowercase().contains(&wanted) || a.1.to_lowercase().contains(&wanted)) {
            if ui.button(format!("{id}  {name}")).clicked() {
                let what = What::AssetFails { asset: id.clone(), mode: String::new(), lasting: Lasting::UntilRepaired };
                let item = Disruption {
                    id: free_id(&format!("lose-{}", id.to_lowercase()), |x| m.disruptions.iter().any(|d| d.item.id == x)),
                    at: Span::from_min(15.0),
                    what,
                };
                pen.ask(Ask::Edit { edit: ScenarioEdit::AddDisruption(item), gesture: false });
                ui.close();
            }
        }
    });
}

/// What could be done about it.
pub fn responses_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        parts::heading(ui, pen, "What could be done");
        if parts::action(ui, icon::PLUS, "Add response", "") {
            let n = m.responses.len() + 1;
            let id = free_id("response", |x| m.responses.iter().any(|r| r.item.id == x));
            let response = Response { id, name: format!("Response {n}"), rationale: String::new(), extra_cost: 0.0, actions: Vec::new() };
            pen.ask(Ask::Edit { edit: ScenarioEdit::InsertResponse { index: m.responses.len(), response }, gesture: false });
        }
    });
    if m.responses.is_empty() {
        ui.label(pen.text("Nothing yet: only doing nothing is simulated.", Tone::Weak));
    }
    for r in &m.responses {
        let palette = pen.palette;
        parts::card(ui, &palette, |ui| response_ui(m, r, ui, pen));
    }
}

fn response_ui(m: &Model, row: &ResponseRow, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        let mut name = row.item.name.clone();
        let width = ui.available_width() - 48.0;
        let r = ui.add(TextEdit::singleline(&mut name).desired_width(width.max(40.0)).frame(bevy_egui::egui::Frame::NONE));
        if r.changed() {
            send(pen, &r, ScenarioEdit::ReplaceResponse(Response { name, ..row.item.clone() }));
        }
        ended(pen, &r);
        if parts::icon_action(ui, icon::TRASH, "Remove") {
            pen.ask(Ask::Edit { edit: ScenarioEdit::RemoveResponse(row.item.id.clone()), gesture: false });
        }
    });
    for (i, line) in row.actions.iter().enumerate() {
        ui.horizontal(|ui| {
            ui.label(pen.text(icon::ARROW_RIGHT, Tone::Weak));
            ui.label(pen.text(line, Tone::Plain));
            if ui.small_button(icon::X).on_hover_text("Remove this action").clicked() {
                let mut item = row.item.clone();
                item.actions.remove(i);
                pen.ask(Ask::Edit { edit: ScenarioEdit::ReplaceResponse(item), gesture: false });
            }
        });
    }
    ui.menu_button(format!("{} Action", icon::PLUS), |ui| {
        ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
            for (label, asset, kind) in &m.offers {
                if ui.button(label).clicked() {
                    let at = m.disruptions.first().map_or(Span::ZERO, |d| d.item.at) + Span::from_min(2.0);
                    let mut item = row.item.clone();
                    item.actions.push(PlannedAction { at, asset: asset.clone(), kind: *kind });
                    pen.ask(Ask::Edit { edit: ScenarioEdit::ReplaceResponse(item), gesture: false });
                    ui.close();
                }
            }
        });
    });
}

/// `stem`, or `stem-2`, `stem-3`… that is not taken.
fn free_id(stem: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(stem) {
        return stem.to_owned();
    }
    let mut n = 2;
    loop {
        let id = format!("{stem}-{n}");
        if !taken(&id) {
            return id;
        }
        n += 1;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_stay_unique() {
        assert_eq!(super::free_id("a", |x| x == "a" || x == "a-2"), "a-3");
    }
}
