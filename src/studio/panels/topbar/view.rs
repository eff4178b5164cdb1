//! Draws the top bar.

use super::model::{Kpi, Model};
use crate::studio::{
    ask::Ask,
    keymap::Command,
    layout::{Pane, Workspace},
    parts::{self, Pen},
    status,
    theme::{Scheme, Tone},
};
use crate::twin::{Secret, TwinCommand};
use bevy_egui::egui::{Align, Button, ComboBox, Frame, Label, Layout, Margin, Modal, RichText, Ui, WidgetInfo, WidgetType, vec2};
use egui_phosphor::regular as icon;

/// The release dialog.
#[derive(Debug, Default)]
pub struct State {
    releasing: bool,
    identity: String,
    password: Secret,
    reason: String,
}

/// Draws the bar and returns the commands of its menu.
pub fn view(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>, workspace: Workspace) -> Vec<Command> {
    let mut chosen = Vec::new();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        menu_ui(model, ui, pen, &mut chosen);
        identity_ui(model, ui, pen);
        ui.separator();
        for kpi in &model.kpis {
            kpi_ui(kpi, ui, pen);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            hold_ui(model, state, ui, pen);
            ui.separator();
            attention_ui(model, ui, pen);
            ui.separator();
            for w in Workspace::ALL.into_iter().rev() {
                if ui.selectable_label(w == workspace, w.name()).clicked() {
                    pen.ask(Ask::Arrange(w));
                }
            }
        });
    });
    if state.releasing {
        release_ui(model, state, ui, pen);
    }
    chosen
}

fn menu_ui(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>, chosen: &mut Vec<Command>) {
    ui.menu_button(RichText::new(icon::LIST).size(18.0), |ui| {
        let entries = [
            ("New scenario", None, Some(Ask::NewDraft)),
            ("Open scenario…  Ctrl+O", Some(Command::Open), None),
            ("Save scenario…  Ctrl+S", Some(Command::Save), None),
            ("Command palette…  Ctrl+K", Some(Command::Palette), None),
            ("Keys and help  F1", Some(Command::Help), None),
        ];
        for (text, command, ask) in entries {
            if ui.button(text).clicked() {
                chosen.extend(command);
                pen.out.extend(ask);
                ui.close();
            }
        }
        ui.separator();
        ui.menu_button("Panels", |ui| {
            for pane in Pane::PANELS {
                if ui.button(pane.title()).clicked() {
                    pen.ask(Ask::Show(pane));
                    ui.close();
                }
            }
        });
        ui.menu_button("Views", |ui| {
            for (i, name) in model.views.iter().enumerate() {
                if ui.button(name).clicked() {
                    pen.ask(Ask::SavedView(i));
                    ui.close();
                }
            }
        });
        ui.menu_button("Appearance", |ui| {
            for (text, scheme) in [("Dark", Scheme::Dark), ("Light", Scheme::Light)] {
                if ui.button(text).clicked() {
                    pen.ask(Ask::Paint(scheme));
                    ui.close();
                }
            }
        });
        ui.menu_button("Layout file", |ui| {
            if ui.button("Save as plantcast-layout.ron").clicked() {
                pen.ask(Ask::SaveLayout("plantcast-layout.ron".into()));
                ui.close();
            }
            if ui.button("Load plantcast-layout.ron").clicked() {
                pen.ask(Ask::LoadLayout("plantcast-layout.ron".into()));
                ui.close();
            }
        });
    });
}

fn identity_ui(model: &Model, ui: &mut Ui, pen: &Pen<'_>) {
    ui.label(pen.text(&model.plant, Tone::Strong).size(15.0).strong());
    parts::badge(ui, pen, model.badge.0, model.badge.1).on_hover_text(&model.link.1);
    ui.label(pen.text(format!("{}  {}", model.time, model.rate), Tone::Plain)).on_hover_text("Plant time (UTC)");
    let plug = if model.link.2 == Tone::Plain { icon::PLUGS_CONNECTED } else { icon::PLUGS };
    ui.label(pen.text(format!("{plug} {}", model.link.0), if model.link.2 == Tone::Plain { Tone::Weak } else { model.link.2 }))
        .on_hover_text(&model.link.1);
}

