//! The scene around its assets: envelope, counts, media, areas, crews, views, groups and cells.

use super::Context;
use super::names::well_formed;
use super::numbers::{Range, number};
use super::upkeep;
use crate::document::Issues;
use crate::plant::file::{FlowFile, MediumFile, SceneFile};
use crate::plant::model::{Area, AssetId, Cell, CellId, Flow, Group, GroupId, Medium, Money, Plant, SavedView};
use crate::plant::profile::Profiles;
use crate::time::Span;
use crate::units::Unit;
use sha2::{Digest, Sha256};

/// Most assets of a plant.
pub const MAX_ASSETS: usize = 10_000;
const MAX_LINKS: usize = 50_000;
const MAX_MEDIA: usize = 256;
const MAX_LISTS: usize = 1_000;
const VERSION: u32 = 1;

/// Version and id.
pub fn envelope(file: &SceneFile, issues: &mut Issues<'_>) {
    if file.version != VERSION {
        issues.add("version", format!("version {} is not known", file.version), "this program reads version 1; a newer program may read it");
    }
    if !well_formed(&file.id) {
        issues.add("id", "not an id", "use 1 to 64 letters, digits, '_' and '-', a letter or digit first");
    }
    if file.assets.is_empty() {
        issues.add("assets", "the plant has no assets", "add at least one");
    }
    let currency = &file.money.currency;
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        issues.add("money.currency", format!("{currency:?} is not an ISO 4217 code"), "write for example \"EUR\"");
    }
    number(issues, "ambient_c", file.ambient_c, Range::Celsius);
}

/// Limits on how many of everything.
pub fn counts(file: &SceneFile, issues: &mut Issues<'_>) {
    let links: usize = file.links.iter().map(|l| l.to.len()).sum();
    let limits = [
        ("assets", file.assets.len(), MAX_ASSETS),
        ("links", links, MAX_LINKS),
        ("media", file.media.len(), MAX_MEDIA),
        ("areas", file.areas.len(), MAX_LISTS),
        ("groups", file.groups.len(), MAX_LISTS),
        ("crews", file.crews.len(), MAX_LISTS),
        ("spares", file.spares.len(), MAX_LISTS),
        ("cells", file.cells.len(), MAX_LISTS),
        ("views", file.views.len(), MAX_LISTS),
    ];
    for (list, count, limit) in limits {
        if count > limit {
            issues.add(list, format!("{count} {list}, more than the limit of {limit}"), "split the plant into several scenes");
        }
    }
}

/// Everything of the plant that does not stand on assets.
pub fn shell(file: &SceneFile, c: &mut Context<'_, '_>) -> Plant {
    Plant {
        id: file.id.clone(),
        name: file.name.clone(),
        about: file.about.clone(),
        hash: [0; 32],
        forecast_refused: file.forecast_refused.clone(),
        ambient_c: file.ambient_c,
        profiles: Profiles::default(),
        media: file.media.iter().map(|m| medium(m, c)).collect(),
        areas: file.areas.iter().map(|a| Area { id: a.id.clone(), name: or_id(&a.name, &a.id), rect_m: rect(&a.id, a.rect, c) }).collect(),
        assets: Vec::new(),
        links: Vec::new(),
        groups: Vec::new(),
        crews: file.crews.iter().map(|f| upkeep::crew(f, c)).collect(),
        spares: upkeep::spares(file, c),
        begins: begins(file, c),
        cells: Vec::new(),
        tags: Vec::new(),
        money: Money { currency: file.money.currency.clone(), source: file.money.source.clone() },
        views: file.views.iter().map(|v| SavedView { name: v.name.clone(), eye_m: v.eye, target_m: v.target }).collect(),
    }
}

fn begins(file: &SceneFile, c: &mut Context<'_, '_>) -> Span {
    if file.begins >= Span::from_h(168.0) || file.begins < Span::ZERO {
        c.issues.add("begins", format!("{} is not within a week", file.begins), "write the time since Monday's midnight, less than \"7d\"");
    }
    file.begins
}

