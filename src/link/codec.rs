//! Telemetry payloads ↔ values, by the contract's encoding.
//!
//! Owns syntax only: a value that decodes is a finite number with whatever time, unit, quality and sequence came with it.
//! Whether it is plausible, late or duplicate is decided in `estimate`. *Invariant:* any bytes give a value or a typed error,
//! never a panic, in time linear in their length.

use crate::plant::Encoding;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Longest payload that can be a sample [bytes].
pub const LIMIT_BYTES: usize = 4096;
/// Longest unit code [bytes].
const UNIT_BYTES: usize = 64;
/// Event times beyond the year 10000 or before −10000 are not times [ms].
const EVENT_LIMIT_MS: i64 = 253_402_300_800_000;

/// A decoded payload.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded {
    /// The number, finite, in the unit that the payload or else the contract names.
    pub value: f64,
    /// Event time; `None`: the encoding carries none, use the time of receipt.
    pub event: Option<Time>,
    /// UCUM code, when the payload names one.
    pub unit: Option<String>,
    /// OPC-style quality code, when the payload carries one.
    pub quality: Option<u16>,
    /// Sequence number, when the payload carries one.
    pub sequence: Option<u64>,
}

/// Why a payload is not a sample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Over the limit.
    #[error("the payload has {0} bytes; a sample has at most {LIMIT_BYTES}")]
    TooLarge(usize),
    /// Nothing.
    #[error("the payload is empty")]
    Empty,
    /// Not UTF-8.
    #[error("the payload is not UTF-8 text")]
    NotText,
    /// Not JSON, or JSON of another shape (missing or repeated field, wrong type, number out of range).
    #[error("not a sample {{\"v\": number, \"t\": ms}}: {0}")]
    Shape(String),
    /// Not a plain decimal number.
    #[error("not a decimal number")]
    NotANumber,
    /// Overflows a 64-bit float.
    #[error("the number is not finite")]
    NotFinite,
    /// Not a time.
    #[error("event time {0} ms is outside the years -6000..10000")]
    EventTime(i64),
    /// Over-long or with control characters.
    #[error("the unit code is longer than {UNIT_BYTES} bytes or not printable")]
    Unit,
}

#[derive(Deserialize)]
struct Wire<'a> {
    v: f64,
    t: i64,
    #[serde(default, borrow)]
    u: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    q: Option<u16>,
    #[serde(default)]
    s: Option<u64>,
}

#[derive(Serialize)]
struct WireOut<'a> {
    v: f64,
    t: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<u64>,
}

/// Decodes a payload.
///
/// # Errors
/// [`CodecError`], one variant per way to be wrong.
pub fn decode(encoding: Encoding, payload: &[u8]) -> Result<Decoded, CodecError> {
    if payload.len() > LIMIT_BYTES {
        return Err(CodecError::TooLarge(payload.len()));
    }
    if payload.is_empty() {
        return Err(CodecError::Empty);
    }
    match encoding {
        Encoding::Json => json(payload),
        Encoding::Raw => raw(payload),
    }
}

fn json(payload: &[u8]) -> Result<Decoded, CodecError> {
    let text = std::str::from_utf8(payload).map_err(|_| CodecError::NotText)?;
    let wire: Wire = serde_json::from_str(text).map_err(|e| CodecError::Shape(e.to_string()))?;
    if !wire.v.is_finite() {
        return Err(CodecError::NotFinite);
    }
    if wire.t.unsigned_abs() > EVENT_LIMIT_MS.unsigned_abs() {
        return Err(CodecError::EventTime(wire.t));
    }
    if wire.u.as_deref().is_some_and(|u| u.len() > UNIT_BYTES || u.chars().any(char::is_control)) {
        return Err(CodecError::Unit);
    }
    Ok(Decoded { value: wire.v, event: Some(Time(wire.t * 1000)), unit: wire.u.map(std::borrow::Cow::into_owned), quality: wire.q, sequence: wire.s })
}

