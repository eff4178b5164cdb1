//! A plausible projection of the bottling plant for tests of panels: chiller 1 has failed, a proposal waits.
//!
//! Tests only. It invents nothing that the runtime could not say; it is not used by the program.

use super::{desk::Desk, panels::Source};
use crate::{
    clock::Monotonic,
    forecast::{
        Alternative, AssetImpact, Baseline, CauseEdge, Forecast, Intervals, KpiFan, KpiSummary, Mean, PairedDifference, Quantiles, SCHEMA_VERSION,
        Standing,
    },
    plant::{Action, ActionKind, AssetId, InitialMode, Plant, Quantity},
    sim::Mode,
    time::{Span, Time},
    twin::*,
};
use std::sync::Arc;

/// Plant, projection and desk.
pub struct Fixture {
    /// The bottling plant.
    pub plant: Arc<Plant>,
    /// What the twin says.
    pub live: LiveView,
    /// An empty desk.
    pub desk: Desk,
    /// The failed chiller.
    pub failed: AssetId,
}

/// Half past one in the afternoon.
const NOW: Time = Time(1_760_016_600_000_000);

impl Fixture {
    /// The running plant with a failed chiller and a proposal.
    pub fn live() -> Self {
        let plant = Arc::new(Plant::builtin("bottling").expect("built in").expect("valid"));
        let failed = plant.asset_by_id("CH-1").expect("a chiller");
        let live = view(&plant, failed);
        let desk = Desk::new(plant.clone());
        Fixture { plant, live, desk, failed }
    }

    /// The same with a finished forecast.
    pub fn forecast() -> Self {
        let mut f = Fixture::live();
        f.live.forecast = answer(&f.plant, f.failed);
        f.desk.meet(&f.live);
        f
    }

    /// What models are gathered from.
    pub fn source(&self) -> Source<'_> {
        Source { plant: &self.plant, live: &self.live, desk: &self.desk }
    }
}

fn view(plant: &Plant, failed: AssetId) -> LiveView {
    LiveView {
        now: NOW,
        rate: 1.0,
        monotonic: Monotonic(90_000_000_000),
        steps: 1800,
        link: LinkView {
            status: "online".into(),
            detail: "for 14 min".into(),
            url: "mqtt://127.0.0.1:41883".into(),
            can_command: true,
            received: 48_210,
            dropped: 0,
            reconnects: 0,
        },
        intake: IntakeView { received: 48_210, accepted: 48_192, quarantined: 16, rejected: 2, dropped: 0, late: 31 },
        assets: plant.asset_ids().map(|id| asset(plant, id, failed)).collect(),
        tags: plant.tags.iter().enumerate().map(|(i, t)| tag(i, t)).collect(),
        trends: plant.tags.iter().enumerate().map(|(i, t)| trend(i, t)).collect(),
        fidelity: FidelityView { evidence: "good".into(), scored: 412, relative_crps: Some(0.46), brier: Some(0.021), coverage_90: Some(0.91) },
        events: events(plant, failed).into(),
        forecast: ForecastView::default(),
        agents: agents(plant),
        proposals: vec![proposal(plant, failed)],
        audit: audit(),
        hold: None,
        identities: vec![("ana".into(), "approver".into()), ("ben".into(), "supervisor".into())],
        timings: Vec::new(),
        packs: Vec::new(),
        pack_half_m: [0.15, 0.12, 0.12],
    }
}

