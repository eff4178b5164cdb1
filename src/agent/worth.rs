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

/// One credit per process that earns.
pub fn credits(plant: &Plant) -> Vec<Credit> {
    let earns = |id: AssetId| plant.asset(id).process.as_ref().map_or(0.0, |p| p.earns_per_unit * (1.0 - p.scrap));
    plant.asset_ids().filter(|id| earns(*id) > 0.0).map(|sink| bottleneck(plant, sink, earns(sink))).collect()
}

/// Profit of a step with margin credited at the bottlenecks instead of where it is booked.
pub fn reward(credits: &[Credit], totals: &Totals) -> f64 {
    let credited: f64 = credits.iter().map(|c| c.per_unit * totals.produced.get(c.asset.index()).copied().unwrap_or(0.0)).sum();
    totals.profit() - totals.earned + credited
}

/// Walks upstream from a sink; the process with the smallest nominal margin per hour is the bottleneck.
fn bottleneck(plant: &Plant, sink: AssetId, per_unit: f64) -> Credit {
    let mut best = (rate(plant, sink) * per_unit, Credit { asset: sink, per_unit });
    let mut open = vec![(sink, per_unit)];
    let mut seen = vec![false; plant.assets.len()];
    seen[sink.index()] = true;
    while let Some((id, worth)) = open.pop() {
        for (upstream, amount_per_unit) in suppliers(plant, id) {
            if std::mem::replace(&mut seen[upstream.0.index()], true) {
                continue;
            }
            // worth of one unit of the medium, times what one unit of the supplier makes of it
            let own = worth / amount_per_unit * made(plant, upstream.0, upstream.1);
            let per_hour = rate(plant, upstream.0) * own;
            if own > 0.0 && per_hour < best.0 {
                best = (per_hour, Credit { asset: upstream.0, per_unit: own });
            }
            if own > 0.0 {
                open.push((upstream.0, own));
            }
        }
    }
    best.1
}

/// Processes that feed a process with a material, directly or through storages, and the amount it takes per unit.
fn suppliers(plant: &Plant, id: AssetId) -> Vec<((AssetId, MediumId), f64)> {
    let Some(process) = &plant.asset(id).process else { return Vec::new() };
    let mut found = Vec::new();
    for input in process.inputs.iter().filter(|i| plant.medium(i.medium).flow == Flow::Material && i.per_unit > 0.0) {
        let mut at = vec![id];
        let mut passed = vec![id];
        while let Some(to) = at.pop() {
            for link in plant.links.iter().filter(|l| l.to == to && l.medium == input.medium) {
                if passed.contains(&link.from) {
                    continue;
                }
                passed.push(link.from);
                if made(plant, link.from, input.medium) > 0.0 {
                    found.push(((link.from, input.medium), input.per_unit));
                } else {
                    at.push(link.from);
                }
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
}
