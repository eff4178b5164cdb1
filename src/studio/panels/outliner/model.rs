//! Which assets are listed, and what stands in their lines.

use crate::plant::{AreaId, AssetId};
use crate::studio::{format, panels::Source, status, theme::Tone};
use serde::Serialize;

/// One asset.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AssetRow {
    /// Which.
    pub id: AssetId,
    /// Its id.
    pub code: String,
    /// Its name.
    pub name: String,
    /// State icon.
    pub icon: &'static str,
    /// State in a word, with its data's age when stale.
    pub state: String,
    /// Meaning of the state.
    pub tone: Tone,
    /// Selected.
    pub selected: bool,
    /// Probability of impact at the scrubber, when shown.
    pub probability: Option<f32>,
}

/// One area.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AreaRows {
    /// Name.
    pub name: String,
    /// Assets that want attention.
    pub abnormal: usize,
    /// Its assets.
    pub rows: Vec<AssetRow>,
}

/// The tree.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Areas in file order, then assets without one.
    pub areas: Vec<AreaRows>,
    /// Assets listed, and all.
    pub shown: (usize, usize),
}

/// Gathers the tree: assets whose id, name or kind contains `filter`, only abnormal ones when asked.
pub fn gather(src: &Source<'_>, filter: &str, only_abnormal: bool) -> Model {
    let heat = heat(src);
    let filter = filter.to_lowercase();
    let areas: Vec<Option<AreaId>> = (0..src.plant.areas.len() as u32).map(|i| Some(AreaId(i))).chain([None]).collect();
    let mut shown = 0;
    let mut out = Vec::new();
    for area in areas {
        let rows: Vec<AssetRow> = src
            .plant
            .asset_ids()
            .filter(|id| src.plant.asset(*id).area == area && matches(src, *id, &filter))
            .filter(|id| !only_abnormal || src.live.assets.get(id.index()).is_some_and(|v| status::is_abnormal(v.mode) || v.stale))
            .map(|id| row(src, id, &heat))
            .collect();
        if rows.is_empty() {
            continue;
        }
        shown += rows.len();
        let abnormal = rows.iter().filter(|r| matches!(r.tone, Tone::Alarm | Tone::Warning)).count();
        let name = area.map_or_else(|| "Elsewhere".into(), |a| src.plant.areas[a.index()].name.clone());
        out.push(AreaRows { name, abnormal, rows });
    }
    Model { areas: out, shown: (shown, src.plant.assets.len()) }
}

fn matches(src: &Source<'_>, id: AssetId, filter: &str) -> bool {
    let a = src.plant.asset(id);
    filter.is_empty() || [&a.id, &a.name, &a.kind].iter().any(|t| t.to_lowercase().contains(filter))
}

fn row(src: &Source<'_>, id: AssetId, heat: &[Option<f32>]) -> AssetRow {
    let a = src.plant.asset(id);
    let (icon, state, tone) = match src.live.assets.get(id.index()) {
        Some(v) if !v.observed => (egui_phosphor::regular::QUESTION, "not observed".into(), Tone::Weak),
        Some(v) => {
            let (icon, word, tone) = status::mode(v.mode);
            let stale = v.stale && !status::is_abnormal(v.mode);
            let state = if stale { format!("no data for {}", format::duration(v.data_age)) } else { word.to_owned() };
            (icon, state, if stale { Tone::Warning } else { tone })
        }
        None => (egui_phosphor::regular::QUESTION, "no data".into(), Tone::Notice),
    };
    AssetRow {
        id,
        code: a.id.clone(),
        name: a.name.clone(),
        icon,
        state,
        tone,
        selected: src.desk.selected == Some(id),
        probability: heat.get(id.index()).copied().flatten(),
    }
}

/// Probability of impact by the scrubber's time per asset, when heat is shown.
fn heat(src: &Source<'_>) -> Vec<Option<f32>> {
    let mut out = vec![None; src.plant.assets.len()];
    let Some(answer) = src.live.forecast.answer.as_ref().filter(|_| src.desk.scrub.heat) else { return out };
    let at = src.desk.grid_index(answer);
    for i in src.desk.alternative(answer).iter().flat_map(|a| &a.impacts) {
        if let (Some(slot), Some(p)) = (out.get_mut(i.asset.index()), i.by_time.get(at)) {
            *slot = (*p > 0.0).then_some(*p);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn lists_every_asset_once_and_finds_by_any_name() {
        let f = Fixture::live();
        let all = gather(&f.source(), "", false);
        assert_eq!(all.shown, (f.plant.assets.len(), f.plant.assets.len()));
        let mut ids: Vec<_> = all.areas.iter().flat_map(|a| a.rows.iter().map(|r| r.id)).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), f.plant.assets.len());
        let code = f.plant.asset(f.failed).id.clone();
        let found = gather(&f.source(), &code.to_lowercase(), false);
        assert!(found.areas.iter().flat_map(|a| &a.rows).any(|r| r.id == f.failed && r.tone == Tone::Alarm && r.state == "failed"));
        assert_eq!(gather(&f.source(), "no such thing", false).shown.0, 0);
        let abnormal = gather(&f.source(), "", true);
        assert!(abnormal.shown.0 >= 1 && abnormal.shown.0 < abnormal.shown.1);
    }
}
