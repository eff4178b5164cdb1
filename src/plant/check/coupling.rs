//! Drains, mixing and heat exchange: what they name exists, has the facet it needs, and closes no circle onto itself.

use super::Context;
use super::numbers::{Range, number};
use crate::plant::coupling::{Coupling, Drain, DrainLaw, Exchange, Mixing};
use crate::plant::file::{AssetFile, ExchangeLaw};
use crate::plant::model::{AssetId, Flow, Plant};
use std::collections::BTreeSet;

fn named(name: Option<&String>, at: &str, c: &mut Context<'_, '_>) -> Option<Option<AssetId>> {
    match name {
        None => Some(None),
        Some(name) => c.names.asset(c.issues, at, name).map(Some),
    }
}

/// The couplings of one asset, as far as they resolve.
pub fn coupling(f: &AssetFile, c: &mut Context<'_, '_>) -> Coupling {
    Coupling { drains: drains(f, c), mixing: mixing(f, c), exchanges: exchanges(f, c) }
}

fn drains(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<Drain> {
    let mut out = Vec::new();
    for (i, d) in f.storage.iter().flat_map(|s| &s.outflow).enumerate() {
        let at = format!("assets[\"{}\"].storage.outflow[{i}]", f.id);
        let (DrainLaw::Linear { per_h: rate } | DrainLaw::Torricelli { full_per_h: rate }) = d.law;
        number(c.issues, &format!("{at}.law"), rate, Range::Positive);
        let (to, via) = (named(d.to.as_ref(), &format!("{at}.to"), c), named(d.via.as_ref(), &format!("{at}.via"), c));
        if let (Some(to), Some(via)) = (to, via) {
            out.push(Drain { to, law: d.law, via });
        }
    }
    out
}

fn mixing(f: &AssetFile, c: &mut Context<'_, '_>) -> Option<Mixing> {
    let t = f.thermal.as_ref()?;
    let at = |field: &str| format!("assets[\"{}\"].thermal.{field}", f.id);
    let Some(per_unit) = t.kj_per_k_per_unit else {
        if t.inflow_c.is_some() {
            c.issues.add(at("inflow_c"), "inflow mixes only where the heat capacity follows the level", "add kj_per_k_per_unit, or remove inflow_c");
        }
        return None;
    };
    number(c.issues, &at("kj_per_k_per_unit"), per_unit, Range::Positive);
    if let Some(inflow) = t.inflow_c {
        number(c.issues, &at("inflow_c"), inflow, Range::Celsius);
    }
    if f.storage.is_none() {
        c.issues.add(at("kj_per_k_per_unit"), "a heat capacity by level without a storage facet", "add `storage`, or write capacity_kj_per_k");
        return None;
    }
    if t.capacity_kj_per_k.is_some() {
        c.issues.add(at("capacity_kj_per_k"), "two heat capacities", "write either capacity_kj_per_k or kj_per_k_per_unit");
    }
    Some(Mixing { kj_per_k_per_unit: per_unit, inflow_c: t.inflow_c })
}

fn exchanges(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<Exchange> {
    let mut out = Vec::new();
    for (i, e) in f.thermal.iter().flat_map(|t| &t.exchange_with).enumerate() {
        let at = format!("assets[\"{}\"].thermal.exchange_with[{i}]", f.id);
        let kw_per_k = match e.by {
            ExchangeLaw::Ua { kw_per_k } => {
                number(c.issues, &format!("{at}.by"), kw_per_k, Range::Positive);
                kw_per_k
            }
            ExchangeLaw::Effectiveness { fraction, least_kw_per_k } => {
                number(c.issues, &format!("{at}.by"), fraction, Range::Fraction);
                number(c.issues, &format!("{at}.by"), least_kw_per_k, Range::Positive);
                fraction * least_kw_per_k
            }
        };
        let (with, via) = (c.names.asset(c.issues, &format!("{at}.with"), &e.with), named(e.via.as_ref(), &format!("{at}.via"), c));
        if let (Some(with), Some(via)) = (with, via) {
            out.push(Exchange { with, kw_per_k, via });
        }
    }
    out
}

/// Checks the couplings against the assets that they name.
pub fn check(plant: &Plant, c: &mut Context<'_, '_>) {
    let mut pairs = BTreeSet::new();
    for id in plant.asset_ids().filter(|id| !plant.asset(*id).coupling.is_empty()) {
        let asset = plant.asset(id);
        if let Some(s) = asset.storage
            && !asset.coupling.drains.is_empty()
            && plant.medium(s.medium).flow != Flow::Material
        {
            c.issues.add(format!("assets[\"{}\"].storage.outflow", asset.id), "only a material drains by gravity", "remove the outflow");
        }
        for (i, drain) in asset.coupling.drains.iter().enumerate() {
            let Some(to) = drain.to.filter(|to| !c.damaged.contains(&to.index())) else { continue };
            let at = format!("assets[\"{}\"].storage.outflow[{i}].to", asset.id);
            let medium = |id: AssetId| plant.asset(id).storage.map(|s| s.medium);
            if to == id {
                c.issues.add(at, format!("{} drains into itself", asset.id), "name the storage below");
            } else if medium(to) != medium(id) {
                c.issues.add(at, format!("{} does not hold the same medium", plant.asset(to).id), "drain into a storage of the same medium");
            }
        }
        for (i, exchange) in asset.coupling.exchanges.iter().enumerate() {
            let (other, at) = (plant.asset(exchange.with), format!("assets[\"{}\"].thermal.exchange_with[{i}].with", asset.id));
            let pair = (id.min(exchange.with), id.max(exchange.with), exchange.via);
            if exchange.with == id {
                c.issues.add(at, format!("{} exchanges heat with itself", asset.id), "name the other side");
            } else if other.thermal.is_none() && !c.damaged.contains(&exchange.with.index()) {
                c.issues.add(at, format!("{} has no thermal facet", other.id), "exchange heat with an asset that has one");
            } else if !pairs.insert(pair) {
                c.issues.add(at, format!("{} and {} are joined twice", asset.id, other.id), "declare each pair once, on one side");
            }
        }
    }
}
