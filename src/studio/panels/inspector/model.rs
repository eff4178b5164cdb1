//! What the inspector says about the selected asset, as text.

use super::trend::{TrendGroup, trends};
use crate::plant::{Action, ActionClass, ActionKind, Asset, AssetId, SafetyClass};
use crate::studio::{format, panels::Source, status, theme::Tone};
use crate::twin::AssetView;
use serde::Serialize;

/// One line "key value".
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Line {
    /// Key.
    pub key: &'static str,
    /// Value with unit.
    pub value: String,
    /// Meaning.
    pub tone: Tone,
    /// Longer text.
    pub hover: &'static str,
}

/// An action that can be put forward as a proposal.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Offer {
    /// `Start`.
    pub name: String,
    /// What is proposed.
    pub action: Action,
    /// Title of the proposal.
    pub title: String,
    /// Risk class in words.
    pub risk: String,
}

/// The inspector.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Which.
    pub id: AssetId,
    /// Id.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind and area.
    pub place: String,
    /// State icon, word, meaning.
    pub state: (&'static str, String, Tone),
    /// Live values.
    pub live: Vec<Line>,
    /// How far they can be trusted.
    pub trust: Vec<Line>,
    /// What the plant says about it.
    pub design: Vec<Line>,
    /// Probability of impact at the scrubber, in words.
    pub predicted: Option<String>,
    /// Plots, one per unit.
    pub trends: Vec<TrendGroup>,
    /// What can be proposed.
    pub offers: Vec<Offer>,
    /// Why nothing can be proposed.
    pub no_offers: &'static str,
}

/// Gathers the selected asset; `None` without a selection.
pub fn gather(src: &Source<'_>) -> Option<Model> {
    let id = src.desk.selected?;
    let asset = src.plant.assets.get(id.index())?;
    let view = src.live.assets.get(id.index());
    let area = asset.area.map_or("no area", |a| src.plant.areas[a.index()].name.as_str());
    Some(Model {
        id,
        code: asset.id.clone(),
        name: asset.name.clone(),
        place: format!("{} · {area}", format::words(&asset.kind)),
        state: view.map_or((egui_phosphor::regular::QUESTION, "no data".into(), Tone::Notice), state),
        live: view.map(|v| live_lines(src, asset, v)).unwrap_or_default(),
        trust: view.map(trust_lines).unwrap_or_default(),
        design: design_lines(src, asset),
        predicted: predicted(src, id),
        trends: trends(src, id),
        offers: offers(asset, id),
        no_offers: if asset.safety == SafetyClass::Safety { "Safety system: read-only by construction" } else { "This asset accepts no commands" },
    })
}

fn state(v: &AssetView) -> (&'static str, String, Tone) {
    if !v.observed {
        return (egui_phosphor::regular::QUESTION, "not observed: no tag names it".into(), Tone::Weak);
    }
    let (icon, word, tone) = status::mode(v.mode);
    let text = if v.mode_probability < 0.995 { format!("{word} ({})", format::percent(v.mode_probability)) } else { word.to_owned() };
    (icon, text, tone)
}

fn live_lines(src: &Source<'_>, asset: &Asset, v: &AssetView) -> Vec<Line> {
    let line = |key, value, tone, hover| Line { key, value, tone, hover };
    let mut out = vec![line("Service", format::percent(v.service), Tone::Strong, "Ability to serve, as believed, of nominal")];
    if let Some(r) = v.rate_per_h {
        out.push(line("Rate", format::estimate(r.mean, r.sd, "/h"), Tone::Strong, "Mean ± one standard deviation"));
    }
    if let (Some(t), Some(facet)) = (v.temperature_c, &asset.thermal) {
        let tone = if t.mean >= facet.trip_c - 0.2 * (facet.trip_c - facet.setpoint_c).abs() { Tone::Warning } else { Tone::Strong };
        out.push(line("Temperature", format::estimate(t.mean, t.sd, "Cel"), tone, "Mean ± one standard deviation"));
        out.push(line("Trips at", format::quantity(facet.trip_c, "Cel"), Tone::Plain, "From the scene file"));
    }
    if let (Some(l), Some(s)) = (v.level, &asset.storage) {
        let medium = src.plant.medium(s.medium);
        out.push(line("Level", format::estimate(l.mean, l.sd, &medium.unit), Tone::Strong, "Mean ± one standard deviation"));
        if let Some(f) = v.level_fraction {
            out.push(line("Filled", format::percent(f), Tone::Plain, "Of capacity"));
        }
    }
    out
}

