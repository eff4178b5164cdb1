//! `plantcast whatif --sensitivity` and `--search`: which figure moves the answer, and which response is best.
//!
//! Owns what is varied and tried, and the tables; the methods are `forecast`'s.

use super::CliError;
use super::whatif::{Loaded, refused};
use super::whatif_tables::{Table, interval};
use crate::forecast::{self, Forecast, Request, ResponsePlan};
use crate::plant::AssetId;
use crate::scenario::{Response, suggested_responses};
use crate::time::{Span, Time};
use std::fmt::Write;

/// Most assets whose figures are varied: the most probable of the cascade.
const MAX_VARIED: usize = 12;
/// Most futures per variation.
const MAX_RUNS: u32 = 300;
/// Rows of the tornado.
const MAX_BARS: usize = 15;
/// Up and down.
const STEP: f64 = 0.2;

/// The tornado.
///
/// # Errors
/// [`CliError`] when a simulation fails.
pub fn sensitivity(loaded: &Loaded, f: &Forecast) -> Result<String, CliError> {
    let nothing = f.alternatives.first().map(|a| a.impacts.as_slice()).unwrap_or_default();
    let assets: Vec<AssetId> = nothing.iter().filter(|i| i.count > 0).take(MAX_VARIED).map(|i| i.asset).collect();
    let request = Request { runs: loaded.request.runs.min(MAX_RUNS), ..loaded.request.clone() };
    let s = forecast::sensitivity(&request, &assets, STEP).map_err(|e| refused(&e))?;
    let (less, more) = (format!("−{:.0} % [{}]", STEP * 100.0, f.currency), format!("+{:.0} % [{}]", STEP * 100.0, f.currency));
    let mut t = Table::new(&["asset", "figure", &less, &more], "llrr");
    for r in s.rows.iter().take(MAX_BARS) {
        t.row([f.assets[r.asset.index()].clone(), r.parameter.name().into(), interval(&r.smaller, true), interval(&r.larger, true)]);
    }
    let title = format!(
        "What moves the answer most: the disruption brings {} {}; change of that when a figure is smaller or larger ({} paired futures each)",
        interval(&s.answer, true),
        f.currency,
        s.runs
    );
    let mut out = t.render(&title, s.rows.len().min(MAX_BARS));
    if s.rows.len() > MAX_BARS {
        let _ = writeln!(out, "  and {} that move it less", s.rows.len() - MAX_BARS);
    }
    for why in &s.skipped {
        let _ = writeln!(out, "  left out: {why}");
    }
    Ok(out)
}

/// The best response on a budget.
///
/// # Errors
/// [`CliError`] when there is nothing to try or a simulation fails.
pub fn search(loaded: &Loaded, budget: u32) -> Result<String, CliError> {
    let plant = loaded.model.plant();
    let mut plans = loaded.request.responses.clone();
    for d in &loaded.scenario.disruptions {
        let lost = d.what.asset().and_then(|id| plant.asset_by_id(id));
        let suggested = lost.map(|a| suggested_responses(plant, a, d.at + Span::from_min(1.0))).unwrap_or_default();
        plans.extend(suggested.iter().filter_map(|r| resolved(loaded, r)));
    }
    let delays = [5.0, 15.0, 30.0, 60.0].map(Span::from_min);
    let candidates = forecast::grown(&plans, &delays, loaded.request.horizon);
    let found = forecast::search(&loaded.request, candidates, budget).map_err(|e| refused(&e))?;
    let mut t = Table::new(&["round", "candidates", "futures each", "leading", "gain so far"], "rrrlr");
    for (n, r) in found.rounds.iter().enumerate() {
        let (name, gain) = r.leaders.first().cloned().unwrap_or_default();
        t.row([(n + 1).to_string(), r.candidates.to_string(), r.runs.to_string(), name, format!("{gain:+.0}")]);
    }
    let mut out = t.render(&format!("Search among {} responses, {} simulations", found.candidates, found.spent), found.rounds.len());
    let _ = writeln!(
        out,
        "  best: {} ({})\n  gain over doing nothing on {} fresh futures: {} {} (in the search, flattered by the choice: {:+.0})",
        found.plan.name,
        found.plan.id,
        found.fresh_runs,
        interval(&found.fresh, true),
        plant.money.currency,
        found.in_search
    );
    for (at, a) in &found.plan.actions {
        let _ = writeln!(out, "    at {at}  {:?} {}", a.kind, plant.asset(a.asset).id);
    }
    Ok(out)
}

/// A suggested response with resolved ids; `None` when it does not fit the plant.
fn resolved(loaded: &Loaded, r: &Response) -> Option<ResponsePlan> {
    let plant = loaded.model.plant();
    let action =
        |a: &crate::scenario::PlannedAction| Some((Time(0) + a.at, crate::plant::Action { asset: plant.asset_by_id(&a.asset)?, kind: a.kind }));
    let actions = r.actions.iter().map(action).collect::<Option<Vec<_>>>()?;
    Some(ResponsePlan { id: r.id.clone(), name: r.name.clone(), actions, extra_cost: r.extra_cost })
}
