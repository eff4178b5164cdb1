//! What lies on the person's desk: the selection, the scrubber, the draft, the appearance. One owner: `apply`.
//!
//! Panels read it; their wishes change it here, in one place, without I/O: what must leave the desk (commands
//! to the twin, camera moves, files) is returned as [`Effect`]s. Invariant: a selected asset exists, and the
//! scrubber stays within the forecast.

use super::{
    ask::Ask,
    draft::Draft,
    layout::{Pane, Workspace},
    scene::{LookAt, Style},
    theme::Scheme,
};
use crate::{
    forecast::{Alternative, Forecast},
    plant::{AssetId, Plant},
    scenario,
    time::Span,
    twin::{LiveView, TwinCommand, is_down},
};
use bevy::prelude::Resource;
use std::{path::PathBuf, sync::Arc};

/// Real seconds in which the whole horizon is played.
const PLAY_S: f64 = 20.0;

/// Where the forecast is looked at.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Scrub {
    /// From the start of the forecast.
    pub at: Span,
    /// Which alternative.
    pub alternative: usize,
    /// Whether the impacts are shown on the plant.
    pub heat: bool,
    /// Whether it moves by itself.
    pub playing: bool,
}

/// The shared part of the window's state.
#[derive(Resource, Debug)]
pub struct Desk {
    /// The plant that is shown.
    pub plant: Arc<Plant>,
    /// The selected asset.
    pub selected: Option<AssetId>,
    /// The asset under the pointer in the picture.
    pub hovered: Option<AssetId>,
    /// The scrubber.
    pub scrub: Scrub,
    /// The draft scenario.
    pub draft: Option<Draft>,
    /// The session is an embedded demo with a known password.
    pub demo: bool,
    /// Dark or light.
    pub scheme: Scheme,
    /// Operator or presentation look of the plant.
    pub style: Style,
    /// The arrangement that was chosen last.
    pub workspace: Workspace,
    /// One line for the person: what could not be done, and what to do.
    pub notice: Option<String>,
    /// Help is open.
    pub help: bool,
    /// The palette is open.
    pub palette: bool,
    /// Hash of the answer that was seen last: a new one shows itself.
    seen: Option<[u8; 32]>,
}

/// What must happen outside the desk.
#[derive(Debug)]
pub enum Effect {
    /// To the twin.
    Twin(TwinCommand),
    /// To the camera.
    Look(LookAt),
    /// Bring a panel to the front.
    Show(Pane),
    /// Another arrangement.
    Arrange(Workspace),
    /// Ask for a file to open.
    OpenDialog,
    /// Ask for a file to save to.
    SaveDialog,
    /// Read a scenario.
    Read(PathBuf),
    /// Write the draft.
    Write(PathBuf),
    /// Write the arrangement.
    WriteLayout(PathBuf),
    /// Read an arrangement.
    ReadLayout(PathBuf),
}

impl Desk {
    /// An empty desk for a plant.
    pub fn new(plant: Arc<Plant>) -> Self {
        Desk {
            plant,
            selected: None,
            hovered: None,
            scrub: Scrub::default(),
            draft: None,
            demo: false,
            scheme: Scheme::Dark,
            style: Style::Operator,
            workspace: Workspace::Operator,
            notice: None,
            help: false,
            palette: false,
            seen: None,
        }
    }

