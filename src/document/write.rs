//! Replacing a document: the old one or the new one, never a torn one.
//!
//! Owns atomic writing only (temporary file beside it, fsync, rename, fsync of the folder).

use super::error::DocumentError;
use std::io::Write;
use std::path::Path;

/// Writes the whole text under this path, or leaves what was there.
///
/// # Errors
/// [`DocumentError::Io`] when the folder cannot be written.
pub fn write_atomic(path: &Path, text: &str) -> Result<(), DocumentError> {
    let io = |source| DocumentError::Io { path: path.into(), source };
    let mut file = atomic_write_file::AtomicWriteFile::open(path).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    file.commit().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.ron");
        write_atomic(&path, "one").unwrap();
        write_atomic(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_atomic(&dir.path().join("no/such/folder.ron"), "x").is_err());
    }
}
