//! The best of many responses on a budget: successive halving on common random numbers, then a fresh look at the winner.
//!
//! Owns the search (Karnin, Koren & Somekh 2013, ICML: sequential halving). Invariant: the winner's figure comes from
//! futures that the search never saw, so that being picked for luck does not flatter it.

use super::ensemble::pool;
use super::record::Plan;
use super::request::{ForecastError, Request, ResponsePlan};
use super::stats::{Mean, mean};
use crate::time::{Span, Time};
use rayon::prelude::*;

/// Most candidates of one search.
pub const MAX_CANDIDATES: usize = 500;
/// Number of the first future of the fresh look: beyond all that an ensemble or a search uses.
const FRESH: u64 = 1 << 40;
/// Share of the budget that the fresh look gets.
const FRESH_SHARE: f64 = 0.3;
/// Fewest futures per candidate and round.
const FEWEST: u32 = 8;

/// One round.
#[derive(Clone, PartialEq, Debug)]
pub struct Round {
    /// Candidates in it.
    pub candidates: u32,
    /// Futures of each so far.
    pub runs: u32,
    /// Name and mean gain over doing nothing so far, best first (at most 5) [currency].
    pub leaders: Vec<(String, f64)>,
}

/// What the search found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The winner.
    pub plan: ResponsePlan,
    /// Its gain over doing nothing in the search: flattered by the choice [currency].
    pub in_search: f64,
    /// Its gain over doing nothing on fresh futures, with its paired 95 % interval [currency].
    pub fresh: Mean,
    /// Fresh futures.
    pub fresh_runs: u32,
    /// Candidates at the start.
    pub candidates: u32,
    /// Simulations spent.
    pub spent: u64,
    /// Round by round.
    pub rounds: Vec<Round>,
}

/// Plans grown from a few: each at other times, and in pairs; without repetitions, the given ones first.
pub fn grown(plans: &[ResponsePlan], delays: &[Span], horizon: Span) -> Vec<ResponsePlan> {
    let mut out: Vec<ResponsePlan> = Vec::new();
    let mut push = |plan: ResponsePlan| {
        let inside = plan.actions.iter().all(|a| a.0 < Time(0) + horizon);
        if inside && !plan.actions.is_empty() && out.len() < MAX_CANDIDATES && out.iter().all(|o| o.actions != plan.actions) {
            out.push(plan);
        }
    };
    plans.iter().cloned().for_each(&mut push);
    let later = |p: &ResponsePlan, by: Span| ResponsePlan {
        id: format!("{}+{by}", p.id),
        name: format!("{}, {by} later", p.name),
        actions: p.actions.iter().map(|(at, a)| (*at + by, *a)).collect(),
        extra_cost: p.extra_cost,
    };
    for by in delays.iter().filter(|d| **d > Span::ZERO) {
        plans.iter().for_each(|p| push(later(p, *by)));
    }
    for (i, a) in plans.iter().enumerate() {
        for b in &plans[i + 1..] {
            for by in std::iter::once(&Span::ZERO).chain(delays) {
                let b = if *by > Span::ZERO { later(b, *by) } else { b.clone() };
                let mut actions = a.actions.clone();
                actions.extend(b.actions.iter().filter(|x| !a.actions.iter().any(|y| y.1 == x.1)));
                actions.sort_by_key(|x| x.0);
                push(ResponsePlan {
                    id: format!("{}&{}", a.id, b.id),
                    name: format!("{} and {}", a.name, b.name),
                    actions,
                    extra_cost: a.extra_cost + b.extra_cost,
                });
            }
        }
    }
    out
}

/// Finds the response with the highest mean profit for about `budget` simulations.
///
/// # Errors
/// [`ForecastError`] for an impossible request, no candidates, or a failed simulation.
pub fn search(request: &Request, candidates: Vec<ResponsePlan>, budget: u32) -> Result<Found, ForecastError> {
    request.check()?;
    let count = candidates.len();
    if count == 0 || count > MAX_CANDIDATES {
        return Err(ForecastError::Question(format!("{count} candidates; give 1 to {MAX_CANDIDATES}")));
    }
    let all = Request { responses: candidates, ..request.clone() };
    let plan = Plan::of(&all);
    let bench = Bench { plan: &plan };
    pool(request.threads)?.install(|| {
        let rounds_ahead = count.next_power_of_two().trailing_zeros().max(1);
        let per_round = f64::from(budget) * (1.0 - FRESH_SHARE) / f64::from(rounds_ahead);
        let (mut alive, mut gains): (Vec<usize>, Vec<Vec<f64>>) = ((0..count).collect(), vec![Vec::new(); count]);
        let (mut from, mut spent, mut rounds) = (0u64, 0u64, Vec::new());
        let score = |g: &Vec<f64>| mean(g).mean;
        loop {
            let runs = ((per_round / (alive.len() as f64 + 1.0)) as u32).max(FEWEST);
            let rows = bench.gains(from..from + u64::from(runs), &alive)?;
            spent += u64::from(runs) * (alive.len() as u64 + 1);
            from += u64::from(runs);
            for row in rows {
                alive.iter().zip(row).for_each(|(i, g)| gains[*i].push(g));
            }
            alive.sort_by(|a, b| score(&gains[*b]).total_cmp(&score(&gains[*a])).then(a.cmp(b)));
            let leaders = alive.iter().take(5).map(|i| (all.responses[*i].name.clone(), score(&gains[*i]))).collect();
            rounds.push(Round { candidates: alive.len() as u32, runs: from as u32, leaders });
            if alive.len() <= 2 {
                break;
            }
            alive.truncate(alive.len().div_ceil(2));
        }
        let winner = alive.first().copied().unwrap_or(0);
        let fresh_runs = ((f64::from(budget) * FRESH_SHARE / 2.0) as u32).max(2 * FEWEST);
        let fresh: Vec<f64> = bench.gains(FRESH..FRESH + u64::from(fresh_runs), &[winner])?.into_iter().flatten().collect();
        spent += 2 * u64::from(fresh_runs);
        let in_search = score(&gains[winner]);
        Ok(Found { plan: all.responses[winner].clone(), in_search, fresh: mean(&fresh), fresh_runs, candidates: count as u32, spent, rounds })
    })
}

struct Bench<'p> {
    plan: &'p Plan<'p>,
}

impl Bench<'_> {
    /// Per future, the gain of each of some candidates over doing nothing.
    fn gains(&self, runs: std::ops::Range<u64>, of: &[usize]) -> Result<Vec<Vec<f64>>, ForecastError> {
        let one = |run: u64| -> Result<Vec<f64>, ForecastError> {
            let start = self.plan.warm(run)?;
            let profit = |i: usize| self.plan.simulate(run, &start, Some(i), false).map(|o| o.totals.profit());
            let nothing = profit(0)?;
            let extra = |i: usize| self.plan.request.responses.get(i).map_or(0.0, |r| r.extra_cost);
            of.iter().map(|i| Ok(profit(i + 1)? - extra(*i) - nothing)).collect()
        };
        let all: Vec<Result<Vec<f64>, ForecastError>> = runs.into_par_iter().map(one).collect();
        all.into_iter().collect()
    }
}
