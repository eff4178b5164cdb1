//! Inheritance: a child file plus its resolved base gives a scenario, and back.
//!
//! Lists are keyed by id: a child adds, replaces (same id) or drops (`without_…`). Invariant:
//! `resolve(difference(s), base) == s` for every normal scenario `s`.

use super::file::{RawScenario, VERSION};
use super::model::Scenario;
use crate::document::Issue;

/// Longest chain of `extends`.
pub const MAX_INHERITANCE: usize = 8;

/// Puts `raw` on top of its base (or of an empty scenario).
///
/// # Errors
/// All issues: missing fields that nothing inherits, duplicate ids, dropped ids that the base does not have.
pub(super) fn resolve(raw: RawScenario, base: Option<Scenario>) -> Result<Scenario, Vec<Issue>> {
    let mut issues = Vec::new();
    required(&raw, base.is_some(), &mut issues);
    duplicates("disruptions", raw.disruptions.iter().map(|d| d.id.as_str()), &mut issues);
    duplicates("responses", raw.responses.iter().map(|r| r.id.as_str()), &mut issues);
    let mut s = base.clone().unwrap_or_else(|| Scenario::new(&raw.id, ""));
    dropped("without_disruptions", &raw.without_disruptions, |id| s.disruptions.iter().any(|d| d.id == id), &mut issues);
    dropped("without_responses", &raw.without_responses, |id| s.responses.iter().any(|r| r.id == id), &mut issues);
    if !issues.is_empty() {
        return Err(issues);
    }
    s.disruptions.retain(|d| !raw.without_disruptions.contains(&d.id));
    s.responses.retain(|r| !raw.without_responses.contains(&r.id));
    raw.disruptions.into_iter().for_each(|d| put(&mut s.disruptions, d, |x| &x.id));
    raw.responses.into_iter().for_each(|r| put(&mut s.responses, r, |x| &x.id));
    s.id = raw.id;
    s.name = raw.name;
    raw.story.into_iter().for_each(|x| s.story = x);
    raw.scene.into_iter().for_each(|x| s.scene = x);
    raw.start.into_iter().for_each(|x| s.start = x);
    raw.horizon.into_iter().for_each(|x| s.horizon = x);
    raw.runs.into_iter().for_each(|x| s.runs = x);
    raw.seed.into_iter().for_each(|x| s.seed = x);
    raw.ambient_offset_c.into_iter().for_each(|x| s.ambient_offset_c = x);
    s.extends = raw.extends;
    s.base = base.map(Box::new);
    s.normalise();
    Ok(s)
}

/// What `s` adds to its base, in canonical form.
pub(super) fn difference(s: &Scenario) -> RawScenario {
    let base = s.base.as_deref();
    fn differs<T: PartialEq + Clone>(mine: &T, theirs: Option<&T>) -> Option<T> {
        (theirs != Some(mine)).then(|| mine.clone())
    }
    let missing = |theirs: Vec<&String>, mine: &dyn Fn(&str) -> bool| theirs.into_iter().filter(|id| !mine(id)).cloned().collect();
    RawScenario {
        version: VERSION,
        id: s.id.clone(),
        name: s.name.clone(),
        extends: s.extends.clone(),
        story: differs(&s.story, base.map(|b| &b.story)),
        scene: differs(&s.scene, base.map(|b| &b.scene)),
        start: differs(&s.start, base.map(|b| &b.start)),
        horizon: differs(&s.horizon, base.map(|b| &b.horizon)),
        runs: differs(&s.runs, base.map(|b| &b.runs)),
        seed: differs(&s.seed, base.map(|b| &b.seed)),
        ambient_offset_c: match base {
            None if s.ambient_offset_c == 0.0 => None,
            _ => differs(&s.ambient_offset_c, base.map(|b| &b.ambient_offset_c)),
        },
        without_disruptions: base
            .map(|b| missing(b.disruptions.iter().map(|d| &d.id).collect(), &|id| s.disruptions.iter().any(|d| d.id == id)))
            .unwrap_or_default(),
        disruptions: s.disruptions.iter().filter(|d| !base.is_some_and(|b| b.disruptions.contains(d))).cloned().collect(),
        without_responses: base
            .map(|b| missing(b.responses.iter().map(|r| &r.id).collect(), &|id| s.responses.iter().any(|r| r.id == id)))
            .unwrap_or_default(),
        responses: s.responses.iter().filter(|r| !base.is_some_and(|b| b.responses.contains(r))).cloned().collect(),
    }
}

fn put<T>(list: &mut Vec<T>, item: T, id: impl Fn(&T) -> &String) {
    match list.iter().position(|x| id(x) == id(&item)) {
        Some(i) => list[i] = item,
        None => list.push(item),
    }
}

fn required(raw: &RawScenario, inherits: bool, issues: &mut Vec<Issue>) {
    if raw.version != VERSION {
        issues.push(issue("version", format!("version {} is not known", raw.version), format!("write version: {VERSION}")));
    }
    if inherits {
        return;
    }
    let absent = [("scene", raw.scene.is_none()), ("story", raw.story.is_none()), ("horizon", raw.horizon.is_none()), ("start", raw.start.is_none())];
    for (field, _) in absent.iter().filter(|(_, missing)| *missing) {
        issues.push(issue(field, "is missing".into(), "write it, or inherit it with extends: \"other-scenario\"".into()));
    }
}

fn duplicates<'a>(list: &str, ids: impl Iterator<Item = &'a str>, issues: &mut Vec<Issue>) {
    let mut seen: Vec<&str> = Vec::new();
    for id in ids {
        if seen.contains(&id) {
            issues.push(issue(&format!("{list}[\"{id}\"]"), "the id appears twice".into(), "give each its own id".into()));
        }
        seen.push(id);
    }
}

fn dropped(field: &str, ids: &[String], known: impl Fn(&str) -> bool, issues: &mut Vec<Issue>) {
    for id in ids.iter().filter(|id| !known(id)) {
        issues.push(issue(&format!("{field}[\"{id}\"]"), "the base has nothing with this id".into(), "remove the entry".into()));
    }
}

/// An issue whose line is found later.
pub(super) fn issue(at: &str, brief: String, hint: String) -> Issue {
    Issue { at: at.into(), line: None, brief, hint }
}
