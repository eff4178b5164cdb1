//! The event loop: takes the next event of script or timers, lets the consequences settle, books them.
//!
//! Owns the order of things. The physics of each kind of event lives in its own file.
//! *Invariant:* between two calls nothing is pending within the current instant.

use super::model::{Model, Timer};
use super::outcome::ServiceStep;
use super::parts::Scratch;
use super::propagate::Pending;
use super::script::Script;
use super::state::State;
use super::trace::{Cause, Change, TraceEvent};
use super::zeno::{FLOOR, Guard};
use crate::plant::{Action, AssetId};
use crate::rng::{Draws, Purpose};
use crate::time::{Span, Time};

/// Longest trace kept [events]; later ones are counted by `State`, not kept.
const TRACE_LIMIT: usize = 4_000_000;

/// Why a run cannot go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimError {
    /// Simultaneous changes feed each other without end.
    #[error("at {at} the changes among {} do not settle: give one of them a delay or a hysteresis", .assets.join(", "))]
    Loop {
        /// When.
        at: Time,
        /// Ids of the assets involved, at most ten.
        assets: Vec<String>,
    },
    /// Events follow each other ever faster, or without end at one instant (Zeno): the plant as described cannot pass that
    /// moment.
    #[error("at {at} {events} events within {within}, most of them {what} of {culprit}: give it a delay or a wider hysteresis")]
    Runaway {
        /// When.
        at: Time,
        /// Id of the asset or crew whose events were the most.
        culprit: String,
        /// Which events, e.g. `control rule "fill"`.
        what: String,
        /// How many.
        events: u32,
        /// Within which time.
        within: Span,
    },
    /// A request that makes no sense.
    #[error("{at}: {brief}")]
    Input {
        /// Which part of it.
        at: String,
        /// What is wrong.
        brief: String,
    },
}

/// Advances one state. Make one per run; it borrows the model and owns the state.
#[derive(Debug)]
pub struct Engine<'m> {
    pub(super) model: &'m Model,
    pub(super) st: State,
    pub(super) draws: Draws,
    pub(super) pending: Pending,
    pub(super) failed: Option<SimError>,
    pub(super) scratch: Scratch,
    guard: Guard,
    trace: Vec<TraceEvent>,
    service: Vec<ServiceStep>,
    keep_trace: bool,
    keep_service: bool,
}

/// Identifies a stream of draws in a state.
fn fingerprint(draws: Draws) -> u64 {
    draws.bits(u64::MAX, Purpose::Life, u64::MAX)
}

/// Lets a blank state find its allocation; nothing lives or dies yet.
pub(super) fn settle_start(model: &Model, mut state: State) -> Result<State, SimError> {
    super::coupled::mark_limits(model, &mut state);
    let mut engine = Engine::bare(model, state, Draws::new(0, 0));
    engine.begin_profiles();
    engine.pending.all(model);
    engine.settle()?;
    let mut state = engine.into_state();
    state.recorded = 0;
    for asset in state.assets.iter_mut().filter(|a| a.cause == Cause::Start && a.mode.is_up()) {
        asset.cause = Cause::Nominal;
    }
    Ok(state)
}

impl<'m> Engine<'m> {
    fn bare(model: &'m Model, state: State, draws: Draws) -> Self {
        let pending = Pending::new(model);
        let scratch = Scratch::new(&model.floor, &state.parts, draws);
        Engine {
            model,
            st: state,
            draws,
            pending,
            failed: None,
            scratch,
            guard: Guard::default(),
            trace: Vec::new(),
            service: Vec::new(),
            keep_trace: false,
            keep_service: false,
        }
    }

    /// Takes a state over. When it carries the lives of these same draws it goes on exactly where it was; otherwise every
    /// residual life and repair is drawn anew, conditioned on age and elapsed time.
    pub fn new(model: &'m Model, state: State, draws: Draws) -> Self {
        let mut engine = Engine::bare(model, state, draws);
        engine.keep_trace = true;
        if engine.st.stream != Some(fingerprint(draws)) {
            engine.st.stream = Some(fingerprint(draws));
            engine.redraw_parts();
            engine.draw_lives();
            engine.failed = engine.settle().err();
        }
        engine
    }

    /// Whether to keep the trace (it is kept unless told otherwise).
    pub fn keep_trace(&mut self, keep: bool) {
        self.keep_trace = keep;
    }

    /// Whether to keep the steps of service; switching it on first lists every asset's present service.
    pub fn keep_service(&mut self, keep: bool) {
        self.keep_service = keep;
        if keep {
            let now = self.st.time;
            let steps = self.st.assets.iter().enumerate();
            self.service.extend(steps.map(|(i, a)| ServiceStep {
                at: now,
                asset: AssetId(i as u32),
                service: a.service as f32,
                cause: a.cause.clone(),
            }));
        }
    }

