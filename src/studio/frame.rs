//! One frame of panels: bars, dock, overlay, dialogs. Gathers models, draws views, collects wishes.
//!
//! Knows no ECS: a test draws it without a window. Invariant: drawing changes only panel states and the outbox.

use super::{
    ask::Ask,
    desk::Desk,
    keymap::{self, Command},
    layout::{Pane, SIMPLIFY, Workspace},
    overlay::{self, Picture},
    panels::{PanelStates, Source, agents, approvals, audit, comparison, events, forecast, health, inspector, outliner, scenario, timeline, topbar},
    parts::{self, Pen},
    theme::{self, Palette, Tone},
};
use crate::{
    time::Span,
    twin::{LiveView, TwinCommand},
};
use bevy_egui::egui::{
    self, Align2, Area, Color32, Context, Frame, Id, LayerId, Margin, Modal, Rect, ScrollArea, Stroke, TextEdit, Ui, UiBuilder, Visuals, WidgetText,
    vec2,
};
use egui_tiles::{Behavior, SimplificationOptions, TabState, TileId, Tiles, Tree, UiResponse};

/// The dock and the states of its panels.
#[derive(Debug)]
pub struct Dock {
    /// Where panels stand.
    pub tree: Tree<Pane>,
    /// What is typed into them.
    pub states: PanelStates,
    /// Text in the command palette.
    pub query: String,
    /// The viewport's hole of the last frame.
    pub hole: Option<Rect>,
}

impl Dock {
    /// The start arrangement of a role.
    pub fn new(workspace: Workspace) -> Self {
        Dock { tree: super::layout::tree(workspace), states: PanelStates::default(), query: String::new(), hole: None }
    }
}

/// What a frame answers.
#[derive(Debug, Default)]
pub struct Drawn {
    /// Wishes, in order.
    pub asks: Vec<Ask>,
    /// The hole for the 3D picture.
    pub hole: Option<Rect>,
}

/// Draws one frame.
pub fn draw(ctx: &Context, desk: &Desk, live: &LiveView, picture: Picture<'_>, dock: &mut Dock) -> Drawn {
    let palette = Palette::of(desk.scheme);
    if ctx.cumulative_frame_nr() == 0 {
        theme::warm_glyphs(ctx);
    }
    let src = Source { plant: &desk.plant, live, desk };
    let mut asks = Vec::new();
    let mut pen = Pen { palette, out: &mut asks };
    let mut root = Ui::new(ctx.clone(), "root".into(), UiBuilder::new().layer_id(LayerId::background()).max_rect(ctx.viewport_rect()));
    let mut commands = keymap::pressed(ctx);
    let bar = Frame::new().fill(palette.bar).inner_margin(Margin::symmetric(12, 4));
    egui::Panel::top("top-bar").exact_size(50.0).resizable(false).frame(bar).show(&mut root, |ui| {
        let model = topbar::gather(&src);
        commands.extend(topbar::view(&model, &mut dock.states.topbar, ui, &mut pen, desk.workspace));
    });
    let strip = Frame::new().fill(palette.bar).inner_margin(Margin::symmetric(12, 6));
    egui::Panel::bottom("timeline").exact_size(92.0).resizable(false).frame(strip).show(&mut root, |ui| {
        timeline::view(&timeline::gather(&src), ui, &mut pen);
    });
    let mut hole = None;
    egui::CentralPanel::default().frame(Frame::NONE).show(&mut root, |ui| {
        around(ui, ui.max_rect(), dock.hole, palette.gap);
        let mut deck = Deck { src, states: &mut dock.states, pen: &mut pen, picture, hole: &mut hole };
        dock.tree.ui(&mut deck, ui);
    });
    dock.hole = hole;
    notice_ui(desk, ctx, &mut pen);
    if desk.palette {
        commands.extend(palette_ui(&mut dock.query, ctx, &mut pen));
    }
    if desk.help {
        help_ui(ctx, &mut pen);
    }
    for command in commands {
        run(command, desk, live, &mut pen);
    }
    Drawn { asks, hole }
}

/// Fills everything but the hole.
fn around(ui: &Ui, area: Rect, hole: Option<Rect>, colour: Color32) {
    let p = ui.painter();
    let Some(h) = hole else {
        p.rect_filled(area, 0.0, colour);
        return;
    };
    let parts = [
        Rect::from_min_max(area.min, egui::pos2(area.right(), h.top())),
        Rect::from_min_max(egui::pos2(area.left(), h.bottom()), area.max),
        Rect::from_min_max(egui::pos2(area.left(), h.top()), egui::pos2(h.left(), h.bottom())),
        Rect::from_min_max(egui::pos2(h.right(), h.top()), egui::pos2(area.right(), h.bottom())),
    ];
    for part in parts.into_iter().filter(|r| r.is_positive()) {
        p.rect_filled(part, 0.0, colour);
    }
}