    /// The alternative that is looked at.
    pub fn alternative<'a>(&self, forecast: &'a Forecast) -> Option<&'a Alternative> {
        forecast.alternatives.get(self.scrub.alternative).or_else(|| forecast.alternatives.first())
    }

    /// Position of the scrubber in the forecast's grid.
    pub fn grid_index(&self, forecast: &Forecast) -> usize {
        grid_index(forecast, self.scrub.at)
    }

    /// Notices a new answer: goes to its start of impacts, and shows it. Call once per frame, before drawing.
    pub fn meet(&mut self, live: &LiveView) -> Vec<Effect> {
        let Some(answer) = live.forecast.answer.as_ref() else { return Vec::new() };
        if self.seen == Some(answer.hash) {
            return Vec::new();
        }
        self.seen = Some(answer.hash);
        self.scrub = Scrub { at: answer.horizon, alternative: 0, heat: true, playing: false };
        if let Some(d) = &mut self.draft {
            d.answered = true;
        }
        vec![Effect::Show(Pane::Forecast)]
    }

    /// Moves the scrubber while it plays; `dt_s` real seconds have passed.
    pub fn advance(&mut self, live: &LiveView, dt_s: f64) {
        let Some(answer) = live.forecast.answer.as_ref() else {
            self.scrub.playing = false;
            return;
        };
        if self.scrub.playing {
            let step = Span::from_s(answer.horizon.s() * dt_s / PLAY_S);
            self.scrub.at = Ord::min(self.scrub.at + step, answer.horizon);
            self.scrub.playing = self.scrub.at < answer.horizon;
        }
    }

    /// Grants one wish.
    pub fn apply(&mut self, ask: Ask, live: &LiveView) -> Vec<Effect> {
        match ask {
            Ask::Select(asset) => self.selected = asset.filter(|a| a.index() < self.plant.assets.len()),
            Ask::Frame => return vec![Effect::Look(self.selected.map_or(LookAt::Home, |a| LookAt::Assets(vec![a])))],
            Ask::Home => return vec![Effect::Look(LookAt::Home)],
            Ask::SavedView(i) => return vec![Effect::Look(LookAt::Saved(i))],
            Ask::Lose(asset) => return self.lose(asset, live),
            Ask::Show(pane) => return vec![Effect::Show(pane)],
            Ask::Arrange(w) => {
                self.workspace = w;
                self.style = if w == Workspace::Executive { Style::Presentation } else { Style::Operator };
                return vec![Effect::Arrange(w)];
            }
            Ask::Paint(scheme) => self.scheme = scheme,
            Ask::Scrub(_) | Ask::Alternative(_) | Ask::Heat(_) | Ask::Play(_) => self.scrub(ask, live),
            Ask::Edit { .. } | Ask::EndGesture | Ask::Undo | Ask::Redo => self.edit(ask),
            Ask::NewDraft => {
                self.draft = Some(Draft::empty(&self.plant));
                return vec![Effect::Show(Pane::Scenario)];
            }
            Ask::OpenBuiltin(name) => return self.open_builtin(&name),
            Ask::OpenDialog => return vec![Effect::OpenDialog],
            Ask::SaveDialog => return vec![Effect::SaveDialog],
            Ask::OpenPath(p) => return vec![Effect::Read(PathBuf::from(p))],
            Ask::SavePath(p) => return vec![Effect::Write(PathBuf::from(p))],
            Ask::SaveLayout(p) => return vec![Effect::WriteLayout(PathBuf::from(p))],
            Ask::LoadLayout(p) => return vec![Effect::ReadLayout(PathBuf::from(p))],
            Ask::Run => return self.run(),
            Ask::Dismiss => self.notice = None,
            Ask::ToggleHelp => self.help = !self.help,
            Ask::TogglePalette => self.palette = !self.palette,
            Ask::Twin(command) => return vec![Effect::Twin(command)],
        }
        Vec::new()
    }

    fn lose(&mut self, asset: AssetId, live: &LiveView) -> Vec<Effect> {
        if let Some(reason) = &self.plant.forecast_refused {
            self.notice = Some(format!("No what-if on this plant: {reason}"));
            return Vec::new();
        }
        let down = live.assets.get(asset.index()).is_some_and(|v| is_down(v.mode));
        self.draft = Some(Draft::losing(&self.plant, asset, down));
        self.selected = Some(asset);
        vec![Effect::Show(Pane::Scenario)]
    }

    fn run(&mut self) -> Vec<Effect> {
        match &self.draft {
            Some(d) => vec![Effect::Twin(TwinCommand::RunForecast(Box::new(d.scenario().clone())))],
            None => {
                self.notice = Some("There is no scenario to run: select an asset and press L, or open one".into());
                Vec::new()
            }
        }
    }

    fn open_builtin(&mut self, name: &str) -> Vec<Effect> {
        match builtin(name) {
            Ok(s) => {
                self.draft = Some(Draft::new(s, None));
                vec![Effect::Show(Pane::Scenario)]
            }
            Err(e) => {
                self.notice = Some(e);
                Vec::new()
            }
        }
    }

    fn edit(&mut self, ask: Ask) {
        let Some(draft) = &mut self.draft else { return };
        match ask {
            Ask::Edit { edit, gesture } => draft.edit(edit, gesture),
            Ask::Undo => draft.undo(),
            Ask::Redo => draft.redo(),
            _ => draft.end_gesture(),
        }
    }

    fn scrub(&mut self, ask: Ask, live: &LiveView) {
        let horizon = live.forecast.answer.as_ref().map_or(Span::ZERO, |f| f.horizon);
        let alternatives = live.forecast.answer.as_ref().map_or(0, |f| f.alternatives.len());
        match ask {
            Ask::Scrub(at) => {
                self.scrub.at = at.clamp(Span::ZERO, horizon);
                self.scrub.heat = horizon > Span::ZERO;
            }
            Ask::Alternative(i) if i < alternatives => self.scrub.alternative = i,
            Ask::Heat(on) => self.scrub.heat = on,
            Ask::Play(on) => {
                if on && self.scrub.at >= horizon {
                    self.scrub.at = Span::ZERO;
                }
                self.scrub.heat |= on;
                self.scrub.playing = on && horizon > Span::ZERO;
            }
            _ => {}
        }
    }
}

/// A built-in scenario by its name.
fn builtin(name: &str) -> Result<scenario::Scenario, String> {
    let text = scenario::builtin(name).ok_or_else(|| format!("there is no built-in scenario {name:?}"))?;
    scenario::Scenario::parse(text, name).map_err(|e| e.to_string())
}

/// Position in the grid of the last point not after `at`.
pub fn grid_index(forecast: &Forecast, at: Span) -> usize {
    forecast.grid.partition_point(|t| t.0 <= at.0).saturating_sub(1)
}
