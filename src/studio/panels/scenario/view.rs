//! Draws the editor.

use super::{
    items,
    model::{Model, builtins},
};
use crate::scenario::{ScenarioEdit, StartFrom, StartSpec};
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    theme::Tone,
};
use crate::{time::Span, twin::TwinCommand};
use bevy_egui::egui::{ComboBox, DragValue, Grid, Response, ScrollArea, TextEdit, Ui};
use egui_phosphor::regular as icon;

/// What is typed into fields.
#[derive(Debug, Default)]
pub struct State {
    /// Path for opening and saving.
    pub path: String,
    /// Filter of the asset menu.
    pub find: String,
    /// Built-in scenarios of the plant, read once.
    builtins: Option<Vec<(String, String)>>,
}

/// Draws the draft, or how to get one.
pub fn view(model: Option<&Model>, plant: &str, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    let builtin = state.builtins.get_or_insert_with(|| builtins(plant)).clone();
    files_ui(model, &builtin, state, ui, pen);
    ui.separator();
    let Some(m) = model else {
        parts::empty(
            ui,
            pen,
            icon::FLOW_ARROW,
            "No scenario on the desk",
            "Select an asset and choose “Lose this asset…”,\nor open a built-in scenario",
        );
        return;
    };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        text_ui(m, ui, pen);
        settings_ui(m, ui, pen);
        run_ui(m, ui, pen);
        items::disruptions_ui(m, &mut state.find, ui, pen);
        items::responses_ui(m, ui, pen);
    });
}

fn files_ui(model: Option<&Model>, builtin: &[(String, String)], state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ui.menu_button(format!("{}  Scenarios", icon::FOLDER_OPEN), |ui| {
            for (name, title) in builtin {
                if ui.button(title).clicked() {
                    pen.ask(Ask::OpenBuiltin(name.clone()));
                    ui.close();
                }
            }
            ui.separator();
            if ui.button("New").clicked() {
                pen.ask(Ask::NewDraft);
                ui.close();
            }
            if ui.button("Open file…").clicked() {
                pen.ask(Ask::OpenDialog);
                ui.close();
            }
            ui.horizontal(|ui| {
                ui.add(TextEdit::singleline(&mut state.path).hint_text("path of a .scenario.ron file").desired_width(220.0));
                if parts::action(ui, "", "Open", if state.path.trim().is_empty() { "enter a path" } else { "" }) {
                    pen.ask(Ask::OpenPath(state.path.trim().to_owned()));
                    ui.close();
                }
            });
        });
        let Some(m) = model else { return };
        ui.menu_button(format!("{}  Save", icon::FLOPPY_DISK), |ui| {
            if ui.button("Save as…").clicked() {
                pen.ask(Ask::SaveDialog);
                ui.close();
            }
            if state.path.is_empty() {
                state.path.clone_from(&m.path);
            }
            ui.horizontal(|ui| {
                ui.add(TextEdit::singleline(&mut state.path).desired_width(220.0));
                if parts::action(ui, "", "Save here", "") {
                    pen.ask(Ask::SavePath(state.path.trim().to_owned()));
                    ui.close();
                }
            });
        });
        for (icon, name, ask, can) in [(icon::ARROW_U_UP_LEFT, "Undo", Ask::Undo, m.can.0), (icon::ARROW_U_UP_RIGHT, "Redo", Ask::Redo, m.can.1)] {
            ui.add_enabled_ui(can, |ui| {
                if parts::icon_action(ui, icon, name) {
                    pen.ask(ask);
                }
            });
        }
    });
}

/// Sends an edit; while the widget is dragged or typed into, edits join one undo step.
pub(super) fn send(pen: &mut Pen<'_>, response: &Response, edit: ScenarioEdit) {
    pen.ask(Ask::Edit { edit, gesture: response.dragged() || response.has_focus() });
}

/// Ends the gesture of a widget that was let go.
pub(super) fn ended(pen: &mut Pen<'_>, response: &Response) {
    if response.drag_stopped() || response.lost_focus() {
        pen.ask(Ask::EndGesture);
    }
}

