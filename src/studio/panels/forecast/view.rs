//! Draws the forecast: impacts, causes and a fan side by side when there is room, else below each other.

use super::{fan::Fan, model::Model};
use crate::studio::{
    ask::Ask,
    format,
    parts::{self, Pen},
    table::{self, Width, figure, text},
    theme::{Palette, Tone},
};
use bevy_egui::egui::{Align, ComboBox, FontId, Layout, Rangef, Rect, ScrollArea, Slider, Stroke, Ui, UiBuilder, WidgetInfo, WidgetType, pos2, vec2};
use egui_phosphor::regular as icon;
use egui_plot::{AxisHints, FilledArea, Line, LineStyle, Plot, PlotPoints, VLine};

/// Which fan is shown.
#[derive(Debug, Default)]
pub struct State {
    /// KPI id; empty: the first.
    pub kpi: String,
}

/// Draws the forecast, or how to get one.
pub fn view(model: Option<&Model>, running: Option<(u64, u64)>, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>) {
    let Some(m) = model else {
        match running {
            Some((done, total)) => parts::empty(ui, pen, icon::HOURGLASS_MEDIUM, "The twin is simulating", &format!("{done} of {total} futures")),
            None => parts::empty(ui, pen, icon::CHART_LINE, "No forecast yet", "Select an asset, choose “Lose this asset…”, then run the scenario"),
        }
        return;
    };
    head_ui(m, ui, pen);
    scrub_ui(m, ui, pen);
    ui.add_space(2.0);
    let area = ui.available_rect_before_wrap();
    if area.width() < 760.0 {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            impacts_ui(m, ui, pen, 220.0);
            ui.add_space(8.0);
            causes_ui(m, ui, pen, 180.0);
            ui.add_space(8.0);
            fan_ui(m, state, ui, pen, 200.0);
        });
        return;
    }
    let gap = 16.0;
    let widths = [area.width() * 0.46, area.width() * 0.23, area.width() * 0.31 - 2.0 * gap];
    let mut left = area.left();
    for (i, w) in widths.into_iter().enumerate() {
        let rect = Rect::from_min_size(pos2(left, area.top()), vec2(w, area.height()));
        left += w + gap;
        let mut column = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)).id_salt(i));
        column.set_clip_rect(rect.intersect(ui.clip_rect()));
        let height = rect.height() - 24.0;
        match i {
            0 => impacts_ui(m, &mut column, pen, height),
            1 => causes_ui(m, &mut column, pen, height),
            _ => fan_ui(m, state, &mut column, pen, rect.height() - 4.0),
        }
    }
}

fn head_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ui.label(pen.text(&m.title, Tone::Strong).size(15.0).strong());
        if m.outdated {
            parts::badge(ui, pen, "the scenario has changed since", Tone::Notice);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| parts::cut(ui, pen.small(&m.basis, Tone::Weak)));
    });
    parts::cut(ui, pen.text(&m.headline, Tone::Plain));
}

fn scrub_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>) {
    ui.horizontal(|ui| {
        ComboBox::from_id_salt("forecast-alternative").width(220.0).selected_text(&m.alternatives[m.shown]).show_ui(ui, |ui| {
            for (i, name) in m.alternatives.iter().enumerate() {
                if ui.selectable_label(i == m.shown, name).clicked() {
                    pen.ask(Ask::Alternative(i));
                }
            }
        });
        let mut index = m.index.0;
        ui.spacing_mut().slider_width = (ui.available_width() - 130.0).max(60.0);
        let response = ui.add(Slider::new(&mut index, 0..=m.index.1.max(1)).show_value(false));
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Slider, true, format!("Time after the start: {}", m.at)));
        if response.changed()
            && let Some(at) = m.grid.get(index)
        {
            pen.ask(Ask::Scrub(*at));
        }
        ui.label(pen.text(&m.at, Tone::Strong).strong());
    });
}

fn impacts_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>, height: f32) {
    let columns = [
        text("Impacted asset", Width::Flex(1.0)),
        figure("by now", 62.0),
        figure("futures", 76.0),
        figure("95 %", 68.0),
        figure("after", 58.0),
        figure("lost", 54.0),
    ];
    let rows: Vec<_> = m.impacts.iter().map(|i| i.row.clone()).collect();
    if let Some(i) = table::table(ui, "impacts", &columns, &rows, &pen.palette, height) {
        pen.ask(Ask::Select(Some(m.impacts[i].asset)));
    }
}

