//! Recorded telemetry files as rows of numbers with a time offset.
//!
//! Owns the reading of three forms: a CSV with a header whose first column is the time (`t_s`, `time_s` or `t_ms`), and the
//! Tennessee Eastman `.dat` tables (52 columns `XMEAS_1…41, XMV_1…11`, one row per 180 s; `d00.dat` is stored transposed).
//! Does not know the plant: columns are names. *Invariant:* offsets never decrease, every value is finite.

use crate::time::Span;
use std::path::Path;

/// Largest file read [bytes].
const FILE_LIMIT: u64 = 256 << 20;
/// Most columns.
const COLUMNS_LIMIT: usize = 10_000;
/// Sampling period of the Tennessee Eastman tables (Downs & Vogel 1993; Braatz group's data sets).
const TEP_PERIOD: Span = Span(180_000_000);
/// Columns of the Tennessee Eastman tables.
const TEP_COLUMNS: usize = 52;

/// One instant of a recording.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Since the start of the recording.
    pub offset: Span,
    /// One value per column; `None` where the file has none.
    pub values: Vec<Option<f64>>,
}

/// A recording in memory.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// Column names in file order (without the time column).
    pub columns: Vec<String>,
    /// Rows in time order.
    pub rows: Vec<Row>,
}

/// One recorded value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RecordedValue {
    /// Since the start of the recording.
    pub offset: Span,
    /// Position in [`Recording::columns`].
    pub column: usize,
    /// The value, in the unit of the recording.
    pub value: f64,
}

/// Why a file is not a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// Cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Over the limit.
    #[error("{path} has {bytes} bytes; the limit is {FILE_LIMIT}")]
    TooLarge {
        /// Which file.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// Not one of the forms.
    #[error("{path}:{line}: {brief}")]
    Form {
        /// Which file.
        path: String,
        /// Where, from 1.
        line: usize,
        /// What is wrong and what is expected.
        brief: String,
    },
}

struct Bad {
    line: usize,
    brief: String,
}

fn bad<T>(line: usize, brief: impl Into<String>) -> Result<T, Bad> {
    Err(Bad { line, brief: brief.into() })
}

impl Recording {
    /// Reads a `.csv` or `.dat` file.
    ///
    /// # Errors
    /// [`RecordingError`], with file and line.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let name = path.display().to_string();
        let io = |source| RecordingError::Io { path: name.clone(), source };
        let bytes = std::fs::metadata(path).map_err(io)?.len();
        if bytes > FILE_LIMIT {
            return Err(RecordingError::TooLarge { path: name, bytes });
        }
        let text = std::fs::read_to_string(path).map_err(io)?;
        let is_table = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("dat"));
        Self::parse(&text, is_table, &name)
    }

    /// Reads the text of a file: a Tennessee Eastman table, or a CSV with a header.
    ///
    /// # Errors
    /// [`RecordingError::Form`], with `name` and line.
    pub fn parse(text: &str, is_table: bool, name: &str) -> Result<Self, RecordingError> {
        let parsed = if is_table { table(text) } else { csv(text) };
        parsed.map_err(|b| RecordingError::Form { path: name.to_owned(), line: b.line, brief: b.brief })
    }

    /// All values, row by row.
    pub fn values(&self) -> impl Iterator<Item = RecordedValue> + '_ {
        self.rows.iter().flat_map(|row| {
            let cells = row.values.iter().enumerate();
            cells.filter_map(|(column, v)| v.map(|value| RecordedValue { offset: row.offset, column, value }))
        })
    }
}

fn table(text: &str) -> Result<Recording, Bad> {
    let mut lines: Vec<Vec<f64>> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let numbers: Result<Vec<f64>, Bad> = line.split_ascii_whitespace().map(|cell| number(cell, i + 1)).collect();
        let numbers = numbers?;
        if numbers.is_empty() {
            continue;
        }
        if lines.first().is_some_and(|first| first.len() != numbers.len()) {
            return bad(i + 1, format!("{} numbers where the first row has {}", numbers.len(), lines[0].len()));
        }
        lines.push(numbers);
    }
    let width = lines.first().map_or(0, Vec::len);
    let transposed = lines.len() == TEP_COLUMNS && width != TEP_COLUMNS;
    if !transposed && width != TEP_COLUMNS {
        return bad(1, format!("{} rows of {width} numbers; a Tennessee Eastman table has {TEP_COLUMNS} columns (or rows)", lines.len()));
    }
    let count = if transposed { width } else { lines.len() };
    let cell = |row: usize, column: usize| if transposed { lines[column][row] } else { lines[row][column] };
    let rows =
        (0..count).map(|r| Row { offset: Span(TEP_PERIOD.0 * r as i64), values: (0..TEP_COLUMNS).map(|c| Some(cell(r, c))).collect() }).collect();
    let columns = (1..=41).map(|i| format!("XMEAS_{i}")).chain((1..=11).map(|i| format!("XMV_{i}"))).collect();
    Ok(Recording { columns, rows })
}

