//! How numbers become text, once for all panels: significant digits, units, money, durations, clock times.
//!
//! Pure functions. Invariant: no text here is longer than 24 characters, and every number carries its unit.

use crate::time::{Span, Time};

/// The minus sign that is as wide as a plus.
const MINUS: &str = "−";

/// Three significant digits, thousands separated by a thin space, no exponent below a billion.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return "–".into();
    }
    let size = x.abs();
    let decimals = match size {
        s if s >= 99.95 || (s - libm::round(s)).abs() < 1e-9 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.0995 => 2,
        _ => 3,
    };
    if size >= 1e9 {
        return format!("{x:.2e}").replace('-', MINUS);
    }
    let text = format!("{size:.decimals$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(w, r)| (w, r));
    let mut out = String::new();
    if x < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push_str(MINUS);
    }
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push('\u{2009}');
        }
        out.push(c);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// A unit for people: UCUM codes without their brackets.
pub fn unit(ucum: &str) -> String {
    match ucum {
        "Cel" => return "°C".into(),
        "1" | "" => return String::new(),
        "m3/h" => return "m³/h".into(),
        "m3" => return "m³".into(),
        "Nm3/h" => return "Nm³/h".into(),
        _ => {}
    }
    ucum.replace(['{', '}', '[', ']'], "").replace('.', "·").replace("Cel", "°C").replace("m3", "m³")
}

/// A number with its unit.
pub fn quantity(x: f64, ucum: &str) -> String {
    join(&number(x), &unit(ucum))
}

/// A mean with one standard deviation and the unit.
pub fn estimate(mean: f64, sd: f64, ucum: &str) -> String {
    let digits = if sd >= 9.95 || sd <= 0.0 || !sd.is_finite() {
        0
    } else if sd >= 0.995 {
        1
    } else {
        2
    };
    if sd <= 0.0 || !sd.is_finite() {
        return quantity(mean, ucum);
    }
    let text = format!("{mean:.digits$} ± {sd:.digits$}").replace('-', MINUS);
    join(&text, &unit(ucum))
}

fn join(value: &str, unit: &str) -> String {
    if unit.is_empty() { value.to_owned() } else { format!("{value} {unit}") }
}

/// Money in whole units, or thousands from 100,000 on.
pub fn money(x: f64, currency: &str) -> String {
    let symbol = match currency {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        other => other,
    };
    if x.abs() >= 99_950.0 { format!("{} k{symbol}", number((x / 1000.0).round())) } else { format!("{} {symbol}", whole(x)) }
}

/// Money with an explicit sign.
pub fn money_signed(x: f64, currency: &str) -> String {
    let text = money(x, currency);
    if x > 0.0 { format!("+{text}") } else { text }
}

fn whole(x: f64) -> String {
    let r = x.round();
    if r.abs() < 100.0 {
        return if r < 0.0 { format!("{MINUS}{:.0}", -r) } else { format!("{:.0}", r.abs()) };
    }
    number(r)
}

/// A fraction as a percentage; never "0 %" or "100 %" for what is neither.
pub fn percent(p: f64) -> String {
    if !p.is_finite() {
        return "–".into();
    }
    match p * 100.0 {
        0.0 => "0 %".into(),
        100.0 => "100 %".into(),
        x if x > 0.0 && x < 0.1 => "<0.1 %".into(),
        x if x < 100.0 && x > 99.9 => ">99.9 %".into(),
        x if x.abs() < 9.95 || (x > 99.0 && x < 100.0) => format!("{x:.1} %"),
        x => format!("{x:.0} %"),
    }
}

/// An interval of fractions: "54–69 %".
pub fn percent_range(low: f64, high: f64) -> String {
    let digits = usize::from(high < 0.0995);
    format!("{:.digits$}–{:.digits$} %", low * 100.0, high * 100.0)
}

/// A duration in at most two units: "3 h 05 min", "42 s".
pub fn duration(span: Span) -> String {
    let s = span.s();
    let sign = if s < 0.0 { MINUS } else { "" };
    let s = s.abs();
    let text = match s {
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 119.5 => format!("{s:.0} s"),
        s if s < 3600.0 * 0.9999 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3600.0 => {
            let minutes = (s / 60.0).round() as u64;
            if minutes.is_multiple_of(60) { format!("{} h", minutes / 60) } else { format!("{} h {:02} min", minutes / 60, minutes % 60) }
        }
        s => format!("{:.1} d", s / 86_400.0),
    };
    format!("{sign}{text}")
}

/// A duration in one unit, for narrow columns: "6 min", "1.6 h".
pub fn short(span: Span) -> String {
    match span.s() {
        s if s < 59.5 => format!("{s:.0} s"),
        s if s < 59.5 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 47.95 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} d", s / 86_400.0),
    }
}

/// Time of day of a live instant (UTC), or time since the start of a simulation.
pub fn clock(t: Time) -> String {
    let s = t.s().floor() as i64;
    let of_day = s.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Offset from now or from a start: "+45 min", "now".
pub fn offset(span: Span) -> String {
    match span.0 {
        0 => "start".into(),
        x if x > 0 => format!("+{}", duration(span)),
        _ => duration(span),
    }
}

/// A count with thousands separators.
pub fn count(n: u64) -> String {
    number(n as f64)
}

/// Words that a person reads: "in_repair" and "InRepair" become "in repair".
pub fn words(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 && !out.ends_with(' ') {
            out.push(' ');
        }
        out.extend(if c == '_' { " ".chars().collect::<Vec<_>>() } else { c.to_lowercase().collect() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_their_sign() {
        let cases = [(0.0, "0"), (3.146, "3.15"), (-0.02, "−0.020"), (12345.0, "12\u{2009}345"), (99.96, "100"), (9.996, "10.0"), (f64::NAN, "–")];
        for (x, want) in cases {
            assert_eq!(number(x), want, "{x}");
        }
        assert_eq!(estimate(6.04, 0.12, "Cel"), "6.04 ± 0.12 °C");
        assert_eq!(money_signed(-41_250.4, "EUR"), "−41\u{2009}250 €");
        assert_eq!(money(2_340_000.0, "EUR"), "2\u{2009}340 k€");
    }

    #[test]
    fn what_is_rare_or_likely_is_never_shown_as_certain() {
        assert_eq!([percent(0.0), percent(0.0004), percent(0.62), percent(0.9995), percent(1.0)], ["0 %", "<0.1 %", "62 %", ">99.9 %", "100 %"]);
        assert_eq!(percent_range(0.541, 0.688), "54–69 %");
    }

    #[test]
    fn durations_use_two_units_at_most() {
        let cases = [(0.25, "250 ms"), (42.0, "42 s"), (600.0, "10 min"), (3599.99, "1 h"), (11_100.0, "3 h 05 min"), (260_000.0, "3.0 d")];
        for (s, want) in cases {
            assert_eq!(duration(Span::from_s(s)), want, "{s}");
        }
        for (s, want) in [(30.0, "30 s"), (360.0, "6 min"), (3580.0, "1.0 h"), (5760.0, "1.6 h")] {
            assert_eq!(short(Span::from_s(s)), want, "{s}");
        }
    }
}
