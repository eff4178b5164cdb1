//! Telemetry contracts: defaults filled in, units comparable, topics plain and unique.

use super::Context;
use super::names::did_you_mean;
use super::numbers::{Range, number};
use crate::plant::file::{AssetFile, QuantityFile, SceneFile, TagFile};
use crate::plant::model::{Asset, AssetId, MediumId, Plant};
use crate::plant::telemetry::{Encoding, Quantity, Tag, TagId};
use crate::time::Span;
use crate::units::Unit;
use std::collections::BTreeMap;

const MAX_TAGS: usize = 100_000;
const MAX_TOPIC: usize = 256;
const HIGHEST_MODE: f64 = 15.0;

/// What follows from the quantity and the asset when the file says nothing.
struct Defaults {
    quantity: Quantity,
    suffix: String,
    unit: String,
    range: Option<(f64, f64)>,
    noise: f64,
}

/// All tags, in the order of the assets.
pub fn tags(file: &SceneFile, plant: &Plant, c: &mut Context<'_, '_>) -> Vec<Tag> {
    let mut out = Vec::new();
    let mut partners = Vec::new();
    for (index, asset) in file.assets.iter().enumerate() {
        for (i, t) in asset.tags.iter().enumerate() {
            let at = format!("assets[\"{}\"].tags[{i}]", asset.id);
            let Some(d) = defaults(&at, t, asset, &plant.assets[index], plant, c) else { continue };
            partners.extend(t.partner.as_ref().map(|p| (out.len(), at.clone(), p.clone())));
            out.push(tag(&at, t, d, AssetId(index as u32), plant, c));
        }
    }
    if out.len() > MAX_TAGS {
        c.issues.add("assets", format!("{} tags, more than the limit of {MAX_TAGS}", out.len()), "publish fewer quantities");
    }
    duplicates(&out, c);
    pair(&mut out, &partners, c);
    out
}

fn defaults(at: &str, t: &TagFile, f: &AssetFile, asset: &Asset, plant: &Plant, c: &mut Context<'_, '_>) -> Option<Defaults> {
    let mut missing = |facet: &str| {
        c.issues.add(
            format!("{at}.measures"),
            format!("{:?} of an asset without {facet}", t.measures),
            format!("add the {facet} facet, or drop the tag"),
        );
        None
    };
    let around = |top: f64| Some((-0.05 * top, 1.25 * top));
    let of = |quantity, suffix: &str, unit: String, range, noise| Some(Defaults { quantity, suffix: suffix.into(), unit, range, noise });
    match &t.measures {
        QuantityFile::Mode => of(Quantity::Mode, "mode", "1".into(), Some((0.0, HIGHEST_MODE)), 0.0),
        QuantityFile::Service => of(Quantity::Service, "service", "1".into(), Some((-0.05, 1.05)), 0.01),
        QuantityFile::Rate => match (&f.process, &asset.process) {
            (Some(file), Some(p)) => of(Quantity::Rate, "rate", per_hour(file, plant), around(p.rate_per_h), 0.005 * p.rate_per_h),
            _ => missing("process"),
        },
        QuantityFile::Level => match &asset.storage {
            Some(s) => of(Quantity::Level, "level", amount_unit(plant, s.medium), Some((-0.05 * s.capacity, 1.05 * s.capacity)), 0.005 * s.capacity),
            None => missing("storage"),
        },
        QuantityFile::Temperature => match &asset.thermal {
            Some(h) => of(Quantity::Temperature, "temperature", "Cel".into(), Some((h.setpoint_c.min(0.0) - 30.0, h.trip_c + 60.0)), 0.1),
            None => missing("thermal"),
        },
        QuantityFile::Drawn(id) => {
            let medium = c.names.medium_of(c.issues, &format!("{at}.measures"), id, false)?;
            let top = drawn(asset, medium);
            if top <= 0.0 {
                c.issues.add(format!("{at}.measures"), format!("{} draws no {id}", f.id), "add the need, or drop the tag");
                return None;
            }
            of(Quantity::Drawn(medium), &format!("drawn_{id}"), plant.medium(medium).unit.clone(), around(top), 0.005 * top)
        }
        QuantityFile::Given(id) => {
            let medium = c.names.medium_of(c.issues, &format!("{at}.measures"), id, false)?;
            let top: f64 = asset.gives.iter().filter(|g| g.medium == medium).map(|g| g.capacity).sum();
            if top <= 0.0 {
                c.issues.add(format!("{at}.measures"), format!("{} gives no {id}", f.id), "add the give, or drop the tag");
                return None;
            }
            of(Quantity::Given(medium), &format!("given_{id}"), plant.medium(medium).unit.clone(), around(top), 0.005 * top)
        }
        QuantityFile::Free(name) => {
            if t.unit.is_none() || t.min.is_none() || t.max.is_none() {
                c.issues.add(at, "a free quantity without unit, min and max", "the model cannot know them; state all three");
                return None;
            }
            of(Quantity::Free(name.clone()), name, t.unit.clone()?, None, 0.0)
        }
    }
}

