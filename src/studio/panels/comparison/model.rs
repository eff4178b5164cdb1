//! The comparison as cards.

use crate::forecast::{Alternative, Forecast, PairedDifference};
use crate::studio::{format, panels::Source, status, theme::Tone};
use crate::time::Span;
use serde::Serialize;

/// One alternative.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ResponseRow {
    /// Its position in the forecast; 0 is doing nothing.
    pub index: usize,
    /// Name.
    pub name: String,
    /// What is done, one line each.
    pub plan: Vec<String>,
    /// Gain in profit against doing nothing, with its interval.
    pub gain: String,
    /// Better, worse, or not told apart.
    pub tone: Tone,
    /// Mean, low, high of the gain, for the drawing; `None` for doing nothing.
    pub interval: Option<[f64; 3]>,
    /// "better in 87 % of futures".
    pub better: String,
    /// Other figures: label, value.
    pub figures: Vec<(&'static str, String)>,
    /// Shown on the plant now.
    pub shown: bool,
    /// Can be put forward.
    pub can_propose: bool,
}

/// The comparison.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// What was asked.
    pub title: String,
    /// The sentence on top.
    pub verdict: String,
    /// Basis of the figures.
    pub basis: String,
    /// All alternatives, best gain first, doing nothing last.
    pub rows: Vec<ResponseRow>,
    /// Ends of the axis of gains.
    pub axis: [f64; 2],
    /// Fidelity of the model, in words.
    pub trust: String,
    /// Why nothing may be sent up now.
    pub blocked: String,
}

/// Gathers the comparison.
pub fn gather(src: &Source<'_>) -> Option<Model> {
    let f = src.live.forecast.answer.as_ref()?;
    let mut rows: Vec<ResponseRow> = f.alternatives.iter().enumerate().map(|(i, a)| row(src, f, i, a)).collect();
    rows.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let ends = rows.iter().filter_map(|r| r.interval).flatten();
    let axis = ends.fold([0.0f64, 0.0], |[lo, hi], x| [lo.min(x), hi.max(x)]);
    Some(Model {
        title: src.live.forecast.title.clone(),
        verdict: verdict(&rows),
        basis: format!("{} paired futures, 95 % intervals; all alternatives share their random numbers", format::count(u64::from(f.runs))),
        rows,
        axis,
        trust: format!(
            "The twin's own evidence is {}",
            if src.live.fidelity.evidence.is_empty() { "unvalidated" } else { &src.live.fidelity.evidence }
        ),
        blocked: src.live.hold.as_ref().map_or_else(String::new, |by| format!("held by {by}")),
    })
}

/// Doing nothing comes last.
fn key(r: &ResponseRow) -> f64 {
    r.interval.map_or(f64::NEG_INFINITY, |i| i[0])
}

fn verdict(rows: &[ResponseRow]) -> String {
    match rows.first() {
        Some(r) if r.tone == Tone::Better => format!("“{}” is best: {}, {}", r.name, r.gain, r.better),
        Some(r) if r.interval.is_some() => "No response is better than doing nothing beyond sampling error".into(),
        _ => "The scenario has no responses to compare: add one and run it again".into(),
    }
}

fn profit(a: &Alternative) -> Option<&PairedDifference> {
    a.versus_nothing.as_ref()?.iter().find(|d| d.kpi == "profit")
}

fn row(src: &Source<'_>, f: &Forecast, index: usize, a: &Alternative) -> ResponseRow {
    let money = |x: f64| format::money_signed(x, &f.currency);
    let d = profit(a);
    let (gain, tone) = match d {
        None => ("reference".into(), Tone::Weak),
        Some(d) => {
            let tone = if d.mean.low > 0.0 {
                Tone::Better
            } else if d.mean.high < 0.0 {
                Tone::Warning
            } else {
                Tone::Plain
            };
            (money(d.mean.mean), tone)
        }
    };
    let better = d.map_or(String::new(), |d| format!("better in {} of futures", format::percent(d.probability_better)));
    let plan = src.live.forecast.plans.get(index).map_or_else(Vec::new, |p| {
        p.iter().map(|(at, act)| format!("{} {} {}", format::offset(*at), status::verb(act.kind), src.plant.asset(act.asset).id)).collect()
    });
    ResponseRow {
        index,
        name: if index == 0 { "Do nothing".into() } else { a.name.clone() },
        plan,
        gain,
        tone,
        interval: d.map(|d| [d.mean.mean, d.mean.low, d.mean.high]),
        better,
        figures: figures(f, a),
        shown: src.desk.scrub.alternative == index,
        can_propose: index > 0 && src.live.forecast.plans.get(index).is_some_and(|p| !p.is_empty()),
    }
}

fn figures(f: &Forecast, a: &Alternative) -> Vec<(&'static str, String)> {
    let hit: f64 = a.impacts.iter().map(|i| i.probability).sum();
    let lost: f64 = a.impacts.iter().map(|i| i.mean_shortfall_h).sum();
    let mut out = vec![("assets hit", format::number(hit)), ("service lost", format::duration(Span::from_h(lost)))];
    if let Some(p) = a.totals.iter().find(|t| t.kpi == "profit") {
        out.push(("profit", format::money(p.mean.mean, &f.currency)));
        out.push(("worst 5 %", format::money(p.q05, &f.currency)));
    }
    if let Some(g) = a.totals.iter().find(|t| t.kpi == "good_units") {
        out.push(("good units", format::count(g.mean.mean.max(0.0) as u64)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn the_best_response_comes_first_and_nothing_last() {
        let mut f = Fixture::forecast();
        let m = gather(&f.source()).expect("an answer");
        assert_eq!(m.rows.last().map(|r| r.index), Some(0));
        assert!(m.rows.windows(2).all(|w| key(&w[0]) >= key(&w[1])));
        assert_eq!(m.rows[0].tone, Tone::Better);
        assert!(m.verdict.contains(&m.rows[0].name) && m.rows[0].can_propose && !m.rows.last().expect("one").can_propose);
        assert!(m.axis[0] <= 0.0 && m.axis[1] > 0.0);
        f.live.hold = Some("ana".into());
        assert!(!gather(&f.source()).expect("an answer").blocked.is_empty());
    }
}
