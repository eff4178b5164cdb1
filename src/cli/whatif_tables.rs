//! The forecast as tables that people read: impacts, causes, responses, KPIs.
//!
//! Owns formatting only; every figure is the forecast's. Invariant: probabilities come with their frequency
//! and interval (DOMAIN 2.6), money with its currency.

use crate::forecast::{Alternative, AssetImpact, Forecast, Intervals, KpiSummary, Mean, PairedDifference};
use crate::plant::Plant;
use crate::scenario::Scenario;
use std::fmt::Write;

/// Most rows of a table.
const MAX_ROWS: usize = 30;

/// The whole report.
pub fn report(scenario: &Scenario, plant: &Plant, f: &Forecast) -> String {
    let mut out = head(scenario, plant, f);
    if let Some(nothing) = f.alternatives.first() {
        out += &impacts(plant, f, nothing);
        out += &causes(plant, f, nothing);
    }
    if f.alternatives.len() > 1 {
        out += &responses(f);
        out += &standing(f);
        out += &money(f);
        out += &impacts_by_response(plant, f);
    }
    out += &kpis(f);
    out += &runs(f);
    out
}

fn head(s: &Scenario, plant: &Plant, f: &Forecast) -> String {
    let mut out = format!("{} — {}\n", s.name, plant.name);
    let _ = writeln!(out, "{}\n", s.story);
    for d in &s.disruptions {
        let _ = writeln!(out, "  at {:>8}  {}", d.at.to_string(), d.what.brief());
    }
    if s.ambient_offset_c != 0.0 {
        let _ = writeln!(out, "  throughout  outside {:+.1} K (in the baseline too)", s.ambient_offset_c);
    }
    let _ = writeln!(
        out,
        "\n{} paired futures of {}, seed {}, every alternative on the same random numbers; times count from {}",
        f.runs,
        f.horizon,
        f.seed,
        if f.first_disruption.0 > 0 { format!("the first disruption at {}", f.first_disruption) } else { "the start".into() }
    );
    match f.intervals {
        Intervals::Fixed => {}
        Intervals::Anytime => out += "Intervals are confidence sequences: they hold although the ensemble looked at itself and could stop early.\n",
    }
    if f.failed > 0 {
        let named: Vec<String> = f.failed_runs.iter().take(3).map(|r| format!("run {}: {}", r.run, r.message)).collect();
        let _ = writeln!(out, "{} futures failed and are in no figure ({})", f.failed, named.join("; "));
    }
    out
}

fn impacts(plant: &Plant, f: &Forecast, a: &Alternative) -> String {
    let mut t = Table::new(&["asset", "", "impacted", "time to impact", "full-service hours lost", "recorded cause"], "llrrrl");
    for i in a.impacts.iter().filter(|i| i.count > 0).take(MAX_ROWS) {
        t.row([
            f.assets[i.asset.index()].clone(),
            plant.asset(i.asset).name.clone(),
            probability(i, f.runs),
            onset(i),
            format!("{:.2} ({:.2}–{:.2})", i.mean_shortfall_h, i.shortfall_low_h, i.shortfall_high_h),
            cause_of(f, a, i),
        ]);
    }
    let title = format!("Impact when nothing is done: service short of the paired baseline, {} of {} assets", affected(a), f.assets.len());
    if affected(a) == 0 {
        return format!("\n{title}\n  none\n");
    }
    t.render(&title, affected(a))
}

fn affected(a: &Alternative) -> usize {
    a.impacts.iter().filter(|i| i.count > 0).count()
}

/// "62.1 % (621 of 1000, 59.0–65.0)".
fn probability(i: &AssetImpact, runs: u32) -> String {
    format!("{:.1} % ({} of {}, {:.1}–{:.1})", i.probability * 100.0, i.count, runs, i.low * 100.0, i.high * 100.0)
}

/// Median and 5–95 %.
fn onset(i: &AssetImpact) -> String {
    i.time_to_impact.map_or_else(|| "–".into(), |q| format!("{} ({}–{})", hours(q.q50), hours(q.q05), hours(q.q95)))
}

