//! Trends of an asset's tags, grouped by unit, thinned to what a plot can show.

use crate::plant::AssetId;
use crate::studio::{format, panels::Source, theme::Tone};
use serde::Serialize;

/// Points per line; more is thinned.
const POINTS: usize = 240;

/// One line of a plot.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TrendLine {
    /// Tag name.
    pub name: String,
    /// Colour.
    pub tone: Tone,
    /// (minutes before now as a negative number, value), oldest first.
    pub points: Vec<[f64; 2]>,
}

/// The tags of one unit.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TrendGroup {
    /// Unit for people.
    pub unit: String,
    /// Lines.
    pub lines: Vec<TrendLine>,
}

/// Trends of the tags of `asset`, one group per unit, in tag order.
pub fn trends(src: &Source<'_>, asset: AssetId) -> Vec<TrendGroup> {
    let now_s = src.live.now.s();
    let mut groups: Vec<TrendGroup> = Vec::new();
    let mut series = 0;
    for (tag, trend) in src.plant.tags.iter().zip(&src.live.trends).filter(|(t, _)| t.asset == asset) {
        if trend.points.is_empty() || tag.quantity == crate::plant::Quantity::Mode {
            continue;
        }
        let step = trend.points.len().div_ceil(POINTS);
        let last = trend.points.len() - 1;
        let points = trend.points.iter().enumerate().filter(|(i, p)| (last - i) % step == 0 && p.1.is_finite());
        let line = TrendLine {
            name: short(&tag.name, &src.plant.asset(asset).name),
            tone: Tone::Series(series),
            points: points.map(|(_, (t, v))| [(t - now_s) / 60.0, *v]).collect(),
        };
        series += 1;
        let unit = format::unit(&tag.unit);
        match groups.iter_mut().find(|g| g.unit == unit) {
            Some(g) => g.lines.push(line),
            None => groups.push(TrendGroup { unit, lines: vec![line] }),
        }
    }
    groups
}

/// A tag's name without its asset's.
fn short(tag: &str, asset: &str) -> String {
    let rest = tag.strip_prefix(asset).map_or(tag, |r| r.trim_start_matches([' ', ':', ',', '-', '·']));
    if rest.is_empty() { tag.to_owned() } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn long_trends_are_thinned_and_end_at_the_newest_value() {
        let mut f = Fixture::live();
        let (i, tag) = f.plant.tags.iter().enumerate().find(|(_, t)| t.quantity != crate::plant::Quantity::Mode).expect("a tag");
        let asset = tag.asset;
        let now = f.live.now.s();
        f.live.trends[i].points = (0..5000).map(|k| (now - f64::from(4999 - k), f64::from(k))).collect();
        let g = trends(&f.source(), asset);
        let line = g.iter().flat_map(|g| &g.lines).find(|l| l.points.last().is_some_and(|p| p[1] == 4999.0)).expect("newest value");
        assert!(line.points.len() <= POINTS && line.points.last().expect("one")[0].abs() < 1e-9);
    }
}
