//! The vocabulary of states: the icon, the word and the tone of every mode, severity and verdict.
//!
//! Colour is never the only sign: each abnormal state has a shape and a word of its own.

use super::{format, scene::Status, theme::Tone};
use crate::{plant::ActionKind, sim::Mode, twin::Severity};
use egui_phosphor::regular as icon;

/// Icon, word and tone of a mode.
pub fn mode(mode: Mode) -> (&'static str, &'static str, Tone) {
    match mode {
        Mode::Running => (icon::CHECK_CIRCLE, "running", Tone::Weak),
        Mode::Idle => (icon::CIRCLE_DASHED, "idle", Tone::Weak),
        Mode::Starved => (icon::ARROW_CIRCLE_DOWN, "starved", Tone::Warning),
        Mode::Blocked => (icon::HAND_PALM, "blocked", Tone::Warning),
        Mode::Standby => (icon::PAUSE_CIRCLE, "standby", Tone::Weak),
        Mode::Starting => (icon::ARROW_CIRCLE_UP, "starting", Tone::Notice),
        Mode::Off => (icon::POWER, "off", Tone::Weak),
        Mode::Tripped => (icon::WARNING_OCTAGON, "tripped", Tone::Alarm),
        Mode::Failed => (icon::X_CIRCLE, "failed", Tone::Alarm),
        Mode::InRepair => (icon::WRENCH, "in repair", Tone::Warning),
        Mode::Short => (icon::WARNING, "short of supply", Tone::Alarm),
        Mode::Inhibited => (icon::LOCK, "interlocked", Tone::Warning),
        Mode::Maintenance => (icon::TOOLBOX, "maintenance", Tone::Notice),
    }
}

/// Whether an operator must see it.
pub fn is_abnormal(mode: Mode) -> bool {
    Status::from(mode).is_abnormal()
}

/// Icon, word and tone of a severity.
pub fn severity(severity: Severity) -> (&'static str, &'static str, Tone) {
    match severity {
        Severity::Info => (icon::INFO, "info", Tone::Weak),
        Severity::Warning => (icon::WARNING, "warning", Tone::Warning),
        Severity::Alarm => (icon::BELL_RINGING, "alarm", Tone::Alarm),
    }
}

/// Tone of an evidence word (`unvalidated`, `poor`, `good`).
pub fn evidence(word: &str) -> Tone {
    match word {
        "good" => Tone::Plain,
        "poor" => Tone::Warning,
        _ => Tone::Notice,
    }
}

/// Icon, word and tone of an OPC-style quality code.
pub fn quality(code: u16) -> (&'static str, &'static str, Tone) {
    match code {
        192 => (icon::CHECK, "good", Tone::Weak),
        64 => (icon::QUESTION, "uncertain", Tone::Notice),
        500 => (icon::CLOCK_COUNTDOWN, "stale", Tone::Warning),
        _ => (icon::X, "bad", Tone::Alarm),
    }
}

/// Icon and tone of a proposal's state.
pub fn proposal(state: &str) -> (&'static str, Tone) {
    match state {
        "verified" => (icon::SEAL_CHECK, Tone::Better),
        "approved" | "dispatched" | "acknowledged" => (icon::PAPER_PLANE_TILT, Tone::Accent),
        "rejected" | "refused" | "expired" => (icon::PROHIBIT, Tone::Weak),
        "timed out" | "rolled back" | "unknown" => (icon::ARROW_COUNTER_CLOCKWISE, Tone::Warning),
        _ => (icon::FILE_TEXT, Tone::Plain),
    }
}

/// An action as a verb.
pub fn verb(kind: ActionKind) -> String {
    match kind {
        ActionKind::Start => "start".into(),
        ActionKind::Stop => "stop".into(),
        ActionKind::SetRate(x) => format!("limit to {}", format::percent(x)),
        ActionKind::ResetTrip => "reset".into(),
        ActionKind::DispatchCrew => "send crew to".into(),
    }
}
