//! A command leaves only after gate and signature, is closed by its measured effect, and never during a hold.

use crate::support::{PASSWORD, Session};
use plantcast::{
    plant::{Action, ActionKind},
    time::Span,
    twin::{Secret, TwinCommand},
};

fn secret() -> Secret {
    PASSWORD.to_string().into()
}

fn propose_standby(s: &Session) -> String {
    let standby = s.plant.asset_by_id("CH-3").expect("there");
    let start = Action { asset: standby, kind: ActionKind::Start };
    assert!(s.twin.send(TwinCommand::ProposeActions { title: "start the standby chiller".into(), actions: vec![(Span::ZERO, start)] }));
    s.wait("a simulated proposal", 60, |v| v.proposals.iter().find(|p| p.awaits_signature).map(|p| p.id.clone()))
}

fn sign(s: &Session, proposal: &str, name: &str) {
    let reason = "evidence read, standby healthy".to_string();
    assert!(s.twin.send(TwinCommand::Approve { proposal: proposal.into(), identity: name.into(), password: secret(), reason }));
}

/// How a signed case ends. On a busy machine data can be late at the moment of dispatch: the approval is then stale, as it must be.
fn end_of(s: &Session, proposal: &str) -> String {
    let ends = ["verified", "rolled back", "stale"];
    s.wait("the end of the case", 120, |v| {
        v.proposals.iter().find(|p| p.id == proposal).map(|p| p.state.clone()).filter(|state| ends.iter().any(|e| state.starts_with(e)))
    })
}

/// Proposes, signs and follows until it ends as wanted; a stale approval is asked for again.
fn carry_out(s: &Session, wanted: &str) {
    for _ in 0..4 {
        let proposal = propose_standby(s);
        sign(s, &proposal, "sven");
        let end = end_of(s, &proposal);
        if !end.starts_with("stale") {
            assert_eq!(end, wanted);
            return;
        }
        assert_eq!(s.plant_side.executed(), 0, "a stale approval sent something");
    }
    panic!("four approvals in a row went stale");
}

fn state_of(s: &Session, proposal: &str) -> String {
    s.twin.view().proposals.iter().find(|p| p.id == proposal).map(|p| p.state.clone()).unwrap_or_default()
}

#[test]
fn signed_command_is_verified_by_its_effect_and_the_books_balance() {
    let s = Session::start(30.0, false);
    s.wait_until_fresh();
    let proposal = propose_standby(&s);
    assert_eq!(s.plant_side.executed(), 0, "nothing may leave before a signature");
    // a wrong password changes nothing
    let wrong = TwinCommand::Approve {
        proposal: proposal.clone(),
        identity: "sven".into(),
        password: "wrong password".to_string().into(),
        reason: "evidence read".into(),
    };
    assert!(s.twin.send(wrong));
    s.wait("the refusal of a wrong password", 20, |v| v.events.iter().any(|e| e.text.contains("not signed")).then_some(()));
    assert_eq!(s.plant_side.executed(), 0);
    sign(&s, &proposal, "sven");
    if end_of(&s, &proposal) != "verified" {
        carry_out(&s, "verified");
    }
    assert_eq!(s.plant_side.executed(), 1);
    let i = s.twin.view().intake;
    assert_eq!(i.received, i.accepted + i.quarantined + i.rejected + i.dropped);
    assert!(i.accepted > 1000, "{i:?}");
    s.twin.stop();
    let store = plantcast::history::Store::open(s.folder.path()).expect("store");
    let kinds: Vec<String> = store.audit_tail(1000).expect("audit").into_iter().map(|r| r.kind).collect();
    let order = [
        "proposal.simulated",
        "proposal.signed",
        "proposal.regated",
        "command.committed",
        "command.accepted",
        "command.executed",
        "proposal.verified",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|k| kinds.iter().position(|x| x == k)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{kinds:?}");
}

#[test]
fn a_lying_plant_is_found_out_and_compensated() {
    let s = Session::start(20.0, true);
    s.wait_until_fresh();
    carry_out(&s, "rolled back");
}

#[test]
fn nothing_leaves_during_a_hold_and_its_release_is_signed() {
    let s = Session::start(10.0, false);
    s.wait_until_fresh();
    assert!(s.twin.send(TwinCommand::Hold { by: "test".into() }));
    s.wait("the hold", 10, |v| v.hold.clone());
    let proposal = propose_standby(&s);
    sign(&s, &proposal, "sven");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(s.plant_side.executed(), 0, "a command left during a hold");
    assert_ne!(state_of(&s, &proposal), "verified");
    assert!(s.twin.send(TwinCommand::ReleaseHold { identity: "sven".into(), password: secret(), reason: "test is over".into() }));
    s.wait("the release", 20, |v| v.hold.is_none().then_some(()));
}
