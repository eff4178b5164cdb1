//! Messages to samples: drains the connection's queue, decodes, checks against contracts.
//!
//! Owns the intake. Never waits: at most [`DRAIN_LIMIT`] messages a step, the rest stays in the bounded queue
//! (which drops its oldest and counts). Invariant: received = accepted + quarantined + rejected + dropped.

use super::{TwinSystems, compose::LinkRes, runtime::Clocks};
use crate::{
    clock::Monotonic,
    estimate::{Clause, Intake, Reading, Sample, Verdict},
    link::{Received, codec},
    plant::{Encoding, TagId},
    time::{Span, Time},
};
use bevy::prelude::*;

/// Messages taken per step; at 20 steps a second this is 160,000 a second.
const DRAIN_LIMIT: usize = 8_192;

/// The intake and what it accepted in this step.
#[derive(Resource)]
pub struct IntakeRes {
    /// Contract checks, counters, quarantine.
    pub intake: Intake,
    /// Accepted in this step, in order of arrival.
    pub accepted: Vec<Sample>,
    encodings: Vec<Encoding>,
}

pub(super) fn plugin(app: &mut App) {
    let plant = app.world().resource::<super::compose::PlantRes>().plant.clone();
    app.insert_resource(IntakeRes { intake: Intake::new(&plant), accepted: Vec::new(), encodings: plant.tags.iter().map(|t| t.encoding).collect() });
    app.add_systems(FixedUpdate, ingest.in_set(TwinSystems::Ingest));
}

fn ingest(mut res: ResMut<IntakeRes>, link: Res<LinkRes>, clocks: Res<Clocks>) {
    res.accepted.clear();
    let (now, monotonic, rate) = (clocks.now(), clocks.monotonic(), clocks.plant.rate());
    for message in link.connection.telemetry().try_iter().take(DRAIN_LIMIT) {
        if let Some(sample) = res.take(&message, now, monotonic, rate) {
            res.accepted.push(sample);
        }
    }
    res.intake.set_dropped(link.connection.counters().dropped);
}

impl IntakeRes {
    /// One message to at most one sample; everything else is booked by the intake.
    fn take(&mut self, message: &Received, now: Time, monotonic: Monotonic, rate: f64) -> Option<Sample> {
        // plant time at which it came off the socket
        let ingested = now - Span::from_s(monotonic.since_s(message.received).max(0.0) * rate);
        let Some(tag) = self.intake.tag_of(&message.topic) else {
            self.intake.reject(&message.topic, Clause::UnknownTopic, "no tag has this topic".into(), now);
            return None;
        };
        match self.decode(tag, message) {
            Err(detail) => {
                self.intake.reject(&message.topic, Clause::Encoding, detail, now);
                None
            }
            Ok((reading, unit)) => match self.intake.offer_reading(tag, reading, unit.as_deref(), ingested, now) {
                Verdict::Accepted(sample) => Some(sample),
                Verdict::Quarantined(_) | Verdict::Rejected(_) => None,
            },
        }
    }

    fn decode(&self, tag: TagId, message: &Received) -> Result<(Reading, Option<String>), String> {
        let encoding = self.encodings.get(tag.index()).copied().unwrap_or(Encoding::Raw);
        let decoded = codec::decode(encoding, &message.payload).map_err(|e| e.to_string())?;
        let reading =
            Reading { value: decoded.value, event: decoded.event, code: decoded.quality, sequence: decoded.sequence, retained: message.retained };
        Ok((reading, decoded.unit))
    }
}
