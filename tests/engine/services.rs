//! Services: shedding by priority, proportional share, reserves, ride-through, conversions across media, black start, controllers.

use crate::support::*;
use plantcast::plant::*;
use plantcast::sim::{Cause, Change, Intervention, Mode, Model, Script, State, Until};
use plantcast::time::{Span, Time};
use proptest::prelude::*;

const STOP: OnShort = OnShort::Stop { below: 0.95 };

fn lose(asset: AssetId, at_h: f64, hours: f64) -> (Time, Intervention) {
    (Time::from_h(at_h), Intervention::Fail { asset, mode: None, until: Until::For(Span::from_h(hours)) })
}

#[test]
fn loads_are_shed_by_priority_and_return() {
    let mut b = Build::new();
    let power = b.service("power");
    let (g1, g2) = (b.add("G-1", |a| a.gives = vec![give(power, 60.0)]), b.add("G-2", |a| a.gives = vec![give(power, 60.0)]));
    let loads: Vec<AssetId> = (0..3).map(|i| b.add(&format!("L-{i}"), |a| a.needs = vec![need(power, 40.0, i, STOP)])).collect();
    for l in &loads {
        b.link(g1, *l, power);
        b.link(g2, *l, power);
    }
    let model = b.model();
    let outcome = run(&model, &Script(vec![lose(g1, 1.0, 1.0)]), 1, 0, 1.5);
    let modes: Vec<Mode> = loads.iter().map(|l| outcome.end.mode(*l)).collect();
    assert_eq!(modes, [Mode::Running, Mode::Short, Mode::Short]);
    assert!(matches!(&outcome.end.cause(loads[2]), Cause::Shortage { from, .. } if from == &[g1]));
    let outcome = run(&model, &Script(vec![lose(g1, 1.0, 1.0)]), 1, 0, 2.0);
    assert!(loads.iter().all(|l| outcome.end.mode(*l) == Mode::Running));
}

#[test]
fn equal_priorities_survive_as_many_as_can() {
    let mut b = Build::new();
    let power = b.service("power");
    let g = b.add("G", |a| a.gives = vec![give(power, 80.0)]);
    let loads: Vec<AssetId> = (0..2).map(|i| b.add(&format!("L-{i}"), |a| a.needs = vec![need(power, 50.0, 1, STOP)])).collect();
    loads.iter().for_each(|l| b.link(g, *l, power));
    let model = b.model();
    let state = State::nominal(&model);
    assert_eq!((state.mode(loads[0]), state.mode(loads[1])), (Mode::Running, Mode::Short));
    // and it stays so: no hunting
    assert_eq!(run(&model, &Script::empty(), 1, 0, 8.0).trace.len(), 0);
}

#[test]
fn derating_loads_share_in_proportion() {
    let mut b = Build::new();
    let (power, m) = (b.service("power"), b.material("m"));
    let g = b.add("G", |a| a.gives = vec![give(power, 75.0)]);
    for i in 0..2 {
        let l = b.add(&format!("P-{i}"), |a| {
            a.process = Some(process(10.0, &[], &[m]));
            a.needs = vec![need(power, 50.0, 1, OnShort::Derate)];
        });
        b.link(g, l, power);
    }
    let model = b.model();
    let state = State::nominal(&model);
    for i in 1..3 {
        assert!((state.service(AssetId(i)) - 0.75).abs() < 1e-12);
        assert_eq!(state.mode(AssetId(i)), Mode::Running);
    }
}

