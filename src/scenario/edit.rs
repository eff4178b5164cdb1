//! Edits of a scenario, each with an exact inverse: what the window's undo stack holds.
//!
//! Owns no stack and no coalescing (the studio does). Invariant: `apply(inverse)` after `apply(edit)`
//! restores the scenario exactly, and every result is normal.

use super::model::{Disruption, Response, Scenario, StartSpec};
use crate::time::Span;

/// One change.
#[derive(Clone, PartialEq, Debug)]
pub enum ScenarioEdit {
    /// Rename.
    SetName(String),
    /// Retell.
    SetStory(String),
    /// Another start.
    SetStart(StartSpec),
    /// Another horizon.
    SetHorizon(Span),
    /// Another number of futures.
    SetRuns(u32),
    /// Other random numbers.
    SetSeed(u64),
    /// Another ambient offset [K].
    SetAmbientOffset(f64),
    /// One more disruption.
    AddDisruption(Disruption),
    /// One fewer.
    RemoveDisruption(String),
    /// To another time.
    MoveDisruption {
        /// Which.
        id: String,
        /// New time from the start.
        to: Span,
    },
    /// Other content under the same id.
    ReplaceDisruption(Disruption),
    /// One more response, at this place (clamped) in the order of display.
    InsertResponse {
        /// Place.
        index: usize,
        /// What.
        response: Response,
    },
    /// One fewer.
    RemoveResponse(String),
    /// Other content under the same id.
    ReplaceResponse(Response),
}

/// Why an edit does not apply.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum EditError {
    /// No such disruption or response.
    #[error("there is nothing with the id {0:?}; it may have been removed already")]
    Unknown(String),
    /// The id is taken.
    #[error("the id {0:?} is taken; choose another")]
    Taken(String),
    /// At most this many.
    #[error("a scenario holds at most {0} disruptions and as many responses; remove one first")]
    Full(usize),
    /// A number that is not one.
    #[error("{0} is not a finite number; enter another")]
    NotFinite(f64),
}

impl Scenario {
    /// Most disruptions, and most responses, of a scenario.
    pub const MAX_ITEMS: usize = 200;

    /// Applies `edit` and returns its inverse; on error nothing has changed.
    ///
    /// # Errors
    /// [`EditError`] when the edit names what is not there, or an id that is taken, or one item too many.
    pub fn apply(&mut self, edit: ScenarioEdit) -> Result<ScenarioEdit, EditError> {
        use ScenarioEdit as E;
        let swap = std::mem::replace::<Span>;
        let inverse = match edit {
            E::SetName(x) => E::SetName(std::mem::replace(&mut self.name, x)),
            E::SetStory(x) => E::SetStory(std::mem::replace(&mut self.story, x)),
            E::SetStart(x) => E::SetStart(std::mem::replace(&mut self.start, x)),
            E::SetHorizon(x) => E::SetHorizon(swap(&mut self.horizon, x)),
            E::SetRuns(x) => E::SetRuns(std::mem::replace(&mut self.runs, x)),
            E::SetSeed(x) => E::SetSeed(std::mem::replace(&mut self.seed, x)),
            E::SetAmbientOffset(x) if !x.is_finite() => return Err(EditError::NotFinite(x)),
            E::SetAmbientOffset(x) => E::SetAmbientOffset(std::mem::replace(&mut self.ambient_offset_c, x)),
            E::AddDisruption(d) => self.add_disruption(d)?,
            E::RemoveDisruption(id) => E::AddDisruption(self.disruptions.remove(self.disruption_index(&id)?)),
            E::MoveDisruption { id, to } => {
                let i = self.disruption_index(&id)?;
                E::MoveDisruption { id, to: swap(&mut self.disruptions[i].at, to) }
            }
            E::ReplaceDisruption(d) => {
                let i = self.disruption_index(&d.id)?;
                E::ReplaceDisruption(std::mem::replace(&mut self.disruptions[i], d))
            }
            E::InsertResponse { index, response } => self.insert_response(index, response)?,
            E::RemoveResponse(id) => {
                let index = self.response_index(&id)?;
                E::InsertResponse { index, response: self.responses.remove(index) }
            }
            E::ReplaceResponse(r) => {
                let i = self.response_index(&r.id)?;
                E::ReplaceResponse(std::mem::replace(&mut self.responses[i], r))
            }
        };
        self.normalise();
        Ok(inverse)
    }

    fn add_disruption(&mut self, d: Disruption) -> Result<ScenarioEdit, EditError> {
        room(self.disruptions.len())?;
        if self.disruption_index(&d.id).is_ok() {
            return Err(EditError::Taken(d.id));
        }
        let inverse = ScenarioEdit::RemoveDisruption(d.id.clone());
        self.disruptions.push(d);
        Ok(inverse)
    }

