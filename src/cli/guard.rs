//! The last guard: a panic of the main thread becomes one line and exit code 1, never a backtrace at a person.
//!
//! Checks made before (display, adapter, files) give better messages; this is for what they cannot foresee.
//! `RUST_BACKTRACE=1` keeps Rust's own report.

use std::{
    panic,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

/// Runs the program behind the guard.
pub fn run(program: impl FnOnce() -> ExitCode + panic::UnwindSafe) -> ExitCode {
    let first: Arc<Mutex<Option<String>>> = Arc::default();
    let seen = first.clone();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        seen.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| format!("{text}{place}"));
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|v| v != "0") {
            usual(info);
        }
    }));
    match panic::catch_unwind(program) {
        Ok(code) => code,
        Err(_) => {
            let text = first.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
            let short: String = text.chars().take(400).collect();
            eprintln!("error: plantcast cannot go on ({short}). Run `plantcast doctor`; RUST_BACKTRACE=1 shows where.");
            ExitCode::FAILURE
        }
    }
}
