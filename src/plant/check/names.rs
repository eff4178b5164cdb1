//! Ids: their form, their uniqueness, and what they stand for.

use crate::document::Issues;
use crate::plant::file::{FlowFile, SceneFile};
use crate::plant::model::{AreaId, AssetId, MediumId, SpareId};
use std::collections::BTreeMap;

/// Longest id [bytes].
const MAX_ID: usize = 64;
/// Guesses at what was meant stop after this many issues, and look at this many names.
const MAX_GUESSES: usize = 20;
const MAX_CANDIDATES: usize = 2_000;

/// Every id of the scene with its position.
pub struct Names {
    media: BTreeMap<String, (MediumId, bool)>,
    areas: BTreeMap<String, AreaId>,
    assets: BTreeMap<String, AssetId>,
    spares: BTreeMap<String, SpareId>,
}

/// Whether an id has the allowed form: it appears in topics, file names and audit records.
pub fn well_formed(id: &str) -> bool {
    id.len() <= MAX_ID && id.starts_with(|c: char| c.is_ascii_alphanumeric()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Notes malformed and duplicate ids of one list.
pub fn unique<'a>(issues: &mut Issues<'_>, list: &str, ids: impl Iterator<Item = &'a str>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (i, id) in ids.enumerate() {
        if !well_formed(id) {
            let short: String = id.chars().take(40).collect();
            issues.add(
                format!("{list}[{i}].id"),
                format!("{short:?} is not an id"),
                "use 1 to 64 letters, digits, '_' and '-', a letter or digit first",
            );
        }
        if let Some(first) = seen.insert(id.to_ascii_lowercase(), i) {
            issues.add(format!("{list}[{i}].id"), format!("{id:?} stands twice (also {list}[{first}])"), "ids are unique, also in lower case");
        }
    }
}

impl Names {
    /// Collects all names, noting malformed and duplicate ones.
    pub fn collect(file: &SceneFile, issues: &mut Issues<'_>) -> Self {
        unique(issues, "media", file.media.iter().map(|m| m.id.as_str()));
        unique(issues, "areas", file.areas.iter().map(|m| m.id.as_str()));
        unique(issues, "assets", file.assets.iter().map(|m| m.id.as_str()));
        unique(issues, "groups", file.groups.iter().map(|m| m.id.as_str()));
        unique(issues, "crews", file.crews.iter().map(|m| m.id.as_str()));
        unique(issues, "spares", file.spares.iter().map(|m| m.id.as_str()));
        unique(issues, "cells", file.cells.iter().map(|m| m.id.as_str()));
        Names {
            media: file.media.iter().enumerate().map(|(i, m)| (m.id.clone(), (MediumId(i as u32), m.flow == FlowFile::Material))).collect(),
            areas: file.areas.iter().enumerate().map(|(i, m)| (m.id.clone(), AreaId(i as u32))).collect(),
            assets: file.assets.iter().enumerate().map(|(i, m)| (m.id.clone(), AssetId(i as u32))).collect(),
            spares: file.spares.iter().enumerate().map(|(i, m)| (m.id.clone(), SpareId(i as u32))).collect(),
        }
    }

    /// The asset of this id, or an issue.
    pub fn asset(&self, issues: &mut Issues<'_>, at: &str, id: &str) -> Option<AssetId> {
        resolve(&self.assets, "asset", issues, at, id).copied()
    }

    /// The spare part of this id, or an issue.
    pub fn spare(&self, issues: &mut Issues<'_>, at: &str, id: &str) -> Option<SpareId> {
        resolve(&self.spares, "spare", issues, at, id).copied()
    }

    /// The area of this id, or an issue.
    pub fn area(&self, issues: &mut Issues<'_>, at: &str, id: &str) -> Option<AreaId> {
        resolve(&self.areas, "area", issues, at, id).copied()
    }

    /// The medium of this id, or an issue.
    pub fn medium(&self, issues: &mut Issues<'_>, at: &str, id: &str) -> Option<MediumId> {
        resolve(&self.media, "medium", issues, at, id).map(|m| m.0)
    }

    /// Whether a medium is a material.
    pub fn is_material(&self, medium: MediumId) -> bool {
        self.media.values().any(|m| m.0 == medium && m.1)
    }

    /// A medium that must be a service (`material: false`) or a material, or an issue.
    pub fn medium_of(&self, issues: &mut Issues<'_>, at: &str, id: &str, material: bool) -> Option<MediumId> {
        let (medium, is_material) = *resolve(&self.media, "medium", issues, at, id)?;
        if is_material == material {
            return Some(medium);
        }
        let (brief, hint) = if material {
            (format!("{id:?} is a service, not a material"), "processes consume and produce materials; services stand in needs and gives")
        } else {
            (format!("{id:?} is a material, not a service"), "needs and gives are services; materials stand in process and storage")
        };
        issues.add(at, brief, hint);
        None
    }
}

fn resolve<'n, T>(map: &'n BTreeMap<String, T>, what: &str, issues: &mut Issues<'_>, at: &str, id: &str) -> Option<&'n T> {
    let found = map.get(id);
    if found.is_none() {
        let short: String = id.chars().take(40).collect();
        let hint = if issues.count() < MAX_GUESSES { did_you_mean(map.keys(), id, what) } else { format!("declare the {what} or correct the id") };
        issues.add(at, format!("there is no {what} {short:?}"), hint);
    }
    found
}

/// A hint naming the closest known id.
pub fn did_you_mean<'a>(known: impl Iterator<Item = &'a String>, id: &str, what: &str) -> String {
    let near = known.take(MAX_CANDIDATES).map(|k| (distance(k, id), k)).min_by_key(|k| k.0);
    match near {
        Some((d, k)) if d <= 1 + id.len() / 3 => format!("did you mean {k:?}?"),
        _ => format!("declare the {what} or correct the id"),
    }
}

/// Edit distance (Levenshtein) of the first 64 bytes.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (&a.as_bytes()[..a.len().min(MAX_ID)], &b.as_bytes()[..b.len().min(MAX_ID)]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}
