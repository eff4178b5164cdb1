//! The figures of data health as text; worst tags first.

use crate::studio::{format, panels::Source, status, table, theme::Tone};
use serde::Serialize;

/// One tag with the asset to select.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TagRow {
    /// Whose.
    pub asset: crate::plant::AssetId,
    /// Cells of the table.
    pub row: table::Row,
    /// For sorting: bad first.
    rank: (u8, i64),
}

/// Data health.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Connection: key, value, meaning.
    pub link: Vec<(&'static str, String, Tone)>,
    /// received = accepted + quarantined + rejected + dropped.
    pub identity: String,
    /// Whether it holds.
    pub identity_holds: bool,
    /// Parts of it.
    pub intake: Vec<(&'static str, String, Tone)>,
    /// How well the twin predicted.
    pub fidelity: Vec<(&'static str, String, Tone)>,
    /// Tags, worst first.
    pub tags: Vec<TagRow>,
    /// Good tags and all.
    pub good: (usize, usize),
}

/// Gathers data health; tags whose id or reason contains `filter`.
pub fn gather(src: &Source<'_>, filter: &str) -> Model {
    let filter = filter.to_lowercase();
    let mut tags: Vec<TagRow> = src.live.tags.iter().filter_map(|t| tag_row(src, t)).collect();
    let good = (tags.iter().filter(|t| t.rank.0 == 3).count(), tags.len());
    tags.retain(|t| filter.is_empty() || t.row.cells.iter().any(|c| c.text.to_lowercase().contains(&filter)));
    tags.sort_by_key(|t| t.rank);
    let i = src.live.intake;
    let parts = i.accepted + i.quarantined + i.rejected + i.dropped;
    let n = |x| format::count(x);
    let bad = |x: u64| if x > 0 { Tone::Notice } else { Tone::Plain };
    Model {
        link: link(src),
        identity: format!(
            "{} received = {} accepted + {} quarantined + {} rejected + {} dropped",
            n(i.received),
            n(i.accepted),
            n(i.quarantined),
            n(i.rejected),
            n(i.dropped)
        ),
        identity_holds: parts == i.received,
        intake: vec![
            ("Received", n(i.received), Tone::Strong),
            ("Accepted", n(i.accepted), Tone::Plain),
            ("Quarantined", n(i.quarantined), bad(i.quarantined)),
            ("Rejected", n(i.rejected), bad(i.rejected)),
            ("Dropped", n(i.dropped), if i.dropped > 0 { Tone::Warning } else { Tone::Plain }),
            ("Late or out of order", n(i.late), bad(i.late)),
        ],
        fidelity: fidelity(src),
        tags,
        good,
    }
}

fn link(src: &Source<'_>) -> Vec<(&'static str, String, Tone)> {
    let l = &src.live.link;
    let tone = if l.status == "online" { Tone::Plain } else { Tone::Warning };
    let mut out = vec![("Status", l.status.clone(), tone), ("Broker", l.url.clone(), Tone::Plain)];
    if !l.detail.is_empty() {
        out.push(("Detail", l.detail.clone(), Tone::Plain));
    }
    out.push(("Reconnects", format::count(l.reconnects), Tone::Plain));
    out.push(("Commands", if l.can_command { "possible" } else { "not possible" }.into(), Tone::Plain));
    out
}

fn fidelity(src: &Source<'_>) -> Vec<(&'static str, String, Tone)> {
    let f = &src.live.fidelity;
    let word = if f.evidence.is_empty() { "unvalidated" } else { f.evidence.as_str() };
    let figure = |x: Option<f64>| x.map_or_else(|| "–".into(), format::number);
    vec![
        ("Evidence", word.into(), status::evidence(word)),
        ("Predictions scored", format::count(f.scored), Tone::Plain),
        ("CRPS, relative (below 1 is skill)", figure(f.relative_crps), Tone::Plain),
        ("Brier score of modes", figure(f.brier), Tone::Plain),
        ("Inside the 90 % band", f.coverage_90.map_or_else(|| "–".into(), format::percent), Tone::Plain),
    ]
}

fn tag_row(src: &Source<'_>, t: &crate::twin::TagView) -> Option<TagRow> {
    let tag = src.plant.tags.get(t.id.index())?;
    let (icon, word, tone) =
        if t.value.is_none() && t.reason.is_empty() { (egui_phosphor::regular::MINUS, "none yet", Tone::Notice) } else { status::quality(t.quality) };
    let value = t.value.map_or_else(|| "–".into(), |v| format::quantity(v, &tag.unit));
    let stale = t.age > tag.max_age;
    let times = t
        .times
        .map_or(String::new(), |[e, i, p]| format!("event {} · ingested {} · processed {}", format::clock(e), format::clock(i), format::clock(p)));
    let rank = match t.quality {
        0 => 0,
        500 => 1,
        64 => 2,
        _ => 3,
    };
    Some(TagRow {
        asset: tag.asset,
        rank: (if t.value.is_none() { 1 } else { rank }, i64::from(t.id.0)),
        row: table::Row {
            cells: vec![
                table::Cell::toned(icon, tone).with_hover(word),
                table::Cell::new(&tag.id).with_hover(format!("{}\n{}", tag.name, tag.topic)),
                table::Cell::toned(value, Tone::Strong),
                table::Cell::toned(format::duration(t.age), if stale { Tone::Warning } else { Tone::Weak }).with_hover(times),
                table::Cell::toned(if t.reason.is_empty() { word.into() } else { t.reason.clone() }, if rank == 3 { Tone::Weak } else { tone }),
            ],
            selected: src.desk.selected == Some(tag.asset),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn the_worst_tag_comes_first_and_the_account_balances() {
        let mut f = Fixture::live();
        f.live.tags[3].quality = 0;
        f.live.tags[3].reason = "out of range".into();
        let m = gather(&f.source(), "");
        assert!(m.identity_holds, "{}", m.identity);
        assert_eq!(m.tags[0].row.cells[4].text, "out of range");
        assert_eq!(m.tags.len(), f.plant.tags.len());
        f.live.intake.received += 1;
        assert!(!gather(&f.source(), "").identity_holds);
        assert_eq!(gather(&f.source(), "out of RANGE").tags.len(), 1);
    }
}
