//! The audit tail as rows, newest first.

use crate::studio::{
    format,
    panels::Source,
    table::{Cell, Row},
    theme::Tone,
};
use serde::Serialize;

/// The tail.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Newest first.
    pub rows: Vec<Row>,
}

/// Gathers the tail.
pub fn gather(src: &Source<'_>) -> Model {
    let rows = src.live.audit.iter().rev().map(|r| Row {
        cells: vec![
            Cell::toned(r.seq.to_string(), Tone::Weak),
            Cell::toned(format::clock(r.at), Tone::Weak),
            Cell::toned(&r.kind, Tone::Strong),
            Cell::new(&r.actor),
            Cell::new(&r.text),
            Cell::toned(&r.hash, Tone::Weak).with_hover("First digits of the record's hash; the chain is checked by “plantcast audit verify”"),
        ],
        selected: false,
    });
    Model { rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn newest_first() {
        let f = Fixture::live();
        let m = gather(&f.source());
        assert_eq!(m.rows[0].cells[0].text, f.live.audit.last().expect("one").seq.to_string());
    }
}
