//! Planned maintenance, crews, shifts and spare parts: names resolved, times possible.

use super::Context;
use super::facets::place;
use super::numbers::{Range, number};
use super::reliability::repair;
use crate::plant::file::{AssetFile, CrewFile, MaintenanceFile, SceneFile, ShiftFile, SpareFile};
use crate::plant::model::{Crew, SpareId};
use crate::plant::reliability::Renewal;
use crate::plant::upkeep::{Maintenance, Spare, Week};
use crate::rng::stable_id;
use crate::time::Span;

/// Most intervals of one calendar.
const MAX_SHIFTS: usize = 64;
/// Most parts of one kind on the shelf or in one order.
const MAX_PARTS: u32 = 1_000_000;
/// Maintenance more often than this is a typing error: the plant would do nothing else.
const SHORTEST: Span = Span(60_000_000);

/// Planned maintenance of one asset.
pub fn maintenance(f: &AssetFile, c: &mut Context<'_, '_>) -> Vec<Maintenance> {
    let list = f.maintenance.as_deref().unwrap_or_default();
    let mut out = Vec::new();
    for (i, m) in list.iter().enumerate() {
        let at = place(f, &format!("maintenance[{i}]"));
        if m.every < SHORTEST {
            c.issues.add(format!("{at}.every"), format!("every {}", m.every), "write an interval of a minute or more, for example \"2000h\"");
        }
        repair(&format!("{at}.duration"), &m.duration, c);
        if list[..i].iter().any(|o| o.id == m.id) {
            c.issues.add(&at, format!("maintenance {:?} stands twice", m.id), "give each its own id");
        }
        let restores = restores(&at, f, m, c);
        if m.restarts_on_repair && restores.is_empty() {
            c.issues.add(format!("{at}.restarts_on_repair"), "it renews nothing whose repair could restart it", "name failure modes in `restores`");
        }
        out.push(Maintenance {
            id: m.id.clone(),
            every: m.every,
            ages: m.ages,
            duration: m.duration,
            skill: m.skill.clone(),
            spare: spare(&format!("{at}.spare"), m.spare.as_deref(), c),
            priority: m.priority,
            window: week(&format!("{at}.window"), &m.window, c),
            restores,
            restarts_on_repair: m.restarts_on_repair,
        });
    }
    out
}

fn restores(at: &str, f: &AssetFile, m: &MaintenanceFile, c: &mut Context<'_, '_>) -> Vec<(usize, Renewal)> {
    let modes = f.reliability.as_deref().unwrap_or_default();
    let Some(list) = &m.restores else { return (0..modes.len()).map(|i| (i, Renewal::AsNew)).collect() };
    let mut out: Vec<(usize, Renewal)> = Vec::new();
    for (i, r) in list.iter().enumerate() {
        let at = format!("{at}.restores[{i}]");
        if let Renewal::Partial(keeps) = r.renewal {
            number(c.issues, &at, keeps, Range::Fraction);
        }
        match modes.iter().position(|mode| mode.id == r.mode) {
            Some(mode) if out.iter().any(|o| o.0 == mode) => c.issues.add(at, format!("{:?} stands twice", r.mode), "name each mode once"),
            Some(mode) => out.push((mode, r.renewal)),
            None => c.issues.add(at, format!("{} has no failure mode {:?}", f.id, r.mode), "name one of its `reliability` entries"),
        }
    }
    out
}

/// The spare part of this name, or an issue.
pub fn spare(at: &str, id: Option<&str>, c: &mut Context<'_, '_>) -> Option<SpareId> {
    c.names.spare(c.issues, at, id?)
}

