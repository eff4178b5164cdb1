//! What follows the time of day: each knot is an event that anchors what depended on the value before it.
//!
//! Tariffs act on the books of the givers that are bought; the ambient temperature on every thermal facet. A linear stretch of
//! ambient is part of the law of a temperature (`coupled`), so nothing is stepped between knots.

use super::engine::Engine;
use super::model::{Model, Timer};
use super::script::Intervention;
use crate::plant::{Between, Plant};
use crate::time::Time;

/// Whether the ambient temperature moves between its knots.
pub(super) fn ambient_drifts(plant: &Plant) -> bool {
    plant.profiles.ambient.as_ref().is_some_and(|p| p.form == Between::Linear && p.knots.len() > 1)
}

/// Timer slots of the profiles.
pub(super) fn slots(model: &mut Model) {
    let profiles = &model.plant.profiles;
    if profiles.ambient.is_some() {
        model.timers.push(Timer::Ambient);
        model.ambient_slot = Some(model.timers.len() as u32 - 1);
    }
    if !(profiles.prices.is_empty() && profiles.co2.is_empty()) {
        model.timers.push(Timer::Tariff);
        model.tariff_slot = Some(model.timers.len() as u32 - 1);
    }
}

/// Price and emission factor of every medium at an instant.
pub(super) fn tariffs(plant: &Plant, at: Time) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = plant.media.iter().map(|m| (m.price_per_unit_h, m.co2_kg_per_unit_h)).collect();
    for (medium, profile) in &plant.profiles.prices {
        out[medium.index()].0 = profile.from(at, plant.profiles.offset).0;
    }
    for (medium, profile) in &plant.profiles.co2 {
        out[medium.index()].1 = profile.from(at, plant.profiles.offset).0;
    }
    out
}

impl Engine<'_> {
    /// Reads the profiles at the present instant and times their next knots: at the start and at every knot.
    pub(super) fn begin_profiles(&mut self) {
        if self.model.ambient_slot.is_some() {
            self.ambient_turned();
        }
        if self.model.tariff_slot.is_some() {
            self.tariff_turned();
        }
    }

    /// A knot of the ambient profile.
    pub(super) fn ambient_turned(&mut self) {
        self.refresh_ambient();
        let (now, profiles) = (self.st.time, &self.model.plant.profiles);
        if let (Some(slot), Some(profile)) = (self.model.ambient_slot, &profiles.ambient) {
            let due = profile.next_knot(now, profiles.offset);
            self.set_timer(slot, due);
        }
    }

    /// A knot of a tariff.
    pub(super) fn tariff_turned(&mut self) {
        let (now, profiles) = (self.st.time, &self.model.plant.profiles);
        let tariffs = tariffs(&self.model.plant, now);
        for give in self.model.gives.iter().filter(|g| g.bought && tariffs[g.medium.index()] != self.st.tariffs[g.medium.index()]) {
            self.pending.touched.push(give.asset.0);
        }
        self.st.tariffs = tariffs;
        let knots = profiles.prices.iter().chain(&profiles.co2).map(|(_, p)| p.next_knot(now, profiles.offset));
        if let (Some(slot), Some(due)) = (self.model.tariff_slot, knots.min()) {
            self.set_timer(slot, due);
        }
    }

    /// The ambient temperature by profile and script; what depends on it is anchored first.
    pub(super) fn refresh_ambient(&mut self) {
        let (now, plant) = (self.st.time, &self.model.plant);
        let (mut ambient, slope) = plant.profiles.ambient.as_ref().map_or((plant.ambient_c, 0.0), |p| p.from(now, plant.profiles.offset));
        for force in &self.st.in_force {
            if let Intervention::Ambient { delta_c, .. } = force.what {
                ambient += delta_c;
            }
        }
        if ambient != self.st.ambient_c() || slope != self.st.ambient_per_h {
            for id in plant.asset_ids() {
                self.anchor_temperature(id);
                if self.model.assets[id.index()].driven {
                    self.pending.touched.push(id.0);
                }
            }
            self.st.ambient_c = ambient;
            self.st.ambient_at = now;
            self.st.ambient_per_h = slope;
        }
    }
}
