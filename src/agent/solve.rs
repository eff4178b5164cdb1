//! Solves an [`Mdp`]: modified policy iteration stopped by a certified bound on the values.
//!
//! Each improvement sweep `TV` brackets the exact values (MacQueen 1966; Porteus 1971 for unequal discounts):
//! with `d = TV − V`, `V* ∈ TV + [c(min d), c(max d)]`, where `c(x) = x·β/(1−β)` and β is the discount that makes
//! the bracket widest (largest for a shift away from zero outwards, smallest inwards). The midpoint is returned, half the
//! width is the bound: the returned values are *shifted*, which a bare span criterion forgets. Between
//! improvements, evaluation sweeps under the greedy policy move values on; they cannot harm the bound, because
//! the bracket holds for any `V`. Invariant: equal inputs give equal bits, for any number of threads.

use super::mdp::Mdp;
use rayon::prelude::*;

/// How exactly and how long to solve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolveOptions {
    /// Wanted `‖V − V*‖∞` in units of reward.
    pub epsilon: f64,
    /// Improvement sweeps before giving up.
    pub max_sweeps: u32,
    /// Evaluation sweeps after each improvement; 0 is plain value iteration.
    pub evaluation_sweeps: u32,
}

impl Default for SolveOptions {
    fn default() -> Self {
        Self { epsilon: 1e-6, max_sweeps: 20_000, evaluation_sweeps: 8 }
    }
}

/// Why there is no solution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// The bound was not reached.
    #[error(
        "after {sweeps} sweeps the values are certain to {bound:e} only, not {epsilon:e}; allow more sweeps, a larger epsilon or a smaller discount"
    )]
    NotConverged {
        /// Improvement sweeps done.
        sweeps: u32,
        /// Bound reached.
        bound: f64,
        /// Bound wanted.
        epsilon: f64,
    },
    /// The wanted bound is not a positive number.
    #[error("epsilon is {0}; it must be positive and finite")]
    Epsilon(f64),
}

/// Values with their certificate, Q-values and a greedy policy.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Solution {
    /// Value of each state.
    pub values: Vec<f64>,
    /// Certified `‖values − V*‖∞` of this (abstract) model, up to rounding.
    pub bound: f64,
    /// Q-value of each choice; within `discount · bound` of exact.
    pub q: Vec<f64>,
    /// Best choice of each state (index of a choice; the first among equals).
    pub policy: Vec<u32>,
    /// Improvement sweeps used.
    pub sweeps: u32,
}

/// Below this many transitions threads cost more than they bring.
const PARALLEL_FROM: usize = 200_000;

/// Solves to a certified bound.
///
/// # Errors
/// [`SolveError::NotConverged`] when the sweeps run out, [`SolveError::Epsilon`] for a senseless bound.
pub fn solve(mdp: &Mdp, options: &SolveOptions) -> Result<Solution, SolveError> {
    if !(options.epsilon > 0.0 && options.epsilon.is_finite()) {
        return Err(SolveError::Epsilon(options.epsilon));
    }
    let n = mdp.states();
    let mut values = vec![0.0; n];
    let mut improved = vec![(0.0, 0u32); n];
    let mut bound = f64::INFINITY;
    for sweep in 1..=options.max_sweeps {
        improve(mdp, &values, &mut improved);
        let (low, high) = bracket(mdp, &values, &improved);
        bound = 0.5 * (high - low);
        let shift = 0.5 * (high + low);
        for (v, i) in values.iter_mut().zip(&improved) {
            *v = i.0 + shift;
        }
        if bound <= options.epsilon {
            return Ok(finish(mdp, values, bound, sweep));
        }
        let mut next = vec![0.0; n];
        for _ in 0..options.evaluation_sweeps {
            evaluate(mdp, &improved, &values, &mut next);
            std::mem::swap(&mut values, &mut next);
        }
    }
    Err(SolveError::NotConverged { sweeps: options.max_sweeps, bound, epsilon: options.epsilon })
}

/// Best value and choice of one state.
fn best(mdp: &Mdp, state: usize, values: &[f64]) -> (f64, u32) {
    let choices = mdp.choices_of(state);
    let mut top = (f64::NEG_INFINITY, choices.start as u32);
    for c in choices {
        let q = mdp.q(c, values);
        if q > top.0 {
            top = (q, c as u32);
        }
    }
    top
}

