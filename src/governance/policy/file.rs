//! The form of `policy.ron`, and its checks.
//!
//! Ids in the file are stable ids of the scene; [`Policy::check`] tells which do not exist there.

use crate::{
    document::{DocumentError, Issue, Issues, Limits, Source, parse_ron, read_ron},
    governance::{canonical::Digest, identity::Role},
    plant::{ActionClass, ActionKind, Asset, Plant},
    time::Span,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A policy as written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Version of the form: 1.
    pub version: u32,
    /// Name.
    pub id: String,
    /// Counts up with every reviewed change.
    pub revision: u32,
    /// Who may do what.
    pub rules: Vec<Rule>,
    /// Probability × consequence → signatures.
    pub matrix: Matrix,
    /// How often.
    #[serde(default)]
    pub rate_limits: Vec<RateLimit>,
    /// When.
    #[serde(default)]
    pub hours: Vec<Hours>,
    /// What not together.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
    /// How expensive.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    /// How sure the twin must be.
    pub thresholds: Thresholds,
    /// How long things may take.
    pub timing: Timing,
}

/// Where a rule applies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Scope {
    /// Everywhere.
    Plant,
    /// In an area.
    Area(String),
    /// In an agent cell.
    Cell(String),
}

/// Which assets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Assets {
    /// All in scope.
    Any,
    /// Of these kinds.
    Kinds(Vec<String>),
    /// These.
    Ids(Vec<String>),
}

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Who {
    /// The agent of a cell.
    Agent,
    /// A person in this role.
    Role(Role),
}

/// What someone wants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Verb {
    /// Put it forward.
    Propose,
    /// Sign it.
    Approve,
    /// Release the hold.
    ReleaseHold,
}

/// Action kinds without their values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum What {
    /// Command on.
    Start,
    /// Command off.
    Stop,
    /// Limit.
    SetRate,
    /// Reset a trip.
    ResetTrip,
    /// Send a crew.
    DispatchCrew,
}

impl What {
    /// Of an action kind.
    pub fn of(kind: ActionKind) -> Self {
        match kind {
            ActionKind::Start => Self::Start,
            ActionKind::Stop => Self::Stop,
            ActionKind::SetRate(_) => Self::SetRate,
            ActionKind::ResetTrip => Self::ResetTrip,
            ActionKind::DispatchCrew => Self::DispatchCrew,
        }
    }
}

/// What a matching rule says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Effect {
    /// Allowed, unless another rule denies.
    Allow,
    /// Never, whatever others say.
    Deny,
}

/// One rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Cited in every decision.
    pub id: String,
    /// Where.
    pub scope: Scope,
    /// Who; empty: everyone.
    pub who: Vec<Who>,
    /// What they want.
    pub verbs: Vec<Verb>,
    /// Which actions; empty: all.
    #[serde(default)]
    pub actions: Vec<What>,
    /// Which classes; empty: all.
    #[serde(default)]
    pub classes: Vec<ActionClass>,
    /// On which assets.
    pub assets: Assets,
    /// Yes or no.
    pub effect: Effect,
    /// Shown to the person who is refused.
    pub because: String,
}

/// How many signatures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Requirement {
    /// None, for agents whose cell runs in closed loop; everyone else still needs one.
    Auto,
    /// One person other than the author.
    One,
    /// Two persons other than the author, one of them a supervisor.
    Two,
    /// Not at all.
    Never,
}

/// One row of the matrix.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Applies up to this probability of harm (included).
    pub up_to: f64,
    /// For actions of class Low.
    pub low: Requirement,
    /// For class Medium.
    pub medium: Requirement,
    /// For class High.
    pub high: Requirement,
}

/// Risk matrix: the probability of harm (from the gate) against the consequence class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Cited in decisions.
    pub id: String,
    /// Ascending `up_to`; the last one is 1.
    pub bands: Vec<Band>,
    /// A typed reason is needed from this class on.
    pub reason_from: ActionClass,
}

/// At most so many commands per asset and window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Cited in denials.
    pub id: String,
    /// Where.
    pub scope: Scope,
    /// On which assets.
    pub assets: Assets,
    /// Most commands in the window, per asset.
    pub most: u32,
    /// Real time.
    pub per: Span,
}

/// When actions of these classes may be dispatched.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Cited in denials.
    pub id: String,
    /// Where.
    pub scope: Scope,
    /// Restricted classes.
    pub classes: Vec<ActionClass>,
    /// Allowed weekdays, 1 Monday to 7 Sunday.
    pub days: Vec<u8>,
    /// First allowed minute of the day.
    pub from_min: u32,
    /// First minute no longer allowed.
    pub until_min: u32,
    /// Offset of local time [min].
    pub utc_offset_min: i32,
}

