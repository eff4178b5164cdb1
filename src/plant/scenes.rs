//! Scene files: loading, the built-in ones, the schema, and the answer to `plantcast validate`.
//!
//! Owns the way from a file to a [`Plant`]; the meaning is judged in `check`. Invariant: what loads is valid; the
//! built-in scenes load (tested).

use super::check;
use super::file::{KindFile, KindsFile, SceneFile};
use super::model::Plant;
use crate::document::{DocumentError, Issues, Limits, Source, parse_ron, read_ron};
use std::path::Path;

const KINDS: &str = include_str!("../../assets/kinds.ron");
const BUILTIN: [(&str, &str); 2] =
    [("bottling", include_str!("../../scenes/bottling.scene.ron")), ("tennessee_eastman", include_str!("../../scenes/tennessee_eastman.scene.ron"))];
const MAX_LIBRARIES: usize = 32;

/// Text of a built-in scene; the binary carries them, so that it runs from anywhere.
pub fn builtin(name: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|b| b.0 == name).map(|b| b.1)
}

/// Names of the built-in scenes.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|b| b.0)
}

/// JSON Schema of the scene file.
pub fn scene_schema() -> serde_json::Value {
    schemars::schema_for!(SceneFile).to_value()
}

/// Checks a scene file and says in one line what it holds.
///
/// # Errors
/// [`DocumentError`] with everything that is wrong.
pub fn validate_file(path: &Path) -> Result<String, DocumentError> {
    Plant::load(path).map(|p| summary(&p))
}

fn summary(p: &Plant) -> String {
    let kind = if p.forecast_refused.is_some() { "live monitoring only" } else { "simulation and live" };
    format!(
        "{} ({}): {} assets, {} links, {} media, {} tags, {} cells, {} crews; {kind}",
        p.id,
        p.name,
        p.assets.len(),
        p.links.len(),
        p.media.len(),
        p.tags.len(),
        p.cells.len(),
        p.crews.len()
    )
}

impl Plant {
    /// Reads a scene file; libraries and bodies that it names lie in its folder.
    ///
    /// # Errors
    /// [`DocumentError`] with everything that is wrong.
    pub fn load(path: &Path) -> Result<Plant, DocumentError> {
        let (file, source) = read_ron::<SceneFile>(path, &Limits::default())?;
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        assemble(file, &source, Some(folder))
    }

    /// Reads a scene from text; `name` stands for the file in messages.
    ///
    /// # Errors
    /// As [`Plant::load`]; a scene that is not a file cannot name other files' libraries.
    pub fn parse(text: &str, name: &str) -> Result<Plant, DocumentError> {
        let (file, source) = parse_ron::<SceneFile>(text, Path::new(name), &Limits::default())?;
        assemble(file, &source, None)
    }

    /// A built-in scene by name (`bottling`); [`None`] when there is none of this name.
    pub fn builtin(name: &str) -> Option<Result<Plant, DocumentError>> {
        builtin(name).map(|text| Plant::parse(text, &format!("{name}.scene.ron")))
    }
}

fn assemble(file: SceneFile, source: &Source, folder: Option<&Path>) -> Result<Plant, DocumentError> {
    let library = library(&file, source, folder)?;
    check::resolve(file, &library, source, folder)
}

/// Built-in kinds, then those of the files that the scene names; later ones replace earlier ones.
fn library(file: &SceneFile, source: &Source, folder: Option<&Path>) -> Result<Vec<KindFile>, DocumentError> {
    let (builtin, _) = parse_ron::<KindsFile>(KINDS, Path::new("kinds.ron"), &Limits::default())?;
    let mut kinds = builtin.kinds;
    let mut issues = Issues::new(source);
    if file.kind_files.len() > MAX_LIBRARIES {
        issues.add("kind_files", format!("{} libraries, more than the limit of {MAX_LIBRARIES}", file.kind_files.len()), "join them");
        return issues.finish(None);
    }
    for (i, name) in file.kind_files.iter().enumerate() {
        match check::library_path(name, folder) {
            Ok(path) => {
                let (more, _) = read_ron::<KindsFile>(&path, &Limits::default())?;
                if more.version != 1 {
                    issues.add(
                        format!("kind_files[{i}]"),
                        format!("{name:?} has the unknown version {}", more.version),
                        "this program reads version 1",
                    );
                }
                kinds.extend(more.kinds);
            }
            Err(why) => {
                let short: String = name.chars().take(60).collect();
                issues.add(format!("kind_files[{i}]"), format!("{short:?} is refused: {why}"), "name a file inside the scene's folder");
            }
        }
    }
    issues.finish(Some(kinds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undescribed(value: &serde_json::Value, at: &str, missing: &mut Vec<String>) {
        for (name, field) in value.get("properties").and_then(|p| p.as_object()).into_iter().flatten() {
            if field.get("description").is_none() {
                missing.push(format!("{at}.{name}"));
            }
        }
        for variant in value.get("oneOf").and_then(|v| v.as_array()).into_iter().flatten() {
            for (name, inner) in variant.get("properties").and_then(|p| p.as_object()).into_iter().flatten() {
                undescribed(inner, &format!("{at}.{name}"), missing);
            }
        }
    }

    #[test]
    fn every_field_of_the_format_is_documented() {
        let schema = scene_schema();
        let mut missing = Vec::new();
        undescribed(&schema, "scene", &mut missing);
        let types = schema["$defs"].as_object().unwrap();
        assert!(types.len() > 30);
        for (name, value) in types {
            undescribed(value, name, &mut missing);
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn builtin_scenes_are_valid() {
        for name in builtin_names() {
            let plant = Plant::builtin(name).unwrap().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(plant.id, name);
            println!("{}", summary(&plant));
        }
    }
}
