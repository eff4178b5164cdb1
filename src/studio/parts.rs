//! Small drawing pieces that panels share: cards, badges, key-value lines, guarded buttons, empty states.
//!
//! Owns no state. Every button carries a name for people who do not see it.

use super::{
    ask::Ask,
    theme::{Palette, SIZES, Tone},
};
use bevy_egui::egui::{
    self, Align, Button, CornerRadius, FontId, Frame, Label, Layout, Margin, Response, RichText, Sense, Stroke, TextBuffer, TextEdit, Ui, WidgetInfo,
    WidgetType, vec2,
};

/// What a view draws with: the colours, and where its wishes go.
#[derive(Debug)]
pub struct Pen<'a> {
    /// Colours.
    pub palette: Palette,
    /// Wishes.
    pub out: &'a mut Vec<Ask>,
}

impl Pen<'_> {
    /// Asks for something.
    pub fn ask(&mut self, ask: Ask) {
        self.out.push(ask);
    }
    /// Text with a meaning.
    pub fn text(&self, text: impl Into<String>, tone: Tone) -> RichText {
        RichText::new(text).color(self.palette.tone(tone))
    }
    /// Small text with a meaning.
    pub fn small(&self, text: impl Into<String>, tone: Tone) -> RichText {
        self.text(text, tone).size(SIZES[0])
    }
}

/// A label that is cut with an ellipsis instead of pushing others away.
pub fn cut(ui: &mut Ui, text: RichText) -> Response {
    ui.add(Label::new(text).truncate())
}

/// A heading inside a panel.
pub fn heading(ui: &mut Ui, pen: &Pen<'_>, text: &str) {
    ui.add_space(2.0);
    ui.label(pen.text(text, Tone::Strong).size(SIZES[1]).strong());
}

/// A quiet box around what belongs together.
pub fn card<R>(ui: &mut Ui, palette: &Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    Frame::new()
        .fill(palette.stripe)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(5))
        .inner_margin(Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add(ui)
        })
        .inner
}

/// A word in a box of its tone.
pub fn badge(ui: &mut Ui, pen: &Pen<'_>, text: &str, tone: Tone) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(12.0), pen.palette.tone(tone));
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(14.0, 6.0), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, pen.palette.wash(tone));
    ui.painter().galley(rect.min + vec2(7.0, 3.0), galley, pen.palette.tone(tone));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, text));
    response
}

/// A text field of one line with room around its text.
pub fn field<'t>(text: &'t mut dyn TextBuffer, hint: &str) -> TextEdit<'t> {
    TextEdit::singleline(text).hint_text(hint.to_owned()).margin(Margin::symmetric(7, 4))
}

/// A line "key ………… value" whose value stands on the right.
pub fn pair(ui: &mut Ui, pen: &Pen<'_>, key: &str, value: &str, tone: Tone) -> Response {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 20.0), Layout::left_to_right(Align::Center), |ui| {
        ui.add(Label::new(pen.text(key, Tone::Weak)).extend());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Label::new(pen.text(value, tone)).truncate().halign(Align::RIGHT))).inner
    })
    .inner
}

/// A button with an icon, a name and a reason why it is disabled (empty: enabled).
pub fn action(ui: &mut Ui, icon: &str, name: &str, blocked: &str) -> bool {
    let text = if icon.is_empty() { name.to_owned() } else { format!("{icon}  {name}") };
    let response = ui.add_enabled(blocked.is_empty(), Button::new(text));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, blocked.is_empty(), name));
    response.on_disabled_hover_text(blocked).clicked()
}

/// A button that stands out in a tone.
pub fn strong_action(ui: &mut Ui, pen: &Pen<'_>, icon: &str, name: &str, tone: Tone, blocked: &str) -> bool {
    let text = pen.text(format!("{icon}  {name}"), if blocked.is_empty() { tone } else { Tone::Weak }).strong();
    let button = Button::new(text).fill(pen.palette.wash(tone)).stroke(Stroke::new(1.0, pen.palette.tone(tone)));
    let response = ui.add_enabled(blocked.is_empty(), button);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, blocked.is_empty(), name));
    response.on_disabled_hover_text(blocked).clicked()
}

/// An icon-only button with a name.
pub fn icon_action(ui: &mut Ui, icon: &str, name: &str) -> bool {
    let response = ui.add(Button::new(icon).min_size(vec2(26.0, 24.0)));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
    response.on_hover_text(name).clicked()
}

/// What an empty panel says: what would be here, and how to get it.
pub fn empty(ui: &mut Ui, pen: &Pen<'_>, icon: &str, title: &str, hint: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.25).clamp(12.0, 60.0));
        ui.label(pen.text(icon, Tone::Weak).size(28.0));
        ui.label(pen.text(title, Tone::Plain).strong());
        ui.label(pen.text(hint, Tone::Weak));
    });
}

/// A swatch of a colour with a text, for legends of plots.
pub fn swatch(ui: &mut Ui, pen: &Pen<'_>, tone: Tone, text: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 12.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(2.5, pen.palette.tone(tone)));
    ui.label(pen.small(text, Tone::Weak));
}

/// A thin progress bar with a name.
pub fn progress(ui: &mut Ui, palette: &Palette, share: f32, name: &str, width: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 6.0), Sense::hover());
    ui.painter().rect_filled(rect, 3.0, palette.line);
    let mut fill = rect;
    fill.set_width(rect.width() * share.clamp(0.0, 1.0));
    ui.painter().rect_filled(fill, 3.0, palette.tone(Tone::Accent));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::ProgressIndicator, true, format!("{name} {:.0} %", share * 100.0)));
}

/// Fills the panel with its margin.
pub fn padded<R>(ui: &mut Ui, palette: &Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(10, 8));
    frame
        .show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            ui.set_clip_rect(ui.clip_rect().intersect(ui.max_rect().expand2(egui::vec2(10.0, 0.0))));
            add(ui)
        })
        .inner
}
