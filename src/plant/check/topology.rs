//! Links: ends that have to do with the medium, needs that a giver can reach, materials that come and go somewhere.

use super::Context;
use super::numbers::{Range, number};
use crate::plant::facets::Condition;
use crate::plant::file::{LinkFile, SceneFile};
use crate::plant::model::{Asset, AssetId, Link, MediumId, Plant};
use std::collections::{BTreeMap, BTreeSet};

/// Resolves the links into the plant, then checks what they connect.
pub fn check(file: &SceneFile, plant: &mut Plant, c: &mut Context<'_, '_>) {
    for (i, l) in file.links.iter().enumerate() {
        link(i, l, plant, c);
    }
    ends(file, plant, c);
    let mut incoming: BTreeMap<(AssetId, MediumId), Vec<AssetId>> = BTreeMap::new();
    let mut outgoing: BTreeSet<(AssetId, MediumId)> = BTreeSet::new();
    for l in &plant.links {
        incoming.entry((l.to, l.medium)).or_default().push(l.from);
        outgoing.insert((l.from, l.medium));
    }
    for id in plant.asset_ids() {
        if !c.damaged.contains(&id.index()) {
            services(id, plant, &incoming, c);
            materials(id, plant, &incoming, &outgoing, c);
            rules(id, plant, c);
        }
    }
    skills(plant, c);
}

fn link(i: usize, f: &LinkFile, plant: &mut Plant, c: &mut Context<'_, '_>) {
    let at = format!("links[{i}]");
    let medium = c.names.medium(c.issues, &format!("{at}.medium"), &f.medium);
    let from = c.names.asset(c.issues, &format!("{at}.from"), &f.from);
    if f.to.is_empty() {
        c.issues.add(format!("{at}.to"), "leads nowhere", "name at least one asset");
    }
    if !f.via.is_empty() && f.to.len() != 1 {
        c.issues.add(format!("{at}.via"), "way-points for several targets", "write one link for each target that has way-points");
    }
    for v in f.via.iter().flatten() {
        number(c.issues, &format!("{at}.via"), *v, Range::Any);
    }
    for (j, target) in f.to.iter().enumerate() {
        let at = format!("{at}.to[{j}]");
        let to = c.names.asset(c.issues, &at, target);
        let (Some(medium), Some(from), Some(to)) = (medium, from, to) else { continue };
        if from == to {
            c.issues.add(&at, format!("{target} is linked to itself"), "a link joins two assets");
            continue;
        }
        if plant.links.iter().any(|l| (l.from, l.to, l.medium) == (from, to, medium)) {
            c.issues.add(at, format!("the link {} → {target} stands twice", f.from), "write it once");
        }
        plant.links.push(Link { from, to, medium, via_m: f.via.clone() });
    }
}

/// An end has to do with the medium, or passes it on: something comes in and something goes out.
fn ends(file: &SceneFile, plant: &Plant, c: &mut Context<'_, '_>) {
    let sources: BTreeSet<_> = plant.links.iter().map(|l| (l.from, l.medium)).collect();
    let targets: BTreeSet<_> = plant.links.iter().map(|l| (l.to, l.medium)).collect();
    for (i, f) in file.links.iter().enumerate() {
        let Some(medium) = plant.medium_by_id(&f.medium) else { continue };
        let end = |id: &str| plant.asset_by_id(id).filter(|a| !c.damaged.contains(&a.index()));
        let from = end(&f.from).filter(|a| !sends(plant.asset(*a), medium) && !targets.contains(&(*a, medium)));
        let to: Vec<_> = f.to.iter().map(|t| end(t).filter(|a| !takes(plant.asset(*a), medium) && !sources.contains(&(*a, medium)))).collect();
        if from.is_some() {
            let brief = format!("{} neither gives nor holds nor produces {}", f.from, f.medium);
            c.issues.add(format!("links[{i}].from"), brief, "add the facet, or start the link elsewhere");
        }
        for (j, _) in to.iter().enumerate().filter(|t| t.1.is_some()) {
            let brief = format!("{} neither needs nor holds nor consumes {}", f.to[j], f.medium);
            c.issues.add(format!("links[{i}].to[{j}]"), brief, "add the facet, or end the link elsewhere");
        }
    }
}

fn sends(a: &Asset, m: MediumId) -> bool {
    a.gives.iter().any(|g| g.medium == m) || holds(a, m) || a.process.iter().flat_map(|p| &p.outputs).any(|o| o.medium == m)
}

