//! Every panel drawn without a window: nothing panics, drawing is idempotent, buttons are found by their names.

use super::{
    ask::Ask,
    fixture::Fixture,
    frame::{self, Dock},
    layout::{Pane, Workspace},
    overlay::Picture,
    panels::{PanelStates, Source, approvals::State as ApprovalState},
    parts::Pen,
    scene::{PlantView, SceneCamera},
    theme::{self, Palette, Scheme},
};
use crate::twin::TwinCommand;
use bevy_egui::egui::{self, Context, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2};

/// What a screen reader would find: name, disabled, middle.
type Names = Vec<(String, bool, Pos2)>;

fn context(scheme: Scheme) -> Context {
    let ctx = Context::default();
    ctx.enable_accesskit();
    theme::fonts(&ctx);
    theme::apply(&ctx, scheme);
    ctx
}

fn input(events: Vec<Event>, size: [f32; 2]) -> RawInput {
    RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size.into())), events, ..RawInput::default() }
}

/// One pass without a screen: the textures go nowhere.
fn pass(ctx: &Context, input: RawInput, run: impl FnMut(&mut egui::Ui)) -> Names {
    let mut out = ctx.run_ui(input, run);
    out.textures_delta.clear();
    names(&out)
}

/// Draws one panel and returns its wishes and what a screen reader would find.
fn panel(ctx: &Context, pane: Pane, src: Source<'_>, states: &mut PanelStates, size: [f32; 2], events: Vec<Event>) -> (Vec<Ask>, Names) {
    let mut asks = Vec::new();
    let found = pass(ctx, input(events, size), |ui| {
        let mut pen = Pen { palette: Palette::of(src.desk.scheme), out: &mut asks };
        egui::CentralPanel::default().show(ui, |ui| frame::draw_panel(ui, pane, src, states, &mut pen));
    });
    (asks, found)
}

fn names(out: &egui::FullOutput) -> Names {
    let Some(update) = &out.platform_output.accesskit_update else { return Vec::new() };
    let found = update.nodes.iter().filter_map(|(_, n)| {
        let name = n.label().or_else(|| n.value())?.to_owned();
        let b = n.bounds()?;
        Some((name, n.is_disabled(), pos2(((b.x0 + b.x1) / 2.0) as f32, ((b.y0 + b.y1) / 2.0) as f32)))
    });
    found.collect()
}

fn click(at: Pos2) -> Vec<Event> {
    let button = |pressed| Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    vec![Event::PointerMoved(at), button(true), button(false)]
}

/// The whole frame, without a 3D picture.
fn whole(ui: &egui::Ui, f: &Fixture, dock: &mut Dock) -> frame::Drawn {
    let (camera, view) = (SceneCamera::default(), PlantView::default());
    frame::draw(ui.ctx(), &f.desk, &f.live, Picture { camera: &camera, stage: None, view: &view }, dock)
}

fn fixtures() -> Vec<Fixture> {
    let mut with_draft = Fixture::forecast();
    let (asset, live) = (with_draft.failed, with_draft.live.clone());
    with_draft.desk.selected = Some(asset);
    with_draft.desk.apply(Ask::Lose(asset), &live);
    let mut selected = Fixture::live();
    selected.desk.selected = Some(selected.failed);
    vec![Fixture::live(), selected, Fixture::forecast(), with_draft]
}

#[test]
fn every_panel_draws_twice_the_same_and_asks_for_nothing_by_itself() {
    for f in fixtures() {
        for pane in Pane::PANELS {
            for size in [[1000.0, 300.0], [340.0, 800.0], [120.0, 60.0]] {
                let ctx = context(Scheme::Dark);
                let mut states = PanelStates::default();
                let mut last = Vec::new();
                for _ in 0..4 {
                    let (asks, names) = panel(&ctx, pane, f.source(), &mut states, size, Vec::new());
                    assert!(asks.is_empty(), "{pane:?} asks for {asks:?} without a hand on the mouse");
                    last.push(names);
                }
                assert_eq!(last[2], last[3], "{pane:?} at {size:?} settles");
            }
        }
    }
}