/// No more than `most` of these assets may have a command in one proposal or in flight together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Cited in denials.
    pub id: String,
    /// Stable ids.
    pub assets: Vec<String>,
    /// Most at once.
    pub most: u32,
    /// Only for these actions; empty: all.
    #[serde(default)]
    pub actions: Vec<What>,
}

/// Most one-off cost in a window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Cited in denials.
    pub id: String,
    /// Money.
    pub most: f64,
    /// Real time.
    pub per: Span,
}

/// What the gate asks of the twin.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Fewest simulated futures.
    pub min_runs: u32,
    /// Highest probability that the proposal does harm (fewer good units, more trips or more time beyond limits than doing nothing).
    pub max_harm: f64,
    /// Highest probability that any asset but the targets is worse off over the horizon than if nothing were done.
    pub max_worse_off: f64,
    /// Highest expected additional trips.
    pub max_extra_trips: f64,
    /// Highest expected additional time beyond hard limits [h].
    pub max_extra_exceedance_h: f64,
    /// Oldest datum of a target.
    pub max_data_age: Span,
    /// Lowest trust in the data of a target, 0..=1.
    pub min_confidence: f64,
    /// Highest normalised innovation squared of a target.
    pub max_drift: f64,
    /// Share of the distance to a trip temperature or to empty/full that an approval leaves free, 0..=1.
    pub envelope_share: f64,
}

