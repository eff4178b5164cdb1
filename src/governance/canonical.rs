//! Hashes of values: SHA-256 over a domain name and the value's JSON with its fields in declared order.
//!
//! *Invariant:* equal values of one domain have equal digests; values with a non-finite number are not hashed as if
//! they were valid (JSON has no NaN: the gate refuses them before).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use std::fmt;

/// A SHA-256, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

/// Exactly `N` bytes from hex; `None` for anything else.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0u8; N];
    for (i, b) in out.iter_mut().enumerate() {
        *b = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

impl Digest {
    /// SHA-256 of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Digest(<Sha256 as sha2::Digest>::digest(bytes).into())
    }
    /// SHA-256 of `domain`, a zero byte and the JSON of `value`.
    pub fn of<T: Serialize + ?Sized>(domain: &str, value: &T) -> Self {
        let mut bytes = domain.as_bytes().to_vec();
        bytes.push(0);
        // Our types serialise to JSON by construction; should one not, its name takes the value's place and nothing matches it.
        match serde_json::to_vec(value) {
            Ok(json) => bytes.extend(json),
            Err(e) => bytes.extend(format!("unserialisable: {e}").bytes()),
        }
        Self::of_bytes(&bytes)
    }
    /// First 12 hex digits, for people.
    pub fn short(&self) -> String {
        hex(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}
impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        unhex(&text).map(Digest).ok_or_else(|| serde::de::Error::custom("a digest has 64 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_and_refuses() {
        let d = Digest::of("x", &1);
        assert_eq!(unhex::<32>(&d.to_string()).map(Digest), Some(d));
        assert_ne!(Digest::of("y", &1), d);
        for bad in ["", "0", "zz", "+1", "é"] {
            assert_eq!(unhex::<1>(bad), None, "{bad}");
        }
    }
}
