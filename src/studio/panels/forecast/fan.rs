//! A KPI fan as lines of a plot: median, 50 % and 90 % bands, and the undisturbed median beside them.

use crate::forecast::{Alternative, Forecast};
use crate::studio::format;
use serde::Serialize;

/// A fan.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fan {
    /// KPI id.
    pub kpi: String,
    /// Unit for people.
    pub unit: String,
    /// Hours from the start.
    pub hours: Vec<f64>,
    /// 5, 25, 50, 75, 95 % per grid point.
    pub quantiles: [Vec<f64>; 5],
    /// Median of the undisturbed plant.
    pub baseline: Vec<f64>,
}

/// The fan of `kpi`; the first one when there is none of that name.
pub fn fan(forecast: &Forecast, alternative: &Alternative, kpi: &str) -> Option<Fan> {
    let f = alternative.fans.iter().find(|f| f.kpi == kpi).or_else(|| alternative.fans.first())?;
    let baseline = forecast.baseline.fans.iter().find(|b| b.kpi == f.kpi).map(|b| b.q50.clone()).unwrap_or_default();
    Some(Fan {
        kpi: f.kpi.clone(),
        unit: format::unit(&f.unit),
        hours: forecast.grid.iter().map(|t| t.h()).collect(),
        quantiles: [&f.q05, &f.q25, &f.q50, &f.q75, &f.q95].map(Clone::clone),
        baseline,
    })
}
