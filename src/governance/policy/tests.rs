//! The default policy as a table, hierarchy, limits, and any input (T23).

use super::*;
use crate::{
    clock::Monotonic,
    governance::{identity::Role, proposal::declared},
    plant::{Action, ActionClass, ActionKind, CellId, Plant},
    time::{Span, Time},
};
use proptest::prelude::*;
use std::sync::OnceLock;

fn plant() -> &'static Plant {
    static PLANT: OnceLock<Plant> = OnceLock::new();
    PLANT.get_or_init(|| Plant::builtin("bottling").unwrap().unwrap())
}

fn ledger() -> &'static Ledger {
    static EMPTY: OnceLock<Ledger> = OnceLock::new();
    EMPTY.get_or_init(Ledger::default)
}

fn act(asset: &str, kind: ActionKind) -> Action {
    Action { asset: plant().asset_by_id(asset).unwrap(), kind }
}

fn question(actions: &[Action], author: Who, harm: f64) -> Question<'_> {
    let consequence = actions.iter().filter_map(|a| declared(plant(), *a)).map(|s| s.class).max().unwrap_or(ActionClass::High);
    Question {
        plant: plant(),
        author,
        cell: (author == Who::Agent).then_some(CellId(0)),
        actions,
        consequence,
        harm,
        cost: 40.0,
        supervisor: false,
        wall: Time::from_s(1.7e9),
        now: Monotonic(0),
        ledger: ledger(),
        in_flight: &[],
    }
}

#[test]
fn the_default_policy_fits_the_bottling_plant_and_answers_as_meant() {
    let policy = Policy::builtin().unwrap();
    assert_eq!(policy.check(plant()), []);
    let (start, crew, stop) = ([act("CH-3", ActionKind::Start)], [act("CH-1", ActionKind::DispatchCrew)], [act("FI-1", ActionKind::Stop)]);
    let rate = [act("FI-1", ActionKind::SetRate(0.5))];
    let needs = Expectation::Needs;
    let denied = |r: &str| Expectation::DeniedBy(r.into());
    let advise = Question { cell: Some(CellId(2)), ..question(&start, Who::Agent, 0.0) };
    let no_cell = Question { cell: None, ..question(&start, Who::Agent, 0.0) };
    let dear = Question { cost: 30_000.0, ..question(&start, Who::Agent, 0.0) };
    let unsure = Question { supervisor: true, ..question(&start, Who::Agent, 0.0) };
    let cases: Vec<(&str, Question<'_>, Expectation)> = vec![
        ("a supervised agent starts: one signature", question(&start, Who::Agent, 0.01), needs(Requirement::One)),
        ("a crew", question(&crew, Who::Agent, 0.01), needs(Requirement::One)),
        ("a limit", question(&rate, Who::Agent, 0.3), needs(Requirement::Two)),
        ("a risky start", question(&start, Who::Agent, 0.9), needs(Requirement::Two)),
        ("a risky limit", question(&rate, Who::Agent, 0.9), denied("M-1")),
        ("an agent stops the filler", question(&stop, Who::Agent, 0.0), denied("A-3")),
        ("a planner stops the filler", question(&stop, Who::Role(Role::Planner), 0.1), needs(Requirement::Two)),
        ("a viewer proposes", question(&start, Who::Role(Role::Viewer), 0.0), denied("DEFAULT")),
        ("an admin proposes", question(&start, Who::Role(Role::Admin), 0.0), denied("DEFAULT")),
        ("a cell that only advises", advise, denied("AUTONOMY")),
        ("an agent without a cell", no_cell, denied("INPUT")),
        ("over budget", dear, denied("B-1")),
        ("unvalidated twin", unsure, needs(Requirement::One)),
        ("harm NaN", question(&start, Who::Agent, f64::NAN), denied("INPUT")),
        ("harm negative", question(&start, Who::Agent, -0.1), denied("INPUT")),
        ("nothing to do", question(&[], Who::Agent, 0.0), denied("INPUT")),
    ];
    let cases: Vec<_> = cases.into_iter().map(|(n, q, e)| (n.to_string(), q, e)).collect();
    assert_eq!(policy.dry_run(&cases), []);
    let wrong = vec![("x".to_string(), question(&start, Who::Agent, 0.01), needs(Requirement::Auto))];
    assert_eq!(policy.dry_run(&wrong).len(), 1, "a dry run can fail");
}

#[test]
fn closed_loop_is_auto_only_inside_its_cell_and_when_the_twin_is_trusted() {
    let mut p = plant().clone();
    p.cells[0].autonomy = crate::plant::Autonomy::ClosedLoop;
    let start = [act("CH-3", ActionKind::Start)];
    let policy = Policy::builtin().unwrap();
    let q = Question { plant: &p, ..question(&start, Who::Agent, 0.01) };
    assert_eq!(policy.decide(&q).unwrap().requirement, Requirement::Auto);
    let person = Question { plant: &p, ..question(&start, Who::Role(Role::Operator), 0.01) };
    assert_eq!(policy.decide(&person).unwrap().requirement, Requirement::One);
    assert_eq!(policy.decide(&Question { supervisor: true, ..q }).unwrap().requirement, Requirement::One);
}

