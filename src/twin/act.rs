//! What governance committed and sent since the last step, as the runtime sees it.
//!
//! The sending itself happens on the governance thread, after its commit, so that no step of the chain can delay or
//! reorder it; this stage only takes the outcome back.

use super::{TwinSystems, govern};
use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(FixedUpdate, govern::take_back.in_set(TwinSystems::Act));
}
