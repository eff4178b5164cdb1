//! Scenes on the command line: a file, or the name of a built-in one.

use super::CliError;
use crate::plant::Plant;
use std::path::Path;

/// A scene by built-in name or file.
///
/// # Errors
/// 15 when the file is invalid.
pub fn load_scene(scene: &str) -> Result<Plant, CliError> {
    let is_file = scene.ends_with(".ron") || Path::new(scene).exists();
    match crate::plant::builtin(scene) {
        Some(text) if !is_file => Plant::parse(text, scene).map_err(CliError::invalid),
        _ => Plant::load(Path::new(scene)).map_err(CliError::invalid),
    }
}
