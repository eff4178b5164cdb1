//! The agents as text.

use crate::plant::Autonomy;
use crate::studio::{format, panels::Source, theme::Tone};
use serde::Serialize;

/// One agent.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AgentRow {
    /// Name of its cell.
    pub name: String,
    /// Status and its meaning.
    pub status: (String, Tone),
    /// What it may do.
    pub autonomy: &'static str,
    /// State it is in.
    pub state: String,
    /// Size and bound.
    pub size: String,
    /// Actions by value: name, value, share of the range 0..1.
    pub values: Vec<(String, String, f32)>,
}

/// The panel.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Model {
    /// In cell order.
    pub agents: Vec<AgentRow>,
}

/// Gathers the agents.
pub fn gather(src: &Source<'_>) -> Model {
    Model { agents: src.live.agents.iter().filter_map(|a| row(src, a)).collect() }
}

fn row(src: &Source<'_>, a: &crate::twin::AgentView) -> Option<AgentRow> {
    let cell = src.plant.cells.get(a.cell.index())?;
    let tone = match a.status.split(':').next().unwrap_or_default() {
        "advised" | "rolling out" => Tone::Accent,
        "refused" => Tone::Notice,
        _ => Tone::Plain,
    };
    let best = a.q_values.iter().map(|q| q.1).fold(f64::NEG_INFINITY, f64::max);
    let worst = a.q_values.iter().map(|q| q.1).fold(f64::INFINITY, f64::min);
    let share = |q: f64| if best > worst { ((q - worst) / (best - worst)) as f32 } else { 1.0 };
    Some(AgentRow {
        name: cell.name.clone(),
        status: (a.status.clone(), tone),
        autonomy: match cell.autonomy {
            Autonomy::Predict => "L1 predicts",
            Autonomy::Advise => "L2 advises",
            Autonomy::Supervised => "L3 acts after a signature",
            Autonomy::ClosedLoop => "L4 acts within bounds",
        },
        state: a.state.clone(),
        size: format!("{} states · value known to ±{}", format::count(a.states as u64), format::number(a.bound)),
        values: a.q_values.iter().take(6).map(|(name, q)| (name.clone(), format::number(*q), share(*q))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::fixture::Fixture;

    #[test]
    fn the_best_action_fills_its_bar() {
        let f = Fixture::live();
        let m = gather(&f.source());
        assert_eq!(m.agents.len(), f.live.agents.len());
        let a = m.agents.iter().find(|a| a.values.len() > 1).expect("values");
        assert_eq!((a.values[0].2, a.values.last().expect("one").2), (1.0, 0.0));
    }
}
