//! Parts of an ensemble: futures simulated elsewhere, as lines of JSON, merged into the forecast of one process.
//!
//! Owns the form of a part (one head, one line per future in run order, one end with a checksum) and the merge; the
//! files are the caller's. Invariant: merging is exact. Parts hold whole records, reduced in run order whatever the
//! order of the parts, so the forecast equals that of a single process byte for byte; a future that comes twice must
//! be the same both times and counts once.

use super::ensemble::Merge;
use super::frame::Frame;
use super::record::{Plan, RunRecord};
use super::request::{ForecastError, MAX_RUNS, Request};
use super::result::{Forecast, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufRead, Read};
use std::ops::Range;

/// Version of the form.
const FORM: u32 = 1;
/// Longest line [bytes].
const MAX_LINE: u64 = 64 << 20;

/// First line of a part: what it is a part of.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PartHead {
    plantcast_part: u32,
    /// First future.
    pub from: u32,
    /// After the last one.
    pub to: u32,
    /// SHA-256 of future 0 as this build simulates it on this machine: builds that differ in it never merge.
    #[serde(with = "hex")]
    probe: [u8; 32],
    frame: Frame,
}

/// Last line of a part: it is whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PartEnd {
    /// SHA-256 of all lines before, newlines included.
    #[serde(with = "hex")]
    pub part_sha256: [u8; 32],
}

impl PartHead {
    /// The head of futures `range` of a request; simulates future 0 as a probe.
    ///
    /// # Errors
    /// [`ForecastError`] for an impossible request or range.
    pub fn of(request: &Request, range: Range<u32>) -> Result<Self, ForecastError> {
        request.check()?;
        if range.is_empty() || range.end > MAX_RUNS {
            return Err(ForecastError::Parts(format!("futures {}..{}: give a..b with a < b ≤ {MAX_RUNS}", range.start, range.end)));
        }
        let plan = Plan::of(request);
        let probe = Sha256::digest(line(&plan.run_record(0))?).into();
        Ok(Self { plantcast_part: FORM, from: range.start, to: range.end, probe, frame: plan.frame })
    }
}

/// One line with its newline.
///
/// # Errors
/// [`ForecastError::Parts`] when it cannot be written as JSON.
pub fn line<T: Serialize>(value: &T) -> Result<String, ForecastError> {
    serde_json::to_string(value).map(|s| s + "\n").map_err(|e| ForecastError::Parts(e.to_string()))
}

/// Reads a part line by line, checking order and checksum.
pub struct PartReader<R> {
    name: String,
    input: R,
    sha: Sha256,
    /// The head.
    pub head: PartHead,
    /// Bytes of all whole lines so far.
    pub whole: u64,
    next: u32,
}

/// What a part holds next.
pub enum Next {
    /// A future, with the checksum of its line.
    Record(RunRecord, [u8; 32]),
    /// The whole part was read and its checksum is right.
    End,
    /// The rest is missing or torn.
    Cut,
}

impl<R: BufRead> PartReader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// [`ForecastError::Parts`] when it is no part.
    pub fn new(name: &str, mut input: R) -> Result<Self, ForecastError> {
        let not_one = |why: &str| ForecastError::Parts(format!("{name} is no part of an ensemble: {why}"));
        let text = next_line(&mut input).map_err(|e| not_one(&e.to_string()))?.ok_or_else(|| not_one("it has no whole first line"))?;
        let head: PartHead = serde_json::from_slice(&text).map_err(|e| not_one(&e.to_string()))?;
        if head.plantcast_part != FORM {
            return Err(not_one(&format!("form {}, this program reads form {FORM}", head.plantcast_part)));
        }
        let mut sha = Sha256::new();
        sha.update(&text);
        Ok(Self { name: name.into(), input, sha, whole: text.len() as u64, next: head.from, head })
    }

    /// The next future, the end, or the place where the part is cut off.
    ///
    /// # Errors
    /// [`ForecastError::Parts`] when the part cannot be read or is damaged.
    pub fn read(&mut self) -> Result<Next, ForecastError> {
        let damaged = |name: &str, why: &str| ForecastError::Parts(format!("{name} is damaged: {why}; run that part again"));
        let Some(text) = next_line(&mut self.input).map_err(|e| damaged(&self.name, &e.to_string()))? else { return Ok(Next::Cut) };
        if self.next == self.head.to {
            let end: PartEnd = serde_json::from_slice(&text).map_err(|e| damaged(&self.name, &e.to_string()))?;
            let sum: [u8; 32] = self.sha.clone().finalize().into();
            return if end.part_sha256 == sum { Ok(Next::End) } else { Err(damaged(&self.name, "its checksum is wrong")) };
        }
        let record: RunRecord = serde_json::from_slice(&text).map_err(|e| damaged(&self.name, &e.to_string()))?;
        if record.run != u64::from(self.next) {
            return Err(damaged(&self.name, &format!("future {} where {} should be", record.run, self.next)));
        }
        self.sha.update(&text);
        self.whole += text.len() as u64;
        self.next += 1;
        Ok(Next::Record(record, Sha256::digest(&text).into()))
    }

    /// The first future that has not been read.
    pub fn position(&self) -> u32 {
        self.next
    }

    /// Checksum of what was read.
    pub fn checksum(&self) -> Sha256 {
        self.sha.clone()
    }
}

