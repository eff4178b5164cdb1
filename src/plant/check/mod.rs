//! From the scene file to the plant: every id resolves, every number is in range, everything wrong is listed.
//!
//! Owns the meaning of the format. Invariant: a [`Plant`] leaves here only when no issue was noted; all issues are
//! collected, none stops the search for others. Order: names, assets and their facets, tags, groups and cells, links.

mod asset;
mod cells;
mod chatter;
mod controls;
mod coupling;
mod facets;
mod kinds;
mod names;
mod numbers;
mod parts;
mod paths;
mod profile;
mod reliability;
mod scene;
mod tags;
#[cfg(test)]
mod tests;
mod topology;
mod upkeep;

use super::file::{KindFile, SceneFile};
use super::model::Plant;
use crate::document::{DocumentError, Issues, Source};
use names::Names;
use std::collections::BTreeSet;
use std::path::Path;

pub use cells::STATE_LIMIT;
pub use paths::library_path;

/// What the checks share: the names, where issues go, which assets lost a facet to an unknown id.
struct Context<'a, 's> {
    names: Names,
    issues: &'a mut Issues<'s>,
    damaged: BTreeSet<usize>,
}

/// Resolves a scene; `library` holds the kinds known beside it, `folder` is where its files may lie.
///
/// # Errors
/// [`DocumentError::Invalid`] with all issues.
pub fn resolve(mut file: SceneFile, library: &[KindFile], source: &Source, folder: Option<&Path>) -> Result<Plant, DocumentError> {
    let mut issues = Issues::new(source);
    scene::envelope(&file, &mut issues);
    scene::counts(&file, &mut issues);
    if issues.count() > 0 && file.assets.len() > scene::MAX_ASSETS {
        return issues.finish(None);
    }
    kinds::apply(&mut file, library, &mut issues);
    paths::check_bodies(&file, folder, &mut issues);
    let names = Names::collect(&file, &mut issues);
    let mut context = Context { names, issues: &mut issues, damaged: BTreeSet::new() };
    let mut plant = scene::shell(&file, &mut context);
    profile::check(&file, &mut plant, &mut context);
    plant.assets = file.assets.iter().enumerate().map(|(i, a)| asset::asset(i, a, &mut context)).collect();
    scene::membership(&file, &mut plant, &mut context);
    plant.tags = tags::tags(&file, &plant, &mut context);
    topology::check(&file, &mut plant, &mut context);
    parts::check(&file, &mut plant, &mut context);
    cells::check(&plant, &mut context);
    chatter::check(&plant, &mut context);
    coupling::check(&plant, &mut context);
    controls::check(&plant, &mut context);
    if issues.count() == 0 {
        plant.hash = scene::hash(&plant);
    }
    issues.finish(Some(plant))
}