fn improve(mdp: &Mdp, values: &[f64], out: &mut [(f64, u32)]) {
    if mdp.entries() < PARALLEL_FROM {
        out.iter_mut().enumerate().for_each(|(s, o)| *o = best(mdp, s, values));
    } else {
        out.par_iter_mut().with_min_len(512).enumerate().for_each(|(s, o)| *o = best(mdp, s, values));
    }
}

fn evaluate(mdp: &Mdp, policy: &[(f64, u32)], values: &[f64], out: &mut [f64]) {
    let one = |s: usize| mdp.q(policy[s].1 as usize, values);
    if mdp.entries() < PARALLEL_FROM {
        out.iter_mut().enumerate().for_each(|(s, o)| *o = one(s));
    } else {
        out.par_iter_mut().with_min_len(2048).enumerate().for_each(|(s, o)| *o = one(s));
    }
}

/// What must be added to `TV` at least and at most to reach `V*`.
fn bracket(mdp: &Mdp, values: &[f64], improved: &[(f64, u32)]) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (v, i) in values.iter().zip(improved) {
        let d = i.0 - v;
        low = low.min(d);
        high = high.max(d);
    }
    let (least, most) = mdp.discounts();
    let far = |b: f64| b / (1.0 - b);
    let low_by = if low < 0.0 { far(most) } else { far(least) };
    let high_by = if high < 0.0 { far(least) } else { far(most) };
    (low * low_by, high * high_by)
}

fn finish(mdp: &Mdp, values: Vec<f64>, bound: f64, sweeps: u32) -> Solution {
    let q: Vec<f64> = (0..mdp.choices()).map(|c| mdp.q(c, &values)).collect();
    let policy = (0..mdp.states()).map(|s| best(mdp, s, &values).1).collect();
    Solution { values, bound, q, policy, sweeps }
}

#[cfg(test)]
mod tests {
    use super::super::mdp::{Choice, MdpBuilder};
    use super::*;

    fn build(rows: &[(u32, u32, f64, f64, &[(u32, f64)])], states: u32) -> Mdp {
        let mut b = MdpBuilder::new(states);
        for &(state, action, reward, discount, successors) in rows {
            b.choice(Choice { state, action, reward, discount, successors }).unwrap();
        }
        b.build().unwrap()
    }

    #[test]
    fn a_repairable_unit_has_its_known_values() {
        // Up earns 1 per step, fails with .1; down earns 0, repaired with .5: (I − γP) V = r by hand, γ = .9.
        let m = build(&[(0, 0, 1.0, 0.9, &[(0, 0.9), (1, 0.1)]), (1, 0, 0.0, 0.9, &[(0, 0.5), (1, 0.5)])], 2);
        let s = solve(&m, &SolveOptions { epsilon: 1e-10, ..Default::default() }).unwrap();
        // V1 = .45 V0/.55; V0 = 1 + .81 V0 + .09 V1
        let v0 = 1.0 / (1.0 - 0.81 - 0.09 * 0.45 / 0.55);
        assert!((s.values[0] - v0).abs() <= s.bound + 1e-12, "{} {v0}", s.values[0]);
        assert!((s.values[1] - v0 * 0.45 / 0.55).abs() <= s.bound + 1e-12);
    }

    #[test]
    fn unequal_discounts_keep_the_certificate() {
        // Two ways to earn: often little, seldom much. V(0) solves V = max(1 + .9V, 2.5 + .7V) = 10 by the first.
        let rows: [(u32, u32, f64, f64, &[(u32, f64)]); 3] =
            [(0, 0, 1.0, 0.9, &[(0, 1.0)]), (0, 1, 2.5, 0.7, &[(0, 1.0)]), (1, 0, -3.0, 0.95, &[(0, 0.2), (1, 0.8)])];
        let m = build(&rows, 2);
        for evaluation_sweeps in [0, 5] {
            let s = solve(&m, &SolveOptions { epsilon: 1e-8, evaluation_sweeps, ..Default::default() }).unwrap();
            let v1 = (-3.0 + 0.95 * 0.2 * 10.0) / (1.0 - 0.95 * 0.8);
            assert!((s.values[0] - 10.0).abs() <= s.bound + 1e-12, "{:?}", s);
            assert!((s.values[1] - v1).abs() <= s.bound + 1e-12, "{:?} {v1}", s);
            assert_eq!(m.action(s.policy[0] as usize), 0);
        }
    }

