//! Telemetry samples: buffered in memory, written in packed blocks, read back decimated.
//!
//! `add_sample` never touches the disk; [`Store::flush_samples`] does, from a background thread. Bounded twice: the
//! memory buffer per tag (the oldest leave, counted) and the blocks kept per tag.

use super::{codec, error::HistoryError, open::RECORDS, store::Store};
use crate::time::Time;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Samples per tag held in memory before the oldest are dropped (disk full for long).
const BUFFER_MAX: usize = 8 * BLOCK;
/// Samples of a full block.
const BLOCK: usize = 256;
/// Blocks kept per tag: about a million samples.
const BLOCKS_KEPT: i64 = 4096;

/// The buffers of all tags.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub by_tag: BTreeMap<String, VecDeque<(i64, f64)>>,
    pub dropped: u64,
}

/// A decimated point: all samples of one time bucket.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Time of the first sample in the bucket.
    pub at: Time,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Last value.
    pub last: f64,
    /// Samples in the bucket.
    pub count: u32,
}

fn sql(e: rusqlite::Error) -> HistoryError {
    HistoryError::from_sql(RECORDS.name, &e)
}

impl Store {
    /// Takes a sample into memory. Non-finite values are not kept; returns whether it was.
    pub fn add_sample(&self, tag: &str, at: Time, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let mut buffers = self.buffers();
        if !buffers.by_tag.contains_key(tag) {
            buffers.by_tag.insert(tag.to_string(), VecDeque::new());
        }
        let Some(queue) = buffers.by_tag.get_mut(tag) else { return false };
        queue.push_back((at.0, value));
        if queue.len() > BUFFER_MAX {
            queue.pop_front();
            buffers.dropped += 1;
        }
        true
    }

    /// Samples lost because the disk did not take them in time.
    pub fn dropped_samples(&self) -> u64 {
        self.buffers().dropped
    }

    /// Writes full blocks (`all`: also what is not a full block yet) in one transaction; returns samples written.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk; the samples stay in memory and are tried again next time.
    pub fn flush_samples(&self, all: bool) -> Result<usize, HistoryError> {
        let blocks = self.take_blocks(all);
        if blocks.is_empty() {
            return Ok(0);
        }
        let written = self.write_blocks(&blocks);
        if written.is_err() {
            self.put_back(blocks);
        }
        written
    }

    fn take_blocks(&self, all: bool) -> Vec<(String, Vec<(i64, f64)>)> {
        let mut blocks = Vec::new();
        for (tag, queue) in &mut self.buffers().by_tag {
            while queue.len() >= BLOCK || (all && !queue.is_empty()) {
                let n = queue.len().min(BLOCK);
                let mut block: Vec<(i64, f64)> = queue.drain(..n).collect();
                block.sort_by_key(|s| s.0);
                blocks.push((tag.clone(), block));
            }
        }
        blocks
    }

    fn put_back(&self, blocks: Vec<(String, Vec<(i64, f64)>)>) {
        let mut buffers = self.buffers();
        for (tag, block) in blocks.into_iter().rev() {
            let queue = buffers.by_tag.entry(tag).or_default();
            for s in block.into_iter().rev() {
                queue.push_front(s);
            }
            let over = queue.len().saturating_sub(BUFFER_MAX);
            queue.drain(..over);
            buffers.dropped += over as u64;
        }
    }

