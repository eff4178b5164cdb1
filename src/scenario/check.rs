//! The meaning check of a scenario against a plant: every id resolves, every number is in range.
//!
//! Owns the rules and their hints. Invariant: all issues are collected; a scenario without issues compiles.

use super::inherit::issue;
use super::model::{Disruption, Lasting, Response, Scenario, What};
use crate::document::Issue;
use crate::plant::{ActionKind, Asset, Plant, SafetyClass};
use crate::time::Span;

/// Longest horizon.
const MAX_HORIZON: Span = Span(90 * 86_400_000_000);
/// Most runs.
const MAX_RUNS: u32 = 100_000;

struct Check<'p> {
    plant: &'p Plant,
    horizon: Span,
    issues: Vec<Issue>,
}

/// All issues of `scenario` on `plant`, in document order.
pub(super) fn check(scenario: &Scenario, plant: &Plant) -> Vec<Issue> {
    let mut c = Check { plant, horizon: scenario.horizon, issues: Vec::new() };
    c.head(scenario);
    scenario.disruptions.iter().for_each(|d| c.disruption(d));
    scenario.responses.iter().for_each(|r| c.response(r));
    c.issues
}

impl<'p> Check<'p> {
    fn add(&mut self, at: &str, brief: impl Into<String>, hint: impl Into<String>) {
        self.issues.push(issue(at, brief.into(), hint.into()));
    }

    fn require(&mut self, holds: bool, at: &str, brief: impl Into<String>, hint: &str) {
        if !holds {
            self.add(at, brief, hint);
        }
    }

    fn head(&mut self, s: &Scenario) {
        self.require(s.horizon > Span::ZERO && s.horizon <= MAX_HORIZON, "horizon", format!("{} is not in 1us..90d", s.horizon), "try \"8h\"");
        self.require((1..=MAX_RUNS).contains(&s.runs), "runs", format!("{} is not in 1..{MAX_RUNS}", s.runs), "try 1000");
        self.require(s.ambient_offset_c.abs() <= 60.0, "ambient_offset_c", format!("{} K is not in -60..60", s.ambient_offset_c), "try 8");
        self.require(s.disruptions.len() <= Scenario::MAX_ITEMS, "disruptions", "more than 200", "keep those that matter");
        self.require(s.responses.len() <= crate::scenario::MAX_RESPONSES, "responses", "more than 32", "keep the best candidates");
        let day = Span::from_h(24.0);
        self.require(s.start.time_of_day < day, "start.time_of_day", format!("{} is past midnight", s.start.time_of_day), "0h up to 24h");
    }

    fn disruption(&mut self, d: &Disruption) {
        let at = format!("disruptions[\"{}\"]", d.id);
        self.require(!d.id.is_empty(), &at, "the id is empty", "give it a name");
        self.require(d.at < self.horizon, &format!("{at}.at"), format!("{} is not before the horizon {}", d.at, self.horizon), "move it earlier");
        if let Some(span) = d.what.duration() {
            self.require(span > Span::ZERO, &format!("{at}.what"), "lasts no time", "give a duration such as \"45min\"");
        }
        let field = |name: &str| format!("{at}.what.{name}");
        match &d.what {
            What::AssetFails { asset, mode, lasting } => self.fails(asset, mode, lasting, &field),
            What::AssetDegrades { asset, to, .. } => {
                self.asset(asset, &field("asset"));
                self.require((0.0..1.0).contains(to), &field("to"), format!("{to} is not in 0..1"), "0.6 means 60 % remain");
            }
            What::NetworkOutage { asset, .. } => {
                let gives = self.asset(asset, &field("asset")).is_none_or(|a| !a.gives.is_empty());
                self.require(gives, &field("asset"), format!("{asset} gives no signal"), "name a switch, gateway or controller");
            }
            What::LateSupply { asset, .. } => {
                let source = self.asset(asset, &field("asset")).is_none_or(|a| a.process.is_some() || !a.gives.is_empty());
                self.require(source, &field("asset"), format!("{asset} supplies nothing"), "name an intake or another source");
            }
            What::AreaLoses { area, medium, .. } => self.area(area, medium, &field),
            What::CrewAbsent { crew, .. } => {
                let known: Vec<&str> = self.plant.crews.iter().map(|c| c.id.as_str()).collect();
                self.known(crew, &known, &field("crew"), "crew");
            }
            What::Ambient { delta_c, .. } => {
                self.require(delta_c.abs() <= 60.0, &field("delta_c"), format!("{delta_c} K is not in -60..60"), "try 8");
            }
            What::SlowRepair { factor, .. } => {
                let fine = (0.01..=100.0).contains(factor);
                self.require(fine, &field("factor"), format!("{factor} is not in 0.01..100"), "2 means twice as long");
            }
        }
    }

