//! The scenario being edited: its undo stack, where it lies on disk, and how a loss becomes a draft.
//!
//! Every edit goes through `Scenario::apply` and leaves its inverse; one drag is one step. Live actions are
//! never here. Invariant: undoing everything restores the scenario as it was opened.

use crate::{
    plant::{ActionKind, AssetId, InitialMode, Plant},
    scenario::{Disruption, EditError, Lasting, PlannedAction, Response, Scenario, ScenarioEdit, StartFrom, What},
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

    /// A what-if in which `asset` fails after a quarter of an hour, with the responses that the plant offers.
    pub fn losing(plant: &Plant, asset: AssetId) -> Self {
        let a = plant.asset(asset);
        let mut draft = Draft::empty(plant);
        draft.scenario.id = format!("lose-{}", a.id.to_lowercase());
        draft.scenario.name = format!("Lose {} ({})", a.id, a.name);
        draft.scenario.story = format!("{} fails while the plant runs as it does now.", a.name);
        let at = Span::from_min(15.0);
        draft.scenario.disruptions.push(Disruption {
            id: format!("lose-{}", a.id.to_lowercase()),
            at,
            what: What::AssetFails { asset: a.id.clone(), mode: String::new(), lasting: Lasting::UntilRepaired },
        });
        draft.scenario.responses = suggested(plant, asset, at);
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

/// Responses that the plant offers against losing `asset`: start what stands by in its group or gives the
/// same, send the crew at once, and both.
fn suggested(plant: &Plant, lost: AssetId, at: Span) -> Vec<Response> {
    let soon = at + Span::from_min(2.0);
    let act = |asset: AssetId, kind| PlannedAction { at: soon, asset: plant.asset(asset).id.clone(), kind };
    let offers = |asset: AssetId, kind: ActionKind| plant.asset(asset).actions.iter().any(|s| s.kind == kind);
    let mut out = Vec::new();
    for stand_in in stand_ins(plant, lost).into_iter().filter(|a| offers(*a, ActionKind::Start)).take(2) {
        let a = plant.asset(stand_in);
        out.push(Response {
            id: format!("start-{}", a.id.to_lowercase()),
            name: format!("Start {}", a.id),
            rationale: format!("{} can take over what {} gives", a.name, plant.asset(lost).name),
            extra_cost: 0.0,
            actions: vec![act(stand_in, ActionKind::Start)],
        });
    }
    if offers(lost, ActionKind::DispatchCrew) {
        let crew = act(lost, ActionKind::DispatchCrew);
        let first = out.first().cloned();
        out.push(Response {
            id: "crew-first".into(),
            name: "Send the crew first".into(),
            rationale: "the repair goes before other jobs".into(),
            extra_cost: 0.0,
            actions: vec![crew.clone()],
        });
        if let Some(start) = first {
            let mut both = start.clone();
            both.id.push_str("-and-crew");
            both.name.push_str(" and send the crew");
            both.actions.push(crew);
            out.push(both);
        }
    }
    out
}

/// Assets that stand by and could replace `lost`: of its group, or giving one of its media.
fn stand_ins(plant: &Plant, lost: AssetId) -> Vec<AssetId> {
    let a = plant.asset(lost);
    let same_media = |b: AssetId| plant.asset(b).gives.iter().any(|g| a.gives.iter().any(|h| h.medium == g.medium));
    let same_group = |b: AssetId| a.group.is_some() && plant.asset(b).group == a.group;
    plant.asset_ids().filter(|b| *b != lost && plant.asset(*b).initial != InitialMode::Running && (same_group(*b) || same_media(*b))).collect()
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