fn medium(m: &MediumFile, c: &mut Context<'_, '_>) -> Medium {
    let at = |field: &str| format!("media[\"{}\"].{field}", m.id);
    if let Err(e) = Unit::parse(&m.unit) {
        c.issues.add(at("unit"), e.to_string(), "units are UCUM codes");
    }
    for v in m.colour {
        number(c.issues, &at("colour"), f64::from(v), Range::Fraction);
    }
    number(c.issues, &at("price_per_unit_h"), m.price_per_unit_h, Range::NotNegative);
    number(c.issues, &at("co2_kg_per_unit_h"), m.co2_kg_per_unit_h, Range::NotNegative);
    let flow = match m.flow {
        FlowFile::Priority => Flow::Priority,
        FlowFile::Material => Flow::Material,
        FlowFile::Dc | FlowFile::PressureDriven => {
            let brief = format!("flow {:?} is reserved and not yet supported", m.flow);
            c.issues.add(at("flow"), brief, "use Priority: capacities, priorities and proportional shares");
            Flow::Priority
        }
    };
    Medium {
        id: m.id.clone(),
        name: or_id(&m.name, &m.id),
        unit: m.unit.clone(),
        flow,
        colour: m.colour,
        price_per_unit_h: m.price_per_unit_h,
        co2_kg_per_unit_h: m.co2_kg_per_unit_h,
    }
}

fn rect(id: &str, r: [f64; 4], c: &mut Context<'_, '_>) -> [f64; 4] {
    let at = format!("areas[\"{id}\"].rect");
    for v in r {
        number(c.issues, &at, v, Range::Any);
    }
    if r[0] >= r[2] || r[1] >= r[3] {
        c.issues.add(at, "the rectangle is empty", "write (x0, z0, x1, z1) with x0 < x1 and z0 < z1");
    }
    r
}

/// Groups and cells, written into the plant and onto their members.
pub fn membership(file: &SceneFile, plant: &mut Plant, c: &mut Context<'_, '_>) {
    for (i, g) in file.groups.iter().enumerate() {
        let at = format!("groups[\"{}\"]", g.id);
        let members = members(&format!("{at}.members"), &g.members, c);
        if g.k == 0 || g.k as usize > g.members.len() {
            c.issues.add(
                format!("{at}.k"),
                format!("{} of {} members cannot be met", g.k, g.members.len()),
                "k is at least 1 and at most the members",
            );
        }
        for m in &members {
            let slot = &mut plant.assets[m.index()].group;
            if slot.replace(GroupId(i as u32)).is_some() {
                c.issues.add(&at, format!("{} is in another group too", file.assets[m.index()].id), "an asset is in one group");
            }
        }
        plant.groups.push(Group { id: g.id.clone(), k: g.k, members, auto_start: g.auto_start });
    }
    for (i, f) in file.cells.iter().enumerate() {
        let at = format!("cells[\"{}\"]", f.id);
        let members = members(&format!("{at}.members"), &f.members, c);
        for m in &members {
            if plant.assets[m.index()].cell.replace(CellId(i as u32)).is_some() {
                c.issues.add(&at, format!("{} is in another cell too", file.assets[m.index()].id), "an asset is in one cell");
            }
        }
        number(c.issues, &format!("{at}.discount"), f.discount, Range::Inside);
        if !(2..=50).contains(&f.bins) {
            c.issues.add(format!("{at}.bins"), format!("{} bins", f.bins), "write 2 to 50");
        }
        if f.step < Span::from_s(1.0) {
            c.issues.add(format!("{at}.step"), "the decision step is too short", "write at least \"1s\"");
        }
        plant.cells.push(Cell {
            id: f.id.clone(),
            name: or_id(&f.name, &f.id),
            members,
            levels: self::members(&format!("{at}.levels"), &f.levels, c),
            temperatures: self::members(&format!("{at}.temperatures"), &f.temperatures, c),
            bins: f.bins,
            step: f.step,
            discount: f.discount,
            autonomy: f.autonomy,
        });
    }
}

fn members(at: &str, ids: &[String], c: &mut Context<'_, '_>) -> Vec<AssetId> {
    let mut out: Vec<AssetId> = Vec::new();
    for (i, id) in ids.iter().enumerate() {
        let at = format!("{at}[{i}]");
        let Some(asset) = c.names.asset(c.issues, &at, id) else { continue };
        if out.contains(&asset) {
            c.issues.add(at, format!("{id:?} stands twice"), "name each member once");
        } else {
            out.push(asset);
        }
    }
    out
}

/// SHA-256 over the resolved meaning: comments, order of fields and the place of defaults do not change it.
pub fn hash(plant: &Plant) -> [u8; 32] {
    let text = serde_json::to_vec(plant).unwrap_or_default();
    Sha256::digest(&text).into()
}

fn or_id(name: &str, id: &str) -> String {
    if name.is_empty() { id.into() } else { name.into() }
}
