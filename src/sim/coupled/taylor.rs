//! Taylor series of a block by recurrence, and how far they may be trusted.
//!
//! With x = Σ xₖ sᵏ and s in hours: products are Cauchy products, √L follows from s·s = L, a quotient from its product. Pure
//! arithmetic on the workspace.

use super::settings::Workspace;
use super::{Block, FILM, SCALE_K, slope, value};

/// Order of the polynomials.
pub(super) const ORDER: usize = 16;
/// kJ per kWh.
const KJ_PER_KWH: f64 = 3600.0;
/// Longest segment [h]: ten years.
const LONGEST_H: f64 = 87_660.0;
/// Shortest segment [h]: a microsecond.
pub(super) const SHORTEST_H: f64 = 1.0 / 3.6e9;

/// The temperature that flows into `j`, coefficient k.
fn brought(w: &Workspace, from: Option<u32>, j: usize, k: usize) -> f64 {
    match (from, k) {
        (Some(t), _) => w.temperatures[t as usize][k],
        (None, 0) => w.inflow_c[j],
        (None, 1) => w.inflow_per_h[j],
        (None, _) => 0.0,
    }
}

/// Coefficient k of the heat that flows into temperature `j` without cooling [kJ/h].
fn heat_in(b: &Block, w: &Workspace, j: usize, inflow: &mut usize, k: usize) -> f64 {
    let t = &b.temperatures[j];
    let own = w.temperatures[j][k];
    let mut kw = -w.ambient_kw_per_k[j] * own;
    if k == 0 {
        kw += w.heat_kw[j] + w.ambient_kw_per_k[j] * w.ambient_c;
    } else if k == 1 {
        kw += w.ambient_kw_per_k[j] * w.ambient_per_h;
    }
    for (e, g) in b.exchanges.iter().zip(&w.exchange) {
        if e.a as usize == j {
            kw += g * (w.temperatures[e.b as usize][k] - own);
        } else if e.b as usize == j {
            kw += g * (w.temperatures[e.a as usize][k] - own);
        }
    }
    let mut sum = kw * KJ_PER_KWH;
    let Some((_, per_unit)) = t.mixed else { return sum };
    for (_, from) in &t.links {
        sum += per_unit * w.inflow[*inflow] * (brought(w, *from, j, k) - own);
        *inflow += 1;
    }
    for (d, from) in &t.drains {
        let flow = &w.flows[*d as usize];
        for (i, flow) in flow[..=k].iter().enumerate() {
            sum += per_unit * flow * (brought(w, *from, j, k - i) - w.temperatures[j][k - i]);
        }
    }
    sum
}

/// Heat that flows into temperature `j` at the present values, cooling left out [kW].
pub(super) fn load_kw(b: &Block, w: &mut Workspace, j: usize) -> f64 {
    w.shape(b.levels.len(), b.temperatures.len(), b.drains.len());
    for (series, x) in w.levels.iter_mut().zip(&w.level) {
        series[0] = *x;
    }
    for (series, x) in w.temperatures.iter_mut().zip(&w.celsius) {
        series[0] = *x;
    }
    flows(b, w, 0);
    let mut inflow = b.temperatures[..j].iter().map(|t| if t.mixed.is_some() { t.links.len() } else { 0 }).sum();
    heat_in(b, w, j, &mut inflow, 0) / KJ_PER_KWH
}

/// Coefficient k of the roots of levels and of the drains.
fn flows(b: &Block, w: &mut Workspace, k: usize) {
    for i in 0..b.levels.len() {
        let level = w.levels[i];
        let s = &mut w.roots[i];
        if k == 0 {
            s[0] = libm::sqrt(level[0].max(0.0));
        } else {
            let known: f64 = (1..k).map(|m| s[m] * s[k - m]).sum();
            s[k] = if s[0] > 0.0 { (level[k] - known) / (2.0 * s[0]) } else { 0.0 };
        }
    }
    for (d, drain) in b.drains.iter().enumerate() {
        let from = drain.from as usize;
        w.flows[d][k] = w.linear[d] * w.levels[from][k] + w.root[d] * w.roots[from][k];
    }
}

/// Expands the block from its present values.
pub(super) fn expand(b: &Block, w: &mut Workspace) {
    w.shape(b.levels.len(), b.temperatures.len(), b.drains.len());
    for (series, x) in w.levels.iter_mut().zip(&w.level) {
        series[0] = *x;
    }
    for (series, x) in w.temperatures.iter_mut().zip(&w.celsius) {
        series[0] = *x;
    }
    for k in 0..ORDER {
        let step = (k + 1) as f64;
        flows(b, w, k);
        for i in 0..b.levels.len() {
            w.levels[i][k + 1] = if w.resting[i] { 0.0 } else { net(b, w, i, k) / step };
        }
        let mut inflow = 0;
        for j in 0..b.temperatures.len() {
            let heat = heat_in(b, w, j, &mut inflow, k);
            w.loads[j][k] = heat / KJ_PER_KWH;
            let cooled = if k == 0 { heat - w.cooling_kw[j] * KJ_PER_KWH } else { heat };
            w.rates[j][k] = if w.held[j] { 0.0 } else { quotient(b, w, j, k, cooled) };
            w.temperatures[j][k + 1] = w.rates[j][k] / step;
        }
    }
}

