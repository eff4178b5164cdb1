//! Pipes, ducts and cable trays from links: orthogonal, one height per medium. Pure.
//!
//! A service (power, cooling, air) is drawn the way plants are built: one trunk per connected network, a riser and
//! a spur for each member; so n links give about n pipes, never n². A material is drawn from body to body.
//! Countable goods travel on conveyors and get no pipe. Invariant: every segment is parallel to an axis.

use super::model::Place;
use crate::plant::{AssetId, Flow, Link, MediumId, Plant};
use bevy::math::Vec3;

/// How a route looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duct {
    /// Round pipe.
    Pipe,
    /// Flat cable tray.
    Tray,
}

/// One run.
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    /// What it carries.
    pub medium: MediumId,
    /// Corners [m].
    pub points: Vec<Vec3>,
    /// Radius, or half the width of a tray [m].
    pub radius: f32,
    /// Form.
    pub duct: Duct,
    /// A trunk: gets supports.
    pub trunk: bool,
}

/// Lowest height of a trunk [m].
const LOWEST: f32 = 3.4;
/// Highest height of the lowest trunk [m].
const HIGHEST: f32 = 4.2;
/// Height between the media [m].
const TIER: f32 = 0.22;
/// Members farther apart than this across the plant belong to different rows [m].
const ROW: f32 = 3.5;

/// All routes of a plant.
pub fn routes(plant: &Plant, places: &[Place]) -> Vec<Route> {
    let mut out = Vec::new();
    let base = base_height(places);
    let media: Vec<MediumId> = (0..plant.media.len() as u32).map(MediumId).collect();
    let mut tier = 0;
    for &medium in &media {
        let links: Vec<&Link> = plant.links.iter().filter(|l| l.medium == medium && l.from != l.to).collect();
        if links.is_empty() {
            continue;
        }
        let (given, free): (Vec<&Link>, Vec<&Link>) = links.into_iter().partition(|l| !l.via_m.is_empty());
        let look = look(plant, medium);
        for link in given {
            out.push(along(link, medium, places, look));
        }
        match plant.medium(medium).flow {
            Flow::Priority => {
                for members in networks(&free) {
                    network(&members, medium, places, base + TIER * tier as f32, tier, look, &mut out);
                }
                tier += 1;
            }
            Flow::Material if is_countable(&plant.medium(medium).unit) => {}
            Flow::Material => {
                for (k, link) in free.iter().enumerate() {
                    out.push(pairwise(link, medium, places, k, look));
                }
            }
        }
    }
    out
}

/// Bottles and packs: on conveyors, not in pipes.
fn is_countable(unit: &str) -> bool {
    unit.starts_with('{')
}

/// Form and radius by what a medium is called: electricity and signals lie in trays.
fn look(plant: &Plant, medium: MediumId) -> (Duct, f32) {
    let id = plant.medium(medium).id.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|w| id.contains(w));
    if any(&["signal", "data", "control", "network"]) {
        (Duct::Tray, 0.045)
    } else if any(&["power", "electric", "volt"]) {
        (Duct::Tray, 0.11)
    } else if any(&["air", "gas", "steam", "vent"]) {
        (Duct::Pipe, 0.085)
    } else {
        (Duct::Pipe, 0.11)
    }
}

/// Above most bodies, within reason.
fn base_height(places: &[Place]) -> f32 {
    let mut tops: Vec<f32> = places.iter().map(|p| p.position.y + p.size.y).collect();
    tops.sort_by(f32::total_cmp);
    let high = tops.get(tops.len() * 7 / 10).copied().unwrap_or(LOWEST);
    (high + 0.7).clamp(LOWEST, HIGHEST)
}

/// Members of each connected network, in asset order.
fn networks(links: &[&Link]) -> Vec<Vec<AssetId>> {
    let mut groups: Vec<Vec<AssetId>> = Vec::new();
    for link in links {
        let mut joined = vec![link.from, link.to];
        groups.retain(|g| {
            let touches = g.contains(&link.from) || g.contains(&link.to);
            if touches {
                joined.extend(g);
            }
            !touches
        });
        joined.sort();
        joined.dedup();
        groups.push(joined);
    }
    groups.sort();
    groups
}

/// Where a medium leaves a body: spread along its length by tier, so that risers do not coincide.
fn port(place: &Place, tier: usize) -> Vec3 {
    let slot = ((tier * 2) % 7) as f32 / 6.0 - 0.5;
    place.to_plant(Vec3::new(slot * (place.size.x * 0.7).min(2.4), place.size.y * 0.8, 0.0))
}

