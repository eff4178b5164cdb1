//! Published unit → model unit, remembered as `a·x + b` so that a message costs one multiplication.
//!
//! Owns the per-tag cache; the conversion itself is `units`. Invariant: only conversions that really are affine
//! are cached; at most [`Scales::CAPACITY`] units are remembered per tag, others are converted each time.

use super::{checks::Violated, quarantine::Clause};
use crate::{
    plant::Tag,
    units::{Unit, UnitError},
};

/// Conversions met so far for one tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scales(Vec<(String, f64, f64)>);

impl Scales {
    /// Units remembered per tag.
    pub const CAPACITY: usize = 4;

    /// Converts from `unit` (or the contract's published unit) to the tag's model unit.
    ///
    /// # Errors
    /// [`Clause::Unit`] when the unit is unknown or measures something else.
    pub fn apply(&mut self, tag: &Tag, value: f64, unit: Option<&str>) -> Result<f64, Violated> {
        let from = unit.unwrap_or(&tag.published_unit);
        if from == tag.unit || !value.is_finite() {
            return Ok(value); // what is not finite is refused by the checks
        }
        if let Some((_, a, b)) = self.0.iter().find(|x| x.0 == from) {
            return Ok(a * value + b);
        }
        let refused = |e: UnitError| Violated { clause: Clause::Unit, detail: format!("{e} (contract of {}: {})", tag.id, tag.unit) };
        let (source, target) = (Unit::parse(from).map_err(refused)?, Unit::parse(&tag.unit).map_err(refused)?);
        let at = |x: f64| source.convert(x, &target).map_err(refused);
        let (b, one, two) = (at(0.0)?, at(1.0)?, at(2.0)?);
        let a = one - b;
        let affine = (2.0 * a + b - two).abs() <= 1e-12 * (two.abs() + b.abs());
        if affine && self.0.len() < Self::CAPACITY {
            self.0.push((from.to_owned(), a, b));
        }
        at(value)
    }
}
