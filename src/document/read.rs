//! Reading a RON document into raw structs, within limits.
//!
//! Owns the order of the checks: size, encoding, depth, finite numbers, then the typed parse. RON extensions
//! `implicit_some` and `unwrap_newtypes` are always on, so files stay free of `Some(..)`.

use super::error::{DocumentError, Issue};
use super::outline::{Node, Refusal, outline};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How large a document may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// File size [bytes].
    pub bytes: u64,
    /// Nesting of brackets.
    pub depth: usize,
    /// Number of values.
    pub values: usize,
}

impl Default for Limits {
    /// 4 MiB, 32 levels, 600,000 values: far above any plant and parsed well within a second.
    fn default() -> Self {
        Limits { bytes: 4 << 20, depth: 32, values: 600_000 }
    }
}

/// The text that a document came from, able to say where a path stands.
#[derive(Clone, Debug)]
pub struct Source {
    /// File, or the name given to an embedded text.
    pub path: PathBuf,
    root: Node,
}

impl Source {
    /// Line of a path such as `assets["CH-1"].needs[0].amount`, or of its nearest ancestor, from 1.
    pub fn line_of(&self, at: &str) -> Option<u32> {
        let node = self.root.find(at);
        (node.line > 0).then_some(node.line)
    }
}

/// Reads and parses a file.
///
/// # Errors
/// [`DocumentError`]: unreadable, too large, too deep, not of the form of `T`, or with numbers that are not finite.
pub fn read_ron<T: DeserializeOwned>(path: &Path, limits: &Limits) -> Result<(T, Source), DocumentError> {
    let io = |source| DocumentError::Io { path: path.into(), source };
    // Looked at before opening: to open a pipe is to wait for its writer.
    let meta = std::fs::metadata(path).map_err(io)?;
    if !meta.is_file() {
        return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file")));
    }
    let file = File::open(path).map_err(io)?;
    if meta.len() > limits.bytes {
        return Err(DocumentError::TooLarge { path: path.into(), bytes: meta.len(), limit: limits.bytes });
    }
    let mut bytes = Vec::new();
    file.take(limits.bytes + 1).read_to_end(&mut bytes).map_err(io)?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|b| **b == b'\n').count() as u32;
        let column = 1 + good.iter().rev().take_while(|b| **b != b'\n').count() as u32;
        DocumentError::Syntax { path: path.into(), line, column, message: "not UTF-8 text; save the file as UTF-8".into() }
    })?;
    parse_ron(&text, path, limits)
}

/// Parses a text that is already in memory; `name` stands for the file in messages.
///
/// # Errors
/// As [`read_ron`], without the input and output errors.
pub fn parse_ron<T: DeserializeOwned>(text: &str, name: &Path, limits: &Limits) -> Result<(T, Source), DocumentError> {
    let path = PathBuf::from(name);
    if text.len() as u64 > limits.bytes {
        return Err(DocumentError::TooLarge { path, bytes: text.len() as u64, limit: limits.bytes });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let seen = outline(text, limits.depth, limits.values).map_err(|refusal| match refusal {
        Refusal::Deep(line) => DocumentError::TooDeep { path: path.clone(), line, what: "nested too deep", limit: limits.depth },
        Refusal::Many(line) => DocumentError::TooDeep { path: path.clone(), line, what: "too many values", limit: limits.values },
    })?;
    if !seen.not_finite.is_empty() {
        let issues = seen.not_finite.iter().take(50).map(|n| Issue {
            at: String::new(),
            line: Some(n.line),
            brief: format!("{} is not a finite number", n.text),
            hint: "write a finite number, or leave the field out".into(),
        });
        return Err(DocumentError::Invalid { path, issues: issues.collect() });
    }
    let extensions = ron::extensions::Extensions::IMPLICIT_SOME
        | ron::extensions::Extensions::UNWRAP_NEWTYPES
        | ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES;
    let options = ron::Options::default().with_default_extension(extensions).with_recursion_limit(limits.depth + 8);
    let value = options.from_str(text).map_err(|e| DocumentError::Syntax {
        path: path.clone(),
        line: e.span.start.line as u32,
        column: e.span.start.col as u32,
        message: e.code.to_string(),
    })?;
    Ok((value, Source { path, root: seen.root }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Doc {
        a: f64,
        #[serde(default)]
        b: Option<f64>,
        #[serde(default)]
        list: Vec<Doc>,
    }

    fn read(text: &str) -> Result<Doc, DocumentError> {
        parse_ron(text, Path::new("t.ron"), &Limits::default()).map(|d| d.0)
    }

    #[test]
    fn reads_without_some() {
        let d = read("\u{feff}(a: 1, b: 2.5, list: [(a: 3)])").unwrap();
        assert_eq!((d.a, d.b, d.list.len()), (1.0, Some(2.5), 1));
    }

    #[test]
    fn problems_have_a_place() {
        let e = read("(\n  a: 1,\n  c: 2,\n)").unwrap_err().to_string();
        assert!(e.starts_with("t.ron:3:") && e.contains("`c`"), "{e}");
        let e = read("(\n  a: 1e999\n)").unwrap_err().to_string();
        assert!(e.starts_with("t.ron:2: 1e999 is not a finite number"), "{e}");
        let e = read("(a: 1, list: [(a: 2)").unwrap_err();
        assert!(matches!(e, DocumentError::Syntax { .. }), "{e}");
        assert!(matches!(read(&"(a:1,list:[".repeat(40)).unwrap_err(), DocumentError::TooDeep { .. }));
    }

    #[test]
    fn files_have_limits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big.ron");
        std::fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
        assert!(matches!(read_ron::<Doc>(&path, &Limits::default()).unwrap_err(), DocumentError::TooLarge { bytes, .. } if bytes == 1 << 30));
        std::fs::write(&path, b"(a: 1,\n \xff)").unwrap();
        assert!(read_ron::<Doc>(&path, &Limits::default()).unwrap_err().to_string().contains(":2:2: not UTF-8"));
        for odd in [dir.path().join("none"), dir.path().to_path_buf(), PathBuf::from("/dev/zero")] {
            assert!(matches!(read_ron::<Doc>(&odd, &Limits::default()).unwrap_err(), DocumentError::Io { .. }), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_not_a_panic(s in "\\PC{0,80}") {
            let _ = read(&s);
        }
    }
}