/// Trunks along x, one per row of members, joined across; a spur and a riser per member.
fn network(members: &[AssetId], medium: MediumId, places: &[Place], height: f32, tier: usize, look: (Duct, f32), out: &mut Vec<Route>) {
    let (duct, radius) = look;
    let mut ports: Vec<Vec3> = members.iter().map(|m| port(&places[m.index()], tier)).collect();
    ports.sort_by(|a, b| a.z.total_cmp(&b.z).then(a.x.total_cmp(&b.x)));
    let mut previous: Option<(f32, f32, f32)> = None;
    for row in ports.chunk_by(|a, b| b.z - a.z < ROW) {
        let z = row[row.len() / 2].z + (tier % 5) as f32 * 0.3 - 0.6;
        let (x0, x1) = row.iter().fold((f32::MAX, f32::MIN), |(a, b), p| (a.min(p.x), b.max(p.x)));
        // The cross run leaves the previous row where the two come nearest.
        let cross = previous.map(|(low, high, _)| ((low.max(x0) + high.min(x1)) / 2.0).clamp(low, high));
        let (x0, x1) = cross.map_or((x0, x1), |c| (x0.min(c), x1.max(c)));
        if let (Some(c), Some((_, _, from))) = (cross, previous) {
            let points = vec![Vec3::new(c, height, from), Vec3::new(c, height, z)];
            out.push(Route { medium, points, radius, duct, trunk: false });
        }
        if x1 - x0 > 0.1 {
            out.push(Route { medium, points: vec![Vec3::new(x0, height, z), Vec3::new(x1, height, z)], radius, duct, trunk: true });
        }
        previous = Some((x0, x1, z));
        for p in row {
            let mut points = vec![Vec3::new(p.x, height, z), Vec3::new(p.x, height, p.z)];
            if (p.y - height).abs() > 0.1 {
                points.push(*p);
            }
            points.dedup_by(|a, b| a.distance(*b) < 0.05);
            if points.len() > 1 {
                out.push(Route { medium, points, radius: radius * 0.75, duct, trunk: false });
            }
        }
    }
}

/// A material pipe from body to body.
fn pairwise(link: &Link, medium: MediumId, places: &[Place], k: usize, look: (Duct, f32)) -> Route {
    let (a, b) = (&places[link.from.index()], &places[link.to.index()]);
    let shift = ((k % 3) as f32 - 1.0) * 0.3;
    let leave = a.to_plant(Vec3::new(a.size.x * 0.12, a.size.y * 0.9, shift));
    let enter = b.to_plant(Vec3::new(-b.size.x * 0.12, b.size.y * 0.9, shift));
    let height = leave.y.max(enter.y).clamp(2.2, 4.6) + 0.35 + 0.16 * (k % 4) as f32;
    let corner = Vec3::new(enter.x, height, leave.z);
    let mut points = vec![leave, leave.with_y(height), corner, enter.with_y(height), enter];
    points.dedup_by(|a, b| a.distance(*b) < 0.05);
    Route { medium, points, radius: look.1, duct: look.0, trunk: false }
}

/// The way-points of the scene file, joined at right angles.
fn along(link: &Link, medium: MediumId, places: &[Place], look: (Duct, f32)) -> Route {
    let ends = |a: AssetId| places[a.index()].position + Vec3::Y * places[a.index()].size.y * 0.8;
    let mut points = vec![ends(link.from)];
    let via = link.via_m.iter().map(|p| Vec3::from(p.map(|v| v as f32)));
    for next in via.chain([ends(link.to)]) {
        let last = points[points.len() - 1];
        for step in [Vec3::new(last.x, next.y, last.z), Vec3::new(next.x, next.y, last.z), next] {
            if step.distance(points[points.len() - 1]) > 0.02 {
                points.push(step);
            }
        }
    }
    Route { medium, points, radius: look.1, duct: look.0, trunk: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(k: u32, x: f32, z: f32) -> Place {
        Place { asset: AssetId(k), position: Vec3::new(x, 0.0, z), yaw: 0.3, size: Vec3::new(2.0, 2.0, 2.0) }
    }

    fn link(from: u32, to: u32) -> Link {
        Link { from: AssetId(from), to: AssetId(to), medium: MediumId(0), via_m: vec![] }
    }

    #[test]
    fn networks_are_connected_components() {
        let links = [link(0, 1), link(3, 4), link(1, 2), link(5, 3)];
        let refs: Vec<&Link> = links.iter().collect();
        let ids = |v: &[u32]| v.iter().map(|&k| AssetId(k)).collect::<Vec<_>>();
        assert_eq!(networks(&refs), vec![ids(&[0, 1, 2]), ids(&[3, 4, 5])]);
    }

    #[test]
    fn every_segment_is_parallel_to_an_axis() {
        let places = [place(0, 0.0, 0.0), place(1, 8.0, 5.0), place(2, 3.0, -7.0)];
        let mut out = Vec::new();
        network(&[AssetId(0), AssetId(1), AssetId(2)], MediumId(0), &places, 4.0, 1, (Duct::Pipe, 0.1), &mut out);
        out.push(pairwise(&link(0, 1), MediumId(0), &places, 2, (Duct::Pipe, 0.1)));
        out.push(along(&Link { via_m: vec![[4.0, 3.0, 9.0]], ..link(0, 2) }, MediumId(0), &places, (Duct::Pipe, 0.1)));
        assert!(out.len() >= 5);
        for r in &out {
            for w in r.points.windows(2) {
                let d = (w[1] - w[0]).abs();
                let off = [d.x, d.y, d.z].iter().filter(|v| **v > 1e-3).count();
                assert_eq!(off, 1, "{:?}", r.points);
            }
        }
    }
}