/// Hours as "1h05" or "12 min".
fn hours(h: f64) -> String {
    let minutes = libm::round(h.abs() * 60.0) as i64;
    let sign = if h < 0.0 && minutes > 0 { "-" } else { "" };
    if minutes < 60 { format!("{sign}{minutes} min") } else { format!("{sign}{}h{:02}", minutes / 60, minutes % 60) }
}

/// The most frequent recorded causes of one asset.
fn cause_of(f: &Forecast, a: &Alternative, i: &AssetImpact) -> String {
    let edges = a.causes.iter().filter(|e| e.to == i.asset).map(|e| (e.count, format!("{} ({})", f.assets[e.from.index()], e.how)));
    let roots = a.roots.iter().filter(|r| r.asset == i.asset).map(|r| (r.count, r.kind.clone()));
    let mut all: Vec<(u32, String)> = edges.chain(roots).collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.0));
    let share = |c: u32| f64::from(c) / f64::from(i.count.max(1)) * 100.0;
    all.iter().take(2).map(|(c, name)| format!("{name} {:.0} %", share(*c))).collect::<Vec<_>>().join(", ")
}

fn causes(plant: &Plant, f: &Forecast, a: &Alternative) -> String {
    let mut t = Table::new(&["from", "to", "", "how", "in futures", "passed on", "lag"], "llllrrr");
    for e in a.causes.iter().take(MAX_ROWS) {
        let lag = e.lag.map_or_else(|| "–".into(), |q| format!("{} ({}–{})", hours(q.q50), hours(q.q05), hours(q.q95)));
        let share = format!("{:.1} % ({})", e.probability * 100.0, e.count);
        let how = e.via.map_or_else(|| e.how.clone(), |v| format!("{} through {}", e.how, f.assets[v.index()]));
        let passed = e.given_from.map_or_else(|| "–".into(), |p| format!("{:.1} %", p * 100.0));
        t.row([f.assets[e.from.index()].clone(), f.assets[e.to.index()].clone(), plant.asset(e.to).name.clone(), how, share, passed, lag]);
    }
    if a.causes.is_empty() { String::new() } else { t.render("Cause graph: what was short when the impact began", a.causes.len()) }
}

fn responses(f: &Forecast) -> String {
    let c = &f.currency;
    let profit = format!("Δ profit [{c}] vs nothing");
    let mut t = Table::new(&["response", "", &profit, "P(better)", "P(worse)", "Δ good units", "impacted assets", "recovered"], "llrrrrrr");
    for a in &f.alternatives {
        let versus = a.versus_nothing.as_deref();
        let better = difference(versus, "profit").map_or_else(|| "–".into(), |d| format!("{:.1} %", d.probability_better * 100.0));
        let worse = difference(versus, "profit").map_or_else(|| "–".into(), |d| format!("{:.1} %", d.probability_worse * 100.0));
        t.row([
            a.id.clone(),
            a.name.clone(),
            signed_mean(versus, "profit"),
            better,
            worse,
            signed_mean(versus, "good_units"),
            format!("{:.1}", a.impacts.iter().map(|i| i.probability).sum::<f64>()),
            format!("{:.1} %", f64::from(a.recovered) / f64::from(f.runs) * 100.0),
        ]);
    }
    t.render("Responses compared with doing nothing, run by run (mean, 95 % interval)", f.alternatives.len())
}

