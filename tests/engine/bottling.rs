//! The bottling plant tells its stories: steady by itself, and each outage its own cascade.
//!
//! Failures of their own are switched off here, so that a story has one cause; ensembles switch them on (`forecast`).

use plantcast::plant::{Action, ActionKind, AssetId, Hazard, Plant};
use plantcast::rng::Draws;
use plantcast::sim::{Change, Intervention, Mode, Model, RunOptions, RunOutcome, Script, State, Until, simulate};
use plantcast::time::{Span, Time};

struct Quiet {
    model: Model,
    start: State,
}

impl Quiet {
    fn new() -> Self {
        let mut plant = Plant::builtin("bottling").unwrap().unwrap();
        for asset in &mut plant.assets {
            asset.start.failure_probability = 0.0;
            for mode in &mut asset.reliability {
                mode.hazard = Hazard::Never;
            }
        }
        let model = Model::compile(&plant).unwrap();
        let start = State::nominal(&model);
        Quiet { model, start }
    }

    fn id(&self, name: &str) -> AssetId {
        self.model.plant().asset_by_id(name).unwrap()
    }

    fn run(&self, script: Vec<(f64, Intervention)>) -> RunOutcome {
        let script = Script(script.into_iter().map(|(min, what)| (Time::ZERO.after(Span::from_min(min)), what)).collect());
        let options = RunOptions { horizon: Span::from_h(8.0), sample_every: None, trace: true };
        simulate(&self.model, &self.start, &script, Draws::new(1, 1), &options).unwrap()
    }

    fn lose(&self, name: &str, min: f64) -> Intervention {
        Intervention::Fail { asset: self.id(name), mode: Some(0), until: Until::For(Span::from_min(min)) }
    }

    fn act(&self, name: &str, kind: ActionKind) -> Intervention {
        Intervention::Act(Action { asset: self.id(name), kind })
    }
}

/// First time an asset enters a mode [min].
fn first(q: &Quiet, out: &RunOutcome, name: &str, mode: Mode) -> Option<f64> {
    let id = q.id(name);
    let hit = out.trace.iter().find(|e| e.asset == id && matches!(&e.what, Change::Mode { to, .. } if *to == mode));
    hit.map(|e| e.at.s() / 60.0)
}

fn modes_entered(out: &RunOutcome) -> usize {
    out.trace.iter().filter(|e| matches!(e.what, Change::Mode { .. })).count()
}

/// Margin of a full shift at filler speed, after scrap [currency].
const SHIFT: f64 = 24_000.0 * 8.0 * 0.997 * 0.999 * 0.998 / 1440.0 * 129.6;

#[test]
fn by_itself_it_runs_a_steady_shift() {
    let q = Quiet::new();
    let out = q.run(vec![]);
    assert_eq!(modes_entered(&out), 0, "nothing changes mode");
    assert_eq!((out.totals.trips, out.totals.lost_hold_units), (0.0, 0.0));
    assert!(out.totals.earned > 0.99 * SHIFT, "{} of {SHIFT}", out.totals.earned);
    for id in q.model.plant().asset_ids() {
        let a = q.model.plant().asset(id);
        if let (Some(s), Some(level)) = (a.storage, out.end.level(&q.model, id)) {
            assert!((0.0..=s.capacity).contains(&level), "{}: {level}", a.id);
        }
        if let (Some(t), Some(c)) = (a.thermal, out.end.temperature_c(&q.model, id)) {
            assert!((c - t.setpoint_c).abs() < 1e-6, "{}: {c} °C", a.id);
        }
    }
}

#[test]
fn losing_a_chiller_warms_the_product_until_the_filler_trips() {
    let q = Quiet::new();
    let nominal = q.run(vec![]).totals.profit();
    let out = q.run(vec![(30.0, q.lose("CH-1", 120.0))]);
    let trip = first(&q, &out, "FI-1", Mode::Tripped).expect("the filler trips") - 30.0;
    assert!((10.0..=25.0).contains(&trip), "{trip} min");
    let blocked = first(&q, &out, "RI-1", Mode::Blocked).expect("upstream blocks");
    let starved = first(&q, &out, "PZ-1", Mode::Starved).expect("downstream starves");
    assert!(blocked >= trip + 30.0 && starved >= trip + 30.0);
    assert_eq!(first(&q, &out, "CMP-1", Mode::Short), None, "compressors are served first");
    let lost = nominal - out.totals.profit();
    assert!((2500.0..=6000.0).contains(&lost), "{lost}");
    assert_eq!(out.end.mode(q.id("FI-1")), Mode::Running, "after the repair the line runs again");
}

#[test]
fn starting_the_standby_chiller_avoids_it_and_slowing_down_softens_it() {
    let q = Quiet::new();
    let nominal = q.run(vec![]).totals.profit();
    let loss = |more: Vec<(f64, Intervention)>| {
        let mut script = vec![(30.0, q.lose("CH-1", 120.0))];
        script.extend(more);
        let out = q.run(script);
        (nominal - out.totals.profit(), out.totals.trips)
    };
    let (nothing, _) = loss(vec![]);
    let (standby, trips) = loss(vec![(35.0, q.act("CH-3", ActionKind::Start))]);
    assert!(standby < 0.03 * nothing && trips == 0.0, "{standby} of {nothing}, {trips} trips");
    let (slow, trips) = loss(vec![(35.0, q.act("FI-1", ActionKind::SetRate(0.5))), (156.0, q.act("FI-1", ActionKind::SetRate(1.0)))]);
    assert!(slow < 0.85 * nothing && trips == 0.0, "{slow} of {nothing}, {trips} trips");
    assert!(standby < 0.1 * slow);
    println!("chiller lost for 2 h: nothing {nothing:.0}, half rate {slow:.0}, standby {standby:.0} EUR");
}

