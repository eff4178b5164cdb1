//! Topic names: which tag a telemetry topic is, where commands and acknowledgements go.
//!
//! *Invariant:* a topic matches a tag exactly or not at all (no case folding, no aliases, no wildcards).

use crate::plant::{Plant, TagId};

/// Exact topic → tag lookup.
#[derive(Clone, Debug, Default)]
pub struct TopicTable {
    sorted: Vec<(String, TagId)>,
}

impl TopicTable {
    /// Of all tags of a plant.
    pub fn new(plant: &Plant) -> Self {
        let mut sorted: Vec<_> = plant.tags.iter().enumerate().map(|(i, t)| (t.topic.clone(), TagId(i as u32))).collect();
        sorted.sort();
        Self { sorted }
    }
    /// The tag that is published on `topic`.
    pub fn lookup(&self, topic: &str) -> Option<TagId> {
        self.sorted.binary_search_by(|(t, _)| t.as_str().cmp(topic)).ok().map(|i| self.sorted[i].1)
    }
}

/// `plantcast/<plant>/cmd/<asset>`
pub fn command_topic(plant_id: &str, asset_id: &str) -> String {
    format!("plantcast/{plant_id}/cmd/{asset_id}")
}
/// `plantcast/<plant>/ack/<asset>`
pub fn ack_topic(plant_id: &str, asset_id: &str) -> String {
    format!("plantcast/{plant_id}/ack/{asset_id}")
}
/// Filter of all commands of a plant.
pub fn command_filter(plant_id: &str) -> String {
    command_topic(plant_id, "+")
}
/// Filter of all acknowledgements of a plant.
pub fn ack_filter(plant_id: &str) -> String {
    ack_topic(plant_id, "+")
}
/// Last level of a topic: the asset of a command or acknowledgement.
pub fn asset_of(topic: &str) -> &str {
    topic.rsplit('/').next().unwrap_or("")
}
/// What to subscribe to for a plant's telemetry: one wildcard for tags below `plantcast/<plant>/tele/`, the rest one by one.
pub fn telemetry_filters(plant: &Plant) -> Vec<String> {
    let own = format!("plantcast/{}/tele/", plant.id);
    let mut filters: Vec<String> = plant.tags.iter().map(|t| &t.topic).filter(|t| !t.starts_with(&own)).cloned().collect();
    if filters.len() < plant.tags.len() {
        filters.push(format!("{own}#"));
    }
    filters.sort();
    filters.dedup();
    filters
}
/// Whether a name can be one level of a topic.
pub(super) fn is_level(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && !name.contains(['/', '+', '#', '\0'])
}
/// Whether a topic is below some plant's command branch.
pub(super) fn is_command_topic(topic: &str) -> bool {
    let mut levels = topic.split('/');
    levels.next() == Some("plantcast") && levels.nth(1) == Some("cmd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_topics_are_told_apart() {
        assert!(is_command_topic(&command_topic("p", "CH-1")));
        assert!(is_command_topic("plantcast/p/cmd"));
        assert!(!is_command_topic("plantcast/p/tele/cmd"));
        assert!(!is_command_topic(&ack_topic("p", "cmd")));
        assert_eq!(asset_of(&ack_topic("p", "CH-1")), "CH-1");
        for bad in ["", "a/b", "+", "#", "a+", "\0"] {
            assert!(!is_level(bad), "{bad:?}");
        }
    }
}
