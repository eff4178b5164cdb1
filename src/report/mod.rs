//! The executive page: one self-contained, printable HTML file that says what a forecast says.
//!
//! Owns the page; every figure is the forecast's. Knows neither files nor clocks. Invariant: the page needs no script
//! and no other resource, and text from files is escaped.

mod chart;
mod style;
mod words;

use crate::forecast::{Alternative, AssetImpact, Forecast, Intervals, Mean};
use std::fmt::Write;
use words::{asset, causes, duration, escaped, futures, hex, number, signed, unit};

/// Most assets in the list of the cascade.
const MAX_CASCADE: usize = 25;
/// Most assets in a drawing.
const MAX_DRAWN: usize = 18;

/// The page of a forecast.
pub fn html(f: &Forecast) -> String {
    let title = f.story.as_ref().map_or_else(|| format!("Forecast for {}", f.plant), |s| s.name.clone());
    let best = best(f);
    let mut body = head(f, &title) + &headline(f, best);
    body += &section(
        "What the day looks like",
        &(chart::fan(f, "profit", "Profit since the start", best) + &chart::fan(f, throughput(f), "Output rate", best)),
    );
    if f.alternatives.len() > 1 {
        body += &section("What can be done", &responses(f));
    }
    if let Some(nothing) = f.alternatives.first() {
        body += &section("What stops, when nothing is done", &cascade(f, nothing));
        let graph = chart::graph(f, nothing, MAX_DRAWN);
        if !graph.is_empty() {
            let note = "<p class=\"note\">From left to right in the order in which assets are hit. An arrow says what was short when the next impact began; \
                        its width is the share of futures. Shares below 2 % are left out.</p>";
            body += &section("How it spreads", &(graph + note));
        }
    }
    body += &section("What this rests on", &basis(f));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style>{}</style></head><body><main>\n{body}</main></body></html>\n",
        escaped(&title),
        style::CSS
    )
}

fn section(title: &str, inner: &str) -> String {
    format!("<section><h2>{title}</h2>{inner}</section>\n")
}

/// The output rate where the plant has one, else good units.
fn throughput(f: &Forecast) -> &'static str {
    if f.baseline.fans.iter().any(|k| k.kpi == "throughput_per_h") { "throughput_per_h" } else { "good_units" }
}

/// The response with the highest mean profit, when it beats doing nothing.
fn best(f: &Forecast) -> Option<&Alternative> {
    let gain = |a: &Alternative| gain(a).map_or(f64::NEG_INFINITY, |m| m.mean);
    let best = f.alternatives.iter().skip(1).max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    (gain(best) > 0.0).then_some(best)
}

/// Profit against doing nothing, run by run.
fn gain(a: &Alternative) -> Option<Mean> {
    a.versus_nothing.as_ref()?.iter().find(|d| d.kpi == "profit").map(|d| d.mean)
}

fn against_undisturbed(a: &Alternative, kpi: &str) -> Option<Mean> {
    a.versus_baseline.iter().find(|d| d.kpi == kpi).map(|d| d.mean)
}

fn head(f: &Forecast, title: &str) -> String {
    let plant = if f.plant_name.is_empty() { &f.plant } else { &f.plant_name };
    let mut out = format!("<header><p class=\"kicker\">{}</p><h1>{}</h1>", escaped(plant), escaped(title));
    if let Some(story) = &f.story {
        let _ = write!(out, "<p class=\"lead\">{}</p>", escaped(&story.text));
        if !story.disruptions.is_empty() {
            let items: String = story.disruptions.iter().map(|d| format!("<li>{}</li>", escaped(d))).collect();
            let _ = write!(out, "<ul class=\"events\">{items}</ul>");
        }
    }
    out + "</header>\n"
}

