//! What stands where on the timeline. Positions are 0..1 of its width.

use crate::scenario::Disruption;
use crate::studio::{format, panels::Source, status, theme::Tone};
use crate::time::{Span, Time};
use crate::twin::Severity;
use serde::Serialize;

/// Share of the width that shows the past.
pub const PAST_SHARE: f64 = 0.22;
/// How far back it shows.
const PAST: Span = Span(30 * 60 * 1_000_000);
/// Event marks at most.
const MARKS: usize = 120;

/// An event in the past.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Mark {
    /// Position 0..1.
    pub x: f64,
    /// Meaning.
    pub tone: Tone,
    /// Text under the pointer.
    pub text: String,
}

/// A disruption ahead.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Block {
    /// Id in the draft; empty when it cannot be moved.
    pub id: String,
    /// Left and right end 0..1.
    pub x: [f64; 2],
    /// From the start.
    pub at: Span,
    /// Until repaired: the right end is open.
    pub open: bool,
    /// Text.
    pub text: String,
}

/// The timeline.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Events of the past.
    pub marks: Vec<Mark>,
    /// Ticks: position, text.
    pub ticks: Vec<(f64, String)>,
    /// Where the predicted part begins.
    pub start_x: f64,
    /// What the start is: `now`, or the time of the forecast's start.
    pub start_text: String,
    /// The running plant's now, when a forecast lies on the desk that is already ageing.
    pub now_x: Option<f64>,
    /// Disruptions of the draft.
    pub blocks: Vec<Block>,
    /// Expected share of assets impacted, per grid point: position, share 0..1.
    pub wave: Vec<(f64, f32)>,
    /// The scrubber: position, text.
    pub scrub: Option<(f64, String)>,
    /// Whether it plays.
    pub playing: bool,
    /// Whether impacts are shown on the plant.
    pub heat: bool,
    /// Length of the predicted part.
    pub horizon: Span,
}

impl Model {
    /// Time from the start at a position, for dragging.
    pub fn span_at(&self, x: f64) -> Span {
        Span::from_s(((x - PAST_SHARE) / (1.0 - PAST_SHARE)).clamp(0.0, 1.0) * self.horizon.s())
    }
}

/// Gathers the timeline.
pub fn gather(src: &Source<'_>) -> Model {
    let answer = src.live.forecast.answer.as_ref();
    let draft = src.desk.draft.as_ref();
    let shows_answer = answer.is_some() && draft.is_none_or(|d| d.answered);
    let horizon = match (answer, draft) {
        (Some(f), _) if shows_answer => f.horizon,
        (_, Some(d)) => d.scenario().horizon,
        (Some(f), None) => f.horizon,
        (None, None) => Span::from_h(8.0),
    };
    let ahead = |at: Span| PAST_SHARE + (1.0 - PAST_SHARE) * (at.s() / horizon.s().max(1e-9)).clamp(0.0, 1.0);
    let start = if shows_answer { src.live.forecast.starts_at } else { src.live.now };
    let live_start = shows_answer && start > Time::ZERO && src.live.now - start < horizon && src.live.now >= start;
    let aged = live_start && src.live.now - start > Span::from_s(horizon.s() * 0.01);
    let scrub = answer.filter(|_| shows_answer).map(|_| {
        let at = src.desk.scrub.at;
        (ahead(at), format::offset(at))
    });
    let wave = answer.filter(|_| shows_answer).map(|f| wave(src, f).into_iter().map(|(t, y)| (ahead(t), y)).collect()).unwrap_or_default();
    Model {
        marks: marks(src),
        ticks: ticks(horizon, ahead),
        start_x: PAST_SHARE,
        start_text: if aged { format!("forecast of {}", format::clock(start)) } else { "now".into() },
        now_x: aged.then(|| ahead(src.live.now - start)),
        blocks: draft.map(|d| blocks(src, d.scenario(), ahead)).unwrap_or_default(),
        wave,
        scrub,
        playing: src.desk.scrub.playing,
        heat: src.desk.scrub.heat && answer.is_some(),
        horizon,
    }
}

fn marks(src: &Source<'_>) -> Vec<Mark> {
    let now = src.live.now;
    let recent =
        src.live.events.iter().rev().filter(|e| e.severity > Severity::Info || e.trace.is_some()).take_while(|e| now - e.at <= PAST).take(MARKS);
    recent
        .map(|e| Mark {
            x: PAST_SHARE * (1.0 - ((now - e.at).s() / PAST.s()).clamp(0.0, 1.0)),
            tone: status::severity(e.severity).2,
            text: format!("{}  {}", format::clock(e.at), e.text),
        })
        .collect()
}

