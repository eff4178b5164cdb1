//! Kinds: facet defaults put under the assets that name them. After this step kinds no longer matter.

use super::names::{did_you_mean, well_formed};
use crate::document::Issues;
use crate::plant::file::{AssetFile, BodyFile, KindFile, SceneFile};
use std::collections::BTreeMap;

/// Largest kind, as JSON [bytes]; it is copied into every asset that names it.
const MAX_KIND: usize = 32 << 10;
/// Most bytes that all copies may take together.
const MAX_COPIES: usize = 48 << 20;

/// Fills what assets leave out from their kinds; the scene's own kinds replace those of the library.
pub fn apply(file: &mut SceneFile, library: &[KindFile], issues: &mut Issues<'_>) {
    let mut known: BTreeMap<String, &KindFile> = library.iter().map(|k| (k.id.clone(), k)).collect();
    for (i, kind) in file.kinds.iter().enumerate() {
        if !well_formed(&kind.id) {
            issues.add(format!("kinds[{i}].id"), format!("{:?} is not an id", kind.id), "use 1 to 64 letters, digits, '_' and '-'");
        }
        known.insert(kind.id.clone(), kind);
    }
    let weights: BTreeMap<&str, usize> =
        known.iter().map(|(id, k)| (id.as_str(), serde_json::to_vec(k).map_or(usize::MAX, |text| text.len()))).collect();
    for (id, weight) in weights.iter().filter(|w| *w.1 > MAX_KIND) {
        issues.add(format!("kinds[\"{id}\"]"), format!("{weight} bytes, more than the limit of {MAX_KIND} for a kind"), "split the kind");
    }
    let copies: usize = file.assets.iter().filter_map(|a| weights.get(a.kind.as_deref()?)).fold(0, |sum, w| sum.saturating_add(*w));
    if copies > MAX_COPIES {
        issues.add("kinds", format!("{copies} bytes of facets in all, more than the limit of {MAX_COPIES}"), "use smaller kinds or fewer assets");
        return;
    }
    for asset in &mut file.assets {
        let Some(name) = &asset.kind else { continue };
        match known.get(name) {
            Some(kind) => merge(asset, kind),
            None => {
                let hint = did_you_mean(known.keys(), name, "kind");
                issues.add(format!("assets[\"{}\"].kind", asset.id), format!("there is no kind {name:?}"), hint);
            }
        }
    }
}

fn merge(asset: &mut AssetFile, kind: &KindFile) {
    let f = &kind.facets;
    fill(&mut asset.initial, &f.initial);
    fill(&mut asset.safety, &f.safety);
    fill(&mut asset.start, &f.start);
    fill(&mut asset.reliability, &f.reliability);
    fill(&mut asset.maintenance, &f.maintenance);
    fill(&mut asset.needs, &f.needs);
    fill(&mut asset.gives, &f.gives);
    fill(&mut asset.storage, &f.storage);
    fill(&mut asset.thermal, &f.thermal);
    fill(&mut asset.process, &f.process);
    fill(&mut asset.control, &f.control);
    fill(&mut asset.actions, &f.actions);
    let under = f.body.clone().unwrap_or_default();
    let over = asset.body.take().unwrap_or_default();
    asset.body = Some(BodyFile { shape: over.shape.or(under.shape), size: over.size.or(under.size), gltf: over.gltf.or(under.gltf) });
    let own = std::mem::take(&mut asset.tags);
    let inherited = f.tags.iter().filter(|t| t.id.is_some() || !own.iter().any(|o| o.measures == t.measures));
    asset.tags = inherited.cloned().collect();
    asset.tags.extend(own);
}

fn fill<T: Clone>(own: &mut Option<T>, default: &Option<T>) {
    if own.is_none() {
        own.clone_from(default);
    }
}