fn csv(text: &str) -> Result<Recording, Bad> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim().is_empty());
    let Some((at, header)) = lines.next() else { return bad(1, "the file is empty") };
    let mut names = header.split(',').map(|c| c.trim().trim_matches('"').to_owned());
    let per_s = match names.next().as_deref() {
        Some("t_s" | "time_s") => 1e6,
        Some("t_ms" | "time_ms") => 1e3,
        _ => return bad(at, "the first column must be the time: t_s, time_s, t_ms or time_ms"),
    };
    let columns: Vec<String> = names.collect();
    if columns.is_empty() || columns.len() > COLUMNS_LIMIT || columns.iter().any(String::is_empty) {
        return bad(at, format!("{} columns after the time; 1 to {COLUMNS_LIMIT} with a name each are expected", columns.len()));
    }
    let (mut rows, mut start, mut last) = (Vec::<Row>::new(), None, f64::NEG_INFINITY);
    for (line, content) in lines {
        let mut cells = content.split(',').map(|c| c.trim().trim_matches('"'));
        let time = number(cells.next().unwrap_or(""), line)? * per_s;
        if time < last {
            return bad(line, "the time goes backwards");
        }
        last = time;
        let values: Result<Vec<Option<f64>>, Bad> = cells.map(|c| if c.is_empty() { Ok(None) } else { number(c, line).map(Some) }).collect();
        let values = values?;
        if values.len() != columns.len() {
            return bad(line, format!("{} values for {} columns", values.len(), columns.len()));
        }
        let offset = time - *start.get_or_insert(time);
        rows.push(Row { offset: Span(libm::round(offset) as i64), values });
    }
    Ok(Recording { columns, rows })
}

fn number(cell: &str, line: usize) -> Result<f64, Bad> {
    match cell.parse::<f64>() {
        Ok(v) if v.is_finite() => Ok(v),
        _ => bad(line, format!("{:?} is not a finite number", cell.chars().take(30).collect::<String>())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_keeps_times_gaps_and_names() {
        let r = Recording::parse("t_s,A,B\n60,1,2.5\n120.5,,3\n", false, "x.csv").unwrap();
        assert_eq!(r.columns, ["A", "B"]);
        let values: Vec<_> = r.values().map(|v| (v.offset, v.column, v.value)).collect();
        assert_eq!(values, [(Span(0), 0, 1.0), (Span(0), 1, 2.5), (Span(60_500_000), 1, 3.0)]);
    }

    #[test]
    fn tables_are_recognised_in_both_orientations() {
        let row = |k: usize| (0..52).map(|c| format!("{}", 100 * k + c)).collect::<Vec<_>>().join("  ");
        let upright = Recording::parse(&format!("{}\n{}\n{}\n", row(0), row(1), row(2)), true, "d01.dat").unwrap();
        let lines: Vec<String> = (0..52).map(|c| format!("{c} {} {}", 100 + c, 200 + c)).collect();
        let transposed = Recording::parse(&lines.join("\n"), true, "d00.dat").unwrap();
        assert_eq!(upright, transposed);
        assert_eq!(upright.rows[2].offset, Span::from_s(360.0));
        assert_eq!((upright.columns[41].as_str(), upright.rows[2].values[41]), ("XMV_1", Some(241.0)));
    }

    #[test]
    fn bad_files_are_refused_with_the_line() {
        for (text, table, line) in [
            ("", false, 1),
            ("A,B\n1,2\n", false, 1),
            ("t_s\n1\n", false, 1),
            ("t_s,A\n1,2,3\n", false, 2),
            ("t_s,A\n2,1\n1,1\n", false, 3),
            ("t_s,A\n1,NaN\n", false, 2),
            ("t_s,A\n1,1e999\n", false, 2),
            ("1 2 3\n4 5\n", true, 2),
            ("1 2 x\n", true, 1),
            ("1 2 3\n4 5 6\n", true, 1),
        ] {
            let error = Recording::parse(text, table, "f").unwrap_err().to_string();
            assert!(error.starts_with(&format!("f:{line}:")), "{text:?}: {error}");
        }
    }
}
