//! Nothing moves without this: proposal, gate, policy, signature, outbox, command, acknowledgement, effect, audit, hold.
//!
//! ```text
//!  submit ─► simulated (gate verdict + policy ruling ─► warrant) ─► approve (signatures over the warrant)
//!         ─► regated (the gate again, on the live state) ─► one transaction: hold, expiry, envelope, epoch, outbox, audit
//!         ─► sink ─► acknowledgement ─► measured effect ─► verified, else compensation in reverse order
//! ```
//!
//! The [`Governor`] is a value without a clock or thread of its own: its owner calls [`Governor::tick`] on a thread that
//! no frame can delay. Owns decisions and their records; simulates nothing itself but in `gate`.
//!
//! *Invariant:* a command is on disk, with its audit record, before it is handed to the link; what cannot be recorded
//! is not sent; after a hold is in the audit, nothing is sent until a signed release.

pub mod approval;
pub mod audit;
mod breaker;
mod canonical;
pub mod dispatch;
pub mod gate;
mod governor;
mod hold;
pub mod identity;
pub mod lifecycle;
pub mod policy;
pub mod proposal;
mod snapshot;

pub use approval::{Approval, Meaning, Warrant};
pub use canonical::{Digest, hex};
pub use dispatch::{CommandSink, PortSink};
pub use gate::GateVerdict;
pub use governor::{Counters, GovernError, Governor, GovernorOptions, HoldNotice, Measurement, TickInput, TickOutput};
pub use hold::Hold;
pub use identity::{Identity, IdentityBook, KdfCost, Role, Signer};
pub use lifecycle::{Case, Outcome, Stage};
pub use policy::Policy;
pub use proposal::{Author, Comparison, EffectExpectation, EffectQuantity, Proposal, ProposedCommand, Rationale};
pub use snapshot::{Bound, Breach, Envelope, Interval, ModeClass, Seen, Snapshot};
