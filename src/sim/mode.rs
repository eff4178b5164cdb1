//! Operating modes: one per asset at any instant, so that every asset's time is accounted to 100 %.
//!
//! The codes are what telemetry carries (`Quantity::Mode`) and never change.

use serde::{Deserialize, Serialize};

/// What an asset is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Mode {
    /// Gives service.
    Running = 0,
    /// Able, but limited to nothing (its rate limit is 0).
    Idle = 1,
    /// Able, but an input material (or a scripted supply) is missing.
    Starved = 2,
    /// Able, but its output has nowhere to go.
    Blocked = 3,
    /// Ready to be started by its group or by command.
    Standby = 4,
    /// Between the start command and full service.
    Starting = 5,
    /// Commanded off.
    Off = 6,
    /// Latched stop; waits for a reset.
    Tripped = 7,
    /// Failed and waiting for a crew.
    Failed = 8,
    /// Failed and being repaired.
    InRepair = 9,
    /// Stopped because a need is short.
    Short = 10,
    /// Held by an interlock.
    Inhibited = 11,
    /// Out of service for planned maintenance.
    Maintenance = 12,
}

impl Mode {
    /// Number of modes.
    pub const COUNT: usize = 13;
    /// All modes in code order.
    pub const ALL: [Mode; Mode::COUNT] = [
        Mode::Running,
        Mode::Idle,
        Mode::Starved,
        Mode::Blocked,
        Mode::Standby,
        Mode::Starting,
        Mode::Off,
        Mode::Tripped,
        Mode::Failed,
        Mode::InRepair,
        Mode::Short,
        Mode::Inhibited,
        Mode::Maintenance,
    ];

    /// The integer that telemetry carries.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The mode of a telemetry code.
    pub fn from_code(code: u8) -> Option<Mode> {
        Mode::ALL.get(usize::from(code)).copied()
    }

    /// One word for people.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Running => "running",
            Mode::Idle => "idle",
            Mode::Starved => "starved",
            Mode::Blocked => "blocked",
            Mode::Standby => "standby",
            Mode::Starting => "starting",
            Mode::Off => "off",
            Mode::Tripped => "tripped",
            Mode::Failed => "failed",
            Mode::InRepair => "in repair",
            Mode::Short => "short",
            Mode::Inhibited => "inhibited",
            Mode::Maintenance => "maintenance",
        }
    }

    /// Whether the asset has been started and nothing of its own stops it (it may still lack material).
    pub fn is_up(self) -> bool {
        matches!(self, Mode::Running | Mode::Idle | Mode::Starved | Mode::Blocked)
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for (i, m) in Mode::ALL.iter().enumerate() {
            assert_eq!(usize::from(m.code()), i);
            assert_eq!(Mode::from_code(m.code()), Some(*m));
        }
        assert_eq!(Mode::from_code(Mode::COUNT as u8), None);
    }
}
