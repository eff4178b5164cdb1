//! The KPIs of a forecast: one table of names, units, directions and how they follow from a run's totals.
//!
//! Owns the table only. Invariant: every KPI is additive over time and counted from the start of the
//! forecast, so a fan at the horizon shows what the totals say.

use crate::plant::Plant;
use crate::sim::Totals;

/// One KPI that a run's totals determine.
pub(super) struct Kpi {
    /// Id in results.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Unit; `$` stands for the plant's currency, `{unit}` for what its outputs are counted in.
    pub unit: &'static str,
    /// Direction.
    pub higher_is_better: bool,
    /// Value.
    pub of: fn(&Totals) -> f64,
}

/// KPIs from totals, in order of display.
pub(super) const KPIS: [Kpi; 9] = [
    Kpi { id: "profit", name: "Profit", unit: "$", higher_is_better: true, of: Totals::profit },
    Kpi { id: "good_units", name: "Good units", unit: "{unit}", higher_is_better: true, of: |t| t.good_units },
    Kpi { id: "scrap_units", name: "Scrap of all steps", unit: "process units", higher_is_better: false, of: |t| t.scrap_units },
    Kpi { id: "cost", name: "Cost", unit: "$", higher_is_better: false, of: cost },
    Kpi { id: "energy_kwh", name: "Energy", unit: "kWh", higher_is_better: false, of: |t| t.energy_kwh },
    Kpi { id: "energy_cost", name: "Energy cost", unit: "$", higher_is_better: false, of: |t| t.energy_cost },
    Kpi { id: "co2_kg", name: "CO2", unit: "kg", higher_is_better: false, of: |t| t.co2_kg },
    Kpi { id: "trips", name: "Trips", unit: "1", higher_is_better: false, of: |t| t.trips },
    Kpi { id: "limit_exceedance_h", name: "Time beyond limits", unit: "h", higher_is_better: false, of: |t| t.limit_exceedance_h },
];

/// Positions of the money KPIs to which a plan's extra cost is added.
pub(super) const PROFIT: usize = 0;
/// See [`PROFIT`].
pub(super) const COST: usize = 3;
/// Units that left the plant.
pub(super) const GOOD: usize = 1;
/// Hours until the outputs served as in the baseline again: not a total, appended per run.
pub(super) const RECOVERY: Kpi = Kpi { id: "recovery_h", name: "Recovery time", unit: "h", higher_is_better: false, of: |_| 0.0 };
/// Fan of the output rate, from the differences of `good_units`.
pub(super) const THROUGHPUT: (&str, &str) = ("throughput_per_h", "{unit}/h");

/// KPIs per run: the table and the recovery time.
pub(super) const COUNT: usize = KPIS.len() + 1;

/// The KPI at a position below [`COUNT`].
pub(super) fn kpi(index: usize) -> &'static Kpi {
    KPIS.get(index).unwrap_or(&RECOVERY)
}

/// Unit for people and machines: the currency, or what the outputs of the plant are counted in.
pub(super) fn unit(kpi: &Kpi, plant: &Plant) -> String {
    fill(kpi.unit, plant)
}

/// Unit of the throughput fan.
pub(super) fn throughput_unit(plant: &Plant) -> String {
    fill(THROUGHPUT.1, plant)
}

fn fill(unit: &str, plant: &Plant) -> String {
    let sold = plant.assets.iter().filter_map(|a| a.process.as_ref()).find(|p| p.earns_per_unit > 0.0);
    let counted = sold.and_then(|p| p.outputs.first().map(|o| o.medium).or_else(|| p.inputs.first().map(|i| i.medium)));
    let name = counted.map_or("{unit}", |m| plant.medium(m).unit.as_str());
    unit.replace('$', &plant.money.currency).replace("{unit}", name)
}

/// Everything paid or lost: energy, crews, spare parts, leaks, actions, downtime, scrap.
fn cost(t: &Totals) -> f64 {
    t.energy_cost + t.crew_cost + t.spare_cost + t.leak_cost + t.action_cost + t.downtime_cost + t.scrap_cost
}

/// All KPIs of the table.
pub(super) fn values(t: &Totals) -> [f64; KPIS.len()] {
    let mut row = [0.0; KPIS.len()];
    for (slot, kpi) in row.iter_mut().zip(&KPIS) {
        *slot = (kpi.of)(t);
    }
    row
}
