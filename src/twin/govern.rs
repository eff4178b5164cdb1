//! The runtime's side of governance: hands drafts, signatures and the live state over, takes what happened back.
//!
//! Owns no case and sends no command: the governance thread does (`governance_thread`). Hold is the exception: it is
//! engaged here at once, on the switch itself, before any message is written.

use super::{
    AuditView, EventView, ProposalView, TwinCommand, TwinSystems,
    compose::{ComposeError, PlantRes, StoreRes, TwinSettings},
    estimate::{BeliefRes, EventsRes},
    governance_thread::{self, Feed, Message, Ports},
    ingest::IntakeRes,
    predict::{FidelityRes, ForecastRes},
    propose,
    runtime::Clocks,
};
use crate::{
    clock::Entropy,
    governance::{Author, EffectQuantity, Hold, IdentityBook, Measurement, PortSink, Proposal, Rationale, Snapshot},
    history::Store,
    link::{self, AckReceived, HoldSwitch},
    plant::{Action, Plant},
    sim::Model,
    time::{Span, Time},
};
use bevy::prelude::*;
use crossbeam_channel::{Receiver, Sender};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// Version of the learned model that approvals are bound to; learning does not make new ones yet.
pub(super) const MODEL_EPOCH: u64 = 0;

/// What `compose` hands over.
pub(super) struct Parts {
    /// The document.
    pub plant: Arc<Plant>,
    /// The model; `None` for a plant that is only monitored.
    pub model: Option<Arc<Model>>,
    /// Audit and outbox.
    pub store: Store,
    /// Clocks.
    pub clocks: Clocks,
    /// Nonces, ids, keys.
    pub entropy: Arc<dyn Entropy>,
    /// Who may sign.
    pub identities: IdentityBook,
    /// Acknowledgements of the plant.
    pub acks: Receiver<AckReceived>,
    /// Folder of keys and checkpoints; `None`: in memory.
    pub folder: Option<PathBuf>,
    /// Seed of the gate.
    pub seed: u64,
    /// Worker threads of the gate.
    pub threads: usize,
}

/// What governance shows.
#[derive(Clone, Default, Debug)]
pub struct GovernanceShown {
    /// Newest last.
    pub proposals: Vec<ProposalView>,
    /// Newest last.
    pub audit: Vec<AuditView>,
    /// Who holds, if anyone.
    pub hold: Option<String>,
    /// (name, role).
    pub identities: Vec<(String, String)>,
}

/// The newest of it.
#[derive(Resource, Default)]
pub struct GovernanceRes {
    /// As people see it.
    pub shown: Arc<GovernanceShown>,
}

/// The line to the governance thread.
#[derive(Resource)]
pub(super) struct Line {
    messages: Sender<Message>,
    feed: Arc<Mutex<Arc<Feed>>>,
    shown: Arc<Mutex<Arc<GovernanceShown>>>,
    events: Receiver<EventView>,
    hold: Hold,
    port: HoldSwitch,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Line {
    /// Hands a message over; refused messages are reported as events by the caller.
    pub fn send(&self, message: Message) -> bool {
        self.messages.try_send(message).is_ok()
    }
}

/// Starts the governance thread around the command port.
pub(super) fn insert(app: &mut App, parts: Parts, sink: PortSink) -> Result<(), ComposeError> {
    let port = sink.port_switch();
    let feed = Arc::new(Mutex::new(Arc::new(Feed::empty(&parts.plant))));
    let shown = Arc::new(Mutex::new(Arc::new(GovernanceShown::default())));
    let (messages, inbox) = crossbeam_channel::bounded(governance_thread::INBOX);
    let (event_sender, events) = crossbeam_channel::bounded(governance_thread::EVENTS);
    let ports = Ports { inbox, feed: feed.clone(), shown: shown.clone(), events: event_sender };
    let (hold, thread) = governance_thread::start(parts, sink, ports)?;
    app.insert_resource(Line { messages, feed, shown, events, hold, port, thread: Some(thread) });
    app.init_resource::<GovernanceRes>();
    Ok(())
}

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, (feed, take_commands).chain().in_set(TwinSystems::Govern));
}

/// Closes governance in order: the thread writes its closing record and checkpoint.
pub(super) fn shut_down(world: &mut World) {
    if let Some(mut line) = world.remove_resource::<Line>() {
        let _ = line.messages.send_timeout(Message::Close, std::time::Duration::from_secs(2));
        if let Some(t) = line.thread.take() {
            let _ = t.join();
        }
    }
}

/// Puts the live state where the governance thread reads it.
fn feed(line: Res<Line>, belief: Res<BeliefRes>, intake: Res<IntakeRes>, plant: Res<PlantRes>, fidelity: Res<FidelityRes>, clocks: Res<Clocks>) {
    let now = clocks.now();
    let fresh = Feed {
        snapshot: Snapshot::of(&belief.0, plant.plant.hash, MODEL_EPOCH),
        belief: belief.0.clone(),
        measured: measurements(&plant.plant, &intake, now),
        fidelity: fidelity.report.clone(),
    };
    *line.feed.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
}