/// The wish behind a command of keyboard, menu or palette.
fn run(command: Command, desk: &Desk, live: &LiveView, pen: &mut Pen<'_>) {
    let horizon = live.forecast.answer.as_ref().map_or(Span::ZERO, |f| f.horizon);
    let by = |share: f64| Ask::Scrub(desk.scrub.at + Span::from_s(horizon.s() * share));
    let ask = match command {
        Command::Frame => Ask::Frame,
        Command::Home => Ask::Home,
        Command::PlayPause => Ask::Play(!desk.scrub.playing),
        Command::Palette => Ask::TogglePalette,
        Command::Help => Ask::ToggleHelp,
        Command::Cancel if desk.palette => Ask::TogglePalette,
        Command::Cancel if desk.help => Ask::ToggleHelp,
        Command::Cancel => Ask::Select(None),
        Command::Hold => Ask::Twin(TwinCommand::Hold { by: "window".into() }),
        Command::Lose => match desk.selected {
            Some(asset) => Ask::Lose(asset),
            None => return,
        },
        Command::Run => Ask::Run,
        Command::Undo => Ask::Undo,
        Command::Redo => Ask::Redo,
        Command::Open => Ask::OpenDialog,
        Command::Save => Ask::SaveDialog,
        Command::StepBack => by(-0.02),
        Command::StepForward => by(0.02),
        Command::GoStart => Ask::Scrub(Span::ZERO),
        Command::GoEnd => Ask::Scrub(horizon),
        Command::Operator => Ask::Arrange(Workspace::Operator),
        Command::Planner => Ask::Arrange(Workspace::Planner),
        Command::Executive => Ask::Arrange(Workspace::Executive),
        Command::SwitchScheme => Ask::Paint(match desk.scheme {
            super::theme::Scheme::Dark => super::theme::Scheme::Light,
            super::theme::Scheme::Light => super::theme::Scheme::Dark,
        }),
        Command::ShowApprovals => Ask::Show(Pane::Approvals),
        Command::ShowForecast => Ask::Show(Pane::Forecast),
        Command::ShowEvents => Ask::Show(Pane::Events),
        Command::ToggleHeat => Ask::Heat(!desk.scrub.heat),
    };
    pen.ask(ask);
}

fn notice_ui(desk: &Desk, ctx: &Context, pen: &mut Pen<'_>) {
    let Some(text) = &desk.notice else { return };
    let frame = Frame::new()
        .fill(pen.palette.raised)
        .stroke(Stroke::new(1.0, pen.palette.tone(Tone::Notice)))
        .corner_radius(5)
        .inner_margin(Margin::symmetric(14, 8));
    Area::new(Id::new("notice")).anchor(Align2::CENTER_BOTTOM, vec2(0.0, -108.0)).show(ctx, |ui| {
        frame.show(ui, |ui| {
            ui.set_max_width(760.0);
            ui.horizontal(|ui| {
                ui.label(pen.text(text, Tone::Strong));
                if parts::icon_action(ui, egui_phosphor::regular::X, "Close the message") {
                    pen.ask(Ask::Dismiss);
                }
            });
        });
    });
}

fn palette_ui(query: &mut String, ctx: &Context, pen: &mut Pen<'_>) -> Vec<Command> {
    let mut chosen = Vec::new();
    let answer = Modal::new(Id::new("palette")).show(ctx, |ui| {
        ui.set_width(420.0);
        let field = ui.add(TextEdit::singleline(query).hint_text("Type a command").desired_width(410.0));
        field.request_focus();
        let hits = keymap::matching(query);
        let enter = ui.input(|i| i.key_pressed(egui::Key::Enter));
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for (i, binding) in hits.iter().enumerate() {
                let label = ui.add(egui::Button::selectable(i == 0, format!("{}    {}", binding.text, binding.keys)).min_size(vec2(400.0, 24.0)));
                if label.clicked() || (enter && i == 0) {
                    chosen.push(binding.command);
                }
            }
        });
    });
    if answer.should_close() || !chosen.is_empty() {
        query.clear();
        pen.ask(Ask::TogglePalette);
    }
    chosen
}

