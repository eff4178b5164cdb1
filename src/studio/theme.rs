//! Every colour and font of the window, in one place.
//!
//! Operator style: calm greys; a saturated colour means that something is abnormal. Alarm colours (red, amber,
//! yellow) are used nowhere else; probability has a purple sequence of its own; series use the Okabe-Ito set.
//! Panels name a [`Tone`], never a colour. Invariant: text tones keep a contrast of 4.5:1 on their panel.

use bevy_egui::egui::{self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme as Base, vec2};
use serde::{Deserialize, Serialize};

/// Dark for control rooms, light for offices and slides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Scheme {
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// What a colour means.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// Labels, units, what matters less.
    Weak,
    /// Headings, the number to look at.
    Strong,
    /// The selection, the running job: calm blue.
    Accent,
    /// Off normal, nothing to do yet.
    Notice,
    /// Wants a look.
    Warning,
    /// Needs a response.
    Alarm,
    /// A gain, a check that holds.
    Better,
    /// A predicted probability, 0..1.
    Probability(f32),
    /// A series of a plot, cycling through the categorical set.
    Series(usize),
}

/// The colours of a scheme.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Which.
    pub scheme: Scheme,
    /// Between the panels.
    pub gap: Color32,
    /// Panels.
    pub panel: Color32,
    /// Bars and headers.
    pub bar: Color32,
    /// Cards and table headers.
    pub raised: Color32,
    /// Every other row.
    pub stripe: Color32,
    /// Fields.
    pub field: Color32,
    /// Hairlines.
    pub line: Color32,
    /// Button rest, hover, pressed.
    pub button: [Color32; 3],
    text: Color32,
    weak: Color32,
    strong: Color32,
    accent: Color32,
    notice: Color32,
    warning: Color32,
    alarm: Color32,
    better: Color32,
}

/// Okabe-Ito without yellow (alarm) and black (background): categorical, safe for colour-blind eyes.
const SERIES: [[u8; 3]; 6] = [[86, 180, 233], [230, 159, 0], [0, 158, 115], [204, 121, 167], [213, 94, 0], [0, 114, 178]];

/// sRGB colour of a predicted probability (clamped to 0..1): the 3D picture's purple scale, so that tables,
/// legend and plant agree.
pub fn probability_srgb(p: f32) -> [u8; 3] {
    let c = super::scene::heat(if p.is_finite() { p } else { 0.0 });
    [c.red, c.green, c.blue].map(|v| (v * 255.0).round() as u8)
}

const fn rgb(r: u8, g: u8, b: u8) -> Color32 {
    Color32::from_rgb(r, g, b)
}

