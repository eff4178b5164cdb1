//! Interleavings: the live state changes before dispatch (T18), the hold races with it (T27), agents that fight (T26),
//! and random walks through the state machine.

use super::*;
use crate::{
    governance::snapshot::ModeClass,
    history::OutboxState,
    rng::{Draws, Purpose},
};

/// T27 asks for 1,000: raise it for a long run; unoptimised signatures make each race some 50 ms here.
const RACES: u64 = 150;

fn draw(seed: u64, n: u64, of: u64) -> u64 {
    Draws::new(seed, 0).bits(n, Purpose::Resample, n) % of
}

#[test]
fn the_envelope_lets_nothing_pass_that_changed() {
    let rig = Rig::new();
    let mut p = rig.proposal(vec![rig.start_ch3()]);
    p.commands[0].effect.within = Span::from_s(60.0);
    let policy = rig.governor.policy_hash();
    let e = envelope(&rig.plant, &p, &rig.snapshot, &rig.governor.policy().thresholds, policy);
    assert!(e.check(&rig.snapshot, policy, &rig.plant).is_ok());
    assert!(e.bounds.len() >= 3, "the whole redundancy group is watched");
    let (mut broken, mut kept) = (0, 0);
    for k in 0..10_000u64 {
        let mut now = rig.snapshot.clone();
        let a = draw(k, 1, now.assets.len() as u64) as usize;
        match draw(k, 2, 6) {
            0 => now.assets[a].mode = Mode::ALL[draw(k, 3, 12) as usize],
            1 => now.assets[a].stale = true,
            2 => now.assets[a].observed = false,
            3 => now.assets[a].level = now.assets[a].level.map(|l| l * draw(k, 4, 200) as f64 / 100.0),
            4 => now.assets[a].temperature_c = now.assets[a].temperature_c.map(|t| t + draw(k, 5, 100) as f64),
            _ => now.model_epoch += draw(k, 6, 2),
        }
        let same = e.bounds.iter().all(|b| {
            let (was, is) = (&rig.snapshot.assets[b.asset.index()], &now.assets[b.asset.index()]);
            let within = |i: Option<crate::governance::Interval>, v: Option<f64>| i.is_none_or(|i| v.is_some_and(|v| v >= i.low && v <= i.high));
            ModeClass::of(was.mode) == ModeClass::of(is.mode)
                && is.observed
                && !is.stale
                && within(b.level, is.level)
                && within(b.temperature_c, is.temperature_c)
        }) && now.model_epoch == rig.snapshot.model_epoch;
        assert_eq!(e.check(&now, policy, &rig.plant).is_ok(), same, "case {k}");
        if same { kept += 1 } else { broken += 1 }
    }
    assert!(broken > 1000 && kept > 1000, "{broken} {kept}");
}

#[test]
fn nothing_is_dispatched_on_a_state_that_left_the_envelope() {
    for k in 0..60u64 {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.simulate(p, 0.01);
        rig.approve(id, "olga").unwrap();
        let out = rig.tick();
        let verdict = rig.verdict(id, &Rig::facts(0.01));
        let now = rig.now();
        rig.governor.regated(out.regate[0], verdict, now).unwrap();
        let ch = [rig.asset("CH-1"), rig.asset("CH-2"), rig.asset("CH-3")][(k % 3) as usize];
        match k % 5 {
            0 => rig.snapshot.assets[ch.index()].mode = if k % 3 == 2 { Mode::Running } else { Mode::Failed },
            1 => rig.snapshot.assets[ch.index()].stale = true,
            2 => rig.snapshot.model_epoch += 1,
            3 => rig.snapshot.plant = Digest::default(),
            _ => {
                // Someone else commanded the target in between.
                rig.store.control(|c| c.next_epoch("CH-3").map(|_| ())).unwrap();
            }
        }
        rig.settle();
        assert!(rig.sink.sent.is_empty(), "case {k}");
        assert_eq!(rig.outcome(id), Some(Outcome::Stale), "case {k}");
    }
}

#[test]
fn a_second_verdict_that_is_old_worse_or_foreign_dispatches_nothing() {
    let mut rig = Rig::new();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    rig.approve(id, "olga").unwrap();
    rig.sink.offline = true;
    rig.settle();
    rig.advance(61.0);
    rig.sink.offline = false;
    assert_eq!(rig.tick().regate, [id], "an old verdict is asked for again");
    assert!(rig.sink.sent.is_empty());
    let mut foreign = rig.verdict(id, &Rig::facts(0.01));
    foreign.commands = Digest::default();
    let now = rig.now();
    assert!(rig.governor.regated(id, foreign, now).is_err());
    let mut worse = rig.verdict(id, &Rig::facts(0.4));
    worse.harm = 0.6;
    rig.governor.regated(id, worse, now).unwrap();
    assert_eq!(rig.outcome(id), Some(Outcome::Stale), "the risk rose beyond what was signed for");
}