fn headline(f: &Forecast, best: Option<&Alternative>) -> String {
    let Some(nothing) = f.alternatives.first() else { return String::new() };
    let c = escaped(&f.currency);
    let mut tiles = String::new();
    let mut tile = |figure: String, words: String| {
        let _ = write!(tiles, "<div class=\"tile\"><p class=\"figure\">{figure}</p><p>{words}</p></div>");
    };
    if let Some(m) = against_undisturbed(nothing, "profit") {
        let words = format!(
            "profit when nothing is done, against an undisturbed {} (95 %: {} to {})",
            duration(f.horizon.h()),
            signed(m.low),
            signed(m.high)
        );
        tile(format!("{} {c}", signed(m.mean)), words);
    }
    match best.and_then(|a| gain(a).map(|m| (a, m))) {
        Some((a, m)) => {
            let words = format!("more than doing nothing with “{}” (95 %: {} to {})", escaped(&a.name), signed(m.low), signed(m.high));
            tile(format!("{} {c}", signed(m.mean)), words);
            let ahead = format!(
                "“{}” earns the most of {} alternatives (95 %: {:.0} to {:.0} %)",
                escaped(&a.name),
                f.alternatives.len(),
                a.standing.best_low * 100.0,
                a.standing.best_high * 100.0
            );
            tile(futures(a.standing.best), ahead);
        }
        None if f.alternatives.len() > 1 => tile("0".into(), "none of the responses earns more than doing nothing".into()),
        None => {}
    }
    let likely = nothing.impacts.iter().filter(|i| i.probability >= 0.5).count();
    tile(format!("{likely} of {}", f.assets.len()), "assets fall short in at least half of the futures when nothing is done".into());
    format!("<div class=\"tiles\">{tiles}</div>\n")
}

fn responses(f: &Forecast) -> String {
    let rows: Vec<(&str, Mean)> = f.alternatives.iter().skip(1).filter_map(|a| Some((a.name.as_str(), gain(a)?))).collect();
    let c = escaped(&f.currency);
    let mut out = format!(
        "<figure><figcaption>Profit against doing nothing, future by future [{c}]: mean and 95 % interval</figcaption>{}</figure>",
        chart::gains(f, &rows)
    );
    let objectives = f.alternatives.first().map(|a| a.standing.objectives.clone()).unwrap_or_default();
    let name = |id: &str| f.baseline.totals.iter().find(|k| k.kpi == id).map_or("Profit, mean of the worst 5 %", |k| k.name.as_str()).to_owned();
    out += "<table><thead><tr><th>Response</th><th class=\"r\">Earns most in</th>";
    for o in &objectives {
        let _ = write!(
            out,
            "<th class=\"r\">{} [{}] {}</th>",
            escaped(&name(&o.id)),
            escaped(&unit(&o.unit)),
            if o.higher_is_better { "↑" } else { "↓" }
        );
    }
    out += "<th>Not dominated</th></tr></thead><tbody>";
    for a in &f.alternatives {
        let _ = write!(out, "<tr><td>{}</td><td class=\"r\">{:.0} %</td>", escaped(&a.name), a.standing.best * 100.0);
        for o in &a.standing.objectives {
            let _ = write!(out, "<td class=\"r\">{}</td>", number(o.value));
        }
        let _ = write!(out, "<td>{}</td></tr>", if a.standing.pareto { "yes" } else { "" });
    }
    out += "</tbody></table><p class=\"note\">Means over the futures; ↑ more is better, ↓ less is better. Not dominated: no other row is nowhere worse and somewhere better.</p>";
    out + &plans(f)
}

/// What each response does.
fn plans(f: &Forecast) -> String {
    let Some(story) = &f.story else { return String::new() };
    let mut out = String::from("<dl>");
    for (a, actions) in f.alternatives.iter().skip(1).zip(&story.responses) {
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escaped(&a.name), escaped(&actions.join("; ")));
    }
    out + "</dl>"
}

