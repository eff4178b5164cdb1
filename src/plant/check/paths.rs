//! Files that a scene names: inside its folder or refused (RELIABILITY T39).
//!
//! Invariant: a path accepted here is relative, has no `..`, names no scheme, drive or share, and resolves, symbolic
//! links included, to a file inside the scene's folder.

use crate::document::Issues;
use crate::plant::file::SceneFile;
use std::path::{Path, PathBuf};

/// Largest glTF text whose references are checked [bytes].
const MAX_GLTF: u64 = 64 << 20;

/// Checks the bodies' glTF files.
pub fn check_bodies(file: &SceneFile, folder: Option<&Path>, issues: &mut Issues<'_>) {
    for asset in &file.assets {
        let Some(gltf) = asset.body.as_ref().and_then(|b| b.gltf.as_deref()) else { continue };
        let at = format!("assets[\"{}\"].body.gltf", asset.id);
        if let Err(why) = gltf_path(gltf, folder) {
            let short: String = gltf.chars().take(60).collect();
            issues.add(at, format!("{short:?} is refused: {why}"), "name a .glb or .gltf file inside the scene's folder, with '/'");
        }
    }
}

/// The path of a kind library inside the folder, or why it is refused.
///
/// # Errors
/// The reason, for an issue.
pub fn library_path(name: &str, folder: Option<&Path>) -> Result<PathBuf, String> {
    let Some(folder) = folder else { return Err("a scene that is not a file cannot name others".into()) };
    inside(name, folder)
}

fn gltf_path(name: &str, folder: Option<&Path>) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    relative(name)?;
    if !(lower.ends_with(".glb") || lower.ends_with(".gltf")) {
        return Err("not a .glb or .gltf file".into());
    }
    let Some(folder) = folder else { return Ok(()) };
    let path = inside(name, folder)?;
    if lower.ends_with(".gltf") { references(&path) } else { Ok(()) }
}

/// A path that by its text alone stays below the folder it is joined to.
fn relative(name: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_string());
    if name.is_empty() || name.len() > 400 {
        return refuse("empty or longer than 400 characters");
    }
    if name.chars().any(|c| c.is_control()) {
        return refuse("it contains control characters");
    }
    if name.contains('\\') {
        return refuse("it contains a backslash");
    }
    if name.contains(':') {
        return refuse("it names a scheme or a drive");
    }
    if name.contains('%') {
        return refuse("it contains an escape");
    }
    if name.starts_with('/') {
        return refuse("it is absolute");
    }
    if name.split('/').any(|part| part == ".." || part.is_empty() || part == ".") {
        return refuse("it leaves the folder or has empty parts");
    }
    Ok(())
}

fn inside(name: &str, folder: &Path) -> Result<PathBuf, String> {
    relative(name)?;
    let root = folder.canonicalize().map_err(|e| format!("the scene's folder cannot be read: {e}"))?;
    let path = root.join(name).canonicalize().map_err(|e| format!("it cannot be opened: {e}"))?;
    if !path.starts_with(&root) {
        return Err("a symbolic link leads out of the folder".into());
    }
    if !path.is_file() {
        return Err("it is not a file".into());
    }
    Ok(path)
}

/// External references of a glTF text obey the same rule.
fn references(path: &Path) -> Result<(), String> {
    let size = path.metadata().map_err(|e| format!("it cannot be read: {e}"))?.len();
    if size > MAX_GLTF {
        return Err(format!("{size} bytes, more than the limit of {MAX_GLTF}"));
    }
    let text = std::fs::read(path).map_err(|e| format!("it cannot be read: {e}"))?;
    let json: serde_json::Value = serde_json::from_slice(&text).map_err(|e| format!("it is not glTF: {e}"))?;
    let folder = path.parent().unwrap_or(path);
    for list in ["buffers", "images"] {
        for entry in json.get(list).and_then(|l| l.as_array()).into_iter().flatten() {
            match entry.get("uri").and_then(|u| u.as_str()) {
                Some(uri) if !uri.starts_with("data:") => drop(inside(uri, folder).map_err(|why| format!("its reference {uri:?}: {why}"))?),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traversal_is_refused_in_every_dress() {
        let bad = [
            "../a.glb",
            "a/../../b.glb",
            "/etc/passwd.glb",
            "\\\\host\\share\\a.glb",
            "//host/share/a.glb",
            "file:///a.glb",
            "C:/a.glb",
            "a\0.glb",
            "http://x/a.glb",
            "a//b.glb",
            "./a.glb",
            "",
            "..",
            "%2e%2e/a.glb",
            "a\n.glb",
            "smb:a.glb",
            "..\\a.glb",
            "a.obj",
        ];
        for name in bad {
            assert!(gltf_path(name, None).is_err(), "{name:?}");
        }
        assert!(gltf_path("bodies/pump.glb", None).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_references_out_of_the_folder_are_refused() {
        let outside = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("x.glb"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path().join("x.glb"), folder.path().join("link.glb")).unwrap();
        std::fs::write(folder.path().join("good.glb"), "x").unwrap();
        assert!(gltf_path("link.glb", Some(folder.path())).unwrap_err().contains("symbolic"));
        assert!(gltf_path("good.glb", Some(folder.path())).is_ok());
        assert!(gltf_path("absent.glb", Some(folder.path())).is_err());
        std::fs::write(folder.path().join("a.gltf"), r#"{"buffers":[{"uri":"../secret.bin"}]}"#).unwrap();
        assert!(gltf_path("a.gltf", Some(folder.path())).unwrap_err().contains("secret"));
        std::fs::write(folder.path().join("a.gltf"), r#"{"buffers":[{"uri":"data:application/octet-stream;base64,AA=="}]}"#).unwrap();
        assert!(gltf_path("a.gltf", Some(folder.path())).is_ok());
    }
}