fn raw(payload: &[u8]) -> Result<Decoded, CodecError> {
    let text = std::str::from_utf8(payload).map_err(|_| CodecError::NotText)?.trim_matches([' ', '\t', '\r', '\n']);
    // `parse` alone would take "inf", "nan" and "infinity".
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return Err(CodecError::NotANumber);
    }
    let value: f64 = text.parse().map_err(|_| CodecError::NotANumber)?;
    if !value.is_finite() {
        return Err(CodecError::NotFinite);
    }
    Ok(Decoded { value, event: None, unit: None, quality: None, sequence: None })
}

/// A sample to publish.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample<'a> {
    /// Finite value in `unit`.
    pub value: f64,
    /// Event time; lost in the raw encoding.
    pub event: Time,
    /// UCUM code to name; `None`: the contract's published unit.
    pub unit: Option<&'a str>,
    /// OPC-style quality code.
    pub quality: Option<u16>,
    /// Sequence number.
    pub sequence: Option<u64>,
}

/// Encodes a sample; event times are cut to the millisecond.
pub fn encode(encoding: Encoding, sample: &Sample) -> Vec<u8> {
    match encoding {
        Encoding::Raw => format!("{}", sample.value).into_bytes(),
        Encoding::Json => {
            let t = sample.event.0.div_euclid(1000);
            let wire = WireOut { v: sample.value, t, u: sample.unit, q: sample.quality, s: sample.sequence };
            serde_json::to_vec(&wire).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn j(text: &str) -> Result<Decoded, CodecError> {
        decode(Encoding::Json, text.as_bytes())
    }
    fn r(text: &str) -> Result<Decoded, CodecError> {
        decode(Encoding::Raw, text.as_bytes())
    }

    #[test]
    fn accepts_what_the_contract_describes() {
        let deep = format!("{{\"v\":1,\"t\":1,\"x\":{}{}}}", "[".repeat(1500), "]".repeat(1500));
        assert_eq!(j(&deep).unwrap().value.to_bits(), 1f64.to_bits(), "unknown fields are skipped without recursion, however deep");
        let full = j(r#"{"v": -12.5, "t": 1700000000123, "u": "Cel", "q": 192, "s": 7}"#).unwrap();
        let expected =
            Decoded { value: -12.5, event: Some(Time(1_700_000_000_123_000)), unit: Some("Cel".into()), quality: Some(192), sequence: Some(7) };
        assert_eq!(full, expected);
        for (text, value) in [
            (r#"{"v":3,"t":0}"#, 3.0),
            (r#"{"t":0,"v":-0.0}"#, -0.0),
            (r#"{"v":5e-324,"t":0}"#, 5e-324),
            (r#"{"v":9007199254740993,"t":0}"#, 9_007_199_254_740_992.0),
            (r#"{"v":1,"t":-62135596800000,"u":null,"q":null,"s":null}"#, 1.0),
            (r#"{"v":1,"t":1,"later":{"versions":["may",{"add":"fields"}]}}"#, 1.0),
            (r#" { "v" : 1 , "t" : 1 } "#, 1.0),
            (r#"{"v":1,"t":1,"u":"\u0063el"}"#, 1.0),
        ] {
            assert_eq!(j(text).unwrap().value.to_bits(), f64::to_bits(value), "{text}");
        }
        for (text, value) in [("12.5", 12.5), (" -3\r\n", -3.0), ("1e3", 1000.0), ("+7", 7.0), (".5", 0.5), ("-0", -0.0)] {
            assert_eq!(r(text).unwrap().value.to_bits(), f64::to_bits(value), "{text}");
        }
    }

    #[test]
    fn refuses_everything_nasty_with_a_reason() {
        let long_unit = format!("{{\"v\":1,\"t\":1,\"u\":\"{}\"}}", "m".repeat(65));
        for text in [
            "",
            " ",
            "null",
            "1.5",
            "[]",
            "{}",
            "true",
            "\"1\"",
            r#"{"v":1}"#,
            r#"{"t":1}"#,
            r#"{"v":NaN,"t":1}"#,
            r#"{"v":Infinity,"t":1}"#,
            r#"{"v":-inf,"t":1}"#,
            r#"{"v":1e999,"t":1}"#,
            r#"{"v":-1e999,"t":1}"#,
            r#"{"v":"1","t":1}"#,
            r#"{"v":null,"t":1}"#,
            r#"{"v":true,"t":1}"#,
            r#"{"v":[1],"t":1}"#,
            r#"{"v":1,"t":"2024-01-01"}"#,
            r#"{"v":1,"t":1.5}"#,
            r#"{"v":1,"t":9223372036854775807}"#,
            r#"{"v":1,"t":9223372036854775808}"#,
            r#"{"v":1,"t":-9223372036854775808}"#,
            r#"{"v":1,"t":1,"v":2}"#,
            r#"{"v":1,"t":1,"s":1,"s":2}"#,
            r#"{"v":1,"t":1,"q":-1}"#,
            r#"{"v":1,"t":1,"q":65536}"#,
            r#"{"v":1,"t":1,"s":-1}"#,
            r#"{"v":1,"t":1,"s":18446744073709551616}"#,
            r#"{"v":1,"t":1,"u":5}"#,
            r#"{"v":1,"t":1,"u":"a\u0000b"}"#,
            r#"{"v":1,"t":1}x"#,
            r#"{"v":1,"t":1"#,
            r#"{"v":01,"t":1}"#,
            r#"{"v":1,,"t":1}"#,
            r#"{'v':1,'t':1}"#,
            "\u{feff}{\"v\":1,\"t\":1}",
            &long_unit,
            &"9".repeat(5000),
        ] {
            assert!(j(text).is_err(), "{}", text.chars().take(60).collect::<String>());
        }
        for text in
            ["", " ", "nan", "NaN", "inf", "-inf", "infinity", "1e999", "-1e999", "1,5", "0x10", "1 2", "--1", "1e", "e5", "12.5 Cel", "1_000", "٣"]
        {
            assert!(r(text).is_err(), "{text}");
        }
        for encoding in [Encoding::Json, Encoding::Raw] {
            assert_eq!(decode(encoding, &[0xff, 0xfe, 0x31]), Err(CodecError::NotText));
            assert_eq!(decode(encoding, &vec![b'1'; 20_000]), Err(CodecError::TooLarge(20_000)));
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same_bits(v in any::<f64>().prop_filter("finite", |v| v.is_finite()), ms in -1_000_000_000_000i64..10_000_000_000_000, s in any::<Option<u64>>(), q in any::<Option<u16>>()) {
            let sample = Sample { value: v, event: Time(ms * 1000), unit: Some("kW"), quality: q, sequence: s };
            let back = decode(Encoding::Json, &encode(Encoding::Json, &sample)).unwrap();
            prop_assert_eq!(back.value.to_bits(), v.to_bits());
            prop_assert_eq!((back.event, back.unit.as_deref(), back.quality, back.sequence), (Some(sample.event), Some("kW"), q, s));
            prop_assert_eq!(decode(Encoding::Raw, &encode(Encoding::Raw, &sample)).unwrap().value.to_bits(), v.to_bits());
        }
        #[test]
        fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for encoding in [Encoding::Json, Encoding::Raw] {
                if let Ok(d) = decode(encoding, &bytes) { prop_assert!(d.value.is_finite()); }
            }
        }
        #[test]
        fn nearly_right_json_is_an_answer(key in "[vtuqs]", value in "(-?[0-9]{1,30}(\\.[0-9]{1,5})?(e[+-]?[0-9]{1,4})?|null|\"[a-z]{0,3}\"|\\[\\]|NaN)", tail in "[,}\\]]{0,3}") {
            let text = format!("{{\"v\":1,\"t\":2,\"{key}\":{value}{tail}");
            if let Ok(d) = j(&text) { prop_assert!(d.value.is_finite()); }
        }
    }
}
