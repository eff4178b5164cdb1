//! Hold: one unguarded switch that stops dispatch and automatic rollback at once.
//!
//! Any thread may engage it, without broker, disk or identity. The governor checks it before every send and writes it
//! to the audit on its own thread, so after the audit record stands nothing is sent. Release is the governor's alone.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// The switch. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    engaged: Arc<AtomicBool>,
    by: Arc<Mutex<String>>,
}

impl Hold {
    /// Stops everything from now on; `by` says who or what, the first one counts.
    pub fn engage(&self, by: &str) {
        let mut who = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.engaged.swap(true, Ordering::SeqCst) {
            *who = by.chars().take(200).collect();
        }
    }
    /// Whether it is on.
    pub fn is_engaged(&self) -> bool {
        self.engaged.load(Ordering::SeqCst)
    }
    /// Who engaged it, while it is on.
    pub fn by(&self) -> Option<String> {
        let who = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_engaged().then(|| who.clone())
    }
    pub(super) fn release(&self) {
        let _who = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        self.engaged.store(false, Ordering::SeqCst);
    }
}
