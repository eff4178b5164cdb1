//! Lossless packing of (time, value) samples: times as delta of delta, values as XOR with their predecessor,
//! both in variable-length bytes. A steady tag costs about two bytes per sample.
//!
//! Owns the bytes only. *Invariant:* `unpack(pack(x)) == x`, bit for bit, and no bytes make it panic or over-allocate.

/// Most samples in one block: bounds what a damaged count can allocate.
pub(super) const BLOCK_MAX: usize = 1024;

fn put(out: &mut Vec<u8>, mut word: u64) {
    while word >= 0x80 {
        out.push((word as u8) | 0x80);
        word >>= 7;
    }
    out.push(word as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut word = 0u64;
    for shift in (0..64).step_by(7) {
        let (&b, rest) = bytes.split_first()?;
        *bytes = rest;
        word |= u64::from(b & 0x7f) << shift;
        if b < 0x80 {
            return Some(word);
        }
    }
    None
}

fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

fn unzigzag(v: u64) -> i64 {
    (v >> 1) as i64 ^ -((v & 1) as i64)
}

/// Packs samples [µs, value] in the given order.
pub(super) fn pack(samples: &[(i64, f64)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(samples.len() * 4);
    let (mut time, mut step, mut bits) = (0i64, 0i64, 0u64);
    for &(t, v) in samples {
        let delta = t.wrapping_sub(time);
        put(&mut out, zigzag(delta.wrapping_sub(step)));
        // A small change of a float differs in its high bytes: reversed, they become the low ones.
        put(&mut out, (v.to_bits() ^ bits).swap_bytes());
        (time, step, bits) = (t, delta, v.to_bits());
    }
    out
}

/// Unpacks `count` samples; `None` when the bytes are not what [`pack`] writes.
pub(super) fn unpack(mut bytes: &[u8], count: usize) -> Option<Vec<(i64, f64)>> {
    if count > BLOCK_MAX {
        return None;
    }
    let mut out = Vec::with_capacity(count);
    let (mut time, mut step, mut bits) = (0i64, 0i64, 0u64);
    for _ in 0..count {
        step = step.wrapping_add(unzigzag(take(&mut bytes)?));
        time = time.wrapping_add(step);
        bits ^= take(&mut bytes)?.swap_bytes();
        out.push((time, f64::from_bits(bits)));
    }
    bytes.is_empty().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_steady_tag_is_small() {
        let steady: Vec<(i64, f64)> = (0..256).map(|i| (1_000_000 * i, 7.25)).collect();
        assert!(pack(&steady).len() < 256 * 3, "{}", pack(&steady).len());
    }

    proptest! {
        #[test]
        fn round_trips_bit_for_bit(samples in prop::collection::vec((any::<i64>(), any::<u64>()), 0..100)) {
            let samples: Vec<(i64, f64)> = samples.into_iter().map(|(t, b)| (t, f64::from_bits(b))).collect();
            let back = unpack(&pack(&samples), samples.len()).unwrap();
            prop_assert!(samples.iter().zip(&back).all(|(a, b)| a.0 == b.0 && a.1.to_bits() == b.1.to_bits()));
        }
        #[test]
        fn any_bytes_are_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0usize..3000) {
            let _ = unpack(&bytes, count);
        }
    }
}
