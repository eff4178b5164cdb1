//! Units of measure at the boundary: UCUM codes parsed, compared and converted.
//!
//! Owns the only contact with the UCUM tables. Inside the program numbers carry their unit in their name or in
//! the plant; this module is where a foreign number becomes one of ours. Invariant: a [`Unit`] is a valid code.
//! Annotations (`{bottle}`) have no meaning in UCUM, so `{bottle}/h` and `/h` are comparable.

use octofhir_ucum as ucum;
use std::fmt;

/// Longest accepted code [bytes]; real codes are far shorter.
const MAX_CODE: usize = 64;

/// A valid UCUM code, such as `kW`, `m3/h`, `Cel`, `{bottle}/h`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Unit(String);

/// Why a unit or a conversion is refused.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum UnitError {
    /// Not a UCUM expression; carries the tables' own explanation.
    #[error("{code:?} is not a UCUM unit ({why}); write for example \"kW\", \"m3/h\", \"Cel\", \"{{bottle}}\"")]
    Unknown {
        /// What was written.
        code: String,
        /// The parser's reason.
        why: String,
    },
    /// Different dimensions.
    #[error("{from:?} does not measure the same thing as {to:?}; use a unit of the same dimension")]
    Incomparable {
        /// Source code.
        from: String,
        /// Target code.
        to: String,
    },
    /// The value is not finite or leaves the domain of the target unit.
    #[error("{value} {from} cannot be expressed in {to}: {why}")]
    Value {
        /// The number.
        value: f64,
        /// Source code.
        from: String,
        /// Target code.
        to: String,
        /// The converter's reason.
        why: String,
    },
}

impl Unit {
    /// Reads a case-sensitive UCUM code.
    ///
    /// # Errors
    /// [`UnitError::Unknown`] when the code is empty, too long, or not in the UCUM tables.
    pub fn parse(code: &str) -> Result<Self, UnitError> {
        let refuse = |why: &str| UnitError::Unknown { code: code.chars().take(MAX_CODE).collect(), why: why.into() };
        if code.is_empty() {
            return Err(refuse("empty; write \"1\" for a plain number"));
        }
        if code.len() > MAX_CODE {
            return Err(refuse("longer than 64 characters"));
        }
        let parsed = ucum::parse_expression(code).map_err(|e| refuse(&first_line(&e)))?;
        ucum::evaluate(&parsed).map_err(|e| refuse(&first_line(&e)))?;
        Ok(Unit(code.into()))
    }

    /// The code as written.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// Whether values of one can be expressed in the other.
    pub fn is_comparable(&self, other: &Unit) -> bool {
        self.0 == other.0 || ucum::is_comparable(&self.0, &other.0).unwrap_or(false)
    }

    /// Expresses a value in another unit: 20 `Cel` is 293.15 `K`.
    ///
    /// # Errors
    /// [`UnitError::Incomparable`] for another dimension, [`UnitError::Value`] for NaN, infinities and values outside
    /// the domain of a special unit.
    pub fn convert(&self, value: f64, to: &Unit) -> Result<f64, UnitError> {
        let refuse = |why: String| UnitError::Value { value, from: self.0.clone(), to: to.0.clone(), why };
        if !value.is_finite() {
            return Err(refuse("not a finite number".into()));
        }
        if self.0 == to.0 {
            return Ok(value);
        }
        if !self.is_comparable(to) {
            return Err(UnitError::Incomparable { from: self.0.clone(), to: to.0.clone() });
        }
        ucum::convert(value, &self.0, &to.0).map_err(|e| refuse(first_line(&e)))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn first_line(error: &ucum::UcumError) -> String {
    error.to_string().lines().next().unwrap_or_default().chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str) -> Unit {
        Unit::parse(code).unwrap()
    }

    #[test]
    fn temperatures_convert_by_function_not_by_factor() {
        assert!((unit("Cel").convert(20.0, &unit("K")).unwrap() - 293.15).abs() < 1e-9);
        assert!((unit("[degF]").convert(212.0, &unit("Cel")).unwrap() - 100.0).abs() < 1e-9);
        assert!((unit("K").convert(0.0, &unit("[degF]")).unwrap() + 459.67).abs() < 1e-9);
    }

    #[test]
    fn linear_units_convert() {
        assert!((unit("m3/h").convert(3.6, &unit("L/s")).unwrap() - 1.0).abs() < 1e-12);
        assert!((unit("bar").convert(1.0, &unit("kPa")).unwrap() - 100.0).abs() < 1e-9);
        assert!((unit("kW.h").convert(1.0, &unit("kJ")).unwrap() - 3600.0).abs() < 1e-9);
        assert!((unit("[psi]").convert(14.503_773_773, &unit("bar")).unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn annotations_have_no_meaning() {
        assert!(unit("{bottle}/h").is_comparable(&unit("/h")));
        assert!(unit("{bottle}").is_comparable(&unit("1")));
        assert!(!unit("{bottle}").is_comparable(&unit("kW")));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for bad in ["", "parsnips", "kw h", "m//s", "m^3", &"(".repeat(5000), "kW;DROP"] {
            assert!(Unit::parse(bad).is_err(), "{bad}");
        }
        assert!(matches!(unit("bar").convert(1.0, &unit("kg")), Err(UnitError::Incomparable { .. })));
        assert!(matches!(unit("bar").convert(f64::NAN, &unit("kPa")), Err(UnitError::Value { .. })));
    }
}
