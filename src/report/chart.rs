//! Inline SVG: fans over time, intervals side by side, probability over time by asset.
//!
//! Owns drawing of figures that are the forecast's. Invariant: no script, no outside resource; every drawing says in
//! words what it shows (`<title>`), and no drawing means anything by colour alone.

use super::words::{asset, escaped, number, shortened, signed, unit};
use crate::forecast::{Alternative, Forecast, KpiFan, Mean};
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 12.0;

/// The whole of an SVG element of a height.
fn svg(height: f64, title: &str, body: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><title>{}</title><style>{}</style>{body}</svg>\n",
        escaped(title),
        super::style::SVG
    )
}

fn text(x: f64, y: f64, class: &str, words: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>", escaped(words))
}

/// Round numbers that divide a range into about four.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = (high - low).max(1e-9);
    let raw = span / 4.0;
    let power = libm::pow(10.0, libm::floor(libm::log10(raw)));
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw).unwrap_or(raw);
    let first = libm::ceil(low / step) as i64;
    let last = libm::floor(high / step) as i64;
    (first..=last).take(12).map(|k| k as f64 * step).collect()
}

/// A fan of one KPI: undisturbed median, do nothing and one response.
pub fn fan(f: &Forecast, kpi: &str, title: &str, response: Option<&Alternative>) -> String {
    let find = |fans: &[KpiFan]| fans.iter().find(|k| k.kpi == kpi).cloned();
    let Some(nothing) = f.alternatives.first().and_then(|a| find(&a.fans)) else { return String::new() };
    let baseline = find(&f.baseline.fans);
    let better = response.and_then(|a| find(&a.fans));
    let all = [Some(&nothing), baseline.as_ref(), better.as_ref()];
    let values: Vec<f64> = all.into_iter().flatten().flat_map(|k| k.q05.iter().chain(&k.q95)).copied().collect();
    let (low, high) = (values.iter().copied().fold(0.0, f64::min), values.iter().copied().fold(0.0, f64::max));
    let (high, height, bottom) = (if high > low { high } else { low + 1.0 }, 250.0, 30.0);
    let hours = f.horizon.h().max(1e-9);
    let x = |i: usize| LEFT + (WIDTH - LEFT - RIGHT) * f.grid.get(i).map_or(0.0, |t| t.h()) / hours;
    let y = |v: f64| 10.0 + (height - 10.0 - bottom) * (1.0 - (v - low) / (high - low));
    let mut body = String::new();
    for t in ticks(low, high) {
        let _ = write!(body, "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{1:.1}\" y2=\"{1:.1}\" class=\"grid\"/>", WIDTH - RIGHT, y(t));
        body += &text(LEFT - 8.0, y(t) + 4.0, "tick end", &number(t));
    }
    for t in ticks(0.0, hours) {
        body += &text(LEFT + (WIDTH - LEFT - RIGHT) * t / hours, height - 10.0, "tick mid", &format!("{t} h"));
    }
    if f.first_disruption.0 > 0 {
        let at = LEFT + (WIDTH - LEFT - RIGHT) * f.first_disruption.h() / hours;
        let _ = write!(body, "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"10\" y2=\"{:.1}\" class=\"event\"/>", height - bottom);
    }
    let mut band = |k: &KpiFan, class: &str, middle: bool| {
        let (lower, upper) = if middle { (&k.q25, &k.q75) } else { (&k.q05, &k.q95) };
        let up = (0..upper.len()).map(|i| format!("{:.1},{:.1}", x(i), y(upper[i])));
        let down = (0..lower.len()).rev().map(|i| format!("{:.1},{:.1}", x(i), y(lower[i])));
        let _ = write!(body, "<polygon points=\"{}\" class=\"{class}\"/>", up.chain(down).collect::<Vec<_>>().join(" "));
    };
    band(&nothing, "band bad", false);
    band(&nothing, "band bad", true);
    if let Some(k) = &better {
        band(k, "band good", false);
        band(k, "band good", true);
    }
    let line = |k: &KpiFan, class: &str| {
        let points: Vec<String> = (0..k.q50.len()).map(|i| format!("{:.1},{:.1}", x(i), y(k.q50[i]))).collect();
        format!("<polyline points=\"{}\" class=\"{class}\"/>", points.join(" "))
    };
    body += &baseline.as_ref().map_or_else(String::new, |k| line(k, "line base"));
    body += &line(&nothing, "line bad");
    body += &better.as_ref().map_or_else(String::new, |k| line(k, "line good"));
    let key = |class: &str, name: &str| format!("<span class=\"key\"><i class=\"{class}\"></i>{}</span>", escaped(name));
    let mut legend = key("base", "undisturbed (median)") + &key("bad", "do nothing");
    if let (Some(a), true) = (response, better.is_some()) {
        legend += &key("good", &a.name);
    }
    format!(
        "<figure><figcaption>{} [{}] <span class=\"legend\">{legend}</span></figcaption>{}<p class=\"note\">Lines: medians; bands: half and nine tenths of the futures.</p></figure>",
        escaped(title),
        escaped(&unit(&nothing.unit)),
        svg(height, title, &body)
    )
}

