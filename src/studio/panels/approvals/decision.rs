//! The person's side of an approval: judgement, evidence seen, identity, password, reason; and what still blocks.
//!
//! Built against rubber-stamping: a signature needs an own judgement or opened evidence. The state belongs to
//! one proposal: another one starts from nothing. The password is wiped after use and on change.

use super::model::{Detail, Model};
use crate::twin::{Secret, TwinCommand};

/// What the person would do, before seeing the advice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Act now.
    Act,
    /// Wait.
    Wait,
    /// Something else.
    Other,
}

/// What is being typed and was looked at.
#[derive(Debug, Default)]
pub struct State {
    /// The chosen proposal; empty: the first.
    pub chosen: String,
    /// The proposal that the rest belongs to.
    about: String,
    /// Own judgement.
    pub judgement: Option<Judgement>,
    /// The evidence was opened.
    pub evidence_opened: bool,
    /// Who signs.
    pub identity: String,
    /// Their password.
    pub password: Secret,
    /// Typed reason.
    pub reason: String,
}

impl State {
    /// Starts from nothing when another proposal is shown.
    pub fn turn_to(&mut self, proposal: &str) {
        if self.about != proposal {
            let (identity, chosen) = (std::mem::take(&mut self.identity), std::mem::take(&mut self.chosen));
            *self = State { about: proposal.to_owned(), identity, chosen, ..State::default() };
        }
    }

    /// The command that the buttons send; the password leaves with it.
    pub fn sign(&mut self, proposal: &str, approve: bool) -> TwinCommand {
        let (proposal, identity) = (proposal.to_owned(), self.identity.clone());
        let (password, reason) = (std::mem::take(&mut self.password), std::mem::take(&mut self.reason));
        if approve {
            TwinCommand::Approve { proposal, identity, password, reason }
        } else {
            TwinCommand::Refuse { proposal, identity, password, reason }
        }
    }
}

/// Why approving (or refusing) is not possible yet; empty when it is.
pub fn blocked(model: &Model, d: &Detail, s: &State, approve: bool) -> &'static str {
    if !d.waits {
        return "this proposal does not wait for a signature";
    }
    if d.expired {
        return "this proposal has expired; ask for a new one";
    }
    if approve {
        if model.hold.is_some() {
            return "dispatch is held; release it first";
        }
        if !d.gate_open {
            return "the gate is closed: see the failed check";
        }
        if s.judgement.is_none() && !s.evidence_opened {
            return "give your own judgement or open the evidence first";
        }
    }
    if s.identity.is_empty() {
        return "choose who signs";
    }
    if s.password.0.is_empty() {
        return "enter the password";
    }
    if (d.reason_required || !approve) && s.reason.trim().is_empty() {
        return "type a reason";
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{fixture::Fixture, panels::approvals::gather};

    #[test]
    fn every_guard_holds_and_each_can_be_met() {
        let mut f = Fixture::live();
        let mut s = State::default();
        let m = gather(&f.source(), "");
        let d = m.detail.clone().expect("one");
        s.turn_to(&d.id);
        assert!(blocked(&m, &d, &s, true).contains("judgement"));
        s.judgement = Some(Judgement::Act);
        assert!(blocked(&m, &d, &s, true).contains("who"));
        s.identity = "ana".into();
        assert!(blocked(&m, &d, &s, true).contains("password"));
        s.password = String::from("secret").into();
        let need = blocked(&m, &d, &s, true);
        assert_eq!(need, if d.reason_required { "type a reason" } else { "" });
        s.reason = "chiller lost".into();
        assert_eq!((blocked(&m, &d, &s, true), blocked(&m, &d, &s, false)), ("", ""));
        f.live.hold = Some("ben".into());
        let held = gather(&f.source(), "");
        assert!(blocked(&held, &d, &s, true).contains("held"));
        assert_eq!(blocked(&held, &d, &s, false), "", "refusing is possible while held");
        let closed = Detail { gate_open: false, ..d.clone() };
        assert!(blocked(&m, &closed, &s, true).contains("gate"));
    }

    #[test]
    fn the_password_leaves_with_the_command_and_another_proposal_starts_from_nothing() {
        let mut s = State { judgement: Some(Judgement::Act), identity: "ana".into(), password: String::from("x").into(), ..State::default() };
        assert!(matches!(s.sign("p1", true), TwinCommand::Approve { password, .. } if *password.0 == "x"));
        assert!(s.password.0.is_empty());
        s.turn_to("p2");
        assert_eq!((s.judgement, s.evidence_opened, s.identity.as_str()), (None, false, "ana"));
    }
}
