//! The linear models of the continuous quantities: a heated mass, a tank, a rate.
//!
//! Owns the discretisation of the facets' laws over a time step and their process noise; the algebra is `kalman`.
//! Each law carries one slowly drifting unknown (cooling received, unmodelled net flow) so that a plant whose
//! parameters differ from the twin's is followed instead of fought. All three are exact discretisations of
//! linear models, nothing is linearised.

use super::kalman::{Kalman, Step};
use crate::plant::Thermal;
use nalgebra::{Matrix1, Matrix2, Vector1, Vector2};

/// Fraction of the heat source by which the unknown cooling wanders within a minute (one standard deviation).
const COOLING_WANDER: f64 = 0.10;
/// Temperature disturbance that no law explains [K per √s].
const TEMPERATURE_WANDER: f64 = 0.002;
/// Fraction of the through-flow by which the unmodelled flow wanders within a minute.
const FLOW_WANDER: f64 = 0.02;
/// Fraction of the through-flow per √h that no law explains.
const LEVEL_WANDER: f64 = 0.01;
/// Fraction of nominal by which a rate wanders within a minute.
const RATE_WANDER: f64 = 0.05;

/// Temperature [°C] and unknown cooling [kW] before the first sample.
pub fn temperature_start(law: &Thermal, ambient_c: f64) -> Kalman<2> {
    let heat = law.heat_kw.abs().max(1.0);
    let cooling = law.heat_kw - law.exchange_kw_per_k * (law.initial_c - ambient_c);
    Kalman { x: Vector2::new(law.initial_c, cooling.max(0.0)), p: Matrix2::new(100.0, 0.0, 0.0, heat * heat) }
}

/// C·dT/dt = heat·load − cooling − G·(T − ambient) over `dt_s` seconds, cooling a random walk.
pub fn temperature_step(law: &Thermal, ambient_c: f64, load: f64, dt_s: f64) -> Step<2> {
    let (c, g) = (law.capacity_kj_per_k.max(1e-9), law.exchange_kw_per_k.max(0.0));
    let decay = libm::exp(-g / c * dt_s);
    // ∫ of the response over the step [K per kW]; the limit for G → 0 is dt/C.
    let gain = if g * dt_s / c > 1e-9 { (1.0 - decay) / g } else { dt_s / c };
    let heat = law.heat_kw * load;
    let walk = COOLING_WANDER * law.heat_kw.abs().max(1.0);
    let qc = walk * walk * dt_s / 60.0;
    // A walk inside the step reaches the temperature through `gain`: an integrated Wiener process to first order.
    let q = Matrix2::new(TEMPERATURE_WANDER * TEMPERATURE_WANDER * dt_s + gain * gain * qc / 3.0, -gain * qc / 2.0, -gain * qc / 2.0, qc);
    Step { f: Matrix2::new(decay, -gain, 0.0, 1.0), u: Vector2::new((1.0 - decay) * ambient_c + gain * heat, 0.0), q }
}

/// Level [amount] and unmodelled net flow [amount/h] before the first sample.
pub fn level_start(initial: f64, capacity: f64, through_per_h: f64) -> Kalman<2> {
    let flow = 0.1 * through_per_h;
    Kalman { x: Vector2::new(initial, 0.0), p: Matrix2::new(capacity * capacity / 12.0, 0.0, 0.0, flow * flow) }
}

/// dL/dt = net flow + unmodelled flow over `dt_s` seconds.
pub fn level_step(net_per_h: f64, through_per_h: f64, dt_s: f64) -> Step<2> {
    let h = dt_s / 3600.0;
    let walk = FLOW_WANDER * through_per_h;
    let qb = walk * walk * dt_s / 60.0;
    let own = LEVEL_WANDER * through_per_h;
    let q = Matrix2::new(own * own * h + h * h * qb / 3.0, h * qb / 2.0, h * qb / 2.0, qb);
    Step { f: Matrix2::new(1.0, h, 0.0, 1.0), u: Vector2::new(net_per_h * h, 0.0), q }
}

/// Rate before the first sample.
pub fn rate_start(nominal: f64) -> Kalman<1> {
    Kalman { x: Vector1::new(nominal), p: Matrix1::new(nominal * nominal) }
}

/// A rate stays as it is, more or less.
pub fn rate_step(nominal: f64, dt_s: f64) -> Step<1> {
    let walk = RATE_WANDER * nominal.abs().max(1e-9);
    Step { f: Matrix1::new(1.0), u: Vector1::new(0.0), q: Matrix1::new(walk * walk * dt_s / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tank() -> Thermal {
        Thermal {
            capacity_kj_per_k: 4000.0,
            exchange_kw_per_k: 2.0,
            heat_kw: 100.0,
            initial_c: 6.0,
            setpoint_c: 6.0,
            trip_c: 20.0,
            reset_c: 10.0,
            auto_reset: true,
        }
    }

    #[test]
    fn a_heated_mass_follows_its_closed_form_for_any_step() {
        let law = tank();
        let exact = |t: f64| 20.0 + 50.0 + (6.0 - 70.0) * libm::exp(-t * 2.0 / 4000.0);
        for n in [1, 7, 100] {
            let mut k = Kalman { x: Vector2::new(6.0, 0.0), p: Matrix2::identity() };
            for _ in 0..n {
                k.predict(&temperature_step(&law, 20.0, 1.0, 600.0 / f64::from(n)));
            }
            assert!((k.x[0] - exact(600.0)).abs() < 1e-9, "{} {}", k.x[0], exact(600.0));
        }
    }

    #[test]
    fn without_exchange_the_limit_is_a_ramp() {
        let law = Thermal { exchange_kw_per_k: 0.0, ..tank() };
        let mut k = Kalman { x: Vector2::new(6.0, 0.0), p: Matrix2::identity() };
        k.predict(&temperature_step(&law, 20.0, 0.5, 80.0));
        assert!((k.x[0] - 7.0).abs() < 1e-12);
    }

    #[test]
    fn the_unknown_cooling_is_found_from_temperatures() {
        let law = tank();
        let mut k = temperature_start(&law, 20.0);
        let mut t = 6.0;
        for _ in 0..400 {
            // the plant: cooling 40 kW instead of what the twin starts with
            t += 5.0 * (100.0 - 40.0 - 2.0 * (t - 20.0)) / 4000.0;
            k.predict(&temperature_step(&law, 20.0, 1.0, 5.0));
            k.update(t, 0.01);
        }
        assert!((k.x[1] - 40.0).abs() < 3.0 && (k.x[0] - t).abs() < 0.05, "{}", k.x);
    }
}