impl Palette {
    /// The colours of `scheme`.
    pub const fn of(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Dark => Self::DARK,
            Scheme::Light => Self::LIGHT,
        }
    }

    const DARK: Palette = Palette {
        scheme: Scheme::Dark,
        gap: rgb(18, 20, 23),
        panel: rgb(29, 32, 36),
        bar: rgb(23, 26, 29),
        raised: rgb(38, 42, 47),
        stripe: rgb(33, 36, 41),
        field: rgb(20, 22, 25),
        line: rgb(54, 59, 66),
        button: [rgb(48, 53, 59), rgb(59, 65, 72), rgb(70, 77, 85)],
        text: rgb(209, 214, 220),
        weak: rgb(146, 154, 164),
        strong: rgb(244, 246, 248),
        accent: rgb(118, 178, 222),
        notice: rgb(176, 190, 204),
        warning: rgb(240, 173, 62),
        alarm: rgb(255, 108, 96),
        better: rgb(98, 190, 160),
    };

    const LIGHT: Palette = Palette {
        scheme: Scheme::Light,
        gap: rgb(214, 217, 221),
        panel: rgb(248, 249, 250),
        bar: rgb(238, 240, 242),
        raised: rgb(232, 235, 238),
        stripe: rgb(242, 244, 246),
        field: rgb(255, 255, 255),
        line: rgb(206, 210, 215),
        button: [rgb(226, 229, 233), rgb(214, 218, 223), rgb(200, 205, 211)],
        text: rgb(43, 48, 54),
        weak: rgb(96, 104, 113),
        strong: rgb(16, 19, 22),
        accent: rgb(21, 101, 160),
        notice: rgb(74, 90, 106),
        warning: rgb(150, 88, 0),
        alarm: rgb(188, 32, 24),
        better: rgb(0, 112, 82),
    };

    /// Colour of text or marks with this meaning.
    pub fn tone(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Plain => self.text,
            Tone::Weak => self.weak,
            Tone::Strong => self.strong,
            Tone::Accent => self.accent,
            Tone::Notice => self.notice,
            Tone::Warning => self.warning,
            Tone::Alarm => self.alarm,
            Tone::Better => self.better,
            Tone::Probability(p) => self.probability(p),
            Tone::Series(i) => {
                let [r, g, b] = SERIES[i % SERIES.len()];
                rgb(r, g, b)
            }
        }
    }

    /// Fill of a predicted probability.
    pub fn probability(&self, p: f32) -> Color32 {
        let [r, g, b] = probability_srgb(p);
        rgb(r, g, b)
    }

    /// Text that is readable on [`Self::probability`].
    pub fn on_probability(&self, p: f32) -> Color32 {
        if p < 0.535 { Color32::BLACK } else { Color32::WHITE }
    }

    /// A tone as a quiet background.
    pub fn wash(&self, tone: Tone) -> Color32 {
        let (c, share) = (self.tone(tone), if self.scheme == Scheme::Dark { 0.20 } else { 0.13 });
        let mix = |a: u8, b: u8| (f32::from(a) * (1.0 - share) + f32::from(b) * share).round() as u8;
        rgb(mix(self.panel.r(), c.r()), mix(self.panel.g(), c.g()), mix(self.panel.b(), c.b()))
    }

    /// A colour with this opacity 0..1 (for bands of fans).
    pub fn faded(&self, tone: Tone, opacity: f32) -> Color32 {
        self.tone(tone).gamma_multiply(opacity)
    }
}

/// Text sizes: small print, body, numbers to look at, headings.
pub const SIZES: [f32; 4] = [11.0, 13.0, 17.0, 15.0];

/// Fira Sans (SIL Open Font License 1.1, `assets/fonts/OFL.txt`): made for small sizes on screens.
const FIRA: &[u8] = include_bytes!("../../assets/fonts/FiraSans-Regular.ttf");

/// Puts the fonts into the context. Call once; they arrive with the next pass.
pub fn fonts(ctx: &egui::Context) {
    let mut fonts = egui::FontDefinitions::default();
    fonts.font_data.insert("fira".into(), egui::FontData::from_static(FIRA).into());
    if let Some(keys) = fonts.families.get_mut(&FontFamily::Proportional) {
        keys.insert(0, "fira".into());
    }
    egui_phosphor::add_to_fonts(&mut fonts, egui_phosphor::Variant::Regular);
    ctx.set_fonts(fonts);
}

/// Draws the common characters into the font atlas at every size in use. A character that first appears while the plant
/// runs would otherwise be a gap until the frame after next, which on a slow machine is long enough to misread a number.
pub fn warm_glyphs(ctx: &egui::Context) {
    let text: String = (' '..='~').chain("–—−±·→×°µ≥≤…ΔäöüÄÖÜ²³₂".chars()).collect();
    let sizes = SIZES.into_iter().chain([10.5, 11.0, 12.0]);
    ctx.fonts_mut(|fonts| {
        for size in sizes {
            // glyphs are drawn per quarter of a pixel: shifts by narrow spaces reach the others
            for shift in ["", "i", ".", "l"] {
                fonts.layout_no_wrap(format!("{shift}{text}"), FontId::proportional(size), Color32::WHITE);
            }
        }
    });
}

/// Puts sizes, spacing and colours into the context. Call when the scheme changes.
pub fn apply(ctx: &egui::Context, scheme: Scheme) {
    let palette = Palette::of(scheme);
    let base = if scheme == Scheme::Dark { Base::Dark } else { Base::Light };
    ctx.set_theme(base);
    ctx.style_mut_of(base, |style| {
        let font = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, font(SIZES[0])),
            (TextStyle::Body, font(SIZES[1])),
            (TextStyle::Button, font(SIZES[1])),
            (TextStyle::Heading, font(SIZES[3])),
            (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
        ]
        .into();
        spacing(&mut style.spacing);
        visuals(&mut style.visuals, &palette);
        style.interaction.selectable_labels = false;
    });
}

