//! A telemetry sample that kept its contract, with its three times and its quality.
//!
//! Owns the words for quality; the checks that decide it are `checks`. Invariant: a [`Sample`]'s value is finite,
//! in the model's unit and inside the tag's range.

use crate::{plant::TagId, time::Time};
use serde::{Deserialize, Serialize};

/// OPC-style code of a good value.
pub const GOOD: u16 = 192;
/// OPC-style code of a usable but doubtful value.
pub const UNCERTAIN: u16 = 64;
/// OPC-style code of a value that must not be used.
pub const BAD: u16 = 0;
/// Sparkplug's code for "older than its contract allows".
pub const STALE: u16 = 500;

/// Why a quality is what it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// Nothing to say.
    Good,
    /// The publisher itself marked it uncertain.
    PublishedUncertain,
    /// The publisher itself marked it bad.
    PublishedBad,
    /// Retained by the broker, or first after a gap in sequence numbers.
    AfterGap,
    /// A redundant sensor of the same quantity says otherwise.
    Disagrees,
    /// Steps away from the last values, and a further sample confirmed the step.
    StepConfirmed,
    /// Older than the newest sample of its tag.
    Late,
    /// No message yet.
    Never,
    /// Older than its contract allows.
    Stale,
    /// The newest message broke its contract; see the quarantine.
    Quarantined,
}

impl Reason {
    /// In words for people.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Good => "good",
            Reason::PublishedUncertain => "the publisher marks it uncertain",
            Reason::PublishedBad => "the publisher marks it bad",
            Reason::AfterGap => "messages before it are missing",
            Reason::Disagrees => "a redundant sensor disagrees",
            Reason::StepConfirmed => "a sudden step, confirmed by the next sample",
            Reason::Late => "arrived after a newer sample",
            Reason::Never => "nothing received yet",
            Reason::Stale => "older than its contract allows",
            Reason::Quarantined => "the newest message broke its contract",
        }
    }
}

/// How far a sample may be trusted.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Quality {
    /// 0 (worthless) ..= 1 (good).
    pub score: f32,
    /// 192 good, 64 uncertain, 0 bad, 500 stale.
    pub code: u16,
    /// Why.
    pub reason: Reason,
}

impl Quality {
    /// Nothing to complain about.
    pub const GOOD: Quality = Quality { score: 1.0, code: GOOD, reason: Reason::Good };
    /// Usable with care.
    pub const fn uncertain(score: f32, reason: Reason) -> Self {
        Self { score, code: UNCERTAIN, reason }
    }
    /// The worse of the two.
    pub fn and(self, other: Quality) -> Self {
        if other.score < self.score { other } else { self }
    }
}

/// One accepted value.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// Whose.
    pub tag: TagId,
    /// Value [the tag's model unit].
    pub value: f64,
    /// When it was measured [plant clock].
    pub event: Time,
    /// When it was received [plant clock].
    pub ingested: Time,
    /// When it was checked [plant clock].
    pub processed: Time,
    /// How far it may be trusted.
    pub quality: Quality,
    /// The publisher's number, if it counts.
    pub sequence: Option<u64>,
}
