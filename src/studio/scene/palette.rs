//! Every colour of the 3D picture, in one place.
//!
//! Operator style is grey; red and amber are for abnormal states only, purple only for predicted probability
//! (DOMAIN 1.3, 2.5). Invariant: the probability scale darkens monotonically, so that it survives grey prints.

use super::{
    api::{Backdrop, Style},
    kit::Tone,
    view::{AssetLook, Status},
};
use bevy::color::{Color, LinearRgba, Srgba};

/// Colour of a tone.
pub fn tone(tone: Tone, style: Style) -> LinearRgba {
    let [r, g, b] = match (style, tone) {
        (Style::Operator, Tone::Body) => [0.80, 0.81, 0.82],
        (Style::Operator, Tone::Light) => [0.86, 0.865, 0.87],
        (Style::Operator, Tone::Trim) => [0.53, 0.545, 0.56],
        (Style::Operator, Tone::Dark) => [0.33, 0.345, 0.36],
        (Style::Operator, Tone::Metal) => [0.69, 0.705, 0.72],
        (Style::Operator, Tone::Glass) => [0.72, 0.765, 0.79],
        (Style::Operator, Tone::Accent) => [0.66, 0.685, 0.71],
        (Style::Operator, Tone::Carton) => [0.76, 0.745, 0.72],
        (Style::Presentation, Tone::Body) => [0.86, 0.875, 0.89],
        (Style::Presentation, Tone::Light) => [0.94, 0.945, 0.95],
        (Style::Presentation, Tone::Trim) => [0.36, 0.40, 0.45],
        (Style::Presentation, Tone::Dark) => [0.18, 0.19, 0.21],
        (Style::Presentation, Tone::Metal) => [0.70, 0.72, 0.74],
        (Style::Presentation, Tone::Glass) => [0.62, 0.76, 0.82],
        (Style::Presentation, Tone::Accent) => [0.16, 0.42, 0.56],
        (Style::Presentation, Tone::Carton) => [0.78, 0.66, 0.50],
    };
    Srgba::rgb(r, g, b).into()
}

const HEAT: [[f32; 3]; 6] = [[0.88, 0.87, 0.95], [0.74, 0.71, 0.90], [0.60, 0.52, 0.84], [0.47, 0.33, 0.76], [0.36, 0.16, 0.65], [0.25, 0.03, 0.49]];

/// Colour of a probability 0..1: pale lavender to deep violet.
pub fn heat(p: f32) -> Srgba {
    let x = p.clamp(0.0, 1.0) * (HEAT.len() - 1) as f32;
    let k = (x as usize).min(HEAT.len() - 2);
    let t = x - k as f32;
    let mix = |c: usize| HEAT[k][c] * (1.0 - t) + HEAT[k + 1][c] * t;
    Srgba::rgb(mix(0), mix(1), mix(2))
}

/// Red of failed and tripped (with an octagon or a square).
pub const ALARM: Srgba = Srgba::rgb(0.80, 0.12, 0.10);
/// Amber of what is starved, blocked, short or held (with a triangle).
pub const WARN: Srgba = Srgba::rgb(0.90, 0.60, 0.0);
/// Blue of what the user selected.
pub const SELECT: Srgba = Srgba::rgb(0.0, 0.45, 0.85);
/// Teal of a proposal.
pub const PROPOSAL: Srgba = Srgba::rgb(0.0, 0.55, 0.50);
/// Frame around the place where the disruption strikes: the opposite of the floor.
pub fn origin(backdrop: Backdrop) -> Srgba {
    match backdrop {
        Backdrop::Light => Srgba::rgb(0.13, 0.14, 0.17),
        Backdrop::Dark => Srgba::rgb(0.92, 0.93, 0.95),
    }
}

/// The state colour of the marker.
pub fn status(s: Status) -> Srgba {
    match s {
        Status::Failed | Status::Tripped => ALARM,
        Status::InRepair | Status::Starved | Status::Blocked | Status::Short | Status::Inhibited => WARN,
        Status::Unknown | Status::Running | Status::Idle | Status::Standby | Status::Starting | Status::Off | Status::Maintenance => {
            Srgba::rgb(0.35, 0.38, 0.42)
        }
    }
}

