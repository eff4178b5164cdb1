//! Small plants built in code: one medium of a kind, assets with only the facets a test is about. Shared with `benches/engine.rs`.
#![allow(dead_code, reason = "no user needs every builder")]

use plantcast::plant::*;
use plantcast::rng::{Draws, stable_id};
use plantcast::sim::{Model, RunOptions, RunOutcome, Script, State, simulate};
use plantcast::time::Span;

/// A plant under construction.
pub struct Build(pub Plant);

/// An asset without facets, commanded on.
pub fn asset(id: &str) -> Asset {
    Asset {
        id: id.into(),
        key: stable_id(id),
        name: id.into(),
        kind: "test".into(),
        body: Body { shape: Shape::Box, size_m: [1.0; 3], gltf: None },
        pose: Pose { position_m: [0.0; 3], yaw_deg: 0.0 },
        area: None,
        initial: InitialMode::Running,
        safety: SafetyClass::Process,
        start: Start { delay: Span::ZERO, failure_probability: 0.0 },
        reliability: Vec::new(),
        maintenance: Vec::new(),
        needs: Vec::new(),
        gives: Vec::new(),
        storage: None,
        thermal: None,
        coupling: Coupling::default(),
        process: None,
        control: Vec::new(),
        group: None,
        cell: None,
        downtime_cost_per_h: 0.0,
        actions: Vec::new(),
        impact_epsilon: 0.05,
        impact_tau: Span::from_min(5.0),
    }
}

/// Exponential life and repair [h], by crew skill `fix` or by itself.
pub fn failing(mttf_h: f64, mttr_h: f64, crew: bool) -> FailureMode {
    FailureMode {
        skill: crew.then(|| "fix".into()),
        priority: 1,
        ..FailureMode::new("breakdown", Hazard::Exponential { mttf: Span::from_h(mttf_h) }, Repair::Exponential { mean: Span::from_h(mttr_h) })
    }
}

pub fn process(rate_per_h: f64, inputs: &[MediumId], outputs: &[MediumId]) -> Process {
    Process {
        form: Form::ByRate,
        rate_per_h,
        inputs: inputs.iter().map(|m| Input { medium: *m, per_unit: 1.0, priority: 0 }).collect(),
        outputs: outputs.iter().map(|m| Output { medium: *m, per_unit: 1.0 }).collect(),
        scrap: 0.0,
        earns_per_unit: 0.0,
        scrap_cost_per_unit: 0.0,
        hold_limit: None,
        hold_loss_units: 0.0,
    }
}

pub fn need(medium: MediumId, amount: f64, priority: u8, on_short: OnShort) -> Need {
    Need { medium, amount, idle_fraction: 0.0, priority, ride_through: Span::ZERO, on_short }
}

pub fn give(medium: MediumId, capacity: f64) -> Give {
    Give { medium, capacity, merit: 0, from: Vec::new() }
}

pub fn tank(medium: MediumId, capacity: f64, initial: f64) -> Storage {
    Storage { medium, capacity, initial, max_discharge: 0.0, max_charge: 0.0 }
}

impl Build {
    pub fn new() -> Self {
        Build(Plant {
            id: "test".into(),
            name: "test".into(),
            about: String::new(),
            hash: [0; 32],
            forecast_refused: None,
            ambient_c: 20.0,
            profiles: Profiles::default(),
            media: Vec::new(),
            areas: Vec::new(),
            assets: Vec::new(),
            links: Vec::new(),
            groups: Vec::new(),
            crews: Vec::new(),
            spares: Vec::new(),
            begins: Span::ZERO,
            cells: Vec::new(),
            tags: Vec::new(),
            money: Money { currency: "EUR".into(), source: String::new() },
            views: Vec::new(),
        })
    }

    pub fn medium(&mut self, id: &str, flow: Flow) -> MediumId {
        self.0.media.push(Medium {
            id: id.into(),
            name: id.into(),
            unit: "1".into(),
            flow,
            colour: [0.0; 3],
            price_per_unit_h: 0.0,
            co2_kg_per_unit_h: 0.0,
        });
        MediumId(self.0.media.len() as u32 - 1)
    }

    pub fn service(&mut self, id: &str) -> MediumId {
        self.medium(id, Flow::Priority)
    }

    pub fn material(&mut self, id: &str) -> MediumId {
        self.medium(id, Flow::Material)
    }

    pub fn add(&mut self, id: &str, facets: impl FnOnce(&mut Asset)) -> AssetId {
        let mut a = asset(id);
        facets(&mut a);
        self.0.assets.push(a);
        AssetId(self.0.assets.len() as u32 - 1)
    }

    pub fn link(&mut self, from: AssetId, to: AssetId, medium: MediumId) {
        self.0.links.push(Link { from, to, medium, via_m: Vec::new() });
    }

    pub fn crew(&mut self, size: u32) -> CrewId {
        let skills = vec!["fix".into()];
        self.0.crews.push(Crew { size, ..Crew::new("C", skills) });
        CrewId(self.0.crews.len() as u32 - 1)
    }

    pub fn group(&mut self, k: u32, members: &[AssetId], auto_start: bool) -> GroupId {
        self.0.groups.push(Group { id: "G".into(), k, members: members.to_vec(), auto_start });
        let id = GroupId(self.0.groups.len() as u32 - 1);
        members.iter().for_each(|m| self.0.assets[m.index()].group = Some(id));
        id
    }

    pub fn model(&self) -> Model {
        Model::compile(&self.0).expect("the test plant compiles")
    }
}

/// One run from nominal, with trace.
pub fn run(model: &Model, script: &Script, seed: u64, run: u64, hours: f64) -> RunOutcome {
    let options = RunOptions { horizon: Span::from_h(hours), sample_every: None, trace: true };
    simulate(model, &State::nominal(model), script, Draws::new(seed, run), &options).expect("the run settles")
}

/// Time an asset gave service in a run [h], by the recorded steps.
pub fn served_h(outcome: &RunOutcome, asset: AssetId) -> f64 {
    let end = outcome.end.time();
    let mut sum = 0.0;
    let mut last: Option<(plantcast::time::Time, f32)> = None;
    for step in outcome.service.iter().filter(|s| s.asset == asset) {
        if let Some((at, service)) = last {
            sum += (step.at - at).h() * f64::from(service);
        }
        last = Some((step.at, step.service));
    }
    last.map_or(sum, |(at, service)| sum + (end - at).h() * f64::from(service))
}