/// A weekly calendar.
pub fn week(at: &str, list: &[ShiftFile], c: &mut Context<'_, '_>) -> Week {
    if list.len() > MAX_SHIFTS {
        c.issues.add(at, format!("{} intervals", list.len()), format!("at most {MAX_SHIFTS}"));
        return Week::default();
    }
    let day = Span::from_h(24.0);
    for (i, s) in list.iter().enumerate() {
        let at = format!("{at}[{i}]");
        if s.from >= day || s.to > day || s.from < Span::ZERO || s.to < Span::ZERO {
            c.issues.add(&at, format!("from {} to {}", s.from, s.to), "hours since midnight: from below \"24h\", to at most \"24h\"");
        } else if s.days.is_empty() {
            c.issues.add(&at, "hours on no day", "name at least one day, or leave `days` out for all");
        } else if s.from == s.to {
            c.issues.add(&at, format!("begins and ends at {}", s.from), "write from \"0s\" to \"24h\" for the whole day");
        }
    }
    Week::of(list.iter().map(|s| (s.days.clone(), s.from, s.to)))
}

/// One crew.
pub fn crew(f: &CrewFile, c: &mut Context<'_, '_>) -> Crew {
    let at = |field: &str| format!("crews[\"{}\"].{field}", f.id);
    number(c.issues, &at("cost_per_h"), f.cost_per_h, Range::NotNegative);
    if f.size == 0 || f.size > 1000 {
        c.issues.add(at("size"), format!("a crew of {} can do no work", f.size), "write 1 to 1000");
    }
    if f.skills.is_empty() {
        c.issues.add(at("skills"), "a crew without skills can do no work", "name at least one skill");
    }
    if let Some(speed) = f.speed_m_per_s {
        number(c.issues, &at("speed_m_per_s"), speed, Range::Positive);
        if speed > 0.0 && !(0.05..=50.0).contains(&speed) {
            c.issues.add(at("speed_m_per_s"), format!("{speed} m/s"), "people walk at 1.4 m/s and drive at 3 to 8; write 0.05 to 50");
        }
    }
    if let Some(base) = f.base {
        base.iter().for_each(|v| number(c.issues, &at("base"), *v, Range::Any));
        if f.speed_m_per_s.is_none() {
            c.issues.add(at("base"), "a base without a speed has no effect", "set speed_m_per_s, or remove the base");
        }
    }
    Crew {
        id: f.id.clone(),
        name: if f.name.is_empty() { f.id.clone() } else { f.name.clone() },
        size: f.size,
        skills: f.skills.clone(),
        travel: f.travel,
        speed_m_per_s: f.speed_m_per_s,
        base_m: f.base,
        shifts: week(&at("shifts"), &f.shifts, c),
        at_shift_end: f.at_shift_end,
        cost_per_h: f.cost_per_h,
    }
}

/// All spare parts.
pub fn spares(file: &SceneFile, c: &mut Context<'_, '_>) -> Vec<Spare> {
    file.spares.iter().map(|f| spare_part(f, c)).collect()
}

fn spare_part(f: &SpareFile, c: &mut Context<'_, '_>) -> Spare {
    let at = |field: &str| format!("spares[\"{}\"].{field}", f.id);
    number(c.issues, &at("cost"), f.cost, Range::NotNegative);
    repair(&at("lead"), &f.lead, c);
    for (field, parts) in [("stock", f.stock), ("order", f.order), ("reorder_at", f.reorder_at.unwrap_or(0))] {
        if parts > MAX_PARTS {
            c.issues.add(at(field), format!("{parts} parts"), format!("at most {MAX_PARTS}"));
        }
    }
    if f.order == 0 && f.reorder_at.is_some() {
        c.issues.add(at("order"), "reordering nothing", "order 1 part or more, or remove reorder_at");
    }
    if f.order == 0 && f.stock == 0 {
        c.issues.add(at("stock"), "no part ever", "stock at least one part, or order them");
    }
    Spare {
        id: f.id.clone(),
        name: if f.name.is_empty() { f.id.clone() } else { f.name.clone() },
        key: stable_id(&format!("spare {}", f.id)),
        stock: f.stock,
        reorder_at: (f.order > 0).then(|| f.reorder_at.unwrap_or(f.stock.saturating_sub(1))),
        order: f.order,
        lead: f.lead,
        cost: f.cost,
    }
}
