//! Keyed random draws: stateless functions of (seed, run, stable id, purpose, occurrence).
//!
//! Owns no state and no stream position, so adding an irrelevant draw leaves every other draw equal
//! (the irrelevant-failure property of common random numbers). Deterministic on every machine:
//! integer mixing and `libm` only.

/// What a draw is for. A new purpose gets a new number at the end; numbers are never reused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// Exp(1) hazard budget of the n-th life.
    Life = 1,
    /// Quantile of the n-th repair.
    Repair = 2,
    /// Whether the n-th start fails.
    StartFailure = 3,
    /// Crew travel.
    Travel = 4,
    /// Sensor noise of the emulator.
    Noise = 5,
    /// Hidden parameters of the emulator.
    Hidden = 6,
    /// Start states drawn from a belief.
    Belief = 7,
    /// Micro-stops and other disturbances of the emulator.
    Disturbance = 8,
    /// Service of one customer or part.
    Service = 9,
    /// Arrival of one customer or part.
    Arrival = 10,
    /// Bootstrap and other resampling.
    Resample = 11,
    /// Simulated transitions of an abstract model.
    Transition = 12,
    /// Whether a part is scrapped.
    Scrap = 20,
    /// Lead time of the n-th order of a spare part.
    Delivery = 13,
    /// Which way the n-th failure sticks.
    Stuck = 14,
}

/// The draws of one run: `Draws::new(seed, run)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draws {
    key: u64,
}

/// The draws of one id and purpose: what [`Draws`] gives, with the key absorbed once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// Uniform on the open interval (0, 1), equal to [`Draws::uniform`] of its id and purpose.
    pub fn uniform(&self, occurrence: u64) -> f64 {
        unit(mix(absorb(self.key, occurrence)))
    }
}

/// The middle of one of 2^53 cells of (0, 1), never 0 or 1.
fn unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
}

/// Stable 64-bit id of a name (FNV-1a): the same in every build, independent of position in a file.
pub fn stable_id(name: &str) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for b in name.bytes() {
        h ^= u64::from(b);
        h = h.wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(h)
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014, variant 13 of Stafford).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const fn absorb(h: u64, word: u64) -> u64 {
    mix(h.rotate_left(29) ^ word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15)
}

impl Draws {
    /// Draws of run `run` under `seed`.
    pub fn new(seed: u64, run: u64) -> Self {
        Self { key: absorb(absorb(0x706c_616e_7463_6173, seed), run) }
    }

    /// Draws of their own for the `index`-th continuation of a stage: unrelated to these and to each other.
    #[must_use]
    pub fn branch(self, stage: u64, index: u64) -> Self {
        Self { key: absorb(absorb(absorb(self.key, 0x6272_616e_6368), stage), index) }
    }

    /// 64 well-mixed bits.
    pub fn bits(&self, id: u64, purpose: Purpose, occurrence: u64) -> u64 {
        mix(absorb(absorb(absorb(self.key, id), purpose as u64), occurrence))
    }

    /// Uniform on the open interval (0, 1): the middle of one of 2^53 cells, never 0 or 1.
    pub fn uniform(&self, id: u64, purpose: Purpose, occurrence: u64) -> f64 {
        unit(self.bits(id, purpose, occurrence))
    }

    /// The draws of one id and purpose, for many occurrences.
    pub fn stream(&self, id: u64, purpose: Purpose) -> Stream {
        Stream { key: absorb(absorb(self.key, id), purpose as u64) }
    }

    /// Exponential with mean 1.
    pub fn exp1(&self, id: u64, purpose: Purpose, occurrence: u64) -> f64 {
        -libm::log(self.uniform(id, purpose, occurrence))
    }

    /// Standard normal by inversion, so that one draw uses one number.
    pub fn normal(&self, id: u64, purpose: Purpose, occurrence: u64) -> f64 {
        normal_quantile(self.uniform(id, purpose, occurrence))
    }
}

