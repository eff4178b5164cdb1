//! A scripted visit of the window: at which second what is selected, run, scrubbed, shown, photographed.
//!
//! For pictures in documents and for checks without a hand on the mouse. It uses the same wishes as a person;
//! it can neither sign nor see a password. Invariant: steps are taken in order, each once.

use super::{
    ask::Ask,
    layout::{Pane, Workspace},
    theme::Scheme,
};
use crate::{
    plant::Plant,
    time::{Span, SpanError},
};
use std::path::PathBuf;

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Select an asset by its id.
    Select(String),
    /// Fill the view with the selection.
    Frame,
    /// Open a draft that loses an asset.
    Lose(String),
    /// Open a built-in scenario.
    Open(String),
    /// Run the draft.
    Run,
    /// Scrub the forecast.
    Scrub(Span),
    /// Look at an alternative by its position.
    Alternative(usize),
    /// Send an alternative up for approval by its position.
    Propose(usize),
    /// Hide the prediction.
    Live,
    /// Show a panel by its title.
    Show(Pane),
    /// Change the arrangement.
    Arrange(Workspace),
    /// Change the colours.
    Paint(Scheme),
    /// Save a picture of the window.
    Shot(PathBuf),
    /// Close the window.
    Quit,
}

/// Why a script is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// A step without a time.
    #[error("{0:?} has no time: write for example \"8s select CH-1\"")]
    Time(String),
    /// The time is not one.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// An unknown step.
    #[error(
        "{0:?} is not a step: select ID, frame, lose ID, open NAME, run, scrub SPAN, alternative N, propose N, live, show PANEL, workspace NAME, light, dark, shot FILE, quit"
    )]
    Step(String),
}

/// Reads `"8s select CH-1; 9s lose CH-1; 10s run; 25s shot a.png; 26s quit"` into (seconds, step), by time.
///
/// # Errors
/// [`ScriptError`] naming the step.
pub fn parse(text: &str) -> Result<Vec<(f64, Step)>, ScriptError> {
    let mut out = Vec::new();
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (at, rest) = part.split_once(' ').ok_or_else(|| ScriptError::Time(part.into()))?;
        out.push((Span::parse(at)?.s(), step(rest.trim())?));
    }
    out.sort_by(|a: &(f64, Step), b| a.0.total_cmp(&b.0));
    Ok(out)
}

fn step(text: &str) -> Result<Step, ScriptError> {
    let unknown = || ScriptError::Step(text.into());
    let (word, rest) = text.split_once(' ').map_or((text, ""), |(w, r)| (w, r.trim()));
    let number = || rest.parse::<usize>().map_err(|_| unknown());
    Ok(match (word, rest.is_empty()) {
        ("frame", true) => Step::Frame,
        ("run", true) => Step::Run,
        ("live", true) => Step::Live,
        ("quit", true) => Step::Quit,
        ("light", true) => Step::Paint(Scheme::Light),
        ("dark", true) => Step::Paint(Scheme::Dark),
        ("select", false) => Step::Select(rest.into()),
        ("lose", false) => Step::Lose(rest.into()),
        ("open", false) => Step::Open(rest.into()),
        ("shot", false) => Step::Shot(rest.into()),
        ("scrub", false) => Step::Scrub(Span::parse(rest)?),
        ("alternative", false) => Step::Alternative(number()?),
        ("propose", false) => Step::Propose(number()?),
        ("workspace", false) => Step::Arrange(Workspace::parse(rest).ok_or_else(unknown)?),
        ("show", false) => Step::Show(Pane::PANELS.into_iter().find(|p| p.title().eq_ignore_ascii_case(rest)).ok_or_else(unknown)?),
        _ => return Err(unknown()),
    })
}

impl Step {
    /// The wish that this step is; `None` for pictures and closing, and for assets that are not there.
    pub fn ask(&self, plant: &Plant) -> Option<Ask> {
        Some(match self {
            Step::Select(id) => Ask::Select(Some(plant.asset_by_id(id)?)),
            Step::Frame => Ask::Frame,
            Step::Lose(id) => Ask::Lose(plant.asset_by_id(id)?),
            Step::Open(name) => Ask::OpenBuiltin(name.clone()),
            Step::Run => Ask::Run,
            Step::Scrub(at) => Ask::Scrub(*at),
            Step::Alternative(i) => Ask::Alternative(*i),
            Step::Propose(index) => Ask::Twin(crate::twin::TwinCommand::ProposeAlternative { index: *index }),
            Step::Live => Ask::Heat(false),
            Step::Show(pane) => Ask::Show(*pane),
            Step::Arrange(w) => Ask::Arrange(*w),
            Step::Paint(s) => Ask::Paint(*s),
            Step::Shot(_) | Step::Quit => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_visit_in_order_and_names_what_it_does_not_know() {
        let s = parse("9s run; 8s lose CH-1; 20s scrub 45min; 21s shot a.png; 22s quit").unwrap();
        assert_eq!(s[0], (8.0, Step::Lose("CH-1".into())));
        assert_eq!(s[2], (20.0, Step::Scrub(Span::from_min(45.0))));
        assert_eq!(s.last(), Some(&(22.0, Step::Quit)));
        assert!(matches!(parse("8s dance"), Err(ScriptError::Step(_))));
        assert!(matches!(parse("run"), Err(ScriptError::Time(_))));
        assert!(matches!(parse("soon run"), Err(ScriptError::Span(_))));
    }
}