/// What an asset's surface is multiplied by, and whether it is drawn translucent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tint {
    /// As it is.
    Plain,
    /// Off or standby: a little darker.
    Resting,
    /// Data too old: translucent.
    Stale,
    /// Failed or tripped.
    Alarm,
    /// Starved, blocked, short, held, in repair.
    Warn,
    /// Predicted, in steps of 1/40.
    Heat(u8),
}

impl Tint {
    /// The tint of a look; prediction colours only while they are shown.
    pub fn of(look: &AssetLook, heat_shown: bool) -> Tint {
        if heat_shown {
            return match look.probability {
                Some(p) if p >= 0.005 => Tint::Heat((p.clamp(0.0, 1.0) * 40.0).round() as u8),
                _ => Tint::Plain,
            };
        }
        match look.status {
            _ if look.stale => Tint::Stale,
            Status::Failed | Status::Tripped => Tint::Alarm,
            Status::InRepair | Status::Starved | Status::Blocked | Status::Short | Status::Inhibited => Tint::Warn,
            Status::Off | Status::Standby | Status::Idle | Status::Maintenance => Tint::Resting,
            Status::Unknown => Tint::Stale,
            Status::Running | Status::Starting => Tint::Plain,
        }
    }

    /// Multiplier of the surface, with opacity.
    pub fn colour(self) -> Color {
        // Tones are about 0.8: lift state colours a little so that they read as themselves.
        let lift = |c: Srgba, by: f32| {
            let l = LinearRgba::from(c);
            Color::LinearRgba(LinearRgba::rgb(l.red * by, l.green * by, l.blue * by))
        };
        match self {
            Tint::Plain => Color::WHITE,
            Tint::Resting => Color::srgb(0.86, 0.88, 0.91),
            Tint::Stale => Color::srgba(0.85, 0.88, 0.92, 0.38),
            Tint::Alarm => lift(Srgba::rgb(0.90, 0.30, 0.26), 1.35),
            Tint::Warn => lift(Srgba::rgb(0.96, 0.74, 0.34), 1.35),
            Tint::Heat(k) => lift(heat(f32::from(k) / 40.0), 1.5),
        }
    }
}

/// Colours of the surroundings.
pub struct Surroundings {
    /// Behind everything, also the fog's.
    pub sky: Color,
    /// Floor.
    pub floor: Color,
    /// Area plates on the floor.
    pub plate: Color,
    /// Lines around areas and along aisles.
    pub line: Color,
}

/// Sky, floor and markings.
pub fn surroundings(backdrop: Backdrop) -> Surroundings {
    match backdrop {
        Backdrop::Light => Surroundings {
            sky: Color::srgb(0.95, 0.957, 0.965),
            floor: Color::srgb(0.835, 0.842, 0.85),
            plate: Color::srgb(0.775, 0.785, 0.795),
            line: Color::srgb(0.93, 0.935, 0.94),
        },
        Backdrop::Dark => Surroundings {
            sky: Color::srgb(0.115, 0.13, 0.15),
            floor: Color::srgb(0.26, 0.28, 0.305),
            plate: Color::srgb(0.30, 0.325, 0.35),
            line: Color::srgb(0.42, 0.445, 0.47),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Srgba) -> f32 {
        let l = LinearRgba::from(c);
        0.2126 * l.red + 0.7152 * l.green + 0.0722 * l.blue
    }

    #[test]
    fn probability_darkens_monotonically() {
        for k in 0..100 {
            let (a, b) = (heat(k as f32 / 100.0), heat((k + 1) as f32 / 100.0));
            assert!(luminance(b) < luminance(a), "at {k} %");
        }
    }

    #[test]
    fn prediction_colours_only_when_shown_and_alarm_colours_only_live() {
        let look = AssetLook { status: Status::Failed, probability: Some(0.5), ..AssetLook::default() };
        assert_eq!(Tint::of(&look, true), Tint::Heat(20));
        assert_eq!(Tint::of(&look, false), Tint::Alarm);
        assert_eq!(Tint::of(&AssetLook { status: Status::Running, stale: true, ..look }, false), Tint::Stale);
    }
}
