//! Draws the queue, the evidence and the decision.

use super::decision::{Judgement, State, blocked};
use super::model::{Detail, Model};
use crate::studio::{
    ask::Ask,
    parts::{self, Pen},
    theme::Tone,
};
use bevy_egui::egui::{Align, CollapsingHeader, ComboBox, Grid, Layout, Rect, ScrollArea, Ui, UiBuilder, WidgetInfo, WidgetType, pos2, vec2};
use egui_phosphor::regular as icon;

/// Draws the panel.
pub fn view(model: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    let Some(d) = &model.detail else {
        parts::empty(ui, pen, icon::SIGNATURE, "Nothing to approve", "Proposals of agents and people come here with their evidence");
        return;
    };
    state.turn_to(&d.id);
    let area = ui.available_rect_before_wrap();
    if area.width() < 620.0 {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            queue_ui(model, d, state, ui, pen);
            ui.separator();
            head_ui(d, ui, pen);
            evidence_ui(d, state, ui, pen);
            ui.separator();
            decision_ui(model, d, state, ui, pen);
        });
        return;
    }
    let (side, gap) = (270.0, 14.0);
    let queue = if model.queue.len() > 1 { 190.0 } else { 0.0 };
    let column = |ui: &mut Ui, left: f32, width: f32, n: usize, add: &mut dyn FnMut(&mut Ui)| {
        let rect = Rect::from_min_size(pos2(left, area.top()), vec2(width, area.height()));
        let mut c = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)).id_salt(("approval", n)));
        c.set_clip_rect(rect.intersect(ui.clip_rect()));
        ScrollArea::vertical().id_salt(("approval-scroll", n)).auto_shrink([false, false]).show(&mut c, |ui| add(ui));
    };
    if queue > 0.0 {
        column(ui, area.left(), queue, 0, &mut |ui| queue_ui(model, d, state, ui, pen));
    }
    let left = area.left() + if queue > 0.0 { queue + gap } else { 0.0 };
    let middle = area.right() - side - gap - left;
    column(ui, left, middle, 1, &mut |ui| {
        head_ui(d, ui, pen);
        evidence_ui(d, state, ui, pen);
    });
    column(ui, area.right() - side, side, 2, &mut |ui| decision_ui(model, d, state, ui, pen));
}

fn queue_ui(model: &Model, shown: &Detail, state: &mut State, ui: &mut Ui, pen: &Pen<'_>) {
    for row in &model.queue {
        let palette = pen.palette;
        let response = ui
            .scope(|ui| {
                let text = pen.text(format!("{}  {}", row.state.0, row.title), if row.waits { Tone::Strong } else { Tone::Plain });
                ui.add(bevy_egui::egui::Button::selectable(row.id == shown.id, text).truncate().min_size(vec2(ui.available_width(), 24.0)))
            })
            .inner;
        response
            .widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, row.id == shown.id, format!("{}, {}", row.title, row.state.1)));
        ui.label(pen.small(format!("       {}", row.state.1), row.state.2).color(palette.tone(row.state.2)));
        if response.clicked() {
            state.chosen.clone_from(&row.id);
        }
    }
}

fn head_ui(d: &Detail, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !d.expiry.0.is_empty() {
                ui.label(pen.text(format!("{} {}", icon::CLOCK_COUNTDOWN, d.expiry.0), d.expiry.1));
            }
            parts::badge(ui, pen, &format!("{} {}", d.state.0, d.state.1), d.state.2);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| parts::cut(ui, pen.text(&d.title, Tone::Strong).size(16.0).strong()));
        });
    });
    ui.horizontal(|ui| {
        for (asset, code) in &d.assets {
            if ui.link(code).clicked() {
                pen.ask(Ask::Select(Some(*asset)));
                pen.ask(Ask::Frame);
            }
        }
        parts::cut(ui, pen.small(&d.by, Tone::Weak));
    });
    ui.label(pen.text(&d.risk, Tone::Notice));
    if let Some((text, tone)) = &d.gain {
        ui.label(pen.text(text, *tone).size(14.0));
    }
}

/// Evidence before advice: the situation and the gate stand open; the advice opens on demand and counts as seen.
fn evidence_ui(d: &Detail, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    if ui.available_width() > 520.0 {
        ui.columns(2, |columns| {
            situation_ui(d, &mut columns[0], pen);
            gate_ui(d, &mut columns[1], pen);
        });
    } else {
        situation_ui(d, ui, pen);
        gate_ui(d, ui, pen);
    }
    let opened = CollapsingHeader::new(pen.text("Evidence: reasons, alternatives, expected effect", Tone::Strong))
        .id_salt(("evidence", &d.id))
        .default_open(!d.waits)
        .show(ui, |ui| {
            list_ui(ui, pen, "Reasons", icon::CARET_RIGHT, &d.reasons);
            list_ui(ui, pen, "Expected effect", icon::TREND_UP, &d.expected);
            if !d.alternatives.is_empty() {
                parts::heading(ui, pen, "Alternatives");
                Grid::new(("alternatives", &d.id)).num_columns(2).spacing([18.0, 3.0]).show(ui, |ui| {
                    for (name, value) in &d.alternatives {
                        ui.label(pen.text(name, Tone::Plain));
                        ui.label(pen.text(value, Tone::Strong));
                        ui.end_row();
                    }
                });
            }
            ui.label(pen.small(format!("evidence {}…", d.evidence), Tone::Weak));
        });
    state.evidence_opened |= opened.fully_open();
    if !d.history.is_empty() {
        CollapsingHeader::new(pen.text("Life so far", Tone::Strong)).id_salt(("history", &d.id)).default_open(!d.waits).show(ui, |ui| {
            for (at, what) in &d.history {
                ui.horizontal(|ui| {
                    ui.label(pen.text(at, Tone::Weak));
                    parts::cut(ui, pen.text(what, Tone::Plain));
                });
            }
        });
    }
}