/// Who is best how often, what the bad futures cost, and what is wanted at once.
fn standing(f: &Forecast) -> String {
    let c = &f.currency;
    let risk = format!("profit at risk 95 % [{c}]");
    let conditional = format!("mean of the worst 5 % [{c}]");
    let mut t = Table::new(&["response", "P(best)", &risk, &conditional], "lrrr");
    for a in &f.alternatives {
        let s = &a.standing;
        let best = format!("{:.1} % ({:.1}–{:.1})", s.best * 100.0, s.best_low * 100.0, s.best_high * 100.0);
        t.row([a.id.clone(), best, interval(&s.value_at_risk, false), interval(&s.conditional_value_at_risk, false)]);
    }
    let mut out = t.render("Who is best, and what the bad futures bring (profit that 5 % of them fall short of)", f.alternatives.len());
    let Some(first) = f.alternatives.first() else { return out };
    let heads: Vec<String> =
        first.standing.objectives.iter().map(|o| format!("{} [{}]{}", o.id, o.unit, if o.higher_is_better { " ↑" } else { " ↓" })).collect();
    let mut all = vec!["response"];
    all.extend(heads.iter().map(String::as_str));
    all.push("not dominated");
    let mut t = Table::new(&all, &format!("l{}l", "r".repeat(heads.len())));
    for a in &f.alternatives {
        let mut row = vec![a.id.clone()];
        row.extend(
            a.standing.objectives.iter().map(|o| grouped(&if o.value.abs() < 20.0 { format!("{:.2}", o.value) } else { format!("{:.0}", o.value) })),
        );
        row.push(if a.standing.pareto { "yes".into() } else { String::new() });
        t.row(row);
    }
    out += &t.render(
        "What is wanted at once (means; an alternative is dominated when another is nowhere worse and somewhere better)",
        f.alternatives.len(),
    );
    out
}

fn difference<'d>(all: Option<&'d [PairedDifference]>, kpi: &str) -> Option<&'d PairedDifference> {
    all?.iter().find(|d| d.kpi == kpi)
}

fn signed_mean(all: Option<&[PairedDifference]>, kpi: &str) -> String {
    difference(all, kpi).map_or_else(|| "–".into(), |d| interval(&d.mean, true))
}

/// "+1 234 (-10 to +2 500)".
pub fn interval(m: &Mean, signed: bool) -> String {
    let digits = if m.mean.abs().max(m.high.abs()) < 20.0 { 2 } else { 0 };
    let one = |x: f64| if signed { format!("{:+.*}", digits, x) } else { format!("{:.*}", digits, x) };
    format!("{} ({} to {})", grouped(&one(m.mean)), grouped(&one(m.low)), grouped(&one(m.high)))
}

/// Thousands apart: "+12 345".
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, None), |(w, r)| (w, Some(r)));
    let digits = whole.trim_start_matches(['+', '-']);
    let mut out = whole[..whole.len() - digits.len()].to_owned();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(d);
    }
    rest.map_or(out.clone(), |r| format!("{out}.{r}"))
}

/// What the disruption costs at all, against the undisturbed baseline.
fn money(f: &Forecast) -> String {
    let mut t =
        Table::new(&["response", &format!("Δ profit [{}] vs undisturbed", f.currency), "Δ good units", "Δ energy [kWh]", "Δ CO2 [kg]"], "lrrrr");
    for a in &f.alternatives {
        let versus = Some(a.versus_baseline.as_slice());
        let cell = |kpi| signed_mean(versus, kpi);
        t.row([a.id.clone(), cell("profit"), cell("good_units"), cell("energy_kwh"), cell("co2_kg")]);
    }
    t.render("What the disruption still costs, against the paired undisturbed baseline", f.alternatives.len())
}

fn impacts_by_response(plant: &Plant, f: &Forecast) -> String {
    let mut heads = vec!["asset", ""];
    heads.extend(f.alternatives.iter().map(|a| a.id.as_str()));
    let mut t = Table::new(&heads, &format!("ll{}", "r".repeat(f.alternatives.len())));
    let Some(nothing) = f.alternatives.first() else { return String::new() };
    let rows: Vec<&AssetImpact> = nothing.impacts.iter().filter(|i| i.count > 0).take(15).collect();
    for i in &rows {
        let mut row = vec![f.assets[i.asset.index()].clone(), plant.asset(i.asset).name.clone()];
        row.extend(f.alternatives.iter().map(|a| {
            let found = a.impacts.iter().find(|x| x.asset == i.asset);
            found.map_or_else(|| "0 %".into(), |x| format!("{:.1} %", x.probability * 100.0))
        }));
        t.row(row);
    }
    if rows.is_empty() { String::new() } else { t.render("Impact probability under each response", rows.len()) }
}

