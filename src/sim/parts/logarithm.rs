//! −ln u for u in (0, 1), without branches, so that a block of draws is computed in vector registers.
//!
//! The reduction and the polynomial of fdlibm's `e_log.c` (Sun Microsystems 1993; error below 1 ulp) in plain IEEE
//! arithmetic: additions, multiplications and one division, so the same bits on every machine.

const LN2_HI: f64 = 6.931_471_803_691_238e-1;
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
const LG: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];
/// Bits of √½, the lower end of the reduced argument.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;

/// −ln u; u must be a normal number in (0, 1).
#[inline(always)]
pub(super) fn minus_ln(u: f64) -> f64 {
    let shifted = u.to_bits().wrapping_sub(ROOT_HALF);
    // exponent of the reduced argument: the upper half suffices
    let k = f64::from((shifted >> 32) as i32 >> 20);
    let m = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + ROOT_HALF);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let odd = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let half = 0.5 * f * f;
    (half - (s * (half + (even + odd)) + k * LN2_LO)) - f - k * LN2_HI
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Draws, Purpose};

    #[test]
    fn it_is_the_logarithm() {
        let d = Draws::new(5, 0);
        let root = core::f64::consts::FRAC_1_SQRT_2;
        let odd = [1e-300, 2.2e-16, 1.1e-16, 0.25, 0.5, root, root.next_down(), root.next_up(), 1.0 - 1.2e-16];
        for u in (0..100_000).map(|i| d.uniform(9, Purpose::Service, i)).chain(odd) {
            let (got, want) = (minus_ln(u), -libm::log(u));
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want, "{u}: {got} {want}");
        }
    }
}
