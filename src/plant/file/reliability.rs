//! Failing and repairing as written.

use crate::plant::reliability::{Ageing, Covariate, Degradation, Hazard, Renewal, Repair};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One way to fail.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct FailureFile {
    /// Name within the asset (`bearing`).
    pub id: String,
    /// When it fails.
    pub hazard: Hazard,
    /// Which time makes it older; default Operating.
    #[serde(default)]
    pub ages: Ageing,
    /// What multiplies the hazard (temperature, load); default nothing.
    #[serde(default)]
    pub covariates: Vec<Covariate>,
    /// Asset whose temperature the covariates look at; default: its own.
    #[serde(default)]
    pub temperature_of: Option<String>,
    /// What failing does; default Lost.
    #[serde(default = "lost")]
    pub effect: Degradation,
    /// How long a repair takes once a crew is at work.
    pub repair: Repair,
    /// How much younger a repair makes it; default AsNew.
    #[serde(default)]
    pub renewal: Renewal,
    /// Skill that the crew needs; default: repairs itself without a crew.
    #[serde(default)]
    pub skill: Option<String>,
    /// Spare part that a repair uses up; it waits until one is there.
    #[serde(default)]
    pub spare: Option<String>,
    /// Queueing priority, lower first; default 5.
    #[serde(default = "middle")]
    pub priority: u8,
    /// Where the figures come from.
    #[serde(default)]
    pub source: String,
}

fn lost() -> Degradation {
    Degradation::Lost
}
fn middle() -> u8 {
    5
}
