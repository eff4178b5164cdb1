//! Temperatures: the trip is reached at the closed-form time; enough cooling holds the set-point; shortage heats up.

use crate::support::*;
use plantcast::plant::*;
use plantcast::sim::{Cause, Change, Intervention, Mode, Script, State, Until};
use plantcast::time::{Span, Time};

const THERMAL: Thermal = Thermal {
    capacity_kj_per_k: 3600.0,
    exchange_kw_per_k: 0.5,
    heat_kw: 40.0,
    initial_c: 30.0,
    setpoint_c: 30.0,
    trip_c: 60.0,
    reset_c: 40.0,
    auto_reset: true,
};

fn cooled() -> (Build, AssetId, AssetId) {
    let mut b = Build::new();
    let cooling = b.service("cooling");
    let chiller = b.add("CH", |a| a.gives = vec![give(cooling, 50.0)]);
    let vessel = b.add("R", |a| {
        a.thermal = Some(THERMAL);
        a.needs = vec![need(cooling, 50.0, 0, OnShort::HeatUp)];
    });
    b.link(chiller, vessel, cooling);
    (b, chiller, vessel)
}

#[test]
fn a_heated_vessel_trips_at_the_closed_form_time() {
    let (b, chiller, vessel) = cooled();
    let model = b.model();
    let start = State::nominal(&model);
    // at the set-point the cooling is throttled to heat - G (T - ambient) = 40 - 0.5*10
    assert!((start.drawn(&model, vessel, MediumId(0)) - 35.0).abs() < 1e-9);
    let outage = Intervention::Fail { asset: chiller, mode: None, until: Until::For(Span::from_h(10.0)) };
    let outcome = run(&model, &Script(vec![(Time::from_h(2.0), outage)]), 1, 0, 24.0);
    // T_inf = 20 + 40/0.5 = 100; tau = 3600/0.5 = 7200 s; t = tau ln((100-30)/(100-60))
    let t = 7200.0 * (70.0f64 / 40.0).ln();
    let trip = outcome.trace.iter().find(|e| e.asset == vessel && matches!(e.what, Change::Mode { to: Mode::Tripped, .. })).unwrap();
    assert_eq!(trip.at, Time::from_h(2.0) + Span::from_s(t));
    assert_eq!(trip.cause, Cause::Trip);
    // 4029 s to the first trip, then 4991 s down to the reset and 2919 s up again within the 10 h of outage
    assert_eq!(outcome.totals.trips, 1.0 + ((36_000.0 - t) / (7200.0 * (2.0f64.ln() + 1.5f64.ln()))).floor());
    // without heat it cools to the reset at 40: T_inf = 20
    let reset =
        outcome.trace.iter().find(|e| e.asset == vessel && e.at > trip.at && matches!(e.what, Change::Mode { to: Mode::Running, .. })).unwrap();
    assert!(((reset.at - trip.at).s() - 7200.0 * (40.0f64 / 20.0).ln()).abs() < 1e-5);
}

#[test]
fn enough_cooling_returns_to_the_set_point_and_stays() {
    let (b, chiller, vessel) = cooled();
    let model = b.model();
    let outage = Intervention::Fail { asset: chiller, mode: None, until: Until::For(Span::from_min(30.0)) };
    let outcome = run(&model, &Script(vec![(Time::from_h(1.0), outage)]), 1, 0, 12.0);
    let after_outage = 100.0 - 70.0 * (-1800.0f64 / 7200.0).exp();
    // with 50 kW: T_inf = 20 + (40 - 50)/0.5 = 0
    let back = 7200.0 * (after_outage / 30.0).ln();
    let crossed = outcome.trace.iter().rfind(|e| matches!(e.what, Change::Crossed { value: 30.0, rising: false, .. })).unwrap();
    assert!(((crossed.at - Time::from_h(1.5)).s() - back).abs() < 1e-5, "{}", crossed.at);
    assert_eq!(outcome.end.temperature_c(&model, vessel), Some(30.0));
    assert!((outcome.end.drawn(&model, vessel, MediumId(0)) - 35.0).abs() < 1e-9);
}

#[test]
fn half_the_cooling_settles_at_its_equilibrium() {
    let (b, chiller, vessel) = cooled();
    let model = b.model();
    let weak = Intervention::Degrade { asset: chiller, to: 0.5, until: Until::For(Span::from_h(100.0)) };
    let outcome = run(&model, &Script(vec![(Time::ZERO, weak)]), 1, 0, 2.0);
    // 25 kW: T_inf = 20 + 15/0.5 = 50
    let exact = 50.0 - 20.0 * (-1.0f64).exp();
    assert!((outcome.end.temperature_c(&model, vessel).unwrap() - exact).abs() < 1e-9);
}

#[test]
fn a_heat_wave_moves_the_equilibrium() {
    let mut b = Build::new();
    b.add("X", |a| a.thermal = Some(Thermal { heat_kw: 0.0, initial_c: 20.0, setpoint_c: 90.0, trip_c: 95.0, ..THERMAL }));
    let model = b.model();
    let wave = Intervention::Ambient { delta_c: 10.0, duration: Span::from_h(2.0) };
    let outcome = run(&model, &Script(vec![(Time::from_h(1.0), wave)]), 1, 0, 3.0);
    let exact = 30.0 - 10.0 * (-1.0f64).exp();
    assert!((outcome.end.temperature_c(&model, AssetId(0)).unwrap() - exact).abs() < 1e-9);
}
