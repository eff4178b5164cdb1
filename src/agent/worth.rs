//! What a unit is worth before it is sold: the reward of a short decision step.
//!
//! Money is booked where product leaves the plant, hours after a chiller failed. Within one step that reward would be
//! blind, so margin is credited at the *bottleneck* of each earning chain (Goldratt's throughput accounting: what the
//! bottleneck loses is lost; what a faster step loses is caught up). Owns that translation and nothing else.
//! Invariant: in steady running the credited margin equals the earned one.

use crate::{
    plant::{AssetId, Flow, MediumId, Plant},
    sim::Totals,
};

/// Where and how much margin is credited.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Credit {
    /// The bottleneck.
    pub asset: AssetId,
    /// Margin per process unit of it [currency].
    pub per_unit: f64,
}

/// For each process that earns, the credits of its bottleneck: one, or one for each of the machines that share the step.
pub fn credits(plant: &Plant) -> Vec<Credit> {
    let earns = |id: AssetId| plant.asset(id).process.as_ref().map_or(0.0, |p| p.earns_per_unit * (1.0 - p.scrap));
    plant.asset_ids().filter(|id| earns(*id) > 0.0).flat_map(|sink| bottleneck(plant, sink, earns(sink))).collect()
}

/// Profit of a step with margin credited at the bottlenecks instead of where it is booked.
pub fn reward(credits: &[Credit], totals: &Totals) -> f64 {
    let credited: f64 = credits.iter().map(|c| c.per_unit * totals.produced.get(c.asset.index()).copied().unwrap_or(0.0)).sum();
    totals.profit() - totals.earned + credited
}

/// Walks upstream from a sink; the step with the smallest nominal margin per hour is the bottleneck. Machines that supply
/// the same medium to the same process side by side (three vehicles, two tanks' pumps) are one step: what one of them
/// cannot do another does.
fn bottleneck(plant: &Plant, sink: AssetId, per_unit: f64) -> Vec<Credit> {
    let mut best = (rate(plant, sink) * per_unit, vec![Credit { asset: sink, per_unit }]);
    let mut open = vec![(sink, per_unit)];
    let mut seen = vec![false; plant.assets.len()];
    seen[sink.index()] = true;
    while let Some((id, worth)) = open.pop() {
        for step in steps_before(plant, id) {
            // worth of one unit of the medium, times what one unit of the supplier makes of it
            let own = |asset: AssetId| worth / step.per_unit * made(plant, asset, step.medium);
            let new: Vec<Credit> = step
                .suppliers
                .iter()
                .filter(|a| !std::mem::replace(&mut seen[a.index()], true))
                .map(|a| Credit { asset: *a, per_unit: own(*a) })
                .filter(|c| c.per_unit > 0.0)
                .collect();
            open.extend(new.iter().map(|c| (c.asset, c.per_unit)));
            let per_hour: f64 = new.iter().map(|c| rate(plant, c.asset) * c.per_unit).sum();
            if !new.is_empty() && per_hour < best.0 {
                best = (per_hour, new);
            }
        }
    }
    best.1
}

/// The processes that supply one medium to a process, side by side.
struct Before {
    suppliers: Vec<AssetId>,
    medium: MediumId,
    /// What the process takes of the medium per unit of its own.
    per_unit: f64,
}

/// Per material input of a process: who feeds it, directly or through storages.
fn steps_before(plant: &Plant, id: AssetId) -> Vec<Before> {
    let Some(process) = &plant.asset(id).process else { return Vec::new() };
    let materials = process.inputs.iter().filter(|i| plant.medium(i.medium).flow == Flow::Material && i.per_unit > 0.0);
    materials.map(|input| Before { suppliers: suppliers(plant, id, input.medium), medium: input.medium, per_unit: input.per_unit }).collect()
}

fn suppliers(plant: &Plant, id: AssetId, medium: MediumId) -> Vec<AssetId> {
    let mut found = Vec::new();
    let mut at = vec![id];
    let mut passed = vec![id];
    while let Some(to) = at.pop() {
        for link in plant.links.iter().filter(|l| l.to == to && l.medium == medium) {
            if passed.contains(&link.from) {
                continue;
            }
            passed.push(link.from);
            if made(plant, link.from, medium) > 0.0 {
                found.push(link.from);
            } else {
                at.push(link.from);
            }
        }
    }
    found
}

fn rate(plant: &Plant, id: AssetId) -> f64 {
    plant.asset(id).process.as_ref().map_or(0.0, |p| p.rate_per_h)
}

fn made(plant: &Plant, id: AssetId, medium: MediumId) -> f64 {
    plant.asset(id).process.as_ref().map_or(0.0, |p| p.outputs.iter().filter(|o| o.medium == medium).map(|o| o.per_unit * (1.0 - p.scrap)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_step_of_a_chain_carries_its_margin() {
        let mut p = crate::estimate::fixture::plant();
        // P-1 makes 100 per hour, F-1 takes 90 and earns 2 each: the filler is the bottleneck of its own chain
        p.assets[2].process.as_mut().unwrap().earns_per_unit = 2.0;
        assert_eq!(credits(&p), [Credit { asset: AssetId(2), per_unit: 2.0 }]);
        // a slower pump becomes it, with the margin of what its unit becomes
        p.assets[0].process.as_mut().unwrap().rate_per_h = 160.0;
        p.assets[2].process.as_mut().unwrap().inputs[0].per_unit = 2.0;
        assert_eq!(credits(&p), [Credit { asset: AssetId(0), per_unit: 1.0 }]);
    }

    #[test]
    fn machines_side_by_side_are_one_step() {
        let mut p = crate::estimate::fixture::plant();
        p.assets[2].process.as_mut().unwrap().earns_per_unit = 2.0;
        // two pumps of 60 beside each other carry more than the 90 of the filler, though each alone would not
        p.assets[0].process.as_mut().unwrap().rate_per_h = 60.0;
        let second = AssetId(p.assets.len() as u32);
        let twin = p.assets[0].clone();
        p.assets.push(twin);
        let links: Vec<_> = p.links.iter().filter(|l| l.from == AssetId(0)).cloned().collect();
        p.links.extend(links.into_iter().map(|mut l| {
            l.from = second;
            l
        }));
        assert_eq!(credits(&p), [Credit { asset: AssetId(2), per_unit: 2.0 }]);
        // two of 40 do not: both are credited with what they make
        for pump in [AssetId(0), second] {
            p.assets[pump.index()].process.as_mut().unwrap().rate_per_h = 40.0;
        }
        let both = credits(&p);
        assert_eq!(both.iter().map(|c| c.asset).collect::<Vec<_>>(), [AssetId(0), second]);
        assert!(both.iter().all(|c| c.per_unit == 2.0), "{both:?}");
    }
}
