//! The scenario being edited: its undo stack, where it lies on disk, and how a loss becomes a draft.
//!
//! Every edit goes through `Scenario::apply` and leaves its inverse; one drag is one step. Live actions are
//! never here. Invariant: undoing everything restores the scenario as it was opened.

use crate::{
    plant::{AssetId, Plant},
    scenario::{Disruption, EditError, Lasting, Scenario, ScenarioEdit, StartFrom, What, suggested_responses},
    time::Span,
};
use std::path::PathBuf;

/// Steps that can be taken back.
const UNDO_DEPTH: usize = 200;
/// Runs of a draft: enough for intervals of a few percent within seconds.
const DRAFT_RUNS: u32 = 400;

/// A scenario on the desk.
#[derive(Clone, Debug)]
pub struct Draft {
    scenario: Scenario,
    undo: Vec<Vec<ScenarioEdit>>,
    redo: Vec<Vec<ScenarioEdit>>,
    gesture: bool,
    /// Where it was opened from or saved to.
    pub path: Option<PathBuf>,
    /// Why the last edit was refused.
    pub refused: Option<String>,
    /// Whether the newest answer belongs to the draft as it is now.
    pub answered: bool,
}

impl Draft {
    /// Puts a scenario on the desk.
    pub fn new(scenario: Scenario, path: Option<PathBuf>) -> Self {
        Draft { scenario, undo: Vec::new(), redo: Vec::new(), gesture: false, path, refused: None, answered: false }
    }

    /// An empty what-if from the running plant.
    pub fn empty(plant: &Plant) -> Self {
        let mut s = Scenario::new("what-if", &plant.id);
        s.name = "New what-if".into();
        s.start.from = StartFrom::LiveNow;
        s.runs = DRAFT_RUNS;
        Draft::new(s, None)
    }

    /// A what-if in which `asset` fails after a quarter of an hour, with the responses that the plant offers. When it is
    /// down already, the outage and the responses begin at once.
    pub fn losing(plant: &Plant, asset: AssetId, is_down: bool) -> Self {
        let a = plant.asset(asset);
        let mut draft = Draft::empty(plant);
        draft.scenario.id = format!("lose-{}", a.id.to_lowercase());
        draft.scenario.name = format!("Lose {} ({})", a.id, a.name);
        draft.scenario.story = format!("{} fails while the plant runs as it does now.", a.name);
        let at = if is_down { Span::ZERO } else { Span::from_min(15.0) };
        draft.scenario.disruptions.push(Disruption {
            id: format!("lose-{}", a.id.to_lowercase()),
            at,
            what: What::AssetFails { asset: a.id.clone(), mode: String::new(), lasting: Lasting::UntilRepaired },
        });
        draft.scenario.responses = suggested_responses(plant, asset, at + Span::from_min(2.0));
        draft
    }

    /// The scenario as it is.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Whether there is something to take back, and to do again.
    pub fn can(&self) -> (bool, bool) {
        (!self.undo.is_empty(), !self.redo.is_empty())
    }

    /// Applies an edit. While `gesture` lasts, edits join one undo step.
    pub fn edit(&mut self, edit: ScenarioEdit, gesture: bool) {
        match self.scenario.apply(edit) {
            Ok(inverse) => {
                self.refused = None;
                self.answered = false;
                self.redo.clear();
                match self.undo.last_mut() {
                    Some(step) if gesture && self.gesture => step.push(inverse),
                    _ => self.undo.push(vec![inverse]),
                }
                if self.undo.len() > UNDO_DEPTH {
                    self.undo.remove(0);
                }
                self.gesture = gesture;
            }
            Err(e) => self.refuse(e),
        }
    }

    /// The drag has ended: the next edit is a step of its own.
    pub fn end_gesture(&mut self) {
        self.gesture = false;
    }

    /// Takes the last step back.
    pub fn undo(&mut self) {
        if let Some(step) = self.undo.pop() {
            let inverse = self.replay(step);
            self.redo.push(inverse);
        }
    }

    /// Does the last undone step again.
    pub fn redo(&mut self) {
        if let Some(step) = self.redo.pop() {
            let inverse = self.replay(step);
            self.undo.push(inverse);
        }
    }

    fn replay(&mut self, step: Vec<ScenarioEdit>) -> Vec<ScenarioEdit> {
        self.gesture = false;
        self.answered = false;
        let mut inverses = Vec::with_capacity(step.len());
        for edit in step.into_iter().rev() {
            match self.scenario.apply(edit) {
                Ok(inverse) => inverses.push(inverse),
                Err(e) => self.refuse(e),
            }
        }
        inverses
    }

    fn refuse(&mut self, e: EditError) {
        self.refused = Some(e.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let mut s = Scenario::new("s", "bottling");
        s.disruptions.push(Disruption {
            id: "d".into(),
            at: Span::ZERO,
            what: What::AssetFails { asset: "X".into(), mode: String::new(), lasting: Lasting::UntilRepaired },
        });
        Draft::new(s, None)
    }
    fn shift(min: f64) -> ScenarioEdit {
        ScenarioEdit::MoveDisruption { id: "d".into(), to: Span::from_min(min) }
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut d = draft();
        let before = d.scenario().clone();
        for m in 1..30 {
            d.edit(shift(f64::from(m)), true);
        }
        d.end_gesture();
        d.edit(ScenarioEdit::SetRuns(50), false);
        d.undo();
        assert_eq!(d.scenario().disruptions[0].at, Span::from_min(29.0));
        d.undo();
        assert_eq!(d.scenario(), &before);
        d.redo();
        d.redo();
        assert_eq!((d.scenario().disruptions[0].at, d.scenario().runs), (Span::from_min(29.0), 50));
    }

    #[test]
    fn a_refused_edit_says_why_and_leaves_no_step() {
        let mut d = draft();
        d.edit(ScenarioEdit::RemoveDisruption("nothing".into()), false);
        assert!(d.refused.is_some() && d.can() == (false, false));
    }
}
