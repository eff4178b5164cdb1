//! Ranges of numbers, with the hint that belongs to each.

use crate::document::Issues;

/// Larger numbers are mistakes: they would swamp every other figure in rounding.
const LARGEST: f64 = 1e12;

/// Which values a field may have.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Range {
    /// Any finite number.
    Any,
    /// More than zero.
    Positive,
    /// Zero or more.
    NotNegative,
    /// 0..=1.
    Fraction,
    /// More than 0, less than 1.
    Inside,
    /// −273.15 or more [°C].
    Celsius,
}

impl Range {
    fn holds(self, v: f64) -> bool {
        match self {
            Range::Any => true,
            Range::Positive => v > 0.0,
            Range::NotNegative => v >= 0.0,
            Range::Fraction => (0.0..=1.0).contains(&v),
            Range::Inside => v > 0.0 && v < 1.0,
            Range::Celsius => v >= -273.15,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Range::Any => "write a finite number",
            Range::Positive => "must be more than 0",
            Range::NotNegative => "must be 0 or more",
            Range::Fraction => "must be between 0 and 1",
            Range::Inside => "must be more than 0 and less than 1",
            Range::Celsius => "must be at least -273.15 °C",
        }
    }
}

/// Notes an issue when the value is out of range.
pub fn number(issues: &mut Issues<'_>, at: &str, value: f64, range: Range) {
    if !value.is_finite() || value.abs() > LARGEST {
        issues.add(at, format!("{value} is out of range"), format!("must lie within ±{LARGEST:e}"));
    } else if !range.holds(value) {
        issues.add(at, format!("{value} is out of range"), range.hint());
    }
}