fn asset(plant: &Plant, id: AssetId, failed: AssetId) -> AssetView {
    let a = plant.asset(id);
    let mode = match a.initial {
        _ if id == failed => Mode::Failed,
        InitialMode::Running => Mode::Running,
        InitialMode::Standby => Mode::Standby,
        InitialMode::Off => Mode::Off,
    };
    let service = if mode == Mode::Running { 1.0 } else { 0.0 };
    let level = a.storage.as_ref().map(|s| Value { mean: s.initial, sd: 0.01 * s.capacity });
    AssetView {
        id,
        mode,
        mode_probability: 0.998,
        service,
        rate_per_h: a.process.as_ref().map(|p| Value { mean: 0.97 * p.rate_per_h * service, sd: 0.01 * p.rate_per_h }),
        level,
        level_fraction: a.storage.as_ref().map(|s| s.initial / s.capacity),
        temperature_c: a.thermal.as_ref().map(|t| Value { mean: t.setpoint_c + 0.4, sd: 0.12 }),
        data_age: Span::from_s(0.8),
        observed: true,
        stale: a.id == "GW-1",
        imputed: false,
        drift: 1.1,
        confidence: 0.97,
        fidelity: "good".into(),
        proposals: 0,
    }
}

fn middle(t: &crate::plant::Tag) -> f64 {
    match t.quantity {
        Quantity::Mode => 0.0,
        Quantity::Service => 1.0,
        _ => t.min + 0.45 * (t.max - t.min),
    }
}

fn tag(i: usize, t: &crate::plant::Tag) -> TagView {
    TagView {
        id: crate::plant::TagId(i as u32),
        value: Some(middle(t)),
        quality: 192,
        reason: String::new(),
        times: Some([NOW, NOW, NOW]),
        age: Span::from_s(0.4 + 0.1 * (i % 7) as f64),
    }
}

fn trend(i: usize, t: &crate::plant::Tag) -> Trend {
    let wave = |k: i32| libm::sin(f64::from(k) * 0.05 + i as f64) * 0.02 * (t.max - t.min);
    Trend { points: (0..600).map(|k| (NOW.s() - f64::from(599 - k) * 1.5, middle(t) + wave(k))).collect() }
}

fn events(plant: &Plant, failed: AssetId) -> Vec<EventView> {
    let line = plant.asset_by_id("FI-1");
    let e = |min_ago: f64, severity, asset, text: &str, trace: Option<&str>| EventView {
        at: NOW - Span::from_min(min_ago),
        severity,
        asset,
        text: text.into(),
        trace: trace.map(Into::into),
    };
    vec![
        e(24.0, Severity::Info, None, "Connected to the broker; 203 tags under contract", None),
        e(17.0, Severity::Warning, line, "Filler: rate 4 % below nominal for 3 min", None),
        e(15.0, Severity::Info, line, "Filler: back at nominal rate", None),
        e(2.5, Severity::Alarm, Some(failed), "Chiller 1 has failed (refrigerant)", Some("0192f3a47c1b")),
        e(2.2, Severity::Info, Some(failed), "Agent of the cell Cooling advises to start Chiller 3", Some("0192f3a47c1b")),
        e(2.0, Severity::Info, Some(failed), "Gate open: 7 of 7 checks hold", Some("0192f3a47c1b")),
    ]
}

fn agents(plant: &Plant) -> Vec<AgentView> {
    plant
        .cells
        .iter()
        .enumerate()
        .map(|(i, _)| AgentView {
            cell: crate::plant::CellId(i as u32),
            status: if i == 0 { "advised".into() } else { "watching".into() },
            states: 1296,
            bound: 0.8,
            state: "one of three members failed, one standing by, buffer 70–85 %".into(),
            q_values: vec![("start CH-3".into(), 41_800.0), ("send crew to CH-1".into(), 39_950.0), ("wait".into(), 38_200.0)],
        })
        .collect()
}