/// Largest draw of a medium: needs and conversions at full capacity [medium unit].
fn drawn(asset: &Asset, medium: MediumId) -> f64 {
    let needs: f64 = asset.needs.iter().filter(|n| n.medium == medium).map(|n| n.amount).sum();
    let inputs = |g: &crate::plant::facets::Give| g.from.iter().filter(|i| i.medium == medium).map(|i| i.per_unit * g.capacity).sum::<f64>();
    let charge = asset.storage.filter(|s| s.medium == medium).map_or(0.0, |s| s.max_charge);
    needs + asset.gives.iter().map(inputs).sum::<f64>() + charge
}

fn per_hour(p: &crate::plant::file::ProcessFile, plant: &Plant) -> String {
    let first = p.outputs.first().map(|o| &o.medium).or(p.inputs.first().map(|i| &i.medium));
    let medium = first.and_then(|id| plant.medium_by_id(id)).map(|m| plant.medium(m).unit.clone());
    format!("{}/h", p.unit.clone().or(medium).unwrap_or_else(|| "1".into()))
}

/// Unit of a level: the material's own, or a service unit × hour.
fn amount_unit(plant: &Plant, medium: MediumId) -> String {
    let m = plant.medium(medium);
    match (m.flow, m.unit.strip_suffix("/h")) {
        (crate::plant::model::Flow::Material, _) => m.unit.clone(),
        (crate::plant::model::Flow::Priority, Some(amount)) => amount.into(),
        (crate::plant::model::Flow::Priority, None) => format!("{}.h", m.unit),
    }
}

fn tag(at: &str, t: &TagFile, d: Defaults, asset: AssetId, plant: &Plant, c: &mut Context<'_, '_>) -> Tag {
    let owner = plant.asset(asset);
    let (low, high) = d.range.unwrap_or((0.0, 0.0));
    let (min, max) = (t.min.unwrap_or(low), t.max.unwrap_or(high));
    let period = t.period.unwrap_or(Span::from_s(2.0));
    let three = Span(period.0.saturating_mul(3));
    let topic = t.topic.clone().unwrap_or_else(|| format!("plantcast/{}/tele/{}/{}", plant.id, owner.id, d.suffix));
    let made = Tag {
        id: t.id.clone().unwrap_or_else(|| format!("{}.{}", owner.id, d.suffix)),
        name: t.name.clone().unwrap_or_else(|| format!("{} {}", owner.name, d.suffix.replace('_', " "))),
        asset,
        quantity: d.quantity,
        topic,
        encoding: t.encoding.unwrap_or(Encoding::Json),
        published_unit: t.unit.clone().unwrap_or_else(|| d.unit.clone()),
        unit: d.unit,
        min,
        max,
        max_rate_per_s: t.max_rate_per_s,
        period,
        max_age: t.max_age.unwrap_or(three.max(Span::from_s(15.0))),
        noise_sd: t.noise.unwrap_or(d.noise),
        partner: None,
        source: t.source.clone(),
    };
    judge(at, &made, c);
    made
}

