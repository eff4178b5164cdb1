//! The envelope of an approval: what must still be so at dispatch.
//!
//! Targets and the members of their redundancy groups keep their mode class. Levels and temperatures may move, but not
//! closer to a limit than a share of the distance they had: margin used up is margin the verdict did not know of.

use super::super::{
    canonical::Digest,
    policy::Thresholds,
    proposal::Proposal,
    snapshot::{Bound, Envelope, Interval, ModeClass, Snapshot},
};
use crate::plant::{AssetId, Plant};

/// Builds the envelope. Epochs are filled in by the governor, which alone knows them.
pub fn envelope(plant: &Plant, proposal: &Proposal, now: &Snapshot, limits: &Thresholds, policy: Digest) -> Envelope {
    let targets = proposal.targets();
    let mut watched = targets.clone();
    for t in &targets {
        if let Some(g) = plant.assets.get(t.index()).and_then(|a| a.group).and_then(|g| plant.groups.get(g.index())) {
            watched.extend(&g.members);
        }
    }
    watched.sort();
    watched.dedup();
    let bounds = watched.into_iter().filter_map(|a| bound(plant, a, now, limits.envelope_share)).collect();
    Envelope { plant: now.plant, model_epoch: now.model_epoch, policy, max_data_age: limits.max_data_age, bounds }
}

fn bound(plant: &Plant, id: AssetId, now: &Snapshot, share: f64) -> Option<Bound> {
    let (asset, seen) = (plant.assets.get(id.index())?, now.assets.get(id.index())?);
    let level =
        asset.storage.zip(seen.level).map(|(s, level)| Interval { low: level * share, high: s.capacity - (s.capacity - level).max(0.0) * share });
    let temperature_c = asset
        .thermal
        .zip(seen.temperature_c)
        .map(|(t, c)| Interval { low: f64::MIN, high: if c < t.trip_c { t.trip_c - (t.trip_c - c) * share } else { f64::MAX } });
    Some(Bound { asset: id, mode: ModeClass::of(seen.mode), level, temperature_c, epoch: None })
}
