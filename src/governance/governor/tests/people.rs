//! Who may sign what: roles, two persons, forgeries, mutations (T20–T22), the safety class (T28), the gate's inputs (T24).

use super::*;
use crate::governance::{
    approval::{Approval, Warrant},
    policy::{Denial, Requirement},
    proposal::{ProposalFault, target},
};

#[test]
fn only_those_the_policy_names_may_sign() {
    for (name, ok) in [("olga", true), ("anna", true), ("sven", true), ("olga-s", true), ("paul", false), ("vera", false), ("adam", false)] {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.simulate(p, 0.01);
        let answer = rig.approve(id, name);
        assert_eq!(answer.is_ok(), ok, "{name}: {answer:?}");
        assert_eq!(!rig.settle().is_empty(), ok, "{name}");
        if let Err(GovernError::Denied(Denial { rule, .. })) = answer {
            assert_eq!(rule, "S-3", "a denial cites its rule");
            assert!(rig.kinds().contains(&"approval.refused".to_string()));
        }
    }
}

#[test]
fn revoked_forged_and_foreign_signatures_count_for_nothing() {
    let mut rig = Rig::alone();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    let subject = rig.governor.warrant(id).unwrap().digest();
    let signer = rig.people.unlock("olga", PASSWORD, Monotonic(0)).unwrap();
    let good = signer.sign(Meaning::Approval, subject, "fine", Time(0));
    let other_key = IdentityBook::new(KdfCost { memory_kib: 8, passes: 1 });
    other_key.add("olga", "Olga", Role::Operator, "another password", &*ManualClock::new()).unwrap();
    let impostor = other_key.unlock("olga", "another password", Monotonic(0)).unwrap().sign(Meaning::Approval, subject, "fine", Time(0));
    let bad: Vec<Approval> = vec![
        impostor,
        Approval { role: Role::Supervisor, ..good.clone() },
        Approval { person: "Anna".into(), ..good.clone() },
        Approval { identity: "anna".into(), ..good.clone() },
        Approval { identity: "nobody".into(), ..good.clone() },
        Approval { reason: "fine!".into(), ..good.clone() },
        Approval { at_wall: Time(1), ..good.clone() },
        Approval { signature: String::new(), ..good.clone() },
        signer.sign(Meaning::Refusal, subject, "fine", Time(0)),
        signer.sign(Meaning::Approval, Digest::default(), "fine", Time(0)),
    ];
    let now = rig.now();
    for (i, b) in bad.into_iter().enumerate() {
        assert!(rig.governor.approve(id, b, now).is_err(), "{i}");
    }
    rig.governor.approve(id, good, now).unwrap();
    rig.people.revoke("olga").unwrap();
    assert!(rig.settle().is_empty(), "revoked between signature and dispatch");
    assert_eq!(rig.outcome(id), Some(Outcome::Stale));
}

#[test]
fn two_means_two_persons_one_of_them_a_supervisor_and_never_the_author() {
    let names = ["olga", "anna", "sven", "olga-s"];
    let person = |n: &str| {
        if n.starts_with("olga") {
            "Olga"
        } else if n == "anna" {
            "Anna"
        } else {
            "Sven"
        }
    };
    for author in [None, Some("anna"), Some("olga"), Some("sven")] {
        for first in names {
            for second in names {
                let mut rig = Rig::new();
                let mut p = rig.proposal(vec![rig.start_ch3()]);
                if let Some(a) = author {
                    p.author = Author::Person { identity: a.into() };
                }
                // Harm 0.6 of a Low action asks for two signatures; the gate's own limit is looser in this test.
                let id = rig.governor.submit(p).unwrap();
                let mut verdict = rig.verdict(id, &Rig::facts(0.4));
                verdict.harm = 0.6;
                let now = rig.now();
                rig.governor.simulated(id, verdict, now).unwrap();
                let ruling = rig.governor.case(id).unwrap().stage.authority().unwrap().ruling.clone();
                assert_eq!(ruling.requirement, Requirement::Two);
                let is_author = |n: &str| author.is_some_and(|a| person(a) == person(n));
                let one = rig.approve(id, first);
                assert_eq!(one.is_ok(), !is_author(first), "{author:?} {first}: {one:?}");
                let two = rig.approve(id, second);
                let approved = matches!(rig.governor.case(id).unwrap().stage, Stage::Approved(_));
                let supervisor = |n: &str| n == "sven" || n == "olga-s";
                let expected = one.is_ok() && !is_author(second) && person(first) != person(second) && (supervisor(first) || supervisor(second));
                assert_eq!(approved, expected, "{author:?} {first} {second}: {two:?}");
            }
        }
    }
}