fn judge(at: &str, t: &Tag, c: &mut Context<'_, '_>) {
    let inside = |field: &str| format!("{at}.{field}");
    for (field, v, range) in [("min", t.min, Range::Any), ("max", t.max, Range::Any), ("noise", t.noise_sd, Range::NotNegative)] {
        number(c.issues, &inside(field), v, range);
    }
    if t.min >= t.max {
        c.issues.add(inside("min"), format!("the range {} to {} is empty", t.min, t.max), "min must be below max");
    }
    if let Some(rate) = t.max_rate_per_s {
        number(c.issues, &inside("max_rate_per_s"), rate, Range::Positive);
    }
    if t.period <= Span::ZERO || t.max_age < t.period {
        c.issues.add(
            inside("max_age"),
            format!("a value every {} is stale after {}", t.period, t.max_age),
            "period is more than 0 and max_age at least the period",
        );
    }
    if let Err(why) = topic(&t.topic) {
        c.issues.add(
            inside("topic"),
            format!("{:?} is not a topic to publish on: {why}", t.topic.chars().take(80).collect::<String>()),
            "write a plain MQTT topic",
        );
    }
    match (Unit::parse(&t.unit), Unit::parse(&t.published_unit)) {
        (Ok(model), Ok(published)) if !model.is_comparable(&published) => {
            let brief = format!("{published} cannot be converted to the model's {model}");
            c.issues.add(inside("unit"), brief, "publish a unit of the same dimension");
        }
        (Ok(_), Ok(_)) => {}
        (Err(e), _) | (_, Err(e)) => c.issues.add(inside("unit"), e.to_string(), "units are UCUM codes"),
    }
}

fn topic(t: &str) -> Result<(), &'static str> {
    if t.is_empty() || t.len() > MAX_TOPIC {
        return Err("empty or longer than 256 bytes");
    }
    if t.contains(['+', '#']) {
        return Err("it contains a wildcard");
    }
    if t.chars().any(char::is_control) {
        return Err("it contains control characters");
    }
    if t.starts_with('$') {
        return Err("it is reserved for the broker");
    }
    if t.split('/').any(str::is_empty) {
        return Err("it has an empty level");
    }
    Ok(())
}

fn duplicates(tags: &[Tag], c: &mut Context<'_, '_>) {
    let (mut ids, mut topics) = (BTreeMap::new(), BTreeMap::new());
    for (i, t) in tags.iter().enumerate() {
        let at = || format!("assets[{}].tags", t.asset.index());
        if let Some(first) = ids.insert(&t.id, i) {
            c.issues.add(at(), format!("tag id {:?} stands twice", t.id), format!("also at assets[{}]; set `id`", tags[first].asset.index()));
        }
        if let Some(first) = topics.insert(&t.topic, i) {
            c.issues.add(at(), format!("topic {:?} stands twice", t.topic), format!("also tag {:?}; one topic carries one quantity", tags[first].id));
        }
    }
}

fn pair(tags: &mut [Tag], partners: &[(usize, String, String)], c: &mut Context<'_, '_>) {
    let known: BTreeMap<String, usize> = tags.iter().enumerate().map(|(i, t)| (t.id.clone(), i)).collect();
    for (tag, at, partner) in partners {
        let at = format!("{at}.partner");
        match known.get(partner) {
            None => c.issues.add(at, format!("there is no tag {partner:?}"), did_you_mean(known.keys(), partner, "tag")),
            Some(&other) if other == *tag => c.issues.add(at, "a tag is its own partner", "name the redundant sensor's tag"),
            Some(&other) if tags[other].unit != tags[*tag].unit => {
                c.issues.add(at, format!("{partner:?} measures another quantity"), "partners measure the same quantity of the same asset");
            }
            Some(&other) => tags[*tag].partner = Some(TagId(other as u32)),
        }
    }
}
