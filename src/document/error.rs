//! What can be wrong with a document, and how it is told: `file:line: brief (hint)`, all of it at once.
//!
//! Owns the error type and the collector of issues. Invariant: the collector keeps at most [`Issues::MAX`]
//! issues and counts the rest.

use super::read::Source;
use std::{fmt, io, path::PathBuf};

/// One thing that is wrong with the meaning of a document.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Issue {
    /// Where in the document: `assets["CH-1"].needs[0].amount`.
    pub at: String,
    /// Line in the file, from 1, where it could be located.
    pub line: Option<u32>,
    /// What is wrong, in one sentence.
    pub brief: String,
    /// What to do.
    pub hint: String,
}

/// Why a document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The file cannot be read or written.
    #[error("{}: {source}; check the path and its permissions", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Larger than the limit.
    #[error("{}: {bytes} bytes, more than the limit of {limit}; split the document", path.display())]
    TooLarge {
        /// File.
        path: PathBuf,
        /// Size found [bytes].
        bytes: u64,
        /// Size allowed [bytes].
        limit: u64,
    },
    /// Nested deeper, or holding more values, than the limit.
    #[error("{}:{line}: {what}, more than the limit of {limit}; real documents need far less", path.display())]
    TooDeep {
        /// File.
        path: PathBuf,
        /// Line where the limit was passed.
        line: u32,
        /// Which limit.
        what: &'static str,
        /// Its value.
        limit: usize,
    },
    /// Not the expected form; the first place only.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// File.
        path: PathBuf,
        /// Line from 1.
        line: u32,
        /// Column from 1.
        column: u32,
        /// The parser's reason.
        message: String,
    },
    /// The form is right and the meaning is not; everything that was found.
    #[error("{}", list(path, issues))]
    Invalid {
        /// File.
        path: PathBuf,
        /// What is wrong.
        issues: Vec<Issue>,
    },
}

impl DocumentError {
    /// The issues of an invalid document; empty for the other kinds.
    pub fn issues(&self) -> &[Issue] {
        match self {
            DocumentError::Invalid { issues, .. } => issues,
            DocumentError::Io { .. } | DocumentError::TooLarge { .. } | DocumentError::TooDeep { .. } | DocumentError::Syntax { .. } => &[],
        }
    }
}

fn list(path: &std::path::Path, issues: &[Issue]) -> String {
    let lines: Vec<String> = issues.iter().map(|i| format!("{}:{i}", path.display())).collect();
    lines.join("\n")
}

impl fmt::Display for Issue {
    /// `line: at: brief (hint)`, to be put behind the file's name and a colon.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "{line}: ")?;
        } else {
            f.write_str(" ")?;
        }
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.brief)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

/// Collects issues while a document's meaning is checked, locating each in its source.
#[derive(Debug)]
pub struct Issues<'s> {
    source: &'s Source,
    found: Vec<Issue>,
    more: usize,
}

impl<'s> Issues<'s> {
    /// Issues kept; the rest is counted.
    pub const MAX: usize = 200;

    /// An empty collection for a source.
    pub fn new(source: &'s Source) -> Self {
        Issues { source, found: Vec::new(), more: 0 }
    }

    /// Notes an issue at a path of the document.
    pub fn add(&mut self, at: impl Into<String>, brief: impl Into<String>, hint: impl Into<String>) {
        if self.found.len() >= Self::MAX {
            self.more += 1;
            return;
        }
        let at = at.into();
        let line = self.source.line_of(&at);
        self.found.push(Issue { at, line, brief: brief.into(), hint: hint.into() });
    }

    /// How many were noted.
    pub fn count(&self) -> usize {
        self.found.len() + self.more
    }

    /// The value when nothing was noted, else all issues in file order.
    ///
    /// # Errors
    /// [`DocumentError::Invalid`] when anything was noted.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, DocumentError> {
        if self.found.is_empty() {
            if let Some(value) = value {
                return Ok(value);
            }
            self.add("", "the document could not be resolved", "this is a defect of the checker; please report it");
        }
        self.found.sort_by_key(|i| i.line.unwrap_or(u32::MAX));
        if self.more > 0 {
            let brief = format!("and {} more issues", self.more);
            self.found.push(Issue { at: String::new(), line: None, brief, hint: "mend these first".into() });
        }
        Err(DocumentError::Invalid { path: self.source.path.clone(), issues: self.found })
    }
}