#[test]
fn a_receiver_bridges_exactly_as_long_as_it_holds_and_recharges() {
    let mut b = Build::new();
    let air = b.service("air");
    let c = b.add("CMP", |a| a.gives = vec![give(air, 100.0)]);
    let r = b.add("AR", |a| a.storage = Some(Storage { medium: air, capacity: 20.0, initial: 20.0, max_discharge: 500.0, max_charge: 10.0 }));
    let l = b.add("L", |a| a.needs = vec![need(air, 80.0, 0, STOP)]);
    b.link(c, r, air);
    b.link(r, l, air);
    let model = b.model();
    // 20 unit·h at 80 units last 15 min
    let outcome = run(&model, &Script(vec![lose(c, 1.0, 1.0)]), 1, 0, 3.0);
    let short = outcome.trace.iter().find(|e| e.asset == l && matches!(e.what, Change::Mode { to: Mode::Short, .. })).unwrap();
    assert_eq!(short.at, Time::from_h(1.25));
    assert_eq!(outcome.end.mode(l), Mode::Running);
    // back at 2 h; recharged at 10 units for 1 h
    assert!((outcome.end.level(&model, r).unwrap() - 10.0).abs() < 1e-9);
}

#[test]
fn a_ride_through_bridges_a_short_dip() {
    let mut b = Build::new();
    let power = b.service("power");
    let g = b.add("G", |a| a.gives = vec![give(power, 100.0)]);
    let l = b.add("PLC", |a| {
        a.needs = vec![need(power, 1.0, 0, STOP)];
        a.needs[0].ride_through = Span::from_min(10.0);
    });
    b.link(g, l, power);
    let model = b.model();
    let outcome = run(&model, &Script(vec![lose(g, 1.0, 0.1), lose(g, 2.0, 1.0)]), 1, 0, 4.0);
    let changes: Vec<Time> = outcome.trace.iter().filter(|e| e.asset == l && matches!(e.what, Change::Mode { .. })).map(|e| e.at).collect();
    assert_eq!(changes, [Time::from_h(2.0) + Span::from_min(10.0), Time::from_h(3.0)]);
}

/// Grid → transformer (2 % loss) → loads and chiller → cooled load.
fn two_media() -> (Build, [AssetId; 5]) {
    let mut b = Build::new();
    let (power, cooling) = (b.service("power"), b.service("cooling"));
    let grid = b.add("GRID", |a| a.gives = vec![give(power, 1000.0)]);
    let tx = b.add("TX", |a| {
        a.gives = vec![Give { medium: power, capacity: 500.0, merit: 0, from: vec![Input { medium: power, per_unit: 1.0 / 0.98, priority: 0 }] }];
    });
    let chiller = b.add("CH", |a| {
        a.gives = vec![Give { medium: cooling, capacity: 300.0, merit: 0, from: vec![Input { medium: power, per_unit: 0.25, priority: 1 }] }];
        a.start.delay = Span::from_min(5.0);
    });
    let load = b.add("LOAD", |a| a.needs = vec![need(power, 100.0, 0, STOP)]);
    let cooled = b.add("COOLED", |a| a.needs = vec![need(cooling, 200.0, 0, STOP)]);
    b.link(grid, tx, power);
    b.link(tx, chiller, power);
    b.link(tx, load, power);
    b.link(chiller, cooled, cooling);
    (b, [grid, tx, chiller, load, cooled])
}

#[test]
fn conversions_chain_with_their_losses() {
    let (b, [grid, tx, chiller, _, cooled]) = two_media();
    let model = b.model();
    let s = State::nominal(&model);
    assert!((s.given(&model, chiller, MediumId(1)) - 200.0).abs() < 1e-9);
    assert!((s.given(&model, tx, MediumId(0)) - 150.0).abs() < 1e-9);
    assert!((s.given(&model, grid, MediumId(0)) - 150.0 / 0.98).abs() < 1e-9);
    // an outage goes through both media; recovery is a start: the chiller needs its five minutes
    let outcome = run(&model, &Script(vec![lose(grid, 1.0, 1.0)]), 1, 0, 3.0);
    let back = outcome.trace.iter().rfind(|e| e.asset == cooled && matches!(e.what, Change::Mode { to: Mode::Running, .. })).unwrap();
    assert_eq!(back.at, Time::from_h(2.0) + Span::from_min(5.0));
    let gone = outcome.trace.iter().find(|e| e.asset == cooled && matches!(e.what, Change::Mode { to: Mode::Short, .. })).unwrap();
    assert_eq!(gone.at, Time::from_h(1.0));
    assert!(matches!(&gone.cause, Cause::Shortage { from, .. } if from == &[chiller]));
}

