//! The plant in 3D. Reads [`SceneInput`], draws it, says what was picked; owns no domain state.
//!
//! Pure parts (no ECS, tested without a GPU): `view` (what is shown), `model` (where things stand), `route` (pipes),
//! `kit` (silhouettes), `rig` (camera mathematics), `label` (placing text). The same plugin serves the window and
//! the headless renderer.
//!
//! To compose: insert [`SceneInput`] and a [`Quality`], add [`ScenePlugin`], write [`ViewportRect`] from the panel
//! that leaves the hole, call [`overlay::paint`] in the egui pass, read [`AssetPicked`].

mod api;
mod build;
mod camera;
mod kit;
mod label;
mod model;
pub mod overlay;
mod palette;
mod pick;
mod rig;
mod route;
mod solid;
mod stage;
mod sync;
mod view;

pub use api::{AssetHovered, AssetPicked, Backdrop, LookAt, Quality, SceneCamera, SceneInput, SceneTarget, Style, ViewportRect};
pub use build::{AssetRef, MediumRef, Stage};
pub use camera::{Flight, Margins, rig_for};
pub use model::{Place, SceneModel};
pub use palette::heat;
pub use rig::Rig;
pub use stage::PlantCamera;
pub use view::{AssetLook, Badge, CauseArc, PackLook, PlantView, Status};

use bevy::prelude::*;

/// Order within a frame.
#[derive(SystemSet, Clone, PartialEq, Eq, Debug, Hash)]
pub enum SceneSystems {
    /// Entities follow the plant.
    Build,
    /// Looks follow the view.
    Sync,
    /// The camera moves and [`SceneCamera`] is written.
    Camera,
    /// What is under the pointer.
    Pick,
}

/// Draws [`SceneInput`]; with `interactive`, also camera input and picking.
pub struct ScenePlugin {
    /// Whether pointer and keys act.
    pub interactive: bool,
}

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ViewportRect>().init_resource::<SceneTarget>().init_resource::<Style>().init_resource::<Backdrop>();
        app.init_resource::<SceneCamera>().init_resource::<Flight>().init_resource::<Margins>().init_resource::<build::Materials>();
        if !app.world().contains_resource::<Quality>() {
            app.insert_resource(Quality::GPU);
        }
        app.add_message::<AssetPicked>().add_message::<AssetHovered>().add_message::<LookAt>();
        app.configure_sets(
            Update,
            (SceneSystems::Build, (SceneSystems::Sync, SceneSystems::Camera).run_if(resource_exists::<Stage>), SceneSystems::Pick).chain(),
        );
        app.add_systems(Startup, stage::spawn);
        app.add_systems(
            Update,
            (
                (build::rebuild, ApplyDeferred, camera::greet, stage::furnish).chain().run_if(build::outdated),
                stage::furnish.run_if(resource_changed::<Quality>),
                stage::retarget.run_if(resource_changed::<SceneTarget>),
            )
                .chain()
                .in_set(SceneSystems::Build),
        );
        app.add_systems(Update, (sync::tints, sync::overlays, sync::packs).in_set(SceneSystems::Sync));
        app.add_systems(Update, (camera::obey, camera::fly).chain().in_set(SceneSystems::Camera));
        if self.interactive {
            app.add_systems(Update, (camera::keys, camera::steer).before(camera::obey).in_set(SceneSystems::Camera));
            app.add_systems(Update, pick::pick.in_set(SceneSystems::Pick).run_if(resource_exists::<Stage>));
        }
    }
}
