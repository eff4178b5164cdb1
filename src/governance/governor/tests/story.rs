//! The main story, its ends, expiry, restart.

use super::*;
use crate::history::OutboxState;

#[test]
fn gate_signature_command_acknowledgement_effect() {
    let mut rig = Rig::new();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    assert_eq!(rig.stage(id), "simulated");
    assert!(rig.settle().is_empty(), "nothing moves without a signature");
    rig.approve(id, "olga").unwrap();
    assert_eq!(rig.tick().regate, [id], "the gate looks again");
    assert!(rig.sink.sent.is_empty());
    let verdict = rig.verdict(id, &Rig::facts(0.02));
    let now = rig.now();
    rig.governor.regated(id, verdict, now).unwrap();
    assert_eq!(rig.tick().sent.len(), 1);
    let frame = rig.sink.sent[0].clone();
    assert_eq!((frame.asset.as_str(), frame.epoch, frame.trace.as_str()), ("CH-3", 1, "trace-1"));
    assert_eq!(frame.expires_ms - frame.issued_ms, 30_000);
    let row = rig.store.control(|c| c.command(&frame.id.to_string())).unwrap().unwrap();
    assert_eq!(CommandFrame::decode(row.frame.as_bytes()).unwrap(), frame, "what is on disk is what was sent");
    rig.tick();
    assert_eq!(rig.store.open_commands().unwrap()[0].state, OutboxState::Sent);
    assert_eq!(rig.stage(id), "dispatched", "a broker's answer closes nothing");
    rig.ack_last(AckStatus::Accepted);
    rig.ack_last(AckStatus::Executed);
    assert_eq!(rig.stage(id), "acknowledged", "an acknowledgement verifies nothing");
    rig.measure("CH-3", 0.95, 1);
    rig.measure("CH-3", 0.2, 1);
    rig.measure("CH-3", 0.95, 1);
    assert_eq!(rig.stage(id), "acknowledged", "one good sample is no effect");
    rig.measure("CH-3", 0.95, 1);
    assert_eq!(rig.outcome(id), Some(Outcome::Verified));
    assert!(rig.store.open_commands().unwrap().is_empty());
    let kinds = rig.kinds();
    let order = [
        "proposal.drafted",
        "proposal.simulated",
        "proposal.signed",
        "proposal.regated",
        "command.committed",
        "command.executed",
        "proposal.verified",
    ];
    let places: Vec<usize> = order.iter().map(|k| kinds.iter().position(|x| x == k).unwrap_or_else(|| panic!("{k} in {kinds:?}"))).collect();
    assert!(places.windows(2).all(|w| w[0] < w[1]), "{kinds:?}");
    rig.governor.close().unwrap();
    rig.verify();
}

#[test]
fn the_same_story_gives_the_same_trail() {
    let hash = || {
        let mut rig = Rig::new();
        rig.dispatched(vec![rig.start_ch3()]);
        rig.ack_last(AckStatus::Executed);
        rig.measure("CH-3", 1.0, 2);
        rig.store.audit_tail(1).unwrap()[0].hash
    };
    assert_eq!(hash(), hash());
}

#[test]
fn expiry_is_exact_on_the_monotonic_clock() {
    for (offset_ms, signed) in [(-1i64, true), (0, false), (1, false)] {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.simulate(p, 0.01);
        let ttl = rig.governor.policy().timing.sign_within_s;
        rig.clock.advance_s(ttl + offset_ms as f64 * 1e-3);
        let answer = rig.approve(id, "olga");
        assert_eq!(answer.is_ok(), signed, "{offset_ms} ms: {answer:?}");
        rig.clock.advance_s(0.002);
        assert!(rig.settle().is_empty());
        assert_eq!(rig.outcome(id), Some(Outcome::Expired), "signed in time, but not sent in time");
    }
}

