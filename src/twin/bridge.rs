//! The studio's end of the runtime: newest projection in, commands out. Never waits.

use super::{LiveView, TwinCommand, TwinHandle};
use bevy::prelude::*;

/// Copies the newest [`LiveView`] into the studio's world and sends its [`TwinCommand`]s.
pub struct BridgePlugin {
    handle: TwinHandle,
}

impl BridgePlugin {
    /// A bridge to a running twin.
    pub fn new(handle: TwinHandle) -> Self {
        Self { handle }
    }
}

#[derive(Resource)]
struct Bridge {
    handle: TwinHandle,
    seen: u64,
}

/// Commands that did not fit into the runtime's queue since start.
#[derive(Resource, Default, Debug)]
pub struct UnsentCommands(pub u64);

impl Plugin for BridgePlugin {
    fn build(&self, app: &mut App) {
        let first = self.handle.view();
        app.insert_resource(LiveView::clone(&first))
            .insert_resource(Bridge { handle: self.handle.clone(), seen: first.steps })
            .init_resource::<UnsentCommands>()
            .add_message::<TwinCommand>()
            .add_systems(PreUpdate, take_view)
            .add_systems(PostUpdate, send_commands);
    }
}

fn take_view(mut bridge: ResMut<Bridge>, mut view: ResMut<LiveView>) {
    let newest = bridge.handle.view();
    if newest.steps != bridge.seen {
        bridge.seen = newest.steps;
        *view = LiveView::clone(&newest);
    }
}

fn send_commands(bridge: Res<Bridge>, mut commands: MessageReader<TwinCommand>, mut unsent: ResMut<UnsentCommands>) {
    for command in commands.read() {
        if !bridge.handle.send(command.clone()) {
            unsent.0 += 1;
        }
    }
}