#[test]
fn a_denial_on_any_level_overrides_and_hours_and_exclusions_hold() {
    let mut policy = Policy::builtin().unwrap();
    let start = [act("CH-3", ActionKind::Start)];
    let both = [start[0], act("CH-1", ActionKind::DispatchCrew)];
    let deny = |scope| Rule {
        id: "X-1".into(),
        scope,
        who: vec![],
        verbs: vec![Verb::Propose],
        actions: vec![],
        classes: vec![],
        assets: Assets::Kinds(vec!["chiller".into()]),
        effect: Effect::Deny,
        because: "not now".into(),
    };
    for scope in [Scope::Plant, Scope::Area("utilities".into()), Scope::Cell("cooling".into())] {
        policy.rules.push(deny(scope));
        assert_eq!(policy.decide(&question(&start, Who::Agent, 0.0)).unwrap_err().rule, "X-1");
        policy.rules.pop();
    }
    policy.rules.push(deny(Scope::Cell("air".into())));
    assert!(policy.decide(&question(&start, Who::Agent, 0.0)).is_ok(), "another cell's rule is none of its business");
    policy.rules.pop();
    policy.exclusions.push(Exclusion { id: "E-1".into(), assets: vec!["CH-1".into(), "CH-3".into()], most: 1, actions: vec![] });
    assert_eq!(policy.decide(&question(&both, Who::Agent, 0.0)).unwrap_err().rule, "E-1");
    let busy = Question { in_flight: &both[1..], ..question(&start, Who::Agent, 0.0) };
    assert_eq!(policy.decide(&busy).unwrap_err().rule, "E-1");
    policy.exclusions.clear();
    // 2023-11-14 22:13 UTC was a Tuesday; 23:13 local.
    let hours = Hours {
        id: "W-1".into(),
        scope: Scope::Plant,
        classes: vec![ActionClass::Low],
        days: vec![2],
        from_min: 22 * 60,
        until_min: 23 * 60,
        utc_offset_min: 0,
    };
    policy.hours.push(hours);
    assert!(policy.decide(&question(&start, Who::Agent, 0.0)).is_ok());
    policy.hours[0].utc_offset_min = 60;
    assert_eq!(policy.decide(&question(&start, Who::Agent, 0.0)).unwrap_err().rule, "W-1");
    policy.hours[0].utc_offset_min = 0;
    policy.hours[0].days = vec![1, 3, 4, 5, 6, 7];
    assert_eq!(policy.decide(&question(&start, Who::Agent, 0.0)).unwrap_err().rule, "W-1");
}

#[test]
fn bad_policies_are_refused_with_the_place() {
    for (from, to, why) in [
        ("version: 1", "version: 2", "version"),
        ("up_to: 1.0", "up_to: 0.9", "bands"),
        ("(up_to: 0.20, low: One", "(up_to: 0.20, low: Auto", ""),
        ("medium: Never, high: Never", "medium: One, high: Never", "asks for less"),
        ("id: \"A-2\"", "id: \"A-1\"", "twice"),
        ("verbs: [ReleaseHold]", "verbs: []", "verbs"),
        ("command_ttl_s: 30.0", "command_ttl_s: 0.0", "timing"),
        ("command_ttl_s: 30.0", "command_ttl_s: NaN", ""),
        ("max_harm: 0.50", "max_harm: 50.0", "share"),
        ("effect: Allow", "effect: Perhaps", "Perhaps"),
        ("revision: 1", "revision: 1, surprise: true", "surprise"),
    ] {
        let text = DEFAULT.replacen(from, to, 1);
        assert_ne!(text, DEFAULT, "{from}");
        match Policy::parse(&text, "p.ron") {
            Err(e) => assert!(e.to_string().contains(why) && e.to_string().contains("p.ron"), "{to}: {e}"),
            Ok(_) => assert_eq!(from, "(up_to: 0.20, low: One", "{to} was accepted"),
        }
    }
    let mut policy = Policy::builtin().unwrap();
    policy.rules[0].scope = Scope::Area("moon".into());
    policy.rules[1].assets = Assets::Ids(vec!["CH-99".into()]);
    assert_eq!(policy.check(plant()).len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_question_has_an_answer_and_only_finite_ones_are_allowed(
        asset in 0u32..80, kind in 0u8..5, rate in any::<f64>(), harm in any::<f64>(), cost in any::<f64>(), who in 0u8..7, wall in any::<i64>(), cell in 0u32..9,
        now in any::<i64>(),
    ) {
        let kinds = [ActionKind::Start, ActionKind::Stop, ActionKind::SetRate(rate), ActionKind::ResetTrip, ActionKind::DispatchCrew];
        let whos = [Who::Agent, Who::Role(Role::Viewer), Who::Role(Role::Planner), Who::Role(Role::Operator), Who::Role(Role::Approver), Who::Role(Role::Supervisor), Who::Role(Role::Admin)];
        let actions = [Action { asset: crate::plant::AssetId(asset), kind: kinds[usize::from(kind)] }];
        let q = Question { cell: Some(CellId(cell)), cost, wall: Time(wall), now: Monotonic(now), ..question(&actions, whos[usize::from(who)], harm) };
        static POLICY: OnceLock<Policy> = OnceLock::new();
        let policy = POLICY.get_or_init(|| {
            let mut p = Policy::builtin().unwrap();
            p.hours.push(Hours { id: "W".into(), scope: Scope::Plant, classes: vec![ActionClass::High], days: vec![1], from_min: 0, until_min: 1, utc_offset_min: -720 });
            p
        });
        if policy.decide(&q).is_ok() {
            prop_assert!((0.0..=1.0).contains(&harm) && cost.is_finite() && (asset as usize) < plant().assets.len());
        }
        let _ = Span::ZERO;
    }
    #[test]
    fn any_text_is_an_answer(text in "\\PC{0,200}") {
        prop_assert!(Policy::parse(&text, "x").is_err());
    }
}
