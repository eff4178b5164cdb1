//! What broke its contract: a bounded, browsable list with the violated clause, and counts that never forget.
//!
//! Owns nothing but the record; the rules are in `checks`. Invariant: at most [`Quarantine::CAPACITY`] entries are
//! kept, the oldest goes first, and `counts` still holds every one ever put in.

use crate::{plant::TagId, time::Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The clause of the contract that a message violated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum Clause {
    /// No tag has this topic.
    UnknownTopic,
    /// The payload is not of the contract's encoding.
    Encoding,
    /// Not a finite number.
    NotFinite,
    /// The unit is unknown or measures something else.
    Unit,
    /// Outside the plausible range.
    Range,
    /// Faster than plausible.
    Rate,
    /// Far from its neighbours, unconfirmed.
    Spike,
    /// The same value for too long.
    Frozen,
    /// Stamped more than the tolerance ahead of the plant clock.
    Future,
    /// Stamped more than the tolerance behind the plant clock.
    Ancient,
    /// Retained by the broker and without a time of its own.
    UnknownAge,
    /// Seen already.
    Duplicate,
    /// The publisher says that it is bad or stale.
    PublishedBad,
}

impl Clause {
    /// In words for people.
    pub fn text(self) -> &'static str {
        match self {
            Clause::UnknownTopic => "no tag has this topic",
            Clause::Encoding => "the payload cannot be decoded",
            Clause::NotFinite => "not a finite number",
            Clause::Unit => "the unit does not fit",
            Clause::Range => "outside the plausible range",
            Clause::Rate => "changes faster than plausible",
            Clause::Spike => "a spike that no further sample confirmed",
            Clause::Frozen => "the value is frozen",
            Clause::Future => "stamped in the future",
            Clause::Ancient => "stamped too long ago",
            Clause::UnknownAge => "retained, and its age is unknown",
            Clause::Duplicate => "received already",
            Clause::PublishedBad => "the publisher marks it bad",
        }
    }
}

/// One message that did not pass.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Whose, when the topic is known.
    pub tag: Option<TagId>,
    /// Topic, at most 200 characters of it.
    pub topic: String,
    /// Value in the model's unit, when it got that far.
    pub value: Option<f64>,
    /// When it was received [plant clock].
    pub at: Time,
    /// What it violated.
    pub clause: Clause,
    /// With the numbers, for people.
    pub detail: String,
}

/// The bounded record.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Quarantine {
    entries: VecDeque<Entry>,
    counts: BTreeMap<Clause, u64>,
    forgotten: u64,
}

impl Quarantine {
    /// Entries kept.
    pub const CAPACITY: usize = 512;

    /// Puts an entry in, forgetting the oldest when full.
    pub fn put(&mut self, entry: Entry) {
        *self.counts.entry(entry.clause).or_default() += 1;
        if self.entries.len() == Self::CAPACITY {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
    }
    /// Newest last.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
    /// How many ever violated each clause.
    pub fn counts(&self) -> &BTreeMap<Clause, u64> {
        &self.counts
    }
    /// How many entries were forgotten to stay within the bound.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}