fn help_ui(ctx: &Context, pen: &mut Pen<'_>) {
    let answer = Modal::new(Id::new("help")).show(ctx, |ui| {
        ui.set_width(460.0);
        ui.label(pen.text("Keys", Tone::Strong).size(17.0).strong());
        egui::Grid::new("keys").num_columns(2).spacing([30.0, 4.0]).show(ui, |ui| {
            let mouse = [("Left click", "Select an asset"), ("Middle or right drag", "Orbit or pan"), ("Wheel", "Zoom to the cursor")];
            for (keys, text) in keymap::TABLE.iter().filter(|b| !b.keys.is_empty()).map(|b| (b.keys, b.text)).chain(mouse) {
                ui.label(pen.text(keys, Tone::Strong));
                ui.label(pen.text(text, Tone::Plain));
                ui.end_row();
            }
        });
    });
    if answer.should_close() {
        pen.ask(Ask::ToggleHelp);
    }
}

/// Draws the panels of the dock.
struct Deck<'a, 'b> {
    src: Source<'a>,
    states: &'a mut PanelStates,
    pen: &'a mut Pen<'b>,
    picture: Picture<'a>,
    hole: &'a mut Option<Rect>,
}

impl Behavior<Pane> for Deck<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        if *pane == Pane::Viewport {
            let rect = ui.max_rect();
            *self.hole = Some(rect);
            overlay::view(&self.src, self.picture, rect, ui, self.pen);
            return UiResponse::None;
        }
        let palette = self.pen.palette;
        parts::padded(ui, &palette, |ui| self.panel_ui(*pane, ui));
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        let waiting = self.src.live.proposals.iter().filter(|p| p.awaits_signature).count();
        match pane {
            Pane::Approvals if waiting > 0 => format!("{} ({waiting})", pane.title()).into(),
            _ => pane.title().into(),
        }
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SIMPLIFY
    }
    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        28.0
    }
    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }
    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        self.pen.palette.bar
    }
    fn tab_text_color(&self, _visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, state: &TabState) -> Color32 {
        self.pen.palette.tone(if state.active { Tone::Strong } else { Tone::Weak })
    }
    fn tab_outline_stroke(&self, _visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, _state: &TabState) -> Stroke {
        Stroke::NONE
    }
    fn tab_bar_hline_stroke(&self, _visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, self.pen.palette.line)
    }
    fn resize_stroke(&self, _style: &egui::Style, state: egui_tiles::ResizeState) -> Stroke {
        match state {
            egui_tiles::ResizeState::Idle => Stroke::NONE,
            egui_tiles::ResizeState::Hovering => Stroke::new(3.0, self.pen.palette.line),
            egui_tiles::ResizeState::Dragging => Stroke::new(3.0, self.pen.palette.tone(Tone::Accent)),
        }
    }
}

impl Deck<'_, '_> {
    fn panel_ui(&mut self, pane: Pane, ui: &mut Ui) {
        let (src, s, pen) = (&self.src, &mut *self.states, &mut *self.pen);
        match pane {
            Pane::Viewport => {}
            Pane::Outliner => outliner::view(&outliner::gather(src, &s.outliner.filter, s.outliner.only_abnormal), &mut s.outliner, ui, pen),
            Pane::Inspector => inspector::view(inspector::gather(src).as_ref(), ui, pen),
            Pane::Health => health::view(&health::gather(src, &s.health.filter), &mut s.health, ui, pen),
            Pane::Events => events::view(&events::gather(src, s.events.least, s.events.only_selected), &mut s.events, ui, pen),
            Pane::Scenario => scenario::view(scenario::gather(src).as_ref(), &src.plant.id, &mut s.scenario, ui, pen),
            Pane::Forecast => forecast::view(forecast::gather(src, &s.forecast.kpi).as_ref(), src.live.forecast.running, &mut s.forecast, ui, pen),
            Pane::Comparison => comparison::view(comparison::gather(src).as_ref(), ui, pen),
            Pane::Approvals => approvals::view(&approvals::gather(src, &s.approvals.chosen), &mut s.approvals, ui, pen),
            Pane::Agents => agents::view(&agents::gather(src), ui, pen),
            Pane::Audit => audit::view(&audit::gather(src), ui, pen),
        }
    }
}

/// Draws one panel alone: what tests click on.
#[cfg(test)]
pub fn draw_panel(ui: &mut Ui, pane: Pane, src: Source<'_>, states: &mut PanelStates, pen: &mut Pen<'_>) {
    let (camera, view) = (super::scene::SceneCamera::default(), super::scene::PlantView::default());
    let picture = Picture { camera: &camera, stage: None, view: &view };
    Deck { src, states, pen, picture, hole: &mut None }.panel_ui(pane, ui);
}