#[test]
fn losing_the_packaging_mcc_stops_the_line_at_once_and_spoils_the_pasteuriser() {
    let q = Quiet::new();
    let out = q.run(vec![(30.0, q.lose("MCC-2", 60.0))]);
    for machine in ["DP-1", "FI-1", "LA-1", "PZ-1", "CV-3"] {
        assert_eq!(first(&q, &out, machine, Mode::Short), Some(30.0), "{machine}");
    }
    for utility in ["CH-1", "CMP-1", "BO-1", "PLC-1"] {
        assert_eq!(out.end.time_in_mode(q.id(utility))[usize::from(Mode::Running.code())], Span::from_h(8.0), "{utility}");
    }
    assert!(first(&q, &out, "PA-1", Mode::Blocked).is_some_and(|t| t > 30.0));
    assert!(out.totals.lost_hold_units >= 3002.0, "bowl and pasteuriser are dumped: {}", out.totals.lost_hold_units);
}

#[test]
fn losing_the_core_switch_stops_the_labeller_first_and_the_filler_through_the_queue() {
    let q = Quiet::new();
    let out = q.run(vec![(30.0, q.lose("SW-1", 60.0))]);
    assert_eq!(first(&q, &out, "LA-1", Mode::Short), Some(35.0), "after its own buffer of codes");
    let filler = first(&q, &out, "FI-1", Mode::Blocked).expect("the table fills");
    assert!((38.0..=46.0).contains(&filler), "{filler}");
    for plc in ["PLC-1", "PLC-2", "CH-1", "CMP-1"] {
        assert_eq!(modes_of(&q, &out, plc), 0, "{plc} holds");
    }
    assert_eq!(out.totals.trips, 0.0);
}

fn modes_of(q: &Quiet, out: &RunOutcome, name: &str) -> usize {
    let id = q.id(name);
    out.trace.iter().filter(|e| e.asset == id && matches!(e.what, Change::Mode { .. })).count()
}

#[test]
fn late_syrup_starves_the_blender_hours_before_the_filler() {
    let q = Quiet::new();
    let out = q.run(vec![(30.0, Intervention::SupplyOff { asset: q.id("SY-1"), duration: Span::from_h(5.0) })]);
    let blender = first(&q, &out, "BL-1", Mode::Starved).expect("the syrup runs out") - 30.0;
    let filler = first(&q, &out, "FI-1", Mode::Starved).expect("the beverage runs out") - 30.0;
    assert!((90.0..=150.0).contains(&blender) && (30.0..=180.0).contains(&(filler - blender)), "{blender} {filler}");
}

#[test]
fn without_the_grid_the_genset_takes_over_and_the_controllers_never_notice() {
    let q = Quiet::new();
    let out = q.run(vec![(30.0, q.lose("GF-1", 60.0))]);
    let up = first(&q, &out, "GEN-1", Mode::Running).expect("the genset starts");
    assert!(up - 30.0 < 0.5, "{up}");
    for on_battery in ["PLC-1", "PLC-2", "SW-1", "GW-1"] {
        assert_eq!(modes_of(&q, &out, on_battery), 0, "{on_battery}");
    }
    assert!(first(&q, &out, "FI-1", Mode::Running).is_some_and(|t| t < 65.0), "the line is back on the genset");
}

#[test]
fn a_lost_compressor_is_replaced_by_the_standby_without_loss() {
    let q = Quiet::new();
    let nominal = q.run(vec![]).totals;
    let out = q.run(vec![(30.0, q.lose("CMP-1", 120.0))]);
    assert!(first(&q, &out, "CMP-3", Mode::Running).is_some_and(|t| t < 31.0));
    assert!((out.totals.earned - nominal.earned).abs() < 1e-6 * nominal.earned);
}

/// No single loss, and no shift of random failures, leaves the engine without an answer.
#[test]
fn every_outage_has_an_outcome() {
    let q = Quiet::new();
    for id in q.model.plant().asset_ids() {
        let until = Until::For(Span::from_min(45.0));
        let out = q.run(vec![(20.0, Intervention::Fail { asset: id, mode: None, until })]);
        assert!(out.totals.earned > 0.3 * SHIFT, "{}: {}", q.model.plant().asset(id).id, out.totals.earned);
    }
    let model = Model::compile(&Plant::builtin("bottling").unwrap().unwrap()).unwrap();
    let start = State::nominal(&model);
    let options = RunOptions { horizon: Span::from_h(24.0), sample_every: None, trace: false };
    let mut earned = 0.0;
    for run in 0..60 {
        earned += simulate(&model, &start, &Script::empty(), Draws::new(7, run), &options).unwrap().totals.earned / 60.0;
    }
    let share = earned / (3.0 * SHIFT);
    assert!((0.85..0.995).contains(&share), "availability losses of the trade: {share}");
    println!("share of the ideal shift with random failures: {share:.3}");
}
