//! Faults on the way: no answer, refusals, lies, strange answers, a full disk (T29–T32, T37).

use super::*;
use crate::history::OutboxState;

fn chain(rig: &Rig, n: usize) -> Vec<ProposedCommand> {
    // Different assets, so that each step is its own reservation.
    let startable: Vec<&str> =
        rig.plant.assets.iter().filter(|a| a.actions.iter().any(|s| s.kind == ActionKind::DispatchCrew)).map(|a| a.id.as_str()).collect();
    (0..n).map(|i| rig.command(startable[i], ActionKind::DispatchCrew, Some(ActionKind::DispatchCrew), 600.0)).collect()
}

#[test]
fn no_answer_rolls_back_exactly_once() {
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    rig.advance(14.9);
    assert!(rig.settle().is_empty());
    rig.advance(0.2);
    assert_eq!(rig.settle().len(), 1);
    assert_eq!(rig.sink.sent.len(), 2);
    assert_eq!(rig.sink.sent[1].action, ActionKind::Stop.into());
    assert_eq!(rig.stage(id), "timed out");
    rig.ack_last(AckStatus::Executed);
    rig.measure("CH-3", 0.0, 2);
    assert_eq!(rig.outcome(id), Some(Outcome::RolledBack));
    rig.advance(3600.0);
    assert!(rig.settle().is_empty());
    assert_eq!(rig.governor.counters().compensations, 1);
    rig.verify();
}

#[test]
fn an_unanswered_rollback_ends_in_hold_and_alarm() {
    for how in 0..3 {
        let mut rig = Rig::new();
        let id = rig.dispatched(vec![rig.start_ch3()]);
        rig.advance(16.0);
        rig.settle();
        match how {
            0 => {
                rig.advance(16.0);
                rig.settle();
            }
            1 => rig.ack_last(AckStatus::Rejected),
            _ => {
                let second = rig.sink.sent[1].id;
                rig.sink.outcomes.push_back((second, Err(SendError::NobodyListens)));
                rig.tick();
            }
        }
        rig.settle();
        assert_eq!(rig.outcome(id), Some(Outcome::RollbackFailed), "{how}");
        assert!(rig.governor.hold_notice().is_some_and(|n| n.audited), "{how}");
        assert_eq!(rig.sink.sent.len(), 2);
        assert!(rig.events.iter().any(|e| e.severity == Severity::Alarm));
    }
}

#[test]
fn a_lie_is_found_by_its_missing_effect() {
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    rig.ack_last(AckStatus::Executed);
    for _ in 0..5 {
        rig.measure("CH-3", 0.0, 1);
    }
    assert_eq!(rig.stage(id), "acknowledged");
    rig.advance(600.0);
    assert_eq!(rig.settle().len(), 1, "compensation");
    assert_eq!(rig.sink.sent[1].action, ActionKind::Stop.into());
    rig.ack_last(AckStatus::Executed);
    rig.measure("CH-3", 0.0, 2);
    assert_eq!(rig.outcome(id), Some(Outcome::RolledBack));
    // A rollback that cannot be confirmed by measurement ends too, and says so.
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    rig.ack_last(AckStatus::Executed);
    rig.advance(601.0);
    rig.settle();
    rig.ack_last(AckStatus::Executed);
    rig.advance(601.0);
    rig.settle();
    assert_eq!(rig.outcome(id), Some(Outcome::RolledBack));
    assert!(rig.events.iter().any(|e| e.text.contains("not confirmed")));
}

#[test]
fn values_from_before_the_command_or_not_finite_verify_nothing() {
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    rig.measure("CH-3", 1.0, 3);
    rig.ack_last(AckStatus::Executed);
    let (asset, at) = (rig.asset("CH-3"), rig.snapshot.at);
    for (value, at) in [(1.0, at), (1.0, at - Span::from_s(5.0)), (f64::NAN, at + Span::from_s(1.0)), (f64::INFINITY, at + Span::from_s(1.0))] {
        rig.measured.push(Measurement { asset, quantity: EffectQuantity::Service, value, at });
    }
    rig.tick();
    assert_eq!(rig.stage(id), "acknowledged");
}

#[test]
fn a_sequence_that_fails_at_k_is_undone_in_reverse_only_where_executed() {
    for k in 1..=10 {
        for answered in [true, false] {
            let mut rig = Rig::with(|p| p.budgets.clear());
            let commands = chain(&rig, 10);
            for c in &commands {
                rig.snapshot.assets[c.action.asset.index()].mode = Mode::Failed;
            }
            let id = rig.dispatched(commands);
            for _ in 1..k {
                rig.ack_last(AckStatus::Executed);
                rig.settle();
            }
            assert_eq!(rig.sink.sent.len(), k);
            if answered {
                rig.ack_last(AckStatus::Rejected);
            } else {
                rig.advance(15.1);
            }
            rig.settle();
            // A step without an answer may have been executed: it is undone too.
            let expected: Vec<String> = rig.sink.sent[..if answered { k - 1 } else { k }].iter().rev().map(|f| f.asset.clone()).collect();
            for _ in 0..expected.len() {
                rig.ack_last(AckStatus::Executed);
                let asset = rig.sink.sent.last().unwrap().asset.clone();
                rig.measure(&asset, 0.0, 2);
                rig.settle();
            }
            let undone: Vec<String> = rig.sink.sent[k..].iter().map(|f| f.asset.clone()).collect();
            assert_eq!(undone, expected, "k = {k}, answered {answered}");
            let outcome = if answered && k == 1 { Outcome::Rejected } else { Outcome::RolledBack };
            assert_eq!(rig.outcome(id), Some(outcome), "k = {k}");
        }
    }
}