#[test]
fn a_restart_voids_approvals_and_never_sends_again() {
    let (clock, plant, people, dir) = (ManualClock::new(), bottling(), people(), tempfile::tempdir().unwrap());
    let frame = {
        let mut rig = Rig::new();
        let store = Store::open(dir.path()).unwrap();
        rig.governor = Governor::open(options(&plant, &store, &people, &rig.clock)).unwrap();
        rig.store = store;
        rig.dispatched(vec![rig.start_ch3()]);
        rig.sink.sent[0].clone()
    };
    let store = Store::open(dir.path()).unwrap();
    let mut rig = Rig::new();
    rig.governor = Governor::open(options(&plant, &store, &people, &clock)).unwrap();
    rig.store = store;
    assert_eq!(rig.governor.unknown_commands().len(), 1);
    assert!(rig.settle().is_empty() && rig.sink.sent.is_empty());
    assert_eq!(rig.store.open_commands().unwrap()[0].state, OutboxState::Unknown);
    // The asset stays reserved: a new approval waits.
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    rig.approve(id, "olga").unwrap();
    assert!(rig.settle().is_empty(), "one in flight per asset");
    // The plant's own answer to the old command settles it; nothing is verified by it.
    let mut wrong = frame.clone();
    wrong.nonce = "another nonce of the same length".into();
    rig.ack(&wrong, AckStatus::Executed);
    rig.tick();
    assert_eq!((rig.governor.counters().acks_foreign, rig.governor.unknown_commands().len()), (1, 1));
    rig.ack(&frame, AckStatus::Executed);
    rig.tick();
    assert!(rig.governor.unknown_commands().is_empty());
    assert!(rig.kinds().contains(&"command.reconciled".to_string()));
    assert_eq!(rig.sink.sent.len(), 1, "now the asset is free");
    assert_eq!(rig.sink.sent[0].epoch, 2, "epochs grow over restarts");
}

#[test]
fn a_person_reconciles_an_unknown_command_with_a_signature() {
    let (clock, plant, people, dir) = (ManualClock::new(), bottling(), people(), tempfile::tempdir().unwrap());
    {
        let mut rig = Rig::new();
        rig.store = Store::open(dir.path()).unwrap();
        rig.governor = Governor::open(options(&plant, &rig.store, &people, &rig.clock)).unwrap();
        rig.dispatched(vec![rig.start_ch3()]);
    }
    let store = Store::open(dir.path()).unwrap();
    let mut g = Governor::open(options(&plant, &store, &people, &clock)).unwrap();
    let id: Uuid = g.unknown_commands()[0].id.parse().unwrap();
    let sign = |who: &str, executed| {
        let s = people.unlock(who, PASSWORD, Monotonic(0)).unwrap();
        s.sign(Meaning::Reconciliation, Governor::reconcile_subject(id, executed), "looked at the machine", Time(0))
    };
    assert!(g.reconcile(id, false, &sign("olga", true)).is_err(), "signed for the other answer");
    assert!(g.reconcile(id, true, &sign("vera", true)).is_err(), "viewers settle nothing");
    g.reconcile(id, true, &sign("olga", true)).unwrap();
    assert!(g.unknown_commands().is_empty() && store.open_commands().unwrap().is_empty());
}

#[test]
fn a_changed_trail_is_refused_at_opening() {
    let mut rig = Rig::new();
    let dir = tempfile::tempdir().unwrap();
    let open = |rig: &Rig| {
        let mut o = options(&rig.plant, &Store::open(dir.path()).unwrap(), &rig.people, &rig.clock);
        let key = AuditKey::open(dir.path(), &*rig.clock).unwrap();
        o.audit = AuditLog::open(key, Some(dir.path().join("checkpoints.jsonl")), 4).unwrap();
        Governor::open(o)
    };
    rig.governor = open(&rig).unwrap();
    rig.governor.record("note", "", &serde_json::json!({})).unwrap();
    rig.governor.close().unwrap();
    rig.governor = open(&rig).unwrap();
    rig.governor.close().unwrap();
    for side in ["control.sqlite", "control.sqlite-wal", "control.sqlite-shm"] {
        let _ = std::fs::remove_file(dir.path().join(side));
    }
    assert!(matches!(open(&rig), Err(GovernError::Integrity(_))), "an empty database under signed checkpoints");
}
