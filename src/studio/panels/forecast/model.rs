//! The forecast as tables: probability with a frequency and an interval, time to impact, causes with their lags.

use super::fan::{Fan, fan};
use crate::forecast::{AssetImpact, CauseEdge, Forecast, Quantiles};
use crate::plant::AssetId;
use crate::studio::{
    format,
    panels::Source,
    table::{Cell, Row},
    theme::Tone,
};
use crate::time::Span;
use serde::Serialize;

/// Rows of a table at most.
const ROWS: usize = 200;

/// One impacted asset.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ImpactRow {
    /// Which.
    pub asset: AssetId,
    /// Cells.
    pub row: Row,
}

/// One edge of the cause graph.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CauseRow {
    /// The impacted asset.
    pub to: AssetId,
    /// Cells.
    pub row: Row,
}

/// The forecast.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// What was asked.
    pub title: String,
    /// Runs, seed, horizon, time taken.
    pub basis: String,
    /// Names of the alternatives.
    pub alternatives: Vec<String>,
    /// Which is shown.
    pub shown: usize,
    /// Time of the scrubber in words.
    pub at: String,
    /// Position of the scrubber, and the last one.
    pub index: (usize, usize),
    /// Time of each grid point.
    pub grid: Vec<Span>,
    /// The sentence on top.
    pub headline: String,
    /// Impacts, most probable by the horizon first.
    pub impacts: Vec<ImpactRow>,
    /// Causes, most probable first.
    pub causes: Vec<CauseRow>,
    /// KPIs that have a fan: id and title.
    pub kpis: Vec<(String, String)>,
    /// The chosen fan.
    pub fan: Option<Fan>,
    /// Runs done and total of the running forecast.
    pub running: Option<(u64, u64)>,
    /// The draft was changed since.
    pub outdated: bool,
}

/// Gathers the newest answer with the fan of `kpi` (the first when there is none of that name).
pub fn gather(src: &Source<'_>, kpi: &str) -> Option<Model> {
    let answer = src.live.forecast.answer.as_ref()?;
    let alternative = src.desk.alternative(answer)?;
    let index = src.desk.grid_index(answer);
    let origins = &src.live.forecast.origins;
    let shown = src.desk.scrub.alternative.min(answer.alternatives.len() - 1);
    Some(Model {
        title: src.live.forecast.title.clone(),
        basis: format!(
            "{} paired futures · {} ahead · seed {} · {:.1} s",
            format::count(u64::from(answer.runs)),
            format::duration(answer.horizon),
            answer.seed,
            src.live.forecast.took_s
        ),
        alternatives: answer.alternatives.iter().enumerate().map(|(i, a)| if i == 0 { "Do nothing".into() } else { a.name.clone() }).collect(),
        shown,
        at: format::offset(src.desk.scrub.at),
        index: (index, answer.grid.len().saturating_sub(1)),
        grid: answer.grid.iter().map(|t| Span(t.0)).collect(),
        headline: headline(src, answer, &alternative.impacts),
        impacts: alternative.impacts.iter().take(ROWS).map(|i| impact(src, answer, i, index, origins)).collect(),
        causes: alternative.causes.iter().take(ROWS).map(|c| cause(src, answer, c)).collect(),
        kpis: alternative.fans.iter().map(|f| (f.kpi.clone(), title(alternative, &f.kpi))).collect(),
        fan: fan(answer, alternative, kpi),
        running: src.live.forecast.running,
        outdated: src.desk.draft.as_ref().is_some_and(|d| !d.answered),
    })
}

/// A KPI's name for people.
fn title(a: &crate::forecast::Alternative, kpi: &str) -> String {
    a.totals.iter().find(|t| t.kpi == kpi).map_or_else(|| format::words(kpi.trim_end_matches("_per_h")), |t| t.name.clone())
}

fn headline(src: &Source<'_>, f: &Forecast, impacts: &[AssetImpact]) -> String {
    let others: Vec<&AssetImpact> = impacts.iter().filter(|i| i.count > 0 && !src.live.forecast.origins.contains(&i.asset)).collect();
    match others.first() {
        None if impacts.is_empty() => "Nothing changes against the plant's own future: what is lost here is out of service already, or spare".into(),
        None => "No other asset is impacted in any future".into(),
        Some(i) => {
            let when = i.time_to_impact.as_ref().map_or(String::new(), |q| format!(", typically after {}", format::duration(Span::from_h(q.q50))));
            let more = if others.len() > 1 { format!("; {} assets can be hit", others.len()) } else { String::new() };
            format!("{} is hit in {} of {} futures{when}{more}", src.plant.asset(i.asset).name, i.count, f.runs)
        }
    }
}

