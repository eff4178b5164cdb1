//! Where commands leave: the sink that the governor writes to, and the link's port as one.
//!
//! The port is moved in here by the composition root and never comes out again. The governor sees only the trait, so
//! every race and failure can be tested with a sink that counts. *Invariant:* a sink hands over at most one command at
//! a time and nothing after [`CommandSink::drain`] until [`CommandSink::release`].

use crate::{
    clock::Monotonic,
    link::{CommandFrame, CommandPort, ControlMode, HoldSwitch, InFlight, SendError},
};
use uuid::Uuid;

/// What the governor needs of the outside world to send.
pub trait CommandSink {
    /// Whether a command could leave now: online, allowed to command, nothing in flight.
    fn is_ready(&self) -> bool;
    /// Hands a command to the network without waiting.
    ///
    /// # Errors
    /// [`SendError`]: it was not handed over and will not be.
    fn begin(&mut self, frame: &CommandFrame, expires: Monotonic) -> Result<(), SendError>;
    /// What became of the one in flight, once. A broker's answer: it closes nothing.
    fn poll(&mut self) -> Option<(Uuid, Result<(), SendError>)>;
    /// Refuses everything from now on.
    fn drain(&mut self);
    /// Ends that.
    fn release(&mut self);
}

/// The link's command port as a sink.
pub struct PortSink {
    port: CommandPort,
    flight: Option<InFlight>,
}

impl PortSink {
    /// Takes the port for good.
    pub fn new(port: CommandPort) -> Self {
        Self { port, flight: None }
    }
    /// The port's own switch, for stopping it from another thread at once.
    pub fn port_switch(&self) -> HoldSwitch {
        self.port.hold_switch()
    }
}

impl CommandSink for PortSink {
    fn is_ready(&self) -> bool {
        self.flight.is_none() && self.port.is_online() && matches!(self.port.control(), ControlMode::Allowed)
    }
    fn begin(&mut self, frame: &CommandFrame, expires: Monotonic) -> Result<(), SendError> {
        self.flight = Some(self.port.begin(frame, expires)?);
        Ok(())
    }
    fn poll(&mut self) -> Option<(Uuid, Result<(), SendError>)> {
        let flight = self.flight.as_mut()?;
        let (id, outcome) = (flight.id(), flight.poll()?);
        self.flight = None;
        Some((id, outcome.map(|_| ())))
    }
    fn drain(&mut self) {
        self.port.drain();
    }
    fn release(&mut self) {
        self.port.hold_switch().release();
    }
}