fn trust_lines(v: &AssetView) -> Vec<Line> {
    let line = |key, value, tone, hover| Line { key, value, tone, hover };
    let age = if v.stale { Tone::Warning } else { Tone::Plain };
    let source = match (v.stale, v.imputed) {
        _ if !v.observed => "assumed: nothing measures it",
        (true, _) => "stale",
        (_, true) => "carried on by the model",
        _ => "measured",
    };
    vec![
        line("Data age", format::duration(v.data_age), age, "Of the newest sample; stale beyond its contract"),
        line(
            "Values are",
            source.into(),
            if v.stale || v.imputed { Tone::Notice } else { Tone::Plain },
            "Measured, or carried on by the model without data",
        ),
        line(
            "Drift",
            format::number(v.drift),
            if v.drift > 3.0 { Tone::Warning } else { Tone::Plain },
            "Normalised innovation squared; near 1 is consistent",
        ),
        line("Confidence", format::percent(v.confidence), if v.confidence < 0.5 { Tone::Warning } else { Tone::Plain }, "In the data of this asset"),
        line("Fidelity", v.fidelity.clone(), status::evidence(&v.fidelity), "How well the twin has lately predicted it"),
    ]
}

fn design_lines(src: &Source<'_>, asset: &Asset) -> Vec<Line> {
    let line = |key, value| Line { key, value, tone: Tone::Plain, hover: "From the scene file" };
    let mut out = Vec::new();
    for g in asset.gives.iter().take(2) {
        let m = src.plant.medium(g.medium);
        out.push(line("Gives", of_medium(g.capacity, m)));
    }
    for n in asset.needs.iter().take(4) {
        let m = src.plant.medium(n.medium);
        out.push(line("Needs", of_medium(n.amount, m)));
    }
    if let Some(p) = &asset.process {
        out.push(line("Nominal rate", format!("{} /h", format::number(p.rate_per_h))));
    }
    if let Some(g) = asset.group {
        let g = &src.plant.groups[g.index()];
        out.push(line("Group", format!("{} of {} must run", g.k, g.members.len())));
    }
    out
}

/// "450 kW chilled water"; what has no unit (a signal) is only named.
fn of_medium(amount: f64, m: &crate::plant::Medium) -> String {
    let name = m.name.to_lowercase();
    if m.unit == "1" { name } else { format!("{} {name}", format::quantity(amount, &m.unit)) }
}

fn predicted(src: &Source<'_>, id: AssetId) -> Option<String> {
    let answer = src.live.forecast.answer.as_ref().filter(|_| src.desk.scrub.heat)?;
    let alternative = src.desk.alternative(answer)?;
    let Some(i) = alternative.impacts.iter().find(|i| i.asset == id) else {
        return Some(format!("Not impacted in any of {} futures", answer.runs));
    };
    let when = i.time_to_impact.as_ref().map_or(String::new(), |q| match crate::time::Span::from_h(q.q50) {
        at_once if at_once.s() < 1.0 => ", at once".to_owned(),
        median => format!(", half of them within {}", format::duration(median)),
    });
    Some(format!("Impacted in {} of {} futures ({}){when}", i.count, answer.runs, format::percent(i.probability)))
}

fn offers(asset: &Asset, id: AssetId) -> Vec<Offer> {
    if asset.safety == SafetyClass::Safety {
        return Vec::new();
    }
    asset
        .actions
        .iter()
        .map(|spec| {
            let (name, kind) = match spec.kind {
                ActionKind::Start => ("Start".to_owned(), ActionKind::Start),
                ActionKind::Stop => ("Stop".to_owned(), ActionKind::Stop),
                ActionKind::SetRate(low) => (format!("Limit to {}", format::percent(low)), ActionKind::SetRate(low)),
                ActionKind::ResetTrip => ("Reset trip".to_owned(), ActionKind::ResetTrip),
                ActionKind::DispatchCrew => ("Send crew".to_owned(), ActionKind::DispatchCrew),
            };
            let risk = match spec.class {
                ActionClass::Low => "low risk",
                ActionClass::Medium => "medium risk",
                ActionClass::High => "high risk",
            };
            Offer { title: format!("{name} {}", asset.id), name, action: Action { asset: id, kind }, risk: risk.into() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn tells_state_values_and_trust_of_the_selection() {
        let mut f = Fixture::live();
        assert!(gather(&f.source()).is_none());
        f.desk.selected = Some(f.failed);
        let m = gather(&f.source()).expect("selected");
        assert_eq!((m.state.1.as_str(), m.state.2), ("failed", Tone::Alarm));
        assert!(m.live.iter().any(|l| l.key == "Service" && l.value == "0 %"));
        assert_eq!(m.trust.iter().map(|l| l.key).collect::<Vec<_>>(), ["Data age", "Values are", "Drift", "Confidence", "Fidelity"]);
        assert!(m.offers.iter().all(|o| o.title.ends_with(&m.code)));
    }

    #[test]
    fn a_safety_system_offers_nothing() {
        let f = Fixture::live();
        let mut asset = f.plant.asset(f.failed).clone();
        asset.safety = SafetyClass::Safety;
        assert!(offers(&asset, f.failed).is_empty());
    }
}
