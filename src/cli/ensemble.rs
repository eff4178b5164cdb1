//! `plantcast ensemble`: some futures of a scenario as a part for `plantcast merge`, so that an ensemble spreads over
//! machines.
//!
//! Owns the part's file. Invariant: the finished file appears whole or not at all; before, every block of futures is on
//! disk in `OUT.partial`, from which a killed run goes on; a finished part is not run again.

use super::CliError;
use super::whatif::{self, Loaded, WhatIfArgs};
use crate::forecast::{self, BLOCK, ForecastError, Next, PartEnd, PartHead, PartReader, RunRecord};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Run some futures of a scenario and keep them for `plantcast merge`.
#[derive(clap::Args, Debug, Clone)]
pub struct EnsembleArgs {
    /// Scenario file, or the name of a built-in one
    pub scenario: String,
    /// Scene file to use instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub scene: Option<PathBuf>,
    /// Futures a to b−1; the parts together must cover 0..N
    #[arg(long, value_name = "A..B", value_parser = range)]
    pub runs: Range<u32>,
    /// Seed instead of the scenario's
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Worker threads (the result does not depend on it) [default: all cores]
    #[arg(long, value_name = "T")]
    pub threads: Option<usize>,
    /// The part
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

fn range(text: &str) -> Result<Range<u32>, String> {
    let wrong = || format!("{text:?} is no range of futures; write for example 0..250");
    let (a, b) = text.split_once("..").ok_or_else(wrong)?;
    let range = a.trim().parse::<u32>().map_err(|_| wrong())?..b.trim().parse::<u32>().map_err(|_| wrong())?;
    if range.is_empty() { Err(wrong()) } else { Ok(range) }
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`]: 15 for bad input or a file of another ensemble, 74 when the part cannot be written.
pub fn run(args: &EnsembleArgs) -> Result<(), CliError> {
    let mut whatif = WhatIfArgs::of(&args.scenario);
    (whatif.scene, whatif.seed, whatif.threads, whatif.runs) = (args.scene.clone(), args.seed, args.threads, Some(args.runs.end));
    let Loaded { request, .. } = whatif::load(&whatif)?;
    let head = PartHead::of(&request, args.runs.clone()).map_err(|e| whatif::refused(&e))?;
    if finished(&args.out, &head)? {
        eprintln!("{}: finished already", args.out.display());
        return Ok(());
    }
    let partial = with_suffix(&args.out, ".partial");
    let mut file = Part::open(&partial, &head)?;
    if file.next > args.runs.start {
        eprintln!("{}: going on at future {}", args.out.display(), file.next);
    }
    let rest = file.next..args.runs.end;
    let mut keep = |block: &[RunRecord]| file.append(block).map_err(|e| ForecastError::Parts(e.message));
    whatif::watched(rest.len() as u64, |progress| forecast::run_range(&request, rest, progress, &mut keep))?;
    file.finish()?;
    std::fs::rename(&partial, &args.out).map_err(|e| CliError::io(format!("{}: {e}", args.out.display())))?;
    eprintln!("{}: futures {}..{}", args.out.display(), args.runs.start, args.runs.end);
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether the part is there and whole.
fn finished(path: &Path, head: &PartHead) -> Result<bool, CliError> {
    let Some((mut reader, _)) = open_existing(path, head)? else { return Ok(false) };
    loop {
        match reader.read().map_err(CliError::invalid)? {
            Next::Record(..) => {}
            Next::End => return Ok(true),
            Next::Cut => return Err(CliError::invalid(format!("{}: this file is cut off; delete it", path.display()))),
        }
    }
}

/// A part that is already there, `None` without one or with one that has no whole head yet.
fn open_existing(path: &Path, head: &PartHead) -> Result<Option<(PartReader<BufReader<File>>, File)>, CliError> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| CliError::io(format!("{}: {e}", path.display())))?,
    };
    let copy = file.try_clone().map_err(|e| CliError::io(format!("{}: {e}", path.display())))?;
    let mut input = BufReader::with_capacity(1 << 16, file);
    // killed before the head was whole: nothing is lost
    let begun = input.fill_buf().map_err(|e| CliError::io(format!("{}: {e}", path.display())))?;
    if begun.len() < 1 << 16 && !begun.contains(&b'\n') {
        return Ok(None);
    }
    let reader = PartReader::new(&path.display().to_string(), input).map_err(CliError::invalid)?;
    if reader.head != *head {
        return Err(CliError::invalid(format!(
            "{}: this file belongs to another ensemble (other plant, scenario, seed, futures or program); delete it or choose another --out",
            path.display()
        )));
    }
    Ok(Some((reader, copy)))
}

/// A part that is being written.
struct Part {
    path: PathBuf,
    file: File,
    sha: Sha256,
    next: u32,
}

impl Part {
    /// Goes on where an earlier attempt stopped, or begins.
    fn open(path: &Path, head: &PartHead) -> Result<Self, CliError> {
        let io = |e: std::io::Error| CliError::io(format!("{}: {e}", path.display()));
        if let Some((mut reader, mut file)) = open_existing(path, head)? {
            while let Next::Record(..) = reader.read().map_err(CliError::invalid)? {}
            // what follows the last whole line was torn by the kill
            file.set_len(reader.whole).map_err(io)?;
            std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(reader.whole)).map_err(io)?;
            return Ok(Part { path: path.into(), file, sha: reader.checksum(), next: reader.position() });
        }
        let file = File::create(path).map_err(io)?;
        let mut part = Part { path: path.into(), file, sha: Sha256::new(), next: head.from };
        part.write(&forecast::line(head).map_err(CliError::failed)?)?;
        Ok(part)
    }

    fn write(&mut self, text: &str) -> Result<(), CliError> {
        self.sha.update(text);
        let kept = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        kept.map_err(|e| CliError::io(format!("{}: {e}", self.path.display())))
    }

    fn append(&mut self, block: &[RunRecord]) -> Result<(), CliError> {
        debug_assert!(block.len() <= BLOCK as usize);
        let lines: Result<String, ForecastError> = block.iter().map(forecast::line).collect();
        self.write(&lines.map_err(CliError::failed)?)
    }

    fn finish(mut self) -> Result<(), CliError> {
        let end = PartEnd { part_sha256: self.sha.clone().finalize().into() };
        self.write(&forecast::line(&end).map_err(CliError::failed)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_or_refused() {
        assert_eq!(range("250..500").unwrap(), 250..500);
        for bad in ["", "5", "5..5", "9..2", "a..b", "-1..4"] {
            assert!(range(bad).unwrap_err().contains("0..250"), "{bad}");
        }
    }

    #[test]
    fn a_torn_part_goes_on_where_it_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("p.json");
        let args = EnsembleArgs { scenario: "late-syrup".into(), scene: None, runs: 2..9, seed: Some(4), threads: Some(2), out: out.clone() };
        run(&args).unwrap();
        let whole = std::fs::read(&out).unwrap();
        std::fs::rename(&out, dir.path().join("p.json.partial")).unwrap();
        // killed in the middle of a line, in the head, and between lines
        let third = whole.iter().enumerate().filter(|b| *b.1 == b'\n').nth(2).unwrap().0;
        for cut in [third + 700, third + 1, 90, 0] {
            std::fs::write(dir.path().join("p.json.partial"), &whole[..cut]).unwrap();
            run(&args).unwrap();
            assert_eq!(std::fs::read(&out).unwrap(), whole, "{cut}");
            std::fs::remove_file(&out).unwrap();
        }
        std::fs::write(&out, &whole).unwrap();
        run(&args).unwrap();
        let other = run(&EnsembleArgs { seed: Some(5), ..args.clone() }).unwrap_err();
        assert!(other.code == super::super::code::INVALID_INPUT && other.message.contains("another ensemble"), "{}", other.message);
    }
}