    fn fails(&mut self, asset: &str, mode: &str, lasting: &Lasting, field: &dyn Fn(&str) -> String) {
        let Some(found) = self.asset(asset, &field("asset")) else { return };
        let modes: Vec<&str> = found.reliability.iter().map(|m| m.id.as_str()).collect();
        if !mode.is_empty() {
            self.known(mode, &modes, &field("mode"), "failure mode");
        } else if *lasting == Lasting::UntilRepaired {
            let hint = "write lasting: For(\"2h\"), or give the asset a failure mode in the scene";
            self.require(!modes.is_empty(), &field("lasting"), format!("{asset} has no failure mode, so nothing repairs it"), hint);
        }
    }

    fn area(&mut self, area: &str, medium: &str, field: &dyn Fn(&str) -> String) {
        let areas: Vec<&str> = self.plant.areas.iter().map(|a| a.id.as_str()).collect();
        let media: Vec<&str> = self.plant.media.iter().map(|m| m.id.as_str()).collect();
        self.known(area, &areas, &field("area"), "area");
        self.known(medium, &media, &field("medium"), "medium");
    }

    fn response(&mut self, r: &Response) {
        let at = format!("responses[\"{}\"]", r.id);
        let reserved = r.id.is_empty() || r.id == "nothing" || r.id == "baseline";
        self.require(!reserved, &at, format!("the id {:?} is reserved", r.id), "give it another name");
        self.require(r.extra_cost.is_finite() && r.extra_cost >= 0.0, &format!("{at}.extra_cost"), "is not a cost", "0 or more");
        for (i, a) in r.actions.iter().enumerate() {
            let at = format!("{at}.actions[{i}]");
            self.require(a.at < self.horizon, &format!("{at}.at"), format!("{} is not before the horizon {}", a.at, self.horizon), "act earlier");
            if let Some(asset) = self.asset(&a.asset, &format!("{at}.asset")) {
                self.permitted(asset, a.kind, &format!("{at}.do"));
            }
        }
    }

    /// The scene declares which actions an asset takes; safety systems take none.
    fn permitted(&mut self, asset: &Asset, kind: ActionKind, at: &str) {
        self.require(asset.safety == SafetyClass::Process, at, format!("{} is a safety system and is read-only", asset.id), "act elsewhere");
        let same = |spec: &ActionKind| std::mem::discriminant(spec) == std::mem::discriminant(&kind);
        let Some(spec) = asset.actions.iter().map(|s| s.kind).find(same) else {
            let list: Vec<String> = asset.actions.iter().map(|s| format!("{:?}", s.kind)).collect();
            let hint = if list.is_empty() { "it takes no actions".into() } else { format!("it takes {}", list.join(", ")) };
            return self.add(at, format!("{} does not take {kind:?}", asset.id), hint);
        };
        if let (ActionKind::SetRate(lowest), ActionKind::SetRate(rate)) = (spec, kind) {
            let fine = (lowest..=1.0).contains(&rate);
            self.require(fine, at, format!("{rate} is not in {lowest}..1"), "choose a rate in this range");
        }
    }

    fn asset(&mut self, id: &str, at: &str) -> Option<&'p Asset> {
        let plant = self.plant;
        let known: Vec<&str> = plant.assets.iter().map(|a| a.id.as_str()).collect();
        self.known(id, &known, at, "asset").then(|| plant.assets.iter().find(|a| a.id == id))?
    }

    fn known(&mut self, id: &str, known: &[&str], at: &str, what: &str) -> bool {
        if known.contains(&id) {
            return true;
        }
        let near: Vec<&str> = known.iter().copied().filter(|k| k.eq_ignore_ascii_case(id) || shared(k, id) >= 2).take(6).collect();
        let hint = match (known.is_empty(), near.is_empty()) {
            (true, _) => format!("the scene has no {what} here"),
            (false, true) => format!("the scene has {}", known.iter().take(12).copied().collect::<Vec<_>>().join(", ")),
            (false, false) => format!("did you mean {}?", near.join(", ")),
        };
        self.add(at, format!("there is no {what} {id:?}"), hint);
        false
    }
}

/// Length of the common prefix.
fn shared(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count()
}
