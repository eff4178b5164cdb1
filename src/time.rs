//! Plant time as integers: `Time` (an instant) and `Span` (a duration), both in microseconds.
//!
//! Integers make event order exact and replays bit-identical. Spans are written in documents as text
//! (`"45min"`, `"1h30min"`, `"250ms"`, `"2d"`), never as bare numbers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, ops};

/// An instant of plant time [µs]. In a simulation 0 is its start; live it is the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

/// A length of plant time [µs], not negative in documents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Span(pub i64);

/// Why a text is not a span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Not of the form number + unit.
    #[error("{0:?} is not a time span; write for example \"45min\", \"1h30min\", \"250ms\" or \"2d\"")]
    Form(String),
    /// Longer than 1,000 years.
    #[error("{0:?} is longer than 1000 years")]
    TooLong(String),
}

const UNITS: [(&str, i64); 7] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1), ("µs", 1)];
const LIMIT_US: f64 = 1000.0 * 365.25 * 86_400e6;

impl Span {
    /// Zero.
    pub const ZERO: Span = Span(0);
    /// From seconds, rounded to the microsecond; saturates at about 292,000 years.
    pub fn from_s(s: f64) -> Self {
        Span(libm::round(s * 1e6) as i64)
    }
    /// From hours.
    pub fn from_h(h: f64) -> Self {
        Span(libm::round(h * 3.6e9) as i64)
    }
    /// From minutes.
    pub fn from_min(m: f64) -> Self {
        Span(libm::round(m * 6e7) as i64)
    }
    /// In seconds.
    pub fn s(self) -> f64 {
        self.0 as f64 * 1e-6
    }
    /// In hours.
    pub fn h(self) -> f64 {
        self.0 as f64 / 3.6e9
    }
    /// In minutes.
    pub fn min(self) -> f64 {
        self.0 as f64 / 6e7
    }
    /// Reads `"1h30min"`.
    ///
    /// # Errors
    /// [`SpanError`] when the text has another form or is absurdly long.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        let form = || SpanError::Form(text.chars().take(40).collect());
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(form());
        }
        let mut total = 0.0f64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(form)?;
            let number: f64 = rest[..digits].parse().map_err(|_| form())?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(rest.len());
            let unit = UNITS.iter().find(|u| u.0 == &rest[..letters]).ok_or_else(form)?;
            total += number * unit.1 as f64;
            rest = rest[letters..].trim_start();
        }
        if total.is_nan() || total > LIMIT_US {
            return Err(SpanError::TooLong(text.chars().take(40).collect()));
        }
        Ok(Span(libm::round(total) as i64))
    }
}

impl Time {
    /// The start of a simulation, or the Unix epoch.
    pub const ZERO: Time = Time(0);
    /// Later than any event.
    pub const NEVER: Time = Time(i64::MAX);
    /// Seconds since zero.
    pub fn s(self) -> f64 {
        self.0 as f64 * 1e-6
    }
    /// Hours since zero.
    pub fn h(self) -> f64 {
        self.0 as f64 / 3.6e9
    }
    /// From seconds since zero.
    pub fn from_s(s: f64) -> Self {
        Time(libm::round(s * 1e6) as i64)
    }
    /// From hours since zero.
    pub fn from_h(h: f64) -> Self {
        Time(libm::round(h * 3.6e9) as i64)
    }
    /// `self + span`, saturating at [`Time::NEVER`].
    pub fn after(self, span: Span) -> Self {
        Time(self.0.saturating_add(span.0))
    }
}

impl ops::Sub for Time {
    type Output = Span;
    fn sub(self, o: Time) -> Span {
        Span(self.0.saturating_sub(o.0))
    }
}
impl ops::Add<Span> for Time {
    type Output = Time;
    fn add(self, o: Span) -> Time {
        self.after(o)
    }
}
impl ops::Sub<Span> for Time {
    type Output = Time;
    fn sub(self, o: Span) -> Time {
        Time(self.0.saturating_sub(o.0))
    }
}
impl ops::Add for Span {
    type Output = Span;
    fn add(self, o: Span) -> Span {
        Span(self.0.saturating_add(o.0))
    }
}

impl fmt::Display for Span {
    /// Exact: `parse(display(x)) == x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        for (name, us) in &UNITS[..6] {
            let n = rest / us.unsigned_abs();
            if n > 0 {
                write!(f, "{n}{name}")?;
                rest %= us.unsigned_abs();
            }
        }
        Ok(())
    }
}
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}
impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Span::parse(&text).map_err(serde::de::Error::custom)
    }
}
impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "description": "a time span: 45min, 1h30min, 250ms, 2d", "pattern": r"^([0-9.]+(d|h|min|s|ms|us)\s*)+$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_refuses() {
        assert_eq!(Span::parse("1h30min").unwrap(), Span(5_400_000_000));
        assert_eq!(Span::parse("250ms").unwrap(), Span(250_000));
        assert_eq!(Span::parse("1.5 h").unwrap_err(), SpanError::Form("1.5 h".into()));
        for bad in ["", "5", "h", "-5min", "5 parsecs", "NaNh", "1e9h", "99999999d", "infh"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn display_round_trips(us in 0i64..1_000_000_000_000_000) {
            prop_assert_eq!(Span::parse(&Span(us).to_string()).unwrap(), Span(us));
        }
        #[test]
        fn any_text_is_an_answer_not_a_panic(s in "\\PC{0,20}") {
            let _ = Span::parse(&s);
        }
    }
}
