//! The file form: every field but `version`, `id` and `name` may be inherited, hence optional.
//!
//! Owns reading, writing and the version; the resolved value is [`Scenario`](super::Scenario). Invariant:
//! writing is canonical, so a file written by this program reloads and rewrites byte for byte.

use super::inherit;
use super::model::{Disruption, Response, Scenario, StartSpec};
use crate::document::{self, DocumentError, Issue, Limits, Source};
use crate::plant::Plant;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The only version so far.
pub(super) const VERSION: u32 = 1;

/// A scenario file as written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename = "Scenario")]
pub(super) struct RawScenario {
    pub version: u32,
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ambient_offset_c: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_disruptions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disruptions: Vec<Disruption>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_responses: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
}

const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 16, values: 50_000 };

/// Where the text of a scenario that is inherited from comes from.
type Lookup<'l> = dyn Fn(&str) -> Result<Option<(String, PathBuf)>, DocumentError> + 'l;

impl Scenario {
    /// Reads a scenario file; what it inherits from is looked for beside it, then among the built-in ones.
    ///
    /// # Errors
    /// [`DocumentError`] with file and line: unreadable, malformed, incomplete, or inheriting in a circle.
    pub fn load(path: &Path) -> Result<Self, DocumentError> {
        Self::open(path).map(|(scenario, _)| scenario)
    }

    /// As [`Scenario::load`], with the source that locates later issues (see [`super::Misfit::located`]).
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn open(path: &Path) -> Result<(Self, Source), DocumentError> {
        let (raw, source) = document::read_ron::<RawScenario>(path, &LIMITS)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let beside = |id: &str| {
            let file = folder.join(format!("{id}.scenario.ron"));
            match std::fs::read_to_string(&file) {
                Ok(text) => Ok(Some((text, file))),
                Err(_) => Ok(super::builtin(id).map(|text| (text.to_owned(), PathBuf::from(format!("{id}.scenario.ron"))))),
            }
        };
        let scenario = resolve_raw(raw, &source, &beside, &mut Vec::new())?;
        Ok((scenario, source))
    }

    /// Reads a scenario from a text; what it inherits from is looked for among the built-in ones. `name`
    /// stands for the file in messages.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse(text: &str, name: &str) -> Result<Self, DocumentError> {
        Self::parse_with_source(text, name).map(|(scenario, _)| scenario)
    }

    /// As [`Scenario::parse`], with the source that locates later issues.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse_with_source(text: &str, name: &str) -> Result<(Self, Source), DocumentError> {
        let (raw, source) = document::parse_ron::<RawScenario>(text, Path::new(name), &LIMITS)?;
        let among = |id: &str| Ok(super::builtin(id).map(|text| (text.to_owned(), PathBuf::from(format!("{id}.scenario.ron")))));
        let scenario = resolve_raw(raw, &source, &among, &mut Vec::new())?;
        Ok((scenario, source))
    }

    /// Reads a text whose base is at hand.
    #[cfg(test)]
    pub(super) fn from_text(text: &str, name: &str, base: impl Fn(&str) -> Option<Scenario>) -> Result<Self, DocumentError> {
        let (raw, source) = document::parse_ron::<RawScenario>(text, Path::new(name), &LIMITS)?;
        let base = raw.extends.as_deref().and_then(base);
        inherit::resolve(raw, base).map_err(|issues| Self::located(issues, &source))
    }

    /// The canonical text: only what differs from the base.
    pub fn to_text(&self) -> String {
        let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
        let pretty = ron::ser::PrettyConfig::new().depth_limit(3).indentor("    ").struct_names(false);
        // Serialising plain strings, numbers and lists into memory has no way to fail.
        let mut text = options.to_string_pretty(&inherit::difference(self), pretty).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the canonical text, whole or not at all.
    ///
    /// # Errors
    /// [`DocumentError::Io`] when the folder cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), DocumentError> {
        document::write_atomic(path, &self.to_text())
    }

    /// Issues of a meaning check as an error that names file and lines.
    pub(super) fn located(issues: Vec<Issue>, source: &Source) -> DocumentError {
        let located = issues.into_iter().map(|i| Issue { line: i.line.or_else(|| source.line_of(&i.at)), ..i }).collect();
        DocumentError::Invalid { path: source.path.clone(), issues: located }
    }
}

/// JSON Schema of the file form, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RawScenario).to_value()
}

/// Checks a scenario file, also against its scene when that is beside it or built in, and says in one line what
/// it holds.
///
/// # Errors
/// [`DocumentError`] with everything that is wrong, of the scenario or of its scene.
pub fn validate_file(path: &Path) -> Result<String, DocumentError> {
    let (s, source) = Scenario::open(path)?;
    let beside = path.with_file_name(format!("{}.scene.ron", s.scene));
    let plant = if beside.is_file() { Some(Plant::load(&beside)) } else { Plant::builtin(&s.scene) };
    let scene = match plant {
        None => format!("scene {:?} not found, not checked against it", s.scene),
        Some(plant) => {
            s.compile(&plant?).map_err(|misfit| misfit.located(&source))?;
            format!("fits scene {:?}", s.scene)
        }
    };
    let (d, r) = (s.disruptions.len(), s.responses.len());
    Ok(format!("{} ({}): {d} disruptions, {r} responses, {} futures of {}; {scene}", s.id, s.name, s.runs, s.horizon))
}

