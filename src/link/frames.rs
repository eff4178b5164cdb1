//! What a command and its acknowledgement look like on the wire (JSON, schema 1).
//!
//! Owns the two shapes and their limits. Does not decide anything about them. *Invariant:* a frame that decodes has a finite
//! value, a known action and non-empty ids; whatever else arrives is a [`FrameError`], never a panic.

use crate::clock::Entropy;
use crate::plant::ActionKind;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Version of both shapes.
pub const SCHEMA: u32 = 1;
/// Longest frame accepted [bytes].
const LIMIT_BYTES: usize = 4096;

/// Name of an action on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionName {
    /// Command on.
    Start,
    /// Command off.
    Stop,
    /// Limit to a fraction of nominal.
    SetRate,
    /// Reset a latched trip.
    ResetTrip,
    /// Send a crew with priority.
    DispatchCrew,
}

/// An action on the wire.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireAction {
    /// What.
    pub kind: ActionName,
    /// Fraction of nominal 0..=1 for `set_rate`, absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// A command. Published with QoS 1, never retained, with a message expiry.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandFrame {
    /// [`SCHEMA`].
    pub schema: u32,
    /// UUID v7 of this command; also the MQTT correlation data.
    pub id: Uuid,
    /// Random text, used once (16..=64 characters).
    pub nonce: String,
    /// Id of the target asset.
    pub asset: String,
    /// What to do.
    pub action: WireAction,
    /// Unix time of dispatch [ms].
    pub issued_ms: i64,
    /// Unix time after which the plant must not execute it [ms].
    pub expires_ms: i64,
    /// Fencing epoch of the asset: the plant refuses anything older than what it has seen.
    pub epoch: u64,
    /// Trace id that joins proposal, approval, command, acknowledgement and effect.
    pub trace: String,
}

/// What the plant says about a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckStatus {
    /// Will be executed.
    Accepted,
    /// Will not be executed; see the reason.
    Rejected,
    /// Has been executed (says the plant; the effect is verified in telemetry).
    Executed,
}

/// An acknowledgement by the plant. Additive fields of later versions are ignored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AckFrame {
    /// Id of the command.
    pub id: Uuid,
    /// Nonce of the command.
    pub nonce: String,
    /// Id of the asset.
    pub asset: String,
    /// Verdict.
    pub status: AckStatus,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Fencing epoch that the plant holds for the asset.
    pub epoch: u64,
    /// Plant clock at the acknowledgement, Unix [ms].
    pub t: i64,
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Over the limit.
    #[error("the frame has {0} bytes; the limit is {LIMIT_BYTES}")]
    TooLarge(usize),
    /// Not JSON of this shape.
    #[error("not a frame of schema {SCHEMA}: {0}")]
    Shape(String),
    /// Another version.
    #[error("schema {0} is not understood; this program speaks schema {SCHEMA}")]
    Schema(u32),
    /// A value where none belongs, none where one does, or one out of 0..=1.
    #[error("action {0:?} has no usable value; set_rate takes 0..=1, the others none")]
    Value(ActionName),
    /// Empty or over-long text.
    #[error("{0} is empty or longer than allowed")]
    Text(&'static str),
}

impl From<ActionKind> for WireAction {
    fn from(kind: ActionKind) -> Self {
        let (kind, value) = match kind {
            ActionKind::Start => (ActionName::Start, None),
            ActionKind::Stop => (ActionName::Stop, None),
            ActionKind::SetRate(f) => (ActionName::SetRate, Some(f)),
            ActionKind::ResetTrip => (ActionName::ResetTrip, None),
            ActionKind::DispatchCrew => (ActionName::DispatchCrew, None),
        };
        Self { kind, value }
    }
}

impl WireAction {
    /// As an action of the plant model.
    ///
    /// # Errors
    /// [`FrameError::Value`] when the value is missing, superfluous, not finite or outside 0..=1.
    pub fn action_kind(self) -> Result<ActionKind, FrameError> {
        match (self.kind, self.value) {
            (ActionName::Start, None) => Ok(ActionKind::Start),
            (ActionName::Stop, None) => Ok(ActionKind::Stop),
            (ActionName::SetRate, Some(f)) if (0.0..=1.0).contains(&f) => Ok(ActionKind::SetRate(f)),
            (ActionName::ResetTrip, None) => Ok(ActionKind::ResetTrip),
            (ActionName::DispatchCrew, None) => Ok(ActionKind::DispatchCrew),
            (kind, _) => Err(FrameError::Value(kind)),
        }
    }
}