fn cascade(f: &Forecast, a: &Alternative) -> String {
    let mut hit: Vec<&AssetImpact> = a.impacts.iter().filter(|i| i.count > 0).collect();
    if hit.is_empty() {
        return "<p>Nothing: no asset falls short of an undisturbed day in any future.</p>".into();
    }
    let total = hit.len();
    hit.truncate(MAX_CASCADE);
    let onset = |i: &AssetImpact| i.time_to_impact.map_or(f64::INFINITY, |q| q.q50);
    hit.sort_by(|x, y| onset(x).total_cmp(&onset(y)).then(x.asset.cmp(&y.asset)));
    let strips = chart::strips(f, a, MAX_DRAWN);
    let mut out = format!(
        "<figure><figcaption>Share of futures in which each asset falls short, over time (the darker, the more)</figcaption>{strips}</figure><ol class=\"cascade\">"
    );
    for i in hit {
        let when = i.time_to_impact.map_or_else(String::new, |q| {
            let from = if f.first_disruption.0 > 0 { "after the first disruption" } else { "after the start" };
            if q.q95 * 60.0 < 0.5 {
                ", at once".into()
            } else {
                format!(", typically {} {from} <span class=\"ci\">({} to {})</span>", duration(q.q50), duration(q.q05), duration(q.q95))
            }
        });
        let why = causes(f, a, i);
        let why = if why.is_empty() { String::new() } else { format!(" <span class=\"why\">{why}.</span>") };
        let _ = write!(
            out,
            "<li><b>{}</b> falls short in <b>{}</b>{when}; {} of full service lost on average.{why}</li>",
            asset(f, i.asset),
            futures(i.probability),
            duration(i.mean_shortfall_h)
        );
    }
    out += "</ol>";
    if total > MAX_CASCADE {
        let _ = write!(out, "<p class=\"note\">The {MAX_CASCADE} most probable of {total} affected assets.</p>");
    }
    out
}

fn basis(f: &Forecast) -> String {
    let mut items = vec![
        format!("{} paired futures per alternative: doing nothing, every response and the undisturbed day share the same random numbers, so differences are due to what differs.", f.runs),
        "An asset “falls short” when its service stays below that of the undisturbed future with the same random numbers by more than its tolerance for longer than its tolerance.".into(),
        match f.intervals {
            Intervals::Fixed => "Intervals are 95 % sampling intervals (Wilson, Student’s t): they say how much more futures could change the answer, not how right the model is.".into(),
            Intervals::Anytime => "Intervals are 95 % confidence sequences: they hold although the ensemble stopped when it was precise enough. They say nothing about how right the model is.".into(),
        },
    ];
    if f.failed > 0 {
        items.push(format!(
            "{} futures could not be simulated and are in no figure: {}",
            f.failed,
            f.failed_runs.iter().take(3).map(|r| format!("run {} ({})", r.run, escaped(&r.message))).collect::<Vec<_>>().join("; ")
        ));
    }
    items.extend(f.story.iter().flat_map(|s| &s.assumptions).map(|a| format!("Assumed: {}.", escaped(a))));
    let list: String = items.iter().map(|i| format!("<li>{i}</li>")).collect();
    let runs: String = f
        .alternatives
        .iter()
        .map(|a| {
            let worst = a.worst_runs.iter().take(3).map(u64::to_string).collect::<Vec<_>>().join(", ");
            let limit = a.first_limit_run.map_or_else(|| "–".into(), |(run, h)| format!("{run} (by {})", duration(h)));
            format!(
                "<tr><td>{}</td><td>{}</td><td class=\"r\">{}</td><td class=\"r\">{worst}</td><td class=\"r\">{limit}</td></tr>",
                escaped(&a.id),
                escaped(&a.name),
                a.median_run
            )
        })
        .collect();
    let scenario = f.story.as_ref().map_or("SCENARIO", |s| s.scenario.as_str());
    format!(
        "<ul>{list}</ul><table><thead><tr><th>Alternative</th><th></th><th class=\"r\">Median run</th><th class=\"r\">Worst runs</th><th class=\"r\">First beyond a limit or tripped</th></tr></thead>\
         <tbody>{runs}</tbody></table><p class=\"note\">Any run can be seen again: <code>plantcast trace {} --seed {} --run N --alternative ID</code></p>\
         <table class=\"lineage\"><tbody><tr><td>Scenario</td><td>{}</td></tr><tr><td>Seed, futures, horizon</td><td>{}, {}, {}</td></tr><tr><td>Plant</td><td><code>{}</code></td></tr>\
         <tr><td>Question</td><td><code>{}</code></td></tr><tr><td>Answer</td><td><code>{}</code></td></tr><tr><td>Made by</td><td>plantcast {}</td></tr></tbody></table>",
        escaped(scenario),
        f.seed,
        escaped(scenario),
        f.seed,
        f.runs,
        f.horizon,
        hex(&f.plant_hash),
        hex(&f.request_hash),
        hex(&f.hash),
        escaped(&f.build)
    )
}
