//! Links: ends that have to do with the medium, needs that a giver can reach, materials that come and go somewhere.

use super::Context;
use super::numbers::{Range, number};
use crate::plant::facets::Condition;
use crate::plant::file::{LinkFile, SceneFile};
use crate::plant::model::{Asset, AssetId, Link, MediumId, Plant};
use std::collections::{BTreeMap, BTreeSet};

/// Resolves the links into the plant, then checks what they connect.
pub fn check(file: &SceneFile, plant: &mut Plant, c: &mut Context<'_, '_>) {
    let mut seen = BTreeSet::new();
    let mut places = Vec::new();
    for (i, l) in file.links.iter().enumerate() {
        link(i, l, plant, &mut seen, &mut places, c);
    }
    let net = Net::of(plant);
    for (l, (i, j)) in plant.links.iter().zip(&places) {
        ends(l, (*i, *j), plant, &net, c);
    }
    for id in plant.asset_ids() {
        if !c.damaged.contains(&id.index()) {
            services(id, plant, &net, c);
            materials(id, plant, &net, c);
            rules(id, plant, c);
        }
    }
    skills(plant, c);
}

/// What the links join, by asset and medium.
struct Net {
    arrives: BTreeSet<(AssetId, MediumId)>,
    leaves: BTreeSet<(AssetId, MediumId)>,
    fed: BTreeSet<(AssetId, MediumId)>,
}

impl Net {
    fn of(plant: &Plant) -> Self {
        let mut onwards: BTreeMap<(AssetId, MediumId), Vec<AssetId>> = BTreeMap::new();
        for l in &plant.links {
            onwards.entry((l.from, l.medium)).or_default().push(l.to);
        }
        let arrives = plant.links.iter().map(|l| (l.to, l.medium)).collect();
        let leaves = onwards.keys().copied().collect();
        // A giver feeds what its links lead to, through reserves and passages.
        let mut open: Vec<_> = plant.asset_ids().flat_map(|id| plant.asset(id).gives.iter().map(move |g| (id, g.medium))).collect();
        let mut fed = BTreeSet::new();
        while let Some((id, medium)) = open.pop() {
            for &to in onwards.get(&(id, medium)).into_iter().flatten() {
                if fed.insert((to, medium)) {
                    open.push((to, medium));
                }
            }
        }
        Net { arrives, leaves, fed }
    }
}

type Joined = BTreeSet<(AssetId, AssetId, MediumId)>;

fn link(i: usize, f: &LinkFile, plant: &mut Plant, seen: &mut Joined, places: &mut Vec<(usize, usize)>, c: &mut Context<'_, '_>) {
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
        if !seen.insert((from, to, medium)) {
            c.issues.add(at, format!("the link {} → {target} stands twice", f.from), "write it once");
        }
        plant.links.push(Link { from, to, medium, via_m: f.via.clone() });
        places.push((i, j));
    }
}

/// An end has to do with the medium, or passes it on: something comes in and something goes out.
fn ends(l: &Link, (i, j): (usize, usize), plant: &Plant, net: &Net, c: &mut Context<'_, '_>) {
    let (from, to, medium) = (plant.asset(l.from), plant.asset(l.to), &plant.medium(l.medium).id);
    if !c.damaged.contains(&l.from.index()) && j == 0 && !sends(from, l.medium) && !net.arrives.contains(&(l.from, l.medium)) {
        let brief = format!("{} neither gives nor holds nor produces {medium}", from.id);
        c.issues.add(format!("links[{i}].from"), brief, "add the facet, or start the link elsewhere");
    }
    if !c.damaged.contains(&l.to.index()) && !takes(to, l.medium) && !net.leaves.contains(&(l.to, l.medium)) {
        let brief = format!("{} neither needs nor holds nor consumes {medium}", to.id);
        c.issues.add(format!("links[{i}].to[{j}]"), brief, "add the facet, or end the link elsewhere");
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

fn services(id: AssetId, plant: &Plant, net: &Net, c: &mut Context<'_, '_>) {
    for medium in wants(plant.asset(id)) {
        if !net.fed.contains(&(id, medium)) {
            let (asset, name) = (plant.asset(id), &plant.medium(medium).id);
            c.issues.add(
                format!("assets[\"{}\"]", asset.id),
                format!("{} needs {name} and no giver is linked to it", asset.id),
                "add a link from a giver",
            );
        }
    }
}

fn materials(id: AssetId, plant: &Plant, net: &Net, c: &mut Context<'_, '_>) {
    let asset = plant.asset(id);
    let Some(p) = &asset.process else { return };
    for (i, input) in p.inputs.iter().enumerate() {
        if !net.arrives.contains(&(id, input.medium)) && !holds(asset, input.medium) {
            let name = &plant.medium(input.medium).id;
            c.issues.add(
                format!("assets[\"{}\"].process.inputs[{i}]", asset.id),
                format!("no link brings {name}"),
                "link a storage or a process to it",
            );
        }
    }
    for (i, output) in p.outputs.iter().enumerate() {
        if !net.leaves.contains(&(id, output.medium)) && !holds(asset, output.medium) {
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
        for (i, m) in asset.maintenance.iter().enumerate() {
            if let Some(skill) = m.skill.as_deref().filter(|s| !known.contains(s)) {
                let at = format!("assets[\"{}\"].maintenance[{i}].skill", asset.id);
                c.issues.add(at, format!("no crew has the skill {skill:?}"), "add it to a crew, or it would never begin");
            }
        }
    }
}
