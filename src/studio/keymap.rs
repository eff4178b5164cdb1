//! Which key does what: one table, read by the input handler, the command palette and the help.
//!
//! Owns no behaviour. Invariant: no two entries share a chord, and Hold has keys of its own.

use bevy_egui::egui::{Context, Event, InputState, Key, Modifiers};

/// What a key (or a line of the palette) does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each name is the text beside it in the table")]
pub enum Command {
    Frame,
    Home,
    PlayPause,
    Palette,
    Help,
    Cancel,
    Hold,
    Lose,
    Run,
    Undo,
    Redo,
    Open,
    Save,
    StepBack,
    StepForward,
    GoStart,
    GoEnd,
    Operator,
    Planner,
    Executive,
    SwitchScheme,
    ShowApprovals,
    ShowForecast,
    ShowEvents,
    ToggleHeat,
}

/// One entry.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What.
    pub command: Command,
    /// Text in the palette and the help.
    pub text: &'static str,
    /// Keys as shown.
    pub keys: &'static str,
    modifiers: Modifiers,
    key: Option<Key>,
}

const fn bind(command: Command, text: &'static str, keys: &'static str, modifiers: Modifiers, key: Key) -> Binding {
    Binding { command, text, keys, modifiers, key: Some(key) }
}
const fn unbound(command: Command, text: &'static str) -> Binding {
    Binding { command, text, keys: "", modifiers: Modifiers::NONE, key: None }
}

/// Every command with its keys.
pub const TABLE: [Binding; 25] = [
    bind(Command::Hold, "Hold: stop all dispatch at once", "F8", Modifiers::NONE, Key::F8),
    bind(Command::Palette, "Command palette", "Ctrl+K", Modifiers::COMMAND, Key::K),
    bind(Command::Frame, "Frame the selection", "F", Modifiers::NONE, Key::F),
    bind(Command::Home, "Show the whole plant", "Home", Modifiers::NONE, Key::Home),
    bind(Command::Lose, "Lose the selected asset…", "L", Modifiers::NONE, Key::L),
    bind(Command::Run, "Run the scenario", "Ctrl+Enter", Modifiers::COMMAND, Key::Enter),
    bind(Command::PlayPause, "Play or pause the predicted wave", "Space", Modifiers::NONE, Key::Space),
    bind(Command::StepBack, "Scrub back", "←", Modifiers::NONE, Key::ArrowLeft),
    bind(Command::StepForward, "Scrub forward", "→", Modifiers::NONE, Key::ArrowRight),
    bind(Command::GoStart, "Scrub to the start", "Shift+←", Modifiers::SHIFT, Key::ArrowLeft),
    bind(Command::GoEnd, "Scrub to the horizon", "Shift+→", Modifiers::SHIFT, Key::ArrowRight),
    bind(Command::ToggleHeat, "Show or hide predicted impacts", "H", Modifiers::NONE, Key::H),
    bind(Command::Undo, "Undo the last edit", "Ctrl+Z", Modifiers::COMMAND, Key::Z),
    bind(Command::Redo, "Redo", "Ctrl+Y", Modifiers::COMMAND, Key::Y),
    bind(Command::Open, "Open a scenario…", "Ctrl+O", Modifiers::COMMAND, Key::O),
    bind(Command::Save, "Save the scenario…", "Ctrl+S", Modifiers::COMMAND, Key::S),
    bind(Command::Cancel, "Cancel: close dialogs, clear the selection", "Esc", Modifiers::NONE, Key::Escape),
    bind(Command::Help, "Keys and help", "F1", Modifiers::NONE, Key::F1),
    bind(Command::Operator, "Workspace: operator", "Ctrl+1", Modifiers::COMMAND, Key::Num1),
    bind(Command::Planner, "Workspace: planner", "Ctrl+2", Modifiers::COMMAND, Key::Num2),
    bind(Command::Executive, "Workspace: executive", "Ctrl+3", Modifiers::COMMAND, Key::Num3),
    unbound(Command::ShowApprovals, "Show approvals"),
    unbound(Command::ShowForecast, "Show forecast"),
    unbound(Command::ShowEvents, "Show events"),
    unbound(Command::SwitchScheme, "Dark or light"),
];

/// The commands whose keys were pressed. Plain keys are left to text fields while one has the focus;
/// Hold, Esc and the palette work everywhere.
pub fn pressed(ctx: &Context) -> Vec<Command> {
    let typing = ctx.egui_wants_keyboard_input();
    ctx.input_mut(|input| {
        let taken: Vec<Command> =
            TABLE.iter().filter(|b| !typing || everywhere(b.command)).filter(|b| consume(input, b)).map(|b| b.command).collect();
        taken
    })
}

fn everywhere(command: Command) -> bool {
    matches!(command, Command::Hold | Command::Cancel | Command::Palette | Command::Help | Command::Run)
}

fn consume(input: &mut InputState, binding: &Binding) -> bool {
    let Some(key) = binding.key else { return false };
    let before = input.events.len();
    let mut fresh = false;
    input.events.retain(|e| match e {
        Event::Key { key: k, modifiers, pressed: true, repeat, .. } if *k == key && modifiers.matches_exact(binding.modifiers) => {
            fresh |= !repeat || matches!(key, Key::ArrowLeft | Key::ArrowRight);
            false
        }
        _ => true,
    });
    fresh && input.events.len() < before
}

/// Lines of the palette that contain every word of `query`.
pub fn matching(query: &str) -> Vec<&'static Binding> {
    let query = query.to_lowercase();
    TABLE.iter().filter(|b| query.split_whitespace().all(|w| b.text.to_lowercase().contains(w))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chord_is_taken_twice_and_no_command_is_listed_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            for b in &TABLE[i + 1..] {
                assert!(a.key.is_none() || (a.key, a.modifiers) != (b.key, b.modifiers), "{} and {}", a.text, b.text);
                assert_ne!(a.command, b.command);
            }
        }
    }

    #[test]
    fn the_palette_finds_by_words_in_any_order() {
        assert_eq!(matching("plant WHOLE").first().map(|b| b.command), Some(Command::Home));
        assert_eq!(matching("").len(), TABLE.len());
        assert!(matching("zebra").is_empty());
    }
}
