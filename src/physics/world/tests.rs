//! Packs on belts: speed, accumulation, books, bit-equal continuation.

use super::*;
use crate::plant::{Area, Body, Coupling, InitialMode, Money, Pose, Profiles, SafetyClass, Start};
use crate::time::Span;

/// A plant of one conveyor of 6 m turned by `yaw_deg`, and a box beside it.
fn plant(yaw_deg: f64) -> Plant {
    let asset = |id: &str, shape, size_m, position_m| Asset {
        id: id.into(),
        key: 0,
        name: id.into(),
        kind: "test".into(),
        body: Body { shape, size_m, gltf: None },
        pose: Pose { position_m, yaw_deg },
        area: None,
        initial: InitialMode::Running,
        safety: SafetyClass::Process,
        start: Start { delay: Span::ZERO, failure_probability: 0.0 },
        reliability: vec![],
        maintenance: vec![],
        needs: vec![],
        gives: vec![],
        storage: None,
        thermal: None,
        coupling: Coupling::default(),
        process: None,
        control: vec![],
        group: None,
        cell: None,
        downtime_cost_per_h: 0.0,
        actions: vec![],
        impact_epsilon: 0.05,
        impact_tau: Span::ZERO,
    };
    Plant {
        id: "p".into(),
        name: "p".into(),
        about: String::new(),
        hash: [0; 32],
        forecast_refused: None,
        ambient_c: 20.0,
        profiles: Profiles::default(),
        media: vec![],
        areas: Vec::<Area>::new(),
        assets: vec![
            asset("CV-1", Shape::Conveyor, [6.0, 1.0, 0.5], [1.0, 0.0, -2.0]),
            asset("M-1", Shape::Filler, [2.0, 2.0, 2.0], [5.0, 0.0, -2.0]),
        ],
        links: vec![],
        groups: vec![],
        crews: vec![],
        spares: vec![],
        begins: crate::time::Span::ZERO,
        cells: vec![],
        tags: vec![],
        money: Money { currency: "EUR".into(), source: String::new() },
        views: vec![],
    }
}

const CV: AssetId = AssetId(0);

fn run(w: &mut World, seconds: f64) {
    for _ in 0..(seconds * STEP_HZ) as usize {
        w.step();
    }
}

fn flowing(yaw: f64) -> World {
    let mut w = World::from_plant(&plant(yaw));
    w.set_drive(CV, Drive { belt_m_per_s: 0.5, feed_items_per_h: 1800.0, take: true });
    w
}

/// Distance along the belt of the first pack, from the conveyor's middle [m].
fn along(p: &PackPose, yaw_deg: f64) -> f64 {
    let (d, a) = ([f64::from(p.position_m[0]) - 1.0, f64::from(p.position_m[2]) + 2.0], yaw_deg.to_radians());
    d[0] * libm::cos(a) - d[1] * libm::sin(a)
}

#[test]
fn packs_move_at_belt_speed_whatever_the_yaw() {
    for yaw in [0.0, 90.0, 180.0, -35.0] {
        let mut w = flowing(yaw);
        run(&mut w, 5.0);
        let before = along(&w.packs()[0], yaw);
        let n = w.packs().len();
        w.set_drive(CV, Drive { feed_items_per_h: 0.0, ..w.drive(CV).expect("a conveyor") });
        run(&mut w, 2.0);
        let moved = along(&w.packs()[0], yaw) - before;
        assert!((moved - 1.0).abs() < 0.03, "yaw {yaw}: {n} packs, moved {moved} m in 2 s at 0.5 m/s");
    }
}

#[test]
fn packs_accumulate_against_the_stop_and_none_is_lost() {
    let mut w = flowing(20.0);
    w.set_drive(CV, Drive { take: false, ..w.drive(CV).expect("a conveyor") });
    run(&mut w, 60.0);
    let packs = w.packs();
    let room = (6.0 / (2.0 * w.pack_half_m()[0] * PITCH)) as usize;
    assert!(packs.len() >= room - 2, "{} of {room}", packs.len());
    assert!(packs.iter().all(|p| (p.position_m[1] - 1.0 - w.pack_half_m()[1]).abs() < 0.02), "a pack has left the belt");
    assert!(packs.iter().all(|p| along(p, 20.0) < 3.05), "a pack has passed the stop");
    let (fed, taken) = w.fed_and_taken(CV);
    assert_eq!((fed - taken, taken), (w.items_on(CV), 0));
    assert!((fed as f64 + w.waiting(CV) - 30.0).abs() < 0.01, "arrived in 60 s: {fed} + {}", w.waiting(CV));
    // The machine runs again: the belt drains and what waited comes in.
    w.set_drive(CV, Drive { take: true, ..w.drive(CV).expect("a conveyor") });
    run(&mut w, 30.0);
    assert!(w.fed_and_taken(CV).1 >= 15, "{:?}", w.fed_and_taken(CV));
    assert_eq!(w.fed_and_taken(CV).0 - w.fed_and_taken(CV).1, w.items_on(CV));
}

#[test]
fn a_stopped_belt_stands_and_sleeping_packs_wake_when_it_starts() {
    let mut w = flowing(0.0);
    run(&mut w, 6.0);
    w.set_drive(CV, Drive { belt_m_per_s: 0.0, feed_items_per_h: 0.0, take: true });
    run(&mut w, 1.0);
    let before = along(&w.packs()[0], 0.0);
    run(&mut w, 6.0);
    assert!((along(&w.packs()[0], 0.0) - before).abs() < 1e-3);
    w.set_belt_speed(CV, 0.5);
    run(&mut w, 2.0);
    let moved = along(&w.packs()[0], 0.0) - before;
    assert!((0.8..1.05).contains(&moved), "{moved}");
}

#[test]
fn a_clone_and_a_repeat_go_on_bit_for_bit() {
    let (mut a, mut b) = (flowing(20.0), flowing(20.0));
    run(&mut a, 9.0);
    run(&mut b, 9.0);
    assert_eq!(a.hash(), b.hash(), "repeat");
    let mut c = a.clone();
    for w in [&mut a, &mut c] {
        w.set_drive(CV, Drive { belt_m_per_s: 0.5, feed_items_per_h: 1800.0, take: false });
        run(w, 9.0);
    }
    assert_eq!(a.hash(), c.hash(), "clone");
    run(&mut b, 9.0);
    assert_ne!(a.hash(), b.hash(), "the hash must tell different worlds apart");
}

#[test]
fn a_saved_world_goes_on_bit_for_bit() {
    let mut a = flowing(0.0);
    run(&mut a, 7.0);
    let mut b = World::from_text(&a.to_text().expect("writes")).expect("reads");
    assert_eq!(a.hash(), b.hash());
    run(&mut a, 5.0);
    run(&mut b, 5.0);
    assert_eq!(a.hash(), b.hash());
    assert!(World::from_text("{}").is_err());
}

#[test]
fn telemetry_owns_the_count() {
    let mut w = flowing(0.0);
    w.set_drive(CV, Drive { belt_m_per_s: 0.0, feed_items_per_h: 0.0, take: false });
    for items in [7, 3, 12, 0, 9] {
        assert_eq!(w.reconcile(CV, items), items);
        run(&mut w, 0.5);
        assert_eq!((w.packs().len() as u64, w.items_on(CV)), (items, items));
        let (fed, taken) = w.fed_and_taken(CV);
        assert_eq!(fed - taken, items);
        assert!(w.packs().windows(2).all(|p| p[0].position_m[0] < p[1].position_m[0]), "upstream first, none inside another");
    }
    assert!(w.reconcile(CV, 100_000) <= MAX_PACKS as u64);
}
