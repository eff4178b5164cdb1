//! Discrete parts: machines that work part by part on whole-numbered buffers, blocking after service.
//!
//! Owns the stations, buffers and their events, which never enter the engine's queue: a tight loop ([`Floor::run`]) works
//! them off until the engine's next event or until something concerns the rest of the plant (a failure, a long wait, a
//! watched level, a load). Does not own failures, repairs, modes or books: `machines` joins the two.
//!
//! ```text
//!           part comes          done              room
//!   Waiting ──────────► Working ─────► Blocked ────────► Waiting or Working
//!      │ stop / start ▲     │ ▲ resumes     │ ▲
//!      ▼              │     ▼ │ the rest    ▼ │
//!     Idle ───────────┘     Held           Stuck        (ability 0: neither takes nor gives parts)
//! ```
//!
//! *Invariant:* a cycle time is a pure function of (seed, run, machine, server, number of the part).
//! *Invariant:* parts are conserved: what a machine took is in hand, handed on, scrapped or (at a sink) gone.

mod build;
mod calendar;
mod floor;
mod laws;
mod layout;
mod logarithm;
mod moves;
mod state;
mod stops;

pub(super) use build::{Lines, build};
pub(super) use floor::{Exit, Floor, Scratch};
pub(super) use layout::Layout;
pub(super) use state::{Parts, Wait};