fn situation_ui(d: &Detail, ui: &mut Ui, pen: &Pen<'_>) {
    list_ui(ui, pen, "What would be sent", icon::PAPER_PLANE_TILT, &d.commands);
    if !d.situation.is_empty() {
        parts::heading(ui, pen, "The situation now");
        for (text, tone) in &d.situation {
            ui.add(bevy_egui::egui::Label::new(pen.text(text, *tone)).wrap());
        }
    }
}

fn list_ui(ui: &mut Ui, pen: &Pen<'_>, title: &str, sign: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    parts::heading(ui, pen, title);
    for line in lines {
        ui.horizontal_top(|ui| {
            ui.label(pen.text(sign, Tone::Weak));
            ui.add(bevy_egui::egui::Label::new(pen.text(line, Tone::Plain)).wrap());
        });
    }
}

fn gate_ui(d: &Detail, ui: &mut Ui, pen: &Pen<'_>) {
    let (title, tone) = match (d.gate_known, d.gate_open) {
        (false, _) => ("Gate: still simulating", Tone::Notice),
        (true, true) => ("Gate: open", Tone::Better),
        (true, false) => ("Gate: closed", Tone::Alarm),
    };
    ui.add_space(2.0);
    ui.label(pen.text(title, tone).strong());
    if !d.verdict.is_empty() {
        ui.label(pen.text(&d.verdict, Tone::Plain));
    }
    Grid::new(("gate", &d.id)).num_columns(4).spacing([14.0, 3.0]).show(ui, |ui| {
        for c in &d.checks {
            ui.label(pen.text(if c.passed { icon::CHECK } else { icon::X }, if c.passed { Tone::Better } else { Tone::Alarm }));
            ui.label(pen.text(&c.name, Tone::Plain));
            ui.label(pen.text(&c.measured, Tone::Strong));
            ui.label(pen.text(&c.limit, Tone::Weak));
            ui.end_row();
        }
    });
}

fn decision_ui(model: &Model, d: &Detail, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    if !d.waits {
        parts::heading(ui, pen, "No decision is awaited");
        ui.label(pen.text(format!("This proposal is {}.", d.state.1), Tone::Weak));
        return;
    }
    parts::heading(ui, pen, "1  Your own judgement");
    ui.horizontal(|ui| {
        for (j, name) in [(Judgement::Act, "Act now"), (Judgement::Wait, "Wait"), (Judgement::Other, "Something else")] {
            let chosen = state.judgement == Some(j);
            let response = ui.selectable_label(chosen, name);
            response.widget_info(|| WidgetInfo::selected(WidgetType::RadioButton, true, chosen, format!("Own judgement: {name}")));
            if response.clicked() {
                state.judgement = Some(j);
            }
        }
    });
    parts::heading(ui, pen, "2  Sign");
    let width = ui.available_width() - 8.0;
    let name = |id: &str| model.identities.iter().find(|i| i.0 == id).map_or_else(|| "Choose who signs".to_owned(), |i| format!("{} ({})", i.0, i.1));
    ComboBox::from_id_salt("approval-identity").width(width).selected_text(name(&state.identity)).show_ui(ui, |ui| {
        for (id, _) in &model.identities {
            ui.selectable_value(&mut state.identity, id.clone(), name(id));
        }
    });
    ui.add(parts::field(&mut *state.password.0, "Password").password(true).desired_width(width));
    let hint = if d.reason_required { "Reason (required)" } else { "Reason" };
    ui.add(parts::field(&mut state.reason, hint).desired_width(width));
    ui.add_space(2.0);
    let (no, yes) = (blocked(model, d, state, false), blocked(model, d, state, true));
    ui.horizontal(|ui| {
        if parts::strong_action(ui, pen, icon::SIGNATURE, "Approve", Tone::Accent, yes) {
            let command = state.sign(&d.id, true);
            pen.ask(Ask::Twin(command));
        }
        if parts::action(ui, icon::PROHIBIT, "Refuse", no) {
            let command = state.sign(&d.id, false);
            pen.ask(Ask::Twin(command));
        }
    });
    if !yes.is_empty() {
        ui.label(pen.small(format!("To approve: {yes}."), Tone::Weak));
    }
    if !model.hint.is_empty() {
        ui.label(pen.small(model.hint, Tone::Weak));
    }
}