fn kpis(f: &Forecast) -> String {
    let mut heads = vec!["KPI at the horizon", "unit", "undisturbed"];
    heads.extend(f.alternatives.iter().map(|a| a.id.as_str()));
    let mut t = Table::new(&heads, &format!("llr{}", "r".repeat(f.alternatives.len())));
    let cell = |k: &KpiSummary| {
        let one = |x: f64| grouped(&if k.mean.mean.abs() < 20.0 { format!("{x:.2}") } else { format!("{x:.0}") });
        format!("{} [{}…{}]", one(k.q50), one(k.q05), one(k.q95))
    };
    for (i, k) in f.baseline.totals.iter().enumerate() {
        let mut row = vec![k.name.clone(), k.unit.clone(), cell(k)];
        row.extend(f.alternatives.iter().map(|a| a.totals.get(i).map(cell).unwrap_or_default()));
        t.row(row);
    }
    t.render("KPIs: median [5 %…95 %]", f.baseline.totals.len())
}

fn runs(f: &Forecast) -> String {
    let mut out = String::new();
    for a in &f.alternatives {
        let worst: Vec<String> = a.worst_runs.iter().take(5).map(u64::to_string).collect();
        let limit = a.first_limit_run.map_or_else(String::new, |(run, h)| format!(", first beyond a limit or tripped: run {run} by {}", hours(h)));
        let _ = writeln!(out, "{}: median run {}, worst runs {}{limit}", a.id, a.median_run, worst.join(" "));
    }
    let _ = writeln!(out, "forecast {}", f.hash.iter().map(|b| format!("{b:02x}")).collect::<String>());
    format!("\nRuns worth looking at (plantcast trace SCENARIO --run N --alternative ID)\n{out}")
}

/// Left- and right-aligned columns.
pub struct Table {
    align: Vec<char>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns with their heads; `align` has one of `l` and `r` per column.
    pub fn new(heads: &[&str], align: &str) -> Self {
        Self { align: align.chars().collect(), rows: vec![heads.iter().map(|h| (*h).to_owned()).collect()] }
    }
    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
    /// The table under a title, with a note when it shows fewer than `total` rows.
    pub fn render(&self, title: &str, total: usize) -> String {
        let width = |c: usize| self.rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.align.len()).map(width).collect();
        let mut out = format!("\n{title}\n");
        for (n, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).zip(&self.align).map(|((s, w), a)| {
                let pad = " ".repeat(w - s.chars().count());
                if *a == 'r' { pad + s } else { s.clone() + &pad }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(out, "  {}", line.trim_end());
            if n == 0 {
                let _ = writeln!(out, "  {}", "─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1)));
            }
        }
        let shown = self.rows.len() - 1;
        if total > shown {
            let _ = writeln!(out, "  and {} more (all of them with --json)", total - shown);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(grouped("+1234567.25"), "+1 234 567.25");
        assert_eq!(grouped("-123"), "-123");
        assert_eq!(hours(1.0833333), "1h05");
        assert_eq!(hours(-0.2), "-12 min");
        assert_eq!(hours(0.0), "0 min");
        assert_eq!(interval(&Mean { mean: 1234.0, low: -10.0, high: 2500.4 }, true), "+1 234 (-10 to +2 500)");
    }

    #[test]
    fn tables_align_and_say_what_is_left_out() {
        let mut t = Table::new(&["a", "n"], "lr");
        t.row(["long name".to_owned(), "1".to_owned()]);
        t.row(["x".to_owned(), "100".to_owned()]);
        let text = t.render("Title", 5);
        assert!(text.contains("  long name    1\n  x          100\n"), "{text}");
        assert!(text.ends_with("and 3 more (all of them with --json)\n"), "{text}");
    }
}
