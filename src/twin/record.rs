//! Telemetry to the historian. Audit and outbox are governance's; nothing here can delay them.
//!
//! Samples go to a memory buffer in the chain; a thread of its own writes blocks, so that a slow disk never
//! stalls a step. What a full buffer loses is counted by the store.

use super::{
    TwinSystems,
    compose::{PlantRes, StoreRes},
    ingest::IntakeRes,
};
use crate::history::Store;
use bevy::prelude::*;
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use std::time::Duration;

const FLUSH_EVERY: Duration = Duration::from_secs(2);

/// Ends the writer when dropped.
#[derive(Resource)]
pub struct Writer {
    _stop: Sender<()>,
}

pub(super) fn plugin(app: &mut App) {
    let store = app.world().resource::<StoreRes>().0.clone();
    if let Some(writer) = start_writer(store) {
        app.insert_resource(writer);
    }
    app.add_systems(FixedUpdate, record.in_set(TwinSystems::Record));
}

fn record(intake: Res<IntakeRes>, plant: Res<PlantRes>, store: Res<StoreRes>) {
    for s in &intake.accepted {
        store.0.add_sample(&plant.plant.tags[s.tag.index()].id, s.event, s.value);
    }
}

fn start_writer(store: Store) -> Option<Writer> {
    let (stop, stopped) = bounded::<()>(0);
    std::thread::Builder::new()
        .name("plantcast-historian".into())
        .spawn(move || {
            loop {
                let ended = matches!(stopped.recv_timeout(FLUSH_EVERY), Err(RecvTimeoutError::Disconnected));
                if let Err(e) = store.flush_samples(ended) {
                    tracing::warn!(error = %e, "the historian could not write; samples stay in memory");
                }
                if ended {
                    return;
                }
            }
        })
        .ok()?;
    Some(Writer { _stop: stop })
}
