//! Figures and findings in words that an executive reads: natural frequencies, durations, money, escaped text.
//!
//! Owns formatting only. Invariant: everything that came from a file passes through [`escaped`] before it is HTML.

use crate::forecast::{Alternative, AssetImpact, Forecast};
use crate::plant::AssetId;

/// Text that is safe inside HTML elements and attributes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// "31 of 100 futures".
pub fn futures(probability: f64) -> String {
    let of_100 = libm::round(probability * 100.0);
    if probability <= 0.0 {
        "no future".into()
    } else if probability >= 1.0 {
        "every future".into()
    } else if of_100 < 1.0 {
        format!("{} of 1000 futures", libm::fmax(libm::round(probability * 1000.0), 1.0))
    } else if of_100 > 99.0 {
        "more than 99 of 100 futures".into()
    } else {
        format!("{of_100} of 100 futures")
    }
}

/// "13 min" or "1 h 05 min".
pub fn duration(hours: f64) -> String {
    let minutes = libm::round(hours.abs() * 60.0) as i64;
    let sign = if hours < 0.0 && minutes > 0 { "−" } else { "" };
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{sign}{m} min"),
        (h, 0) => format!("{sign}{h} h"),
        (h, m) => format!("{sign}{h} h {m:02} min"),
    }
}

/// Thousands apart, a true minus: "12 345".
pub fn number(x: f64) -> String {
    let text = if x.abs() < 10.0 && libm::trunc(x) != x { format!("{:.2}", x.abs()) } else { format!("{:.0}", x.abs()) };
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(w, r)| (w, r));
    let mut out = String::new();
    for (i, d) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(d);
    }
    if !rest.is_empty() {
        out = format!("{out}.{rest}");
    }
    let zero = out.chars().all(|c| matches!(c, '0' | '.'));
    if x < 0.0 && !zero { format!("−{out}") } else { out }
}

/// A unit for people: UCUM annotations without their braces.
pub fn unit(ucum: &str) -> String {
    ucum.replace(['{', '}'], "")
}

/// At most so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.into() } else { text.chars().take(most.saturating_sub(1)).chain(['…']).collect() }
}

/// With its sign: "+12 345".
pub fn signed(x: f64) -> String {
    let text = number(x);
    if x > 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0') { format!("+{text}") } else { text }
}

/// "Filler 1 (FI-1)", escaped; the id alone where there is no other name.
pub fn asset(f: &Forecast, a: AssetId) -> String {
    let id = f.assets.get(a.index()).map_or("?", String::as_str);
    match f.asset_names.get(a.index()) {
        Some(name) if !name.is_empty() && name != id => format!("{} ({})", escaped(name), escaped(id)),
        Some(_) | None => escaped(id),
    }
}

/// Why an asset was impacted, most frequent first: "starved, after Depalletiser (DP-1)".
pub fn causes(f: &Forecast, a: &Alternative, i: &AssetImpact) -> String {
    let edges = a.causes.iter().filter(|e| e.to == i.asset).map(|e| {
        let through = e.via.map_or_else(String::new, |v| format!(" through {}", asset(f, v)));
        (e.count, format!("{}{through}, after {}", escaped(&e.how), asset(f, e.from)))
    });
    let roots = a.roots.iter().filter(|r| r.asset == i.asset).map(|r| (r.count, escaped(&r.kind)));
    let mut all: Vec<(u32, String)> = edges.chain(roots).collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.0));
    all.iter().take(2).map(|c| c.1.as_str()).collect::<Vec<_>>().join("; or ")
}

/// 64 hexadecimal digits.
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_read_well() {
        assert_eq!((futures(0.31).as_str(), futures(0.0).as_str(), futures(1.0).as_str()), ("31 of 100 futures", "no future", "every future"));
        assert_eq!((futures(0.002).as_str(), futures(0.999).as_str()), ("2 of 1000 futures", "more than 99 of 100 futures"));
        assert_eq!(
            (duration(0.2166), duration(1.0833), duration(2.0), duration(-0.5)),
            ("13 min".into(), "1 h 05 min".into(), "2 h".into(), "−30 min".into())
        );
        assert_eq!(
            (number(-1234567.0), signed(12.0), signed(-0.001), number(0.0)),
            ("−1\u{202f}234\u{202f}567".into(), "+12".into(), "0.00".into(), "0".into())
        );
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(s in "\\PC{0,40}") {
            let e = escaped(&s);
            prop_assert!(!e.contains(['<', '>', '"', '\'']));
        }
    }
}
