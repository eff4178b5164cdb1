//! Profiles of the day: knots in order within the period, values in range, steps where only steps are exact.

use super::Context;
use super::numbers::{Range, number};
use crate::plant::file::{MediumFile, ProfileFile, SceneFile};
use crate::plant::model::{Flow, MediumId, Plant};
use crate::plant::profile::{Between, Profile};

/// Most knots of a profile.
const MAX_KNOTS: usize = 1_000;

fn profile(at: &str, f: &ProfileFile, range: Range, c: &mut Context<'_, '_>) -> Option<Profile> {
    let before = c.issues.count();
    if f.period.0 <= 0 {
        c.issues.add(format!("{at}.period"), "a time of zero", "write a span of more than 0, for example \"1d\"");
    }
    if f.knots.is_empty() || f.knots.len() > MAX_KNOTS {
        c.issues.add(format!("{at}.knots"), format!("{} knots", f.knots.len()), format!("write 1 to {MAX_KNOTS}"));
    }
    for (i, (when, value)) in f.knots.iter().enumerate() {
        number(c.issues, &format!("{at}.knots[{i}]"), *value, range);
        if *when >= f.period || i > 0 && f.knots[i - 1].0 >= *when {
            c.issues.add(format!("{at}.knots[{i}]"), format!("{when} is not in order"), "write the knots in order of time, all within the period");
        }
    }
    (c.issues.count() == before).then(|| Profile { knots: f.knots.clone(), form: f.form, period: f.period })
}

fn tariff(m: &MediumFile, field: &str, f: Option<&ProfileFile>, c: &mut Context<'_, '_>) -> Option<Profile> {
    let f = f?;
    let at = format!("media[\"{}\"].{field}", m.id);
    if f.form == Between::Linear {
        c.issues.add(format!("{at}.form"), "tariffs change by steps", "write Steps, with as many knots as needed");
    }
    profile(&at, f, Range::NotNegative, c)
}

/// Resolves the profiles into the plant; constants become their means.
pub fn check(file: &SceneFile, plant: &mut Plant, c: &mut Context<'_, '_>) {
    plant.profiles.offset = file.day_offset;
    if let Some(f) = &file.ambient_profile
        && let Some(ambient) = profile("ambient_profile", f, Range::Celsius, c)
    {
        plant.ambient_c = ambient.mean();
        plant.profiles.ambient = Some(ambient);
    }
    for (index, m) in file.media.iter().enumerate() {
        let id = MediumId(index as u32);
        let (price, co2) = (tariff(m, "price_profile", m.price_profile.as_ref(), c), tariff(m, "co2_profile", m.co2_profile.as_ref(), c));
        let Some(medium) = plant.media.get_mut(index) else { continue };
        if (price.is_some() || co2.is_some()) && medium.flow == Flow::Material {
            c.issues.add(format!("media[\"{}\"]", m.id), "a tariff by time of day on a material", "only a service is paid by the hour");
        }
        if let Some(price) = price {
            medium.price_per_unit_h = price.mean();
            plant.profiles.prices.push((id, price));
        }
        if let Some(co2) = co2 {
            medium.co2_kg_per_unit_h = co2.mean();
            plant.profiles.co2.push((id, co2));
        }
    }
}