    fn write_blocks(&self, blocks: &[(String, Vec<(i64, f64)>)]) -> Result<usize, HistoryError> {
        let mut records = self.records();
        let tx = records.transaction().map_err(sql)?;
        let mut written = 0;
        for (tag, block) in blocks {
            let (Some(first), Some(last)) = (block.first(), block.last()) else { continue };
            let low = block.iter().fold(f64::INFINITY, |m, s| m.min(s.1));
            let high = block.iter().fold(f64::NEG_INFINITY, |m, s| m.max(s.1));
            tx.prepare_cached("INSERT INTO samples(tag, t0, t1, count, low, high, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                .and_then(|mut q| q.execute(params![tag, first.0, last.0, block.len() as i64, low, high, codec::pack(block)]))
                .map_err(sql)?;
            tx.prepare_cached(
                "DELETE FROM samples WHERE tag = ?1 AND rowid IN (SELECT rowid FROM samples WHERE tag = ?1 ORDER BY t0 DESC LIMIT -1 OFFSET ?2)",
            )
            .and_then(|mut q| q.execute(params![tag, BLOCKS_KEPT]))
            .map_err(sql)?;
            written += block.len();
        }
        tx.commit().map_err(sql)?;
        Ok(written)
    }

    /// A tag from `from` to `to` (both included) in at most `max_points` points, oldest first; what is still in
    /// memory included. Peaks survive decimation: every point carries the lowest and highest value of its bucket.
    ///
    /// # Errors
    /// [`HistoryError`] of the disk or of a damaged block.
    pub fn samples(&self, tag: &str, from: Time, to: Time, max_points: usize) -> Result<Vec<Point>, HistoryError> {
        let mut raw = self.stored(tag, from, to)?;
        if let Some(queue) = self.buffers().by_tag.get(tag) {
            raw.extend(queue.iter().filter(|s| s.0 >= from.0 && s.0 <= to.0));
        }
        raw.sort_by_key(|s| s.0);
        Ok(decimate(&raw, from, to, max_points))
    }

    fn stored(&self, tag: &str, from: Time, to: Time) -> Result<Vec<(i64, f64)>, HistoryError> {
        let records = self.records();
        let mut q = records.prepare_cached("SELECT count, data FROM samples WHERE tag = ?1 AND t0 <= ?3 AND t1 >= ?2 ORDER BY t0").map_err(sql)?;
        let mut rows = q.query(params![tag, from.0, to.0]).map_err(sql)?;
        let mut raw = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let (count, data): (i64, Vec<u8>) = (row.get(0).map_err(sql)?, row.get(1).map_err(sql)?);
            let block = usize::try_from(count).ok().and_then(|n| codec::unpack(&data, n));
            let block = block.ok_or_else(|| HistoryError::Form { file: RECORDS.name.into(), detail: format!("sample block of {tag}") })?;
            raw.extend(block.into_iter().filter(|s| s.0 >= from.0 && s.0 <= to.0));
        }
        Ok(raw)
    }
}

/// Buckets of equal width over the range, empty ones left out.
fn decimate(raw: &[(i64, f64)], from: Time, to: Time, max_points: usize) -> Vec<Point> {
    let buckets = max_points.max(1) as i128;
    let width = ((i128::from(to.0) - i128::from(from.0) + 1) / buckets).max(1);
    let few = raw.len() <= max_points;
    let mut out: Vec<Point> = Vec::with_capacity(raw.len().min(max_points));
    let mut current = None;
    for (i, &(t, v)) in raw.iter().enumerate() {
        let bucket = if few { i as i128 } else { ((i128::from(t) - i128::from(from.0)) / width).min(buckets - 1) };
        match out.last_mut() {
            Some(p) if current == Some(bucket) => {
                *p = Point { low: p.low.min(v), high: p.high.max(v), last: v, count: p.count + 1, ..*p };
            }
            _ => out.push(Point { at: Time(t), low: v, high: v, last: v, count: 1 }),
        }
        current = Some(bucket);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimation_keeps_peaks_and_counts() {
        let s = Store::in_memory().unwrap();
        for i in 0..3000i64 {
            assert!(s.add_sample("T", Time(i * 1_000_000), if i == 1234 { 99.0 } else { 1.0 }));
            if i % 500 == 0 {
                s.flush_samples(false).unwrap();
            }
        }
        assert!(!s.add_sample("T", Time(0), f64::NAN));
        let all = s.samples("T", Time(0), Time(i64::MAX / 2), 5000).unwrap();
        assert_eq!(all.len(), 3000);
        let few = s.samples("T", Time(0), Time::from_s(2999.0), 50).unwrap();
        assert!(few.len() <= 50);
        assert_eq!(few.iter().map(|p| p.count).sum::<u32>(), 3000);
        assert_eq!(few.iter().map(|p| p.high).fold(0.0, f64::max), 99.0);
        let window = s.samples("T", Time::from_s(100.0), Time::from_s(109.0), 100).unwrap();
        assert_eq!(window.len(), 10);
        assert_eq!(window[0].at, Time::from_s(100.0));
    }

    #[test]
    fn a_full_disk_keeps_samples_in_memory_and_counts_what_it_must_drop() {
        let s = Store::in_memory().unwrap();
        s.limit_records_pages(1);
        for i in 0..(BUFFER_MAX as i64 + 10) {
            s.add_sample("T", Time(i), i as f64);
        }
        assert!(matches!(s.flush_samples(true), Err(HistoryError::Full { .. })));
        assert_eq!(s.dropped_samples(), 10);
        s.limit_records_pages(100_000);
        assert_eq!(s.flush_samples(true).unwrap(), BUFFER_MAX);
        assert_eq!(s.samples("T", Time(0), Time(1 << 40), usize::MAX >> 1).unwrap().len(), BUFFER_MAX);
    }
}