#[test]
fn mutual_dependence_runs_but_does_not_start_itself() {
    // generator needs cooling, cooler needs power: runs while it runs, stays down after a blackout, starts with help
    let mut b = Build::new();
    let (power, cooling) = (b.service("power"), b.service("cooling"));
    let generator = b.add("GEN", |a| {
        a.gives = vec![give(power, 100.0)];
        a.needs = vec![need(cooling, 10.0, 0, STOP)];
    });
    let cooler = b.add("COOL", |a| {
        a.gives = vec![give(cooling, 20.0)];
        a.needs = vec![need(power, 10.0, 0, STOP)];
    });
    let battery = b.add("START", |a| {
        a.gives = vec![give(power, 10.0)];
        a.initial = InitialMode::Off;
    });
    b.link(generator, cooler, power);
    b.link(battery, cooler, power);
    b.link(cooler, generator, cooling);
    let model = b.model();
    let both = |s: &State| (s.mode(generator), s.mode(cooler));
    assert_eq!(both(&State::nominal(&model)), (Mode::Running, Mode::Running));
    let black = vec![lose(generator, 1.0, 1.0)];
    assert_eq!(both(&run(&model, &Script(black.clone()), 1, 0, 5.0).end), (Mode::Short, Mode::Short));
    let mut help = black;
    help.push((Time::from_h(3.0), Intervention::Act(Action { asset: battery, kind: ActionKind::Start })));
    assert_eq!(both(&run(&model, &Script(help), 1, 0, 5.0).end), (Mode::Running, Mode::Running));
}

#[test]
fn standby_starts_by_itself_and_the_repaired_member_becomes_the_spare() {
    let mut b = Build::new();
    let cooling = b.service("cooling");
    let l = b.add("L", |a| a.needs = vec![need(cooling, 100.0, 0, OnShort::Derate)]);
    let ch: Vec<AssetId> = (0..3)
        .map(|i| {
            b.add(&format!("CH-{i}"), |a| {
                a.gives = vec![give(cooling, 50.0)];
                a.start.delay = Span::from_min(10.0);
                if i == 2 {
                    a.initial = InitialMode::Standby;
                }
            })
        })
        .collect();
    ch.iter().for_each(|c| b.link(*c, l, cooling));
    b.group(2, &ch, true);
    let model = b.model();
    let outcome = run(&model, &Script(vec![lose(ch[0], 1.0, 3.0)]), 1, 0, 8.0);
    assert!((served_h(&outcome, l) - (8.0 - 0.5 / 6.0)).abs() < 1e-6);
    assert_eq!(outcome.end.mode(ch[2]), Mode::Running);
    let start = outcome.trace.iter().find(|e| e.asset == ch[2]).unwrap();
    assert!(matches!(&start.cause, Cause::Start | Cause::Group { .. }));
}

#[test]
fn a_lost_signal_holds_the_last_state_but_takes_no_commands() {
    let mut b = Build::new();
    let signal = b.service("signal");
    let plc = b.add("PLC", |a| a.gives = vec![give(signal, 10.0)]);
    let switch = b.add("SW", |_| {});
    let pump = b.add("P", |a| a.needs = vec![need(signal, 1.0, 0, OnShort::HoldLast)]);
    b.link(plc, switch, signal);
    b.link(switch, pump, signal);
    let model = b.model();
    let stop = (Time::from_h(1.5), Intervention::Act(Action { asset: pump, kind: ActionKind::Stop }));
    let later = (Time::from_h(3.0), Intervention::Act(Action { asset: pump, kind: ActionKind::Stop }));
    let outcome = run(&model, &Script(vec![lose(switch, 1.0, 1.0), stop, later]), 1, 0, 4.0);
    let acted: Vec<bool> =
        outcome.trace.iter().filter_map(|e| if let Change::Acted { accepted, .. } = e.what { Some(accepted) } else { None }).collect();
    assert_eq!(acted, [false, true]);
    let off = outcome.trace.iter().find(|e| e.asset == pump && matches!(e.what, Change::Mode { .. })).unwrap();
    assert_eq!(off.at, Time::from_h(3.0));
}