    /// Adds interventions. Those in the past happen now, in their order.
    pub fn schedule(&mut self, script: &Script) {
        for (number, (at, what)) in script.0.iter().enumerate() {
            self.enter(*at, number, false, *what);
        }
    }

    /// Carries out an action at the present instant. A failure to settle is returned by the next [`Engine::run_until`].
    pub fn act(&mut self, action: Action) {
        self.carry_out(action, Cause::Command);
        if let Err(error) = self.settle() {
            self.failed.get_or_insert(error);
        }
        self.total();
    }

    /// Advances to `end`, events at `end` included.
    ///
    /// # Errors
    /// [`SimError::Loop`] when the changes of one instant do not settle, [`SimError::Runaway`] when events follow each other
    /// without end; the state then stays at that instant.
    pub fn run_until(&mut self, end: Time) -> Result<(), SimError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        loop {
            let next = self.next().filter(|t| *t <= end);
            // the floor's events of an instant come after all others
            let left = self.run_floor(next.unwrap_or(Time(end.0.saturating_add(1))));
            let Some(now) = left.or(next) else { break };
            self.st.time = now.max(self.st.time);
            let due = if left.is_some() { Some(FLOOR) } else { self.st.queue.first() };
            let counted = self.guard.count(self.model, self.st.time, due);
            let result = counted.and_then(|()| if left.is_some() { self.settle() } else { self.step() });
            if let Err(error) = result {
                self.failed = Some(error.clone());
                return Err(error);
            }
        }
        self.st.time = self.st.time.max(end);
        self.total();
        Ok(())
    }

    fn next(&self) -> Option<Time> {
        let timer = self.st.queue.peek().map(|k| k.time);
        let entry = self.st.agenda.first().map(|e| e.at);
        match (timer, entry) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// When the next event is due; [`Time::NEVER`] when nothing will ever happen.
    pub fn next_event(&self) -> Time {
        let parts = self.st.parts.due().unwrap_or(Time::NEVER);
        self.next().unwrap_or(Time::NEVER).min(parts)
    }

    fn step(&mut self) -> Result<(), SimError> {
        let now = self.st.time;
        if self.st.agenda.first().is_some_and(|e| e.at <= now) {
            let entry = self.st.agenda.remove(0);
            self.intervene(&entry);
        } else if let Some((slot, _)) = self.st.queue.pop() {
            match self.model.timers[slot as usize] {
                Timer::Failure(m) => self.life_ended(m),
                Timer::Repair(m) => self.repair_progressed(m),
                Timer::Start(a) => self.start_completed(a),
                Timer::Level(a) => self.level_crossed(a),
                Timer::Thermal(a) => self.temperature_crossed(a),
                Timer::Claim(c) => self.claim_timer(c),
                Timer::Rule(r) => self.rule_due(r),
                Timer::Hold(a) => self.hold_exceeded(a),
                Timer::Segment(b) => self.segment_ended(b),
                Timer::Ambient => self.ambient_turned(),
                Timer::Tariff => self.tariff_turned(),
                Timer::Shift(c) => self.shift_changed(c),
                Timer::Delivery(s) => self.delivered(s),
            }
        }
        self.settle()
    }

    /// The state at [`State::time`].
    pub fn state(&self) -> &State {
        &self.st
    }

    /// The trace since the last call.
    pub fn take_trace(&mut self) -> Vec<TraceEvent> {
        std::mem::take(&mut self.trace)
    }

    /// The steps of service since the last call.
    pub fn take_service(&mut self) -> Vec<ServiceStep> {
        std::mem::take(&mut self.service)
    }

    /// The state, to keep or to fork.
    pub fn into_state(self) -> State {
        self.st
    }

    pub(super) fn record(&mut self, asset: AssetId, what: Change, cause: &Cause) {
        self.st.recorded += 1;
        if let Change::Service { to, .. } = what
            && self.keep_service
        {
            self.service.push(ServiceStep { at: self.st.time, asset, service: to as f32, cause: cause.clone() });
        }
        if self.keep_trace && self.trace.len() < TRACE_LIMIT {
            self.trace.push(TraceEvent { at: self.st.time, seq: self.st.recorded, asset, what, cause: cause.clone() });
        }
    }

    /// Sets a timer; a time already past means now.
    pub(super) fn set_timer(&mut self, slot: u32, at: Time) {
        let priority = self.model.timers[slot as usize].priority();
        self.st.queue.set(slot, at.max(self.st.time), priority);
    }
}