/// Profit gained by each response, run by run, as dots with their intervals.
pub fn gains(f: &Forecast, rows: &[(&str, Mean)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let low = rows.iter().map(|r| r.1.low).fold(0.0, f64::min);
    let high = rows.iter().map(|r| r.1.high).fold(0.0, f64::max);
    let (low, high) = if high > low { (low, high) } else { (low, low + 1.0) };
    let names = 250.0;
    let x = |v: f64| names + (WIDTH - names - 90.0) * (v - low) / (high - low);
    let height = 30.0 + 30.0 * rows.len() as f64;
    let mut body = String::new();
    for t in ticks(low, high) {
        let _ = write!(
            body,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"4\" y2=\"{1:.1}\" class=\"{2}\"/>",
            x(t),
            height - 24.0,
            if t == 0.0 { "zero" } else { "grid" }
        );
        body += &text(x(t), height - 8.0, "tick mid", &number(t));
    }
    for (k, (name, m)) in rows.iter().enumerate() {
        let y = 20.0 + 30.0 * k as f64;
        let class = if m.low > 0.0 {
            "good"
        } else if m.high < 0.0 {
            "bad"
        } else {
            "base"
        };
        body += &text(0.0, y + 4.0, "name", &shortened(name, 42));
        let _ = write!(body, "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\" class=\"whisker {class}\"/>", x(m.low), x(m.high));
        let _ = write!(body, "<circle cx=\"{:.1}\" cy=\"{y}\" r=\"5\" class=\"dot {class}\"/>", x(m.mean));
        body += &text(x(m.high) + 10.0, y + 4.0, "value", &signed(m.mean));
    }
    svg(height, &format!("Profit against doing nothing [{}], mean and 95 % interval", f.currency), &body)
}

/// Probability of being impacted over time, one strip per asset: the darker, the more futures.
pub fn strips(f: &Forecast, a: &Alternative, most: usize) -> String {
    let mut shown: Vec<_> = a.impacts.iter().filter(|i| i.count > 0).take(most).collect();
    shown.sort_by(|x, y| onset(x.time_to_impact.map(|q| q.q50)).total_cmp(&onset(y.time_to_impact.map(|q| q.q50))));
    if shown.is_empty() {
        return String::new();
    }
    let names = 250.0;
    let (row, height) = (18.0, 30.0 + 18.0 * shown.len() as f64);
    let hours = f.horizon.h().max(1e-9);
    let x = |h: f64| names + (WIDTH - names - RIGHT) * h / hours;
    let mut body = String::new();
    for (k, i) in shown.iter().enumerate() {
        let y = 4.0 + row * k as f64;
        let name = f.asset_names.get(i.asset.index()).filter(|n| !n.is_empty()).or_else(|| f.assets.get(i.asset.index()));
        body += &text(0.0, y + 12.0, "name", &shortened(name.map_or("", String::as_str), 42));
        for (n, p) in i.at_time.iter().enumerate().filter(|p| *p.1 > 0.005) {
            let (from, to) = (f.grid.get(n).map_or(0.0, |t| t.h()), f.grid.get(n + 1).map_or(hours, |t| t.h()));
            let _ = write!(
                body,
                "<rect x=\"{:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{:.1}\" class=\"heat\" fill-opacity=\"{:.2}\"/>",
                x(from),
                x(to) - x(from) + 0.2,
                row - 3.0,
                p.clamp(0.05, 1.0)
            );
        }
        let _ = write!(body, "<rect x=\"{names}\" y=\"{y}\" width=\"{:.1}\" height=\"{:.1}\" class=\"frame\"/>", WIDTH - names - RIGHT, row - 3.0);
    }
    for t in ticks(0.0, hours) {
        body += &text(x(t), height - 8.0, "tick mid", &format!("{t} h"));
    }
    svg(height, &format!("Share of futures in which an asset falls short, over time, under {}", a.name), &body)
}

fn onset(h: Option<f64>) -> f64 {
    h.unwrap_or(f64::INFINITY)
}

/// Where the cascade runs: columns by the order in which assets are hit, arrows as wide as the share of futures.
pub fn graph(f: &Forecast, a: &Alternative, most: usize) -> String {
    let mut hit: Vec<_> =
        a.impacts.iter().filter(|i| i.count > 0 && a.causes.iter().any(|e| e.to == i.asset || e.from == i.asset)).take(most).collect();
    hit.sort_by(|x, y| onset(x.time_to_impact.map(|q| q.q50)).total_cmp(&onset(y.time_to_impact.map(|q| q.q50))).then(x.asset.cmp(&y.asset)));
    let place = |id| hit.iter().position(|i| i.asset == id);
    let edges: Vec<(usize, usize, f64)> = a
        .causes
        .iter()
        .filter(|e| e.probability >= 0.02)
        .filter_map(|e| Some((place(e.from)?, place(e.to)?, e.probability)))
        .filter(|(from, to, _)| from < to)
        .collect();
    if edges.is_empty() {
        return String::new();
    }
    // the longest chain of earlier assets decides the column; assets are sorted by onset, so one pass is enough
    let mut column = vec![0usize; hit.len()];
    for to in 0..hit.len() {
        column[to] = edges.iter().filter(|e| e.1 == to).map(|e| column[e.0] + 1).max().unwrap_or(0);
    }
    let columns = column.iter().max().map_or(1, |c| c + 1);
    let mut filled = vec![0usize; columns];
    let mut rows = Vec::with_capacity(column.len());
    for c in &column {
        rows.push(filled[*c]);
        filled[*c] += 1;
    }
    let deepest = filled.iter().copied().max().unwrap_or(1);
    let (w, h) = (WIDTH / columns as f64, 46.0);
    let height = h * deepest as f64 + 6.0;
    let box_w = (w * 0.72).min(130.0);
    let centre = |i: usize| {
        let slack = (deepest - filled[column[i]]) as f64 * h / 2.0;
        (w * (column[i] as f64 + 0.5), slack + h * (rows[i] as f64 + 0.5))
    };
    let mut body = String::new();
    for (from, to, p) in &edges {
        let ((x0, y0), (x1, y1)) = (centre(*from), centre(*to));
        let (x0, x1) = (x0 + box_w / 2.0, x1 - box_w / 2.0);
        let bend = (x1 - x0).abs() / 2.0 + 6.0;
        let _ = write!(
            body,
            "<path d=\"M{x0:.1},{y0:.1} C{:.1},{y0:.1} {:.1},{y1:.1} {x1:.1},{y1:.1}\" class=\"arrow\" stroke-width=\"{:.1}\"><title>{:.0} %</title></path>",
            x0 + bend,
            x1 - bend,
            0.8 + 5.0 * p,
            p * 100.0
        );
    }
    for (i, impact) in hit.iter().enumerate() {
        let (x, y) = centre(i);
        let _ = write!(
            body,
            "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{box_w:.1}\" height=\"36\" rx=\"5\" class=\"node\"/><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"4\" class=\"fill\"/>",
            asset(f, impact.asset),
            x - box_w / 2.0,
            y - 18.0,
            x - box_w / 2.0,
            y + 14.0,
            box_w * impact.probability
        );
        body += &text(x, y - 3.0, "node-id", f.assets.get(impact.asset.index()).map_or("", String::as_str));
        body += &text(x, y + 10.0, "node-p", &format!("{:.0} %", impact.probability * 100.0));
        body += "</g>";
    }
    svg(height, "Cause graph: what was short when each impact began", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 8.0), vec![0.0, 2.0, 4.0, 6.0, 8.0]);
        assert!(ticks(-1234.0, 9876.0).iter().all(|t| (t / 2500.0).fract() == 0.0));
        assert!(ticks(5.0, 5.0).len() <= 12);
    }
}
