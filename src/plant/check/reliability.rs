//! Failure modes: laws in range, covariates that have something to look at.

use super::Context;
use super::facets::{place, positive_span};
use super::numbers::{Range, number};
use super::upkeep;
use crate::plant::file::{AssetFile, FailureFile};
use crate::plant::model::AssetId;
use crate::plant::reliability::{Covariate, Degradation, FailureMode, Hazard, Renewal, Repair};
use crate::time::Span;

/// Shapes beyond these are typing errors: a Weibull of shape 0.05 has a mean of 10^18 scales.
const SHAPES: std::ops::RangeInclusive<f64> = 0.1..=100.0;
/// Shapes that the quantiles of the gamma law are tested for.
const GAMMA_SHAPES: std::ops::RangeInclusive<f64> = 0.01..=10_000.0;
/// Most covariates of one failure mode.
const MAX_COVARIATES: usize = 8;

/// Failure modes.
pub fn reliability(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<FailureMode> {
    let list = f.reliability.as_deref().unwrap_or_default();
    for (i, m) in list.iter().enumerate() {
        let at = place(f, &format!("reliability[{i}]"));
        hazard(&format!("{at}.hazard"), &m.hazard, c);
        covariates(&at, f, m, c);
        effect(&format!("{at}.effect"), f, m.effect, c);
        repair(&format!("{at}.repair"), &m.repair, c);
        if let Renewal::Partial(keeps) = m.renewal {
            number(c.issues, &format!("{at}.renewal"), keeps, Range::Fraction);
        }
        if list[..i].iter().any(|o| o.id == m.id) {
            c.issues.add(&at, format!("failure mode {:?} stands twice", m.id), "give each mode its own id");
        }
    }
    let mut mode = |(i, m): (usize, &FailureFile)| FailureMode {
        id: m.id.clone(),
        hazard: m.hazard,
        ages: m.ages,
        covariates: m.covariates.clone(),
        temperature_of: temperature_of(&place(f, &format!("reliability[{i}].temperature_of")), m, c),
        effect: m.effect,
        repair: m.repair,
        renewal: m.renewal,
        skill: m.skill.clone(),
        spare: upkeep::spare(&place(f, &format!("reliability[{i}].spare")), m.spare.as_deref(), c),
        priority: m.priority,
    };
    list.iter().enumerate().map(&mut mode).collect()
}

fn shape(at: &str, value: f64, range: std::ops::RangeInclusive<f64>, c: &mut Context<'_, '_>) {
    number(c.issues, at, value, Range::Positive);
    if value > 0.0 && value.is_finite() && !range.contains(&value) {
        c.issues.add(at, format!("a shape of {value}"), format!("write a shape between {} and {}", range.start(), range.end()));
    }
}

fn hazard(at: &str, law: &Hazard, c: &mut Context<'_, '_>) {
    match *law {
        Hazard::Exponential { mttf } => positive_span(c, at, Some(mttf)),
        Hazard::Weibull { shape: b, scale } => {
            positive_span(c, at, Some(scale));
            shape(at, b, SHAPES, c);
        }
        Hazard::Bathtub { early_shape, early_scale, mttf, wear_shape, wear_scale } => {
            for span in [early_scale, mttf, wear_scale] {
                positive_span(c, at, Some(span));
            }
            shape(at, early_shape, SHAPES, c);
            shape(at, wear_shape, SHAPES, c);
            if early_shape >= 1.0 {
                c.issues.add(at, format!("early failures with shape {early_shape} do not die out"), "early_shape is below 1");
            }
            if wear_shape <= 1.0 {
                c.issues.add(at, format!("wear with shape {wear_shape} does not grow with age"), "wear_shape is above 1");
            }
        }
        Hazard::Never => {}
    }
}

fn covariates(at: &str, f: &AssetFile, m: &FailureFile, c: &mut Context<'_, '_>) {
    if m.covariates.len() > MAX_COVARIATES {
        c.issues.add(format!("{at}.covariates"), format!("{} covariates", m.covariates.len()), format!("at most {MAX_COVARIATES}"));
    }
    if !m.covariates.is_empty() && m.hazard == Hazard::Never {
        c.issues.add(format!("{at}.covariates"), "they multiply a hazard of Never", "remove them, or give the mode a hazard");
    }
    for (k, covariate) in m.covariates.iter().enumerate() {
        let at = format!("{at}.covariates[{k}]");
        match *covariate {
            Covariate::Arrhenius { activation_ev, reference_c } => {
                number(c.issues, &at, activation_ev, Range::NotNegative);
                number(c.issues, &at, reference_c, Range::Celsius);
                if activation_ev > 10.0 {
                    c.issues.add(&at, format!("an activation energy of {activation_ev} eV"), "write electron volts, typically 0.3 to 1.1");
                }
            }
            Covariate::Temperature { per_k, reference_c } => {
                number(c.issues, &at, per_k, Range::Any);
                number(c.issues, &at, reference_c, Range::Celsius);
                if per_k.abs() > 2.0 {
                    c.issues.add(&at, format!("a factor of exp({per_k}) per kelvin"), "0.0693 doubles the rate every 10 K; write at most 2");
                }
            }
            Covariate::TwoExponentials { rise, rise_per_k, fall, fall_per_k, reference_c } => {
                number(c.issues, &at, rise, Range::Positive);
                number(c.issues, &at, fall, Range::NotNegative);
                number(c.issues, &at, reference_c, Range::Celsius);
                for per_k in [rise_per_k, fall_per_k] {
                    number(c.issues, &at, per_k, Range::NotNegative);
                    if per_k > 2.0 {
                        c.issues.add(&at, format!("a factor of exp({per_k}) per kelvin"), "0.0693 doubles the rate every 10 K; write at most 2");
                    }
                }
            }
            Covariate::Load { exponent, reference } => {
                number(c.issues, &at, exponent, Range::NotNegative);
                number(c.issues, &at, reference, Range::Positive);
                if exponent > 50.0 {
                    c.issues.add(&at, format!("an exponent of {exponent}"), "bearings have 3 to 10; write at most 50");
                }
                let loaded = f.process.is_some() || f.gives.as_ref().is_some_and(|g| !g.is_empty()) || f.control.is_some() || f.actions.is_some();
                if !loaded {
                    c.issues.add(
                        &at,
                        "nothing changes the load of this asset",
                        "a load covariate needs a process, a give, a control or a SetRate action",
                    );
                }
            }
        }
    }
}

fn temperature_of(at: &str, m: &FailureFile, c: &mut Context<'_, '_>) -> Option<AssetId> {
    let name = m.temperature_of.as_ref()?;
    if !m.covariates.iter().any(Covariate::is_thermal) {
        c.issues.add(at, "no covariate looks at a temperature", "add one, or remove temperature_of");
    }
    c.names.asset(c.issues, at, name)
}

fn effect(at: &str, f: &AssetFile, effect: Degradation, c: &mut Context<'_, '_>) {
    match effect {
        Degradation::Derated(to) | Degradation::StuckAt(to) | Degradation::StuckEither { open: to } => number(c.issues, at, to, Range::Fraction),
        Degradation::Lost | Degradation::StuckOpen | Degradation::StuckClosed => {}
        Degradation::Leak { per_h, cost_per_unit } => {
            number(c.issues, at, per_h, Range::Positive);
            number(c.issues, at, cost_per_unit, Range::NotNegative);
            if f.storage.is_none() {
                c.issues.add(at, "a leak without a storage", "add `storage`, or put the mode on the asset that holds the content");
            }
        }
        Degradation::Bias { level, celsius } => {
            number(c.issues, at, level, Range::Any);
            number(c.issues, at, celsius, Range::Any);
            if level == 0.0 && celsius == 0.0 {
                c.issues.add(at, "a bias of nothing", "set level or celsius");
            }
            if level != 0.0 && f.storage.is_none() {
                c.issues.add(at, "a biased level without a storage", "put the mode on the asset whose level is measured");
            }
            if celsius != 0.0 && f.thermal.is_none() {
                c.issues.add(at, "a biased temperature without a thermal facet", "put the mode on the asset whose temperature is measured");
            }
        }
    }
}

/// A repair or maintenance time.
pub fn repair(at: &str, law: &Repair, c: &mut Context<'_, '_>) {
    positive_span(c, at, Some(repair_scale(law)));
    match *law {
        Repair::Fixed(_) | Repair::Exponential { .. } => {}
        Repair::Lognormal { sigma, .. } => {
            number(c.issues, at, sigma, Range::NotNegative);
            if sigma > 5.0 {
                c.issues.add(at, format!("a sigma of {sigma}"), "sigma is that of the logarithm, typically 0.3 to 1.5; write at most 5");
            }
        }
        Repair::Gamma { shape: k, .. } => shape(at, k, GAMMA_SHAPES, c),
        Repair::Weibull { shape: k, .. } => shape(at, k, SHAPES, c),
    }
}

/// The shortest time scale of a hazard.
pub fn hazard_scale(h: &Hazard) -> Option<Span> {
    match *h {
        Hazard::Exponential { mttf } => Some(mttf),
        Hazard::Weibull { scale, .. } => Some(scale),
        Hazard::Bathtub { mttf, wear_scale, .. } => Some(if mttf < wear_scale { mttf } else { wear_scale }),
        Hazard::Never => None,
    }
}

/// The time scale of a repair.
pub fn repair_scale(r: &Repair) -> Span {
    match *r {
        Repair::Fixed(t) => t,
        Repair::Exponential { mean } | Repair::Gamma { mean, .. } => mean,
        Repair::Lognormal { median, .. } => median,
        Repair::Weibull { scale, .. } => scale,
    }
}
