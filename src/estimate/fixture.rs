//! A small plant for the tests of this module: pump → tank → filler, and a heated bath. Not a scene.

use crate::{
    plant::{
        Asset, AssetId, Body, Coupling, Encoding, FailureMode, Flow, Form, Hazard, InitialMode, Input, Link, Medium, MediumId, Money, Output, Plant,
        Pose, Process, Profiles, Quantity, Repair, SafetyClass, Shape, Start, Storage, Tag, Thermal,
    },
    time::{Span, Time},
};

/// Plant time at which the tests begin.
pub const BEGIN: Time = Time(1_000_000_000_000);

/// P-1 (0) fills T-1 (1), F-1 (2) drains it; B-1 (3) is a heated bath.
pub fn plant() -> Plant {
    let medium = |id: &str, flow| Medium {
        id: id.into(),
        name: id.into(),
        unit: "m3".into(),
        flow,
        colour: [0.0; 3],
        price_per_unit_h: 0.0,
        co2_kg_per_unit_h: 0.0,
    };
    let water = MediumId(0);
    let process = |rate_per_h, inputs: Vec<Input>, outputs: Vec<Output>| Process {
        form: Form::ByRate,
        rate_per_h,
        inputs,
        outputs,
        scrap: 0.0,
        earns_per_unit: 0.0,
        scrap_cost_per_unit: 0.0,
        hold_limit: None,
        hold_loss_units: 0.0,
    };
    let pump = Asset { process: Some(process(100.0, vec![], vec![Output { medium: water, per_unit: 1.0 }])), ..asset("P-1") };
    let tank =
        Asset { storage: Some(Storage { medium: water, capacity: 200.0, initial: 100.0, max_discharge: 0.0, max_charge: 0.0 }), ..asset("T-1") };
    let filler = Asset { process: Some(process(90.0, vec![Input { medium: water, per_unit: 1.0, priority: 0 }], vec![])), ..asset("F-1") };
    let bath = Asset {
        thermal: Some(Thermal {
            capacity_kj_per_k: 4000.0,
            exchange_kw_per_k: 2.0,
            heat_kw: 100.0,
            initial_c: 60.0,
            setpoint_c: 6.0,
            trip_c: 90.0,
            reset_c: 80.0,
            auto_reset: true,
        }),
        ..asset("B-1")
    };
    let link = |from, to| Link { from: AssetId(from), to: AssetId(to), medium: water, via_m: vec![] };
    Plant {
        id: "small".into(),
        name: "small".into(),
        about: String::new(),
        hash: [0; 32],
        forecast_refused: None,
        ambient_c: 20.0,
        profiles: Profiles::default(),
        media: vec![medium("water", Flow::Material), medium("power", Flow::Priority)],
        areas: vec![],
        assets: vec![pump, tank, filler, bath],
        links: vec![link(0, 1), link(1, 2)],
        groups: vec![],
        crews: vec![],
        spares: vec![],
        begins: Span::ZERO,
        cells: vec![],
        tags: vec![
            tag("P-1.mode", 0, Quantity::Mode, "1", 0.0, 11.0, 0.0),
            tag("P-1.rate", 0, Quantity::Rate, "/h", 0.0, 150.0, 0.5),
            tag("T-1.level", 1, Quantity::Level, "m3", 0.0, 200.0, 0.5),
            tag("F-1.rate", 2, Quantity::Rate, "/h", 0.0, 150.0, 0.5),
            Tag { max_rate_per_s: Some(0.5), ..tag("B-1.T", 3, Quantity::Temperature, "Cel", 0.0, 100.0, 0.1) },
        ],
        money: Money { currency: "EUR".into(), source: String::new() },
        views: vec![],
    }
}

fn tag(id: &str, asset: u32, quantity: Quantity, unit: &str, min: f64, max: f64, noise_sd: f64) -> Tag {
    Tag {
        id: id.into(),
        name: id.into(),
        asset: AssetId(asset),
        quantity,
        topic: format!("plantcast/small/tele/{}", id.replace('.', "/")),
        encoding: Encoding::Json,
        unit: unit.into(),
        published_unit: unit.into(),
        min,
        max,
        max_rate_per_s: None,
        period: Span::from_s(5.0),
        max_age: Span::from_s(30.0),
        noise_sd,
        partner: None,
        source: String::new(),
    }
}

fn asset(id: &str) -> Asset {
    Asset {
        id: id.into(),
        key: crate::rng::stable_id(id),
        name: id.into(),
        kind: "test".into(),
        body: Body { shape: Shape::Box, size_m: [1.0; 3], gltf: None },
        pose: Pose { position_m: [0.0; 3], yaw_deg: 0.0 },
        area: None,
        initial: InitialMode::Running,
        safety: SafetyClass::Process,
        start: Start { delay: Span::ZERO, failure_probability: 0.0 },
        reliability: vec![FailureMode::new("breaks", Hazard::Exponential { mttf: Span::from_h(1000.0) }, Repair::Fixed(Span::from_h(2.0)))],
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
        impact_tau: Span::from_min(5.0),
    }
}
