//! A table with aligned columns: fixed or flexible widths, text cut with an ellipsis, rows that can be selected.
//!
//! Owns drawing only. Every row is one accessible, clickable widget whose name is its text. Long tables draw
//! only the visible rows.

use super::theme::{Palette, Tone};
use bevy_egui::egui::{
    self, Align2, Color32, FontId, Id, Pos2, Rect, Sense, Stroke, TextStyle, Ui, WidgetInfo, WidgetType, pos2, text::LayoutJob, vec2,
};
use serde::Serialize;

/// Height of a row [points].
pub const ROW: f32 = 24.0;
const PAD: f32 = 6.0;

/// How wide a column is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Width {
    /// Points.
    Px(f32),
    /// A share of what is left.
    Flex(f32),
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Header text.
    pub title: &'static str,
    /// Width.
    pub width: Width,
    /// Numbers stand on the right.
    pub right: bool,
}

/// A text column.
pub const fn text(title: &'static str, width: Width) -> Column {
    Column { title, width, right: false }
}
/// A number column.
pub const fn figure(title: &'static str, px: f32) -> Column {
    Column { title, width: Width::Px(px), right: true }
}

/// One cell: text, its meaning, and how it is drawn.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Cell {
    /// Text (may begin with an icon).
    pub text: String,
    /// Meaning.
    pub tone: Tone,
    /// A bar behind the text, 0..1, in the probability colours.
    pub bar: Option<f32>,
    /// Longer text under the pointer.
    pub hover: String,
}

impl Cell {
    /// Plain text.
    pub fn new(text: impl Into<String>) -> Self {
        Cell { text: text.into(), ..Cell::default() }
    }
    /// Text with a meaning.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Cell { text: text.into(), tone, ..Cell::default() }
    }
    /// Adds a text under the pointer.
    pub fn with_hover(mut self, hover: impl Into<String>) -> Self {
        self.hover = hover.into();
        self
    }
}

/// One row.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Row {
    /// One per column.
    pub cells: Vec<Cell>,
    /// Drawn as selected.
    pub selected: bool,
}

/// Draws the table in the remaining space (at most `max_height`) and returns the clicked row.
pub fn table(ui: &mut Ui, id: &str, columns: &[Column], rows: &[Row], palette: &Palette, max_height: f32) -> Option<usize> {
    let width = ui.available_width();
    let edges = edges(columns, width);
    header(ui, columns, &edges, palette);
    let mut clicked = None;
    egui::ScrollArea::vertical().id_salt(id).max_height(max_height.max(ROW)).auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        rows.len(),
        |ui, range| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for i in range {
                let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
                let rect = Rect::from_min_size(pos2(ui.max_rect().left(), rect.top()), rect.size());
                if row(ui, Id::new((id, i)), rect, columns, &edges, &rows[i], i, palette) {
                    clicked = Some(i);
                }
            }
        },
    );
    clicked
}

/// Left edges of the columns, and the right edge of the last, relative to the table.
fn edges(columns: &[Column], width: f32) -> Vec<f32> {
    let fixed: f32 = columns.iter().map(|c| if let Width::Px(w) = c.width { w } else { 0.0 }).sum();
    let shares: f32 = columns.iter().map(|c| if let Width::Flex(f) = c.width { f } else { 0.0 }).sum();
    let rest = (width - fixed).max(shares * 40.0);
    let mut x = 0.0;
    let mut out = vec![0.0];
    for c in columns {
        x += match c.width {
            Width::Px(w) => w,
            Width::Flex(f) => rest * f / shares.max(1e-6),
        };
        out.push(x);
    }
    out
}

fn header(ui: &mut Ui, columns: &[Column], edges: &[f32], palette: &Palette) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let font = TextStyle::Small.resolve(ui.style());
    for (i, c) in columns.iter().enumerate() {
        let cell = Rect::from_min_max(pos2(rect.left() + edges[i], rect.top()), pos2(rect.left() + edges[i + 1], rect.bottom()));
        write(ui, cell, c.title, c.right, palette.tone(Tone::Weak), font.clone());
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.line));
}

fn row(ui: &mut Ui, id: Id, rect: Rect, columns: &[Column], edges: &[f32], row: &Row, i: usize, palette: &Palette) -> bool {
    let response = ui.interact(rect, id, Sense::click());
    let name = || row.cells.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(" · ");
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, row.selected, name()));
    let back = if row.selected {
        palette.wash(Tone::Accent)
    } else if response.hovered() {
        palette.raised
    } else if i % 2 == 1 {
        palette.stripe
    } else {
        palette.panel
    };
    ui.painter().rect_filled(rect, 2.0, back);
    let font = TextStyle::Body.resolve(ui.style());
    let mut hover = None;
    for (k, (c, cell)) in columns.iter().zip(&row.cells).enumerate() {
        let area = Rect::from_min_max(pos2(rect.left() + edges[k], rect.top()), pos2(rect.left() + edges[k + 1], rect.bottom()));
        if let Some(p) = cell.bar {
            bar(ui, area, p, palette);
        }
        let cut = write(ui, area, &cell.text, c.right, palette.tone(cell.tone), font.clone());
        if response.hover_pos().is_some_and(|p| area.contains(p)) {
            hover = if cell.hover.is_empty() { cut.then_some(&cell.text) } else { Some(&cell.hover) };
        }
    }
    match hover {
        Some(text) => response.on_hover_text(text).clicked(),
        None => response.clicked(),
    }
}

/// A bar in the probability colours along the lower edge of the cell.
fn bar(ui: &Ui, area: Rect, p: f32, palette: &Palette) {
    let track = Rect::from_min_max(pos2(area.left() + PAD, area.bottom() - 5.0), pos2(area.right() - PAD, area.bottom() - 2.0));
    ui.painter().rect_filled(track, 1.5, palette.line);
    let mut fill = track;
    fill.set_width(track.width() * p.clamp(0.0, 1.0));
    ui.painter().rect_filled(fill, 1.5, palette.probability(p));
}

/// Writes one line into a cell, cut with an ellipsis; true when something was cut.
fn write(ui: &Ui, area: Rect, text: &str, right: bool, colour: Color32, font: FontId) -> bool {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap.max_width = (area.width() - 2.0 * PAD).max(1.0);
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = ui.painter().layout_job(job);
    let cut = galley.elided;
    let (anchor, at): (Align2, Pos2) = if right {
        (Align2::RIGHT_CENTER, pos2(area.right() - PAD, area.center().y))
    } else {
        (Align2::LEFT_CENTER, pos2(area.left() + PAD, area.center().y))
    };
    let place = anchor.anchor_size(at, galley.size());
    ui.painter().galley(place.min, galley, colour);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_never_overlap() {
        let columns = [text("a", Width::Px(60.0)), text("b", Width::Flex(2.0)), figure("c", 80.0), text("d", Width::Flex(1.0))];
        let e = edges(&columns, 500.0);
        assert_eq!(e, [0.0, 60.0, 300.0, 380.0, 500.0]);
        assert!(edges(&columns, 50.0).windows(2).all(|w| w[1] > w[0]), "narrow panels overflow but keep their order");
    }
}