#[test]
fn one_changed_byte_voids_a_signature() {
    let mut rig = Rig::new();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    let warrant = rig.governor.warrant(id).unwrap().clone();
    let signer = rig.people.unlock("olga", PASSWORD, Monotonic(0)).unwrap();
    let approval = signer.sign(Meaning::Approval, warrant.digest(), "fine", Time(0));
    let text = serde_json::to_vec(&warrant).unwrap();
    let (mut readable, mut changed) = (0, 0);
    for k in 0..1000usize {
        let mut bytes = text.clone();
        let at = (k * 7919) % bytes.len();
        let new = b"0123456789abcdef"[k % 16];
        if bytes[at] == new {
            continue;
        }
        bytes[at] = new;
        changed += 1;
        // What is no longer a warrant cannot be dispatched at all; what is one must not be covered by the signature.
        if let Ok(w) = serde_json::from_slice::<Warrant>(&bytes) {
            readable += 1;
            if w != warrant {
                assert!(approval.verify(Meaning::Approval, w.digest(), &rig.people).is_err(), "byte {at}");
            }
        }
    }
    assert!(changed > 900 && readable > 100, "{changed} {readable}");
    assert!(approval.verify(Meaning::Approval, warrant.digest(), &rig.people).is_ok());
}

#[test]
fn the_safety_system_and_aliases_are_no_targets() {
    let mut rig = Rig::new();
    let p = &rig.plant;
    assert!(matches!(target(p, "GS-1"), Err(ProposalFault::Safety { .. })));
    assert!(target(p, "CH-3").is_ok());
    for alias in [
        "ch-3",
        "CH-3 ",
        " CH-3",
        "CH-3/",
        "./CH-3",
        "a/../CH-3",
        "CH-3/..",
        "CH-3\0",
        "+",
        "#",
        "CH-+",
        "CH-#",
        "",
        "CH\u{2010}3",
        "ＣＨ-3",
        "CH-3\n",
        "GS-1/../CH-3",
    ] {
        assert!(target(p, alias).is_err(), "{alias:?}");
    }
    let gas = rig.asset("GS-1");
    for kind in [ActionKind::Start, ActionKind::Stop, ActionKind::SetRate(0.5), ActionKind::ResetTrip, ActionKind::DispatchCrew] {
        for as_compensation in [false, true] {
            let mut c = rig.start_ch3();
            let action = Action { asset: gas, kind };
            if as_compensation {
                c.compensation = Some(action);
            } else {
                c.action = action;
            }
            let p = rig.proposal(vec![c]);
            assert!(matches!(rig.governor.submit(p), Err(GovernError::Proposal(ProposalFault::Safety { .. }))), "{kind:?}");
        }
    }
    let malformed: Vec<ProposedCommand> = vec![
        rig.command("CH-3", ActionKind::SetRate(0.5), None, 60.0),
        rig.command("FI-1", ActionKind::SetRate(f64::NAN), None, 60.0),
        rig.command("FI-1", ActionKind::SetRate(0.1), None, 60.0),
        rig.command("FI-1", ActionKind::SetRate(1.5), None, 60.0),
        rig.command("CH-3", ActionKind::Start, None, 0.0),
        ProposedCommand { action: Action { asset: AssetId(9999), kind: ActionKind::Start }, ..rig.start_ch3() },
        ProposedCommand { effect: EffectExpectation { value: f64::NAN, ..rig.start_ch3().effect }, ..rig.start_ch3() },
    ];
    for c in malformed {
        let p = rig.proposal(vec![c]);
        assert!(matches!(rig.governor.submit(p), Err(GovernError::Proposal(_))), "{c:?}");
    }
    let p = rig.proposal(vec![]);
    assert!(rig.governor.submit(p).is_err());
    assert!(rig.sink.sent.is_empty());
}