    /// pymdptoolbox's forest management example.
    fn forest(n: u32, r1: f64, r2: f64, p: f64, g: f64) -> Mdp {
        let mut b = MdpBuilder::new(n);
        for s in 0..n {
            let wait = if s == n - 1 { r1 } else { 0.0 };
            let cut = if s == 0 { 0.0 } else { if s == n - 1 { r2 } else { 1.0 } };
            b.choice(Choice { state: s, action: 0, reward: wait, discount: g, successors: &[(0, p), ((s + 1).min(n - 1), 1.0 - p)] }).unwrap();
            b.choice(Choice { state: s, action: 1, reward: cut, discount: g, successors: &[(0, 1.0)] }).unwrap();
        }
        b.build().unwrap()
    }

    #[test]
    fn forest_has_its_exact_values() {
        let m = forest(10_000, 4.0, 2.0, 0.1, 0.99);
        for evaluation_sweeps in [0, 8] {
            let s = solve(&m, &SolveOptions { epsilon: 1e-6, evaluation_sweeps, ..Default::default() }).unwrap();
            assert!(s.bound <= 1e-6);
            let n = s.values.len();
            let exact = [
                (0, 47.117_927_022_739),
                (1, 47.646_747_752_512),
                (5000, 47.646_747_752_512),
                (n - 2, 75.492_429_130_745),
                (n - 1, 79.492_429_130_745),
            ];
            for (i, v) in exact {
                assert!((s.values[i] - v).abs() <= s.bound + 1e-11, "V[{i}] = {} not {v} (bound {})", s.values[i], s.bound);
            }
            let cut = (0..n).filter(|&i| m.action(s.policy[i] as usize) == 1).count();
            assert_eq!(cut, 9981, "with {} sweeps", s.sweeps);
        }
    }

    /// Directed ring of `n` machines, IPPC-2011 dynamics: one reboot per step costs 0.75.
    fn sysadmin_ring(n: u32, reboot: f64, g: f64) -> Mdp {
        let states = 1u32 << n;
        let mut b = MdpBuilder::new(states);
        for s in 0..states {
            let up = |i: u32| f64::from(s >> i & 1);
            for action in 0..=n {
                let p = |i: u32| {
                    if action == i + 1 {
                        1.0
                    } else if up(i) > 0.0 {
                        0.45 + 0.5 * (1.0 + up((i + n - 1) % n)) / 2.0
                    } else {
                        reboot
                    }
                };
                let mut row = vec![(0u32, 1.0f64)];
                for i in 0..n {
                    row = row.iter().flat_map(|&(t, q)| [(t, q * (1.0 - p(i))), (t | 1 << i, q * p(i))]).filter(|x| x.1 > 0.0).collect();
                }
                let reward = f64::from(s.count_ones()) - if action > 0 { 0.75 } else { 0.0 };
                b.choice(Choice { state: s, action, reward, discount: g, successors: &row }).unwrap();
            }
        }
        b.build().unwrap()
    }

    #[test]
    fn sysadmin_rings_have_their_exact_values() {
        for (n, all_up) in [(4, 71.335_777_933), (6, 106.066_056_192), (8, 139.742_768_486)] {
            let m = sysadmin_ring(n, 0.05, 0.95);
            let s = solve(&m, &SolveOptions { epsilon: 1e-8, ..Default::default() }).unwrap();
            let v = s.values[(1 << n) - 1];
            assert!((v - all_up).abs() < 2e-8, "n={n}: {v} not {all_up}");
        }
    }

    #[test]
    fn an_unreachable_bound_is_an_error_not_a_wrong_answer() {
        let m = forest(50, 4.0, 2.0, 0.1, 0.99);
        let e = solve(&m, &SolveOptions { epsilon: 1e-9, max_sweeps: 3, evaluation_sweeps: 0 }).unwrap_err();
        assert!(matches!(e, SolveError::NotConverged { sweeps: 3, .. }));
        assert!(solve(&m, &SolveOptions { epsilon: f64::NAN, ..Default::default() }).is_err());
    }
}
