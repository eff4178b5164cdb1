//! Text over the plant: labels with state signs, title, legend. Drawn by egui, in the window and in pictures alike.
//!
//! Reads [`Stage`], [`SceneCamera`] and the view; changes nothing, so it may run twice a frame. State is told by
//! shape, colour and word together. Invariant: labels do not overlap; signs of abnormal states are never left out.

use super::{
    api::{Backdrop, SceneCamera},
    build::Stage,
    label::{self, Wish},
    model::Place,
    palette,
    view::{AssetLook, Badge, PlantView, Status},
};
use crate::time::Span;
use bevy::color::Srgba;
use bevy_egui::egui::{self, Align2, Color32, CornerRadius, FontId, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2};

/// What is written around the plant.
#[derive(Clone, PartialEq, Debug)]
pub struct Caption {
    /// Large, top left; empty: none.
    pub title: String,
    /// Below it.
    pub subtitle: String,
    /// Whether the legend is drawn.
    pub legend: bool,
    /// Size of text relative to a window's.
    pub scale: f32,
    /// Decides between dark and light text.
    pub backdrop: Backdrop,
    /// Whether assets without anything to report are labelled too.
    pub all_labels: bool,
}

impl Default for Caption {
    fn default() -> Self {
        Caption { title: String::new(), subtitle: String::new(), legend: true, scale: 1.0, backdrop: Backdrop::Light, all_labels: true }
    }
}

/// Draws everything. `painter` must cover the viewport.
pub fn paint(painter: &egui::Painter, camera: &SceneCamera, stage: &Stage, view: &PlantView, caption: &Caption) {
    let pen = Pen { painter, k: caption.scale, backdrop: caption.backdrop };
    let mut area = camera.rect;
    if let Some(texture) = camera.texture {
        let rect = Rect::from_min_max(Pos2::new(area.min.x, area.min.y), Pos2::new(area.max.x, area.max.y));
        painter.image(texture, rect, Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0)), Color32::WHITE);
    }
    let top = pen.title_ui(area, caption);
    area.min.y += top;
    let legend = if caption.legend { pen.legend_ui(area, view) } else { 0.0 };
    area.max.y -= legend;
    pen.labels_ui(area, camera, stage, view, caption.all_labels);
}

/// A painter with a scale.
struct Pen<'a> {
    painter: &'a egui::Painter,
    k: f32,
    backdrop: Backdrop,
}

/// A label ready to be placed.
struct Label {
    look: AssetLook,
    id: String,
    detail: String,
    wish: Wish,
}

fn colour(c: Srgba) -> Color32 {
    let b = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
    Color32::from_rgb(b(c.red), b(c.green), b(c.blue))
}

/// A span in the largest unit that keeps it short: `40 s`, `12 min`, `3.5 h`, `2.1 d`.
pub fn short_span(s: Span) -> String {
    let seconds = s.0 as f64 / 1e6;
    if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 5400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else if seconds < 172_800.0 {
        format!("{:.1} h", seconds / 3600.0)
    } else {
        format!("{:.1} d", seconds / 86_400.0)
    }
}

/// Second line of a label.
fn detail(look: &AssetLook, heat: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    if heat {
        if look.origin {
            parts.push("outage here".into());
        } else if let Some(p) = look.probability.filter(|p| *p >= 0.005) {
            parts.push(format!("{:.0} %", p * 100.0));
            parts.extend(look.time_to_impact.map(|t| format!("in {}", short_span(t))));
        }
    } else {
        if !look.status.word().is_empty() {
            parts.push(look.status.word().into());
        }
        if look.stale {
            parts.push("stale data".into());
        } else if look.imputed {
            parts.push("imputed".into());
        }
    }
    if look.selected || look.hovered {
        parts.extend(look.level.map(|l| format!("level {:.0} %", l * 100.0)));
        parts.extend(look.temperature_c.map(|t| format!("{t:.1} °C")));
        if look.status == Status::Running && look.service < 0.995 {
            parts.push(format!("{:.0} % service", look.service * 100.0));
        }
    }
    parts.join(" · ")
}

