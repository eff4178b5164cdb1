//! What the demo prints: a story of steps with figures for people, or one JSON object.

use crate::time::Time;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Collects steps and figures as they happen.
#[derive(Debug)]
pub struct Report {
    json: bool,
    steps: Vec<Value>,
    figures: Map<String, Value>,
}

impl Report {
    /// An empty report; `json` keeps stdout for the object at the end.
    pub fn new(json: bool) -> Self {
        Report { json, steps: Vec::new(), figures: Map::new() }
    }
    /// A step of the story that has been seen to happen.
    pub fn step(&mut self, name: &str, text: impl AsRef<str>) {
        if !self.json {
            println!("{:>12}  {}", name, text.as_ref());
        }
        self.steps.push(json!({"step": name, "text": text.as_ref()}));
    }
    /// More about the last step.
    pub fn detail(&self, text: impl AsRef<str>) {
        if !self.json {
            println!("{:>12}  {}", "", text.as_ref());
        }
    }
    /// A figure for machines.
    pub fn figure(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.insert(name.into(), value.into());
    }
    /// Prints the JSON object, if asked for.
    pub fn finish(self) {
        if self.json {
            println!("{}", json!({"schema_version": 1, "steps": self.steps, "figures": self.figures}));
        }
    }
}

/// `1.4 s`.
pub fn seconds(d: Duration) -> String {
    format!("{:.1} s", d.as_secs_f64())
}

/// A wall-clock stamp, UTC, to the millisecond.
pub fn stamp(at: Time) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(|_| at.to_string(), |t| t.strftime("%H:%M:%S%.3f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_times_of_day() {
        assert_eq!(stamp(Time(3_723_004_000)), "01:02:03.004");
    }
}
