//! Exact comparison of two piecewise-constant service curves: shortfalls, gains, impact intervals.
//!
//! Owns pure functions on step lists; nothing is sampled. Invariant: the answer does not depend on how
//! often an unchanged value is repeated, and of several values at one instant the last one counts.

use crate::time::{Span, Time};

/// A service value that holds from `at` until the next step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// From when.
    pub at: Time,
    /// Service, fraction of nominal.
    pub service: f32,
}

/// Where and how strictly two curves are compared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// Start; both curves have their first step here.
    pub from: Time,
    /// End (exclusive).
    pub to: Time,
    /// A difference counts above this fraction of nominal.
    pub epsilon: f64,
    /// A difference counts when it lasts at least this long inside the window.
    pub tau: Span,
}

/// How a run differs from its paired baseline.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Difference {
    /// Impact intervals `[start, end)`, in order: short by more than ε for at least τ.
    pub impacts: Vec<(Time, Time)>,
    /// Whether it was above the baseline by more than ε for at least τ.
    pub gained: bool,
    /// ∫ max(0, baseline − run) dt: hours of full service lost, small shortfalls included.
    pub shortfall_h: f64,
    /// ∫ (baseline − run) dt: net hours of full service lost over the window; negative when more was had than lost.
    pub net_h: f64,
}

/// Compares `run` with `baseline` over the window.
pub fn compare(baseline: &[Step], run: &[Step], window: &Window) -> Difference {
    let mut out = Difference::default();
    let (mut i, mut j) = (0, 0);
    let (mut short, mut above): (Option<Time>, Option<Time>) = (None, None);
    let mut now = window.from;
    while now < window.to {
        while baseline.get(i + 1).is_some_and(|s| s.at <= now) {
            i += 1;
        }
        while run.get(j + 1).is_some_and(|s| s.at <= now) {
            j += 1;
        }
        let next = [baseline.get(i + 1), run.get(j + 1)].into_iter().flatten().map(|s| s.at).min().unwrap_or(window.to).min(window.to);
        let gap = value(baseline, i) - value(run, j);
        out.shortfall_h += gap.max(0.0) * (next - now).h();
        out.net_h += gap * (next - now).h();
        close(&mut short, gap > window.epsilon, now, window.tau, |a, b| out.impacts.push((a, b)));
        close(&mut above, -gap > window.epsilon, now, window.tau, |_, _| out.gained = true);
        now = next;
    }
    close(&mut short, false, window.to, window.tau, |a, b| out.impacts.push((a, b)));
    close(&mut above, false, window.to, window.tau, |_, _| out.gained = true);
    out
}

fn value(curve: &[Step], i: usize) -> f64 {
    curve.get(i).map_or(0.0, |s| f64::from(s.service))
}

/// Opens an interval when `holds` begins, reports it when it ends after at least `tau`.
fn close(open: &mut Option<Time>, holds: bool, now: Time, tau: Span, mut report: impl FnMut(Time, Time)) {
    match (*open, holds) {
        (None, true) => *open = Some(now),
        (Some(start), false) => {
            *open = None;
            if now - start >= tau && now > start {
                report(start, now);
            }
        }
        (None, false) | (Some(_), true) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn curve(points: &[(i64, f32)]) -> Vec<Step> {
        points.iter().map(|&(m, service)| Step { at: Time(m * 60_000_000), service }).collect()
    }
    fn minutes(a: i64, b: i64) -> (Time, Time) {
        (Time(a * 60_000_000), Time(b * 60_000_000))
    }
    const WINDOW: Window = Window { from: Time(0), to: Time(60 * 60_000_000), epsilon: 0.05, tau: Span(5 * 60_000_000) };

    #[test]
    fn a_shortfall_counts_when_it_is_deep_and_long_enough() {
        let base = curve(&[(0, 1.0)]);
        let run = curve(&[(0, 1.0), (10, 0.0), (14, 1.0), (20, 0.96), (30, 0.5), (40, 1.0), (58, 0.0)]);
        let d = compare(&base, &run, &WINDOW);
        // 4 min too short, 4 % too shallow, the last 2 min cut off by the horizon
        assert_eq!(d.impacts, vec![minutes(30, 40)]);
        assert!(!d.gained);
        assert!((d.shortfall_h * 60.0 - (4.0 + 0.4 + 5.0 + 2.0)).abs() < 1e-5, "{}", d.shortfall_h);
    }

    #[test]
    fn a_failure_that_the_baseline_shares_is_no_impact_and_its_absence_is_a_gain() {
        let base = curve(&[(0, 1.0), (10, 0.0), (30, 1.0)]);
        assert_eq!(compare(&base, &base, &WINDOW), Difference::default());
        let d = compare(&base, &curve(&[(0, 1.0)]), &WINDOW);
        assert!(d.gained && d.impacts.is_empty() && d.shortfall_h == 0.0);
    }

    #[test]
    fn a_failure_that_only_comes_at_another_time_is_an_impact_but_no_net_loss() {
        let base = curve(&[(0, 1.0), (10, 0.0), (30, 1.0)]);
        let run = curve(&[(0, 1.0), (40, 0.0), (60, 1.0)]);
        let d = compare(&base, &run, &WINDOW);
        assert_eq!(d.impacts, vec![minutes(40, 60)]);
        assert!(d.net_h.abs() < 1e-9 && (d.shortfall_h - 1.0 / 3.0).abs() < 1e-9, "{d:?}");
    }

    #[test]
    fn onset_is_exact_and_adjoining_pieces_are_one_interval() {
        let base = curve(&[(0, 1.0), (25, 0.9)]);
        let run = curve(&[(0, 1.0), (20, 0.5), (22, 0.5), (22, 0.4), (26, 0.3), (50, 0.9)]);
        assert_eq!(compare(&base, &run, &WINDOW).impacts, vec![minutes(20, 50)]);
    }

    proptest! {
        #[test]
        fn agrees_with_counting_minutes(base in prop::collection::vec(0u8..4, 60), run in prop::collection::vec(0u8..4, 60)) {
            let of = |v: &[u8]| v.iter().enumerate().map(|(m, &s)| Step { at: Time(m as i64 * 60_000_000), service: f32::from(s) / 4.0 }).collect::<Vec<_>>();
            let d = compare(&of(&base), &of(&run), &WINDOW);
            let short: Vec<bool> = (0..60).map(|m| base[m] > run[m]).collect();
            let mut expected = Vec::new();
            let mut m = 0;
            while m < 60 {
                let len = short[m..].iter().take_while(|s| **s).count();
                if len >= 5 { expected.push(minutes(m as i64, (m + len) as i64)); }
                m += len.max(1);
            }
            prop_assert_eq!(d.impacts, expected);
            let lost: f64 = (0..60).map(|m| (f64::from(base[m]) - f64::from(run[m])).max(0.0) / 4.0 / 60.0).sum();
            prop_assert!((lost - d.shortfall_h).abs() < 1e-9);
        }
    }
}
