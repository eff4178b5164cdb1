//! Which figure of the plant moves the answer most: one at a time, up and down, on the same random numbers.
//!
//! Owns the variations and their comparison. The answer is what the disruption costs: the profit of doing nothing less
//! that of the undisturbed future. Invariant: every variation sees the same futures, so that the change of the answer is
//! paired future by future; the interval is that of the change.

use super::ensemble::pool;
use super::kpi::PROFIT;
use super::record::{Plan, Record};
use super::request::{ForecastError, Request, Starts};
use super::stats::{Mean, mean};
use crate::plant::{AssetId, FailureMode, Plant};
use crate::sim::{Model, State};
use crate::time::Span;
use rayon::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// What is varied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Parameter {
    /// All times of the failure laws.
    TimeToFailure,
    /// All times of the repair laws.
    RepairTime,
    /// Capacities given and the rate of the process.
    Capacity,
    /// Size and initial content of the storage.
    Stock,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Parameter; 4] = [Parameter::TimeToFailure, Parameter::RepairTime, Parameter::Capacity, Parameter::Stock];
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Parameter::TimeToFailure => "time to failure",
            Parameter::RepairTime => "repair time",
            Parameter::Capacity => "capacity",
            Parameter::Stock => "stock",
        }
    }
}

/// One bar of the tornado.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SensitivityRow {
    /// Whose.
    pub asset: AssetId,
    /// Which figure.
    pub parameter: Parameter,
    /// Change of the answer when the figure is smaller by the step [currency].
    pub smaller: Mean,
    /// Change when it is larger.
    pub larger: Mean,
}

/// The tornado, widest bar first.
#[derive(Clone, PartialEq, Debug)]
pub struct Sensitivity {
    /// Futures per variation.
    pub runs: u32,
    /// Step, as a share of the figure.
    pub step: f64,
    /// The answer as the plant is [currency].
    pub answer: Mean,
    /// Widest first.
    pub rows: Vec<SensitivityRow>,
    /// Variations that make no plant, with the reason.
    pub skipped: Vec<String>,
}

/// Varies the figures of some assets by `step` (0.2 is ± 20 %).
///
/// # Errors
/// [`ForecastError`] for an impossible request, a live start, or a failed simulation.
pub fn sensitivity(request: &Request, assets: &[AssetId], step: f64) -> Result<Sensitivity, ForecastError> {
    request.check()?;
    if matches!(request.starts, Starts::Many(_)) || !(step > 0.0 && step < 1.0) {
        return Err(ForecastError::Question("a sensitivity needs a scenario that starts from the scene, and a step between 0 and 1".into()));
    }
    let base = Request { responses: Vec::new(), ..request.clone() };
    let plant = request.model.plant();
    pool(request.threads)?.install(|| {
        let reference = answers(&base)?;
        let mut out = Sensitivity { runs: request.runs, step, answer: mean(&reference), rows: Vec::new(), skipped: Vec::new() };
        for asset in assets {
            for parameter in Parameter::ALL {
                let varied = |factor: f64| vary(plant, *asset, parameter, factor);
                let (Some(smaller), Some(larger)) = (varied(1.0 - step), varied(1.0 + step)) else { continue };
                let change = |plant: &Plant| -> Result<Option<Mean>, ForecastError> {
                    let Ok(model) = Model::compile(plant) else { return Ok(None) };
                    let model = Arc::new(model);
                    let other = Request { starts: Starts::One(State::nominal(&model)), model, ..base.clone() };
                    let changes: Vec<f64> = answers(&other)?.iter().zip(&reference).map(|(a, b)| a - b).collect();
                    Ok(Some(mean(&changes)))
                };
                match (change(&smaller)?, change(&larger)?) {
                    (Some(smaller), Some(larger)) => out.rows.push(SensitivityRow { asset: *asset, parameter, smaller, larger }),
                    (None, _) | (_, None) => out.skipped.push(format!("{} of {}: no plant settles", parameter.name(), plant.asset(*asset).id)),
                }
            }
        }
        let width = |r: &SensitivityRow| (r.larger.mean - r.smaller.mean).abs().max(r.larger.mean.abs()).max(r.smaller.mean.abs());
        out.rows.sort_by(|a, b| width(b).total_cmp(&width(a)).then((a.asset, a.parameter).cmp(&(b.asset, b.parameter))));
        Ok(out)
    })
}