fn kpi_ui(kpi: &Kpi, ui: &mut Ui, pen: &Pen<'_>) {
    ui.allocate_ui_with_layout(vec2(80.0, 36.0), Layout::top_down(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(2.0);
        ui.add(Label::new(pen.small(kpi.label, Tone::Weak)).extend());
        let tone = if kpi.tone == Tone::Plain { Tone::Strong } else { kpi.tone };
        ui.add(Label::new(pen.text(&kpi.value, tone).size(14.0)).extend());
    })
    .response
    .on_hover_text(&kpi.hover);
}

fn attention_ui(model: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    let (sign, _, tone) = status::severity(model.worst());
    let (alarms, looks) = model.alarms;
    let text = if alarms + looks == 0 { format!("{}  no alarms", icon::CHECK_CIRCLE) } else { format!("{sign}  {}", counted(alarms, looks)) };
    let response = ui.add(Button::new(pen.text(text, tone)).frame(false));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("{alarms} alarms, {looks} warnings")));
    if response.clicked() {
        pen.ask(Ask::Show(Pane::Events));
    }
    if model.waiting > 0 && parts::strong_action(ui, pen, icon::SIGNATURE, &format!("{} to sign", model.waiting), Tone::Accent, "") {
        pen.ask(Ask::Show(Pane::Approvals));
    }
    if let Some((done, total)) = model.job {
        let share = done as f32 / total.max(1) as f32;
        parts::progress(ui, &pen.palette, share, "forecast", 70.0);
        ui.label(pen.small(format!("{:.0} %", share * 100.0), Tone::Weak));
    }
}

/// "1 alarm · 2 warnings", without what is zero.
fn counted(alarms: usize, warnings: usize) -> String {
    let word = |n: usize, one: &str| (n > 0).then(|| format!("{n} {one}{}", if n == 1 { "" } else { "s" }));
    [word(alarms, "alarm"), word(warnings, "warning")].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Hold is one unguarded action; releasing it is guarded.
fn hold_ui(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    match &model.hold {
        None => {
            let text = pen.text(format!("{}  HOLD", icon::HAND_PALM), Tone::Strong).strong();
            let response = ui.add(Button::new(text).min_size(vec2(92.0, 30.0)).stroke((1.5, pen.palette.tone(Tone::Strong))));
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, "Hold"));
            if response.on_hover_text("Stop all dispatch and automatic rollback at once (F8)").clicked() {
                pen.ask(Ask::Twin(TwinCommand::Hold { by: "window".into() }));
            }
        }
        Some(by) => {
            if parts::strong_action(ui, pen, icon::LOCK_KEY_OPEN, "Release…", Tone::Warning, "") {
                state.releasing = true;
            }
            parts::badge(ui, pen, &format!("{} HELD by {by}", icon::HAND_PALM), Tone::Alarm);
        }
    }
}

fn release_ui(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(18));
    let answer = Modal::new("release-hold".into()).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(340.0);
        ui.label(pen.text("Release the hold", Tone::Strong).size(17.0).strong());
        ui.label(pen.text("Approved actions may leave again. This is signed and recorded.", Tone::Weak));
        ui.add_space(6.0);
        ComboBox::from_id_salt("release-identity")
            .width(320.0)
            .selected_text(if state.identity.is_empty() { "Identity" } else { &state.identity })
            .show_ui(ui, |ui| {
                for name in &model.identities {
                    ui.selectable_value(&mut state.identity, name.clone(), name);
                }
            });
        ui.add(parts::field(&mut *state.password.0, "Password").password(true).desired_width(320.0));
        ui.add(parts::field(&mut state.reason, "Reason").desired_width(320.0));
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let blocked = match (state.identity.is_empty(), state.password.0.is_empty(), state.reason.trim().is_empty()) {
                (true, _, _) => "choose who signs",
                (_, true, _) => "enter the password",
                (_, _, true) => "say why",
                _ => "",
            };
            if parts::strong_action(ui, pen, icon::SIGNATURE, "Sign and release", Tone::Warning, blocked) {
                let command = TwinCommand::ReleaseHold {
                    identity: state.identity.clone(),
                    password: std::mem::take(&mut state.password),
                    reason: state.reason.clone(),
                };
                pen.ask(Ask::Twin(command));
                *state = State::default();
            }
            if parts::action(ui, "", "Keep holding", "") {
                *state = State::default();
            }
        });
    });
    if answer.should_close() {
        *state = State::default();
    }
}