/// Coefficient k of a level's rate.
fn net(b: &Block, w: &Workspace, i: usize, k: usize) -> f64 {
    let mut sum = if k == 0 { w.net_per_h[i] } else { 0.0 };
    for (drain, flow) in b.drains.iter().zip(&w.flows) {
        if drain.from as usize == i {
            sum -= flow[k];
        }
        if drain.to == Some(i as u32) {
            sum += flow[k];
        }
    }
    sum
}

/// Coefficient k of heat / heat capacity.
fn quotient(b: &Block, w: &Workspace, j: usize, k: usize, heat: f64) -> f64 {
    match b.temperatures[j].mixed {
        Some((level, per_unit)) if w.capacity[j] == 0.0 => {
            let content = &w.levels[level as usize];
            let known: f64 = (1..=k).map(|i| per_unit * content[i] * w.rates[j][k - i]).sum();
            (heat - known) / (per_unit * content[0])
        }
        Some(_) | None => heat / w.capacity[j],
    }
}

/// How long the series may be used [h], so that each state errs by at most `quantum` of its scale.
pub(super) fn trusted_h(b: &Block, w: &Workspace, quantum: f64) -> f64 {
    let mut h = LONGEST_H;
    let levels = w.levels.iter().zip(&b.levels).map(|(s, l)| (s, l.capacity));
    for (series, scale) in levels.chain(w.temperatures.iter().map(|s| (s, SCALE_K))) {
        let tolerance = quantum * scale;
        for k in [ORDER - 1, ORDER] {
            let c = series[k].abs();
            if c > 0.0 {
                h = h.min(0.8 * libm::pow(tolerance / c, 1.0 / k as f64));
            }
        }
    }
    h = h.max(SHORTEST_H);
    while h > SHORTEST_H && defect(b, w, h) > quantum {
        h = (0.5 * h).max(SHORTEST_H);
    }
    h
}

/// Defect p′ − f(p) at the end of a segment, integrated over it: the defect grows like sᴺ, so its integral is h/(N+1) of the
/// last; the largest over the states, relative to their scales.
fn defect(b: &Block, w: &Workspace, h: f64) -> f64 {
    let mut worst: f64 = 0.0;
    let weight = h / (ORDER + 1) as f64;
    let flow = |d: usize| {
        let level = value(&w.levels[b.drains[d].from as usize], h);
        w.linear[d] * level + w.root[d] * libm::sqrt(level.max(0.0))
    };
    for (i, level) in b.levels.iter().enumerate().filter(|(i, _)| !w.resting[*i]) {
        let mut rate = w.net_per_h[i];
        for (d, drain) in b.drains.iter().enumerate() {
            if drain.from as usize == i {
                rate -= flow(d);
            }
            if drain.to == Some(i as u32) {
                rate += flow(d);
            }
        }
        worst = worst.max((slope(&w.levels[i], h) - rate).abs() * weight / level.capacity);
    }
    let mut inflow = 0;
    for (j, t) in b.temperatures.iter().enumerate() {
        let own = value(&w.temperatures[j], h);
        let other = |from: Option<u32>| from.map_or(w.inflow_c[j] + w.inflow_per_h[j] * h, |f| value(&w.temperatures[f as usize], h));
        let mut kw = w.heat_kw[j] - w.cooling_kw[j] + w.ambient_kw_per_k[j] * (w.ambient_c + w.ambient_per_h * h - own);
        for (e, g) in b.exchanges.iter().zip(&w.exchange) {
            if e.a as usize == j {
                kw += g * (other(Some(e.b)) - own);
            } else if e.b as usize == j {
                kw += g * (other(Some(e.a)) - own);
            }
        }
        let mut heat = kw * KJ_PER_KWH;
        let mut capacity = w.capacity[j];
        if let Some((level, per_unit)) = t.mixed {
            for (_, from) in &t.links {
                heat += per_unit * w.inflow[inflow] * (other(*from) - own);
                inflow += 1;
            }
            for (d, from) in &t.drains {
                heat += per_unit * flow(*d as usize) * (other(*from) - own);
            }
            if capacity == 0.0 {
                capacity = per_unit * value(&w.levels[level as usize], h).max(FILM * 1e-3);
            }
        }
        if !w.held[j] {
            worst = worst.max((slope(&w.temperatures[j], h) - heat / capacity).abs() * weight / SCALE_K);
        }
    }
    worst
}