/// How long things may take, in real seconds unless said otherwise.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// A simulated proposal waits this long for its signatures.
    pub sign_within_s: f64,
    /// A gate verdict older than this is not dispatched on.
    pub verdict_valid_s: f64,
    /// Time to live of a command.
    pub command_ttl_s: f64,
    /// The plant must answer within this.
    pub ack_within_s: f64,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`DocumentError`] with every problem located.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        let (policy, source) = read_ron::<Policy>(path, &Self::limits())?;
        policy.verified(&source)
    }

    /// Reads the text of a policy.
    ///
    /// # Errors
    /// [`DocumentError`] with every problem located.
    pub fn parse(text: &str, name: &str) -> Result<Self, DocumentError> {
        let (policy, source) = parse_ron::<Policy>(text, Path::new(name), &Self::limits())?;
        policy.verified(&source)
    }

    /// `policy.ron` of a data folder, else the embedded policy.
    ///
    /// # Errors
    /// [`DocumentError`] when the file is there but not valid: a broken policy is never replaced silently.
    pub fn load_or_builtin(folder: Option<&Path>) -> Result<Self, DocumentError> {
        match folder.map(|f| f.join("policy.ron")).filter(|p| p.exists()) {
            Some(path) => Self::load(&path),
            None => Self::builtin(),
        }
    }

    /// The embedded policy.
    ///
    /// # Errors
    /// [`DocumentError`]; a test asserts that there is none.
    pub fn builtin() -> Result<Self, DocumentError> {
        Self::parse(super::DEFAULT, "assets/policy.ron")
    }

    fn limits() -> Limits {
        Limits { bytes: 1 << 20, depth: 16, values: 50_000 }
    }

    /// What approvals and evidence refer to.
    pub fn hash(&self) -> Digest {
        Digest::of("plantcast.policy.v1", self)
    }

    fn verified(self, source: &Source) -> Result<Self, DocumentError> {
        let mut issues = Issues::new(source);
        if self.version != 1 {
            issues.add("version", format!("version {} is not known", self.version), "this program reads version 1");
        }
        self.verify_ids(&mut issues);
        self.verify_matrix(&mut issues);
        self.verify_numbers(&mut issues);
        issues.finish(Some(self))
    }

    fn verify_ids(&self, issues: &mut Issues<'_>) {
        let ids = self.ids();
        for (i, (at, id)) in ids.iter().enumerate() {
            if id.is_empty() || ids[..i].iter().any(|o| o.1 == *id) {
                issues.add(at, format!("the id {id:?} is empty or used twice"), "denials cite it: give each rule its own");
            }
        }
        for (i, r) in self.rules.iter().enumerate() {
            if r.verbs.is_empty() {
                issues.add(format!("rules[{i}].verbs"), "a rule without verbs says nothing", "Propose, Approve or ReleaseHold");
            }
        }
    }

    fn ids(&self) -> Vec<(String, &str)> {
        let mut out: Vec<(String, &str)> = vec![("matrix.id".into(), self.matrix.id.as_str())];
        out.extend(self.rules.iter().enumerate().map(|(i, r)| (format!("rules[{i}].id"), r.id.as_str())));
        out.extend(self.rate_limits.iter().enumerate().map(|(i, r)| (format!("rate_limits[{i}].id"), r.id.as_str())));
        out.extend(self.hours.iter().enumerate().map(|(i, r)| (format!("hours[{i}].id"), r.id.as_str())));
        out.extend(self.exclusions.iter().enumerate().map(|(i, r)| (format!("exclusions[{i}].id"), r.id.as_str())));
        out.extend(self.budgets.iter().enumerate().map(|(i, r)| (format!("budgets[{i}].id"), r.id.as_str())));
        out
    }

    fn verify_matrix(&self, issues: &mut Issues<'_>) {
        let bands = &self.matrix.bands;
        if !bands.windows(2).all(|w| w[0].up_to < w[1].up_to) || bands.last().is_none_or(|b| b.up_to != 1.0) {
            issues.add("matrix.bands", "the bands do not cover every probability", "ascending `up_to`, the last one 1.0");
        }
        for (i, b) in bands.iter().enumerate() {
            let worse = i > 0 && (b.low < bands[i - 1].low || b.medium < bands[i - 1].medium || b.high < bands[i - 1].high);
            if worse || b.low > b.medium || b.medium > b.high {
                issues.add(format!("matrix.bands[{i}]"), "a higher risk asks for less", "requirements never fall with probability or consequence");
            }
        }
    }

    fn verify_numbers(&self, issues: &mut Issues<'_>) {
        let (t, m) = (&self.thresholds, &self.timing);
        for (at, v) in [
            ("thresholds.max_harm", t.max_harm),
            ("thresholds.max_worse_off", t.max_worse_off),
            ("thresholds.min_confidence", t.min_confidence),
            ("thresholds.envelope_share", t.envelope_share),
        ] {
            if !(0.0..=1.0).contains(&v) {
                issues.add(at, format!("{v} is no share"), "0 to 1");
            }
        }
        for (at, v) in [
            ("timing.sign_within_s", m.sign_within_s),
            ("timing.verdict_valid_s", m.verdict_valid_s),
            ("timing.command_ttl_s", m.command_ttl_s),
            ("timing.ack_within_s", m.ack_within_s),
        ] {
            if !(v > 0.0 && v <= 86_400.0) {
                issues.add(at, format!("{v} s"), "more than 0, at most a day");
            }
        }
        if t.min_runs == 0 {
            issues.add("thresholds.min_runs", "no futures at all", "at least 1; 200 is sensible");
        }
        for (i, h) in self.hours.iter().enumerate() {
            if h.from_min >= h.until_min || h.until_min > 1440 || h.days.iter().any(|d| !(1..=7).contains(d)) {
                issues.add(format!("hours[{i}]"), "no such hours", "from_min < until_min <= 1440, days 1 (Monday) to 7");
            }
        }
    }

    /// Ids that the plant does not have.
    pub fn check(&self, plant: &Plant) -> Vec<Issue> {
        let mut out = Vec::new();
        let mut missing = |at: String, what: &str, id: &str| {
            let hint = "correct the policy or the scene; a rule about nothing protects nothing".to_string();
            out.push(Issue { at, line: None, brief: format!("there is no {what} {id:?} in {}", plant.id), hint });
        };
        for (i, r) in self.rules.iter().enumerate() {
            match &r.scope {
                Scope::Area(a) if plant.area_by_id(a).is_none() => missing(format!("rules[{i}].scope"), "area", a),
                Scope::Cell(c) if !plant.cells.iter().any(|x| &x.id == c) => missing(format!("rules[{i}].scope"), "cell", c),
                Scope::Plant | Scope::Area(_) | Scope::Cell(_) => {}
            }
            if let Assets::Ids(ids) = &r.assets {
                ids.iter().filter(|id| plant.asset_by_id(id).is_none()).for_each(|id| missing(format!("rules[{i}].assets"), "asset", id));
            }
        }
        for (i, e) in self.exclusions.iter().enumerate() {
            e.assets.iter().filter(|id| plant.asset_by_id(id).is_none()).for_each(|id| missing(format!("exclusions[{i}].assets"), "asset", id));
        }
        out
    }
}

impl Scope {
    /// Whether an asset is inside.
    pub fn has(&self, plant: &Plant, asset: &Asset) -> bool {
        match self {
            Self::Plant => true,
            Self::Area(id) => asset.area.is_some_and(|a| plant.areas[a.index()].id == *id),
            Self::Cell(id) => asset.cell.is_some_and(|c| plant.cells[c.index()].id == *id),
        }
    }
    /// Plant before area before cell.
    pub fn depth(&self) -> u8 {
        match self {
            Self::Plant => 0,
            Self::Area(_) => 1,
            Self::Cell(_) => 2,
        }
    }
}

impl Assets {
    /// Whether an asset is meant.
    pub fn has(&self, asset: &Asset) -> bool {
        match self {
            Self::Any => true,
            Self::Kinds(kinds) => kinds.contains(&asset.kind),
            Self::Ids(ids) => ids.contains(&asset.id),
        }
    }
}
