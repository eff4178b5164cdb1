//! Which rates fill and drain a storage, read off the plant's links once.
//!
//! Owns the topology of material around storages as the filter needs it: a process that feeds (or drains) several
//! storages of one medium is assumed to split equally, which the level filter's unmodelled flow corrects.

use crate::plant::{AssetId, Flow, MediumId, Plant};

/// One process at one end of a storage.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stream {
    /// Whose rate.
    pub asset: AssetId,
    /// Amount into the storage per process unit; negative: out of it.
    pub per_unit: f64,
}

/// The streams of every asset's storage (empty for assets without one, and for reserves of a service).
pub fn streams(plant: &Plant) -> Vec<Vec<Stream>> {
    plant.asset_ids().map(|id| streams_of(plant, id)).collect()
}

fn streams_of(plant: &Plant, id: AssetId) -> Vec<Stream> {
    let asset = plant.asset(id);
    let Some(storage) = asset.storage else { return Vec::new() };
    if plant.medium(storage.medium).flow != Flow::Material {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut add = |asset: AssetId, per_unit: f64| {
        if per_unit != 0.0 {
            found.push(Stream { asset, per_unit });
        }
    };
    for link in plant.links.iter().filter(|l| l.medium == storage.medium) {
        if link.to == id && link.from != id {
            let ends = plant.links.iter().filter(|l| l.from == link.from && l.medium == link.medium).count().max(1);
            add(link.from, made(plant, link.from, storage.medium) / ends as f64);
        } else if link.from == id && link.to != id {
            let ends = plant.links.iter().filter(|l| l.to == link.to && l.medium == link.medium).count().max(1);
            add(link.to, -used(plant, link.to, storage.medium) / ends as f64);
        }
    }
    // A process that carries its own buffer fills it.
    add(id, made(plant, id, storage.medium));
    found
}

fn made(plant: &Plant, id: AssetId, medium: MediumId) -> f64 {
    let Some(p) = &plant.asset(id).process else { return 0.0 };
    p.outputs.iter().filter(|o| o.medium == medium).map(|o| o.per_unit * (1.0 - p.scrap)).sum()
}

fn used(plant: &Plant, id: AssetId, medium: MediumId) -> f64 {
    let Some(p) = &plant.asset(id).process else { return 0.0 };
    p.inputs.iter().filter(|i| i.medium == medium).map(|i| i.per_unit).sum()
}