fn spacing(s: &mut egui::Spacing) {
    s.item_spacing = vec2(8.0, 5.0);
    s.button_padding = vec2(9.0, 4.0);
    s.interact_size = vec2(28.0, 24.0);
    s.window_margin = Margin::same(12);
    s.menu_margin = Margin::same(6);
    s.scroll = egui::style::ScrollStyle::thin();
    s.scroll.floating = true;
    s.icon_width = 15.0;
    s.combo_width = 90.0;
}

fn visuals(v: &mut egui::Visuals, p: &Palette) {
    let radius = CornerRadius::same(4);
    v.dark_mode = p.scheme == Scheme::Dark;
    v.disabled_alpha = 0.75;
    v.panel_fill = p.panel;
    v.window_fill = p.panel;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.faint_bg_color = p.stripe;
    v.extreme_bg_color = p.field;
    v.text_edit_bg_color = Some(p.field);
    v.code_bg_color = p.raised;
    v.weak_text_color = Some(p.weak);
    v.hyperlink_color = p.accent;
    v.warn_fg_color = p.warning;
    v.error_fg_color = p.alarm;
    v.window_corner_radius = CornerRadius::same(6);
    v.menu_corner_radius = CornerRadius::same(6);
    v.selection.bg_fill = p.wash(Tone::Accent);
    v.selection.stroke = Stroke::new(1.0, p.strong);
    let states = [
        (&mut v.widgets.noninteractive, p.panel, p.line, p.text),
        (&mut v.widgets.inactive, p.button[0], p.button[0], p.text),
        (&mut v.widgets.hovered, p.button[1], p.line, p.strong),
        (&mut v.widgets.active, p.button[2], p.accent, p.strong),
        (&mut v.widgets.open, p.button[1], p.line, p.strong),
    ];
    for (w, fill, edge, text) in states {
        w.bg_fill = fill;
        w.weak_bg_fill = fill;
        w.bg_stroke = Stroke::new(1.0, edge);
        w.fg_stroke = Stroke::new(1.0, text);
        w.corner_radius = radius;
        w.expansion = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Color32) -> f64 {
        let f = |x: u8| {
            let x = f64::from(x) / 255.0;
            if x <= 0.04045 { x / 12.92 } else { libm::pow((x + 0.055) / 1.055, 2.4) }
        };
        0.2126 * f(c.r()) + 0.7152 * f(c.g()) + 0.0722 * f(c.b())
    }
    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn text_is_readable_on_every_background() {
        for scheme in [Scheme::Dark, Scheme::Light] {
            let p = Palette::of(scheme);
            for tone in [Tone::Plain, Tone::Weak, Tone::Strong, Tone::Accent, Tone::Notice, Tone::Warning, Tone::Alarm, Tone::Better] {
                for back in [p.panel, p.bar, p.stripe, p.field] {
                    assert!(contrast(p.tone(tone), back) >= 4.5, "{scheme:?} {tone:?} on {back:?}: {:.2}", contrast(p.tone(tone), back));
                }
                assert!(contrast(p.tone(tone), p.raised) >= 3.0, "{scheme:?} {tone:?} on raised");
            }
            for i in 0..=20 {
                let x = i as f32 / 20.0;
                assert!(contrast(p.on_probability(x), p.probability(x)) >= 4.5, "{x}: {:.2}", contrast(p.on_probability(x), p.probability(x)));
            }
        }
    }

    #[test]
    fn probability_darkens_steadily_and_takes_any_number() {
        let lum: Vec<f64> = (0..=20).map(|i| luminance(Palette::of(Scheme::Dark).probability(i as f32 / 20.0))).collect();
        assert!(lum.windows(2).all(|w| w[1] < w[0]), "{lum:?}");
        for odd in [f32::NAN, -1.0, 2.0, f32::INFINITY] {
            let _ = probability_srgb(odd);
        }
    }
}