fn impact(src: &Source<'_>, f: &Forecast, i: &AssetImpact, index: usize, origins: &[AssetId]) -> ImpactRow {
    let a = src.plant.asset(i.asset);
    let now = i.by_time.get(index).copied().unwrap_or_default();
    let origin = origins.contains(&i.asset);
    let sign = if origin { format!("{} ", egui_phosphor::regular::LIGHTNING) } else { String::new() };
    let name = format!("{sign}{}  {}", a.id, a.name);
    let frequency = format!("{} / {}", i.count, f.runs);
    ImpactRow {
        asset: i.asset,
        row: Row {
            cells: vec![
                Cell::toned(name, Tone::Strong).with_hover(format!("{}{}", a.name, if origin { " (the disruption strikes here)" } else { "" })),
                Cell {
                    text: format::percent(f64::from(now)),
                    tone: Tone::Plain,
                    bar: Some(now),
                    hover: "Probability of having been impacted by the time of the scrubber".into(),
                },
                Cell::toned(frequency, Tone::Strong)
                    .with_hover(format!("Futures with an impact within the horizon, of all: {}", format::percent(i.probability))),
                Cell::toned(format::percent_range(i.low, i.high), Tone::Weak).with_hover("95 % interval (Wilson)"),
                lag_cell(i.time_to_impact.as_ref(), "Time from the disruption to the first impact: median, and 5–95 %"),
                Cell::toned(format::short(Span::from_h(i.mean_shortfall_h)), Tone::Plain)
                    .with_hover("Expected hours of full service lost, over all futures"),
            ],
            selected: src.desk.selected == Some(i.asset),
        },
    }
}

fn lag_cell(q: Option<&Quantiles>, hover: &str) -> Cell {
    match q {
        None => Cell::toned("–", Tone::Weak),
        Some(q) => {
            let d = |h: f64| format::duration(Span::from_h(h));
            Cell::toned(format::short(Span::from_h(q.q50)), Tone::Plain).with_hover(format!("{hover}: {} ({} to {})", d(q.q50), d(q.q05), d(q.q95)))
        }
    }
}

fn cause(src: &Source<'_>, f: &Forecast, c: &CauseEdge) -> CauseRow {
    let id = |a: AssetId| src.plant.asset(a).id.clone();
    let media: Vec<&str> =
        src.plant.links.iter().filter(|l| l.from == c.from && l.to == c.to).map(|l| src.plant.medium(l.medium).name.as_str()).collect();
    let what = if media.is_empty() { String::new() } else { format!(" by {}", media.join(", ").to_lowercase()) };
    CauseRow {
        to: c.to,
        row: Row {
            cells: vec![
                Cell::toned(format!("{}  {}  {}", id(c.from), egui_phosphor::regular::ARROW_RIGHT, id(c.to)), Tone::Strong).with_hover(format!(
                    "{} was what {} lacked{what}",
                    src.plant.asset(c.from).name,
                    src.plant.asset(c.to).name
                )),
                Cell {
                    text: format::percent(c.probability),
                    tone: Tone::Plain,
                    bar: Some(c.probability as f32),
                    hover: format!("{} of {} futures", c.count, f.runs),
                },
                lag_cell(c.lag.as_ref(), "Lag between the two impacts"),
            ],
            selected: src.desk.selected == Some(c.to),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{ask::Ask, fixture::Fixture};

    #[test]
    fn probabilities_come_with_frequency_and_interval_and_follow_the_scrubber() {
        let mut f = Fixture::forecast();
        let live = f.live.clone();
        f.desk.apply(Ask::Scrub(Span::ZERO), &live);
        let early = gather(&f.source(), "").expect("an answer");
        f.desk.apply(Ask::Scrub(Span::from_h(8.0)), &live);
        let late = gather(&f.source(), "").expect("an answer");
        assert_eq!(early.impacts.len(), late.impacts.len());
        let p = |m: &Model, i: usize| m.impacts[i].row.cells[1].bar.expect("a bar");
        assert!((0..late.impacts.len()).all(|i| p(&early, i) <= p(&late, i)));
        assert!(p(&late, 1) > p(&early, 1));
        let cells: Vec<&str> = late.impacts[1].row.cells.iter().map(|c| c.text.as_str()).collect();
        assert!(cells[2].contains(" / ") && cells[3].ends_with('%'), "{cells:?}");
        assert_eq!(late.alternatives[0], "Do nothing");
        assert!(late.headline.contains(" of "), "{}", late.headline);
    }
}