/// Resolves the chain of bases, nearest first; `chain` holds the ids on the way.
fn resolve_raw(raw: RawScenario, source: &Source, lookup: &Lookup<'_>, chain: &mut Vec<String>) -> Result<Scenario, DocumentError> {
    chain.push(raw.id.clone());
    let base = match &raw.extends {
        None => None,
        Some(id) => {
            let refuse = |brief: String, hint: &str| Err(Scenario::located(vec![inherit::issue("extends", brief, hint.into())], source));
            if chain.contains(id) {
                return refuse(format!("inherits in a circle: {} -> {id}", chain.join(" -> ")), "let one of them stand alone");
            }
            if chain.len() >= inherit::MAX_INHERITANCE {
                return refuse(format!("inherits over more than {} steps", inherit::MAX_INHERITANCE), "flatten the chain");
            }
            let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            let found = if plain { lookup(id)? } else { None };
            let Some((text, name)) = found else {
                return refuse(format!("there is no scenario {id:?}"), "name a scenario file beside this one, without folder and ending");
            };
            let (raw, source) = document::parse_ron::<RawScenario>(&text, &name, &LIMITS)?;
            Some(resolve_raw(raw, &source, lookup, chain)?)
        }
    };
    inherit::resolve(raw, base).map_err(|issues| Scenario::located(issues, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{builtin, builtin_names};

    #[test]
    fn the_built_in_scenarios_are_in_canonical_form() {
        for name in builtin_names() {
            let text = builtin(name).unwrap();
            let s = Scenario::parse(text, name).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(s.id, name);
            assert_eq!(s.to_text(), text, "{name}: save it once with the program");
        }
    }

    #[test]
    fn a_child_stores_only_what_differs() {
        let s = Scenario::parse(builtin("heat-wave-chiller").unwrap(), "x").unwrap();
        let base = Scenario::parse(builtin("heat-wave").unwrap(), "x").unwrap();
        assert_eq!(s.horizon, base.horizon);
        assert!(s.disruptions.len() > base.disruptions.len() && s.disruptions.contains(&base.disruptions[0]));
        assert!(!s.to_text().contains("horizon") && s.to_text().contains("extends: \"heat-wave\""));
    }

    #[test]
    fn saving_and_loading_is_byte_identical_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.scenario.ron");
        let mut s = Scenario::parse(builtin("heat-wave-chiller").unwrap(), "x").unwrap();
        s.id = "mine".into();
        s.disruptions.retain(|d| d.id != "heat");
        s.save(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        let again = Scenario::load(&path).unwrap();
        assert_eq!(again, s);
        again.save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        assert!(String::from_utf8(first).unwrap().contains("without_disruptions"));
    }

    #[test]
    fn circles_and_endless_chains_are_refused_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let write = |id: &str, extends: &str| {
            let text = format!("(\n  version: 1, id: \"{id}\", name: \"n\",\n  extends: \"{extends}\",\n)");
            std::fs::write(dir.path().join(format!("{id}.scenario.ron")), text).unwrap();
        };
        write("a", "b");
        write("b", "a");
        let load = |id: &str| Scenario::load(&dir.path().join(format!("{id}.scenario.ron"))).unwrap_err().to_string();
        let e = load("a");
        assert!(e.contains("b.scenario.ron:3: extends: inherits in a circle: a -> b -> a"), "{e}");
        (0..MAX + 2).for_each(|i| write(&format!("c{i}"), &format!("c{}", i + 1)));
        assert!(load("c0").contains("more than 8 steps"), "{}", load("c0"));
        write("d", "../../etc/passwd");
        assert!(load("d").contains("there is no scenario"), "{}", load("d"));
    }
    const MAX: usize = inherit::MAX_INHERITANCE;

    #[test]
    fn incomplete_or_misspelt_files_are_refused_with_their_line() {
        let refuse = |text: &str| Scenario::parse(text, "t.scenario.ron").unwrap_err().to_string();
        let e = refuse("(version: 1, id: \"a\", name: \"n\")");
        assert!(e.contains("scene: is missing") && e.contains("horizon: is missing"), "{e}");
        let e = refuse("(version: 1, id: \"a\", name: \"n\",\n horizont: \"8h\")");
        assert!(e.contains("t.scenario.ron:2:") && e.contains("horizont"), "{e}");
        let e = refuse("(version: 2, id: \"a\", name: \"n\", extends: \"heat-wave\",\n without_responses: [\"nix\"])");
        assert!(e.contains("version 2 is not known") && e.contains(":2: without_responses[\"nix\"]"), "{e}");
    }
}
