//! Planned maintenance, shifts and spare parts as written.

use crate::plant::reliability::{Ageing, Renewal, Repair};
use crate::plant::upkeep::Day;
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hours of some days of every week, UTC.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct ShiftFile {
    /// Days on which it begins; default: all.
    #[serde(default = "all_days")]
    pub days: Vec<Day>,
    /// Begin, since midnight (`"6h"`).
    pub from: Span,
    /// End, since midnight; not later than `from`: on the next day.
    pub to: Span,
}

/// What planned maintenance renews.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct RestoreFile {
    /// Failure mode of the same asset.
    pub mode: String,
    /// How much younger it makes it; default AsNew.
    #[serde(default)]
    pub renewal: Renewal,
}

/// Maintenance that is planned.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceFile {
    /// Name within the asset (`overhaul`).
    pub id: String,
    /// Due after this much time since it was last done.
    pub every: Span,
    /// Which time counts; default Operating.
    #[serde(default)]
    pub ages: Ageing,
    /// How long it takes once a crew is at work; the asset is out of service meanwhile.
    pub duration: Repair,
    /// Skill that the crew needs; default: done without a crew.
    #[serde(default)]
    pub skill: Option<String>,
    /// Spare part that it uses up.
    #[serde(default)]
    pub spare: Option<String>,
    /// Queueing priority, lower first; default 7 (after repairs).
    #[serde(default = "seven")]
    pub priority: u8,
    /// Hours in which it may begin; default: always.
    #[serde(default)]
    pub window: Vec<ShiftFile>,
    /// What it renews; default: every failure mode, as good as new.
    #[serde(default)]
    pub restores: Option<Vec<RestoreFile>>,
    /// Whether the repair of such a failure restarts the interval (age replacement); default false (block replacement).
    #[serde(default)]
    pub restarts_on_repair: bool,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

/// A kind of spare part and its stock.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct SpareFile {
    /// Stable identifier.
    pub id: String,
    /// What people call it; default: the id.
    #[serde(default)]
    pub name: String,
    /// On the shelf at the start [parts]; default 1.
    #[serde(default = "one")]
    pub stock: u32,
    /// Ordered again when stock and orders under way fall to this [parts]; default: one less than `stock` at the start.
    #[serde(default)]
    pub reorder_at: Option<u32>,
    /// Parts per order; 0: never ordered; default 1.
    #[serde(default = "one")]
    pub order: u32,
    /// From order to delivery.
    pub lead: Repair,
    /// Price of a part used up [currency]; default 0.
    #[serde(default)]
    pub cost: f64,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

fn all_days() -> Vec<Day> {
    Day::ALL.to_vec()
}
fn seven() -> u8 {
    7
}
fn one() -> u32 {
    1
}