fn takes(a: &Asset, m: MediumId) -> bool {
    wants(a).contains(&m) || holds(a, m) || a.process.iter().flat_map(|p| &p.inputs).any(|i| i.medium == m)
}

fn holds(a: &Asset, m: MediumId) -> bool {
    a.storage.is_some_and(|s| s.medium == m)
}

/// Services it takes, by needs and conversions.
fn wants(a: &Asset) -> BTreeSet<MediumId> {
    let needs = a.needs.iter().filter(|n| n.amount > 0.0).map(|n| n.medium);
    needs.chain(a.gives.iter().flat_map(|g| &g.from).map(|i| i.medium)).collect()
}

type Incoming = BTreeMap<(AssetId, MediumId), Vec<AssetId>>;

fn services(id: AssetId, plant: &Plant, incoming: &Incoming, c: &mut Context<'_, '_>) {
    for medium in wants(plant.asset(id)) {
        if !reaches_giver(id, medium, plant, incoming) {
            let (asset, name) = (plant.asset(id), &plant.medium(medium).id);
            c.issues.add(
                format!("assets[\"{}\"]", asset.id),
                format!("{} needs {name} and no giver is linked to it", asset.id),
                "add a link from a giver",
            );
        }
    }
}

/// Walks the links of a medium upstream through reserves and passages.
fn reaches_giver(start: AssetId, medium: MediumId, plant: &Plant, incoming: &Incoming) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
    while let Some(here) = open.pop() {
        for &from in incoming.get(&(here, medium)).into_iter().flatten() {
            if plant.asset(from).gives.iter().any(|g| g.medium == medium) {
                return true;
            }
            if seen.insert(from) {
                open.push(from);
            }
        }
    }
    false
}

fn materials(id: AssetId, plant: &Plant, incoming: &Incoming, outgoing: &BTreeSet<(AssetId, MediumId)>, c: &mut Context<'_, '_>) {
    let asset = plant.asset(id);
    let Some(p) = &asset.process else { return };
    for (i, input) in p.inputs.iter().enumerate() {
        if !incoming.contains_key(&(id, input.medium)) && !holds(asset, input.medium) {
            let name = &plant.medium(input.medium).id;
            c.issues.add(
                format!("assets[\"{}\"].process.inputs[{i}]", asset.id),
                format!("no link brings {name}"),
                "link a storage or a process to it",
            );
        }
    }
    for (i, output) in p.outputs.iter().enumerate() {
        if !outgoing.contains(&(id, output.medium)) && !holds(asset, output.medium) {
            let name = &plant.medium(output.medium).id;
            c.issues.add(
                format!("assets[\"{}\"].process.outputs[{i}]", asset.id),
                format!("no link takes {name} away"),
                "link it onwards; a process where product leaves the plant has no outputs",
            );
        }
    }
}

/// Control rules watch facets that exist.
fn rules(id: AssetId, plant: &Plant, c: &mut Context<'_, '_>) {
    for (i, rule) in plant.asset(id).control.iter().enumerate() {
        let (watched, facet) = match rule.when {
            Condition::LevelBelow { asset, .. } | Condition::LevelAbove { asset, .. } => (asset, "storage"),
            Condition::TemperatureAbove { asset, .. } | Condition::TemperatureBelow { asset, .. } => (asset, "thermal"),
            Condition::NotRunning { .. } | Condition::Running { .. } => continue,
        };
        let w = plant.asset(watched);
        let present = if facet == "storage" { w.storage.is_some() } else { w.thermal.is_some() };
        if !present && !c.damaged.contains(&watched.index()) {
            c.issues.add(
                format!("assets[\"{}\"].control[{i}].when", plant.asset(id).id),
                format!("{} has no {facet} facet to watch", w.id),
                "watch an asset that has one",
            );
        }
    }
}

/// Every repair finds a crew that can do it.
fn skills(plant: &Plant, c: &mut Context<'_, '_>) {
    let known: BTreeSet<&str> = plant.crews.iter().flat_map(|crew| crew.skills.iter().map(String::as_str)).collect();
    for asset in &plant.assets {
        for (i, m) in asset.reliability.iter().enumerate() {
            if let Some(skill) = m.skill.as_deref().filter(|s| !known.contains(s)) {
                let at = format!("assets[\"{}\"].reliability[{i}].skill", asset.id);
                c.issues.add(at, format!("no crew has the skill {skill:?}"), "add it to a crew, or the repair would never begin");
            }
        }
    }
}