fn proposal(plant: &Plant, failed: AssetId) -> ProposalView {
    let standby = plant.asset_by_id("CH-3").expect("the standby");
    let check =
        |name: &str, measured: &str, limit: &str| GateCheckView { name: name.into(), measured: measured.into(), limit: limit.into(), passed: true };
    ProposalView {
        id: "0192f3a4-7c1b".into(),
        title: "Start chiller 3".into(),
        author: "agent Cooling".into(),
        state: "simulated".into(),
        is_open: true,
        awaits_signature: true,
        signatures: (1, 0),
        risk: "Low risk: reversible, one signature (rule “start utilities”)".into(),
        reason_required: false,
        assets: vec![standby, failed],
        commands: vec!["CH-3: start; if it has no effect within 5 min: stop CH-3".into()],
        reasons: vec![
            "Chiller 1 failed 2 min ago: two of three must run, one does".into(),
            "The buffer bridges about 17 min at the present load".into(),
        ],
        alternatives: vec![
            ("start CH-3".into(), "Q 41 800 €".into()),
            ("send crew first".into(), "Q 39 950 €".into()),
            ("wait".into(), "Q 38 200 €".into()),
        ],
        expected: vec!["Cooling returns to 100 % in 4 min (2 to 7 min)".into(), "Filling loses 0.0 h instead of 2.6 h".into()],
        gate: vec![
            check("Filler temperature", "6.4 °C (p99)", "below 9.0 °C"),
            check("Power of MCC-1", "412 kW", "below 500 kW"),
            check("Fidelity", "good", "good"),
            check("Drift", "1.1", "below 4"),
        ],
        verdict: "Open: every limit holds in 200 of 200 futures".into(),
        evidence: "9f3c2ab477d05e81".into(),
        expires: Some(Monotonic(90_000_000_000).plus_s(252.0)),
        avoided: Some(AvoidedLoss { mean: 3_610.0, low: 3_120.0, high: 4_090.0, probability_better: 0.97, currency: "EUR".into() }),
        history: vec![(NOW - Span::from_min(2.2), "drafted".into()), (NOW - Span::from_min(2.0), "simulated".into())],
        trace: "0192f3a47c1b".into(),
    }
}

fn audit() -> Vec<AuditView> {
    let r = |seq, kind: &str, actor: &str, text: &str, hash: &str| AuditView {
        seq,
        at: NOW,
        kind: kind.into(),
        actor: actor.into(),
        text: text.into(),
        hash: hash.into(),
    };
    vec![
        r(1, "opened", "system", "Audit chain opened", "3f9a10bb27c1"),
        r(2, "proposed", "agent Cooling", "Start chiller 3", "b81d77e0a9f2"),
        r(3, "gate", "twin", "Open: 7 of 7 checks hold", "0c55e9d1b3a8"),
    ]
}

/// A forecast of losing `origin`: what hangs downstream is hit later and less probably.
fn answer(plant: &Plant, origin: AssetId) -> ForecastView {
    let grid: Vec<Time> = (0..=48).map(|i| Time::from_s(f64::from(i) * 600.0)).collect();
    let alternatives =
        vec![alternative("nothing", "Do nothing", plant, origin, &grid, 1.0), alternative("start-ch-3", "Start CH-3", plant, origin, &grid, 0.25)];
    let standby = plant.asset_by_id("CH-3").expect("the standby");
    let baseline = Baseline { fans: alternatives[1].fans.clone(), totals: alternatives[1].totals.clone() };
    ForecastView {
        running: None,
        error: None,
        title: "Lose CH-1 (Chiller 1)".into(),
        origins: vec![origin],
        under_way: Vec::new(),
        starts_at: NOW,
        answer: Some(Arc::new(Forecast {
            schema_version: SCHEMA_VERSION,
            plant: plant.id.clone(),
            plant_hash: plant.hash,
            assets: plant.assets.iter().map(|a| a.id.clone()).collect(),
            currency: plant.money.currency.clone(),
            runs: 400,
            failed: 0,
            failed_runs: Vec::new(),
            intervals: Intervals::Fixed,
            plant_name: plant.name.clone(),
            asset_names: plant.assets.iter().map(|a| a.name.clone()).collect(),
            request_hash: [5; 32],
            build: "test".into(),
            story: None,
            seed: 1,
            horizon: Span::from_h(8.0),
            start: NOW,
            first_disruption: Span::from_min(15.0),
            grid,
            fan_runs: 400,
            baseline,
            alternatives,
            hash: [7; 32],
        })),
        plans: vec![Vec::new(), vec![(Span::from_min(2.0), Action { asset: standby, kind: ActionKind::Start })]],
        took_s: 3.1,
    }
}

