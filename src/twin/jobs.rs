//! Long work off the chain: one named thread per job, a snapshot in, an answer out, progress, cancel.
//!
//! Owns no domain meaning. Invariant: an answer carries the epoch it was asked in; the asker drops stale ones.

use crossbeam_channel::{Receiver, bounded};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Progress of a job, shared with its thread.
#[derive(Clone, Default, Debug)]
pub struct Gauge {
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
    cancelled: Arc<AtomicBool>,
}

impl Gauge {
    /// Reports progress; false when the job should end.
    pub fn report(&self, done: u64, total: u64) -> bool {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        !self.cancelled.load(Ordering::Relaxed)
    }
    /// (done, total).
    pub fn read(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
    /// Asks the job to end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// A running job.
#[derive(Debug)]
pub struct Job<T> {
    answer: Receiver<T>,
    /// Progress and cancel.
    pub gauge: Gauge,
    /// Which question this answers.
    pub epoch: u64,
}

impl<T: Send + 'static> Job<T> {
    /// Starts `work` on a thread named `plantcast-<name>`; `None` when the system gives no thread.
    pub fn start(name: &str, epoch: u64, work: impl FnOnce(&Gauge) -> T + Send + 'static) -> Option<Self> {
        let (tx, rx) = bounded(1);
        let gauge = Gauge::default();
        let seen = gauge.clone();
        std::thread::Builder::new()
            .name(format!("plantcast-{name}"))
            .spawn(move || {
                let _ = tx.send(work(&seen));
            })
            .ok()?;
        Some(Self { answer: rx, gauge, epoch })
    }

    /// The answer, once: `None` while it works, `Some(Err(()))` when its thread ended without one.
    pub fn poll(&self) -> Option<Result<T, JobDied>> {
        match self.answer.try_recv() {
            Ok(t) => Some(Ok(t)),
            Err(crossbeam_channel::TryRecvError::Empty) => None,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Some(Err(JobDied)),
        }
    }
}

/// The job's thread ended without an answer (it panicked); the chain goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobDied;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_reports_cancels_and_survives_a_panic() {
        let job = Job::start("t1", 1, |g| {
            let mut n = 0;
            while g.report(n, 10) {
                n += 1;
                std::thread::yield_now();
            }
            n
        })
        .unwrap();
        job.gauge.cancel();
        let answer = loop {
            if let Some(a) = job.poll() {
                break a;
            }
        };
        assert!(answer.is_ok());
        let dies: Job<u32> = Job::start("t2", 1, |_| std::panic::panic_any("boom")).unwrap();
        let answer = loop {
            if let Some(a) = dies.poll() {
                break a;
            }
        };
        assert_eq!(answer, Err(JobDied));
    }
}