#[test]
fn bad_gate_inputs_refuse_with_a_reason() {
    let good = Rig::facts(0.01);
    let bad_facts: Vec<(&str, Facts)> = vec![
        ("simulation failed", Facts { failed: Some("diverged".into()), ..good.clone() }),
        ("fewer futures", Facts { runs_done: 199, ..good.clone() }),
        ("no futures", Facts { runs_done: 0, runs_asked: 0, ..good.clone() }),
        ("too few asked", Facts { runs_done: 50, runs_asked: 50, ..good.clone() }),
        ("harm missing", Facts { harm: None, ..good.clone() }),
        ("harm NaN", Facts { harm: Some(f64::NAN), ..good.clone() }),
        ("harm above 1", Facts { harm: Some(1.2), ..good.clone() }),
        ("trips infinite", Facts { extra_trips: Some(f64::INFINITY), ..good.clone() }),
        ("worse off missing", Facts { worse_off: None, ..good.clone() }),
        ("exceedance NaN", Facts { extra_exceedance_h: Some(f64::NAN), ..good.clone() }),
        ("poor fidelity", Facts { validation: Validation::Poor, ..good.clone() }),
    ];
    for (name, facts) in bad_facts {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.governor.submit(p).unwrap();
        let verdict = rig.verdict(id, &facts);
        assert!(!verdict.passed && verdict.refusal().is_some(), "{name}");
        let now = rig.now();
        rig.governor.simulated(id, verdict, now).unwrap();
        assert_eq!(rig.outcome(id), Some(Outcome::GateRefused), "{name}");
        assert!(rig.approve(id, "sven").is_err(), "{name}");
    }
    type Change = fn(&mut Seen);
    let bad_state: Vec<(&str, Change)> = vec![
        ("stale", |s| s.stale = true),
        ("unobserved", |s| s.observed = false),
        ("old", |s| s.data_age = Span::from_h(1.0)),
        ("untrusted", |s| s.confidence = 0.0),
        ("confidence NaN", |s| s.confidence = f64::NAN),
        ("drifting", |s| s.drift = 1e6),
        ("drift NaN", |s| s.drift = f64::NAN),
        ("already running", |s| s.mode = Mode::Running),
        ("tripped", |s| s.mode = Mode::Tripped),
    ];
    for (name, change) in bad_state {
        let mut rig = Rig::new();
        let p = rig.proposal(vec![rig.start_ch3()]);
        let id = rig.governor.submit(p).unwrap();
        let ch3 = rig.asset("CH-3");
        change(&mut rig.snapshot.assets[ch3.index()]);
        assert!(!rig.verdict(id, &good).passed, "{name}");
    }
}

#[test]
fn an_unvalidated_twin_asks_for_a_supervisor_with_a_reason() {
    let mut rig = Rig::new();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.governor.submit(p).unwrap();
    let verdict = rig.verdict(id, &Facts { validation: Validation::Unvalidated, ..Rig::facts(0.01) });
    let now = rig.now();
    rig.governor.simulated(id, verdict, now).unwrap();
    assert!(matches!(rig.approve(id, "olga"), Err(GovernError::SupervisorNeeded)));
    assert!(matches!(rig.governor.approve_with(id, "sven", PASSWORD, "ok", now), Err(GovernError::ReasonNeeded)));
    rig.approve(id, "sven").unwrap();
    assert_eq!(rig.stage(id), "approved");
}

#[test]
fn wrong_passwords_end_in_the_audit_and_lock() {
    let mut rig = Rig::alone();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    let now = rig.now();
    for _ in 0..5 {
        assert!(matches!(rig.governor.approve_with(id, "olga", "guess guess", "r", now), Err(GovernError::Auth(_))));
    }
    assert!(matches!(rig.approve(id, "olga"), Err(GovernError::Auth(crate::governance::identity::AuthError::Locked))));
    rig.tick();
    assert_eq!(rig.kinds().iter().filter(|k| *k == "identity.sign_in_failed").count(), 6);
}

#[test]
fn a_refusal_needs_a_signature_and_ends_it() {
    let mut rig = Rig::alone();
    let p = rig.proposal(vec![rig.start_ch3()]);
    let id = rig.simulate(p, 0.01);
    let now = rig.now();
    assert!(rig.governor.refuse_with(id, "olga", "wrong password", "no", now).is_err());
    rig.governor.refuse_with(id, "olga", PASSWORD, "the chiller is open for service", now).unwrap();
    assert_eq!(rig.outcome(id), Some(Outcome::Refused));
    assert!(rig.approve(id, "anna").is_err());
    assert!(rig.settle().is_empty());
}
