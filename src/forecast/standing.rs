//! How the alternatives stand among each other: who is best how often, what the bad futures cost, who is dominated.
//!
//! Owns the comparison on paired futures. Sources: Rockafellar & Uryasev (2002), J. Bank. Finance 26, for the
//! conditional value at risk of a sample; David & Nagaraja (2003) section 7.1 for intervals of quantiles by order
//! statistics.

use super::frame::Frame;
use super::kpi::{GOOD, PROFIT};
use super::kpis::{Kpis, mean_with, noise};
use super::result::{Intervals, Objective, Standing};
use super::stats::{Mean, wilson_of};
use crate::rng::normal_quantile;

/// Share of the futures that counts as bad.
const TAIL: f64 = 0.05;
/// KPIs wanted at once, beside profit and profit at risk.
const WANTED: [&str; 4] = ["good_units", "energy_kwh", "co2_kg", "recovery_h"];

/// One standing per alternative.
pub(super) fn standings(frame: &Frame, alternatives: &[&Kpis], intervals: Intervals) -> Vec<Standing> {
    let runs = alternatives.first().map_or(0, |a| a.totals.len());
    let wins = wins(alternatives, runs);
    let mut all: Vec<Standing> = alternatives.iter().zip(wins).map(|(a, won)| standing(frame, a, won, intervals)).collect();
    let values: Vec<Vec<Objective>> = all.iter().map(|s| s.objectives.clone()).collect();
    for (i, s) in all.iter_mut().enumerate() {
        s.pareto = !values.iter().enumerate().any(|(j, other)| i != j && dominates(other, &values[i]));
    }
    all
}

/// Futures won by each alternative, ties split evenly.
fn wins(alternatives: &[&Kpis], runs: usize) -> Vec<f64> {
    let scale = alternatives.iter().map(|a| noise(&a.totals, PROFIT)).fold(0.0, f64::max);
    let mut wins = vec![0.0; alternatives.len()];
    for run in 0..runs {
        let profits: Vec<f64> = alternatives.iter().map(|a| a.totals[run][PROFIT]).collect();
        let top = profits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let winners = profits.iter().filter(|p| **p >= top - scale).count().max(1);
        profits.iter().zip(&mut wins).filter(|(p, _)| **p >= top - scale).for_each(|(_, w)| *w += 1.0 / winners as f64);
    }
    wins
}

fn standing(frame: &Frame, kpis: &Kpis, won: f64, intervals: Intervals) -> Standing {
    let runs = kpis.totals.len() as u32;
    let (best_low, best_high) = wilson_of(won, runs);
    let (value_at_risk, conditional_value_at_risk) = tail(&kpis.column(PROFIT));
    let mean = |i: usize| mean_with(&kpis.column(i), intervals).mean;
    let objective = |id: &str, i: usize, value: f64| {
        let k = &frame.kpis[i];
        Objective { id: id.into(), unit: k.unit.clone(), higher_is_better: k.higher_is_better, value }
    };
    let mut objectives = vec![objective("profit", PROFIT, mean(PROFIT)), objective("profit_at_risk", PROFIT, conditional_value_at_risk.mean)];
    objectives.extend(WANTED.iter().filter_map(|id| {
        let i = frame.kpis.iter().position(|k| k.id == *id)?;
        Some(objective(id, i, mean(i)))
    }));
    debug_assert!(frame.kpis.get(GOOD).is_none_or(|k| k.id == "good_units"));
    Standing { best: won / f64::from(runs.max(1)), best_low, best_high, value_at_risk, conditional_value_at_risk, objectives, pareto: false }
}

/// At least as good in everything and better in something; rounding noise decides nothing.
fn dominates(a: &[Objective], b: &[Objective]) -> bool {
    let gains: Vec<f64> = a
        .iter()
        .zip(b)
        .map(|(x, y)| {
            let gain = if x.higher_is_better { x.value - y.value } else { y.value - x.value };
            if gain.abs() <= 1e-9 * x.value.abs().max(y.value.abs()).max(1.0) { 0.0 } else { gain }
        })
        .collect();
    gains.iter().all(|g| *g >= 0.0) && gains.iter().any(|g| *g > 0.0)
}

/// Value and conditional value at risk at 95 % of a sample of profits, with 95 % intervals.
pub fn tail(profits: &[f64]) -> (Mean, Mean) {
    if profits.is_empty() {
        return (Mean::default(), Mean::default());
    }
    let mut sorted = profits.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let at = |rank: f64| sorted[(rank.max(1.0) as usize).min(sorted.len()) - 1];
    let z = normal_quantile(0.975) * libm::sqrt(n * TAIL * (1.0 - TAIL));
    let var = at(libm::ceil(n * TAIL - 1e-9));
    let low = libm::floor(n * TAIL - z);
    let value = Mean { mean: var, low: if low < 1.0 { sorted[0] } else { at(low) }, high: at(libm::ceil(n * TAIL + z) + 1.0) };
    let short: Vec<f64> = sorted.iter().map(|x| var - (var - x).max(0.0) / TAIL).collect();
    (value, super::stats::mean(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_hundred_numbers() {
        let x: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let (var, cvar) = tail(&x);
        // the fifth smallest, and the mean of the five smallest
        assert_eq!((var.mean, cvar.mean), (5.0, 3.0));
        assert!(var.low <= 5.0 && var.high >= 5.0 && cvar.low < 3.0 && cvar.high > 3.0);
        assert_eq!(tail(&[7.0]).0.mean, 7.0);
    }

    #[test]
    fn domination_needs_no_loss_and_one_gain() {
        let o = |profit: f64, energy: f64| {
            let one = |id: &str, up: bool, value: f64| Objective { id: id.into(), unit: String::new(), higher_is_better: up, value };
            vec![one("profit", true, profit), one("energy", false, energy)]
        };
        assert!(dominates(&o(2.0, 1.0), &o(1.0, 1.0)));
        assert!(!dominates(&o(2.0, 1.5), &o(1.0, 1.0)));
        assert!(!dominates(&o(1.0, 1.0), &o(1.0, 1.0 + 1e-12)));
    }
}