fn quantiles(median: f64) -> Quantiles {
    Quantiles { q05: median * 0.5, q25: median * 0.8, q50: median, q75: median * 1.3, q95: median * 1.9, count: 200 }
}

fn alternative(id: &str, name: &str, plant: &Plant, origin: AssetId, grid: &[Time], severity: f64) -> Alternative {
    let chain = ["CH-1", "CB-1", "PC-1", "PA-1", "FI-1", "CA-1", "LA-1", "PK-1", "PZ-1"];
    let ids: Vec<AssetId> = chain.iter().filter_map(|c| plant.asset_by_id(c)).collect();
    let n = grid.len() as f64;
    let impacts = ids.iter().enumerate().map(|(k, asset)| {
        let p = if *asset == origin { 1.0 } else { (0.92 - 0.07 * k as f64) * severity };
        let by_time: Vec<f32> = (0..grid.len()).map(|i| (p * ((i as f64 - 1.5 - 2.0 * k as f64) / (0.2 * n)).clamp(0.0, 1.0)) as f32).collect();
        AssetImpact {
            asset: *asset,
            count: (p * 400.0).round() as u32,
            probability: p,
            low: (p - 0.05).max(0.0),
            high: (p + 0.05).min(1.0),
            at_time: by_time.clone(),
            by_time,
            time_to_impact: Some(quantiles(0.1 + 0.25 * k as f64)),
            gain_probability: 0.0,
            net_loss_probability: 0.0,
            mean_shortfall_h: p * 2.4,
            shortfall_low_h: p * 2.1,
            shortfall_high_h: p * 2.7,
        }
    });
    let causes = ids.windows(2).map(|w| CauseEdge {
        from: w[0],
        to: w[1],
        probability: 0.7 * severity,
        count: (280.0 * severity) as u32,
        via: None,
        how: "short of its input".into(),
        given_from: Some(0.8),
        lag: Some(quantiles(0.3)),
    });
    let hours: Vec<f64> = grid.iter().map(|t| t.h()).collect();
    let fan = |scale: f64| {
        hours.iter().map(|h| 900.0 * h * scale * (1.0 - 0.35 * severity * libm::exp(-(h - 3.0) * (h - 3.0) / 8.0))).collect::<Vec<f64>>()
    };
    let profit = Mean { mean: 7000.0 * (1.2 - 0.4 * severity), low: 6700.0 * (1.2 - 0.4 * severity), high: 7300.0 * (1.2 - 0.4 * severity) };
    Alternative {
        id: id.into(),
        name: name.into(),
        impacts: impacts.collect(),
        causes: causes.collect(),
        roots: Vec::new(),
        fans: vec![KpiFan {
            kpi: "profit".into(),
            unit: plant.money.currency.clone(),
            q05: fan(0.8),
            q25: fan(0.9),
            q50: fan(1.0),
            q75: fan(1.08),
            q95: fan(1.15),
        }],
        totals: vec![KpiSummary {
            kpi: "profit".into(),
            name: "Profit".into(),
            unit: plant.money.currency.clone(),
            higher_is_better: true,
            mean: profit,
            q05: 5000.0,
            q50: 7000.0,
            q95: 8100.0,
        }],
        versus_baseline: Vec::new(),
        versus_nothing: (id != "nothing").then(|| {
            vec![PairedDifference {
                kpi: "profit".into(),
                unit: plant.money.currency.clone(),
                mean: Mean { mean: 2100.0, low: 1820.0, high: 2390.0 },
                probability_better: 0.94,
                probability_worse: 0.03,
            }]
        }),
        recovered: 380,
        median_run: 17,
        worst_runs: vec![3, 91],
        first_limit_run: None,
        standing: Standing::default(),
    }
}
