//! What the top bar says, as text.

use crate::studio::{format, panels::Source, status, theme::Tone};
use crate::twin::Severity;
use serde::Serialize;

/// One figure of the strip.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Kpi {
    /// What.
    pub label: &'static str,
    /// Value with unit.
    pub value: String,
    /// Meaning.
    pub tone: Tone,
    /// Longer text.
    pub hover: String,
}

/// The bar.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// Plant name.
    pub plant: String,
    /// LIVE, NO DATA, READ-ONLY.
    pub badge: (&'static str, Tone),
    /// Plant time of day.
    pub time: String,
    /// `×60` when not real time.
    pub rate: String,
    /// Connection in words, and more of it.
    pub link: (String, String, Tone),
    /// Assets in alarm, assets that want a look.
    pub alarms: (usize, usize),
    /// The strip.
    pub kpis: Vec<Kpi>,
    /// Who holds.
    pub hold: Option<String>,
    /// Runs done and total of the running forecast.
    pub job: Option<(u64, u64)>,
    /// Proposals that wait for a signature.
    pub waiting: usize,
    /// Names of the saved views.
    pub views: Vec<String>,
    /// Identities that may sign.
    pub identities: Vec<String>,
}

/// Gathers the bar.
pub fn gather(src: &Source<'_>) -> Model {
    let live = src.live;
    let online = live.link.status == "online";
    let badge = match (online, live.link.can_command) {
        (true, true) => ("LIVE", Tone::Accent),
        (true, false) => ("READ-ONLY", Tone::Notice),
        (false, _) => ("NO DATA", Tone::Warning),
    };
    let tones: Vec<Tone> = live.assets.iter().map(|a| status::mode(a.mode).2).collect();
    Model {
        plant: src.plant.name.clone(),
        badge,
        time: format::clock(live.now),
        rate: if (live.rate - 1.0).abs() < 1e-9 { String::new() } else { format!("×{}", format::number(live.rate)) },
        link: (
            live.link.status.clone(),
            format!(
                "{} {}\n{} messages, {} dropped, {} reconnects",
                live.link.url, live.link.detail, live.link.received, live.link.dropped, live.link.reconnects
            ),
            if online { Tone::Plain } else { Tone::Warning },
        ),
        alarms: (tones.iter().filter(|t| **t == Tone::Alarm).count(), tones.iter().filter(|t| **t == Tone::Warning).count()),
        kpis: kpis(src),
        hold: live.hold.clone(),
        job: live.forecast.running,
        waiting: live.proposals.iter().filter(|p| p.awaits_signature).count(),
        views: src.plant.views.iter().map(|v| v.name.clone()).collect(),
        identities: live.identities.iter().map(|i| i.0.clone()).collect(),
    }
}

fn kpis(src: &Source<'_>) -> Vec<Kpi> {
    let live = src.live;
    let mut out = Vec::new();
    if let Some(output) = output(src) {
        out.push(output);
    }
    let abnormal = live.assets.iter().filter(|a| status::is_abnormal(a.mode)).count();
    let total = live.assets.len();
    out.push(Kpi {
        label: "Assets normal",
        value: format!("{} of {total}", total - abnormal),
        tone: if abnormal > 0 { Tone::Warning } else { Tone::Plain },
        hover: "Assets in a state that wants no attention".into(),
    });
    if total == 0 {
        return out;
    }
    let observed = live.assets.iter().filter(|a| a.observed).count();
    let fresh = live.assets.iter().filter(|a| a.observed && !a.stale).count() as f64 / observed.max(1) as f64;
    out.push(Kpi {
        label: "Fresh data",
        value: format::percent(fresh),
        tone: if fresh < 0.95 { Tone::Warning } else { Tone::Plain },
        hover: format!("Of the {observed} assets that a tag observes, those whose newest sample is younger than its contract asks"),
    });
    out.push(Kpi {
        label: "Fidelity",
        value: if live.fidelity.evidence.is_empty() { "unvalidated".into() } else { live.fidelity.evidence.clone() },
        tone: status::evidence(&live.fidelity.evidence),
        hover: format!("{} of the twin's own earlier predictions scored", live.fidelity.scored),
    });
    out
}

/// Rate of the processes that earn money, against nominal.
fn output(src: &Source<'_>) -> Option<Kpi> {
    let mut unit = String::new();
    let earning = src.plant.assets.iter().zip(&src.live.assets).filter_map(|(a, v)| {
        let p = a.process.as_ref().filter(|p| p.earns_per_unit > 0.0)?;
        let product = p.outputs.first().map(|o| o.medium).or(p.inputs.first().map(|i| i.medium))?;
        unit = format::unit(&src.plant.medium(product).unit);
        Some((v.rate_per_h.map_or(v.service * p.rate_per_h, |r| r.mean), p.rate_per_h))
    });
    let (rate, nominal) = earning.fold((0.0, 0.0), |(r, n), (a, b)| (r + a, n + b));
    (nominal > 0.0).then(|| Kpi {
        label: "Output",
        value: format!("{} {unit}/h", format::number(rate.max(0.0))),
        tone: if rate < 0.9 * nominal { Tone::Warning } else { Tone::Strong },
        hover: format!("{} of nominal {} {unit}/h", format::percent((rate / nominal).clamp(0.0, 9.0)), format::number(nominal)),
    })
}

impl Model {
    /// The newest alarm severity, for the icon.
    pub fn worst(&self) -> Severity {
        match self.alarms {
            (0, 0) => Severity::Info,
            (0, _) => Severity::Warning,
            _ => Severity::Alarm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn says_what_matters_at_a_glance() {
        let mut f = Fixture::live();
        let m = gather(&f.source());
        assert_eq!((m.badge.0, m.hold.as_deref(), m.waiting), ("LIVE", None, 1));
        assert_eq!(m.kpis.iter().map(|k| k.label).collect::<Vec<_>>(), ["Output", "Assets normal", "Fresh data", "Fidelity"]);
        assert_eq!(m.worst(), Severity::Alarm, "the fixture has a failed chiller");
        f.live.link.status = "down".into();
        f.live.hold = Some("ana".into());
        let m = gather(&f.source());
        assert_eq!((m.badge.0, m.hold.as_deref()), ("NO DATA", Some("ana")));
    }
}