    fn insert_response(&mut self, index: usize, response: Response) -> Result<ScenarioEdit, EditError> {
        room(self.responses.len())?;
        if self.response_index(&response.id).is_ok() {
            return Err(EditError::Taken(response.id));
        }
        let inverse = ScenarioEdit::RemoveResponse(response.id.clone());
        self.responses.insert(index.min(self.responses.len()), response);
        Ok(inverse)
    }

    fn disruption_index(&self, id: &str) -> Result<usize, EditError> {
        self.disruptions.iter().position(|d| d.id == id).ok_or_else(|| EditError::Unknown(id.into()))
    }

    fn response_index(&self, id: &str) -> Result<usize, EditError> {
        self.responses.iter().position(|r| r.id == id).ok_or_else(|| EditError::Unknown(id.into()))
    }
}

fn room(len: usize) -> Result<(), EditError> {
    if len < Scenario::MAX_ITEMS { Ok(()) } else { Err(EditError::Full(Scenario::MAX_ITEMS)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Lasting, PlannedAction, What};
    use proptest::prelude::*;

    fn id() -> impl Strategy<Value = String> {
        "[a-d]"
    }
    fn disruption() -> impl Strategy<Value = Disruption> {
        (id(), 0i64..5, 0.0f64..1.0, any::<bool>()).prop_map(|(id, at, to, for_time)| Disruption {
            id,
            at: Span(at * 60_000_000),
            what: What::AssetDegrades {
                asset: "X".into(),
                to,
                lasting: if for_time { Lasting::For(Span(1_000_000)) } else { Lasting::UntilRepaired },
            },
        })
    }
    fn response() -> impl Strategy<Value = Response> {
        (id(), 0.0f64..9.0, 0.0f64..1.0).prop_map(|(id, extra_cost, rate)| Response {
            name: id.to_uppercase(),
            id,
            rationale: String::new(),
            extra_cost,
            actions: vec![PlannedAction { at: Span::ZERO, asset: "X".into(), kind: crate::plant::ActionKind::SetRate(rate) }],
        })
    }
    fn edit() -> impl Strategy<Value = ScenarioEdit> {
        use ScenarioEdit as E;
        prop_oneof![
            "[a-z]{0,5}".prop_map(E::SetName),
            (0i64..100).prop_map(|h| E::SetHorizon(Span(h))),
            any::<u32>().prop_map(E::SetRuns),
            any::<u64>().prop_map(E::SetSeed),
            (-50.0f64..50.0).prop_map(E::SetAmbientOffset),
            disruption().prop_map(E::AddDisruption),
            disruption().prop_map(E::AddDisruption),
            disruption().prop_map(E::ReplaceDisruption),
            id().prop_map(E::RemoveDisruption),
            (id(), 0i64..5).prop_map(|(id, t)| E::MoveDisruption { id, to: Span(t * 60_000_000) }),
            (0usize..6, response()).prop_map(|(index, response)| E::InsertResponse { index, response }),
            (0usize..6, response()).prop_map(|(index, response)| E::InsertResponse { index, response }),
            response().prop_map(E::ReplaceResponse),
            id().prop_map(E::RemoveResponse),
        ]
    }

    proptest! {
        #[test]
        fn undoing_a_random_sequence_restores_every_state(edits in prop::collection::vec(edit(), 0..30), inherit in any::<bool>(),
            base in prop::collection::vec(edit(), 0..12)) {
            let mut s = Scenario::new("s", "bottling");
            for e in base { let _ = s.apply(e); }
            if inherit {
                s = Scenario { base: Some(Box::new(s.clone())), extends: Some("s".into()), ..s };
            }
            let mut states = vec![s.clone()];
            let mut inverses = Vec::new();
            for e in edits {
                let before = s.clone();
                match s.apply(e) {
                    Ok(inverse) => { inverses.push(inverse); states.push(s.clone()); }
                    Err(_) => prop_assert_eq!(&s, &before),
                }
                // every state saves and reloads as it is
                let text = s.to_text();
                let again = Scenario::from_text(&text, "s", |_| s.base.as_deref().cloned()).unwrap();
                prop_assert_eq!(&again, &s);
                prop_assert_eq!(again.to_text(), text);
            }
            while let Some(inverse) = inverses.pop() {
                states.pop();
                s.apply(inverse).unwrap();
                prop_assert_eq!(Some(&s), states.last());
            }
        }
    }

    #[test]
    fn what_does_not_apply_is_refused_and_changes_nothing() {
        let mut s = Scenario::new("s", "bottling");
        let before = s.clone();
        assert_eq!(s.apply(ScenarioEdit::RemoveDisruption("x".into())), Err(EditError::Unknown("x".into())));
        assert!(matches!(s.apply(ScenarioEdit::SetAmbientOffset(f64::NAN)), Err(EditError::NotFinite(_))));
        assert_eq!(s, before);
    }
}
