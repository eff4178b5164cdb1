//! Draws the inspector.

use super::model::{Line, Model};
use super::trend::TrendGroup;
use crate::studio::{
    ask::Ask,
    format,
    parts::{self, Pen},
    theme::{Palette, Tone},
};
use crate::{time::Span, twin::TwinCommand};
use bevy_egui::egui::{FontId, Rangef, ScrollArea, Ui, Vec2b};
use egui_phosphor::regular as icon;
use egui_plot::{AxisHints, Line as PlotLine, Plot, PlotPoints};

/// Draws the selected asset, or how to select one.
pub fn view(model: Option<&Model>, ui: &mut Ui, pen: &mut Pen<'_>) {
    let Some(m) = model else {
        parts::empty(ui, pen, icon::CURSOR_CLICK, "Nothing selected", "Click an asset in the plant or in the list");
        return;
    };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        head_ui(m, ui, pen);
        ui.add_space(4.0);
        if parts::strong_action(ui, pen, icon::LIGHTNING_SLASH, "Lose this asset…", Tone::Strong, "") {
            pen.ask(Ask::Lose(m.id));
        }
        if let Some(text) = &m.predicted {
            ui.add_space(2.0);
            ui.label(pen.text(format!("{}  {text}", icon::WAVES), Tone::Accent));
        }
        section(ui, pen, "Now", &m.live);
        for group in &m.trends {
            trend_ui(group, ui, pen);
        }
        section(ui, pen, "Trust", &m.trust);
        offers_ui(m, ui, pen);
        section(ui, pen, "By design", &m.design);
    });
}

fn head_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ui.label(pen.text(&m.code, Tone::Strong).size(18.0).strong());
        parts::badge(ui, pen, &format!("{} {}", m.state.0, m.state.1), m.state.2);
    });
    parts::cut(ui, pen.text(&m.name, Tone::Plain));
    parts::cut(ui, pen.small(&m.place, Tone::Weak));
}

fn section(ui: &mut Ui, pen: &Pen<'_>, title: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    ui.add_space(6.0);
    parts::heading(ui, pen, title);
    ui.spacing_mut().item_spacing.y = 1.0;
    for line in lines {
        let response = parts::pair(ui, pen, line.key, &line.value, line.tone);
        if !line.hover.is_empty() {
            response.on_hover_text(line.hover);
        }
    }
    ui.spacing_mut().item_spacing.y = 5.0;
}

fn trend_ui(group: &TrendGroup, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        for line in &group.lines {
            parts::swatch(ui, pen, line.tone, &line.name);
        }
        if !group.unit.is_empty() {
            ui.label(pen.small(format!("[{}]", group.unit), Tone::Weak));
        }
    });
    let id = format!("trend-{}-{}", group.unit, group.lines.first().map_or("", |l| l.name.as_str()));
    let palette = pen.palette;
    Plot::new(id)
        .height(92.0)
        .show_axes([true, true])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .set_margin_fraction(bevy_egui::egui::vec2(0.0, 0.12))
        .auto_bounds(Vec2b::TRUE)
        .grid_color(palette.line)
        .custom_x_axes(vec![axis(AxisHints::new_x(), &palette).formatter(|mark, _| format!("{} min", format::number(mark.value)))])
        .custom_y_axes(vec![axis(AxisHints::new_y(), &palette).min_thickness(36.0).formatter(|mark, _| format::number(mark.value))])
        .show(ui, |plot| {
            for line in &group.lines {
                plot.line(PlotLine::new(line.name.clone(), PlotPoints::from(line.points.clone())).color(palette.tone(line.tone)).width(1.6));
            }
        });
}

/// Small, quiet tick labels that appear as soon as they fit.
fn axis<'a>(hints: AxisHints<'a>, palette: &Palette) -> AxisHints<'a> {
    hints.label_spacing(Rangef::new(16.0, 40.0)).tick_label_font(FontId::proportional(11.0)).tick_label_color(palette.tone(Tone::Weak))
}

fn offers_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.add_space(6.0);
    parts::heading(ui, pen, "Propose an action");
    if m.offers.is_empty() {
        ui.label(pen.text(m.no_offers, Tone::Weak));
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for offer in &m.offers {
            if parts::action(ui, "", &offer.name, "") {
                pen.ask(Ask::Twin(TwinCommand::ProposeActions { title: offer.title.clone(), actions: vec![(Span::ZERO, offer.action)] }));
            }
        }
    });
    ui.label(pen.small("Nothing is sent: the twin simulates it, then a person signs.", Tone::Weak));
}