/// Quantile of the standard normal: Acklam's rational approximation polished by one Halley step
/// with `libm::erfc` (relative error below 1e-14 for p in (1e-300, 1)).
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] =
        [-39.696_830_286_653_76, 220.946_098_424_520_5, -275.928_510_446_968_7, 138.357_751_867_269, -30.664_798_066_147_16, 2.506_628_277_459_239];
    const B: [f64; 5] = [-54.476_098_798_224_06, 161.585_836_858_040_9, -155.698_979_859_886_6, 66.801_311_887_719_72, -13.280_681_552_885_72];
    const C: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [0.007_784_695_709_041_462, 0.322_467_129_070_039_8, 2.445_134_137_142_996, 3.754_408_661_907_416];
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let tail =
        |q: f64| (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5]) / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0);
    let x = if p < 0.024_25 {
        tail(libm::sqrt(-2.0 * libm::log(p)))
    } else if p > 1.0 - 0.024_25 {
        -tail(libm::sqrt(-2.0 * libm::log(1.0 - p)))
    } else {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    };
    let e = 0.5 * libm::erfc(-x / core::f64::consts::SQRT_2) - p;
    let u = e * libm::sqrt(2.0 * core::f64::consts::PI) * libm::exp(x * x / 2.0);
    x - u / (1.0 + x * u / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_has_the_moments_and_no_serial_correlation() {
        let n = 200_000u64;
        let (mut s, mut s2, mut lag) = (0.0, 0.0, 0.0);
        let mut last = 0.5;
        let d = Draws::new(7, 0);
        for i in 0..n {
            let u = d.uniform(stable_id("a"), Purpose::Life, i);
            s += u;
            s2 += u * u;
            lag += (u - 0.5) * (last - 0.5);
            last = u;
        }
        let n = n as f64;
        // 4.5 standard errors
        assert!((s / n - 0.5).abs() < 4.5 * libm::sqrt(1.0 / 12.0 / n), "mean {}", s / n);
        assert!((s2 / n - 1.0 / 3.0).abs() < 4.5 * libm::sqrt(4.0 / 45.0 / n), "second moment {}", s2 / n);
        assert!((lag / n).abs() < 4.5 / 12.0 / libm::sqrt(n), "lag-1 {}", lag / n);
    }

    #[test]
    fn neighbouring_keys_are_unrelated() {
        // correlation between runs, seeds, ids, purposes at the same occurrence
        let n = 50_000u64;
        let pairs: [(Draws, u64, Purpose, Draws, u64, Purpose); 4] = [
            (Draws::new(1, 0), 5, Purpose::Life, Draws::new(1, 1), 5, Purpose::Life),
            (Draws::new(1, 0), 5, Purpose::Life, Draws::new(2, 0), 5, Purpose::Life),
            (Draws::new(1, 0), 5, Purpose::Life, Draws::new(1, 0), 6, Purpose::Life),
            (Draws::new(1, 0), 5, Purpose::Life, Draws::new(1, 0), 5, Purpose::Repair),
        ];
        for (a, ia, pa, b, ib, pb) in pairs {
            let c: f64 = (0..n).map(|i| (a.uniform(ia, pa, i) - 0.5) * (b.uniform(ib, pb, i) - 0.5)).sum::<f64>() / n as f64;
            assert!(c.abs() < 4.5 / 12.0 / libm::sqrt(n as f64), "{c}");
        }
    }

    #[test]
    fn a_stream_gives_the_same_numbers() {
        let d = Draws::new(42, 3);
        let s = d.stream(stable_id("M-1"), Purpose::Service);
        assert!((0..50).all(|i| s.uniform(i) == d.uniform(stable_id("M-1"), Purpose::Service, i)));
    }

    #[test]
    fn golden_values_never_change() {
        let d = Draws::new(42, 3);
        let got: Vec<u64> = (0..3).map(|i| d.bits(stable_id("CH-1"), Purpose::Life, i)).collect();
        let again: Vec<u64> = (0..3).map(|i| Draws::new(42, 3).bits(stable_id("CH-1"), Purpose::Life, i)).collect();
        assert_eq!(got, again);
        assert_eq!(stable_id("CH-1"), stable_id("CH-1"));
        assert_ne!(got[0], got[1]);
    }

    #[test]
    fn normal_quantile_inverts_the_distribution() {
        for (p, x) in [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (0.001, -3.090_232_306_167_813_5), (1e-9, -5.997_807_015_007_686_5)] {
            assert!((normal_quantile(p) - x).abs() < 1e-11, "{p}: {}", normal_quantile(p));
        }
    }
}