fn causes_ui(m: &Model, ui: &mut Ui, pen: &mut Pen<'_>, height: f32) {
    let columns = [text("Because", Width::Flex(1.0)), figure("prob.", 56.0), figure("lag", 58.0)];
    let rows: Vec<_> = m.causes.iter().map(|c| c.row.clone()).collect();
    if rows.is_empty() {
        ui.label(pen.small("Because", Tone::Weak));
        ui.label(pen.text("The impact does not spread", Tone::Weak));
        return;
    }
    if let Some(i) = table::table(ui, "causes", &columns, &rows, &pen.palette, height) {
        pen.ask(Ask::Select(Some(m.causes[i].to)));
    }
}

fn fan_ui(m: &Model, state: &mut State, ui: &mut Ui, pen: &mut Pen<'_>, height: f32) {
    let Some(fan) = &m.fan else { return };
    let name = m.kpis.iter().find(|k| k.0 == fan.kpi).map_or(fan.kpi.as_str(), |k| k.1.as_str());
    ui.horizontal(|ui| {
        let roomy = ui.available_width();
        let shown = if fan.unit.is_empty() { name.to_owned() } else { format!("{name} [{}]", fan.unit) };
        ComboBox::from_id_salt("fan-kpi").width(130.0).selected_text(shown).show_ui(ui, |ui| {
            for (id, title) in &m.kpis {
                ui.selectable_value(&mut state.kpi, id.clone(), title);
            }
        });
        if roomy > 270.0 {
            parts::swatch(ui, pen, Tone::Accent, "50 %, 90 %");
        }
        if roomy > 370.0 {
            parts::swatch(ui, pen, Tone::Weak, "undisturbed");
        }
    });
    let at = m.grid.get(m.index.0).map_or(0.0, |s| s.h());
    plot_ui(fan, at, ui, pen, (height - 32.0).max(80.0));
}

fn plot_ui(fan: &Fan, at_h: f64, ui: &mut Ui, pen: &mut Pen<'_>, height: f32) {
    let palette = pen.palette;
    let [q05, q25, q50, q75, q95] = &fan.quantiles;
    Plot::new("kpi-fan")
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .grid_color(palette.line)
        .custom_x_axes(vec![axis(AxisHints::new_x(), &palette).formatter(|mark, _| format!("{} h", format::number(mark.value)))])
        .custom_y_axes(vec![axis(AxisHints::new_y(), &palette).min_thickness(44.0).formatter(|mark, _| compact(mark.value))])
        .show(ui, |plot| {
            plot.add(FilledArea::new("90 %", &fan.hours, q05, q95).fill_color(palette.faded(Tone::Accent, 0.16)).allow_hover(false));
            plot.add(FilledArea::new("50 %", &fan.hours, q25, q75).fill_color(palette.faded(Tone::Accent, 0.28)).allow_hover(false));
            let line = |ys: &[f64]| PlotPoints::from(fan.hours.iter().zip(ys).map(|(x, y)| [*x, *y]).collect::<Vec<_>>());
            plot.line(Line::new("undisturbed", line(&fan.baseline)).color(palette.tone(Tone::Weak)).style(LineStyle::dashed_loose()).width(1.2));
            plot.line(Line::new("median", line(q50)).color(palette.tone(Tone::Accent)).width(2.0));
            plot.vline(VLine::new("scrubber", at_h).stroke(Stroke::new(1.5, palette.tone(Tone::Strong))));
        });
}

/// Small, quiet tick labels that appear as soon as they fit.
fn axis<'a>(hints: AxisHints<'a>, palette: &Palette) -> AxisHints<'a> {
    hints.label_spacing(Rangef::new(16.0, 40.0)).tick_label_font(FontId::proportional(11.0)).tick_label_color(palette.tone(Tone::Weak))
}

/// Axis labels: thousands as k, millions as M.
fn compact(x: f64) -> String {
    match x.abs() {
        a if a >= 1e6 => format!("{} M", format::number(x / 1e6)),
        a if a >= 1e4 => format!("{} k", format::number(x / 1e3)),
        _ => format::number(x),
    }
}