fn text_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    let mut name = m.name.clone();
    let r = ui.add(parts::field(&mut name, "Name").desired_width(f32::INFINITY));
    if r.changed() {
        send(pen, &r, ScenarioEdit::SetName(name));
    }
    ended(pen, &r);
    let mut story = m.story.clone();
    let r = ui.add(
        TextEdit::multiline(&mut story)
            .desired_rows(2)
            .desired_width(f32::INFINITY)
            .hint_text("What happens, and why it matters")
            .margin(bevy_egui::egui::Margin::symmetric(7, 4)),
    );
    if r.changed() {
        send(pen, &r, ScenarioEdit::SetStory(story));
    }
    ended(pen, &r);
}

fn settings_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    Grid::new("scenario-settings").num_columns(2).spacing([12.0, 6.0]).min_col_width(84.0).show(ui, |ui| {
        ui.label(pen.text("Starts from", Tone::Weak));
        ComboBox::from_id_salt("start").width(ui.available_width() - 8.0).selected_text(&m.start).show_ui(ui, |ui| {
            for (text, from) in [("The plant as it runs now", StartFrom::LiveNow), ("Nominal plant", StartFrom::Nominal)] {
                if ui.selectable_label(m.start_spec.from == from, text).clicked() {
                    pen.ask(Ask::Edit { edit: ScenarioEdit::SetStart(StartSpec { from, ..m.start_spec }), gesture: false });
                }
            }
        });
        ui.end_row();
        ui.label(pen.text("Horizon", Tone::Weak));
        let mut h = m.horizon_h;
        let r = ui.add(DragValue::new(&mut h).range(0.25..=168.0).speed(0.05).max_decimals(2).suffix(" h"));
        if r.changed() {
            send(pen, &r, ScenarioEdit::SetHorizon(Span::from_h(h)));
        }
        ended(pen, &r);
        ui.end_row();
        ui.label(pen.text("Futures", Tone::Weak)).on_hover_text("Simulated futures per alternative");
        let mut runs = m.runs;
        let r = ui.add(DragValue::new(&mut runs).range(10..=100_000).speed(5.0));
        if r.changed() {
            send(pen, &r, ScenarioEdit::SetRuns(runs));
        }
        ended(pen, &r);
        ui.end_row();
        ui.label(pen.text("Seed", Tone::Weak)).on_hover_text("All alternatives share its random numbers");
        let mut seed = m.seed;
        let r = ui.add(DragValue::new(&mut seed).speed(1.0));
        if r.changed() {
            send(pen, &r, ScenarioEdit::SetSeed(seed));
        }
        ended(pen, &r);
        ui.end_row();
    });
}

fn run_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.add_space(4.0);
    match m.running {
        Some((done, total)) => {
            let share = done as f32 / total.max(1) as f32;
            ui.horizontal(|ui| {
                if parts::action(ui, icon::STOP, "Cancel", "") {
                    pen.ask(Ask::Twin(TwinCommand::CancelForecast));
                }
                let width = (ui.available_width() - 70.0).max(40.0);
                parts::progress(ui, &pen.palette, share, "forecast", width);
                ui.label(pen.text(format!("{done} / {total}"), Tone::Weak));
            });
        }
        None => {
            ui.horizontal(|ui| {
                let blocked = if m.disruptions.is_empty() && m.responses.is_empty() { "add a disruption or a response first" } else { "" };
                if parts::strong_action(ui, pen, icon::PLAY, &format!("Run {} futures", m.runs), Tone::Accent, blocked) {
                    pen.ask(Ask::Run);
                }
                if m.answered {
                    ui.label(pen.text(format!("{} answered", icon::CHECK), Tone::Weak));
                }
            });
        }
    }
    for text in m.error.iter().chain(&m.refused) {
        ui.label(pen.text(format!("{}  {text}", icon::WARNING), Tone::Warning));
    }
}
