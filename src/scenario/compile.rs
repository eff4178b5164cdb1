//! From a scenario to scripted events: ids resolved, times from the start.
//!
//! Owns the translation. Invariant: a compiled script names only assets, areas, media and crews of the plant
//! it was compiled for; entry `i` of the script is disruption `i` of the scenario.

use super::check::check;
use super::model::{Disruption, Lasting, Response, Scenario, StartFrom, What};
use crate::document::{DocumentError, Issue, Source};
use crate::plant::{Action, AssetId, Plant};
use crate::sim::{Intervention, Script, Until};
use crate::time::{Span, Time};

/// A scenario as events. Times count from the start of the scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct Compiled {
    /// What holds in every future, the baseline included (from the beginning of a warm-up).
    pub conditions: Script,
    /// The disruptions, in the scenario's order.
    pub script: Script,
    /// The actions of each response, in the scenario's order.
    pub responses: Vec<Vec<(Time, Action)>>,
}

/// A scenario does not fit a plant: everything that was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the scenario does not fit the plant:{}", list(issues))]
pub struct Misfit {
    /// What is wrong, in document order.
    pub issues: Vec<Issue>,
}

impl Misfit {
    /// The same with file and lines.
    pub fn located(self, source: &Source) -> DocumentError {
        Scenario::located(self.issues, source)
    }
}

fn list(issues: &[Issue]) -> String {
    issues.iter().map(|i| format!("\n{i}")).collect()
}

impl Scenario {
    /// Checks the meaning against `plant` and translates.
    ///
    /// # Errors
    /// [`Misfit`] with all issues, unlocated: [`Misfit::located`] adds file and lines.
    pub fn compile(&self, plant: &Plant) -> Result<Compiled, Misfit> {
        let issues = check(self, plant);
        if !issues.is_empty() {
            return Err(Misfit { issues });
        }
        let script = self.disruptions.iter().filter_map(|d| Some((Time(0) + d.at, intervention(d, plant)?))).collect();
        Ok(Compiled { conditions: self.conditions(), script: Script(script), responses: self.responses.iter().map(|r| actions(r, plant)).collect() })
    }

    fn conditions(&self) -> Script {
        let warmup = match self.start.from {
            StartFrom::Warmup(span) => span,
            StartFrom::Nominal | StartFrom::LiveNow => Span::ZERO,
        };
        if self.ambient_offset_c == 0.0 {
            return Script(Vec::new());
        }
        let duration = warmup + self.horizon + Span::from_h(1.0);
        Script(vec![(Time(0), Intervention::Ambient { delta_c: self.ambient_offset_c, duration })])
    }
}

fn actions(r: &Response, plant: &Plant) -> Vec<(Time, Action)> {
    let resolve = |id: &str| plant.asset_by_id(id);
    r.actions.iter().filter_map(|a| Some((Time(0) + a.at, Action { asset: resolve(&a.asset)?, kind: a.kind }))).collect()
}

/// `None` only for ids that the check would have refused.
fn intervention(d: &Disruption, plant: &Plant) -> Option<Intervention> {
    let asset = |id: &str| plant.asset_by_id(id);
    Some(match &d.what {
        What::AssetFails { asset: id, mode, lasting } => {
            let a = asset(id)?;
            Intervention::Fail { asset: a, mode: mode_index(plant, a, mode), until: until(*lasting) }
        }
        What::AssetDegrades { asset: id, to, lasting } => Intervention::Degrade { asset: asset(id)?, to: *to, until: until(*lasting) },
        What::NetworkOutage { asset: id, duration } => Intervention::Fail { asset: asset(id)?, mode: None, until: Until::For(*duration) },
        What::AreaLoses { area, medium, duration } => {
            Intervention::LoseArea { area: plant.area_by_id(area)?, medium: plant.medium_by_id(medium)?, until: Until::For(*duration) }
        }
        What::LateSupply { asset: id, duration } => Intervention::SupplyOff { asset: asset(id)?, duration: *duration },
        What::CrewAbsent { crew, duration } => Intervention::CrewAbsent { crew: plant.crew_by_id(crew)?, duration: *duration },
        What::Ambient { delta_c, duration } => Intervention::Ambient { delta_c: *delta_c, duration: *duration },
        What::SlowRepair { factor, duration } => Intervention::SlowRepair { factor: *factor, duration: *duration },
    })
}

fn mode_index(plant: &Plant, asset: AssetId, mode: &str) -> Option<usize> {
    plant.asset(asset).reliability.iter().position(|m| m.id == mode)
}

fn until(lasting: Lasting) -> Until {
    match lasting {
        Lasting::UntilRepaired => Until::Repaired,
        Lasting::For(span) => Until::For(span),
    }
}