#[test]
fn an_area_without_a_medium_stops_only_its_own() {
    let (mut b, [_, _, _, load, cooled]) = two_media();
    b.0.areas.push(Area { id: "A".into(), name: "A".into(), rect_m: [0.0; 4] });
    b.0.assets[load.index()].area = Some(AreaId(0));
    let model = b.model();
    let cut = Intervention::LoseArea { area: AreaId(0), medium: MediumId(0), until: Until::For(Span::from_h(1.0)) };
    let outcome = run(&model, &Script(vec![(Time::from_h(1.0), cut)]), 1, 0, 4.0);
    assert!((served_h(&outcome, load) - 3.0).abs() < 1e-6);
    assert!((served_h(&outcome, cooled) - 4.0).abs() < 1e-6);
    let gone = outcome.service.iter().find(|s| s.asset == load && s.service == 0.0).unwrap();
    assert_eq!(gone.cause, Cause::Script(0));
}

/// given = drawn + charged on the whole plant's service medium.
fn balance(model: &Model, s: &State, medium: MediumId) -> (f64, f64) {
    let (mut given, mut drawn) = (0.0, 0.0);
    for id in model.plant().asset_ids() {
        given += s.given(model, id, medium);
        drawn += s.drawn(model, id, medium);
        if model.plant().asset(id).storage.is_some_and(|x| x.medium == medium) {
            drawn += s.level_rate_per_h(id).max(0.0);
        }
    }
    (given, drawn)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn services_are_conserved(
        givers in proptest::collection::vec((1u16..100, 0u8..3), 1..5),
        loads in proptest::collection::vec((1u16..60, 0u8..4, 0u8..3), 1..8),
        reserve in 0u16..30,
        seed in 0u64..1000,
    ) {
        let mut b = Build::new();
        let power = b.service("power");
        let bus = b.add("BUS", |a| a.storage = Some(Storage { medium: power, capacity: 1.0 + f64::from(reserve), initial: 0.5, max_discharge: 20.0, max_charge: 5.0 }));
        for (i, (capacity, merit)) in givers.iter().enumerate() {
            let g = b.add(&format!("G-{i}"), |a| {
                a.gives = vec![Give { medium: power, capacity: f64::from(*capacity), merit: *merit, from: Vec::new() }];
                a.reliability = vec![failing(3.0, 1.0, false)];
            });
            b.link(g, bus, power);
        }
        for (i, (amount, priority, kind)) in loads.iter().enumerate() {
            let on_short = match kind { 0 => STOP, 1 => OnShort::Derate, _ => OnShort::HoldLast };
            let l = b.add(&format!("L-{i}"), |a| a.needs = vec![need(power, f64::from(*amount), *priority, on_short)]);
            b.link(bus, l, power);
        }
        let model = b.model();
        let mut engine = plantcast::sim::Engine::new(&model, State::nominal(&model), plantcast::rng::Draws::new(seed, 0));
        while engine.next_event() < Time::from_h(24.0) {
            let next = engine.next_event();
            engine.run_until(next).unwrap();
            let (given, drawn) = balance(&model, engine.state(), power);
            prop_assert!((given - drawn).abs() <= 1e-9 * (1.0 + given), "{given} {drawn}");
        }
    }
}