/// The answer in every future, in run order.
fn answers(request: &Request) -> Result<Vec<f64>, ForecastError> {
    let plan = Plan::of(request);
    let one = |run: u32| {
        let Record { baseline, alternatives } = plan.record(u64::from(run))?;
        let nothing = alternatives.first().map_or(0.0, |a| a.figures.totals[PROFIT]);
        Ok(nothing - baseline.totals[PROFIT])
    };
    let all: Vec<Result<f64, ForecastError>> = (0..request.runs).into_par_iter().map(one).collect();
    all.into_iter().collect()
}

/// The plant with one figure changed; `None` when the asset has none of it.
fn vary(plant: &Plant, asset: AssetId, parameter: Parameter, factor: f64) -> Option<Plant> {
    let mut plant = plant.clone();
    let a = plant.assets.get_mut(asset.index())?;
    match parameter {
        Parameter::TimeToFailure => each(&mut a.reliability, |m| {
            let law = scaled(&m.hazard, factor)?;
            (law != m.hazard).then(|| m.hazard = law)
        })?,
        Parameter::RepairTime => each(&mut a.reliability, |m| {
            let law = scaled(&m.repair, factor)?;
            (law != m.repair).then(|| m.repair = law)
        })?,
        Parameter::Capacity => {
            if a.gives.is_empty() && a.process.is_none() {
                return None;
            }
            a.gives.iter_mut().for_each(|g| g.capacity *= factor);
            a.process.iter_mut().for_each(|p| p.rate_per_h *= factor);
        }
        Parameter::Stock => {
            let s = a.storage.as_mut()?;
            (s.capacity, s.initial) = (s.capacity * factor, s.initial * factor);
        }
    }
    Some(plant)
}

/// Changes all modes; `None` when nothing changed.
fn each(modes: &mut [FailureMode], change: impl Fn(&mut FailureMode) -> Option<()>) -> Option<()> {
    let changed = modes.iter_mut().filter_map(change).count();
    (changed > 0).then_some(())
}

/// A law of time with every time in it multiplied: what scaling means for any law that is written in times and shapes.
fn scaled<T: Serialize + DeserializeOwned>(law: &T, factor: f64) -> Option<T> {
    fn walk(v: &mut serde_json::Value, factor: f64) {
        match v {
            serde_json::Value::String(s) => {
                if let Ok(span) = Span::parse(s) {
                    *s = Span::from_s(span.s() * factor).to_string();
                }
            }
            serde_json::Value::Array(a) => a.iter_mut().for_each(|x| walk(x, factor)),
            serde_json::Value::Object(o) => o.iter_mut().for_each(|(_, x)| walk(x, factor)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
    let mut value = serde_json::to_value(law).ok()?;
    walk(&mut value, factor);
    serde_json::from_value(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::{Hazard, Repair};

    #[test]
    fn every_time_of_a_law_is_scaled_and_no_shape() {
        let h = Hazard::Weibull { shape: 2.0, scale: Span::from_h(100.0) };
        assert_eq!(scaled(&h, 1.2), Some(Hazard::Weibull { shape: 2.0, scale: Span::from_h(120.0) }));
        let r = Repair::Lognormal { median: Span::from_h(1.0), sigma: 0.5 };
        assert_eq!(scaled(&r, 0.8), Some(Repair::Lognormal { median: Span::from_min(48.0), sigma: 0.5 }));
        assert_eq!(scaled(&Repair::Fixed(Span::from_h(2.0)), 0.5), Some(Repair::Fixed(Span::from_h(1.0))));
        assert_eq!(scaled(&Hazard::Never, 0.5), Some(Hazard::Never));
    }
}
