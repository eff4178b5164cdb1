//! The draft as rows and fields.

use crate::plant::{ActionKind, Plant};
use crate::scenario::{self, Disruption, Lasting, Response, StartFrom};
use crate::studio::{format, panels::Source, status};
use crate::time::Span;
use serde::Serialize;

/// One disruption.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DisruptionRow {
    /// What it is, one line.
    pub brief: String,
    /// The outage has already happened: the futures begin with it.
    pub under_way: bool,
    /// Minutes from the start.
    pub at_min: f64,
    /// Minutes it lasts; `None`: until repaired.
    pub lasts_min: Option<f64>,
    /// Whether "until repaired" can be chosen.
    pub repairable: bool,
    /// As it is in the document.
    pub item: Disruption,
}

/// One response.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ResponseRow {
    /// Its actions, one line each.
    pub actions: Vec<String>,
    /// As it is in the document.
    pub item: Response,
}

/// The editor.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Story.
    pub story: String,
    /// Where the futures begin, in words.
    pub start: String,
    /// Whether they begin in the running plant.
    pub from_live: bool,
    /// The start as it is in the document.
    pub start_spec: scenario::StartSpec,
    /// How far to look [h].
    pub horizon_h: f64,
    /// Futures per alternative.
    pub runs: u32,
    /// Seed.
    pub seed: u64,
    /// Disruptions by time.
    pub disruptions: Vec<DisruptionRow>,
    /// Responses in order of display.
    pub responses: Vec<ResponseRow>,
    /// Undo, redo possible.
    pub can: (bool, bool),
    /// Why the last edit was refused.
    pub refused: Option<String>,
    /// Runs done, total.
    pub running: Option<(u64, u64)>,
    /// Why the last run failed.
    pub error: Option<String>,
    /// The newest answer belongs to the draft as it is.
    pub answered: bool,
    /// File.
    pub path: String,
    /// What can be done to which asset: (label, asset id, what).
    pub offers: Vec<(String, String, ActionKind)>,
    /// Assets that can be lost: (id, name).
    pub assets: Vec<(String, String)>,
}

/// Names of the built-in scenarios of this plant.
pub fn builtins(plant: &str) -> Vec<(String, String)> {
    scenario::builtin_names()
        .filter_map(|name| {
            let s = scenario::Scenario::parse(scenario::builtin(name)?, name).ok()?;
            (s.scene == plant).then_some((name.to_owned(), s.name))
        })
        .collect()
}

/// Gathers the draft; `None` without one.
pub fn gather(src: &Source<'_>) -> Option<Model> {
    let draft = src.desk.draft.as_ref()?;
    let s = draft.scenario();
    Some(Model {
        name: s.name.clone(),
        story: s.story.clone(),
        start: start(s.start.from),
        from_live: s.start.from == StartFrom::LiveNow,
        start_spec: s.start,
        horizon_h: s.horizon.h(),
        runs: s.runs,
        seed: s.seed,
        disruptions: s.disruptions.iter().map(|d| disruption(src, d)).collect(),
        responses: s.responses.iter().map(response).collect(),
        can: draft.can(),
        refused: draft.refused.clone(),
        running: src.live.forecast.running,
        error: src.live.forecast.error.clone(),
        answered: draft.answered,
        path: draft.path.as_ref().map_or_else(|| format!("{}.scenario.ron", s.id), |p| p.display().to_string()),
        offers: offers(src.plant),
        assets: src.plant.assets.iter().map(|a| (a.id.clone(), a.name.clone())).collect(),
    })
}

fn start(from: StartFrom) -> String {
    match from {
        StartFrom::Nominal => "Nominal plant".into(),
        StartFrom::LiveNow => "The plant as it runs now".into(),
        StartFrom::Warmup(span) => format!("Nominal, after {} of warm-up", format::duration(span)),
    }
}

fn disruption(src: &Source<'_>, d: &Disruption) -> DisruptionRow {
    DisruptionRow {
        brief: d.what.brief(),
        under_way: src.is_under_way(d),
        at_min: d.at.min(),
        lasts_min: d.what.duration().map(Span::min),
        repairable: matches!(d.what, scenario::What::AssetFails { .. } | scenario::What::AssetDegrades { .. }),
        item: d.clone(),
    }
}

fn response(r: &Response) -> ResponseRow {
    let line = |a: &scenario::PlannedAction| format!("{} {} {}", format::offset(a.at), status::verb(a.kind), a.asset);
    ResponseRow { actions: r.actions.iter().map(line).collect(), item: r.clone() }
}

fn offers(plant: &Plant) -> Vec<(String, String, ActionKind)> {
    plant.assets.iter().flat_map(|a| a.actions.iter().map(|s| (format!("{} {}", status::verb(s.kind), a.id), a.id.clone(), s.kind))).collect()
}

/// The same disruption lasting otherwise; `None`: until repaired.
pub fn lasting(mut d: Disruption, min: Option<f64>) -> Disruption {
    use scenario::What as W;
    let span = min.map(|m| Span::from_min(m.max(1.0)));
    match &mut d.what {
        W::AssetFails { lasting, .. } | W::AssetDegrades { lasting, .. } => *lasting = span.map_or(Lasting::UntilRepaired, Lasting::For),
        W::NetworkOutage { duration, .. }
        | W::AreaLoses { duration, .. }
        | W::LateSupply { duration, .. }
        | W::CrewAbsent { duration, .. }
        | W::Ambient { duration, .. }
        | W::SlowRepair { duration, .. } => *duration = span.unwrap_or(*duration),
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{ask::Ask, fixture::Fixture};

    #[test]
    fn losing_an_asset_opens_a_draft_that_names_it() {
        let mut f = Fixture::live();
        assert!(gather(&f.source()).is_none());
        let asset = f.failed;
        let live = f.live.clone();
        f.desk.apply(Ask::Lose(asset), &live);
        let m = gather(&f.source()).expect("a draft");
        let code = &f.plant.asset(asset).id;
        assert!(m.name.contains(code) && m.from_live && m.disruptions.len() == 1);
        assert_eq!(m.disruptions[0].brief, format!("{code} fails until repaired"));
        assert_eq!((m.disruptions[0].at_min, m.disruptions[0].lasts_min), (0.0, None));
        assert!(m.disruptions[0].under_way, "it has failed already, and the editor says so");
        let d = lasting(m.disruptions[0].item.clone(), Some(30.0));
        assert_eq!(disruption(&f.source(), &d).lasts_min, Some(30.0));
    }
}