#[test]
fn a_click_on_approve_sends_exactly_one_command() {
    let mut f = Fixture::live();
    f.desk.selected = None;
    let size = [1100.0, 620.0];
    let ctx = context(Scheme::Dark);
    let mut states = PanelStates::default();
    let approve = |names: &[(String, bool, Pos2)]| names.iter().find(|n| n.0 == "Approve").cloned().expect("the button is there");
    let (_, names) = panel(&ctx, Pane::Approvals, f.source(), &mut states, size, Vec::new());
    let (_, disabled, at) = approve(&names);
    assert!(disabled, "nothing was judged, nobody was named");
    let (asks, _) = panel(&ctx, Pane::Approvals, f.source(), &mut states, size, click(at));
    assert!(asks.is_empty(), "a disabled button sends nothing");
    sign(&mut states.approvals);
    panel(&ctx, Pane::Approvals, f.source(), &mut states, size, Vec::new());
    let (_, names) = panel(&ctx, Pane::Approvals, f.source(), &mut states, size, Vec::new());
    let (_, disabled, at) = approve(&names);
    assert!(!disabled);
    let (asks, _) = panel(&ctx, Pane::Approvals, f.source(), &mut states, size, click(at));
    let commands: Vec<_> = asks.iter().filter(|a| matches!(a, Ask::Twin(TwinCommand::Approve { .. }))).collect();
    assert_eq!((asks.len(), commands.len()), (1, 1), "{asks:?}");
    let (asks, _) = panel(&ctx, Pane::Approvals, f.source(), &mut states, size, Vec::new());
    assert!(asks.is_empty(), "and not again with the next frame");
    assert!(states.approvals.password.0.is_empty());
}

fn sign(s: &mut ApprovalState) {
    s.judgement = Some(super::panels::approvals::Judgement::Act);
    s.identity = "ana".into();
    s.password = String::from("correct horse").into();
    s.reason = "chiller 1 lost".into();
}

#[test]
fn losing_an_asset_starts_from_the_inspector() {
    let mut f = Fixture::live();
    f.desk.selected = Some(f.failed);
    let (ctx, mut states, size) = (context(Scheme::Light), PanelStates::default(), [340.0, 800.0]);
    panel(&ctx, Pane::Inspector, f.source(), &mut states, size, Vec::new());
    let (_, names) = panel(&ctx, Pane::Inspector, f.source(), &mut states, size, Vec::new());
    let at = names.iter().find(|n| n.0 == "Lose this asset…").expect("the button is there").2;
    let (asks, _) = panel(&ctx, Pane::Inspector, f.source(), &mut states, size, click(at));
    assert!(matches!(asks.as_slice(), [Ask::Lose(a)] if *a == f.failed), "{asks:?}");
}

#[test]
fn the_whole_frame_draws_in_every_workspace_and_hold_is_one_key_or_one_click() {
    for workspace in Workspace::ALL {
        for scheme in [Scheme::Dark, Scheme::Light] {
            let mut f = Fixture::forecast();
            f.desk.scheme = scheme;
            let ctx = context(scheme);
            let mut dock = Dock::new(workspace);
            let mut found = Vec::new();
            let mut frame = |events: Vec<Event>| {
                let mut drawn = None;
                found = pass(&ctx, input(events, [1600.0, 900.0]), |ui| drawn = Some(whole(ui, &f, &mut dock)));
                drawn.expect("drawn")
            };
            frame(Vec::new());
            let drawn = frame(Vec::new());
            let hole = drawn.hole.expect("the plant is visible");
            assert!(hole.width() > 700.0 && hole.height() > 300.0, "{workspace:?} {hole:?}");
            let key = Event::Key { key: egui::Key::F8, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
            let asks = frame(vec![key]).asks;
            assert!(matches!(asks.as_slice(), [Ask::Twin(TwinCommand::Hold { .. })]), "{asks:?}");
            let at = found.iter().find(|n| n.0 == "Hold").expect("Hold is always there").2;
            let asks = {
                let mut drawn = None;
                pass(&ctx, input(click(at), [1600.0, 900.0]), |ui| drawn = Some(whole(ui, &f, &mut dock)));
                drawn.expect("drawn").asks
            };
            assert!(matches!(asks.as_slice(), [Ask::Twin(TwinCommand::Hold { .. })]), "{asks:?}");
        }
    }
}

#[test]
fn keys_reach_the_desk() {
    let f = Fixture::forecast();
    let ctx = context(Scheme::Dark);
    let mut dock = Dock::new(Workspace::Operator);
    let press = |key| Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    for (key, wanted) in [(egui::Key::F, "Frame"), (egui::Key::Home, "Home"), (egui::Key::Space, "Play(true)"), (egui::Key::Escape, "Select(None)")] {
        let mut asks = Vec::new();
        pass(&ctx, input(vec![press(key)], [1600.0, 900.0]), |ui| asks = whole(ui, &f, &mut dock).asks);
        assert_eq!(asks.iter().map(|a| format!("{a:?}")).collect::<Vec<_>>(), [wanted]);
    }
}
