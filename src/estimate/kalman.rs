//! A linear-Gaussian filter of `N` states observed through their first: predict, update, innovation.
//!
//! Owns the algebra only (Kalman 1960, update in Joseph's form so that the covariance stays symmetric and positive);
//! the models of temperature and level are `laws`. Invariant: without updates the variance never shrinks for
//! the models used here, and it is finite.

use nalgebra::{SMatrix, SVector};
use serde::{Deserialize, Serialize};

/// Mean and covariance of `N` states; the measured one comes first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Kalman<const N: usize> {
    /// Mean.
    pub x: SVector<f64, N>,
    /// Covariance.
    pub p: SMatrix<f64, N, N>,
}

/// One step of the model: `x' = F·x + u + w`, `w ~ N(0, Q)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step<const N: usize> {
    /// Transition.
    pub f: SMatrix<f64, N, N>,
    /// Known input.
    pub u: SVector<f64, N>,
    /// Process noise.
    pub q: SMatrix<f64, N, N>,
}

/// How a measurement compared with the prediction.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Innovation {
    /// Measured − predicted [unit].
    pub residual: f64,
    /// Predicted variance of the residual [unit²].
    pub variance: f64,
}

impl Innovation {
    /// Normalised innovation squared; 1 on average while the model is right.
    pub fn nis(&self) -> f64 {
        self.residual * self.residual / self.variance.max(f64::MIN_POSITIVE)
    }
}

impl<const N: usize> Kalman<N> {
    /// Moves on without data.
    pub fn predict(&mut self, step: &Step<N>) {
        self.x = step.f * self.x + step.u;
        let p = step.f * self.p * step.f.transpose() + step.q;
        self.p = (p + p.transpose()) * 0.5;
    }

    /// What a measurement of the first state with noise variance `r` would be compared with.
    pub fn innovation(&self, z: f64, r: f64) -> Innovation {
        Innovation { residual: z - self.x[0], variance: self.p[(0, 0)] + r }
    }

    /// Takes a measurement of the first state with noise variance `r`.
    pub fn update(&mut self, z: f64, r: f64) -> Innovation {
        let innovation = self.innovation(z, r);
        let gain: SVector<f64, N> = self.p.column(0) / innovation.variance.max(f64::MIN_POSITIVE);
        self.x += gain * innovation.residual;
        let mut keep = SMatrix::<f64, N, N>::identity();
        for i in 0..N {
            keep[(i, 0)] -= gain[i];
        }
        let p = keep * self.p * keep.transpose() + gain * gain.transpose() * r;
        self.p = (p + p.transpose()) * 0.5;
        innovation
    }

    /// Mean and variance of the measured state.
    pub fn first(&self) -> (f64, f64) {
        (self.x[0], self.p[(0, 0)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix1, Matrix2, Vector1, Vector2};

    #[test]
    fn a_random_walk_agrees_with_hand_computed_values() {
        // P 4, Q 1, R 5: predicted 5; K = 5/10; x = 10 + .5·(14 − 10); P = .5·5.
        let mut k = Kalman { x: Vector1::new(10.0), p: Matrix1::new(4.0) };
        k.predict(&Step { f: Matrix1::new(1.0), u: Vector1::new(0.0), q: Matrix1::new(1.0) });
        let i = k.update(14.0, 5.0);
        assert_eq!((i.residual, i.variance), (4.0, 10.0));
        assert!((i.nis() - 1.6).abs() < 1e-12);
        assert!((k.x[0] - 12.0).abs() < 1e-12 && (k.p[(0, 0)] - 2.5).abs() < 1e-12);
    }

    #[test]
    fn position_and_velocity_agree_with_hand_computed_values() {
        // P = I, F = [1 1; 0 1], Q = 0: P⁻ = [2 1; 1 1]; R = 2: S = 4, K = [.5, .25]; z = 3 from x⁻ = [1, 1].
        let mut k = Kalman { x: Vector2::new(0.0, 1.0), p: Matrix2::identity() };
        k.predict(&Step { f: Matrix2::new(1.0, 1.0, 0.0, 1.0), u: Vector2::zeros(), q: Matrix2::zeros() });
        k.update(3.0, 2.0);
        assert!((k.x - Vector2::new(2.0, 1.5)).norm() < 1e-12);
        // P = (I − KH) P⁻ = [1 .5; .5 .75]
        assert!((k.p - Matrix2::new(1.0, 0.5, 0.5, 0.75)).norm() < 1e-12, "{}", k.p);
    }

    #[test]
    fn variance_grows_without_data() {
        let mut k = Kalman { x: Vector2::new(0.0, 0.0), p: Matrix2::identity() };
        let step = Step { f: Matrix2::new(1.0, 0.1, 0.0, 1.0), u: Vector2::zeros(), q: Matrix2::new(0.01, 0.0, 0.0, 0.01) };
        let mut last = 1.0;
        for _ in 0..100 {
            k.predict(&step);
            assert!(k.p[(0, 0)] > last);
            last = k.p[(0, 0)];
        }
    }
}