/// A line with its newline; `None` at the end or when the last line has none.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    input.by_ref().take(MAX_LINE).read_until(b'\n', &mut text)?;
    if text.len() as u64 == MAX_LINE {
        return Err(std::io::Error::other("a line is too long"));
    }
    Ok((text.last() == Some(&b'\n')).then_some(text))
}

/// What a merge gave.
pub struct MergedParts {
    /// The forecast.
    pub forecast: Forecast,
    /// Futures that came more than once (and counted once).
    pub repeated: u32,
}

/// Merges parts given in any order: `parts` are their names and heads, `open` reads one by its position.
///
/// # Errors
/// [`ForecastError::Parts`] when they do not belong together, do not cover the futures from 0 on without a gap, are
/// damaged or unfinished, or disagree about a future; [`ForecastError::TooManyFailed`].
pub fn merge<R: BufRead>(
    parts: &[(String, PartHead)],
    open: &mut dyn FnMut(usize) -> Result<PartReader<R>, ForecastError>,
) -> Result<MergedParts, ForecastError> {
    let order = checked(parts)?;
    let Some((_, first)) = parts.first() else { return Err(ForecastError::Parts("no parts were given".into())) };
    let mut merge = Merge::new(first.frame.clone());
    let (mut repeated, mut run) = (0, 0);
    let mut waiting = order.into_iter().peekable();
    let mut reading: Vec<(usize, PartReader<R>)> = Vec::new();
    loop {
        while let Some(i) = waiting.next_if(|i| parts.get(*i).is_some_and(|p| p.1.from == run)) {
            reading.push((i, open(i)?));
        }
        let mut taken: Option<(usize, RunRecord, [u8; 32])> = None;
        let mut open_still = Vec::with_capacity(reading.len());
        for (i, mut reader) in reading {
            match reader.read()? {
                Next::Record(record, sum) => match &taken {
                    None => taken = Some((i, record, sum)),
                    Some((_, _, other)) if *other == sum => repeated += 1,
                    Some((j, ..)) => return Err(disagree(run, &parts[*j].0, &parts[i].0)),
                },
                Next::End => continue,
                Next::Cut => {
                    return Err(ForecastError::Parts(format!("{} is unfinished: run that part again, it goes on where it stopped", parts[i].0)));
                }
            }
            open_still.push((i, reader));
        }
        reading = open_still;
        match taken {
            Some((_, record, _)) => merge.add(record),
            None => break,
        }
        run += 1;
    }
    Ok(MergedParts { forecast: merge.finish()?, repeated })
}

fn disagree(run: u32, a: &str, b: &str) -> ForecastError {
    ForecastError::Parts(format!("{a} and {b} disagree about future {run}: they were not made by the same program"))
}

/// The parts by their first future, once they belong together and leave no gap.
fn checked(parts: &[(String, PartHead)]) -> Result<Vec<usize>, ForecastError> {
    if let Some((first, rest)) = parts.split_first() {
        for (name, head) in rest {
            if let Some(what) = first.1.frame.difference(&head.frame) {
                return Err(ForecastError::Parts(format!("{} and {name} do not belong together: {what}", first.0)));
            }
            if head.probe != first.1.probe {
                return Err(disagree(0, &first.0, name));
            }
        }
    }
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|i| (parts[*i].1.from, parts[*i].1.to, *i));
    let (mut next, mut gaps) = (0, Vec::new());
    for i in &order {
        let head = &parts[*i].1;
        if head.from > next {
            gaps.push(format!("{next}..{}", head.from));
        }
        next = next.max(head.to);
    }
    if gaps.is_empty() {
        Ok(order)
    } else {
        Err(ForecastError::Parts(format!("futures {} are missing: run them (--runs a..b) and merge again", gaps.join(", "))))
    }
}