fn measurements(plant: &Plant, intake: &IntakeRes, now: Time) -> Vec<Measurement> {
    use EffectQuantity as Q;
    let mut out = Vec::new();
    for asset in plant.asset_ids() {
        for quantity in [Q::Mode, Q::Service, Q::Rate, Q::Level, Q::Temperature] {
            if let Some((at, value)) = propose::measured(plant, &intake.intake, asset, quantity, now) {
                out.push(Measurement { asset, quantity, value, at });
            }
        }
    }
    out
}

/// What turns commands of people into messages to governance.
#[derive(bevy::ecs::system::SystemParam)]
struct Desk<'w> {
    line: Res<'w, Line>,
    forecast: Res<'w, ForecastRes>,
    plant: Res<'w, PlantRes>,
    settings: Res<'w, TwinSettings>,
    clocks: Res<'w, Clocks>,
    store: Res<'w, StoreRes>,
}

fn take_commands(mut commands: MessageReader<TwinCommand>, desk: Desk, mut events: ResMut<EventsRes>) {
    for command in commands.read() {
        if let Err(text) = desk.take(command) {
            let event = EventView { at: desk.clocks.now(), severity: super::Severity::Warning, asset: None, text, trace: None };
            events.push(&desk.plant.plant, event);
        }
    }
}

impl Desk<'_> {
    fn take(&self, command: &TwinCommand) -> Result<(), String> {
        let message = match command {
            TwinCommand::Hold { by } => {
                self.line.hold.engage(by);
                self.line.port.drain();
                return Ok(());
            }
            TwinCommand::RunForecast(_) | TwinCommand::CancelForecast => return Ok(()),
            TwinCommand::ProposeAlternative { index } => {
                let (name, plan) = self.forecast.plan(*index).ok_or("there is no such response in the newest forecast")?;
                Message::Submit(
                    Box::new(self.proposal(name, &plan, "compared with doing nothing in the newest forecast")),
                    self.forecast.gain(*index),
                )
            }
            TwinCommand::ProposeActions { title, actions } => {
                Message::Submit(Box::new(self.proposal(title.clone(), actions, "put forward by hand")), None)
            }
            TwinCommand::Approve { proposal, identity, password, reason } => {
                Message::Approve { proposal: id(proposal)?, identity: identity.clone(), password: password.clone(), reason: reason.clone() }
            }
            TwinCommand::Refuse { proposal, identity, password, reason } => {
                Message::Refuse { proposal: id(proposal)?, identity: identity.clone(), password: password.clone(), reason: reason.clone() }
            }
            TwinCommand::ReleaseHold { identity, password, reason } => {
                Message::Release { identity: identity.clone(), password: password.clone(), reason: reason.clone() }
            }
            TwinCommand::Note { asset, text } => {
                let asset = asset.map(|a| self.plant.plant.asset(a).id.clone());
                let note = crate::history::Event {
                    seq: 0,
                    at: self.clocks.now(),
                    severity: crate::history::Severity::Info,
                    asset,
                    text: text.clone(),
                    trace: None,
                };
                return self.store.0.add_events(&[note]).map_err(|e| e.to_string());
            }
        };
        if self.line.send(message) { Ok(()) } else { Err("governance is busy; nothing was changed, try again".into()) }
    }

    fn proposal(&self, title: String, plan: &[(Span, Action)], why: &str) -> Proposal {
        let author = Author::Person { identity: self.settings.desk.clone() };
        let rationale = Rationale { reasons: vec![why.into()], ..Rationale::default() };
        draft(&self.plant.plant, &self.clocks, self.settings.entropy.as_ref(), author, title, plan.iter().map(|p| p.1), rationale)
    }
}

fn id(text: &str) -> Result<uuid::Uuid, String> {
    text.parse().map_err(|_| format!("{text:?} is no proposal id"))
}

/// A draft with a fresh id and trace, ready to be submitted.
pub(super) fn draft(
    plant: &Plant,
    clocks: &Clocks,
    entropy: &dyn Entropy,
    author: Author,
    title: String,
    actions: impl Iterator<Item = Action>,
    rationale: Rationale,
) -> Proposal {
    let id = link::uuid_v7(clocks.wall.now(), entropy);
    let commands = actions.map(|a| propose::command_for(plant, a)).collect();
    Proposal { id, trace: id.simple().to_string(), author, title, commands, rationale, created: clocks.now() }
}

/// What governance did since the last step.
pub(super) fn take_back(line: Res<Line>, mut governance: ResMut<GovernanceRes>, mut events: ResMut<EventsRes>, plant: Res<PlantRes>) {
    governance.shown = line.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for event in line.events.try_iter() {
        events.push(&plant.plant, event);
    }
}