fn blocks(src: &Source<'_>, s: &crate::scenario::Scenario, ahead: impl Fn(Span) -> f64) -> Vec<Block> {
    let block = |d: &Disruption| {
        let (at, under_way) = (src.strikes_at(d), src.is_under_way(d));
        Block {
            id: if under_way { String::new() } else { d.id.clone() },
            at,
            x: [ahead(at), ahead(d.what.duration().map_or(s.horizon, |x| at + x))],
            open: d.what.duration().is_none(),
            text: if under_way { format!("{}, under way", d.what.brief()) } else { d.what.brief() },
        }
    };
    s.disruptions.iter().map(block).collect()
}

/// Expected share of assets impacted at each grid point.
fn wave(src: &Source<'_>, f: &crate::forecast::Forecast) -> Vec<(Span, f32)> {
    let Some(a) = src.desk.alternative(f) else { return Vec::new() };
    let n = src.plant.assets.len().max(1) as f32;
    let share = |i: usize| a.impacts.iter().filter_map(|x| x.at_time.get(i)).sum::<f32>() / n;
    f.grid.iter().enumerate().map(|(i, t)| (Span(t.0), share(i))).collect()
}

/// Round ticks: minutes in the past, hours or their parts ahead.
fn ticks(horizon: Span, ahead: impl Fn(Span) -> f64) -> Vec<(f64, String)> {
    let mut out = vec![(0.0, "−30 min".to_owned()), (PAST_SHARE * 0.5, "−15 min".to_owned())];
    let steps = [5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 1440.0];
    let step = steps.into_iter().find(|s| horizon.min() / s <= 9.0).unwrap_or(2880.0);
    let mut at = step;
    while at <= horizon.min() + 1e-9 {
        out.push((ahead(Span::from_min(at)), format!("+{}", format::duration(Span::from_min(at)))));
        at += step;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{ask::Ask, fixture::Fixture};

    #[test]
    fn past_now_and_predicted_share_one_axis() {
        let mut f = Fixture::live();
        let m = gather(&f.source());
        assert!(m.scrub.is_none() && m.wave.is_empty(), "no forecast yet");
        assert!(m.marks.iter().all(|k| (0.0..=PAST_SHARE).contains(&k.x)));
        let (live, asset) = (f.live.clone(), f.plant.asset_by_id("CH-2").expect("it runs"));
        f.desk.apply(Ask::Lose(asset), &live);
        let m = gather(&f.source());
        assert_eq!(m.blocks.len(), 1);
        assert!(m.blocks[0].open && m.blocks[0].x[0] > PAST_SHARE && m.blocks[0].x[1] == 1.0);
        let back = m.span_at(m.blocks[0].x[0]);
        assert!((back.min() - 15.0).abs() < 1e-6, "dragging to where it is changes nothing: {back}");
    }

    #[test]
    fn an_outage_that_is_under_way_stands_where_it_strikes_and_cannot_be_dragged() {
        let mut f = Fixture::live();
        let (live, asset) = (f.live.clone(), f.plant.asset_by_id("CH-2").expect("it runs"));
        f.desk.apply(Ask::Lose(asset), &live);
        assert!(gather(&f.source()).blocks[0].x[0] > PAST_SHARE);
        // it fails in earnest before the draft is run
        f.live.assets[asset.index()].mode = crate::sim::Mode::Failed;
        let block = gather(&f.source()).blocks.remove(0);
        assert_eq!((block.x[0], block.at, block.id.as_str()), (PAST_SHARE, Span::ZERO, ""));
        assert!(block.text.ends_with("under way"), "{}", block.text);
    }

    #[test]
    fn a_forecast_brings_the_wave_and_the_scrubber() {
        let mut f = Fixture::forecast();
        let m = gather(&f.source());
        assert!(m.scrub.is_some() && !m.wave.is_empty());
        assert!(m.wave.iter().any(|w| w.1 > 0.0) && m.wave.iter().all(|w| (0.0..=1.0).contains(&w.1)));
        let live = f.live.clone();
        f.desk.apply(Ask::Scrub(Span::from_h(99.0)), &live);
        assert_eq!(gather(&f.source()).scrub.expect("there").0, 1.0, "the scrubber stays within the forecast");
    }
}
