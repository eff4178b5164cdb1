//! The scenario as a value: every field resolved, ids still as text so that it can be edited without a plant.

use crate::plant::ActionKind;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// A start, what goes wrong, what could be done, how far and how often to look.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Scenario {
    /// Stable identifier: the file name without `.scenario.ron`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The story in a few sentences.
    pub story: String,
    /// Built-in scene name or scene file beside the scenario.
    pub scene: String,
    /// Where the futures begin.
    pub start: StartSpec,
    /// How far to look, from the start.
    pub horizon: Span,
    /// Futures per alternative.
    pub runs: u32,
    /// Seed of the random numbers that all alternatives share.
    pub seed: u64,
    /// Condition that holds in every future, the baseline included: ambient above the scene's [K].
    pub ambient_offset_c: f64,
    /// What goes wrong, sorted by time and id.
    pub disruptions: Vec<Disruption>,
    /// What could be done about it, in order of display.
    pub responses: Vec<Response>,
    /// The scenario this one inherits from; saving writes only the differences to it.
    pub extends: Option<String>,
    /// The resolved scenario named by `extends`; `None` exactly when `extends` is `None`.
    #[serde(skip)]
    pub base: Option<Box<Scenario>>,
}

/// Where the futures begin.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartSpec {
    /// The state.
    pub from: StartFrom,
    /// Time of day at the start, for the axis ("14h" is two in the afternoon).
    #[serde(default, skip_serializing_if = "is_zero_span")]
    pub time_of_day: Span,
}

/// The state at the start.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum StartFrom {
    /// Everything as the scene file says, nothing broken.
    Nominal,
    /// Drawn from the belief about the running plant.
    LiveNow,
    /// Nominal, then run this long under the scenario's conditions before the clock of the scenario starts.
    Warmup(Span),
}

/// Something that goes wrong (or changes) at a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disruption {
    /// Unique within the scenario.
    pub id: String,
    /// From the start.
    pub at: Span,
    /// What.
    pub what: What,
}

/// How long it lasts.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Lasting {
    /// Until the plant's own crew has repaired it, by the failure mode's repair law.
    UntilRepaired,
    /// This long.
    For(Span),
}

/// What goes wrong. Ids are the scene's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum What {
    /// An asset fails.
    AssetFails {
        /// Which.
        asset: String,
        /// Failure mode id; empty: the asset's first.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        mode: String,
        /// Until repaired, or for a time.
        lasting: Lasting,
    },
    /// An asset can do less.
    AssetDegrades {
        /// Which.
        asset: String,
        /// Remaining ability, 0..1.
        to: f64,
        /// Until repaired, or for a time.
        lasting: Lasting,
    },
    /// A switch, gateway or controller is out: what hangs on its signal holds its last state.
    NetworkOutage {
        /// The switch, gateway or controller.
        asset: String,
        /// How long.
        duration: Span,
    },
    /// Nothing in an area gets a medium.
    AreaLoses {
        /// Area.
        area: String,
        /// Medium (`power`).
        medium: String,
        /// How long.
        duration: Span,
    },
    /// A source gives nothing: a delivery is late.
    LateSupply {
        /// The source.
        asset: String,
        /// How long.
        duration: Span,
    },
    /// A maintenance crew takes no jobs.
    CrewAbsent {
        /// Crew.
        crew: String,
        /// How long.
        duration: Span,
    },
    /// The weather changes.
    Ambient {
        /// Above the scene's ambient temperature and the scenario's offset [K].
        delta_c: f64,
        /// How long.
        duration: Span,
    },
    /// Repairs take longer.
    SlowRepair {
        /// Multiplies every repair time, > 0.
        factor: f64,
        /// How long.
        duration: Span,
    },
}

/// A plan of actions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Unique within the scenario.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Why somebody would do this.
    pub rationale: String,
    /// One-off cost of the plan beyond what each action costs [the plant's currency].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extra_cost: f64,
    /// What is done when.
    pub actions: Vec<PlannedAction>,
}

/// An action at a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedAction {
    /// From the start.
    pub at: Span,
    /// Target asset.
    pub asset: String,
    /// What.
    #[serde(rename = "do")]
    pub kind: ActionKind,
}

fn is_zero_span(x: &Span) -> bool {
    *x == Span::ZERO
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

impl Scenario {
    /// An empty scenario on a scene: 8 h, 1,000 runs, nothing goes wrong.
    pub fn new(id: &str, scene: &str) -> Self {
        Self {
            id: id.into(),
            name: id.into(),
            story: String::new(),
            scene: scene.into(),
            start: StartSpec { from: StartFrom::Nominal, time_of_day: Span::ZERO },
            horizon: Span::from_h(8.0),
            runs: 1000,
            seed: 1,
            ambient_offset_c: 0.0,
            disruptions: Vec::new(),
            responses: Vec::new(),
            extends: None,
            base: None,
        }
    }

    /// Brings disruptions and responses into the one order that files can express: disruptions by time and
    /// id; responses of the base in its order, then the others.
    pub(super) fn normalise(&mut self) {
        self.disruptions.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        if let Some(base) = &self.base {
            self.responses.sort_by_key(|r| base.responses.iter().position(|b| b.id == r.id).unwrap_or(usize::MAX));
        }
    }

    /// Time from the start to the first disruption; zero when there is none.
    pub fn first_disruption(&self) -> Span {
        self.disruptions.iter().map(|d| d.at).min().unwrap_or(Span::ZERO)
    }
}

impl What {
    /// The asset it is about, when it is about one.
    pub fn asset(&self) -> Option<&str> {
        match self {
            What::AssetFails { asset, .. }
            | What::AssetDegrades { asset, .. }
            | What::NetworkOutage { asset, .. }
            | What::LateSupply { asset, .. } => Some(asset),
            What::AreaLoses { .. } | What::CrewAbsent { .. } | What::Ambient { .. } | What::SlowRepair { .. } => None,
        }
    }

    /// How long it lasts; `None`: until repaired.
    pub fn duration(&self) -> Option<Span> {
        match self {
            What::AssetFails { lasting, .. } | What::AssetDegrades { lasting, .. } => match lasting {
                Lasting::UntilRepaired => None,
                Lasting::For(span) => Some(*span),
            },
            What::NetworkOutage { duration, .. }
            | What::AreaLoses { duration, .. }
            | What::LateSupply { duration, .. }
            | What::CrewAbsent { duration, .. }
            | What::Ambient { duration, .. }
            | What::SlowRepair { duration, .. } => Some(*duration),
        }
    }

    /// One line for people: "CH-1 fails until repaired".
    pub fn brief(&self) -> String {
        let until = self.duration().map_or_else(|| "until repaired".to_owned(), |d| format!("for {d}"));
        match self {
            What::AssetFails { asset, mode, .. } if mode.is_empty() => format!("{asset} fails {until}"),
            What::AssetFails { asset, mode, .. } => format!("{asset} fails ({mode}) {until}"),
            What::AssetDegrades { asset, to, .. } => format!("{asset} drops to {:.0} % {until}", to * 100.0),
            What::NetworkOutage { asset, .. } => format!("{asset} is out {until}"),
            What::AreaLoses { area, medium, .. } => format!("{area} has no {medium} {until}"),
            What::LateSupply { asset, .. } => format!("{asset} gets no delivery {until}"),
            What::CrewAbsent { crew, .. } => format!("crew {crew} is absent {until}"),
            What::Ambient { delta_c, .. } => format!("outside {delta_c:+.1} K {until}"),
            What::SlowRepair { factor, .. } => format!("repairs take {factor:.1} times as long {until}"),
        }
    }
}
