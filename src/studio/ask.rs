//! What panels ask for: one enum, collected in an outbox while drawing and applied afterwards.
//!
//! A panel changes nothing itself. What concerns the twin travels as a `TwinCommand`.

use super::{
    layout::{Pane, Workspace},
    theme::Scheme,
};
use crate::{plant::AssetId, scenario::ScenarioEdit, time::Span, twin::TwinCommand};

/// One wish of a person.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Select an asset, or nothing.
    Select(Option<AssetId>),
    /// The selection (or the whole plant) fills the view.
    Frame,
    /// The whole plant.
    Home,
    /// A saved view of the plant.
    SavedView(usize),
    /// Open a draft scenario in which this asset fails.
    Lose(AssetId),
    /// Show a panel.
    Show(Pane),
    /// Another arrangement of panels.
    Arrange(Workspace),
    /// Dark or light.
    Paint(Scheme),
    /// Move the scrubber [from the start of the forecast].
    Scrub(Span),
    /// Look at another alternative of the forecast.
    Alternative(usize),
    /// Show or hide the predicted impacts on the plant.
    Heat(bool),
    /// Play the wave, or pause it.
    Play(bool),
    /// Change the draft; `gesture` groups the changes of one drag into one undo step.
    Edit {
        /// What.
        edit: ScenarioEdit,
        /// Part of a drag that is still going on.
        gesture: bool,
    },
    /// The drag has ended.
    EndGesture,
    /// Take the last edit of the draft back.
    Undo,
    /// Do it again.
    Redo,
    /// An empty draft.
    NewDraft,
    /// A built-in scenario becomes the draft.
    OpenBuiltin(String),
    /// Ask for a file to open.
    OpenDialog,
    /// Ask for a file to save to.
    SaveDialog,
    /// Open this file.
    OpenPath(String),
    /// Save to this file.
    SavePath(String),
    /// Run the draft.
    Run,
    /// Show or hide the shortcut table.
    ToggleHelp,
    /// Show or hide the command palette.
    TogglePalette,
    /// Close the message.
    Dismiss,
    /// Save the arrangement of panels to this file.
    SaveLayout(String),
    /// Take the arrangement of panels from this file.
    LoadLayout(String),
    /// To the twin.
    Twin(TwinCommand),
}