#[test]
fn after_the_hold_is_in_the_audit_nothing_is_published() {
    let mut sent_before = 0;
    for k in 0..RACES {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.simulate(p, 0.01);
        rig.approve(id, "olga").unwrap();
        let asked = rig.tick().regate;
        let (verdict, now) = (rig.verdict(asked[0], &Rig::facts(0.01)), rig.now());
        rig.governor.regated(id, verdict, now).unwrap();
        let (hold, delay) = (rig.governor.hold_switch(), draw(k, 1, 100).pow(2) * 200);
        let go = std::sync::atomic::AtomicBool::new(false);
        let published = std::thread::scope(|s| {
            s.spawn(|| {
                while !go.load(std::sync::atomic::Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
                for _ in 0..delay {
                    std::hint::spin_loop();
                }
                hold.engage("race");
            });
            go.store(true, std::sync::atomic::Ordering::SeqCst);
            while !rig.governor.hold_notice().is_some_and(|n| n.audited) {
                rig.tick();
            }
            rig.sink.sent.len()
        });
        rig.advance(20.0);
        for _ in 0..3 {
            rig.settle();
        }
        assert_eq!(rig.sink.sent.len(), published, "race {k}: {:?}", rig.kinds());
        let kinds = rig.kinds();
        let held = kinds.iter().position(|x| x == "hold.engaged").unwrap();
        assert!(!kinds[held..].contains(&"command.committed".to_string()), "race {k}: {kinds:?}");
        sent_before += published;
    }
    assert!(sent_before > 0 && sent_before < RACES as usize, "both orders were met: {sent_before}");
}

#[test]
fn the_hold_stops_automatic_rollback_until_a_person_signs_for_it() {
    let mut rig = Rig::new();
    let id = rig.dispatched(vec![rig.start_ch3()]);
    rig.governor.hold_switch().engage("olga");
    rig.tick();
    rig.advance(20.0);
    rig.settle();
    assert_eq!(rig.sink.sent.len(), 1, "no compensation under the hold");
    let now = rig.now();
    assert!(rig.governor.release_with("vera", PASSWORD, "let us go on please", now, &mut rig.sink).is_err(), "viewers release nothing");
    assert!(rig.governor.release_with("olga", PASSWORD, "", now, &mut rig.sink).is_err(), "a reason is needed");
    rig.governor.release_with("olga", PASSWORD, "checked the chiller", now, &mut rig.sink).unwrap();
    assert!(!rig.sink.held);
    rig.settle();
    assert_eq!(rig.sink.sent.len(), 1, "still waits for a person");
    let subject = rig.governor.case(id).unwrap().stage.authority().unwrap().warrant.digest();
    let sign = |who: &str| rig.people.unlock(who, PASSWORD, Monotonic(0)).unwrap().sign(Meaning::Compensation, subject, "undo it", Time(0));
    let (bad, good) = (sign("vera"), sign("anna"));
    assert!(rig.governor.compensate(id, &bad).is_err());
    rig.governor.compensate(id, &good).unwrap();
    assert_eq!(rig.settle().len(), 1);
    assert_eq!(rig.sink.sent[1].action, ActionKind::Stop.into());
}

#[test]
fn a_hold_between_two_commands_sends_neither_the_second_nor_the_undo() {
    let mut rig = Rig::new();
    let second = rig.command("CMP-3", ActionKind::Start, Some(ActionKind::Stop), 600.0);
    let id = rig.dispatched(vec![rig.start_ch3(), second]);
    rig.governor.hold_switch().engage("anna");
    rig.ack_last(AckStatus::Executed);
    rig.settle();
    rig.advance(4000.0);
    rig.settle();
    assert_eq!(rig.sink.sent.len(), 1);
    assert!(matches!(&rig.governor.case(id).unwrap().stage, Stage::RollingBack(r) if r.waits_for_person));
}

#[test]
fn agents_that_fight_are_stopped_and_rates_are_limited() {
    let mut rig = Rig::with(|p| p.rate_limits.retain(|l| l.id == "L-1"));
    let ch3 = rig.asset("CH-3");
    let mut sent = 0;
    for i in 0..8 {
        let (kind, undo, mode) =
            if i % 2 == 0 { (ActionKind::Start, ActionKind::Stop, Mode::Standby) } else { (ActionKind::Stop, ActionKind::Start, Mode::Running) };
        rig.snapshot.assets[ch3.index()].mode = mode;
        let mut c = rig.command("CH-3", kind, Some(undo), 60.0);
        c.effect.value = -1.0;
        let p = rig.proposal(vec![c]);
        let id = rig.simulate(p, 0.01);
        if rig.approve(id, "olga").is_err() {
            break;
        }
        sent += rig.settle().len();
        if rig.governor.hold_switch().is_engaged() {
            break;
        }
        rig.ack_last(AckStatus::Executed);
        rig.measure("CH-3", 0.0, 2);
    }
    assert_eq!(sent, 4, "two cycles, then the hold");
    assert!(rig.governor.hold_switch().by().unwrap().contains("oscillating"));
    // The limit: 3 a minute.
    let mut rig = Rig::new();
    let mut denied = 0;
    for _ in 0..100 {
        let mut c = rig.start_ch3();
        c.effect.value = -1.0;
        let p = rig.proposal(vec![c]);
        let id = rig.simulate(p, 0.01);
        if rig.outcome(id) == Some(Outcome::Denied) {
            denied += 1;
            continue;
        }
        rig.approve(id, "olga").unwrap();
        rig.settle();
        rig.ack_last(AckStatus::Executed);
        rig.measure("CH-3", 0.0, 2);
    }
    assert!(rig.sink.sent.len() <= 6 && denied >= 94, "{} sent, {denied} denied", rig.sink.sent.len());
}

#[test]
fn three_failures_in_a_row_open_the_breaker() {
    let mut rig = Rig::with(|p| p.rate_limits.clear());
    for i in 0..4 {
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.simulate(p, 0.01);
        rig.approve(id, "olga").unwrap();
        rig.settle();
        if i < 3 {
            rig.ack_last(AckStatus::Rejected);
            assert_eq!(rig.outcome(id), Some(Outcome::Rejected));
        } else {
            assert_eq!((rig.sink.sent.len(), rig.outcome(id)), (3, Some(Outcome::Denied)));
        }
    }
}

#[test]
fn random_walks_keep_the_invariants() {
    for seed in 0..12u64 {
        let mut rig = Rig::with(|p| p.rate_limits.clear());
        let mut ids: Vec<Uuid> = Vec::new();
        for n in 0..60u64 {
            step(&mut rig, &mut ids, seed, n);
            invariants(&rig, seed, n);
        }
        rig.verify();
    }
}

fn step(rig: &mut Rig, ids: &mut Vec<Uuid>, seed: u64, n: u64) {
    let pick = |k: u64, of: usize| draw(seed * 1000 + n, k, of.max(1) as u64) as usize;
    match pick(1, 12) {
        0 => {
            let second = rig.command("CMP-3", ActionKind::Start, Some(ActionKind::Stop), 60.0);
            let p = rig.proposal(if pick(2, 2) == 0 { vec![rig.start_ch3()] } else { vec![rig.start_ch3(), second] });
            if let Ok(id) = rig.governor.submit(p) {
                let verdict = rig.verdict(id, &Rig::facts(0.01));
                let now = rig.now();
                let _ = rig.governor.simulated(id, verdict, now);
                ids.push(id);
            }
        }
        1 | 2 if !ids.is_empty() => {
            let id = ids[pick(2, ids.len())];
            let _ = rig.approve(id, ["olga", "anna", "vera"][pick(3, 3)]);
        }
        3 if !rig.sink.sent.is_empty() => {
            let f = rig.sink.sent[pick(2, rig.sink.sent.len())].clone();
            rig.ack(&f, [AckStatus::Accepted, AckStatus::Executed, AckStatus::Rejected][pick(3, 3)]);
        }
        4 => rig.advance(pick(2, 20) as f64),
        5 => rig.measure(["CH-3", "CMP-3"][pick(2, 2)], [0.0, 1.0][pick(3, 2)], 2),
        6 if pick(2, 4) == 0 => rig.governor.hold_switch().engage("walk"),
        7 => {
            let now = rig.now();
            let _ = rig.governor.release_with("sven", PASSWORD, "random walk goes on", now, &mut rig.sink);
        }
        8 => rig.sink.offline = !rig.sink.offline,
        9 if !ids.is_empty() => {
            let _ = rig.governor.withdraw(ids[pick(2, ids.len())], "walk", "because");
        }
        _ => {
            rig.settle();
        }
    }
    rig.tick();
}

fn invariants(rig: &Rig, seed: u64, n: u64) {
    let rows: Vec<_> = rig
        .store
        .control(|c| {
            OutboxState::ALL.into_iter().try_fold(Vec::new(), |mut all, s| {
                all.extend(c.commands_in(s)?);
                Ok::<_, HistoryError>(all)
            })
        })
        .unwrap();
    for f in &rig.sink.sent {
        let row = rows.iter().find(|r| r.id == f.id.to_string()).unwrap_or_else(|| panic!("{seed}/{n}: sent but not on disk"));
        assert_eq!(CommandFrame::decode(row.frame.as_bytes()).unwrap(), *f);
    }
    for c in rig.governor.cases() {
        let id = c.proposal.id.to_string();
        for step in 0..c.proposal.commands.len() as u32 {
            for undo in [false, true] {
                let of = rows.iter().filter(|r| r.proposal == id && r.step == step && r.compensates == undo).count();
                assert!(of <= 1, "{seed}/{n}: a step is sent once and undone once");
            }
        }
        let sent = rows.iter().any(|r| r.proposal == id);
        let signed = c.stage.authority().is_some_and(|a| !a.signatures.is_empty());
        assert!(!sent || signed, "{seed}/{n}: nothing leaves unsigned");
    }
    let mut ids: Vec<_> = rig.sink.sent.iter().map(|f| f.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), rig.sink.sent.len(), "{seed}/{n}: no command twice");
    let mut open: Vec<_> = rows.iter().filter(|r| r.state.is_open()).map(|r| r.asset.clone()).collect();
    open.sort();
    let before = open.len();
    open.dedup();
    assert_eq!(open.len(), before, "{seed}/{n}: one in flight per asset");
}
