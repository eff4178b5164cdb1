//! The event list as rows.

use crate::plant::AssetId;
use crate::studio::{
    format,
    panels::Source,
    status,
    table::{Cell, Row},
    theme::Tone,
};
use crate::twin::Severity;
use serde::Serialize;

/// One event with the asset to select.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EventRow {
    /// Whose.
    pub asset: Option<AssetId>,
    /// Cells.
    pub row: Row,
}

/// The list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Newest first.
    pub rows: Vec<EventRow>,
    /// Alarms, warnings, notes in the whole list.
    pub counts: [usize; 3],
}

/// Gathers events of at least `least`, of the selected asset only when asked.
pub fn gather(src: &Source<'_>, least: Severity, only_selected: bool) -> Model {
    let count = |s: Severity| src.live.events.iter().filter(|e| e.severity == s).count();
    let wanted = |e: &&crate::twin::EventView| e.severity >= least && (!only_selected || e.asset == src.desk.selected);
    let rows = src.live.events.iter().rev().filter(wanted).map(|e| row(src, e)).collect();
    Model { rows, counts: [count(Severity::Alarm), count(Severity::Warning), count(Severity::Info)] }
}

fn row(src: &Source<'_>, e: &crate::twin::EventView) -> EventRow {
    let (icon, word, tone) = status::severity(e.severity);
    let asset = e.asset.and_then(|a| src.plant.assets.get(a.index()));
    let trace = e.trace.as_ref().map_or(String::new(), |t| t.chars().take(8).collect());
    EventRow {
        asset: e.asset,
        row: Row {
            cells: vec![
                Cell::toned(icon, tone).with_hover(word),
                Cell::toned(format::clock(e.at), Tone::Weak),
                Cell::toned(asset.map_or("–", |a| a.id.as_str()), Tone::Strong).with_hover(asset.map_or("", |a| a.name.as_str())),
                Cell::toned(&e.text, if e.severity == Severity::Info { Tone::Plain } else { tone }),
                Cell::toned(trace, Tone::Weak).with_hover(e.trace.as_ref().map_or(String::new(), |t| format!("trace {t}"))),
            ],
            selected: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn newest_first_and_filtered_by_severity_and_asset() {
        let mut f = Fixture::live();
        let all = gather(&f.source(), Severity::Info, false);
        assert_eq!(all.rows.len(), f.live.events.len());
        assert_eq!(all.rows[0].row.cells[3].text, f.live.events.back().expect("one").text);
        let alarms = gather(&f.source(), Severity::Alarm, false);
        assert_eq!(alarms.rows.len(), all.counts[0]);
        f.desk.selected = Some(f.failed);
        assert!(gather(&f.source(), Severity::Info, true).rows.iter().all(|r| r.asset == Some(f.failed)));
    }
}