#[test]
fn strange_answers_change_nothing_and_are_counted() {
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    let good = rig.sink.sent[0].clone();
    let before = rig.store.audit_tail(1).unwrap();
    for i in 0..500u32 {
        let mut f = good.clone();
        match i % 4 {
            0 => f.id = Uuid::from_u128(u128::from(i)),
            1 => f.nonce = format!("{i:032}"),
            2 => f.asset = "CH-2".into(),
            _ => {}
        }
        rig.ack(&f, AckStatus::Executed);
        if i % 4 == 3 {
            let last = rig.acks.last_mut().unwrap();
            if i % 8 == 3 {
                last.retained = true;
            } else {
                last.asset = "CH-1".into();
            }
        }
    }
    rig.tick();
    let c = rig.governor.counters();
    assert_eq!((c.acks_unknown, c.acks_foreign, c.acks_unusable), (125, 250, 125));
    assert_eq!(rig.stage(id), "dispatched");
    assert_eq!(rig.store.audit_tail(1).unwrap(), before);
    for _ in 0..3 {
        rig.ack(&good, AckStatus::Executed);
    }
    rig.tick();
    assert_eq!(rig.governor.counters().acks_duplicate, 2);
    rig.ack(&good, AckStatus::Rejected);
    rig.tick();
    assert_eq!((rig.governor.counters().acks_contradictory, rig.stage(id)), (1, "acknowledged"));
}

#[test]
fn a_late_yes_is_reconciled_never_verified() {
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    let first = rig.sink.sent[0].clone();
    rig.advance(16.0);
    rig.settle();
    rig.ack_last(AckStatus::Executed);
    rig.measure("CH-3", 0.0, 2);
    assert_eq!(rig.outcome(id), Some(Outcome::RolledBack));
    rig.ack(&first, AckStatus::Executed);
    rig.tick();
    rig.measure("CH-3", 1.0, 5);
    assert_eq!((rig.governor.counters().acks_late, rig.outcome(id)), (1, Some(Outcome::RolledBack)));
    let row = rig.store.control(|c| c.command(&first.id.to_string())).unwrap().unwrap();
    assert_eq!(row.state, OutboxState::Reconciled);
}

#[test]
fn what_the_link_refuses_is_rejected_not_repeated() {
    let mut rig = Rig::new();
    rig.sink.refuse_next = Some(SendError::NobodyListens);
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    rig.approve(id, "olga").unwrap();
    rig.settle();
    assert_eq!((rig.outcome(id), rig.sink.sent.len()), (Some(Outcome::Rejected), 0));
    assert!(rig.store.open_commands().unwrap().is_empty());
    // Offline: it waits, and expires unsent.
    let mut rig = Rig::new();
    rig.sink.offline = true;
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    rig.approve(id, "olga").unwrap();
    assert!(rig.settle().is_empty());
    rig.advance(2000.0);
    rig.sink.offline = false;
    assert!(rig.settle().is_empty());
    assert_eq!(rig.outcome(id), Some(Outcome::Expired));
}

#[test]
fn nothing_is_sent_that_cannot_be_recorded_and_the_hold_works_on_a_full_disk() {
    let mut rig = Rig::new();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    rig.approve(id, "olga").unwrap();
    let out = rig.tick();
    let verdict = rig.verdict(id, &Rig::facts(0.01));
    let now = rig.now();
    rig.governor.regated(out.regate[0], verdict, now).unwrap();
    let used = rig.store.capacity().unwrap().used_pages;
    rig.store.limit_control_pages(used as u32).unwrap();
    for size in [500, 20, 0] {
        while rig.governor.record("filler", "", &serde_json::json!({"x": "y".repeat(size)})).is_ok() {}
    }
    for _ in 0..5 {
        let _ = rig.tick();
        assert!(rig.sink.sent.is_empty(), "fail closed");
    }
    assert!(rig.events.iter().any(|e| e.severity == Severity::Alarm && e.text.contains("not recorded")));
    rig.governor.hold_switch().engage("olga");
    rig.tick();
    assert!(rig.sink.held && !rig.governor.hold_notice().unwrap().audited, "the hold acts although it cannot be recorded yet");
    rig.store.limit_control_pages(1_000_000).unwrap();
    rig.settle();
    assert!(rig.governor.hold_notice().unwrap().audited, "recorded when space returns");
    assert!(rig.sink.sent.is_empty());
    assert_eq!(rig.outcome(id), Some(Outcome::Withdrawn));
    rig.verify();
}

#[test]
fn every_failed_write_leaves_command_and_record_together_or_neither() {
    // The disk fills up after n more pages, for every n until it no longer matters (T37 by capacity).
    for extra in (0..40u32).step_by(3) {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.simulate(p, 0.01);
        rig.store.limit_control_pages(rig.store.capacity().unwrap().used_pages as u32 + extra).unwrap();
        let _ = rig.approve(id, "olga");
        let filler = serde_json::json!({"x": "y".repeat(900)});
        for _ in 0..extra {
            let _ = rig.governor.record("filler", "", &filler);
            let _ = rig.tick();
            if matches!(rig.governor.case(id).unwrap().stage, Stage::Approved(_)) {
                let verdict = rig.verdict(id, &Rig::facts(0.01));
                let now = rig.now();
                let _ = rig.governor.regated(id, verdict, now);
            }
        }
        let committed = rig.kinds().iter().filter(|k| *k == "command.committed").count();
        let rows =
            rig.store.control(|c| OutboxState::ALL.into_iter().try_fold(0, |n, s| Ok::<_, HistoryError>(n + c.commands_in(s)?.len()))).unwrap();
        assert_eq!(committed, rows, "extra {extra}");
        assert!(rig.sink.sent.len() <= rows);
        rig.verify();
    }
}
