//! Upkeep: planned maintenance, weekly calendars of crews and windows, spare parts with their lead times.
//!
//! Owns the calendar's arithmetic. A week begins on Monday at midnight UTC. Instants of a live plant are Unix time; a
//! simulation begins at 0, which stands for [`super::Plant::begins`] after a Monday's midnight. No plant reports times
//! before 1980, so an instant below ten years is one of a simulation.

use super::model::SpareId;
use super::reliability::{Ageing, Renewal, Repair};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

const DAY_US: i64 = 86_400_000_000;
/// A week [µs].
const WEEK_US: i64 = 7 * DAY_US;
/// Instants before this are a simulation's own [µs].
const LIVE_FROM_US: i64 = 3_652 * DAY_US;
/// The first Monday of Unix time: 5 January 1970 [µs].
const FIRST_MONDAY_US: i64 = 4 * DAY_US;

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[allow(missing_docs, reason = "the names of the days")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// All days, Monday first.
    pub const ALL: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
}

/// Hours of every week. Empty: always.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Week {
    /// Begin and end since Monday midnight [µs], in order, without overlap; an interval over Sunday's midnight is two.
    open_us: Vec<(i64, i64)>,
}

impl Week {
    /// The union of daily hours: days, from, to (not later than `from`: over midnight).
    pub fn of(shifts: impl IntoIterator<Item = (Vec<Day>, Span, Span)>) -> Self {
        let mut open: Vec<(i64, i64)> = Vec::new();
        for (days, from, to) in shifts {
            let length = if to > from { to.0 - from.0 } else { to.0 + DAY_US - from.0 };
            for day in days {
                let begin = day as i64 * DAY_US + from.0;
                let end = begin + length;
                open.push((begin, end.min(WEEK_US)));
                if end > WEEK_US {
                    open.push((0, end - WEEK_US));
                }
            }
        }
        open.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (begin, end) in open {
            match merged.last_mut() {
                Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((begin, end)),
            }
        }
        if merged == [(0, WEEK_US)] {
            merged.clear();
        }
        Week { open_us: merged }
    }

    /// Whether it is always open.
    pub fn is_always(&self) -> bool {
        self.open_us.is_empty()
    }

    /// Whether it is open at a position in the week.
    pub fn is_open(&self, position: Span) -> bool {
        self.is_always() || self.open_us.iter().any(|(begin, end)| (*begin..*end).contains(&position.0))
    }

    /// From a position in the week to the next opening or closing; `None` when there is none.
    pub fn next_change(&self, position: Span) -> Option<Span> {
        let edges = self.open_us.iter().flat_map(|(begin, end)| [*begin, *end % WEEK_US]);
        // an interval over Sunday's midnight neither closes nor opens there
        let joined = self.open_us.first().is_some_and(|f| f.0 == 0) && self.open_us.last().is_some_and(|l| l.1 == WEEK_US);
        let edges = edges.filter(|e| !(joined && *e == 0));
        edges.map(|e| (e - position.0 - 1).rem_euclid(WEEK_US) + 1).min().map(Span)
    }

    /// Open hours per week.
    pub fn hours(&self) -> f64 {
        if self.is_always() { 168.0 } else { self.open_us.iter().map(|(begin, end)| Span(end - begin).h()).sum() }
    }
}

/// Where in the week an instant lies; a simulation's 0 is `begins` after a Monday's midnight.
pub fn week_position(at: Time, begins: Span) -> Span {
    let since_monday = if at.0 < LIVE_FROM_US { at.0 + begins.0 } else { at.0 - FIRST_MONDAY_US };
    Span(since_monday.rem_euclid(WEEK_US))
}

/// What becomes of the work in hand when a crew's shift ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum ShiftEnd {
    /// It is finished first (overtime).
    #[default]
    Finish,
    /// It rests; whoever takes it up next needs only the rest of the time, after travelling there.
    Pause,
}

/// A kind of spare part and its stock.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Spare {
    /// Stable identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `rng::stable_id` of its lead times.
    pub key: u64,
    /// On the shelf at the start [parts].
    pub stock: u32,
    /// Ordered again when stock and orders under way fall to this [parts]; `None`: never.
    pub reorder_at: Option<u32>,
    /// Parts per order.
    pub order: u32,
    /// From order to delivery.
    pub lead: Repair,
    /// Price of a part used up [currency].
    pub cost: f64,
}

/// Maintenance that is planned.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Maintenance {
    /// Name within the asset (`overhaul`).
    pub id: String,
    /// Due after this much time since it was last done.
    pub every: Span,
    /// Which time counts.
    pub ages: Ageing,
    /// How long it takes once a crew is at work; the asset is out of service meanwhile.
    pub duration: Repair,
    /// Skill that the crew needs; `None`: done without a crew.
    pub skill: Option<String>,
    /// Spare part that it uses up.
    pub spare: Option<SpareId>,
    /// Queueing priority, lower first.
    pub priority: u8,
    /// Hours in which it may begin.
    pub window: Week,
    /// Position in `Asset::reliability` of what it renews, and how far.
    pub restores: Vec<(usize, Renewal)>,
    /// Whether the repair of a failure that it would renew restarts its interval (age replacement) or not (block
    /// replacement).
    pub restarts_on_repair: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h(x: f64) -> Span {
        Span::from_h(x)
    }

    #[test]
    fn weeks_open_and_close() {
        let week = Week::of([(vec![Day::Mon, Day::Sun], h(22.0), h(6.0)), (vec![Day::Mon], h(6.0), h(8.0))]);
        // Monday 22 to Tuesday 6, Sunday 22 to Monday 6 and on to 8
        assert_eq!(week.hours(), 18.0);
        for (at, open, next) in [(0.0, true, 8.0), (7.9, true, 0.1), (8.0, false, 14.0), (22.0, true, 8.0), (30.0, false, 136.0), (167.0, true, 9.0)]
        {
            assert_eq!((week.is_open(h(at)), week.next_change(h(at))), (open, Some(h(next))), "{at} h");
        }
        assert!(Week::of([(Day::ALL.to_vec(), Span::ZERO, h(24.0))]).is_always());
        assert_eq!(Week::default().next_change(h(5.0)), None);
    }

    #[test]
    fn simulated_and_live_instants() {
        assert_eq!(week_position(Time::from_h(170.0), h(6.0)), h(8.0));
        // 1 September 2025 was a Monday: 1756684800 s
        assert_eq!(week_position(Time::from_s(1_756_684_800.0 + 3600.0), h(6.0)), h(1.0));
    }
}