impl CommandFrame {
    /// Decodes and checks a command.
    ///
    /// # Errors
    /// [`FrameError`], saying what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let frame: Self = decode(bytes)?;
        frame.check()?;
        Ok(frame)
    }
    /// Checks everything that the type cannot.
    ///
    /// # Errors
    /// [`FrameError`], saying what is wrong.
    pub fn check(&self) -> Result<(), FrameError> {
        if self.schema != SCHEMA {
            return Err(FrameError::Schema(self.schema));
        }
        if !(16..=64).contains(&self.nonce.len()) {
            return Err(FrameError::Text("nonce"));
        }
        if self.asset.is_empty() || self.asset.len() > 128 {
            return Err(FrameError::Text("asset"));
        }
        if self.trace.len() > 128 {
            return Err(FrameError::Text("trace"));
        }
        self.action.action_kind().map(|_| ())
    }
    /// As JSON.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl AckFrame {
    /// Decodes and checks an acknowledgement.
    ///
    /// # Errors
    /// [`FrameError`], saying what is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let frame: Self = decode(bytes)?;
        if frame.nonce.is_empty() || frame.nonce.len() > 64 {
            return Err(FrameError::Text("nonce"));
        }
        if frame.asset.is_empty() || frame.asset.len() > 128 {
            return Err(FrameError::Text("asset"));
        }
        Ok(frame)
    }
    /// As JSON.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, FrameError> {
    if bytes.len() > LIMIT_BYTES {
        return Err(FrameError::TooLarge(bytes.len()));
    }
    serde_json::from_slice(bytes).map_err(|e| FrameError::Shape(e.to_string()))
}

/// A UUID v7 from the wall clock and fresh random bytes.
pub fn uuid_v7(wall: Time, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis((wall.0.max(0) / 1000).unsigned_abs(), &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use proptest::prelude::*;

    fn frame() -> CommandFrame {
        CommandFrame {
            schema: SCHEMA,
            id: uuid_v7(Time::from_s(1e9), &*ManualClock::new()),
            nonce: "0123456789abcdef".into(),
            asset: "CH-2".into(),
            action: ActionKind::SetRate(0.4).into(),
            issued_ms: 1,
            expires_ms: 2,
            epoch: 3,
            trace: "t".into(),
        }
    }

    #[test]
    fn frames_survive_the_round_trip() {
        let f = frame();
        assert_eq!(CommandFrame::decode(&f.encode()).unwrap(), f);
        assert_eq!(f.id.get_version_num(), 7);
        for kind in [ActionKind::Start, ActionKind::Stop, ActionKind::SetRate(1.0), ActionKind::ResetTrip, ActionKind::DispatchCrew] {
            assert_eq!(WireAction::from(kind).action_kind().unwrap(), kind);
        }
        let a = AckFrame { id: f.id, nonce: f.nonce, asset: f.asset, status: AckStatus::Rejected, reason: Some("late".into()), epoch: 3, t: 9 };
        assert_eq!(AckFrame::decode(&a.encode()).unwrap(), a);
    }

    #[test]
    fn bad_frames_are_refused_with_the_reason() {
        let text = String::from_utf8(frame().encode()).unwrap();
        let cases = [
            ("schema", text.replace("\"schema\":1", "\"schema\":2")),
            ("value", text.replace("0.4", "1.4")),
            ("negative", text.replace("0.4", "-0.1")),
            ("overflow", text.replace("0.4", "1e999")),
            ("no value", text.replace(",\"value\":0.4", "")),
            ("value on start", text.replace("set_rate", "start")),
            ("unknown action", text.replace("set_rate", "explode")),
            ("short nonce", text.replace("0123456789abcdef", "x")),
            ("no asset", text.replace("CH-2", "")),
            ("extra field", text.replacen('{', "{\"x\":1,", 1)),
            ("duplicate id", text.replacen('{', "{\"epoch\":9,", 1)),
            ("not json", "start CH-2".into()),
            ("long", "x".repeat(5000)),
        ];
        for (name, case) in cases {
            assert_ne!(case, text, "{name} changes nothing");
            assert!(CommandFrame::decode(case.as_bytes()).is_err(), "{name}: {case}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = CommandFrame::decode(&bytes);
            let _ = AckFrame::decode(&bytes);
        }
    }
}
