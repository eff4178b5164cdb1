//! Placing text over the picture without overlap. Pure.
//!
//! Greedy by importance: what matters most takes its best place, the rest the next free one, or is left out.
//! Invariant: two placed labels never overlap, and all lie inside the area.

use bevy::math::{Rect, Vec2};

/// A label that wants a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wish {
    /// Point it belongs to [px].
    pub anchor: Vec2,
    /// Size of its box [px].
    pub size: Vec2,
    /// Larger is placed first.
    pub weight: f32,
    /// Tries far places too, with a leader line.
    pub insistent: bool,
}

/// Gap between labels [px].
const GAP: f32 = 3.0;

/// A box for each wish, `None` when there is no room.
pub fn place(wishes: &[Wish], area: Rect) -> Vec<Option<Rect>> {
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by(|&a, &b| wishes[b].weight.total_cmp(&wishes[a].weight).then(a.cmp(&b)));
    let mut out: Vec<Option<Rect>> = vec![None; wishes.len()];
    let mut used: Vec<Rect> = Vec::new();
    for k in order {
        let wish = &wishes[k];
        let free = |r: &Rect| inside(r, area) && used.iter().all(|u| !overlap(r, u));
        if let Some(r) = candidates(wish).into_iter().find(free) {
            used.push(r);
            out[k] = Some(r);
        }
    }
    out
}

/// Places in order of preference: above, then a little aside, then further up and out.
fn candidates(w: &Wish) -> Vec<Rect> {
    let at = |dx: f32, dy: f32| Rect::from_center_size(w.anchor + Vec2::new(dx * w.size.x, -(w.size.y / 2.0 + 6.0) + dy * (w.size.y + GAP)), w.size);
    let mut out = vec![at(0.0, 0.0), at(-0.4, 0.0), at(0.4, 0.0), at(0.0, -1.0), at(-0.4, -1.0), at(0.4, -1.0)];
    if w.insistent {
        for k in 2..7 {
            let up = -(k as f32);
            out.extend([at(0.0, up), at(-0.6, up), at(0.6, up)]);
            if k < 5 {
                out.extend([at(-1.2, up + 1.5), at(1.2, up + 1.5)]);
            }
        }
        out.extend([at(0.0, 1.5), at(-0.8, 1.5), at(0.8, 1.5)]);
    }
    out
}

fn inside(r: &Rect, area: Rect) -> bool {
    r.min.x >= area.min.x && r.min.y >= area.min.y && r.max.x <= area.max.x && r.max.y <= area.max.y
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.min.x < b.max.x + GAP && b.min.x < a.max.x + GAP && a.min.y < b.max.y + GAP && b.min.y < a.max.y + GAP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_overlap_and_the_important_ones_come_first() {
        let area = Rect::new(0.0, 0.0, 400.0, 300.0);
        let wishes: Vec<Wish> = (0..60)
            .map(|k| Wish {
                anchor: Vec2::new((k * 37 % 400) as f32, (k * 53 % 300) as f32),
                size: Vec2::new(60.0, 18.0),
                weight: if k == 30 { 10.0 } else { 1.0 },
                insistent: k % 10 == 0,
            })
            .collect();
        let placed = place(&wishes, area);
        let boxes: Vec<Rect> = placed.iter().flatten().copied().collect();
        assert!(boxes.len() > 15, "{}", boxes.len());
        assert!(placed[30].is_some());
        for (i, a) in boxes.iter().enumerate() {
            assert!(inside(a, area));
            assert!(boxes[i + 1..].iter().all(|b| !overlap(a, b)));
        }
        assert_eq!(place(&wishes, area), placed);
    }
}