/// How much a label matters; above 20 it must be seen.
fn weight(look: &AssetLook, heat: bool) -> f32 {
    let mut w = 1.0;
    if heat {
        w += look.probability.filter(|p| *p >= 0.005).map_or(0.0, |p| 20.0 + 20.0 * p);
        w += if look.origin { 70.0 } else { 0.0 };
    } else {
        w += if look.status.is_abnormal() { 50.0 } else { 0.0 };
        w += if look.stale { 8.0 } else { 0.0 };
        w += if matches!(look.status, Status::Standby | Status::Off | Status::Starting) { 4.0 } else { 0.0 };
    }
    w += if look.badge == Badge::None { 0.0 } else { 25.0 };
    w + if look.selected { 100.0 } else { 0.0 } + if look.hovered { 90.0 } else { 0.0 }
}

impl Pen<'_> {
    fn ink(&self) -> Color32 {
        match self.backdrop {
            Backdrop::Light => Color32::from_rgb(28, 33, 40),
            Backdrop::Dark => Color32::from_rgb(235, 238, 242),
        }
    }

    fn faint(&self) -> Color32 {
        match self.backdrop {
            Backdrop::Light => Color32::from_rgb(84, 92, 102),
            Backdrop::Dark => Color32::from_rgb(170, 178, 188),
        }
    }

    fn card(&self, opacity: f32) -> Color32 {
        let a = (opacity * 255.0) as u8;
        match self.backdrop {
            Backdrop::Light => Color32::from_rgba_unmultiplied(255, 255, 255, a),
            Backdrop::Dark => Color32::from_rgba_unmultiplied(24, 28, 33, a),
        }
    }

    fn text(&self, at: Pos2, align: Align2, text: &str, size: f32, colour: Color32) -> Rect {
        self.painter.text(at, align, text, FontId::proportional(size * self.k), colour)
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        self.painter.layout_no_wrap(text.to_owned(), FontId::proportional(size * self.k), Color32::BLACK).size().x
    }

    /// Title and subtitle; returns the height used.
    fn title_ui(&self, area: bevy::math::Rect, caption: &Caption) -> f32 {
        if caption.title.is_empty() {
            return 0.0;
        }
        let at = Pos2::new(area.min.x + 22.0 * self.k, area.min.y + 16.0 * self.k);
        let first = self.text(at, Align2::LEFT_TOP, &caption.title, 25.0, self.ink());
        let second = self.text(Pos2::new(at.x, first.max.y + 2.0 * self.k), Align2::LEFT_TOP, &caption.subtitle, 14.5, self.faint());
        second.max.y.max(first.max.y) - area.min.y + 6.0 * self.k
    }

    fn labels_ui(&self, area: bevy::math::Rect, camera: &SceneCamera, stage: &Stage, view: &PlantView, all: bool) {
        let labels: Vec<Label> = stage.model.places.iter().filter_map(|p| self.label(p, camera, stage, view, all)).collect();
        let wishes: Vec<Wish> = labels.iter().map(|l| l.wish).collect();
        let placed = label::place(&wishes, area);
        // Leaders first, so that no line crosses a text.
        for (l, r) in labels.iter().zip(&placed) {
            if let Some(r) = r {
                let foot =
                    Pos2::new(r.center().x.clamp(r.min.x + 4.0, r.max.x - 4.0), if r.center().y < l.wish.anchor.y { r.max.y } else { r.min.y });
                let anchor = Pos2::new(l.wish.anchor.x, l.wish.anchor.y);
                if foot.distance(anchor) > 9.0 * self.k {
                    self.painter.line_segment([foot, anchor], Stroke::new(1.0 * self.k, self.faint()));
                    self.painter.circle_filled(anchor, 2.0 * self.k, self.faint());
                }
            }
        }
        for (l, r) in labels.iter().zip(&placed) {
            match r {
                Some(r) => self.label_ui(l, Rect::from_min_max(Pos2::new(r.min.x, r.min.y), Pos2::new(r.max.x, r.max.y)), view.heat),
                // No room for words: the sign stays.
                None if l.wish.weight > 20.0 => self.sign_ui(Pos2::new(l.wish.anchor.x, l.wish.anchor.y), &l.look, view.heat),
                None => {}
            }
        }
    }

    fn label(&self, place: &Place, camera: &SceneCamera, stage: &Stage, view: &PlantView, all: bool) -> Option<Label> {
        let look = view.look(place.asset);
        let anchor = camera.project(place.anchor())?;
        let (id, detail) = (stage.plant.asset(place.asset).id.clone(), detail(&look, view.heat));
        let weight = weight(&look, view.heat);
        if !all && weight <= 1.0 {
            return None;
        }
        let sign = if has_sign(&look, view.heat) { 17.0 * self.k } else { 0.0 };
        let (big, small) = (self.sizes(weight), 11.5);
        let mut size = Vec2::new(self.width(&id, big) + sign + 11.0 * self.k, (big + 6.0) * self.k);
        if !detail.is_empty() {
            size.x += self.width(&detail, small) + 7.0 * self.k;
        }
        // Nearer assets win among equals.
        let near = 1.0 / (1.0 + camera.eye_m.distance(place.position));
        let wish = Wish { anchor, size: bevy::math::Vec2::new(size.x, size.y), weight: weight + near, insistent: weight > 4.0 };
        Some(Label { look, id, detail, wish })
    }

    fn sizes(&self, weight: f32) -> f32 {
        if weight > 20.0 {
            13.5
        } else if weight > 4.0 {
            12.0
        } else {
            10.5
        }
    }

    fn label_ui(&self, l: &Label, r: Rect, heat: bool) {
        let k = self.k;
        let important = l.wish.weight > 20.0;
        let round = CornerRadius::same((4.0 * k) as u8);
        self.painter.rect_filled(r, round, self.card(if important { 0.97 } else { 0.80 }));
        let edge = if l.look.selected {
            Some(colour(palette::SELECT))
        } else if !heat && l.look.status.is_abnormal() {
            Some(colour(palette::status(l.look.status)))
        } else if heat && important {
            l.look.probability.map(|p| colour(palette::heat(0.3 + 0.7 * p)))
        } else {
            None
        };
        if let Some(edge) = edge {
            self.painter.rect_stroke(r, round, Stroke::new(1.6 * k, edge), StrokeKind::Inside);
        }
        let mut x = r.min.x + 5.5 * k;
        if has_sign(&l.look, heat) {
            self.sign_ui(Pos2::new(x + 6.5 * k, r.center().y), &l.look, heat);
            x += 17.0 * k;
        }
        let big = self.sizes(l.wish.weight);
        let drawn =
            self.text(Pos2::new(x, r.center().y), Align2::LEFT_CENTER, &l.id, big, if l.wish.weight > 4.0 { self.ink() } else { self.faint() });
        if !l.detail.is_empty() {
            self.text(Pos2::new(drawn.max.x + 7.0 * k, r.center().y), Align2::LEFT_CENTER, &l.detail, 11.5, self.ink());
        }
    }

    /// The sign of a look, centred.
    fn sign_ui(&self, c: Pos2, look: &AssetLook, heat: bool) {
        if heat {
            if look.origin {
                self.polygon(c, 7.0, 4, 0.0, self.ink(), true);
                self.painter.circle_filled(c, 2.2 * self.k, self.card(1.0));
            } else {
                let fill = colour(palette::heat(look.probability.unwrap_or(0.0)));
                self.painter.circle_filled(c, 6.0 * self.k, fill);
                self.painter.circle_stroke(c, 6.0 * self.k, Stroke::new(1.0 * self.k, self.faint()));
            }
        } else if look.badge == Badge::Proposal && !look.status.is_abnormal() {
            self.polygon(c, 7.0, 4, 0.0, colour(palette::PROPOSAL), true);
        } else {
            self.status_sign(c, look.status, look.stale);
        }
    }

    /// Shape and colour of a state.
    fn status_sign(&self, c: Pos2, status: Status, stale: bool) {
        let fill = colour(palette::status(status));
        let bar = |w: f32, h: f32| Rect::from_center_size(c, Vec2::new(w, h) * self.k);
        match status {
            Status::Failed => {
                self.polygon(c, 7.2, 8, std::f32::consts::FRAC_PI_8, fill, true);
                let d = 2.6 * self.k;
                for s in [-1.0, 1.0] {
                    self.painter.line_segment([c + Vec2::new(-d, -d * s), c + Vec2::new(d, d * s)], Stroke::new(1.8 * self.k, Color32::WHITE));
                }
            }
            Status::Tripped => {
                self.painter.rect_filled(bar(12.5, 12.5), CornerRadius::ZERO, fill);
                self.painter.rect_filled(bar(6.5, 2.4), CornerRadius::ZERO, Color32::WHITE);
            }
            Status::InRepair => {
                self.polygon(c, 7.2, 8, std::f32::consts::FRAC_PI_8, fill, true);
                self.painter.rect_filled(bar(2.2, 8.0), CornerRadius::ZERO, Color32::WHITE);
                self.painter.rect_filled(bar(8.0, 2.2), CornerRadius::ZERO, Color32::WHITE);
            }
            Status::Short | Status::Inhibited => {
                self.polygon(c, 7.2, 4, 0.0, fill, true);
                self.painter.rect_filled(bar(2.0, 6.0), CornerRadius::ZERO, Color32::WHITE);
            }
            Status::Starved => self.polygon(c, 7.2, 3, std::f32::consts::FRAC_PI_2, fill, true),
            Status::Blocked => self.polygon(c, 7.2, 3, -std::f32::consts::FRAC_PI_2, fill, true),
            Status::Standby => {
                self.painter.circle_stroke(c, 4.8 * self.k, Stroke::new(1.8 * self.k, fill));
            }
            Status::Starting => self.polygon(c, 5.6, 3, 0.0, fill, false),
            Status::Maintenance => {
                self.painter.circle_stroke(c, 5.6 * self.k, Stroke::new(1.8 * self.k, fill));
                self.painter.rect_filled(bar(1.8, 6.0), CornerRadius::ZERO, fill);
                self.painter.rect_filled(bar(6.0, 1.8), CornerRadius::ZERO, fill);
            }
            Status::Off | Status::Idle => {
                self.painter.line_segment([c - Vec2::X * 4.5 * self.k, c + Vec2::X * 4.5 * self.k], Stroke::new(2.0 * self.k, fill));
            }
            Status::Running | Status::Unknown => {}
        }
        if stale || status == Status::Unknown {
            for k in -1..=1 {
                let o = Vec2::new(k as f32 * 3.4 * self.k, 0.0);
                let d = Vec2::new(2.6, -5.0) * self.k;
                self.painter.line_segment([c + o - d, c + o + d], Stroke::new(1.2 * self.k, self.faint()));
            }
        }
    }

    /// A regular polygon; `turn` [rad] of its first corner from +x.
    fn polygon(&self, c: Pos2, r: f32, corners: usize, turn: f32, colour: Color32, filled: bool) {
        let points: Vec<Pos2> = (0..corners)
            .map(|i| {
                let t = turn + i as f32 / corners as f32 * std::f32::consts::TAU;
                c + Vec2::new(t.cos(), t.sin()) * r * self.k
            })
            .collect();
        self.painter.add(if filled {
            Shape::convex_polygon(points, colour, Stroke::NONE)
        } else {
            Shape::closed_line(points, Stroke::new(1.6 * self.k, colour))
        });
    }

    /// The legend at the lower left; returns the height used.
    fn legend_ui(&self, area: bevy::math::Rect, view: &PlantView) -> f32 {
        if view.heat { self.heat_legend(area) } else { self.state_legend(area, view) }
    }

    fn heat_legend(&self, area: bevy::math::Rect) -> f32 {
        let k = self.k;
        let (w, h) = (430.0 * k, 74.0 * k);
        let card = Rect::from_min_size(Pos2::new(area.min.x + 16.0 * k, area.max.y - h - 14.0 * k), Vec2::new(w, h));
        self.painter.rect_filled(card, CornerRadius::same((6.0 * k) as u8), self.card(0.93));
        let (left, right) = (card.min.x + 16.0 * k, card.min.x + 266.0 * k);
        self.text(Pos2::new(left, card.min.y + 8.0 * k), Align2::LEFT_TOP, "Predicted probability of impact", 13.0, self.ink());
        let (y0, y1) = (card.min.y + 30.0 * k, card.min.y + 43.0 * k);
        let n = 50;
        for i in 0..n {
            let x = |i: usize| left + (right - left) * i as f32 / n as f32;
            let step = Rect::from_min_max(Pos2::new(x(i), y0), Pos2::new(x(i + 1) + 0.5, y1));
            self.painter.rect_filled(step, CornerRadius::ZERO, colour(palette::heat((i as f32 + 0.5) / n as f32)));
        }
        for i in 0..=4 {
            let x = left + (right - left) * i as f32 / 4.0;
            self.painter.line_segment([Pos2::new(x, y1), Pos2::new(x, y1 + 4.0 * k)], Stroke::new(1.0 * k, self.faint()));
            self.text(Pos2::new(x, y1 + 5.0 * k), Align2::CENTER_TOP, &format!("{} %", i * 25), 11.0, self.faint());
        }
        let x = right + 28.0 * k;
        let origin = AssetLook { origin: true, ..AssetLook::default() };
        self.sign_ui(Pos2::new(x + 7.0 * k, card.min.y + 19.0 * k), &origin, true);
        self.text(Pos2::new(x + 20.0 * k, card.min.y + 19.0 * k), Align2::LEFT_CENTER, "outage strikes", 11.5, self.ink());
        self.text(Pos2::new(x, card.min.y + 38.0 * k), Align2::LEFT_CENTER, "in 12 min: median", 11.5, self.ink());
        self.text(Pos2::new(x, card.min.y + 52.0 * k), Align2::LEFT_CENTER, "time to impact", 11.5, self.ink());
        h + 18.0 * k
    }

    /// The signs of the states that occur.
    fn state_legend(&self, area: bevy::math::Rect, view: &PlantView) -> f32 {
        let mut present: Vec<Status> = view.assets.iter().map(|a| a.status).filter(|s| !matches!(s, Status::Running)).collect();
        present.sort();
        present.dedup();
        if present.is_empty() {
            return 0.0;
        }
        let k = self.k;
        let entries: Vec<(Status, String)> = present.into_iter().map(|s| (s, s.word().to_lowercase())).collect();
        let w: f32 = entries.iter().map(|e| self.width(&e.1, 12.0) + 40.0 * k).sum::<f32>() + 10.0 * k;
        let card = Rect::from_min_size(Pos2::new(area.min.x + 16.0 * k, area.max.y - 42.0 * k), Vec2::new(w, 28.0 * k));
        self.painter.rect_filled(card, CornerRadius::same((6.0 * k) as u8), self.card(0.93));
        let mut x = card.min.x + 18.0 * k;
        for (status, word) in entries {
            self.status_sign(Pos2::new(x, card.center().y), status, false);
            let r = self.text(Pos2::new(x + 13.0 * k, card.center().y), Align2::LEFT_CENTER, &word, 12.0, self.ink());
            x = r.max.x + 27.0 * k;
        }
        46.0 * k
    }
}

fn has_sign(look: &AssetLook, heat: bool) -> bool {
    if heat {
        return look.origin || look.probability.is_some_and(|p| p >= 0.005);
    }
    look.stale || look.badge == Badge::Proposal || !matches!(look.status, Status::Running)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_matters() {
        let look = AssetLook { status: Status::Failed, probability: Some(0.62), time_to_impact: Some(Span::from_min(12.0)), ..AssetLook::default() };
        assert_eq!(detail(&look, true), "62 % · in 12 min");
        assert_eq!(detail(&look, false), "FAILED");
        assert!(weight(&look, false) > 20.0);
        assert_eq!(short_span(Span::from_h(3.5)), "3.5 h");
    }
}
